"""The problems, each written once over the array module that a tool brings.

They are in the manner of ADBench (Srajer, Kukelova and Fitzgibbon, "A benchmark of selected algorithmic differentiation
tools", 2018), and of the small objectives of SciPy's users.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Problem:
    """What is differentiated.

    Attributes:
        title: what it is, and how large.
        make: of an array module, the function.
        data: of whether sizes are small, the arguments.
        wrt: positions of the targets.
        kind: ``"value_and_grad"``, ``"hessian"`` or ``"jacobian"``.
    """

    title: str
    make: Callable[[Any], Callable[..., Any]]
    data: Callable[[bool], tuple[Any, ...]]
    wrt: tuple[int, ...] = (0,)
    kind: str = "value_and_grad"


def _small(np):
    def f(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    return f


def _logistic(np):
    def f(w, X, y):
        return np.sum(np.log(1.0 + np.exp(-y * (X @ w)))) + 0.1 * np.sum(w**2)

    return f


def _logsumexp(np, x, axis):
    top = np.max(x, axis=axis, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top)


def _gmm(np):
    def f(alphas, means, logs, lower, x, eye, below):
        L = lower * below + np.exp(logs)[:, :, None] * eye
        Lxc = np.einsum("kij,nkj->nki", L, x[:, None, :] - means)
        inner = alphas + np.sum(logs, axis=1) - 0.5 * np.sum(Lxc**2, axis=2)
        return _logsumexp(np, inner, 1) - x.shape[0] * _logsumexp(np, alphas, 0)

    return f


def _kmeans(np):
    def f(centres, points):
        apart = np.sum((points[:, None, :] - centres) ** 2, axis=2)
        return np.sum(np.min(apart, axis=1))

    return f


def _lstm(np):
    def f(W, U, b, xs):
        m = U.shape[0]
        h, c, total = np.zeros(m), np.zeros(m), 0.0
        for t in range(xs.shape[0]):
            z = xs[t] @ W + h @ U + b
            i, o, k = 1.0 / (1.0 + np.exp(-z[:m])), 1.0 / (1.0 + np.exp(-z[m : 2 * m])), np.tanh(z[2 * m : 3 * m])
            keep = 1.0 / (1.0 + np.exp(-z[3 * m :]))
            c = keep * c + i * k
            h = o * np.tanh(c)
            total = total + np.sum(h**2)
        return total

    return f


def _bundle(np):
    """The error of one observation; a camera is a rotation vector, a centre, a focal length, a point, a distortion."""

    def f(camera, point):
        r, centre, focal, x0, kappa = camera[:3], camera[3:6], camera[6], camera[7:9], camera[9:11]
        theta = np.sqrt(np.sum(r**2))
        k, v = r / theta, point - centre
        turned = v * np.cos(theta) + np.cross(k, v) * np.sin(theta) + k * (k @ v) * (1.0 - np.cos(theta))
        p = turned[:2] / turned[2]
        square = np.sum(p**2)
        return focal * p * (1.0 + kappa[0] * square + kappa[1] * square**2) + x0

    return f


def _normal(*shapes, scale=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(scale * rng.standard_normal(shape) for shape in shapes)


def _of_logistic(quick):
    n, d = (200, 10) if quick else (2000, 50)
    w, X = _normal((d,), (n, d))
    return w, X, np.where(np.arange(n) % 3 == 0, 1.0, -1.0)


def _of_gmm(quick):
    n, d, k = (100, 2, 5) if quick else (1000, 10, 25)
    alphas, means, logs, lower, x = _normal((k,), (k, d), (k, d), (k, d, d), (n, d), scale=0.4)
    return alphas, means, logs, lower, x, np.eye(d), np.tril(np.ones((d, d)), -1)


def _of_lstm(quick):
    m, t = (8, 10) if quick else (32, 50)
    return _normal((m, 4 * m), (m, 4 * m), (4 * m,), (t, m), scale=0.3)


PROBLEMS = {
    "rosenbrock": Problem("Rosenbrock, gradient", _small, lambda quick: _normal((20 if quick else 100,))),
    "rosenbrock_hessian": Problem(
        "Rosenbrock, Hessian", _small, lambda quick: _normal((20 if quick else 100,)), kind="hessian"
    ),
    "logistic": Problem("logistic regression, gradient", _logistic, _of_logistic),
    "logistic_hessian": Problem("logistic regression, Hessian", _logistic, _of_logistic, kind="hessian"),
    "gmm": Problem("Gaussian mixture, gradient", _gmm, _of_gmm, wrt=(0, 1, 2, 3)),
    "kmeans": Problem(
        "k-means, gradient", _kmeans, lambda quick: _normal((10, 3), (200 if quick else 5000, 3)), wrt=(0,)
    ),
    "lstm": Problem("LSTM, gradient", _lstm, _of_lstm, wrt=(0, 1, 2)),
    "bundle": Problem(
        "bundle adjustment, Jacobian of an observation", _bundle, lambda quick: _normal((11,), (3,)), (0, 1), "jacobian"
    ),
}
