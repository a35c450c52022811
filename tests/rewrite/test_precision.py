"""What NumPy computes in double precision stays in double precision, though some operands have single precision."""

import numpy as np
import pytest

import symdiff as sd

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 5)).astype(np.float32)
V = X[0].copy()
W = RNG.normal(size=5)
THIRD = np.float64(1 / 3)
PROGRAMS = {
    "number": lambda X, v: np.sum(v * THIRD),
    "mean": lambda X, v: np.mean(THIRD * v),
    "quotient": lambda X, v: np.sum(v / np.float64(3)),
    "dot": lambda X, v: np.dot(v * THIRD, v),
    "cast": lambda X, v: np.sum(v.astype(float)),
    "product of products": lambda X, v: np.exp(v) * THIRD * np.exp(v),
    "running sum": lambda X, v: np.cumsum(v * THIRD),
    "matrix and vector": lambda X, v: X @ (v * THIRD),
    "known vector": lambda X, v: (X * W) @ v,
    "of three": lambda X, v: np.einsum("ij,j,j->i", X, v, W),
    "norm": lambda X, v: np.sum((v * THIRD) ** 2),
    "trace": lambda X, v: np.trace((X * THIRD) @ X),
    "outer": lambda X, v: np.sum(np.outer(v, W) * X),
    "chain of sums": lambda X, v: (v + W) + v + (v - W),
    "loop": lambda X, v: sum(v[k % 5] * THIRD for k in range(20)),
    "log of a product": lambda X, v: np.log(np.exp(v) * THIRD),
    "selection": lambda X, v: np.sum(np.where(v > 0, v * THIRD, v)),
}


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_values_have_all_digits(f):
    found, expected = sd.function(f)(X, V), f(X, V)
    assert np.asarray(found).dtype == np.asarray(expected).dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14 if np.ndim(expected) else 0)


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_derivatives_have_the_digits_of_the_target(f):
    scalar = lambda X, v: np.sum(f(X, v) ** 2)  # noqa: E731
    found = sd.grad(scalar, 1)(X, V)
    expected = sd.grad(scalar, 1)(X.astype(float), V.astype(float))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
