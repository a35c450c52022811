"""Comprehensions and generators over arrays of a named length, and what Python makes of them, give Python's values."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError


def total(x, c):
    return sum(v * v * c for v in x)


def largest(x, c):
    return max(v * c for v in x) - min(np.sin(v) for v in x)


def by_key(x, c):
    return min([v * c for v in x], key=lambda v: abs(v - c)) ** 2


def whether_any(x, c):
    return c * x[0] if any(v > c for v in x) else sum(v * v for v in x)


def whether_all(x, c):
    return sum(abs(v) for v in x if v < c) if all(v < 2 * c for v in x) else c**2


def as_an_array(x, c):
    logs = [np.log(v + c) for v in x]
    return np.sum(np.array(logs) ** 2) + logs[0] * len(logs) + sum(a * b for a, b in zip(logs, logs[1:], strict=False))  # noqa: RUF007 (as people write it)


def nested_targets(x, c):
    return sum(k * a * b**c for k, (a, b) in enumerate(zip(x, x[1:], strict=False), start=1))  # noqa: RUF007


def positions(x, c):
    return sum((x[k + 1] - c * x[k]) ** 2 for k in range(len(x) - 1))


PROGRAMS = [total, largest, by_key, whether_any, whether_all, as_an_array, nested_targets, positions]


@pytest.mark.parametrize("f", PROGRAMS)
def test_named_lengths_give_pythons_values_and_slopes(f):
    value, gradient, h = sd.function(f, x="n", c=()), sd.grad(f, x="n", c=()), 1e-6
    for n in 2, 3, 12:
        for c in 0.3, 0.8:
            x = np.random.default_rng(n).uniform(0.1, 1.2, n)
            np.testing.assert_allclose(value(x, c), f(x, c), rtol=1e-14)
            slopes = [(f(x + h * e, c) - f(x - h * e, c)) / (2 * h) for e in np.eye(n)]
            np.testing.assert_allclose(gradient(x, c), slopes, rtol=1e-7, atol=1e-8)


def test_conditions_of_long_arrays_are_one_operation():
    source = sd.function(whether_any, x=5000, c=()).source
    assert "np.any(x > c)" in source and len(source.splitlines()) < 10


def test_lists_of_a_named_length_are_joined():
    def f(x):
        return np.sum(np.array([abs(v) for v in x] + [v**2 for v in x]) ** 3)

    x = np.array([-1.0, 2.0, 0.5])
    assert sd.function(f, x="n")(x) == pytest.approx(f(x), rel=1e-14)


def test_a_list_of_a_named_length_is_not_repeated():
    with pytest.raises(UnsupportedError, match="list"):
        sd.function(lambda x: np.sum(np.array([abs(v) for v in x] * 2)), x="n")(np.ones(3))
