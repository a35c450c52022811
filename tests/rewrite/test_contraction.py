"""The contraction pass: what comes out is equal, never dearer, the same for every spelling, and what one would write."""

import numpy as np
import pytest
from helpers import evaluate, graph_of
from hypothesis import HealthCheck, assume, given, settings, strategies as st

import symdiff as sd
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import SymdiffError
from symdiff.graph.aval import Aval
from symdiff.graph.check import check
from symdiff.graph.dims import evaluate as value_of, length
from symdiff.graph.node import LENGTH, as_node, variable
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.api.selection import getitem
from symdiff.ops.index import Slice
from symdiff.ops.table import FUNCTIONS
from symdiff.program.pipeline import compile_graph
from symdiff.rewrite.contract.contract import DELTAS
from symdiff.rewrite.contract.order import nominal_cost

slow = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def F(name):
    return FUNCTIONS[name].call


# ------------------------------------------------------------------------------------------------- random programs

N, M = length("n"), length("m")
SIZES = {"n": 4, "m": 3}
INPUTS = tuple(
    variable(name, Aval(np.float64, shape))
    for name, shape in {"A": (N, N), "B": (N, M), "C": (M, M), "x": (N,), "y": (M,), "s": (), "D": (2, N)}.items()
)
STEPS = (
    lambda a, b: a @ b, lambda a, b: b @ a, lambda a, b: a.op and F("transpose")(a) @ b, lambda a, b: a * b,
    lambda a, b: F("transpose")(a), lambda a, b: total(a), lambda a, b: F("sum")(a, axis=0),
    lambda a, b: F("sum")(a, axis=-1, keepdims=True), lambda a, b: F("outer")(a, b), lambda a, b: F("diag")(a),
    lambda a, b: F("trace")(a), lambda a, b: shapes.eye(n=a.shape[0], dtype="float64") @ a,
    lambda a, b: shapes.eye(n=a.shape[0], dtype="float64") * a,
    lambda a, b: shapes.eye(n=a.shape[-1], dtype="float64") - a, lambda a, b: 2 * a, lambda a, b: -a, lambda a, b: a / 3,
    lambda a, b: F("einsum")("ij,ij->j", a, b), lambda a, b: F("einsum")("ij,kj->ik", a, b),
    lambda a, b: F("einsum")("ij,jk->", a, b), lambda a, b: F("einsum")("ij,j->ji", a, b),
    lambda a, b: F("expand_dims")(a, -1), lambda a, b: a + b, lambda a, b: a - b, lambda a, b: ew.square(a),
    lambda a, b: ew.where(F("expand_dims")(a, -1) > 0, b, 0), lambda a, b: b / (1 + ew.square(a)),
    lambda a, b: F("broadcast_to")(a, (M, *a.shape)), lambda a, b: F("einsum")("ijk,jl->kl", a, b),
    lambda a, b: getitem(a, slice(1, None)), lambda a, b: getitem(a, slice(None, -1)), lambda a, b: getitem(a, 1),
    lambda a, b: getitem(a, (..., slice(1, -1))), lambda a, b: getitem(a, (..., -1)), lambda a, b: F("diag")(a, 1),
    lambda a, b: into(a, Slice(1, None)), lambda a, b: into(a, Slice(None, -1)), lambda a, b: F("diag")(a, -1),
    lambda a, b: getitem(shapes.eye(n=a.shape[-1], dtype="float64"), slice(1, None)) * a,
    lambda a, b: shapes.eye(n=a.shape[-1], dtype="float64") * b / (1 + ew.square(a)),
    lambda a, b: ew.where(a > 0, F("diag")(b), 0),
)  # fmt: skip


def into(x, item):
    """Zeros, one more along the first axis, with `x` at `item`."""
    shape = (x.shape[0] + 1, *x.shape[1:])
    return shapes.scatter(x, shape=shape, index=(item, *[Slice()] * (x.ndim - 1)))


def total(x):
    return red.sum_(x, axis=tuple(range(x.ndim)), keepdims=False) if x.ndim else x


def elements(x):
    return int(np.prod([value_of(n, SIZES) for n in x.shape], dtype=int))


programs = st.lists(st.tuples(*[st.integers(0, 999)] * 3), min_size=3, max_size=12)


def build(program):
    """Nodes of a random program; steps that do not fit together are left out. The last ones are the outputs."""
    nodes = list(INPUTS)
    for op, i, j in program:
        try:
            made = STEPS[op % len(STEPS)](nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)])
        except (SymdiffError, IndexError):
            continue
        if made.ndim <= 4 and elements(made) <= 1000 and all(value_of(n, SIZES) > 1 for n in made.shape if n != 1):
            nodes.append(made)
    assume(len(nodes) > len(INPUTS))
    return nodes[-1:] + [node for node in nodes[-3:-1] if node.inputs]


def point(seed=0):
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=[value_of(n, SIZES) for n in x.shape])) for x in INPUTS]


def run(graph, values):
    """The outputs, node by node, with numbers for the lengths."""
    small = [variable(x.name, Aval(x.dtype, v.shape)) for x, v in zip(INPUTS, values, strict=True)]
    made = dict(zip(INPUTS, small, strict=True))
    for node in toposort(graph.outputs):
        if node.op is LENGTH:
            made[node] = as_node(value_of(node.kwargs["dim"], SIZES))
        elif node not in made:
            params = {key: concrete(value) for key, value in node.params}
            made[node] = type(node)(node.op, tuple(made[x] for x in node.inputs), tuple(params.items()))
    return evaluate(graph_of(small, *[made[y] for y in graph.outputs]), *values)


def concrete(value):
    """Parameters with numbers for lengths; what stands for a length is one."""
    if isinstance(value, tuple):
        items = map(concrete, value)
        return Slice(*items) if isinstance(value, Slice) else tuple(items)
    return value_of(value, SIZES) if type(value) is type(N) else value


def contracted(graph, until="contract"):
    return compile_graph(graph, NUMPY, until=until)


def cost(graph):
    """Operations, and elements that are written."""
    return sum(map(nominal_cost, toposort(graph.outputs)))


@slow
@given(programs)
def test_the_result_is_equal_and_sound(program):
    graph = graph_of(INPUTS, *build(program))
    values = point()
    expected = run(graph, values)
    assume(all(np.all(np.abs(v) < 1e6) for v in expected))
    made = check(contracted(graph))
    assert [y.aval for y in made.outputs] == [y.aval for y in graph.outputs]
    for old, new in zip(expected, run(made, values), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-12, atol=1e-12 * max(1.0, np.max(np.abs(old), initial=0)))


@slow
@given(programs)
def test_the_result_is_never_dearer(program):
    graph = graph_of(INPUTS, *build(program))
    assert cost(contracted(graph)) <= cost(compile_graph(graph, NUMPY, until="simplify"))


@slow
@given(programs)
def test_once_is_enough(program):
    """But for sums that hold a delta, which are multiplied out one layer at a time."""
    graph = graph_of(INPUTS, *build(program))
    assume(not any(node.op in DELTAS for node in toposort(graph.outputs)))
    made = contracted(graph)
    assert cost(contracted(made)) == cost(made)


@slow
@given(programs)
def test_exact_leaves_products_alone(program):
    graph = graph_of(INPUTS, *build(program))
    exact = [compile_graph(graph, NUMPY, until=stage, exact=True) for stage in ("simplify", "contract")]
    assert exact[0].same_as(exact[1])


@pytest.mark.parametrize(
    "f", [lambda x: np.sum(x) / len(x), lambda x: 3 * np.sum(x * x) / x.size, lambda x: x @ x / len(x)]
)
def test_a_sum_without_terms_over_no_terms_is_nan(f):
    """0 / 0, as in NumPy: the division does not go into the sum."""
    with np.errstate(invalid="ignore"):
        assert np.isnan(sd.function(f)(np.zeros(0)))
        assert sd.grad(f)(np.zeros(0)).shape == (0,)
    assert sd.function(f)(np.ones(2)) == f(np.ones(2))


def test_a_sum_with_a_diagonal_that_is_there_is_not_written_out_again():
    """The Gaussian mixture's factor: lower triangle and diagonal are one matrix, in the value and in its slopes."""

    def f(l, d, X):
        L = np.tril(l, -1) + np.diag(np.exp(d))
        return np.sum(np.sum((X @ L.T) ** 2, axis=0) ** 2) / 4

    g = sd.grad(f, wrt=("l", "d", "X"), l=(3, 3), d=3, X=(50, 3))
    rng = np.random.default_rng(6)
    l, d, X = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(50, 3))
    L = np.tril(l, -1) + np.diag(np.exp(d))
    Y = X @ L.T
    d_Y = np.sum(Y**2, axis=0) * Y
    d_L = d_Y.T @ X
    for found, expected in zip(g(l, d, X), (np.tril(d_L, -1), np.diag(d_L) * np.exp(d), d_Y @ L), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)
    assert "d_X = d_prod @ L " in g.source
