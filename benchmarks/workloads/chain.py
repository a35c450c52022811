"""A chain of twenty cheap operations on one array, and its derivative."""

from __future__ import annotations

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case

STEPS = 5  # of four operations each


def chain(x):
    for _ in range(STEPS):
        x = x / np.sqrt(1 + x * x) + 0.5
    return np.sum(x)


def expert(x):
    """Each step as y = x * q with q = 1 / sqrt(1 + x**2), whose slope is q**3."""
    slopes = []
    for _ in range(STEPS):
        q = 1 / np.sqrt(1 + x * x)
        x = x * q + 0.5
        slopes.append(q * q * q)
    d_x = slopes[-1]
    for slope in slopes[-2::-1]:
        d_x = d_x * slope
    return np.sum(x), d_x


def cases(quick: bool) -> list[Case]:
    rng = np.random.default_rng(2)
    found = []
    for n in (1_000,) if quick else (1_000, 100_000, 1_000_000):
        x = rng.standard_normal(n)
        for goal, style in ((0.9, "readable"), (0.65, "fast")):
            ours = sd.value_and_grad(chain, style=style)
            found.append(Case(f"cheap chain of 20, {n:,}{', fast' * (style == 'fast')}", goal, expert, ours, (x,)))
    return found
