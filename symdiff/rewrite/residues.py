"""Whether two products are equal by the laws of fractions, roots, logarithms and exponentials.

Both are worked out modulo a prime, with random numbers for what is not taken apart: two formulas that agree in a few
draws are one formula (Schwartz, 1980; Zippel, 1979), but for a chance of less than 1e-15. ``exp(a) * exp(b)`` is
``exp(a + b)``, ``log(a / b)`` is ``log(a) - log(b)``. Of a root either sign is drawn, and to each logarithm whole turns
are added, so that what holds on one branch alone, as ``sqrt(x**2) = x``, does not hold here.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from random import Random
from typing import NamedTuple

from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.rewrite.rule import is_scalar_constant, number

PRIME = 2**61 - 1
TRIES = 24  # half of the numbers have no root
MOST_NODES, MOST_BRANCHING = 300, 24
MOST_TURNS = 64
SMALL = 1000  # denominators of numbers that are meant to be fractions, or roots of fractions
ROUNDING = 4e-16
SUMS, PRODUCTS = (ew.add, ew.subtract), (ew.multiply, ew.divide, ew.negative, ew.square, ew.sqrt)
TAKEN_APART = frozenset((*SUMS, *PRODUCTS, ew.log, ew.exp))


class _UnknownError(Exception):
    """A number has no root or no inverse in this draw."""


class _Log(NamedTuple):
    """The logarithm of the size of a value, and the sign of that."""

    size: int
    sign: int = 1


def are_equal(a: Node, b: Node) -> int:
    """1 if two products are equal, -1 if one is the other's negative, 0 if they are not seen to be.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> x, y = (variable(name, Aval("float64")) for name in "xy")
    >>> are_equal(x * ew.exp(y), y * ew.exp(y + ew.log(x / y))), are_equal(ew.sqrt(x * x), x)
    (1, 0)
    """
    inner = toposort([a, b], stop=_is_leaf)
    order = list(dict.fromkeys((*(x for n in inner for x in n.inputs if _is_leaf(x)), *inner, a, b)))
    if len(order) > MOST_NODES:
        return 0
    branching = [n for n in order if n.op in (ew.log, ew.sqrt) and not _is_leaf(n)]
    if len(branching) > MOST_BRANCHING:
        return 0
    sign = _sign(a, b, order, ())
    others = (*((n,) for n in branching), branching)
    return sign if sign and all(_sign(a, b, order, other) == sign for other in others) else 0


def _sign(a: Node, b: Node, order: list[Node], other: Collection[Node]) -> int:
    """What `are_equal` finds where the nodes in `other` are on another branch."""
    for seed in range(TRIES):
        try:
            draw = _Draw(order, seed, other)
        except _UnknownError:
            continue
        first, second = draw.logs[a], draw.logs[b]
        turns = (first.size - second.size + MOST_TURNS) % PRIME - MOST_TURNS
        return 0 if turns > MOST_TURNS or (turns and not other) else first.sign * second.sign
    return 0


def _is_leaf(node: Node) -> bool:
    return node.op not in TAKEN_APART or node.aval.kind != "f"


class _Draw:
    """The residues of all nodes, and of their logarithms, for one choice of random numbers.

    Args:
        order: the nodes, inputs first.
        seed: of the random numbers.
        other: the roots that have the other sign, and the logarithms that are a turn away.
    """

    def __init__(self, order: list[Node], seed: int, other: Collection[Node]) -> None:
        self.seed, self.other = seed, other
        self.values: dict[Node, int] = {}
        self.logs: dict[Node, _Log] = {}
        for place, node in enumerate(order):
            if _is_leaf(node):
                self.values[node], self.logs[node] = self._leaf(node, place)
            else:
                self.logs[node] = self._log(node, place)
                self.values[node] = self._value(node, place)

    def _random(self, *key: object) -> int:
        return Random(f"{self.seed} {key}").randrange(1, PRIME)  # noqa: S311 (nothing secret)

    def _leaf(self, node: Node, place: int) -> tuple[int, _Log]:
        if not is_scalar_constant(node) or not number(node):
            return self._random("leaf", place) ** 2 % PRIME, _Log(self._random("log", place))
        c = number(node)
        return self._constant(c), _Log(0 if abs(c) == 1 else self._random("number", abs(c)), -1 if c < 0 else 1)

    def _constant(self, c: float) -> int:
        """A number as the fraction, or the root of one, that it is meant to be; else as it is."""
        exact, meant = Fraction(c), Fraction(c).limit_denominator(SMALL)
        square = (exact * exact).limit_denominator(SMALL)
        if abs(float(square) - c * c) <= ROUNDING * c * c and abs(float(meant) - c) > ROUNDING * abs(c):
            root = _root(_fraction(square))
            return root if c > 0 else -root
        return _fraction(meant if abs(float(meant) - c) <= ROUNDING * abs(c) else exact)

    def _value(self, node: Node, place: int) -> int:
        v = [self.values[x] for x in node.inputs]
        if node.op in SUMS:
            return (v[0] + v[1] if node.op is ew.add else v[0] - v[1]) % PRIME
        if node.op is ew.multiply:
            return v[0] * v[1] % PRIME
        if node.op is ew.divide:
            return v[0] * _inverse(v[1]) % PRIME
        if node.op is ew.negative:
            return -v[0] % PRIME
        if node.op is ew.square:
            return v[0] * v[0] % PRIME
        if node.op is ew.sqrt:
            return _root(v[0]) * (-1 if node in self.other else 1) % PRIME
        if node.op is ew.exp:
            return self._random("exp", v[0])
        of = self.logs[node.inputs[0]]
        return (of.size + (node in self.other)) % PRIME if of.sign > 0 else self._random("leaf", place)

    def _log(self, node: Node, place: int) -> _Log:
        of = [self.logs[x] for x in node.inputs]
        if node.op is ew.multiply:
            return _Log((of[0].size + of[1].size) % PRIME, of[0].sign * of[1].sign)
        if node.op is ew.divide:
            return _Log((of[0].size - of[1].size) % PRIME, of[0].sign * of[1].sign)
        if node.op is ew.negative:
            return _Log(of[0].size, -of[0].sign)
        if node.op is ew.square:
            return _Log(2 * of[0].size % PRIME)
        if node.op is ew.sqrt and of[0].sign > 0:
            return _Log((of[0].size + (node in self.other)) * _inverse(2) % PRIME)
        if node.op is ew.exp:
            return _Log(self.values[node.inputs[0]])
        return _Log(self._random("log of", self._value(node, place)))


def _fraction(q: Fraction) -> int:
    return q.numerator * _inverse(q.denominator) % PRIME


def _inverse(x: int) -> int:
    if not x % PRIME:
        raise _UnknownError
    return pow(x, -1, PRIME)


def _root(x: int) -> int:
    root = pow(x, (PRIME + 1) // 4, PRIME)
    if root * root % PRIME != x % PRIME:
        raise _UnknownError
    return root
