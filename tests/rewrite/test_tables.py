"""Tables that nested loops fill, row by row: kept loops compute what Python does, and keep rows, not tables."""

import itertools

import numpy as np
import pytest

import symdiff as sd

N, M = 5, 6
RNG = np.random.default_rng(5)
COST = RNG.uniform(0.2, 1.5, (N + 2, M + 2))


def both_before(c, gap):
    D = np.zeros((N + 1, M + 1))
    for i in range(N + 1):
        D[i, 0] = i * gap
    for j in range(M + 1):
        D[0, j] = j * gap * gap
    for i in range(1, N + 1):
        for j in range(1, M + 1):
            D[i, j] = np.sin(D[i - 1, j - 1] + c[i, j]) + D[i - 1, j] * gap - D[i, j - 1] * c[i, j - 1]
    return D[N, M] + D[3, 4]


def upwards(c, gap):
    D = np.ones((N + 1, M + 1)) * gap
    for i in range(N - 1, -1, -1):
        for j in reversed(range(M)):
            D[i, j] = np.cos(D[i + 1, j] * c[i, j]) + D[i, j + 1] * 0.5
    return D[0, 0] * np.sum(D[2])


def two_rows_before(c, gap):
    D = np.zeros((N + 2, M))
    D[0] = c[0, :M]
    D[1] = c[1, :M] * gap
    for i in range(2, N + 2):
        for j in range(M):
            D[i, j] = D[i - 1, j] * D[i - 2, j] + np.sin(gap * D[i, j])
    return np.sum(D**2)


def from_the_end(c, gap):
    D = np.zeros((N, M)) + gap
    for i in range(N):
        for j in range(1, M):
            D[i, j] = D[i - 1, j] + np.sin(D[i, j - 1]) * c[i, j]  # at first the last row, as it was
    return np.sum(D * c[:N, :M])


def written_twice(c, gap):
    D = np.zeros((N, M))
    for i in range(1, N):
        for j in range(1, M):
            D[i, j] = D[i - 1, j] + gap
            D[i, j] = D[i, j] * c[i, j] + D[i, j - 1] * 0.3
            D[i, j - 1] += gap * 0.1
    return np.sum(np.sin(D))


def a_row_behind(c, gap):
    D = np.zeros((N, M)) + c[:N, :M]
    for i in range(1, N):
        for j in range(M):
            D[i - 1, j] = D[i, j] * gap + D[i - 1, j]
    return np.sum(D**3)


def cubes(c, gap):
    D = np.zeros((N, M, 2))
    for i in range(1, N):
        for j in range(1, M):
            D[i, j, 0] = D[i - 1, j, 1] + c[i, j]
            D[i, j, 1] = np.sin(D[i, j - 1, 0] * gap)
    return np.sum(D**2)


def another_row_may_be_it(c, gap):
    D = np.zeros((N, M)) + c[:N, :M]
    for i in range(N):
        for j in range(1, M):
            D[i, j] = np.sin(D[j % N, j - 1]) + D[i, j] * gap
    return np.sum(D)


def all_of_it_is_read(c, gap):
    D = np.zeros((N, M)) + c[:N, :M]
    total = 0.0
    for i in range(1, N):
        for j in range(1, M):
            D[i, j] = np.sin(D[i - 1, j]) * gap
            total = total + np.sum(D)
    return total


def stopped(c, gap):
    D = np.zeros((N, M))
    for i in range(1, N):
        for j in range(1, M):
            if c[i, j] > 1.4:
                break
            D[i, j] = D[i - 1, j] * gap + c[i, j] + D[i, j - 1] ** 2 * 0.1
    return np.sum(D)


PROGRAMS = [
    both_before, upwards, two_rows_before, from_the_end, written_twice, a_row_behind, cubes, another_row_may_be_it,
    all_of_it_is_read, stopped,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_derivatives(f):
    gap = 0.4
    assert sd.function(f, exact=True, loops="keep")(COST, gap) == f(COST, gap)
    step = 1e-6
    d_cost, d_gap = sd.grad(f, (0, 1), loops="keep")(COST, gap)
    plain = sd.grad(f, (0, 1), loops="unroll")(COST, gap)
    np.testing.assert_allclose(d_cost, plain[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(d_gap, plain[1], rtol=1e-10)
    np.testing.assert_allclose(d_gap, (f(COST, gap + step) - f(COST, gap - step)) / (2 * step), rtol=1e-6)
    assert sd.hessian(f, 1, loops="keep")(COST, gap) == pytest.approx(
        sd.hessian(f, 1, loops="unroll")(COST, gap), rel=1e-9
    )


@pytest.mark.parametrize("f", [both_before, upwards, two_rows_before], ids=lambda f: f.__name__)
def test_no_table_is_kept_for_each_row(f):
    source = sd.value_and_grad(f, (0, 1), loops="keep").at(COST, 0.4).source
    tables = [f"{n},{rows},{columns}" for n, rows, columns in itertools.product((N, N + 1, N + 2), repeat=3)]
    assert "for " in source
    assert not [table for table in tables if f"f64[{table}]" in source]
