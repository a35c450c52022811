"""SymPy in and out: values are SymPy's, derivatives are ours, and the way back gives the same graph."""

import itertools
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
from helpers import draw
from hypothesis import given, settings, strategies as st
from row_samples import OF_SCIPY

import symdiff as sd
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import SymdiffError
from symdiff.frontends.sympy.names import in_natural_order, python_name
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import variable
from symdiff.graph.op import OPS
from symdiff.graph.walk import toposort
from symdiff.program.pipeline import compile_graph
from symdiff.render.to_sympy import to_sympy

x, y, z = sp.symbols("x y z")
n, d = sp.symbols("n d", integer=True, positive=True)

# -------------------------------------------------------------------------------------------------------------- scalars

half, third = sp.Rational(1, 2), sp.Rational(1, 3)
SMOOTH = [
    x**2 + 3 * x + 1, y - x, x / y, x * y / 2, -x * y, sp.sqrt(x) / y, x ** sp.Rational(-3, 2), x**third, x**y, 2**x,
    sp.exp(-(x**2)) * sp.sqrt(2 * sp.pi), sp.E**x, sp.log(x, 2), sp.GoldenRatio * x + sp.EulerGamma * y + sp.Catalan,
    sp.sin(x), sp.cos(x), sp.tan(x), sp.sec(x), sp.csc(x), sp.cot(x), sp.asin(x / 4), sp.acos(x / 4), sp.atan(x),
    sp.acot(x), sp.asec(x + 3), sp.acsc(x + 3), sp.atan2(y, x), sp.sinh(x), sp.cosh(x), sp.tanh(x), sp.sech(x),
    sp.csch(x), sp.coth(x), sp.asinh(x), sp.acosh(x + 2), sp.atanh(x / 4), sp.acoth(x + 2), sp.asech(x / 4),
    sp.acsch(x), sp.sinc(x), sp.sinc(sp.pi * x), sp.erf(x), sp.erfc(x), sp.gamma(x), sp.loggamma(x),
    sp.digamma(x), sp.polygamma(2, x), sp.beta(x, y), sp.factorial(x), sp.binomial(x + 3, y), sp.frac(x / 10),
    sp.Abs(x - 3), sp.Max(x, y**2, 0), sp.Min(x, 7), sp.Piecewise((x**2, x < y), (sp.log(x), True)), sp.Mod(7 * x, 20),
    sp.Sum(x**z / sp.factorial(z), (z, 0, 4)), sp.Product(x + z, (z, 1, 3)), sp.Sum(x**z * y**n, (z, 0, n), (n, 0, 2)),
    sp.Heaviside(x - y) * x, sp.LambertW(1) * x, sp.besselj(0, 1) * x, 10**30 * x, x / 10**400 * 10**400,
    sp.Integer(2) ** 70 + x, sp.Float("0.1", 50) * x, sp.rootof(z**5 - z - 1, 0) * x,
]  # fmt: skip
PIECEWISE_CONSTANT = [
    sp.sign(x - y), sp.floor(3 * x), sp.ceiling(3 * x), sp.Heaviside(x - y), sp.Heaviside(x - x),
    sp.Piecewise((1, (x > y) & (x < 2)), (2, sp.Eq(x, y) | sp.Ne(y, y + x)), (3, True)), sp.Piecewise((1, ~(x >= y)), (0, x <= y + 9)),
]  # fmt: skip
POINTS = [(0.7, 1.3), (1.9, 0.4), (1.25, 1.5)]


def at(expr, *point):
    return float(sp.N(expr.subs(dict(zip((x, y), point, strict=True))).doit(), 20))


@pytest.mark.parametrize("expr", SMOOTH + PIECEWISE_CONSTANT, ids=str)
def test_values_are_those_of_sympy(expr):
    f = sd.function(expr, x="", y="") if len(sd.function(expr).inputs) == 2 else sd.function(expr)
    for point in POINTS:
        given = {name: v for name, v in zip("xy", point, strict=True) if name in f.inputs}
        assert f(**given) == pytest.approx(at(expr, *point), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("expr", [e for e in SMOOTH if e != sp.Integer(2) ** 70 + x], ids=str)  # no differences there
def test_derivatives_of_scalars_are_right(expr):
    f = sd.function(expr)
    for point in POINTS:
        arguments = tuple(v for name, v in zip("xy", point, strict=True) if name in f.inputs)
        assert sd.check_grads(f, arguments) < 1e-5


def test_a_scalar_expression_may_be_computed_on_arrays():
    np.testing.assert_array_equal(sd.function(x**2 + y)(np.arange(3.0), 1.0), [1, 2, 5])


def expressions():
    leaves = st.sampled_from([x, y, sp.Integer(2), sp.Rational(-2, 3), sp.pi, sp.Float(0.3)])

    def grow(inner):
        return st.one_of(
            st.builds(lambda a, b: a + b, inner, inner), st.builds(lambda a, b: a - b, inner, inner),
            st.builds(lambda a, b: a * b, inner, inner), st.builds(lambda a, b: a / (1 + b**2), inner, inner),
            st.builds(sp.sin, inner), st.builds(sp.atan, inner), st.builds(sp.Max, inner, inner),
            st.builds(lambda a: sp.sqrt(1 + a**2), inner), st.builds(lambda a, b: sp.Piecewise((a, a < b), (b, True)), inner, inner),
        )  # fmt: skip

    return st.recursive(leaves, grow, max_leaves=8)


@settings(max_examples=60, deadline=None)
@given(expressions())
def test_random_expressions_have_the_value_that_sympy_gives(expr):
    f = sd.function(expr)
    point = {"x": 0.7, "y": -1.3}
    want = float(sp.N(expr.subs({x: sp.Float(0.7, 30), y: sp.Float(-1.3, 30)}), 20))
    assert f(**{k: point[k] for k in f.inputs}) == pytest.approx(want, rel=1e-9, abs=1e-9)


def test_nothing_is_computed_twice_and_nothing_swells():
    """SymPy multiplies sin(e)*e out into one product per level; as a graph it stays two nodes per level."""
    e, levels = x, 200
    for _ in range(levels):
        e = sp.sin(e) * e
    graph = sd.function(e).recipe.build([Aval("float64")])

    assert len(toposort(graph.outputs)) == 2 * levels + 1
    assert len(toposort(sd.grad(e).graph.outputs)) < 10 * levels
    assert sd.grad(e)(np.pi / 2) == 1.0  # sin(e)*e has its fixed point, and slope 1, there


def test_deep_expressions_need_no_deep_stack():
    e = x
    for _ in range(3000):
        e = sp.tanh(e, evaluate=False)

    assert sd.grad(e)(0.0) == 1.0


def test_what_sympy_leaves_unevaluated_keeps_its_order():
    e = sp.Add(y, x, evaluate=False)
    graph = sd.function(e).graph

    assert [v.name for v in graph.outputs[0].inputs] == ["y", "x"]
    assert sd.function(sp.Mul(2, x + x, evaluate=False))(3.0) == 12.0


# ---------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("x", "x"), ("lambda", "lambda_"), ("np", "np"), ("x y", "x_y"), (r"\lambda_1", "lambda_1"), ("σ", "sigma"),
     ("Σ_x", "Sigma_x"), ("x'", "x_prime"), ("x_{12}", "x_12"), ("x₁", "x1"), ("a-b", "a_b"), ("λ", "lambda_"),
     ('"""\nimport os', "import_os"), ('__import__("os").system("x")', "import_os_system_x")],
)  # fmt: skip
def test_names_are_spelled_out(name, spelled):
    s = sp.Symbol(name)
    assert python_name(s) == spelled
    assert sd.grad(s**2 + sp.sin(s))(0.5) == pytest.approx(1 + np.cos(0.5))
    assert sd.grad(s**2).inputs == (spelled,)
    assert spelled == name or not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sd.grad(s**2).source)


def test_inputs_are_sorted_by_name_and_numbers_by_value():
    names = [f"x{k}" for k in (10, 2, 1)]
    assert sd.function(sum(sp.symbols(names)) + y).inputs == ("x1", "x2", "x10", "y")
    assert sorted(names, key=in_natural_order) == ["x1", "x2", "x10"]


def test_symbols_may_stand_where_names_do():
    assert sd.grad(x * y, wrt=x)(2.0, 3.0) == 3.0
    assert sd.grad(x * y, wrt=(y, x))(2.0, 3.0) == (2.0, 3.0)
    assert sd.function(x - y, inputs=(y, x)).inputs == ("y", "x")
    assert sd.function(sp.Lambda((y, x), x - y)).inputs == ("y", "x")


def test_several_results_are_a_tuple():
    assert sd.function((x**2, x * y))(2.0, 3.0) == (4.0, 6.0)


# ------------------------------------------------------------------------------------------------------------- matrices

rng = np.random.default_rng(7)
A, B, C = (sp.MatrixSymbol(name, 3, 3) for name in "ABC")
u, v = (sp.MatrixSymbol(name, 3, 1) for name in "uv")
R = sp.MatrixSymbol("R", 2, 3)
VALUES = {
    "A": rng.normal(size=(3, 3)) + 3 * np.eye(3), "B": rng.normal(size=(3, 3)) + 2 * np.eye(3), "C": rng.normal(size=(3, 3)),
    "R": rng.normal(size=(2, 3)), "u": rng.normal(size=(3, 1)), "v": rng.normal(size=(3, 1)), "x": 0.7, "y": 1.3,
}  # fmt: skip
T, det, I3 = sp.Trace, sp.Determinant, sp.Identity(3)
MATRICES = [
    A + B - C, x * A * B / 2, A.T * B.T, (A * B).T, A**-1 * B, A**3, A**-2, A**0, (A * B) ** -1, R * A, R.T * R, u * v.T,
    A * u, u.T * A, (A * u - v).T, sp.HadamardProduct(A, B, C), sp.HadamardPower(A, 2), sp.hadamard_product(u, v),
    sp.KroneckerProduct(R, A), sp.BlockMatrix([[A, u], [v.T, sp.Identity(1)]]), sp.BlockDiagMatrix(A, R), A[:2, 1:], A[0, :],
    sp.ZeroMatrix(3, 3) + A, A + sp.OneMatrix(3, 3) - I3, sp.DiagMatrix(u) * A, A.applyfunc(sp.exp),
    A.applyfunc(sp.Lambda(z, z**2 * x + 1)), A + sp.ImmutableMatrix(3, 3, range(9)), -A, u - A * (B * v),
    sp.Matrix([[x, y], [1, x * y]]), sp.Matrix([x, 2 * y]), sp.Matrix([[x, y]]) * 2, sp.SparseMatrix(2, 2, {(0, 0): x}),
    sp.Adjoint(A) * B,
]  # fmt: skip
LOSSES = [
    T(A), T(A) + 1, T(A) + T(B), T(A * B) - 2 * T(A.T * B), det(A), sp.log(det(A)), det(A * B) ** 2, A[1, 1], A[0, 2] * B[2, 0],
    u.T * A * v, (u.T * A * v)[0, 0], ((A * u - v).T * (A * u - v)) / 2 + x * u.T * u, sp.DotProduct(u, A * v), T(A**-1 * B),
    T((x * A) * (x * A)), T(sp.HadamardProduct(A, B) * C), sp.exp(-T(R.T * R) / 9), T(A.applyfunc(sp.tanh) * B),
    T(sp.KroneckerProduct(R.T * R, A)), T(sp.BlockMatrix([[A, u], [v.T, sp.Identity(1)]]) ** 2), sp.Sum(A[sp.Symbol("i"), 1] ** 2, (sp.Symbol("i"), 0, 2)),
    sp.log(1 + sp.exp(-u[0, 0] * v[1, 0])), T(A[:2, 1:].T * A[:2, 1:]), sp.Piecewise((T(A), x > 0), (det(A), True)),
]  # fmt: skip


def by_sympy(expr):
    """The value by SymPy's own explicit arithmetic."""
    known = {
        sp.MatrixSymbol(k, *v.shape) if np.ndim(v) else sp.Symbol(k): sp.ImmutableMatrix(v) if np.ndim(v) else v
        for k, v in VALUES.items()
    }
    result = expr.xreplace(known).replace(sp.Trace, lambda arg: arg.doit().as_explicit().trace()).doit()
    result = result.as_explicit() if isinstance(result, sp.MatrixExpr) else result
    return np.array(result.tolist(), float) if hasattr(result, "tolist") else float(result)


def arguments(f, flat=()):
    return [np.ravel(VALUES[k]) if k in flat else VALUES[k] for k in f.inputs]


@pytest.mark.parametrize("expr", MATRICES, ids=str)
def test_matrices_have_the_value_and_shape_that_sympy_gives(expr):
    f = sd.function(expr)
    value = f(*arguments(f))

    assert value.shape == tuple(expr.shape)
    np.testing.assert_allclose(value, by_sympy(expr), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("expr", LOSSES, ids=str)
def test_losses_of_matrices_and_their_derivatives(expr):
    f = sd.function(expr)
    assert np.ndim(f(*arguments(f))) == 0
    np.testing.assert_allclose(f(*arguments(f)), np.squeeze(by_sympy(expr)), rtol=1e-10)
    assert sd.check_grads(f, tuple(arguments(f))) < 1e-5
    assert [np.shape(g) for g in sd.grad(f, f.inputs)(*arguments(f))] == [np.shape(a) for a in arguments(f)]


@pytest.mark.parametrize("expr", [e for e in LOSSES if e.has(u) or e.has(v)], ids=str)
def test_columns_may_come_as_vectors(expr):
    f = sd.function(expr)
    specs = {k: "3" for k in f.inputs if k in "uv"}
    g = sd.grad(expr, f.inputs, **specs)
    for ours, theirs in zip(g(*arguments(g, "uv")), sd.grad(f, f.inputs)(*arguments(f)), strict=True):
        np.testing.assert_allclose(ours, np.reshape(theirs, np.shape(ours)), rtol=1e-12, atol=1e-12)


def test_a_residual_is_computed_once():
    """SymPy transposes the terms of (X*w - y).T; the graph has one residual, not two."""
    X, w, t = sp.MatrixSymbol("X", n, d), sp.MatrixSymbol("w", d, 1), sp.MatrixSymbol("y", n, 1)
    r = X * w - t
    for specs in ({}, {"w": "d", "y": "n"}):
        for loss in (r.T * r, T(r.T * r), det(r.T * r)):
            assert sd.function(loss, **specs).source.count("X @ w") == 1
            assert "np.eye" not in sd.grad(loss, w, **specs).source


def test_ones_are_summed_over_and_not_made():
    X, w = sp.MatrixSymbol("X", n, d), sp.MatrixSymbol("w", d, 1)
    for specs in ({}, {"w": "d"}):
        source = sd.function(sp.OneMatrix(1, n) * (X * w), **specs).source
        assert "np.ones" not in source
        assert "np.sum" in source


def test_lengths_are_symbols():
    X, w = sp.MatrixSymbol("X", n, d), sp.MatrixSymbol("w", d, 1)
    f = sd.function(T(X.T * X) / n + T(sp.Identity(d)) + X[n - 1, 0] * w[0, 0])
    X_, w_ = rng.normal(size=(5, 2)), np.ones((2, 1))

    assert f.inputs == ("X", "w")
    assert f(X_, w_) == pytest.approx(np.sum(X_**2) / 5 + 2 + X_[4, 0])
    with pytest.raises(sd.errors.ShapeError):
        f(X_, np.ones((3, 1)))


def test_diagonals():
    """SymPy has these classes and cannot compute them with numbers."""
    given = VALUES["A"], VALUES["B"]
    np.testing.assert_allclose(sd.function(sp.DiagonalMatrix(A) * B)(*given), np.diag(np.diag(given[0])) @ given[1])
    np.testing.assert_allclose(sd.function(sp.DiagonalOf(A))(given[0]), np.diag(given[0])[:, None])


def test_a_spec_goes_before_the_sizes_of_a_symbol():
    f = sd.grad(T(A.T * A), A=sd.spec("3 3", dtype="float32"))
    assert f(np.eye(3, dtype=np.float32)).dtype == np.float32
    narrow = np.eye(3, dtype=np.float32)
    assert sd.grad(T(A.T * A))(narrow).dtype == np.float32
    assert (
        sd.function(A * 2 + I3 + sp.OneMatrix(3, 3) * sp.ImmutableMatrix(3, 3, range(9)) / 3)(narrow).dtype
        == np.float32
    )
    np.testing.assert_array_equal(sd.grad(T(A.T * A), A="m m")(np.eye(4)), 2 * np.eye(4))


def test_arrays_with_an_index():
    i, a = sp.Symbol("i", integer=True), sp.IndexedBase("a")
    np.testing.assert_array_equal(
        sd.grad(sp.Sum(a[i] ** 2 * x, (i, 0, 2)), "a", a=3)(a=np.arange(3.0), x=1.0), [0, 2, 4]
    )
    assert sd.function(sp.IndexedBase("M", shape=(2, 2))[1, 0] * 2)(np.arange(4.0).reshape(2, 2)) == 4.0


# ------------------------------------------------------------------------------------ where SymPy's derivatives are wrong


def gradient(expr, symbol):
    f = sd.grad(expr, symbol)
    return f(*arguments(f))


A_, B_, u_, v_ = (VALUES[k] for k in "ABuv")
KNOWN = {  # Petersen and Pedersen, "The Matrix Cookbook", with their numbers
    "log det (49)": (sp.log(det(A)), A, np.linalg.inv(A_).T),
    "det (49)": (det(A), A, np.linalg.det(A_) * np.linalg.inv(A_).T),
    "trace plus one (99)": (T(A) + 1, A, np.eye(3)),
    "sum of traces (100, 102)": (T(A * B) + T(A.T * A), A, B_.T + 2 * A_),
    "element (73)": (A[1, 1], A, np.outer([0, 1, 0], [0, 1, 0])),
    "bilinear (70)": (u.T * A * v, A, u_ @ v_.T),
    "quadratic (81)": (u.T * A * u, u, (A_ + A_.T) @ u_),
    "inverse (64)": (T(A**-1 * B), A, -(np.linalg.inv(A_) @ B_ @ np.linalg.inv(A_)).T),
    "cube (106)": (T(A**3), A, 3 * (A_ @ A_).T),
    "scalar times matrix, twice": (T((x * A) * (x * A)), x, 2 * 0.7 * np.trace(A_ @ A_)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_matrix_derivatives_of_the_books(name):
    expr, symbol, want = KNOWN[name]
    np.testing.assert_allclose(gradient(expr, symbol), want, rtol=1e-10, atol=1e-12)


def test_the_logistic_loss_to_second_order():
    X, w, t = sp.MatrixSymbol("X", n, d), sp.MatrixSymbol("w", d, 1), sp.MatrixSymbol("y", n, 1)
    s = sp.Symbol("s")
    losses = sp.HadamardProduct(t, X * w).applyfunc(sp.Lambda(s, sp.log(1 + sp.exp(-s))))
    loss = sd.grad(sp.OneMatrix(1, n) * losses, w)
    X_, w_, t_, p_ = (
        rng.normal(size=(5, 2)),
        rng.normal(size=(2, 1)),
        np.sign(rng.normal(size=(5, 1))),
        rng.normal(size=(2, 1)),
    )
    m = t_ * (X_ @ w_)
    sigma = 1 / (1 + np.exp(-m))

    assert loss.inputs == ("X", "w", "y")
    np.testing.assert_allclose(loss(X_, w_, t_), -X_.T @ (t_ * (1 - sigma)), rtol=1e-12)
    X_var, w_var, t_var, p_var = (
        sd.var(k, shape) for k, shape in [("X", "n d"), ("w", "d 1"), ("y", "n 1"), ("p", "d 1")]
    )
    graph = sd.function(sp.OneMatrix(1, n) * losses).recipe.build(
        [Aval("float64", s.node.shape) for s in (X_var, w_var, t_var)]
    )
    first = sd.gradients(graph.outputs[0], [graph.input("w")])[0]
    second = sd.grad(np.sum(first * p_var), "w", inputs=[graph.input("X"), graph.input("w"), graph.input("y"), p_var])
    np.testing.assert_allclose(second(X_, w_, t_, p_), X_.T @ (sigma * (1 - sigma) * (X_ @ p_)), rtol=1e-10)


# -------------------------------------------------------------------------------------------------------------- and back

SCALAR_ROWS = [
    op
    for op in OPS.values()
    if op.family == "elementwise"
    and not op.name.startswith(("bitwise", "invert", "left", "right"))
    and (op.notation.sympy or not op.params)  # a function of a SymPy symbol has no parameters
]
BY_VALUE = {
    "digamma_rise",
    "erfcx",
    "mills",
    "xlogx",
    "xlogratio",
    "abs2",
    "positive",
    "floor_divide",
    "deg2rad",
    "rad2deg",
    "clip",
    "relu",
    "trunc",
    "absorbing_product",
    "norm_quotient",
    "sign_product",
    "xlogy",
    "first_max",
    "first_min",
    "ellipem1",
    "pseudo_huber_loss",
    "slope_of_hyperbola",
}  # said in other words, equal in value


def row_graph(op):
    kinds = ["bool" if op.name == "where" and k == 0 else "float64" for k in range(op.arity)]
    inputs = tuple(variable(f"x{k}", Aval(kind)) for k, kind in enumerate(kinds))
    return Graph(inputs, (op(*inputs, **op.params),))


def simplified(graph):
    return compile_graph(graph, NUMPY, until="simplify")


@pytest.mark.parametrize("evaluate", [True, False])
@pytest.mark.parametrize("op", SCALAR_ROWS, ids=lambda op: op.name)
def test_every_scalar_row_goes_to_sympy_and_back(op, evaluate):
    graph = row_graph(op)
    back = sd.function(to_sympy(graph, evaluate=evaluate)).recipe.build([node.aval for node in graph.inputs])
    same = simplified(back).same_as(simplified(graph))
    if op.name not in BY_VALUE and (same or op.name not in OF_SCIPY):
        assert same
        return
    assert not same, "it belongs to the others"
    arrays = draw(op, np.random.default_rng(0), *[(5,)] * op.arity)
    f, g = (sd.function(tuple_of(graph_)) for graph_ in (graph, back))
    for row in zip(*arrays, strict=True):
        given = {f"x{k}": float(item) for k, item in enumerate(row)}
        assert f(**given) == pytest.approx(g(**given), rel=1e-11 if op.name in OF_SCIPY - BY_VALUE else 1e-15, abs=0)


def tuple_of(graph):
    from symdiff.frontends.tracing.trace import Symbol

    return Symbol(graph.outputs[0])


@pytest.mark.parametrize("text", ["a*exp(-b*x) + c", "(x + sigmoid(y))/(sigmoid(x) + (x + y)**2)", "where(x > 0, sqrt(x), -x)*0.1",
                                  "maximum(x, 0)**1.5 + 2/3", "log1p(x)*expm1(y) - hypot(x, y)", "pi*x - e/y + inf*0"])  # fmt: skip
def test_a_graph_goes_to_sympy_and_back(text):
    f = sd.function(text)
    back = sd.function(f.to_sympy(evaluate=False)).recipe
    graph = back.build([Aval("float64")] * len(back.inputs))
    both = simplified(Graph(f.graph.inputs, (f.graph.outputs[0], graph.outputs[0]), tree=(0, 1)))

    assert both.outputs[0] is both.outputs[1]  # one engine: the order of operands of sums and products is no matter
    for evaluate in (True, False):
        g = sd.value_and_grad(f, f.inputs[0])
        h = sd.function(g.to_sympy(evaluate=evaluate))
        given = {k: 0.3 + len(k) for k in g.inputs}
        assert h(**{k: given[k] for k in h.inputs})[1] == pytest.approx(g(**given)[1], rel=1e-13, abs=0, nan_ok=True)


@pytest.mark.parametrize("expr", [x**2 + 3 * x + 1, y - x, x / y, sp.sqrt(x) / y, x**y, sp.sin(x) * sp.exp(-y), sp.pi * x,
                                  sp.Max(x, y, 0), sp.Piecewise((x, x < y), (y, True)), sp.atan2(y, x), sp.loggamma(x)], ids=str)  # fmt: skip
def test_an_expression_comes_back_as_it_went_in(expr):
    assert sd.function(expr).to_sympy() == expr


def test_what_sympy_cannot_say_is_named():
    with pytest.raises(sd.errors.UnsupportedError, match="no expression for a loop"):
        sd.function(lambda x: sd.fori_loop(0, 3, lambda i, h: h * x, 1.0), x="").to_sympy()
    with pytest.raises(sd.errors.UnsupportedError, match="no expression for cumsum"):
        sd.function("cumsum(x)", x="n").to_sympy()
    with pytest.raises(sd.errors.UnsupportedError, match="two axes"):
        sd.function("x * 2", x="n m k").to_sympy()


def test_matrix_expressions_go_there_and_back():
    text = "sum(tanh(X @ w)) + trace(inv(X.T @ X)) + logdet(X.T @ X)/2 + w @ X.T @ y - mean(X**2)"
    f = sd.function(text, X="n d", w="d", y="n")
    g = sd.function(f.to_sympy(), inputs=f.inputs, w="d", y="n")
    given = rng.normal(size=(5, 2)), rng.normal(size=2), rng.normal(size=5)

    assert g(*given) == pytest.approx(f(*given), rel=1e-12)
    np.testing.assert_allclose(sd.grad(g, "w")(*given), sd.grad(f, "w")(*given), rtol=1e-11)


def test_a_gradient_is_a_matrix_expression():
    w, X, t = sp.MatrixSymbol("w", d, 1), sp.MatrixSymbol("X", n, d), sp.MatrixSymbol("y", n, 1)
    g = sd.grad("sum((X @ w - y)**2) / 2", "w", X="n d", w="d", y="n")

    assert g.to_sympy(symbols={"X": X, "w": w, "y": t}) == X.T * (X * w - t)


# -------------------------------------------------------------------------------------------------------------- the rest


@pytest.mark.parametrize("expr", [x * y, sp.Dummy("q") ** 2, u.T * A * u, sp.Matrix([x, y])], ids=str)
def test_functions_of_expressions_pickle(expr):
    f = sd.function(expr)
    again = pickle.loads(pickle.dumps(f))

    assert again.source == f.source


def test_a_row_of_the_user_is_a_function_of_sympy():
    sd.elementwise("gudermann", np.arctan, lambda y, x: 1 / (1 + x * x), doc="Not the Gudermannian.")
    f = sp.Function("gudermann")
    assert sd.grad(f(x) * 2)(0.5) == pytest.approx(1.6)
    assert sd.function("gudermann(x)").to_sympy() == f(x)


@pytest.mark.parametrize("expr", SMOOTH[:12], ids=str)
def test_saved_files_test_themselves(expr, tmp_path):
    path = sd.grad(expr.subs(y, sp.Symbol("x y")), x).save(tmp_path / "f.py")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_source_does_not_depend_on_how_the_sum_was_written():
    terms = [x**2, -3 * x * y, sp.sin(y), sp.Integer(4)]
    sources = {sd.function(sum(order[1:], order[0])).source for order in itertools.permutations(terms)}
    assert len(sources) == 1


@pytest.mark.parametrize(
    "what", [sp.sin, sp.FiniteSet(1), sp.zoo, sp.S.ComplexInfinity * x, sp.Derivative(x**2, x)], ids=str
)
def test_what_is_refused_is_refused_in_our_words(what):
    with pytest.raises(SymdiffError):
        _ = sd.function(what).source
