"""scipy.optimize and quad inside of traced functions: SciPy's values, differentiated by equations and by Leibniz' rule."""

import math

import numpy as np
import pytest
import scipy.integrate as I
import scipy.optimize as O
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import brentq, minimize, root

import symdiff as sd
from symdiff.errors import UnsupportedError

# Functions of one number, and a point.
MODELS = {
    "quad": (lambda a: quad(lambda t: np.exp(-a * t**2), 0, 1)[0], 0.7),
    "quad limits": (lambda a: quad(lambda t: np.sin(t), a, a**2 + 1)[0], 0.7),
    "quad args": (lambda a: quad(lambda t, k: t**k, 0, 2, args=(a,))[0], 0.7),
    "quad singular": (lambda a: quad(lambda t: a / np.sqrt(t), 0, 1)[0], 0.7),
    "quad inf": (lambda a: quad(lambda t: np.exp(-a * t) * t, 0, np.inf)[0], 0.7),
    "quad -inf": (lambda a: quad(lambda t: np.exp(a * t), -np.inf, 0)[0], 0.7),
    "quad both": (lambda a: quad(lambda t: np.exp(-((t - a) ** 2)), -np.inf, np.inf)[0] * a, 0.7),
    "quad shifted": (lambda a: quad(lambda t: np.exp(-((t) ** 2)), a, np.inf)[0], 0.7),
    "quad alg": (lambda a: quad(lambda t: 1 / (1 + t * t) ** 2, a, np.inf)[0], 0.7),
    "quad math": (lambda a: quad(lambda t: math.exp(-a * t), 0, 1)[0], 0.7),
    "quad points": (lambda a: quad(lambda t: abs(t - 0.3) * a, 0, 1, points=[0.3])[0], 0.7),
    "quad const": (lambda a: quad(lambda t: a, 0, 2)[0], 0.7),
    "quad known": (lambda a: a * quad(lambda t: np.exp(-(t**2)), 0, 1)[0], 0.7),
    "fixed_quad": (lambda a: I.fixed_quad(lambda t: np.exp(-a * t), 0, 1, n=6)[0], 0.7),
    "brentq": (lambda a: brentq(lambda x: x**3 - a, 0, 3), 0.7),
    "bisect": (lambda a: O.bisect(lambda x, a: np.cos(x) - a * x, 0.0, 3.0, args=(a,)), 0.7),
    "root": (
        lambda a: np.sum(
            root(lambda x: np.array([x[0] ** 2 + x[1] - a, x[1] ** 3 - x[0]]), [1.0, 1.0]).x * np.array([1.0, 2.0])
        ),
        1.7,
    ),
    "fsolve": (lambda a: O.fsolve(lambda x: x**3 - a, [1.0])[0], 0.7),
    "newton": (lambda a: O.newton(lambda x: x**3 - a, 1.0), 0.7),
    "root_scalar": (lambda a: O.root_scalar(lambda x: x**3 - a, bracket=[0, 2]).root, 0.7),
    "root_scalar x0": (lambda a: O.root_scalar(lambda x: x**3 - a, x0=1.0, fprime=lambda x: 3 * x**2).root, 0.7),
    "fixed": (lambda a: O.fixed_point(lambda x: np.cos(a * x), 0.5), 0.7),
    "minimize": (lambda a: np.sum(minimize(lambda x: np.sum((x - a) ** 2 + x**4), np.zeros(2), tol=1e-12).x), 0.7),
    "minimize fun": (lambda a: minimize(lambda x, a: np.sum((x - a) ** 2 + x**4), np.zeros(2), args=(a,)).fun, 0.7),
    "least_squares": (
        lambda a: O.least_squares(
            lambda x: np.array([x[0] - a, x[0] ** 2 - 1]), [1.0], xtol=1e-14, ftol=1e-14, gtol=1e-14
        ).x[0],
        0.7,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_value_is_scipys_and_derivatives_are_those_of_differences(name):
    f, a = MODELS[name]
    loose = "min" in name or "least" in name  # SciPy's searches end early
    assert sd.function(f)(a) == pytest.approx(f(a), rel=1e-6 if loose else 1e-9)
    h, g = 1e-4, sd.grad(f)
    assert g(a) == pytest.approx((f(a + h) - f(a - h)) / (2 * h), rel=1e-5, abs=1e-5)
    if not loose:
        assert sd.grad(g)(a) == pytest.approx((g(a + h) - g(a - h)) / (2 * h), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(("radius", "height"), [(2.0, 1.0), (0.3, -0.1), (7.0, -6.0)])
def test_limits_where_the_integrand_has_an_infinite_slope(radius, height):
    """Half of a segment of a circle: places that rounding puts upon a limit would have slopes of inf."""
    area = sd.value_and_grad(lambda r, h: quad(lambda x: np.sqrt(r**2 - x**2), -r, h)[0], (0, 1))
    value, slopes = area(radius, height)
    chord, angle = np.sqrt(radius**2 - height**2), np.arcsin(height / radius) + np.pi / 2
    assert value == pytest.approx((height * chord + radius**2 * angle) / 2, rel=1e-12)
    assert slopes == pytest.approx((radius * angle, chord), rel=1e-12)


@pytest.mark.parametrize("a", [0.3, 0.0, -5.0])
def test_limits_at_which_the_integrand_is_infinite(a):
    value, slope = sd.value_and_grad(lambda a: quad(lambda x: 1 / np.sqrt(x - a), a, 1.0)[0])(a)
    assert (value, slope) == pytest.approx((2 * np.sqrt(1 - a), -1 / np.sqrt(1 - a)), rel=1e-7)


@pytest.mark.parametrize("name", ["brentq", "brenth", "bisect", "ridder", "toms748"])
@pytest.mark.parametrize("a", [-1.0, 0.25, 1.0, 1.5, 2.0])
def test_a_bracket_is_right_or_refused_as_scipy_does(name, a):
    """x**2 = a has a zero at sqrt(a), which Newton's method finds from anywhere: outside of (0, 1), too."""

    def solve(a):
        return getattr(O, name)(lambda x: x**2 - a, 0.0, 1.0)

    try:
        expected = solve(a)
    except ValueError:
        with pytest.raises(ValueError, match=r"f\(a\) and f\(b\) must have different signs"):
            sd.value_and_grad(solve)(a)
    else:
        assert sd.value_and_grad(solve)(a) == pytest.approx((expected, 0.5 / expected), rel=1e-9)


def or_five_times(a):
    try:
        return brentq(lambda x: x**2 - a, 0.0, 1.0)
    except ValueError:
        return 5 * a


def test_a_bracket_that_fails_may_be_handled():
    assert [sd.value_and_grad(or_five_times)(a) for a in (2.0, 0.25)] == [(10.0, 5.0), (0.5, 1.0)]


def test_an_integral_from_a_limit_to_itself():
    assert sd.value_and_grad(lambda b: quad(np.exp, 1.0, b)[0])(1.0) == pytest.approx((0.0, np.e), rel=1e-12)


def test_an_integral_that_the_rule_does_not_reach_is_an_error():
    """A kink between the limits: cut there, it is exact."""
    with pytest.raises(ValueError, match="points="):
        sd.grad(lambda a: quad(lambda t: abs(t - 0.3) * a, 0, 1)[0])(0.7)
    with pytest.raises(ValueError, match="points="):
        sd.grad(lambda a: quad(lambda t: np.sin(a * t * 300), 0, 10)[0])(0.7)


def test_numbers_are_scipys_own_matter():
    found = sd.function(lambda a: a * minimize(lambda x: np.sum((x - 1) ** 2), np.zeros(2), method="Nelder-Mead").nfev)(
        1.0
    )
    assert found == minimize(lambda x: np.sum((x - 1) ** 2), np.zeros(2), method="Nelder-Mead").nfev


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: minimize(lambda x: np.sum((x - a) ** 2), np.zeros(2), bounds=[(0, 1)] * 2).x, "with bounds"),
        (lambda a: minimize(lambda x: np.sum((x - a) ** 2), np.zeros(2)).nit, "nit of a solution"),
        (lambda a: root(lambda x: (x - a, 1), np.zeros(2), jac=True).x, "jac=True"),
        (lambda a: quad(lambda t: a * t, 0, 1, weight="cos", wvar=2.0)[0], "with weight"),
    ],
)
def test_what_is_refused_says_why(call, message):
    with pytest.raises(UnsupportedError, match=message):
        sd.grad(lambda a: np.sum(call(a)))(0.7)


def in_scipy(p):
    return stats.spearmanr(p, p)[0]


def test_what_fails_in_scipys_own_code_names_the_users_line():
    with pytest.raises(UnsupportedError) as caught:
        sd.grad(in_scipy)(np.array([0.2, 0.8]))
    assert "return stats.spearmanr(p, p)[0]" in caught.value.where
    assert "within SciPy" in caught.value.note
    assert "write its formula out" in caught.value.help
