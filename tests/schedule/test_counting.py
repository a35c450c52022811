"""What is as long as a loop takes steps stands behind the loop that counts them, also where branches move statements."""

import numpy as np
import pytest

import symdiff as sd

COEFFICIENTS = [0.1 * k + 0.3 for k in range(12)]


def solved(p):
    """Newton's method for a polynomial and its derivative by Horner's rule, from a start that a branch chooses."""
    start = 0.1 if p < 0.2 else np.sqrt(p)
    t, d = start, 1.0
    while abs(d) > 1e-10:
        slope = value = 0.0
        for c in COEFFICIENTS:
            slope = t * slope + value
            value = t * value + c
        d = (value - p) / slope**2 if t < 0.3 else (value - p) / slope
        t = t - 0.5 * d
    return t


@pytest.mark.parametrize("p", [2.4, 5.0, 1.3])
def test_arrays_of_a_counted_length(p):
    value, slope = sd.value_and_grad(solved)(p)
    assert value == pytest.approx(solved(p), rel=1e-12)
    assert slope == pytest.approx((solved(p + 1e-4) - solved(p - 1e-4)) / 2e-4, rel=1e-5)
