"""Loops that end when they have converged."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.loop_programs.row import Row


def newton(a):
    x = a
    while abs(x**3 - a) > 1e-12 * a:
        x = x - (x**3 - a) / (3 * x**2)
    return x


def newton_by_hand(a):
    x, xs = a, []
    while abs(x**3 - a) > 1e-12 * a:
        xs.append(x)
        x = x - (x**3 - a) / (3 * x * x)
    d_x, d_a = 1.0, 0.0
    for x_t in reversed(xs):
        d_a += d_x / (3 * x_t * x_t)
        d_x = d_x * (2 / 3 - 2 * a / (3 * x_t**3))
    return x, d_a + d_x


def bisection(a, high):
    lo, hi = 0.0, high
    while hi - lo > 1e-12:
        mid = 0.5 * (lo + hi)
        if mid**3 < a:
            lo = mid
        else:
            hi = mid
    return 0.5 * (lo + hi)


def bisection_by_hand(a, high):
    lo, hi, raised = 0.0, high, []
    while hi - lo > 1e-12:
        mid = 0.5 * (lo + hi)
        raised.append(mid**3 < a)
        if raised[-1]:
            lo = mid
        else:
            hi = mid
    d_lo = d_hi = 0.5
    for up in reversed(raised):
        if up:
            d_lo, d_hi = 0.5 * d_lo, d_hi + 0.5 * d_lo
        else:
            d_lo, d_hi = d_lo + 0.5 * d_hi, 0.5 * d_hi
    return 0.5 * (lo + hi), d_hi


def kepler(e, m):
    last, anomaly = m + 1, m
    while abs(anomaly - last) > 1e-13:
        last, anomaly = anomaly, m + e * np.sin(anomaly)
    return anomaly


def kepler_by_hand(e, m):
    last, anomaly, sines = m + 1, m, []
    before = []
    while abs(anomaly - last) > 1e-13:
        s = np.sin(anomaly)
        before.append(anomaly)
        sines.append(s)
        last, anomaly = anomaly, m + e * s
    d, d_e = 1.0, 0.0
    for x, s in zip(reversed(before), reversed(sines), strict=True):
        d_e += d * s
        d = d * e * np.cos(x)
    return anomaly, d_e


def power_iteration(A, v0):
    v = v0 / np.linalg.norm(v0)
    change = 1.0
    while change > 1e-10:
        w = A @ v
        w = w / np.linalg.norm(w)
        change = np.linalg.norm(w - v)
        v = w
    return v @ A @ v


def power_iteration_by_hand(A, v0):
    v = v0 / np.linalg.norm(v0)
    change, vs, norms = 1.0, [v], []
    while change > 1e-10:
        w = A @ v
        norm = np.linalg.norm(w)
        w /= norm
        change = np.linalg.norm(w - v)
        v = w
        vs.append(v)
        norms.append(norm)
    Av = A @ v
    d = Av + A.T @ v
    ds = np.empty((len(norms), len(v)))
    for t in range(len(norms) - 1, -1, -1):
        w = vs[t + 1]
        np.divide(d - (d @ w) * w, norms[t], out=ds[t])
        d = A.T @ ds[t]
    return v @ Av, np.outer(v, v) + ds.T @ np.array(vs[:-1])


def symmetric(quick: bool) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    B = rng.standard_normal((50, 50))
    return B @ B.T, rng.standard_normal(50)


def value_iteration(P, R, gamma):
    V = np.zeros(R.shape[1])
    delta = 1.0
    while delta > 1e-8:
        Q = R + gamma * (P @ V)
        V_new = np.max(Q, axis=0)
        delta = np.max(np.abs(V_new - V))
        V = V_new
    return np.sum(V)


def value_iteration_by_hand(P, R, gamma):
    V = np.zeros(R.shape[1])
    delta, choices, PVs = 1.0, [], []
    while delta > 1e-8:
        PV = P @ V
        Q = R + gamma * PV
        best = np.argmax(Q, axis=0)
        V_new = Q.max(axis=0)
        delta = np.max(np.abs(V_new - V))
        choices.append(best)
        PVs.append(PV)
        V = V_new
    d_R, d_gamma, d, here = np.zeros_like(R), 0.0, np.ones_like(V), np.arange(len(V))
    for best, PV in zip(reversed(choices), reversed(PVs), strict=True):
        d_R[best, here] += d
        d_gamma += d @ PV[best, here]
        d = gamma * (d @ P[best, here])
    return V.sum(), (d_R, d_gamma)


def decisions(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 40
    return rng.dirichlet(np.ones(n), (4, n)), rng.standard_normal((4, n)), 0.9


ROWS = {
    "Newton": Row(newton, newton_by_hand, lambda quick: (7.0,), 0, 30, 0.3, 1.2),
    "bisection": Row(bisection, bisection_by_hand, lambda quick: (7.0, 10.0), 1, 30, 0.3, 1.2),
    "fixed point (Kepler)": Row(kepler, kepler_by_hand, lambda quick: (0.3, 1.0), 0, 30, 0.3, 1.2),
    "power iteration, n = 50": Row(power_iteration, power_iteration_by_hand, symmetric, 0, 30, 0.3, 1.2),
    "value iteration, 40 states": Row(value_iteration, value_iteration_by_hand, decisions, (1, 2), 30, 0.3, 1.2),
}
