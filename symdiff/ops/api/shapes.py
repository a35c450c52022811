"""Shapes and axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError, ValueDomainError
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, check_kind
from symdiff.ops import reductions as red, shapes
from symdiff.ops.api.convert import asarray, dims
from symdiff.ops.axes import count, normalize_axes, normalize_axis
from symdiff.ops.table import numpy_function


@numpy_function("reshape", np.reshape, view="perhaps", ordered=True, method=True)
def reshape(a: Any, *shape: Any, order: str = "C", copy: bool | None = None) -> Node:
    """The same elements in another shape; one length may be -1."""
    x = asarray(a)
    wanted = shape[0] if len(shape) == 1 else shape
    if order == "F":
        return transpose(reshape(transpose(x), tuple(reversed(dims(wanted)))))
    resolved = shapes.resolve_reshape(x, dims(wanted))
    return x if resolved == x.shape else shapes.reshape(x, shape=resolved)


@numpy_function("flatten", method=True, ordered=True)
def flatten(a: Any, order: str = "C") -> Node:
    """All elements in one axis, as an array of its own."""
    return ravel(a, order)


@numpy_function("ravel", np.ravel, view="perhaps", ordered=True, method=True)
def ravel(a: Any, order: str = "C") -> Node:
    """All elements in one axis."""
    if order == "F":
        a = transpose(a)
    return reshape(a, (-1,)) if asarray(a).ndim != 1 else asarray(a)


def permuted(x: Node, axes: tuple[int, ...]) -> Node:
    """`x` with its axes in the given order; `x` itself if that changes nothing."""
    return x if axes == tuple(range(x.ndim)) else shapes.permute(x, axes=axes)


@numpy_function("transpose", np.transpose, "permute_dims", view="always", method=True)
def transpose(a: Any, *axes: Any) -> Node:
    """Axes in another order; reversed by default."""
    x = asarray(a)
    order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    if order in (None, ()):
        return permuted(x, tuple(reversed(range(x.ndim))))
    if len(order) != x.ndim:
        raise ValueDomainError(f"axes {tuple(order)} are not an order of the {x.ndim} axes of {x.aval!r}")
    return permuted(x, tuple(normalize_axis(k, x.ndim) for k in order))


@numpy_function("matrix_transpose", getattr(np, "matrix_transpose", None), view="always")
def matrix_transpose(x: Any) -> Node:
    """The last two axes exchanged."""
    return swapaxes(x, -1, -2)


@numpy_function("swapaxes", np.swapaxes, view="always", method=True)
def swapaxes(a: Any, axis1: int, axis2: int) -> Node:
    """Two axes exchanged."""
    x = asarray(a)
    p, q = normalize_axis(axis1, x.ndim), normalize_axis(axis2, x.ndim)
    order = list(range(x.ndim))
    order[p], order[q] = q, p
    return permuted(x, tuple(order))


@numpy_function("moveaxis", np.moveaxis, view="always")
def moveaxis(a: Any, source: Any, destination: Any) -> Node:
    """Axes moved to other positions."""
    x = asarray(a)
    source, destination = ([normalize_axis(k, x.ndim) for k in (v if isinstance(v, (tuple, list)) else (v,))] for v in (source, destination))
    order = [k for k in range(x.ndim) if k not in source]
    for to, which in sorted(zip(destination, source, strict=True)):
        order.insert(to, which)
    return permuted(x, tuple(order))


@numpy_function("expand_dims", np.expand_dims, view="always")
def expand_dims(a: Any, axis: Any) -> Node:
    """New axes of length 1."""
    x = asarray(a)
    n = len(axis) if isinstance(axis, (tuple, list)) else 1
    return shapes.expand_dims(x, axis=normalize_axes(axis, x.ndim + n))


@numpy_function("squeeze", np.squeeze, view="always", method=True)
def squeeze(a: Any, axis: Any = None) -> Node:
    """Without axes of length 1."""
    x = asarray(a)
    axes = tuple(k for k, n in enumerate(x.shape) if n == 1) if axis is None else normalize_axes(axis, x.ndim)
    return shapes.squeeze(x, axis=axes) if axes else x


@numpy_function("broadcast_to", np.broadcast_to, view="always")
def broadcast_to(array: Any, shape: Any) -> Node:
    """The argument repeated to fill a shape."""
    return red.spread(asarray(array), dims(shape))


@numpy_function("atleast_1d", np.atleast_1d, view="always")
def atleast_1d(*arys: Any) -> Any:
    """At least one axis."""
    return _each(lambda x: x if x.ndim else shapes.reshape(x, shape=(1,)), arys)


@numpy_function("atleast_2d", np.atleast_2d, view="always")
def atleast_2d(*arys: Any) -> Any:
    """At least two axes."""
    return _each(lambda x: x if x.ndim >= 2 else shapes.expand_dims(atleast_1d(x), axis=(0,)), arys)


@numpy_function("atleast_3d", np.atleast_3d, view="always")
def atleast_3d(*arys: Any) -> Any:
    """At least three axes."""
    return _each(lambda x: x if x.ndim >= 3 else shapes.expand_dims(atleast_2d(x), axis=(2,)), arys)


def _each(f: Callable[[Node], Node], arrays: tuple[Any, ...]) -> Any:
    results = tuple(f(asarray(x)) for x in arrays)
    return results[0] if len(results) == 1 else results


@numpy_function("view", method=True, view="always")
def view(a: Any, dtype: Any = None) -> Node:
    """The same array once more."""
    x = asarray(a)
    if isinstance(dtype, type) and issubclass(dtype, np.ndarray):
        check_kind(dtype, "a value")
        return x
    if dtype is not None and np.dtype(dtype) != x.dtype:
        raise UnsupportedError(f"a view of {x.aval!r} as {np.dtype(dtype)}", help="convert it: x.astype(dtype)")
    return x


@numpy_function("shape", np.shape, derivative=False)
def shape(a: Any) -> tuple[Dim, ...]:
    """The lengths of the axes."""
    return asarray(a).shape


@numpy_function("ndim", np.ndim, derivative=False)
def ndim(a: Any) -> int:
    """The number of axes."""
    return asarray(a).ndim


@numpy_function("size", np.size, derivative=False)
def size(a: Any, axis: Any = None) -> Dim:
    """The number of elements, or the length of an axis."""
    x = asarray(a)
    return count(x, normalize_axes(axis, x.ndim))


@numpy_function("copy", np.copy, creates="join", view="perhaps", method=True)
def copy(a: Any, order: str = "K", subok: bool = False) -> Node:
    """The array itself: symbolic values do not change."""
    return asarray(a)
