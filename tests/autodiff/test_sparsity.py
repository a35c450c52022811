"""Patterns: never less than the derivative, over the whole table; and exactly it, for programs of the usual kinds."""

from itertools import islice

import numpy as np
import pytest
from helpers import ROWS, in_numpy, samples, values, variables

import symdiff as sd
from symdiff.autodiff.compose import jacobians
from symdiff.autodiff.sparsity import patterns
from symdiff.errors import ShapeError, SymdiffError, UnsupportedError


def dense(pattern):
    found = np.zeros(pattern.shape, bool)
    found[pattern.rows, pattern.indices] = True
    return found


def cases(op):
    """Nodes of a row on its samples, with the arrays; positions among them known, or not."""
    few = 3 if op.family == "elementwise" else None  # they share one rule
    for arrays, params in islice(samples(op), few):
        inputs = variables(arrays)
        yield op(*inputs, **params), inputs, arrays
        if any(x.aval.kind in "iu" for x in inputs):
            known = [np.asarray(a) if x.aval.kind in "iu" else x for x, a in zip(inputs, arrays, strict=True)]
            yield op(*known, **params), inputs, arrays


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_patterns_hold_every_derivative_that_is_not_zero(op):
    if op.block or op.name == "implicit":
        pytest.skip("loops have tests of their own")
    for node, inputs, arrays in cases(op):
        for y, x in [(y, x) for y in values(node) if y.aval.inexact for x in inputs if x.aval.kind == "f"]:
            if np.prod(y.shape) * np.prod(x.shape) > 400:
                continue
            try:
                [[block]] = jacobians([y], [x]).blocks
            except SymdiffError:
                continue  # no derivative
            [[pattern]] = patterns([y], [x])
            with np.errstate(all="ignore"):
                found = np.reshape(in_numpy(inputs, block)(*arrays), pattern.shape)
            assert not ((found != 0) & ~dense(pattern)).any(), f"{op.name} with respect to {x.name}"


PROGRAMS = {
    "differences": lambda x: x[1:] - x[:-1] ** 2,
    "elementwise": lambda x: np.sin(x) * x,
    "cumulative": lambda x: np.cumsum(x**2),
    "reversed": lambda x: x * x[::-1],
    "rolled": lambda x: np.roll(x, 1) * x,
    "every other": lambda x: x[::2] * x[1::2],
    "rows": lambda x: np.sum(x.reshape(2, 6) ** 2, axis=1),
    "grid": lambda x: np.tensordot(x.reshape(3, 4), np.ones(4), 1) ** 2,
    "concatenated": lambda x: np.concatenate([x[:3] ** 2, [x[5] * x[0]], x[7:]]),
    "gathered": lambda x: x[np.array([3, 1, 1])] * x[np.array([0, 1, 5])],
    "known matrix": lambda x: (np.eye(12) + np.eye(12, k=2)) @ x**2,
    "masked": lambda x: np.where(np.arange(12) % 2 == 0, x**2, 0.0),
    "flat part": lambda x: np.floor(x) + x**2,
    "kernel": lambda x: np.convolve(x**2, [1.0, -2.0, 1.0], "valid"),
    "none": lambda x: np.ones(3) + 0 * x[:3].astype(int),
    "windows": lambda x: np.sum(np.lib.stride_tricks.sliding_window_view(x**2, 3), axis=1),
    "scattered": lambda x: _scattered(x),
    "matrices": lambda x: np.linalg.inv(x.reshape(3, 2, 2) + 3 * np.eye(2)),
    "softmax": lambda x: np.exp(x.reshape(3, 4)) / np.sum(np.exp(x.reshape(3, 4)), axis=1, keepdims=True),
    "sorted": lambda x: np.maximum(x, 0.3) ** 2,
    "number": lambda x: x @ x,
}


def _scattered(x):
    y = np.zeros(5)
    np.add.at(y, np.array([0, 0, 3]), x[:3] ** 2)
    return y


@pytest.mark.parametrize("name", PROGRAMS)
def test_patterns_of_usual_programs_are_those_of_the_derivative(name):
    f, rng = PROGRAMS[name], np.random.default_rng(0)
    found = np.zeros(1)
    for _ in range(3):  # together: at one point a derivative may be zero by chance
        x = rng.uniform(0.2, 1.0, 12)
        matrix = np.asarray(sd.jacobian(f)(x))
        found = found + np.abs(matrix.reshape(-1, 12))

    pattern = sd.jacobian(f, sparse=True).at(x="12").sparsity

    np.testing.assert_array_equal(dense(pattern), found != 0)


def test_lengths_that_are_names_have_no_pattern():
    with pytest.raises(ShapeError, match="a pattern needs lengths that are numbers"):
        _ = sd.jacobian("x**2", x="n", sparse=True).source


def test_what_is_dense_beyond_all_measure_is_refused():
    with pytest.raises(UnsupportedError, match="not sparse"):
        sd.jacobian("x / sum(x)", x="200000", sparse=True)
