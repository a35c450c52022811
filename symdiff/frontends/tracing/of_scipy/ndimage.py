"""scipy.ndimage: filters with a window, and interpolation between the elements of an array."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import means, refuse

# What SciPy calls the ways in which an array goes on beyond its edges, in NumPy's words.
EDGES = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "constant": "constant", "grid-constant": "constant",
    "nearest": "edge", "mirror": "reflect", "wrap": "wrap", "grid-wrap": "wrap",
}  # fmt: skip


def _array(x: Any) -> Any:
    return x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)


def _extended(x: Any, widths: Sequence[tuple[int, int]], mode: str, cval: Any) -> Any:
    if mode not in EDGES:
        raise ArgumentError(f"an edge of mode {mode!r}", help=f"one of {', '.join(EDGES)}")
    options: dict[str, Any] = {"constant_values": cval} if EDGES[mode] == "constant" else {}
    pad: Any = np.pad
    return pad(x, widths, mode=EDGES[mode], **options)


@means("scipy.ndimage.correlate", dtype="kept")
def correlate(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
    *,
    axes: Any = None,
) -> Any:
    """Sums of the elements around each one, with weights."""
    refuse("scipy.ndimage.correlate", "cast the result; insert axes into the weights", output=output, axes=axes)
    x, w = _array(input), _array(weights)
    if np.any(np.asarray(origin) != 0):
        raise UnsupportedError("scipy.ndimage.correlate with an origin", help="pad the weights by zeros on one side")
    padded = _extended(x, [(n // 2, n - 1 - n // 2) for n in w.shape], mode, cval)
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape)
    return np.tensordot(windows, w, axes=w.ndim)


@means("scipy.ndimage.convolve", dtype="kept")
def convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
    *,
    axes: Any = None,
) -> Any:
    """Sums of the elements around each one, with weights from behind."""
    w = np.flip(_array(weights))
    for axis, n in enumerate(w.shape):  # the middle of an even window lies behind it here, and before it there
        if n % 2 == 0:
            w = np.concatenate([np.zeros_like(np.take(w, [0], axis=axis)), w], axis=axis)
    return correlate(input, w, output, mode, cval, origin, axes=axes)


def _along(x: Any, axis: int, weights: Any, mode: str, cval: Any) -> Any:
    rows = np.moveaxis(x, axis, -1)
    n = weights.shape[0]
    padded = _extended(rows, [(0, 0)] * (rows.ndim - 1) + [(n // 2, n - 1 - n // 2)], mode, cval)
    windows = np.lib.stride_tricks.sliding_window_view(padded, n, axis=-1)
    return np.moveaxis(windows @ weights, -1, axis)


@means("scipy.ndimage.correlate1d", dtype="kept")
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
    refuse("scipy.ndimage.correlate1d", "cast the result; pad the weights by zeros", output=output, origin=origin)
    return _along(_array(input), axis, _array(weights), mode, cval)


@means("scipy.ndimage.convolve1d", dtype="kept")
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
    w = np.flip(_array(weights))
    w = np.concatenate([0 * w[:1], w]) if w.shape[0] % 2 == 0 else w
    return correlate1d(input, w, axis, output, mode, cval, origin)


def _bell(sigma: float, truncate: float, radius: int | None) -> np.ndarray:
    if is_symbolic((sigma, truncate, radius)):
        raise UnsupportedError("a Gaussian filter of symbolic width", help="correlate1d with weights of yours")
    size = int(truncate * float(sigma) + 0.5) if radius is None else radius
    x = np.arange(-size, size + 1)
    weights: np.ndarray = np.exp(-0.5 / (sigma * sigma) * x**2)
    return np.asarray(weights / weights.sum())


def _each(value: Any, n: int) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) else [value] * n


@means("scipy.ndimage.gaussian_filter1d", dtype="kept")
def gaussian_filter1d(
    input: Any, sigma: Any, axis: int = -1, order: int = 0, output: Any = None, mode: str = "reflect", cval: Any = 0.0,
    truncate: float = 4.0, *, radius: Any = None,
) -> Any:  # fmt: skip
    """Smoothed by a Gaussian bell along an axis."""
    refuse("scipy.ndimage.gaussian_filter1d", "of order 0 alone", output=output, order=order)
    return _along(_array(input), axis, _bell(sigma, truncate, radius), mode, cval)


@means("scipy.ndimage.gaussian_filter", dtype="kept")
def gaussian_filter(
    input: Any, sigma: Any, order: int = 0, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, truncate: float = 4.0, *,
    radius: Any = None, axes: Any = None,
) -> Any:  # fmt: skip
    """Smoothed by a Gaussian bell along all axes."""
    refuse("scipy.ndimage.gaussian_filter", "of order 0 alone", output=output, order=order)
    x = _array(input)
    along = tuple(range(x.ndim)) if axes is None else tuple(np.atleast_1d(axes))
    n = len(along)
    for axis, width, edge, size in zip(along, _each(sigma, n), _each(mode, n), _each(radius, n), strict=True):
        if is_symbolic(width) or width > 1e-15:
            x = _along(x, axis, _bell(width, truncate, size), edge, cval)
    return x


@means("scipy.ndimage.uniform_filter1d", dtype="kept")
def uniform_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect", cval: Any = 0.0, origin: int = 0
) -> Any:
    """The mean of the elements around each one along an axis."""
    return correlate1d(input, np.full(size, 1 / size), axis, output, mode, cval, origin)


@means("scipy.ndimage.uniform_filter", dtype="kept")
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
    refuse("scipy.ndimage.uniform_filter", "uniform_filter1d, along one axis after the other", origin=origin, axes=axes)
    x = _array(input)
    for axis, (n, edge) in enumerate(zip(_each(size, x.ndim), _each(mode, x.ndim), strict=True)):
        x = uniform_filter1d(x, n, axis, output, edge, cval)
    return x


# --------------------------------------------------------------------------------------------------------- interpolation


def _mirror(k: Any, n: int) -> Any:
    k = np.abs(k) % max(2 * n - 2, 1)
    return np.minimum(k, 2 * n - 2 - k)


def _reflect(k: Any, n: int) -> Any:
    k = k % (2 * n)
    return np.minimum(k, 2 * n - 1 - k)


# Where the elements beyond the edges lie, and where points do, that are moved inside first.
_INDEX: dict[str, Callable[[Any, int], Any]] = {
    "constant": _mirror, "nearest": lambda k, n: np.clip(k, 0, n - 1), "mirror": _mirror, "reflect": _reflect, "grid-wrap": lambda k, n: k % n,
}  # fmt: skip


def _cubic(t: Any) -> list[Any]:
    """The four cubic B-splines that do not vanish between two knots, at a share of the way."""
    s = 1 - t
    return [s**3 / 6, (4 - 6 * t**2 + 3 * t**3) / 6, (4 - 6 * s**2 + 3 * s**3) / 6, t**3 / 6]


@means("scipy.ndimage.map_coordinates", dtype="kept")
def map_coordinates(
    input: Any,
    coordinates: Any,
    output: Any = None,
    order: int = 3,
    mode: str = "constant",
    cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:
    """Values between the elements: of the broken line (order 1), or of the cubic spline (order 3) through them."""
    refuse("scipy.ndimage.map_coordinates", "cast the result", output=output)
    if order not in (1, 3):
        raise UnsupportedError(f"scipy.ndimage.map_coordinates of order {order}", help="take order 1 or 3")
    if mode not in _INDEX or (mode == "nearest" and order == 3):
        raise UnsupportedError(
            f"scipy.ndimage.map_coordinates with mode={mode!r} and order={order}", help=f"one of {', '.join(_INDEX)}"
        )
    x, places = _array(input), [1.0 * _array(c) for c in coordinates]
    coefficients = _splines(x, mode) if order == 3 and prefilter else x
    shares, cells = [], []
    for c in places:
        cell = np.floor(c)
        shares.append([1 - (c - cell), c - cell] if order == 1 else _cubic(c - cell))
        cells.append(cell.astype(np.int64))
    first = 0 if order == 1 else -1
    total: Any = 0.0
    for corner in product(range(order + 1), repeat=len(places)):
        at = tuple(_INDEX[mode](cell + first + k, n) for cell, k, n in zip(cells, corner, x.shape, strict=True))
        weight = 1.0
        for share, k in zip(shares, corner, strict=True):
            weight = weight * share[k]
        total = total + weight * coefficients[at]
    if mode != "constant":
        return total
    for c, n in zip(places, x.shape, strict=True):
        total = np.where(np.logical_or(c < 0, c > n - 1), cval, total)
    return total


def _splines(x: Any, mode: str) -> Any:
    """The coefficients of the cubic spline: a matrix along each axis, which SciPy says."""
    rule = importlib.import_module("scipy.ndimage").spline_filter1d
    for axis, n in enumerate(x.shape):
        if n > 1:
            matrix = rule(np.eye(n), order=3, axis=0, mode="mirror" if mode == "constant" else mode)
            x = np.moveaxis(np.tensordot(matrix, x, axes=(1, axis)), 0, axis)
    return x
