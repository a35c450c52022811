"""Windows of an array, and their transpose, which lays them back where they came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Shape, size
from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops import array_bounds, elements, runtime
from symdiff.ops.axes import Axes, length_template
from symdiff.ops.batching import stacked
from symdiff.ops.families import linear
from symdiff.ops.links import Known, Links, Moves, lengths, numbered
from symdiff.ops.shapes import permute

Lengths = tuple[Dim, ...]


def _windows_infer(x: Aval, window: Lengths, axis: Axes) -> Aval:
    shape = list(x.shape)
    for n, k in zip(window, axis, strict=True):
        length, m = shape[k], n
        if isinstance(length, int) and isinstance(m, int) and not 1 <= m <= length:
            raise ShapeError(f"a window of length {m} does not fit axis {k} of {x!r}")
        shape[k] = length - (m - 1)
    return Aval(x.dtype, (*shape, *window))


def _overlap_infer(g: Aval, axis: Axes) -> Aval:
    shape, window = list(g.shape[: g.ndim - len(axis)]), g.shape[g.ndim - len(axis) :]
    for n, k in zip(window, axis, strict=True):
        shape[k] = shape[k] + (n - 1)
    return Aval(g.dtype, tuple(shape))


def _windows_spell(node: Node) -> str:
    window, axis = node.kwargs["window"], node.kwargs["axis"]
    lengths = length_template(window[0]) if len(window) == 1 else f"({', '.join(map(length_template, window))})"
    whole = axis == tuple(range(node.inputs[0].ndim))
    where = "" if whole else f", axis={axis[0] if len(axis) == 1 else axis}"
    return f"np.lib.stride_tricks.sliding_window_view(a, {lengths}{where})"


def _batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    axis = tuple(k + len(lead) for k in node.kwargs["axis"])
    return node.op(*stacked(node, inputs, lead), **node.kwargs | {"axis": axis})


def windows_along(x: Node, window: Lengths, axis: Axes) -> Node:
    """All windows, their axes last: those of an axis that comes twice are windows of windows.

    >>> from symdiff.graph.node import variable
    >>> windows_along(variable("x", Aval(np.float64, (5, 4))), (2, 3), (0, 1)).shape
    (4, 2, 2, 3)
    """
    if len(set(axis)) == len(axis):
        return windows(x, window=window, axis=axis)
    for n, k in zip(window, axis, strict=True):
        x = windows(x, window=(n,), axis=(k,))
    return x


def windows_behind(x: Node, length: Dim, axis: int) -> Node:
    """The windows along one axis, their elements right behind it, where an index array of two axes has them."""
    found, k = windows(x, window=(length,), axis=(axis,)), axis + 1
    return found if k == x.ndim else permute(found, axes=(*range(k), x.ndim, *range(k, x.ndim)))


def _windows_of(x: np.ndarray, window: tuple[int, ...], axis: Axes) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(x, window, axis)


def _overlap_links(i: int, node: Node, known: Known) -> Links:
    """What the elements of a window are added to is what the window would read."""
    axis, x = node.kwargs["axis"], node.inputs[0]
    results = _windows_of(numbered(node), lengths(x)[x.ndim - len(axis) :], axis)
    return Links(results.ravel(), numbered(x).ravel())


def _windows_samples(rng: np.random.Generator) -> Any:
    for shape, window, axis in [((5,), (3,), (0,)), ((4, 3), (2, 3), (0, 1)), ((2, 4, 3), (2,), (1,)), ((3, 4), (2, 1), (1, 0))]:
        yield (rng.normal(size=shape),), {"window": window, "axis": axis}


def _overlap_samples(rng: np.random.Generator) -> Any:
    for shape, axis in [((3, 3), (0,)), ((3, 1, 2, 3), (0, 1)), ((2, 3, 3, 2), (1,)), ((1, 4), (0,))]:
        yield (rng.normal(size=shape),), {"axis": axis}


windows: Op = linear("windows", None, transpose=lambda g, x, window, axis: overlap_add(g, axis=axis),
        facts=array_bounds.same, doc="All windows of an array, the axes of their elements last.", links=Moves(_windows_of), infer=_windows_infer, batch=_batch, flops=lambda node: 0, aliases=True,
        spell=_windows_spell, hint="windows", element=elements.windows, samples=_windows_samples)
overlap_add: Op = linear("overlap_add", runtime.overlap_add,
        transpose=lambda g, x, axis: windows(g, window=x.shape[x.ndim - len(axis) :], axis=axis),
        facts=array_bounds.signs, doc="Windows laid back where they came from, and added up: the transpose of windows.", links=_overlap_links, infer=_overlap_infer, batch=_batch,
        flops=lambda node: size(node.inputs[0].shape), spell=lambda node: f"overlap_add(a, {node.kwargs['axis']})", hint="s", element=elements.overlapping, samples=_overlap_samples)
