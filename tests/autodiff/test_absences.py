"""A mask of arrivals is false only where a value is zero whatever its inputs are, and is told by conditions and places."""

import numpy as np
import pytest

from symdiff.autodiff.absences import Arrivals
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import constant, variable
from symdiff.graph.op import OPS
from symdiff.ops import elementwise as ew, gathering, index, reductions as red, shapes
from symdiff.ops.contraction import contract, matmul
from symdiff.ops.decompositions import qr
from symdiff.ops.meeting import RESULT
from tests.helpers import evaluate, graph_of, samples

X, Y = (variable(name, Aval("float64", (4,))) for name in "xy")
PART = shapes.scatter(2 * shapes.getitem(X, index=(index.Slice(1, 3),)), index=(index.Slice(0, 2),), shape=(4,))
ORDER = gathering.argsort(Y, axis=0, kind="stable")
KNOWN = {  # values, and where they may be other than zero at x = 1, 2, 3, 4 and y = 3, 1, 0, 2
    "placed": (PART, [1, 1, 0, 0]),
    "selected of it": (ew.where(ew.less(Y, 2), PART, 0), [0, 1, 0, 0]),
    "moved": (shapes.flip(PART, axis=(0,)), [0, 0, 1, 1]),
    "reordered": (gathering.reorder(PART, ORDER, axis=0), [0, 1, 0, 1]),
    "times": (Y * -PART, [1, 1, 0, 0]),
    "over": (PART / ew.exp(Y), [1, 1, 0, 0]),
    "guarded": (ew.absorbing_product(1 / Y, PART), [1, 1, 0, 0]),
    "largest": (ew.equal(X, red.amax(X, axis=(0,), keepdims=False)) / red.sum_(X, axis=(0,), keepdims=False), [0, 0, 0, 1]),
    "weights": (constant(np.array([0.0, -1.0, 1.0, 0.0])) * X, [0, 1, 1, 0]),
    "selected": (ew.where(X > 2.5, Y, 0), [0, 0, 1, 1]),
    "not selected": (ew.where(X > 2.5, 0, Y), [1, 1, 0, 0]),
    "both": (PART * ew.where(X > 1.5, Y, 0), [0, 1, 0, 0]),
    "either": (PART + ew.where(X > 3.5, Y, 0), [1, 1, 0, 1]),
    "outer product": (contract(Y, "a", PART, "b", "ab"), [[1, 1, 0, 0]]),
    "added up": (red.cumsum(shapes.flip(PART, axis=(0,)), axis=0), [0, 0, 1, 1]),
}  # fmt: skip
EVERYWHERE = {
    "input": X,
    "zero by chance": (X - 1) * Y,
    "one of two": PART + X,
    "differences": shapes.getitem(PART, index=(index.Slice(1, None),))
    - shapes.getitem(Y, index=(index.Slice(1, None),)),
    "number": red.sum_(PART, axis=(0,), keepdims=False),
    "cosine": ew.cos(PART),
    "part": qr(shapes.reshape(PART, shape=(2, 2))).parts[0],
}


@pytest.mark.parametrize("how", KNOWN)
def test_where_a_value_may_be_other_than_zero(how):
    value, expected = KNOWN[how]
    mask = Arrivals().at(value)
    found, number = evaluate(
        graph_of((X, Y), mask, value), np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 1.0, 0.0, 2.0])
    )
    np.testing.assert_array_equal(found, np.array(expected, bool))
    assert not np.any(number[~np.broadcast_to(found, number.shape)])


@pytest.mark.parametrize("how", EVERYWHERE)
def test_what_may_be_other_than_zero_everywhere(how):
    assert Arrivals().at(EVERYWHERE[how]) is None


def test_a_zero_by_chance_keeps_what_is_finite():
    """Of a matrix with a gap, the row of the gap alone is left out."""
    A, g = variable("A", Aval("float64", (3, 2))), variable("g", Aval("float64", (3,)))
    C = matmul(A, variable("v", Aval("float64", (2,))))
    operand = Arrivals().of_numbers(C, g, None, {A}, {A}).inputs[C.inputs.index(A)]
    rows = np.array([[np.nan, 1.0], [np.nan, 2.0], [3.0, 4.0]])
    [found] = evaluate(Graph((A, g), (operand,)), rows, np.array([0.0, 1.0, 0.0]))
    np.testing.assert_array_equal(found, [[0.0, 1.0], [np.nan, 2.0], [3.0, 4.0]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("op", [op for op in OPS.values() if op.meets], ids=lambda op: op.name)
def test_what_meets_in_a_product(op):
    """An element that is nan makes nan of all that it meets: asked in either direction, a row says the same."""
    for arrays, params in samples(op):
        inputs = tuple(variable(f"x{i}", Aval(x.dtype, x.shape)) for i, x in enumerate(arrays))
        node = op(*inputs, **params)
        result = variable("result", Aval(bool, node.shape))
        for i, x in enumerate(arrays):
            elements = np.eye(x.size, dtype=bool).reshape(-1, *x.shape)
            poisoned = [[np.where(e, np.nan, y) if j == i else y for j, y in enumerate(arrays)] for e in elements]
            meeting = np.isnan([evaluate(Graph(inputs, (node,)), *given)[0] for given in poisoned])
            operand = variable("operand", Aval(bool, x.shape))
            for some in (elements[0] | elements[-1], ~elements[0]):
                expected = meeting[some.ravel()].any(axis=0)
                check_mask(op.meets(operand, i, RESULT, node), operand, some, expected)
            for some in (meeting[0], meeting[-1], ~meeting[0]):
                expected = (meeting & some).reshape(x.size, -1).any(axis=1).reshape(x.shape)
                check_mask(op.meets(result, RESULT, i, node), result, some, expected)


def check_mask(mask, variable, given, expected):
    if mask is not None:  # else all may meet
        [found] = evaluate(Graph((variable,), (mask,)), given)
        np.testing.assert_array_equal(np.broadcast_to(found, expected.shape), expected)
