"""Lists of numbers that a loop writes into, makes anew, shortens or swaps: kept = written out = Python."""

import math

import numpy as np
import pytest

import symdiff as sd

N, S = 10, 0.03


def terms(s, n=N):
    u = math.exp(0.2 * math.sqrt(1 / n))
    p = (math.exp(0.05 / n) - 1 / u) / (u - 1 / u)
    return u, p, math.exp(-0.05 / n), [max(1 - s * u ** (n - 2 * i), 0.0) for i in range(n + 1)]


def shrinking(s, n=N):
    u, p, disc, v = terms(s, n)
    for t in range(n - 1, -1, -1):
        v = [max(1 - s * u ** (t - 2 * i), disc * (p * v[i] + (1 - p) * v[i + 1])) for i in range(t + 1)]
    return v[0]


def appended(s, n=N):
    u, p, disc, v = terms(s, n)
    for t in range(n - 1, -1, -1):
        w = []
        for i in range(t + 1):
            w.append(max(1 - s * u ** (t - 2 * i), disc * (p * v[i] + (1 - p) * v[i + 1])))
        v = w
    return v[0]


def zipped(s, n=N):
    u, p, disc, v = terms(s, n)
    for t in reversed(range(n)):
        v = [max(1 - s * u ** (t - 2 * i), disc * (p * v[i] + (1 - p) * b)) for i, b in enumerate(v[1:])]
    return v[0]


def by_its_length(s, n=N):
    u, p, disc, v = terms(s, n)
    for _ in range(n):
        v = [disc * (p * v[i] + (1 - p) * v[i + 1]) * u for i in range(len(v) - 1)]
    return v[0]


def in_place(s, n=N):
    u, p, disc, v = terms(s, n)
    for t in range(n - 1, -1, -1):
        for i in range(t + 1):
            v[i] = max(1 - s * u ** (t - 2 * i), disc * (p * v[i] + (1 - p) * v[i + 1]))
    return v[0]


def by_if(s, n=N):
    u, p, disc, v = terms(s, n)
    for t in range(n - 1, -1, -1):
        for i in range(t + 1):
            cont = disc * (p * v[i] + (1 - p) * v[i + 1])
            v[i] = 1 - s * u ** (t - 2 * i)
            if cont > v[i]:
                v[i] = cont
    return v[0]


def heat(s, n=N):
    u = [math.sin(s * i) for i in range(n)]
    for _ in range(10):
        u = [0.0] + [u[i] + 0.2 * (u[i + 1] - 2 * u[i] + u[i - 1]) for i in range(1, n - 1)] + [0.0]
    return sum(x * x for x in u)


def heat_of_copies(s, n=N):
    u = [math.sin(s * i) for i in range(n)]
    for _ in range(10):
        w = u[:]
        for i in range(1, n - 1):
            w[i] = u[i] + 0.2 * (u[i + 1] - 2 * u[i] + u[i - 1])
        u = w
    return sum(x * x for x in u)


def swapped(s, n=N):
    above, row = [j * s for j in range(n)], [0.0] * n
    held = [above, row]
    for i in range(1, 11):
        row[0] = float(i)
        for j in range(1, n):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + math.sin(s * i + j) ** 2)
        above, row = row, above
    return above[-1] + 2 * row[-2] + 3 * held[0][-1] + 4 * held[1][-1]


def three_in_turn(s, n=N):
    a, b, c = [s * i for i in range(n)], [1.0] * n, [2.0] * n
    held = [a, b, c]
    for _ in range(10):
        for i in range(n):
            b[i] = 0.5 * a[i] + 0.1 * c[i]
        a, b, c = b, c, a
    return sum(a) + 2 * sum(b) + 3 * sum(held[0]) + 4 * sum(held[1]) + 5 * sum(held[2])


def of_integers_at_first(s, n=N):
    v = [0] * n
    v[0] = 1
    for i in range(1, n):
        v[i] = v[i - 1] * s + v[i // 2]
    return v[-1] * v[3]


def tridiagonal(s, n=N):
    b, d, x = [2.0 + s] * n, [1.0] * n, [0.0] * n
    for i in range(1, n):
        m = -1 / b[i - 1]
        b[i] += m
        d[i] -= m * d[i - 1]
    x[-1] = d[-1] / b[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] + x[i + 1]) / b[i]
    return sum(x)


def extremes(s, n=N):
    v = [s * i for i in range(n)]
    for _ in range(10):
        most, mean = max(v), sum(v) / len(v)
        v = [math.exp(x - most) + 0.1 * mean for x in v]
    return v[3]


def until(s, n=N):
    v, k = [s * i for i in range(n)], 0
    while max(v) > 0.01 and k < 100:
        v, k = [0.5 * x for x in v], k + 1
    return sum(v)


def read_elsewhere(s, n=N):
    v = [s * i for i in range(n)]
    box = {"v": v}
    for i in range(1, n):
        v[i] = box["v"][i - 1] * 0.5 + i
    return sum(v)


def written_elsewhere(s, n=N):
    v = [s * i for i in range(n)]
    box = {"v": v}
    for i in range(1, n):
        box["v"][i - 1] = 2.0
        v[i] = v[i - 1] * s + i
    return sum(v) + box["v"][3]


def two_names(s, n=N):
    v = [s * i for i in range(n)]
    w = v
    for i in range(n - 1):
        v[i] = 0.5 * v[i + 1]
    return sum(w) + v[0]


def by_both_names(s, n=N):
    a, b = [s * i for i in range(n)], [1.0] * n
    for _ in range(9):
        for i in range(n):
            b[i] = 0.5 * a[i] + 0.1 * b[i]
        a = b
    return sum(a) + 2 * sum(b)


def repeated(s, n=N):
    v = [s * i for i in range(n)]
    for _ in range(10):
        w = v * 2
        v = [w[i] + 0.1 * w[i + n] for i in range(n)]
    return v[3]


KEPT = [shrinking, appended, zipped, by_its_length, in_place, by_if, heat, heat_of_copies, swapped, three_in_turn]
KEPT += [of_integers_at_first, tridiagonal, extremes, until]
LINES = {tridiagonal: 90}


@pytest.mark.parametrize("f", [*KEPT, read_elsewhere, written_elsewhere, two_names, by_both_names, repeated])
def test_lists_are_what_they_are_in_python(f):
    kept, unrolled = sd.value_and_grad(f), sd.value_and_grad(f, loops="unroll")
    for s in S, 0.9, 1.1:
        value, slope = kept(s)
        assert value == pytest.approx(f(s), rel=1e-13)
        assert unrolled(s) == pytest.approx((value, slope), rel=1e-10)
        h = 1e-6
        assert slope == pytest.approx((f(s + h) - f(s - h)) / (2 * h), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("f", KEPT)
def test_their_loops_are_kept(f):
    gradient = sd.value_and_grad(f)
    gradient(S)
    assert len(gradient.source.splitlines()) <= LINES.get(f, 70)


def test_the_second_derivative_of_a_tree_in_lists():
    for f in shrinking, in_place:
        assert sd.hessian(f)(1.05) == pytest.approx(sd.hessian(f, loops="unroll")(1.05), rel=1e-9, abs=1e-12)


def test_a_slice_of_a_list_is_a_copy():
    def f(x):
        w = x[:]
        w[0] = 0.0
        return x[0] * w[1] + w[0]

    value, slope = sd.value_and_grad(f)([2.0, 3.0])
    assert value == f([2.0, 3.0]) and np.array_equal(slope, [3.0, 2.0])
