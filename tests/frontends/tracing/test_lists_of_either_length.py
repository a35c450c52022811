"""Lists and dicts that are longer on one side of a branch, and that later branches change: as in Python, or refused."""

import itertools

import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, UnsupportedError


def methods(x, y):
    """As libraries choose among correlations: the first that is fit."""
    found = []
    if x < 0:
        found.append("slow")
    if x >= 0:
        if y < 0:
            found.append("low")
        found.append("fast")
    if found[0] == "low":
        return 2 * x * y
    if found[0] == "fast":
        return 3 * x * y
    return 5 * x * y


def numbers(x, y):
    found = []
    if x < 0:
        found.append(5.0)
    if y < 0:
        found.append(2.0 * x)
    found.append(3.0)
    return found[0] * x + found[-1] * y


def taken_away(x, y):
    found = [2.0, 7.0]
    if x > 0:
        found.extend([1.0, x])
    if y > 0:
        found.append(4.0)
    if x > y:
        found.pop()
    return found[-1] * x + found[0] * y


def nested(x, y):
    found = []
    if x > 0:
        found.append(1.0)
    if y > 0:
        if x > y:
            found.append(2.0)
        else:
            found.insert(0, 9.0)
    found.append(3.0)
    return found[0] * x + found[-1] * y


def keys(x, y):
    known = {"a": 1.0}
    if x > 0:
        known["b"] = 3.0
    if y > 0:
        known.update(a=2.0)
    return known["a"] * x + y * known.get("b", 0.0)


@pytest.mark.parametrize("f", [methods, numbers, taken_away, nested, keys])
def test_they_hold_what_python_puts_into_them(f):
    g = sd.value_and_grad(f, wrt=("x", "y"))
    for x, y in itertools.product((-2.0, -0.5, 0.25, 1.0, 3.0), (-1.0, 0.5, 2.0)):
        value, slopes = g(x, y)
        assert value == f(x, y)
        for k, slope in enumerate(slopes):
            h = 1e-6
            above, below = f(x + h * (k == 0), y + h * (k == 1)), f(x - h * (k == 0), y - h * (k == 1))
            assert slope == pytest.approx((above - below) / (2 * h), abs=1e-7)


def test_an_element_that_is_not_there_is_an_error_where_python_raises_it():
    def f(x):
        found = []
        if x > 0:
            found.append(x)
        return found[0] ** 2

    assert sd.grad(f)(3.0) == 6.0
    with pytest.raises(IndexError):
        sd.grad(f)(-3.0)


def by_a_conditional_expression(x):
    a, b = [1.0], [2.0, 3.0]
    found = a if x > 0 else b
    found.append(5.0)
    return a[-1] * x


def by_two_names(x):
    a = [1.0]
    if x > 0:
        a.append(3.0)
    b = a
    if x < 1:
        b.append(4.0)
    return a[-1] * x


@pytest.mark.parametrize("f", [by_a_conditional_expression, by_two_names])
def test_those_with_two_names_are_refused(f):
    with pytest.raises(UnsupportedError, match=r"another name|two names"):
        sd.grad(f)(1.0)


def test_what_reads_the_length_is_told_which_ones_there_are():
    def f(x, c):
        xs = [x, 2 * x, x**2] if c > 0 else [x]
        return len(xs) * xs[-1]

    with pytest.raises(ArgumentError, match="has 1 or 3 elements"):
        sd.grad(f)(3.0, 1.0)
