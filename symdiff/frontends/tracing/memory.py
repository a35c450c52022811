"""Where NumPy answers with a view and where with a copy: a matter of strides, which symbolic arrays have not.

They are worked out on arrays of one element that pretend to have the shape: nothing is allocated, nothing is read.
"""

from __future__ import annotations

import inspect
from math import prod

import numpy as np

from symdiff.graph.dims import Shape
from symdiff.graph.node import Node
from symdiff.ops.assignment import assign
from symdiff.ops.index import Slice
from symdiff.ops.shapes import astype, flip, getitem, permute

MOST_STEPS = 1_000


def pretended(shape: Shape, order: tuple[int, ...]) -> np.ndarray | None:
    """An array of this shape whose axes lie in memory in this order; None if lengths are not known."""
    if not all(isinstance(n, int) for n in shape):
        return None
    lengths = [int(n) for n in shape]  # type: ignore[arg-type]
    strides = [0] * len(lengths)
    for place, k in enumerate(order):
        strides[k] = prod([lengths[j] for j in order[place + 1 :]])
    return np.lib.stride_tricks.as_strided(np.zeros(1, np.int8), lengths, strides)


def axis_order(node: Node) -> tuple[int, ...]:
    """The axes of an array from the outermost to the innermost in memory: functions of elements keep the order of
    their operands where these agree."""
    rows = tuple(range(node.ndim))
    stack, seen, found = [(node, rows)], {(node, rows)}, rows
    while stack:
        x, places = stack.pop()
        below = _below(x, places)
        if len(seen) > MOST_STEPS or (not below and places == rows):
            return rows
        if not below:
            found = tuple(sorted(rows, key=places.__getitem__))
        new = [item for item in below if item not in seen]
        seen.update(new)
        stack += new
    return found


def _below(x: Node, places: tuple[int, ...]) -> list[tuple[Node, tuple[int, ...]]]:
    """The operands whose order in memory an array has, and which axis of them each of the places is."""
    if x.op is permute:
        axes = x.kwargs["axes"]
        return [(x.inputs[0], tuple(axes[k] for k in places))]
    if x.op in (assign, astype, flip) or (x.op is getitem and all(isinstance(i, Slice) for i in x.kwargs["index"])):
        return [(x.inputs[0], places)]
    return (
        [(operand, places) for operand in x.inputs if operand.shape == x.shape] if x.op.family == "elementwise" else []
    )


def reshaped(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """A view of `x` in another shape; None if there is none."""
    try:
        if _NEVER_COPIES:
            return np.reshape(x, shape, copy=False)
        view = x.view()
        view.shape = shape  # NumPy 2.0's reshape copies where it must; this does not
    except (AttributeError, ValueError):
        return None
    return view


_NEVER_COPIES = "copy" in inspect.signature(np.reshape).parameters  # since NumPy 2.1
