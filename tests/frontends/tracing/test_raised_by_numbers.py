"""What Python's numbers raise, in a function that handles it: the handler runs where Python's would, and nowhere else."""

import math

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.tracing.flow.arithmetic import _MATH

EDGES = (-np.inf, -1e300, -2.5, -1.0, -0.3, -0.0, 0.0, 0.3, 1.0, 2.0, 2.5, 709.0, 711.0, 1e300, np.inf, np.nan)
OF_TWO = {"fmod", "pow", "atan2", "copysign"}


def handled(function):
    def f(*xs):
        try:
            y = function(*xs)
        except (ValueError, OverflowError, ZeroDivisionError):
            y = -0.5 * xs[0]
        return y

    return f


@pytest.mark.parametrize("name", sorted(set(_MATH) - OF_TWO - {"isnan", "isinf", "isfinite", "isclose"}))
def test_the_handler_runs_where_math_raises(name):
    f = handled(getattr(math, name))
    value = sd.function(f)
    for x in EDGES:
        np.testing.assert_allclose(value(x), f(x), rtol=1e-12, err_msg=f"{name}({x})")
    slope = sd.grad(f)
    for x in (-2.5, -0.3, 0.3, 2.5, 711.0):
        differences = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
        np.testing.assert_allclose(slope(x), differences, rtol=1e-6, atol=1e-8, err_msg=f"{name}({x})")


@pytest.mark.parametrize("name", [*sorted(OF_TWO), "log"])
def test_the_handler_runs_where_math_raises_of_two(name):
    f = handled(getattr(math, name))
    value = sd.function(f)
    for x in EDGES:
        for y in EDGES:
            np.testing.assert_allclose(value(x, y), f(x, y), rtol=1e-12, err_msg=f"{name}({x}, {y})")


def quotient(x, y):
    return x / y


def divided(x, y):
    try:
        return x / y
    except ZeroDivisionError:
        return 5.0 * x


def divided_elsewhere(x, y):
    try:
        z = quotient(x, y - 1) + x // y
        z = z * 2
    except ZeroDivisionError as error:
        z = x * len(str(error))
    else:
        z = z + x % y
    return z + y


def divided_in_place(x, y):
    z = x
    try:
        z /= y
        z %= y - 1
    except ArithmeticError:
        z = z * y
    return z


def divided_in_a_loop(x, y):
    total = 0.0
    for k in range(3):
        try:
            total = total + x / (y - k)
        except ZeroDivisionError:
            total = total - x
    return total


@pytest.mark.parametrize("f", [divided, divided_elsewhere, divided_in_place, divided_in_a_loop])
def test_the_handler_runs_where_a_number_is_divided_by_zero(f):
    g = sd.value_and_grad(f)
    for y in (-1.5, -0.0, 0.0, 1.0, 2.0, 2.7):
        value, slope = g(3.3, y)
        assert value == pytest.approx(f(3.3, y), rel=1e-14)
        assert slope == pytest.approx((f(3.3 + 1e-6, y) - f(3.3 - 1e-6, y)) / 2e-6, rel=1e-8)


def test_arrays_are_divided_by_zero_without_an_error():
    def f(x):
        try:
            y = 1 / x
        except ZeroDivisionError:
            y = x
        return np.sum(y)

    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(sd.grad(f)(np.array([2.0, 0.0])), [-0.25, -np.inf])


def test_elements_of_arrays_are_divided_by_zero_without_an_error():

    def f(x):
        try:
            y = 1 / x[0]
        except ZeroDivisionError:
            y = 0.0
        return y

    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(sd.grad(f)(np.array([2.0, 1.0])), [-0.25, 0.0])
        np.testing.assert_array_equal(sd.grad(f)(np.array([0.0, 1.0])), [-np.inf, 0.0])


def test_a_side_of_known_numbers_that_fails_raises_where_it_is_taken():
    def f(x):
        return x * math.log(-1.0) if x > 1 else x * x

    g = sd.grad(f)
    assert g(0.5) == 1.0
    with pytest.raises(ValueError, match="math domain error"):
        g(2.0)


def positive(x):
    if x < 0:
        raise ValueError("negative")
    return x * 2


def small(x):
    y = x + 1
    if y > 2:
        if x > 2.5:
            raise RuntimeError("very large")
        raise KeyError("large")
    return y * x


def twice(x):
    try:
        y = positive(x - 1)
    except KeyError:
        y = x
    return y + small(x)


def handled_in_two_ways(x):
    a, b, c = x, x * 0.5, 1.0 - x
    try:
        if c > 1.1:
            try:
                c = b + b
            except (ValueError, IndexError):
                pass
            else:
                b = b / a
            b += twice(b)
        if x < -0.9:
            b = 1.6
    except Exception:
        try:
            b = c + b
        except (KeyError, IndexError):
            pass
        else:
            a = a / b
        finally:
            b = a * 0.5
        c += x + b
    finally:
        c = a * 0.5
    return a + 2 * b - c * a


def test_what_a_handler_computes_contributes_nothing_where_it_does_not_run():
    """It runs for two errors, each in a branch of its own, and divides by zero at 0."""
    g = sd.value_and_grad(handled_in_two_ways)
    for x in (0.0, 0.5, -0.05, -0.4, -1.3):
        value, slope = g(x)
        assert value == pytest.approx(handled_in_two_ways(x), rel=1e-14)
        differences = (handled_in_two_ways(x + 1e-6) - handled_in_two_ways(x - 1e-6)) / 2e-6
        assert slope == pytest.approx(differences, rel=1e-7, abs=1e-8)
