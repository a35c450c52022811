# ruff: noqa
"""Programs as scientists write them, unmodified: loops, branches, handlers, classes, generators, dicts, recursion.

Each takes four numbers between 0.3 and 1.5.
"""

import itertools
import math
from collections import defaultdict, deque
from dataclasses import dataclass
from functools import reduce

import numpy as np


def adaptive_rk(p):
    """RKF-like adaptive step, while with break/else"""
    a, b, y, t_end = p[0], p[1], p[2], 2.0
    t, h, n = 0.0, 0.1, 0
    while t < t_end:
        if t + h > t_end:
            h = t_end - t
        k1 = -a * y + b * np.sin(t)
        k2 = -a * (y + h * k1) + b * np.sin(t + h)
        err = abs(h * (k2 - k1) / 2)
        if err < 1e-3:
            y = y + h * (k1 + k2) / 2
            t += h
            if err < 2e-4:
                h = 1.5 * h
        else:
            h = h * 0.5
        n += 1
        if n > 400:
            break
    else:
        y = y + 0.0
    return y * p[3]


def tridiag(p):
    n = 6
    a = [-1.0] * n
    b = [2.0 + p[0] * i for i in range(n)]
    c = [-p[1]] * n
    d = [p[2] * np.cos(i) + p[3] for i in range(n)]
    for i in range(1, n):
        m = a[i] / b[i - 1]
        b[i] = b[i] - m * c[i - 1]
        d[i] = d[i] - m * d[i - 1]
    x = [0.0] * n
    x[-1] = d[-1] / b[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return sum(xi**2 for xi in x)


class Layer:
    def __init__(self, thickness, k):
        self.thickness, self.k = thickness, k

    def resistance(self, area=1.0):
        return self.thickness / (self.k * area)


class Wall:
    def __init__(self):
        self.layers = []

    def add(self, l):
        self.layers.append(l)
        return self

    def flux(self, t1, t2):
        r = sum(l.resistance() for l in self.layers)
        return (t1 - t2) / r


def wall(p):
    w = Wall().add(Layer(p[0], 0.5 + p[1] * 0.1))
    for k in range(3):
        w.add(Layer(0.1 * (k + 1), p[2]))
    q = w.flux(p[3] * 20, 3.0)
    return q if q > 0 else -q


def peng_robinson(p):
    T, P = 300.0 * p[0] + 100, 1e5 * (1 + p[1])
    Tc, Pc, w, R = 190.6, 4.6e6, 0.011 * p[2], 8.314
    kappa = 0.37464 + 1.54226 * w - 0.26992 * w**2
    alpha = (1 + kappa * (1 - math.sqrt(T / Tc))) ** 2 if T < 2000 else 1.0
    a = 0.45724 * R**2 * Tc**2 / Pc * alpha
    b = 0.0778 * R * Tc / Pc
    A = a * P / (R * T) ** 2
    B = b * P / (R * T)
    z = 1.0
    for it in range(50):
        f = z**3 - (1 - B) * z**2 + (A - 3 * B**2 - 2 * B) * z - (A * B - B**2 - B**3)
        df = 3 * z**2 - 2 * (1 - B) * z + (A - 3 * B**2 - 2 * B)
        dz = f / df
        z -= dz
        if abs(dz) < 1e-12:
            break
    else:
        raise RuntimeError("no convergence")
    assert z > 0, "negative z"
    return z * p[3] + math.log(z)


def fib_rec(p):
    def fib(n, memo={}):
        if n < 2:
            return p[n]
        return fib(n - 1) * 0.5 + fib(n - 2) * p[2]

    return fib(9) * p[3]


def histogram(p):
    counts = {}
    for i in range(12):
        key = i % 3
        counts[key] = counts.get(key, 0.0) + p[i % 4] ** 2
    return sum(v * (k + 1) for k, v in sorted(counts.items()))


def dd(p):
    acc = defaultdict(float)
    for i, v in enumerate(p):
        acc["even" if i % 2 == 0 else "odd"] += v * v
    return acc["even"] * acc["odd"]


def gen(p):
    def series(x):
        term, k = 1.0, 0
        while True:
            yield term
            k += 1
            term = term * x / k

    s = 0.0
    for k, t in enumerate(series(p[0] * p[1])):
        if k > 15:
            break
        s += t
    return s * p[2] + p[3]


def collatzish(p):
    x, steps = p[0] * 10, 0
    while x > 1:
        if x > 5:
            x = x / 2 + p[1]
        elif x > 2:
            x = x * 0.7
        else:
            x = x - 0.6 * p[2]
            continue
        steps += 1
    return x * p[3] + steps


@dataclass
class State:
    x: float
    v: float

    def step(self, dt, k):
        a = -k * self.x
        return State(self.x + dt * self.v, self.v + dt * a)


def oscill(p):
    s = State(p[0], p[1])
    hist = [s]
    for _ in range(20):
        s = s.step(0.1, p[2])
        hist.append(s)
    return max(h.x for h in hist) * p[3] + hist[-1].v


def tryexc(p):
    tot = 0.0
    for v in p:
        try:
            tot += math.log(v - 0.5)
        except ValueError:
            tot += v**2
    return tot


def safe_div(p):
    def ratio(a, b):
        try:
            return a / b
        except ZeroDivisionError:
            return float("inf")

    return ratio(p[0], p[1]) + min(ratio(p[2], p[3]), 100.0)


def viterbi(p):
    A = np.array([[0.7, 0.3], [0.4, 0.6]])
    obs = [0, 1, 1, 0, 1]
    emis = np.array([[p[0], p[1]], [p[2], p[3]]])
    emis = emis / emis.sum(axis=1, keepdims=True)
    v = np.log(0.5 * emis[:, obs[0]])
    for o in obs[1:]:
        new = np.empty(2) * 0 + v * 0
        for j in range(2):
            best = -np.inf
            for i in range(2):
                c = v[i] + np.log(A[i, j])
                if c > best:
                    best = c
            new[j] = best + np.log(emis[j, o])
        v = new
    return max(v)


def lu(p):
    n = 4
    M = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            M[i, j] = p[i] * p[j] + (3.0 if i == j else 0.1 * (i - j))
    det = 1.0
    for k in range(n):
        piv = k
        for i in range(k + 1, n):
            if abs(M[i, k]) > abs(M[piv, k]):
                piv = i
        if piv != k:
            M[[k, piv]] = M[[piv, k]]
            det = -det
        det *= M[k, k]
        for i in range(k + 1, n):
            M[i, k:] = M[i, k:] - M[k, k:] * (M[i, k] / M[k, k])
    return np.log(abs(det))


def golden(p):
    f = lambda x: (x - p[0]) ** 2 + p[1] * np.cos(x)
    a, b = -1.0, 3.0
    g = (math.sqrt(5) - 1) / 2
    c, d = b - g * (b - a), a + g * (b - a)
    for _ in range(25):
        if f(c) < f(d):
            b, d = d, c
            c = b - g * (b - a)
        else:
            a, c = c, d
            d = a + g * (b - a)
    return f((a + b) / 2) * p[2] + p[3]


def newton_implicit(p):
    y = p[0]
    for i in range(10):
        ynew = y
        for it in range(20):
            g = ynew - y - 0.1 * (-p[1] * ynew**3 + p[2])
            dg = 1 + 0.3 * p[1] * ynew**2
            delta = g / dg
            ynew = ynew - delta
            if abs(delta) < 1e-13:
                break
        y = ynew
    return y * p[3]


def stackmachine(p):
    stack = []
    for tok in "a b + c * d - a /".split():
        if tok in "abcd":
            stack.append(p["abcd".index(tok)])
        else:
            y = stack.pop()
            x = stack.pop()
            if tok == "+":
                stack.append(x + y)
            elif tok == "*":
                stack.append(x * y)
            elif tok == "-":
                stack.append(x - y)
            else:
                stack.append(x / y)
    return stack[0]


def queue(p):
    q = deque([p[0], p[1]], maxlen=3)
    s = 0.0
    for i in range(10):
        q.append(0.5 * q[-1] + p[2] * q[0])
        s += sum(q) / len(q)
    return s * p[3]


def matexp(p):
    A = np.array([[0.0, p[0]], [-p[1], -p[2]]])
    term, total, k = np.eye(2), np.eye(2), 1
    while k < 30:
        term = term @ A / k
        total = total + term
        if np.max(np.abs(term)) < 1e-16:
            break
        k += 1
    return total[0, 1] * p[3] + np.trace(total)


def bisect(p):
    lo, hi = 0.0, 10.0
    f = lambda x: x**3 + p[0] * x - p[1] * 4
    for i in range(60):
        mid = 0.5 * (lo + hi)
        if f(mid) > 0:
            hi = mid
        else:
            lo = mid
    x = 0.5 * (lo + hi)
    x = x - f(x) / (3 * x * x + p[0])
    return x * p[2] + p[3]


def kalman1(p):
    x, P, ll = 0.0, 1.0, 0.0
    for z in [0.2, 0.5, -0.1, 0.9, 1.1]:
        P = P + p[0]
        S = P + p[1]
        K = P / S
        r = z - p[2] * x
        ll += -0.5 * (np.log(2 * np.pi * S) + r * r / S)
        x = p[2] * x + K * r
        P = (1 - K) * P
        if P < 0:
            raise ValueError("P")
    return ll * p[3]


def early(p):
    for i, v in enumerate(p):
        if v > 1.2:
            return v**2 * i + p[0]
        for j in range(i):
            if p[j] * v > 1.0:
                return p[j] * v + j
    return np.prod(p)


def walrus(p):
    n, x = 0, p[0]
    while (d := x * x - p[1]) > 1e-8 or n < 3:
        x = x - d / (2 * x)
        n += 1
        if n > 30:
            break
    return x * p[2] + p[3]


def matchst(p):
    tot = 0.0
    for kind, v in zip(["lin", "sq", "exp", "none"], p):
        match kind:
            case "lin":
                tot += 2 * v
            case "sq":
                tot += v**2
            case "exp":
                tot += np.exp(v)
            case _:
                tot -= v
    return tot


def pairs(p):
    e = 0.0
    pos = [(p[0], p[1]), (p[2] + 1.5, p[3]), (p[1] - 2, p[0] + 1)]
    for (x1, y1), (x2, y2) in itertools.combinations(pos, 2):
        r = np.hypot(x1 - x2, y1 - y2)
        if r < 3.0:
            e += 4 * ((1 / r) ** 12 - (1 / r) ** 6)
        else:
            e += 0
    return e


def heat(p):
    u = np.zeros(10)
    u[3:6] = p[0]
    for t in range(15):
        un = u.copy()
        for i in range(1, 9):
            un[i] = u[i] + 0.2 * p[1] * (u[i + 1] - 2 * u[i] + u[i - 1])
        un[0], un[-1] = un[1], p[2]
        u = un
    return np.sum(u**2) * p[3]


def nested_fn(p):
    total = 0.0

    def add(v):
        nonlocal total
        if v > 0.5:
            total += v**2
        else:
            total += np.sin(v)

    for v in p:
        add(v)
    for v in p[::-1]:
        add(v * 0.5)
    return total


def whileelse(p):
    x, k = p[0], 0
    while k < 20:
        x = np.cos(x) * p[1]
        if abs(x - p[2]) < 1e-3:
            r = 1.0
            break
        k += 1
    else:
        r = x
    return r * p[3] + x


def piecewise_interp(p):
    xs = [0.0, 0.4, 0.9, 1.5, 2.5]
    ys = [p[0], p[1], p[2], p[0] * p[1], 1.0]
    x = p[3]
    i = 0
    while i < len(xs) - 2 and x > xs[i + 1]:
        i += 1
    t = (x - xs[i]) / (xs[i + 1] - xs[i])
    return ys[i] * (1 - t) + ys[i + 1] * t


def sor(p):
    A = np.array([[4.0, -1, 0], [-1, 4, -1], [0, -1, 4]]) + np.diag(p[:3])
    b = np.array([1.0, 2.0, p[3]])
    x = np.zeros(3)
    for it in range(100):
        old = x.copy()
        for i in range(3):
            s = sum(A[i, j] * x[j] for j in range(3) if j != i)
            x[i] = (1 - 1.1) * x[i] + 1.1 * (b[i] - s) / A[i, i]
        if np.linalg.norm(x - old) < 1e-13:
            break
    return x @ x


def swaps(p):
    v = list(p)
    for i in range(len(v)):
        for j in range(len(v) - 1 - i):
            if v[j] > v[j + 1]:
                v[j], v[j + 1] = v[j + 1], v[j]
    return sum((k + 1) * x for k, x in enumerate(v))


def dictstate(p):
    s = {"S": 0.99, "I": 0.01 * p[3], "R": 0.0}
    for _ in range(30):
        inf = p[0] * s["S"] * s["I"]
        rec = 0.3 * p[1] * s["I"]
        s = {"S": s["S"] - 0.5 * inf, "I": s["I"] + 0.5 * (inf - rec), "R": s["R"] + 0.5 * rec}
    return s["R"] * p[2]


def attrs(p):
    class Box:
        pass

    b = Box()
    b.total = 0.0
    b.n = 0
    for v in p:
        if v > 0.6:
            b.total += v**3
            b.n += 1
        else:
            b.total -= v
    return b.total / (b.n + 1)


def chained_cmp(p):
    s = 0.0
    for v in p:
        s += v if 0.3 < v < 0.8 else v * v if v >= 0.8 and not v > 1.3 else 0.1 * v
    return s**2


def ragged(p):
    rows = []
    for i in range(4):
        row = [1.0]
        for j in range(i):
            row.append(row[-1] * p[j] + 0.1 * i)
        rows.append(row)
    return sum(sum(r) * len(r) for r in rows)


def secant_try(p):
    def solve(f, a, b):
        fa, fb = f(a), f(b)
        for k in range(30):
            try:
                c = b - fb * (b - a) / (fb - fa)
            except ZeroDivisionError:
                return b
            a, fa = b, fb
            b, fb = c, f(c)
            if abs(fb) < 1e-14:
                return b
        raise RuntimeError("no")

    return solve(lambda x: math.exp(p[0] * x) - 2 - p[1], 0.5, 1.5) * p[2] * p[3]


def maxdrawdown(p):
    path = [1.0]
    for i in range(12):
        path.append(path[-1] * (1 + 0.1 * np.sin(3 * i * p[i % 4])))
    peak, mdd = path[0], 0.0
    for v in path:
        peak = max(peak, v)
        mdd = max(mdd, (peak - v) / peak)
    return mdd


def spline(p):
    x = np.array([0.0, 1, 2, 3])
    y = np.array([p[0], p[1], p[2], p[3]])
    n = 3
    h = np.diff(x)
    al = np.zeros(n)
    for i in range(1, n):
        al[i] = 3 * (y[i + 1] - y[i]) / h[i] - 3 * (y[i] - y[i - 1]) / h[i - 1]
    l, mu, z = np.ones(n + 1), np.zeros(n + 1), np.zeros(n + 1)
    for i in range(1, n):
        l[i] = 2 * (x[i + 1] - x[i - 1]) - h[i - 1] * mu[i - 1]
        mu[i] = h[i] / l[i]
        z[i] = (al[i] - h[i - 1] * z[i - 1]) / l[i]
    c, b, d = np.zeros(n + 1), np.zeros(n), np.zeros(n)
    for j in reversed(range(n)):
        c[j] = z[j] - mu[j] * c[j + 1]
        b[j] = (y[j + 1] - y[j]) / h[j] - h[j] * (c[j + 1] + 2 * c[j]) / 3
        d[j] = (c[j + 1] - c[j]) / (3 * h[j])
    t = 1.7
    k = int(np.searchsorted(x, t)) - 1
    s = t - x[k]
    return y[k] + b[k] * s + c[k] * s**2 + d[k] * s**3


def alias_rows(p):
    A = np.zeros((12, 3))
    row = A[0]
    row[:] = p[:3]
    for i in range(1, 12):
        prev = A[i - 1]
        cur = A[i]
        cur[0] = 0.5 * prev[0] + p[3] * prev[1]
        cur[1:] = prev[:-1] * np.cos(cur[0])
    return np.sum(A * A)


def swap_bufs(p):
    a = np.ones(5) * p[0]
    b = np.zeros(5)
    for t in range(12):
        b[1:-1] = 0.3 * (a[:-2] + a[1:-1] + a[2:]) + p[1]
        b[0] = b[1]
        b[-1] = p[2]
        a, b = b, a
    return np.sum(a) + 2 * np.sum(b)


def list_alias(p):
    x = [p[0], p[1]]
    y = x
    z = x[:]
    for i in range(10):
        y[i % 2] = y[i % 2] * p[2] + 0.1
    return x[0] + 2 * x[1] + z[0]


def default_mut(p):
    def acc(v, store=[]):
        store.append(v)
        return sum(store[-3:])

    del acc.__defaults__[0][:]
    s = 0.0
    for v in p:
        s += acc(v * v)
    return s


def closure_counter(p):
    def make():
        n = 0.0

        def inc(d):
            nonlocal n
            n = n * 0.5 + d
            return n

        return inc

    c = make()
    s = 0.0
    for i in range(12):
        s += c(p[i % 4]) * np.sin(i)
    return s


class Acc:
    scale = 2.0

    def __init__(self):
        self.items, self.best = [], None

    def push(self, v):
        if self.best is None or v > self.best:
            self.best = v
        self.items.append(v * self.scale)
        return self

    @property
    def mean(self):
        return sum(self.items) / len(self.items)

    def __len__(self):
        return len(self.items)

    def __getitem__(self, k):
        return self.items[k]


def acc_class(p):
    a = Acc()
    for v in p:
        a.push(v).push(v * v)
    return a.mean * a.best + a[3] * len(a)


def ode_events(p):
    x, v, t, bounces = p[0], 0.0, 0.0, 0
    while t < 2.0:
        v -= 9.8 * 0.01 * p[1]
        x += v * 0.01
        t += 0.01
        if x < 0:
            x = -x
            v = -v * 0.8 * p[2]
            bounces += 1
            if bounces >= 3:
                break
    return x + v * p[3]


def break_value(p):
    best, arg = float("inf"), -1
    for i in range(20):
        c = (i * 0.2 - p[0] * 2) ** 2 + p[1] * np.sin(i)
        if c < best:
            best, arg = c, i
        elif c > 10 * p[3]:
            break
    return best * p[2] + arg


def cont_filter(p):
    s, n = 0.0, 0
    for i in range(15):
        v = np.sin(i * p[0])
        if v < 0:
            continue
        s += v ** p[1]
        n += 1
    return s / n * p[2]


def lag_poly(p):
    xs = [0.0, 0.5, 1.0, 2.0]
    x = 0.7
    t = 0.0
    for i, xi in enumerate(xs):
        term = p[i]
        for j, xj in enumerate(xs):
            if i == j:
                continue
            term *= (x - xj) / (xi - xj)
        t += term
    return t**2


def cumulative(p):
    out = np.empty(10)
    out[0] = p[0]
    for i in range(1, 10):
        out[i] = out[i - 1] + p[i % 4] * out[i - 1] * (1 - out[i - 1])
    return out[-1] * out.max() + out.argmax() * 0


def mats(p):
    P = np.eye(2)
    x = np.array([p[0], p[1]])
    F = np.array([[1, 0.1], [0, 1.0]])
    Hm = np.array([[1.0, 0.0]])
    ll = 0.0
    for z in np.linspace(0, 1, 12):
        x = F @ x
        P = F @ P @ F.T + p[2] * np.eye(2)
        S = (Hm @ P @ Hm.T)[0, 0] + p[3]
        y = z - (Hm @ x)[0]
        K = (P @ Hm.T) / S
        x = x + K[:, 0] * y
        P = (np.eye(2) - K @ Hm) @ P
        ll -= 0.5 * (math.log(S) + y * y / S)
    return ll


def tuple_state(p):
    st = (p[0], p[1], 0.0)
    for i in range(12):
        a, b, c = st
        st = (b, a * p[2] - b * 0.1, c + a * b) if i % 3 else (a, b * 0.9, c)
    return sum(st) * p[3]


def string_switch(p):
    mode, s = "grow", p[0]
    for i in range(15):
        if mode == "grow":
            s *= 1 + 0.2 * p[1]
            if s > 1.5:
                mode = "shrink"
        else:
            s *= 1 - 0.15 * p[2]
            if s < 0.8:
                mode = "grow"
    return s * p[3]


def none_init(p):
    prev, s = None, 0.0
    for v in [p[0], p[1] * 2, p[2], p[3], p[0] * p[1], 1.0, p[2] ** 2, 2.0, p[3], p[1]]:
        if prev is not None:
            s += abs(v - prev)
        prev = v
    return s


def try_loop(p):
    s = 0.0
    for i in range(12):
        try:
            x = math.sqrt(p[i % 4] - 0.08 * i)
        except ValueError:
            x = 0.1 * p[0]
        s += x
    return s


def try_div(p):
    a, s = float(p[0]), 0.0
    for i in range(12):
        try:
            a = a - (a * a - p[1]) / (2 * a)
        except ZeroDivisionError:
            break
        s += a
    return s


def assert_loop(p):
    x = p[0]
    for i in range(10):
        assert x > 0, f"x is {x}"
        x = x * np.exp(-0.1 * p[1])
        if x > 1e3:
            raise OverflowError("too large")
    return x * p[2]


def while_true(p):
    lo, f, n = p[0], lambda x: x - np.tanh(p[1] * x) - 0.2 * p[2], 0
    while True:
        new = np.tanh(p[1] * lo) + 0.2 * p[2]
        if abs(new - lo) < 1e-12:
            return new * p[3]
        lo = new
        n += 1
        if n > 500:
            return lo * p[3]


def comp_nested(p):
    A = [[p[i] * p[j] + (i == j) for j in range(4)] for i in range(4)]
    return sum(A[i][i] * A[i][3 - i] for i in range(4)) + max(max(r) for r in A)


def any_all(p):
    if any(v > 1.2 for v in p):
        return p[0] ** 2
    if all(v > 0.5 for v in p):
        return p[1] ** 3
    return sum(p)


def inplace_ops(p):
    u = p.copy()
    for i in range(12):
        u *= 0.9
        u[1:] += 0.1 * u[:-1]
        u[u > 1] -= 0.5
        np.clip(u, 0.05, 2, out=u)
    return u @ p


def zipstar(p):
    pts = [(p[0], p[1]), (p[2], p[3]), (1.0, 2.0)]
    xs, ys = zip(*pts)
    n = len(xs)
    mx = sum(xs) / n
    my = sum(ys) / n
    return sum((x - mx) * (y - my) for x, y in pts) / sum((x - mx) ** 2 for x in xs)


def kwargs_fn(p):
    def term(x, *coef, power=1, **extra):
        return sum(c * x ** (k + power) for k, c in enumerate(coef)) * extra.get("scale", 1.0)

    return term(p[0], p[1], p[2], power=2, scale=p[3]) + term(p[1], 2.0)


def int_floor(p):
    x, s = p[0] * 7.3, 0.0
    k = int(x)
    for i in range(k):
        s += p[1] ** i
    return s + (x - k) * p[2]


def late_bind(p):
    fs = [lambda x, k=k: x * p[k] for k in range(4)]
    gs = []
    for k in range(4):
        gs.append(lambda x: x + k * p[0])
    return fs[1](2.0) + gs[0](p[2]) + gs[2](p[3])


def global_state(p):
    cache = {}

    def f(n):
        if n not in cache:
            cache[n] = p[n % 4] + (0.5 * f(n - 1) if n else 0.0)
        return cache[n]

    return f(9) * f(4)


def enum_start(p):
    s = 0.0
    for k, (a, b) in enumerate(zip(p, p[1:]), start=2):
        s += a * b**k
    for k in reversed(range(1, 4)):
        s -= p[k] / k
    return s


def flags(p):
    found = False
    v = 0.0
    for i in range(10):
        if not found and p[0] * i > 2.0 * p[1]:
            found = True
            v = p[0] * i
        elif found:
            v *= 0.9
    return v if found else -p[2]
