"""Functions of SciPy inside traced functions: SciPy's values, and derivatives as finite differences have them."""

import inspect
import threading

import numpy as np
import pytest
import scipy.fft
import scipy.linalg as L
import scipy.special as S
import scipy.stats
from helpers import weighted_sum
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, logsumexp

import symdiff as sd
from symdiff.errors import SymdiffError, UnsupportedError
from symdiff.frontends.tracing.scipy_calls import SAME, entry_of
from symdiff.ops.table import BY_SCIPY, FUNCTIONS

ORIGINAL = L.solve
RNG = np.random.default_rng(0)
M = RNG.normal(size=(3, 3)) + 2.5 * np.eye(3)
N = RNG.normal(size=(3, 3))
SPD = N @ N.T + np.eye(3)
STACK = RNG.normal(size=(2, 3, 3)) + 2.5 * np.eye(3)
TALL, WIDE = RNG.normal(size=(4, 2)), RNG.normal(size=(2, 4))
v, b4 = RNG.normal(size=3), RNG.normal(size=4)
positive = np.array([0.3, 1.7, 2.5])
inside = np.array([0.1, 0.5, 0.8])


def named(f, names):
    """`f` with arguments of these names: ufuncs do not say what theirs are called."""

    def call(*args):
        return f(*args)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    call.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    return call


def spd(a):
    return a @ a.T + np.eye(3)


def power(name, **options):
    transform = getattr(scipy.fft, name)

    def spectrum(x):
        return np.abs(transform(x, **options)) ** 2

    return spectrum


# Each is a function of arrays, and a point. Vectors have no phase there: the sign is LAPACK's.
CALLS = {
    "inv": (lambda a: L.inv(a, overwrite_a=True, check_finite=False), M),
    "solve": (lambda a, b: L.solve(a, b), M, v),
    "solve of several": (lambda a, b: L.solve(a, b, assume_a="pos", check_finite=False), SPD, N),
    "solve transposed": (lambda a, b: L.solve(a, b, transposed=True), M, v),
    "solve a triangle": (lambda a, b: L.solve(a, b, assume_a="lower triangular"), np.tril(M), v),
    "solve_triangular": (lambda a, b: L.solve_triangular(a, b, lower=True, check_finite=False), M, v),
    "solve_triangular trans": (lambda a, b: L.solve_triangular(a, b, trans="T", unit_diagonal=True), M, N),
    "det": (lambda a: L.det(a), M),
    "det of a stack": (lambda a: L.det(a), STACK),
    "pinv": (lambda a: L.pinv(a), TALL),
    "lstsq": (lambda a, b: L.lstsq(a, b)[0], TALL, b4),
    "lstsq residual": (lambda a, b: L.lstsq(a, b, lapack_driver="gelsd")[1], TALL, b4),
    "lstsq residuals": (lambda a, b: L.lstsq(a, b)[1], TALL, RNG.normal(size=(4, 2))),
    "expm": (lambda a: L.expm(a), N),
    "cholesky": (lambda a: L.cholesky(spd(a)), M),
    "cholesky lower": (lambda a: L.cholesky(spd(a), lower=True), M),
    "cho_solve": (lambda a, b: cho_solve(cho_factor(spd(a)), b), M, v),
    "cho_solve lower": (lambda a, b: cho_solve(cho_factor(spd(a), lower=True, overwrite_a=True), b), M, N),
    "cho_solve a factor": (lambda a, b: cho_solve((a, True), b, check_finite=False), M, v),
    "eigh": (lambda a: L.eigh(spd(a))[1] ** 2 * L.eigh(spd(a))[0], M),
    "eigh upper": (lambda a: L.eigh(spd(a), lower=False, driver="evd")[1] ** 2, M),
    "eigh values": (lambda a: L.eigh(spd(a), eigvals_only=True), M),
    "eigvalsh": (lambda a: L.eigvalsh(spd(a)), M),
    "eigvalsh upper": (lambda a: L.eigvalsh(spd(a), lower=False), M),
    "eig": (lambda a: np.abs(L.eig(a)[1]) ** 2, N),
    "eigvals": (lambda a: np.real(np.sum(L.eigvals(a) ** 3)), N),
    "svd": (lambda a: L.svd(a, full_matrices=False)[0] @ L.svd(a, full_matrices=False)[2], TALL),
    "svdvals": (lambda a: L.svdvals(a), WIDE),
    "qr": (lambda a: L.qr(a, mode="economic")[0] * 2 + np.sum(L.qr(a, mode="economic")[1]), TALL),
    "qr full": (lambda a: L.qr(a)[0] @ L.qr(a)[1] ** 2, WIDE),
    "qr r": (lambda a: L.qr(a, mode="r")[0], WIDE),
    "norm": (lambda a: L.norm(a, 1, axis=1, keepdims=True), TALL),
    "block_diag": (lambda a, b, c: L.block_diag(a, b, c), M, v, TALL),
    "logsumexp": (lambda x: logsumexp(x, axis=1, keepdims=True), TALL),
    "softmax": (lambda x: S.softmax(x, axis=1), TALL),
    "softmax of all": (lambda x: S.softmax(x), TALL),
    "log_softmax": (lambda x: S.log_softmax(x, axis=0), TALL),
    "polygamma": (lambda x: S.polygamma(1, x), positive),
    "multigammaln": (lambda x: S.multigammaln(x[2], 3), positive),
    **{
        name: (getattr(S, name), inside)
        for name in ("expit", "logit", "log_expit", "erf", "erfc", "gamma", "gammaln", "psi", "digamma", "entr", "ndtr",
                     "exp10", "exp2", "expm1", "log1p", "cbrt")
    },
    **{name: (getattr(S, name), positive, inside) for name in ("beta", "betaln", "xlogy", "xlog1py")},
    **{name: (power(name), RNG.normal(size=(4, 3))) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{f"{f}{k}": (power(f"{f}{k}"), RNG.normal(size=(4, 3))) for f in ("fft", "rfft", "irfft") for k in ("2", "n")},
    "fft keywords": (power("fft", n=5, axis=0, norm="ortho", overwrite_x=True, workers=1), RNG.normal(size=(4, 3))),
    "frequencies": (lambda x: x * scipy.fft.fftfreq(3, 0.5) + scipy.fft.fftshift(x), v),
}  # fmt: skip
if hasattr(S, "softplus"):  # SciPy 1.15
    CALLS["softplus"] = (lambda x: S.softplus(x), v)


@pytest.mark.parametrize("name", CALLS)
def test_value_is_scipys_and_derivatives_are_those_of_differences(name):
    f, *arrays = CALLS[name]
    names = ["x", "y", "z"][: len(arrays)]
    found, expected = sd.function(named(f, names))(*arrays), f(*arrays)
    assert np.shape(found) == np.shape(expected) and np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    sd.check_grads(weighted_sum(f, names), arrays, order=2, rtol=2e-5)


@pytest.mark.parametrize("lower", [False, True])
def test_the_triangle_that_scipy_reads_is_read(lower):
    """The derivative is that of a symmetric matrix all the same."""
    half = np.tril(SPD) if lower else np.triu(SPD)
    for f in (
        lambda a: L.cholesky(a, lower=lower),
        lambda a: L.eigh(a, lower=lower)[0],
        lambda a: L.eigvalsh(a, lower=lower),
        lambda a: cho_solve(cho_factor(a, lower=lower), v),
    ):
        np.testing.assert_allclose(sd.function(f)(half), f(SPD), rtol=1e-12)
    g = sd.grad(lambda a: np.sum(cho_solve(cho_factor(a, lower=lower), v)))(half)
    np.testing.assert_allclose(g, g.T, rtol=1e-12)


def test_every_function_that_we_name_is_scipys():
    assert SAME
    for path in (*SAME, *BY_SCIPY):
        there = scipy
        for name in path.split(".")[1:]:
            there = getattr(there, name, None)
        assert callable(there) or path == "scipy.special.softplus", path
        assert entry_of(path).name in FUNCTIONS


def test_a_gaussian_process():
    """The log-likelihood as one finds it in books (Rasmussen and Williams, 2006, algorithm 2.1)."""
    x, y = np.linspace(0, 1, 6), np.sin(3 * np.linspace(0, 1, 6))

    def likelihood(theta):
        gaps = x[:, None] - x
        K = np.exp(theta[0] - 0.5 * gaps**2 / np.exp(theta[1])) + np.exp(theta[2]) * np.eye(6)
        L_ = scipy.linalg.cholesky(K, lower=True)
        alpha = scipy.linalg.cho_solve((L_, True), y)
        return -0.5 * y @ alpha - np.sum(np.log(np.diag(L_))) - 3 * np.log(2 * np.pi)

    theta = np.array([0.1, -1.0, -2.0])
    value, slope = sd.value_and_grad(likelihood)(theta)
    assert value == pytest.approx(likelihood(theta), rel=1e-12)
    sd.check_grads(likelihood, (theta,), order=2)
    assert slope.shape == (3,)


def test_logistic_regression():
    X, y = RNG.normal(size=(5, 2)), np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    found = sd.grad(lambda w: -np.sum(y * np.log(expit(X @ w)) + (1 - y) * np.log(1 - expit(X @ w))))(np.ones(2))
    np.testing.assert_allclose(found, X.T @ (expit(X @ np.ones(2)) - y), rtol=1e-12)


def test_functions_in_closures():
    def total(f):
        return lambda a: np.sum(f(a))

    np.testing.assert_allclose(sd.grad(total(L.inv))(M), -(np.linalg.inv(M).T @ np.ones((3, 3)) @ np.linalg.inv(M).T))


def test_functions_themselves():
    np.testing.assert_allclose(sd.grad(logsumexp)(v), S.softmax(v))
    np.testing.assert_allclose(sd.grad(L.det)(M), L.det(M) * np.linalg.inv(M).T)
    assert sd.grad(S.erf)(0.0) == 2 / np.sqrt(np.pi)


@pytest.mark.parametrize("name", ["helpers_of_somebody", "__main__", "statistics"])
def test_functions_in_other_modules(name):
    """Whatever module a function lives in, what it imported by name is followed."""
    module = {"__name__": name}
    exec(
        "from numpy import zeros\nfrom scipy.linalg import solve\n"
        "def shifted(a, b):\n    y = zeros(3)\n    y[0] = max(b[0], b[1])\n    return solve(a, b + y)\n",
        module,
    )
    before = dict(module)
    shifted = module["shifted"]
    found = sd.grad(lambda a, b: np.sum(shifted(a, b)), wrt="b")(M, v)
    expected = np.linalg.inv(M).sum(0)
    np.testing.assert_allclose(found, expected + np.where(np.arange(3) == np.argmax(v[:2]), expected[0], 0), rtol=1e-12)
    assert module == before


def test_traces_that_overlap():
    """The first of two traces ends in the midst of the second one."""
    inside, ended = threading.Event(), threading.Event()
    results = []

    def second(x):
        inside.set()
        assert ended.wait(10)
        y = np.zeros(3)
        y[0] = x
        return np.sum(L.solve(M, y))

    def first(x):
        thread.start()
        assert inside.wait(10)
        return np.sin(x)

    thread = threading.Thread(target=lambda: results.append(sd.grad(second)(1.0)))
    sd.grad(first)(1.0)
    ended.set()
    thread.join()
    np.testing.assert_allclose(results, np.linalg.inv(M)[:, 0].sum())
    assert np.zeros(1).dtype == np.float64 and type(np.zeros(1)) is np.ndarray and L.solve is ORIGINAL


def test_numbers_stay_with_scipy():
    """A call without symbolic arguments is SciPy's own, of functions that we do not know too."""
    f = sd.grad(lambda x: np.sum(x @ L.sqrtm(np.eye(3)) @ L.hilbert(3)) + S.zeta(2.0) + L.solve(np.eye(3) * 2, v) @ x)
    np.testing.assert_allclose(f(v), L.hilbert(3).sum(1) + v / 2)


def test_scipy_is_as_before_when_the_trace_ends():
    before = {(m, n): getattr(m, n) for m in (L, S, scipy.fft) for n in m.__all__}
    with pytest.raises(UnsupportedError):
        sd.grad(lambda a: np.sum(L.schur(a)[0]))(M)
    sd.grad(lambda a: L.det(a))(M)
    assert all(getattr(m, n) is f for (m, n), f in before.items())
    assert cho_factor is L.cho_factor and logsumexp is S.logsumexp


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: L.schur(a)[0], "scipy.linalg.schur is not supported"),
        (lambda a: S.bei_zeros(a), "scipy.special.bei_zeros is not supported"),
        (lambda a: S.struve(1.0, a), "scipy.special.struve is not supported"),
        (lambda a: scipy.fft.hfft2(a), "scipy.fft.hfft2 is not supported"),
        (lambda a: L.solve(a, a, assume_a="tridiagonal"), "assume_a='tridiagonal'"),
        (lambda a: L.pinv(a, atol=0.1), "scipy.linalg.pinv with atol"),
        (lambda a: L.lstsq(a, a, cond=0.1)[0], "scipy.linalg.lstsq with cond"),
        (lambda a: L.eigh(a, a, type=2)[0], "scipy.linalg.eigh with type"),
        (lambda a: L.eigvalsh(a, subset_by_index=[0, 1]), "scipy.linalg.eigvalsh with subset_by_index"),
        (lambda a: L.eig(a, left=True)[0], "scipy.linalg.eig with left"),
        (lambda a: L.qr(a, pivoting=True)[0], "scipy.linalg.qr with pivoting"),
        (lambda a: L.qr(a[:, :2])[0], "mode='full'"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(SymdiffError, match=message):
        sd.grad(lambda a: np.sum(call(a)))(M)


def test_texts_may_name_scipys_functions():
    np.testing.assert_allclose(sd.function("scipy.linalg.cholesky(A)")(SPD), L.cholesky(SPD))
    np.testing.assert_allclose(
        sd.function("scipy.linalg.qr(A, mode='economic')[1]")(TALL), L.qr(TALL, mode="economic")[1]
    )
    np.testing.assert_allclose(sd.function("scipy.special.ndtr(x)")(0.3), S.ndtr(0.3))
    np.testing.assert_allclose(sd.function("scipy.linalg.svdvals(A)")(TALL), L.svdvals(TALL))


def test_functions_of_scipy_itself_are_functions_like_others():
    optimize = pytest.importorskip("scipy.optimize")
    x = np.array([0.3, 1.2, 0.5, 2.0])
    np.testing.assert_allclose(sd.grad(optimize.rosen)(x), optimize.rosen_der(x), rtol=1e-12)
    np.testing.assert_allclose(sd.hessian(optimize.rosen)(x), optimize.rosen_hess(x), rtol=1e-12)
