"""Functions of parts that lie side by side are taken together; sums of products need no array of the products."""

import numpy as np
import pytest

import symdiff as sd

RNG = np.random.default_rng(8)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gates(W, x):
    k = W.shape[1]
    h, c = np.zeros(k, dtype=x.dtype), np.zeros(k, dtype=x.dtype)
    for row in x:
        z = W @ h + row
        i, f, o = sigmoid(z[:k]), sigmoid(z[k : 2 * k]), sigmoid(z[2 * k : 3 * k])
        c = f * c + i * np.tanh(z[3 * k :])
        h = o * np.tanh(c)
    return h


def gaps(W, x):
    k = W.shape[1]
    h = np.zeros(k, dtype=x.dtype)
    for row in x:
        z = W @ h + row
        h = np.sin(z[:k]) * np.sin(z[2 * k : 3 * k]) + np.sin(z[k : 2 * k - 1])[0]
    return h


def overlaps(W, x):
    k = W.shape[1]
    h = np.zeros(k, dtype=x.dtype)
    for row in x:
        z = W @ h + row
        h = np.sin(z[:k]) * np.sin(z[1 : k + 1]) + np.sin(z[k : 2 * k])
    return h


def columns(W, x):
    k = W.shape[1]
    h = np.zeros((2, k), dtype=x.dtype)
    for row in x:
        z = h @ W.T + row
        h = np.exp(-np.abs(z[:, :k])) + np.tanh(z[:, k : 2 * k]) * np.tanh(z[:, -2 * k : -k]) - np.tanh(z[:, -k:])
    return np.sum(h, axis=0)


PROGRAMS = [gates, gaps, overlaps, columns]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_nothing_else_changes(program, dtype):
    W, x = RNG.normal(size=(12, 3)).astype(dtype), RNG.normal(size=(8, 12)).astype(dtype)
    kept, unrolled = sd.function(program, loops="keep"), sd.function(program, loops="unroll")
    tight = {"rtol": 1e-11, "atol": 1e-12} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-5}
    assert kept(W, x).dtype == dtype
    np.testing.assert_allclose(kept(W, x), program(W, x), **tight)
    for mine, plain in zip(sd.jacobian(kept, (0, 1))(W, x), sd.jacobian(unrolled, (0, 1))(W, x), strict=True):
        np.testing.assert_allclose(mine, plain, **tight)


@pytest.mark.parametrize(
    ("program", "function", "calls"), [(gates, "np.tanh", 2), (gates, "np.exp", 1), (gaps, "np.sin", 2)]
)
def test_neighbours_are_taken_together(program, function, calls):
    source = sd.function(program, W=(12, 3), x=(40, 12)).source
    assert source.count(function) == calls


def test_parts_of_large_arrays_stay_apart():
    source = sd.function(gates, W=(40_000, 10_000), x=(40, 40_000)).source
    assert source.count("np.exp") == 3


def pairs(x):
    for _ in range(10):
        d = x[None, :, :] - x[:, None, :]
        x = x + 0.01 * np.sum((np.sum(d**2, axis=2) + 0.1)[:, :, None] ** -1.5 * d, axis=1)
    return x


@pytest.mark.parametrize("shape", [(3, 3), (30, 2), (30, 3), (30, 1), (0, 3), (25, 0)])
def test_sums_of_a_few_products(shape):
    x = RNG.normal(size=shape)
    v = RNG.normal(size=shape)
    f = sd.function(lambda x: np.sum(v * pairs(x)))
    np.testing.assert_allclose(sd.function(pairs)(x), pairs(x), rtol=1e-12)
    unrolled = sd.grad(sd.function(lambda x: np.sum(v * pairs(x)), loops="unroll", exact=True))
    np.testing.assert_allclose(sd.grad(f)(x), unrolled(x), rtol=1e-9, atol=1e-10)
    assert ("einsum" in sd.function(pairs, x=(30, 3)).source) and ("einsum" not in sd.function(pairs, x=(3, 3)).source)


def test_powers_beside_each_other_are_one_power():
    f = sd.grad(lambda x: np.sum(x**-1.5), x=5)
    assert f.source.count("**") == 1
    both = sd.value_and_grad(lambda x: np.sum(x**-1.5), x=5)
    assert both.source.count(" ** ") == 2  # one of them in the comment
    x = np.array([1e-100, 0.3, 1.0, 2.5, 1e100])
    np.testing.assert_allclose(both(x)[1], -1.5 * x**-2.5, rtol=1e-14)
    with np.errstate(all="ignore"):
        ends = np.array([0.0, np.inf, np.nan, -1.0, 2.0])
        np.testing.assert_array_equal(both(ends)[1][:4], (-1.5 * ends**-2.5)[:4])
