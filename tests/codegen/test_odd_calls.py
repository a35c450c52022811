"""What compiled programs do with odd arguments: what the program for NumPy does with them."""

import ctypes
import shutil

import numpy as np
import pytest

import symdiff as sd
from symdiff.codegen.c.build import COMPILERS, compiled
from symdiff.codegen.c.call import by_ctypes, load_c
from symdiff.codegen.c.entry import with_entries
from symdiff.codegen.signature import read_signature
from symdiff.errors import ArgumentError, ShapeError, UnsupportedError

TARGETS = ("c", "numba")
pytestmark = [
    pytest.mark.skipif(not any(map(shutil.which, COMPILERS)), reason="there is no C compiler"),
    pytest.mark.usefixtures("own_cache"),
]


def both(f, target):
    """The derivative for NumPy, and for a target."""
    if target == "numba":
        pytest.importorskip("numba")
    return sd.value_and_grad(f), sd.value_and_grad(f, target=target)


def alike(found, expected):
    for a, b in zip(found, expected, strict=True):
        assert (np.shape(a), np.asarray(a).dtype) == (np.shape(b), np.asarray(b).dtype)
        np.testing.assert_allclose(a, b, rtol=1e-6 if np.asarray(b).dtype == np.float32 else 1e-13)


def bent(x):
    if x > 0:
        return x * x * np.sin(x)
    return -x


@pytest.mark.parametrize("target", TARGETS)
def test_a_program_of_floats_hands_over_what_is_none(target):
    """From its third call on it is called without a detour, and must look itself."""
    by_numpy, f = both(bent, target)
    for _ in range(3):
        f(0.7)

    for x in (0.3, -0.3, np.float64(0.7), np.float32(0.7), 2, np.array(0.7), np.array(0.7, "float32")):
        alike(f(x), by_numpy(x))
    with pytest.raises(ShapeError, match="only a scalar has a gradient"):
        sd.value_and_grad(np.sin, target=target)(np.array([0.7]))
    with pytest.raises(ArgumentError, match="no numbers to differentiate"):
        f(True)


def solved(A):
    return np.sum(np.linalg.solve(A, np.ones(A.shape[0])))


def inverted(A):
    return np.sum(np.linalg.inv(A))


def factored(A):
    return np.sum(np.linalg.cholesky(A))


@pytest.mark.sampled(2)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("f", [solved, inverted, factored])
def test_matrices_that_numpy_refuses_are_refused(f, target):
    by_numpy, f = both(f, target)
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    for bad in (singular, np.zeros((2, 2))):
        with pytest.raises(np.linalg.LinAlgError) as expected:
            by_numpy(bad)
        with pytest.raises(np.linalg.LinAlgError, match=str(expected.value)):
            f(bad)
    good = np.array([[2.0, 0.5], [0.5, 1.0]])
    alike(f(good), by_numpy(good))


def test_both_ways_of_calling_c_tell_of_such_matrices():
    text = sd.function(factored, A=(2, 2), target="c").source
    name = "factored"
    run = by_ctypes(read_signature(text, name), ctypes.CDLL(str(compiled(with_entries(text)))))
    for call in (run, load_c(text, name)):
        with pytest.raises(np.linalg.LinAlgError, match="Matrix is not positive definite"):
            call(-np.eye(2))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_systems_may_be_of_any_length(n, target):
    by_numpy, f = both(solved, target)
    alike(f(2 * np.eye(n)), by_numpy(2 * np.eye(n)))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("first", [np.inf, -np.inf, np.nan, 0.0, 2.0])
def test_a_recurrence_begins_with_its_first_number(first, target):
    """Nothing comes before it that an infinity could make no number of."""
    by_numpy, f = both(lambda x: np.cumprod(x)[-1], target)
    x = np.array([first, -1.0, 2.0])
    alike(f(x), by_numpy(x))


COMPLEX = {
    "negated": lambda x: np.sum(np.abs(np.exp(-x * x))),
    "where": lambda x: np.sum(np.abs(np.where(x != 0, x, -x))),
    "norm": np.linalg.norm,
    "max": lambda x: np.abs(np.max(x)),
    "argmax": lambda x: np.abs(x[np.argmax(x)]),
    "sort": lambda x: np.abs(np.sort(x)[0]),
    "median": lambda x: np.abs(np.median(x)),
    "ptp": lambda x: np.abs(np.ptp(x)),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_numbers_come_out_right_or_are_refused_by_name(name, target):
    if target == "numba":
        pytest.importorskip("numba")
    x = np.array([1 + 2j, 3.0, -2.0 + 1j])
    try:
        found = sd.function(COMPLEX[name], target=target)(x)
    except UnsupportedError as error:
        assert f"the target '{target}' has no" in str(error)
        return
    np.testing.assert_allclose(found, sd.function(COMPLEX[name])(x), rtol=1e-13)


@pytest.mark.parametrize("target", TARGETS)
def test_narrow_floats_overflow_where_numpys_do(target):
    by_numpy, f = both(lambda x: np.sum(np.exp(x) * np.exp(-x) + np.tanh(x) * np.abs(x)), target)
    x = np.array([100.0, 1.0, -100.0, np.inf], np.float32)
    with np.errstate(all="ignore"):
        alike(f(x), by_numpy(x))


def test_functions_of_narrow_floats_are_theirs():
    """And nothing else of the program is: a text without them includes what it did."""
    narrow, wide = (sd.grad("sum(exp(I))", "I", I=sd.spec("n", dtype=d), target="c") for d in ("float32", "float64"))
    assert "<tgmath.h>" in narrow.source
    assert "<tgmath.h>" not in wide.source
    np.testing.assert_array_equal(narrow(np.zeros(2, np.float32)), [1.0, 1.0])
