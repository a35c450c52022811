"""Differences of two terms that are one term, by what a root is made of.

With ``b = sqrt(c + a**2)``, or ``b = hypot(a, d)`` and ``c = d**2``, the difference ``t - t * a**2 / b**2`` is
``t * c / b**2``: the slope of ``a / b``. Nothing cancels in it where `a` is large.
"""

from __future__ import annotations

from collections import Counter

from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew
from symdiff.rewrite.regroup.chains import Product, Token
from symdiff.rewrite.rule import is_scalar_constant, number

MOST = 8  # terms of a sum of which each pair is looked at


def without_complements(terms: list[Product]) -> list[Product]:
    """The terms of a sum, such pairs of them as one."""
    if not 2 <= len(terms) <= MOST:
        return terms
    for one in terms:
        for other in terms:
            if one is not other and (found := _difference(one, other)) is not None:
                rest = [found if t is one else t for t in terms if t is not other]
                return without_complements(rest)
    return terms


def _difference(one: Product, other: Product) -> Product | None:
    """`one` plus `other`, which is its negative times ``a**2 / b**2``."""
    if one.number != -other.number or len(other.tokens) <= len(one.tokens):
        return None
    more = Counter(_spelled(other))
    more.subtract(_spelled(one))
    more = +more if min(more.values(), default=0) >= 0 else Counter()
    above = [token.leaf for token, n in more.items() if token.above and n == 2]
    below = [token.leaf for token, n in more.items() if not token.above and n == 2]
    if more.total() != 4 or len(above) != 1 or len(below) != 1:
        return None
    root, a = below[0], above[0]
    rest = _rest(root, a) if isinstance(root, Node) and isinstance(a, Node) else None
    if rest is None:
        return None
    found = Product(one.above, one.below, [*one.tokens, *[Token(root, False)] * 2])
    for x in rest:
        if is_scalar_constant(x):
            found.scale(number(x), True)
        else:
            found.tokens.append(Token(x))
    return found


def _spelled(term: Product) -> list[Token]:
    """The factors of a term, quotients by roots taken apart."""
    found: list[Token] = []
    for token in term.tokens:
        leaf = token.leaf
        if isinstance(leaf, Node) and leaf.op is ew.divide and leaf.inputs[1].op in (ew.hypot, ew.sqrt):
            found += [Token(leaf.inputs[0], token.above), Token(leaf.inputs[1], not token.above)]
        else:
            found.append(token)
    return found


def _rest(root: Node, a: Node) -> tuple[Node, ...] | None:
    """The factors of what is left of the square of a root without that of `a`."""
    if root.op is ew.hypot and a in root.inputs:
        other = root.inputs[1 - root.inputs.index(a)]
        return other, other
    if root.op is not ew.sqrt or root.inputs[0].op is not ew.add:
        return None
    for x, c in (root.inputs[0].inputs, root.inputs[0].inputs[::-1]):
        if (x.op is ew.square and x.inputs[0] is a) or (x.op is ew.multiply and x.inputs == (a, a)):
            return (c,)
    return None
