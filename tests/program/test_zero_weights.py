"""A weight that is 0 has a derivative: exp(log(p) + c) is p * exp(c)."""

import numpy as np
import pytest

import symdiff as sd

pytestmark = pytest.mark.filterwarnings("ignore:divide by zero")  # as written: np.log(0)

P, C = np.array([0.0, 0.25, 0.75]), np.array([1.0, -2.0, 0.5])
SPELLINGS = (
    "log(sum(exp(log(p) + c)))",
    "logsumexp(c + log(p))",
    "log(sum(exp(c - 3 + log(p)))) + 3",
    "log(sum(p * exp(c)))",
)


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_weighted_sum_of_exponentials(text):
    by_p, by_c = sd.grad(text, ("p", "c"), p="n", c="n")(p=P, c=C)
    total = np.sum(P * np.exp(C))
    np.testing.assert_allclose(by_p, np.exp(C) / total, rtol=1e-14)
    np.testing.assert_allclose(by_c, P * np.exp(C) / total, rtol=1e-14)
    hessian = sd.hessian(text, "p", p="n", c="n")(p=P, c=C)
    np.testing.assert_allclose(hessian, -np.outer(by_p, by_p), rtol=1e-12)


@pytest.mark.parametrize("text", SPELLINGS[:3])
def test_large_exponents_and_weights_that_are_zero(text):
    p, c = np.array([0.0, 1.0]), np.array([1000.0, 800.0])
    assert sd.function(text, p="n", c="n")(p=p, c=c) == 800.0
    np.testing.assert_allclose(sd.grad(text, "p", p="n", c="n")(p=p, c=c), [np.exp(200.0), 1.0], rtol=1e-12)
    np.testing.assert_array_equal(sd.grad(text, "c", p="n", c="n")(p=p, c=c), [0.0, 1.0])
