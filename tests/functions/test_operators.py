"""Operators are their matrices, in every product that SciPy asks for; several orders at once are each by itself."""

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg as linalg

import symdiff as sd
from symdiff.errors import ArgumentError, DTypeError, ShapeError

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(6, 4)), RNG.normal(size=6)
X, W = RNG.normal(size=4), RNG.normal(size=(2, 3))


def residuals(x, scale):
    return np.tanh(A @ x) * scale - B


def loss(x, scale):
    return np.sum(residuals(x, scale) ** 2) / 2 + np.sum(x**4)


def of_a_matrix(w):
    return np.sum(np.sin(w @ w.T)) + w[0, 0] * w[1, 2]


def dense_gauss_newton(*args):
    J = np.asarray(sd.jacobian(residuals)(*args))
    return J.T @ J


OPERATORS = {
    "hessian": (sd.hessian_operator(loss), sd.hessian(loss), (X, 2.0)),
    "hessian of a matrix": (sd.hessian_operator(of_a_matrix), sd.hessian(of_a_matrix), (W,)),
    "hessian of a text": (sd.hessian_operator("sum(exp(x)) * y", "x"), sd.hessian("sum(exp(x)) * y", "x"), (X, 2.0)),
    "jacobian": (sd.jacobian_operator(residuals), sd.jacobian(residuals), (X, 2.0)),
    "jacobian of a matrix": (sd.jacobian_operator(lambda w: w @ w.T), sd.jacobian(lambda w: w @ w.T), (W,)),
    "jacobian of a number": (sd.jacobian_operator(of_a_matrix), sd.jacobian(of_a_matrix), (W,)),
    "gauss_newton": (sd.gauss_newton(residuals), dense_gauss_newton, (X, 2.0)),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_is_its_matrix(name):
    operator, dense, args = OPERATORS[name]
    found = operator(*args)
    M = np.reshape(dense(*args), (-1, args[0].size))
    v, u, V = RNG.normal(size=M.shape[1]), RNG.normal(size=M.shape[0]), RNG.normal(size=(M.shape[1], 3))

    assert found.shape == M.shape
    for given in (v, v[:, None], V):
        np.testing.assert_allclose(found @ given, M @ given, rtol=1e-10, atol=1e-12)
    for turned in (found.T, found.H, found.adjoint()):
        np.testing.assert_allclose(turned @ u, M.T @ u, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.T @ np.stack([u, 2 * u], axis=1), M.T @ np.stack([u, 2 * u], axis=1), atol=1e-11)


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("k", [0, 1, 2])
def test_operators_take_any_number_of_columns_and_rows(n, k):
    x = np.linspace(0.5, 1.0, n)
    J = sd.jacobian_operator(lambda x: np.sin(x) * x[::-1])(x)
    D = sd.jacobian(lambda x: np.sin(x) * x[::-1])(x)
    for operator, dense in ((J, D), (J.T, D.T), (sd.gauss_newton(lambda x: np.sin(x) * x[::-1])(x), D.T @ D)):
        np.testing.assert_allclose(operator @ np.ones((n, k)), dense @ np.ones((n, k)), rtol=1e-12)


def test_an_argument_may_be_called_as_the_vectors_are():
    def scaled(cotangent, x_dot):
        return np.sin(cotangent) * x_dot

    for wrt in ("cotangent", "x_dot"):
        J, D = sd.jacobian_operator(scaled, wrt)(X, X + 1), sd.jacobian(scaled, wrt)(X, X + 1)
        np.testing.assert_allclose(J @ X, D @ X, rtol=1e-12)
        np.testing.assert_allclose(J.T @ X, D.T @ X, rtol=1e-12)
        summed = lambda cotangent, x_dot: np.sum(scaled(cotangent, x_dot) * x_dot)  # noqa: E731
        H, D = sd.hessian_operator(summed, wrt)(X, X + 1), sd.hessian(summed, wrt)(X, X + 1)
        np.testing.assert_allclose(H.T @ X, D.T @ X, rtol=1e-12)


def test_in_the_solvers_of_scipy():
    H = sd.hessian_operator(loss)(X, 2.0)
    dense = sd.hessian(loss)(X, 2.0) + 50 * np.eye(4)
    largest = linalg.eigsh(H, k=1, which="LA", return_eigenvectors=False)
    shifted = H + linalg.aslinearoperator(50 * np.eye(4))
    solution, failed = linalg.cg(shifted, np.ones(4), rtol=1e-12)

    np.testing.assert_allclose(largest, np.linalg.eigvalsh(dense)[-1] - 50)
    np.testing.assert_allclose(solution, np.linalg.solve(dense, np.ones(4)))
    assert not failed


def test_least_squares_and_trust_constr_end_where_dense_ones_do():
    jac, hess = sd.jacobian_operator(residuals), sd.hessian_operator(loss)
    found = scipy.optimize.least_squares(residuals, X, jac=lambda x, s: jac(x, s), args=(2.0,), tr_solver="lsmr")
    dense = scipy.optimize.least_squares(residuals, X, jac=sd.jacobian(residuals), args=(2.0,))
    np.testing.assert_allclose(found.cost, dense.cost, rtol=1e-6)

    best = scipy.optimize.minimize(loss, X, (2.0,), method="trust-constr", jac=sd.grad(loss), hess=hess)
    assert np.abs(sd.grad(loss)(best.x, 2.0)).max() < 1e-6


def test_gauss_newton_never_forms_the_jacobian():
    source = sd.gauss_newton("exp(A @ x) - b", "x", A="m n", x="n", b="m").product.source
    assert "A.T @" in source
    assert "einsum" not in source
    assert source.count("np.exp") == 1


def test_single_precision_stays():
    H = sd.hessian_operator(lambda x: np.sum(x**4))(X.astype("float32"))
    assert H.dtype == np.float32
    assert (H @ X.astype("float32")).dtype == np.float32


def test_value_gradient_and_hessian_are_each_by_itself():
    value, gradient, hessian = sd.value_grad_hessian(loss)(X, 2.0)
    np.testing.assert_allclose(value, loss(X, 2.0))
    np.testing.assert_allclose(gradient, sd.grad(loss)(X, 2.0))
    np.testing.assert_allclose(hessian, sd.hessian(loss)(X, 2.0))


def test_several_targets_come_as_from_grad_and_hessian():
    text, specs = "sum(exp(x * y)) + x @ x", {"x": "n", "y": "n"}
    _, gradient, hessian = sd.value_grad_hessian(text, ("x", "y"), **specs)(X, X + 1)
    for found, alone in zip(gradient, sd.grad(text, ("x", "y"), **specs)(X, X + 1), strict=True):
        np.testing.assert_allclose(found, alone)
    for found, alone in zip(hessian, sd.hessian(text, ("x", "y"), **specs)(X, X + 1), strict=True):
        np.testing.assert_allclose(found, alone)


def test_what_is_shared_is_computed_once():
    source = sd.value_grad_hessian("sum(exp(A @ x))", "x", A="m n", x="n").source
    assert source.count("np.exp") == source.count("A @ x)") == 1


def test_partials_are_jacobians_of_jacobians():
    third = sd.partial(loss, "x", "x", "scale")(X, 2.0)
    np.testing.assert_allclose(third, sd.jacobian(sd.hessian(loss), "scale")(X, 2.0))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_higher_derivatives_of_a_function_of_a_vector(order):
    c = RNG.normal(size=3)
    found = sd.partial("exp(c @ x)", *["x"] * order, x="n", c="n")(x=X[:3], c=c)
    outer = np.exp(c @ X[:3])
    for _ in range(order):
        outer = np.multiply.outer(outer, c)
    np.testing.assert_allclose(found, outer)


def test_mixed_partials_do_not_depend_on_the_order():
    f = "x**3 * sin(x * y) / (1 + y**2)"
    first = [sd.partial(f, *order)(1.3, 0.7) for order in (("x", "x", "y"), ("x", "y", "x"), ("y", "x", "x"))]
    np.testing.assert_allclose(first, first[0])


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (lambda: sd.partial("x * y"), ArgumentError, "with respect to nothing"),
        (lambda: sd.partial(loss, "x", "scal"), ArgumentError, "did you mean 'scale'"),
        (lambda: sd.hessian_operator("x @ y", ("x", "y")), ArgumentError, "with respect to one array"),
        (lambda: sd.hessian_operator(loss)(X, 2.0, 3.0), ArgumentError, "3 arguments were given, there are 2"),
        (lambda: sd.hessian_operator(loss)(scale=2.0), ArgumentError, "'x' is missing, the point"),
        (lambda: sd.hessian_operator(residuals)(X, 2.0), ShapeError, "only a scalar has a gradient"),
    ],
)
def test_errors_say_what_to_do(make, kind, says):
    with pytest.raises(kind, match=says):
        make()


@pytest.mark.parametrize("make", [sd.hessian_operator, sd.jacobian_operator, sd.gauss_newton])
@pytest.mark.parametrize("point", [{"a": np.ones(2)}, [np.ones(2), np.ones(3)], "x", None])
def test_a_point_is_one_array(make, point):
    with pytest.raises(ArgumentError, match="with respect to one array\nhelp: make one vector of several"):
        make(lambda p: np.sum(p["a"]))(point)
    with pytest.raises(DTypeError, match="of real numbers, and is given complex128"):
        make(lambda x: np.sum(x**2))(1j * np.ones(2))
