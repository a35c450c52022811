"""numpy.polynomial: series in orthogonal polynomials, evaluated by Clenshaw's recurrence as NumPy does."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import means

Recurrence = Callable[[int, Any], tuple[Any, Any]]

# p_(k+1) = alpha(k, x) p_k + beta(k) p_(k-1), and p_1, of each kind (DLMF 18.9.1 and table 18.9.1).
KINDS: dict[str, tuple[str, Callable[[Any], Any], Recurrence]] = {
    "polynomial": ("poly", lambda x: x, lambda k, x: (x, 0.0)),
    "chebyshev": ("cheb", lambda x: x, lambda k, x: (2 * x, -1.0)),
    "legendre": ("leg", lambda x: x, lambda k, x: ((2 * k + 1) / (k + 1) * x, -k / (k + 1))),
    "hermite": ("herm", lambda x: 2 * x, lambda k, x: (2 * x, -2.0 * k)),
    "hermite_e": ("herme", lambda x: x, lambda k, x: (x, -1.0 * k)),
    "laguerre": ("lag", lambda x: 1 - x, lambda k, x: ((2 * k + 1 - x) / (k + 1), -k / (k + 1))),
}


def evaluate(kind: str, x: Any, c: Any, tensor: bool = True) -> Any:
    """The sum of c[k] times the k-th polynomial at x."""
    if not hasattr(c, "ndim"):
        c = np.stack(c) if isinstance(c, (list, tuple)) else np.asarray(c)
    x = x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)
    if tensor and x.ndim:
        c = np.reshape(c, (*c.shape, *(1,) * x.ndim))
    n = c.shape[0]
    if not isinstance(n, int):
        raise ShapeError("a polynomial whose number of coefficients is a name", help="give the length as a number")
    _, first, recurrence = KINDS[kind]
    ahead, behind = c[n - 1] + 0 * x, 0 * x + 0 * c[0]
    for k in range(n - 2, -1, -1):
        if k == 0:
            second = recurrence(1, x)[1]
            return c[0] + ahead * first(x) + behind * second if n > 1 else ahead
        factor = recurrence(k, x)[0]
        ahead, behind = c[k] + ahead * factor + behind * recurrence(k + 1, x)[1], ahead
    return ahead


def _register(kind: str) -> None:
    short = KINDS[kind][0]
    path = f"numpy.polynomial.{kind}.{short}"

    def val(x: Any, c: Any, tensor: bool = True) -> Any:
        return evaluate(kind, x, c, tensor)

    def _linear(name: str) -> Callable[..., Any]:
        """What is linear in the coefficients is a matrix, which NumPy's own function says."""

        def call(c: Any, *args: Any, axis: int = 0, **options: Any) -> Any:
            rule = getattr(importlib.import_module(f"numpy.polynomial.{kind}"), name)
            if is_symbolic((args, options)):
                raise ShapeError(f"{name} with a symbolic option", help="give it as a number")
            c = c if hasattr(c, "ndim") else np.stack(c)
            constant = rule(np.zeros(c.shape[axis]), *args, **options)
            matrix = rule(np.eye(c.shape[axis]), *args, **options, axis=0) - (
                constant[:, None] if np.any(constant) else 0.0
            )
            found = np.tensordot(matrix, c, axes=(1, axis))
            found = found + np.reshape(constant, (-1,) + (1,) * (found.ndim - 1)) if np.any(constant) else found
            return np.moveaxis(found, 0, axis)

        return call

    means(f"{path}val")(val)
    for name in (f"{short}der", f"{short}int"):
        means(f"numpy.polynomial.{kind}.{name}", dtype="kept")(_linear(name))
    if kind != "polynomial":
        means(f"numpy.polynomial.{kind}.{short}2poly")(_convert(kind, f"{short}2poly"))

    def vander(x: Any, deg: int) -> Any:
        x = x if hasattr(x, "ndim") else np.stack(x)
        return np.stack([evaluate(kind, x, np.eye(deg + 1)[k]) for k in range(deg + 1)], axis=-1)

    means(f"{path}vander", dtype="kept")(vander)


def _convert(kind: str, name: str) -> Callable[..., Any]:
    def call(c: Any) -> Any:
        rule = getattr(importlib.import_module(f"numpy.polynomial.{kind}"), name)
        n = c.shape[0]
        columns = [np.pad(rule(np.eye(n)[k]), (0, n))[:n] for k in range(n)]
        return np.stack(columns, axis=1) @ c

    return call


for _kind in KINDS:
    _register(_kind)
