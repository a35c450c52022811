"""The Hessian of a logistic loss, and its product with a vector."""

from __future__ import annotations

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case


def loss(w, X, y):
    return np.sum(np.log(1 + np.exp(-y * (X @ w))))


def _weights(w, X, y):
    with np.errstate(over="ignore"):
        p = 1 / (1 + np.exp(y * (X @ w)))
    return p * (1 - p)  # y * y is 1


def hessian(w, X, y):
    """In one symmetric product."""
    half = np.sqrt(_weights(w, X, y) * y * y)[:, None] * X
    return half.T @ half


def product(w, v, X, y):
    return X.T @ (_weights(w, X, y) * y * y * (X @ v))


def cases(quick: bool) -> list[Case]:
    rng = np.random.default_rng(11)
    n, d = (500, 20) if quick else (2000, 300)
    X, w, v = rng.standard_normal((n, d)), rng.standard_normal(d) / 20, rng.standard_normal(d)
    y = rng.choice([-1.0, 1.0], n)
    return [
        Case(f"logistic Hessian, {n:,} x {d}", 1.0, hessian, sd.hessian(loss), (w, X, y)),
        Case(f"logistic Hessian times a vector, {n:,} x {d}", 1.05, product, sd.hvp(loss), (w, v, X, y)),
    ]
