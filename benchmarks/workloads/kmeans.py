"""The cost of k means: its gradient and the product of its Hessian with a direction (ADBench asks for both)."""

from __future__ import annotations

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case


def cost(centres, points):
    """The squared distance of each point to its nearest centre, added up."""
    squares = np.sum(points**2, axis=1)[:, None] + np.sum(centres**2, axis=1) - 2 * points @ centres.T
    return np.sum(np.min(squares, axis=1))


def expert(centres, points):
    """By counting: each point pulls its nearest centre."""
    near = np.argmin(np.sum(centres**2, axis=1) - 2 * points @ centres.T, axis=1)
    own = np.zeros((len(points), len(centres)))
    own[np.arange(len(points)), near] = 1.0
    return 2 * (own.sum(0)[:, None] * centres - own.T @ points)


def cases(quick: bool) -> list[Case]:
    rng = np.random.default_rng(8)
    points, centres = rng.standard_normal((1_000 if quick else 10_000, 10)), rng.standard_normal((100, 10))
    name, why = (
        f"k-means gradient, k = 100, n = {len(points):,}",
        "ties share the derivative; the expert takes the first",
    )
    return [
        Case(name, 1.0, expert, sd.grad(cost), (centres, points), why),
        Case(f"{name}, fast", 1.0, expert, sd.grad(cost, style="fast"), (centres, points)),
    ]
