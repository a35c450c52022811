"""SciPy's functions on symbolic values.

Ufuncs of scipy.special reach us by NumPy's protocol. Other functions of SciPy ask nobody and turn their arguments into
arrays of numbers; functions that are traced find stand-ins under their names. SciPy is
optional and never imported here: who calls one of its functions has loaded it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.of_scipy.table import FILES, composition, why_not
from symdiff.ops.table import BY_SCIPY, FUNCTIONS, Entry

MODULES = ("scipy.linalg", "scipy.special", "scipy.fft")
OTHERS = tuple(path for path in FILES if path not in MODULES)  # of which some functions are followed

# SciPy's own copies of functions that are in the vocabulary under another name.
SAME = {
    **{f"scipy.linalg.{name}": f"linalg.{name}" for name in ("inv", "det", "norm", "svd", "svdvals")},
    **{
        f"scipy.fft.{name}": f"fft.{name}"
        for name in (
            "fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2", "rfft2", "irfft2",
            "fftn", "ifftn", "rfftn", "irfftn", "fftfreq", "rfftfreq", "fftshift", "ifftshift",
        )
    },
    "scipy.linalg.solve_lyapunov": "scipy.linalg.solve_continuous_lyapunov",
    **{f"scipy.special.{name}": name for name in ("expit", "psi", "log1p", "expm1", "exp2", "cbrt", "i0", "sinc")},
}  # fmt: skip

CLASSES = ("gaussian_kde",)  # which are called like functions

# Arguments that say how to compute, not what.
HOW = frozenset(["check_finite", "driver", "lapack_driver", "overwrite_a", "overwrite_b", "overwrite_x", "workers"])


def entry_of(path: str) -> Entry | None:
    """What ``scipy.linalg.solve`` means here."""
    return FUNCTIONS[SAME[path]] if path in SAME else BY_SCIPY.get(path)


def loaded() -> Iterator[tuple[str, Any]]:
    """The modules of SciPy that may be called: what is not loaded is not."""
    return ((name, sys.modules[name]) for name in (*MODULES, *OTHERS) if name in sys.modules)


def path_of(ufunc: np.ufunc) -> str | None:
    """``scipy.special.erf``, if a ufunc is SciPy's."""
    return next((f"{at}.{ufunc.__name__}" for at, m in loaded() if getattr(m, ufunc.__name__, None) is ufunc), None)


@cache
def functions(module: str) -> dict[Callable[..., Any], str]:
    """The functions of a loaded module that turn arguments into arrays, with their paths; of `OTHERS`, what we know."""
    values = ((name, getattr(sys.modules[module], name)) for name in sys.modules[module].__all__)
    plain = ((name, f) for name, f in values if name in CLASSES or not isinstance(f, (type, np.ufunc)))
    found = {f: f"{module}.{name}" for name, f in plain if callable(f)}
    return found if module in MODULES else {f: path for f, path in found.items() if composition(path) is not None}


def meaning(path: str, kwargs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name in the vocabulary, and the keywords that matter; raises UnsupportedError where there is none."""
    entry = entry_of(path)
    if entry is None:
        raise UnsupportedError(f"{path} is not supported on symbolic values: {why_not(path)}")
    return entry.name, {key: value for key, value in kwargs.items() if key not in HOW}
