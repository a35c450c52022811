"""Variables of loops: a value has the variable of the state that it becomes, and nothing reads what is gone."""

import re

import numpy as np
import pytest

import symdiff as sd
from benchmarks.loop_programs.tables import cholesky

N = 5


def kept_between_two_edits(A, b):  # of v the way back reads what the first edit has left, which the second one replaces
    T, v = A.copy(), b.copy()
    for i in range(N):
        v[i] += 0.1 * T[4, N - 1 - i] * v[i]
        for j in range(N - i):
            T[j, i - 1] = T[j, i - 1] - 0.3 * T[(i + 1) % N, j] * T[j, i]
            if j < i:
                v[N - 1 - i] += 0.1 * T[1, 1] * v[0]
            else:
                T[1, 1] = T[1, 1] - 0.3 * T[i, N - 1 - j] * T[i, i]
        v[3] += 0.1 * T[i, i - 1] * v[i]
        T[i, i] = np.sin(T[i - 1, (i + 1) % N]) + 0.1 * b[i]
    return np.sum(T * np.sin(T)) + v @ v


def read_behind_an_inner_loop(A, b):  # what an inner loop ends with is read after that has been edited
    T, v = A.copy(), b.copy()
    for i in range(N):
        T[i - 1, i - 1] = A[(i + 1) % N, (i + 1) % N] + 0.2 * v[i - 1]
        for j in range(i + 1, N):
            for k in range(N - 1):
                T[(i + 1) % N, i] = T[(i + 1) % N, i] - 0.2 * T[k + 1, i]
            T[j, N - 1 - j] = np.sin(T[(i + 1) % N, i - 1]) + 0.1 * b[1]
            if i == j:
                v[N - 1 - i] += 0.1 * T[i, (j + 1) % N] * v[j]
        T[i - 1, i] = 0.4 * T[(i + 1) % N, (i + 1) % N] - 0.2 * T[N - 1 - i, i] * A[(i + 1) % N, i]
    return np.sum(T * np.sin(T)) + v @ v


def swapped(A, b):
    u, v = b.copy(), A[0]
    for _ in range(12):
        u, v = v, u + 0.1 * np.sin(v)
        w = u
    return u @ w + np.sum(v)


def asked_with_the_next(A, b):  # the question reads the value that the step ends with, and the one before
    x, y = b, b + 1.0
    while np.max(np.abs(y - x)) > 1e-3:
        x, y = y, 0.5 * np.cos(y) + 0.1 * A[0]
    return np.sum(x * y)


def on_one_side(A, b):
    low, high, total = b[0] - 2.0, b[1] + 3.0, 0.0
    for k in range(20):
        mid = 0.5 * (low + high)
        if mid * mid * mid + A[0, 0] < k * 0.1:
            low = mid
            high = high + 0.01 * low
        else:
            high = mid + 0.02 * low
        total = total + low * high
    return total


def moved_over_itself(A, b):  # one edit reads what another one of the same step writes
    u = b.copy()
    for _ in range(15):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u[1:] += 0.3 * u[:-1] * A[1, 1:]
    return u @ u


def defined_in_each_step(A, b):
    u, v = b, 0.5 * b
    for _ in range(12):
        new = 1.1 * u - 0.2 * v * A[0]
        new[1:] += 0.1 * u[:-1]
        v, u = u, new
    return u @ u + np.sum(new * v)


PROGRAMS = (kept_between_two_edits, read_behind_an_inner_loop, swapped, asked_with_the_next, on_one_side, moved_over_itself,
            defined_in_each_step)  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("seed", range(2))
def test_values_and_derivatives_are_those_of_the_steps_one_by_one(f, seed):
    rng = np.random.default_rng(seed)
    A, b = rng.normal(size=(N, N)), rng.normal(size=N)
    before = A.copy(), b.copy()
    value, found = sd.value_and_grad(f, wrt=(0, 1), loops="keep")(A, b)
    assert value == pytest.approx(f(A, b), rel=1e-12)
    for k, d in enumerate(found):
        step = rng.normal(size=d.shape)

        def along(h, k=k, step=step):
            return f(*[x + h * step if j == k else x for j, x in enumerate((A, b))])

        slope = (8 * (along(1e-4) - along(-1e-4)) - along(2e-4) + along(-2e-4)) / 12e-4
        assert np.sum(d * step) == pytest.approx(slope, rel=1e-6, abs=1e-8)
    assert np.array_equal(A, before[0]) and np.array_equal(b, before[1])


def recurrent(W, x):
    h = np.zeros(4)
    for t in range(len(x)):
        h = np.tanh(W @ h + x[t])
    return h @ h


def average(a, x):
    m = np.zeros(len(x))
    m[0] = x[0]
    for t in range(1, len(x)):
        m[t] = a * x[t] + (1 - a) * m[t - 1]
    return m @ m


def heat(k, u):
    u = u.copy()
    for _ in range(20):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u @ u


@pytest.mark.parametrize(
    "f, arguments",
    [(recurrent, (np.eye(4), np.ones((20, 4)))), (average, (0.3, np.ones(20))), (heat, (0.2, np.ones(9)))],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_no_line_of_a_step_hands_on_what_has_a_name_or_copies(f, arguments):
    source = sd.value_and_grad(f).at(*arguments).source
    steps = [line for line in source.splitlines() if line.startswith(" " * 8)]
    assert steps and not [line for line in steps if re.fullmatch(r"\s*\w+ = \w+", line.partition("  #")[0])]
    assert "np.array(" not in "".join(steps)


def test_what_a_loop_fills_is_written_by_its_steps():
    source = sd.value_and_grad(average).at(0.3, np.ones(20)).source
    assert "m[t] = " in source and source.count("np.empty") == 1  # of the way back


def test_loops_one_after_the_other_count_alike_and_as_the_user_does():
    source = sd.value_and_grad(recurrent).at(np.eye(4), np.ones((20, 4))).source
    assert set(re.findall(r"for (\w+) in", source)) == {"t"}
    source = sd.value_and_grad(cholesky).at(np.eye(20)).source
    assert set(re.findall(r"for (\w+) in", source)) == {"i", "j"}


def filled(x):
    y = np.zeros(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = np.sin(y[i - 1]) * i + x[i - 1]
    return y @ y


def test_a_range_of_a_named_length_counts_from_where_the_users_does():
    f = sd.value_and_grad(sd.function(filled, x="n"))
    assert "for i in range(1, n):" in f.source and "y[i] = np.sin(y[i - 1]) * i + " in f.source
    assert "np.add.at" not in f.source
    for n in (2, 3, 17):
        x = np.random.default_rng(n).normal(size=n)
        value, slope = f(x)
        expected, slopes = sd.value_and_grad(filled, loops="unroll")(x)
        assert value == filled(x) == pytest.approx(expected)
        np.testing.assert_allclose(slope, slopes, rtol=1e-11)
