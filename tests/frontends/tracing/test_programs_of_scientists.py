"""Unmodified programs as scientists write them give their value, their gradient and their Hessian."""

import inspect

import numpy as np
import pytest
import scientists_programs

import symdiff as sd

POINTS = [np.array([0.7, 0.9, 1.1, 0.62]), np.array([1.31, 0.45, 0.55, 0.95])]
PROGRAMS = [
    f
    for _, f in inspect.getmembers(scientists_programs, inspect.isfunction)
    if f.__module__ == scientists_programs.__name__ and list(inspect.signature(f).parameters) == ["p"]
]
STEPWISE = {"bisect"}  # what it ends its search with is a constant, which jumps: differences of gradients see that

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def slopes(f, p, h):
    """The slopes of f along each axis by fourth-order differences."""
    near = [[f(p + s * h * e) for s in (-2, -1, 1, 2)] for e in np.eye(len(p))]
    return np.array([(a - 8 * b + 8 * c - d) / (12 * h) for a, b, c, d in near])


@pytest.mark.sampled(2)
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_value_gradient_and_hessian(f):
    g, hessian = sd.value_and_grad(f), sd.hessian(f)
    for p in POINTS:
        value, slope = g(p)
        assert value == pytest.approx(f(p), rel=1e-12)
        np.testing.assert_allclose(slope, slopes(f, p, 1e-6), rtol=1e-6, atol=1e-7)
        if f.__name__ not in STEPWISE:
            np.testing.assert_allclose(hessian(p), slopes(lambda q: g(q)[1], p, 1e-6), rtol=1e-5, atol=1e-6)
