"""More of SciPy's calls that are compositions, one program each: SciPy's values, and derivatives as differences have them."""

import numpy as np
import pytest
from helpers import named_like, weighted_sum
from scipy import fft, integrate, interpolate, linalg, ndimage, optimize, signal, spatial, special, stats
from scipy.spatial import distance

import symdiff as sd
from symdiff.errors import ArgumentError, ShapeError, SymdiffError, UnsupportedError
from symdiff.frontends.tracing.of_scipy.reasons import REASONS
from symdiff.report.scipy_coverage import NOT_SUPPORTED, scipy_coverage

R = np.random.default_rng(1)
xs = np.sort(R.uniform(0, 5, 7))
ys = R.normal(size=7)
q = np.array([xs[0] + 0.1, 1.9, 2.7, xs[-1] - 0.05])
Y = R.normal(size=(7, 2))
sig = R.normal(size=40)
sig2 = R.normal(size=(3, 30))
im = R.normal(size=(6, 7))
M = R.normal(size=(3, 3)) + 2 * np.eye(3)
v = R.normal(size=3)
pts = R.normal(size=(4, 3))
P1 = R.normal(size=(5, 3))
w3 = np.array([0.5, 1.0, 2.0])
K3 = R.normal(size=(3, 3))
b, a = signal.butter(3, 0.3)


def spd(x):
    return x @ x.T + np.eye(len(x))


CALLS = {
    "interp1d lin y": (lambda y, t: interpolate.interp1d(xs, y)(t), ys, q),
    "interp1d cubic y": (lambda y, t: interpolate.interp1d(xs, y, kind="cubic")(t), ys, q),
    "interp1d quad": (lambda y, t: interpolate.interp1d(xs, y, kind="quadratic")(t), ys, q),
    "interp1d nearest": (lambda y: interpolate.interp1d(xs, y, kind="nearest")(q), ys),
    "interp1d previous": (lambda y: interpolate.interp1d(xs, y, kind="previous")(q), ys),
    "interp1d next": (lambda y: interpolate.interp1d(xs, y, kind="next")(q), ys),
    "interp1d fill": (
        lambda y, t: interpolate.interp1d(xs, y, bounds_error=False, fill_value=0.5)(t),
        ys,
        np.array([-1, 2.0, 9]),
    ),
    "interp1d fill2": (
        lambda y, t: interpolate.interp1d(xs, y, bounds_error=False, fill_value=(0.5, 0.7))(t),
        ys,
        np.array([-1, 2.0, 9]),
    ),
    "interp1d extrap": (
        lambda y, t: interpolate.interp1d(xs, y, fill_value="extrapolate")(t),
        ys,
        np.array([-1, 2.0, 9]),
    ),
    "interp1d axis": (lambda y, t: interpolate.interp1d(xs, y, axis=0)(t), Y, q),
    "interp1d axis1": (lambda y, t: interpolate.interp1d(xs, y)(t), Y.T.copy(), q),
    "interp1d x": (lambda x, y, t: interpolate.interp1d(x, y)(t), xs, ys, q),
    "interp1d unsorted": (lambda y, t: interpolate.interp1d(xs[::-1].copy(), y)(t), ys, q),
    "interpn": (
        lambda v, p: interpolate.interpn((np.arange(6.0), np.arange(7.0)), v, p),
        im,
        np.array([[1.2, 3.3], [4.1, 0.6]]),
    ),
    "interpn nearest": (
        lambda v: interpolate.interpn(
            (np.arange(6.0), np.arange(7.0)), v, np.array([[1.2, 3.3], [4.1, 0.6]]), method="nearest"
        ),
        im,
    ),
    "interpn fill": (
        lambda v, p: interpolate.interpn((np.arange(6.0), np.arange(7.0)), v, p, bounds_error=False, fill_value=1.5),
        im,
        np.array([[1.2, 3.3], [9.1, 0.6]]),
    ),
    "rgi nearest": (
        lambda v: interpolate.RegularGridInterpolator((np.arange(6.0), np.arange(7.0)), v, method="nearest")(
            np.array([[1.2, 3.3], [4.1, 0.6]])
        ),
        im,
    ),
    "rgi extrap": (
        lambda v, p: interpolate.RegularGridInterpolator(
            (np.arange(6.0), np.arange(7.0)), v, bounds_error=False, fill_value=None
        )(p),
        im,
        np.array([[1.2, 3.3], [9.1, 0.6]]),
    ),
    "akima": (lambda y, t: interpolate.Akima1DInterpolator(xs, y)(t), ys, q),
    "akima x": (lambda x, y, t: interpolate.Akima1DInterpolator(x, y)(t), xs, ys, q),
    "akima known": (lambda t: interpolate.Akima1DInterpolator(xs, ys)(t), q),
    "makima": (lambda y, t: interpolate.Akima1DInterpolator(xs, y, method="makima")(t), ys, q),
    "ppoly": (
        lambda c, t: interpolate.PPoly(c, np.array([0, 1.0, 2, 3]))(t),
        R.normal(size=(4, 3)),
        np.array([0.5, 1.5, 2.2]),
    ),
    "ppoly x": (
        lambda c, x, t: interpolate.PPoly(c, x)(t),
        R.normal(size=(4, 3)),
        np.array([0, 1.0, 2, 3]),
        np.array([0.5, 1.5, 2.2]),
    ),
    "ppoly deriv": (
        lambda c, t: (
            interpolate.PPoly(c, np.array([0, 1.0, 2, 3])).derivative()(t)
            + interpolate.PPoly(c, np.array([0, 1.0, 2, 3])).antiderivative()(t)
        ),
        R.normal(size=(4, 3)),
        np.array([0.5, 1.5, 2.2]),
    ),
    "bpoly": (
        lambda c, t: interpolate.BPoly(c, np.array([0, 1.0, 2, 3]))(t),
        R.normal(size=(4, 3)),
        np.array([0.5, 1.5, 2.2]),
    ),
    "bspline": (
        lambda c, t: interpolate.BSpline(np.array([0, 0, 0, 0, 1, 2, 3, 3, 3, 3.0]), c, 3)(t),
        R.normal(size=6),
        np.array([0.5, 1.5, 2.2]),
    ),
    "splev": (lambda y, t: interpolate.splev(t, interpolate.splrep(xs, y), der=1), ys, q),
    "splder": (lambda y, t: interpolate.splev(t, interpolate.splder(interpolate.splrep(xs, y))), ys, q),
    "splantider": (lambda y, t: interpolate.splev(t, interpolate.splantider(interpolate.splrep(xs, y))), ys, q),
    "splint": (lambda y: np.stack([interpolate.splint(0.6, 3.2, interpolate.splrep(xs, y))]), ys),
    "barycentric": (lambda y, t: interpolate.BarycentricInterpolator(xs, y)(t), ys, q),
    "barycentric_interpolate": (lambda y, t: interpolate.barycentric_interpolate(xs, y, t), ys, q),
    "krogh": (lambda y, t: interpolate.KroghInterpolator(xs, y)(t), ys, q),
    "pchip_interpolate": (lambda y, t: interpolate.pchip_interpolate(xs, y, t), ys, q),
    "rbf": (
        lambda y, t: interpolate.RBFInterpolator(np.stack([xs, xs**2], -1), y)(t),
        ys,
        R.uniform(1, 3, size=(4, 2)),
    ),
    "rbf gauss": (
        lambda y, t: interpolate.RBFInterpolator(
            np.stack([xs, xs**2], -1), y, kernel="gaussian", epsilon=0.7, smoothing=0.1
        )(t),
        ys,
        R.uniform(1, 3, size=(4, 2)),
    ),
    "griddata": (lambda y: interpolate.griddata(np.stack([xs, xs**2 - 3 * xs], -1), y, np.array([[2.0, -1.0]])), ys),
    "LinearND": (
        lambda y: interpolate.LinearNDInterpolator(np.stack([xs, (xs**2 - 3 * xs)], -1), y)(np.array([[2.0, -1.0]])),
        ys,
    ),
    "NearestND": (
        lambda y: interpolate.NearestNDInterpolator(np.stack([xs, (xs**2 - 3 * xs)], -1), y)(np.array([[2.0, -1.0]])),
        ys,
    ),
    "make_lsq": (lambda y, t: interpolate.make_lsq_spline(xs, y, np.r_[(xs[0],) * 4, 2.5, (xs[-1],) * 4])(t), ys, q),
    "make_smoothing": (lambda y, t: interpolate.make_smoothing_spline(xs, y, lam=0.3)(t), ys, q),
    "cubic bc tuple": (lambda y, t: interpolate.CubicSpline(xs, y, bc_type=((1, 0.0), (2, 0.0)))(t), ys, q),
    "filtfilt": (lambda x: signal.filtfilt(b, a, x), sig),
    "filtfilt ba": (lambda b, a, x: signal.filtfilt(b, a, x), b, a, sig),
    "filtfilt axis": (lambda x: signal.filtfilt(b, a, x, axis=0, padtype="even", padlen=5), sig2.T.copy()),
    "filtfilt const": (lambda x: signal.filtfilt(b, a, x, padtype="constant"), sig),
    "filtfilt none": (lambda x: signal.filtfilt(b, a, x, padtype=None), sig),
    "sosfiltfilt": (lambda x: signal.sosfiltfilt(signal.butter(4, 0.3, output="sos"), x), sig),
    "sosfilt zi": (
        lambda x, z: signal.sosfilt(signal.butter(4, 0.3, output="sos"), x, zi=z)[0],
        sig,
        R.normal(size=(2, 2)),
    ),
    "lfilter_zi": (lambda b, a: signal.lfilter_zi(b, a), b, a),
    "hilbert": (lambda x: np.abs(signal.hilbert(x)), sig),
    "hilbert N": (lambda x: np.abs(signal.hilbert(x, N=64)), sig),
    "hilbert odd": (lambda x: np.angle(signal.hilbert(x, axis=0)), sig2.T[:15].copy()),
    "detrend": (lambda x: signal.detrend(x, axis=0), sig2.T.copy()),
    "detrend bp": (lambda x: signal.detrend(x, bp=[10, 20]), sig),
    "convolve2d": (lambda x, k: signal.convolve2d(x, k, mode="same", boundary="symm"), im, R.normal(size=(3, 3))),
    "resample": (lambda x: signal.resample(x, 25), sig),
    "resample up": (lambda x: signal.resample(x, 90), sig),
    "resample axis": (lambda x: signal.resample(x, 20, axis=1, window="hann"), sig2),
    "resample_poly": (lambda x: signal.resample_poly(x, 3, 2), sig),
    "upfirdn": (lambda h, x: signal.upfirdn(h, x, 3, 2), v, sig),
    "decimate": (lambda x: signal.decimate(x, 3), sig),
    "decimate fir": (lambda x: signal.decimate(x, 3, ftype="fir"), sig),
    "windows": (lambda x: x * signal.windows.hann(40) * signal.get_window("hamming", 40), sig),
    "windows gaussian sym": (lambda s: signal.windows.gaussian(12, s), np.array(3.0)),
    "windows exponential": (lambda s: signal.windows.exponential(12, tau=s), np.array(3.0)),
    "periodogram": (lambda x: signal.periodogram(x, fs=10.0)[1], sig),
    "periodogram win": (lambda x: signal.periodogram(x, 10.0, "hann", detrend="linear", scaling="spectrum")[1], sig2),
    "welch": (lambda x: signal.welch(x, fs=10.0, nperseg=16)[1], sig),
    "welch2": (
        lambda x: signal.welch(x, fs=10.0, nperseg=16, noverlap=4, detrend=False, average="mean", axis=0)[1],
        sig2.T.copy(),
    ),
    "csd": (lambda x, y: np.abs(signal.csd(x, y, nperseg=16)[1]), sig, sig[::-1] ** 2),
    "coherence": (lambda x, y: signal.coherence(x, y, nperseg=16)[1], sig, sig[::-1] ** 2),
    "spectrogram": (lambda x: signal.spectrogram(x, nperseg=16)[2], sig),
    "freqz": (lambda b, a: np.abs(signal.freqz(b, a, worN=16)[1]), b, a),
    "sosfreqz": (lambda b: np.abs(signal.sosfreqz(b, worN=16)[1]), signal.butter(4, 0.3, output="sos")),
    "medfilt": (lambda x: signal.medfilt(x, 5), sig),
    "gausspulse": (lambda t: signal.gausspulse(t, 5.0), np.linspace(-0.2, 0.3, 9)),
    "dct": (lambda x: fft.dct(x), sig2),
    **{
        f"dct {t} {n} {k}": (lambda x, t=t, n=n, k=k: getattr(fft, k)(x, type=t, norm=n, axis=0), sig2.T[:8].copy())
        for t in (1, 2, 3, 4)
        for n in (None, "ortho")
        for k in ("dct", "idct", "dst", "idst")
    },
    "dct n": (lambda x: fft.dct(x, n=20) + fft.idct(x, n=20, norm="ortho"), sig2),
    "dctn": (lambda x: fft.dctn(x, norm="ortho") + fft.idctn(x) + fft.dstn(x, type=1) + fft.idstn(x), im),
    "polar": (lambda a: linalg.polar(a)[0] + linalg.polar(a, side="left")[1], M),
    "solve_banded": (
        lambda ab, b: linalg.solve_banded((1, 1), ab, b),
        R.normal(size=(3, 5)) + np.array([[0], [4], [0]]),
        R.normal(size=5),
    ),
    "solve_banded 2d": (
        lambda ab, b: linalg.solve_banded((2, 1), ab, b),
        R.normal(size=(4, 5)) + np.array([[0], [6], [0], [0]]),
        R.normal(size=(5, 2)),
    ),
    "solveh_banded": (
        lambda ab, b: linalg.solveh_banded(ab, b),
        np.vstack([R.normal(size=5), 5 + R.normal(size=5)]),
        R.normal(size=5),
    ),
    "solveh_banded lower": (
        lambda ab, b: linalg.solveh_banded(ab, b, lower=True),
        np.vstack([5 + R.normal(size=5), R.normal(size=5)]),
        R.normal(size=5),
    ),
    "cholesky_banded": (lambda ab: linalg.cholesky_banded(ab), np.vstack([R.normal(size=5), 5 + R.normal(size=5)])),
    "cho_solve_banded": (
        lambda ab, b: linalg.cho_solve_banded((linalg.cholesky_banded(ab), False), b),
        np.vstack([R.normal(size=5), 5 + R.normal(size=5)]),
        R.normal(size=5),
    ),
    "eigh_tridiagonal": (lambda d, e: linalg.eigh_tridiagonal(d, e)[0], R.normal(size=5), R.normal(size=4)),
    "eigh_tridiagonal v": (lambda d, e: linalg.eigh_tridiagonal(d, e)[1] ** 2, R.normal(size=5), R.normal(size=4)),
    "eigvalsh_tridiagonal": (lambda d, e: linalg.eigvalsh_tridiagonal(d, e), R.normal(size=5), R.normal(size=4)),
    "eigvals_banded": (lambda ab: linalg.eigvals_banded(ab), np.vstack([R.normal(size=5), 5 + R.normal(size=5)])),
    "solve_toeplitz": (
        lambda c, r, b: linalg.solve_toeplitz((c, r), b),
        np.array([3.0, 1, 0.4]),
        np.array([3.0, 0.2, 0.7]),
        v,
    ),
    "circulant": (lambda c: linalg.circulant(c), v),
    "hankel": (lambda c: linalg.hankel(c), v),
    "fiedler": (lambda c: linalg.fiedler(c), v),
    "leslie": (lambda f, s: linalg.leslie(f, s), v, v[:2]),
    "conv_matrix": (lambda c: linalg.convolution_matrix(c, 4, mode="same"), v),
    "vander": (lambda c: np.vander(c, 4), v),
    "cho": (lambda a, b: linalg.cho_solve(linalg.cho_factor(spd(a)), b), M, v),
    "cho low": (lambda a, b: linalg.cho_solve(linalg.cho_factor(spd(a), lower=True), b), M, v),
    "expm": (lambda a: linalg.expm(a), M / 3),
    "cosm": (lambda a: linalg.cosm(a) + linalg.sinm(a), M / 3),
    "tanm": (lambda a: linalg.tanm(a), M / 4),
    "tanhm": (lambda a: linalg.tanhm(a), M / 4),
    "khatri": (lambda a, b: linalg.khatri_rao(a, b), M, pts),
    "procrustes": (lambda a, b: linalg.orthogonal_procrustes(a, b)[0], pts, pts[::-1] + 0.1),
    "signm": (lambda a: linalg.signm(a), M),
    "frac power": (lambda a: linalg.fractional_matrix_power(spd(a), 0.5), M),
    "pinvh": (lambda a: linalg.pinvh(spd(a)), M),
    "rq": (lambda a: linalg.rq(a)[0] ** 2, M),
    "lstsq": (lambda a, b: linalg.lstsq(a, b)[0], P1, R.normal(size=5)),
    "hankel1": (lambda x: np.abs(special.hankel1(0.5, x)), np.array([0.5, 2.0])),
    "hankel2": (lambda x: np.real(special.hankel2(1, x)), np.array([0.5, 2.0])),
    "hankel1e": (lambda x: np.imag(special.hankel1e(1, x) + special.hankel2e(1, x)), np.array([0.5, 2.0])),
    "jvp": (
        lambda x: special.jvp(1.5, x) + special.yvp(1.5, x, 2) + special.ivp(1.5, x) + special.kvp(1.5, x),
        np.array([0.5, 2.0]),
    ),
    "jn": (lambda x: special.jn(2, x), np.array([0.5, 2.0])),
    "radian": (lambda x: special.radian(x, 2.0, 3.0), np.array([20.0, 30.0])),
    "factorial": (lambda x: special.factorial(x), np.array([2.5, 3.0])),
    "nbdtr": (lambda p: special.nbdtr(2, 5, p) + special.nbdtrc(2, 5, p), np.array([0.25, 0.3])),
    "bdtri": (lambda y: special.bdtri(2, 7, y) + special.nbdtri(2, 5, y), np.array([0.25, 0.3])),
    "pdtri": (lambda y: special.pdtri(3, y), np.array([0.25, 0.3])),
    "gaussian_kde": (lambda d, x: stats.gaussian_kde(d)(x), ys, q),
    "kde bw": (lambda d, x: stats.gaussian_kde(d, bw_method=0.3)(x), ys, q),
    "kde silverman 2d": (
        lambda d, x: stats.gaussian_kde(d, bw_method="silverman").logpdf(x),
        R.normal(size=(2, 9)),
        R.normal(size=(2, 3)),
    ),
    "kde weights": (lambda w, x: stats.gaussian_kde(ys, weights=w).evaluate(x), np.abs(ys) + 0.1, q),
    "kde known": (lambda x: stats.gaussian_kde(ys).pdf(x), q),
    "truncnorm": (
        lambda x, a, s: stats.truncnorm.logpdf(x, a, 2.0, 0.1, s),
        np.array([0.2, 0.5]),
        np.array(-1.0),
        np.array(1.3),
    ),
    "truncnorm cdf": (
        lambda x, a, s: stats.truncnorm.cdf(x, a, 2.0, 0.1, s) + stats.truncnorm.sf(x, a, 2.0),
        np.array([0.2, 0.5]),
        np.array(-1.0),
        np.array(1.3),
    ),
    "truncnorm ppf": (
        lambda x, a, s: stats.truncnorm.ppf(x, a, 2.0, 0.1, s),
        np.array([0.2, 0.5]),
        np.array(-1.0),
        np.array(1.3),
    ),
    "truncexpon": (
        lambda x, b: stats.truncexpon.logpdf(x, b) + stats.truncexpon.cdf(x, b),
        np.array([0.2, 0.5]),
        np.array(2.0),
    ),
    "wishart": (lambda x, s: stats.wishart.logpdf(spd(x), 5, spd(s)), M, M),
    "invwishart": (lambda x, s: stats.invwishart.logpdf(spd(x), 5, spd(s)), M, M),
    **{
        f"dist {m}": (lambda u, v, m=m: np.stack([getattr(distance, m)(u, v)]), np.abs(v) + 0.1, np.abs(v[::-1]) + 0.3)
        for m in [
            "euclidean",
            "sqeuclidean",
            "cosine",
            "cityblock",
            "chebyshev",
            "correlation",
            "canberra",
            "braycurtis",
            "jensenshannon",
        ]
    },
    **{
        f"dist w {m}": (
            lambda u, v, m=m: np.stack([getattr(distance, m)(u, v, w=w3)]),
            np.abs(v) + 0.1,
            np.abs(v[::-1]) + 0.3,
        )
        for m in [
            "euclidean",
            "sqeuclidean",
            "cosine",
            "cityblock",
            "chebyshev",
            "correlation",
            "canberra",
            "braycurtis",
        ]
    },
    "minkowski": (lambda u, v: np.stack([distance.minkowski(u, v, 3, w3)]), v, v[::-1] + 0.2),
    "mahal": (lambda u, v: np.stack([distance.mahalanobis(u, v, spd(M))]), v, v[::-1] + 0.2),
    "seucl": (lambda u, v: np.stack([distance.seuclidean(u, v, w3)]), v, v[::-1] + 0.2),
    "cdist w": (
        lambda a, b: distance.cdist(a, b, "euclidean", w=w3) + distance.cdist(a, b, "cityblock", w=w3),
        pts,
        P1,
    ),
    "cdist cosine w": (lambda a, b: distance.cdist(a, b, "cosine", w=w3), pts, P1),
    "distance_matrix": (
        lambda a, b: spatial.distance_matrix(a, b) + spatial.minkowski_distance(a[:, None], b, 3),
        pts,
        P1,
    ),
    "pdist callable": (lambda a: distance.pdist(a, lambda u, v: np.sum(np.abs(u - v) ** 1.5)), pts),
    "cdist callable": (lambda a, b: distance.cdist(a, b, lambda u, v: np.exp(-np.sum((u - v) ** 2))), pts, P1),
    "pdist mahal": (lambda a: distance.pdist(a, "mahalanobis"), R.normal(size=(6, 3))),
    "pdist seuc": (lambda a: distance.pdist(a, "seuclidean"), R.normal(size=(6, 3))),
    "uniform_filter": (lambda x: ndimage.uniform_filter(x, (2, 3), mode="nearest"), im),
    "uniform origin": (lambda x: ndimage.uniform_filter(x, 3, origin=1), im),
    "uniform axes": (lambda x: ndimage.uniform_filter(x, 3, axes=(1,)), im),
    "nd correlate": (lambda x, k: ndimage.correlate(x, k, mode="wrap"), im, K3),
    "nd correlate origin": (
        lambda x, k: ndimage.correlate(x, k, origin=1) + ndimage.convolve(x, k, origin=(0, -1)),
        im,
        K3,
    ),
    "nd correlate1d origin": (
        lambda x, k: ndimage.correlate1d(x, k, origin=1) + ndimage.convolve1d(x, k, origin=-1, axis=0),
        im,
        v,
    ),
    "gauss_laplace": (lambda x: ndimage.gaussian_laplace(x, 0.8), im),
    "ggm": (lambda x: ndimage.gaussian_gradient_magnitude(x, 0.8), im),
    "gauss order": (lambda x: ndimage.gaussian_filter(x, 0.8, order=1), im),
    "gauss order2": (lambda x: ndimage.gaussian_filter(x, (0.8, 1.0), order=(0, 2), mode="constant", cval=0.2), im),
    "gauss1d order": (lambda x: ndimage.gaussian_filter1d(x, 0.8, order=2, axis=0), im),
    "gauss sigma": (lambda x, s: ndimage.gaussian_filter1d(x, s, radius=3), im, np.array(0.9)),
    "sobel": (lambda x: ndimage.sobel(x, axis=0, mode="nearest"), im),
    "prewitt": (lambda x: ndimage.prewitt(x), im),
    "laplace": (lambda x: ndimage.laplace(x, mode="wrap"), im),
    "max filter": (lambda x: ndimage.maximum_filter(x, 3) + ndimage.minimum_filter(x, (1, 3)), im),
    "max1d": (lambda x: ndimage.maximum_filter1d(x, 3) + ndimage.minimum_filter1d(x, 4, axis=0), im),
    "median filter": (
        lambda x: ndimage.median_filter(x, 3) + ndimage.percentile_filter(x, 30, 3) + ndimage.rank_filter(x, 2, 3),
        im,
    ),
    "grey": (
        lambda x: (
            ndimage.grey_dilation(x, 3)
            + ndimage.grey_erosion(x, 3)
            + ndimage.grey_opening(x, 3)
            + ndimage.grey_closing(x, 3)
        ),
        im,
    ),
    "tophat": (
        lambda x: (
            ndimage.white_tophat(x, 3)
            + ndimage.black_tophat(x, 3)
            + ndimage.morphological_gradient(x, 3)
            + ndimage.morphological_laplace(x, 3)
        ),
        im,
    ),
    "nd sum": (
        lambda x: (
            ndimage.sum(x, np.arange(42).reshape(6, 7) % 3, [0, 1, 2])
            + ndimage.mean(x, np.arange(42).reshape(6, 7) % 3, [0, 1, 2])
            + ndimage.variance(x, np.arange(42).reshape(6, 7) % 3, [0, 1, 2])
            + ndimage.standard_deviation(x, np.arange(42).reshape(6, 7) % 3, [0, 1, 2])
            + ndimage.maximum(x, np.arange(42).reshape(6, 7) % 3, [0, 1, 2])
            + ndimage.minimum(x, np.arange(42).reshape(6, 7) % 3, [0, 1, 2])
            + ndimage.median(x, np.arange(42).reshape(6, 7) % 3, [0, 1, 2])
        ),
        im,
    ),
    "nd sum all": (
        lambda x: np.stack([ndimage.sum(x) + ndimage.mean(x) + ndimage.variance(x) + ndimage.maximum(x)]),
        im,
    ),
    "com": (lambda x: np.stack(ndimage.center_of_mass(x)), np.abs(im)),
    "shift": (lambda x: ndimage.shift(x, (0.3, -0.4)), im),
    "shift sym": (lambda x, s: ndimage.shift(x, s, order=1, mode="nearest"), im, np.array([0.3, -0.4])),
    "rotate": (lambda x: ndimage.rotate(x, 20.0, reshape=False), im),
    "affine": (lambda x, m: ndimage.affine_transform(x, m, offset=0.2, order=1), im, np.eye(2) * 0.83),
    "zoom": (lambda x: ndimage.zoom(x, 1.5), im),
    "spline_filter": (lambda x: ndimage.spline_filter(x) + ndimage.spline_filter1d(x, axis=0), im),
    "geometric": (lambda x: ndimage.geometric_transform(x, lambda p: (p[0] * 0.9, p[1] * 0.8)), im),
    "mapco order0": (lambda x: ndimage.map_coordinates(x, np.array([[0.3, 1.7], [2.2, 3.1]]), order=0), im),
    "mapco order2": (lambda x: ndimage.map_coordinates(x, np.array([[0.3, 1.7], [2.2, 3.1]]), order=2), im),
    "romb": (lambda y: np.stack([integrate.romb(y, 0.1)]), R.normal(size=9)),
    "fixed_quad": (lambda a: np.stack([integrate.fixed_quad(lambda t: np.exp(-a * t), 0, 1.0, n=7)[0]]), np.array(1.3)),
    "dblquad": (
        lambda a: np.stack([integrate.dblquad(lambda y, x: np.exp(-a * x * y), 0, 1, 0, lambda x: x)[0]]),
        np.array(1.3),
    ),
    "nquad": (
        lambda a: np.stack([integrate.nquad(lambda x, y: np.exp(-a * x * y), [[0, 1], [0, 2]])[0]]),
        np.array(1.3),
    ),
    "quad points": (
        lambda a: np.stack([integrate.quad(lambda t: np.abs(t - 0.5) * a, 0, 1, points=[0.5])[0]]),
        np.array(1.3),
    ),
    "fsolve": (lambda a: optimize.fsolve(lambda x: x**3 + a * x - 1, [0.5, 0.5]), np.array([1.3, 2.0])),
    "fsolve full": (
        lambda a: optimize.fsolve(lambda x: x**3 + a * x - 1, [0.5, 0.5], full_output=True)[0],
        np.array([1.3, 2.0]),
    ),
    "newton": (lambda a: np.stack([optimize.newton(lambda x: x**3 + a * x - 1, 0.5)]), np.array(1.3)),
    "newton vec": (
        lambda a: optimize.newton(lambda x: x**3 + a * x - 1, np.array([0.5, 0.5]), fprime=lambda x: 3 * x**2 + a),
        np.array([1.3, 2.0]),
    ),
    "newton args": (
        lambda a: np.stack([optimize.newton(lambda x, b: x**3 + b * x - 1, 0.5, args=(a,))]),
        np.array(1.3),
    ),
    "root_scalar": (
        lambda a: np.stack([optimize.root_scalar(lambda x: x**3 + a * x - 1, x0=0.5, x1=0.6, method="secant").root]),
        np.array(1.3),
    ),
    "brentq full": (
        lambda a: np.stack([optimize.brentq(lambda x: x**3 + a * x - 1, 0, 1, full_output=True)[0]]),
        np.array(1.3),
    ),
    "minimize_scalar": (lambda a: np.stack([optimize.minimize_scalar(lambda x: (x - a) ** 4 + x**2).x]), np.array(1.3)),
    "minimize_scalar fun": (
        lambda a: np.stack([optimize.minimize_scalar(lambda x: (x - a) ** 4 + x**2, bracket=(0, 1)).fun]),
        np.array(1.3),
    ),
    "minimize_scalar bounded": (
        lambda a: np.stack(
            [
                optimize.minimize_scalar(
                    lambda x: (x - a) ** 4 + x**2, bounds=(0, 1), method="bounded", options={"xatol": 1e-10}
                ).x
            ]
        ),
        np.array(1.3),
    ),
    "fixed_point": (lambda a: optimize.fixed_point(lambda x: np.cos(a * x), [0.5, 0.5]), np.array([0.8, 0.9])),
    "curve_fit": (
        lambda y: optimize.curve_fit(lambda x, a, b: a * np.exp(-b * x), xs, y, p0=[1.0, 0.5])[0],
        2 * np.exp(-0.7 * xs) + 0.01 * ys,
    ),
    "stats iqr": (lambda x: np.stack([stats.iqr(x), stats.median_abs_deviation(x)]), ys),
    "tmean": (lambda x: np.stack([stats.tmean(x), stats.tvar(x), stats.tstd(x), stats.tsem(x)]), ys),
    "circ": (lambda x: np.stack([stats.circmean(x), stats.circvar(x), stats.circstd(x)]), ys),
    "describe": (
        lambda x: np.stack([stats.describe(x).mean, stats.describe(x).variance, stats.describe(x).skewness]),
        ys,
    ),
    "llf": (
        lambda l, x: np.stack([stats.boxcox_llf(l, x), stats.yeojohnson_llf(l, x)]),
        np.array(0.3),
        np.abs(ys) + 0.1,
    ),
    "boxcox": (lambda l, x: stats.boxcox(x, l) + stats.yeojohnson(x, l), np.array(0.3), np.abs(ys) + 0.1),
    "f_oneway": (lambda x, y: np.stack(stats.f_oneway(x, y)), ys, ys[::-1] * 2 + 0.3),
    "chisquare": (lambda x: np.stack(stats.chisquare(x, x[::-1])), np.array([3.0, 4, 5, 6])),
    "power_div": (lambda x: np.stack(stats.power_divergence(x, lambda_="log-likelihood")), np.array([3.0, 4, 5, 6])),
    "jarque": (lambda x: np.stack(stats.jarque_bera(x)), ys),
    "wasserstein": (
        lambda x, y: np.stack([stats.wasserstein_distance(x, y), stats.energy_distance(x, y)]),
        ys,
        ys[::-1] * 2 + 0.3,
    ),
}
LOOSE = {"minimize_scalar bounded", "curve_fit"}  # whose search by SciPy ends before ours


def parts(f):
    """A real function of real and imaginary parts."""

    def call(*args):
        y = f(*args)
        return np.real(y) + 0.3 * np.imag(y)

    return call


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning", "ignore::DeprecationWarning")
def test_value_is_scipys_and_derivatives_are_those_of_differences(name):
    f, *arrays = CALLS[name]
    arrays = [np.asarray(x) for x in arrays]
    names = ["x", "y", "z", "u"][: len(arrays)]
    found, expected = np.asarray(sd.function(named_like(f, names))(*arrays)), np.asarray(f(*arrays))
    assert found.shape == expected.shape and found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-7 if name in LOOSE else 1e-9, atol=1e-11)
    sd.check_grads(weighted_sum(parts(f) if np.iscomplexobj(expected) else f, names), arrays, order=1, rtol=5e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: signal.lombscargle(np.arange(7.0), x, np.ones(2)),
            r"scipy\.signal\.lombscargle: Fourier's transform",
        ),
        (lambda x: linalg.schur(np.outer(x, x))[0], r"scipy\.linalg\.schur .*: a factorisation"),
        (lambda x: stats.nct.logpdf(x, 2.0, 1.0), r"scipy\.stats\.nct\.logpdf .*: a distribution"),
        (lambda x: special.struve(1.0, x), r"scipy\.special\.struve .*: a special function"),
        (lambda x: interpolate.interp1d(xs, x)(q, k=3), "unexpected keyword"),
        (lambda x: interpolate.interp1d(xs, x, kind="quartic")(q), "kind='quartic'"),
        (lambda x: interpolate.make_smoothing_spline(xs, x)(q), "searches for lam"),
        (lambda x: signal.filtfilt(b, a, x), "give padlen"),
        (lambda x: interpolate.interp1d(xs[1:], x)(q), r"x of shape \(6,\) of values of shape \(7,\)"),
        (lambda x: interpolate.interp1d(xs, x[0])(q), "of one number"),
        (lambda x: fft.dct(x, type=5), "type 5"),
        (lambda x: fft.dct(x[:0]), "dct of 0 samples"),
        (lambda x: ndimage.uniform_filter1d(x, 3, origin=4), "origin=4"),
        (lambda x: stats.boxcox(x)[0], "give lmbda"),
        (lambda x: optimize.curve_fit(lambda t, k: k * t, xs, x)[0], "give p0"),
    ],
)
def test_what_is_refused_says_why(call, message):
    with pytest.raises((SymdiffError, TypeError), match=message):
        sd.grad(lambda x: np.sum(call(x)))(ys)


def test_a_place_outside_of_the_range_raises_as_scipy_does():
    f = sd.function(lambda x: interpolate.interp1d(xs, ys)(x))
    with pytest.raises(ValueError, match="outside of the interpolation range"):
        f(np.array([99.0]))


def test_interpolants_of_numbers_are_called_with_symbolic_places():
    for kind in ("linear", "cubic"):
        line = interpolate.interp1d(xs, Y, kind=kind, axis=0)
        np.testing.assert_allclose(sd.function(lambda t: line(t))(q), line(q), rtol=1e-10)  # noqa: B023
        sd.check_grads(lambda t: np.sum(line(t) ** 2), (q,), order=1, rtol=1e-5)  # noqa: B023


def test_each_name_that_is_not_supported_has_a_reason():
    rows = scipy_coverage()
    assert not [row for row in rows if row.kind == NOT_SUPPORTED and not row.why]
    refused = {name for row in rows if row.why for name in (row.name, f"{row.space}.{row.name}"[len("scipy.") :])}
    assert REASONS.keys() <= refused
    with pytest.raises(UnsupportedError, match="whole numbers"):
        sd.grad(lambda x: stats.hypergeom.logpmf(x, 20, 7, 12))(2.0)


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda y: stats.gaussian_kde(y)(0.1), "gaussian_kde of 0 samples"),
        (lambda y: np.sum(ndimage.median_filter(y, size=3)), "a filter of an array without elements"),
        (lambda y: np.sum(signal.welch(y)[1]), "the spectrum of an array without elements"),
    ],
)
def test_arrays_without_elements_are_refused_in_our_words(f, said):
    with pytest.raises((ArgumentError, ShapeError), match=said):
        sd.grad(f)(np.zeros(0))
