"""Quotients by a factor, worked out in symbols: ``(x * e - (x + r) * e) / r`` is -e.

A difference is multiplied out, over a common denominator, to see what cancels; a product keeps its form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add, mul

from symdiff.graph.node import Node, constant
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, reductions as red
from symdiff.rewrite.rule import is_scalar_constant, number

MOST_TERMS = 32  # of what is multiplied out
MOST_NODES = 200
HIGHEST = 4  # power that is taken apart
ROUNDING = 1e-14  # of coefficients that would cancel if they were exact
CHAINS = (ew.add, ew.subtract, ew.multiply, ew.divide, ew.negative, ew.square, ew.power)

Monomial = frozenset[tuple[Node, int]]  # leaves with their exponents
Terms = dict[Monomial, float]
ONE: Monomial = frozenset()


def divided(g: Node, r: Node, squares: Iterable[Node] = ()) -> Node | None:
    """g / r, where that is seen to hold no quotient by r any more; None if not. `squares` are nodes equal to r**2."""
    quotients: dict[Node, Node] = {r: constant(1.0), **dict.fromkeys((*squares, ew.square(r)), r)}
    powers = {r: 1, **dict.fromkeys((*squares, ew.square(r)), 2)}
    region = toposort([g], stop=lambda n: n.op not in CHAINS and n not in powers)
    if len(region) > MOST_NODES:
        return None
    for n in region:
        found = None if n in quotients else _quotient(n, quotients, lambda n: _multiplied_out(n, r, powers))
        if found is not None:
            quotients[n] = found
    found = quotients.get(g)
    if found is None:
        return None
    found = found if found.shape == g.shape else red.spread(found, g.shape)
    return found if found.dtype == g.dtype or found.aval.weak else None


def _quotient(n: Node, known: Mapping[Node, Node], multiplied_out: Callable[[Node], Node | None]) -> Node | None:
    """n / r, given those of its operands that are known."""
    if n.op in (ew.add, ew.subtract):
        a, b = map(known.get, n.inputs)
        return multiplied_out(n) if a is None or b is None else n.op(a, b)
    first = known.get(n.inputs[0]) if n.inputs else None
    if n.op is ew.multiply:
        second = known.get(n.inputs[1])
        return first * n.inputs[1] if first is not None else None if second is None else n.inputs[0] * second
    if first is None:
        return None
    if n.op is ew.divide:
        return first / n.inputs[1]
    if n.op is ew.negative:
        return -first
    if n.op is ew.square:
        return first * n.inputs[0]
    exponent = _exponent(n) if n.op is ew.power else None
    return first * n.inputs[0] ** (exponent - 1) if exponent else None


def _exponent(power: Node) -> int | None:
    """A whole exponent of at least 1, if the node has one."""
    p = number(power.inputs[1]) if is_scalar_constant(power.inputs[1]) else 0.0
    return int(p) if p.is_integer() and p >= 1 else None


# ---------------------------------------------------------------------------------------------------- multiplying out


@dataclass(frozen=True)
class _Fraction:
    """Terms over a product of leaves."""

    above: Terms
    below: Counter[Node]


def _multiplied_out(root: Node, r: Node, powers: Mapping[Node, int]) -> Node | None:
    """root / r, if every term holds r once what cancels has cancelled."""
    fraction = _as_fraction(root, r, powers)
    if fraction is None or not fraction.above or any(r not in dict(term) for term in fraction.above):
        return None
    once = Counter({r: 1})
    terms = [_written(c, Counter(dict(term)) - once) for term, c in fraction.above.items()]
    total = reduce(add, terms)
    return reduce(lambda above, leaf: above / leaf, fraction.below.elements(), total)


def _as_fraction(root: Node, r: Node, powers: Mapping[Node, int]) -> _Fraction | None:
    table: dict[Node, _Fraction] = {n: _Fraction({frozenset({(r, k)}): 1.0}, Counter()) for n, k in powers.items()}
    for n in toposort([root], stop=lambda n: n.op not in CHAINS or n in powers):
        operands = [table.get(x) or _leaf(x) for x in n.inputs]
        found = _combined(n, operands, table)
        if found is None or len(found.above) > MOST_TERMS:
            return None
        table[n] = found
    return table.get(root)


def _leaf(x: Node) -> _Fraction:
    if is_scalar_constant(x):
        return _Fraction({ONE: number(x)}, Counter())
    return _Fraction({frozenset({(x, 1)}): 1.0}, Counter())


def _combined(n: Node, operands: list[_Fraction], table: Mapping[Node, _Fraction]) -> _Fraction | None:
    first, second = operands[0], operands[-1]
    if n.op in (ew.add, ew.subtract):
        below = first.below | second.below
        a, b = (_over(f, below, table) for f in (first, second))
        return None if a is None or b is None else _Fraction(_added(a, b, 1 if n.op is ew.add else -1), below)
    if n.op is ew.multiply:
        return _Fraction(_times(first.above, second.above), first.below + second.below)
    if n.op is ew.negative:
        return _Fraction({term: -c for term, c in first.above.items()}, first.below)
    if n.op is ew.divide:
        if is_scalar_constant(n.inputs[1]):
            return _Fraction({term: c / number(n.inputs[1]) for term, c in first.above.items()}, first.below)
        return _Fraction(first.above, first.below + Counter({n.inputs[1]: 1}))
    exponent = 2 if n.op is ew.square else _exponent(n)
    if exponent is None or exponent > HIGHEST:
        return _leaf(n)
    below = Counter({leaf: k * exponent for leaf, k in first.below.items()})
    return _Fraction(reduce(_times, [first.above] * exponent), below)


def _over(fraction: _Fraction, below: Counter[Node], table: Mapping[Node, _Fraction]) -> Terms | None:
    """The terms of `fraction` over a larger denominator; None if a factor of that is itself a fraction."""
    terms = fraction.above
    for leaf in (below - fraction.below).elements():
        factor = table.get(leaf) or _leaf(leaf)
        if factor.below or len(terms) > MOST_TERMS:
            return None
        terms = _times(terms, factor.above)
    return terms


def _added(a: Terms, b: Terms, sign: int) -> Terms:
    total = dict(a)
    for term, c in b.items():
        left = total.get(term, 0.0) + sign * c
        total[term] = 0.0 if abs(left) <= ROUNDING * abs(c) else left
    return {term: c for term, c in total.items() if c}


def _times(a: Terms, b: Terms) -> Terms:
    product: Terms = {}
    for p, c in a.items():
        for q, d in b.items():
            both = frozenset((Counter(dict(p)) + Counter(dict(q))).items())
            product[both] = product.get(both, 0.0) + c * d
    return product


def _written(c: float, factors: Counter[Node]) -> Node:
    leaves = [leaf if k == 1 else ew.square(leaf) if k == 2 else leaf ** float(k) for leaf, k in factors.items()]
    if not leaves:
        return constant(c)
    product = reduce(mul, leaves)
    return product if c == 1 else -product if c == -1 else c * product
