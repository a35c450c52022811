"""Forms that overflow as written have values and derivatives in the far tails, however they are spelled."""

import numpy as np
import pytest

import symdiff as sd

AT = 800.0
TAILS = [  # the expression, its value and its derivative at 800
    *[(text, 800.0, 1.0) for text in (
        "log(exp(x) - 1)", "log(expm1(x))", "log(-1 + exp(x))", "log(exp(x) - 2.5)", "log(exp(x) + exp(-x) + 1)",
        "log(exp(x) - exp(x/2))", "log1p(exp(x) + exp(x/2))", "log(1 + sum(exp(array([0.5, 1.0])*x)))",
    )],
    ("log(3*exp(x) - 2)", 800 + np.log(3), 1.0),
    ("log(exp(x)/4 + 2)", 800 - np.log(4), 1.0),
    *[(text, 1600.0, 2.0) for text in ("log2(4**x + 1)", "log2(4**x - 1)", "log(1 + 2*exp(x) + exp(2*x))")],
    ("log10(10**x + 7)", 800.0, 1.0),
    *[(text, 0.0, 0.0) for text in (
        "1/cosh(x)", "3/cosh(x)**2", "cosh(x)**-1", "cosh(x)**-3", "2/(exp(x) + exp(-x))", "1/sinh(x)", "sinh(x)**-2",
        "x**3/(exp(x) - 1)", "x/expm1(x)", "1/(2 + exp(x))", "x/(1 + exp(x))**2", "exp(x)/(exp(x) + exp(2*x) + 1)",
        "exp(-x)/(exp(x) + exp(-x) + exp(0*x))",
    )],
    *[(text, 1.0, 0.0) for text in ("exp(x)/(exp(x) + exp(-x) + 1)", "(exp(2*x) - exp(x))/(exp(2*x) + exp(x))")],
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "slope"), TAILS, ids=lambda part: part if isinstance(part, str) else "")
def test_beyond_the_range_of_exp(text, value, slope):
    np.testing.assert_allclose(sd.function(text)(AT), value, rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(sd.grad(text)(AT), slope, rtol=1e-14, atol=1e-300)
    assert np.isfinite(sd.grad(sd.grad(text))(AT))


LEFT = ("log(erfc(-x/sqrt(2))/2)", "log((1 + erf(x/sqrt(2)))/2)", "log(0.5*(1 + erf(x*sqrt(0.5))))")
RIGHT = ("log(1 - erfc(-x/sqrt(2))/2)", "log(1 - 0.5*(1 + erf(x/sqrt(2))))", "log(erfc(x/sqrt(2)) / 2)")


@pytest.mark.parametrize(("text", "side"), [*[(t, -1) for t in LEFT], *[(t, 1) for t in RIGHT]])
def test_the_logarithm_of_a_normal_tail(text, side):
    """Against its asymptotic series, log(phi(x)/x) - 1/x**2 + 5/(2 x**4) - 37/(3 x**6)."""
    for x in (40.0, 300.0):
        tail = -(x**2) / 2 - np.log(x * np.sqrt(2 * np.pi)) - x**-2 + 2.5 * x**-4 - 37 / 3 * x**-6
        np.testing.assert_allclose(sd.function(text)(side * x), tail, rtol=1e-12)
        slope = -x - 1 / x + 2 * x**-3 - 10 * x**-5
        np.testing.assert_allclose(sd.grad(text)(side * x), side * slope, rtol=1e-9)
        np.testing.assert_allclose(sd.function(text)(-side * x), 0.0, atol=1e-300)
        np.testing.assert_allclose(sd.grad(sd.grad(text))(-side * x), 0.0, atol=1e-300)


def test_softmax_by_its_elements():
    a = np.array([1.0, 2.0, 1000.0])
    for text in ("exp(a[1])/(exp(a[0]) + exp(a[1]) + exp(a[2]))", "1/(exp(a[0] - a[1]) + 1 + exp(a[2] - a[1]))"):
        assert sd.function(text, a=3)(a) == 0.0
        np.testing.assert_array_equal(sd.grad(text, a=3)(a), np.zeros(3))
    loss = "log(exp(a[0]) + exp(a[1]) + exp(a[2])) - a[1]"
    np.testing.assert_array_equal(sd.grad(loss, a=3)(a), [0.0, -1.0, 1.0])
