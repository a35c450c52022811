"""Recurrences over a series: volatility, autoregression, hidden states, recurrent networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.loop_programs.row import Row


def garch(theta, r):
    omega, alpha, beta = theta
    h = np.empty(len(r))
    h[0] = np.var(r)
    for t in range(1, len(r)):
        h[t] = omega + alpha * r[t - 1] ** 2 + beta * h[t - 1]
    return 0.5 * np.sum(np.log(h) + r**2 / h)


def garch_by_hand(theta, r):
    omega, alpha, beta = theta.tolist()
    sq = r**2
    h_t = float(np.var(r))
    hs = [h_t]
    for s in (omega + alpha * sq[:-1]).tolist():
        h_t = s + beta * h_t
        hs.append(h_t)
    h = np.array(hs)
    q = sq / h
    d_h = 0.5 * (1 - q) / h
    d_t, ds = 0.0, []
    for g in d_h[:0:-1].tolist():
        d_t = g + beta * d_t
        ds.append(d_t)
    d = np.array(ds[::-1])
    return 0.5 * np.sum(np.log(h) + q), np.array([d.sum(), d @ sq[:-1], d @ h[:-1]])


def returns(steps: int) -> tuple[Any, ...]:
    return np.array([0.1, 0.1, 0.8]), np.random.default_rng(0).standard_normal(steps)


def autoregression(theta, x, y):
    p, c = theta
    s = np.zeros(len(x))
    s[0] = x[0]
    for t in range(1, len(x)):
        s[t] = p * s[t - 1] + c * x[t]
    return np.sum((s - y) ** 2)


def autoregression_by_hand(theta, x, y):
    p, c = theta.tolist()
    s_t = float(x[0])
    states = [s_t]
    for u in (c * x[1:]).tolist():
        s_t = p * s_t + u
        states.append(s_t)
    s = np.array(states)
    e = s - y
    d_t, ds = 0.0, []
    for g in (2 * e[:0:-1]).tolist():
        d_t = g + p * d_t
        ds.append(d_t)
    d = np.array(ds[::-1])
    return e @ e, np.array([d @ s[:-1], d @ x[1:]])


def series(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 1_000 if quick else 100_000
    return np.array([0.9, 0.5]), rng.standard_normal(n), rng.standard_normal(n)


def hmm(log_a, log_b):
    alpha = log_b[0] - np.log(log_a.shape[0])
    for t in range(1, log_b.shape[0]):
        s = alpha[:, None] + log_a
        m = np.max(s, axis=0)
        alpha = log_b[t] + m + np.log(np.sum(np.exp(s - m), axis=0))
    top = np.max(alpha)
    return top + np.log(np.sum(np.exp(alpha - top)))


def hmm_by_hand(log_a, log_b):
    n, k = log_b.shape
    alpha = log_b[0] - np.log(k)
    weights = np.empty((n - 1, k, k))
    for t in range(1, n):
        e = alpha[:, None] + log_a
        m = e.max(axis=0)
        e -= m
        np.exp(e, out=e)
        z = e.sum(axis=0)
        np.divide(e, z, out=weights[t - 1])
        alpha = log_b[t] + m + np.log(z)
    top = alpha.max()
    e = np.exp(alpha - top)
    z = e.sum()
    d_b = np.empty((n, k))
    d_b[-1] = e / z
    for t in range(n - 1, 0, -1):
        d_b[t - 1] = weights[t - 1] @ d_b[t]
    return top + np.log(z), (np.einsum("tij,tj->ij", weights, d_b[1:]), d_b)


def states(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 200 if quick else 5_000
    return np.log(rng.dirichlet(np.ones(10), 10)), np.log(rng.uniform(0.1, 1, (n, 10)))


def kalman(F, Q, R, H, y):
    m = np.zeros(F.shape[0])
    P = np.eye(F.shape[0])
    ll = 0.0
    for t in range(y.shape[0]):
        m = F @ m
        P = F @ P @ F.T + Q
        v = y[t] - H @ m
        S = H @ P @ H.T + R
        S_inv = np.linalg.inv(S)
        K = P @ H.T @ S_inv
        ll -= 0.5 * (np.log(np.linalg.det(S)) + v @ S_inv @ v)
        m = m + K @ v
        P = P - K @ H @ P
    return ll


def kalman_by_hand(F, Q, R, H, y):
    n, k, o = len(y), len(F), len(R)
    m, P, ll = np.zeros(k), np.eye(k), 0.0
    ms, vs = np.empty((n, k)), np.empty((n, o))
    Ps, Ms, Ss, Ks = np.empty((n, k, k)), np.empty((n, k, k)), np.empty((n, o, o)), np.empty((n, k, o))
    for t in range(n):
        ms[t], Ps[t] = m, P
        m = F @ m
        P = F @ P @ F.T + Q
        v = y[t] - H @ m
        HP = H @ P
        S = HP @ H.T + R
        S_inv = np.linalg.inv(S)
        K = HP.T @ S_inv
        ll -= 0.5 * (np.log(np.linalg.det(S)) + v @ S_inv @ v)
        Ms[t], vs[t], Ss[t], Ks[t] = P, v, S_inv, K
        m = m + K @ v
        P = P - K @ HP
    d_m, d_P = np.zeros(k), np.zeros((k, k))
    d_F, d_Q, d_R = np.zeros((k, k)), np.zeros((k, k)), np.zeros((o, o))
    for t in range(n - 1, -1, -1):
        P, v, S_inv, K = Ms[t], vs[t], Ss[t], Ks[t]
        HP = H @ P
        w = S_inv @ v
        d_K = np.outer(d_m, v) - d_P @ HP.T
        d_v = K.T @ d_m - w
        d_P = d_P - H.T @ (K.T @ d_P) + d_K @ S_inv.T @ H
        d_S = -0.5 * (S_inv - np.outer(w, w)) - S_inv.T @ (HP @ d_K) @ S_inv.T
        d_P = d_P + H.T @ d_S @ H
        d_m = d_m - H.T @ d_v
        d_R += d_S
        d_Q += d_P
        d_F += d_P @ F @ Ps[t].T + d_P.T @ F @ Ps[t] + np.outer(d_m, ms[t])
        d_P = F.T @ d_P @ F
        d_m = F.T @ d_m
    return ll, (d_F, d_Q, d_R)


def tracks(quick: bool) -> tuple[Any, ...]:
    rng, n = np.random.default_rng(0), 100 if quick else 1_000
    F = np.eye(4) * 0.95 + 0.05 * np.eye(4, k=2)
    return F, 0.1 * np.eye(4), 0.5 * np.eye(2), np.eye(2, 4), rng.standard_normal((n, 2))


def rnn(W, U, b, x, y):
    h = np.zeros(W.shape[0])
    for t in range(x.shape[0]):
        h = np.tanh(W @ h + U @ x[t] + b)
    return np.sum((h - y) ** 2)


def rnn_by_hand(W, U, b, x, y):
    n, k = len(x), len(W)
    u = x @ U.T + b
    h = np.zeros((n + 1, k))
    for t in range(n):
        np.tanh(W @ h[t] + u[t], out=h[t + 1])
    e = h[n] - y
    d = np.empty((n, k))
    g = 2 * e
    slope = 1 - h[1:] ** 2
    for t in range(n - 1, -1, -1):
        np.multiply(g, slope[t], out=d[t])
        g = W.T @ d[t]
    return e @ e, (d.T @ h[:-1], d.T @ x, d.sum(axis=0))


def sequence(quick: bool, gates: int = 1) -> tuple[Any, ...]:
    rng, n, k, i = np.random.default_rng(0), 64 if quick else 1_024, 32, 16
    W, U = rng.standard_normal((gates * k, k)) / np.sqrt(k), rng.standard_normal((gates * k, i)) / 4
    return W, U, np.zeros(gates * k), rng.standard_normal((n, i)), rng.standard_normal(k)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(W, U, b, x, y):
    k = W.shape[1]
    h, c = np.zeros(k), np.zeros(k)
    for t in range(x.shape[0]):
        z = W @ h + U @ x[t] + b
        i, f, o = sigmoid(z[:k]), sigmoid(z[k : 2 * k]), sigmoid(z[2 * k : 3 * k])
        g = np.tanh(z[3 * k :])
        c = f * c + i * g
        h = o * np.tanh(c)
    return np.sum((h - y) ** 2)


def lstm_by_hand(W, U, b, x, y):
    n, k = len(x), W.shape[1]
    u = x @ U.T + b
    h, c, a = np.zeros((n + 1, k)), np.zeros((n + 1, k)), np.empty((n, 4 * k))
    for t in range(n):
        z = W @ h[t] + u[t]
        a[t, : 3 * k] = 1 / (1 + np.exp(-z[: 3 * k]))
        np.tanh(z[3 * k :], out=a[t, 3 * k :])
        i, f, o, g = a[t].reshape(4, k)
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    e = h[n] - y
    tanh_c = np.tanh(c[1:])
    slope = np.concatenate([a[:, : 3 * k] * (1 - a[:, : 3 * k]), 1 - a[:, 3 * k :] ** 2], axis=1)
    d_z = np.empty((n, 4 * k))
    d_h, d_c = 2 * e, np.zeros(k)
    for t in range(n - 1, -1, -1):
        i, f, o, g = a[t].reshape(4, k)
        d_c = d_c + d_h * o * (1 - tanh_c[t] ** 2)
        np.concatenate([d_c * g, d_c * c[t], d_h * tanh_c[t], d_c * i], out=d_z[t])
        d_z[t] *= slope[t]
        d_h, d_c = W.T @ d_z[t], d_c * f
    return e @ e, (d_z.T @ h[:-1], d_z.T @ x, d_z.sum(axis=0))


ROWS = {
    "GARCH(1,1), T = 10": Row(garch, garch_by_hand, lambda quick: returns(10), 0, 40, 0.3, 1.1),
    "GARCH(1,1), T = 100,000": Row(
        garch, garch_by_hand, lambda quick: returns(1_000 if quick else 100_000), 0, 40, 0.3, 1.1
    ),
    "autoregression, T = 100,000": Row(autoregression, autoregression_by_hand, series, 0, 20, 0.2, 1.1),
    "HMM forward, T = 5,000, 10 states": Row(hmm, hmm_by_hand, states, (0, 1), 50, 0.4, 1.1),
    "Kalman filter, T = 1,000, 4 states": Row(kalman, kalman_by_hand, tracks, (0, 1, 2), 90, 0.8, 1.2),
    "RNN, 1,024 steps": Row(rnn, rnn_by_hand, sequence, (0, 1, 2), 70, 1.0, 1.0),
    "LSTM, 1,024 steps": Row(lstm, lstm_by_hand, lambda quick: sequence(quick, 4), (0, 1, 2), 70, 1.0, 1.0),
}
