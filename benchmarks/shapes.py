"""Derivatives that are no dense matrix: by their structure, of solutions, for each example, as series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import symdiff as sd
from benchmarks.hessians import factorisation
from benchmarks.runner import table
from benchmarks.workloads.case import Case

TITLE = "shapes: structured, implicit, per-example and Taylor derivatives"
Row = tuple[str, float, float | None]  # what it is, what was found, the most it may be


def structured(rounds: int, quick: bool) -> list[Row]:
    """A block of 5 by 5 beside the dense closed form; bands beside the gradient."""
    rng = np.random.default_rng(0)
    n, k = 200, 5
    U, V, T = rng.normal(size=(n, k)), rng.normal(size=(n, k)), rng.normal(size=(n, n))
    f = sd.hessian("sum((T - U @ V.T)**2)", "U", form="structured", U="n k", V="m k", T="n m", inputs=("U", "V", "T"))
    H, right = f(U, V, T), U.ravel()
    dense = factorisation(U, V, T).reshape(n * k, n * k)
    rows: list[Row] = [
        ("factorisation, 200 × 200, k = 5: time / dense", _ratio(f, factorisation, (U, V, T), rounds), 0.1),
        ("  bytes / dense", H.nbytes / dense.nbytes, None),
        ("  solve: time / dense", _ratio(H.solve, lambda b: np.linalg.solve(dense, b), (right,), rounds), None),
        ("  difference", _difference(H.toarray(), dense), 1e-12),
    ]
    text, n = "sum(x**2) + sum(diff(x)**4)", 10**4 if quick else 10**6
    x = rng.normal(size=n)
    f, gradient = sd.hessian(text, form="structured", x="n"), sd.grad(text, x="n")
    H = f(x)
    return [
        *rows,
        (f"bands, n = {n:,}: time / gradient", _ratio(f, gradient, (x,), rounds), None),
        ("  residual of solve", float(np.abs(H @ H.solve(x) - x).max()), 1e-10),
    ]


def implicit(rounds: int, quick: bool) -> list[Row]:
    """The derivative of a root beside that through a hundred steps of Newton's method, and beside closed forms."""

    def balance(x, feed, cooling):
        rate = 0.08 * (1 - x[0]) * np.exp(x[1] / (1 + x[1] / 20))
        return np.stack([feed * x[0] - rate, (feed + cooling) * x[1] - 8 * rate])

    def stationary(feed, cooling):
        return sd.root(balance, np.array([0.1, 0.5]), feed, cooling)

    def by_steps(feed, cooling):
        x, jacobian = np.array([0.1, 0.5]), sd.jacobian(balance)
        for _ in range(100):
            x = x - np.linalg.solve(jacobian(x, feed, cooling), balance(x, feed, cooling))
        return x

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 8)), rng.normal(size=30)

    def ridge(penalty):
        return sd.minimizer(lambda w, p: np.sum((X @ w - y) ** 2) + p * np.sum(w**2), np.zeros(8), penalty)

    def closed(penalty):
        return np.linalg.solve(X.T @ X + penalty * np.eye(8), X.T @ y)

    n = 500
    slopes, flow = np.linspace(1.0, 3.0, n), np.linspace(0.2, 0.5, n)
    field = sd.jacobian(lambda q: sd.root(lambda h: h**1.5 * slopes - q, np.full(n, 1.0)), sparse=True)(flow)
    return [
        ("root / 100 steps of Newton: difference", _pair(stationary, by_steps, ("feed", "cooling"), 1.0, 1.5), 1e-10),
        ("ridge by its penalty / closed form: difference", _pair(ridge, closed, 0, 0.7), 1e-10),
        (f"{n} equations, sparse: entries", field.nnz, n),
        ("  difference", _difference(field.diagonal(), 2 / 3 * (flow / slopes) ** (2 / 3) / flow), 1e-10),
    ]


def per_example(rounds: int, quick: bool) -> list[Row]:
    """The net of the digits: 64 pixels, 64 hidden units, 10 classes."""

    def loss(p, x, label):
        z = np.maximum(x @ p["W1"] + p["b1"], 0) @ p["W2"] + p["b2"]
        return np.log(np.sum(np.exp(z - np.max(z)))) + np.max(z) - z[label]

    rng = np.random.default_rng(0)
    p = {
        "W1": rng.normal(size=(64, 64)) / 8,
        "b1": np.zeros(64),
        "W2": rng.normal(size=(64, 10)) / 8,
        "b2": np.zeros(10),
    }
    X, labels = rng.uniform(0, 1, (100, 64)), rng.integers(0, 10, 100)
    one = sd.grad(loss)
    each = sd.vmap(one, in_axes=(None, 0, 0))

    def looped(p: Any, X: Any, labels: Any) -> list[Any]:
        return [one(p, x, label) for x, label in zip(X, labels, strict=True)]

    found, rest = each(p, X, labels), looped(p, X, labels)
    worst = max(_difference(found[name], np.stack([g[name] for g in rest])) for name in p)
    return [
        ("digits, 100 gradients / a loop: difference", worst, 1e-12),
        ("  time", _ratio(each, looped, (p, X, labels), rounds), 1),
        ("  loops in the source", each.source.count("for "), 0),
    ]


def series(rounds: int, quick: bool) -> list[Row]:
    """Coefficients to order 20 beside those of mpmath, in fifty digits."""
    import mpmath

    with mpmath.workdps(50):
        tangent = [float(c) for c in mpmath.taylor(mpmath.tan, mpmath.mpf("0.5"), 20)]
        angle, speed, g = [mpmath.mpf(1)], [mpmath.mpf("0.5")], mpmath.mpf(9.81)
        sine, cosine = [mpmath.sin(1)], [mpmath.cos(1)]
        for k in range(20):
            angle.append(speed[k] / (k + 1))
            speed.append(-g * sine[k] / (k + 1))
            moved = [(j + 1) * angle[j + 1] for j in range(k + 1)]
            sine.append(mpmath.fdot(moved, cosine[::-1]) / (k + 1))
            cosine.append(-mpmath.fdot(moved, sine[k::-1]) / (k + 1))
        swinging = [[float(a), float(v)] for a, v in zip(angle, speed, strict=True)]
    swing = sd.series_solution(lambda y, g: np.array([y[1], -g * np.sin(y[0])]), 20)
    found = sd.taylor("tan(x)", 20)
    swung = swing(np.array([1, 0.5]), 9.81)
    return [
        ("tan, order 20 / mpmath: difference", _difference(found(0.5, 1.0) / tangent, np.ones(21)), 1e-12),
        ("pendulum, order 20 / mpmath: difference", _difference(swung / swinging, np.ones(1)), 1e-10),
        ("tan, order 20: time / tan", _ratio(found, lambda x, v: np.tan(x), (0.5, 1.0), rounds), None),
    ]


def _ratio(ours: Callable[..., Any], theirs: Callable[..., Any], arguments: tuple[Any, ...], rounds: int) -> float:
    """How much longer ours takes."""
    expert, mine = Case("", 0, theirs, ours, arguments).times(rounds)
    return mine / expert


def _pair(ours: Callable[..., Any], theirs: Callable[..., Any], wrt: Any, *point: float) -> float:
    """The largest difference of two functions' Jacobians."""
    found, expected = (np.hstack(np.atleast_2d(sd.jacobian(f, wrt)(*point))) for f in (ours, theirs))
    return _difference(found, expected)


def _difference(found: Any, expected: Any) -> float:
    """The largest, over the largest element."""
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))


def report(rounds: int, quick: bool) -> str:
    """One table."""
    rows = [["what", "found", "at most"]]
    for part in (structured, implicit, per_example, series):
        for name, found, most in part(rounds, quick):
            rows.append([name, f"{found:.3g}", "" if most is None else f"{most:g}"])
    return table(rows)
