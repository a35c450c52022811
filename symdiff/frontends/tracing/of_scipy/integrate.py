"""scipy.integrate on samples: rules that are linear in the values."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from symdiff.errors import ShapeError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import means


def _along(y: Any, axis: int, start: int | None, stop: int | None) -> Any:
    return y[(slice(None),) * (axis % y.ndim) + (slice(start, stop),)]


def _steps(y: Any, x: Any, dx: Any, axis: int) -> Any:
    """The widths between samples, to be multiplied along an axis of `y`."""
    if x is None:
        return dx
    widths = np.diff(x, axis=axis if np.ndim(x) > 1 else 0)
    return np.reshape(widths, (-1,) + (1,) * (y.ndim - 1 - axis % y.ndim)) if np.ndim(x) == 1 else widths


@means("scipy.integrate.trapezoid", dtype="kept")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of the broken line through the samples."""
    y = np.stack(y) if isinstance(y, (list, tuple)) else y + np.zeros(())
    return np.sum(_cells(y, x, dx, axis), axis=axis)


def _cells(y: Any, x: Any, dx: Any, axis: int) -> Any:
    return _steps(y, x, dx, axis) * (_along(y, axis, 1, None) + _along(y, axis, None, -1)) / 2


@means("scipy.integrate.cumulative_trapezoid", dtype="kept")
def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """The integral of the broken line up to each sample but the first one."""
    y = y + np.zeros(())
    found = np.cumsum(_cells(y, x, dx, axis), axis=axis)
    if initial is None:
        return found
    if initial != 0:
        raise UnsupportedError("cumulative_trapezoid with initial other than 0", help="add it to the result")
    return np.concatenate([np.zeros_like(_along(y, axis, None, 1)), found], axis=axis)


def _weighted(name: str, y: Any, x: Any, dx: Any, axis: int, **options: Any) -> Any:
    """A rule of SciPy's that is linear in the samples, as the matrix that it is."""
    if not hasattr(y, "ndim"):
        y = np.stack(y)
    if x is not None and (is_symbolic(x) or np.ndim(x) != 1):
        raise UnsupportedError(
            f"scipy.integrate.{name} at positions x that are symbolic, or of several axes",
            help="take trapezoid, or one vector of known positions",
        )
    if is_symbolic(dx):
        return dx * _weighted(name, y, x, 1.0, axis, **options)
    n = y.shape[axis]
    if not isinstance(n, int):
        raise ShapeError(
            f"scipy.integrate.{name} along an axis whose length is a name", help="give the length as a number"
        )
    rule = getattr(importlib.import_module("scipy.integrate"), name)
    weights = rule(np.eye(n), x=x, dx=dx, axis=0, **options)
    return np.tensordot(weights, y, axes=(0, axis))


@means("scipy.integrate.simpson")
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """Simpson's rule."""
    return _weighted("simpson", y, x, dx, axis)


@means("scipy.integrate.romb")
def romb(y: Any, dx: Any = 1.0, axis: int = -1, show: bool = False) -> Any:
    """Romberg's rule."""
    if not hasattr(y, "ndim"):
        y = np.stack(y)
    rule = importlib.import_module("scipy.integrate").romb
    return dx * np.tensordot(rule(np.eye(y.shape[axis]), axis=0), y, axes=(0, axis))


@means("scipy.integrate.cumulative_simpson")
def cumulative_simpson(y: Any, *, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """Simpson's rule up to each sample but the first one."""
    y = y + np.zeros(())
    n = y.shape[axis]
    if x is not None and is_symbolic(x):
        raise UnsupportedError(
            "scipy.integrate.cumulative_simpson at symbolic positions x", help="take cumulative_trapezoid"
        )
    if is_symbolic(dx):
        return dx * cumulative_simpson(y, dx=1.0, axis=axis, initial=initial)
    rule = importlib.import_module("scipy.integrate").cumulative_simpson
    rows = rule(np.eye(n), x=x, dx=dx, axis=-1)  # the integral up to each sample of the k-th unit vector
    found = np.moveaxis(np.moveaxis(y, axis, -1) @ rows, -1, axis)
    return (
        found
        if initial is None
        else np.concatenate([initial + 0 * _along(y, axis, None, 1), initial + found], axis=axis)
    )
