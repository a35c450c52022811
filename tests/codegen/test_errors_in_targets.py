"""Errors of the user's in C and Numba, and what C puts in order: as NumPy raises and orders them."""

import shutil

import numpy as np
import pytest
from helpers import as_tuple

import symdiff as sd
from symdiff.codegen.c.call import load_c
from symdiff.codegen.signature import read_signature
from symdiff.codegen.target import RaisedError
from symdiff.errors import UnsupportedError

needs_compiler = pytest.mark.skipif(not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="no C compiler")
pytestmark = pytest.mark.usefixtures("own_cache")


class OwnError(ValueError):
    pass


def known(x, n):
    if n < 1:
        raise ValueError("n must be positive")
    return np.sum(x) / n


def quoting(x, n):
    if n < 1:
        raise KeyError(f"n is {n}, beside {x[0]:.3f}")
    return np.sum(np.sqrt(x)) * n


def in_steps(x, n):
    s = 0.0
    for i in range(len(x)):
        if x[i] < 0:
            raise ArithmeticError("a root of a negative number")
        s += np.sqrt(x[i]) * n
    return s


def before_a_loop_without_end(x, n):
    """Behind its guard it would halve an infinity for ever."""
    if np.any(np.isinf(x)):
        raise OverflowError("infinite")
    s = np.sum(x * x)
    while s > 1:
        s = s / 2
    if s < 0.6:
        raise RuntimeError("small")
    return s * n


def of_its_own(x, n):
    assert n > 0, "n"
    if x[1] < 0:
        raise OwnError("negative")
    return x[0] ** n


POINTS = [(np.array([2.0, 3.0]), 2.0), (np.array([2.0, -3.0]), 1.0), (np.array([np.inf, 3.0]), 1.0),
          (np.array([0.8, 0.7]), 0.0), (np.array([0.8, 0.7]), -1.0), (np.array([np.nan, -0.7]), 3.0)]  # fmt: skip


def outcome(f, x, n):
    try:
        with np.errstate(all="ignore"):
            return f(x, n)
    except Exception as error:
        return type(error), str(error)


@pytest.mark.sampled(2)
@needs_compiler
@pytest.mark.parametrize("program", [known, quoting, in_steps, before_a_loop_without_end, of_its_own])
@pytest.mark.parametrize("target", ["c", "numba"])
def test_errors_are_those_that_the_function_raises(program, target):
    if target == "numba":
        pytest.importorskip("numba")
    makers = (sd.function, sd.value_and_grad)
    pairs = [(make(program, target=target), make(program, target="numpy")) for make in makers]
    for x, n in POINTS:
        for found, wanted in [(outcome(f, x, n), outcome(beside, x, n)) for f, beside in pairs]:
            if isinstance(wanted, tuple) and isinstance(wanted[0], type):
                assert found == wanted
            else:
                for a, b in zip(as_tuple(found), as_tuple(wanted), strict=True):
                    np.testing.assert_allclose(a, b, rtol=1e-13)


@needs_compiler
def test_a_text_says_which_number_is_which_error():
    text = sd.function(quoting, target="c", x="n", n=()).source
    assert "// 5 is returned for KeyError(f'n is {n}, beside {...:.3f}')\nint quoting(" in text
    assert read_signature(text, "quoting").errors == ("KeyError(f'n is {n}, beside {...:.3f}')",)
    with pytest.raises(RaisedError, match="n is"):
        load_c(text, "quoting")(np.ones(3), 0.0)


def test_a_target_that_raises_nothing_names_the_error_and_its_line():
    with pytest.raises(
        UnsupportedError, match=r"no errors to raise, such as ValueError\('n must be positive'\), line .*raise|if"
    ):
        sd.function(known, target="jax", x="n", n=()).source  # noqa: B018


ORDERED = {
    "sort": lambda x: np.sort(x),
    "argsort": lambda x: np.argsort(x, kind="stable"),
    "median": lambda x: np.median(x),
    "quantile": lambda x: np.quantile(x, 0.3) + np.quantile(x, 1.0),
    "argmax": lambda x: np.argmax(x),
    "argmin": lambda x: np.argmin(x),
}


@needs_compiler
@pytest.mark.parametrize("name", ORDERED)
def test_c_orders_ties_and_nan_as_numpy_does(name):
    rng = np.random.default_rng(1)
    run = sd.function(ORDERED[name], target="c", x="n")
    for n in range(1, 30):
        x = rng.integers(-3, 4, n).astype(float)
        for given in (x, np.where(x == 2, np.nan, x), np.where(x == -1, np.inf, x), rng.normal(size=n), -np.sort(-x)):
            with np.errstate(all="ignore"):
                np.testing.assert_allclose(run(given), ORDERED[name](given), rtol=1e-15)


@needs_compiler
@pytest.mark.parametrize("axis", [0, 1])
def test_c_orders_along_either_axis(axis):
    X = np.random.default_rng(2).normal(size=(5, 4))

    def program(X):
        most = np.take_along_axis(X, np.expand_dims(np.argmax(X, axis=axis), axis), axis)
        return np.sum(np.sort(X, axis=axis) ** 3 * np.median(X, axis=axis, keepdims=True)) + np.sum(most**2)

    found, expected = sd.value_and_grad(program, target="c")(X), sd.value_and_grad(program)(X)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)
