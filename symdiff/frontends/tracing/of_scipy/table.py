"""SciPy's functions as compositions: what each means in terms of NumPy's functions, which symbolic values take.

A composition is written as a user would write it, with SciPy's arguments. The files that hold them are read when a
function of that part of SciPy is called with a symbolic value, so that nobody else waits for them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

from symdiff.errors import UnsupportedError

F = TypeVar("F", bound=Callable[..., Any])

CALLS: dict[str, Callable[..., Any]] = {}
FUNCTIONALS: set[str] = set()

FILES = {
    "scipy.integrate": ("integrate", "quadrature"),
    "scipy.linalg": ("linalg",),
    "scipy.ndimage": ("ndimage",),
    "scipy.optimize": (),  # registered where searches are, above
    "scipy.signal": ("signal",),
    "scipy.spatial.distance": ("distance",),
    "scipy.stats": ("multivariate",),
    "numpy.polynomial.polynomial": ("polynomials",),
    "numpy.polynomial.chebyshev": ("polynomials",),
    "numpy.polynomial.legendre": ("polynomials",),
    "numpy.polynomial.hermite": ("polynomials",),
    "numpy.polynomial.hermite_e": ("polynomials",),
    "numpy.polynomial.laguerre": ("polynomials",),
}


def means(*paths: str) -> Callable[[F], F]:
    """Registers the decorated function as what SciPy's functions at these paths mean."""

    def register(call: F) -> F:
        CALLS.update(dict.fromkeys(paths, call))
        return call

    return register


def functional(*paths: str) -> Callable[[F], F]:
    """As `means`, of functions that take functions: what those read may be symbolic. SciPy's own comes first."""
    FUNCTIONALS.update(paths)
    return means(*paths)


def composition(path: str) -> Callable[..., Any] | None:
    """What the function at a path means; None if there is no composition of it."""
    if path not in CALLS:
        for part, files in FILES.items():
            if path.startswith(f"{part}."):
                for file in files:
                    importlib.import_module(f"{__package__}.{file}")
    return CALLS.get(path)


def refuse(function: str, help: str, **given: Any) -> None:
    """Raises UnsupportedError if one of the arguments was given."""
    for name, value in given.items():
        if not (value is None or (isinstance(value, int) and value == 0)):
            raise UnsupportedError(f"{function} with {name}={value!r:.40}", help=help)
