"""One row of the table of loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.runner import flat


@dataclass(frozen=True)
class Row:
    """A program, and what it is measured against.

    Attributes:
        program: the function to differentiate, as one writes it.
        by_hand: its value and gradient, as an expert writes them in NumPy.
        data: ``data(quick)`` gives the arguments.
        wrt: what the derivative is with respect to.
        lines, first, ratio: at most that many lines, CPU seconds of the first call, and times the time by hand.
    """

    program: Callable[..., Any]
    by_hand: Callable[..., Any]
    data: Callable[[bool], tuple[Any, ...]]
    wrt: int | tuple[int, ...]
    lines: int
    first: float
    ratio: float


def difference(a: Any, b: Any) -> float:
    """The largest of all differences, of each array relative to its largest element."""
    pairs = zip(flat(a), flat(b), strict=True)
    return max(float(np.max(np.abs(x - y)) / max(np.max(np.abs(y)), 1e-300)) for x, y in pairs)
