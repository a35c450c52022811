"""Forward mode: what reverse mode says, transposed."""

import numpy as np
import pytest
from helpers import (
    ROWS,
    as_floats,
    as_tuple,
    compiled,
    difference,
    draw,
    gradient,
    samples,
    takes_floats,
    total,
    values,
    variables,
)
from hypothesis import assume, given
from random_graphs import build, kinds, moderate, point, programs, slow
from row_samples import BY_EQUATION, NOT_COMPLEX, OF_ITS_TYPES, REAL_ONLY, UNDEFINED, direction_for, moves, narrow

import symdiff as sd
from symdiff.autodiff.forward import push_forward
from symdiff.autodiff.reverse import pull_back
from symdiff.errors import DTypeError, UndefinedGradientError
from symdiff.graph.aval import Aval
from symdiff.graph.node import variable
from symdiff.graph.op import OPS
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, reductions as red, shapes

every_row = pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
RTOL = 1e-7
x, y = variable("x", Aval("float64")), variable("y", Aval("float64"))
v, w = variable("v", Aval("float64", (3,))), variable("w", Aval("float64", (3,)))


def tangents_of(inputs):
    return tuple(variable(f"{x.name}_dot", x.aval) for x in inputs)


def push(z, inputs, tangents):
    return push_forward([z], inputs, tangents).tangents[0]


# ---------------------------------------------------------------------------------------------------------------- rows


@every_row
def test_tangent_is_that_of_finite_differences_and_of_reverse_mode(op):
    if op.family == "elementwise" and not takes_floats(op):
        return
    for arrays, params in samples(op):
        if not arrays:
            continue
        rng = np.random.default_rng(3)
        arrays = as_floats(op, arrays)
        inputs = variables(arrays)
        node = op(*inputs, **params)
        by = [k for k in moves(op, node) if inputs[k].aval.inexact]
        if not by and op.family == "elementwise":
            continue
        floats = tuple(inputs[k] for k in by)
        dots = tangents_of(floats)
        if op.name in UNDEFINED:
            with pytest.raises(UndefinedGradientError, match=op.name):
                push_forward(values(node), floats, dots)
            continue
        directions = tuple(np.asarray(direction_for(op, arrays[k].shape, rng)) for k in by)
        found = {}
        for y, t in zip(values(node), push_forward(values(node), floats, dots).tangents, strict=True):
            if t is None:
                assert not y.aval.inexact or all(np.all(g == 0) for g in _gradients(y, inputs, arrays))
                continue
            assert t.aval is y.aval
            found[y] = compiled((*inputs, *dots), t)(*arrays, *directions)
            f = compiled(inputs, y)
            if op.name in BY_EQUATION:
                continue
            expected = sum(difference(f, arrays, k, d) for k, d in zip(by, directions, strict=True))
            np.testing.assert_allclose(found[y], expected, rtol=RTOL, atol=RTOL)
        if found:
            assert_same_inner_products(inputs, floats, arrays, directions, found, rng)


def assert_same_inner_products(inputs, floats, arrays, directions, found, rng):
    """<cotangent, tangent> is the same for all outputs together as for all inputs together."""
    given = {y: (variable(f"g{k}", y.aval), rng.normal(size=y.shape)) for k, y in enumerate(found)}
    seeds, numbers = {y: g for y, (g, _) in given.items()}, [c for _, c in given.values()]
    back = as_tuple(compiled((*inputs, *seeds.values()), *pull_back(seeds, floats).grads)(*arrays, *numbers))
    inner = sum(np.sum(b * d) for b, d in zip(back, directions, strict=True))
    outer = sum(np.real(np.sum(c * t)) for c, t in zip(numbers, found.values(), strict=True))
    assert outer == pytest.approx(inner, rel=1e-10, abs=1e-10)


def _gradients(node, inputs, arrays):
    found = compiled(inputs, *gradient(total(node), inputs))(*arrays)
    return found if len(inputs) > 1 else (found,)


@every_row
def test_tangent_of_float32_is_float32(op):
    if op.name in UNDEFINED | OF_ITS_TYPES or op.block or (op.family == "elementwise" and not takes_floats(op)):
        return
    for arrays, params in samples(op):
        arrays = narrow(arrays)
        inputs = variables(arrays)
        if not arrays or not all(x.aval.inexact for x in inputs):
            continue
        node = op(*inputs, **params)
        nodes, by = values(node), moves(op, node)
        moved = tuple(inputs[k] for k in by)
        dots = tangents_of(moved)
        for y, t in zip(nodes, push_forward(nodes, moved, dots).tangents, strict=True):
            if t is not None:
                assert t.aval is y.aval
                found = np.asarray(compiled((*inputs, *dots), t)(*arrays, *[arrays[k] for k in by]))
                assert (found.shape, found.dtype) == (y.shape, y.dtype)


@pytest.mark.parametrize(
    "op", [op for op in ROWS if op.family == "elementwise" and op.name not in REAL_ONLY], ids=lambda op: op.name
)
def test_tangent_of_complex_inputs(op):
    rng = np.random.default_rng(5)
    arrays = tuple(a + 1j * rng.uniform(0.2, 0.4, a.shape) for a in map(np.asarray, draw(op, rng, *[(3,)] * op.arity)))
    inputs = variables(arrays)
    try:
        node = op(*inputs, **op.params)
    except DTypeError:
        return
    dots = tangents_of(inputs)
    if op.name in NOT_COMPLEX:
        with pytest.raises(UndefinedGradientError, match=op.name):
            push(node, inputs, dots)
        return
    t = push(node, inputs, dots)
    if t is None:
        assert node.aval.kind == "b" or op.name == "rint"
        return
    directions = tuple(rng.normal(size=3) + 1j * rng.normal(size=3) for _ in arrays)
    f = compiled(inputs, node)
    expected = sum(difference(f, arrays, k, d) for k, d in enumerate(directions))
    np.testing.assert_allclose(compiled((*inputs, *dots), t)(*arrays, *directions), expected, rtol=RTOL, atol=RTOL)


@pytest.mark.parametrize("shape", [(3, 1), (4,), ()], ids=str)
def test_tangents_broadcast_on_the_edge(shape):
    a, b = variable("a", Aval("float64", shape)), variable("b", Aval("float64", (3, 4)))
    for node in (a + b, a * b, ew.maximum(a, b), ew.where(a > 0, a, b)):
        assert push(node, [a], [variable("t", a.aval)]).shape == (3, 4)


# ------------------------------------------------------------------------------------------------------------ the walk


def test_structural_zeros_are_no_nodes():
    t = push(ew.sin(x) * ew.cos(y), [x], [variable("t", x.aval)])

    assert not any(n.literal is not None and n.literal.scalar == 0 for n in toposort([t]))
    assert push(ew.cos(y), [x], [variable("t", x.aval)]) is None
    assert push(ew.floor(x), [x], [variable("t", x.aval)]) is None


def test_only_what_depends_on_the_inputs_is_derived():
    pushed = push_forward([ew.sin(x) * ew.cos(y)], [x], [variable("t", x.aval)])

    assert all(origin.of.op is not ew.cos for origin in pushed.origins.values())


def test_every_added_node_has_an_origin():
    z = ew.where(v > 0, ew.sqrt(v) * ew.sin(v), 0)
    forward = set(toposort([z]))
    pushed = push_forward([z], [v], [variable("t", v.aval)])
    added = [n for n in toposort(pushed.tangents) if n not in forward and n.inputs]

    assert added
    assert set(added) <= set(pushed.origins)


def test_integers_that_depend_on_values_do_not_move():
    t = variable("t", v.aval)
    for k in (red.argmax(v, axis=(0,), keepdims=False), shapes.astype(v, dtype="int64")):
        tangent = push(k * v, [v], [t])
        assert tangent is k * t


def test_undefined_derivatives_that_nothing_flows_through_do_not_matter():
    k = red.argmax(v, axis=(0,), keepdims=False)
    t = variable("t", v.aval)

    assert push(ew.where(k > 0, v, 2 * v), [v], [t]) is not None


def test_a_long_chain_takes_linear_time_and_does_not_recurse():
    node = v
    for _ in range(5_000):
        node = red.softmax(node, axis=(0,))
    t = push(node, [v], [variable("t", v.aval)])

    assert len(toposort([t])) < 60_000


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("where(x > 0, sqrt(x), 0)", 0.0, 0.0),
        ("where(x > 0, sqrt(x), 0)", -1.0, 0.0),
        ("where(x == 0, 1, sin(x)/x)", 0.0, 0.0),
        ("sqrt(where(x > 0, x, 0))", -1.0, 0.0),
        ("log(1 + sqrt(where(x > 0, x, 0)))", -1.0, 0.0),
        ("sqrt(3 * where(x > 0, x, 0))", -1.0, 0.0),
        ("norm(where(x > 0, x, 0) * ones(2))", -1.0, 0.0),
        ("sqrt(sum(where(x > 0, x, 0) * ones(2)))", -1.0, 0.0),
    ],
)
def test_unselected_branches_do_not_contribute(text, at, expected):
    assert sd.jvp(text, "x")(at, 1.0) == expected


# ------------------------------------------------------------------------------------------------------ random programs


@slow
@given(programs, kinds)
def test_tangents_and_cotangents_agree(program, arrays):
    inputs, z = build(program, arrays)
    values = point(inputs)
    assume(moderate(inputs, z, values))
    dots = tangents_of(inputs)
    t = push(z, inputs, dots)
    grads = compiled(inputs, *gradient(z, inputs))(*values)
    directions = point(inputs, seed=1)
    inner = sum(np.sum(g * d) for g, d in zip(grads, directions, strict=True))
    found = 0.0 if t is None else compiled((*inputs, *dots), t)(*values, *directions)
    scale = max(1.0, *(float(np.max(np.abs(g), initial=0.0)) for g in grads))
    assert found == pytest.approx(inner, rel=1e-9, abs=1e-9 * scale)


@slow
@given(programs, kinds)
def test_forward_over_reverse_is_reverse_over_forward(program, arrays):
    inputs, z = build(program, arrays)
    values = point(inputs)
    assume(moderate(inputs, z, values, 100))
    dots = tangents_of(inputs)
    t = push(z, inputs, dots)
    assume(t is not None)
    one = push_forward(gradient(z, inputs), inputs, dots).tangents
    other = gradient(t, inputs)
    directions = point(inputs, seed=1)
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None]
    run = compiled((*inputs, *dots), *[n for pair in pairs for n in pair], t)
    found = run(*values, *directions)[:-1]
    for a, b in zip(found[0::2], found[1::2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-7 * np.max(np.abs(b), initial=1.0))


def test_the_path_to_an_undefined_part_names_operations():
    a = variable("a", Aval("float64", (2, 3)))
    square, _ = OPS["qr"](a)
    completed = OPS["svd_full"](square @ a)
    with pytest.raises(UndefinedGradientError, match="path a -> qr -> einsum -> svd_full -> sum"):
        push(total(completed.parts[2]), [a], [variable("t", a.aval)])
