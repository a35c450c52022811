"""Reductions, scans and norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError, ValueDomainError
from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.shapes import ravel
from symdiff.ops.axes import normalize_axes, normalize_axis
from symdiff.ops.table import numpy_function


def _reduce(op: Any, a: Any, axis: Any, keepdims: bool, **params: Any) -> Node:
    x = asarray(a)
    return op(x, axis=normalize_axes(axis, x.ndim), keepdims=bool(keepdims), **params)  # type: ignore[no-any-return]


@numpy_function("sum", np.sum)
def sum_(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Sum of elements along axes."""
    return _reduce(red.sum_, a, axis, keepdims)


@numpy_function("mean", np.mean, "average")
def mean(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Mean of elements along axes."""
    return _reduce(red.mean, a, axis, keepdims)


@numpy_function("var", np.var)
def var(a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Node:
    """Variance along axes."""
    return _reduce(red.var, a, axis, keepdims, ddof=ddof)


@numpy_function("std", np.std)
def std(a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Node:
    """Standard deviation along axes."""
    return _reduce(red.std, a, axis, keepdims, ddof=ddof)


@numpy_function("prod", np.prod)
def prod(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Product of elements along axes."""
    return _reduce(red.prod, a, axis, keepdims)


@numpy_function("max", np.max, "amax")
def amax(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Largest element along axes; ties share the derivative equally."""
    return _reduce(red.amax, a, axis, keepdims)


@numpy_function("min", np.min, "amin")
def amin(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Smallest element along axes; ties share the derivative equally."""
    return _reduce(red.amin, a, axis, keepdims)


@numpy_function("ptp", np.ptp)
def ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Largest minus smallest element along axes."""
    return amax(a, axis, keepdims) - amin(a, axis, keepdims)


@numpy_function("all", np.all)
def all_(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Whether all elements along axes are true."""
    return _reduce(red.all_, a, axis, keepdims)


@numpy_function("any", np.any)
def any_(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Whether any element along axes is true."""
    return _reduce(red.any_, a, axis, keepdims)


@numpy_function("count_nonzero", np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Number of elements that are not zero."""
    return _reduce(red.count_nonzero, a, axis, keepdims)


@numpy_function("argmax", np.argmax)
def argmax(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Position of the largest element."""
    return _reduce(red.argmax, a, axis, keepdims)


@numpy_function("argmin", np.argmin)
def argmin(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Position of the smallest element."""
    return _reduce(red.argmin, a, axis, keepdims)


@numpy_function("logsumexp", "scipy.special.logsumexp")
def logsumexp(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """log(sum(exp(a))) along axes, without overflow."""
    return _reduce(red.logsumexp, a, axis, keepdims)


@numpy_function("softmax", "scipy.special.softmax")
def softmax(x: Any, axis: Any = None) -> Node:
    """exp(x) / sum(exp(x)) along axes (all of them by default, as SciPy does), without overflow."""
    x = asarray(x)
    return red.softmax(x, axis=normalize_axes(axis, x.ndim))


@numpy_function("log_softmax", "scipy.special.log_softmax")
def log_softmax(x: Any, axis: Any = None) -> Node:
    """log(softmax(x)) along axes (all of them by default, as SciPy does), without overflow."""
    x = asarray(x)
    return red.log_softmax(x, axis=normalize_axes(axis, x.ndim))


def _scan(op: Any, a: Any, axis: Any) -> Node:
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), 0
    return op(x, axis=normalize_axis(axis, x.ndim))  # type: ignore[no-any-return]


@numpy_function("cumsum", np.cumsum)
def cumsum(a: Any, axis: Any = None) -> Node:
    """Running sum along an axis, or over all elements in order."""
    return _scan(red.cumsum, a, axis)


@numpy_function("cumprod", np.cumprod)
def cumprod(a: Any, axis: Any = None) -> Node:
    """Running product along an axis, or over all elements in order."""
    return _scan(red.cumprod, a, axis)





@numpy_function("norm", np.linalg.norm, "linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Node:
    """Norm of a vector (2, 1, inf, -inf, p) or a matrix ('fro', 1, inf); derivative 0 at 0."""
    x = asarray(x)
    if isinstance(ord, Node):
        ord = ord.literal.scalar if ord.literal is not None else ord
    axes = normalize_axes(axis, x.ndim)
    if ord is None:
        return red.norm2(x, axis=axes, keepdims=keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    if len(axes) != 1 or not isinstance(ord, (int, float)):
        raise ValueDomainError(f"no norm of order {ord!r} over {len(axes)} axes", help="orders are 1, 2, inf, p; 'fro' for a matrix")
    if ord == 2:
        return red.norm2(x, axis=axes, keepdims=keepdims)
    size = ew.absolute(x)
    if ord == 1:
        return red.sum_(size, axis=axes, keepdims=keepdims)
    if np.isinf(ord):
        return (red.amax if ord > 0 else red.amin)(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return red.sum_(shapes.astype(ew.not_equal(x, 0), dtype="float64"), axis=axes, keepdims=keepdims)
    return red.sum_(size ** float(ord), axis=axes, keepdims=keepdims) ** (1 / ord)


def _matrix_norm(x: Node, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Node:
    if ord == "fro":
        return red.norm2(x, axis=axes, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        inner, outer = axes if abs(ord) == 1 else axes[::-1]
        sums = red.sum_(ew.absolute(x), axis=(inner,), keepdims=True)
        result = (red.amax if ord > 0 else red.amin)(sums, axis=(outer,), keepdims=True)
        return result if keepdims else shapes.squeeze(result, axis=axes)
    raise UnsupportedError(f"the matrix norm of order {ord!r} needs singular values", help="orders are 'fro', 1, -1, inf, -inf")
