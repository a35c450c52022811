"""Stacks: every row, on stacks of its inputs, gives the stack of its results."""

import itertools

import numpy as np
import pytest
from helpers import ROWS, as_tuple, compiled, meaning, samples, values, variables

import symdiff  # noqa: F401 (fills the registry)
from symdiff.autodiff.batch import batch
from symdiff.errors import UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.node import Literal, variable
from symdiff.graph.op import OPS, Op
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.ops.building import build
from symdiff.ops.index import Slice

every_row = pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)


def subsets(n):
    """Which inputs are stacks: every choice but none; of more than four inputs one, all but one, or all."""
    choices = itertools.product((False, True), repeat=n)
    return [flags for flags in choices if any(flags) and (n <= 4 or sum(flags) in (1, n - 1, n))]


def stack_of(op, arrays, params, lead, flags):
    """The arrays, those that `flags` names as stacks of other samples of the same shapes."""
    rng = np.random.default_rng(7)
    out = []
    for x, stacked in zip(arrays, flags, strict=True):
        if not stacked:
            out.append(x)
        elif x.dtype.kind in "bi":
            out.append(np.stack([np.roll(x, k) for k in range(int(np.prod(lead)))]).reshape(*lead, *x.shape))
        else:
            out.append(x * rng.uniform(0.97, 1.0, (*lead, *(1,) * x.ndim)))
    return out


def assert_stacks(op, arrays, params, lead, flags):
    given = stack_of(op, arrays, params, lead, flags)
    single, many = variables(arrays), tuple(variable(f"s{k}", Aval(a.dtype, a.shape)) for k, a in enumerate(given))
    node = op(*single, **params)
    stacks = {x: s for x, s, stacked in zip(single, many, flags, strict=True) if stacked}
    inputs = tuple(stacks.get(x, x) for x in single)
    results = batch(values(node), stacks, lead)
    for y, result in zip(values(node), results, strict=True):
        assert result.aval is Aval(y.dtype, (*lead, *y.shape), y.aval.weak)
    found = as_tuple(compiled(inputs, *results)(*given))
    for index in np.ndindex(lead):
        item = [g[index] if stacked else g for g, stacked in zip(given, flags, strict=True)]
        for stack, expected in zip(found, as_tuple(meaning(op)(*item, **params)), strict=True):
            np.testing.assert_allclose(stack[index], expected, rtol=1e-11, atol=1e-12)


@every_row
def test_every_row_has_a_rule_for_stacks(op):
    assert op.batch is not None


@every_row
def test_a_stack_is_the_stack_of_results(op):
    for arrays, params in samples(op):
        for flags in subsets(len(arrays)):
            assert_stacks(op, arrays, params, (2, 3), flags)
        if arrays:
            assert_stacks(op, arrays, params, (2,), [True] * len(arrays))


@pytest.mark.parametrize(
    ("name", "shapes", "params"),
    [
        ("norm", [(2, 3, 2)], {"axis": (0, 1, 2), "keepdims": False}),
        ("norm", [(2, 3, 2)], {"axis": (0, 1, 2), "keepdims": True}),
        ("argmax", [(2, 3)], {"axis": (0, 1), "keepdims": False}),
        ("broadcast_to", [(3, 1)], {"shape": (2, 3, 4)}),
        ("diag", [(3,)], {"k": 2}),
        ("diag", [(3,)], {"k": -1}),
        ("solve", [(3, 3), (2, 3, 2)], {}),
        ("cross", [(3,), (2, 3)], {}),
        ("multiply", [(3,), (2, 1)], {}),
        ("where", [(2, 1), (3,), ()], {}),
        ("expand_dims", [()], {"axis": (0, 1)}),
    ],
    ids=str,
)
def test_stacks_beyond_the_samples(name, shapes, params):
    rng = np.random.default_rng(3)
    arrays = [rng.uniform(0.5, 1.0, s) + (4 * np.eye(3) if s == (3, 3) else 0) for s in shapes]
    for lead, flags in itertools.product([(2,), (2, 3), (0,)], subsets(len(shapes))):
        assert_stacks(OPS[name], arrays, params, lead, flags)


@pytest.mark.parametrize(
    "index",
    [
        ([0, 1, 0],), (1, [0, 2]), ([1, 0], Slice(), [0, 2]), (0, Slice(), [0, 2]), (Slice(), [0, 1], [0, 2]),
        ([0, 1], Slice(None, None, -1), 1), ([[0, 1], [1, 0]], Slice(), [0, 1]),
    ],
    ids=str,
)  # fmt: skip
def test_index_arrays_of_stacks(index):
    """Integer arrays that are apart put their axes in front of all others: also of those of the stack."""
    items = tuple(Literal(np.array(i)) if isinstance(i, list) else i for i in index)
    items += (Slice(),) * (3 - len(items))
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    getitem, scatter = OPS["getitem"], OPS["scatter"]
    picked = meaning(getitem)(x, items)
    for lead in [(2,), (2, 3)]:
        assert_stacks(getitem, [x], {"index": items}, lead, (True,))
        assert_stacks(scatter, [picked], {"shape": (2, 4, 3), "index": items}, lead, (True,))


def test_what_does_not_depend_on_a_stack_is_computed_once():
    x, y = variable("x", Aval("float64", (3,))), variable("y", Aval("float64", (3,)))
    many = variable("many", Aval("float64", (5, 3)))
    [result] = batch([ew.sin(x) * y], {y: many}, (5,))

    assert ew.sin(x) in toposort([result])


def test_an_output_that_does_not_depend_on_a_stack_is_repeated():
    x, y = variable("x", Aval("float64", (3,))), variable("y", Aval("float64"))
    [result] = batch([ew.sin(x)], {y: variable("many", Aval("float64", (5,)))}, (5,))

    assert result.shape == (5, 3)


def test_a_long_chain_neither_recurses_nor_fails():
    x = node = variable("x", Aval("float64"))
    for _ in range(20_000):
        node = ew.sin(node)
    [result] = batch([node], {x: variable("many", Aval("float64", (2,)))}, (2,))

    assert len(toposort([result])) == 20_001


def test_a_row_without_a_rule_says_so():
    op = Op("no_stacks", "linear", infer=lambda x: x, bprop=lambda i, g, node: g, build=build)
    x = variable("x", Aval("float64", (3,)))
    node = op(x)
    with pytest.raises(UnsupportedError, match="no_stacks has no rule for a stack"):
        batch([node], {x: variable("many", Aval("float64", (2, 3)))}, (2,))
