"""The steps that a loop takes: all elements of what it slices, or the first ones if it asks whether to go on."""

from __future__ import annotations

from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.ops.index import Slice
from symdiff.ops.shapes import getitem, scatter


def elements_taken(loop: Loop, x: Node) -> Node:
    """Of a stack that `loop` slices, what its steps read."""
    return getitem(x, index=_first(loop, x)) if loop.asks else x


def among_all(loop: Loop, x: Node, taken: Node) -> Node:
    """A stack for the steps that `loop` takes, in place among zeros for all elements of `x`."""
    return scatter(taken, shape=x.shape, index=_first(loop, x)) if loop.asks else taken


def _first(loop: Loop, x: Node) -> tuple[Slice, ...]:
    return (Slice(None, loop.length), *[Slice()] * (x.ndim - 1))
