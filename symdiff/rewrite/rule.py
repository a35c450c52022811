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

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
    """Matches any node that `accept` takes; the same name matches the same node."""

    name: str
    accept: Accept = lambda node: True


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


def match(pattern: Pattern, node: Node) -> Bindings | None:
    """The bindings under which `pattern` is `node`, or None."""
    return next(_match(pattern, node, {}), None)


def _match(pattern: Pattern, node: Node, bound: Bindings) -> Iterator[Bindings]:
    if isinstance(pattern, Wildcard):
        if pattern.name in bound:
            if bound[pattern.name] is node:
                yield bound
        elif pattern.accept(node):
            yield {**bound, pattern.name: node}
    elif isinstance(pattern, Number):
        if is_scalar_constant(node) and str(number(node)) == str(float(pattern.value)):
            yield bound
    elif isinstance(pattern, Apply) and node.op is pattern.op:
        orders = [node.inputs, node.inputs[::-1]] if node.op.commutative else [node.inputs]
        for inputs in orders:
            yield from _match_all(pattern.operands, inputs, bound)


def _match_all(patterns: tuple[Pattern, ...], nodes: tuple[Node, ...], bound: Bindings) -> Iterator[Bindings]:
    if not patterns:
        yield bound
        return
    for first in _match(patterns[0], nodes[0], bound):
        yield from _match_all(patterns[1:], nodes[1:], first)


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
    """

    name: str
    claim: str
    roots: tuple[Op, ...]
    apply: Callable[[Node], Node | None]
    why: str = ""
    safe: str = ""


def _needed(pattern: Apply) -> tuple[Op, ...]:
    """The operations that must be among the operands for `pattern` to match: looked at first, for speed."""
    needed = [p.op if isinstance(p, Apply) else CONSTANT for p in pattern.operands if isinstance(p, (Apply, Number))]
    return tuple(dict.fromkeys(needed))


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

        needed = _needed(left)

        def apply(node: Node) -> Node | None:
            operands = [x.op for x in node.inputs]
            if node.aval.kind not in kinds or any(op not in operands for op in needed):
                return None
            bound = match(left, node)
            if bound is None:
                return None
            result: Node | None = build(right, bound) if isinstance(right, Pattern) else right(**bound)
            return result

        return Rule(name, self.name, (left.op,), apply, why, safe)

    def on(
        self, name: str, *roots: Op, why: str = "", safe: str = ""
    ) -> Callable[[Callable[[Node], Node | None]], Rule]:
        """Makes a rule of the decorated function of a node whose operation is one of `roots` (any by default)."""
        return lambda apply: Rule(name, self.name, roots, apply, why or (apply.__doc__ or "").strip(), safe)


BITS = Claim("BITS")
REAL = Claim("REAL")
ASSUME = Claim("ASSUME")
