"""The log-likelihood of a Gaussian mixture, as the ADBench of Srajer, Kukelova and Fitzgibbon (2018) states it."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

import symdiff as sd
from benchmarks.workloads.case import Case


def likelihood(alphas, means, logs, lower, x):
    """As users write it: `lower` holds square matrices of which what is below the diagonal counts."""
    L = np.tril(lower, -1) + np.exp(logs)[:, :, None] * np.eye(logs.shape[1])
    xc = x[:, None, :] - means
    Lxc = np.einsum("kij,nkj->nki", L, xc)
    inner = alphas + np.sum(logs, axis=1) - 0.5 * np.sum(Lxc**2, axis=2)
    return np.sum(logsumexp(inner, axis=1)) - x.shape[0] * logsumexp(alphas)


def expert(alphas, means, logs, lower, x):
    """The differences times L in one product of matrices, and all that flows back in two."""
    (n, d), k = x.shape, len(alphas)
    E = np.exp(logs)
    L = np.tril(lower, -1)
    L[:, np.arange(d), np.arange(d)] = E
    flat = L.reshape(k * d, d)
    shift = np.matmul(L, means[:, :, None])[:, :, 0].reshape(k * d)
    y = x @ flat.T - shift
    inner = alphas + logs.sum(1) - 0.5 * np.einsum("nki,nki->nk", y.reshape(n, k, d), y.reshape(n, k, d))
    top = inner.max(1, keepdims=True)
    p = np.exp(inner - top)
    s = p.sum(1, keepdims=True)
    p /= s
    a = np.exp(alphas - alphas.max())
    total = a.sum()
    value = np.sum(np.log(s) + top) - n * (np.log(total) + alphas.max())
    weights = p.sum(0)
    z = (y.reshape(n, k, d) * p[:, :, None]).reshape(n, k * d)
    column = z.sum(0).reshape(k, d)
    d_L = column[:, :, None] * means[:, None, :] - (z.T @ x).reshape(k, d, d)
    d_means = np.matmul(column[:, None, :], L)[:, 0, :]
    d_logs = weights[:, None] + np.diagonal(d_L, axis1=1, axis2=2) * E
    return value, (weights - n * a / total, d_means, d_logs, np.tril(d_L, -1))


def cases(quick: bool) -> list[Case]:
    found = []
    for d, k in ((2, 5),) if quick else ((2, 5), (10, 25), (20, 50)):
        rng = np.random.default_rng(5)
        shapes = ((k,), (k, d), (k, d), (k, d, d), (1000, d))
        data = tuple(
            rng.standard_normal(shape) * scale for shape, scale in zip(shapes, (1, 1, 0.3, 0.3, 1), strict=True)
        )
        ours = sd.value_and_grad(likelihood, wrt=(0, 1, 2, 3))
        found.append(Case(f"GMM d{d} K{k}, 1,000 points", 1.1, expert, ours, data))
    return found
