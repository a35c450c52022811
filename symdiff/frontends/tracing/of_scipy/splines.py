"""Splines in terms of B-splines, as FITPACK has them: knots are known, coefficients and positions may be symbolic.

The pieces of a spline are linear in its coefficients: a matrix, which SciPy says.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.tracing.flow.guards import note, raised
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.interpolate import Piecewise, basis_of
from symdiff.frontends.tracing.of_scipy.table import refuse
from symdiff.graph.node import as_node


def _array(x: Any) -> Any:
    return x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)


def b_spline(t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> Piecewise:
    """The sum of B-splines of degree k on the knots t, with coefficients c."""
    if is_symbolic((t, k)):
        raise UnsupportedError("a spline with symbolic knots", help="differentiate by coefficients, or by positions")
    rows = np.moveaxis(_array(c), axis, 0)
    n = len(t) - k - 1
    basis, breaks = basis_of(np.asarray(t, float), np.eye(n), int(k))
    return Piecewise(np.tensordot(basis, rows[:n], axes=(2, 0)), breaks, extrapolate, axis % rows.ndim)


def splev(x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
    """A spline, or its derivative, at positions; beyond the ends what `ext` says."""
    if hasattr(tck, "__wrapped__"):
        tck = tck.__wrapped__
    t, c, k = tck.tck if hasattr(tck, "tck") else tck
    if isinstance(c, list):
        raise UnsupportedError("splev of a curve", help="take its coordinates one by one")
    whole = b_spline(t, c, k)
    low, high = t[k], t[-k - 1]
    x = 1.0 * _array(x)
    if ext == 3 and der == 0:  # FITPACK's derivatives go on
        return whole(np.clip(x, low, high))
    found = whole(x, der)
    if ext in (0, 3):
        return found
    beyond = np.logical_or(x < low, x > high)
    if ext == 2:
        if is_symbolic(beyond):
            note(raised(as_node(np.any(beyond)), ValueError("splev is asked for a value outside of the knots")))
        elif np.any(beyond):
            raise ArgumentError("splev is asked for a value outside of the knots", help="ext=0 extrapolates")
        return found
    if ext != 1:
        raise ArgumentError(f"splev with ext={ext!r}", help="0, 1, 2 or 3")
    return np.where(beyond, 0.0, found)


def splrep(
    x: Any,
    y: Any,
    w: Any = None,
    xb: Any = None,
    xe: Any = None,
    k: int = 3,
    task: int = 0,
    s: Any = None,
    **options: Any,
) -> Any:
    """The spline of odd degree k through points, as (knots, coefficients, degree)."""
    why = "its knots depend on the values: take make_interp_spline"
    refuse("scipy.interpolate.splrep", why, s=s, w=w, task=task, xb=xb, xe=xe)
    for name, value in options.items():
        refuse("scipy.interpolate.splrep", "take make_interp_spline", **{name: value})
    if is_symbolic(x):
        raise UnsupportedError("splrep with symbolic positions x", help="PchipInterpolator takes them")
    if k % 2 == 0:
        raise UnsupportedError("splrep of even degree", help="make_interp_spline takes it, with other knots")
    x = np.asarray(x, float)
    spline = importlib.import_module("scipy.interpolate").make_interp_spline(x, np.eye(len(x)), k=k)
    c = spline.c @ _array(y)
    return spline.t, np.concatenate([c, np.zeros(k + 1)]), k


def interpolated(
    x: Any, y: Any, w: Any = None, bbox: Any = (None, None), k: int = 3, ext: Any = 0, check_finite: bool = False
) -> Any:
    """InterpolatedUnivariateSpline through symbolic values."""
    refuse("scipy.interpolate.InterpolatedUnivariateSpline", "take make_interp_spline", w=w, ext=ext)
    if any(end is not None for end in bbox):
        raise UnsupportedError("InterpolatedUnivariateSpline with bbox", help="take make_interp_spline")
    t, c, k = splrep(x, y, k=k)
    return b_spline(t, c, k)


class Bivariate:
    """A spline of two variables, a sum of products of B-splines of each: known, at symbolic positions.

    Args:
        tck: knots of both, coefficients, degrees of both, as `bisplrep` gives them.
    """

    def __init__(self, tck: Any) -> None:
        self._tx, self._ty, c, self._kx, self._ky = tck
        self._shape = len(self._tx) - self._kx - 1, len(self._ty) - self._ky - 1
        self._c = np.reshape(np.asarray(c)[: self._shape[0] * self._shape[1]], self._shape)

    def _bases(self, x: Any, y: Any, dx: int, dy: int) -> tuple[Any, Any]:
        """The B-splines of each variable, at places beyond the ends those of the ends, as FITPACK has them."""
        pairs = (x, self._tx, self._kx, dx, self._shape[0]), (y, self._ty, self._ky, dy, self._shape[1])
        first, second = (
            b_spline(t, np.eye(n), k)(np.clip(1.0 * _array(at), t[k], t[-k - 1]), nu) for at, t, k, nu, n in pairs
        )
        return first, second

    def ev(self, x: Any, y: Any, dx: int = 0, dy: int = 0) -> Any:
        """Values, or derivatives, at points whose coordinates are beside each other."""
        first, second = self._bases(x, y, dx, dy)
        return np.sum((first @ self._c) * second, axis=-1)

    def __call__(self, x: Any, y: Any, dx: int = 0, dy: int = 0, grid: bool = True) -> Any:
        """The same, or on the grid of both."""
        if not grid:
            return self.ev(x, y, dx, dy)
        first, second = self._bases(np.reshape(_array(x), (-1,)), np.reshape(_array(y), (-1,)), dx, dy)
        return first @ self._c @ second.T


def bisplev(x: Any, y: Any, tck: Any, dx: int = 0, dy: int = 0) -> Any:
    """A spline of two variables, or its derivative, on a grid; a number where it has one point."""
    if is_symbolic(tck):
        raise UnsupportedError("bisplev with symbolic coefficients", help="differentiate by positions")
    found = Bivariate(tck)(x, y, dx, dy)
    return found[0, 0] if np.shape(found) == (1, 1) else found


def rectangular(x: Any, y: Any, z: Any, **options: Any) -> Any:
    """Refuses symbolic values of RectBivariateSpline, whose knots are known and whose coefficients are not."""
    raise UnsupportedError("RectBivariateSpline through symbolic values", help="make_interp_spline along each axis")


MAKERS = {
    "BSpline": b_spline, "splev": splev, "splrep": splrep, "InterpolatedUnivariateSpline": interpolated, "bisplev": bisplev,
    "RectBivariateSpline": rectangular,
}  # fmt: skip
