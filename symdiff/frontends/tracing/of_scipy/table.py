"""SciPy's functions as compositions: what each means in terms of NumPy's functions, which symbolic values take.

A composition is written as a user would write it, with SciPy's arguments. The files that hold them are read when a
function of that part of SciPy is called with a symbolic value, so that nobody else waits for them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import numpy as np

from symdiff.errors import UnsupportedError

F = TypeVar("F", bound=Callable[..., Any])

CALLS: dict[str, Callable[..., Any]] = {}
FUNCTIONALS: set[str] = set()

FILES = {
    "scipy.fft": ("cosines",),
    "scipy.integrate": ("boundary", "differential", "integrate", "quadrature"),
    "scipy.linalg": ("linalg", "bands"),
    "scipy.ndimage": ("ndimage", "ranks", "warps"),
    "scipy.optimize": (),  # registered where searches are, above
    "scipy.signal": ("signal", "spectra", "rates", "ranks"),
    "scipy.spatial": ("distance",),
    "scipy.spatial.distance": ("distance",),
    "scipy.stats": ("multivariate", "statistics", "samples"),
    "numpy.polynomial.polynomial": ("polynomials",),
    "numpy.polynomial.chebyshev": ("polynomials",),
    "numpy.polynomial.legendre": ("polynomials",),
    "numpy.polynomial.hermite": ("polynomials",),
    "numpy.polynomial.hermite_e": ("polynomials",),
    "numpy.polynomial.laguerre": ("polynomials",),
}


def array(x: Any) -> Any:
    """A symbolic value or an array, of what may be a list of them."""
    return x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) and x else np.asarray(x)


def has_none(x: Any) -> bool:
    """Whether an array is known to have no elements."""
    return any(type(n) is int and n == 0 for n in x.shape)


def own(path: str) -> Any:
    """SciPy's function at a path, on numbers."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"scipy.{module}"), name)


def means(*paths: str, dtype: Literal["kept", "first", "double", ""] = "") -> Callable[[F], F]:
    """Registers the decorated function as what SciPy's functions at these paths mean.

    Args:
        *paths: where SciPy has them.
        dtype: "kept" if the result has the dtype of the arrays, whatever weights of double precision there are; "first" if
            it has that of the first one; "double" if SciPy computes in double precision; else what follows from NumPy's
            functions.
    """

    def register(call: F) -> F:
        wrapped: Callable[..., Any] = _KINDS[dtype](call) if dtype else call
        CALLS.update(dict.fromkeys(paths, wrapped))
        return call

    return register


def _is_float(x: Any) -> bool:
    return getattr(getattr(x, "dtype", None), "kind", "") == "f"


def _kept(call: Callable[..., Any], counts: slice = slice(None)) -> Callable[..., Any]:
    def in_its_dtype(*args: Any, **kwargs: Any) -> Any:
        given = [x.dtype for x in (*args, *kwargs.values())[counts] if _is_float(x)]
        found = call(*args, **kwargs)
        if isinstance(found, tuple):
            return tuple(narrowed(x, given) for x in found)
        return narrowed(found, given)

    def narrowed(found: Any, given: list[Any]) -> Any:
        kind = getattr(getattr(found, "dtype", None), "kind", "")
        if not given or kind not in ("f", "c") or type(found) is np.ndarray:
            return found
        wanted = np.result_type(*given, *([np.complex64] if kind == "c" else []))
        return found if found.dtype == wanted else found.astype(wanted)

    return in_its_dtype


def _double(call: Callable[..., Any]) -> Callable[..., Any]:
    def widened(x: Any) -> Any:
        return x.astype(np.float64) if _is_float(x) and x.dtype != np.float64 else x

    def in_double(*args: Any, **kwargs: Any) -> Any:
        return call(*map(widened, args), **{key: widened(value) for key, value in kwargs.items()})

    return in_double


_KINDS = {"kept": _kept, "first": lambda call: _kept(call, slice(1)), "double": _double}


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


def why_not(path: str) -> str:
    """Why a function of SciPy's has no meaning here."""
    found: str = importlib.import_module(f"{__package__}.reasons").why_not(path)
    return found


def refuse(function: str, help: str, **given: Any) -> None:
    """Raises UnsupportedError if one of the arguments was given."""
    for name, value in given.items():
        if not (value is None or (isinstance(value, int) and value == 0)):
            raise UnsupportedError(f"{function} with {name}={value!r:.40}", help=help)
