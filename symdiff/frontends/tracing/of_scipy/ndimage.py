"""scipy.ndimage: filters that are sums over a window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import array, means, refuse

# What SciPy calls the ways in which an array goes on beyond its edges, in NumPy's words.
EDGES = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "constant": "constant", "grid-constant": "constant",
    "nearest": "edge", "mirror": "reflect", "wrap": "wrap", "grid-wrap": "wrap",
}  # fmt: skip


def extended(x: Any, widths: Sequence[tuple[int, int]], mode: str, cval: Any) -> Any:
    """An array that goes on beyond its edges."""
    if mode not in EDGES:
        raise ArgumentError(f"an edge of mode {mode!r}", help=f"one of {', '.join(EDGES)}")
    options: dict[str, Any] = {"constant_values": cval} if EDGES[mode] == "constant" else {}
    pad: Any = np.pad
    return pad(x, widths, mode=EDGES[mode], **options)


def around(n: int, origin: int = 0) -> tuple[int, int]:
    """How many elements of a window lie before its middle, and behind it."""
    before = n // 2 + origin
    if not 0 <= before < n:
        raise ArgumentError(f"a window of {n} elements with origin={origin}", help="an origin inside of the window")
    return before, n - 1 - before


@means("scipy.ndimage.correlate", dtype="first")
def correlate(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """Sums of the elements around each one, with weights."""
    refuse("scipy.ndimage.correlate", "cast the result; insert axes into the weights", output=output, axes=axes)
    x, w = array(input), array(weights)
    padded = extended(x, [around(n, o) for n, o in zip(w.shape, each(origin, w.ndim), strict=True)], mode, cval)
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape)
    return np.tensordot(windows, w, axes=w.ndim)


@means("scipy.ndimage.convolve", dtype="first")
def convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """Sums of the elements around each one, with weights from behind."""
    w = np.flip(array(weights))
    for axis, n in enumerate(w.shape):  # the middle of an even window lies behind it here, and before it there
        if n % 2 == 0:
            w = np.concatenate([np.zeros_like(np.take(w, [0], axis=axis)), w], axis=axis)
    return correlate(input, w, output, mode, cval, [-o for o in each(origin, w.ndim)], axes=axes)


def _along(x: Any, axis: int, weights: Any, mode: str, cval: Any, origin: int = 0) -> Any:
    rows = np.moveaxis(x, axis, -1)
    n = weights.shape[0]
    padded = extended(rows, [(0, 0)] * (rows.ndim - 1) + [around(n, origin)], mode, cval)
    windows = np.lib.stride_tricks.sliding_window_view(padded, n, axis=-1)
    return np.moveaxis(windows @ weights, -1, axis)


@means("scipy.ndimage.correlate1d", dtype="first")
def correlate1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """Sums of the elements around each one along an axis, with weights."""
    refuse("scipy.ndimage.correlate1d", "cast the result", output=output)
    return _along(array(input), axis, array(weights), mode, cval, origin)


@means("scipy.ndimage.convolve1d", dtype="first")
def convolve1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """Sums of the elements around each one along an axis, with weights from behind."""
    w = np.flip(array(weights))
    w = np.concatenate([0 * w[:1], w]) if w.shape[0] % 2 == 0 else w
    return correlate1d(input, w, axis, output, mode, cval, -origin)


def _bell(sigma: Any, truncate: float, radius: int | None, order: int = 0) -> Any:
    """The weights of a Gaussian bell, or of its derivative: Hermite's polynomials times it."""
    if is_symbolic(sigma) and radius is None:
        raise UnsupportedError("a Gaussian filter of symbolic width", help="say how wide the window is: radius=…")
    size = int(truncate * float(sigma) + 0.5) if radius is None else radius
    x = np.arange(-size, size + 1)
    weights = np.exp(-0.5 / (sigma * sigma) * x**2)
    weights = weights / np.sum(weights)
    if order == 0:
        return weights
    if is_symbolic(sigma):
        raise UnsupportedError("the derivative of a Gaussian filter of symbolic width", help="order=0")
    return weights * np.polynomial.hermite_e.hermeval(x / sigma, [0] * order + [1]) / sigma**order


def each(value: Any, n: int) -> list[Any]:
    """One value for each of n axes."""
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) else [value] * n


@means("scipy.ndimage.gaussian_filter1d", dtype="first")
def gaussian_filter1d(
    input: Any, sigma: Any, axis: int = -1, order: int = 0, output: Any = None, mode: str = "reflect", cval: Any = 0.0,
    truncate: float = 4.0, *, radius: Any = None,
) -> Any:  # fmt: skip
    """Smoothed by a Gaussian bell along an axis."""
    refuse("scipy.ndimage.gaussian_filter1d", "cast the result", output=output)
    return _along(array(input), axis, _bell(sigma, truncate, radius, order), mode, cval)


@means("scipy.ndimage.gaussian_filter", dtype="first")
def gaussian_filter(
    input: Any, sigma: Any, order: Any = 0, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, truncate: float = 4.0, *,
    radius: Any = None, axes: Any = None,
) -> Any:  # fmt: skip
    """Smoothed by a Gaussian bell along all axes, or by its derivatives."""
    refuse("scipy.ndimage.gaussian_filter", "cast the result", output=output)
    x = array(input)
    along = _axes(axes, x)
    given = (each(value, len(along)) for value in (sigma, order, mode, radius))
    for axis, width, n, edge, size in zip(along, *given, strict=True):
        if is_symbolic(width) or width > 1e-15:
            x = _along(x, axis, _bell(width, truncate, size, n), edge, cval)
    return x


def _axes(axes: Any, x: Any) -> tuple[int, ...]:
    return tuple(range(x.ndim)) if axes is None else tuple(int(a) % x.ndim for a in np.atleast_1d(axes))


@means("scipy.ndimage.gaussian_laplace", dtype="first")
def gaussian_laplace(input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None,
                     **kwargs: Any) -> Any:  # fmt: skip
    """The sum of the second derivatives of what is smoothed."""
    return sum(_of_bells(input, sigma, 2, output, mode, cval, axes, kwargs))


@means("scipy.ndimage.gaussian_gradient_magnitude", dtype="first")
def gaussian_gradient_magnitude(input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *,
                                axes: Any = None, **kwargs: Any) -> Any:  # fmt: skip
    """The length of the gradient of what is smoothed."""
    return np.sqrt(sum(part * part for part in _of_bells(input, sigma, 1, output, mode, cval, axes, kwargs)))


def _of_bells(
    input: Any, sigma: Any, order: int, output: Any, mode: Any, cval: Any, axes: Any, options: Any
) -> list[Any]:
    """The derivatives along each axis."""
    x = array(input)
    along = _axes(axes, x)
    orders = order * np.eye(len(along), dtype=int)
    return [gaussian_filter(x, sigma, list(row), output, mode, cval, axes=along, **options) for row in orders.tolist()]


@means("scipy.ndimage.laplace", dtype="first")
def laplace(input: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None) -> Any:
    """The sum of the second differences."""
    refuse("scipy.ndimage.laplace", "cast the result", output=output)
    x = array(input)
    along, weights = _axes(axes, x), np.array([1.0, -2.0, 1.0])
    return sum(_along(x, a, weights, edge, cval) for a, edge in zip(along, each(mode, len(along)), strict=True))


def _slope(name: str, beside: list[float]) -> None:
    def call(input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
        refuse(f"scipy.ndimage.{name}", "cast the result", output=output)
        x = array(input)
        edges = each(mode, x.ndim)
        found = _along(x, axis, np.array([-1.0, 0.0, 1.0]), edges[axis], cval)
        for other in range(x.ndim):
            if other != axis % x.ndim:
                found = _along(found, other, np.array(beside), edges[other], cval)
        return found

    means(f"scipy.ndimage.{name}", dtype="first")(call)


_slope("sobel", [1.0, 2.0, 1.0])
_slope("prewitt", [1.0, 1.0, 1.0])


@means("scipy.ndimage.uniform_filter1d", dtype="first")
def uniform_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect", cval: Any = 0.0, origin: int = 0
) -> Any:
    """The mean of the elements around each one along an axis."""
    return correlate1d(input, np.full(size, 1 / size), axis, output, mode, cval, origin)


@means("scipy.ndimage.uniform_filter", dtype="first")
def uniform_filter(
    input: Any,
    size: Any = 3,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
    *,
    axes: Any = None,
) -> Any:
    """The mean of the elements around each one."""
    x = array(input)
    along = _axes(axes, x)
    for axis, *given in zip(along, *(each(value, len(along)) for value in (size, mode, origin)), strict=True):
        n, edge, shift = given
        x = uniform_filter1d(x, n, axis, output, edge, cval, shift)
    return x
