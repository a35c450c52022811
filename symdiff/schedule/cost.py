"""What a function costs: operations and bytes, as polynomials in the lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from symdiff.errors import ArgumentError
from symdiff.graph.dims import Dim, Length, called, evaluate
from symdiff.graph.graph import Graph
from symdiff.graph.loop import step_counts
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.ops.costs import flops
from symdiff.schedule.memory import APART, Variables, peak
from symdiff.schedule.plan import Plan, schedule


@dataclass(frozen=True)
class Cost:
    """What one call costs. Printed as polynomials; `at` gives numbers.

    Attributes:
        flops: floating-point operations; a function such as exp counts as one.
        bytes: the most that is allocated at a time, results and temporaries, arguments not counted. Where lengths have
            names it is a bound: NumPy computes in its own temporaries, but only in those of 256 KiB and more.
        names: the lengths, in the order in which they are printed; ``steps`` are those of a loop that takes as many as
            it wants to.

    >>> from symdiff.graph.dims import length
    >>> print(Cost(4 * length("n") * length("d"), 8 * length("n"), ("n", "d")))
    flops: 4*n*d
    peak bytes: 8*n
    """

    flops: Dim
    bytes: Dim
    names: tuple[str, ...] = ()

    def at(self, **lengths: int) -> Cost:
        """The cost for these lengths, in numbers.

        Raises:
            ArgumentError: for a length that is missing.

        >>> from symdiff.graph.dims import length
        >>> Cost(4 * length("n"), 0).at(n=10).flops
        40
        """
        try:
            return Cost(evaluate(self.flops, lengths), evaluate(self.bytes, lengths))
        except KeyError as missing:
            raise ArgumentError(f"the length {missing} is missing", help="give each one: at(n=1000, d=10)") from None

    def __str__(self) -> str:
        return f"flops: {show(self.flops, self.names)}\npeak bytes: {show(self.bytes, self.names)}"


def cost_of(graph: Graph, plan: Plan | None = None, variables: Variables = APART) -> Cost:
    """The cost of a graph that is lowered and polished, with its plan and variables, if they are known.

    Raises:
        LimitError: if it is beyond all bounds.
    """
    plan = plan or schedule(graph)
    total: Dim = 0
    for node in _computed(plan):
        total = total + flops(node)
    lengths = [n for x in graph.inputs for n in x.shape if isinstance(n, Length)]
    names = dict.fromkeys(name for n in lengths for monomial, _ in n.terms for name in monomial)
    steps = step_counts(plan.graph.outputs, names)
    return Cost(called(total, steps), called(peak(plan, variables), steps), (*names, *steps.values()))


def _computed(plan: Plan) -> list[Node]:
    """All nodes but the sums that are done in place: there the operations are those of the parts."""
    swallowed: set[Node] = set()
    for s in plan.statements:
        if s.parts and s.parts != (s.node,):
            swallowed.update(toposort([s.node], stop={*s.parts, *s.terms}.__contains__))
    return [node for node in plan.graph.order if node not in swallowed]


def show(dim: Dim, names: Sequence[str] = (), times: str = "*", power: str = "**") -> str:
    """``2*n**3 + 4*n*d``, the factors in the order of `names`.

    >>> from symdiff.graph.dims import length
    >>> show(length("n") * length("n") - 1, times=" ", power="^")
    'n^2 - 1'
    """
    rank = {name: k for k, name in enumerate(names)}
    text = ""
    for monomial, factor in dim.terms if isinstance(dim, Length) else [((), dim)]:
        counts = Counter(sorted(monomial, key=lambda name: (rank.get(name, len(rank)), name)))
        factors = [name if k == 1 else f"{name}{power}{k}" for name, k in counts.items()]
        if abs(factor) != 1 or not factors:
            factors.insert(0, str(abs(factor)))
        sign = ("-" if factor < 0 else "") if not text else " - " if factor < 0 else " + "
        text += sign + times.join(factors)
    return text
