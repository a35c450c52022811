"""Arrays and tables that loops fill, read anywhere: also where a position below zero is one that was written at first."""

import itertools

import numpy as np
import pytest

import symdiff as sd

N = 4


def walk(way, write, read):
    def row(b):
        v = b.copy()
        for i in range(N - 1, -1, -1) if way < 0 else range(N):
            v[i + write] = 0.5 * v[i + read] * v[i + write] + 0.2
        return np.sum(v * v)

    def table(b):
        T = np.outer(b, np.arange(1.0, 4.0))
        for i in range(N - 1, -1, -1) if way < 0 else range(N):
            for j in range(3):
                T[i + write, j] = 0.5 * T[i + read, j - 1] * T[i + write, j] + 0.2
        return np.sum(T * T)

    return row, table


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("write", [0, -1, -2])
def test_every_place_that_is_read(way, write):
    b = np.random.default_rng(0).normal(size=N)
    for read, k in itertools.product(range(-N, 1), (0, 1)):
        f = walk(way, write, read)[k]
        kept, stepwise = (sd.value_and_grad(f, loops=loops) for loops in ("keep", "unroll"))
        (value, gradient), (_, expected) = kept(b), stepwise(b)
        text = f"reads {read}\n{kept.source}"
        np.testing.assert_allclose(value, f(b), rtol=1e-12, err_msg=text)
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-14, err_msg=text)
