"""Functions of a symmetric matrix by way of its eigenvalues: smooth where eigenvalues meet, however they are spelled."""

import numpy as np
import pytest
from scipy.linalg import expm_frechet

import symdiff as sd

SPELLINGS = {
    "columns": lambda V, f: (V * f) @ V.T,
    "rows": lambda V, f: V @ (f[:, None] * V.T),
    "diagonal": lambda V, f: V @ np.diag(f) @ V.T,
    "einsum": lambda V, f: np.einsum("ij,j,kj->ik", V, f, V),
    "with numbers": lambda V, f: 2 * ((-V * f) @ (V / -2).T),
}
SPECTRA = {
    "all equal": [1.0, 1.0, 1.0, 1.0],
    "two pairs": [0.5, 0.5, 2.0, 2.0],
    "zeros": [0.0, 0.0, 0.0, 3.0],
    "opposite": [-1.0, -1.0, 1.0, 1.0],
    "all zero": [0.0, 0.0, 0.0, 0.0],
    "nearly equal": [1.0, 1.0 + 1e-13, 1.0 + 1e-8, 1.0 + 1e-4],
    "tiny": [0.0, 1e-20, 1e-12, 1e-6],
    "apart": [-2.0, 0.1, 0.7, 5.0],
}


def turned(spectrum, rng, *, exactly=False):
    Q = np.eye(4) if exactly else np.linalg.qr(rng.normal(size=(4, 4)))[0]
    A = (Q * np.array(spectrum)) @ Q.T
    return (A + A.T) / 2


def of_cubic(A, G):
    """The derivative of <G, 1 + 2A - A^2/2 + A^3>, G symmetric."""
    return 2 * G - (A @ G + G @ A) / 2 + A @ A @ G + A @ G @ A + G @ A @ A


FUNCTIONS = {
    "exp": (np.exp, lambda A, G: expm_frechet(A, G, compute_expm=False)),
    "cubic": (lambda w: 1 + 2 * w - w**2 / 2 + w**3, of_cubic),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_derivative_is_frechets(spelling, function):
    f, derivative = FUNCTIONS[function]
    rng = np.random.default_rng(0)

    def loss(A, G):
        w, V = np.linalg.eigh(A)
        return np.sum(SPELLINGS[spelling](V, f(w)) * G)

    gradient = sd.grad(loss)
    for spectrum in SPECTRA.values():
        for exactly in (True, False):
            A, G = turned(spectrum, rng, exactly=exactly), rng.normal(size=(4, 4))
            wanted = derivative(A, (G + G.T) / 2)
            np.testing.assert_allclose(gradient(A, G), wanted, rtol=1e-8, atol=1e-9 * np.max(np.abs(wanted)))


def test_sums_and_traces_are_twice_differentiable_where_eigenvalues_meet():
    """The Hessian of log det is -inv(A) dA inv(A); that of the trace of a cubic, the derivative of its derivative."""
    rng = np.random.default_rng(1)

    def trace(A):
        w, V = np.linalg.eigh(A)
        return np.trace((V * np.log(w)) @ V.T)

    for f in (lambda A: np.sum(np.log(np.linalg.eigvalsh(A))), trace):
        for spectrum in ("all equal", "two pairs"):
            A, D = turned(SPECTRA[spectrum], rng), rng.normal(size=(4, 4))
            D, inverse = D + D.T, np.linalg.inv(A)
            np.testing.assert_allclose(sd.grad(f)(A), inverse, rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(sd.hvp(f)(A, D), -inverse @ D @ inverse, rtol=1e-8, atol=1e-8)
            forward = sd.jvp(sd.grad(f))(A, D)
            np.testing.assert_allclose(forward, -inverse @ D @ inverse, rtol=1e-8, atol=1e-8)


def test_the_parameters_of_the_function_have_their_derivative():
    rng = np.random.default_rng(2)
    G, scale = rng.normal(size=(4, 4)), 0.3
    A = turned(SPECTRA["two pairs"], rng)

    def loss(A, scale, G):
        w, V = np.linalg.eigh(A)
        return np.sum((V * np.exp(scale * w / np.sum(w))) @ V.T * G)

    by_matrix, by_scale = sd.grad(loss, wrt=(0, 1))(A, scale, G)
    D, h = rng.normal(size=(4, 4)), 1e-6
    D = D + D.T
    slope = (loss(A + h * D, scale, G) - loss(A - h * D, scale, G)) / (2 * h)
    np.testing.assert_allclose(np.sum(by_matrix * D), slope, rtol=1e-7)
    slope = (loss(A, scale + h, G) - loss(A, scale - h, G)) / (2 * h)
    np.testing.assert_allclose(by_scale, slope, rtol=1e-7)


def test_second_derivatives_where_eigenvalues_are_apart():
    rng = np.random.default_rng(3)
    A, G, D = turned(SPECTRA["apart"], rng), rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    D, h = D + D.T, 1e-6

    def loss(A):
        w, V = np.linalg.eigh(A)
        return np.sum((V * np.tanh(w)) @ V.T * G)

    g = sd.grad(loss)
    np.testing.assert_allclose(sd.hvp(loss)(A, D), (g(A + h * D) - g(A - h * D)) / (2 * h), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("exactly", [True, False])
def test_second_derivatives_are_those_of_polynomials_and_series(spectrum, exactly):
    """Of the cubic in closed form, also where eigenvalues meet, or nearly do."""
    rng = np.random.default_rng(6)
    A, G, D = turned(SPECTRA[spectrum], rng, exactly=exactly), rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    S, D = (G + G.T) / 2, D + D.T

    def loss(A):
        w, V = np.linalg.eigh(A)
        return np.sum((V * (1 + 2 * w - w**2 / 2 + w**3)) @ V.T * G)

    pairs = D @ A @ S + A @ D @ S + D @ S @ A + A @ S @ D + S @ D @ A + S @ A @ D
    wanted = -(D @ S + S @ D) / 2 + pairs
    np.testing.assert_allclose(sd.hvp(loss)(A, D), wanted, rtol=1e-7, atol=1e-7 * np.max(np.abs(wanted)))


def test_hermitian_matrices():
    rng = np.random.default_rng(7)
    H, K, G = (rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)) for _ in range(3))
    H, K = H + H.conj().T, K + K.conj().T

    def loss(x, f=lambda w: w**3):
        w, V = np.linalg.eigh(2 * np.eye(3) + x[0] * H + x[1] * K)
        return np.sum((G * ((V * f(w)) @ V.conj().T)).real)

    def plain(x):
        A = 2 * np.eye(3) + x[0] * H + x[1] * K
        return np.sum((G * (A @ A @ A)).real)

    for x in (np.zeros(2), np.array([0.3, -0.2])):
        np.testing.assert_allclose(sd.grad(loss)(x), sd.grad(plain)(x), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(sd.hessian(loss)(x), sd.hessian(plain)(x), rtol=1e-8, atol=1e-8)


def test_what_is_no_function_of_each_eigenvalue_by_itself_is_left_alone():
    """Where weights tell equal eigenvalues apart there is no derivative, and none is made up."""
    weights = np.array([1.0, 2.0, 3.0, 4.0])

    def loss(A):
        w, V = np.linalg.eigh(A)
        return np.sum(((V * (weights * w)) @ V.T)[0])

    assert np.all(np.isnan(sd.grad(loss)(np.eye(4))))


def test_a_spectral_function_prints_as_it_was_written():
    def f(A):
        w, V = np.linalg.eigh(A)
        return (V * np.sqrt(w)) @ V.T

    assert "@ V.T" in sd.function(f, A="n n").source and "divided" not in sd.function(f, A="n n").source
    source = sd.grad(lambda A, G: np.sum(f(A) * G), A="n n", G="n n").source
    assert "_divided_differences(" in source and "_reciprocal_gaps" not in source


def test_stacks_of_matrices():
    rng = np.random.default_rng(4)
    A = np.stack([turned(SPECTRA[name], rng) for name in ("two pairs", "apart")])
    G = rng.normal(size=(2, 4, 4))

    def loss(A, G):
        w, V = np.linalg.eigh(A)
        return np.sum((V * np.exp(w)[:, None, :]) @ np.swapaxes(V, -1, -2) * G)

    wanted = [expm_frechet(a, (g + g.T) / 2, compute_expm=False) for a, g in zip(A, G, strict=True)]
    np.testing.assert_allclose(sd.grad(loss)(A, G), wanted, rtol=1e-8, atol=1e-8)
