"""What a step begins with is what the one before it ended with: a stack of the ends, and the first value, is enough."""

from __future__ import annotations

from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.ops.assignment import assign
from symdiff.ops.index import Slice
from symdiff.ops.shapes import concatenate, expand_dims, getitem


def knows_its_steps(loop: Loop) -> bool:
    """Whether it is known that there are two steps at least, and how many."""
    return not loop.asks and isinstance(loop.length, int) and loop.length >= 2


def states_left(loop: Loop) -> dict[Node, int]:
    """The states whose ends the steps leave behind, and where these are among what is left."""
    if not knows_its_steps(loop):
        return {}
    at = {y: i for i, y in enumerate(loop.left)}
    return {h: at[y] for h, y in zip(loop.states, loop.following, strict=True) if y in at and y is not h}


def begun(loop: Loop, start: Node, ended: Node) -> Node:
    """The stack of what the steps begin with, of the first value and the stack of what they end with."""
    assert isinstance(loop.length, int)
    steps, whole = loop.length, (Slice(),) * start.ndim
    if not loop.reverse and (array := _filled_from(start, steps)) is not None:
        x, first = array
        full = assign(x, ended, indices=((Slice(first + 1, first + 1 + steps), *whole),))
        return getitem(full, index=(Slice(first, first + steps), *whole))
    return behind(loop, start, ended)


def behind(loop: Loop, start: Node, ended: Node) -> Node:
    """The same of what the steps end with where that is there, whatever they compute: one step later."""
    assert isinstance(loop.length, int)
    steps, whole, first = loop.length, (Slice(),) * start.ndim, expand_dims(start, axis=(0,))
    if loop.reverse:
        return concatenate(getitem(ended, index=(Slice(1, steps), *whole)), first, axis=0)
    return concatenate(first, getitem(ended, index=(Slice(None, steps - 1), *whole)), axis=0)


def _filled_from(start: Node, steps: int) -> tuple[Node, int] | None:
    """The array of which the first value is a row, and where, if the rows behind it are those that the steps fill."""
    if start.op is not getitem:
        return None
    x, (first, *rest) = start.inputs[0], start.kwargs["index"]
    n = x.shape[0]
    fits = isinstance(first, int) and isinstance(n, int) and first >= 0 and first + steps < n
    return (x, first) if fits and all(i == Slice() for i in rest) else None
