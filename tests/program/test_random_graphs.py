"""Laws that hold for any graph, on graphs drawn at random."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import compiled, difference, evaluate, gradient, graph_of, specialised
from hypothesis import assume, given
from random_graphs import build, kinds, moderate, point, programs, slow, with_gradient

from symdiff.codegen.choose import choose_target
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.graph.check import check
from symdiff.program.pipeline import PASSES, compile_graph, recognise_forms
from symdiff.render.text import listing, parse_listing


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
    simplified = compile_graph(graph, NUMPY, until="simplify", exact=True)
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
        made = check(compile_graph(graph, choose_target(graph), until=stage))
        assert [x.aval for x in made.outputs] == [x.aval for x in graph.outputs]
        assert (made.inputs, made.tree) == (graph.inputs, graph.tree)


@slow
@given(programs, kinds)
def test_listing_reads_back_to_the_same_graph(program, arrays):
    graph = with_gradient(*build(program, arrays))
    for each in (graph, compile_graph(graph, NUMPY, until="simplify")):
        again = parse_listing(listing(each))
        assert again.same_as(each)
        assert listing(
            again.with_(origins=each.notes.origins, cotangents=each.notes.cotangents, names=each.names)
        ) == listing(each)


@slow
@given(programs, kinds)
def test_source_is_the_same_each_time(program, arrays):
    first = specialised(with_gradient(*build(program, arrays))).source
    second = specialised(with_gradient(*build(program, arrays))).source
    assert first == second


DUMP = """
import random, sys
sys.path.insert(0, {folder!r})
from hypothesis.errors import UnsatisfiedAssumption
from random_graphs import build, with_gradient
from helpers import specialised
keep = [bytearray(random.Random(k).randrange(1, 4000)) for k in range({waste})]  # other addresses
rng = random.Random(5)
for k in range(60):
    program = [tuple(rng.randrange(1000) for _ in range(3)) for _ in range(15)]
    try:
        print(specialised(with_gradient(*build(program, k % 3 > 0))).source)
    except UnsatisfiedAssumption:
        pass
"""


def test_source_is_the_same_in_each_process():
    here, outputs = str(Path(__file__).parents[1]), []
    for seed in (1, 2):
        script = DUMP.format(folder=here, waste=1000 * seed)
        env = {**os.environ, "PYTHONHASHSEED": str(seed)}
        outputs.append(
            subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout
        )
    assert outputs[0].count("def f") > 30
    assert outputs[0] == outputs[1]
