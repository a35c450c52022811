"""Nodes with several parts: what they are, how they are taken apart, and that every walk knows them."""

import pickle

import pytest
from helpers import total

from symdiff.autodiff.reverse import gradients
from symdiff.errors import ArgumentError, SymdiffError
from symdiff.graph.aval import Aval, Avals
from symdiff.graph.check import check
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, maker, slot, variable
from symdiff.graph.op import Op, Part
from symdiff.graph.walk import substitute
from symdiff.ops import elementwise as ew
from symdiff.ops.decompositions import eigh
from symdiff.ops.linalg import slogdet
from symdiff.render.text import listing, parse_listing

A = variable("A", Aval("float64", (3, 3)))
w, V = eigh(A)


def test_a_node_with_parts_is_taken_apart():
    assert [part.aval for part in eigh(A)] == [Aval("float64", (3,)), Aval("float64", (3, 3))]
    assert eigh(A).parts == (w, V)
    assert maker(w) is maker(V) is eigh(A)
    assert (slot(w), slot(V)) == (0, 1)
    assert w.parts == ()


def test_several_avals_are_interned_and_pickled():
    both = Avals((Aval("float64", (3,)), Aval("float64", (3, 3))))
    assert eigh(A).aval is both
    assert pickle.loads(pickle.dumps(both)) is both
    assert repr(both) == "(f64[3], f64[3,3])"


@pytest.mark.parametrize("ask", ["shape", "dtype", "ndim"])
def test_together_they_have_no_shape_and_no_dtype(ask):
    with pytest.raises(ArgumentError, match="cannot compute with 2 values at once"):
        getattr(eigh(A), ask)


def test_nothing_is_computed_from_all_parts_at_once():
    with pytest.raises(ArgumentError, match="cannot compute with 2 values at once"):
        ew.exp(eigh(A))
    with pytest.raises(ArgumentError, match="cannot be iterated over"):
        iter(A)


def test_a_row_that_describes_other_parts_than_it_has_is_refused():
    op = Op("three", "primitive", infer=lambda x: (x, x), bprop=lambda i, g, node: None, parts=(Part("a"),) * 3)
    with pytest.raises(SymdiffError, match="gives 2 values, its row describes 3"):
        Node(op, (A,))


def test_equal_nodes_are_one_after_substitution():
    B = variable("B", A.aval)
    assert substitute([w * 2.0, V], {A: B}) == [eigh(B).parts[0] * 2.0, eigh(B).parts[1]]


def graph_with_parts():
    sign, logdet = slogdet(A)
    z = total(w) * logdet + total(V) * sign
    return Graph((A,), (z, *gradients(z, [A]).grads), tree=(0, 1), forward=(z,))


def test_the_invariants_hold():
    graph = graph_with_parts()
    assert check(graph) is graph


def test_the_listing_reads_back():
    graph = graph_with_parts()
    text = listing(graph)
    assert "v1 = eigh(A)" in text and "item(v1, k=0)" in text
    assert parse_listing(text).same_as(graph)


def test_nodes_are_nodes():
    assert isinstance(w, Node) and repr(eigh(A)) == "<eigh: (f64[3], f64[3,3])>"
