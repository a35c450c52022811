"""Arrays of positions that count are slices: wherever numbers, slices and other arrays stand beside them."""

import itertools

import numpy as np
import pytest

import symdiff as sd

ITEMS = (slice(None), slice(None, None, -1), 1, [0, 1], [1, 0], [[0], [1]])


@pytest.mark.parametrize("first", ITEMS, ids=str)
def test_what_is_picked_lies_where_numpy_puts_it(first):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for index in itertools.product([first], ITEMS, ITEMS):
        f = sd.function(lambda x, index=index: x[index])
        expected = x[index]
        assert f(x).shape == expected.shape, (index, f.source)
        np.testing.assert_array_equal(f(x), expected, err_msg=f"{index}\n{f.source}")


def test_a_number_behind_a_slice_puts_the_array_in_front():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    f = sd.function(lambda x: x[:, [0, 1], ::-1, 1])

    np.testing.assert_array_equal(f(x), x[:, [0, 1], ::-1, 1])
