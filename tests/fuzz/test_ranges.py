"""Chains of very large and very small numbers whose values stay in the range of floats: so do their derivatives.

Derivatives multiply the same numbers in another order, and would pass through 0 and infinity on the way.
"""

from fractions import Fraction

import numpy as np

import symdiff as sd

ROOM = 280  # powers of ten, to either side
A = np.array([[1.0, 2.0], [3.0, -1.0]])


def random_chain(rng):
    """A point, and the numbers by which it is multiplied or divided in turn."""
    at = last = int(rng.integers(-ROOM, ROOM))
    steps = []
    for _ in range(rng.integers(2, 6)):
        j = int(rng.integers(max(-300, -ROOM - last), min(300, ROOM - last) + 1))
        last += j
        divides = rng.random() < 0.4
        steps.append((divides, float(f"{rng.choice([1.0, 2.5, 3.0])}e{-j if divides else j}")))
    return float(f"1e{at}"), steps


def slope_of(steps):
    slope = Fraction(1)
    for divides, c in steps:
        slope *= 1 / Fraction(repr(c)) if divides else Fraction(repr(c))
    return slope


def judge(x, steps):
    def f(x):
        for divides, c in steps:
            x = x / c if divides else x * c
        return x

    xs, slope, close = np.array([x, 2 * x]), float(slope_of(steps)), {"rtol": 1e-12, "err_msg": f"{steps} at {x}"}
    np.testing.assert_allclose(sd.function(f)(xs), f(xs), **close)
    np.testing.assert_allclose(sd.grad(f)(x), slope, **close)
    np.testing.assert_allclose(sd.grad(lambda x: np.sum(f(x)))(xs), [slope, slope], **close)
    np.testing.assert_allclose(sd.jacobian(lambda x: f(A @ x))(xs), slope * A, **close)
    hessian = sd.hessian(lambda x: np.sum(f(xs * x**2)))(np.ones(2))
    np.testing.assert_allclose(hessian, np.diag(2 * f(xs)), **close)


def test_derivatives_stay_in_range_where_values_do(budget):
    seed, programs = budget
    for k in range(programs):
        x, steps = random_chain(np.random.default_rng((seed, k)))
        if Fraction(10) ** -290 < slope_of(steps) < Fraction(10) ** 290:
            judge(x, steps)
