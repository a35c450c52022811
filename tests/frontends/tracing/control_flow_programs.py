"""Functions with loops and branches, as people write them, and a point of each."""

import numpy as np

X = np.array([0.5, -1.0, 0.3, 2.0, 1.0, 1.5, 0.8, 0.2, -0.3, 3.0, 4.0, 5.0])
T = 40


def garch(theta, r):
    omega, alpha, beta = theta
    h = np.empty(len(r))
    h[0] = np.var(r)
    for t in range(1, len(r)):
        h[t] = omega + alpha * r[t - 1] ** 2 + beta * h[t - 1]
    return 0.5 * np.sum(np.log(h) + r**2 / h)


def garch_by_append(theta, r):
    h = [np.var(r)]
    for value in r[:-1]:
        h.append(theta[0] + theta[1] * value**2 + theta[2] * h[-1])
    return 0.5 * sum(np.log(v) + x**2 / v for v, x in zip(h, r, strict=True))


def autoregression(p, e):
    y = np.zeros(len(e))
    for t in range(2, len(e)):
        y[t] = p[0] * y[t - 1] + p[1] * y[t - 2] + e[t]
    return np.sum(y**2)


def rnn(W, xs):
    h = np.zeros(3)
    loss = 0.0
    for x in xs:
        h = np.tanh(W @ h + x)
        loss += np.sum(h**2)
    return loss


def hidden_markov(A, B):
    alpha = B[0]
    for t in range(1, len(B)):
        m = np.max(alpha)
        alpha = np.log(np.exp(alpha - m) @ A) + m + B[t]
    return np.log(np.sum(np.exp(alpha)))


def kalman(F, Q, y):
    m, P, ll = np.zeros(3), np.eye(3), 0.0
    for t in range(len(y)):
        m, P = F @ m, F @ P @ F.T + Q
        v, S_inv = y[t] - m[:2], np.linalg.inv(P[:2, :2] + np.eye(2))
        ll += np.log(np.linalg.det(S_inv)) - v @ S_inv @ v
        K = P[:, :2] @ S_inv
        m, P = m + K @ v, P - K @ P[:2]
    return ll


def runge_kutta(y0, p):
    def f(y):
        return np.array([p[0] * y[0] - y[0] * y[1], y[0] * y[1] - p[1] * y[1]])

    y, h = y0, 0.05
    for _ in range(30):
        k1 = f(y)
        k2 = f(y + h / 2 * k1)
        y = y + h * k2
    return np.sum(y**2)


def heat(u0, k):
    u = u0.copy()
    for _ in range(25):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = x - (x * x - a) / (2 * x)
    return x


def power_iteration(A):
    v = np.ones(len(A))
    change = 1.0
    while change > 1e-14:
        w = A @ v
        w = w / np.sqrt(np.sum(w**2))
        change = np.max(np.abs(w - v))
        v = w
    return v @ A @ v


def early_return(x, c):
    for value in x:
        if value > c:
            return value**2 * c
    return -c


def broken(p, x):
    total = 0.0
    for value in x:
        if value < 0:
            continue
        total += p[0] * value ** p[1]
        if total > 5:
            break
    else:
        total = -total
    return total


def regimes(t, c):
    if t < 1.0:
        return c[0] * t
    if t < 2.0:
        return c[0] + c[1] * np.log(t)
    return c[2] / t


def huber(r, d):
    total = 0.0
    for v in r:
        total += 0.5 * v**2 if abs(v) <= d else d * (abs(v) - 0.5 * d)
    return total


def pairs(x):
    energy = 0.0
    for i in range(len(x)):
        for j in range(i):
            r = abs(x[i] - x[j]) + 0.1
            if r < 2.5:
                energy += r**-2 - r**-1
    return energy


def cholesky(A):
    n = 10
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            L[i, j] = np.sqrt(s) if i == j else s / L[j, j]
    return np.sum(np.log(np.diag(L)))


def warping(a, b):
    n, m = len(a), len(b)
    D = np.full((n + 1, m + 1), 1e3)
    D[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            best = -np.log(np.exp(-D[i, j]) + np.exp(-D[i, j + 1]) + np.exp(-D[i + 1, j]))
            D[i + 1, j + 1] = (a[i] - b[j]) ** 2 + best
    return D[n, m]


def american(s, v):
    n, dt = 20, 0.05
    up = np.exp(v * np.sqrt(dt))
    q = (np.exp(0.03 * dt) - 1 / up) / (up - 1 / up)
    prices = s * up ** (2.0 * np.arange(n + 1) - n)
    values = np.maximum(1.0 - prices, 0.0)
    for _ in range(n):
        prices = prices[1:] / up
        values = np.exp(-0.03 * dt) * (q * values[1:] + (1 - q) * values[:-1])
        values = np.maximum(values, 1.0 - prices)
    return values[0]


def extremes(x):
    largest, smallest = x[0], x[0]
    for v in x:
        largest = max(largest, v)
        smallest = min(smallest, v, 2.0)
    return float(largest) ** 2 - smallest


def guarded(x):
    if np.any(np.isnan(x)):
        raise ValueError("nan in x")
    assert np.all(x > 0), "not positive"
    total = 0.0
    for v in x:
        if v > 100:
            raise OverflowError
        total += np.log(v)
    return total


_rng = np.random.default_rng(5)
_M = _rng.normal(size=(10, 10))
PROGRAMS = {
    "garch": (garch, np.array([0.1, 0.1, 0.8]), _rng.normal(size=T)),
    "garch_by_append": (garch_by_append, np.array([0.1, 0.1, 0.8]), _rng.normal(size=T)),
    "autoregression": (autoregression, np.array([0.5, -0.2]), _rng.normal(size=T)),
    "rnn": (rnn, 0.5 * _rng.normal(size=(3, 3)), _rng.normal(size=(T, 3))),
    "hidden_markov": (hidden_markov, _rng.uniform(0.2, 1, (3, 3)), _rng.normal(size=(T, 3))),
    "kalman": (kalman, 0.4 * _M[:3, :3], np.eye(3), _rng.normal(size=(T, 2))),
    "runge_kutta": (runge_kutta, np.array([1.0, 0.7]), np.array([0.9, 1.1])),
    "heat": (heat, _rng.normal(size=14), 0.2),
    "newton": (newton, 3.0),
    "power_iteration": (power_iteration, _M[:4, :4] @ _M[:4, :4].T + np.eye(4)),
    "early_return": (early_return, X, 1.4),
    "early_return_at_the_end": (early_return, X, 7.0),
    "broken": (broken, np.array([1.0, 2.0]), X),
    "not_broken": (broken, np.array([0.01, 2.0]), X),
    "first_regime": (regimes, 0.4, np.array([1.0, 2.0, 3.0])),
    "second_regime": (regimes, 1.4, np.array([1.0, 2.0, 3.0])),
    "third_regime": (regimes, 2.4, np.array([1.0, 2.0, 3.0])),
    "huber": (huber, X, 1.1),
    "pairs": (pairs, X),
    "cholesky": (cholesky, _M @ _M.T + 5 * np.eye(10)),
    "warping": (warping, _rng.normal(size=10), _rng.normal(size=11)),
    "american": (american, 0.93, 0.3),
    "extremes": (extremes, X),
}
