"""What of SciPy is supported in functions that are traced: every public function of the parts that compute with arrays."""

from __future__ import annotations

import importlib
from collections import Counter
from typing import Any

from symdiff.frontends.tracing.of_scipy.interpolants import MAKERS as INTERPOLANTS
from symdiff.frontends.tracing.of_scipy.interpolate import MAKERS
from symdiff.frontends.tracing.of_scipy.reasons import why
from symdiff.frontends.tracing.of_scipy.splines import MAKERS as SPLINES
from symdiff.frontends.tracing.of_scipy.table import composition
from symdiff.frontends.tracing.scipy_calls import CLASSES, entry_of
from symdiff.ops.api.distributions import CONTINUOUS, DISCRETE
from symdiff.report.coverage import DIFFERENTIABLE, NOT_SUPPORTED, Coverage

PARTS = (
    "special",
    "linalg",
    "fft",
    "integrate",
    "interpolate",
    "optimize",
    "signal",
    "ndimage",
    "spatial.distance",
    "stats",
)
ASKING = ("optimize",)  # their functions are Python's, and are followed where they have no meaning of their own
FOLLOWED = "rosen"
TAUGHT = ("tplquad",)  # known here to say what to do instead


def _is_function(module: Any, name: str) -> bool:
    thing = getattr(module, name, None)
    return callable(thing) and not isinstance(thing, type)


def _is_distribution(module: Any, name: str) -> bool:
    thing = getattr(module, name)
    return hasattr(thing, "logpdf") or hasattr(thing, "logpmf")


def _names(part: str, module: Any) -> list[str]:
    if part == "stats":
        return sorted(
            name
            for name in module.__all__
            if _is_function(module, name) or _is_distribution(module, name) or name in CLASSES
        )
    if part == "interpolate":
        return sorted(name for name in module.__all__ if callable(getattr(module, name)))
    return sorted(name for name in module.__all__ if _is_function(module, name))


def _is_supported(part: str, name: str) -> bool:
    if part == "interpolate":
        return name in {
            *MAKERS,
            *SPLINES,
            *INTERPOLANTS,
            "UnivariateSpline",
            "InterpolatedUnivariateSpline",
        }
    if part == "stats":
        return name in {*CONTINUOUS, *DISCRETE} or any(
            composition(f"scipy.stats.{name}{kind}") for kind in ("", ".logpdf", ".logpmf")
        )
    path = f"scipy.{part}.{name}"
    if name in TAUGHT:
        return False
    return entry_of(path) is not None or composition(path) is not None or (part in ASKING and name.startswith(FOLLOWED))


def scipy_coverage() -> list[Coverage]:
    """The class of every public function, and of those that are not supported the reason."""
    importlib.import_module("scipy.optimize")
    rows = []
    for part in PARTS:
        module = importlib.import_module(f"scipy.{part}")
        for name in _names(part, module):
            if _is_supported(part, name):
                rows.append(Coverage(f"scipy.{part}", name, DIFFERENTIABLE))
            else:
                rows.append(Coverage(f"scipy.{part}", name, NOT_SUPPORTED, why(part, name)))
    return rows


def scipy_table() -> str:
    """The classes as text: how many of each part are supported, then one line for each name."""
    rows = scipy_coverage()
    whole, there = Counter(row.space for row in rows), Counter(row.space for row in rows if row.kind == DIFFERENTIABLE)
    head = [f"{space}: {there[space]} of {whole[space]} {DIFFERENTIABLE}" for space in whole]
    width = max(len(f"{row.space}.{row.name}") for row in rows)
    lines = [f"{f'{row.space}.{row.name}'.ljust(width)}  {row.kind}{': ' + row.why if row.why else ''}" for row in rows]
    return "\n".join([*head, "", *lines]) + "\n"
