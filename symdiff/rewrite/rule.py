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

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import copysign
from typing import Any, NamedTuple

from symdiff.graph.node import CONSTANT, Node
from symdiff.graph.op import OPS, Op

Accept = Callable[[Node], bool]


def _before(name: str) -> Callable[[Any, Any], Apply]:
    return lambda self, other: Apply(OPS[name], (self, _pattern(other)))


def _behind(name: str) -> Callable[[Any, Any], Apply]:
    return lambda self, other: Apply(OPS[name], (_pattern(other), self))


class Pattern:
    """Matches nodes. Combine with operators, or with `call` for operations that have no sign."""

    __add__, __radd__ = _before("add"), _behind("add")
    __sub__, __rsub__ = _before("subtract"), _behind("subtract")
    __mul__, __rmul__ = _before("multiply"), _behind("multiply")
    __truediv__, __rtruediv__ = _before("divide"), _behind("divide")
    __pow__ = _before("power")

    def __neg__(self) -> Pattern:
        return Apply(OPS["negative"], (self,))


def _anything(node: Node) -> bool:
    return True


@dataclass(frozen=True)
class Wildcard(Pattern):
    """Matches any node that `accept` takes; the same name matches the same node. All that it takes are of `op`."""

    name: str
    accept: Accept = _anything
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
    return node.literal is not None and node.literal.number is not None


def number(node: Node) -> float:
    """The value of a scalar constant."""
    literal = node.literal
    assert literal is not None
    return float(literal.value) if literal.number is None else literal.number


Found = list[Node]  # the nodes that a way of matching has met so far, the root and its operands first
Test = Callable[[Found], bool]
Says = Callable[[Node], Node | None]  # what a rule says of a node


class Way(NamedTuple):
    """One order in which the operands of commutative operations in a pattern may stand."""

    operands: tuple[Op | None, ...]  # of which operations the operands of the root must be, None for any
    tests: tuple[Test, ...]  # what is left to look at where they are
    names: dict[str, int]  # where the wildcards are then found

    def suits(self, operands: tuple[Op, ...]) -> bool:
        fits = (wanted is None or wanted is op for wanted, op in zip(self.operands, operands, strict=True))
        return len(operands) == len(self.operands) and all(fits)


def _orders(pattern: Pattern) -> Iterator[Pattern]:
    """The pattern with the operands of commutative operations in every order, as they stand first."""
    if not isinstance(pattern, Apply):
        yield pattern
        return
    turns = pattern.op.commutative and pattern.operands != pattern.operands[::-1]
    for step in (1, -1) if turns else (1,):
        for chosen in product(*map(_orders, pattern.operands)):
            yield Apply(pattern.op, chosen[::step])


def _way(pattern: Apply) -> Way:
    """A pattern whose operands have an order, as a row of tests, those that take longest at the end."""
    tests: list[Test] = []
    accepted: list[Test] = []
    names: dict[str, int] = {}
    waiting, met = [(x, k) for k, x in enumerate(pattern.operands, 1)], 1 + len(pattern.operands)
    while waiting:
        part, k = waiting.pop(0)
        if isinstance(part, Apply):
            tests.append(_is_operation(k, None if k <= len(pattern.operands) else part.op))
            waiting += [(x, met + i) for i, x in enumerate(part.operands)]
            met += len(part.operands)
        elif isinstance(part, Number):
            tests.append(_is_number(k, part.value))
        elif isinstance(part, Wildcard):
            if part.name in names:
                tests.append(_is_same(k, names[part.name]))
            elif part.accept is not _anything:
                accepted.append(_is_accepted(k, part.accept))
            names.setdefault(part.name, k)
    return Way(tuple(_op_of(part) for part in pattern.operands), (*tests, *accepted), names)


def _op_of(part: Pattern) -> Op | None:  # of all nodes that it matches
    return CONSTANT if isinstance(part, Number) else part.op if isinstance(part, (Apply, Wildcard)) else None


def _is_operation(k: int, op: Op | None) -> Test:
    def test(found: Found) -> bool:
        node = found[k]  # its operands are met then
        if op is not None and node.op is not op:
            return False
        found += node.inputs
        return True

    return test


def _is_number(k: int, value: float) -> Test:
    sign = copysign(1.0, value)  # which tells the two zeros apart

    def test(found: Found) -> bool:
        literal = found[k].literal
        return literal is not None and literal.number == value and (value != 0 or copysign(1.0, literal.number) == sign)

    return test


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


def _saying(ways: Sequence[Way], right: Pattern | Callable[..., Node | None]) -> Says:
    def says(node: Node) -> Node | None:
        for _, tests, names in ways:
            found = [node, *node.inputs]
            for test in tests:
                if not test(found):
                    break
            else:
                bound = {name: found[k] for name, k in names.items()}
                result: Node | None = build(right, bound) if isinstance(right, Pattern) else right(**bound)
                return result
        return None

    return says


class Rule(NamedTuple):
    """A rewrite with its claim.

    Attributes:
        apply: returns the new node, or None where the rule says nothing.
        why: a reason for the claim, in a few words.
        safe: where the new form is right and the old one was not, as in "beyond |x| > 709".
        among: operations of which one at least is among the operands of a node of which the rule says something; any,
            if there are none.
        kinds: the kinds of results of which the rule says something; all, if there are none.
        arrays: whether it says nothing of numbers.
        narrowed: what it says of nodes whose operands are of certain operations; None if nothing.
    """

    name: str
    claim: str
    roots: tuple[Op, ...]
    apply: Says
    why: str = ""
    safe: str = ""
    among: frozenset[Op] = frozenset()
    kinds: str = ""
    arrays: bool = False
    narrowed: Callable[[tuple[Op, ...]], Says | None] | None = None

    def at(self, op: Op, sort: tuple[str, bool], operands: tuple[Op, ...]) -> Says | None:
        """What it says of nodes of this look (see `Aval.sort`); None if nothing."""
        kind, has_axes = sort
        if (self.roots and op not in self.roots) or kind not in (self.kinds or kind) or (self.arrays and not has_axes):
            return None
        if self.among and self.among.isdisjoint(operands):
            return None
        return self.narrowed(operands) if self.narrowed else self.apply


class Claim(NamedTuple):
    """Constructor of rules that make one claim."""

    name: str

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

        @cache  # when it is first asked for: few patterns of all are
        def ways() -> list[Way]:
            return [_way(turned) for turned in _orders(left) if isinstance(turned, Apply)]

        def narrowed(operands: tuple[Op, ...]) -> Says | None:
            suitable = [way for way in ways() if way.suits(operands)]
            return _saying(suitable, right) if suitable else None

        def apply(node: Node) -> Node | None:
            says = rule.at(node.op, node.aval.sort, tuple([x.op for x in node.inputs]))
            return None if says is None else says(node)

        rule = Rule(name, self.name, (left.op,), apply, why, safe, kinds=kinds, narrowed=narrowed)
        return rule

    def on(
        self, name: str, *roots: Op, why: str = "", safe: str = "", among: Iterable[Op] = (), arrays: bool = False
    ) -> Callable[[Says], Rule]:
        """Makes a rule of the decorated function of a node.

        Its operation is one of `roots` (any by default), and at least one of its operands is of an operation in
        `among` (any by default); with `arrays`, its result has axes. The rule is not asked about other nodes.
        """
        ops = frozenset(among)
        return lambda apply: Rule(
            name, self.name, roots, apply, why or (apply.__doc__ or "").strip(), safe, ops, arrays=arrays
        )


BITS = Claim("BITS")
REAL = Claim("REAL")
ASSUME = Claim("ASSUME")
