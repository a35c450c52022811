"""Elements that may not be there, and whose absence the function handles itself, in loops long enough to be kept."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

X = np.array([0.5, -0.8, 0.7, 1.3, -1.0, 1.4])


def counted(x):
    s = 0.0
    for i in range(9):
        try:
            s += x[i] * i
        except IndexError:
            s *= 1.1
    return s


def with_default(x):
    s = 0.0
    for i in range(12):
        try:
            y = x[2 * i]
        except LookupError:
            y = x[0]
        s = np.sin(s) + y * y
    return s


def of_a_list(x):
    parts, s = [x[0], x[1] ** 2], 1.0
    for i in range(12):
        try:
            s += parts[i]
        except IndexError:
            s *= x[2]
    return s


def through_a_helper(x):
    def at(i):
        return x[i]

    s = 0.0
    for i in range(12):
        try:
            s += at(i) ** 2
        except IndexError:
            s *= 0.9
    return s


def of_a_dict(x):
    found, s = {0: x[0], 5: x[1]}, 1.0
    for i in range(12):
        try:
            s += found[i]
        except KeyError:
            s *= 0.9
    return s


@pytest.mark.parametrize("f", [counted, with_default, of_a_list, through_a_helper, of_a_dict])
@pytest.mark.parametrize("loops", ["auto", "unroll"])
def test_handlers_of_missing_elements(f, loops):
    value, slopes = sd.value_and_grad(f, loops=loops)(X)
    assert value == pytest.approx(f(X), rel=1e-14)
    expected = [(f(X + h) - f(X - h)) / 2e-6 for h in 1e-6 * np.eye(6)]
    np.testing.assert_allclose(slopes, expected, rtol=1e-7, atol=1e-8)


def test_a_place_that_is_computed_is_refused():
    def f(x):
        try:
            return x[int(100 * x[0])]
        except IndexError:
            return x[1]

    with pytest.raises(UnsupportedError, match="IndexError is raised depends on a value"):
        sd.grad(f)(X)
