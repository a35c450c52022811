"""Arrays that have no axes: those that were made as arrays can be written into and have views; numbers never change."""

from itertools import product

import numpy as np
import pytest

import symdiff as sd

X = np.array([0.3, 0.9, -0.4, 1.7])
MADE = {
    "array": lambda x: np.array(x[0]),
    "asarray": lambda x: np.asarray(np.sum(x)),
    "full": lambda x: np.full((), x[0]),
    "zeros": lambda x: np.zeros((), dtype=x.dtype),
    "copied": lambda x: np.array(x[0]).copy(),
    "part": lambda x: (x * 2)[1, ...],
    "squeezed": lambda x: np.squeeze((x * 2)[1:2]),
    "number": lambda x: np.sum(x),
    "element": lambda x: x[0],
}
SEEN = {
    "itself": lambda y: y,
    "reshaped": lambda y: y.reshape(1),
    "raveled": lambda y: np.ravel(y),
    "new axis": lambda y: y[None],
    "ellipsis": lambda y: y[...],
    "one axis": lambda y: np.atleast_1d(y),
    "two axes": lambda y: np.atleast_2d(y),
    "array": lambda y: np.asarray(y),
    "transposed": lambda y: y.T,
    "expanded": lambda y: np.expand_dims(y, (0, 1)),
    "a copy": lambda y: np.copy(y),
    "a number": lambda y: y[()],
    "computed": lambda y: y + 0,
}
WRITE = {
    "+=": lambda z, v: z.__iadd__(v) if isinstance(z, np.ndarray) else z,
    "whole": lambda z, v: z.__setitem__(..., v * v),
    "out": lambda z, v: np.multiply(z, v, out=z),
    "copyto": lambda z, v: np.copyto(z, v),
    "flat": lambda z, v: z.flat.__setitem__(0, v),
    "put": lambda z, v: np.put(z, [0], v),
}


def outcome(f, x):
    try:
        return complex(f(x))
    except (TypeError, AttributeError):  # a number, into which nothing is written
        return None


@pytest.mark.parametrize("k, made", list(enumerate(MADE)))
def test_they_share_memory_as_numpys_do(k, made):
    for seen, written in list(product(SEEN, WRITE))[k % 3 :: 3]:

        def f(x, seen=seen, written=written):
            y = MADE[made](x)
            z = SEEN[seen](y)
            WRITE[written](z, x[3] * x[1])
            return np.sum(y * 3 + z * z)

        want = outcome(f, X + 1e-30j * np.arange(1, 5))
        if want is not None:
            value, slopes = sd.value_and_grad(f)(X)
            assert (value, slopes @ np.arange(1, 5)) == pytest.approx((want.real, want.imag / 1e-30)), (seen, written)


def test_what_adds_up_in_one_is_seen_by_all_its_names():
    def f(x):
        total = np.zeros(())
        also = [total, total]
        for v in x:
            also[0] += v * v
        return total * also[1]

    assert sd.grad(f)(X) == pytest.approx(4 * X * np.sum(X * X))


def test_a_number_that_is_added_to_is_another():
    def f(x):
        s = before = np.sum(x)
        s += x[0]
        return s * before

    assert sd.function(f)(X) == pytest.approx((X.sum() + X[0]) * X.sum())


def test_what_is_added_takes_the_dtype_of_the_array():
    def f(x):
        s = np.zeros((), np.float32)
        s += x[0] * 1.1
        return s

    assert np.asarray(sd.function(f)(X)).dtype == np.float32


@pytest.mark.parametrize("seen, written", list(product(SEEN, WRITE)))
def test_an_argument_is_one_where_it_is_given_as_one(seen, written):
    def f(x, y):
        z = SEEN[seen](y)
        WRITE[written](z, x[3] * x[1])
        return np.sum(y * 3 + z * z) * (2 if isinstance(y, np.ndarray) else 1) + np.isscalar(y)

    want = outcome(lambda x: f(x, np.array(0.7 + 1e-30j)), X + 1e-30j * np.arange(1, 5))
    if want is not None:
        value, (slopes, slope) = sd.value_and_grad(f, wrt=(0, 1))(X, np.array(0.7))
        assert (value, slopes @ np.arange(1, 5) + slope) == pytest.approx((want.real, want.imag / 1e-30))
    try:
        number = f(X, np.float64(0.7))
    except (TypeError, AttributeError):  # a number, into which nothing is written
        return
    assert sd.function(f)(X, np.float64(0.7)) == pytest.approx(number)
