"""Loops over elements of tables: what comes out is what one writes by hand, and no more than what is known is relied on."""

import numpy as np
import pytest

import symdiff as sd
from benchmarks.loop_programs.tables import cholesky, lu
from symdiff.control.integers import Integers
from symdiff.graph.aval import Aval
from symdiff.graph.node import variable
from symdiff.ops.gathering import gather, positions
from symdiff.ops.index import Hole
from symdiff.rewrite.loops.spans import span_of


def read_again_later(A):  # the row above is written once more before it is read for the last time
    T = A.copy()
    for i in range(1, 12):
        for j in range(12):
            T[i, j] = np.sin(T[i, j]) * T[i - 1, j]
        for j in range(12):
            T[i - 1, j] = T[i, j] * 0.5
    return np.sum(T)


def from_the_end(A):  # i - 1 is -1 in the first step: the last row
    T = A.copy()
    for i in range(12):
        for j in range(12):
            T[i, j] = 0.5 * T[i, j] + 0.3 * T[i - 1, j] * T[i, j]
    return np.sum(T * T)


def matrix(n):
    B = np.random.default_rng(0).normal(size=(n, n))
    return B @ B.T + n * np.eye(n)


@pytest.mark.parametrize("f", [lu, cholesky, read_again_later, from_the_end], ids=lambda f: f.__name__)
def test_the_gradient_is_that_of_the_steps_one_by_one(f):
    A = matrix(12) / 12
    value, found = sd.value_and_grad(f)(A)
    assert value == pytest.approx(f(A), rel=1e-12)
    np.testing.assert_allclose(found, sd.grad(f, loops="unroll")(A), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("f", [lu, cholesky], ids=lambda f: f.__name__)
def test_the_source_is_as_by_hand(f, golden):
    golden(f"control_flow/{f.__name__}_by_elements.txt", sd.value_and_grad(f).at(matrix(20)).source)


def test_no_table_is_kept_that_settles():
    source = sd.value_and_grad(cholesky).at(matrix(20)).source
    assert "(20, 20, 20)" not in source
    assert "np.array(L" not in source


def test_positions_of_which_nothing_is_known_are_no_slice():
    x, k = variable("x", Aval("float64", (9,))), variable("k", Aval("int64"))
    node = gather(x, positions(n=3) + k, index=(Hole(1),))
    span = span_of(node.inputs[1], Integers())
    assert span is not None
    assert span.start.least is None
    f = sd.grad(lambda x, k: np.sum(x[np.arange(3) + k] ** 2))
    for start in (-2, 0, 4):  # some of these count from the end
        np.testing.assert_array_equal(
            np.nonzero(f(np.arange(1.0, 10.0), start))[0], np.sort((np.arange(3) + start) % 9)
        )
