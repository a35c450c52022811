"""What the rows of NumPy functions say is what NumPy does."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.tracing.stand_ins import stand_in_for
from symdiff.ops import vocabulary
from symdiff.ops.table import BY_NUMPY, CREATORS, FUNCTIONS, METHODS

X = np.arange(24.0).reshape(2, 3, 4)
VIEWED = {
    "reshape": (X, (6, 4)), "swapaxes": (X, 0, 1), "moveaxis": (X, 0, 1), "expand_dims": (X, 0), "squeeze": (X[:1],),
    "broadcast_to": (X, (5, 2, 3, 4)), "split": (X, 2), "array_split": (X, 2), "hsplit": (X, 3), "vsplit": (X, 2),
    "dsplit": (X, 2), "rollaxis": (X, 1), "sliding_window_view": (X, (1, 1, 1)),
    "einsum": ("ijk->kij", X), "diff": (X, 0), "matrix_power": (X[0, :, :3], 1), "polyint": (X[0, 0], 0),
    "linalg.matrix_power": (X[0, :, :3], 1), "broadcast_arrays": (X, X[:1]), "diag": (X[0],),
}  # fmt: skip


def named(test):
    return pytest.mark.parametrize("name", sorted({e.name for e in FUNCTIONS.values() if test(e)}))


COPIED = {"copy", "meshgrid", "astype"}  # unless NumPy is told otherwise


@named(lambda entry: entry.view and entry.name not in COPIED)
def test_what_is_a_view_here_is_one_in_numpy(name):
    args = VIEWED.get(name, (X,))
    result = (FUNCTIONS[name].numpy or getattr(np.ndarray, name))(*args)
    parts = result if isinstance(result, (tuple, list)) else [result]

    assert any(np.shares_memory(part, X) for part in parts)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_are_numpys(name):
    assert callable(getattr(np.ndarray, name, None)) or name == "ptp"  # which NumPy 2 has as a function only
    assert METHODS[name] is FUNCTIONS[name]


def test_flatten_is_a_copy_and_ravel_a_view():
    def f(x, method):
        y = x * 1.0
        z = getattr(y, method)()
        z *= 3.0
        return np.sum(y)

    for method, slope in (("ravel", 3.0), ("flatten", 1.0)):
        gradient = sd.grad(lambda x, method=method: f(x, method))(np.ones((2, 2)))
        np.testing.assert_array_equal(gradient, np.full((2, 2), slope))


@pytest.mark.parametrize("function", CREATORS, ids=lambda f: f.__name__)
def test_what_makes_arrays_has_a_stand_in_and_says_how(function):
    making = CREATORS[function].making
    taken = function(X) if making != "new" else None

    assert stand_in_for(function).__wrapped__ is function
    assert making == "new" or np.shares_memory(taken, X) == (making == "as is" and function is not np.asfortranarray)


def test_a_row_has_what_the_table_needs():
    assert vocabulary.METHODS is METHODS
    for entry in FUNCTIONS.values():
        assert entry.doc
        assert not callable(entry.numpy) or BY_NUMPY[entry.numpy].name in FUNCTIONS
        assert callable(entry.call)
