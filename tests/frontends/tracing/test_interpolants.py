"""Interpolants of SciPy at symbolic positions and through symbolic values: SciPy's values, and derivatives by differences."""

import inspect

import numpy as np
import pytest
import scipy.interpolate as Q
from helpers import weighted_sum
from scipy.interpolate import CubicSpline, PchipInterpolator

import symdiff as sd
from symdiff.errors import UnsupportedError

R = np.random.default_rng(3)
x = np.sort(R.uniform(0, 5, 7))
y = R.normal(size=7)
Y = R.normal(size=(7, 2))
t = np.array([x[0] + 0.1, 1.3, 2.2, x[-1] - 0.05])
out = np.array([x[0] - 0.5, 2.0, x[-1] + 0.7])
SPL = CubicSpline(x, y)
PCH = PchipInterpolator(x, y)
AK = Q.Akima1DInterpolator(x, y)
US = Q.UnivariateSpline(x, y, s=0.1)
BS = Q.make_interp_spline(x, y, k=2)
PP = Q.PPoly(R.normal(size=(3, 4)), np.arange(5.0))
G = Q.RegularGridInterpolator((np.arange(4.0), np.arange(3.0) * 2), R.normal(size=(4, 3)))
gv = R.normal(size=(4, 3))
pts = np.array([[0.3, 1.1], [2.2, 3.9]])
V2 = CubicSpline(x, Y)
V3 = CubicSpline(x, Y.T, axis=1)
per = np.append(y[:-1], y[0])
PER = CubicSpline(x, per, bc_type="periodic")
CALLS = {
    "known": (lambda t: SPL(t), t),
    "known scalar": (lambda t: SPL(t[0]) * 2, t),
    "known out": (lambda t: SPL(t), out),
    "nu": (lambda t: SPL(t, 1) + SPL(t, nu=2), t),
    "derivative": (lambda t: SPL.derivative()(t) + SPL.antiderivative()(t), t),
    "integrate": (lambda t: SPL.integrate(t[0], t[1]) + SPL.integrate(0.5, t[2]), t),
    "pchip known": (lambda t: PCH(t), t),
    "akima known": (lambda t: AK(t), t),
    "univariate": (lambda t: US(t), t),
    "bspline": (lambda t: BS(t), out),
    "ppoly": (lambda t: PP(t), np.array([0.2, 1.4, 3.3])),
    "vector": (lambda t: V2(t), t),
    "vector axis": (lambda t: V3(t), t),
    "periodic": (lambda t: PER(t), out),
    "grid": (lambda p: G(p), pts),
    "grid one": (lambda p: G(p), pts[0]),
    "grid tuple": (lambda p: G((p[:, 0], p[:, 1])), pts),
    "values": (lambda t, y: CubicSpline(x, y)(t), t, y),
    "values natural": (lambda t, y: Q.CubicSpline(x, y, bc_type="natural")(t), t, Y),
    "values axis": (lambda t, y: CubicSpline(x, y, axis=1)(t), t, Y.T),
    "values clamped": (lambda y: CubicSpline(x, y, bc_type="clamped")(out) + CubicSpline(x, y).integrate(x[0], 2.0), y),
    "values periodic": (lambda t, y: CubicSpline(x, np.concatenate([y, y[:1]]), bc_type="periodic")(t), out, y[:-1]),
    "values deriv": (lambda t, y: CubicSpline(x, y).derivative()(t) + CubicSpline(x, y)(t, 2), t, y),
    "pchip values": (lambda t, y: PchipInterpolator(x, y)(t), t, y),
    "pchip positions": (lambda t, x, y: PchipInterpolator(x, y)(t), t, x, np.cumsum(y**2)),
    "hermite": (lambda t, y, d: Q.CubicHermiteSpline(x, y, d)(t), t, y, 2 * y),
    "bspline values": (lambda t, y: Q.make_interp_spline(x, y, k=3)(t), t, y),
    "bspline quadratic": (lambda t, y: Q.make_interp_spline(x, y, k=2)(t), out, Y),
    "bspline linear": (lambda t, y: Q.make_interp_spline(x, y, k=1)(t), t, y),
    "grid values": (lambda p, v: Q.RegularGridInterpolator((np.arange(4.0), np.arange(3.0) * 2), v)(p), pts, gv),
    "grid fill": (
        lambda p, v: Q.RegularGridInterpolator(
            (np.arange(4.0), np.arange(3.0) * 2), v, bounds_error=False, fill_value=None
        )(p),
        pts - 1,
        gv,
    ),
    "grid fill value": (
        lambda p, v: Q.RegularGridInterpolator(
            (np.arange(4.0), np.arange(3.0) * 2), v, bounds_error=False, fill_value=7.0
        )(p),
        pts - 1,
        gv,
    ),
}


def named(f, names):
    def call(*args):
        return f(*args)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    call.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    return call


@pytest.mark.parametrize("name", CALLS)
def test_value_is_scipys_and_derivatives_are_those_of_differences(name):
    f, *arrays = CALLS[name]
    names = ["x", "y", "z"][: len(arrays)]
    found, expected = sd.function(named(f, names))(*arrays), f(*arrays)
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
    sd.check_grads(weighted_sum(f, names), arrays, order=1, rtol=2e-5)


def test_points_outside_of_a_grid_are_errors_as_in_scipy():
    with pytest.raises(ValueError, match="out of bounds"):
        sd.grad(lambda p: np.sum(G(p)))(pts + 10)


def test_outside_of_an_interpolant_that_ends_there_is_nothing():
    ends = CubicSpline(x, y, extrapolate=False)
    assert np.isnan(sd.function(lambda t: ends(t))(out)[0]) and np.isnan(ends(out)[0])


def test_pchip_is_flat_where_the_points_turn():
    turns = np.array([0.0, 1.0, 1.0, 0.5, 2.0])
    slope = sd.grad(lambda t: np.sum(PchipInterpolator(np.arange(5.0), t)(np.array([1.0, 1.5]))))(turns)
    np.testing.assert_allclose(slope, [0.0, 1.5, 0.5, 0.0, 0.0], atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: CubicSpline(t, np.ones(4))(0.5), "symbolic positions"),
        (lambda t: CubicSpline(np.arange(4.0), t, bc_type=("natural", (1, 0.0)))(0.5), "two kinds of ends"),
        (lambda t: CubicSpline(np.arange(4.0), t).roots(), "roots of an interpolant"),
        (lambda t: Q.RegularGridInterpolator((np.arange(4.0),), t, method="cubic")([0.5]), "method='cubic'"),
    ],
)
def test_what_is_refused_says_why(call, message):
    with pytest.raises(UnsupportedError, match=message):
        sd.grad(lambda t: np.sum(call(t)))(np.array([0.1, 0.4, 0.2, 0.7]))
