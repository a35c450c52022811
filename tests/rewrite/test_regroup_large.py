"""Graphs that nobody reads line by line are regrouped once, which the journal says."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.graph.graph import LARGE


def chain(n):
    """n operations on x and on what they gave."""
    x = sd.var("x")
    v = x
    for k in range(n):
        v = (np.sin(v) * x, v * (0.5 + x), np.tanh(v) + x)[k % 3]
    return v


@pytest.mark.parametrize("n, is_large", [(60, False), (LARGE, True)])
def test_the_journal_says_that_a_graph_was_large(n, is_large):
    gradient = sd.grad(chain(n), wrt="x")
    assert ("regroup-once" in gradient.explain_rewrites()) is is_large
    h = 1e-6
    value = sd.function(chain(n))
    assert gradient(0.3) == pytest.approx((value(0.3 + h) - value(0.3 - h)) / (2 * h), rel=1e-7)
