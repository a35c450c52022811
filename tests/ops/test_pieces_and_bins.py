"""Sums over pieces, histograms, odd extensions: values and dtypes as NumPy's, derivatives as differences say."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import OutOfBoundsError, UnsupportedError

X = np.array([0.3, 0.9, -0.4, 1.75])
DATA = np.array([0.0, 0.2, 1.5, 3.0])
PROGRAMS = {
    "sums of pieces": lambda x: np.add.reduceat(x**2, [0, 2]),
    "pieces that go back": lambda x: np.add.reduceat(x**2, [0, 3, 1]),
    "pieces of columns": lambda x: np.add.reduceat(np.outer(x, x), [0, 1, 3], axis=1),
    "products of pieces": lambda x: np.multiply.reduceat(x, [0, 2]),
    "largest of pieces": lambda x: np.maximum.reduceat(np.outer(x, x), [1, 3]),
    "differences of pieces": lambda x: np.subtract.reduceat(x, [0, 1]),
    "weights in bins": lambda x: np.histogram(DATA, 3, (0, 3), weights=x**2)[0],
    "weights in bins of the data": lambda x: np.histogram(DATA, weights=x)[0],
    "counts": lambda x: np.histogram(x, [-1, 0, 1, 2])[0] * x[:3],
    "counts of a range": lambda x: np.histogram(x, bins=4, range=(-0.5, 2.0))[0] * x,
    "density": lambda x: np.histogram(x, np.array([-1, 0.5, 2.0]), density=True, weights=x**2)[0],
    "edges": lambda x: np.histogram(DATA, 3, weights=x)[1] * x,
    "reflected": lambda x: np.pad(x, (1, 3), "reflect", reflect_type="odd"),
    "mirrored": lambda x: np.pad(np.outer(x, x), ((2, 0), (0, 4)), "symmetric", reflect_type="odd"),
    "placed": lambda x: placed(x),
    "put": lambda x: put(x),
    "diagonal of a tall matrix": lambda x: tall(x),
    "norm": lambda x: np.linalg.norm(x.astype(int) + 2, 1) * x,
    "reciprocal": lambda x: np.reciprocal(np.floor(x).astype(int) + 2) * x,
}


def placed(x):
    y = x * 1.0
    np.place(y, y > 0, [3.0, x[0]])
    return y


def put(x):
    y = np.outer(x, x)
    y.put([1, 2], [x[0], 2.0])
    y.flat[3:6] = [1.0, x[1], x[0]]
    np.fill_diagonal(y, [x[0], 1.0, 2.0, x[3]])
    np.putmask(y, y > 5.0, [x[0], 1.0])
    return y


def tall(x):
    y = np.ones((7, 3))
    np.fill_diagonal(y, x[:3], wrap=True)
    return y


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_values_and_derivatives(f):
    value, want = sd.function(f)(X), f(X)
    steps = np.stack([(f(X + 1e-6 * e) - f(X - 1e-6 * e)) / 2e-6 for e in np.eye(4)], axis=-1)

    assert value.dtype == want.dtype
    np.testing.assert_allclose(value, want, rtol=1e-12)
    np.testing.assert_allclose(sd.jacobian(f)(X), steps, rtol=1e-6, atol=1e-8)


def test_an_odd_extension_of_an_axis_with_a_named_length():
    f = lambda x: np.sum(np.sin(np.pad(x, (1, 2), "reflect", reflect_type="odd")))  # noqa: E731

    np.testing.assert_allclose(sd.grad(f, x="n")(X), sd.grad(f)(X), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "f", [np.nanmean, np.nanvar, lambda x: np.polyval(x, 2.0), lambda x: np.linalg.norm(x.astype(int), 1)]
)
def test_dtypes_are_numpys(dtype, f):
    x = X.astype(dtype)

    assert np.asarray(sd.function(f)(x)).dtype == np.asarray(f(x)).dtype


def test_what_is_not_known_beforehand_is_said():
    with pytest.raises(UnsupportedError, match="bins"):
        sd.grad(lambda x: np.sum(np.histogram(x, 5)[0] * x[0]))(X)
    with pytest.raises(OutOfBoundsError, match="length 4"):
        sd.grad(lambda x: np.sum(np.add.reduceat(x, [0, 4])))(X)


@pytest.mark.parametrize("f, side", [(np.fmax, 1.0), (np.fmin, -1.0)])
def test_beside_a_literal_0_fmax_is_relu_as_maximum_is(f, side):
    x = side * np.array([-1.0, 0.0, 4.0, np.nan])

    for g in (lambda v: np.sum(f(v, 0)), lambda v: np.sum(f(0.0, v))):
        assert sd.grad(g)(x).tolist() == [0.0, 0.0, 1.0, 0.0]
    with np.errstate(divide="ignore"):
        assert sd.grad(lambda v: np.sum(np.sqrt(side * f(v, 0))))(x).tolist() == [0.0, 0.0, side * 0.25, 0.0]
    assert type(sd.grad(lambda v: f(v, 0.0))(side)) is float
