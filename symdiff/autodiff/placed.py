"""Placed flows: zeros but for a part, as the cotangent of ``y[1:]`` is, of which the derivative is taken alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symdiff.graph.dims import Dim, nominal_size
from symdiff.graph.node import Node
from symdiff.ops.elementwise import add
from symdiff.ops.index import Slice
from symdiff.ops.reductions import is_zero, spread
from symdiff.ops.shapes import getitem


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


def is_reached(term: Node, g: Node, holds_zeros: Callable[[Node], bool]) -> bool:
    """Whether `term` is a part of the flow `g` to which a flow in its sum is put that holds no zeros of its own."""
    if term.op is not getitem or term.inputs[0] is not g:
        return False
    terms = [g]
    for flow in terms:
        terms += flow.inputs if flow.op is add else ()
    put = [
        x for x in terms if x.op.fills and len(x.inputs) == 1 and "index" in x.kwargs and not holds_zeros(x.inputs[0])
    ]
    return any(_is_within(term.kwargs["index"], x.kwargs["index"], g.shape) for x in put)


def _is_within(part: Sequence[object], whole: Sequence[object], shape: Sequence[Dim]) -> bool:
    """Whether the places that an index means are among those of another, as far as numbers tell."""
    for k, n in enumerate(shape):
        here, there = (items[k] if k < len(items) else Slice() for items in (part, whole))
        if there == Slice() or (here == there and isinstance(here, Slice | int)):
            continue
        mine, others = _places(here, n), _places(there, n)
        if mine is None or others is None or mine.step % others.step:
            return False
        if len(mine) and not (mine[0] in others and mine[-1] in others):
            return False
    return True


def _places(item: object, n: Dim) -> range | None:
    """The places that an item of an index means, along an axis of length n."""
    if isinstance(n, int) and isinstance(item, Slice) and all(x is None or isinstance(x, int) for x in item):
        return range(*slice(*item).indices(n))
    return range(n)[item:][:1] if isinstance(n, int) and isinstance(item, int) else None
