"""scipy.ndimage: interpolation between the elements of an array, and images that are moved, turned and stretched."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.ndimage import each
from symdiff.frontends.tracing.of_scipy.table import array, means, own, refuse
from symdiff.frontends.tracing.symbol import captured


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


def _shares(order: int, c: Any) -> tuple[Any, list[Any]]:
    """The first element that counts at a place, and the B-splines there of it and of those behind it."""
    if order in (0, 2):
        cell = np.floor(c + 0.5)
        t = c - cell
        return cell - order // 2, [1.0 + 0 * t] if order == 0 else [(0.5 - t) ** 2 / 2, 0.75 - t**2, (0.5 + t) ** 2 / 2]
    cell = np.floor(c)
    t, s = c - cell, 1 - (c - cell)
    if order == 1:
        return cell, [s, t]
    return cell - 1, [s**3 / 6, (4 - 6 * t**2 + 3 * t**3) / 6, (4 - 6 * s**2 + 3 * s**3) / 6, t**3 / 6]


_BEYOND = 12  # elements with which SciPy lengthens an array whose edges go on for ever, before it asks for splines


@means("scipy.ndimage.map_coordinates", dtype="first")
def map_coordinates(
    input: Any,
    coordinates: Any,
    output: Any = None,
    order: int = 3,
    mode: str = "constant",
    cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:
    """Values between the elements: of the nearest one (order 0), the broken line (1), or splines through them (2, 3)."""
    refuse("scipy.ndimage.map_coordinates", "cast the result", output=output)
    if order not in (0, 1, 2, 3):
        raise UnsupportedError(f"scipy.ndimage.map_coordinates of order {order}", help="take order 0, 1, 2 or 3")
    mode = {"grid-mirror": "reflect"}.get(mode, mode)
    if mode not in _INDEX:
        raise UnsupportedError(f"scipy.ndimage.map_coordinates with mode={mode!r}", help=f"one of {', '.join(_INDEX)}")
    x, places = array(input), [1.0 * array(c) for c in coordinates]
    sizes = x.shape
    if order > 1 and prefilter and mode == "nearest":
        pad: Any = np.pad
        x, places = pad(x, _BEYOND, mode="edge"), [c + _BEYOND for c in places]
    coefficients = _splines(x, order, mode) if order > 1 and prefilter else x
    coefficients = captured(coefficients) if type(coefficients) is np.ndarray else coefficients
    firsts, shares = zip(*(_shares(order, c) for c in places), strict=True)
    cells = [first.astype(np.int64) for first in firsts]
    total: Any = 0.0
    for corner in product(range(order + 1), repeat=len(places)):
        at = tuple(_INDEX[mode](cell + k, n) for cell, k, n in zip(cells, corner, x.shape, strict=True))
        weight = 1.0
        for share, k in zip(shares, corner, strict=True):
            weight = weight * share[k]
        total = total + weight * coefficients[at]
    if mode != "constant":
        return total
    for c, n in zip(places, sizes, strict=True):
        total = np.where(np.logical_or(c < 0, c > n - 1), cval, total)
    return total


def _splines(x: Any, order: int, mode: str) -> Any:
    """The coefficients of the spline: a matrix along each axis, which SciPy says."""
    mode = "mirror" if mode in ("constant", "nearest") else mode
    for axis, n in enumerate(x.shape):
        if n > 1:
            x = _along(x, axis, order, mode)
    return x


def _along(x: Any, axis: int, order: int, mode: str) -> Any:
    matrix = own("ndimage.spline_filter1d")(np.eye(x.shape[axis]), order=order, axis=0, mode=mode)
    return np.moveaxis(np.tensordot(matrix, x, axes=(1, axis)), 0, axis)


@means("scipy.ndimage.spline_filter1d", dtype="double")
def spline_filter1d(input: Any, order: int = 3, axis: int = -1, output: Any = np.float64, mode: str = "mirror") -> Any:
    """The coefficients of the spline along an axis."""
    return _along(array(input), axis, order, mode) if order > 1 else 1.0 * array(input)


@means("scipy.ndimage.spline_filter", dtype="double")
def spline_filter(input: Any, order: int = 3, output: Any = np.float64, mode: str = "mirror") -> Any:
    """The coefficients of the spline through an array."""
    return _splines(array(input), order, mode) if order > 1 else 1.0 * array(input)


# ------------------------------------------------------------------------------------------ images that are moved


@means("scipy.ndimage.affine_transform", dtype="first")
def affine_transform(
    input: Any, matrix: Any, offset: Any = 0.0, output_shape: Any = None, output: Any = None, order: int = 3, mode: str = "constant",
    cval: Any = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """The array at places that are a matrix times those of the result, and an offset."""
    x, matrix = array(input), array(matrix)
    n = x.ndim
    if matrix.ndim == 2 and matrix.shape in ((n, n + 1), (n + 1, n + 1)):
        matrix, offset = matrix[:n, :n], matrix[:n, n]
    grid = np.indices(x.shape if output_shape is None else tuple(output_shape))
    turned = np.tensordot(matrix, grid, axes=1) if matrix.ndim == 2 else np.reshape(matrix, (n,) + (1,) * n) * grid
    offset = array(offset)
    places = turned + (np.reshape(offset, (n,) + (1,) * n) if offset.ndim else offset)
    return map_coordinates(x, [places[k] for k in range(n)], output, order, mode, cval, prefilter)


@means("scipy.ndimage.shift", dtype="first")
def shift(
    input: Any, shift: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: Any = 0.0, prefilter: bool = True
) -> Any:  # fmt: skip
    """The array, moved."""
    x, moved = array(input), array(shift)
    moved = moved if moved.ndim else np.stack([moved] * x.ndim)
    return affine_transform(x, np.eye(x.ndim), -moved, None, output, order, mode, cval, prefilter)


@means("scipy.ndimage.zoom", dtype="first")
def zoom(
    input: Any, zoom: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: Any = 0.0, prefilter: bool = True, *,
    grid_mode: bool = False,
) -> Any:  # fmt: skip
    """The array, stretched, so that its outermost elements stay the outermost ones."""
    if is_symbolic(zoom) or grid_mode:
        raise UnsupportedError("scipy.ndimage.zoom by a symbolic factor, or with grid_mode", help="map_coordinates")
    x = array(input)
    shape = tuple(round(n * z) for n, z in zip(x.shape, each(zoom, x.ndim), strict=True))
    steps = [(n - 1) / (m - 1) if m > 1 else 1.0 for n, m in zip(x.shape, shape, strict=True)]
    places = np.minimum(
        np.reshape(steps, (-1,) + (1,) * x.ndim) * np.indices(shape), np.reshape(x.shape, (-1,) + (1,) * x.ndim) - 1.0
    )  # rounding may put the last one beyond the edge
    return map_coordinates(x, list(places), output, order, mode, cval, prefilter)


@means("scipy.ndimage.rotate", dtype="first")
def rotate(
    input: Any, angle: Any, axes: Any = (1, 0), reshape: bool = True, output: Any = None, order: int = 3, mode: str = "constant",
    cval: Any = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """The image, turned by an angle in degrees about its middle."""
    x = array(input)
    if x.ndim != 2:
        raise UnsupportedError("scipy.ndimage.rotate of an array that is no image", help="one image after the other")
    if reshape and is_symbolic(angle):
        raise UnsupportedError("scipy.ndimage.rotate by a symbolic angle to a shape that it says", help="reshape=False")
    angle = angle if sorted(a % 2 for a in axes) == list(axes) or tuple(a % 2 for a in axes) == (1, 0) else -angle
    cos, sin = np.cos(np.pi / 180 * angle), np.sin(np.pi / 180 * angle)
    turn = np.stack([np.stack([cos, sin]), np.stack([-sin, cos])])
    shape, size = x.shape, np.array(x.shape)
    if reshape:
        h, w = x.shape
        corners = turn @ np.array([[0, 0, h, h], [0, w, 0, w]])
        shape = tuple(int(n) for n in np.ptp(corners, axis=1) + 0.5)
    offset = (size - 1) / 2 - turn @ ((np.array(shape) - 1) / 2)
    return affine_transform(x, turn, offset, shape, output, order, mode, cval, prefilter)


@means("scipy.ndimage.geometric_transform", dtype="first")
def geometric_transform(
    input: Any, mapping: Callable[..., Any], output_shape: Any = None, output: Any = None, order: int = 3, mode: str = "constant",
    cval: Any = 0.0, prefilter: bool = True, extra_arguments: Any = (), extra_keywords: Any = None,
) -> Any:  # fmt: skip
    """The array at places that a function says of those of the result."""
    x = array(input)
    shape = x.shape if output_shape is None else tuple(output_shape)
    if np.prod(shape) > 10_000:
        raise UnsupportedError("scipy.ndimage.geometric_transform of a large array", help="map_coordinates")
    found = [followed(mapping)(place, *extra_arguments, **(extra_keywords or {})) for place in np.ndindex(shape)]
    places = [np.reshape(np.stack([place[k] for place in found]), shape) for k in range(x.ndim)]
    return map_coordinates(x, places, output, order, mode, cval, prefilter)
