"""Rules that use what is known of values by how they are made: zeros times what is finite, guards that guard nothing.

What is declared of inputs counts, too, and is then written down as relied upon (`symdiff.rewrite.facts`).
"""

from __future__ import annotations

from collections.abc import Callable

from symdiff.graph.fact import Fact
from symdiff.graph.node import CONSTANT, Node, constant
from symdiff.ops import elementwise as ew, reductions as red
from symdiff.ops.range import Overflows
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rule import REAL, Rule
from symdiff.rewrite.rules import matrices

SIGN = "differs in the sign of a zero only"
COMPARISONS = (ew.less, ew.less_equal, ew.greater, ew.greater_equal)
Test = Callable[[Fact], bool]


def rules(facts: Facts) -> tuple[Rule, ...]:
    """The rules that use `facts`, whether anything is declared or not."""
    return (*_of_zeros(facts), *_of_guards(facts), _of_sizes(facts), _of_ratios(facts), *matrices.rules(facts))


def _of_zeros(facts: Facts) -> tuple[Rule, ...]:
    @REAL.on("zero-times-finite", ew.multiply, among=(CONSTANT, red.broadcast_to), why="zero times a finite number")
    def zero_times_finite(node: Node) -> Node | None:
        """``0 * sin(x)`` is 0, ``0 * log(x)`` is not: x may be 0."""
        for zero, x in (node.inputs, node.inputs[::-1]):
            if _is_zero(zero) and facts.knows(x, lambda fact: fact.finite):
                return _number(0, node)
        return None

    @REAL.on("zero-over", ew.divide, among=(CONSTANT, red.broadcast_to), why="zero over what is never zero")
    def zero_over(node: Node) -> Node | None:
        zero, x = node.inputs
        known = _is_zero(zero) and facts.knows(x, lambda fact: fact.never_zero and fact.finite)
        return _number(0, node) if known else None

    return (zero_times_finite, zero_over)


def _of_guards(facts: Facts) -> tuple[Rule, ...]:
    overflows = Overflows()

    @REAL.on("known-unequal", ew.equal, ew.not_equal, among=(CONSTANT,), why="what is never zero is not 0")
    def unequal(node: Node) -> Node | None:
        """``1 + x**2 == 0`` is false, for nan too."""
        for x, zero in (node.inputs, node.inputs[::-1]):
            if _is_zero(zero) and facts.knows(x, lambda fact: fact.never_zero):
                return red.spread(constant(node.op is ew.not_equal), node.shape)
        return None

    @REAL.on("known-order", *COMPARISONS, among=(CONSTANT,), why="the bounds")
    def order(node: Node) -> Node | None:
        """``x**2 < 0`` is false, for nan too. ``x**2 >= 0`` is left: it is how one asks for nan."""
        a, b = node.inputs if node.op in (ew.less, ew.less_equal) else node.inputs[::-1]
        if all(x.literal is not None for x in (a, b)) or "c" in (a.aval.kind, b.aval.kind):
            return None
        p, q = facts.of(a), facts.of(b)
        if p.low < q.high or (p.low == q.high and node.op not in (ew.less, ew.greater)):
            return None
        facts.rely_on_all(a, b)
        return red.spread(constant(False), node.shape)

    @REAL.on("product-of-bounded", ew.absorbing_product, why="zero times a number that is never infinite")
    def bounded(node: Node) -> Node | None:
        """A zero need not be kept from what is between bounds."""
        a, b = node.inputs
        return a * b if facts.knows(a, lambda fact: fact.finite and fact.bounded) else None

    @REAL.on("finite-outside-guard", ew.absorbing_product, among=(ew.multiply, ew.negative), why="no infinity to guard")
    def outside(node: Node) -> Node | None:
        """``where(c * g != 0, a * x * c * g, 0)`` is ``c * a * where(g != 0, x * g, 0)``: a is finite, and so is c, a
        number that is never zero, where it would be the guard. Neither overflows."""
        x, g = node.inputs
        if g.op is ew.negative:
            return -ew.absorbing_product(x, g.inputs[0])
        c = g.inputs[0] if g.op is ew.multiply and not g.inputs[0].shape and g.inputs[0].aval.kind == "f" else None
        if c is not None and facts.knows(c, lambda fact: fact.never_zero and fact.finite) and not overflows.before(c):
            return c * ew.absorbing_product(x, g.inputs[1])
        for a, rest in (x.inputs, x.inputs[::-1]) if x.op is ew.multiply else ():
            if a.aval.kind == "f" and facts.knows(a, lambda fact: fact.finite) and not overflows.before(a):
                return a * ew.absorbing_product(rest, g)
        return None

    return (unequal, order, bounded, outside)


def _of_ratios(facts: Facts) -> Rule:
    def is_positive(fact: Fact) -> bool:
        return fact.positive

    @REAL.on("ratio-of-equals", ew.divide, why="a positive number divided by itself is 1")
    def ratio_of_equals(node: Node) -> Node | None:
        """``x / x`` is 1, ``a * x / x`` is a."""
        above, x = node.inputs
        if above is x and facts.knows(x, is_positive):
            return _number(1, node)
        if above.op is not ew.multiply or x not in above.inputs:
            return None
        rest = above.inputs[1] if above.inputs[0] is x else above.inputs[0]
        return rest if rest.aval is node.aval and facts.knows(x, is_positive) else None

    return ratio_of_equals


def _of_sizes(facts: Facts) -> Rule:
    @REAL.on("size-of-nonnegative", ew.absolute, why=SIGN)
    def size(node: Node) -> Node | None:
        """``|exp(x)|`` is exp(x)."""
        x = node.inputs[0]
        return x if facts.knows(x, lambda fact: fact.nonnegative) else None

    return size


def _is_zero(x: Node) -> bool:
    """Whether a node is zero everywhere; numbers, of which most constants are, are looked at as such."""
    literal = x.literal
    if literal is not None and not x.shape:
        return literal.scalar == 0
    return (literal is not None or x.op is red.broadcast_to) and red.is_zero(x)


def _number(value: int, node: Node) -> Node:
    """A number everywhere, of the type of a node."""
    weak = float(value) if node.aval.kind == "f" else value
    return red.spread(constant(weak if node.aval.weak else node.dtype.type(value)), node.shape)
