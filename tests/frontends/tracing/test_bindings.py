"""Names that are bound inside of expressions, or by a function in another one: Python's values, or refused; never wrong."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError


def search(x):
    s = 1.0
    while (d := s * s - 2 - x[0] ** 2) > 1e-10:
        s = s - d / (2 * s)
    return s + 0 * d


def search_that_skips(x):
    s, k = 9.0 + x[1] ** 2, 0
    while (d := s - x[0]) > 1.0:
        k += 1
        if k > 20:
            break
        if d > 4.0:
            s = s - 0.7 * d
            continue
        s = 0.9 * s
    else:
        s = s * d
    return s * d


def guarded(x):
    if x[0] > 0 and (y := x[1]) > 0:
        return y**2
    return x[2]


def rebound(x):
    y = x[2]
    if x[0] > 0 and (y := 3 * x[1]) > 0:
        return y**2
    return y * 3


def nested(x):
    total = 0.0

    def search_from(s):
        while (d := s * s - x[0] ** 2) > 1e-9:
            s = s - d / (2 * s)
        return s

    for k in range(10):
        total += search_from(2.3 + k) * x[1]
    return total


def summed_by_another(x):
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v * v

    for k in range(12):
        add(x[k % 3])
    return total


PROGRAMS = (search, search_that_skips, guarded, rebound, nested, summed_by_another)
POINTS = ([1.2, 0.7, -0.4], [-1.2, 0.7, -0.4], [0.6, -0.7, 2.5], [5.0, 0.1, 0.2])


@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_gradients_are_those_of_python(program, point):
    x, h = np.array(point), 1e-6
    value, gradient = sd.value_and_grad(program)(x)

    assert value == pytest.approx(program(x), rel=1e-13)
    slopes = [(program(x + h * e) - program(x - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-7)


def test_a_search_by_a_named_expression_is_a_loop():
    gradient = sd.grad(search)
    gradient(np.ones(3))
    assert "while " in gradient.source


def test_a_name_that_is_bound_on_one_side_of_and_is_refused():
    def both_sides(x):
        y = x[2]
        if x[0] > 0 and (y := x[1]) > 0:
            y = y * 2
        else:
            y = np.sin(y)
            y = y * 3
        return y

    with pytest.raises(SymdiffError, match="truth value"):
        sd.grad(both_sides)(np.ones(3))


def test_a_variable_of_another_function_that_one_side_changes_is_what_that_side_says():
    def chosen(x):
        total = 0.0

        def add(v):
            nonlocal total
            if v < 2:
                total = total + v * v

        if x[0] > 0:
            add(x[1])
        else:
            add(x[2])
        return total

    for x, expected in (([1.0, 0.5, 3.0], [0, 1.0, 0]), ([-1.0, 0.5, 3.0], [0, 0, 0]), ([-1.0, 0.5, 1.5], [0, 0, 3.0])):
        np.testing.assert_allclose(sd.grad(chosen)(np.array(x)), expected)
