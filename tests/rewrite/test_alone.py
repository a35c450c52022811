"""Parts of sums and products of smaller arrays are made alone: with the same values, and nothing but the parts."""

import numpy as np
import pytest
from helpers import evaluate, graph_of
from hypothesis import given, settings, strategies as st

import symdiff as sd
from symdiff.graph.aval import Aval
from symdiff.graph.node import constant, variable
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.ops.contraction import einsum
from symdiff.ops.index import Slice
from symdiff.ops.shapes import expand_dims, getitem
from symdiff.rewrite.alone import parts_alone

N, M = 4, 5
ROWS = [variable(name, Aval("float64", (N,))) for name in "ab"]
COLUMNS = [variable(name, Aval("float64", (M,))) for name in "uv"]
NUMBER = variable("s", Aval("float64"))
KNOWN = constant(np.array([0.0, 2.0, -0.5, 0.0, 3.0]))
INDICES = [(Slice(), 2), (1, Slice()), (Slice(), -1), (3, 2), (Slice(1, 3), 0), (0, Slice(None, None, 2))]


def outer(x, y):
    return einsum(x, y, subscripts="a,b->ab")


@st.composite
def wholes(draw, depth=2):
    """Matrices that are made of smaller arrays."""
    row, column = draw(st.sampled_from(ROWS)), draw(st.sampled_from([*COLUMNS, KNOWN]))
    kind = draw(st.sampled_from(["outer", "spread", "+", "-", "*", "scaled", "negative"][: 7 if depth else 2]))
    if kind == "outer":
        return outer(row, column)
    if kind == "spread":
        return expand_dims(row, axis=(1,)) * column
    x = draw(wholes(depth=depth - 1))
    if kind == "negative":
        return -x
    y = NUMBER if kind == "scaled" else draw(st.one_of(wholes(depth=depth - 1), st.just(column)))
    return {"+": ew.add, "-": ew.subtract}.get(kind, ew.multiply)(x, y)


@given(wholes(), st.sampled_from(INDICES), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_parts_have_the_same_values(whole, index, seed):
    root = getitem(whole, index=index)
    inputs = [*ROWS, *COLUMNS, NUMBER]
    [after] = parts_alone(graph_of(inputs, root)).outputs
    assert after.aval is root.aval
    rng = np.random.default_rng(seed)
    old, new = evaluate(graph_of(inputs, root, after), *[rng.normal(size=x.shape) for x in inputs])
    np.testing.assert_allclose(new, old, rtol=1e-14, atol=1e-14)
    assert not any(n.shape == (N, M) for n in toposort([after]))


def test_what_is_needed_as_a_whole_stays():
    whole = outer(*ROWS)
    part = getitem(whole, index=(0, Slice()))
    for outputs in (
        (part, whole),
        (part, ew.sin(whole)),
        [getitem(whole, index=(k, Slice(n))) for k in range(N) for n in (None, 1)],
    ):
        graph = graph_of(ROWS, *outputs)
        assert parts_alone(graph).outputs == graph.outputs
    full = ew.sin(whole) + whole  # made of arrays of its own size
    graph = graph_of(ROWS, getitem(full, index=(0, Slice())))
    assert parts_alone(graph) is graph


@pytest.mark.parametrize("n", [3, 30])
def test_numbers_meet_before_they_meet_an_array(n):
    """``c * (p * a - q * b) - s * (p * b + q * a)``: two products and a difference of arrays, not nine."""

    def f(w, a, b, p, q):
        return np.cos(w) * (p * a - q * b) + np.sin(w) * (p * b + q * a)

    jacobian = sd.jacobian(f, w=(), a=n, b=n, p=(), q=())
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=(2, n))
    expected = -np.sin(0.3) * (0.7 * a - 1.1 * b) + np.cos(0.3) * (0.7 * b + 1.1 * a)
    np.testing.assert_allclose(jacobian(0.3, a, b, 0.7, 1.1), expected, rtol=1e-13, atol=1e-14)
    assert jacobian.source.count("* a") == jacobian.source.count("* b") == 1
