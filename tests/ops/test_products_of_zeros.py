"""Running products are polynomials: at zeros, any number of them, derivatives of any order are those of polynomials."""

import itertools

import numpy as np
import pytest

import symdiff as sd

WEIGHTS = np.array([2.0, -1.0, 3.0])
POINTS = [np.array(p) for p in itertools.product([0.0, 0.5, -2.0], repeat=3)]


def exact(x, n, order):
    """The derivatives of the product of the first `n` elements."""
    found = np.zeros((3,) * order)
    for places in itertools.permutations(range(n), order):
        found[places] = np.prod([x[k] for k in range(n) if k not in places])
    return found


@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_of_running_products(order):
    running = sd.partial(lambda x: np.sum(WEIGHTS * np.cumprod(x)), *["x"] * order)
    whole = sd.partial(lambda x: np.prod(x), *["x"] * order)

    for x in POINTS:
        expected = sum(w * exact(x, n, order) for n, w in enumerate(WEIGHTS, start=1))
        np.testing.assert_allclose(running(x), expected, atol=1e-12)
        np.testing.assert_allclose(whole(x), exact(x, 3, order), atol=1e-12)
