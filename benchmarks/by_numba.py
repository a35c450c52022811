"""Value and gradient of two loops, as somebody writes them who compiles them with Numba."""

from __future__ import annotations

from math import exp, log, tanh

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def garch(theta, r):  # type: ignore[no-untyped-def]
    omega, alpha, beta = theta
    n = len(r)
    h = np.empty(n)
    mean = 0.0
    for t in range(n):
        mean += r[t]
    mean /= n
    var = 0.0
    for t in range(n):
        var += (r[t] - mean) ** 2
    h[0] = var / n
    value = log(h[0]) + r[0] ** 2 / h[0]
    for t in range(1, n):
        h[t] = omega + alpha * r[t - 1] ** 2 + beta * h[t - 1]
        value += log(h[t]) + r[t] ** 2 / h[t]
    d_h, d_omega, d_alpha, d_beta = 0.0, 0.0, 0.0, 0.0
    for t in range(n - 1, 0, -1):
        d_h = beta * d_h + 0.5 * (1 - r[t] ** 2 / h[t]) / h[t]
        d_omega += d_h
        d_alpha += d_h * r[t - 1] ** 2
        d_beta += d_h * h[t - 1]
    return 0.5 * value, np.array([d_omega, d_alpha, d_beta])


@njit(cache=True, error_model="numpy")
def lstm(W, U, b, x, y):  # type: ignore[no-untyped-def]
    n, k = len(x), W.shape[1]
    u = x @ U.T + b
    h, c, a, z = np.zeros((n + 1, k)), np.zeros((n + 1, k)), np.empty((n, 4 * k)), np.empty(4 * k)
    for t in range(n):
        np.dot(W, h[t], z)
        for j in range(3 * k):
            a[t, j] = 1 / (1 + exp(-z[j] - u[t, j]))
        for j in range(3 * k, 4 * k):
            a[t, j] = tanh(z[j] + u[t, j])
        for j in range(k):
            c[t + 1, j] = a[t, k + j] * c[t, j] + a[t, j] * a[t, 3 * k + j]
            h[t + 1, j] = a[t, 2 * k + j] * tanh(c[t + 1, j])
    e = h[n] - y
    d_z, d_h, d_c, W_T = np.empty((n, 4 * k)), 2 * e, np.zeros(k), np.ascontiguousarray(W.T)
    for t in range(n - 1, -1, -1):
        for j in range(k):
            i, f, o, g = a[t, j], a[t, k + j], a[t, 2 * k + j], a[t, 3 * k + j]
            s = tanh(c[t + 1, j])
            here = d_c[j] + d_h[j] * o * (1 - s * s)
            d_z[t, j] = here * g * i * (1 - i)
            d_z[t, k + j] = here * c[t, j] * f * (1 - f)
            d_z[t, 2 * k + j] = d_h[j] * s * o * (1 - o)
            d_z[t, 3 * k + j] = here * i * (1 - g * g)
            d_c[j] = here * f
        np.dot(W_T, d_z[t], d_h)
    return np.sum(e * e), (d_z.T @ h[:-1], d_z.T @ x, d_z.sum(axis=0))
