"""What NumPy's protocols bring to symbolic values beyond plain calls: shapes, ufunc methods, writing in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.graph.dims import size
from symdiff.graph.node import Node
from symdiff.ops.api import asarray, getitem, plain_index
from symdiff.ops.api.creation import eye
from symdiff.ops.axes import normalize_axes, normalize_axis
from symdiff.ops.index import indexed_shape, normalize_index
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import expand_dims, scatter, stack
from symdiff.ops.table import BY_NUMPY, FUNCTIONS


def _size(x: Any, axis: Any = None) -> Any:
    shape = x.shape
    return size(shape) if axis is None else size(shape[k] for k in normalize_axes(axis, len(shape)))


# Answered from what is known of a value before it exists: plain Python values come back.
PLAIN: dict[Callable[..., Any], Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: len(a.shape),
    np.size: _size,
    np.iscomplexobj: lambda x: x.dtype.kind == "c",
    np.isrealobj: lambda x: x.dtype.kind != "c",
    np.result_type: lambda *args: np.result_type(*[getattr(a, "dtype", a) for a in args]),
    np.array_repr: lambda arr, *args, **kwargs: repr(arr),
    np.array_str: lambda a, *args, **kwargs: repr(a),
}


# -------------------------------------------------------------------------------------------------------- in place


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    dst[...] = src if where is True else np.where(where, src, dst)


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    n, m = a.shape
    a[...] = np.where(_eye(n, m), val, a)


def _eye(n: Any, m: Any) -> Any:
    return eye(n, dtype=bool) if n == m else np.eye(n, m, dtype=bool)


IN_PLACE: dict[Callable[..., Any], Callable[..., None]] = {np.copyto: _copyto, np.fill_diagonal: _fill_diagonal}


# --------------------------------------------------------------------------------------------------- ufunc methods

REDUCTIONS: dict[np.ufunc, str] = {
    np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min", np.logical_and: "all",
    np.logical_or: "any", np.logaddexp: "logsumexp", np.hypot: "norm",
}  # fmt: skip
SCANS: dict[np.ufunc, str] = {np.add: "cumsum", np.multiply: "cumprod"}


def ufunc_method(ufunc: np.ufunc, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Node:
    """``ufunc.reduce(x)``, ``.accumulate``, ``.outer``; UnsupportedError for the others."""
    known: dict[str, Callable[..., Node]] = {"reduce": _reduce, "accumulate": _accumulate, "outer": _outer}
    if method not in known or ufunc.nin != 2 or ufunc not in BY_NUMPY:
        raise UnsupportedError(f"np.{ufunc.__name__}.{method} is not supported on symbolic values")
    return known[method](ufunc, *args, **kwargs)


def _reduce(ufunc: np.ufunc, a: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Node:
    x = asarray(a) if dtype is None else FUNCTIONS["astype"].call(a, dtype)
    axes = normalize_axes(axis, x.ndim)
    name = REDUCTIONS.get(ufunc)
    if name is not None:
        found: Node = FUNCTIONS[name].call(
            x, axis=axes if axes != tuple(range(x.ndim)) else None, keepdims=bool(keepdims)
        )
        return found
    if len(axes) != 1:
        raise UnsupportedError(
            f"np.{ufunc.__name__}.reduce over {len(axes)} axes", help="reduce one axis after the other"
        )
    total = _folded(ufunc, x, axes[0])[-1]
    return expand_dims(total, axis=axes) if keepdims else total


def _accumulate(ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Node:
    x = asarray(array) if dtype is None else FUNCTIONS["astype"].call(array, dtype)
    k = normalize_axis(axis, x.ndim)
    if ufunc in SCANS:
        scanned: Node = FUNCTIONS[SCANS[ufunc]].call(x, axis=k)
        return scanned
    return stack(*_folded(ufunc, x, k), axis=k)


def _folded(ufunc: np.ufunc, x: Node, axis: int) -> list[Node]:
    """The partial results along an axis, one after the other."""
    n = x.shape[axis]
    if not isinstance(n, int) or n == 0:
        raise UnsupportedError(
            f"np.{ufunc.__name__} along an axis of length {n}", help="the length must be known, and not 0"
        )
    parts = [getitem(x, (*[slice(None)] * axis, k)) for k in range(n)]
    results = parts[:1]
    for part in parts[1:]:
        results.append(BY_NUMPY[ufunc].call(results[-1], part))
    return results


def _outer(ufunc: np.ufunc, a: Any, b: Any) -> Node:
    x, y = asarray(a), asarray(b)
    if x.ndim == y.ndim == 1 and ufunc is np.multiply:
        product: Node = FUNCTIONS["outer"].call(x, y)
        return product
    left = expand_dims(x, axis=tuple(range(x.ndim, x.ndim + y.ndim))) if y.ndim else x
    result: Node = BY_NUMPY[ufunc].call(left, y)
    return result


def at(ufunc: np.ufunc, target: Any, index: Any, value: Any) -> None:
    """``np.add.at(y, i, v)``: every occurrence of an index counts."""
    if ufunc is np.subtract:
        ufunc, value = np.add, -value
    if ufunc is not np.add:
        raise UnsupportedError(f"np.{ufunc.__name__}.at is not supported on symbolic values")
    target[...] = target + _scattered(target, index, value)


def _scattered(target: Any, index: Any, value: Any) -> Node:
    """Zeros in the shape of `target`, with `value` added at `index`."""
    x = asarray(target)
    frozen, _ = normalize_index(plain_index(index), x.ndim)
    return scatter(spread(asarray(value), indexed_shape(x.shape, frozen)), shape=x.shape, index=frozen)
