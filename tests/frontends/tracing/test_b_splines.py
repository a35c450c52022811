"""B-splines inside of functions: SciPy's values, and derivatives by positions and by coefficients."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

interpolate = pytest.importorskip("scipy.interpolate")
X = np.arange(7.0)
Y = np.sin(X)
TCK = interpolate.splrep(X, Y)
AT = np.array([-0.5, 0.0, 1.3, 3.0, 6.0, 6.4])
CURVE = interpolate.BSpline(TCK[0], np.stack([TCK[1], 2 * TCK[1]], axis=-1), 3)
SMOOTH = interpolate.UnivariateSpline(X, Y, s=0.05)


@pytest.mark.parametrize("ext", [0, 1, 3])
@pytest.mark.parametrize("der", [0, 1, 2])
def test_splev(der, ext):
    def f(x):
        return interpolate.splev(x, TCK, der=der, ext=ext)

    np.testing.assert_allclose(sd.function(f)(AT), f(AT), rtol=1e-12, atol=1e-12)
    if ext == 0:
        slopes = interpolate.splev(AT, TCK, der=der + 1)
        np.testing.assert_allclose(sd.jacobian(f)(AT), np.diag(slopes), rtol=1e-11, atol=1e-11)


def test_values_beyond_the_knots_raise_where_they_are_to():
    f = sd.function(lambda x: interpolate.splev(x, TCK, ext=2))
    assert f(1.3) == pytest.approx(float(interpolate.splev(1.3, TCK)), rel=1e-13)
    with pytest.raises(ValueError, match="outside of the knots"):
        f(7.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda y: interpolate.splev(AT, interpolate.splrep(X, y)),
        lambda y: interpolate.InterpolatedUnivariateSpline(X, y)(AT),
        lambda y: interpolate.InterpolatedUnivariateSpline(X, y, k=1)(AT),
        lambda y: interpolate.splev(AT, interpolate.splrep(X, y, k=5), der=1),
        lambda y: interpolate.BSpline(TCK[0], np.concatenate([y, np.zeros(4)]), 3)(AT),
    ],
)
def test_splines_are_linear_in_values_and_coefficients(f):
    matrix = np.stack([f(e) for e in np.eye(7)], axis=1)
    np.testing.assert_allclose(sd.function(f)(Y), f(Y), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(sd.jacobian(f)(Y), matrix, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: CURVE(x), lambda x: CURVE(x, 1)),
        (lambda x: SMOOTH(x), lambda x: SMOOTH(x, 1)),
        (lambda x: SMOOTH.derivative()(x), lambda x: SMOOTH(x, 2)),
        (lambda x: SMOOTH.integral(0.5, x), lambda x: SMOOTH(x)),
    ],
)
def test_known_splines_at_symbolic_positions(f, slope):
    np.testing.assert_allclose(sd.function(f)(1.3), f(1.3), rtol=1e-12)
    np.testing.assert_allclose(sd.jacobian(f)(1.3), slope(1.3), rtol=1e-11)


@pytest.mark.parametrize("options", [{"s": 0.1}, {"w": np.ones(7)}, {"k": 2}, {"per": 1}])
def test_what_depends_on_values_is_refused(options):
    with pytest.raises(UnsupportedError, match="splrep"):
        sd.grad(lambda y: interpolate.splev(1.0, interpolate.splrep(X, y, **options)))(Y)
