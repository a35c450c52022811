"""Loops with branches, and a sum of many terms."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.loop_programs.row import Row


def lennard_jones(x, cutoff):
    n = x.shape[0]
    energy = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            d = x[i] - x[j]
            r2 = d @ d
            if r2 < cutoff**2:
                s = 1 / r2**3
                energy += 4 * (s * s - s)
    return energy


def lennard_jones_by_hand(x, cutoff):
    n = len(x)
    energy, d_x = 0.0, np.zeros_like(x)
    for i in range(n):
        for j in range(i + 1, n):
            d = x[i] - x[j]
            r2 = d @ d
            if r2 < cutoff**2:
                s = 1 / r2**3
                energy += 4 * (s * s - s)
                f = -24 * (2 * s * s - s) / r2 * d
                d_x[i] += f
                d_x[j] -= f
    return energy, d_x


def particles(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 3
    grid = np.stack(np.meshgrid(*[np.arange(n)] * 3), axis=-1).reshape(-1, 3)
    return 1.2 * grid[: 8 if quick else 27] + 0.05 * rng.standard_normal((8 if quick else 27, 3)), 2.5


def heat_capacity(c, T):
    total = 0.0
    for t in T:
        if t < 300:
            cp = c[0] + c[1] * t
        elif t < 1000:
            cp = c[2] + c[3] * t + c[4] / t**2
        else:
            cp = c[5]
        total += cp * cp
    return total


def heat_capacity_by_hand(c, T):
    total, d = 0.0, [0.0] * 6
    c0, c1, c2, c3, c4, c5 = c.tolist()
    for t in T.tolist():
        if t < 300:
            cp = c0 + c1 * t
            d[0] += 2 * cp
            d[1] += 2 * cp * t
        elif t < 1000:
            cp = c2 + c3 * t + c4 / t**2
            d[2] += 2 * cp
            d[3] += 2 * cp * t
            d[4] += 2 * cp / t**2
        else:
            cp = c5
            d[5] += 2 * cp
        total += cp * cp
    return total, np.array(d)


def temperatures(quick: bool) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.uniform(1, 2, 6), rng.uniform(100, 1500, 100 if quick else 10_000)


def american_put(S, sigma, K, r, T, N):
    dt = T / N
    u = np.exp(sigma * np.sqrt(dt))
    p = (np.exp(r * dt) - 1 / u) / (u - 1 / u)
    discount = np.exp(-r * dt)
    V = np.maximum(K - S * u ** (2.0 * np.arange(N + 1) - N), 0)
    for i in range(N - 1, -1, -1):
        for_now = K - S * u ** (2.0 * np.arange(i + 1) - i)
        V = np.maximum(discount * (p * V[1:] + (1 - p) * V[:-1]), for_now)
    return V[0]


def american_put_by_hand(S, sigma, K, r, T, N):
    dt = T / N
    root = np.sqrt(dt)
    u = np.exp(sigma * root)
    growth, discount = np.exp(r * dt), np.exp(-r * dt)
    p = (growth - 1 / u) / (u - 1 / u)
    powers = u ** np.arange(-N, N + 1)
    V = np.maximum(K - S * powers[::2], 0)
    at_end = V > 0
    history = []
    for i in range(N - 1, -1, -1):
        held = discount * (p * V[1:] + (1 - p) * V[:-1])
        now = K - S * powers[N - i : N + i + 1 : 2]
        history.append((V, held > now))
        V = np.maximum(held, now)
    d, d_p, d_powers, d_S = np.ones(1), 0.0, np.zeros(2 * N + 1), 0.0
    for i, (W, hold) in enumerate(reversed(history)):
        exercised = np.where(hold, 0.0, d)
        d_S -= exercised @ powers[N - i : N + i + 1 : 2]
        d_powers[N - i : N + i + 1 : 2] -= S * exercised
        d = discount * np.where(hold, d, 0.0)
        d_p += d @ (W[1:] - W[:-1])
        back = np.empty(len(W))
        back[1:] = p * d
        back[0] = 0.0
        back[:-1] += (1 - p) * d
        d = back
    d *= at_end
    d_S -= d @ powers[::2]
    d_powers[::2] -= S * d
    d_u = d_powers @ (np.arange(-N, N + 1) * powers) / u
    width = u - 1 / u
    d_u += d_p * (1 / u**2 / width - p * (1 + 1 / u**2) / width)
    return V[0], (d_S, d_u * u * root)


def option(quick: bool) -> tuple[Any, ...]:
    return 100.0, 0.2, 105.0, 0.05, 1.0, 50 if quick else 500


def huber(theta, x, y, delta):
    a, b = theta
    total = 0.0
    for i in range(len(x)):
        e = y[i] - a * x[i] - b
        if abs(e) <= delta:
            total += 0.5 * e**2
        else:
            total += delta * (abs(e) - 0.5 * delta)
    return total


def huber_by_hand(theta, x, y, delta):
    a, b = theta.tolist()
    total, d_a, d_b = 0.0, 0.0, 0.0
    for x_i, y_i in zip(x.tolist(), y.tolist(), strict=True):
        e = y_i - a * x_i - b
        if abs(e) <= delta:
            total += 0.5 * e * e
            d_e = e
        else:
            total += delta * (abs(e) - 0.5 * delta)
            d_e = delta if e > 0 else -delta
        d_a -= d_e * x_i
        d_b -= d_e
    return total, np.array([d_a, d_b])


def line(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 100 if quick else 10_000
    x = rng.standard_normal(n)
    return np.array([0.5, 0.1]), x, 2 * x + rng.standard_normal(n), 1.0


def many_terms(x):
    total = 0.0
    for i in range(1, 41):
        total = total + np.sum(np.sin(i * x))
    return total


def many_terms_by_hand(x):
    total, d = 0.0, np.zeros_like(x)
    for i in range(1, 41):
        ix = i * x
        total += np.sin(ix).sum()
        np.cos(ix, out=ix)
        ix *= i
        d += ix
    return total, d


def elements(quick: bool) -> tuple[Any, ...]:
    return (np.random.default_rng(0).standard_normal(10_000 if quick else 1_000_000),)


ROWS = {
    "Lennard-Jones with cutoff, 27 particles": Row(lennard_jones, lennard_jones_by_hand, particles, 0, 40, 0.3, 1.1),
    "heat capacities by pieces, 10,000": Row(heat_capacity, heat_capacity_by_hand, temperatures, 0, 40, 0.3, 1.1),
    "American put, 500 steps": Row(american_put, american_put_by_hand, option, (0, 1), 40, 0.3, 1.1),
    "Huber by if, 10,000": Row(huber, huber_by_hand, line, 0, 40, 0.3, 1.1),
    "40 terms over 10**6 elements": Row(many_terms, many_terms_by_hand, elements, 0, 15, 0.1, 1.0),
}
