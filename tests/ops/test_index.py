"""Which elements an index names, against NumPy."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.graph.dims import length
from symdiff.graph.node import Literal
from symdiff.ops.index import Slice, is_injective

SHAPES = [((3,), (3,)), ((1,), (4,)), ((2, 1), (3,)), ((2, 2), (2, 2)), ((), (2,)), ((0,), (0,)), ((1, 1), (1,))]


def random_index(rng, shape, most):
    """Two arrays of positions for the first and the last of three axes."""
    first, last = SHAPES[rng.integers(len(SHAPES))]
    i, j = (
        rng.integers(-n if rng.random() < 0.3 else 0, min(n, most), size)
        for n, size in [(shape[0], first), (shape[2], last)]
    )
    return i, j


def names_one_twice(shape, i, j):
    flat = np.arange(np.prod(shape)).reshape(shape)[i, :, j]
    return len(np.unique(flat)) != flat.size


@pytest.mark.parametrize("seed", range(60))
def test_an_index_is_injective_where_it_names_no_element_twice(seed):
    rng, shape = np.random.default_rng(seed), (4, 2, 5)
    for most in (3, 4, 5):
        i, j = random_index(rng, shape, most)
        index = (Literal(i), Slice(), Literal(j))
        assert is_injective(shape, index) is not names_one_twice(shape, i, j)
        if is_injective((length("n"), 2, length("m")), index):  # for all lengths that have such positions
            assert not any(names_one_twice((n, 2, m), i, j) for n in range(4, 9) for m in range(5, 10))


@pytest.mark.parametrize("k", [-1, 0, 1])
def test_what_is_picked_once_is_put_back_without_a_sum(k):
    x = np.random.default_rng(0).normal(size=(5, 5))
    for places in (np.triu_indices(5, k), np.tril_indices(5, k), np.nonzero(x > 0)):
        f = sd.grad(lambda x, places=places: np.sum(x[places] ** 3))
        expected = np.zeros((5, 5))
        expected[places] = 3 * x[places] ** 2
        np.testing.assert_allclose(f(x), expected, rtol=1e-14)
        assert "add.at" not in f.source
