"""Selections within selections, deeper than blocks are nested: each value, and each slope, is of the side selected."""

import numpy as np
import pytest

import symdiff as sd

POINTS = np.linspace(-3, 3, 61)


def nested(length, height, seed):
    """Selections, each a side of the one around it, `length` of them; in the innermost, a tree of some `height`.

    Their conditions are unrelated, so that none decides another one. Some leaves of the tree are one value.
    """
    rng = np.random.default_rng([length, height, seed])
    speeds = rng.uniform(0.5, 30, 100)
    leaf = rng.integers(0, 2**height, 2 * 2**height) if seed % 2 else np.arange(2 * 2**height)

    def f(x):
        def tree(k, left):
            if not left:
                return np.sin(x + leaf[k]) * (1 + x * x) + leaf[k] * x
            return np.where(np.cos(speeds[k] * x) > 0, tree(2 * k, left - 1), tree(2 * k + 1, left - 1))

        def chain(k):
            if not k:
                return tree(1, height)
            return np.where(np.sin(speeds[-k] * x) > -0.9, chain(k - 1), np.exp(x * k / 9) + k)

        return chain(length)

    return f


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("height", [2, 3])
@pytest.mark.parametrize("length", [8, 9, 10, 11, 12, 16])
def test_selections_of_any_depth(length, height, seed):
    f, h = nested(length, height, seed), 1e-6
    compiled = sd.value_and_grad(f, x=())
    for x in POINTS:
        value, slope = compiled(x)
        assert value == pytest.approx(f(x), rel=1e-12, abs=1e-12), x
        assert slope == pytest.approx((f(x + h) - f(x - h)) / (2 * h), rel=1e-6, abs=1e-6), x
