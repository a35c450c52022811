"""Objects of SciPy's that are called, and the classes that make them, as a traced function sees them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.known import KnownStandIn
from symdiff.frontends.tracing.symbol import on_numbers

INTERPOLATE = "scipy.interpolate"


class Interpolant:
    """An interpolant of numbers: SciPy's own in all but calls with symbolic positions."""

    def __init__(self, known: Any, symbolic: Any) -> None:
        self.__wrapped__, self._symbolic = known, symbolic

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._asked("__call__", args, kwargs)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__wrapped__, name)
        return (lambda *args, **kwargs: self._asked(name, args, kwargs)) if callable(value) else value

    def _asked(self, name: str, args: Any, kwargs: Any) -> Any:
        if is_symbolic((args, kwargs)):
            return getattr(self._symbolic, name)(*args, **kwargs)
        found = getattr(self.__wrapped__, name)(*args, **kwargs)
        seen = of_interpolation(found)
        return found if seen is None else seen


def of_interpolation(value: Any) -> Any:
    """What stands for an interpolant of SciPy's, or for what makes one; None for other values."""
    scipy = sys.modules.get(INTERPOLATE)
    if scipy is None or not str(getattr(value, "__module__", "")).startswith(INTERPOLATE):
        return None
    ours = importlib.import_module(f"{__package__}.interpolate")
    if isinstance(value, type) or hasattr(value, "__code__"):
        name = getattr(value, "__name__", "")
        makers = ours.MAKERS
        for file in ("splines", "interpolants"):
            makers = makers | importlib.import_module(f"{__package__}.{file}").MAKERS
        if name not in makers or getattr(scipy, name, None) is not value:
            return None
        original: Any = value
        return KnownStandIn(original, _making(original, makers[name]))
    known = ours.known_interpolant(value)
    return None if known is None else Interpolant(value, known)


def _making(original: Any, maker: Callable[..., Any]) -> Callable[..., Any]:
    def make(*args: Any, **kwargs: Any) -> Any:
        if is_symbolic((args, kwargs)):
            return maker(*args, **kwargs)
        found = on_numbers(original, args, kwargs)
        seen = of_interpolation(found)
        return found if seen is None else seen

    return make
