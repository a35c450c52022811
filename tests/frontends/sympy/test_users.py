"""SymPy as its users have it: functions of time, vectors of symbols, sums over data, formulas on grids."""

import numpy as np
import pytest
import sympy as sp
from sympy.physics.mechanics import dynamicsymbols

import symdiff as sd
from symdiff.errors import ArgumentError, ShapeError, UndefinedGradientError, UnsupportedError

x, y, z = sp.symbols("x y z")
q = dynamicsymbols("q")
q_dot = q.diff(dynamicsymbols._t)
f = sp.Function("f")
i, j = sp.symbols("i j", integer=True)
n, m = sp.symbols("n m", integer=True, positive=True)
D, M, w = (sp.IndexedBase(name) for name in "DMw")
GRID = np.array([0.7, 1.3, 2.9])

# ------------------------------------------------------------------------------------------------ unknown functions


def test_functions_of_time_and_their_derivatives_are_inputs():
    energy = q_dot**2 / 2 - sp.cos(q)
    g = sd.grad(energy, (q, q_dot))
    assert g.inputs == ("q", "q_dot")
    assert g(0.3, 2.0) == pytest.approx((np.sin(0.3), 2.0))
    assert sd.function(q_dot.diff(dynamicsymbols._t) + q).inputs == ("q", "q_ddot")
    assert sd.function(f(x, y).diff(x) + f(x, y).diff(x, y)).inputs == ("f_x", "f_xy")


def test_the_arguments_of_unknown_functions_are_no_targets():
    """What f(x) is as a function of x is not known, and its derivative is no zero."""
    assert sd.grad(f(x) ** 2 * x, f(x))(3.0, 2.0) == 12.0
    for wrt in (x, "x"):
        with pytest.raises(UndefinedGradientError, match="f\\(x\\)"):
            sd.grad(f(x) ** 2 * x, wrt)


def test_two_values_of_one_function_are_two_inputs_or_an_error():
    assert sd.function(f(x) - f(0)).inputs == ("f", "f_0")
    with pytest.raises(ArgumentError, match="f\\(y\\)"):
        sd.function(f(x) - f(y))


# -------------------------------------------------------------------------------------------------------- containers

VECTORS = [(x, y), [x, y], sp.Matrix([x, y]), sp.Matrix([[x, y]]), sp.Array([x, y]), sp.Tuple(x, y), ("x", "y")]


@pytest.mark.parametrize("wrt", VECTORS, ids=lambda v: type(v).__name__)
def test_vectors_of_symbols_are_targets(wrt):
    assert sd.grad(x**2 * y, wrt)(3.0, 5.0) == (30.0, 9.0)
    assert sd.hessian(x**2 * y, wrt)(3.0, 5.0) == ((10.0, 6.0), (6.0, 0.0))


def test_containers_of_expressions_come_back_as_they_went_in():
    assert sd.function([x, y + 1])(1.0, 2.0) == [1.0, 3.0]
    assert sd.function((x, [y, x * y]))(1.0, 2.0) == (1.0, [2.0, 2.0])
    assert sd.function({"a": x, "b": y})(1.0, 2.0) == {"a": 1.0, "b": 2.0}
    assert sd.jacobian([x * y, x**2], (x, y))(1.0, 2.0) == [(2.0, 1.0), (2.0, 0.0)]
    assert np.array_equal(sd.function(sp.Array([[x, y], [y, 1]]))(3.0, 2.0), [[3.0, 2.0], [2.0, 1.0]])


# -------------------------------------------------------------------------------------------------------------- grids

FORMULAS = [x**3, x**2 * y, 2 * x, sp.sin(x) / y, sp.Piecewise((x**2, x > 1), (y, True)), sp.exp(-x) + y, sp.Integer(3)]
POINTS = [(GRID, 0.4), (GRID[:, None], GRID[None, :2]), (0.4, GRID), (GRID.reshape(3, 1), GRID)]


@pytest.mark.parametrize("expr", FORMULAS, ids=str)
@pytest.mark.parametrize("place", range(len(POINTS)))
def test_on_a_grid_everything_is_as_lambdify_has_it(expr, place):
    a, b = POINTS[place]
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))

    def expected(e):
        return np.broadcast_to(sp.lambdify((x, y), e)(a, b), shape)

    options = {"inputs": (x, y)}
    np.testing.assert_allclose(np.broadcast_to(sd.function(expr, **options)(a, b), shape), expected(expr))
    value, (d_x, d_y) = sd.value_and_grad(expr, (x, y), **options)(a, b)
    np.testing.assert_allclose(value, expected(expr))
    np.testing.assert_allclose(d_x, expected(expr.diff(x)))
    np.testing.assert_allclose(d_y, expected(expr.diff(y)))
    np.testing.assert_allclose(sd.hessian(expr, (x, y), **options)(a, b)[0][1], expected(expr.diff(x, y)))


def test_matrices_on_a_grid_have_its_axes_behind_their_own():
    found = sd.function(sp.Matrix([[x, y], [x * y, 1]]))(GRID, 2.0)
    assert found.shape == (2, 2, 3)
    np.testing.assert_allclose(found[1, 0], GRID * 2)


def test_numbers_stay_numbers():
    assert type(sd.grad(x**3)(2.0)) is float
    assert "np" not in sd.grad(x**3).source


# --------------------------------------------------------------------------------------------------- sums over data


def numbers(*shape):
    return np.random.default_rng(5).normal(size=shape)


SUMS = {
    "squares": (sp.Sum((D[i] - x) ** 2, (i, 0, n - 1)), lambda D, M, w, x: np.sum((D - x) ** 2)),
    "mean": (sp.Sum(D[i] * x, (i, 0, n - 1)) / n, lambda D, M, w, x: np.mean(D * x)),
    "differences": (
        sp.Sum((D[i + 1] - x * D[i]) ** 2, (i, 0, n - 2)),
        lambda D, M, w, x: np.sum((D[1:] - x * D[:-1]) ** 2),
    ),
    "weights": (sp.Sum(i * x * D[i], (i, 0, n - 1)), lambda D, M, w, x: np.sum(np.arange(len(D)) * x * D)),
    "double": (
        sp.Sum(M[i, j] * w[j] * D[i] * x, (j, 0, m - 1), (i, 0, n - 1)),
        lambda D, M, w, x: D @ M @ w * x,
    ),
    "nested": (
        sp.Sum((D[i] - sp.Sum(M[i, j] * w[j], (j, 0, m - 1)) * x) ** 2, (i, 0, n - 1)),
        lambda D, M, w, x: np.sum((D - M @ w * x) ** 2),
    ),
    "transposed": (
        sp.Sum(sp.Sum(M[i, j] * D[i], (i, 0, n - 1)) ** 2 * w[j] * x, (j, 0, m - 1)),
        lambda D, M, w, x: np.sum((D @ M) ** 2 * w * x),
    ),
    "constant term": (sp.Sum(x + D[0], (i, 0, n - 1)), lambda D, M, w, x: len(D) * (x + D[0])),
    "outer known": (sp.Sum(D[j] * x**i, (j, 0, n - 1), (i, 0, 2)), lambda D, M, w, x: np.sum(D) * (1 + x + x * x)),
    "product": (sp.Product(D[i] * x, (i, 0, n - 1)), lambda D, M, w, x: np.prod(D * x)),
}
SHAPES = {"D": "n", "M": "n m", "w": "m"}


@pytest.mark.parametrize("name", SUMS)
def test_sums_to_a_symbol_run_over_the_data(name):
    expr, plain = SUMS[name]
    data = {"D": numbers(4), "M": numbers(4, 3), "w": numbers(3), "x": 0.7}
    f_ = sd.function(expr, **SHAPES)
    given = {key: data[key] for key in f_.inputs}
    np.testing.assert_allclose(f_(**given), plain(**data))
    h = 1e-30
    for key in ("x",):
        slope = plain(**{**data, key: data[key] + 1j * h}).imag / h
        np.testing.assert_allclose(sd.grad(expr, key, **SHAPES)(**given), slope)


def test_sums_over_data_refuse_what_has_no_end():
    with pytest.raises(UnsupportedError):
        sd.function(sp.Sum(D[i], (i, 0, sp.oo)))
    with pytest.raises(UnsupportedError):
        sd.function(sp.Sum(M[i, j], (j, 0, i), (i, 0, n - 1)), M="n n").cost()
    with pytest.raises(ShapeError):
        sd.function(sp.Sum(D[i], (i, 0, n)), D="n").cost()
    with pytest.raises(ShapeError, match="nothing says"):
        sd.function(sp.Sum(D[i], (i, 0, n - 1)))(GRID)


# ------------------------------------------------------------------------------------------------------ inputs in one

v0, v1 = sp.symbols("v0 v1")


@pytest.mark.parametrize("group", [(v0, v1), [v0, v1], sp.Matrix([v0, v1])], ids=lambda g: type(g).__name__)
def test_symbols_may_come_as_one_vector(group):
    expr = v0**2 + v1 * z
    g = sd.grad(expr, group, inputs=[group, z])
    assert g.inputs == ("v", "z")
    np.testing.assert_allclose(g([1.5, 2.0], 3.0), [3.0, 3.0])
    np.testing.assert_allclose(sd.grad(expr, "v", inputs=[group])([1.5, 2.0], 3.0), [3.0, 3.0])
    np.testing.assert_allclose(sd.hessian(expr, group, inputs=[group])([1.5, 2.0], 3.0), [[2.0, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(sd.grad(v0**2 + v1, inputs=[group])([1.5, 2.0]), [3.0, 1.0])
    with pytest.raises(ArgumentError, match="not an input"):
        sd.grad(expr, v0, inputs=[group])
    with pytest.raises(ShapeError):
        g([1.0, 2.0, 3.0], 3.0)


def test_inputs_may_be_named():
    assert sd.function(x - y, inputs=["y", "x"])(2.0, 7.0) == 5.0
    assert sd.function(x - y, inputs=(y, "x"))(2.0, 7.0) == 5.0


# ---------------------------------------------------------------------------------------------------------- Jacobians


@pytest.mark.parametrize("wrt", [(x, y, z), [x, y, z], sp.Matrix([x, y, z])], ids=lambda w_: type(w_).__name__)
@pytest.mark.parametrize("shape", [(2, 1), (1, 2)])
def test_the_jacobian_of_a_vector_of_numbers_is_one_matrix(wrt, shape):
    vector = sp.Matrix(*shape, [x**2 * y, sp.sin(z) + x])
    expected = sp.lambdify((x, y, z), vector.jacobian([x, y, z]))(0.3, 1.7, 0.4)
    found = sd.jacobian(vector, wrt)(0.3, 1.7, 0.4)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found, expected)
    assert sd.jacobian(vector, x)(0.3, 1.7, 0.4).shape == shape
    assert sd.jacobian(vector, (x, y, z))(GRID, 1.7, 0.4).shape == (2, 3, 3)


@pytest.mark.parametrize("make", [lambda x, n: n * x, lambda x, n: x / n, lambda x, n: sp.sin(x) + n], ids="*/+")
def test_integers_that_python_does_not_print(make):
    x = sp.Symbol("x")
    assert sd.grad(make(x, sp.Integer(10) ** 5000))(0.5) in (np.inf, 0.0, np.cos(0.5))


def test_vectors_of_symbols_with_one_stem_have_names_of_their_own():
    a, *q = sp.symbols("q q:4")
    what = sp.sin(q[0] * q[1]) + q[2] ** q[3]
    f = sd.function(what, inputs=[q[:2], q[2:]])
    assert f.inputs == ("q0_q1", "q2_q3")
    first, second = np.array([1.0, 2.0]), np.array([3.0, 2.0])
    np.testing.assert_allclose(f(first, second), np.sin(2.0) + 9.0)
    np.testing.assert_allclose(sd.grad(what, q[2:], inputs=[q[:2], q[2:]])(first, second), [6.0, 9.0 * np.log(3.0)])
    assert sd.function(a * q[0] + q[1], inputs=[a, q[:2]]).inputs == ("q", "q0_q1")
    assert sd.function(q[0] + q[1], inputs=[q[:2]]).inputs == ("q",)
