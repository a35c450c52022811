"""One hidden layer with ReLU, softmax cross entropy, weight decay: value and gradient at 128 x 784 - 256 - 10."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.runner import compare, measure

TITLE = "mlp: value and gradient, 128 x 784 - 256 - 10, ReLU, softmax cross entropy, weight decay"
PROGRAM = """
h = relu(X @ W1 + b1)
z = h @ W2 + b2
-mean(sum(T * log_softmax(z, axis=1), axis=1)) + lam * (sum(W1**2) + sum(W2**2))
"""
SHAPES = {"X": "n d", "W1": "d h", "b1": "h", "W2": "h k", "b2": "k", "T": "n k", "lam": ()}
WRT = ("W1", "b1", "W2", "b2")


def data(n: int = 128, d: int = 784, h: int = 256, k: int = 10) -> dict[str, Any]:
    """Random weights, inputs and one-hot targets, the same in every process."""
    rng = np.random.default_rng(0)
    return {
        "X": rng.standard_normal((n, d)),
        "W1": rng.standard_normal((d, h)) / np.sqrt(d),
        "b1": rng.standard_normal(h) / 10,
        "W2": rng.standard_normal((h, k)) / np.sqrt(h),
        "b2": rng.standard_normal(k) / 10,
        "T": np.eye(k)[rng.integers(0, k, n)],
        "lam": 1e-3,
    }


def plain(X, W1, b1, W2, b2, T, lam):
    """As one writes it: a line for each quantity, nothing computed twice."""
    n = len(X)
    a = X @ W1 + b1
    h = np.maximum(a, 0.0)
    z = h @ W2 + b2
    z -= z.max(axis=1, keepdims=True)
    e = np.exp(z)
    s = e.sum(axis=1, keepdims=True)
    loss = np.vdot(T, np.log(s) - z) / n + lam * (np.vdot(W1, W1) + np.vdot(W2, W2))
    d_z = (e / s - T) / n
    d_W2 = h.T @ d_z + 2 * lam * W2
    d_b2 = d_z.sum(axis=0)
    d_a = (d_z @ W2.T) * (a > 0)
    d_W1 = X.T @ d_a + 2 * lam * W1
    d_b1 = d_a.sum(axis=0)
    return loss, (d_W1, d_b1, d_W2, d_b2)


def in_place(X, W1, b1, W2, b2, T, lam):
    """The same by somebody who counts buffers."""
    n = len(X)
    h = X @ W1
    h += b1
    np.maximum(h, 0.0, out=h)
    z = h @ W2
    z += b2
    z -= z.max(axis=1, keepdims=True)
    e = np.exp(z)
    s = e.sum(axis=1, keepdims=True)
    loss = (np.log(s).sum() - np.vdot(T, z)) / n + lam * (np.vdot(W1, W1) + np.vdot(W2, W2))
    e /= s
    e -= T
    e /= n
    d_W2 = W2 * (2 * lam)
    d_W2 += h.T @ e
    d_b2 = e.sum(axis=0)
    d_a = e @ W2.T
    d_a *= h > 0
    d_W1 = X.T @ d_a
    d_W1 += 2 * lam * W1
    d_b1 = d_a.sum(axis=0)
    return loss, (d_W1, d_b1, d_W2, d_b2)


def by_hand(quick: bool) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return plain, tuple(data().values())


def by_hand_in_place(quick: bool) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return in_place, tuple(data().values())


def with_symdiff(quick: bool) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    import symdiff as sd

    f = sd.value_and_grad(PROGRAM, wrt=WRT, **SHAPES)
    values = data()
    return f, tuple(values[name] for name in f.inputs)


TOOLS = {"by hand": by_hand, "by hand, in place": by_hand_in_place, "symdiff": with_symdiff}


def report(rounds: int, quick: bool) -> str:
    return compare("mlp", measure("mlp", TOOLS, rounds, quick), quick, memory=True)
