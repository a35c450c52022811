"""Propagation of uncertainty, and elasticities: the laws of linear functions and of powers."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ShapeError

RNG = np.random.default_rng(0)


def test_of_a_linear_function_it_is_exact():
    A, B = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 4))
    c = np.cov(RNG.normal(size=(6, 20)))
    value, found = sd.propagate(lambda x, y: A @ x + B @ y, (np.ones(2), np.arange(4.0)), c)
    J = np.hstack([A, B])
    np.testing.assert_allclose(found, J @ c @ J.T, rtol=1e-12)
    np.testing.assert_allclose(value, A @ np.ones(2) + B @ np.arange(4.0), rtol=1e-14)


def test_relative_variances_of_a_product_add_up():
    value, variance = sd.propagate("a * b / c", (2.0, 3.0, 4.0), (0.01**2, 0.02**2, 0.03**2))
    expected = (0.01 / 2) ** 2 + (0.02 / 3) ** 2 + (0.03 / 4) ** 2
    assert value == 1.5 and variance / value**2 == pytest.approx(expected, rel=1e-12)


def test_small_uncertainties_are_those_of_samples():
    c = 1e-6 * np.array([[2.0, 0.5], [0.5, 1.0]])
    x = RNG.multivariate_normal([0.3, 1.2], c, size=100_000)
    _, variance = sd.propagate(lambda a, b: np.sin(a * b) * np.exp(a), (0.3, 1.2), c)
    assert variance == pytest.approx(np.var(np.sin(x[:, 0] * x[:, 1]) * np.exp(x[:, 0])), rel=0.02)


def test_a_covariance_of_another_size_is_an_error():
    with pytest.raises(ShapeError, match="of 2 uncertain numbers"):
        sd.propagate("a * b", (1.0, 2.0), np.eye(3))


def test_elasticities_of_powers_are_the_exponents():
    x = np.array([0.5, 2.0, 3.0])
    [by_x] = sd.elasticities(lambda x: np.prod(x ** np.array([1.0, -2.0, 0.5])), (x,))
    np.testing.assert_allclose(by_x, [1.0, -2.0, 0.5], rtol=1e-12)
    with pytest.raises(ShapeError, match="shape"):
        sd.elasticities(lambda x: 2 * x, (x,))
    assert np.isinf(sd.elasticities("x - 1", (1.0,))[0])


def test_values_and_variances_may_be_named():
    values, variances = {"h": 1.5, "m": 2.0, "g": 9.81}, {"g": 0.1, "m": 0.2, "h": 0.3}
    named = sd.propagate("m * g * h", values, variances)

    assert named == sd.propagate("m * g * h", (2.0, 9.81, 1.5), (0.2, 0.1, 0.3))
    assert sd.elasticities("m * g / h", values) == sd.elasticities("m * g / h", (2.0, 9.81, 1.5))
    value, variance = sd.propagate("sum(x) * a", {"x": [1.0, 1.0], "a": 2.0}, {"x": 0.5, "a": 0.0})
    assert (value, variance) == (4.0, 4.0)
    assert sd.propagate(lambda p: p["a"] * p["b"], ({"a": 1.0, "b": 2.0},), (0.1, 0.2)) == (2.0, pytest.approx(0.6))


@pytest.mark.parametrize(
    ("values", "covariance", "words"),
    [
        ({"x": 1.0}, (1.0, 1.0), "'y' is missing"), ({"x": 1.0, "yy": 1.0}, (1.0, 1.0), "no argument 'yy'"),
        ((1.0,), (1.0, 1.0), "'y' is missing"), ({"x": 1.0, "y": 1.0}, {"x": 1.0}, "'y' is missing"),
        ({"x": 1.0, "y": 1.0}, {"x": 1.0, "y": [1.0, 2.0]}, "variances of shape"),
    ],
)  # fmt: skip
def test_names_that_do_not_fit_are_told(values, covariance, words):
    with pytest.raises(sd.errors.SymdiffError, match=words):
        sd.propagate("x * y", values, covariance)
