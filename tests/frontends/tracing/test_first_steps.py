"""Loops whose first step makes something else of a variable than the others: it is one of its own, and the rest is kept."""

import numpy as np
import pytest

import symdiff as sd

Z = np.random.default_rng(0).normal(size=(30, 4))


def prices(p):
    s = largest = p[0]
    for t in range(len(Z)):
        s = s * np.exp(p[1] * Z[t] - 0.5 * p[1] ** 2)
        largest = np.maximum(largest, s)
    return np.mean(largest - s)


def added(p):
    total = 0
    for k, z in enumerate(Z):
        total = total + z * np.sin(k * p[0])
        if total[0] > 1:
            total = total * 0.5
    return total @ total * p[1]


def spread(p):
    x = np.array([p[0]])
    for z in Z:
        x = np.tanh(x * p[1] + z)
    return np.sum(x**2)


def of_numbers(p):
    x, y = p[0], 1.0
    for k in range(20):
        x, y = np.cos(x) * np.ones(3), x * p[1] + k
    return np.sum(x * y)


def in_a_loop(p):
    found = 0.0
    for row in Z[:12]:
        inner = p[0]
        for k in range(15):
            inner = inner * 0.5 + np.sin(row * p[1] + k)
        found = found + np.mean(inner)
    return found


def grows(p):
    x = p[0]
    for _ in range(4):
        x = np.append(x, p[1])
    return np.sum(x**2)


@pytest.mark.parametrize("f", [prices, added, spread, of_numbers, in_a_loop, grows], ids=lambda f: f.__name__)
def test_value_gradient_and_hessian(f):
    p, h = np.array([1.3, 0.4]), 1e-6
    value, slope = sd.value_and_grad(f)(p)
    assert value == pytest.approx(f(p), rel=1e-13)
    np.testing.assert_allclose(
        slope, [(f(p + h * e) - f(p - h * e)) / (2 * h) for e in np.eye(2)], rtol=1e-6, atol=1e-7
    )
    np.testing.assert_allclose(slope, sd.grad(f, loops="unroll")(p), rtol=1e-10)
    np.testing.assert_allclose(sd.hessian(f)(p), sd.hessian(f, loops="unroll")(p), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("f", [prices, added, spread, of_numbers, in_a_loop], ids=lambda f: f.__name__)
def test_the_other_steps_are_kept(f):
    g = sd.value_and_grad(f).at(np.array([1.3, 0.4]))
    assert "written out" not in str(g.explain()) and len(g.source.splitlines()) < 80
