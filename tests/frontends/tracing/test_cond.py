"""A choice between two computations."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, ShapeError


def kinked(x):
    return np.sum(sd.cond(np.sum(x) > 1, lambda y: np.sqrt(y - 0.25), lambda y: y**2, x))


@pytest.mark.parametrize("x", [np.array([0.7, 0.9]), np.array([0.3, -0.2]), np.array([0.25, 0.25])])
def test_values_and_derivatives_are_those_of_the_side_taken(x):
    assert sd.function(kinked)(x) == kinked(x)
    taken = 0.5 / np.sqrt(x - 0.25) if np.sum(x) > 1 else 2 * x
    np.testing.assert_allclose(sd.grad(kinked)(x), taken)
    curved = np.diag(-0.25 * (x - 0.25) ** -1.5) if np.sum(x) > 1 else 2 * np.eye(2)
    np.testing.assert_allclose(sd.hessian(kinked)(x), curved)


def test_known_conditions_call_one_side():
    def never(x):
        raise AssertionError("not taken")

    assert sd.cond(True, abs, never, -2.0) == 2.0
    assert sd.grad(lambda x: sd.cond(x.ndim == 1, np.sum, never, x))(np.ones(3)).tolist() == [1, 1, 1]


def test_results_may_be_containers():
    def step(x):
        chosen = sd.cond(x > 0, lambda t: {"a": t, "b": (1.0, t**2)}, lambda t: {"a": -t, "b": (0.0, t)}, x)
        return chosen["a"] * chosen["b"][1] + chosen["b"][0]

    assert sd.value_and_grad(step)(3.0) == (28.0, 27.0)
    assert sd.value_and_grad(step)(-3.0) == (-9.0, 6.0)


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: np.sum(sd.cond(x > 0, np.sin, np.cos, x)), ShapeError, "one truth value"),
        (lambda x: np.sum(sd.cond(x[0] > 0, np.sum, np.cos, x)), ShapeError, "two results of branch"),
        (lambda x: sd.cond(x[0] > 0, lambda y: y[0], lambda y: (y[0],), x), ArgumentError, "different containers"),
    ],
)
def test_what_is_refused(f, error, message):
    with pytest.raises(error, match=message):
        sd.grad(f)(np.ones(2))
