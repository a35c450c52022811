"""States of a loop that begin and go on alike are one, however many there are."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.graph.loop import Loop

X = np.array([0.3, -0.2, 0.5])


def copies(count, other_starts=0):
    """A loop of `count` states that are the same, and some that begin elsewhere."""

    def f(x):
        states = tuple([x] * count + [x + 1.0 + k for k in range(other_starts)])
        ends = sd.fori_loop(0, 4, lambda i, s: tuple(np.sin(h) + 0.1 * i for h in s), states)
        return sum(np.sum(h) for h in ends)

    return f


def crossed(x):
    """Two states that are the same only if both are taken to be."""
    a, b = sd.fori_loop(0, 4, lambda i, s: (np.sin(s[1]) + 0.1 * i, np.sin(s[0]) + 0.1 * i), (x, x))
    return np.sum(a * b)


def parted(x):
    """Two states that begin alike, and two that follow them, which differ in the next step only."""
    a, b, c, d = x, x, x, x
    for _ in range(4):
        a, b, c, d = np.sin(a), np.sin(b) + 0.1, np.cos(a), np.cos(b)
    return np.sum(a + 2 * b + 3 * c * d)


@pytest.mark.parametrize("f", [copies(5), copies(3, 3), crossed, parted])
def test_values_and_slopes_stay(f):
    value, slope = sd.value_and_grad(f)(X)
    steps = 1e-6 * np.eye(len(X))
    assert np.isclose(value, f(X), rtol=1e-15, atol=0)
    np.testing.assert_allclose(slope, [(f(X + s) - f(X - s)) / 2e-6 for s in steps], rtol=1e-8)


@pytest.mark.parametrize(("f", "states"), [(copies(5), 1), (copies(3, 3), 4), (crossed, 1)])
def test_as_many_states_are_left_as_differ(f, states):
    nodes = sd.function(f, x=3).graph.whole
    (loop,) = [Loop.of(n) for n in nodes if n.op.block == "for"]
    assert len([h for h in loop.states if h.shape]) == states
