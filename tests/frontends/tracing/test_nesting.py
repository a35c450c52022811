"""A trace inside another one has inputs of its own."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.layout import plain_layout
from symdiff.frontends.tracing.nesting import is_open, is_tracing, tracing_depth
from symdiff.frontends.tracing.trace import trace
from symdiff.graph.aval import Aval
from symdiff.graph.node import as_node, variable
from symdiff.graph.walk import toposort

REAL = Aval("float64")


def traced(function, name="t"):
    return trace(function, plain_layout([name]), [REAL])


def test_a_scope_makes_another_input_of_the_same_name():
    plain, scoped = variable("x", REAL), variable("x", REAL, 7)
    assert plain is variable("x", REAL, 0)
    assert scoped is not plain
    assert scoped is variable("x", REAL, 7)
    assert scoped.name == plain.name == "x"


def test_inputs_of_one_name_are_two_where_the_inner_function_needs_the_outer_one():
    inner = []

    def outer(t):
        x = t
        inner.append(traced(lambda t: x * t))
        return t

    [t] = traced(outer).inputs
    [graph] = inner
    [u] = graph.inputs

    assert (u.name, u is t) == ("t", False)
    assert is_open(graph)
    assert {u, t} <= set(toposort(graph.outputs))


def test_a_closed_graph_is_the_same_inside_of_a_trace_and_outside():
    def f(t):
        squared = t * t
        return np.sin(squared)

    found = []
    traced(lambda t: found.append(traced(f)) or t)
    alone = traced(f)

    assert found[0].same_as(alone)
    assert found[0].names == alone.names != {}
    assert found[0].notes.lines == alone.notes.lines != {}
    assert not is_open(alone)


def test_the_depth_is_counted_and_goes_back_after_an_error():
    seen = [tracing_depth()]

    def failing(t):
        seen.append(tracing_depth())
        raise KeyError("ours")

    def outer(t):
        seen.append(tracing_depth())
        with pytest.raises(KeyError, match="ours"):
            traced(failing)
        seen.append(tracing_depth())
        assert is_tracing()
        return t

    traced(outer)

    assert seen == [0, 1, 2, 1]
    assert not is_tracing()


def test_a_derivative_at_a_traced_point_is_taken_of_the_inner_variable_alone():
    def D(f, a):
        return sd.grad(lambda t: f(t))(a)

    assert D(lambda x: x * D(lambda y: x * y, x), 3.0) == 6.0
    assert D(lambda x: x * D(lambda y: x * x * y * D(lambda z: x * y * z, x), x), 2.0) == 10 * 2.0**4


def test_symbols_of_the_user_are_not_renamed():
    x = sd.var("x")
    graphs = []
    traced(lambda t: graphs.append(traced(lambda t: x * t)) or t)
    assert is_open(graphs[0])
    assert as_node(x) in toposort(graphs[0].outputs)
