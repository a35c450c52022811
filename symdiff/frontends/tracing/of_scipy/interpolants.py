"""scipy.interpolate: broken lines, Akima's pieces, polynomials through points, radial functions, least squares.

Akima, "A new method of interpolation and smooth curve fitting", 1970. Newton's divided differences for polynomials;
Fasshauer, "Meshfree approximation methods with MATLAB", 2007, for radial functions.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import comb
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.frontends.tracing.flow.guards import note, raised
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.interpolate import (
    Piecewise,
    basis_of,
    hermite_spline,
    interpolating_spline,
    known_interpolant,
    pchip,
    regular_grid,
)
from symdiff.frontends.tracing.of_scipy.splines import b_spline
from symdiff.frontends.tracing.of_scipy.table import array, own
from symdiff.frontends.tracing.symbol import captured
from symdiff.graph.node import as_node

# ------------------------------------------------------------------------------------------------------ broken lines

_DEGREES = {"zero": 0, "slinear": 1, "quadratic": 2, "cubic": 3}


class Steps:
    """The value of one of the points: the nearest one, the one before, or the one behind."""

    def __init__(self, kind: str, x: Any, rows: Any, axis: int) -> None:
        self._kind, self._x, self._rows, self._axis = kind, x, rows, axis

    def __call__(self, x: Any) -> Any:
        """Values at places."""
        if self._kind.startswith("nearest"):
            middles = (self._x[1:] + self._x[:-1]) / 2
            up = self._kind == "nearest-up"
            at = np.searchsorted(middles, x, side="right") if up else np.searchsorted(middles, x, side="left")
        elif self._kind == "next":
            at = np.searchsorted(self._x, x, side="left")
        else:
            at = np.searchsorted(self._x, x, side="right") - 1
        rows = captured(self._rows) if type(self._rows) is np.ndarray else self._rows
        found = rows[np.clip(at, 0, self._rows.shape[0] - 1)]
        n = np.ndim(x)
        return np.moveaxis(found, tuple(range(n)), tuple(range(self._axis, self._axis + n))) if self._axis else found


class Line:
    """What interp1d makes: an interpolant, and what holds beyond the ends."""

    def __init__(self, inner: Any, ends: Any, axes: Any, bounds_error: Any, fill: Any) -> None:
        self._inner, self._ends, self._axes, self._error, self._fill = inner, ends, axes, bounds_error, fill

    def __call__(self, x: Any) -> Any:
        """Values at places."""
        x = 1.0 * array(x)
        found = self._inner(x)
        if isinstance(self._fill, str):
            return found
        low, high = x < self._ends[0], x > self._ends[1]
        if self._error:
            beyond = np.any(np.logical_or(low, high))
            if is_symbolic(beyond):
                note(raised(as_node(beyond), ValueError("a place is outside of the interpolation range")))
            elif beyond:
                raise ArgumentError("a place is outside of the interpolation range", help="fill_value='extrapolate'")
            return found
        below, above = self._fill if isinstance(self._fill, tuple) else (self._fill, self._fill)
        before, behind = self._axes
        shape = (...,) + (None,) * behind if before == 0 else (None,) * before + (...,) + (None,) * behind
        return np.where(low[shape], below, np.where(high[shape], above, found))


def interp1d(x: Any, y: Any, kind: Any = "linear", axis: int = -1, copy: bool = True, bounds_error: Any = None,
             fill_value: Any = np.nan, assume_sorted: bool = False) -> Line:  # fmt: skip
    """The broken line through points, or another interpolant of that kind."""
    x, y = array(x), array(y)
    if not y.ndim:
        raise ShapeError("interp1d of one number", help="give a value for each x")
    axis = axis % y.ndim
    rows = 1.0 * np.moveaxis(y, axis, 0)
    if x.shape != rows.shape[:1]:
        raise ShapeError(
            f"interp1d with x of shape {x.shape} of values of shape {y.shape}, axis={axis}", help="one value for each x"
        )
    if is_symbolic(x):
        if kind != "linear":
            raise UnsupportedError(f"interp1d with symbolic positions x and kind={kind!r}", help="kind='linear'")
    elif not assume_sorted:
        order = np.argsort(x, kind="stable")
        x, rows = np.asarray(x, float)[order], rows if np.all(np.diff(order) > 0) else rows[order]
    extrapolates = isinstance(fill_value, str)
    if kind == "linear":
        slopes = np.diff(rows, axis=0) / np.reshape(np.diff(x), (-1,) + (1,) * (rows.ndim - 1))
        inner: Any = Piecewise(np.stack([slopes, rows[:-1]]), x, True, axis)
    elif kind in ("nearest", "nearest-up", "previous", "next"):
        if extrapolates and not kind.startswith("nearest"):
            raise UnsupportedError(f"interp1d with kind={kind!r} beyond the ends", help="fill_value=(first, last)")
        inner = Steps(kind, x, rows, axis)
    elif kind == "zero" or kind == 0:
        inner = Steps("previous", x, rows, axis)
    elif kind in _DEGREES or isinstance(kind, int):
        inner = interpolating_spline(x, np.moveaxis(rows, 0, axis), _DEGREES.get(kind, kind), axis=axis)
    else:
        raise ArgumentError(f"interp1d with kind={kind!r}", help=f"'linear', 'nearest', {', '.join(_DEGREES)}")
    error = (not extrapolates) if bounds_error is None else bounds_error
    return Line(inner, (x[0], x[-1]), (axis, y.ndim - 1 - axis), error, fill_value)


class _Moved:
    """A spline along its first axis, whose places come to stand at another one."""

    def __init__(self, inner: Any, axis: int) -> None:
        self._inner, self._axis = inner, axis

    def __call__(self, x: Any) -> Any:
        """Values at places."""
        found, n = self._inner(x), np.ndim(x)
        behind = np.reshape(found, (*np.shape(x), *self._inner.c.shape[2:]))
        return np.moveaxis(behind, tuple(range(n)), tuple(range(self._axis, self._axis + n)))


def known_line(value: Any) -> Line | None:
    """What stands for an interp1d of SciPy's, at symbolic places."""
    fill = "extrapolate" if getattr(value, "_extrapolate", False) else value.fill_value
    kind = getattr(value, "_kind", "linear")
    y = np.asarray(value.y)
    if kind == "spline":  # of which the degree is known to the spline alone
        inner = known_interpolant(value._spline)
        axes = value.axis, y.ndim - 1 - value.axis
        return Line(_Moved(inner, value.axis), (value.x[0], value.x[-1]), axes, value.bounds_error, fill)
    return interp1d(value.x, y, kind, value.axis, bounds_error=value.bounds_error, fill_value=fill, assume_sorted=True)


def interpn(points: Any, values: Any, xi: Any, method: str = "linear", bounds_error: bool = True,
            fill_value: Any = np.nan) -> Any:  # fmt: skip
    """Values between those on a regular grid."""
    return regular_grid(points, values, method, bounds_error, fill_value)(xi)


# ------------------------------------------------------------------------------------------------- pieces of degree 3


def _double(x: Any) -> Any:
    """In the precision in which SciPy computes pieces."""
    x = 1.0 * array(x)
    return x.astype(np.float64) if x.dtype.kind == "f" else x


def akima(x: Any, y: Any, axis: int = 0, *, method: str = "akima", extrapolate: Any = None) -> Piecewise:
    """The cubic pieces whose slopes are means of those around a point, the less the more these bend."""
    if method not in ("akima", "makima"):
        raise ArgumentError(f"Akima1DInterpolator with method={method!r}", help="'akima' or 'makima'")
    x, rows = _double(x), np.moveaxis(_double(y), axis, 0)
    m = np.diff(rows, axis=0) / np.reshape(np.diff(x), (-1,) + (1,) * (rows.ndim - 1))
    if rows.shape[0] == 2:
        slopes = np.concatenate([m, m], axis=0)
    else:
        before, behind = 2 * m[:1] - m[1:2], 2 * m[-1:] - m[-2:-1]
        m = np.concatenate([2 * before - m[:1], before, m, behind, 2 * behind - m[-1:]], axis=0)
        bends = np.abs(np.diff(m, axis=0))
        bends = bends if method == "akima" else bends + 0.5 * np.abs(m[1:] + m[:-1])
        left, right = bends[2:], bends[:-2]
        known = left + right > 1e-9 * np.max(left + right)
        share = right / np.where(known, left + right, 1.0)
        slopes = np.where(known, m[1:-2] + share * (m[2:-1] - m[1:-2]), 0.5 * (m[3:] + m[:-3]))
    beyond = False if extrapolate is None else extrapolate
    return hermite_spline(x, np.moveaxis(rows, 0, axis), np.moveaxis(slopes, 0, axis), axis, beyond)


def pchip_interpolate(xi: Any, yi: Any, x: Any, der: int = 0, axis: int = 0) -> Any:
    """The monotone pieces through points, or their derivative, at places."""
    return pchip(xi, yi, axis)(x, der)


def pieces(c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> Piecewise:
    """PPoly: coefficients of powers of the distance from the break before."""
    if axis:
        raise UnsupportedError("PPoly with an axis", help="move the axes of c")
    return Piecewise(_double(c), _double(x), True if extrapolate is None else extrapolate)


def bernstein(c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> Piecewise:
    """BPoly: coefficients of Bernstein's polynomials on each piece, in powers."""
    c, x = array(c), array(x)
    k = c.shape[0] - 1
    powers = np.zeros((k + 1, k + 1))  # of s**(k - row) in the a-th polynomial
    for a in range(k + 1):
        for j in range(k - a + 1):
            powers[k - a - j, a] = comb(k, a) * comb(k - a, j) * (-1) ** j
    widths = np.reshape(np.diff(x), (1, -1) + (1,) * (c.ndim - 2))
    exponents = np.reshape(np.arange(k, -1, -1), (-1,) + (1,) * (c.ndim - 1))
    return pieces(np.tensordot(powers, c, axes=1) / widths**exponents, x, extrapolate, axis)


# -------------------------------------------------------------------------------------------------- splines and FITPACK


def _linear_in_coefficients(name: str) -> Callable[..., Any]:
    def call(tck: Any, n: int = 1) -> Any:
        t, c, k = tck.tck if hasattr(tck, "tck") else tck
        if is_symbolic(t):
            raise UnsupportedError("a spline with symbolic knots", help="differentiate by coefficients")
        rule = own(f"interpolate.{name}")
        found = [rule((np.asarray(t, float), row, k), n) for row in np.eye(c.shape[0])]
        return found[0][0], np.stack([row[1] for row in found], axis=-1) @ c, found[0][2]

    return call


def splint(a: Any, b: Any, tck: Any, full_output: int = 0) -> Any:
    """The integral of a spline, which is 0 beyond its knots."""
    t, c, k = tck.tck if hasattr(tck, "tck") else tck
    if full_output:
        raise UnsupportedError("splint with full_output", help="take the integral alone")
    low, high = t[k], t[-k - 1]
    return b_spline(t, c, k).integrate(np.clip(1.0 * array(a), low, high), np.clip(1.0 * array(b), low, high))


def _fitted(name: str, x: Any, y: Any, axis: int, **options: Any) -> Piecewise:
    """A spline whose coefficients are linear in the values: SciPy says the matrix."""
    if is_symbolic((x, options)):
        raise UnsupportedError(f"{name} with symbolic positions or weights", help="differentiate by the values y")
    x, rows = np.asarray(x, float), np.moveaxis(array(y), axis, 0)
    spline = own(f"interpolate.{name}")(x, np.eye(len(x)), **options)
    basis, breaks = basis_of(spline.t, spline.c, spline.k)
    return Piecewise(np.tensordot(basis, rows, axes=(2, 0)), breaks, True, axis % array(y).ndim)


def least_squares(x: Any, y: Any, t: Any, k: int = 3, w: Any = None, axis: int = 0, check_finite: bool = True, *,
                  method: str = "qr") -> Piecewise:  # fmt: skip
    """The spline on knots that is nearest to points."""
    return _fitted("make_lsq_spline", x, y, axis, t=t, k=k, w=w)


def smoothing(x: Any, y: Any, w: Any = None, lam: Any = None, *, axis: int = 0) -> Piecewise:
    """The spline that is smooth, and near to points."""
    if lam is None:
        raise UnsupportedError("make_smoothing_spline that searches for lam", help="give lam=… as a number")
    return _fitted("make_smoothing_spline", x, y, axis, w=w, lam=lam)


# -------------------------------------------------------------------------------------------------------- polynomials


class Polynomial:
    """The polynomial through points, by divided differences."""

    def __init__(self, xi: Any, yi: Any, axis: int = 0, **options: Any) -> None:
        if yi is None or options.get("wi") is not None:
            raise UnsupportedError("a polynomial through points that are given later", help="give xi and yi")
        self._axis, y = axis % array(yi).ndim, array(yi)
        self._x, rows = array(xi), 1.0 * np.moveaxis(y, axis, 0)
        if not is_symbolic(self._x) and len(set(np.asarray(self._x).tolist())) < self._x.shape[0]:
            raise UnsupportedError("a polynomial with given derivatives", help="CubicHermiteSpline")
        self._c, widths = [rows[0]], (-1,) + (1,) * (rows.ndim - 1)
        for j in range(1, rows.shape[0]):
            rows = np.diff(rows, axis=0) / np.reshape(self._x[j:] - self._x[:-j], widths)
            self._c.append(rows[0])

    def __call__(self, x: Any) -> Any:
        """Values at places."""
        x = 1.0 * array(x)
        behind = (...,) + (None,) * len(self._c[0].shape)
        total = self._c[-1] + 0.0 * x[behind]
        for k in range(len(self._c) - 2, -1, -1):
            total = total * (x - self._x[k])[behind] + self._c[k]
        n = x.ndim
        return np.moveaxis(total, tuple(range(n)), tuple(range(self._axis, self._axis + n))) if self._axis else total


def polynomial_at(xi: Any, yi: Any, x: Any, der: int = 0, axis: int = 0) -> Any:
    """krogh_interpolate."""
    if der:
        raise UnsupportedError("the derivative of a polynomial through points", help="np.polynomial.Polynomial.fit")
    return Polynomial(xi, yi, axis)(x)


def barycentric_at(xi: Any, yi: Any, x: Any, axis: int = 0, *, der: int = 0, rng: Any = None) -> Any:
    """barycentric_interpolate."""
    return polynomial_at(xi, yi, x, der, axis)


# --------------------------------------------------------------------------------------------------- scattered points

# Kernels of the square of the distance, and the least degree of the polynomial beside them.
_KERNELS: dict[str, tuple[Callable[[Any], Any], int]] = {
    "linear": (lambda q: -_root(q), 0), "thin_plate_spline": (lambda q: own("special.xlogy")(q, q) / 2, 1),
    "cubic": (lambda q: q * _root(q), 1), "quintic": (lambda q: -(q**2) * _root(q), 2), "multiquadric": (lambda q: -np.sqrt(q + 1), 0),
    "inverse_multiquadric": (lambda q: 1 / np.sqrt(q + 1), 0), "inverse_quadratic": (lambda q: 1 / (q + 1), 0), "gaussian": (lambda q: np.exp(-q), 0),
}  # fmt: skip


def _root(q: Any) -> Any:
    """The root, without a slope at 0."""
    return np.where(q == 0, 0.0, np.sqrt(np.where(q == 0, 1.0, q)))


class Radial:
    """What RBFInterpolator makes: a sum of radial functions about points, and a polynomial."""

    def __init__(self, y: Any, d: Any, neighbors: Any = None, smoothing: Any = 0.0, kernel: str = "thin_plate_spline", epsilon: Any = None,
                 degree: int | None = None) -> None:  # fmt: skip
        if kernel not in _KERNELS or neighbors is not None:
            raise UnsupportedError(
                f"RBFInterpolator with kernel={kernel!r}", help=f"{', '.join(_KERNELS)}; all neighbors"
            )
        self._kernel, least = _KERNELS[kernel]
        self._y, d = array(y), 1.0 * array(d)
        n, self._axes = self._y.shape[0], d.shape[1:]
        if epsilon is None and kernel not in ("linear", "thin_plate_spline", "cubic", "quintic"):
            raise ArgumentError(f"RBFInterpolator with kernel={kernel!r} takes epsilon=…")
        self._epsilon, self._degree = 1.0 if epsilon is None else epsilon, least if degree is None else degree
        matrix, powers = self._radial(self._y), self._powers(self._y)
        m = powers.shape[1]
        matrix = matrix + smoothing * np.eye(n)
        whole = np.concatenate(
            [np.concatenate([matrix, powers], 1), np.concatenate([powers.T, np.zeros((m, m))], 1)], 0
        )
        right = np.concatenate([np.reshape(d, (n, -1)), np.zeros((m, int(np.prod(self._axes))))], 0)
        self._c = np.linalg.solve(whole, right)

    def _radial(self, x: Any) -> Any:
        gap = self._epsilon * (x[:, None, :] - self._y[None, :, :])
        return self._kernel(np.sum(gap * gap, axis=-1))

    def _powers(self, x: Any) -> Any:
        """Monomials of the coordinates."""
        orders = [p for p in product(range(self._degree + 1), repeat=x.shape[1]) if sum(p) <= self._degree]
        middle = np.mean(self._y, axis=0)
        columns = [np.prod(np.stack([(x[:, k] - middle[k]) ** e for k, e in enumerate(p)]), 0) for p in orders]
        return np.stack(columns, axis=1) if columns else np.zeros((x.shape[0], 0))

    def __call__(self, x: Any) -> Any:
        """Values at points, one in each row."""
        x = 1.0 * array(x)
        found = np.concatenate([self._radial(x), self._powers(x)], axis=1) @ self._c
        return np.reshape(found, (x.shape[0], *self._axes))


class Scattered:
    """Values at known places between scattered known points: a matrix, which SciPy says, times those of the points."""

    def __init__(self, method: str, points: Any, values: Any, fill_value: Any = np.nan, rescale: bool = False) -> None:
        if is_symbolic((points, fill_value)):
            raise UnsupportedError("an interpolant of symbolic scattered points", help="RBFInterpolator takes them")
        self._method, self._points, self._values = method, points, array(values)
        self._options = {"fill_value": fill_value, "rescale": rescale}

    def __call__(self, *xi: Any) -> Any:
        """Values at places."""
        if is_symbolic(xi):
            raise UnsupportedError("an interpolant of scattered points at symbolic places", help="RBFInterpolator")
        place = xi[0] if len(xi) == 1 else xi
        n = self._values.shape[0]
        matrix = own("interpolate.griddata")(self._points, np.eye(n), place, self._method, **self._options)
        return np.tensordot(matrix, self._values, axes=(-1, 0))


def griddata(
    points: Any, values: Any, xi: Any, method: str = "linear", fill_value: Any = np.nan, rescale: bool = False
) -> Any:
    """Values between scattered points."""
    if method not in ("linear", "nearest"):
        raise UnsupportedError(f"griddata with method={method!r}", help="'linear', 'nearest', or RBFInterpolator")
    return Scattered(method, points, values, fill_value, rescale)(xi)


MAKERS: dict[str, Callable[..., Any]] = {
    "interp1d": interp1d, "interpn": interpn, "Akima1DInterpolator": akima, "pchip_interpolate": pchip_interpolate, "PPoly": pieces,
    "BPoly": bernstein, "splder": _linear_in_coefficients("splder"), "splantider": _linear_in_coefficients("splantider"), "splint": splint,
    "make_lsq_spline": least_squares, "make_smoothing_spline": smoothing, "BarycentricInterpolator": Polynomial, "KroghInterpolator": Polynomial,
    "krogh_interpolate": polynomial_at, "barycentric_interpolate": barycentric_at, "RBFInterpolator": Radial, "griddata": griddata,
    "LinearNDInterpolator": lambda points, values, fill_value=np.nan, rescale=False: Scattered("linear", points, values, fill_value, rescale),
    "NearestNDInterpolator": lambda x, y, rescale=False, tree_options=None: Scattered("nearest", x, y, rescale=rescale),
}  # fmt: skip
