"""The price of a call by Heston's model, by Monte Carlo with full truncation, and its derivatives by six parameters."""

from __future__ import annotations

import numpy as np

import symdiff as sd
from benchmarks.workloads.case import Case

MATURITY, STRIKE, RATE = 1.0, 100.0, 0.02


def price(p, z1, z2):
    """`p`: spot, variance, its speed, level and volatility, and the correlation; z1, z2 have a row for each step."""
    s, v, speed, level, xi, rho = p[0], p[1], p[2], p[3], p[4], p[5]
    dt = MATURITY / len(z1)
    x = np.log(s) + np.zeros(z1.shape[1])
    v = v + np.zeros(z1.shape[1])
    for k in range(len(z1)):
        positive = np.maximum(v, 0.0)
        root = np.sqrt(positive * dt + 1e-12)
        x = x + (RATE - 0.5 * positive) * dt + root * z1[k]
        v = v + speed * (level - positive) * dt + xi * root * (rho * z1[k] + np.sqrt(1 - rho * rho) * z2[k])
    return np.exp(-RATE * MATURITY) * np.mean(np.maximum(np.exp(x) - STRIKE, 0.0))


def expert(p, z1, z2):
    """Backwards through the steps, the roots and what is positive of the way forward kept."""
    s, v0, speed, level, xi, rho = p
    steps, paths = z1.shape
    dt, other = MATURITY / steps, np.sqrt(1 - rho * rho)
    x, v, kept = np.full(paths, np.log(s)), np.full(paths, v0), []
    for k in range(steps):
        positive = np.maximum(v, 0.0)
        root = np.sqrt(positive * dt + 1e-12)
        noise = rho * z1[k] + other * z2[k]
        kept.append((positive, root, noise, v > 0))
        x = x + (RATE - 0.5 * positive) * dt + root * z1[k]
        v = v + speed * (level - positive) * dt + xi * root * noise
    e = np.exp(x)
    factor = np.exp(-RATE * MATURITY)
    value = factor * np.mean(np.maximum(e - STRIKE, 0.0))
    d_x = np.where(e > STRIKE, e * (factor / paths), 0.0)
    d_v, by = np.zeros(paths), np.zeros(6)
    for k in reversed(range(steps)):
        positive, root, noise, mask = kept[k]
        d_noise = d_v * root
        by[2] += dt * (d_v @ (level - positive))
        by[3] += speed * dt * d_v.sum()
        by[4] += d_noise @ noise
        by[5] += xi * (d_noise @ z1[k] - rho / other * (d_noise @ z2[k]))
        d_root = d_x * z1[k] + xi * (d_v * noise)
        d_positive = d_root * (dt / 2) / root - (0.5 * dt) * d_x - (speed * dt) * d_v
        d_v = d_v + d_positive * mask
    by[0], by[1] = d_x.sum() / s, d_v.sum()
    return value, by


def cases(quick: bool) -> list[Case]:
    rng = np.random.default_rng(10)
    steps, paths = (10, 2_000) if quick else (50, 20_000)
    p = np.array([100.0, 0.04, 1.5, 0.05, 0.3, -0.6])
    data = (p, rng.standard_normal((steps, paths)), rng.standard_normal((steps, paths)))
    return [Case(f"Heston, price and Greeks, {paths:,} x {steps}", 1.1, expert, sd.value_and_grad(price), data)]
