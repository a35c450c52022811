"""Programs: neural layers, state estimation, geometry, finance and physics."""

from __future__ import annotations

import numpy as np
import scipy.special

import symdiff as sd
from symdiff.frontends.tracing.trace import Symbol
from symdiff.ops import elementwise

from .program import Program, bits, definite, positive


def erf(x):
    return elementwise.erf(x) if isinstance(x, Symbol) else scipy.special.erf(x)


def kalman(z, x, P, F, H, Q, R):
    """Negative log-likelihood of one measurement, as a function of the process noise, the transition, and the state."""
    m = F @ x
    S = H @ (F @ P @ F.T + Q) @ H.T + R
    r = z - H @ m
    return (r @ np.linalg.solve(S, r) + np.linalg.slogdet(S)[1]) / 2


def kalman_expert(z, x, P, F, H, Q, R):
    S = H @ (F @ P @ F.T + Q) @ H.T + R
    r = z - H @ (F @ x)
    W = np.linalg.inv(S)
    a = W @ r
    value = (r @ a - np.linalg.slogdet(W)[1]) / 2
    b = H.T @ a
    d_Q = (H.T @ W.T @ H - np.outer(b, b)) / 2
    return value, (-(F.T @ b), d_Q)


def vae(mu, logvar, X, W, b, eps):
    """Negative ELBO with a Gaussian encoder and a Bernoulli decoder."""
    z = mu + np.exp(logvar / 2) * eps
    p = 1 / (1 + np.exp(-(z @ W + b)))
    likelihood = np.sum(X * np.log(p) + (1 - X) * np.log(1 - p))
    kl = -np.sum(1 + logvar - mu**2 - np.exp(logvar)) / 2
    return kl - likelihood


def vae_expert(mu, logvar, X, W, b, eps):
    sigma = np.exp(logvar / 2)
    z = mu + sigma * eps
    a = z @ W + b
    value = np.sum(np.logaddexp(0.0, a) - X * a) - np.sum(1 + logvar - mu**2 - sigma**2) / 2
    e = np.exp(-np.abs(a))
    d_a = np.where(a >= 0, 1.0, e) / (1 + e) - X
    d_z = d_a @ W.T
    d_mu = d_z + mu
    d_logvar = (d_z * eps * sigma + sigma**2 - 1) / 2
    d_W = z.T @ d_a
    d_b = np.sum(d_a, axis=0)
    return value, (d_mu, d_logvar, d_W, d_b)


def attention(Q, K, V, G):
    S = Q @ K.T / np.sqrt(8.0)
    E = np.exp(S - np.max(S, axis=1, keepdims=True))
    P = E / np.sum(E, axis=1, keepdims=True)
    return np.sum(P @ V * G)


def attention_expert(Q, K, V, G):
    scale = 1 / np.sqrt(8.0)
    S = Q @ K.T * scale
    E = np.exp(S - np.max(S, axis=1, keepdims=True))
    P = E / np.sum(E, axis=1, keepdims=True)
    value = np.sum(P @ V * G)
    d_P = G @ V.T
    d_S = P * (d_P - np.sum(P * d_P, axis=1, keepdims=True)) * scale
    return value, (d_S @ K, d_S.T @ Q, P.T @ G)


def layer_norm(x, gamma, beta, g):
    mu = np.mean(x, axis=1, keepdims=True)
    var = np.mean((x - mu) ** 2, axis=1, keepdims=True)
    return np.sum((gamma * (x - mu) / np.sqrt(var + 1e-5) + beta) * g)


def layer_norm_expert(x, gamma, beta, g):
    r = x - np.mean(x, axis=1, keepdims=True)
    std = np.sqrt(np.mean(r**2, axis=1, keepdims=True) + 1e-5)
    y = r / std
    value = np.sum((gamma * y + beta) * g)
    d_y = gamma * g
    d_x = (d_y - np.mean(d_y, axis=1, keepdims=True) - y * np.mean(d_y * y, axis=1, keepdims=True)) / std
    return value, (d_x, np.sum(g * y, axis=0), np.sum(g, axis=0))


def batch_norm(x, gamma, beta, g):
    y = (x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-5)
    return np.sum(g * (gamma * y + beta))


def batch_norm_expert(x, gamma, beta, g):
    r = x - np.mean(x, axis=0)
    std = np.sqrt(np.mean(r**2, axis=0) + 1e-5)
    y = r / std
    value = np.sum(g * (gamma * y + beta))
    d_beta = np.sum(g, axis=0)
    d_gamma = np.sum(g * y, axis=0)
    d_x = gamma / std * (g - (d_beta + y * d_gamma) / x.shape[0])
    return value, (d_x, d_gamma, d_beta)


def bundle(R, t, X, uv, f):
    """Reprojection error of points in one camera."""
    Y = X @ R.T + t
    return np.sum((f * Y[:, :2] / Y[:, 2:3] - uv) ** 2) / 2


def bundle_expert(R, t, X, uv, f):
    Y = X @ R.T + t
    depth = Y[:, 2:3]
    q = Y[:, :2] / depth
    r = f * q - uv
    value = np.sum(r**2) / 2
    d_q = f * r / depth
    d_depth = -np.sum(d_q * q, axis=1, keepdims=True)
    d_Y = np.concatenate([d_q, d_depth], axis=1)
    return value, (d_Y.T @ X, np.sum(d_Y, axis=0), np.sum(r * q))


def black_scholes(S, sigma, T, r, K):
    """A European call; the gradient is delta, vega, -theta and rho."""
    d1 = (np.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * np.sqrt(T))
    d2 = d1 - sigma * np.sqrt(T)
    cdf1 = (1 + erf(d1 / np.sqrt(2.0))) / 2
    cdf2 = (1 + erf(d2 / np.sqrt(2.0))) / 2
    return S * cdf1 - K * np.exp(-r * T) * cdf2


def black_scholes_expert(S, sigma, T, r, K):
    root = np.sqrt(T)
    v = sigma * root
    d1 = (np.log(S / K) + (r + sigma**2 / 2) * T) / v
    d2 = d1 - v
    delta = (1 + erf(d1 / 1.4142135623730951)) / 2
    discounted = K * np.exp(-r * T) * (1 + erf(d2 / 1.4142135623730951)) / 2
    density = 0.3989422804014327 * np.exp(-(d1**2) / 2)
    vega = S * density * root
    theta = vega * sigma / (2 * T) + r * discounted
    return S * delta - discounted, (delta, vega, theta, T * discounted)


def lennard_jones(X):
    """Energy of all pairs."""
    D = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=2) + np.eye(X.shape[0])
    s = 1 / D**3
    return 2 * np.sum((s**2 - s) * (1 - np.eye(X.shape[0])))


def lennard_jones_expert(X):
    R = X[:, None, :] - X
    eye = np.eye(X.shape[0])
    D = np.sum(R**2, axis=2) + eye
    s = 1 / D**3
    off = 1 - eye
    s2 = s * s
    value = 2 * np.sum((s2 - s) * off)
    G = off * (s - 2 * s2) / D
    return value, 24 * np.einsum("ij,ijd->id", G, R)


def sharpe(w, mu, S):
    return (w @ mu) / np.sqrt(w @ S @ w)


def sharpe_expert(w, mu, S):
    y = S @ w
    v = w @ y
    std = np.sqrt(v)
    value = w @ mu / std
    return value, mu / std - value / v * y


def total_variation(u, y, lam, eps):
    """Denoising of a signal, smoothed where it is flat."""
    d = u[1:] - u[:-1]
    return np.sum((u - y) ** 2) / 2 + lam * np.sum(np.sqrt(d**2 + eps**2))


def total_variation_expert(u, y, lam, eps):
    d = u[1:] - u[:-1]
    r = u - y
    h = np.hypot(d, eps)
    value = np.sum(r**2) / 2 + lam * np.sum(h)
    d_d = lam * d / h
    d_u = r + np.pad(d_d, (1, 0))
    d_u -= np.pad(d_d, (0, 1))
    return value, d_u


COVARIANCE = sd.spec("d d", assume="symmetric")
PROGRAMS = (
    Program(kalman, kalman_expert, ("x", "Q"), {"z": "m", "x": "d", "P": COVARIANCE, "F": "d d", "H": "m d", "Q": COVARIANCE, "R": sd.spec("m m", assume="symmetric")}, {"P": definite, "Q": definite, "R": definite}, {"x": (1e-300, 1e-8, 1e3)}),
    Program(vae, vae_expert, ("mu", "logvar", "W", "b"), {"mu": "n k", "logvar": "n k", "X": "n d", "W": "k d", "b": "d", "eps": "n k"}, {"X": bits}, {"W": (1e-300, 1e-8, 1e3), "b": (1e-300, 1e-8, 1e3)}),
    Program(attention, attention_expert, ("Q", "K", "V"), {"Q": "n d", "K": "m d", "V": "m d", "G": "n d"}, {}, {"Q": (1e-300, 1e-8, 1e3)}),
    Program(layer_norm, layer_norm_expert, ("x", "gamma", "beta"), {"x": "n d", "gamma": "d", "beta": "d", "g": "n d"}, {}, {"x": (1e-300, 1e-8, 1e3)}),
    Program(batch_norm, batch_norm_expert, ("x", "gamma", "beta"), {"x": "n d", "gamma": "d", "beta": "d", "g": "n d"}, {}, {"x": (1e-300, 1e-8, 1e3)}),
    Program(bundle, bundle_expert, ("R", "t", "f"), {"R": "3 3", "t": "3", "X": "n 3", "uv": "n 2", "f": ""}, {"R": definite, "f": positive}, {"t": (1e-300, 1e-8, 1e3)}),
    Program(black_scholes, black_scholes_expert, ("S", "sigma", "T", "r"), {"S": "", "sigma": "", "T": "", "r": "", "K": ""}, dict.fromkeys(("S", "sigma", "T", "r", "K"), positive), {"S": (1e-8, 1e3), "K": (1e-8, 1e3)}),
    Program(lennard_jones, lennard_jones_expert, "X", {"X": "n d"}, {}, {"X": (1e-3, 1e3)}, True),
    Program(sharpe, sharpe_expert, "w", {"w": "n", "mu": "n", "S": sd.spec("n n", assume="symmetric")}, {"S": definite}, {"w": (1e-100, 1e-8, 1e3)}),
    Program(total_variation, total_variation_expert, "u", {"u": "n", "y": "n", "lam": "", "eps": sd.spec("", assume="positive")}, {"lam": positive, "eps": positive}, {"u": (1e-300, 1e-8, 1e3)}),
)  # fmt: skip
