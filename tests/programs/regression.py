"""Programs: regression, factorisation and clustering."""

from __future__ import annotations

import numpy as np

import symdiff as sd

from .program import Program, positive, probabilities


def ridge(w, X, y, lam):
    return np.sum((X @ w - y) ** 2) / 2 + lam / 2 * np.sum(w**2)


def ridge_expert(w, X, y, lam):
    r = X @ w - y
    return (r @ r + lam * (w @ w)) / 2, X.T @ r + lam * w


def huber(w, X, y, delta):
    r = X @ w - y
    a = np.abs(r)
    return np.sum(np.where(a <= delta, r**2 / 2, delta * (a - delta / 2)))


def huber_expert(w, X, y, delta):
    r = X @ w - y
    a = np.abs(r)
    value = np.sum(np.where(a <= delta, r**2 / 2, delta * (a - delta / 2)))
    return value, X.T @ np.clip(r, -delta, delta)


def tukey(w, X, y, c):
    u = (X @ w - y) / c
    return np.sum(np.where(np.abs(u) <= 1, 1 - (1 - u**2) ** 3, 1.0)) * c**2 / 6


def tukey_expert(w, X, y, c):
    r = X @ w - y
    u = r / c
    v = 1 - u**2
    inside = np.abs(u) <= 1
    value = np.sum(np.where(inside, 1 - v**3, 1.0)) * c**2 / 6
    return value, X.T @ np.where(inside, r * v**2, 0.0)


def factorisation(U, V, T):
    return np.sum((T - U @ V.T) ** 2) / 2


def factorisation_expert(U, V, T):
    R = U @ V.T - T
    return np.sum(R**2) / 2, (R @ V, R.T @ U)


def rayleigh(x, A):
    return (x @ A @ x) / (x @ x)


def rayleigh_expert(x, A):
    """For any A: the gradient of a symmetric one is 2 (A x - value x) / x'x."""
    y = A @ x
    s = x @ x
    value = x @ y / s
    return value, (y + A.T @ x - 2 * value * x) / s


def kmeans(C, X):
    D = np.sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2)
    return np.sum(np.min(D, axis=1))


def kmeans_expert(C, X):
    R = X[:, None, :] - C
    D = np.sum(R**2, axis=2)
    low = np.min(D, axis=1)
    nearest = low[:, None] == D
    w = nearest / np.sum(nearest, axis=1, keepdims=True)
    return np.sum(low), -2 * np.einsum("nk,nkd->kd", w, R)


def rbf_network(a, C, s, X, y):
    D = np.sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2)
    return np.sum((np.exp(-D / (2 * s**2)) @ a - y) ** 2) / 2


def rbf_network_expert(a, C, s, X, y):
    R = X[:, None, :] - C
    D = np.sum(R**2, axis=2)
    K = np.exp(-D / (2 * s**2))
    r = K @ a - y
    value = np.sum(r**2) / 2
    G = r[:, None] * a * K
    d_a = K.T @ r
    d_s = np.sum(G * D) / s**3
    d_C = np.einsum("nk,nkd->kd", G, R) / s**2
    return value, (d_a, d_C, d_s)


def gmm(mu, w, x):
    """Negative log-likelihood of a mixture of unit Gaussians; the weights are positive."""
    D = np.sum((x[:, None, :] - mu[None, :, :]) ** 2, axis=2)
    return -np.sum(np.log(np.sum(np.exp(np.log(w) - D / 2), axis=1)))


def gmm_expert(mu, w, x):
    R = x[:, None, :] - mu
    q = np.log(w) - np.sum(R**2, axis=2) / 2
    top = np.max(q, axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    e = np.exp(q - top)
    s = np.sum(e, axis=1, keepdims=True)
    value = -np.sum(np.log(s) + top)
    p = e / s
    return value, (-np.einsum("nk,nkd->kd", p, R), -np.sum(p, axis=0) / w)


def gaussian_process(s, l, noise, X, y):
    """Negative log marginal likelihood."""
    D = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=2)
    K = s * np.exp(-D / (2 * l**2)) + noise * np.eye(X.shape[0])
    return (y @ np.linalg.solve(K, y) + np.linalg.slogdet(K)[1]) / 2


def gaussian_process_expert(s, l, noise, X, y):
    D = np.sum((X[:, None, :] - X) ** 2, axis=2)
    E = np.exp(-D / (2 * l**2))
    P = np.linalg.inv(s * E + noise * np.eye(X.shape[0]))
    alpha = P @ y
    value = (y @ alpha - np.linalg.slogdet(P)[1]) / 2
    G = (P - np.outer(alpha, alpha)) / 2
    GE = G * E
    return value, (np.sum(GE), s * np.sum(GE * D) / l**3, np.trace(G))


def sinkhorn(C, a, b):
    """Cost of the entropic transport plan after three scalings."""
    K = np.exp(-C)
    v = np.ones_like(b)
    for _ in range(3):
        u = a / (K @ v)
        v = b / (K.T @ u)
    return np.sum(u[:, None] * K * v[None, :] * C)


def sinkhorn_expert(C, a, b):
    K = np.exp(-C)
    us, vs, Kvs, Kus = [], [np.ones_like(b)], [], []
    for _ in range(3):
        Kvs.append(K @ vs[-1])
        us.append(a / Kvs[-1])
        Kus.append(K.T @ us[-1])
        vs.append(b / Kus[-1])
    u, v = us[-1], vs[-1]
    KC = K * C
    KCv = KC @ v
    value = u @ KCv
    P = u[:, None] * K * v
    d_K = u[:, None] * v * C
    d_u, d_v = KCv, KC.T @ u
    for k in range(2, -1, -1):
        d_Ku = -d_v * vs[k + 1] / Kus[k]
        d_K = d_K + us[k][:, None] * d_Ku
        d_u = d_u + K @ d_Ku
        d_Kv = -d_u * us[k] / Kvs[k]
        d_K = d_K + d_Kv[:, None] * vs[k]
        d_v = K.T @ d_Kv
        d_u = 0.0
    return value, P - d_K * K


POSITIVE = sd.spec("", assume="positive")
SMALL = (1e-300, 1e-8, 1e3)
PROGRAMS = (
    Program(ridge, ridge_expert, "w", {"w": "d", "X": "n d", "y": "n", "lam": ""}, {"lam": positive}, {"w": SMALL}),
    Program(huber, huber_expert, "w", {"w": "d", "X": "n d", "y": "n", "delta": POSITIVE}, {"delta": positive}, {"w": SMALL}),
    Program(tukey, tukey_expert, "w", {"w": "d", "X": "n d", "y": "n", "c": POSITIVE}, {"c": positive}, {"w": SMALL}),
    Program(factorisation, factorisation_expert, ("U", "V"), {"U": "n k", "V": "m k", "T": "n m"}, {}, {"U": SMALL}),
    Program(rayleigh, rayleigh_expert, "x", {"x": "n", "A": "n n"}, {}, {"x": (1e-100, 1e-8, 1e3)}),
    Program(kmeans, kmeans_expert, "C", {"C": "k d", "X": "n d"}, {}, {"C": (1e3,), "X": SMALL}),
    Program(rbf_network, rbf_network_expert, ("a", "C", "s"), {"a": "k", "C": "k d", "s": "", "X": "n d", "y": "n"}, {"s": positive}, {"a": SMALL, "C": (1e-300, 1e-8, 30.0)}),
    Program(gmm, gmm_expert, ("mu", "w"), {"mu": "k d", "w": "k", "x": "n d"}, {"w": probabilities}, {"mu": SMALL, "w": (1e-300,)}),
    Program(gaussian_process, gaussian_process_expert, ("s", "l", "noise"), {"s": "", "l": "", "noise": "", "X": "n d", "y": "n"}, {"s": positive, "l": positive, "noise": positive}, {"l": (1e-3, 1e3), "s": (1e-300, 1e-8, 1e3)}, True),
    Program(sinkhorn, sinkhorn_expert, "C", {"C": "n m", "a": "n", "b": "m"}, {"C": positive, "a": probabilities, "b": probabilities}, {"C": (1e-300, 1e-8, 30.0)}),
)  # fmt: skip
