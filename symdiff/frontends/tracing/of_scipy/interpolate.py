"""scipy.interpolate: piecewise polynomials and grids, at symbolic positions, and through symbolic values.

A spline through given positions is linear in the values: its coefficients are a matrix, which SciPy says, times them.
Pchip's slopes are those of Fritsch and Butland, "A method for constructing local monotone piecewise cubic
interpolants", 1984, with SciPy's ends.
"""

from __future__ import annotations

import importlib
import sys
from itertools import product
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.flow.guards import note, raised
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.symbol import captured
from symdiff.graph.node import as_node

MODULE = "scipy.interpolate"


def _scipy() -> Any:
    return importlib.import_module(MODULE)


def _array(x: Any) -> Any:
    return x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)


def _looked_up(x: Any) -> Any:
    """An array at symbolic places of which one may look: NumPy's own takes numbers."""
    return captured(x) if type(x) is np.ndarray else x


class Piecewise:
    """A piecewise polynomial: coefficients ``c[k, i]`` of falling powers of the distance from the i-th break.

    Args:
        c, x: coefficients and breaks, either of which may be symbolic.
        extrapolate: whether the outer pieces go on; "periodic" for all of them again.
        axis: where in the result the axes of positions come.
        known: SciPy's object, where all of it is known.
    """

    def __init__(self, c: Any, x: Any, extrapolate: Any = True, axis: int = 0, known: Any = None) -> None:
        self.c, self.x, self.extrapolate, self.axis, self.__wrapped__ = c, x, extrapolate, axis, known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__wrapped__ is None:
            raise UnsupportedError(
                f"{name} of an interpolant with symbolic values", help="call it, or its derivative(), integrate()"
            )
        return getattr(self.__wrapped__, name)

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """Values at `x`, or those of the nu-th derivative."""
        if self.__wrapped__ is not None and not is_symbolic(x):
            return self.__wrapped__(x, nu, extrapolate)
        if nu:
            return self.derivative(nu)(x, extrapolate=extrapolate)
        x, beyond = 1.0 * _array(x), self.extrapolate if extrapolate is None else extrapolate
        if beyond == "periodic":
            x = self.x[0] + (x - self.x[0]) % (self.x[-1] - self.x[0])
        c, breaks, pieces = _looked_up(self.c), _looked_up(self.x), self.c.shape[1]
        at = np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, pieces - 1)
        behind = (None,) * (self.c.ndim - 2)
        t = (x - breaks[at])[(..., *behind)]
        total = c[0][at]
        for k in range(1, c.shape[0]):
            total = total * t + c[k][at]
        if beyond is False:
            total = np.where(np.logical_or(x < self.x[0], x > self.x[-1])[(..., *behind)], np.nan, total)
        return (
            np.moveaxis(total, tuple(range(x.ndim)), tuple(range(self.axis, self.axis + x.ndim)))
            if self.axis
            else total
        )

    def derivative(self, nu: int = 1) -> Piecewise:
        """The nu-th derivative, a piecewise polynomial."""
        c = self.c
        for _ in range(nu):
            n = c.shape[0]
            powers = np.reshape(np.arange(n - 1, 0, -1), (-1,) + (1,) * (c.ndim - 1))
            c = c[:-1] * powers if n > 1 else 0.0 * c
        return Piecewise(c, self.x, self.extrapolate, self.axis)

    def antiderivative(self, nu: int = 1) -> Piecewise:
        """The integral from the first break, a piecewise polynomial."""
        found = self
        for _ in range(nu):
            c = found.c
            n = c.shape[0]
            raised_ = c / np.reshape(np.arange(n, 0, -1), (-1,) + (1,) * (c.ndim - 1))
            widths = np.reshape(np.diff(self.x), (-1,) + (1,) * (c.ndim - 2))
            each: Any = 0.0
            for k in range(n):
                each = (each + raised_[k]) * widths
            start = np.concatenate([0.0 * each[:1], np.cumsum(each, axis=0)[:-1]], axis=0)
            beyond = False if found.extrapolate == "periodic" else found.extrapolate
            found = Piecewise(np.concatenate([raised_, start[None]], axis=0), self.x, beyond, self.axis)
        return found

    def integral(self, a: Any, b: Any) -> Any:
        """`integrate`, as smoothing splines call it."""
        return self.integrate(a, b)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from `a` to `b`."""
        if (self.extrapolate if extrapolate is None else extrapolate) == "periodic":
            raise UnsupportedError("the integral of a periodic interpolant", help="take a and b inside of one period")
        whole = self.antiderivative()
        return whole(b, extrapolate=extrapolate) - whole(a, extrapolate=extrapolate)


class Grid:
    """A function on a regular grid, linear along each axis in each cell."""

    def __init__(
        self, points: Any, values: Any, bounds_error: bool, fill_value: Any, known: Any = None, method: str = "linear"
    ) -> None:
        self._method = method
        self.grid, self.values, self.bounds_error, self.fill_value = tuple(points), values, bounds_error, fill_value
        self.__wrapped__ = known

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __call__(self, xi: Any, method: str | None = None, *, nu: Any = None) -> Any:
        """Values at points, which are along the last axis of `xi`."""
        if self.__wrapped__ is not None and not is_symbolic(xi):
            return self.__wrapped__(xi, method, nu=nu)
        method = method or getattr(self.__wrapped__, "method", self._method)
        if method not in ("linear", "nearest") or nu is not None:
            raise UnsupportedError(f"RegularGridInterpolator with method={method!r}", help="'linear' or 'nearest'")
        x = 1.0 * (np.stack(np.broadcast_arrays(*xi), axis=-1) if isinstance(xi, tuple) else _array(xi))
        shape = x.shape[:-1] if x.ndim > 1 else (1,)
        columns = [np.reshape(x[..., k], shape) for k in range(len(self.grid))]
        cells = [
            np.clip(np.searchsorted(g, c, side="right") - 1, 0, len(g) - 2)
            for g, c in zip(self.grid, columns, strict=True)
        ]
        lines, values = [_looked_up(g) for g in self.grid], _looked_up(self.values)
        shares = [(c - g[at]) / (g[at + 1] - g[at]) for g, c, at in zip(lines, columns, cells, strict=True)]
        behind = (None,) * (self.values.ndim - len(self.grid))
        total: Any = 0.0
        if method == "nearest":
            nearest = tuple(np.where(share <= 0.5, at, at + 1) for share, at in zip(shares, cells, strict=True))
            total = values[nearest]
        for corner in product((0, 1), repeat=len(self.grid)) if method == "linear" else ():
            weight: Any = 1.0
            for share, k in zip(shares, corner, strict=True):
                weight = weight * (share if k else 1 - share)
            places = tuple(at + k for at, k in zip(cells, corner, strict=True))
            total = total + weight[(..., *behind)] * values[places]
        outside = [np.logical_or(c < g[0], c > g[-1]) for g, c in zip(self.grid, columns, strict=True)]
        beyond = outside[0]
        for more in outside[1:]:
            beyond = np.logical_or(beyond, more)
        if self.bounds_error:
            note(raised(as_node(np.any(beyond)), ValueError("one of the requested xi is out of bounds")))
            return total
        return total if self.fill_value is None else np.where(beyond[(..., *behind)], self.fill_value, total)


# ------------------------------------------------------------------------------------------- through symbolic values


def _known(x: Any, who: str) -> Any:
    if is_symbolic(x):
        raise UnsupportedError(
            f"{who} with symbolic positions x", help="PchipInterpolator and CubicHermiteSpline take them"
        )
    return np.asarray(x, dtype=float)


def _values(y: Any, axis: int) -> Any:
    return np.moveaxis(_array(y), axis, 0)


def cubic_spline(x: Any, y: Any, axis: int = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None) -> Piecewise:
    """The cubic spline through points."""
    x, rows = _known(x, "CubicSpline"), _values(y, axis)
    if not isinstance(bc_type, str):
        return _with_ends(x, rows, bc_type, True if extrapolate is None else extrapolate, axis % _array(y).ndim)
    beyond = ("periodic" if bc_type == "periodic" else True) if extrapolate is None else extrapolate
    if bc_type == "periodic":  # the first value and the last are one
        basis = _scipy().CubicSpline(x, np.concatenate([np.eye(len(x) - 1), np.eye(len(x) - 1)[:1]]), bc_type=bc_type).c
        rows = rows[:-1]
    else:
        basis = _scipy().CubicSpline(x, np.eye(len(x)), bc_type=bc_type).c
    return Piecewise(np.tensordot(basis, rows, axes=(2, 0)), x, beyond, axis % _array(y).ndim)


def _with_ends(x: Any, rows: Any, bc_type: Any, extrapolate: Any, axis: int) -> Piecewise:
    """The cubic spline whose derivatives at the ends are given: linear in the values and in these."""
    n, makes = len(x), _scipy().CubicSpline
    if any(isinstance(end, str) for end in bc_type):
        raise UnsupportedError("CubicSpline with two kinds of ends, one of them by name", help="((2, 0.0), (1, slope))")
    orders, ends = zip(*bc_type, strict=True)
    zero, one = np.zeros(n + 2), np.eye(n + 2)
    bc = [(order, one[n + k] if k < 2 else zero) for k, order in enumerate(orders)]
    basis = makes(x, one[:n], bc_type=tuple(bc)).c
    given = [np.reshape(_array(end) + 0.0 * rows[0], (1, *rows.shape[1:])) for end in ends]
    return Piecewise(np.tensordot(basis, np.concatenate([rows, *given]), axes=(2, 0)), x, extrapolate, axis)


def interpolating_spline(
    x: Any, y: Any, k: int = 3, t: Any = None, bc_type: Any = None, axis: int = 0, check_finite: bool = True
) -> Piecewise:
    """The spline of degree k through points."""
    x, rows = _known(x, "make_interp_spline"), _values(y, axis)
    if bc_type is not None and not isinstance(bc_type, str):
        raise UnsupportedError(
            "make_interp_spline with derivatives at the ends given", help="bc_type='natural', 'clamped'"
        )
    spline = _scipy().make_interp_spline(x, np.eye(len(x)), k=k, t=t, bc_type=bc_type)
    basis, breaks = basis_of(spline.t, spline.c, spline.k)
    return Piecewise(np.tensordot(basis, rows, axes=(2, 0)), breaks, True, axis % _array(y).ndim)


def basis_of(t: Any, c: Any, k: int) -> tuple[Any, Any]:
    """The coefficients of the pieces of each of several splines, along the last axis, and the breaks between them."""
    pieces = [_scipy().PPoly.from_spline((t, column, k)) for column in c.T]
    wide = np.diff(pieces[0].x) > 0
    breaks = np.append(pieces[0].x[:-1][wide], pieces[0].x[-1])
    return np.stack([piece.c[:, wide] for piece in pieces], axis=-1), breaks


def hermite_spline(x: Any, y: Any, dydx: Any, axis: int = 0, extrapolate: Any = None) -> Piecewise:
    """The cubic pieces through points with given slopes."""
    x, rows, slopes = _array(x), _values(y, axis), _values(dydx, axis)
    h = np.reshape(np.diff(x), (-1,) + (1,) * (rows.ndim - 1))
    secant = np.diff(rows, axis=0) / h
    bend = (slopes[:-1] + slopes[1:] - 2 * secant) / h
    c = np.stack([bend / h, (secant - slopes[:-1]) / h - bend, slopes[:-1], rows[:-1]])
    return Piecewise(c, x, True if extrapolate is None else extrapolate, axis % _array(y).ndim)


def _end(h0: Any, h1: Any, m0: Any, m1: Any) -> Any:
    """The slope at an end: of the parabola through three points, if it does not bend the wrong way."""
    d = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1)
    steep = np.logical_and(np.sign(m0) != np.sign(m1), np.abs(d) > 3 * np.abs(m0))
    return np.where(np.sign(d) != np.sign(m0), 0.0, np.where(steep, 3 * m0, d))


def pchip(x: Any, y: Any, axis: int = 0, extrapolate: Any = None) -> Piecewise:
    """The cubic pieces through points that are monotone where the points are."""
    x, rows = _array(x).astype(np.float64), _values(y, axis).astype(np.float64)
    h = np.reshape(np.diff(x), (-1,) + (1,) * (rows.ndim - 1)) + 0.0 * rows[1:]
    m = np.diff(rows, axis=0) / h
    if rows.shape[0] == 2:
        slopes = np.concatenate([m, m], axis=0)
    else:
        flat = np.logical_or(np.sign(m[1:]) != np.sign(m[:-1]), np.logical_or(m[1:] == 0, m[:-1] == 0))
        w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
        below = w1 / np.where(flat, 1.0, m[:-1]) + w2 / np.where(flat, 1.0, m[1:])
        inner = np.where(flat, 0.0, (w1 + w2) / np.where(flat, 1.0, below))
        first, last = _end(h[0], h[1], m[0], m[1]), _end(h[-1], h[-2], m[-1], m[-2])
        slopes = np.concatenate([first[None], inner, last[None]], axis=0)
    return hermite_spline(x, np.moveaxis(rows, 0, axis), np.moveaxis(slopes, 0, axis), axis, extrapolate)


def regular_grid(
    points: Any,
    values: Any,
    method: str = "linear",
    bounds_error: bool = True,
    fill_value: Any = np.nan,
    **options: Any,
) -> Grid:
    """A function on a regular grid."""
    if method not in ("linear", "nearest") or options:
        raise UnsupportedError(f"RegularGridInterpolator with method={method!r}", help="'linear' or 'nearest'")
    grid = [_known(p, "RegularGridInterpolator") for p in points]
    return Grid(grid, _array(values), bounds_error, fill_value, method=method)


MAKERS = {
    "CubicSpline": cubic_spline, "CubicHermiteSpline": hermite_spline, "PchipInterpolator": pchip, "make_interp_spline": interpolating_spline,
    "RegularGridInterpolator": regular_grid, "pchip": pchip,
}  # fmt: skip


# ------------------------------------------------------------------------------------------------ what is known


_OF_TWO = ("RectBivariateSpline", "SmoothBivariateSpline", "LSQBivariateSpline", "BivariateSpline")


def known_interpolant(value: Any) -> Any:
    """What stands for an interpolant of SciPy's; None for other values."""
    scipy = sys.modules.get(MODULE)
    if scipy is None or not str(type(value).__module__).startswith(MODULE):
        return None
    if isinstance(value, scipy.PPoly):
        return Piecewise(value.c, value.x, value.extrapolate, getattr(value, "axis", 0), value)
    if isinstance(value, scipy.RegularGridInterpolator):
        return Grid(value.grid, value.values, value.bounds_error, value.fill_value, value)
    if isinstance(value, scipy.BSpline):
        beyond = value.extrapolate if value.extrapolate == "periodic" else bool(value.extrapolate)
        return _of_spline(value, value.tck, beyond, value.axis)
    if isinstance(value, scipy.BivariateSpline) and type(value).__name__ in _OF_TWO:
        return importlib.import_module(f"{__package__}.splines").Bivariate((*value.tck, *value.degrees))
    if isinstance(value, scipy.interp1d):
        return importlib.import_module(f"{__package__}.interpolants").known_line(value)
    if isinstance(value, scipy.UnivariateSpline) and getattr(value, "ext", 0) == 0:
        return _of_spline(value, value._eval_args, True)
    return None


def _of_spline(value: Any, tck: Any, extrapolate: Any, axis: int = 0) -> Piecewise:
    t, c, k = tck
    n = len(t) - k - 1
    basis, breaks = basis_of(t, np.reshape(c[:n], (n, -1)), k)
    return Piecewise(np.reshape(basis, (*basis.shape[:2], *np.shape(c)[1:])), breaks, extrapolate, axis, value)
