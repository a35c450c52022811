"""Programs: classifiers and other generalised linear models."""

from __future__ import annotations

import numpy as np

import symdiff as sd

from .program import Program, bits, counts, positive, probabilities, signs


def logistic(w, X, y, lam):
    return np.sum(np.log(1 + np.exp(-y * (X @ w)))) + lam * (w @ w)


def logistic_expert(w, X, y, lam):
    m = y * (X @ w)
    value = np.sum(np.logaddexp(0.0, -m)) + lam * (w @ w)
    e = np.exp(-np.abs(m))
    d_m = -y * np.where(m >= 0, e, 1.0) / (1 + e)
    return value, X.T @ d_m + 2 * lam * w


def bernoulli(w, X, t):
    p = 1 / (1 + np.exp(-(X @ w)))
    return -np.sum(t * np.log(p) + (1 - t) * np.log(1 - p))


def bernoulli_expert(w, X, t):
    z = X @ w
    value = np.sum(np.logaddexp(0.0, z) - t * z)
    e = np.exp(-np.abs(z))
    return value, X.T @ (np.where(z >= 0, 1.0, e) / (1 + e) - t)


def mlp(W1, b1, W2, b2, X, T, lam):
    h = np.maximum(X @ W1 + b1, 0)
    z = h @ W2 + b2
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    return -np.sum(T * np.log(p)) / X.shape[0] + lam * (np.sum(W1**2) + np.sum(W2**2))


def mlp_expert(W1, b1, W2, b2, X, T, lam):
    n = X.shape[0]
    a = X @ W1 + b1
    h = np.maximum(a, 0)
    z = h @ W2 + b2
    z = z - np.max(z, axis=1, keepdims=True)
    e = np.exp(z)
    s = np.sum(e, axis=1, keepdims=True)
    value = np.sum(T * (np.log(s) - z)) / n + lam * (np.vdot(W1, W1) + np.vdot(W2, W2))
    d_z = (e / s - T) / n
    d_W2 = h.T @ d_z + 2 * lam * W2
    d_b2 = np.sum(d_z, axis=0)
    d_a = (d_z @ W2.T) * (a > 0)
    d_W1 = X.T @ d_a + 2 * lam * W1
    d_b1 = np.sum(d_a, axis=0)
    return value, (d_W1, d_b1, d_W2, d_b2)


def poisson(w, X, y):
    eta = X @ w
    return np.sum(np.exp(eta) - y * eta)


def poisson_expert(w, X, y):
    eta = X @ w
    mu = np.exp(eta)
    return np.sum(mu - y * eta), X.T @ (mu - y)


def cox(w, X, d):
    """Partial likelihood; rows are sorted by time, the last to fail first."""
    eta = X @ w
    return np.sum(d * (np.log(np.cumsum(np.exp(eta))) - eta))


def cox_expert(w, X, d):
    eta = X @ w
    e = np.exp(eta)
    risk = np.cumsum(e)
    value = np.sum(d * (np.log(risk) - eta))
    d_eta = e * np.cumsum((d / risk)[::-1])[::-1] - d
    return value, X.T @ d_eta


def crf(unary, pairwise):
    """Log-partition function of a chain of four, by the forward pass."""
    alpha = unary[0]
    for t in range(1, 4):
        alpha = np.log(np.sum(np.exp(alpha[:, None] + pairwise), axis=0)) + unary[t]
    return np.log(np.sum(np.exp(alpha)))


def crf_expert(unary, pairwise):
    alphas, messages = [unary[0]], []
    for t in range(1, 4):
        s = alphas[-1][:, None] + pairwise
        top = np.max(s, axis=0)
        top = np.where(np.isfinite(top), top, 0.0)
        messages.append(np.log(np.sum(np.exp(s - top), axis=0)) + top)
        alphas.append(messages[-1] + unary[t])
    top = np.max(alphas[-1])
    top = np.where(np.isfinite(top), top, 0.0)
    value = np.log(np.sum(np.exp(alphas[-1] - top))) + top
    d_alpha = np.exp(alphas[-1] - value)
    d_unary, d_pairwise = [d_alpha], np.zeros_like(pairwise)
    for t in range(2, -1, -1):
        d_s = np.exp(alphas[t][:, None] + pairwise - messages[t]) * d_alpha
        d_pairwise = d_pairwise + d_s
        d_alpha = np.sum(d_s, axis=1)
        d_unary.append(d_alpha)
    return value, (np.stack(d_unary[::-1]), d_pairwise)


def contrastive(A, B):
    """Each row of A belongs to the same row of B (InfoNCE)."""
    S = A @ B.T
    return -np.mean(np.diag(S - np.log(np.sum(np.exp(S), axis=1, keepdims=True))))


def contrastive_expert(A, B):
    n = A.shape[0]
    S = A @ B.T
    top = np.max(S, axis=1, keepdims=True)
    e = np.exp(S - top)
    s = np.sum(e, axis=1, keepdims=True)
    value = np.mean(np.log(s) + top) - np.trace(S) / n
    d_S = (e / s - np.eye(n)) / n
    return value, (d_S @ B, d_S.T @ A)


def triplet(a, p, n, margin):
    return np.sum(np.maximum(np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin, 0))


def triplet_expert(a, p, n, margin):
    u = a - p
    v = a - n
    m = np.sum(u**2, axis=1) - np.sum(v**2, axis=1) + margin
    value = np.sum(np.maximum(m, 0))
    g = 2 * (m > 0)[:, None]
    d_p = -g * u
    d_n = g * v
    return value, (-d_p - d_n, d_p, d_n)


LOGITS = (1e-300, 1e-8, 1e3)
PROGRAMS = (
    Program(logistic, logistic_expert, "w", {"w": "d", "X": "n d", "y": "n", "lam": ""}, {"y": signs, "lam": positive}, {"w": LOGITS}),
    Program(bernoulli, bernoulli_expert, "w", {"w": "d", "X": "n d", "t": "n"}, {"t": bits}, {"w": LOGITS}),
    Program(mlp, mlp_expert, ("W1", "b1", "W2", "b2"),
            {"W1": "d h", "b1": "h", "W2": "h k", "b2": "k", "X": "n d", "T": sd.spec("n k", assume="sums_to_one"), "lam": ""},
            {"T": probabilities, "lam": positive}, {"W2": LOGITS, "b2": LOGITS}),
    Program(poisson, poisson_expert, "w", {"w": "d", "X": "n d", "y": "n"}, {"y": counts}, {"w": (1e-300, 1e-8, 30.0, 1e3)}),
    Program(cox, cox_expert, "w", {"w": "d", "X": "n d", "d": "n"}, {"d": bits}, {"w": (1e-300, 1e-8, 30.0, 1e3)}),
    Program(crf, crf_expert, ("unary", "pairwise"), {"unary": "4 k", "pairwise": "k k"}, {}, {"unary": LOGITS, "pairwise": LOGITS}),
    Program(contrastive, contrastive_expert, ("A", "B"), {"A": "n d", "B": "n d"}, {}, {"A": LOGITS}, True),
    Program(triplet, triplet_expert, ("a", "p", "n"), {"a": "m d", "p": "m d", "n": "m d", "margin": ""}, {"margin": positive}, {"a": LOGITS}),
)  # fmt: skip
