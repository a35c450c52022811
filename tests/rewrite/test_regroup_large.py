"""Graphs that nobody reads line by line are regrouped once, which the journal says."""

import numpy as np
import pytest

import symdiff as sd


def rosenbrock(x):
    return sum(100 * (x[k + 1] - x[k] ** 2) ** 2 + (1 - x[k]) ** 2 for k in range(len(x) - 1))


@pytest.mark.parametrize("n, is_large", [(20, False), (400, True)])
def test_the_journal_says_that_a_graph_was_large(n, is_large):
    x = np.linspace(-1, 1, n)
    gradient = sd.grad(rosenbrock, loops="unroll")
    found = gradient(x)
    step = 1e-30
    for k in (0, n // 2, n - 1):
        moved = x.astype(complex)
        moved[k] += 1j * step
        assert found[k] == pytest.approx(rosenbrock(moved).imag / step, rel=1e-12)
    assert ("regroup-once" in gradient.explain_rewrites()) is is_large
