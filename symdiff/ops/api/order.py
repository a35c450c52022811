"""Sorting, order statistics, and what looks positions up."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError, ValueDomainError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, as_node, constant
from symdiff.ops import elementwise as ew, gathering, reductions as red, shapes, sorting
from symdiff.ops.api.convert import asarray, astype, refuse_out, static_int
from symdiff.ops.api.creation import check_size
from symdiff.ops.api.selection import getitem
from symdiff.ops.api.shapes import permuted, ravel, reshape
from symdiff.ops.axes import normalize_axes, normalize_axis
from symdiff.ops.index import normalize_index
from symdiff.ops.inference import broadcast_shapes
from symdiff.ops.table import numpy_function


def along(a: Any, axis: Any) -> tuple[Node, int]:
    """The array, flat if `axis` is None, and the axis counted from the front."""
    x = asarray(a)
    if axis is None:
        return ravel(x), 0
    return x, normalize_axis(axis, x.ndim)


def _no_fields(order: Any) -> None:
    if order is not None:
        raise UnsupportedError("order= names fields, and symbolic arrays have none")


@numpy_function("sort", np.sort)
def sort(a: Any, axis: Any = -1, kind: str | None = None, order: None = None, *, stable: bool | None = None) -> Node:
    """Elements along an axis in ascending order; equal ones keep their order."""
    _no_fields(order)
    x, k = along(a, axis)
    return sorting.sort(x, axis=k)


@numpy_function("argsort", np.argsort, method=True, derivative=False)
def argsort(a: Any, axis: Any = -1, kind: str | None = None, order: None = None, *, stable: bool | None = None) -> Node:
    """Positions of the elements in ascending order."""
    _no_fields(order)
    if kind not in (None, "quicksort", "heapsort", "stable", "mergesort"):
        raise ValueDomainError(f"there is no kind {kind!r} of sorting", help='kinds are "stable" and None')
    x, k = along(a, axis)
    return gathering.argsort(x, axis=k, kind="stable" if stable or kind in ("stable", "mergesort") else None)


@numpy_function("argpartition", np.argpartition, method=True, derivative=False)
def argpartition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: None = None) -> Node:
    """Positions of the elements in an order that has element kth where sorting puts it: the ascending order."""
    x, k = along(a, axis)
    _check_kth(kth, x.shape[k])
    return argsort(x, k, order=order)


@numpy_function("partition", np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: None = None) -> Node:
    """Elements in an order that has element kth where sorting puts it: the ascending order."""
    x, k = along(a, axis)
    _check_kth(kth, x.shape[k])
    return sort(x, k, order=order)


def _check_kth(kth: Any, n: Dim) -> None:
    for k in kth if isinstance(kth, (tuple, list)) else (kth,):
        place = static_int(k, "kth")
        if isinstance(n, int) and not -n <= place < n:
            raise ValueDomainError(f"kth is {place}, and there are {n} elements")


@numpy_function("lexsort", np.lexsort, derivative=False)
def lexsort(keys: Any, axis: int = -1) -> Node:
    """Positions in the ascending order of the last key; of equal ones, in that of the key before."""
    rows = [asarray(key) for key in keys] if isinstance(keys, (tuple, list)) else _rows(asarray(keys))
    k = normalize_axis(axis, rows[0].ndim)
    order = gathering.argsort(rows[0], axis=k, kind="stable")
    for row in rows[1:]:
        later = gathering.argsort(gathering.take_along_axis(row, order, k), axis=k, kind="stable")
        order = gathering.take_along_axis(order, later, k)
    return order


def _rows(x: Node) -> list[Node]:
    n = static_int(x.shape[0], "the number of keys")
    check_size(n)
    return [getitem(x, i) for i in range(n)]


# ------------------------------------------------------------------------------------------------------------- quantiles


def _middle(op: Any, a: Any, axis: Any, out: None, keepdims: bool) -> Node:
    refuse_out(out)
    x = asarray(a)
    return op(x, axis=normalize_axes(axis, x.ndim), keepdims=bool(keepdims))  # type: ignore[no-any-return]


@numpy_function("median", np.median)
def median(a: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Node:
    """Median along axes; ties share the derivative equally."""
    return _middle(sorting.median, a, axis, out, keepdims)


@numpy_function("nanmedian", np.nanmedian)
def nanmedian(a: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Node:
    """Median along axes, ignoring nan; ties share the derivative equally."""
    return _middle(sorting.nanmedian, a, axis, out, keepdims)


def _quantile(op: Any, a: Any, q: Any, axis: Any, method: str, keepdims: bool, ignore_nan: bool) -> Node:
    if method not in sorting.METHODS:
        raise UnsupportedError(
            f"the quantile method {method!r}", help='methods are "linear", "lower", "higher", "midpoint", "nearest", "hazen" and their like'
        )
    x, p = asarray(a), as_node(q)
    if p.literal is not None and not np.all((p.literal.value >= 0) & (p.literal.value <= 1)):
        raise ValueDomainError("quantiles lie between 0 and 1, percentiles between 0 and 100")
    if p.literal is not None and (p.aval.kind != "f" or x.dtype == np.float64):
        p = constant(p.literal.value.astype(np.float64), weak=p.aval.weak and x.dtype != np.float64)
    axes = normalize_axes(axis, x.ndim)
    rest = tuple(k for k in range(x.ndim) if k not in axes)
    if len(axes) == 1:
        flat, at = x, axes[0]
    else:
        flat = reshape(permuted(x, (*rest, *axes)), (*[x.shape[k] for k in rest], -1))
        at = len(rest)
    y: Node = op(flat, p, axis=at, method=method, ignore_nan=ignore_nan)
    return shapes.expand_dims(y, axis=tuple(p.ndim + k for k in axes)) if keepdims and axes else y


def _plain(out: None, weights: Any) -> None:
    refuse_out(out)
    if weights is not None:
        raise UnsupportedError("quantiles with weights", help="repeat the elements, or leave weights= out")


@numpy_function("quantile", np.quantile)
def quantile(
    a: Any, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False,
    *, weights: None = None,
) -> Node:
    """Quantiles along axes; equal elements keep their order."""
    _plain(out, weights)
    return _quantile(sorting.quantile, a, q, axis, method, keepdims, ignore_nan=False)


@numpy_function("percentile", np.percentile)
def percentile(
    a: Any, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False,
    *, weights: None = None,
) -> Node:
    """Percentiles along axes; equal elements keep their order."""
    return quantile(a, _hundredths(q), axis, out, overwrite_input, method, keepdims, weights=weights)


@numpy_function("nanquantile", np.nanquantile)
def nanquantile(
    a: Any, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False,
    *, weights: None = None,
) -> Node:
    """Quantiles along axes, ignoring nan."""
    _plain(out, weights)
    return _quantile(sorting.nanquantile, a, q, axis, method, keepdims, ignore_nan=True)


@numpy_function("nanpercentile", np.nanpercentile)
def nanpercentile(
    a: Any, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False,
    *, weights: None = None,
) -> Node:
    """Percentiles along axes, ignoring nan."""
    return nanquantile(a, _hundredths(q), axis, out, overwrite_input, method, keepdims, weights=weights)


def _hundredths(q: Any) -> Node:
    p = as_node(q)
    return constant(p.literal.value / 100, weak=p.aval.weak) if p.literal is not None else p / 100


# ------------------------------------------------------------------------------------------------------------- positions


@numpy_function("searchsorted", np.searchsorted, method=True, derivative=False)
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Node:
    """Positions at which elements belong in a sorted vector."""
    if side not in ("left", "right"):
        raise ValueDomainError(f"the side is {side!r}", help='it is "left" or "right"')
    x = asarray(a)
    if sorter is not None:
        x = gathering.pick(x, asarray(sorter), 0)
    return sorting.searchsorted(x, asarray(v), side=side)


@numpy_function("digitize", np.digitize, derivative=False)
def digitize(x: Any, bins: Any, right: bool = False) -> Node:
    """In which bin elements lie."""
    return sorting.digitize(asarray(x), asarray(bins), right=bool(right))


@numpy_function("bincount", np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Node:
    """Sums of the weights that have the same number; without weights, how often each number comes."""
    numbers = asarray(x)
    if numbers.literal is None:
        raise UnsupportedError(
            "how many sums np.bincount gives depends on values", help="write np.add.at(np.zeros(m), x, weights)"
        )
    values = numbers.literal.value
    if values.ndim != 1 or (values.size and (values.dtype.kind not in "biu" or values.min() < 0)):
        raise ValueDomainError("np.bincount takes a vector of integers, none of them negative")
    n = max(int(values.max(initial=-1)) + 1, static_int(minlength, "the least number of sums"))
    check_size(n)
    values = values.astype(np.intp)
    if weights is None:
        return constant(np.bincount(values, minlength=n), weak=False)
    part = asarray(weights)
    if part.shape != values.shape:
        raise ShapeError(f"np.bincount takes as many weights as numbers, not {part.shape} for {values.shape}")
    index = normalize_index((values,), (n,))[0]
    return shapes.scatter(astype(part, np.float64), shape=(n,), index=index)


@numpy_function("histogram", np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> tuple[Node, Node]:
    """How many elements lie in each bin, or the sum of their weights; and the edges, which must be known beforehand."""
    x, given = ravel(asarray(a)), asarray(bins).literal
    if given is None or not (given.value.ndim or range is not None or x.literal is not None):
        raise UnsupportedError("the bins of np.histogram depend on values", help="give their edges, or how many and range=")
    data = np.zeros(0) if x.literal is None else x.literal.value
    edges = np.histogram_bin_edges(data, given.value if given.value.ndim else int(given.value), range)
    check_size(len(edges))
    behind = np.append(edges[1:-1], np.nextafter(edges[-1], np.inf))  # the last bin has its end
    column = shapes.expand_dims(x, axis=(1,))
    there = ew.logical_and(ew.greater_equal(column, edges[:-1]), ew.less(column, behind))
    part = there if weights is None else ew.where(there, shapes.expand_dims(ravel(asarray(weights)), axis=(1,)), 0)
    counts = red.sum_(part, axis=(0,), keepdims=False)
    if density:
        counts = counts / np.diff(edges) / red.sum_(counts, axis=(0,), keepdims=False)
    return counts, constant(edges, weak=False)


@numpy_function("take_along_axis", np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Node:
    """Elements at one position per row or column along an axis."""
    x, i = asarray(arr), asarray(indices)
    if axis is None:
        x, axis = ravel(x), 0
    k = normalize_axis(axis, x.ndim)
    if x.ndim != i.ndim:
        raise ArgumentError(f"take_along_axis({x.aval!r}, {i.aval!r}): both must have as many axes")
    common = broadcast_shapes("take_along_axis", [_one_at(v, k) for v in (x, i)])
    lengths = [tuple(n if j == k else m for j, (n, m) in enumerate(zip(v.shape, common, strict=True))) for v in (x, i)]
    return gathering.take_along_axis(red.spread(x, lengths[0]), red.spread(i, lengths[1]), k)


def _one_at(x: Node, axis: int) -> Any:
    return Aval(x.dtype, tuple(1 if k == axis else n for k, n in enumerate(x.shape)))


@numpy_function("nanargmax", np.nanargmax, derivative=False)
def nanargmax(a: Any, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Node:
    """Position of the largest element, ignoring nan."""
    return _middle(sorting.nanargmax, a, axis, out, keepdims)


@numpy_function("nanargmin", np.nanargmin, derivative=False)
def nanargmin(a: Any, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Node:
    """Position of the smallest element, ignoring nan."""
    return _middle(sorting.nanargmin, a, axis, out, keepdims)


def _beside(op: Any, combine: Any, a: Any, axis: Any, out: None, keepdims: bool, initial: Any, where: Any, neutral: float) -> Node:
    x = asarray(a)
    x = x if where is True else ew.where(as_node(where), x, neutral)
    y = _middle(op, x, axis, out, keepdims)
    return y if initial is None else combine(y, initial)


@numpy_function("nanmax", np.nanmax)
def nanmax(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Node:
    """Largest element along axes, ignoring nan; ties share the derivative equally."""
    return _beside(sorting.nanmax, ew.fmax, a, axis, out, keepdims, initial, where, -np.inf)


@numpy_function("nanmin", np.nanmin)
def nanmin(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Node:
    """Smallest element along axes, ignoring nan; ties share the derivative equally."""
    return _beside(sorting.nanmin, ew.fmin, a, axis, out, keepdims, initial, where, np.inf)
