"""A variable that is one of two arrays: what is written into them is seen, or refused, and never lost."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

X, C = np.array([1.0, 2.0, 3.0]), 0.5


def source_written_behind(x, c):
    a, b = x * 1, x * 2
    y = a if c > 0 else b
    a[0] = 5.0
    return np.sum(y)


def other_written_behind(x, c):
    a, b = x * 1, x * 2
    if c > 0:  # noqa: SIM108  a statement, and no expression
        y = a
    else:
        y = b
    b[0] = 5.0
    return np.sum(y)


def itself_written(x, c):
    a, b = x * 1, x * 2
    y = a if c > 0 else b
    y[0] = 5.0
    return np.sum(a)


def read_only(x, c):
    a, b = x * 1, x * 2
    y = a if c > 0 else b
    return np.sum(y * a)


def own_name(x, c):
    y = x * 2
    if c > 0:
        y = y - 1
    y[0] = x[1] ** 2
    return np.sum(y)


def made_anew(x, c):
    y = x * x if c > 0 else -x
    y[0] = x[1] ** 2
    return np.sum(y)


def copied(x, c):
    a, b = x * 1, x * 2
    y = (a if c > 0 else b).copy()
    a[0] = 5.0
    y[1] = 7.0
    return np.sum(y * a)


@pytest.mark.parametrize("f", [source_written_behind, other_written_behind, itself_written])
@pytest.mark.parametrize("c", [C, -C])
def test_what_would_be_lost_is_refused(f, c):
    with pytest.raises(UnsupportedError, match="which of two arrays this is") as found:
        sd.grad(f)(X, c)

    assert "copy the array before it is written into" in str(found.value)


@pytest.mark.parametrize("f", [read_only, own_name, made_anew, copied])
@pytest.mark.parametrize("c", [C, -C])
def test_what_is_not_lost_is_followed(f, c):
    value, gradient = sd.value_and_grad(f)(X, c)
    slopes = [(f(X + h, c) - f(X - h, c)) / 2e-6 for h in 1e-6 * np.eye(3)]

    assert value == f(X, c)
    np.testing.assert_allclose(gradient, slopes, atol=1e-6)


def left_behind(x, c):
    a, b = x * 1, x * 2
    y = a if c > 0 else b
    z = y[1:]  # noqa: F841  neither is read from here on
    a[0] = 5.0
    return np.sum(a * b)


def test_what_nobody_reads_any_more_hinders_nothing():
    value, slope = sd.value_and_grad(left_behind)(X, C)
    assert value == left_behind(X, C)
    np.testing.assert_allclose(slope, [10.0, *(4 * X[1:])])
