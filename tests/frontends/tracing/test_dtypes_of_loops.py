"""The dtypes of what loops carry are those that NumPy gives step by step: Python's numbers take the dtype of arrays."""

import numpy as np
import pytest

import symdiff as sd


def python_start(w, x):
    h = 0.0
    for a in x:
        h = np.tanh(w * h + a)
    return h


def index_as_a_factor(w, x):
    h = w
    for k in range(12):
        h = np.tanh(h * w + x[k] * k)
    return h


def python_number_that_grows(w, x):
    h, rate = w, 0.5
    for a in x:
        rate = rate + 0.25
        h = np.tanh(h * rate + a)
    return h


def array_and_index(w, x):
    h = x[:3] * w
    for k in range(12):
        h = h * 0.5 + k
    return h[0] - h[1]


def numbered(w, x):
    total = 0
    for k, a in enumerate(x):
        total = 0.5 * total + np.sin(0.1 * total + a * w) * k
    return total


def filled(w, x):
    h = np.zeros(12, dtype=x.dtype)
    for k in range(1, 12):
        h[k] = h[k - 1] * w + x[k] / k
    return h[-1] * h[5]


def over_numbers(w, x):
    h = w
    for c in [0.5, 0.25, -1.0, 2.0, 0.1, 0.7, 1.5, -0.3, 0.9, 0.2]:
        h = np.sin(h * c) + x[0]
    return h


def asking(w, x):
    s, k = w, 0
    while s < 50:
        s, k = s * 1.5 + x[0] * k, k + 1
    return s


def wide_after_all(w, x):
    h = 0.0
    for a in x:
        h = np.float64(w) * h + a
    return h


PROGRAMS = (
    python_start, index_as_a_factor, python_number_that_grows, array_and_index, numbered, filled, over_numbers, asking,
    wide_after_all,
)  # fmt: skip
X = np.linspace(0.1, 1.2, 12)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("f", PROGRAMS)
def test_values_are_those_of_numpy_bit_for_bit(f, dtype):
    w, x = np.dtype(dtype).type(0.7), X.astype(dtype)
    expected, found = f(w, x), sd.function(f, exact=True)(w, x)
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    assert found == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradients_have_the_dtype_of_the_argument(f, dtype):
    w, x = np.dtype(dtype).type(0.7), X.astype(dtype)
    value, (d_w, d_x) = sd.value_and_grad(f, wrt=(0, 1))(w, x)
    assert np.asarray(value).dtype == np.asarray(f(w, x)).dtype
    assert (np.asarray(d_w).dtype, d_x.dtype) == (dtype, dtype)
    wide = sd.grad(f)(np.float64(w), x.astype("float64"))
    np.testing.assert_allclose(d_w, wide, rtol=1e-3 if dtype == "float32" else 1e-12, atol=1e-4)


@pytest.mark.parametrize("f", PROGRAMS)
def test_they_are_kept_as_loops(f):
    source = sd.value_and_grad(f).at(np.float32(0.7), X.astype("float32")).source
    assert "    for " in source or "    while " in source


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "uint32", "int64"])
@pytest.mark.parametrize("start", [0, 1])
def test_integers_are_added_up_in_their_own_width(dtype, start):
    def total(x, k):
        s = k[0] if start else k.dtype.type(0)
        for t in range(12):
            s = s + k[t]
        return x * s, s

    k = np.full(12, np.iinfo(dtype).max // 5 if dtype != "bool" else True, dtype=dtype)
    with np.errstate(over="ignore"):
        value, s = total(2.0, k)
        found, found_s = sd.function(total)(2.0, k)
    assert (found, found_s, np.asarray(found_s).dtype) == (value, s, s.dtype)
