"""Sums and means that skip nan, weighted means, covariances."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError
from symdiff.graph.node import Node, as_node
from symdiff.ops import contraction, elementwise as ew, reductions as red, shapes
from symdiff.ops.api import reductions
from symdiff.ops.api.convert import asarray, astype
from symdiff.ops.api.shapes import permuted
from symdiff.ops.axes import count, normalize_axes
from symdiff.ops.table import numpy_function


def _known(a: Any, where: Any) -> tuple[Node, Node]:
    """The array, and where it is not nan."""
    x = asarray(a)
    valid = ew.logical_not(ew.isnan(x))
    return x, valid if where is True else ew.logical_and(valid, as_node(where))


@numpy_function("nansum", np.nansum)
def nansum(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Node:
    """Sum of elements along axes, nan counted as 0."""
    x, valid = _known(a, where)
    return reductions.sum_(x, axis, dtype, out, keepdims, initial, valid)


@numpy_function("nanprod", np.nanprod)
def nanprod(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Node:
    """Product of elements along axes, nan counted as 1."""
    x, valid = _known(a, where)
    return reductions.prod(x, axis, dtype, out, keepdims, initial, valid)


@numpy_function("nanmean", np.nanmean)
def nanmean(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True) -> Node:
    """Mean of the elements along axes that are not nan."""
    x, valid = _known(a, where)
    return reductions.mean(x, axis, dtype, out, keepdims, valid)


@numpy_function("nanvar", np.nanvar)
def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: float | None = None,
) -> Node:
    """Variance of the elements along axes that are not nan."""
    x, valid = _known(a, where)
    return reductions.var(x, axis, dtype, out, ddof, keepdims, where=valid, mean=mean, correction=correction)


@numpy_function("nanstd", np.nanstd)
def nanstd(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: float | None = None,
) -> Node:
    """Standard deviation of the elements along axes that are not nan."""
    x, valid = _known(a, where)
    return reductions.std(x, axis, dtype, out, ddof, keepdims, where=valid, mean=mean, correction=correction)


@numpy_function("nancumsum", np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Node:
    """Running sum along an axis, nan counted as 0."""
    x, valid = _known(a, True)
    return reductions.cumsum(ew.where(valid, x, 0), axis, dtype, out)


@numpy_function("nancumprod", np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Node:
    """Running product along an axis, nan counted as 1."""
    x, valid = _known(a, True)
    return reductions.cumprod(ew.where(valid, x, 1), axis, dtype, out)


@numpy_function("average", np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """Mean of elements along axes, weighted if weights are given."""
    x = asarray(a)
    axes = normalize_axes(axis, x.ndim)
    if weights is None:
        result = red.mean(x, axis=axes, keepdims=bool(keepdims))
        total = red.spread(as_node(np.float64(1)) * as_node(count(x, axes)), result.shape)
    else:
        w = _spread_weights(asarray(weights), x, axes, axis)
        total = red.sum_(w, axis=axes, keepdims=bool(keepdims))
        result = red.sum_(x * w, axis=axes, keepdims=bool(keepdims)) / total
    return (result, total) if returned else result


def _spread_weights(w: Node, x: Node, axes: tuple[int, ...], axis: Any) -> Node:
    if w.shape == x.shape:
        return w
    if axis is None:
        raise ArgumentError(f"weights of shape {w.aval!r} for {x.aval!r} need an axis", help="for instance axis=0")
    if w.shape != tuple(x.shape[k] for k in axes):
        raise ShapeError(f"weights {w.aval!r} do not fit {x.aval!r} along axis {axis}")
    shape = tuple(n if k in axes else 1 for k, n in enumerate(x.shape))
    return red.spread(shapes.reshape(w, shape=shape), x.shape)


@numpy_function("cov", np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: float | None = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Node:
    """Covariance matrix of the rows, which are variables."""
    x = _variables(m, rowvar)
    if y is not None:
        x = shapes.concatenate(x, _variables(y, rowvar), axis=0)
    x = astype(x, np.result_type(x.dtype, np.float64) if dtype is None else dtype)
    ddof = (0 if bias else 1) if ddof is None else ddof
    if fweights is None and aweights is None:
        n: Node = as_node(x.shape[1]) - ddof
        off = x - red.mean(x, axis=(1,), keepdims=True)
        product = contraction.matmul(off, _adjoint(off)) / n
    else:
        w = asarray(aweights if fweights is None else fweights)
        w = w * asarray(aweights) if fweights is not None and aweights is not None else w
        total = red.sum_(w, axis=(0,), keepdims=False)
        off = x - shapes.expand_dims(red.sum_(x * w, axis=(1,), keepdims=False) / total, axis=(1,))
        squares = total if aweights is None else red.sum_(w * asarray(aweights), axis=(0,), keepdims=False) / total
        product = contraction.matmul(off * w, _adjoint(off)) / (total - ddof * (squares if aweights is not None else 1))
    kept = tuple(k for k, length in enumerate(product.shape) if length == 1)
    return shapes.squeeze(product, axis=kept) if kept else product


def _adjoint(x: Node) -> Node:
    return permuted(ew.conjugate(x) if x.aval.kind == "c" else x, (1, 0))


def _variables(m: Any, rowvar: bool) -> Node:
    x = asarray(m)
    if x.ndim > 2:
        raise ShapeError(f"cov of {x.aval!r}: takes one or two axes")
    if x.ndim < 2:
        return shapes.reshape(x, shape=(1, count(x, tuple(range(x.ndim)))))
    return x if rowvar else permuted(x, (1, 0))


@numpy_function("corrcoef", np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Node:
    """Correlation coefficients of the rows, which are variables."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    scale = ew.sqrt(ew.real(shapes.diagonal(c)))
    scaled: Node = c / shapes.expand_dims(scale, axis=(1,)) / scale
    return scaled
