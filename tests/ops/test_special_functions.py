"""Special functions: value and two derivatives are mpmath's, over the whole domain, tails included."""

import mpmath as mp
import numpy as np
import pytest
import scipy.special
import special_tables

import symdiff as sd
from symdiff.errors import UndefinedGradientError

INTERIOR, TAILS = 1e-12, 1e-10

# The expression, what it is in mpmath, points in the interior and in the tails.
FUNCTIONS = {
    "erfinv(x)": (mp.erfinv, [-0.9, -0.1, 0.3, 0.7], [1e-300, 0.999]),
    "erfcinv(x)": (lambda x: mp.erfinv(1 - x), [0.2, 0.7, 1.5], [1e-3]),
    "erfi(x)": (mp.erfi, [-2.0, 0.3, 1.4], [1e-12, 20.0]),
    "erfcx(x)": (lambda x: mp.exp(x * x) * mp.erfc(x), [-2.0, 0.0, 3.0], [19.9, 20.1, 1e5]),
    "dawsn(x)": (lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x), [-1.3, 0.2, 2.0], [7.1, 12.0, 25.0]),
    "ndtri(x)": (lambda x: mp.sqrt(2) * mp.erfinv(2 * x - 1), [0.1, 0.45, 0.8], [1e-10, 0.9999]),
    "owens_t(x, 0.7)": (lambda x: mp.quad(lambda t: mp.exp(-x * x * (1 + t * t) / 2) / (1 + t * t), [0, 0.7]) / (2 * mp.pi), [-0.6, 0.3, 1.7], [4.0]),
    "expi(x)": (mp.ei, [-2.0, -0.3, 0.8, 3.0], [-40.0, 50.0]),
    "exp1(x)": (mp.e1, [0.2, 1.3, 4.0], [1e-8, 60.0]),
    "expn(3, x)": (lambda x: mp.expint(3, x), [0.2, 1.3, 4.0], [60.0]),
    "spence(x)": (lambda x: mp.polylog(2, 1 - x), [0.2, 0.9, 1.0, 1.1, 1.8], [1e-12, 40.0]),
    "sici(x)[0]": (mp.si, [-2.0, 0.7, 3.0], [0.0, 40.0]),
    "sici(x)[1]": (mp.ci, [0.7, 2.0], [40.0]),
    "shichi(x)[0]": (mp.shi, [-2.0, 0.7, 3.0], [0.0, 30.0]),
    "fresnel(x)[0]": (mp.fresnels, [-0.6, 0.4, 1.2], [0.0, 4.0]),
    "fresnel(x)[1]": (mp.fresnelc, [-0.6, 0.4, 1.2], [0.0, 4.1]),
    "jv(2.5, x)": (lambda x: mp.besselj(2.5, x), [0.7, 2.0, 5.1], [1e-3, 60.0]),
    "yv(2.5, x)": (lambda x: mp.bessely(2.5, x), [0.7, 2.0, 5.0], [60.0]),
    "iv(2.5, x)": (lambda x: mp.besseli(2.5, x), [0.7, 2.0, 5.0], [1e-3, 80.0]),
    "kv(2.5, x)": (lambda x: mp.besselk(2.5, x), [0.7, 2.0, 5.0], [1e-3, 80.0]),
    "j0(x)": (lambda x: mp.besselj(0, x), [-1.0, 0.7, 2.0], [0.0, 40.0]),
    "j1(x)": (lambda x: mp.besselj(1, x), [-1.0, 0.7, 2.5], [0.0, 40.0]),
    "y0(x)": (lambda x: mp.bessely(0, x), [0.7, 2.5], [40.0]),
    "k1(x)": (lambda x: mp.besselk(1, x), [0.7, 2.5], [40.0]),
    "i1(x)": (lambda x: mp.besseli(1, x), [-1.0, 0.0, 0.7, 2.5], [1e-9, 40.0]),
    "i0e(x)": (lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), [-0.8, 0.7, 2.5], [40.0]),
    "i1e(x)": (lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), [0.7, 2.8], [40.0]),
    "k0e(x)": (lambda x: mp.besselk(0, x) * mp.exp(x), [0.7, 2.5], [40.0]),
    "spherical_jn(2, x)": (lambda x: mp.sqrt(mp.pi / 2 / x) * mp.besselj(2.5, x), [0.7, 2.0, 5.0], [40.0]),
    "airy(x)[0]": (mp.airyai, [-1.0, 0.3, 2.0], [6.0]),
    "airy(x)[2]": (mp.airybi, [-1.0, 0.3, 2.0], [6.0]),
    "ellipk(x)": (lambda x: mp.ellipk(x), [-0.7, 0.0, 0.4, 0.9], [-50.0, 0.9999]),
    "ellipe(x)": (lambda x: mp.ellipe(x), [-0.7, 0.0, 0.4, 0.9], [-50.0, 0.9999]),
    "ellipkm1(x)": (lambda x: mp.ellipk(1 - x), [0.3, 0.6, 1.5], [1e-20, 40.0]),
    "ellipkinc(0.9, x)": (lambda x: mp.ellipf(mp.mpf(0.9), x), [-0.7, 0.0, 0.3, 0.9], [-50.0]),
    "ellipeinc(0.9, x)": (lambda x: mp.ellipe(mp.mpf(0.9), x), [-0.7, 0.0, 0.3, 0.9], [-50.0]),
    "elliprf(x, 0.5, 1.5)": (lambda x: mp.elliprf(x, 0.5, 1.5), [0.2, 0.5, 1.5, 2.0], [1e-9, 1e5]),
    "elliprd(x, 0.5, 1.5)": (lambda x: mp.elliprd(x, 0.5, 1.5), [0.2, 0.5, 1.5, 2.0], [1e-9, 1e5]),
    "elliprd(0.5, 1.5, x)": (lambda x: mp.elliprd(0.5, 1.5, x), [0.2, 0.5, 1.5, 2.0], [1e-9, 1e5]),
    "elliprg(x, 0.5, 1.5)": (lambda x: mp.elliprg(x, 0.5, 1.5), [0.2, 0.5, 1.5, 2.0], [1e-9, 1e5]),
    "elliprj(x, 0.5, 1.5, 0.7)": (lambda x: mp.elliprj(x, 0.5, 1.5, mp.mpf(0.7)), [0.2, 0.5, 1.5, 2.0], [1e-9, 1e5]),
    "elliprj(0.3, 0.5, 1.5, x)": (lambda x: mp.elliprj(mp.mpf(0.3), 0.5, 1.5, x), [0.2, 0.5, 1.5, 2.0], [1e-9, 1e5]),
    "elliprc(x, 0.5)": (lambda x: mp.elliprc(x, 0.5), [0.2, 0.5, 1.5], [1e-9, 1e5]),
    "elliprc(0.5, x)": (lambda x: mp.elliprc(0.5, x), [0.2, 0.5, 1.5], [1e-9, 1e5]),
    "ellipkinc(x, 0.6)": (lambda x: mp.ellipf(x, 0.6), [-0.7, 0.3, 1.2], [4.0]),
    "ellipeinc(x, 0.6)": (lambda x: mp.ellipe(x, 0.6), [-0.7, 0.3, 1.2], [4.0]),
    "hyp1f1(1.5, 2.5, x)": (lambda x: mp.hyp1f1(1.5, 2.5, x), [-2.0, 0.0, 1.2], [-40.0, 60.0]),
    "hyp2f1(0.5, 1.5, 2.5, x)": (lambda x: mp.hyp2f1(0.5, 1.5, 2.5, x), [-0.7, 0.0, 0.6], [-40.0, 0.99]),
    "hyperu(1.5, 2.5, x)": (lambda x: mp.hyperu(1.5, 2.5, x), [0.7, 2.0], [40.0]),
    "gammainc(2.5, x)": (lambda x: mp.gammainc(2.5, 0, x, regularized=True), [0.4, 2.0, 5.0], [1e-6, 30.0]),
    "gammaincc(2.5, x)": (lambda x: mp.gammainc(2.5, x, regularized=True), [0.4, 2.0, 5.0], [60.0]),
    "betainc(1.7, 2.5, x)": (lambda x: mp.betainc(1.7, 2.5, 0, x, regularized=True), [0.2, 0.5, 0.8], [1e-6, 0.999]),
    "zeta(2.5, x)": (lambda x: mp.zeta(2.5, x), [0.7, 2.0], [40.0]),
    "rgamma(x)": (mp.rgamma, [-2.5, -2.0, -1.0, 0.0, 0.3, 0.7, 2.0], [1e-8, -20.0]),
    "xlog1py(x, 0.5)": (lambda x: x * mp.log(1.5), [-1.0, 0.0, 2.0], []),
    "xlog1py(1.5, x)": (lambda x: 1.5 * mp.log1p(x), [-0.9, 0.0, 2.0], [1e-9]),
    "pseudo_huber(0.5, x)": (lambda x: 0.25 * (mp.sqrt(1 + 4 * x * x) - 1), [-1.0, 0.0, 2.0], [-1e8, 1e-9]),
    "pseudo_huber(x, 0.5)": (lambda x: x * x * (mp.sqrt(1 + 0.25 / x / x) - 1), [0.3, 1.0, 2.0], [1e-3, 1e6]),
    "poch(x, 1.5)": (lambda x: mp.rf(x, 1.5), [0.7, 2.0], [40.0]),
    "binom(x, 1.5)": (lambda x: mp.binomial(x, 1.5), [2.2, 4.1], [40.0]),
    "boxcox(x, 0.0)": (mp.log, [0.7, 2.0], [40.0]),
    "wrightomega(x)": (lambda x: mp.lambertw(mp.exp(x)), [-1.0, 0.7, 2.0], [30.0]),
    "real(lambertw(x))": (lambda x: mp.re(mp.lambertw(x)), [-0.2, 0.7, 2.0], [0.0, 1e6]),
    "eval_legendre(4, x)": (lambda x: mp.legendre(4, x), [-0.7, 0.2], [1.0, -1.0]),
    "eval_chebyt(4, x)": (lambda x: mp.chebyt(4, x), [-0.7, 0.2], [1.0, 2.0]),
    "eval_chebyu(4, x)": (lambda x: mp.chebyu(4, x), [-0.7, 0.2], [1.0, 2.0]),
    "eval_hermite(4, x)": (lambda x: mp.hermite(4, x), [-0.7, 0.2], [0.0, 10.0]),
    "eval_jacobi(3, 0.5, 1.5, x)": (lambda x: mp.jacobi(3, 0.5, 1.5, x), [-0.7, 0.2], [1.0]),
    "eval_genlaguerre(3, 0.5, x)": (lambda x: mp.laguerre(3, 0.5, x), [0.2, 2.2], [0.0, 30.0]),
}  # fmt: skip


@pytest.mark.parametrize("text", FUNCTIONS)
def test_value_and_two_derivatives_are_mpmaths(text):
    exact, interior, tails = FUNCTIONS[text]
    f = sd.function(text)
    orders = (f, sd.grad(f), sd.grad(sd.grad(f)))
    for points, tolerance in ((interior, INTERIOR), (tails, TAILS)):
        for x in points:
            for order, (g, expected) in enumerate(zip(orders, with_two_derivatives(exact, x), strict=True)):
                np.testing.assert_allclose(g(x), expected, rtol=tolerance, atol=1e-14, err_msg=f"order {order} at {x}")


def with_two_derivatives(exact, x):
    """By differences: the steps are so small that twenty digits are right, also where the curvature is as small as x."""
    size = abs(x) or 1
    with mp.workdps(70 - 2 * min(0, round(np.log10(size)))):
        step = mp.mpf(10) ** -12 * size
        below, here, above = (exact(mp.mpf(x) + k * step) for k in (-1, 0, 1))
        derivatives = here, (above - below) / (2 * step), (above - 2 * here + below) / step**2
        return [float(mp.re(each)) for each in derivatives]


def student(df, t):
    tail = mp.betainc(df / 2, 0.5, 0, df / (df + t * t), regularized=True) / 2
    return tail if t < 0 else 1 - tail


SHAPES = {
    "gammainc(a, x)": (lambda a, x: mp.gammainc(a, 0, x, regularized=True), [(0.7, 0.2), (2.5, 2.0), (2.5, 9.0), (40.0, 35.0), (300.0, 310.0), (3.0, 4.0), (5.0, 1e-10)]),
    "gammaincc(a, x)": (lambda a, x: mp.gammainc(a, x, regularized=True), [(0.7, 0.2), (2.5, 2.0), (40.0, 35.0), (1.0, 700.0), (17.0, 60.0)]),
    "betainc(a, 2.5, x)": (lambda a, x: mp.betainc(a, 2.5, 0, x, regularized=True), [(0.7, 0.2), (2.5, 0.9), (30.0, 0.95)]),
    "stdtr(a, x)": (lambda a, x: student(a, x), [(3.0, -1.0), (3.0, 0.5), (1.0, -40.0), (200.0, -14.0), (2.0, -1.41), (0.5, 1e-6), (2.0, 0.0)]),
    "betainc(3.5, a, x)": (lambda a, x: mp.betainc(3.5, a, 0, x, regularized=True), [(0.7, 0.2), (2.5, 0.9), (30.0, 0.05)]),
}  # fmt: skip


@pytest.mark.parametrize("text", SHAPES)
def test_derivatives_by_shapes_are_mpmaths(text):
    """In both tails, too, where what is left of a probability has digits of its own."""
    exact, points = SHAPES[text]
    g = sd.grad(text, "a")
    for a, x in points:
        with mp.workdps(40):
            expected = float(mp.diff(lambda a: exact(a, mp.mpf(x)), mp.mpf(a), h=mp.mpf(10) ** -12))  # noqa: B023
        np.testing.assert_allclose(g(a=a, x=x), expected, rtol=1e-10, atol=1e-300, err_msg=f"at {a}, {x}")


@pytest.mark.parametrize("text", ["eval_gegenbauer(3, v, x)", "hyperu(v, 0.5, x)", "hyp1f1(v, 2.0, x)", "zeta(v, x)"])
def test_a_missing_derivative_is_an_error_with_a_reason(text):
    with pytest.raises(UndefinedGradientError, match="with respect to"):
        sd.grad(text, "v")(v=1.5, x=2.0)
    assert np.isfinite(sd.grad(text, "x")(v=1.5, x=2.0))


@pytest.mark.parametrize(("df", "t"), [(300.0, 0.1), (1300.0, 1.0), (1e5, -0.5), (1e6, 0.3), (1e8, 3.0), (1e12, 5.0)])
def test_the_slope_of_students_distribution_by_many_degrees_of_freedom(df, t):
    """Where it is the small difference of two terms, its series takes over."""
    with mp.workdps(60):

        def cdf(v):
            beyond = mp.betainc(v / 2, 0.5, 0, v / (v + mp.mpf(t) ** 2), regularized=True)
            return (1 + mp.sign(t) * (1 - beyond)) / 2

        expected = float(mp.diff(cdf, df, h=mp.mpf(df) * mp.mpf(10) ** -20))
    assert sd.grad("stdtr(df, t)", "df")(df, t) == pytest.approx(expected, rel=1e-9, abs=0)


@pytest.mark.parametrize("name", ["jv", "yv", "iv", "kv", "ive", "kve"])
def test_second_derivatives_by_the_order_of_bessel_functions(name):
    """To 1e-10 of the function's size: mixed ones, of negative orders and of large arguments, too."""
    letter = {"j": mp.besselj, "y": mp.bessely, "i": mp.besseli, "k": mp.besselk}[name[0]]
    turn = {"i": -1, "k": 1}[name[0]] if name.endswith("e") else 0
    F = getattr(scipy.special, name)
    second = sd.hessian(lambda p: F(p[0], p[1]))
    for v, x in (0.0, 0.7), (0.4, 3.0), (3.7, 0.02), (-1.3, 2.5), (12.5, 40.0), (2.2, 300.0):
        with mp.workdps(40):
            exact = np.array([[float(mp.diff(lambda a, b: letter(a, b) * mp.exp(turn * b), (v, x), by)) for by in row]
                              for row in (((2, 0), (1, 1)), ((1, 1), (0, 2)))])  # fmt: skip
        size = max(abs(F(v, x)), np.sqrt(2 / (np.pi * x)) if name[0] in "jy" and x > v else 0.0)
        np.testing.assert_allclose(second(np.array([v, x])), exact, rtol=1e-10, atol=1e-10 * size)


@pytest.mark.parametrize("name", ["jv", "iv", "kv", "kve"])
def test_orders_at_edges_and_in_float32(name):
    slope = sd.grad(getattr(scipy.special, name))
    assert slope(np.float32(1.5), np.float32(2.0)).dtype == np.float32
    assert slope(2.0, 0.0) == (np.inf if name[0] == "k" else 0.0)
    assert np.isnan(slope(np.nan, 1.0))
    assert np.isnan(slope(1.0, np.nan))


def test_there_is_no_third_derivative_by_an_order():
    with pytest.raises(UndefinedGradientError, match="two derivatives, and no third one"):
        sd.grad(sd.hessian("jv(v, x)", "v"), "v")(1.0, 2.0)
    with mp.workdps(40):
        exact = float(mp.diff(lambda v: mp.besselk(v, 2), 1, 3))
    np.testing.assert_allclose(sd.grad(sd.hessian("kv(v, x)", "v"), "v")(1.0, 2.0), exact, rtol=1e-12)


MIXED = {
    "gammainc": (special_tables.gammap, [(0.7, 0.2), (2.5, 2.0), (40.0, 35.0), (3.0, 40.0), (300.0, 310.0)]),
    "gammaincc": (special_tables.gammaq, [(0.7, 0.2), (2.5, 2.0), (17.0, 60.0)]),
    "betainc": (special_tables.betap, [(0.7, 2.5, 0.2), (2.5, 0.4, 0.9), (30.0, 20.0, 0.3), (3.0, 40.0, 0.7)]),
}


@pytest.mark.parametrize("name", MIXED)
def test_second_derivatives_by_shapes_and_argument_are_mpmaths(name):
    exact, points = MIXED[name]
    F = getattr(scipy.special, name)
    second = sd.hessian(lambda p: F(*p))
    for point in points:
        n, h = len(point), mp.mpf(10) ** -12
        with mp.workdps(50):
            expected = [[float(mp.diff(exact, tuple(map(mp.mpf, point)), tuple(int(k == i) + int(k == j) for k in range(n)), h=h))
                         for i in range(n)] for j in range(n)]  # fmt: skip
        np.testing.assert_allclose(second(np.array(point)), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "text", ["gammainc(v, 2.0)", "gammaincc(v, 2.0)", "betainc(v, 2.0, 0.3)", "betainc(2.0, v, 0.3)"]
)
def test_there_is_no_third_derivative_by_a_shape(text):
    with pytest.raises(UndefinedGradientError, match="two derivatives, and no third one"):
        sd.grad(sd.hessian(text, "v"), "v")(1.5)


def test_second_derivatives_by_shapes_in_float32_and_at_edges():
    second = sd.grad(sd.grad("gammainc(a, x)", "a"), "a")
    found = second(np.float32(1.5), np.float32(2.0))
    assert found.dtype == np.float32
    assert found == pytest.approx(second(1.5, 2.0), rel=1e-5)
    assert second(1.5, np.inf) == 0.0
    assert np.isnan(second(np.nan, 1.0))
    assert np.isnan(second(1.0, np.nan))
