"""NumPy's functions of lists that hold symbolic values."""

import numpy as np
import pytest

import symdiff as sd

X = np.array([1.0, 2.0, 3.0])
PROGRAMS = {
    "sum": lambda x: np.sum([x[0], x[1] ** 2]),
    "mean of a comprehension": lambda x: np.mean([v**2 for v in x]),
    "norm": lambda x: np.linalg.norm([x[0], x[1]]),
    "determinant": lambda x: np.linalg.det([[x[0], x[1]], [x[2], 1.0]]),
    "max": lambda x: np.max([x[0], x[1] * 3]),
    "dot": lambda x: np.dot([x[0], x[1]], [1.0, 2.0]),
    "concatenate": lambda x: np.concatenate([[x[0]], [1.0, 2.0]]).sum(),
    "where": lambda x: np.where(np.array([True, False]), [x[0], x[1]], x[:2]).sum(),
    "product of a tuple": lambda x: np.prod((x[0], x[1], x[2])),
    "solve": lambda x: np.linalg.solve([[x[0], 1.0], [0.0, x[1]]], [x[2], 1.0]).sum(),
    "cross": lambda x: np.cross([x[0], x[1], 1.0], [1.0, 2.0, x[2]]) @ np.arange(3.0),
    "diag": lambda x: np.diag([x[0], x[1]]).sum(),
    "stack": lambda x: np.stack([[x[0], x[1]], [1.0, 2.0]]).sum(),
    "polynomial": lambda x: np.polyval([x[0], x[1], x[2]], 2.0),
    "lists of numbers alone": lambda x: np.sum([1.0, 2.0]) * x[0],
}


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_values_and_gradients(f):
    value, grad = sd.value_and_grad(f)(X)
    assert value == pytest.approx(f(X), rel=1e-14)
    slopes = [(f(X + h) - f(X - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(grad, slopes, rtol=1e-6, atol=1e-8)
