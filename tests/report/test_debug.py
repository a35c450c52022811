"""Values on the graph: they are NumPy's, and what stands out is what should."""

import numpy as np
import pytest
from helpers import evaluate, graph_of
from hypothesis import given
from random_graphs import build, kinds, point, programs, slow

import symdiff as sd
from symdiff.errors import ArgumentError
from symdiff.graph.walk import toposort
from symdiff.render.text import parse_listing
from symdiff.report.debug import record


@slow
@given(programs, kinds)
def test_values_are_those_of_the_reference(program, arrays):
    inputs, z = build(program, arrays)
    values = point(inputs)
    nodes = [node for node in toposort([z]) if node.inputs]
    run = record(graph_of(inputs, z), values)
    for node, expected in zip(nodes, evaluate(graph_of(inputs, *nodes), *values), strict=True):
        np.testing.assert_allclose(run.values[node], expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "text, at, op",
    [
        ("log(x) * 2 + exp(x)", {"x": 0.0}, "log"),
        ("exp(x) / (1 + x)", {"x": 1000.0}, "exp"),
        ("sqrt(x) + x", {"x": -1.0}, "sqrt"),
        ("(x + 1) / (x - x * y)", {"x": 2.0, "y": 1.0}, "divide"),
        ("exp(x) + x", {"x": 1.0}, None),
        ("exp(x) + x", {"x": np.nan}, None),  # nothing makes it: it came in
    ],
)
def test_the_first_bad_value(text, at, op):
    run = sd.function(text).debug(**at)
    assert (None if run.first_bad is None else run.first_bad.op.name) == op
    assert ("the first value that is not finite" in str(run)) == (op is not None)


def test_the_first_bad_value_is_named_with_its_source_line():
    f = sd.value_and_grad("s = x - y\nsum(log(s))", ("x", "y"), x="n", y="n")
    text = str(f.debug(np.ones(3), np.array([0, 1, 0.5])))
    assert "# the first value that is not finite: v1 = log(s)" in text
    line = next(line for line in text.splitlines() if "in the source:" in line).split("source: ")[1]
    assert line in f.source


def test_a_record_prints_as_a_listing_that_reads_back():
    f = sd.grad("num = x * y\nlog(num)", ("x", "y"))
    assert parse_listing(str(f.debug(0.0, 1.0))).same_as(f.graph)
    assert parse_listing(f.listing()).same_as(f.graph)


def test_lines_by_name():
    run = sd.value_and_grad("s = x + y\ns * s", "x").debug(1.0, 2.0)
    assert (run["x"], run["s"], run["d_x"]) == (1.0, 3.0, 6.0)
    with pytest.raises(ArgumentError, match="no line 't'"):
        run["t"]


@pytest.mark.parametrize(
    "scale, mark", [(1e-9, "vanishing"), (1e-7, None), (1.0, None), (1e7, None), (1e9, "exploding")]
)
def test_marks_of_cotangents(scale, mark):
    f = sd.grad("sum(tanh(x) * a * 3)", "x", x="n", a="")
    run = f.debug(x=np.zeros(3), a=scale)
    assert {run.marks.get(node) for node in run.graph.outputs} == {mark}


def test_a_dead_unit_is_marked():
    run = sd.grad("sum(relu(x) * y)", "x", x="n", y="n").debug(-np.ones(3), np.ones(3))
    assert "zero" in run.marks.values()
    assert "<- zero" in str(run)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_and_empty_arrays(dtype):
    f = sd.value_and_grad("mean(tanh(x)**2)", "x", x="n")
    run = f.debug(np.ones(3, dtype))
    assert {np.asarray(v).dtype.name for v in run.values.values()} == {dtype}
    assert "is empty" in str(f.debug(np.zeros(0, dtype)))


def test_labels_sum_large_arrays_up():
    run = sd.function("x * 1.5", x="n").debug(np.array([2.0, np.nan, -4.0, 0.0, 0.0]))
    label = run.labels[run.graph.outputs[0]]
    assert label == "min -6  max 3  norm 6.7082  nan 1 of 5  <- not finite"


def test_differences_of_two_runs():
    f = sd.grad("exp(x) * y + sin(z)", ("x", "z"))
    one, two = f.debug(1.0, 2.0, 3.0), f.debug(1.0, 2.5, 3.0)
    difference = one.diff(two)
    assert difference.first is one.graph.input("y")
    assert difference.gaps[one.graph.input("y")] == (0.5, 0.2)
    assert "same" in str(difference) and "differs by 0.5 (relative 2.0e-01)" in str(difference)
    assert one.diff(one).first is None
    with pytest.raises(ArgumentError, match="different functions"):
        one.diff(sd.function("x").debug(1.0))


def _poles(x):
    root = np.sqrt(x)
    shifted = root[1:] - 1.0
    return np.sum(1 / shifted)


def test_the_line_of_the_users_function_is_named():
    run = sd.grad(_poles).debug(np.array([4.0, 1.0]))
    assert "test_debug.py:" in str(run)
    assert ": return np.sum(1 / shifted)" in str(run)


def _waves(x):
    root = np.sqrt(x)
    bent = np.tan(root[1:])
    return np.sum(np.sin(bent))


def test_every_node_of_a_traced_function_knows_its_line():
    f = sd.grad(_waves)
    f(np.array([4.0, 9.0]))
    three = {"root = np.sqrt(x)", "bent = np.tan(root[1:])", "return np.sum(np.sin(bent))"}
    before, after = f.stages.derived, f.graph
    assert {before.line_of(node).partition(": ")[2] for node in toposort(before.outputs) if node.inputs} == three
    assert {
        after.line_of(node).partition(": ")[2] for node in toposort(after.outputs) if node in after.notes.origins
    } == three
    assert "root = np.sqrt(x)" in f.to_html()


def test_parts_have_values_and_the_node_that_has_them_has_none():
    run = sd.grad("w, V = eigh(A)\nsum(w * V[0])", A="n n").debug(np.diag([1.0, 2.0]))
    assert run["w"].tolist() == [1.0, 2.0]
    assert all(not node.aval.parts for node in run.values)
    assert "eigh(A)" in str(run)


def test_the_first_bad_value_is_a_part():
    run = sd.grad("w, V = eigh(A)\nsum(V[0] * w)", A="n n").debug(np.eye(2))
    assert run.first_bad.op.name == "reciprocal_gaps"
    bad = sd.function("s, l = slogdet(A)\nl + s", A="n n").debug(np.zeros((2, 2)))
    assert repr(bad.first_bad) == "<item: f64[]>"
    assert "slogdet(A)[1]" in str(bad).splitlines()[0]
