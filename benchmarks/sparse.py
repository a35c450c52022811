"""Sparse Jacobians and Hessians beside the function, or gradient, that they belong to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import symdiff as sd
from benchmarks.runner import table

TITLE = "sparse: Jacobians and Hessians that are mostly zeros / what they are the derivative of"


class Problem(NamedTuple):
    """What is differentiated, and what a call and the building of the program may take.

    `beside` is what a call is measured against; `most` how many times as long it may take, `build` seconds.
    """

    make: Callable[[], Any]
    beside: Callable[..., Any]
    arguments: tuple[np.ndarray, ...]
    build: float | None = None
    most: float | None = None


# ------------------------------------------------------------------------------------------------------------- programs


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def brusselator(y):
    u, v = y

    def spread(w):
        return np.roll(w, 1, 0) + np.roll(w, -1, 0) + np.roll(w, 1, 1) + np.roll(w, -1, 1) - 4 * w

    return np.stack([1 + u**2 * v - 4.4 * u + 20 * spread(u), 3.4 * u - u**2 * v + 20 * spread(v)])


def bundle(rng, cameras, points, observations):
    """The residuals of Agarwal, Snavely, Seitz and Szeliski, "Bundle adjustment in the large", 2010."""
    camera = rng.integers(0, cameras, observations)
    point = np.sort(rng.integers(0, points, observations))
    seen = rng.normal(size=(observations, 2))

    def residuals(c, p):
        c, p = c[camera], p[point]
        angle = np.linalg.norm(c[:, :3], axis=1)[:, None]
        axis = c[:, :3] / angle
        along = np.sum(p * axis, axis=1)[:, None]
        turned = np.cos(angle) * p + np.sin(angle) * np.cross(axis, p) + along * (1 - np.cos(angle)) * axis
        placed = turned + c[:, 3:6]
        flat = -placed[:, :2] / placed[:, 2:]
        square = np.sum(flat**2, axis=1)
        distortion = 1 + c[:, 7] * square + c[:, 8] * square**2
        return (flat * (distortion * c[:, 6])[:, None] - seen).ravel()

    return residuals


def power_flow(rng, nodes, lines):
    """Active and reactive power into the nodes of a network."""
    i, j = rng.integers(0, nodes, (2, lines))
    g, b = rng.uniform(1, 2, (2, lines))

    def balance(angle, voltage):
        d, vv = angle[i] - angle[j], voltage[i] * voltage[j]
        p, q = vv * (g * np.cos(d) + b * np.sin(d)), vv * (g * np.sin(d) - b * np.cos(d))
        into = [np.bincount(i, w, nodes) + s * np.bincount(j, w, nodes) for w, s in ((p, -1), (q, 1))]
        return np.concatenate(into)

    return balance


def predators_and_prey(steps):
    """What is left of the equations of Lotka and Volterra, with fishing, in each step of a loop."""

    def slope(x, w):
        return np.stack([x[0] - x[0] * x[1] - 0.4 * x[0] * w, -x[1] + x[0] * x[1] - 0.2 * x[1] * w])

    def defects(states, controls):
        out = np.zeros((steps, 2))
        before = np.array([0.5, 0.7])
        for k in range(steps):
            out[k] = states[k] - before - 12 / steps * slope((before + states[k]) / 2, controls[k])
            before = states[k]
        return out

    def lagrangian(states, controls, multipliers):
        return np.sum((states - 1) ** 2) + np.sum(multipliers * defects(states, controls))

    return defects, lagrangian


def problems(quick: bool) -> dict[str, Problem]:
    rng = np.random.default_rng(0)
    n, side = (10**4, 64) if quick else (10**6, 512)
    cameras, points, seen = (10, 500, 2000) if quick else (49, 7776, 31843)
    residuals, balance = bundle(rng, cameras, points, seen), power_flow(rng, 10**4, 15000)
    gradient = sd.grad(rosenbrock)
    steps, unknowns = 100 if quick else 1000, ("states", "controls")
    defects, lagrangian = predators_and_prey(steps)
    course = (rng.uniform(0.5, 1.5, (steps, 2)), rng.uniform(0.1, 0.9, steps))
    return {
        "tridiagonal Hessian, n = 2,000": Problem(
            lambda: sd.hessian(rosenbrock, sparse=True), gradient, (rng.normal(size=2000),)
        ),
        f"tridiagonal Hessian, n = {n:,}": Problem(
            lambda: sd.hessian(rosenbrock, sparse=True), gradient, (rng.normal(size=n),), 5, 10
        ),
        f"Brusselator, {side} × {side}": Problem(
            lambda: sd.jacobian(brusselator, sparse=True), brusselator, (rng.uniform(1, 2, (2, side, side)),), 10, 12
        ),
        f"bundle adjustment, {2 * seen:,} residuals": Problem(
            lambda: sd.jacobian(residuals, ("c", "p"), sparse=True),
            residuals,
            (rng.normal(size=(cameras, 9)), rng.normal(size=(points, 3)) + np.array([0, 0, 5])),
        ),
        "power flow, 10,000 nodes": Problem(
            lambda: sd.jacobian(balance, ("angle", "voltage"), sparse=True),
            balance,
            (rng.normal(size=10**4) / 10, 1 + rng.normal(size=10**4) / 100),
        ),
        f"optimal control, {steps:,} steps": Problem(
            lambda: sd.jacobian(defects, unknowns, sparse=True), sd.function(defects), course
        ),
        f"the same, Hessian of the Lagrangian, {steps:,} steps": Problem(
            lambda: sd.hessian(lagrangian, unknowns, sparse=True), sd.grad(lagrangian, unknowns),
            (*course, rng.normal(size=(steps, 2))),
        ),
    }  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- measuring


def least(call: Callable[..., Any], arguments: tuple[Any, ...], rounds: int) -> float:
    """CPU seconds of a call, the least of several."""
    call(*arguments)
    times = []
    for _ in range(2 * rounds + 1):
        start = time.process_time()
        call(*arguments)
        times.append(time.process_time() - start)
    return min(times)


def report(rounds: int, quick: bool) -> str:
    """One table."""
    rows = [["problem", "entries", "colours", "built in, s", "call, ms", "beside, ms", "ratio"]]
    for name, problem in problems(quick).items():
        start = time.process_time()
        f = problem.make()
        f(*problem.arguments)
        built = time.process_time() - start
        call, beside = (least(each, problem.arguments, rounds) for each in (f, problem.beside))
        patterns = _leaves(f.sparsity)
        rows.append([
            name,
            f"{sum(p.nnz for p in patterns):,}",
            ", ".join(map(str, _leaves(f.colors))),
            _within(built, problem.build, ".2f"),
            f"{call * 1e3:.3g}",
            f"{beside * 1e3:.3g}",
            _within(call / beside, problem.most, ".1f"),
        ])  # fmt: skip
    return table(rows)


def _leaves(blocks: Any) -> list[Any]:
    """What there is for each block, row by row."""
    return [leaf for part in blocks for leaf in _leaves(part)] if isinstance(blocks, tuple) else [blocks]


def _within(value: float, most: float | None, form: str) -> str:
    return f"{value:{form}}" + ("" if most is None else f" (≤ {most})")
