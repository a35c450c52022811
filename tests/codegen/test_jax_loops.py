"""Programs with loops as JAX's texts: values and gradients are those that an expert writes by hand in NumPy."""

import inspect

import numpy as np
import pytest
from jax_stand_in import run

import symdiff as sd
from benchmarks.loop_programs.row import difference
from benchmarks.loops import ROWS
from symdiff.codegen.source import Definition
from symdiff.codegen.target import Wishes, find_target
from symdiff.program.pipeline import lowered

JAX = find_target("jax")


def printed(row, arguments):
    """The graph that is printed for JAX, and its text."""
    f = sd.value_and_grad(row.program, wrt=row.wrt)
    graph = lowered(f.stages_of(arguments, {})[0].simplified.with_(most_steps=20_000), JAX)
    return graph, JAX.text([Definition(JAX.print(graph, Wishes(largest=10**6)))])


@pytest.mark.parametrize("name", ROWS)
def test_programs_with_loops_are_those_by_hand(name):
    row = ROWS[name]
    arguments = row.data(True)
    graph, text = printed(row, arguments)
    given = dict(zip(inspect.signature(row.program).parameters, arguments, strict=True))
    with np.errstate(all="ignore"):
        found = run(text, graph.name, [given[x.name] for x in graph.inputs])
    assert difference(found, row.by_hand(*arguments)) < 1e-11
