"""Inverses by way of a Cholesky factor: they read what the factor reads, and fail where it does."""

import numpy as np
import pytest

import symdiff as sd

LOWER = np.array([[2.0, 0.0, 0.0], [0.5, 1.7, 0.0], [-0.3, 0.2, 1.1]])
S = LOWER @ LOWER.T
POINTS = np.array([[0.1, 0.4], [0.9, -0.3], [-0.6, 0.7]])


def log_determinant(S):
    return 2 * np.sum(np.log(np.diag(np.linalg.cholesky(S))))


def likelihood(x, scale):
    squares = np.sum((x[:, None] - x) ** 2, axis=-1)
    K = np.exp(-squares / scale**2) + 0.1 * np.eye(3)
    y = np.array([1.0, -0.5, 0.3])
    return y @ np.linalg.solve(K, y) / 2 + log_determinant(K) / 2


@pytest.mark.parametrize("upper", [0.0, 7.0, np.nan])
@pytest.mark.parametrize("derivative", [sd.grad, sd.hessian])
def test_the_other_triangle_is_not_read(derivative, upper):
    other = np.tril(S) + np.triu(np.full((3, 3), upper), 1)
    np.testing.assert_array_equal(derivative(log_determinant)(other), derivative(log_determinant)(S))


def test_a_matrix_that_has_no_factor_is_an_error():
    with pytest.raises(np.linalg.LinAlgError):
        sd.grad(log_determinant)(-S)


def test_derivatives_are_those_along_symmetric_matrices():
    rng = np.random.default_rng(4)
    np.testing.assert_allclose(sd.grad(log_determinant)(S), np.linalg.inv(S), rtol=1e-13)
    H = sd.hessian(log_determinant)(S)
    for _ in range(3):
        d = rng.normal(size=(3, 3))
        e = (d + d.T) / 2
        expected = -np.linalg.inv(S) @ e @ np.linalg.inv(S)
        np.testing.assert_allclose(np.einsum("abcd,cd->ab", H, d), expected, rtol=1e-12, atol=1e-14)


def test_a_matrix_that_is_symmetric_by_how_it_is_made_is_inverted_itself():
    f = sd.grad(likelihood, ("x", "scale"))
    found = f(POINTS, 0.8)
    assert f.source.count("np.linalg.") == 1 and "np.linalg.inv(K)" in f.source
    for k, g in enumerate(found):
        for index in np.ndindex(np.shape(g)):
            e = np.zeros(np.shape(g))
            e[index] = 1e-6
            up, down = ([POINTS, 0.8], [POINTS, 0.8])
            up[k], down[k] = up[k] + e, down[k] - e
            slope = (likelihood(*up) - likelihood(*down)) / 2e-6
            assert np.asarray(g)[index] == pytest.approx(float(slope), rel=1e-6, abs=1e-8)
