"""Taylor coefficients: those of mpmath, those of derivatives of derivatives, and those of differential equations."""

from math import factorial

import mpmath
import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, ShapeError, UnsupportedError

RNG = np.random.default_rng(0)
A, X, V = RNG.normal(size=(3, 3)) + 3 * np.eye(3), RNG.normal(size=3) / 2, RNG.normal(size=3) / 2

NUMBERS = {
    "tan(x)": mpmath.tan,
    "exp(sin(x)) / (1 + x**2)": lambda x: mpmath.exp(mpmath.sin(x)) / (1 + x**2),
    "log(1 + exp(x))": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "sqrt(1 + x)": lambda x: mpmath.sqrt(1 + x),
    "x**2.5": lambda x: x**2.5,
    "arctan(x)": mpmath.atan,
    "tanh(x) * cosh(x)": mpmath.sinh,
    "arcsin(x)": mpmath.asin,
    "erf(x)": mpmath.erf,
    "1 / x": lambda x: 1 / x,
    "2**x": lambda x: mpmath.mpf(2) ** x,
}


@pytest.mark.parametrize("text", NUMBERS)
def test_coefficients_are_those_of_mpmath(text):
    found = sd.taylor(text, 10)(0.3, 1.0)
    with mpmath.workdps(60):
        known = [float(c) for c in mpmath.taylor(NUMBERS[text], mpmath.mpf(0.3), 10)]
    np.testing.assert_allclose(found, known, rtol=1e-12, atol=1e-14)


def test_tan_to_order_20():
    with mpmath.workdps(80):
        known = [float(c) for c in mpmath.taylor(mpmath.tan, mpmath.mpf(0.5), 20)]
    np.testing.assert_allclose(sd.taylor("tan(x)", 20)(0.5, 1.0), known, rtol=1e-13)


VECTORS = {
    "net": lambda x: np.sum(np.tanh(A @ np.sin(A @ x))),
    "softmax": lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))),
    "solve": lambda x: np.linalg.solve(A + np.outer(x, x), x),
    "inverse": lambda x: np.linalg.inv(A + np.diag(x)),
    "logdet": lambda x: np.linalg.slogdet(A + np.outer(x, x))[1],
    "selected": lambda x: np.where(x > 0, np.exp(x), x**3),
    "pieces": lambda x: np.concatenate([x[1:] * x[:-1], np.cumsum(x) ** 2]),
    "product": lambda x: np.prod(1 + x),
    "norm": np.linalg.norm,
    "largest": lambda x: np.max(x) * x + np.abs(x) ** 3,
    "constant": lambda x: np.arange(3.0),
    "linear": lambda x: 2 * x + 1,
}


@pytest.mark.parametrize("name", VECTORS)
def test_coefficients_are_derivatives_along_the_direction(name):
    f = VECTORS[name]
    found = sd.taylor(f, 3)(X, V)

    def along(t):
        return f(X + t * V)

    derivative = sd.function(along)
    for k in range(4):
        np.testing.assert_allclose(found[k] * factorial(k), derivative(0.0), rtol=1e-8, atol=1e-8)
        derivative = sd.jvp(lambda t, g=derivative: g(t), 0)
        derivative = sd.function(lambda t, g=derivative: g(t, 1.0))


def test_several_targets_move_together():
    found = sd.taylor("x**2 * y", 3, ("x", "y"))(2.0, 3.0, 1.0, 10.0)
    np.testing.assert_allclose(found, [12, 52, 43, 10])  # (2 + t)² (3 + 10 t), directions behind the last target


def test_a_pendulum_to_order_20():
    def slope(y, g):
        return np.array([y[1], -g * np.sin(y[0])])

    found = sd.series_solution(slope, 20)(np.array([1.0, 0.5]), 9.81)

    with mpmath.workdps(50):  # angle, speed, and sine and cosine of the angle, by their own recurrences
        a, s = [mpmath.mpf(1)], [mpmath.mpf(0.5)]
        sine, cosine = [mpmath.sin(a[0])], [mpmath.cos(a[0])]
        for k in range(20):
            a.append(s[k] / (k + 1))
            s.append(-mpmath.mpf(9.81) * sine[k] / (k + 1))
            sine.append(sum((j + 1) * a[j + 1] * cosine[k - j] for j in range(k + 1)) / (k + 1))
            cosine.append(-sum((j + 1) * a[j + 1] * sine[k - j] for j in range(k + 1)) / (k + 1))
    np.testing.assert_allclose(found[:, 0], [float(c) for c in a], rtol=1e-11)
    np.testing.assert_allclose(found[:, 1], [float(c) for c in s], rtol=1e-11)


def test_the_source_grows_with_the_square_of_the_order_not_exponentially():
    size = [len(sd.taylor("exp(sin(x))", k).source) for k in (5, 10, 20)]
    assert size[1] < 5 * size[0]
    assert size[2] < 5 * size[1]


def test_coefficients_are_differentiated_and_mapped():
    c = sd.taylor("exp(x)", 2)
    np.testing.assert_allclose(sd.jacobian(c, "x")(0.0, 1.0), [1, 1, 0.5])
    np.testing.assert_allclose(sd.vmap(c)(X, V)[:, 2], np.exp(X) * V**2 / 2)


def test_order_zero_and_single_precision():
    np.testing.assert_allclose(sd.taylor("sin(x)", 0)(0.3, 1.0), [np.sin(0.3)])
    found = sd.taylor(lambda x: np.sin(x) / (1 + x), 3)(X.astype("float32"), V.astype("float32"))
    assert found.dtype == np.float32


def looped(x):
    return sd.fori_loop(0, 20, lambda k, y: np.sin(y), x)


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (lambda: sd.taylor("x", -1), ArgumentError, "order is -1"),
        (lambda: sd.taylor("x", 1.5), ArgumentError, "order is 1.5"),
        (lambda: sd.taylor(looped, 2)(0.3, 1.0), UnsupportedError, "Taylor coefficients do not pass"),
        (lambda: sd.series_solution("x[:2]", 2, x="3"), ShapeError, "for the slope of 'x'"),
        (lambda: sd.series_solution("x + y", 2, ("x", "y")), ArgumentError, "of one array"),
    ],
)
def test_errors_say_what_to_do(make, kind, says):
    with pytest.raises(kind, match=says):
        make()


def test_complex_values():
    np.testing.assert_allclose(sd.taylor("exp(1j * x)", 2)(1.0, 1.0), np.exp(1j) * np.array([1, 1j, -0.5]))
