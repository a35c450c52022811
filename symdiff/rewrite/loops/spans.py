"""Positions that count one after the other are slices: ``x[np.arange(n) + i]`` is ``x[i:i + n]``.

NumPy cuts a slice off where the array ends, and counts from the end where it begins below zero. So this is said only
where it is known that the positions lie within their axis: of counters of loops, whose bounds are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symdiff.control.integers import Integers, Sum
from symdiff.graph.body import Body, with_bodies
from symdiff.graph.dims import Dim
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop, counted_from, counts_steps
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.ops.elementwise import add, less
from symdiff.ops.gathering import gather, positions, scatter_add
from symdiff.ops.index import Hole, Item, Run, as_slices_would
from symdiff.ops.putting import put
from symdiff.ops.shapes import expand_dims, reshape
from symdiff.rewrite.bodies import in_body, moved
from symdiff.rewrite.engine import Journal, Pass, Step

SPANS = Pass("positions-are-slices", "BITS", "positions that count one after the other, within their axis, are a slice")
ARRAYS = {gather: 1, scatter_add: 1, put: 2}  # how many operands come before the positions


@dataclass(frozen=True)
class Span:
    """The positions ``first``, ``first + 1``, …, as many as `counted` has; up to `last` if it `ends`, else at most."""

    first: Node | None
    counted: Node
    start: Sum
    last: Sum
    ends: bool


def as_slices(graph: Graph, journal: Journal | None = None) -> Graph:
    """`graph` with slices instead of positions, also in the steps of its loops."""
    journal = journal if journal is not None else Journal()
    changes = _changes(graph.whole, (), Integers(), journal)
    return moved(graph, changes) if changes else graph


def _changes(order: Sequence[Node], asked: Sequence[Node], known: Integers, journal: Journal) -> dict[Node, Node]:
    """What nodes become, but for those by which a loop asks whether to go on: there its counter may be too far."""
    before = set(toposort(asked))
    found: dict[Node, Node] = {}
    for node in order:
        if node.op.block:
            inner = with_bodies(node, lambda body, node=node: _in_step(body, Loop.of(node), known, journal))  # type: ignore[misc]
            if inner is not node:
                found[node] = inner
        elif node.op in ARRAYS and node not in before and (new := _sliced(node, known)) is not None:
            journal.steps.append(Step(SPANS, node, new))
            found[node] = new
    return found


def _in_step(body: Body, loop: Loop, around: Integers, journal: Journal) -> Body:
    changes = _changes(toposort([*body.outputs, *body.names]), loop.going, Integers(around, loop), journal)
    return in_body(body, changes) if changes else body


def _sliced(node: Node, known: Integers) -> Node | None:
    """A row with slices in its index; None if it has no such positions."""
    first = ARRAYS[node.op]
    places, index = node.inputs[first:], node.kwargs["index"]
    shape = node.kwargs["shape"] if node.op is scatter_add else node.inputs[0].shape
    arrays = [k for k, item in enumerate(index) if isinstance(item, Hole) and node.inputs[item.operand].shape]
    if any(isinstance(item, Run) for item in index) or not as_slices_would(
        index, {k: node.inputs[index[k].operand].shape for k in arrays}
    ):
        return None
    spans = {k: span for k in arrays if (span := span_of(node.inputs[index[k].operand], known)) is not None}
    if len(spans) < len(arrays) or not all(_lies_within(span, shape[k], known) for k, span in spans.items()):
        return None
    operands: list[Node] = []

    def numbered(x: Node) -> int:
        operands.append(x)
        return first + len(operands) - 1

    new: list[Item] = []
    for k, item in enumerate(index):
        if k in spans:
            span = spans[k]
            at_end = known.of_length(shape[k]) - span.last == Sum(number=1)  # so too if there are none
            to_end = at_end and span.ends
            start = None if span.first is None else numbered(span.first)
            new.append(Run(start, numbered(span.counted), span.counted.shape[0], to_end))
        else:
            new.append(Hole(numbered(places[item.operand - first])) if isinstance(item, Hole) else item)
    return node.op(*node.inputs[:first], *operands, **(node.kwargs | {"index": tuple(new)}))


def _flat(x: Node) -> Node:
    """An array without axes of length one that were added to it."""
    while x.op in (expand_dims, reshape) and [n for n in x.shape if n != 1] == [n for n in x.inputs[0].shape if n != 1]:
        x = x.inputs[0]
    return x


def span_of(places: Node, known: Integers) -> Span | None:
    """Positions as a span; None if they are none."""
    array, first = _flat(places), None
    if array.op is add:
        a, b = map(_flat, array.inputs)
        array, first = (a, b) if a.ndim else (b, a)
        if first.ndim:
            return None
    start = Sum() if first is None else known.of(first)
    last = _last(array, known)
    return None if last is None else Span(first, array, start, start + last, ends_at_bound(array))


def _last(array: Node, known: Integers) -> Sum | None:
    """The last of the numbers 0, 1, 2, …; None if an array is not these."""
    if array.op is positions:
        return known.of_length(array.shape[0]) - Sum(number=1)
    if not counts_steps(array):
        return None
    limits = known.range_of(array)
    return None if limits is None else limits[1]


def ends_at_bound(array: Node) -> bool:
    """Whether steps are counted up to their bound: a loop that may be left before has fewer."""
    if array.op is positions:
        return True
    loop = Loop.of(array.inputs[0])
    tests = (test for test in loop.going if test.op is less and counted_from(loop, test.inputs[0]) is not None)
    return not loop.asks or any(t.inputs[1] in loop.constants or t.inputs[1].literal is not None for t in tests)


def _lies_within(span: Span, n: Dim, known: Integers) -> bool:
    """Whether a span begins at the front or behind it, and ends at the end or before it, if it has any elements."""
    low, room = span.start.least, (known.of_length(n) - Sum(number=1) - span.last).least
    return low is not None and low >= 0 and room is not None and room >= 0
