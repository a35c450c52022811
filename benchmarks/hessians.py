"""Hessians and Jacobians against the closed forms that one writes by hand in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.runner import flat, measure, ratio, seconds, table

TITLE = "hessians: second derivatives and Jacobians, symdiff / closed form by hand"


class Problem(NamedTuple):
    """A program, where its derivative is wanted, and the derivative by hand; both take `data` in this order."""

    kind: str  # "hessian" or "jacobian"
    text: str
    wrt: Any
    shapes: dict[str, str]
    hand: Callable[..., Any]
    data: Callable[[np.random.Generator, bool], dict[str, np.ndarray]]


# ------------------------------------------------------------------------------------------------- closed forms by hand


def quadratic_form(x, A):
    return A + A.T


def least_squares(X, w, y):
    return X.T @ X


def logistic(X, w, y):
    p = 1 / (1 + np.exp(y * (X @ w)))
    return X.T @ ((p * (1 - p) * y * y)[:, None] * X)


def factorisation(U, V, T):
    n, k = U.shape
    H = np.zeros((n, k, n, k))
    rows = np.arange(n)
    H[rows, :, rows, :] = 2 * (V.T @ V)
    return H


def softmax(z):
    e = np.exp(z - z.max())
    p = e / e.sum()
    return np.diag(p) - np.outer(p, p)


def softmax_rows(Z):
    n, k = Z.shape
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = e / e.sum(axis=1, keepdims=True)
    J = np.zeros((n, k, n, k))
    rows = np.arange(n)
    J[rows, :, rows, :] = P[:, :, None] * (np.eye(k) - P[:, None, :])
    return J


def log_determinant(A):
    inv = np.linalg.inv(A)
    return -inv.T[:, None, None, :] * inv[None, :, :, None]


def log_determinant_in_order(A):
    """The same with a result in C order, which symdiff's always are."""
    inv = np.linalg.inv(A)
    return -np.ascontiguousarray(inv.T)[:, None, None, :] * inv[None, :, :, None]


def rosenbrock(x):
    """As `scipy.optimize.rosen_hess` does it."""
    H = np.diag(-400 * x[:-1], 1) - np.diag(400 * x[:-1], -1)
    diagonal = np.zeros(len(x))
    diagonal[0] = 1200 * x[0] ** 2 - 400 * x[1] + 2
    diagonal[-1] = 200
    diagonal[1:-1] = 202 + 1200 * x[1:-1] ** 2 - 400 * x[2:]
    return H + np.diag(diagonal)


def network(X, W, v, y):
    """Gauss and Newton's part by one product of the Jacobian with itself, then what is left of each hidden unit."""
    n, d = X.shape
    h = len(v)
    Z = np.tanh(X @ W)
    r = Z @ v - y
    D = 1 - Z * Z
    J = (X[:, :, None] * (D * v)[:, None, :]).reshape(n, d * h)
    WW = (J.T @ J).reshape(d, h, d, h)
    curvature = (-2 * r)[:, None] * Z * D * v
    for k in range(h):
        WW[:, k, :, k] += X.T @ (curvature[:, k, None] * X)
    Wv = (J.T @ Z).reshape(d, h, h)
    units = np.arange(h)
    Wv[:, units, units] += X.T @ (r[:, None] * D)
    return (WW, Wv), (np.ascontiguousarray(np.transpose(Wv, (2, 0, 1))), Z.T @ Z)


# ------------------------------------------------------------------------------------------------------------- problems


def _regression(rng, quick):
    n, d = (400, 60) if quick else (2000, 300)
    y = rng.choice([-1.0, 1.0], n)
    return {"X": rng.standard_normal((n, d)), "w": rng.standard_normal(d) / d, "y": y}


def _square(rng, n):
    return rng.standard_normal((n, n)) + 3 * n**0.5 * np.eye(n)


def _factors(rng, quick):
    n, k = (60, 5) if quick else (200, 5)
    return {"U": rng.standard_normal((n, k)), "V": rng.standard_normal((n, k)), "T": rng.standard_normal((n, n))}


def _network(rng, quick):
    n, d, h = (100, 6, 8) if quick else (1000, 10, 20)
    shapes = {"X": (n, d), "W": (d, h), "v": (h,), "y": (n,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


ROSENBROCK = "sum(100 * (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"
PROBLEMS = {
    "x @ A @ x": Problem(
        "hessian", "x @ A @ x", "x", {"x": "n", "A": "n n"}, quadratic_form,
        lambda rng, quick: {"x": rng.standard_normal(1000), "A": _square(rng, 1000)},
    ),
    "least squares": Problem(
        "hessian", "sum((X @ w - y)**2) / 2", "w", {"X": "n d", "w": "d", "y": "n"}, least_squares, _regression
    ),
    "logistic regression": Problem(
        "hessian", "sum(log(1 + exp(-y * (X @ w))))", "w", {"X": "n d", "w": "d", "y": "n"}, logistic, _regression
    ),
    "matrix factorisation": Problem(
        "hessian", "sum((T - U @ V.T)**2)", "U", {"U": "n k", "V": "m k", "T": "n m"}, factorisation, _factors
    ),
    "softmax": Problem(
        "jacobian", "softmax(z)", "z", {"z": "n"}, softmax, lambda rng, quick: {"z": rng.standard_normal(1000)}
    ),
    "softmax of rows": Problem(
        "jacobian", "softmax(Z, axis=1)", "Z", {"Z": "n k"}, softmax_rows,
        lambda rng, quick: {"Z": rng.standard_normal((50, 20))},
    ),
    "log-determinant": Problem(
        "hessian", "slogdet(A)[1]", "A", {"A": "n n"}, log_determinant, lambda rng, quick: {"A": _square(rng, 40)}
    ),
    "log-determinant, C order": Problem(
        "hessian", "slogdet(A)[1]", "A", {"A": "n n"}, log_determinant_in_order,
        lambda rng, quick: {"A": _square(rng, 40)},
    ),
    "Rosenbrock": Problem(
        "hessian", ROSENBROCK, "x", {"x": "n"}, rosenbrock, lambda rng, quick: {"x": rng.standard_normal(1000)}
    ),
    "one hidden layer": Problem(
        "hessian", "r = tanh(X @ W) @ v - y\nr @ r / 2", ("W", "v"), {"X": "n d", "W": "d h", "v": "h", "y": "n"},
        network, _network,
    ),
}  # fmt: skip


def data(name: str, quick: bool) -> dict[str, np.ndarray]:
    """The arguments of a problem, the same in every process."""
    return PROBLEMS[name].data(np.random.default_rng(0), quick)


def by_hand(name: str) -> Callable[[bool], tuple[Callable[..., Any], tuple[Any, ...]]]:
    return lambda quick: (PROBLEMS[name].hand, tuple(data(name, quick).values()))


def with_symdiff(name: str) -> Callable[[bool], tuple[Callable[..., Any], tuple[Any, ...]]]:
    def make(quick):
        import symdiff as sd

        problem, values = PROBLEMS[name], data(name, quick)
        f = getattr(sd, problem.kind)(problem.text, problem.wrt, **problem.shapes)
        return f, tuple(values[argument] for argument in f.inputs)

    return make


TOOLS = {f"{name}, by hand": by_hand(name) for name in PROBLEMS}
TOOLS |= {f"{name}, symdiff": with_symdiff(name) for name in PROBLEMS}


def difference(name: str, quick: bool) -> float:
    """How far the results are from those by hand, relative to the largest element."""
    results = []
    for make in (by_hand(name), with_symdiff(name)):
        call, arguments = make(quick)
        results.append(flat(call(*arguments)))
    return max(float(np.max(np.abs(a - b)) / np.max(np.abs(a))) for a, b in zip(*results, strict=True))


def report(rounds: int, quick: bool) -> str:
    rows = [["problem", "by hand", "symdiff", "ratio of mins", "of medians", "difference"]]
    for name in PROBLEMS:
        pair = (f"{name}, by hand", f"{name}, symdiff")
        hand, ours = measure("hessians", pair, rounds, quick).values()
        if hand.error or ours.error:
            rows.append([name, hand.error or ours.error])
            continue
        ratios = [ratio(ours.min, hand.min), ratio(ours.median, hand.median)]
        rows.append([name, seconds(hand.min), seconds(ours.min), *ratios, f"{difference(name, quick):.0e}"])
    return table(rows)
