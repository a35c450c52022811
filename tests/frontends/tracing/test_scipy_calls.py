"""SciPy's calls that are compositions: SciPy's values, and derivatives as finite differences have them, to second order."""

import inspect

import numpy as np
import numpy.polynomial as P
import pytest
import scipy.integrate as I
import scipy.linalg as L
import scipy.ndimage as N_
import scipy.signal as G
import scipy.spatial.distance as D
import scipy.stats as T
from helpers import weighted_sum

import symdiff as sd
from symdiff.errors import SymdiffError

R = np.random.default_rng(0)
M = R.normal(size=(3, 3)) + 2.5 * np.eye(3)
S = M @ M.T
x = np.sort(R.normal(size=7))
y = R.normal(size=7)
Y = R.normal(size=(3, 7))
A = R.normal(size=(4, 3))
B = R.normal(size=(5, 3))
im = R.normal(size=(5, 6))
k2 = R.normal(size=(3, 2))
v = R.normal(size=3)
N = R.normal(size=(3, 3))


def spd(a):
    return a @ a.T + np.eye(3)


CALLS = {
    "trapezoid": (lambda y, x: I.trapezoid(y, x), y, x),
    "trapezoid dx": (lambda y: I.trapezoid(y, dx=0.1, axis=0), Y),
    "trapezoid list": (lambda y: I.trapezoid([y[0], y[1], y[2]], dx=0.1), y),
    "cumulative_trapezoid": (lambda y, x: I.cumulative_trapezoid(y, x, initial=0), y, x),
    "cumulative_trapezoid axis": (lambda y: I.cumulative_trapezoid(y, np.arange(3.0) ** 2, axis=0), Y),
    "simpson": (lambda y: I.simpson(y, x=x, axis=1), Y),
    "simpson even": (lambda y: I.simpson(y, dx=0.3), y[:6]),
    "cumulative_simpson": (lambda y: I.cumulative_simpson(y, x=x, axis=-1), Y),
    "cumulative_simpson initial": (lambda y: I.cumulative_simpson(y, dx=0.2, axis=0, initial=0), Y),
    "romb": (lambda y: I.romb(y, dx=0.2, axis=-1), R.normal(size=(2, 9))),
    **{
        f"cdist {m}": (lambda a, b, m=m: D.cdist(a, b, m), np.abs(A) + 0.1, np.abs(B) + 0.1)
        for m in (
            "euclidean",
            "sqeuclidean",
            "cityblock",
            "chebyshev",
            "cosine",
            "correlation",
            "canberra",
            "braycurtis",
            "jensenshannon",
        )
    },
    "cdist minkowski": (lambda a, b: D.cdist(a, b, "minkowski", p=3), A, B),
    "cdist mahalanobis": (lambda a, b: D.cdist(a, b, "mahalanobis", VI=S), A, B),
    "cdist seuclidean": (lambda a, b: D.cdist(a, b, "seuclidean", V=np.array([1.0, 2, 3])), A, B),
    "pdist": (lambda a: D.pdist(a), A),
    "squareform": (lambda a: D.squareform(D.pdist(a, "cosine")), A),
    "euclidean": (lambda a: D.euclidean(a[0], a[1]) + D.cosine(a[1], a[2]) + D.minkowski(a[0], a[2], 3), A),
    "convolve": (lambda a, b: G.convolve(a, b), y, v),
    "convolve same": (lambda a, b: G.convolve(a, b, mode="same"), v, y),
    "convolve same2": (lambda a, b: G.fftconvolve(a, b, mode="same"), y, R.normal(size=4)),
    "convolve valid": (lambda a, b: G.convolve(a, b, "valid"), v, y),
    "convolve 2d": (lambda a, b: G.convolve(a, b), im, k2),
    "convolve 2d same": (lambda a, b: G.fftconvolve(a, b, mode="same"), im, k2),
    "convolve2d wrap": (lambda a, b: G.convolve2d(a, b, mode="same", boundary="wrap"), im, R.normal(size=(3, 3))),
    "convolve2d symm": (lambda a, b: G.convolve2d(a, b, mode="full", boundary="symm"), im, R.normal(size=(3, 3))),
    "convolve2d even": (lambda a, b: G.convolve2d(a, b, mode="same"), im, k2),
    "convolve2d fill": (lambda a, b: G.convolve2d(a, b, mode="same", fillvalue=2.0), im, k2),
    "correlate": (lambda a, b: G.correlate(a, b), y, v),
    "correlate same": (lambda a, b: G.correlate(a, b, "same"), y, v),
    "correlate same2": (lambda a, b: G.correlate(a, b, "same"), v, y),
    "correlate valid": (lambda a, b: G.correlate(a, b, "valid"), v, y),
    "correlate2d": (lambda a, b: G.correlate2d(a, b, "same"), im, k2),
    "correlate2d full": (lambda a, b: G.correlate2d(a, b), im, k2),
    "correlate2d wrap": (lambda a, b: G.correlate2d(a, b, "same", "wrap"), im, k2),
    "lfilter": (lambda b, a, u: G.lfilter(b, a, u), np.array([0.2, 0.3]), np.array([1.0, -0.5, 0.2]), y),
    "lfilter fir": (lambda b, u: G.lfilter(b, 1.0, u), np.array([0.2, 0.3, 0.1]), y),
    "lfilter axis": (lambda u: G.lfilter([0.2, 0.3], [2.0, -0.5], u, axis=0), Y.T),
    "lfilter zi": (
        lambda u, z: G.lfilter([0.2, 0.3], [1.0, -0.5], u, zi=z)[0] + G.lfilter([0.2, 0.3], [1.0, -0.5], u, zi=z)[1],
        y,
        np.array([0.3]),
    ),
    "sosfilt": (lambda u: G.sosfilt(G.butter(4, 0.3, output="sos"), u), Y),
    "savgol": (lambda u: G.savgol_filter(u, 5, 2), Y),
    "savgol deriv": (lambda u: G.savgol_filter(u, 5, 3, deriv=1, delta=0.1, axis=0, mode="mirror"), Y.T),
    "correlate even": (lambda a, b: G.correlate(a, b, "same"), im, k2),
    "correlate even v": (lambda a, b: G.correlate(a, b, "same"), y, np.array([1.0, 2.0])),
    "savgol nearest": (lambda u: G.savgol_filter(u, 3, 2, mode="nearest"), Y),
    "savgol const": (lambda u: G.savgol_filter(u, 3, 1, mode="constant", cval=1.0), Y),
    "detrend": (lambda u: G.detrend(u) + G.detrend(u, type="constant"), Y),
    "toeplitz": (lambda c: L.toeplitz(c), v),
    "toeplitz r": (lambda c, r: L.toeplitz(c, r), v, y),
    "circulant": (lambda c: L.circulant(c), v),
    "hankel": (lambda c, r: L.hankel(c, r), v, y),
    "hankel1": (lambda c: L.hankel(c), v),
    "companion": (lambda c: L.companion(c), v + 3),
    "khatri_rao": (lambda a, b: L.khatri_rao(a, b), A, B),
    "solve_toeplitz": (lambda c, b: L.solve_toeplitz(c, b), np.array([3.0, 1, 0.5]), v),
    "solve_toeplitz2": (lambda c, b: L.solve_toeplitz((c, 2 * c), b), np.array([3.0, 1, 0.5]), v),
    "matmul_toeplitz": (lambda c, b: L.matmul_toeplitz(c, b), np.array([3.0, 1, 0.5]), v),
    "solve_circulant": (lambda c, b: L.solve_circulant(c, b), np.array([3.0, 1, 0.5]), v),
    "lu_solve": (lambda a, b: L.lu_solve(L.lu_factor(a), b), M, v),
    "lu_solve trans": (lambda a, b: L.lu_solve(L.lu_factor(a), b, trans=1), M, v),
    "lu_solve known": (lambda b: L.lu_solve(L.lu_factor(M[[2, 0, 1]]), b), v),
    "lu": (lambda a: L.lu(a)[1] @ np.diag(v) @ L.lu(a)[2], M[[2, 0, 1]]),
    "lu permute": (lambda a: L.lu(a, permute_l=True)[0] ** 2, M[[2, 0, 1]]),
    "sqrtm": (lambda a: L.sqrtm(spd(a)), N),
    "sqrtm general": (lambda a: L.sqrtm(a), np.array([[2.0, 0.3, 0.1], [0.2, 3.0, 0.4], [-0.1, 0.5, 1.5]])),
    "logm": (lambda a: L.logm(spd(a)), N),
    "sinm": (lambda a: L.sinm(a), N),
    "cosm": (lambda a: L.cosm(a), N),
    "sinhm": (lambda a: L.sinhm(a), N),
    "coshm": (lambda a: L.coshm(a), N),
    "sylvester": (lambda a, b, q: L.solve_sylvester(a, b, q), M, S[:2, :2], A[:3, :2]),
    "lyapunov": (lambda a, q: L.solve_continuous_lyapunov(a, q), M, N),
    "dlyap": (lambda a, q: L.solve_discrete_lyapunov(a / 8, q), M, N),
    "expm_frechet": (lambda a, e: L.expm_frechet(a, e)[1] + L.expm_frechet(a, e, compute_expm=False), N, M / 3),
    "eigh b": (lambda a, b: L.eigh(a + a.T, spd(b))[1] ** 2 * L.eigh(a + a.T, spd(b))[0], N, M),
    "eigvalsh b": (lambda a, b: L.eigvalsh(a + a.T, spd(b)), N, M),
    "mvn": (lambda x, m, c: T.multivariate_normal.logpdf(x, m, spd(c)), A, v, N),
    "mvn one": (lambda x, m: T.multivariate_normal.logpdf(x, m, 2.0), v, v * 2),
    "mvn diag": (lambda x, c: T.multivariate_normal.pdf(x, cov=np.diag(np.exp(c))), A, v),
    "mvn vec": (lambda x, c: T.multivariate_normal.pdf(x, [0.0, 1.0, 2.0], cov=np.exp(c)), A, v),
    "mvn frozen": (lambda x, m, c: T.multivariate_normal(m, spd(c)).logpdf(x), v, v * 2, N),
    "mvn scalar": (lambda x, m: T.multivariate_normal.logpdf(x, m[0], 2.0), y, v),
    "mvn cdf": (lambda x, m: T.multivariate_normal.cdf(x, m, [[2.0, 0.6], [0.6, 1.0]]), A[:, :2], v[:2]),
    "mvn cdf at the mean": (lambda x, c: T.multivariate_normal.cdf(x, np.ones(2), spd(c)[:2, :2]), np.ones(2), N),
    "mvn column": (lambda x, m: T.multivariate_normal.logpdf(x, m[0], 2.0), A[:, :1], v),
    "mvn cdf of one": (lambda x, m: T.multivariate_normal.cdf(x, m[0], 2.0), y, v),
    "mvn entropy": (lambda c: T.multivariate_normal.entropy(None, spd(c)), N),
    "mvt": (lambda x, m, c: T.multivariate_t.logpdf(x, m, spd(c), df=4.5), A, v, N),
    "dirichlet": (
        lambda x, a: T.dirichlet.logpdf(x / np.sum(x), a),
        np.array([0.2, 0.3, 0.5]),
        np.array([1.0, 2.0, 3.0]),
    ),
    "multinomial": (lambda p: T.multinomial.logpmf([1, 2, 3], 6, p / np.sum(p)), np.array([0.2, 0.3, 0.5])),
}


def series(kind, short):
    """What is tested of one kind of polynomials."""
    value, slope, integral, vander = (
        getattr(getattr(P, kind), short + name) for name in ("val", "der", "int", "vander")
    )
    few, four = np.array([0.3, -0.4]), np.array([1.0, 2.0, 0.5, -0.3])
    return {
        f"{kind} val": (lambda x, c: value(x, c), few, four),
        f"{kind} of one": (lambda x, c: value(x, c), few, four[:1]),
        f"{kind} of two": (lambda x, c: value(x, c), np.array(0.3), four[:2]),
        f"{kind} der": (lambda c: slope(c, 2), four),
        f"{kind} int": (lambda c: integral(c, 1, k=[1.5], lbnd=0.2), four),
        f"{kind} vander": (lambda x: vander(x, 3), few),
    }


for kind, short in {
    "polynomial": "poly",
    "chebyshev": "cheb",
    "legendre": "leg",
    "hermite": "herm",
    "hermite_e": "herme",
    "laguerre": "lag",
}.items():
    CALLS |= series(kind, short)

for mode in ("reflect", "constant", "nearest", "mirror", "wrap"):
    CALLS[f"ndimage {mode}"] = (
        lambda a, w, m=mode: N_.correlate(a, w, mode=m, cval=0.3) + N_.convolve(a, w, mode=m, cval=0.3),
        im,
        k2,
    )
    CALLS[f"gaussian_filter {mode}"] = (
        lambda a, m=mode: N_.gaussian_filter(a, 0.7, mode=m) + N_.uniform_filter(a, 3, mode=m),
        im,
    )
CALLS["ndimage 1d"] = (
    lambda a, w: N_.correlate1d(a, w, axis=0) + N_.convolve1d(a, w, axis=0, mode="nearest"),
    im,
    np.array([0.2, 0.5, -0.1, 0.3]),
)
CALLS["gaussian_filter1d"] = (lambda a: N_.gaussian_filter1d(a, 1.3, axis=1, truncate=2.0), im)
places = np.array([[0.3, 1.7, 3.9, 2.2], [0.1, 4.6, 2.5, 3.3]])
for mode in ("constant", "mirror", "reflect", "grid-wrap"):
    for order in (1, 3):
        CALLS[f"map_coordinates {mode} {order}"] = (
            lambda a, c, m=mode, o=order: N_.map_coordinates(a, c, order=o, mode=m),
            im,
            places,
        )
CALLS["map_coordinates outside"] = (
    lambda a, c: N_.map_coordinates(a, c, order=1, mode="constant", cval=2.0),
    im,
    places - 1.05,
)
CALLS["map_coordinates nearest"] = (lambda a, c: N_.map_coordinates(a, c, order=1, mode="nearest"), im, places - 1.05)
CALLS["map_coordinates beyond"] = (lambda a, c: N_.map_coordinates(a, c, order=3, mode="mirror"), im, places - 1.05)


def named(f, names):
    def call(*args):
        return f(*args)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    call.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    return call


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", CALLS)
def test_value_is_scipys_and_derivatives_are_those_of_differences(name):
    f, *arrays = CALLS[name]
    names = ["x", "y", "z"][: len(arrays)]
    found, expected = sd.function(named(f, names))(*arrays), f(*arrays)
    assert np.shape(found) == np.shape(expected) and np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
    sd.check_grads(weighted_sum(f, names), arrays, order=2 if name in TWICE else 1, rtol=2e-5)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_float32_stays_or_becomes_what_scipy_makes_of_it(name):
    f, *arrays = CALLS[name]
    narrow = [a.astype(np.float32) for a in arrays]
    found, expected = sd.function(named(f, ["x", "y", "z"][: len(arrays)]))(*narrow), f(*narrow)
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


# Where second derivatives are rules of their own, and not those of sums and products.
TWICE = {
    "cdist euclidean",
    "lfilter",
    "lu",
    "sqrtm",
    "logm",
    "sinm",
    "sylvester",
    "expm_frechet",
    "eigh b",
    "mvn",
    "dirichlet",
    "chebyshev val",
}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: I.simpson(a[0], x=a[1]), "positions x that are symbolic"),
        (lambda a: D.cdist(a, a, "hamming"), "the metric 'hamming' has no derivative"),
        (lambda a: G.savgol_filter(a, 4, 2), "even length"),
        (lambda a: L.lu_factor(a)[0].shape, "reading lu of lu_factor"),
        (lambda a: N_.gaussian_filter(a, a[0, 0]), "symbolic width"),
        (lambda a: N_.map_coordinates(a, a[:2], order=4), "of order 4"),
        (lambda a: T.multivariate_normal.logpdf(a, allow_singular=True), "allow_singular"),
        (lambda a: T.multivariate_normal.logpdf(a), "points of 3 numbers"),
        (lambda a: T.multivariate_normal.cdf(a, cov=np.eye(3)), "multivariate_normal.cdf of 3 variables"),
    ],
)
def test_what_is_refused_says_why(call, message):
    with pytest.raises(SymdiffError, match=message):
        sd.grad(lambda a: np.sum(call(a)))(M)


def test_a_filter_of_many_samples_is_one_loop():
    source = sd.grad(lambda a: np.sum(G.lfilter([0.3], [1.0, -0.5, 0.2], a) ** 2), a="n")
    u = R.normal(size=400)
    np.testing.assert_allclose(
        sd.function(lambda a: G.lfilter([0.3], [1.0, -0.5, 0.2], a))(u),
        G.lfilter([0.3], [1.0, -0.5, 0.2], u),
        rtol=1e-12,
    )
    assert source.source.count("for ") <= 2
