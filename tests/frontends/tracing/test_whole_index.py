"""Indices that name all of an array: what is written through them is written, in value and gradient."""

import numpy as np
import pytest

import symdiff as sd

X = np.array([0.7, -1.3, 2.1])


def all_of(y):
    return y[:]


WHOLE = {
    "colon": all_of,
    "ellipsis": lambda y: y[...],
    "bounds": lambda y: y[0 : len(y)],
    "twice": lambda y: y[:][...],
    "transposed twice": lambda y: y.T[:].T,
}
UPDATES = {
    "add": lambda y, x: y.__iadd__(x),
    "scale": lambda y, x: y.__imul__(2 * x),
    "set": lambda y, x: y.__setitem__(slice(None), x * x),
    "out": lambda y, x: np.multiply(y, x, out=y),
    "centre": lambda y, x: y.__isub__(x.mean()),
}
STARTS = {"made": lambda x: np.ones(3), "of symbols": lambda x: np.sin(x), "copied": lambda x: x.copy()}


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("whole", WHOLE)
def test_it_is_as_numpy_does_it(start, update, whole):
    def f(x):
        y = STARTS[start](x)
        UPDATES[update](WHOLE[whole](y), x)
        return np.sum(np.sin(y) * y)

    h = 1e-6
    differences = [(f(X + h * e) - f(X - h * e)) / (2 * h) for e in np.eye(3)]
    value, slope = sd.value_and_grad(f)(X)

    assert value == pytest.approx(f(X), rel=1e-14)
    np.testing.assert_allclose(slope, differences, rtol=1e-7, atol=1e-8)


def test_statements_as_people_write_them():
    def f(x):
        y = np.zeros((2, 3))
        y[:] += x
        y[...] *= 2
        z = y[:]
        z -= 1
        for row in y:
            row[:] /= 4
        return np.sum(y**2)

    np.testing.assert_allclose(sd.grad(f)(X), 2 * 2 * (2 * X - 1) / 4 * 0.5)


@pytest.mark.parametrize(
    "write",
    [
        lambda y: np.fill_diagonal(y[:, 1:], y[0]),
        lambda y: y.flat.__setitem__(slice(0, 3), y[0]),
    ],
)
def test_values_in_the_memory_that_they_are_written_into_in_order_are_refused(write):
    def f(x):
        y = x * 1.0
        write(y)
        return np.sum(y)

    with pytest.raises(sd.errors.UnsupportedError, match="written in order"):
        sd.grad(f)(np.arange(9.0).reshape(3, 3))


def test_values_that_are_put_are_read_first():
    def f(x):
        y = x * 1.0
        np.put(y, [0, 1, 2], y[::-1])
        return np.sum(y * np.arange(1.0, 4.0))

    x = np.array([1.0, 2.0, 5.0])
    assert sd.function(f)(x) == f(x)
