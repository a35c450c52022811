"""What tracing costs beside the function itself: entering and leaving a trace, and the hook that watches a long one."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from benchmarks.runner import seconds, table

TITLE = "tracing: what it costs to watch a function"
TARGET = 0.2e-3  # seconds, for entering and leaving
TERMS, FEW_TERMS = 1000, 100


def short(x: Any) -> Any:
    """A function that makes an array."""
    return np.zeros(3)


def long(terms: int) -> Callable[[Any], Any]:
    """Rosenbrock's function, element by element: 15 operations a term."""
    return lambda x: sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(terms))


def report(rounds: int, quick: bool) -> str:
    from symdiff import var
    from symdiff.frontends.layout import plain_layout
    from symdiff.frontends.tracing.nesting import one_deeper
    from symdiff.frontends.tracing.survivors import settling
    from symdiff.frontends.tracing.trace import trace
    from symdiff.frontends.tracing.watching import Watched
    from symdiff.graph.aval import Aval

    def enter_and_leave() -> None:
        with settling(), one_deeper(), Watched(short):
            short(None)

    terms = FEW_TERMS if quick else TERMS
    x, f = var("x", terms + 1), long(terms)
    rows = [["what", "min", "median"]]
    for name, call, count in (
        ("entering and leaving a trace", enter_and_leave, 100 * rounds),
        (f"{terms} terms, traced", lambda: trace(f, plain_layout(["x"]), [Aval("float64", (terms + 1,))]), rounds),
        (f"{terms} terms, on symbolic values alone", lambda: f(x), rounds),
    ):
        times = [timed(call) for _ in range(count)]
        rows.append([name, seconds(min(times)), seconds(median(times))])
    return f"{table(rows)}\ntarget: at most {seconds(TARGET)} for entering and leaving"


def timed(call: Callable[[], Any]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
