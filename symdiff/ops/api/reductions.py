"""Reductions, scans and norms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError, ValueDomainError
from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew, factors, reductions as red, shapes
from symdiff.ops.api.convert import asarray, astype, refuse_out
from symdiff.ops.api.shapes import ravel
from symdiff.ops.axes import count, normalize_axes, normalize_axis
from symdiff.ops.table import numpy_function


def _reduce(op: Any, a: Any, axis: Any, keepdims: bool, **params: Any) -> Node:
    x = asarray(a)
    return op(x, axis=normalize_axes(axis, x.ndim), keepdims=bool(keepdims), **params)  # type: ignore[no-any-return]


def _prepared(a: Any, dtype: Any, out: None, where: Any, neutral: Any) -> Node:
    """The operand in the dtype asked for, with `neutral` where the mask does not hold."""
    refuse_out(out)
    x = asarray(a)
    x = x if dtype is None else astype(x, dtype)
    return x if where is True else ew.where(as_node(where), x, neutral)


def _needs_initial(where: Any, initial: Any) -> None:
    if where is not True and initial is None:
        raise ArgumentError("max and min with where= need a value for no elements", help="for instance initial=-np.inf")


def _begun(op: Any, result: Node, initial: Any) -> Node:
    return result if initial is None else op(result, initial)


@numpy_function("sum", np.sum, method=True)
def sum_(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Node:
    """Sum of elements along axes."""
    return _begun(ew.add, _reduce(red.sum_, _prepared(a, dtype, out, where, 0), axis, keepdims), initial)


@numpy_function("prod", np.prod, method=True)
def prod(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Node:
    """Product of elements along axes."""
    return _begun(ew.multiply, _reduce(factors.prod, _prepared(a, dtype, out, where, 1), axis, keepdims), initial)


@numpy_function("mean", np.mean, method=True)
def mean(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, where: Any = True) -> Node:
    """Mean of elements along axes."""
    x = _prepared(a, dtype, out, where, 0)
    if where is True:
        return _reduce(red.mean, x, axis, keepdims)
    return _reduce(red.sum_, x, axis, keepdims) / _number_of(x, where, axis, keepdims)


_mean = mean


def _number_of(x: Node, where: Any, axis: Any, keepdims: bool) -> Node:
    """How many elements a mask selects, in the dtype of `x`."""
    n = _reduce(red.sum_, red.spread(as_node(where), x.shape), axis, keepdims)
    return shapes.astype(n, dtype=x.dtype.name) if x.dtype in (np.float16, np.float32) else n


@numpy_function("var", np.var, method=True)
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: float | None = None,
) -> Node:
    """Variance along axes."""
    ddof = ddof if correction is None else correction
    if where is True and mean is None:
        return _reduce(red.var, _prepared(a, dtype, out, True, 0), axis, keepdims, ddof=_degrees(ddof))
    off, n = _deviations(a, axis, dtype, out, where, mean, keepdims)
    size = ew.real(off * ew.conjugate(off)) if off.aval.kind == "c" else ew.square(off)
    return sum_(size, axis, keepdims=keepdims) / (n - ddof)


def _deviations(a: Any, axis: Any, dtype: Any, out: None, where: Any, mean: Any, keepdims: bool) -> tuple[Node, Node]:
    """The deviations from the mean, 0 where the mask does not hold, and how many there are."""
    x = _prepared(a, dtype, out, True, 0)
    off = x - as_node(_mean(x, axis=axis, keepdims=True, where=where) if mean is None else mean)
    if where is True:
        return off, as_node(count(x, normalize_axes(axis, x.ndim)))
    return ew.where(as_node(where), off, 0), _number_of(x, where, axis, keepdims)


def _degrees(ddof: Any) -> int | float:
    if isinstance(ddof, Node) and ddof.literal is not None:
        ddof = ddof.literal.scalar
    if not isinstance(ddof, (int, float)):
        raise ArgumentError(f"ddof must be a number that is known beforehand, not {ddof!r}")
    return ddof


@numpy_function("std", np.std, method=True)
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: float | None = None,
) -> Node:
    """Standard deviation along axes."""
    ddof = ddof if correction is None else correction
    if where is True and mean is None:
        return _reduce(red.std, _prepared(a, dtype, out, True, 0), axis, keepdims, ddof=_degrees(ddof))
    off, n = _deviations(a, axis, dtype, out, where, mean, keepdims)
    return _reduce(red.norm2, off, axis, keepdims) / ew.sqrt(n - ddof)


@contextmanager
def _meaning_two_values(help: str) -> Iterator[None]:
    """Tells those who write ``max(a, b)``, as Python has it, what that is in NumPy."""
    try:
        yield
    except (ArgumentError, ValueDomainError, UnsupportedError) as error:  # the third is taken for out=
        error.help = help if isinstance(error, UnsupportedError) else error.help or help
        raise


@numpy_function("max", np.max, "amax", method=True)
def amax(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Node:
    """Largest element along axes; ties share the derivative equally."""
    _needs_initial(where, initial)
    with _meaning_two_values("the larger of two values is maximum(a, b)"):
        found = _reduce(red.amax, _prepared(a, None, out, where, initial), axis, keepdims)
    return _begun(ew.maximum, found, initial)


@numpy_function("min", np.min, "amin", method=True)
def amin(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Node:
    """Smallest element along axes; ties share the derivative equally."""
    _needs_initial(where, initial)
    with _meaning_two_values("the smaller of two values is minimum(a, b)"):
        found = _reduce(red.amin, _prepared(a, None, out, where, initial), axis, keepdims)
    return _begun(ew.minimum, found, initial)


@numpy_function("ptp", np.ptp, method=hasattr(np.ndarray, "ptp"))
def ptp(a: Any, axis: Any = None, out: None = None, keepdims: bool = False) -> Node:
    """Largest minus smallest element along axes."""
    return amax(a, axis, out, keepdims) - amin(a, axis, out, keepdims)


@numpy_function("all", np.all, method=True, derivative=False)
def all_(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True) -> Node:
    """Whether all elements along axes are true."""
    return _reduce(red.all_, _prepared(a, None, out, where, True), axis, keepdims)


@numpy_function("any", np.any, method=True, derivative=False)
def any_(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True) -> Node:
    """Whether any element along axes is true."""
    return _reduce(red.any_, _prepared(a, None, out, where, False), axis, keepdims)


@numpy_function("count_nonzero", np.count_nonzero, derivative=False)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Node:
    """Number of elements that are not zero."""
    return _reduce(red.count_nonzero, a, axis, keepdims)


@numpy_function("argmax", np.argmax, method=True, derivative=False)
def argmax(a: Any, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Node:
    """Position of the largest element."""
    return _reduce(red.argmax, _prepared(a, None, out, True, 0), axis, keepdims)


@numpy_function("argmin", np.argmin, method=True, derivative=False)
def argmin(a: Any, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Node:
    """Position of the smallest element."""
    return _reduce(red.argmin, _prepared(a, None, out, True, 0), axis, keepdims)


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


def _scan(op: Any, a: Any, axis: Any, dtype: Any, out: None, *, among_all: bool = True) -> Node:
    x = _prepared(a, dtype, out, True, 0)
    if axis is None and (among_all or x.ndim == 1):
        x, axis = ravel(x), 0
    if axis is None:
        raise ArgumentError(f"the axis along which to sum {x.aval!r} must be given", help="for instance axis=0")
    return op(x, axis=normalize_axis(axis, x.ndim))  # type: ignore[no-any-return]


@numpy_function("cumsum", np.cumsum, method=True)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Node:
    """Running sum along an axis, or over all elements in order."""
    return _scan(red.cumsum, a, axis, dtype, out)


@numpy_function("cumprod", np.cumprod, method=True)
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Node:
    """Running product along an axis, or over all elements in order."""
    return _scan(factors.cumprod, a, axis, dtype, out)


def _with_initial(y: Node, axis: Any, value: float) -> Node:
    k = normalize_axis(axis if axis is not None else 0, y.ndim)
    first = red.spread(as_node(y.dtype.type(value)), (*y.shape[:k], 1, *y.shape[k + 1 :]))
    return shapes.concatenate(first, y, axis=k)


@numpy_function("cumulative_sum", getattr(np, "cumulative_sum", None))
def cumulative_sum(x: Any, /, *, axis: Any = None, dtype: Any = None, out: None = None, include_initial: bool = False) -> Node:
    """Running sum along an axis, from 0 on if asked for."""
    y = _scan(red.cumsum, x, axis, dtype, out, among_all=False)
    return _with_initial(y, axis, 0) if include_initial else y


@numpy_function("cumulative_prod", getattr(np, "cumulative_prod", None))
def cumulative_prod(x: Any, /, *, axis: Any = None, dtype: Any = None, out: None = None, include_initial: bool = False) -> Node:
    """Running product along an axis, from 1 on if asked for."""
    y = _scan(factors.cumprod, x, axis, dtype, out, among_all=False)
    return _with_initial(y, axis, 1) if include_initial else y
