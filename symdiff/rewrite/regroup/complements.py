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
    for root in dict.fromkeys(t.leaf for t in other.tokens if not t.above):
        if isinstance(root, Node) and root.op in (ew.hypot, ew.sqrt):
            a = _squared(root, _spelled(one, root), _spelled(other, root))
            rest = _rest(root, a) if a is not None else None
            if rest is not None:
                return _scaled(one, root, rest)
    return None


def _scaled(one: Product, root: Node, rest: tuple[Node, ...]) -> Product:
    """The term times `rest`, over the square of `root`."""
    found = Product(one.above, one.below, [*one.tokens, *[Token(root, False)] * 2])
    for x in rest:
        if is_scalar_constant(x):
            found.scale(number(x), True)
        else:
            found.tokens.append(Token(x))
    return found


def _squared(root: Node, one: list[Token], other: list[Token]) -> Node | None:
    """The a of what `other` has beyond `one`, if that is ``a**2 / root**2``."""
    more = Counter(other)
    more.subtract(one)
    more[Token(root, False)] -= 2
    left = [token for token, n in more.items() if n]
    if len(left) != 1 or more[left[0]] != 2 or not left[0].above:
        return None
    return left[0].leaf if isinstance(left[0].leaf, Node) else None


def _spelled(term: Product, root: Node) -> list[Token]:
    """The factors of a term, quotients by `root` taken apart."""
    found: list[Token] = []
    for token in term.tokens:
        leaf = token.leaf
        if isinstance(leaf, Node) and leaf.op is ew.divide and leaf.inputs[1] is root:
            found += [Token(leaf.inputs[0], token.above), Token(root, not token.above)]
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
