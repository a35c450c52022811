"""The methods of NumPy's ufuncs: reduce, accumulate, reduceat and outer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, LimitError, OutOfBoundsError, UnsupportedError
from symdiff.graph.node import Node
from symdiff.ops import factors, reductions as red, scans, shapes, sorting
from symdiff.ops.api import norms, reductions
from symdiff.ops.api.calculus import at, cut
from symdiff.ops.api.convert import asarray, astype
from symdiff.ops.api.selection import getitem
from symdiff.ops.axes import normalize_axes, normalize_axis
from symdiff.ops.inference import loop_dtypes
from symdiff.ops.table import BY_NUMPY

MOST_STEPS = 1_000  # of an accumulation without a row of its own

_REDUCE: dict[Any, Callable[..., Node]] = {
    np.add: reductions.sum_, np.multiply: reductions.prod, np.maximum: reductions.amax, np.minimum: reductions.amin,
    np.logaddexp: lambda x, axis, keepdims: reductions.logsumexp(astype(x, loop_dtypes(np.logaddexp, (x.aval, x.aval))[-1]), axis, keepdims),
    np.logical_and: reductions.all_, np.logical_or: reductions.any_,
    np.hypot: lambda x, axis, keepdims: norms.norm(x, None, axis, keepdims=keepdims),
}  # fmt: skip
_ACCUMULATE: dict[Any, Any] = {
    np.add: red.cumsum, np.multiply: factors.cumprod, np.maximum: sorting.running_max, np.minimum: sorting.running_min,
    np.logaddexp: scans.logcumsumexp,
}  # fmt: skip


def call_method(ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Node:
    """``np.add.reduce(x)``, ``np.maximum.accumulate(x)``, ``np.multiply.outer(x, y)``."""
    if method == "outer":
        x, y = asarray(args[0]), asarray(args[1])
        x = shapes.expand_dims(x, axis=tuple(range(x.ndim, x.ndim + y.ndim))) if x.ndim and y.ndim else x
        return BY_NUMPY[ufunc].call(x, y)  # type: ignore[no-any-return]
    if method == "reduce":
        return _reduce(ufunc, *args, **kwargs)
    if method == "accumulate":
        return _accumulate(ufunc, *args, **kwargs)
    if method == "reduceat":
        return _reduceat(ufunc, *args, **kwargs)
    raise UnsupportedError(f"np.{ufunc.__name__}.{method} is not supported on symbolic values", help="reduce, accumulate, reduceat and outer are supported")


def _reduce(ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None, keepdims: Any = False, **kwargs: Any) -> Node:
    x = asarray(array) if dtype is None else astype(array, dtype)
    axes = normalize_axes(axis, x.ndim)
    if ufunc in _REDUCE:
        return _REDUCE[ufunc](x, axes, keepdims=bool(keepdims), **kwargs)
    if kwargs:
        raise ArgumentError(f"np.{ufunc.__name__}.reduce takes axis, dtype and keepdims here")
    for k in axes:
        *_, x = _steps(ufunc, x, k)
    return x if keepdims else shapes.squeeze(x, axis=axes)


def _reduceat(ufunc: np.ufunc, array: Any, indices: Any, axis: Any = 0, dtype: Any = None) -> Node:
    x = asarray(array)
    k, starts = normalize_axis(axis, x.ndim), asarray(indices).literal
    n = x.shape[k]
    if starts is None or not isinstance(n, int):
        raise UnsupportedError(f"where the pieces of np.{ufunc.__name__}.reduceat begin and end is not known beforehand", help="give positions that are known, and a known length")
    first = [int(i) for i in starts.value]
    if not all(0 <= i < n for i in first):
        raise OutOfBoundsError(f"np.{ufunc.__name__}.reduceat at {first} for an axis of length {n}")
    if not 0 < len(first) <= MOST_STEPS:
        raise LimitError(f"np.{ufunc.__name__}.reduceat at {len(first)} positions", help=f"it takes between 1 and {MOST_STEPS}")
    ends = [max(i + 1, stop) for i, stop in zip(first, [*first[1:], n], strict=True)]
    parts = [_reduce(ufunc, cut(x, k, i, end), k, dtype, True) for i, end in zip(first, ends, strict=True)]
    return shapes.concatenate(*parts, axis=k) if len(parts) > 1 else parts[0]


def _accumulate(ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None) -> Node:
    x = asarray(array) if dtype is None else astype(array, dtype)
    k = normalize_axis(axis, x.ndim)
    if ufunc in _ACCUMULATE:
        return _ACCUMULATE[ufunc](x, axis=k)  # type: ignore[no-any-return]
    steps = _steps(ufunc, x, k)
    return shapes.concatenate(*steps, axis=k) if len(steps) > 1 else steps[0]


def _steps(ufunc: np.ufunc, x: Node, k: int) -> list[Node]:
    """The results of the function applied to the first two elements, to that and the third, and so on."""
    n = x.shape[k]
    if not isinstance(n, int) or not 0 < n <= MOST_STEPS:
        raise LimitError(
            f"np.{ufunc.__name__} step by step along an axis of length {n}",
            help=f"the length must be a number between 1 and {MOST_STEPS}",
        )
    steps = [at(x, k, 0)]
    for i in range(1, n):
        steps.append(BY_NUMPY[ufunc].call(steps[-1], getitem(x, (*[slice(None)] * k, slice(i, i + 1)))))
    return steps
