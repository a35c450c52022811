"""Blocks, rows and columns; parts taken out or put in; grids and windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, LimitError, UnsupportedError, ValueDomainError
from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.api.convert import asarray, dims, static_int
from symdiff.ops.api.creation import check_size, laid_along, linspace
from symdiff.ops.api.joining import MOST_PARTS, concatenate, split
from symdiff.ops.api.pieces import call_on_nodes
from symdiff.ops.api.selection import getitem
from symdiff.ops.api.shapes import atleast_3d, moveaxis, permuted, ravel, reshape
from symdiff.ops.axes import count, normalize_axes, normalize_axis
from symdiff.ops.inference import broadcast_shapes
from symdiff.ops.table import numpy_function
from symdiff.ops.windows import windows_along

MOST_CALLS = 10_000

# ------------------------------------------------------------------------------------------------------ joining, splitting


@numpy_function("dstack", np.dstack)
def dstack(tup: Sequence[Any]) -> Node:
    """Arrays joined along the third axis."""
    return concatenate([atleast_3d(x) for x in tup], axis=2)


@numpy_function("block", np.block)
def block(arrays: Any) -> Node:
    """An array of blocks, given as nested lists."""
    depth = _depth(arrays)
    most = max([depth, *(asarray(leaf).ndim for leaf in _leaves(arrays))])
    return _block(arrays, depth, most)


def _depth(arrays: Any) -> int:
    return 1 + max(map(_depth, arrays)) if isinstance(arrays, list) and arrays else 0


def _leaves(arrays: Any) -> list[Any]:
    return [leaf for part in arrays for leaf in _leaves(part)] if isinstance(arrays, list) else [arrays]


def _block(arrays: Any, depth: int, ndim: int) -> Node:
    if not isinstance(arrays, list):
        x = asarray(arrays)
        return shapes.expand_dims(x, axis=tuple(range(ndim - x.ndim))) if x.ndim < ndim else x
    return concatenate([_block(part, depth - 1, ndim) for part in arrays], axis=ndim - depth)


@numpy_function("array_split", np.array_split, view="always")
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """Parts of an array along an axis, of nearly equal lengths, or cut at the given positions."""
    x = asarray(ary)
    if isinstance(indices_or_sections, (tuple, list, np.ndarray)):
        return split(x, list(indices_or_sections), axis)
    n, parts = x.shape[normalize_axis(axis, x.ndim)], static_int(indices_or_sections, "the number of parts")
    if not isinstance(n, int):
        return split(x, parts, axis)
    if not 0 < parts <= MOST_PARTS:
        raise LimitError(f"cannot split into {parts} parts; between 1 and {MOST_PARTS} are possible")
    each, extras = divmod(n, parts)
    lengths = [each + 1] * extras + [each] * (parts - extras)
    return split(x, np.cumsum(lengths)[:-1].tolist(), axis)


@numpy_function("hsplit", np.hsplit, view="always")
def hsplit(ary: Any, indices_or_sections: Any) -> list[Node]:
    """Parts of an array along the second axis, of a vector along the first."""
    x = asarray(ary)
    return split(x, indices_or_sections, 0 if x.ndim == 1 else 1)


@numpy_function("vsplit", np.vsplit, view="always")
def vsplit(ary: Any, indices_or_sections: Any) -> list[Node]:
    """Parts of an array along the first axis."""
    return split(ary, indices_or_sections, 0)


@numpy_function("dsplit", np.dsplit, view="always")
def dsplit(ary: Any, indices_or_sections: Any) -> list[Node]:
    """Parts of an array along the third axis."""
    return split(ary, indices_or_sections, 2)


@numpy_function("unstack", getattr(np, "unstack", None), view="always")
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Node, ...]:
    """The arrays that stack joined."""
    v = asarray(x)
    k = normalize_axis(axis, v.ndim)
    n = static_int(v.shape[k], "the number of arrays")
    if n > MOST_PARTS:
        raise LimitError(f"cannot take {n} arrays apart; {MOST_PARTS} are possible")
    return tuple(getitem(v, (*[slice(None)] * k, i)) for i in range(n))


@numpy_function("append", np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Node:
    """Two arrays joined along an axis, or all their elements in order."""
    return concatenate((arr, values), axis=axis)


@numpy_function("delete", np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Node:
    """An array without the elements at the given positions along an axis."""
    x, k, n = _axis_of_known_length(arr, axis, "delete")
    kept = np.delete(np.arange(n), _known_positions(obj, "delete"))
    return getitem(x, (*[slice(None)] * k, kept))


@numpy_function("insert", np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Node:
    """An array with values put in front of the given positions along an axis."""
    x, k, n = _axis_of_known_length(arr, axis, "insert")
    where, new = _known_positions(obj, "insert"), asarray(values)
    single = not isinstance(where, slice) and np.ndim(where) == 0
    if single and new.ndim and axis is not None:  # one position takes a whole block, whose first axis counts
        new = moveaxis(shapes.expand_dims(new, axis=tuple(range(x.ndim - new.ndim))), 0, k)
    if single:
        many = static_int(new.shape[k if axis is not None else 0], "the number of values") if new.ndim else 1
        check_size(many)
        where = [int(where)] * many
    order = np.insert(np.arange(n), where, -1)
    added = order < 0
    new = red.spread(new, tuple(int(added.sum()) if j == k else length for j, length in enumerate(x.shape)))
    new = new if new.dtype == x.dtype else shapes.astype(new, dtype=x.dtype.name)
    source = np.where(added, n - 1 + np.cumsum(added), order)
    return getitem(shapes.concatenate(x, new, axis=k), (*[slice(None)] * k, source))


def _axis_of_known_length(arr: Any, axis: Any, name: str) -> tuple[Node, int, int]:
    x = asarray(arr)
    x, k = (ravel(x), 0) if axis is None else (x, normalize_axis(axis, x.ndim))
    n = x.shape[k]
    if not isinstance(n, int):
        raise UnsupportedError(f"{name} along an axis of length {n}", help="join the parts: concatenate((x[:i], x[i + 1:]))")
    check_size(n)
    return x, k, n


def _known_positions(obj: Any, name: str) -> Any:
    node = obj if isinstance(obj, (Node, slice)) else as_node(obj)
    if isinstance(node, slice):
        return node
    if node.literal is None or node.aval.kind not in "iu":
        raise UnsupportedError(f"{name} at positions that are computed", help="the positions must be known beforehand")
    return node.literal.value[()]


# -------------------------------------------------------------------------------------------------------- moving elements


@numpy_function("rot90", np.rot90, view="always")
def rot90(m: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Node:
    """An array turned by 90 degrees, k times, from the first towards the second of two axes."""
    x = asarray(m)
    p, q = (normalize_axis(axis, x.ndim) for axis in axes)
    order = tuple(q if j == p else p if j == q else j for j in range(x.ndim))
    turns = static_int(k, "the number of turns") % 4
    if turns == 0:
        return x
    if turns == 2:
        return shapes.flip(x, axis=tuple(sorted((p, q))))
    return permuted(shapes.flip(x, axis=(q,)), order) if turns == 1 else shapes.flip(permuted(x, order), axis=(q,))


@numpy_function("rollaxis", np.rollaxis, view="always")
def rollaxis(a: Any, axis: int, start: int = 0) -> Node:
    """An axis moved in front of another one."""
    x = asarray(a)
    k, to = normalize_axis(axis, x.ndim), static_int(start, "the position")
    to = to + x.ndim if to < 0 else to
    return moveaxis(x, k, to - 1 if k < to else to)


@numpy_function("resize", np.resize)
def resize(a: Any, new_shape: Any) -> Node:
    """The elements in order, again and again, in another shape."""
    x, shape = ravel(a), dims(new_shape)
    n, m = x.shape[0], count(red.spread(as_node(np.zeros(())), shape), tuple(range(len(shape))))
    if not isinstance(n, int) or not isinstance(m, int):
        raise UnsupportedError("resize with symbolic lengths", help="use reshape, tile or a slice")
    if n == 0:
        return red.spread(as_node(np.zeros((), x.dtype)), shape)
    times = -(-m // n)
    many = x if times <= 1 else red.tile(x, reps=(times,))
    return reshape(many if times * n == m else getitem(many, slice(m)), shape)


@numpy_function("diagflat", np.diagflat)
def diagflat(v: Any, k: int = 0) -> Node:
    """A matrix with all elements in order on a diagonal."""
    return shapes.diag(ravel(v), k=static_int(k, "the diagonal"))


@numpy_function("sliding_window_view", np.lib.stride_tricks.sliding_window_view, view="always")
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Node:
    """All windows of a shape, their axes last."""
    v = asarray(x)
    sizes = [static_int(n, "the window's length") for n in (window_shape if isinstance(window_shape, (tuple, list)) else (window_shape,))]
    axes = range(v.ndim) if axis is None else [normalize_axis(k, v.ndim) for k in (axis if isinstance(axis, (tuple, list)) else (axis,))]
    if len(sizes) != len(axes):
        raise ArgumentError(f"{len(sizes)} window lengths for {len(axes)} axes")
    shape = list(v.shape)
    for k, size in zip(axes, sizes, strict=True):
        n = shape[k]
        if size < 1 or (isinstance(n, int) and size > n):
            raise ValueDomainError(f"a window of length {size} does not fit an axis of length {n}")
        check_size(size)
        shape[k] = n - (size - 1)
    return windows_along(v, tuple(sizes), tuple(axes))


# ----------------------------------------------------------------------------------------------------------------- grids


@numpy_function("meshgrid", np.meshgrid, view="perhaps")
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Node, ...]:
    """Coordinates of a grid, from those along each axis."""
    if indexing not in ("xy", "ij"):
        raise ValueDomainError(f"indexing is {indexing!r}", help='it is "xy" or "ij"')
    n = len(xi)
    swap = {0: 1, 1: 0} if indexing == "xy" and n > 1 else {}
    grids = [_along_axis(ravel(x), swap.get(k, k), n) for k, x in enumerate(xi)]
    return tuple(grids) if sparse else broadcast_arrays(*grids)


def _along_axis(x: Node, k: int, n: int) -> Node:
    others = tuple(j for j in range(n) if j != k)
    return shapes.expand_dims(x, axis=others) if others else x


@numpy_function("ix_", np.ix_, derivative=False)
def ix_(*args: Any) -> tuple[Node, ...]:
    """Index arrays that select a rectangle of rows and columns."""
    return tuple(_along_axis(asarray(x), k, len(args)) for k, x in enumerate(args))


@numpy_function("broadcast_arrays", np.broadcast_arrays, view="always")
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Node, ...]:
    """Arrays repeated to fill their common shape."""
    nodes = [asarray(x) for x in args]
    shape = broadcast_shapes("broadcast_arrays", [x.aval for x in nodes])
    return tuple(red.spread(x, shape) for x in nodes)


@numpy_function("logspace", np.logspace, creates="new")
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Node:
    """Powers of a base with evenly spaced exponents."""
    return laid_along(ew.power(base, linspace(start, stop, num, endpoint)), dtype, axis)


@numpy_function("geomspace", np.geomspace, creates="new")
def geomspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Node:
    """Numbers in geometric progression; both ends must have the same sign."""
    first, last = as_node(start), as_node(stop)
    part = linspace(0.0, 1.0, num, endpoint)
    each = max(first.ndim, last.ndim)  # the ends may be arrays: a progression for each element
    part = shapes.expand_dims(part, axis=tuple(range(1, each + 1))) if each else part
    return laid_along(ew.multiply(first, ew.power(ew.divide(last, first), part)), dtype, axis)


# ------------------------------------------------------------------------------------------------------ functions of parts


@numpy_function("apply_along_axis", np.apply_along_axis, reorders=True)
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Node:
    """A function of vectors, called on each vector along an axis."""
    x = asarray(arr)
    k = normalize_axis(axis, x.ndim)
    others = [n for j, n in enumerate(x.shape) if j != k]
    known = [n for n in others if isinstance(n, int)]
    if len(known) < len(others):
        raise UnsupportedError("apply_along_axis needs known lengths of the other axes", help="use the function's own axis=")
    if np.prod(known, initial=1) > MOST_CALLS:
        raise LimitError(f"apply_along_axis would call the function {np.prod(known)} times, the limit is {MOST_CALLS}")
    results = []
    for place in product(*map(range, known)):
        index = (*place[:k], slice(None), *place[k:])
        results.append(call_on_nodes(lambda v: func1d(v, *args, **kwargs), getitem(x, index)))
    joined: Node = shapes.stack(*results, axis=0) if known else results[0]
    inner = joined.shape[1:] if known else joined.shape
    shaped = reshape(joined, (*known, *inner))
    return shaped if not inner else moveaxis(shaped, tuple(range(len(known), shaped.ndim)), tuple(range(k, k + len(inner))))


@numpy_function("apply_over_axes", np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Node:
    """A reduction applied along several axes in turn, which are kept as length 1."""
    x = asarray(a)
    for k in normalize_axes(axes, x.ndim):
        y = call_on_nodes(func, x, k)
        x = y if y.ndim == x.ndim else shapes.expand_dims(y, axis=(k,))
    return x
