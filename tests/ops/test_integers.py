"""Integers that are given to Python functions stay integers: labels and positions. Targets become floats."""

import subprocess
import sys

import numpy as np
import pytest
from helpers import difference

import symdiff as sd
from symdiff.errors import DTypeError

LABELS = np.array([0, 2, 1, 1, 0, 2])
RNG = np.random.default_rng(7)
W, X, V = RNG.normal(size=(4, 3)), RNG.normal(size=(6, 4)), RNG.normal(size=6)


def cross_entropy(W, X, labels):
    z = X @ W
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(X.shape[0]), labels])


def accumulated(v, i):
    total = np.zeros(3)
    np.add.at(total, i, v)
    return np.sum(total**2)


def one_hot(Z, y):
    Y = np.zeros(Z.shape)
    Y[np.arange(len(y)), y] = 1
    return np.sum(Y * Z**2)


def smoothed(Z, y):
    T = np.full(Z.shape, 0.1)
    T[np.arange(len(y)), y] += 0.9
    return np.sum(T * np.exp(Z))


def hinge(Z, y):
    rows = np.arange(len(y))
    margins = np.maximum(0, Z - Z[rows, y][:, None] + 1)
    margins[rows, y] = 0
    return np.sum(margins)


def set_to_zero(v, i):
    w = v * 2
    w[i] = 0
    return np.sum(w**2)


PROGRAMS = {
    "cross_entropy": (cross_entropy, (W, X, LABELS)),
    "from_the_end": (cross_entropy, (W, X, LABELS - 3)),
    "embedding": (lambda E, i: np.sum(np.tanh(E[i]) ** 2), (W, LABELS)),
    "take": (lambda E, i: np.sum(np.take(E, i, axis=1) ** 3), (W, LABELS)),
    "take_along_axis": (lambda z, i: np.sum(np.take_along_axis(z, i[:, None], axis=1) ** 2), (X, LABELS)),
    "every_column": (lambda z, i: np.sum(z[i, np.arange(4)] ** 2), (X, np.array([5, 5, 0, 1]))),
    "grid": (lambda z, i: np.sum(z[i[:, None], np.arange(2)] ** 2), (X, np.array([5, 5, 0]))),
    "one_hot": (lambda W, X, i: np.sum((X @ W) * np.eye(3)[i]), (W, X, LABELS)),
    "accumulated": (accumulated, (V, LABELS)),
    "compared": (lambda v, i: np.sum(np.where(i == 1, v**2, v)), (V, LABELS)),
    "multiplied": (lambda v, i: np.sum(v**2 * i), (V, LABELS)),
    "power": (lambda v, i: np.sum(v**i), (V, LABELS)),
    "quotient": (lambda v, i: np.sum(i // 2 * v + v / (i + 1)), (V, LABELS)),
    "one": (lambda v, i: v[i] ** 2, (V, np.int64(2))),
    "bytes": (lambda v, i: np.sum(v * (i + np.uint8(200))), (V, LABELS.astype(np.uint8))),
    "computed": (lambda v, i: np.sum(v[(2 * i + 1) % 6] ** 2), (V, LABELS)),
    "one_hot_written": (one_hot, (X[:, :3], LABELS)),
    "smoothed": (smoothed, (X[:, :3], LABELS)),
    "hinge": (hinge, (X[:, :3], LABELS)),
    "set_to_zero": (set_to_zero, (V, LABELS)),
    "list": (lambda v, i: np.sum(v[i]), (V, [0, 2, 2])),
}


ARITHMETIC = {
    "negative": lambda x, i: x * (-i),
    "plus_negative": lambda x, i: x + (-i),
    "minus_negative": lambda x, i: x - (-i),
    "sum_of_negatives": lambda x, i: x * np.sum(-i),
    "mean_of_negatives": lambda x, i: np.mean(-i) * x,
    "twice": lambda x, i: x * (2 * i),
    "plus_minus_twice": lambda x, i: x + (-2) * i,
    "often": lambda x, i: x * (i * 16 * 16),
    "halved_again": lambda x, i: (i * 2) / 2 * x,
    "sum": lambda x, i: np.sum(3 * i[:, None] * i, axis=0) * x,
    "product": lambda x, i: x @ (-i) * x,
    "logistic": lambda x, i: 1 / (1 + np.exp(-(i // 100) * x)),
    "ones": lambda x, i: np.sum(-i * np.ones(3)) * x,
    "negative_quotient": lambda x, i: -(i / x),
    "square_of_product": lambda x, i: (x * i) ** 2,
    "square": lambda x, i: x * i**2,
    "dot": lambda x, i: (0.5 * i) @ (0.5 * i) * x,
    "folded": lambda x, i: x * ((-3) % (i + 1)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_with_integers_are_differentiated_as_they_stand(name):
    f, (x, *rest) = PROGRAMS[name]
    value, gradient = sd.value_and_grad(f)(x, *rest)
    np.testing.assert_allclose(value, f(x, *map(np.asarray, rest)), rtol=1e-12)
    direction = RNG.normal(size=np.shape(x))
    along = difference(f, [x, *map(np.asarray, rest)], 0, direction)
    np.testing.assert_allclose(np.sum(gradient * direction), along, atol=1e-6)
    assert sd.check_grads(f, (x, *rest)) < 1e-5


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_dtypes_are_those_of_numpy(name):
    f, args = PROGRAMS[name]
    mine, theirs = sd.function(f)(*args), f(*map(np.asarray, args))
    assert np.result_type(mine) == np.result_type(theirs)
    np.testing.assert_allclose(mine, theirs, rtol=1e-12)


@pytest.mark.parametrize("name", ["cross_entropy", "embedding", "every_column", "accumulated"])
def test_declared_lengths_and_saved_files(name, tmp_path):
    f, args = PROGRAMS[name]
    shapes = {"cross_entropy": ("d k", "n d", "n"), "embedding": ("v d", "n"), "every_column": ("n 4", "4"),
              "accumulated": ("n", "n")}[name]  # fmt: skip
    g = sd.value_and_grad(
        f, **dict(zip(sd.function(f).inputs, (*shapes[:-1], sd.spec(shapes[-1], dtype="int64")), strict=True))
    )
    path = g.save(tmp_path / "saved.py")
    for mine, theirs in zip(g(*args), sd.value_and_grad(f)(*args), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    subprocess.run([sys.executable, path], check=True, capture_output=True)


def test_no_position_that_comes_once_is_added_with_add_at():
    for name in ("cross_entropy", "every_column", "take_along_axis"):
        f, args = PROGRAMS[name]
        g = sd.grad(f)
        g(*args)
        assert "add.at" not in g.source, g.source
    f, args = PROGRAMS["grid"]
    g = sd.grad(f)
    g(*args)
    assert "np.add.at" in g.source  # rows may come twice


@pytest.mark.parametrize("name", PROGRAMS)
def test_graphs_read_back(name):
    f, args = PROGRAMS[name]
    g = sd.grad(f)
    g(*args)
    assert sd.parse_listing(str(g)).outputs == g.graph.outputs


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint32", "int64"])
@pytest.mark.parametrize("name", ARITHMETIC)
def test_integers_wrap_around_where_they_do_in_numpy(name, dtype):
    f, x, i = ARITHMETIC[name], np.array([1.5, -0.25, 3.0]), np.array([200, 100, 3]).astype(dtype)
    if dtype.startswith("u") and name in ("plus_minus_twice", "folded"):
        pytest.skip("NumPy refuses negative numbers beside unsigned integers")
    with np.errstate(over="ignore"):
        for exact in (False, True):
            mine, theirs = sd.function(f, exact=exact)(x, i), f(x, i)
            assert np.result_type(mine) == np.result_type(theirs)
            np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-300)  # a sigmoid ends at 1 / exp(709)
        if np.max(np.abs(theirs)) > 1e6:  # differences have no digits left
            return
        total = lambda x: np.sum(f(x, i) ** 2)  # noqa: E731
        along = difference(total, [x], 0, np.ones(3))
        np.testing.assert_allclose(np.sum(sd.grad(total)(x)), along, rtol=1e-7, atol=1e-20)  # differences see no less


def test_second_derivatives():
    f, (x, *rest) = PROGRAMS["cross_entropy"]
    hessian = sd.hessian(f)(x, *rest)
    gradient = sd.grad(f)
    for k in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[k] = 1e-6
        difference = (gradient(x + step, *rest) - gradient(x - step, *rest)) / 2e-6
        np.testing.assert_allclose(hessian[(..., *k)], difference, atol=1e-7)
    along = sd.hvp(f)(x, np.ones_like(x), *rest)
    np.testing.assert_allclose(along, np.sum(hessian, axis=(2, 3)), atol=1e-12)


def test_targets_and_python_numbers_are_floats():
    power = lambda x, n: np.sum(x**n)  # noqa: E731
    assert sd.grad(power)(np.array([1, 2, 3]), 2).tolist() == [2.0, 4.0, 6.0]
    assert sd.grad(power, "n")(np.array([1, 2]), 3).dtype == np.float64
    assert sd.jvp(power)(np.array([1, 2]), np.array([1, 0]), 3) == 3.0


def test_positions_out_of_bounds_raise_as_in_numpy():
    f, (x, _) = PROGRAMS["embedding"]
    with pytest.raises(IndexError):
        sd.grad(f)(x, np.array([7]))
    assert sd.grad(f)(x, np.array([], dtype=int)).tolist() == np.zeros_like(x).tolist()


def test_floats_as_positions_say_how_to_give_integers():
    f, (x, _) = PROGRAMS["embedding"]
    with pytest.raises(DTypeError, match="must be integers") as error:
        sd.grad(f)(x, np.array([0.0, 1.0]))
    assert 'i=sd.spec("n", dtype="int64")' in str(error.value)
