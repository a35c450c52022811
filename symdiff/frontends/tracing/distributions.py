"""Distributions of scipy.stats in functions that are traced: objects whose methods turn their arguments into arrays."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import composition, why_not
from symdiff.frontends.tracing.scipy_calls import entry_of
from symdiff.frontends.tracing.symbol import call_entry, on_numbers

MODULE = "scipy.stats"
SEVERAL = ("multivariate_normal", "multivariate_t", "dirichlet", "multinomial", "wishart", "invwishart")
MOMENTS = ("mean", "var", "std", "entropy", "median", "interval")  # read when one is asked for
WHY = {
    **dict.fromkeys(MOMENTS, "no formula of rows is known here for this distribution"),
    **dict.fromkeys(("stats", "moment"), "mean, var, std and entropy are followed"),
    "expect": "write the integral, as scipy.integrate.quad of the density",
    "rvs": "draws random numbers",
    **dict.fromkeys(("fit", "fit_loc_scale", "nnlf"), "write the likelihood with logpdf, and scipy.optimize.minimize"),
    "ppf": "no row is the inverse of its distribution function",
    "isf": "no row is the inverse of its distribution function",
    "cdf": "no row is its distribution function",
    "support": "its ends are known from the shapes: write them",
}


def is_distribution(value: Any) -> bool:
    """Whether it is one of the distributions of scipy.stats, with shapes that are open."""
    stats = sys.modules.get(MODULE)
    if stats is None:
        return False
    several = (
        stats.multivariate_normal,
        stats.multivariate_t,
        stats.dirichlet,
        stats.multinomial,
        stats.wishart,
        stats.invwishart,
    )
    return isinstance(value, (stats.rv_continuous, stats.rv_discrete, *map(type, several)))


def name_of(distribution: Any) -> str:
    """What it is called in scipy.stats."""
    return getattr(distribution, "name", None) or type(distribution).__name__.removesuffix("_gen")


def is_known(distribution: Any) -> bool:
    """Whether some of its methods take symbolic values."""
    path = f"{MODULE}.{name_of(distribution)}"
    return any(entry_of(f"{path}.{kind}") or composition(f"{path}.{kind}") for kind in ("logpdf", "logpmf"))


class Seen:
    """A distribution as a traced function sees it: ``norm.logpdf`` and its like take symbolic values."""

    __slots__ = ("__wrapped__",)

    def __init__(self, distribution: Any) -> None:
        self.__wrapped__ = distribution

    def __getattr__(self, name: str) -> Any:
        original = getattr(self.__wrapped__, name)
        return self._method(name, original) if callable(original) and not name.startswith("_") else original

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return (
            Frozen(self, args, kwargs)
            if is_symbolic((args, kwargs))
            else Frozen(self, args, kwargs, self.__wrapped__(*args, **kwargs))
        )

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def _method(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if not is_symbolic((args, kwargs)):
                return on_numbers(original, args, kwargs)
            path = f"{MODULE}.{name_of(self.__wrapped__)}.{name}"
            composed = composition(path)
            if composed is not None:
                return composed(*args, **kwargs)
            if name in MOMENTS:
                importlib.import_module("symdiff.ops.api.moments")
            entry = entry_of(path)
            if entry is None:
                known = f": {WHY[name]}" if name in WHY else ""
                why = known if is_known(self.__wrapped__) else f": {why_not(path.rpartition('.')[0])}"
                raise UnsupportedError(f"{path} is not supported on symbolic values{why}", help="write its formula out")
            return call_entry(entry.name, args, kwargs)

        return call


class Frozen:
    """A distribution whose shapes, location and scale are given, ``norm(mu, sigma)``; `known` if all are numbers."""

    __slots__ = ("_args", "_known", "_kwargs", "_of")

    def __init__(self, of: Seen, args: tuple[Any, ...], kwargs: dict[str, Any], known: Any = None) -> None:
        self._of, self._args, self._kwargs, self._known = of, args, kwargs, known

    def __getattr__(self, name: str) -> Any:
        if self._known is not None and not callable(getattr(self._known, name)):
            return getattr(self._known, name)
        method = getattr(self._of, name)
        return lambda *x, **kwargs: method(*x, *self._args, **self._kwargs, **kwargs)
