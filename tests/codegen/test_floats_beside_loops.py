"""Numbers that loops read are Python's floats, and so are conditions of them bools: what reads them beside gives the same."""

import numpy as np
import pytest
from helpers import as_tuple

import symdiff as sd

X = np.linspace(0, 1, 20)
TABLE = np.linspace(0, 1, 200).reshape(10, 20)
Z = (np.linspace(0, 1, 5) / 3).astype(np.float32)


def loop(a):
    s = 0.0
    for t in range(20):
        s = a * s + X[t]
    return s


PROGRAMS = {
    "not": lambda a: loop(a) + np.where(~(a > 0.05), 100.0, a),
    "not, among arrays": lambda a: loop(a) + np.sum(((a > 0) | ~(a > 1)) * X),
    "sum of conditions": lambda a: loop(a) + ((a > 0) + (a > 0.01)) * a,
    "product of conditions": lambda a: loop(a) + ((a > 0) * (a > 0.01)) * a,
    "power of a condition": lambda a: loop(a) + np.power(a > 0, 2) * a,
    "a condition": lambda a: loop(a) + (a > 0.05),
    "narrow": lambda a: loop(a) + np.sum(np.sin(a * Z)),
    "narrow, apart": lambda a: (loop(a), np.exp(a * Z)),
    "returned": lambda a: (loop(a), a, a > 0.05, ~(a > 0.05)),
    "divides": lambda a: loop(a) + np.sum(1 / (a * X - 0.1 + 0.1)),
    "divides by a multiple": lambda a: loop(a) + 0.5 / (3 * (2 * a)),
    "a root of a sum": lambda a: loop(a) + np.sqrt(2 * a + 0.5),
    "a power of a multiple": lambda a: loop(a) + (2 * a) ** -2.0,
    "in the steps of another loop": lambda a: nested(a),
}


def nested(a):
    s = np.float64(0.5)
    for row in TABLE:
        s = s / (2 * a)
        for x in row:
            s = s * a + x
        s = np.tanh(s)
    return s


def pair(theta):
    a, b = theta
    s = 0.5
    for x in X:
        s = s * a + x
    return s + b / (3 * (2 * a))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("theta", [[0.3, 0.1], [0.0, 0.1], [0.0, 0.0]])
def test_arguments_that_are_taken_apart(theta):
    """A zero among them is NumPy's where something is divided by it, or by what is made of it."""
    f = sd.value_and_grad(pair, loops="keep")
    value, d = f(np.array(theta))
    np.testing.assert_allclose(value, pair(np.array(theta)), rtol=1e-12)
    assert np.isfinite(d).all() == (theta[0] != 0)


def conditions_inside(a):
    s = np.float64(0.5)
    for t in range(20):
        s = s * a + ((s > 0.1) + (X[t] > 0.2)) * a * ~(s > 3)
    return s


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("a", [0.1, 0.3, 0.0, -0.2])
@pytest.mark.parametrize("f", [*PROGRAMS.values(), conditions_inside], ids=[*PROGRAMS, "inside"])
def test_values_and_types_are_numpys(f, a):
    found, expected = (as_tuple(g(np.float64(a))) for g in (sd.function(f, loops="keep"), f))
    for x, y in zip(found, expected, strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype
        np.testing.assert_allclose(x, y, rtol=1e-12)


@pytest.mark.parametrize("f", [*list(PROGRAMS.values())[:7], conditions_inside], ids=[*list(PROGRAMS)[:7], "inside"])
def test_gradients_are_slopes(f):
    g, a, h = sd.grad(f, loops="keep"), np.float64(0.3), 1e-6
    np.testing.assert_allclose(g(a), (f(a + h) - f(a - h)) / (2 * h), rtol=1e-7)
