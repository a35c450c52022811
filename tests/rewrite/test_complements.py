"""The slope of a / sqrt(c + a**2) is c / sqrt(c + a**2)**3, without a difference in which digits cancel."""

import numpy as np
import pytest

import symdiff as sd

FORMS = {
    "root": (lambda x: x / np.sqrt(x * x + 3.0), 3),
    "power": (lambda x: x / np.sqrt(3.0 + x**2), 3),
    "hypot": (lambda x: x / np.hypot(2.0, x), 4),
    "one": (lambda x: x / np.sqrt(1 + x * x), 1),
    "scaled": (lambda x: 3 * x / np.sqrt(x * x + 3.0) / 3, 3),
}


@pytest.mark.parametrize("name", FORMS)
def test_no_digit_is_lost_where_the_argument_is_large(name):
    f, c = FORMS[name]
    x = np.array([0.0, -0.3, 1.0, 40.0, -1e6, 3e8, 1e30, 1e100])
    expected = c / np.sqrt(c + np.longdouble(x) ** 2) ** 3
    np.testing.assert_allclose(sd.grad(lambda x: np.sum(f(x)))(x), np.float64(expected), rtol=2e-15)
    assert sd.grad(lambda x: np.sum(f(x)))(np.array([np.inf]))[0] == 0


@pytest.mark.parametrize("steps", [2, 5])
def test_chains(steps):
    """The composition of k steps is x / sqrt(c + k x**2) for c = 1."""

    def f(x):
        for _ in range(steps):
            x = x / np.sqrt(1 + x * x)
        return np.sum(x)

    x = np.array([0.0, 0.2, -1.5, 7.0])
    g = sd.grad(f, loops="unroll")
    np.testing.assert_allclose(g(x), (1 + steps * x * x) ** -1.5, rtol=1e-14)
    assert " - " not in g.source


@pytest.mark.parametrize("c", [np.array([2.0, 3.0, 5.0]), np.array([[1.0], [4.0]])])
def test_what_is_added_may_be_an_array(c):
    def f(x, c):
        return np.sum(x / np.sqrt(c + x * x))

    x = np.array([0.1, -2.0, 30.0])
    slope = sd.grad(f)(x, c)
    np.testing.assert_allclose(slope, np.sum(np.atleast_2d(c / (c + x * x) ** 1.5), axis=0), rtol=1e-14)


def test_other_differences_stay():
    """The root of another number is no complement."""

    def f(x, y):
        r = np.sqrt(2 + y * y)
        return np.sum(x / r - x * x * x / r**3)

    x, y = np.array([0.5, 2.0]), np.array([1.5, -0.2])
    r = np.sqrt(2 + y * y)
    np.testing.assert_allclose(sd.grad(f)(x, y), 1 / r - 3 * x * x / r**3, rtol=1e-14)
