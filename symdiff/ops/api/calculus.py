"""Differences, sums of trapezoids, convolutions, broken lines, polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, LimitError, ShapeError, UnsupportedError, ValueDomainError
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew, gathering, reductions as red, shapes, signal
from symdiff.ops.api.convert import asarray, astype, static_int
from symdiff.ops.api.selection import getitem
from symdiff.ops.api.shapes import ravel
from symdiff.ops.axes import normalize_axes, normalize_axis
from symdiff.ops.table import numpy_function

MOST_TIMES = 100
MOST_TERMS = 1_000  # coefficients of a polynomial


def cut(x: Node, axis: int, start: Any, stop: Any) -> Node:
    """``x[start:stop]`` along an axis."""
    return getitem(x, (*[slice(None)] * axis, slice(start, stop)))


def at(x: Node, axis: int, k: int) -> Node:
    """``x[k]`` along an axis, which is kept."""
    return cut(x, axis, k, k + 1 if k != -1 else None)


def _like_a_part(value: Any, x: Node, axis: int) -> Node:
    """An array to be joined to `x` along an axis; a number becomes one element."""
    v = asarray(value)
    return red.spread(v, tuple(1 if k == axis else n for k, n in enumerate(x.shape))) if not v.ndim else v


@numpy_function("diff", np.diff, view="perhaps")
def diff(a: Any, n: Any = 1, axis: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue) -> Node:
    """Differences of neighbours along an axis, n times."""
    if isinstance(n, Node) and n.literal is None:
        what = "diff takes differences of neighbours, a known number of times"
        raise ArgumentError(what, help="a derivative is sd.grad(…, wrt=…)")
    x = asarray(a)
    k = normalize_axis(axis, x.ndim)
    times = static_int(n, "the number of times")
    if not 0 <= times <= MOST_TIMES:
        raise LimitError(f"diff {times} times; between 0 and {MOST_TIMES} are possible")
    before, after = ([] if value is np._NoValue else [_like_a_part(value, x, k)] for value in (prepend, append))
    x = shapes.concatenate(*before, x, *after, axis=k) if before or after else x
    for _ in range(times):
        x = (ew.not_equal if x.aval.kind == "b" else ew.subtract)(cut(x, k, 1, None), cut(x, k, None, -1))
    return x


@numpy_function("ediff1d", np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Node:
    """Differences of neighbours among all elements in order, with more in front or behind."""
    x = ravel(ary)
    given = [astype(ravel(part), x.dtype) for part in (to_begin, diff(x), to_end) if part is not None]
    return shapes.concatenate(*given, axis=0) if len(given) > 1 else given[0]


@numpy_function("trapezoid", np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Node:
    """Integral by the trapezoidal rule, along an axis."""
    v = asarray(y)
    k = normalize_axis(axis, v.ndim)
    steps = as_node(dx)
    if x is not None:
        steps = diff(x, axis=axis if asarray(x).ndim > 1 else -1)
        if steps.ndim == 1 and v.ndim > 1:
            steps = shapes.reshape(steps, shape=tuple(steps.shape[0] if j == k else 1 for j in range(v.ndim)))
    means = steps * (cut(v, k, 1, None) + cut(v, k, None, -1)) / 2.0
    return red.sum_(means, axis=(k,), keepdims=False)


@numpy_function("gradient", np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences inside, one-sided ones at the ends, along each axis; spacings are numbers or coordinates."""
    y = asarray(f)
    axes = normalize_axes(axis, y.ndim) if axis is None else tuple(normalize_axis(k, y.ndim) for k in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    if len(varargs) not in (0, 1, len(axes)):
        raise ArgumentError(f"gradient takes one spacing, or {len(axes)}, not {len(varargs)}")
    if edge_order not in (1, 2):
        raise ValueDomainError(f"edge_order is {edge_order!r}", help="it is 1 or 2")
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    slopes = [_slope(y, k, as_node(h) if not isinstance(h, (list, tuple)) else asarray(h), edge_order) for k, h in zip(axes, spacings, strict=True)]
    return slopes[0] if len(axes) == 1 else tuple(slopes)


def _slope(y: Node, k: int, h: Node, edge_order: int) -> Node:
    n = y.shape[k]
    if isinstance(n, int) and n < edge_order + 1:
        raise ShapeError(f"gradient of {y.aval!r}: along axis {k} it needs {edge_order + 1} elements at least")
    y = y if y.aval.inexact else shapes.astype(y, dtype="float64")
    if h.ndim:
        steps = diff(h)
        steps = shapes.reshape(steps, shape=tuple(steps.shape[0] if j == k else 1 for j in range(y.ndim)))
        before, after = cut(steps, k, None, -1), cut(steps, k, 1, None)
        total = before + after
        inner = -after / (before * total) * cut(y, k, None, -2) + (after - before) / (before * after) * cut(y, k, 1, -1) + before / (after * total) * cut(y, k, 2, None)
        first, second, last, last_but_one = (at(steps, k, i) for i in (0, 1 if edge_order == 2 else 0, -1, -2 if edge_order == 2 else -1))
    else:
        inner = (cut(y, k, 2, None) - cut(y, k, None, -2)) / (2.0 * h)
        first = second = last = last_but_one = h
    if edge_order == 1:
        ends = (at(y, k, 1) - at(y, k, 0)) / first, (at(y, k, -1) - at(y, k, -2)) / last
    else:
        ends = _parabola(y, k, (0, 1, 2), first, second), -_parabola(y, k, (-1, -2, -3), last, last_but_one)
    slopes = shapes.concatenate(ends[0], inner, ends[1], axis=k)
    return slopes if slopes.dtype == y.dtype else shapes.astype(slopes, dtype=y.dtype.name)


def _parabola(y: Node, k: int, order: tuple[int, int, int], h: Node, h2: Node) -> Node:
    """The slope at the first of three points of the parabola through them."""
    a, b, c = (at(y, k, i) for i in order)
    both = h + h2
    slope: Node = -(h + both) / (h * both) * a + both / (h * h2) * b - h / (h2 * both) * c
    return slope


@numpy_function("unwrap", np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi) -> Node:
    """Angles along an axis without jumps by more than half a period."""
    x = asarray(p)
    k = normalize_axis(axis, x.ndim)
    steps, half = diff(x, axis=k), period / 2
    turns = ew.ceil((steps - half) / period)  # a jump by exactly half a period upwards stays
    jump = ew.where(ew.absolute(steps) < (half if discont is None else discont), 0.0, -period * turns)
    return shapes.concatenate(at(x, k, 0), cut(x, k, 1, None) + red.cumsum(jump, axis=k), axis=k)


# ----------------------------------------------------------------------------------------------------------- convolution


def _slid(op: Any, a: Any, v: Any, mode: str) -> Node:
    x, w = (_vector(value) for value in (a, v))
    mode = {"f": "full", "s": "same", "v": "valid"}.get(str(mode)[:1], mode)
    if mode not in ("full", "same", "valid"):
        raise ValueDomainError(f"the mode is {mode!r}", help='modes are "full", "same" and "valid"')
    if op is signal.convolve and _is_longer(w.shape[0], x.shape[0]):
        x, w = w, x
    if op is signal.correlate and w.aval.kind == "c":
        w, op = ew.conjugate(shapes.flip(w, axis=(0,))), signal.convolve
    if mode == "full":
        return op(x, w, mode="full")  # type: ignore[no-any-return]
    if op is signal.correlate and _is_longer(w.shape[0], x.shape[0]):
        if mode == "valid":
            return shapes.flip(op(w, x, mode="valid"), axis=(0,))
        start = -(-(x.shape[0] - 1) // 2) if isinstance(x.shape[0], int) else None
        m: Dim = w.shape[0]
    else:
        _check_known(w)
        if mode == "valid":
            return op(x, w, mode="valid")  # type: ignore[no-any-return]
        start, m = (static_int(w.shape[0], "the shorter length") - 1) // 2, x.shape[0]
    if start is None:
        raise UnsupportedError("mode='same' of vectors of symbolic lengths", help="declare the shorter length as a number")
    return cut(op(x, w, mode="full"), 0, start, start + m)


def _check_known(w: Node) -> None:
    if not isinstance(w.shape[0], int):
        raise UnsupportedError(
            f"which vector is the longer one is not known from the length {w.shape[0]}",
            help='declare the length of the shorter one as a number, or use mode="full"',
        )


def _vector(a: Any) -> Node:
    x = asarray(a)
    return shapes.reshape(x, shape=(1,)) if not x.ndim else x


def _is_longer(m: Dim, n: Dim) -> bool:
    """Whether m is the longer length; a length with a name is taken to be longer than a number."""
    return m > n if isinstance(m, int) and isinstance(n, int) else isinstance(n, int)


@numpy_function("convolve", np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Node:
    """Convolution of two vectors: the sums of a[k - j] * v[j]."""
    return _slid(signal.convolve, a, v, mode)


@numpy_function("correlate", np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Node:
    """Correlation of two vectors: the sums of a[k + j] * conj(v[j])."""
    return _slid(signal.correlate, a, v, mode)


@numpy_function("interp", np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Node:
    """Values of the broken line through points (xp, fp); the slope at a point is that to its right."""
    t, points, values = asarray(x), asarray(xp), asarray(fp)
    if period is not None:
        span = ew.absolute(as_node(period))
        t, points = ew.mod(t, span), ew.mod(points, span)
        order = gathering.argsort(points, axis=0, kind=None)
        points, values = gathering.pick(points, order, 0), gathering.pick(values, order, 0)
        points = shapes.concatenate(at(points, 0, -1) - span, points, at(points, 0, 0) + span, axis=0)
        values = shapes.concatenate(at(values, 0, -1), values, at(values, 0, 0), axis=0)
        return signal.interp(t, points, values)
    line = signal.interp(t, points, values)
    if right is not None:
        line = ew.where(t > getitem(points, -1), right, line)
    return line if left is None else ew.where(t < getitem(points, 0), left, line)


# ----------------------------------------------------------------------------------------------------------- polynomials


def _terms(p: Any) -> tuple[Node, int]:
    c = _vector(p)
    n = static_int(c.shape[0], "the number of coefficients")
    if n > MOST_TERMS:
        raise LimitError(f"a polynomial of {n} coefficients, the limit is {MOST_TERMS}")
    return c, n


@numpy_function("polyval", np.polyval)
def polyval(p: Any, x: Any) -> Node:
    """Value of a polynomial, the highest power first, by Horner's rule."""
    c, n = _terms(p)
    t = asarray(x)  # a number, too, has NumPy's own dtype here
    if not n:
        return red.spread(as_node(np.zeros((), t.dtype)), t.shape)
    y = getitem(c, 0)
    for k in range(1, n):
        y = y * t + getitem(c, k)
    return red.spread(y, t.shape)


@numpy_function("polyder", np.polyder)
def polyder(p: Any, m: int = 1) -> Node:
    """Coefficients of the m-th derivative of a polynomial."""
    for _ in range(static_int(m, "the order")):
        c, n = _terms(p)
        p = cut(c, 0, None, -1) * as_node(np.arange(n - 1, 0, -1))
    return _vector(p)


@numpy_function("polyint", np.polyint, view="perhaps")
def polyint(p: Any, m: int = 1, k: Any = None) -> Node:
    """Coefficients of the m-th integral of a polynomial; k are the constants."""
    times = static_int(m, "the order")
    constants = ravel(asarray(0.0 if k is None else k))
    for i in range(times):
        c, n = _terms(p)
        last = cut(constants, 0, i, i + 1) if constants.shape[0] != 1 else constants
        p = shapes.concatenate(c / as_node(np.arange(n, 0, -1)), last, axis=0)
    return _vector(p)


def _aligned(a: Any, b: Any) -> tuple[Node, Node]:
    (p, n), (q, m) = _terms(a), _terms(b)
    longest = max(n, m)
    return tuple(shapes.pad(c, widths=((longest - k, 0),)) if k < longest else c for c, k in ((p, n), (q, m)))  # type: ignore[return-value]


@numpy_function("polyadd", np.polyadd)
def polyadd(a1: Any, a2: Any) -> Node:
    """Sum of two polynomials."""
    p, q = _aligned(a1, a2)
    return p + q


@numpy_function("polysub", np.polysub)
def polysub(a1: Any, a2: Any) -> Node:
    """Difference of two polynomials."""
    p, q = _aligned(a1, a2)
    return p - q


@numpy_function("polymul", np.polymul)
def polymul(a1: Any, a2: Any) -> Node:
    """Product of two polynomials."""
    return convolve(a1, a2)


@numpy_function("poly", np.poly)
def poly(seq_of_zeros: Any) -> Node:
    """Coefficients of the polynomial that has the given zeros."""
    zeros, n = _terms(seq_of_zeros)
    if zeros.ndim != 1:
        raise UnsupportedError("the characteristic polynomial of a matrix", help="pass its eigenvalues: poly(eigvalsh(A))")
    p, one = (as_node(np.ones(shape, zeros.dtype)) for shape in (1, ()))
    for k in range(n):
        p = signal.convolve(p, shapes.stack(one, -getitem(zeros, k), axis=0), mode="full")
    return p


@numpy_function("vander", np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Node:
    """Powers of a vector as columns, the highest first."""
    v = asarray(x)
    n = static_int(v.shape[0] if N is None else N, "the number of columns")
    if n > MOST_TERMS:
        raise LimitError(f"vander with {n} columns, the limit is {MOST_TERMS}")
    powers = np.arange(n) if increasing else np.arange(n)[::-1]
    return shapes.expand_dims(v, axis=(1,)) ** as_node(powers)
