"""Sums and products whose ends are symbols: they run over the data.

Every index has an axis of its own, from the last one backwards, so that what depends on several indices broadcasts; a
sum inside of another one takes the next axes. An element ``D[i + 1]`` is a slice of D.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from symdiff.errors import ShapeError, UnsupportedError
from symdiff.frontends.sympy.arithmetic import Value
from symdiff.frontends.sympy.lengths import dim_of
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, as_node
from symdiff.ops import reductions as red, shapes, vocabulary as api
from symdiff.ops.table import FUNCTIONS


class Index(NamedTuple):
    """The index of a sum.

    Attributes:
        number: which one it is, of all that are open; its axis is the last but that many.
        first: where it begins.
        size: how many values it takes.
    """

    number: int
    first: Dim
    size: Dim


def reduced(reduce: Callable[..., Node]) -> Any:
    """The handler of a sum or product: `reduce` along the axes of its indices."""

    def handle(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Node:
        own: dict[Any, Index] = {}
        for index, low, high in reversed(expr.limits):
            first, last = (_end(end, scope) for end in (low, high))
            own[index] = Index(len(scope.indices) + len(own), first, last - first + 1)
        inner = scope.inside({s: _values(index) for s, index in own.items()}, own)
        value = as_node(inner.value_of(expr.function))
        depth = len(scope.indices)
        lead = tuple(index.size for index in reversed(own.values()))
        rest = value.shape[max(0, value.ndim - depth) :]
        rest = (1,) * (depth - len(rest)) + rest
        return reduce(red.spread(value, (*lead, *rest)), axis=tuple(range(len(own))), keepdims=False)

    return handle


def _end(end: Any, scope: Any) -> Dim:
    if not end.free_symbols <= set(scope.lengths):
        raise UnsupportedError(
            f"the end {end} is not known beforehand",
            help="ends are integers and lengths of data; choose the terms with a Piecewise instead",
        )
    return dim_of(end, scope.lengths)


def _values(index: Index) -> Node:
    """The values that the index takes, along its axis."""
    numbers = FUNCTIONS["arange"].call(index.first, index.first + index.size)
    return shapes.expand_dims(numbers, axis=tuple(range(1, index.number + 1))) if index.number else numbers


def along(node: Node, positions: Sequence[Any], scope: Any) -> Node:
    """The elements of `node` at `positions`, some of which are indices of sums, perhaps shifted.

    Raises:
        ShapeError: if an index runs beyond the axis.
        UnsupportedError: for other positions.
    """
    cuts: list[Any] = []
    numbers: list[int] = []
    for position, n in zip(positions, node.shape, strict=True):
        [*found] = position.free_symbols & set(scope.indices)
        if not found:
            cuts.append(dim_of(position, scope.lengths))
            continue
        shift = position - found[0]
        if len(found) > 1 or not shift.free_symbols <= set(scope.lengths):
            raise UnsupportedError(
                f"an element at the position {position}", help="a position is an index, plus a number"
            )
        index = scope.indices[found[0]]
        start = index.first + dim_of(shift, scope.lengths)
        cuts.append(slice(None) if start == 0 and index.size == n else slice(start, start + index.size))
        numbers.append(index.number)
        if start != 0 or index.size != n:
            _check_inside(start, index.size, n, position)
    if len(set(numbers)) < len(numbers):
        raise UnsupportedError("an index stands at two positions of one array", help="write a matrix expression")
    return _aligned(api.getitem(node, tuple(cuts)), numbers)


def _check_inside(start: Dim, count: Dim, n: Dim, position: Any) -> None:
    room = n - start - count
    if (isinstance(start, int) and start < 0) or (isinstance(room, int) and room < 0):
        raise ShapeError(
            f"the position {position} runs from {start} to {start + count - 1}, over an axis of length {n}"
        )


def _aligned(node: Node, numbers: Sequence[int]) -> Node:
    """`node`, whose axes belong to the indices of these numbers, with each axis in its place."""
    order = sorted(range(len(numbers)), key=lambda k: -numbers[k])
    if order != list(range(len(numbers))):
        node = shapes.permute(node, axes=tuple(order))
    last = max(numbers)
    missing = tuple(last - k for k in range(last + 1) if k not in numbers)
    return shapes.expand_dims(node, axis=tuple(sorted(missing))) if missing else node
