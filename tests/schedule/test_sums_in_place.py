"""Sums that are added up in an array of ours: what is read again while they are is not what is written into."""

import numpy as np
import pytest

import symdiff as sd

K = np.arange(8) % 3
PROGRAMS = {
    "weights": lambda x, w: np.sum(w * np.bincount(K, x[:8] * (x**2)[:8], minlength=4)),
    "parts": lambda x, w: np.sum(w[K] * x[:8] * (x**2)[:8]),
    "beside_a_square": lambda x, w: np.sum(w[K] * x[:8] * (x * x)[0:8]) + np.sum(x**2),
    "from_the_end": lambda x, w: np.sum((w[K] * x)[:8] * (x * x)[0:8] * x[-8:]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_derivatives_along_whole_slices(name):
    f = PROGRAMS[name]
    x, w = np.random.default_rng(0).normal(size=8), np.array([1.0, 2.0, 3.0, 4.0])
    g = sd.grad(f)
    expected = [(g(x + h, w) - g(x - h, w)) / 2e-6 for h in 1e-6 * np.eye(8)]
    np.testing.assert_allclose(sd.hessian(f)(x, w), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("seed", range(40))
def test_random_sums_of_a_value_and_of_parts_of_it(seed):
    """Terms that are the same value, whole or put back from slices, in any order, as derivatives add them up."""
    rng = np.random.default_rng(seed)
    places = [(None, None), (0, 6), (1, None), (None, -2), (2, 5), (None, 6)]
    chosen = [places[k] for k in rng.integers(0, len(places), rng.integers(2, 6))]
    signs = rng.choice([1.0, -1.0], len(chosen))

    def f(x, w):
        p = w * x
        return sum(s * np.sum(p[a:b] * x[a:b] * x[a:b]) for s, (a, b) in zip(signs, chosen, strict=True))

    x, w = rng.normal(size=6), rng.normal(size=6)
    counts = sum(s * np.isin(np.arange(6), np.arange(6)[a:b]) for s, (a, b) in zip(signs, chosen, strict=True))
    np.testing.assert_allclose(sd.grad(f)(x, w), 3 * counts * w * x**2, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(sd.hessian(f)(x, w), np.diag(6 * counts * w * x), rtol=1e-12, atol=1e-12)


WEIGHTS = {
    "integers": np.array([3, -1, 2, 0, 4]),
    "conditions": np.array([True, False, True, True, False]),
    "small integers": np.array([3, -1, 2, 0, 4], np.int8),
    "single precision": np.array([0.3, -1.7, 2.1, 0.9, 4.0], np.float32),
}


@pytest.mark.parametrize("w", WEIGHTS.values(), ids=WEIGHTS)
def test_a_sum_is_not_added_up_in_an_array_of_another_type(w):
    """A gradient whose first term is an array of integers was added up in integers."""
    places = np.array([2, 0, 1, 1, 4])

    def f(x, w):
        return np.sum(x * w) + np.sum(np.sin(x[places])) - np.sum(x[1:] ** 3)

    x = np.random.default_rng(3).normal(size=5)
    expected = [(f(x + h, w) - f(x - h, w)) / 2e-6 for h in 1e-6 * np.eye(5)]
    found = sd.grad(f)(x, w)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-7)
