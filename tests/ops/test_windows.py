"""Windows show what NumPy's sliding_window_view shows, and their transpose lays them back."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError

view = np.lib.stride_tricks.sliding_window_view
CASES = [
    ((5,), 1, None),
    ((5,), 5, None),
    ((6,), (2,), (0,)),
    ((4, 5), (2, 3), None),
    ((4, 5), 3, -1),
    ((4, 5), (3, 2), (1, 0)),
    ((7,), (2, 3), (0, 0)),
    ((2, 4, 5), (2, 2), (1, 2)),
    ((0, 4), 2, 1),
]


def laid_back(shape, window, axis, weights):
    """The transpose, element by element: each element of `weights` goes where its window shows it."""
    total = np.zeros(shape, weights.dtype)
    where = view(np.arange(total.size).reshape(shape), window, axis)
    np.add.at(total.reshape(-1), where, weights)
    return total


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
@pytest.mark.parametrize(("shape", "window", "axis"), CASES)
def test_windows_and_their_transpose(shape, window, axis, dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype(dtype)
    weights = rng.normal(size=view(x, window, axis).shape).astype(dtype)

    value = sd.function(lambda x: view(x, window, axis))(x)
    gradient = sd.vjp(lambda x: view(x, window, axis))(x, weights)

    np.testing.assert_array_equal(value, view(x, window, axis))
    assert gradient.dtype == x.dtype and gradient.flags.writeable
    np.testing.assert_allclose(gradient, laid_back(shape, window, axis, weights), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("first", "count", "length"), [(0, 4, 3), (1, 3, 2), (2, 2, 5)])
@pytest.mark.parametrize("shape", [(9,), (9, 2), (9, 2, 3)])
def test_rows_of_positions_that_are_windows_are_found(first, count, length, shape):
    x = np.random.default_rng(1).normal(size=shape)

    def by_positions(x):
        places = np.arange(first, first + count)[:, None] + np.arange(length)
        return np.sum(np.sin(x[places]) ** 2)

    gradient = sd.grad(by_positions)
    found = gradient(x)

    assert "add.at" not in gradient.source
    places = first + np.arange(count)[:, None] + np.arange(length)
    right = np.zeros(shape)
    np.add.at(right, places, np.sin(2 * x[places]))
    np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("n", "m"), [(7, 3), (5, 5), (5, 1)])
def test_windows_times_a_vector_are_a_correlation(n, m, dtype):
    rng = np.random.default_rng(2)
    x, w = (rng.normal(size=k).astype(dtype) for k in (n, m))
    both = sd.value_and_grad(lambda x, w: np.sum(np.tanh(view(x, m) @ w)), wrt=(0, 1))

    _, gradients = both(x, w)

    tanh = np.tanh(view(x, m) @ w)
    rights = np.convolve(1 - tanh**2, w), view(x, m).T @ (1 - tanh**2)
    assert "sliding_window_view" not in both.source or m == 1
    for gradient, right in zip(gradients, rights, strict=True):
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient, right, rtol=2e-5)


def test_a_window_that_does_not_fit_is_told():
    with pytest.raises(SymdiffError, match="a window of length 4 does not fit an axis of length 3"):
        sd.grad(lambda x: view(x, 4).sum())(np.ones(3))
