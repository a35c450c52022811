"""Twenty steps of an LSTM with shared weights, and the derivative of a loss by all of them."""

from __future__ import annotations

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case

STEPS, SIZE, BATCH = 20, 64, 32


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def loss(W, U, b, xs, target):
    h = c = np.zeros((xs.shape[1], SIZE))
    for x in xs:
        a = x @ W + h @ U + b
        i, f, o = sigmoid(a[:, :SIZE]), sigmoid(a[:, SIZE : 2 * SIZE]), sigmoid(a[:, 2 * SIZE : 3 * SIZE])
        c = f * c + i * np.tanh(a[:, 3 * SIZE :])
        h = o * np.tanh(c)
    return np.sum((h - target) ** 2)


def expert(W, U, b, xs, target):
    """The gates of a step in one array, weights' derivatives in one product for all steps."""
    steps, batch, size = xs.shape
    h, c, kept = np.zeros((batch, size)), np.zeros((batch, size)), []
    given = xs.reshape(-1, xs.shape[2]) @ W + b
    for own in given.reshape(steps, batch, -1):
        a = own + h @ U
        gates = sigmoid(a[:, : 3 * size])
        g = np.tanh(a[:, 3 * size :])
        before, last = h, c
        c = gates[:, size : 2 * size] * c + gates[:, :size] * g
        t = np.tanh(c)
        h = gates[:, 2 * size :] * t
        kept.append((gates, g, before, last, t))
    d_h, d_c, d_as = 2 * (h - target), 0.0, np.empty((steps, batch, 4 * size))
    value = np.sum((h - target) ** 2)
    for k in reversed(range(steps)):
        gates, g, before, last, t = kept[k]
        i, f, o = gates[:, :size], gates[:, size : 2 * size], gates[:, 2 * size :]
        d_c = d_c + d_h * o * (1 - t * t)
        d_a = d_as[k]
        d_a[:, :size] = d_c * g
        d_a[:, size : 2 * size] = d_c * last
        d_a[:, 2 * size : 3 * size] = d_h * t
        d_a[:, : 3 * size] *= gates * (1 - gates)
        d_a[:, 3 * size :] = d_c * i * (1 - g * g)
        d_h = d_a @ U.T
        d_c = d_c * f
    flat = d_as.reshape(-1, 4 * size)
    hs = np.concatenate([before for _, _, before, _, _ in kept])
    return value, (xs.reshape(-1, xs.shape[2]).T @ flat, hs.T @ flat, flat.sum(0))


def cases(quick: bool) -> list[Case]:
    rng = np.random.default_rng(12)
    shapes = ((SIZE, 4 * SIZE), (SIZE, 4 * SIZE), (4 * SIZE,), (STEPS, BATCH, SIZE), (BATCH, SIZE))
    data = tuple(rng.standard_normal(s) * 0.3 for s in shapes)
    return [Case(f"LSTM, {STEPS} steps", 1.0, expert, sd.value_and_grad(loss, wrt=(0, 1, 2)), data)]
