"""Placed flows: zeros but for a part, as the cotangent of ``y[1:]`` is, of which the derivative is taken alone."""

from __future__ import annotations

from symdiff.graph.dims import nominal_size
from symdiff.graph.node import Node
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
