"""Placed flows: zeros but for a part, as the cotangent of ``y[1:]`` is, of which the derivative is taken alone."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.graph.dims import nominal_size
from symdiff.graph.node import Node
from symdiff.ops.index import Slice, outside
from symdiff.ops.reductions import is_zero, spread


def is_placed(g: Node) -> bool:
    """Whether a flow is zero but for a part, which is no longer than the whole, at places that do not depend on it."""
    return (
        g.op.fills
        and g.op.family == "linear"
        and all(not x.aval.inexact for x in g.inputs[1:])
        and nominal_size(g.inputs[0].shape) <= nominal_size(g.shape)
    )


def leaves_zeros(g: Node) -> bool:
    """Whether a row has put zeros into a flow, beside what it moved."""
    parts = [x for x in g.inputs if x.aval.inexact]
    return g.op.fills and (len(parts) == 1 or any(is_zero(x.inputs[0] if len(x.inputs) == 1 else x) for x in parts))


def filled(g: Node) -> list[tuple[Slice, ...]] | None:
    """Where a flow is that a row has put among zeros, or that has had zeros put into it; None if that is not known."""
    if "index" in g.kwargs:
        place = _as_slices(g.kwargs["index"])
        return None if place is None else [place]
    [index, *more] = g.kwargs.get("indices", (None,))
    zeroed = None if index is None or more else _as_slices(index)
    return None if zeroed is None else outside(zeroed, g.shape)


def _as_slices(index: Sequence[object]) -> tuple[Slice, ...] | None:
    """An index as one of slices alone, those of a single place as long as one; None where it looks up positions."""
    items = [Slice(k, k + 1 if k != -1 else None) if isinstance(k, int) else k for k in index]
    return tuple(items) if all(isinstance(item, Slice) for item in items) else None  # type: ignore[arg-type]


def picked(x: Node, g: Node) -> Node:
    """Of `x` the elements that a placed flow places; all of them where it leaves elements in their places."""
    if g.op.drops or not x.shape:  # a number meets any part, and rules know it by its value
        return x
    found = g.op.bprop(0, spread(x, g.shape), g)
    assert isinstance(found, Node)
    return found


def put_back(term: Node, g: Node) -> Node:
    """`term`, a part, at the places where a placed flow places its own."""
    return Node(g.op, (spread(term, g.inputs[0].shape), *g.inputs[1:]), g.params)
