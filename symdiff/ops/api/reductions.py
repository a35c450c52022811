"""Reductions, scans and norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.graph.node import Node
from symdiff.ops import reductions as red
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
