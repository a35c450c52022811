"""Laws that hold for any graph, on graphs drawn at random."""

import os
import subprocess
import sys

import numpy as np
import pytest
from helpers import compiled, difference, evaluate, gradient, graph_of, total
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from symdiff.autodiff.reverse import gradients
from symdiff.codegen.dialect import NumPy
from symdiff.compiling import specialise
from symdiff.errors import SymdiffError
from symdiff.graph.aval import Aval
from symdiff.graph.check import check
from symdiff.graph.graph import Graph
from symdiff.graph.node import variable
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.ops.api.selection import getitem
from symdiff.ops.table import FUNCTIONS
from symdiff.pipeline import PASSES, choose_dialect, compile_graph, recognise_forms
from symdiff.render.text import listing, parse_listing

slow = settings(
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def F(name):
    """The function that users call by this name."""
    return FUNCTIONS[name].call


SCALARS = (
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (1 + ew.square(b)), lambda a, b: -a,
    lambda a, b: 3 * a, lambda a, b: a - 0.5, lambda a, b: ew.sin(a), lambda a, b: ew.cos(a), lambda a, b: ew.tanh(a),
    lambda a, b: ew.sigmoid(a), lambda a, b: ew.arctan(a), lambda a, b: ew.square(a), lambda a, b: a**3,
    lambda a, b: a * a,
    lambda a, b: ew.sqrt(1 + ew.square(a)), lambda a, b: ew.log(1 + ew.exp(a)), lambda a, b: ew.log1p(ew.square(a)),
    lambda a, b: ew.exp(-ew.square(a)), lambda a, b: ew.logaddexp(a, b), lambda a, b: ew.hypot(a - b, 2.0),
    lambda a, b: ew.erf(a),
    lambda a, b: 1 / (1 + ew.exp(-a)), lambda a, b: ew.where(b > 0.1, a, ew.sin(a)),
    lambda a, b: ew.arcsinh(a) * (1 / (2 + ew.cos(b))),
)  # fmt: skip
ARRAYS = (
    lambda a, b: a @ b, lambda a, b: F("transpose")(a), lambda a, b: total(a), lambda a, b: F("sum")(a, axis=0),
    lambda a, b: F("sum")(a, axis=-1, keepdims=True), lambda a, b: F("mean")(a, axis=0),
    lambda a, b: F("prod")(a, axis=0),
    lambda a, b: F("logsumexp")(a, axis=-1), lambda a, b: F("softmax")(a, axis=-1), lambda a, b: F("var")(a, axis=0),
    lambda a, b: ew.exp(a) / F("sum")(ew.exp(a), axis=0, keepdims=True), lambda a, b: ew.log(F("softmax")(a, axis=0)),
    lambda a, b: F("cumsum")(a, axis=0), lambda a, b: F("cumprod")(a, axis=0), lambda a, b: F("expand_dims")(a, 0),
    lambda a, b: F("expand_dims")(a, -1), lambda a, b: F("concatenate")([a, b]), lambda a, b: F("stack")([a, b]),
    lambda a, b: F("flip")(a, axis=0), lambda a, b: getitem(a, slice(1, None)),
    lambda a, b: getitem(a, 0), lambda a, b: F("ravel")(a),
    lambda a, b: F("broadcast_to")(a, (2, *a.shape)), lambda a, b: F("einsum")("ij,kj->ik", a, b),
    lambda a, b: F("trace")(a),
    lambda a, b: F("einsum")("ij,ij->j", a, b), lambda a, b: F("eye")(3) @ a,
    lambda a, b: F("linalg.solve")(a + 9 * F("eye")(3), b),
    lambda a, b: F("tril")(a), lambda a, b: F("diagonal")(a), lambda a, b: F("roll")(a, 1, axis=0),
    lambda a, b: F("outer")(a, b),
)  # fmt: skip
INPUTS = {False: {"x": (), "y": (), "z": ()}, True: {"x": (3,), "y": (2, 3), "s": (), "A": (3, 3), "c": (3, 1)}}

programs = st.lists(st.tuples(*[st.integers(0, 999)] * 3), min_size=3, max_size=15)
kinds = st.booleans()


def build(program, arrays):
    """A scalar of inputs, by a list of (operation, operand, operand); steps that do not fit together are left out."""
    inputs = tuple(variable(name, Aval(np.float64, shape)) for name, shape in INPUTS[arrays].items())
    pool = (*SCALARS, *ARRAYS) if arrays else SCALARS
    nodes = list(inputs)
    for op, i, j in program:
        try:
            made = pool[op % len(pool)](nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)])
        except SymdiffError:
            continue
        if made.ndim <= 3 and np.prod(made.shape, dtype=int) <= 100:
            nodes.append(made)
    assume(len(nodes) > len(inputs))
    z = total(nodes[-1]) + total(ew.sin(nodes[-2]))
    return inputs, z


def point(inputs, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(np.asarray(rng.normal(size=x.shape))[()] for x in inputs)


def moderate(inputs, z, values, bound=1e3):
    """Whether no node is so large that rounding would drown what is compared."""
    nodes = [n for n in toposort([z]) if n.inputs]
    return all(np.all(np.abs(v) < bound) for v in evaluate(graph_of(inputs, *nodes), *values))


def with_gradient(inputs, z):
    found = gradients(z, inputs)
    beside = {"forward": (z,), "origins": found.origins, "cotangents": found.cotangents}
    return Graph(inputs, (z, *found.grads), tree=(0, tuple(range(1, len(inputs) + 1))), **beside)


@slow
@given(programs, kinds)
def test_generated_code_computes_what_the_graph_says(program, arrays):
    inputs, z = build(program, arrays)
    values = point(inputs)
    assume(moderate(inputs, z, values))
    [expected] = evaluate(graph_of(inputs, z), *values)
    assert compiled(inputs, z)(*values) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


@slow
@given(programs, kinds)
def test_gradient_survives_compilation(program, arrays):
    inputs, z = build(program, arrays)
    values = point(inputs)
    assume(moderate(inputs, z, values))
    grads = gradient(z, inputs)
    expected = evaluate(graph_of(inputs, *grads), *values)
    for found, g in zip(compiled(inputs, *grads)(*values), expected, strict=True):
        assert np.shape(found) == g.shape
        np.testing.assert_allclose(found, g, rtol=1e-9, atol=1e-9 * np.max(np.abs(g), initial=1.0))


@slow
@given(programs, kinds)
def test_gradient_is_that_of_finite_differences(program, arrays):
    inputs, z = build(program, arrays)
    values = point(inputs)
    assume(moderate(inputs, z, values, 100))
    f = compiled(inputs, z)
    rng = np.random.default_rng(1)
    for k, found in enumerate(compiled(inputs, *gradient(z, inputs))(*values)):
        direction = np.asarray(rng.normal(size=inputs[k].shape))[()]
        coarse, fine = (difference(f, values, k, direction, h) for h in (2e-4, 1e-4))
        assume(abs(coarse - fine) < 1e-8 * max(1, abs(fine)))  # a kink, or a scale that differences do not resolve
        assert np.sum(found * direction) == pytest.approx(fine, rel=1e-6, abs=1e-6)


@slow
@given(programs, kinds)
def test_exact_simplification_changes_no_bit(program, arrays):
    inputs, z = build(program, arrays)
    graph = graph_of(inputs, z, *gradient(z, inputs))
    simplified = compile_graph(graph, NumPy(), until="simplify", exact=True).graph
    values = point(inputs)
    for old, new in zip(evaluate(graph, *values), evaluate(simplified, *values), strict=True):
        np.testing.assert_array_equal(old, new)


@slow
@given(programs, kinds)
def test_every_pass_leaves_a_sound_graph(program, arrays):
    inputs, z = build(program, arrays)
    check(recognise_forms(graph_of(inputs, z)))
    graph = check(with_gradient(inputs, z))
    for stage, _ in PASSES:
        made = check(compile_graph(graph, choose_dialect(graph), until=stage).graph)
        assert [x.aval for x in made.outputs] == [x.aval for x in graph.outputs]
        assert (made.inputs, made.tree) == (graph.inputs, graph.tree)


@slow
@given(programs, kinds)
def test_listing_reads_back_to_the_same_graph(program, arrays):
    graph = with_gradient(*build(program, arrays))
    for each in (graph, compile_graph(graph, NumPy(), until="simplify").graph):
        again = parse_listing(listing(each))
        assert again.same_as(each)
        assert listing(again.with_(origins=each.origins, cotangents=each.cotangents, names=each.names)) == listing(each)


@slow
@given(programs, kinds)
def test_source_is_the_same_each_time(program, arrays):
    first = specialise(with_gradient(*build(program, arrays))).source
    second = specialise(with_gradient(*build(program, arrays))).source
    assert first == second


DUMP = """
import random, sys
sys.path.insert(0, {tests!r})
from hypothesis.errors import UnsatisfiedAssumption
from test_random_graphs import build, specialise, with_gradient
keep = [bytearray(random.Random(k).randrange(1, 4000)) for k in range({waste})]  # other addresses
rng = random.Random(5)
for k in range(60):
    program = [tuple(rng.randrange(1000) for _ in range(3)) for _ in range(15)]
    try:
        print(specialise(with_gradient(*build(program, k % 3 > 0))).source)
    except UnsatisfiedAssumption:
        pass
"""


def test_source_is_the_same_in_each_process():
    outputs = []
    for seed in (1, 2):
        script = DUMP.format(tests=os.path.dirname(__file__), waste=1000 * seed)
        env = {**os.environ, "PYTHONHASHSEED": str(seed)}
        outputs.append(
            subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout
        )
    assert outputs[0].count("def f") > 30
    assert outputs[0] == outputs[1]
