"""The price of a European call by Black and Scholes (1973), and its derivatives by five parameters: the Greeks."""

from __future__ import annotations

import numpy as np
from scipy.special import erf

import symdiff as sd
from benchmarks.workloads.case import Case

NAMES = ("S", "K", "T", "r", "s")


def price(S, K, T, r, s):
    root = s * np.sqrt(T)
    d1 = (np.log(S / K) + (r + s * s / 2) * T) / root
    d2 = d1 - root
    return np.sum(S * cdf(d1) - K * np.exp(-r * T) * cdf(d2))


def cdf(x):
    return (1 + erf(x / np.sqrt(2))) / 2


def expert(S, K, T, r, s):
    """By formula: S * pdf(d1) is K * exp(-r T) * pdf(d2), so that one density is enough."""
    root_T = np.sqrt(T)
    root = s * root_T
    d1 = (np.log(S / K) + (r + s * s / 2) * T) / root
    N1, N2 = cdf(d1), cdf(d1 - root)
    discount = np.exp(-r * T)
    K_now = K * discount
    vega = S * np.exp(-0.5 * d1 * d1) * (root_T / np.sqrt(2 * np.pi))
    by_r = K_now * T * N2
    by_T = vega * s / (2 * T) + r * K_now * N2
    return np.sum(S * N1 - K_now * N2), (N1, -discount * N2, by_T, by_r, vega)


def cases(quick: bool) -> list[Case]:
    found = []
    for n in (1_000,) if quick else (1_000, 100_000, 1_000_000):
        rng = np.random.default_rng(1)
        ranges = ((80, 120), (80, 120), (0.2, 2), (0.01, 0.05), (0.1, 0.4))
        data = tuple(rng.uniform(low, high, n) for low, high in ranges)
        for style in ("readable", "fast"):
            ours = sd.value_and_grad(price, wrt=NAMES, style=style)
            name = f"Black-Scholes and Greeks, {n:,}{', fast' * (style == 'fast')}"
            found.append(Case(name, 1.0, expert, ours, data, "intermediate values keep their names, and arrays"))
    return found
