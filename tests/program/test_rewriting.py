"""The passes as a whole: they end on every input, no hash seed changes them, `exact` and assumptions mean what they say."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import graph_of
from hypothesis import example, given, settings, strategies as st

import symdiff as sd
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import ArgumentError, ShapeError, SymdiffError
from symdiff.graph.check import check
from symdiff.graph.node import variable
from symdiff.graph.walk import toposort
from symdiff.ops import contraction as con, elementwise as ew, linalg, reductions as red, shapes
from symdiff.program.pipeline import FINISH, for_target, recognise_forms

# ------------------------------------------------------------------------------------------------------- it always ends

A, B = (variable(name, sd.spec("n n").aval) for name in "AB")
v, s = variable("v", sd.spec("n").aval), variable("s", sd.spec().aval)
OPERATIONS = [
    *(lambda a, b, op=op: op(a, b) for op in (ew.add, ew.subtract, ew.multiply, ew.divide, ew.logaddexp, ew.maximum)),
    *(lambda a, b, op=op: op(a) for op in (ew.exp, ew.log, ew.sqrt, ew.square, ew.negative, ew.absolute, ew.log1p)),
    *(lambda a, b, op=op: op(a) for op in (ew.sigmoid, ew.tanh, ew.expm1, ew.sinh)),
    lambda a, b: 1 / (1 + ew.exp(-a)), lambda a, b: 1 - a, lambda a, b: a * 2, lambda a, b: -3 * a, lambda a, b: a**3,
    lambda a, b: ew.where(ew.greater(a, 0), a, b), lambda a, b: ew.where(ew.greater(a, 0), b, 0), lambda a, b: a / 7,
    lambda a, b: con.matmul(a, b), lambda a, b: shapes.permute(a, axes=tuple(reversed(range(a.ndim)))),
    lambda a, b: red.sum_(a, axis=(0,), keepdims=True), lambda a, b: red.mean(a, axis=(a.ndim - 1,), keepdims=False),
    lambda a, b: red.softmax(a, axis=(0,)), lambda a, b: red.logsumexp(a, axis=(a.ndim - 1,), keepdims=True),
    lambda a, b: shapes.expand_dims(a, axis=(0,)), lambda a, b: shapes.squeeze(a, axis=(0,)),
    lambda a, b: linalg.inv(a), lambda a, b: linalg.det(a), lambda a, b: linalg.solve(a, b),
    lambda a, b: shapes.diag(a, k=0) if a.ndim == 1 else a,
    lambda a, b: ew.log(red.sum_(ew.exp(a), axis=(0,), keepdims=False)),
    lambda a, b: shapes.diagonal(a) if a.ndim == 2 else a,
]  # fmt: skip
FIRST_WITH_AXES = next(k for k, op in enumerate(OPERATIONS) if "permute" in op.__code__.co_names)
programs = st.lists(
    st.tuples(st.integers(0, len(OPERATIONS) - 1), st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=30
)


def built(program):
    """The nodes of a random program; what is not defined is left out."""
    nodes = [A, B, v, s]
    for op, i, k in program:
        a, b = nodes[i % len(nodes)], nodes[-1 - k % min(len(nodes), 4)]
        if op >= FIRST_WITH_AXES and a.ndim == 0:
            continue
        try:
            node = OPERATIONS[op](a, b)
        except (SymdiffError, IndexError, TypeError, AssertionError, ValueError):
            continue
        if node.ndim <= 3:
            nodes.append(node)
    return nodes


@settings(max_examples=150, deadline=None)
@given(programs, st.booleans())
def test_every_pass_ends_long_before_its_fuel_does_and_keeps_types(program, exact):
    nodes = built(program)
    roots = [nodes[-1], nodes[len(nodes) // 2]]
    graph = graph_of([A, B, v, s], *roots)
    graph = graph.with_(forward=graph.outputs, exact=exact)
    size = len(toposort(roots))
    before = 0
    for _, run in (*FINISH, *for_target(NUMPY)):
        graph = check(run(graph))
        assert [x.aval for x in graph.outputs] == [x.aval for x in roots]
        assert len(graph.notes.journal) - before <= 100 + 10 * size
        before = len(graph.notes.journal)
        assert not exact or all(step.rule.claim == "BITS" for step in graph.notes.journal)


@settings(max_examples=60, deadline=None)
@given(programs)
@example([(12, 0, 0), (22, 3, 0)])  # a guard comes, and what it guards is decided
def test_recognised_forms_stay_as_they_are(program):
    once = recognise_forms(graph_of([A, B, v, s], built(program)[-1]))
    again = recognise_forms(once.with_(journal=()))
    assert again.outputs == once.outputs
    assert not again.notes.journal


# ------------------------------------------------------------------------------------------------------- no hash seeds

PRINT = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from programs import PROGRAMS
for name in sorted(PROGRAMS):
    print(name, hashlib.sha256(PROGRAMS[name].ours().source.encode()).hexdigest())
"""


def test_the_result_does_not_depend_on_the_hash_seed():
    folder = str(Path(__file__).parents[1])
    printed = {
        subprocess.run(
            [sys.executable, "-c", PRINT, folder],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "12345")
    }
    assert len(printed) == 1
    assert len(printed.pop().splitlines()) >= 24


# ------------------------------------------------------------------------------------------- exact, and what is assumed


def claims(f):
    return {step.rule.claim for step in f.stages.journal.steps}


@pytest.mark.parametrize("make", [sd.function, sd.grad, sd.value_and_grad, sd.jacobian, sd.hessian, sd.jvp, sd.hvp])
def test_exact_makes_bits_rewrites_only(make):
    assert "REAL" in claims(make("log(1 + exp(x)) + (x + 0)**2 * 1"))
    assert claims(make("log(1 + exp(x)) + (x + 0)**2 * 1", exact=True)) == {"BITS"}


def test_exact_is_kept_by_derivatives():
    f = sd.function("log(1 + exp(x))", exact=True)
    assert claims(sd.grad(sd.grad(f))) == {"BITS"}
    with np.errstate(all="ignore"):
        assert np.isnan(sd.grad(f)(1000.0))
    assert sd.grad("log(1 + exp(x))")(1000.0) == 1.0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: sd.spec("n", assume="postive"), ArgumentError, "did you mean 'positive'?"),
        (lambda: sd.spec("n", assume="sum_to_one"), ArgumentError, "did you mean 'sums_to_one'?"),
        (lambda: sd.spec("n", assume="blue"), ArgumentError, "the assumptions are positive, nonnegative"),
        (lambda: sd.spec("n", assume="symmetric"), ArgumentError, "a matrix"),
        (lambda: sd.spec((), assume="sums_to_one"), ArgumentError, "an array"),
        (lambda: sd.spec("n m", assume="symmetric"), ShapeError, "(n, m) is not symmetric"),
    ],
)
def test_wrong_assumptions_are_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


CROSS_ENTROPY = "-sum(t*log(exp(z)/sum(exp(z), axis=1, keepdims=True)))"


def test_generated_code_says_what_it_relies_on_and_nothing_else():
    told = sd.grad(CROSS_ENTROPY, "z", z="n k", t=sd.spec("n k", assume="sums_to_one positive"))
    assert "# t is declared to sum to one along the last axis" in told.source
    assert "positive" not in told.source
    assert "declared" not in sd.grad(CROSS_ENTROPY, "z", z="n k", t="n k").source


def test_what_holds_anyway_is_not_relied_on():
    f = sd.function(
        "sum(abs(exp(x))) + sum(abs(y))", x=sd.spec("n", assume="positive"), y=sd.spec("n", assume="positive")
    )
    assert f.stages.lowered.notes.relied_on == (("y", "positive"),)


VALID = {
    "positive": np.array([[0.5, 2.0], [1.0, 3.0]]),
    "nonnegative": np.array([[0.0, 2.0], [1.0, 3.0]]),
    "symmetric": np.array([[1.0, 2.0], [2.0, 5.0]]),
    "sums_to_one": np.array([[0.25, 0.75], [0.5, 0.5]]),
    "orthogonal": np.array([[0.6, 0.8], [-0.8, 0.6]]),
}
USES = {
    "positive": "sum(sqrt(A**2))",
    "nonnegative": "sum(abs(A))",
    "symmetric": "sum((x @ A) * y)",
    "sums_to_one": "sum(sum(A, axis=1) * x)",
    "orthogonal": "sum(A.T @ A * 2)",
}


@pytest.mark.parametrize("word", VALID)
def test_assertions_let_pass_what_is_declared_and_nothing_else(word):
    vectors = {name: (2,) for name in sd.function(USES[word]).inputs if name != "A"}
    specs = {"A": sd.spec((2, 2), assume=word), **vectors}
    plain, f = (sd.function(USES[word], asserts=asserts, **specs) for asserts in (False, True))
    rest = {name: np.ones(2) for name in vectors}
    assert "assert " in f.source and "assert " not in plain.source
    np.testing.assert_array_equal(f(A=VALID[word], **rest), plain(A=VALID[word], **rest))
    with pytest.raises(AssertionError, match="A is declared to "):
        f(A=np.array([[-1.0, 3.0], [4.0, 7.0]]), **rest)


def test_a_saved_file_tells_and_tests_its_assumptions(tmp_path):
    f = sd.grad(
        "x @ S @ x + sum(log(t**2))",
        ("x", "t"),
        x="n",
        S=sd.spec("n n", assume="symmetric"),
        t=sd.spec("n", assume="positive"),
    )
    for asserts in (False, True):
        path = f.save(tmp_path / f"saved_{asserts}.py", asserts=asserts)
        text = path.read_text()
        assert "Relies on: " in text and "S is declared to be symmetric" in text and "rules: " in text
        assert ("assert np.allclose(S" in text) == asserts
        done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_journal_holds_what_happened_before_differentiation_and_after():
    page = sd.grad(CROSS_ENTROPY, "z", z="n k", t=sd.spec("n k", assume="sums_to_one")).explain_rewrites()
    before, after = page.split("2. After")
    assert "log-softmax" in before and "safe beyond |x| > 709" in before
    assert "sums-to-one" in after and "t is declared to sum to one along the last axis" in after
    assert "Nothing was rewritten." in sd.function("x + y", x="n", y="n").explain_rewrites()
    with pytest.raises(ArgumentError):
        sd.function("x + y").explain_rewrites("pdf")
