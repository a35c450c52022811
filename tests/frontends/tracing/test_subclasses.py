"""Kinds of arrays: those whose operators mean something else are refused wherever they come in, all others are arrays."""

import warnings

import numpy as np
import pytest

import symdiff as sd

DATA = np.array([[1.0, 2.0], [3.0, 9.0]])
V = np.array([[0.5, -1.0], [2.0, 0.25]])


class Own(np.ndarray):
    """A kind of a user's own, which adds a method."""

    def halved(self):
        return self / 2


with warnings.catch_warnings():
    warnings.simplefilter("ignore", PendingDeprecationWarning)  # of np.matrix
    REFUSED = {
        "matrix": np.matrix(DATA),
        "masked": np.ma.array(DATA, mask=[[0, 0], [0, 1]]),
        "masked, nothing hidden": np.ma.array(DATA),
    }
TAKEN = {"own": DATA.view(Own), "read-only": np.broadcast_to(DATA, (2, 2)), "Fortran": np.asfortranarray(DATA)}
USES = {
    "times": lambda v, a: np.sum(v * a),
    "in front": lambda v, a: np.sum(a * v),
    "product": lambda v, a: np.sum(v @ a),
    "product in front": lambda v, a: np.sum(a @ v),
    "added": lambda v, a: np.sum((v + a) ** 2),
    "function": lambda v, a: np.sum(np.maximum(v, a)),
    "dot": lambda v, a: np.sum(np.dot(v, a)),
    "where": lambda v, a: np.sum(np.where(v > 0, v, a) ** 2),
    "joined": lambda v, a: np.sum(np.concatenate([v, a]) ** 2),
    "einsum": lambda v, a: np.einsum("ij,ij->", v, a),
    "written": lambda v, a: written(v, a),
}


def written(v, a):
    y = np.zeros((2, 2))
    y[:] = v
    y[0] = a[0]
    return np.sum(y**2)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("use", USES)
def test_matrices_and_masked_arrays_are_refused_by_name(kind, use):
    value, f = REFUSED[kind], USES[use]
    word = "matrix" if kind == "matrix" else "masked array"
    with pytest.raises(sd.errors.DTypeError, match=word):
        sd.grad(f)(V, value)
    in_front = use == "in front"  # the operator is theirs, and asks the symbolic value for numbers before we are asked
    with pytest.raises(sd.errors.SymdiffError if in_front else sd.errors.DTypeError, match=None if in_front else word):
        sd.grad(lambda v: f(v, value))(V)


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("use", USES)
def test_other_kinds_are_arrays(kind, use):
    value, f = TAKEN[kind], USES[use]
    expected = sd.grad(f)(V, DATA)
    np.testing.assert_array_equal(sd.grad(f)(V, value), expected)
    np.testing.assert_array_equal(sd.grad(lambda v: f(v, value))(V), expected)
