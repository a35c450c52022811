"""Loops that ask whether to go on: how many steps they took is known as long as something of them is left."""

import numpy as np
import pytest

import symdiff as sd


def counted_twice(p):
    b, k = 0.5, 0
    while k < 15 and b > 0.43:
        k += 1
        b += p
    return b


def scaled(p):
    b, k = 0.5, 0
    while k < 9 and b > 0.25:
        b += 3 * p
        k += 2
    return 2 * b


def in_a_loop(p):
    b = 0.5
    for _ in range(3):
        k = 0
        while k < 15 and b > 0.43:
            k += 1
            b += p
    return b


def two_that_add(p):
    a, b, k = 0.0, 1.0, 0
    while k < 7 and a < 4:
        a += p
        b -= p
        k += 1
    return a * b


def of_arrays(p):
    b, k = np.zeros(3), 0
    while k < 7 and np.sum(b) < 4:
        b = b + p
        k += 1
    return np.sum(b)


@pytest.mark.parametrize("f", [counted_twice, scaled, in_a_loop, two_that_add, of_arrays])
@pytest.mark.parametrize("p", [-0.1, 0.3])
def test_slopes_that_are_numbers_of_steps(f, p):
    h = 1e-6
    slope = pytest.approx((f(p + h) - f(p - h)) / (2 * h), rel=1e-7)
    assert sd.grad(f)(p) == slope
    assert sd.jvp(f)(p, 1.0) == slope
    assert sd.value_and_grad(f)(p) == (pytest.approx(f(p)), slope)
