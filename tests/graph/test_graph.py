"""Lengths, abstract values, nodes, walks, and the invariants that `check` knows."""

import gc
import pickle

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from symdiff.errors import ArgumentError, DTypeError, ShapeError, SymdiffError
from symdiff.graph.aval import Aval, broadcast, parse_aval
from symdiff.graph.check import check
from symdiff.graph.dims import Length, divide, evaluate, length, parse_dim, size
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, as_node, constant, variable
from symdiff.graph.op import OPS
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew

n, d = length("n"), length("d")
x = variable("x", Aval("float64", (n, 3)))
lengths = st.recursive(
    st.one_of(st.integers(-5, 5), st.sampled_from([n, d])),
    lambda inner: st.tuples(st.sampled_from("+-*"), inner, inner).map(
        lambda t: t[1] + t[2] if t[0] == "+" else t[1] - t[2] if t[0] == "-" else t[1] * t[2]
    ),
    max_leaves=6,
)


@settings(derandomize=True, deadline=None)
@given(lengths, lengths)
def test_lengths_are_a_ring(a, b):
    values = {"n": 7, "d": 4}

    assert evaluate(a + b, values) == evaluate(a, values) + evaluate(b, values)
    assert evaluate(a * b, values) == evaluate(a, values) * evaluate(b, values)
    assert a + b == b + a
    assert a - a == 0
    assert parse_dim(str(a)) == a


def test_lengths_print_as_one_writes_them():
    assert str(n * d - 1) == "d*n-1"
    assert str(2 * n + 1) == "2*n+1"


def test_lengths_divide_exactly_or_not_at_all():
    assert divide(6 * n * d, 2 * d) == 3 * n
    assert divide(n + 1, n) is None
    assert divide(n, 2) is None


def test_what_is_interned_has_plain_lengths():
    class Counted(Length):
        __slots__ = ()
        __hash__ = Length.__hash__

    here = Counted(length("only_here").terms)
    node = Node(OPS["positions"], (), (("n", here),))
    assert type(Aval("float64", (here, 2)).shape[0]) is Length
    assert type(node.kwargs["n"]) is type(node.shape[0]) is Length


@pytest.mark.parametrize("text", ["n/2", "", "f(n)", "n**2.5", "1.5", "n[0]", "é"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(ShapeError):
        parse_dim(text)


@pytest.mark.parametrize("text", ["f64[]", "f32[n,3]", "bool[2*n-1]", "c128[n,d]", "i64[0]"])
def test_avals_read_back(text):
    assert repr(parse_aval(text)) == text


def test_avals_are_interned_and_pickle_to_themselves():
    assert Aval("float64", (n,)) is Aval(np.float64, (length("n"),))
    assert pickle.loads(pickle.dumps(Aval("float32", (n, 2)))) is Aval("float32", (n, 2))


@pytest.mark.parametrize("dtype", ["object", "str", "datetime64[s]"])
def test_dtypes_that_cannot_be_computed_with(dtype):
    with pytest.raises(DTypeError):
        Aval(dtype)


def test_only_a_literal_one_broadcasts():
    assert broadcast((n, 1), (1, d)) == (n, d)
    assert broadcast((n,), (d,)) is None
    assert broadcast((n,), (3,)) is None


def test_equal_expressions_are_one_node():
    assert ew.sin(x) * 2 is ew.sin(x) * 2.0
    assert ew.sin(x) is not ew.cos(x)


def test_constants_are_equal_by_bits_and_dtype():
    assert constant(0.0) is not constant(-0.0)
    assert constant(float("nan")) is constant(float("nan"))
    assert constant(np.float32(1)) is not constant(1.0)
    assert constant(np.array([1, 2])) is constant(np.array([1, 2]))
    assert constant(1) is not constant(True)


def test_constants_do_not_follow_their_array():
    array = np.array([1.0, 2.0])
    node = constant(array)
    array[0] = 9.0

    assert node.literal.value[0] == 1.0


def test_nodes_are_immutable_and_have_no_truth():
    with pytest.raises(AttributeError):
        x.op = None
    with pytest.raises(ArgumentError):
        bool(x > 0)


def test_nodes_die_with_their_last_user():
    before = len(gc.get_objects())
    node = variable("short_lived", Aval("float64"))
    for _ in range(50_000):
        node = ew.sin(node)
    del node
    gc.collect()

    assert len(gc.get_objects()) < before + 1000


def test_python_scalars_are_weak():
    single = variable("s", Aval("float32", (2,)))

    assert (2 * single).dtype == np.float32
    assert (single * np.float64(2)).dtype == np.float64
    assert ew.sqrt(single + 1).dtype == np.float32


def test_toposort_puts_inputs_first():
    z = ew.sin(x) + ew.cos(x)
    order = toposort([z])

    assert order[0] is x and order[-1] is z
    assert all(order.index(i) < order.index(node) for node in order for i in node.inputs)


def test_check_finds_undeclared_inputs_and_wrong_trees():
    with pytest.raises(SymdiffError, match="not among"):
        check(Graph((), (x,)))
    with pytest.raises(SymdiffError, match="tree"):
        check(Graph((x,), (x,), tree=(0, 1)))
    with pytest.raises(SymdiffError, match="share a name"):
        check(Graph((x, variable("x", Aval("float64"))), (x,)))


def test_what_is_not_numeric_is_refused():
    with pytest.raises(ArgumentError, match="cannot compute with a str"):
        as_node("x")


def test_huge_shapes_are_numbers():
    big = variable("big", Aval("float64", (10**12, 10**6)))

    assert size((ew.sin(big) + 1).shape) == 10**18
    assert isinstance(big, Node)
