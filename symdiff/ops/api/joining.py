"""Joining, splitting, repeating, shifting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, LimitError, ShapeError
from symdiff.graph.node import Node
from symdiff.ops import reductions as red, shapes
from symdiff.ops.api.convert import asarray, astype, dims, refuse_out, static_int
from symdiff.ops.api.creation import check_size
from symdiff.ops.api.selection import getitem
from symdiff.ops.api.shapes import atleast_1d, atleast_2d, ravel, reshape
from symdiff.ops.axes import normalize_axes, normalize_axis
from symdiff.ops.index import Slice
from symdiff.ops.table import numpy_function


@numpy_function("concatenate", np.concatenate, "concat")
def concatenate(arrays: Sequence[Any], axis: Any = 0, out: None = None, *, dtype: Any = None, casting: str = "same_kind") -> Node:
    """Arrays joined along an axis."""
    refuse_out(out)
    joined = _joined(arrays, axis)
    return joined if dtype is None else astype(joined, dtype)


def _joined(arrays: Sequence[Any], axis: Any) -> Node:
    nodes = [asarray(x) for x in _sequence(arrays)]
    if axis is None:
        nodes, axis = [ravel(x) for x in nodes], 0
    k = normalize_axis(axis, nodes[0].ndim)
    return nodes[0] if len(nodes) == 1 else shapes.concatenate(*nodes, axis=k)


def _sequence(arrays: Any) -> Sequence[Any]:
    if not isinstance(arrays, (tuple, list)) or not arrays:
        raise ArgumentError("the arrays must be given as a tuple or list", help="for instance concatenate((a, b))")
    return arrays


@numpy_function("stack", np.stack)
def stack(arrays: Sequence[Any], axis: int = 0, out: None = None, *, dtype: Any = None, casting: str = "same_kind") -> Node:
    """Arrays joined along a new axis."""
    refuse_out(out)
    nodes = [asarray(x) for x in _sequence(arrays)]
    joined = shapes.stack(*nodes, axis=normalize_axis(axis, nodes[0].ndim + 1))
    return joined if dtype is None else astype(joined, dtype)


@numpy_function("hstack", np.hstack)
def hstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Node:
    """Arrays joined along the second axis, vectors along the first."""
    nodes = [atleast_1d(x) for x in _sequence(tup)]
    return concatenate(nodes, axis=0 if nodes[0].ndim == 1 else 1, dtype=dtype)


@numpy_function("vstack", np.vstack)
def vstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Node:
    """Arrays joined as rows."""
    return concatenate([atleast_2d(x) for x in _sequence(tup)], axis=0, dtype=dtype)


@numpy_function("column_stack", np.column_stack)
def column_stack(tup: Sequence[Any]) -> Node:
    """Vectors joined as columns."""
    nodes = [asarray(x) for x in _sequence(tup)]
    return concatenate([x if x.ndim > 1 else shapes.expand_dims(x, axis=(1,) if x.ndim else (0, 1)) for x in nodes], axis=1)


MOST_PARTS = 10_000


@numpy_function("split", np.split, view="always")
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """Parts of an array along an axis: a number of equal ones, or cut at the given positions."""
    x = asarray(ary)
    k = normalize_axis(axis, x.ndim)
    n = x.shape[k]
    if isinstance(indices_or_sections, (tuple, list, np.ndarray)):
        cuts = [0, *[static_int(c, "a position") for c in indices_or_sections], None]
    else:
        parts = static_int(indices_or_sections, "the number of parts")
        if not 0 < parts <= MOST_PARTS:
            raise LimitError(f"cannot split into {parts} parts; between 1 and {MOST_PARTS} are possible")
        if not isinstance(n, int) or n % parts:
            raise ShapeError(f"cannot split axis {k} of {x.aval!r} into {parts} equal parts")
        cuts = [None, *(n // parts * i for i in range(1, parts)), None]
    lead = (Slice(),) * k
    return [getitem(x, (*[slice(None)] * len(lead), slice(p, q))) for p, q in pairwise(cuts)]


@numpy_function("tile", np.tile)
def tile(A: Any, reps: Any) -> Node:
    """The array repeated as a whole along each axis."""
    x, counts = asarray(A), dims(reps)
    if len(counts) < x.ndim:
        counts = (1,) * (x.ndim - len(counts)) + counts
    if x.ndim < len(counts):
        x = shapes.expand_dims(x, axis=tuple(range(len(counts) - x.ndim)))
    return red.tile(x, reps=counts)


@numpy_function("repeat", np.repeat, method=True)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Node:
    """Each element repeated along an axis, or over all elements in order."""
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), 0
    k = normalize_axis(axis, x.ndim)
    if isinstance(repeats, (tuple, list, np.ndarray)):
        n = static_int(x.shape[k], "the length of the axis")
        check_size(n)
        check_size(float(np.sum(repeats)))
        return getitem(x, (*[slice(None)] * k, np.repeat(np.arange(n), repeats)))
    return red.repeat(x, repeats=static_int(repeats, "the number of repeats"), axis=k)


@numpy_function("roll", np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Node:
    """Elements shifted around the end, along an axis or over all elements in order."""
    x = asarray(a)
    if axis is None:
        return reshape(shapes.roll(ravel(x), shift=static_int(shift, "the shift"), axis=0), x.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    for s, k in zip(shifts, axes, strict=True):
        x = shapes.roll(x, shift=static_int(s, "the shift"), axis=normalize_axis(k, x.ndim))
    return x


@numpy_function("flip", np.flip, view="always")
def flip(m: Any, axis: Any = None) -> Node:
    """Elements along axes in reverse order."""
    x = asarray(m)
    return shapes.flip(x, axis=normalize_axes(axis, x.ndim))


@numpy_function("fliplr", np.fliplr, view="always")
def fliplr(m: Any) -> Node:
    """Columns in reverse order."""
    return flip(m, 1)


@numpy_function("flipud", np.flipud, view="always")
def flipud(m: Any) -> Node:
    """Rows in reverse order."""
    return flip(m, 0)
