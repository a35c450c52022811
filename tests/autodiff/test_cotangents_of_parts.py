"""Reverse mode through nodes with parts: one rule, in which the cotangents of all parts meet."""

import numpy as np
import pytest
from helpers import compiled, total, variables

from symdiff.autodiff.reverse import gradient_of, gradients, pull_back
from symdiff.errors import SymdiffError
from symdiff.graph.aval import Aval
from symdiff.graph.node import ITEM, Node, constant, variable
from symdiff.graph.op import OPS, Op
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.ops.decompositions import eigh, qr, svd, svd_full
from symdiff.ops.linalg import slogdet

A = variable("A", Aval("float64", (3, 3)))
w, V = eigh(A)


def recording():
    """A row of two parts, and the cotangents that its rule was given."""
    seen = []

    def bprop(i, gs, node):
        seen.append(gs)
        found = [g for g in gs if g is not None]
        return sum(found[1:], start=found[0])

    return Op("recorded", "primitive", infer=lambda x: (x, x), bprop=bprop), seen


def test_what_nothing_flows_into_is_none():
    op, seen = recording()
    x = variable("x", Aval("float64", (3,)))
    _, second = Node(op, (x,))
    gradients(total(second * 3.0), [x])

    assert [tuple(g is None for g in gs) for gs in seen] == [(True, False)]


def test_all_cotangents_meet_in_one_call_of_the_rule():
    op, seen = recording()
    x = variable("x", Aval("float64", (3,)))
    first, second = Node(op, (x,))
    z = total(first * second) + total(first)
    found = gradients(z, [x])

    [gs] = seen
    assert gs == tuple(found.grad_table[part] for part in (first, second))
    assert Node(op, (x,)) not in found.grad_table
    assert gradient_of(Node(op, (x,)), found.grad_table) == gs
    assert [(term.consumer, term.position) for term in found.terms[x]] == [(Node(op, (x,)), 0)]


def test_a_node_none_of_whose_parts_is_needed_has_no_gradient():
    op, _ = recording()
    x = variable("x", Aval("float64"))
    assert gradient_of(Node(op, (x,)), {}) is None


def test_origins_and_paths_name_the_operation():
    z = total(V)
    assert all(origin.of.op is not ITEM for origin in gradients(z, [A]).origins.values())
    wide = variable("B", Aval("float64", (2, 3)))
    with pytest.raises(SymdiffError, match="it lies on the path B -> svd_full -> sum"):
        gradients(total(svd_full(wide).parts[2]), [wide])


def test_a_chain_of_nodes_with_parts_neither_recurses_nor_fails():
    x = node = variable("x", Aval("float64"))
    for _ in range(5_000):
        fraction, whole = OPS["modf"](node)
        node = fraction + whole
    [grad] = gradients(node, [x]).grads
    assert grad is constant(np.float64(1.0))
    assert len(toposort([node])) == 4 * 5_000 + 1


def test_an_unselected_part_contributes_nothing():
    """The logarithm of a determinant of 0, behind a mask: 0 times the inverse of a singular matrix."""
    x = variable("x", Aval("float64"))
    matrix = OPS["diag"](OPS["stack"](x, x, axis=0), k=0)
    z = ew.where(x > 1.0, slogdet(matrix).parts[1], x)
    run = compiled([x], *gradients(z, [x]).grads)
    assert (run(0.5), run(2.0)) == (1.0, 1.0)


@pytest.mark.parametrize(("k", "guarded"), [(0, False), (1, True)], ids=["eigenvalues", "eigenvectors"])
def test_only_parts_whose_derivatives_may_be_infinite_are_guarded_against(k, guarded):
    """What `relu` did not select must not receive 0 times infinity; the derivatives of eigenvalues are finite."""
    [grad] = gradients(total(eigh(ew.relu(A)).parts[k]), [A]).grads
    assert any(node.op is ew.where for node in toposort([grad])) is guarded


def test_cotangents_of_one_part_or_of_all_add_up():
    """The rule is linear: what flows in through all parts together is the sum of what flows in through each."""
    rng = np.random.default_rng(0)
    for op, shape in [(eigh, (3, 3)), (qr, (4, 3)), (qr, (2, 4)), (svd, (4, 3))]:
        a = rng.normal(size=shape)
        [x] = variables([a])
        parts = op(x).parts
        seeds = {y: variable(f"g{k}", y.aval) for k, y in enumerate(parts)}
        given = [rng.normal(size=y.shape) for y in parts]
        together = pull_back(seeds, [x]).grads
        each = [pull_back({y: g}, [x]).grads[0] for y, g in seeds.items()]
        found, *terms = compiled([x, *seeds.values()], *together, *each)(a, *given)
        np.testing.assert_allclose(found, sum(terms), rtol=1e-11, atol=1e-11)
