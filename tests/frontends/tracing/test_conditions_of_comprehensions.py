"""Sums, `any` and `all` over elements for which a condition holds that is not known: Python's values and their slopes."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError


def listed(x):
    return sum([v**2 for v in x if v > 0])


def numbered(x):
    return sum(v * v * k for k, v in enumerate(x) if v > 0 if v < 1)


def pairs(x):
    return sum(x[i] * x[j] for i in range(len(x)) for j in range(i) if abs(x[i] - x[j]) < 0.5)


def some(x):
    return np.sum(x**2) if any(v < -0.2 for v in x if v < 0.3) else np.sum(x)


def each(x):
    return np.sum(x**2) if all(v > 0.2 for v in x if v > 0.1) else np.sum(x)


def in_a_loop(x):
    s = 0.0
    for k in range(12):
        s = 0.3 * s + sum(v * x[k % 5] for v in x if v > x[k % 5])
    return s


def of_its_own(x):
    def sum(values):
        return np.prod(np.array(list(values)))

    return sum(x[k] for k in range(5) if k % 2)


def negative_powers_of_the_step(x):
    s = 0.0
    for k in range(1, 12):
        s += np.sin(s + x[k % 5] * k**-1)
    return s


PROGRAMS = (listed, numbered, pairs, some, each, in_a_loop, of_its_own, negative_powers_of_the_step)


@pytest.mark.parametrize(
    "point", [[0.7, -0.4, 1.3, 0.25, 0.9], [-1.0, -2.0, -3.0, -0.55, -0.6], [0.3, 0.6, 0.5, 1.2, 2.0]], ids=str
)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_gradients_are_those_of_python(program, point):
    x, h = np.array(point), 1e-6
    value, gradient = sd.value_and_grad(program)(x)

    assert value == pytest.approx(program(x), rel=1e-13)
    slopes = [(program(x + h * e) - program(x - h * e)) / (2 * h) for e in np.eye(5)]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-8)


def test_a_list_whose_length_depends_on_values_is_refused():
    with pytest.raises(SymdiffError, match="truth value"):
        sd.grad(lambda x: np.mean(np.array([v for v in x if v > 0])))(np.ones(3))
