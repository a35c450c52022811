"""Jacobians, Hessians, and products with them."""

import ast
import pickle

import numpy as np
import pytest
from helpers import ROWS, as_floats, compiled, difference, samples, takes_floats, values, variables
from hypothesis import assume, given
from random_graphs import build, kinds, moderate, point, programs, slow
from row_samples import BY_EQUATION, SYMMETRIC, UNDEFINED, moves
from test_cases import STRINGS, arrays as case_arrays, load, relative  # noqa: F401

import symdiff as sd
from symdiff.autodiff.compose import cheaper_mode, hessians, jacobians
from symdiff.autodiff.reverse import gradients
from symdiff.errors import ArgumentError, DTypeError, ShapeError, UndefinedGradientError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import evaluate as value_of, length
from symdiff.graph.node import variable
from symdiff.graph.walk import toposort
from symdiff.ops.contraction import split_subscripts

every_row = pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
LS = "sum((X @ w - y)**2) / 2"
rng = np.random.default_rng(0)


def by_differences(f, arrays, k, h=2e-4):
    """The Jacobian of f in argument `k`, a column for each of its elements."""
    x = np.asarray(arrays[k])
    columns = []
    for index in np.ndindex(x.shape):
        unit = np.zeros(x.shape)
        unit[index] = 1.0
        columns.append(np.asarray(difference(f, arrays, k, unit, h)))
    y = np.shape(f(*arrays))
    return np.stack(columns, -1).reshape((*y, *x.shape)) if columns else np.zeros((*y, *x.shape))


# ---------------------------------------------------------------------------------------------------------------- rows


@every_row
def test_forward_is_reverse_is_finite_differences(op):
    if op.name in BY_EQUATION or (op.family == "elementwise" and not takes_floats(op)):
        return
    for arrays, params in samples(op):
        arrays = as_floats(op, arrays)
        inputs = variables(arrays)
        whole = op(*inputs, **params)
        nodes = [y for y in values(whole) if y.aval.inexact]
        by = [k for k in moves(op, whole) if inputs[k].aval.inexact]
        floats = [inputs[k] for k in by]
        if not arrays or not nodes or not by:
            continue
        if op.name in UNDEFINED:
            for mode in ("forward", "reverse"):
                with pytest.raises(UndefinedGradientError, match=op.name):
                    jacobians(nodes, floats, mode)
            continue
        for node in nodes:
            assert_jacobians(op, node, inputs, by, arrays)


def assert_jacobians(op, node, inputs, by, arrays):
    floats = [inputs[k] for k in by]
    [forward] = jacobians([node], floats, "forward").blocks
    [reverse] = jacobians([node], floats, "reverse").blocks
    run, f = compiled(inputs, *forward, *reverse), compiled(inputs, node)
    found = run(*arrays)
    for i, k in enumerate(by):
        one, other = found[i], found[len(by) + i]
        assert np.shape(one) == np.shape(other) == (*node.shape, *np.shape(arrays[k]))
        np.testing.assert_allclose(np.real(one), other, rtol=1e-10, atol=1e-12)  # of real seeds
        expected = by_differences(f, arrays, k)
        if op.name in SYMMETRIC:  # which differ off the set of symmetric matrices
            one, expected = one + np.swapaxes(one, -1, -2), expected + np.swapaxes(expected, -1, -2)
        np.testing.assert_allclose(one, expected, rtol=1e-6, atol=1e-7)


# -------------------------------------------------------------------------------------------------------------- choices


def test_the_mode_is_the_one_with_fewer_seeds():
    n, m = length("n"), length("m")
    scalar, vector = variable("s", Aval("float64")), variable("v", Aval("float64", (n,)))
    other, matrix = variable("w", Aval("float64", (m,))), variable("A", Aval("float64", (n, m)))

    assert cheaper_mode([scalar], [vector]) == "reverse"
    assert cheaper_mode([vector], [scalar]) == "forward"
    assert cheaper_mode([vector], [matrix]) == "reverse"
    assert cheaper_mode([vector], [other]) == "forward"
    assert cheaper_mode([variable("a", Aval("float64", (3,)))], [variable("b", Aval("float64", (4,)))]) == "reverse"
    assert cheaper_mode([variable("z", Aval("complex128"))], [vector]) == "forward"


# --------------------------------------------------------------------------------------------------- shapes and dtypes


def test_shape_is_that_of_the_value_followed_by_that_of_the_target():
    f = sd.jacobian("sin(A @ B)", ("A", "B"))
    A, B = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    d_A, d_B = f(A, B)

    assert d_A.shape == (2, 4, 2, 3) and d_B.shape == (2, 4, 3, 4)
    np.testing.assert_allclose(d_A, by_differences(lambda a: np.sin(a @ B), [A], 0), rtol=1e-8, atol=1e-9)


def test_numbers_stay_numbers():
    assert sd.hessian("x**3")(2.0) == 12.0
    assert isinstance(sd.hessian("x**3")(2.0), float)
    assert sd.jacobian("x**3")(2.0) == 12.0
    assert sd.hessian("x**2 * y", ("x", "y"))(2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))
    assert sd.jacobian("exp(s) * x", "s")(0.0, np.array([1.0, 2.0])).tolist() == [1.0, 2.0]


def test_float32_stays_float32():
    x = np.array([0.5, 1.0], np.float32)
    for f in (sd.jacobian("tanh(x) * 2", "x"), sd.hessian("sum(exp(x)*x)", "x")):
        assert f(x).dtype == np.float32
    assert sd.hvp("sum(exp(x)*x)", "x")(x, x).dtype == np.float32
    assert sd.jvp("tanh(x) * 2", "x")(x, x.astype(float)).dtype == np.float32
    assert sd.vjp("tanh(x) * 2", "x")(x, x.astype(float)).dtype == np.float32


@pytest.mark.parametrize("text", ["tanh(x)", "softmax(x)", "x[:, None] * x", "cumsum(x)"])
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_one_compilation_serves_all_lengths(text, n):
    if n == 0 and text == "softmax(x)":
        return
    f, value = sd.jacobian(text, x="n"), sd.function(text, x="n")
    x = rng.normal(size=n)
    found = f(x)

    assert found.shape == (*value(x).shape, n)
    np.testing.assert_allclose(found, by_differences(value, [x], 0), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("text", ["tanh(X) @ w", "softmax(X, axis=1)", "sum(X * X, axis=0)", "X.T @ X"])
def test_nothing_loops_over_rows(text):
    """The source for given lengths has as many statements as that for any others, and no loop."""
    counts = set()
    for n, d in [(2, 3), (20, 30)]:
        shapes = {"w": (d,)} if "w" in text else {}
        source = sd.jacobian(text, "X", X=(n, d), **shapes).source
        tree = ast.parse(source)
        assert not any(isinstance(node, (ast.For, ast.While, ast.comprehension)) for node in ast.walk(tree))
        counts.add(sum(isinstance(node, ast.stmt) for node in ast.walk(tree)))
    assert len(counts) == 1


def test_what_the_value_does_not_depend_on_gives_zeros():
    f = sd.jacobian("tanh(x)", ("x", "y"), x="n", y="m k")
    assert f(np.ones(2), np.ones((3, 1)))[1].tolist() == np.zeros((2, 3, 1)).tolist()
    h = sd.hessian("sum(x**3)", ("x", "y"), x="n", y="m")
    (_, xy), (yx, yy) = h(np.ones(2), np.ones(3))
    assert (xy.shape, yx.shape, yy.shape) == ((2, 3), (3, 2), (3, 3))
    assert not np.any(xy) and not np.any(yx) and not np.any(yy)
    assert sd.jacobian("floor(x)", x="n")(np.ones(2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_several_values_give_a_tuple_of_jacobians():
    def f(x, y):
        return np.sin(x) * y, (x @ y, np.outer(x, y))

    x, y = rng.normal(size=3), rng.normal(size=3)
    one, (two, three) = sd.jacobian(f)(x, y)
    assert (one.shape, two.shape, three.shape) == ((3, 3), (3,), (3, 3, 3))
    np.testing.assert_allclose(one, np.diag(np.cos(x) * y))
    one, (two, three) = sd.jacobian(f, ("x", "y"))(x, y)
    np.testing.assert_allclose(two[0], y)
    np.testing.assert_allclose(three[1], np.einsum("i,jk->ijk", x, np.eye(3)))


def test_complex_values_of_real_arguments():
    f = sd.jacobian("exp(1j * x) * y", "x", x="n", y="n")
    x, y = rng.normal(size=3), rng.normal(size=3)
    np.testing.assert_allclose(f(x, y), np.diag(1j * np.exp(1j * x) * y))
    with pytest.raises(DTypeError, match="real numbers"):
        sd.jacobian("exp(z)", z=sd.spec("n", dtype="complex128"))


# -------------------------------------------------------------------------------------------------------- known answers


@pytest.mark.parametrize("case", [c for c in STRINGS if c["kind"] != "grad"], ids=lambda c: c["id"])
def test_jacobians_of_the_cases(case):
    inputs = case_arrays(case)
    for name, expected in case["derivative"].items():
        assert relative(sd.jacobian(case["expr"], name)(**inputs), expected) <= 1e-10


@pytest.mark.parametrize("case", [c for c in STRINGS if "hessian" in c], ids=lambda c: c["id"])
def test_hessians_of_the_cases(case):
    inputs = case_arrays(case)
    names = case["wrt"]
    blocks = sd.hessian(case["expr"], tuple(names))(**inputs)
    sizes = [int(np.size(inputs[n])) for n in names]
    found = np.block(
        [[np.reshape(b, (p, q)) for b, q in zip(row, sizes, strict=True)] for row, p in zip(blocks, sizes, strict=True)]
    )
    assert relative(found, case["hessian"]) <= 1e-8
    np.testing.assert_allclose(found, found.T, rtol=1e-10, atol=1e-10 * np.max(np.abs(found), initial=1.0))


# ------------------------------------------------------------------------------------------------------ random programs


@slow
@given(programs, kinds)
def test_hessians_of_random_programs(program, arrays):
    """By forward over reverse with symmetry, by reverse over reverse, and by products with vectors."""
    inputs, z = build(program, arrays)
    values = point(inputs)
    assume(moderate(inputs, z, values, 100))
    grads = gradients(z, inputs).grads
    one = hessians(grads, inputs).blocks
    other = jacobians(grads, inputs, "reverse").blocks
    found = compiled(inputs, *[b for row in one for b in row], *[b for row in other for b in row])(*values)
    half = len(found) // 2
    for a, b in zip(found[:half], found[half:], strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-7 * np.max(np.abs(b), initial=1.0))


# ------------------------------------------------------------------------------------------------------------- products

MLP = "sum((tanh(X @ W1) @ W2 - T)**2)"
SHAPES = {"X": "n d", "W1": "d h", "W2": "h k", "T": "n k"}


def mlp():
    r = np.random.default_rng(1)
    return {"X": r.normal(size=(5, 2)), "W1": r.normal(size=(2, 3)), "W2": r.normal(size=(3, 4)),
            "T": r.normal(size=(5, 4))}  # fmt: skip


def test_hvp_is_the_hessian_times_the_vector():
    at = mlp()
    u, v = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    one, two = sd.hvp(MLP, ("W1", "W2"), **SHAPES)(**at, v_W1=u, v_W2=v)
    (a, b), (c, d) = sd.hessian(MLP, ("W1", "W2"), **SHAPES)(**at)
    np.testing.assert_allclose(one, np.tensordot(a, u, 2) + np.tensordot(b, v, 2), rtol=1e-10)
    np.testing.assert_allclose(two, np.tensordot(c, u, 2) + np.tensordot(d, v, 2), rtol=1e-10)
    np.testing.assert_allclose(b, np.transpose(c, (2, 3, 0, 1)))


def operations(f, sizes):
    """Multiplications, additions and function values in the generated code, for lengths of these sizes."""
    total = 0
    graph = f.stages.lowered
    for node in toposort(graph.outputs):
        shapes = [node.shape, *(x.shape for x in node.inputs)]
        counts = [np.prod([value_of(n, sizes) for n in shape]) for shape in shapes]
        if node.op.name == "einsum":
            a, b, _ = split_subscripts(node.kwargs["subscripts"])
            lengths = dict(zip(a + b, [n for x in node.inputs for n in x.shape], strict=True))
            total += 2 * np.prod([value_of(n, sizes) for n in lengths.values()])
        elif not node.op.view and node.inputs:
            cubic = {"solve": 2 / 3, "inv": 2}  # Golub and Van Loan, sections 3.2 and 3.3
            total += cubic[node.op.name] * sizes["n"] ** 3 if node.op.name in cubic else max(counts)
    return total


@pytest.mark.parametrize(
    ("text", "wrt", "shapes"),
    [
        (MLP, ("W1", "W2"), SHAPES),
        (MLP, "W2", SHAPES),
        ("sum(log(1 + exp(-y * (X @ w))))", "w", {"X": "n d", "y": "n", "w": "d"}),
        (LS, "w", {"X": "n d", "w": "d", "y": "n"}),
        ("x @ A @ x", "x", {"A": "n n", "x": "n"}),
        ("sum((T - U @ V.T)**2)", ("U", "V"), {"T": "n d", "U": "n k", "V": "d k"}),
        ("-sum(T * log(exp(X @ W) / sum(exp(X @ W), axis=1, keepdims=True)))", "W", {"X": "n d", "W": "d k",
         "T": "n k"}),
        ("sum(100 * (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)", "x", {"x": "n"}),
        ("logdet(A)", "A", {"A": "n n"}),
        ("sum(logsumexp(x * y)) + norm(x) * prod(y)", ("x", "y"), {"x": "n", "y": "n"}),
        ("b @ solve(A, b)", ("A", "b"), {"A": "n n", "b": "n"}),
        ("sum(tanh(tanh(tanh(tanh(x * x))))**3)", "x", {"x": "n"}),
    ],
    ids=str,
)  # fmt: skip
def test_hvp_costs_at_most_four_gradients(text, wrt, shapes):
    sizes = {"n": 200, "d": 50, "h": 30, "k": 10}
    gradient, product = sd.grad(text, wrt, **shapes), sd.hvp(text, wrt, **shapes)
    assert operations(product, sizes) <= 4 * operations(gradient, sizes)
    graph = gradient.stages.lowered
    blocks = {(*x.shape, *x.shape) for x in graph.outputs} - {x.shape for x in graph.inputs}
    assert not any(node.shape in blocks for node in toposort(product.stages.lowered.outputs) if node.inputs)


def test_jvp_and_vjp_are_the_jacobian_times_vectors():
    text, shapes = "tanh(X @ W)", {"X": "n d", "W": "d k"}
    X, W, U, C = (rng.normal(size=s) for s in [(5, 2), (2, 3), (2, 3), (5, 3)])
    J = sd.jacobian(text, "W", **shapes)(X, W)
    forward, back = sd.jvp(text, "W", **shapes)(X, W, U), sd.vjp(text, "W", **shapes)(X, W, C)
    np.testing.assert_allclose(forward, np.tensordot(J, U, 2), rtol=1e-10)
    np.testing.assert_allclose(back, np.tensordot(C, J, 2), rtol=1e-10)
    assert np.sum(forward * C) == pytest.approx(np.sum(back * U))


def test_names_of_further_inputs_clash_with_nothing():
    assert sd.jvp("x * x_dot", ("x", "x_dot")).inputs == ("x", "x_dot", "x_dot_", "x_dot_dot")
    assert sd.vjp("x * cotangent", "x").inputs == ("x", "cotangent", "cotangent_")
    assert sd.hvp("x**2 * v_x", "x").inputs == ("x", "v_x_", "v_x")


def test_specs_are_carried_over():
    f = sd.vjp("A @ x", "x", A="m n", x=sd.spec("n", dtype="float32"))
    assert f.specs["cotangent"].shape == f.specs["A"].shape[:1]
    assert sd.hvp("sum(x**3)", x="n").specs["v_x"].shape == sd.hvp("sum(x**3)", x="n").specs["x"].shape
    with pytest.raises(ShapeError, match="v_x"):
        sd.hvp("sum(x**3)", x="n")(np.ones(3), np.ones(2))
    with pytest.raises(ShapeError, match="x_dot"):
        sd.jvp("x**3")(np.ones(3), np.ones(2))


def test_errors():
    with pytest.raises(ArgumentError, match="cotangent is one value"):
        sd.vjp(lambda x: (x, 2 * x), "x", x="n")(np.ones(3), np.ones(3))
    with pytest.raises(ArgumentError, match="wrt is needed"):
        sd.jacobian("x * y")
    with pytest.raises(ShapeError, match="only a scalar"):
        sd.hessian("x * 2", x="n")
    with pytest.raises(DTypeError, match="real or complex results"):
        sd.jacobian("x > 0", x="n")
    with pytest.raises(ArgumentError, match="only real or complex inputs"):
        sd.jvp("where(b, x, 0)", "b", b=sd.spec("n", dtype="bool"), x="n")
    with pytest.raises(UndefinedGradientError, match="A -> svd_full"):
        sd.jacobian("svd(A)[0]", A="3 2")


def test_everything_composes():
    f = sd.jacobian(sd.grad("sum(x**4)", x="n"))
    np.testing.assert_allclose(f([1.0, 2.0]), np.diag([12.0, 48.0]))
    third = sd.jacobian(sd.hessian("sum(x**4)", x="n"))([1.0, 2.0])
    assert third.shape == (2, 2, 2)
    np.testing.assert_allclose(third[[0, 1], [0, 1], [0, 1]], [24.0, 48.0])
    trace = sd.grad(sd.function("trace(H)", H="n n"))
    assert trace(np.ones((2, 2))).tolist() == np.eye(2).tolist()
    assert sd.grad(sd.jvp("x**3", "x"), "x")(2.0, 1.0) == 12.0


def test_functions_pickle():
    for made in (sd.jacobian("tanh(x)", x="n"), sd.hessian("sum(tanh(x))", x="n")):
        again = pickle.loads(pickle.dumps(made))
        assert again.source == made.source
    again = pickle.loads(pickle.dumps(sd.hvp("sum(tanh(x))", x="n")))
    assert again.inputs == ("x", "v_x")
