"""`ravel`: the same function of one vector; packing and unpacking undo each other."""

import numpy as np
import pytest
import scipy.optimize

import symdiff as sd
from symdiff.errors import ArgumentError, DTypeError, ShapeError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 3)), RNG.normal(size=20)
P = {"layers": [(RNG.normal(size=(3, 4)), RNG.normal(size=4))], "out": RNG.normal(size=4), "scale": 0.5}


def loss(p, x, y):
    for W, b in p["layers"]:
        x = np.tanh(x @ W + b)
    return np.mean((x @ p["out"] * p["scale"] - y) ** 2)


FLAT = sd.ravel(loss, P)


def test_unpacking_is_the_inverse_of_packing():
    v = RNG.normal(size=FLAT.size)
    np.testing.assert_array_equal(FLAT.pack(FLAT.unpack(v)), v)
    assert FLAT.size == 12 + 4 + 4 + 1


def test_value_and_gradient_are_those_of_the_function():
    v = FLAT.pack(P)
    value, slope = sd.value_and_grad(FLAT)(v, X, Y)
    np.testing.assert_allclose(value, loss(P, X, Y))
    np.testing.assert_allclose(slope, FLAT.pack(sd.grad(loss)(P, X, Y)))


def test_in_an_optimiser_and_an_operator():
    found = scipy.optimize.minimize(sd.value_and_grad(FLAT), FLAT.pack(P), (X, Y), jac=True, method="BFGS")
    assert found.fun < loss(P, X, Y)
    assert set(FLAT.unpack(found.x)) == set(P)

    H = sd.hessian_operator(FLAT)(found.x, X, Y)
    np.testing.assert_allclose(H @ np.eye(FLAT.size), sd.hessian(FLAT)(found.x, X, Y), atol=1e-10)


def test_single_precision_stays_where_it_was():
    mixed = sd.ravel(lambda p: np.sum(p[0]) + np.sum(p[1]), (np.ones(2, "float32"), np.ones(2)))
    first, second = mixed.unpack(mixed.pack((np.ones(2, "float32"), np.ones(2))))
    assert (first.dtype, second.dtype) == (np.float32, np.float64)
    assert sd.grad(mixed)(np.ones(4)).dtype == np.float64


def test_empty_arrays_hold_no_numbers():
    flat = sd.ravel(lambda p: np.sum(p["a"]) + p["b"], {"a": np.zeros((0, 3)), "b": 1.0})
    assert flat.size == 1
    np.testing.assert_array_equal(sd.grad(flat)(np.ones(1)), [1])


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (lambda: sd.ravel(3.0, P), ArgumentError, "takes a function"),
        (lambda: sd.ravel(loss, {}), ArgumentError, "there is no array"),
        (lambda: sd.ravel(loss, {"a": np.array([1j])}), DTypeError, "there is complex128 among these"),
        (lambda: FLAT(np.ones(3), X, Y), ShapeError, "has shape \\(3,\\), and 21 numbers are meant"),
        (lambda: FLAT.pack({**P, "more": 1.0}), ArgumentError, "in other containers"),
        (lambda: FLAT.pack({**P, "out": np.ones(5)}), ShapeError, "has shape \\(5,\\), in the example \\(4,\\)"),
    ],
)
def test_errors_say_what_to_do(make, kind, says):
    with pytest.raises(kind, match=says):
        make()
