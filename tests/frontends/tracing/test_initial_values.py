"""solve_ivp and odeint inside of functions: SciPy's values, and derivatives as exact as the tolerances."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, ShapeError, UnsupportedError

integrate = pytest.importorskip("scipy.integrate")
EXACT = {"rtol": 1e-10, "atol": 1e-11}
METHODS = "RK23", "RK45", "DOP853"


def oscillator(t, y, k, c):
    return [y[1], -k * y[0] - c * y[1] + np.sin(t)]


def at_end(k, c, y0, start, end, **options):
    return integrate.solve_ivp(oscillator, (start, end), y0, args=(k, c), **{**EXACT, **options}).y[:, -1]


def at_times(k, c, y0, times, **options):
    return integrate.solve_ivp(oscillator, (0.0, 2.0), y0, args=(k, c), t_eval=times, **{**EXACT, **options}).y


def differences(f, x, step=1e-3):
    """Derivatives along each element of x, of fourth order, behind the axes of what f gives."""
    x, found = np.asarray(x, float), []
    for index in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[index] = step
        near, far = f((x + e)[()]) - f((x - e)[()]), f((x + 2 * e)[()]) - f((x - 2 * e)[()])
        found.append((8 * near - far) / (12 * step))
    return np.reshape(np.stack(found, axis=-1), (*np.shape(found[0]), *x.shape))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("options", [{}, {"rtol": 1e-3, "atol": 1e-6}, {"max_step": 0.1, "first_step": 0.02}])
def test_values_are_those_of_scipy(method, options):
    """The steps are the same, but for what rounding does to an estimated error: far below the tolerances."""
    y0, times = np.array([1.0, 0.5]), np.array([0.0, 0.3, 1.1, 2.0])
    if method == "RK23" and not options:
        options = {"rtol": 1e-6, "atol": 1e-8}

    def both(k):
        return at_end(k, 0.2, y0, 0.0, 2.0, method=method, **options), at_times(
            k, 0.2, y0, times, method=method, **options
        )

    for found, meant in zip(sd.function(both)(2.0), both(2.0), strict=True):
        np.testing.assert_allclose(found, meant, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("wrt", ["k", "c", "y0", "start", "end"])
def test_derivatives_at_the_end(wrt):
    point = {"k": 2.0, "c": 0.2, "y0": np.array([1.0, 0.5]), "start": 0.2, "end": 1.7}

    def f(value):
        return np.sum(at_end(**{**point, wrt: value}) ** 2)

    np.testing.assert_allclose(sd.grad(f)(point[wrt]), differences(f, point[wrt]), rtol=1e-7)


def test_jacobians_and_directions_at_times():
    times = np.array([0.0, 0.4, 1.5])

    def of_parameters(p):
        return at_times(p[0], p[1], p[2:], times, method="DOP853")

    p, v = np.array([2.0, 0.2, 1.0, 0.5]), np.array([0.3, -1.0, 0.2, 2.0])
    found = sd.jacobian(of_parameters)(p)
    np.testing.assert_allclose(found, differences(of_parameters, p), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(sd.jvp(of_parameters, "p")(p, v), found @ v, rtol=1e-12, atol=1e-12)


def test_times_are_differentiated():
    def f(times):
        return np.sum(at_times(2.0, 0.2, [1.0, 0.5], times, method="DOP853")[0] ** 2)

    times = np.array([0.4, 1.1, 1.5])
    np.testing.assert_allclose(sd.grad(f)(times), differences(f, times), rtol=1e-7)


def test_second_derivatives_are_flows_too():
    def decay(p):
        return integrate.solve_ivp(lambda t, y: -p[0] * y, (0.0, 1.5), [p[1]], **EXACT).y[0, -1]

    a, y0 = 0.7, 2.0
    e = np.exp(-1.5 * a)
    meant = np.array([[2.25 * y0 * e, -1.5 * e], [-1.5 * e, 0.0]])
    np.testing.assert_allclose(sd.hessian(decay)(np.array([a, y0])), meant, rtol=1e-8, atol=1e-8)


def test_a_solution_that_stands_still_has_the_derivatives_of_its_equation():
    """Steps that suit the solution may be far too long for its derivative: that has an error of its own."""

    def f(y0):
        return integrate.solve_ivp(lambda t, y: -30.0 * y, (0.0, 1.0), [y0], **EXACT).y[0, -1]

    np.testing.assert_allclose(sd.grad(f)(0.0), np.exp(-30.0), atol=1e-9)


def test_units_do_not_matter():
    def f(p):
        return integrate.solve_ivp(lambda t, y: -1e-8 * p * y, (0.0, 1.0), [1.0], rtol=1e-8, atol=1e-8).y[0, -1]

    np.testing.assert_allclose(sd.grad(f)(1e8), -1e-8 * np.exp(-1.0), rtol=1e-6)


def test_odeint():
    times = np.linspace(0.0, 1.0, 4)

    def f(a):
        return np.sum(integrate.odeint(lambda y, t, a: [y[1], -a * y[0]], [1.0, 0.0], times, args=(a,)) ** 2)

    np.testing.assert_allclose(sd.function(f)(2.0), f(2.0), rtol=1e-7)
    np.testing.assert_allclose(sd.grad(f)(2.0), differences(f, 2.0), rtol=1e-5)


def test_what_needs_no_derivative_is_scipys_own():
    def f(x):
        return x * integrate.solve_ivp(lambda t, y: -y, (0.0, 1.0), [1.0], method="BDF").y[0, -1]

    assert sd.grad(f)(2.0) == f(1.0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"events": lambda t, y: y[0]}, "events"),
        ({"dense_output": True}, "dense_output"),
        ({"min_step": 1e-3}, "min_step"),
    ],
)
def test_options_are_honoured_or_refused_by_name(options, says):
    with pytest.raises(UnsupportedError, match=says):
        sd.grad(lambda k: np.sum(at_end(k, 0.2, [1.0, 0.5], 0.0, 1.0, **options)))(2.0)


def test_steps_that_the_solver_chooses_are_not_known():
    def f(k):
        return np.sum(integrate.solve_ivp(oscillator, (0.0, 1.0), [1.0, 0.5], args=(k, 0.2)).y)

    with pytest.raises(UnsupportedError, match="t_eval"):
        sd.grad(f)(2.0)


def test_first_and_last_are_known():
    def f(k):
        found = integrate.solve_ivp(oscillator, (0.0, 1.0), [1.0, 0.5], args=(k, 0.2), **EXACT)
        x, v = found.y
        return x[-1] * v[-1] + found.y.T[-1][0] + found.y[1][0] + found.t[-1]

    np.testing.assert_allclose(sd.value_and_grad(f)(2.0)[1], differences(f, 2.0), rtol=1e-7)


def test_a_solution_without_an_end_raises():
    def f(a):
        return integrate.solve_ivp(lambda t, y: a * y**2, (0.0, 2.0), [1.0]).y[0, -1]

    with pytest.raises(ValueError, match="no step is small enough"):
        sd.function(f)(1.0)


@pytest.mark.parametrize("times", [[0.5, 2.1], [1.0, 0.5], [-0.1, 1.0]])
def test_times_out_of_order_raise_as_in_scipy(times):
    with pytest.raises(ValueError, match="t_eval"):
        at_times(2.0, 0.2, [1.0, 0.5], times)
    with pytest.raises(ArgumentError, match="times"):
        sd.grad(lambda k: np.sum(at_times(k, 0.2, [1.0, 0.5], times)))(2.0)
    with pytest.raises(ValueError, match="in order"):
        sd.grad(lambda t: np.sum(at_times(2.0, 0.2, [1.0, 0.5], t)))(np.array(times))


def test_slopes_may_branch():
    def slope(t, y, k):
        if t < 0.5:
            return -k * y
        return -2 * k * y

    def f(k):
        return integrate.solve_ivp(slope, (0.0, 1.0), [1.0], args=(k,), **EXACT).y[0, -1]

    np.testing.assert_allclose(sd.grad(f)(1.0), -1.5 * np.exp(-1.5), rtol=1e-8)


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match="the state"):
        sd.grad(lambda a: integrate.solve_ivp(lambda t, y: [a, a], (0.0, 1.0), [1.0]).y[0, -1])(1.0)
