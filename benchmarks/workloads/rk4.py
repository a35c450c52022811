"""A hundred steps of Runge and Kutta's method for a thousand oscillators, and the derivative of where they end."""

from __future__ import annotations

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case

STEPS, H = 100, 0.01


def slope(y, w):
    return np.sin(w * y)


def end(y, w):
    for _ in range(STEPS):
        k1 = slope(y, w)
        k2 = slope(y + H / 2 * k1, w)
        k3 = slope(y + H / 2 * k2, w)
        k4 = slope(y + H * k3, w)
        y = y + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.sum(y * y)


def expert(y, w):
    """The adjoint by hand, stage by stage; all stages of the way forward are kept."""
    stages = []
    for _ in range(STEPS):
        wy1 = w * y
        k1 = np.sin(wy1)
        y2 = y + H / 2 * k1
        wy2 = w * y2
        k2 = np.sin(wy2)
        y3 = y + H / 2 * k2
        wy3 = w * y3
        k3 = np.sin(wy3)
        y4 = y + H * k3
        wy4 = w * y4
        k4 = np.sin(wy4)
        stages.append((y, wy1, y2, wy2, y3, wy3, y4, wy4))
        y = y + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    d_y, d_w = 2 * y, np.zeros_like(w)
    value = np.sum(y * y)
    for y1, wy1, y2, wy2, y3, wy3, y4, wy4 in reversed(stages):
        g = H / 6 * d_y
        d4 = g * np.cos(wy4)
        d_y4 = d4 * w
        d3 = (2 * g + H * d_y4) * np.cos(wy3)
        d_y3 = d3 * w
        d2 = (2 * g + H / 2 * d_y3) * np.cos(wy2)
        d_y2 = d2 * w
        d1 = (g + H / 2 * d_y2) * np.cos(wy1)
        d_w += d4 * y4 + d3 * y3 + d2 * y2 + d1 * y1
        d_y = d_y + d_y4 + d_y3 + d_y2 + d1 * w
    return value, (d_y, d_w)


def cases(quick: bool) -> list[Case]:
    rng = np.random.default_rng(9)
    ours = sd.value_and_grad(end, wrt=(0, 1))
    return [Case("RK4, 100 steps of 1,000", 1.0, expert, ours, (rng.standard_normal(1_000), rng.uniform(1, 2, 1_000)))]
