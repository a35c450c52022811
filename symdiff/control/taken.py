"""The steps that a loop takes among the elements of what it slices: the first ones, if it asks whether to go on."""

from __future__ import annotations

from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.ops.index import Slice
from symdiff.ops.shapes import scatter


def among_all(loop: Loop, x: Node, taken: Node) -> Node:
    """A stack for the steps that `loop` takes, in place among zeros for all elements of `x`."""
    index = (Slice(None, loop.length), *[Slice()] * (x.ndim - 1))
    return scatter(taken, shape=x.shape, index=index) if loop.asks else taken
