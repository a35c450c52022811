"""SciPy's solvers take Functions as they are: no adapter, and what they find is what they find with exact derivatives."""

import numpy as np
import pytest
from scipy import integrate, optimize
from scipy.sparse.linalg import LinearOperator, cg

import symdiff as sd

RNG = np.random.default_rng(0)
T = np.linspace(0.0, 4.0, 50)
Y = 2.0 * np.exp(-0.7 * T) + 0.5


def model(t, a, b, c):
    return a * np.exp(-b * t) + c


def valley(x, scale):
    return np.sum(scale * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


X0 = np.array([-1.2, 1.0, 0.5])


@pytest.mark.parametrize("method", ["Newton-CG", "trust-krylov", "trust-ncg", "trust-constr"])
def test_minimize_with_products(method):
    found = optimize.minimize(
        sd.function(valley), X0, args=(10.0,), jac=sd.grad(valley), hessp=sd.hvp(valley), method=method,
        options={"maxiter": 1000},
    )  # fmt: skip
    np.testing.assert_allclose(found.x, 1.0, atol=1e-3)


@pytest.mark.filterwarnings("ignore:Constraint options")  # SLSQP needs no second derivatives
@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_minimize_with_constraints_and_bounds(method):
    circle = sd.function(lambda x: np.sum(x**2))
    held = optimize.NonlinearConstraint(
        circle, -np.inf, 1.5, jac=sd.grad(circle), hess=lambda x, v: v[0] * sd.hessian(circle)(x)
    )
    g = sd.value_and_grad(valley)
    found = optimize.minimize(
        g, X0, args=(10.0,), jac=True, method=method, constraints=[held], bounds=[(-2, 2), (-2, 0.9), (-2, 2)]
    )
    assert found.x @ found.x == pytest.approx(1.5, abs=1e-3)
    assert found.x[1] <= 0.9


def test_basinhopping():
    g = sd.value_and_grad(lambda x: np.sum(x**2) + 2 * np.sum(np.cos(3 * x)))
    found = optimize.basinhopping(g, [2.0, 2.0], minimizer_kwargs={"jac": True}, niter=20, rng=0)
    np.testing.assert_allclose(sd.grad(lambda x: np.sum(x**2) + 2 * np.sum(np.cos(3 * x)))(found.x), 0.0, atol=1e-4)


def test_curve_fit_takes_columns():
    J = sd.jacobian(model, ("a", "b", "c"), stack=True)
    found, _ = optimize.curve_fit(model, T, Y, p0=(1.0, 1.0, 0.0), jac=J)

    np.testing.assert_allclose(found, (2.0, 0.7, 0.5), rtol=1e-8)
    assert J(T, 1.0, 1.0, 0.0).shape == (50, 3)


def test_least_squares_and_root():
    residuals = sd.function(lambda p, t, y: model(t, p[0], p[1], p[2]) - y)
    found = optimize.least_squares(residuals, [1.0, 1.0, 0.0], jac=sd.jacobian(residuals), args=(T, Y))
    np.testing.assert_allclose(found.x, (2.0, 0.7, 0.5), rtol=1e-8)

    def equations(x, c):
        return np.stack([x[0] + x[1] ** 2 - c, x[0] * x[1] - 1.0])

    solved = optimize.root(equations, [1.0, 1.0], args=(2.0,), jac=sd.jacobian(equations))
    np.testing.assert_allclose(equations(solved.x, 2.0), 0.0, atol=1e-9)
    x = optimize.newton(sd.function("x**3 - 2"), 1.0, fprime=sd.grad("x**3 - 2"), fprime2=sd.grad(sd.grad("x**3 - 2")))
    assert x == pytest.approx(2 ** (1 / 3), rel=1e-12)


def stiff(t, y, k):
    return np.stack([-k * y[0] + y[1], k * y[0] - y[1] ** 2])


def test_solvers_of_differential_equations():
    jac = sd.jacobian(stiff, "y")
    found = integrate.solve_ivp(
        stiff, (0, 1), [1.0, 0.5], method="Radau", jac=jac, args=(100.0,), rtol=1e-8, atol=1e-10
    )
    other = integrate.odeint(
        stiff,
        [1.0, 0.5],
        [0.0, 1.0],
        args=(100.0,),
        Dfun=lambda t, y, k: jac(t, y, k),
        tfirst=True,
        rtol=1e-8,
        atol=1e-10,
    )
    np.testing.assert_allclose(found.y[:, -1], other[-1], rtol=1e-6)

    def bvp(x, y):
        return np.stack([y[1], -np.exp(y[0])])

    slopes = sd.jacobian(lambda y: np.stack([y[1], -np.exp(y[0])]))
    x = np.linspace(0, 1, 11)
    solved = integrate.solve_bvp(
        bvp, lambda a, b: np.array([a[0], b[0]]), x, np.zeros((2, 11)),
        fun_jac=lambda x, y: np.stack([slopes(column) for column in y.T], axis=-1),
    )  # fmt: skip
    assert solved.success
    np.testing.assert_allclose(solved.y[0][0], 0.0, atol=1e-8)


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_a_product_is_a_linear_operator(shape):
    product = sd.hvp(lambda x: np.sum(np.exp(x)) + np.sum(x) ** 2)
    A = LinearOperator((3, 3), matvec=lambda v: product(X0, np.ravel(v)), dtype=float)
    v = RNG.normal(size=shape)

    assert (A @ v).shape == shape
    H = sd.hessian(lambda x: np.sum(np.exp(x)) + np.sum(x) ** 2)(X0)
    np.testing.assert_allclose(A @ v, H @ v, rtol=1e-12)
    solution, failed = cg(A, np.ones(3), rtol=1e-12)
    assert not failed
    np.testing.assert_allclose(H @ solution, 1.0, rtol=1e-8)
