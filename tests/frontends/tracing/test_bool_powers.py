"""Powers of conditions have NumPy's types, which for a square are others by ``**`` than by `np.power`."""

import numpy as np
import pytest

import symdiff as sd


@pytest.mark.parametrize("by", [np.power, lambda b, p: b**p], ids=["power", "**"])
@pytest.mark.parametrize("p", [0, 1, 2, 3, 2.0, 0.5, np.int8(2), np.int64(2)], ids=repr)
@pytest.mark.parametrize("x", [np.array([1.0, -1.0, 2.0]), np.zeros((2, 0)), 3.0], ids=["vector", "empty", "number"])
def test_the_type_is_that_of_numpy(by, p, x):
    def f(x):
        return by(x > 0, p)

    expected = f(np.float64(x) if np.ndim(x) == 0 else x)
    found = sd.function(f)(x)

    assert np.asarray(found).dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
