"""A step that is taken only as long as a condition holds knows it; what all steps leave alike is no work of theirs."""

import numpy as np
import pytest

import symdiff as sd


def newton(x):
    y = x
    for _ in range(100):
        z = 0.5 * (y + x / y)
        if abs(z - y) < 1e-14:
            break
        y = z
    return z


def test_a_step_knows_that_it_is_taken():
    f = sd.function(newton)
    assert f(2.0) == newton(2.0)
    assert "done = " in f.source
    assert " or done" not in f.source
    assert "and True" not in f.source
    d = sd.grad(newton)
    assert d(2.0) == pytest.approx(0.5 / np.sqrt(2.0), rel=1e-12)


def bounces(p):
    x, v, total = 1.0, 0.0, 0.0
    for _ in range(300):
        v = v - p[0] * 0.01
        x = x + v * 0.01
        if x < 0:
            x, v = -x, -p[1] * v
            if abs(v) < 0.01:
                break
        total = total + x
    return total


def test_zeros_of_all_steps():
    """A loop of a counted number of steps writes no zero in each of them."""
    p = np.array([9.81, 0.8])
    f = sd.value_and_grad(bounces)
    value, d = f(p)
    assert value == pytest.approx(bounces(p))
    assert "] = 0.0\n" not in f.source
    steps = 1e-6 * np.eye(2)
    np.testing.assert_allclose(d, [(bounces(p + e) - bounces(p - e)) / 2e-6 for e in steps], rtol=1e-6)
