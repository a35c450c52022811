"""Rules are found by the look of a node, and not asked again where none of them fires: both change nothing."""

import gc
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers import graph_of
from hypothesis import given
from random_graphs import build, kinds, programs, slow

from symdiff.autodiff.reverse import gradients
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.graph import node
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import variable
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, linalg
from symdiff.program import pipeline
from symdiff.program.pipeline import recognise_forms
from symdiff.rewrite import engine
from symdiff.rewrite.engine import Engine, Journal
from symdiff.rewrite.rule import REAL, Wildcard
from symdiff.rewrite.rules import domains, norms, polish, selected

RULES = (*pipeline.SIMPLIFY.rules, *pipeline.FORMS, *norms.FORMS, *domains.RULES, *selected.RULES, *polish.RULES)
BY_FUNCTION = [rule for rule in RULES if rule.narrowed is None]
x, y = (variable(name, Aval("float64")) for name in "xy")


def derived(program, arrays):
    """A graph drawn at random, and its gradients."""
    inputs, z = build(program, arrays)
    z = pipeline.recognise_forms(Graph(inputs, (z,))).outputs[0]
    return Graph(inputs, (z, *gradients(z, inputs).grads), tree=tuple(range(1 + len(inputs))), forward=(z,))


@slow
@given(programs, kinds)
def test_a_rule_that_is_not_asked_has_nothing_to_say(program, arrays):
    for n in toposort(derived(program, arrays).outputs):
        for rule in BY_FUNCTION:
            if n.op in rule.roots and rule.at(n.op, n.aval.sort, tuple(operand.op for operand in n.inputs)) is None:
                assert rule.apply(n) is None, rule.name


@slow
@given(programs, kinds)
def test_what_is_remembered_of_nodes_changes_nothing(program, arrays):
    graph = derived(program, arrays)
    passes = (pipeline.FINISHED, (pipeline.SIMPLIFY,), (pipeline.POLISH, pipeline.SIMPLIFY))
    remembering, forgetting = graph, graph
    for indexes in passes:
        first, second = Journal(), Journal()
        remembering = Engine(*indexes).run(remembering, first)
        forgetting = Engine(*indexes).run(forgetting.with_(normal={}), second)
        assert remembering.outputs == forgetting.outputs
        assert first.names() == second.names()


def test_rules_of_one_graph_are_asked_in_each():
    asked = []
    rule = REAL.on("count", ew.sin, why="it counts")(lambda node: asked.append(node))
    graph = graph_of([x], ew.sin(x))
    for _ in range(2):
        graph = Engine([rule]).run(graph)
    assert asked == [ew.sin(x)] * 2
    assert not any(graph.notes.normal.values())


@pytest.mark.parametrize("exact", (False, True))
def test_what_can_be_known_of_nodes_does_not_grow_with_the_programs(exact):
    def compiled(k):
        graph = recognise_forms(Graph((x, y), (ew.sin(x * k) * y,))).with_(exact=exact)
        return pipeline.compile_graph(graph, NUMPY)

    compiled(2.5)
    before = len(engine._KNOWN)
    for k in range(3, 8):
        compiled(k + 0.5)
    assert len(engine._KNOWN) == before


def test_nodes_that_nobody_holds_are_forgotten():
    own = node.variable("known to no other test", x.aval)
    gc.collect()  # what others have left in circles
    before, last = len(node._interned), own
    for _ in range(50):
        last = ew.tanh(ew.sin(last))
    assert len(node._interned) == before + 100
    del last
    assert len(node._interned) == before


def test_what_is_found_for_all_graphs_holds_none_of_them():
    def compiled(name):
        v = variable(name, x.aval)
        graph = recognise_forms(Graph((v,), (ew.where(ew.less(v, 0), ew.sigmoid(v) * 2, ew.tanh(v)),)))
        return pipeline.compile_graph(graph, NUMPY).outputs

    compiled("known to no other test")
    gc.collect()
    before = len(node._interned)
    compiled("known to no other test, either")
    gc.collect()
    assert len(node._interned) == before


def test_threads_that_make_equal_nodes_have_one():
    with ThreadPoolExecutor(8) as pool:
        for k in range(30):
            same = set(pool.map(lambda _, k=k: ew.sin(x * (k + 0.25)), range(16)))
            assert len(same) == 1


@pytest.mark.parametrize("op", (ew.add, ew.multiply))
def test_of_a_pattern_the_orders_that_may_match_are_tried(op):
    a, b = Wildcard("a"), Wildcard("b")
    left = (a + b * 2) if op is ew.add else (a * (b + 2))
    rule = REAL("turn", left, lambda a, b: ew.sin(a) + b, why="a test")
    inner = ew.multiply if op is ew.add else ew.add
    for n in (op(x, inner(y, 2.0)), op(x, inner(2.0, y)), op(inner(y, 2.0), x), op(inner(2.0, y), x)):
        assert rule.apply(n) is ew.sin(x) + y
        assert rule.at(n.op, n.aval.sort, tuple(operand.op for operand in n.inputs)) is not None
    assert rule.at(op, x.aval.sort, (x.op, ew.sin)) is None
    assert rule.apply(op(x, ew.sin(y))) is None


def test_the_sort_of_values_is_their_kind_and_whether_they_have_axes():
    A = variable("A", Aval("float64", (3, 3)))
    assert A.aval.sort == ("f", True) and x.aval.sort == ("f", False) and ew.less(A, 1).aval.sort == ("b", True)
    assert linalg.slogdet(A).aval.sort == ("", False)
