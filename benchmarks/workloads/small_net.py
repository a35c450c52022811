"""A net of two inputs, eight hidden units and one output: value and gradient for one example."""

from __future__ import annotations

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case


def loss(W, b, v, c, x, t):
    y = np.tanh(x @ W + b) @ v + c
    return (y - t) ** 2


def expert(W, b, v, c, x, t):
    h = np.tanh(x @ W + b)
    r = h @ v + c - t
    d_y = 2 * r
    d_a = d_y * v * (1 - h * h)
    return r * r, (x[:, None] * d_a, d_a, d_y * h, d_y)


def cases(quick: bool) -> list[Case]:
    rng = np.random.default_rng(4)
    data = (
        rng.standard_normal((2, 8)),
        rng.standard_normal(8),
        rng.standard_normal(8),
        0.1,
        rng.standard_normal(2),
        0.5,
    )
    return [Case("MLP 2-8-1", 1.1, expert, sd.value_and_grad(loss, wrt=(0, 1, 2, 3)), data)]
