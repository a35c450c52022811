"""What NumPy's protocols bring to symbolic values beyond plain calls: shapes, ufunc methods, writing in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ShapeError, UnsupportedError
from symdiff.frontends.tracing.holder import Holder, is_symbolic, numbers_in, overlapping, unwrapped
from symdiff.graph.dims import size
from symdiff.graph.node import Node
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.creation import eye
from symdiff.ops.api.selection import plain_index
from symdiff.ops.api.shapes import reshape
from symdiff.ops.axes import normalize_axes
from symdiff.ops.gathering import scatter_add
from symdiff.ops.index import indexed_shape, normalize_index
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import scatter
from symdiff.ops.table import BY_NUMPY, Entry
from symdiff.ops.unsupported import why_not


def _size(a: Any, axis: Any = None) -> Any:
    shape = a.shape
    return size(shape) if axis is None else size(shape[k] for k in normalize_axes(axis, len(shape)))


def _diagonal(arr: Any) -> tuple[np.ndarray, ...]:
    if arr.ndim < 2 or len(set(arr.shape)) != 1:
        raise ShapeError(f"np.diag_indices_from takes a square array, not one of shape {arr.shape}")
    return np.diag_indices(arr.shape[0], arr.ndim)


def _triangle(find: Callable[..., Any]) -> Callable[..., Any]:
    def positions(arr: Any, k: int = 0) -> Any:
        if arr.ndim != 2:
            raise ShapeError(f"np.{find.__name__}_from takes a matrix, not an array of shape {arr.shape}")
        return find(arr.shape[0], k, arr.shape[1])

    return positions


def _is_complex(x: Any) -> Any:
    return x.imag != 0 if x.dtype.kind == "c" else np.zeros(x.shape, bool)[()]


# Answered from what is known of a value before it exists: plain Python values and numbers come back.
PLAIN: dict[Callable[..., Any], Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: len(a.shape),
    np.size: _size,
    np.iscomplexobj: lambda x: x.dtype.kind == "c",
    np.isrealobj: lambda x: x.dtype.kind != "c",
    np.iscomplex: _is_complex,
    np.isreal: lambda x: ~_is_complex(x),
    np.diag_indices_from: _diagonal,
    np.tril_indices_from: _triangle(np.tril_indices),
    np.triu_indices_from: _triangle(np.triu_indices),
    np.result_type: lambda *args: np.result_type(*[getattr(a, "dtype", a) for a in args]),
    np.array_repr: lambda arr, *args, **kwargs: repr(arr),
    np.array_str: lambda a, *args, **kwargs: repr(a),
}


def entry_for(function: Any) -> Entry:
    """The row of a NumPy function; raises UnsupportedError, which says why, if it has none."""
    entry = BY_NUMPY.get(function)
    if entry is None:
        name = getattr(function, "__name__", str(function))
        why, _, advice = why_not(function).partition("; ")
        shown = f"np.{name} is not supported on symbolic values{': ' + why if why else ''}"
        raise UnsupportedError(shown, help=advice or None, code="SD601")
    return entry


# -------------------------------------------------------------------------------------------------------- in place


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if where is True:
        dst[...] = src
    else:
        _put_under(dst, where, src)


def _put_under(a: Any, mask: Any, values: Any) -> None:
    if a.repeats:
        raise overlapping()
    a[...] = np.where(mask, values, a)


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    if wrap and a.ndim == 2:
        _put(a, np.arange(0, a.size, a.shape[1] + 1), val)
        return
    if a.ndim == 2 and np.ndim(val) == 0 and not a.repeats:
        a[...] = np.where(_eye(*a.shape), val, a)
        return
    places = np.arange(min(a.shape))
    _check_apart(a, val)
    if np.size(val) != 0:
        a[(places,) * a.ndim] = _repeated(val, len(places))


def in_order(flat: Any, index: Any, value: Any) -> tuple[Any, Any]:
    """Index and value of ``y.flat[index] = value``, which takes the values in order and begins again when they end.

    No values at all are written nowhere.
    """
    value = _one_array(flat, value)
    _check_apart(flat, value)
    if np.ndim(value) == 0 or is_symbolic(index):
        return index, value
    at = np.arange(flat.shape[0])[numbers_in(index)]
    if not np.ndim(at):
        return at, np.reshape(value, -1)[0]
    return (at, _repeated(value, np.size(at))) if np.size(value) != 0 else ([], 0.0)


def _one_array(target: Any, values: Any) -> Any:
    """Lists with symbolic values as the array that they are."""
    return type(target)(asarray(unwrapped(values))) if type(values) in (list, tuple) and is_symbolic(values) else values


def _check_apart(target: Any, values: Any) -> None:
    """Raises UnsupportedError for values that lie in the memory they are written into in order, one by one: NumPy reads
    some of them when others have been written."""
    in_same_memory = isinstance(values, Holder) and values._storage is target._storage
    if in_same_memory and values.ndim:
        raise UnsupportedError(
            "values that are written in order into the array that they are a view of: NumPy reads what it has written",
            help="copy them first: values.copy()",
        )


def _repeated(values: Any, n: int) -> Any:
    """The first `n` of the values, of which there is one at least, and which begin again when they are used up."""
    if np.ndim(values) == 0:
        return values
    flat = np.reshape(values, -1)
    return flat[np.arange(n) % flat.shape[0]]


def _eye(n: Any, m: Any) -> Any:
    return eye(n, dtype=bool) if n == m else np.eye(n, m, dtype=bool)


def _putmask(a: Any, mask: Any, values: Any) -> None:
    if np.size(values) == 0:
        return
    several = np.ndim(values) > 0 and np.shape(values) != a.shape
    _put_under(a, np.reshape(mask, a.shape), np.resize(values, a.shape) if several else values)


def _place(arr: Any, mask: Any, vals: Any) -> None:
    if not is_symbolic(mask):
        places = np.flatnonzero(numbers_in(mask))
        if len(places) and np.size(vals) == 0:
            raise ShapeError("np.place has no value to place", help="give one value at least")
        _put(arr, places, vals)
    elif np.size(vals) == 1:
        _put_under(arr, np.reshape(mask, arr.shape), np.reshape(vals, ()))
    else:
        which = (np.cumsum(np.reshape(mask, arr.shape)) - 1) % np.size(vals)
        values = type(arr)(reshape(asarray(unwrapped(vals)), (-1,)))
        _put_under(arr, np.reshape(mask, arr.shape), np.reshape(values[which], arr.shape))


def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    v = _one_array(a, v)
    if mode != "raise":
        ind = np.take(np.arange(a.size), ind, mode=mode)  # type: ignore[call-overload]
    if np.size(ind) != 0 and np.size(v) != 0:
        given: Any = v if isinstance(v, Holder) else np.array(v)
        a.flat[np.reshape(ind, -1)] = given.copy()


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    k, n = normalize_axes(axis, arr.ndim)[0], arr.ndim
    steps = [np.arange(m).reshape(-1, *(1,) * (n - 1 - i)) for i, m in enumerate(arr.shape)]
    arr[tuple(indices if i == k else step for i, step in enumerate(steps))] = values


IN_PLACE: dict[Callable[..., Any], Callable[..., None]] = {
    np.copyto: _copyto, np.fill_diagonal: _fill_diagonal, np.putmask: _putmask, np.place: _place, np.put: _put,
    np.put_along_axis: _put_along_axis,
}  # fmt: skip


def at(ufunc: np.ufunc, target: Any, index: Any, *value: Any) -> None:
    """``np.add.at(y, i, v)``: every occurrence of an index counts."""
    if target.repeats:
        raise overlapping()
    if ufunc in (np.add, np.subtract):
        [given] = value
        target[...] = target + _scattered(target, index, given if ufunc is np.add else -given)
    else:
        _one_after_the_other(ufunc, target, index, value)


def _one_after_the_other(ufunc: np.ufunc, target: Any, index: Any, value: tuple[Any, ...]) -> None:
    """What adds nothing up takes as many rounds as its most frequent place has occurrences."""
    if is_symbolic(index) or not all(isinstance(n, int) for n in target.shape):
        raise UnsupportedError(
            f"np.{ufunc.__name__}.at: which places come more than once is not known", help="write a loop over them"
        )
    plain = tuple(map(numbers_in, index)) if isinstance(index, tuple) else numbers_in(index)
    chosen = np.arange(target.size).reshape(target.shape)[plain]
    spread_out = [np.reshape(np.broadcast_to(np.copy(v), chosen.shape), -1) for v in value]
    places = chosen.reshape(-1)
    order = np.argsort(places, kind="stable")
    earlier = np.empty_like(order)
    earlier[order] = np.arange(len(places)) - np.searchsorted(places[order], places[order])
    for k in range(np.max(earlier, initial=-1) + 1):
        now = np.flatnonzero(earlier == k)
        target.flat[places[now]] = ufunc(target.flat[places[now]], *[v[now] for v in spread_out])


def _scattered(target: Any, index: Any, value: Any) -> Node:
    """Zeros in the shape of `target`, with `value` added at `index`."""
    x, holes = asarray(target), list[Node]()
    frozen, _ = normalize_index(plain_index(unwrapped(index), holes), x.shape)
    part = spread(asarray(value), indexed_shape(x.shape, frozen, tuple(hole.shape for hole in holes)))
    return (
        scatter_add(part, *holes, shape=x.shape, index=frozen) if holes else scatter(part, shape=x.shape, index=frozen)
    )
