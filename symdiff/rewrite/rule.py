"""Rules are data: ``BITS("mul-one", x * 1, x)``.

The name of the constructor is a claim, to which the test suite holds every rule:

- **BITS**: the same bits on every input, zeros of either sign, infinities and nan included.
- **REAL**: equal in exact arithmetic, and as accurate in floating point as long as no intermediate result leaves the
  range of floats; ``exact=True`` turns these off.
- **ASSUME**: needs a property of the inputs that the user has declared.

A pattern is built from wildcards with the operators that it is to match. The right-hand side is a pattern, or a
function of the bindings that may decline by returning None. Rules that no pattern can say are functions of a node
(`BITS.on`, `REAL.on`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from symdiff.graph.node import CONSTANT, Node
from symdiff.graph.op import OPS, Op

Bindings = dict[str, Node]
Accept = Callable[[Node], bool]


class Pattern:
    """Matches nodes. Combine with operators, or with `call` for operations that have no sign."""

    def __add__(self, other: Any) -> Pattern:
        return Apply(OPS["add"], (self, _pattern(other)))

    def __radd__(self, other: Any) -> Pattern:
        return _pattern(other) + self

    def __sub__(self, other: Any) -> Pattern:
        return Apply(OPS["subtract"], (self, _pattern(other)))

    def __rsub__(self, other: Any) -> Pattern:
        return _pattern(other) - self

    def __mul__(self, other: Any) -> Pattern:
        return Apply(OPS["multiply"], (self, _pattern(other)))

    def __rmul__(self, other: Any) -> Pattern:
        return _pattern(other) * self

    def __truediv__(self, other: Any) -> Pattern:
        return Apply(OPS["divide"], (self, _pattern(other)))

    def __rtruediv__(self, other: Any) -> Pattern:
        return _pattern(other) / self

    def __pow__(self, other: Any) -> Pattern:
        return Apply(OPS["power"], (self, _pattern(other)))

    def __neg__(self) -> Pattern:
        return Apply(OPS["negative"], (self,))


@dataclass(frozen=True)
class Wildcard(Pattern):
    """Matches any node that `accept` takes; the same name matches the same node. All that it takes are of `op`."""

    name: str
    accept: Accept = lambda node: True
    op: Op | None = None


@dataclass(frozen=True)
class Number(Pattern):
    """Matches a scalar constant by value and sign of zero."""

    value: float


@dataclass(frozen=True)
class Apply(Pattern):
    """Matches an operation on operands; parameters are bound under ``.name`` of the operation."""

    op: Op
    operands: tuple[Pattern, ...]


def _pattern(value: Any) -> Pattern:
    return value if isinstance(value, Pattern) else Number(value)


def call(op: Op) -> Callable[..., Pattern]:
    """A constructor of patterns for `op`."""
    return lambda *operands: Apply(op, tuple(map(_pattern, operands)))


def is_scalar_constant(node: Node) -> bool:
    """Whether `node` is a number that is known."""
    return node.literal is not None and not node.shape and node.aval.kind in "iuf"


def number(node: Node) -> float:
    """The value of a scalar constant."""
    literal = node.literal
    assert literal is not None
    return float(literal.value)


Found = list[Node]  # the nodes that a way of matching has met so far, the root first
Test = Callable[[Found], bool]


def matcher(pattern: Apply) -> Callable[[Node], Bindings | None]:
    """A function of a node: the bindings under which `pattern` is that node, or None.

    The pattern is compiled once, into a row of tests for each order in which operands of commutative operations can
    stand; the first row that a node passes tells what the wildcards are.
    """
    ways = [_tests(way) for way in _orders(pattern)]

    def match(node: Node) -> Bindings | None:
        for tests, names in ways:
            found = [node]
            for test in tests:
                if not test(found):
                    break
            else:
                return {name: found[k] for name, k in names.items()}
        return None

    return match


def _orders(pattern: Pattern) -> Iterator[Pattern]:
    """The pattern with the operands of commutative operations in every order, as they stand first."""
    if not isinstance(pattern, Apply):
        yield pattern
        return
    turns = pattern.op.commutative and pattern.operands != pattern.operands[::-1]
    for step in (1, -1) if turns else (1,):
        for chosen in product(*map(_orders, pattern.operands)):
            yield Apply(pattern.op, chosen[::step])


def _tests(pattern: Pattern) -> tuple[list[Test], dict[str, int]]:
    """The tests of a pattern whose operands have an order, and where its wildcards are then found."""
    tests: list[Test] = []
    names: dict[str, int] = {}
    waiting, met = [(pattern, 0)], 1
    while waiting:
        part, k = waiting.pop(0)
        if isinstance(part, Apply):
            tests.append(_is_operation(k, part.op))
            waiting += [(x, met + i) for i, x in enumerate(part.operands)]
            met += len(part.operands)
        elif isinstance(part, Number):
            tests.append(_is_number(k, part.value))
        elif isinstance(part, Wildcard):
            tests.append(_is_same(k, names[part.name]) if part.name in names else _is_accepted(k, part.accept))
            names.setdefault(part.name, k)
    return tests, names


def _is_operation(k: int, op: Op) -> Test:
    def test(found: Found) -> bool:
        node = found[k]
        if node.op is not op:
            return False
        found += node.inputs
        return True

    return test


def _is_number(k: int, value: float) -> Test:
    text = str(float(value))  # which tells the two zeros apart
    return lambda found: is_scalar_constant(found[k]) and str(number(found[k])) == text


def _is_same(k: int, first: int) -> Test:
    return lambda found: found[k] is found[first]


def _is_accepted(k: int, accept: Accept) -> Test:
    return lambda found: accept(found[k])


def build(pattern: Pattern, bound: Mapping[str, Node]) -> Any:
    """The node that `pattern` describes under the bindings."""
    if isinstance(pattern, Wildcard):
        return bound[pattern.name]
    if isinstance(pattern, Number):
        return pattern.value
    assert isinstance(pattern, Apply)
    return pattern.op(*[build(p, bound) for p in pattern.operands])


@dataclass(frozen=True)
class Rule:
    """A rewrite with its claim.

    Attributes:
        apply: returns the new node, or None where the rule says nothing.
        why: a reason for the claim, in a few words.
        safe: where the new form is right and the old one was not, as in "beyond |x| > 709".
        operands: operations that are all among the operands of a node of which the rule says something.
        among: operations of which one at least is among these operands; any, if there are none.
        kinds: the kinds of results of which the rule says something; all, if there are none.
    """

    name: str
    claim: str
    roots: tuple[Op, ...]
    apply: Callable[[Node], Node | None]
    why: str = ""
    safe: str = ""
    operands: frozenset[Op] = frozenset()
    among: frozenset[Op] = frozenset()
    kinds: str = ""

    def may_fire(self, op: Op, kind: str, operands: frozenset[Op]) -> bool:
        """Whether it may say something of a node of `op` that gives this kind of numbers, of operands of these ops."""
        return (
            (not self.roots or op in self.roots)
            and kind in (self.kinds or kind)
            and self.operands <= operands
            and not (self.among and self.among.isdisjoint(operands))
        )


def _needed(pattern: Apply) -> frozenset[Op]:
    """The operations that must be among the operands for `pattern` to match."""
    ops = [
        CONSTANT if isinstance(p, Number) else p.op
        for p in pattern.operands
        if isinstance(p, (Apply, Number, Wildcard))
    ]
    return frozenset(op for op in ops if op is not None)


class Claim:
    """Constructor of rules that make one claim."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(
        self,
        name: str,
        left: Pattern,
        right: Pattern | Callable[..., Node | None],
        why: str = "",
        kinds: str = "f",
        safe: str = "",
    ) -> Rule:
        """The rule that turns `left` into `right`, for results of these kinds: real floats, if nothing else is said."""
        assert isinstance(left, Apply)

        match = matcher(left)

        def apply(node: Node) -> Node | None:
            bound = match(node) if node.aval.kind in kinds else None
            if bound is None:
                return None
            result: Node | None = build(right, bound) if isinstance(right, Pattern) else right(**bound)
            return result

        return Rule(name, self.name, (left.op,), apply, why, safe, _needed(left), kinds=kinds)

    def on(
        self, name: str, *roots: Op, why: str = "", safe: str = "", among: Iterable[Op] = ()
    ) -> Callable[[Callable[[Node], Node | None]], Rule]:
        """Makes a rule of the decorated function of a node.

        Its operation is one of `roots` (any by default), and at least one of its operands is of an operation in
        `among` (any by default): the rule is not asked about other nodes.
        """
        return lambda apply: Rule(
            name, self.name, roots, apply, why or (apply.__doc__ or "").strip(), safe, among=frozenset(among)
        )


BITS = Claim("BITS")
REAL = Claim("REAL")
ASSUME = Claim("ASSUME")
