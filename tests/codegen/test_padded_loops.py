"""Loops that ask, as JAX's texts: what their steps leave behind is put where there is room, and counts in part."""

import inspect

import numpy as np
import pytest
from jax_stand_in import run

import symdiff as sd
from symdiff.codegen.source import Definition
from symdiff.codegen.target import Wishes, find_target
from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import COUNTED, length
from symdiff.graph.node import variable
from symdiff.ops.contraction import einsum
from symdiff.ops.fft import fft
from symdiff.ops.reductions import amax, sum_
from symdiff.ops.shapes import concatenate, flip, permute
from symdiff.program.pipeline import lowered
from symdiff.program.probe import probe

JAX = find_target("jax")


def in_jax(f, arguments, most_steps=None):
    """What the text for JAX gives, in plain NumPy."""
    graph = f.stages_of(arguments, {})[0].simplified
    graph = lowered(graph.with_(most_steps=most_steps), JAX)
    text = JAX.text([Definition(JAX.print(graph, Wishes(largest=10**6)))])
    given = dict(zip(inspect.signature(f).parameters, arguments, strict=True))
    with np.errstate(all="ignore"):
        return run(text, graph.name, [given[x.name] for x in graph.inputs])


def root(a):
    x = a
    while abs(x * x - a) > 1e-12 * a:
        x = x - (x * x - a) / (2 * x)
    return x


def until(x):
    total = 0.0
    for i in range(len(x)):
        if total > 2:
            break
        total = total + x[i] ** 2 * np.cos(total)
    return total


def roots_of_each(xs):
    total = 0.0
    for a in xs:
        y = a
        while abs(y * y - a) > 1e-10:
            y = 0.5 * (y + a / y)
        total += np.sin(y) * a
    return total


def halved(A, x):
    while np.max(np.abs(x)) > 0.1:
        x = np.tanh(A @ x)
    return np.sum(x) + np.sum(A**2)


def in_turn(x):
    y = x
    while np.sum(y) > 1:
        y = y * 0.7 + 0.01 * y**2
    z = y
    while np.sum(z) > 0.5:
        z = z * np.sin(z + 0.5) + 0.1 * y
    return np.sum(z * y)


def triangle(L, b):
    x = np.zeros(len(b))
    for i in range(len(b)):
        x[i] = (b[i] - np.sum(L[i, :i] * x[:i])) / L[i, i]
    return np.sum(x**2)


def rows_below(A):
    U = A.copy()
    for k in range(len(A) - 1):
        U[k + 1 :] -= np.outer(U[k + 1 :, k] / U[k, k], U[k])
    return np.sum(np.log(np.abs(np.diagonal(U))))


rng = np.random.default_rng(3)
SQUARE = rng.normal(size=(5, 5)) / 4 + np.eye(5) * 0.4
PROGRAMS = [
    (root, (7.0,)),
    (until, (np.linspace(0.5, 1.5, 9),)),
    (until, (np.linspace(0.1, 0.2, 9),)),
    (roots_of_each, (np.array([2.0, 3.0, 0.5]),)),
    (halved, (SQUARE, np.arange(1.0, 6.0))),
    (in_turn, (np.array([1.0, 2.0, 0.5]),)),
    (triangle, (SQUARE + 2 * np.eye(5), np.arange(5.0))),
    (rows_below, (SQUARE + 2 * np.eye(5),)),
]


@pytest.mark.parametrize(("function", "arguments"), PROGRAMS, ids=lambda x: getattr(x, "__name__", ""))
def test_values_and_gradients_are_numpys(function, arguments):
    f = sd.value_and_grad(function, wrt=tuple(range(len(arguments))))
    value, slopes = f(*arguments)
    found, others = in_jax(f, arguments, 60)
    np.testing.assert_allclose(found, value, rtol=1e-12)
    for one, other in zip(slopes, others, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("function", [root, roots_of_each])
def test_where_room_is_too_small_all_is_nan(function):
    x = 7.0 if function is root else np.array([7.0, 3.0])
    value, slope = in_jax(sd.value_and_grad(function), (x,), 2)
    assert np.isnan(value)
    assert np.isnan(slope).all()


def test_most_steps_is_an_option():
    f = sd.grad(root)
    f(7.0)
    assert "< 12" in f.to("jax", most_steps=12).source
    assert "< 1000" in f.to("jax").source
    for wrong in (0, 2.5, "many"):
        with pytest.raises(ArgumentError, match="most_steps is"):
            f.to("jax", most_steps=wrong)


def test_what_depends_on_the_number_of_steps_is_refused():
    def last_part(x):
        y = np.stack([x, 2 * x])
        for k in range(len(x)):
            y[0, k:] = np.sort(y[1, : len(x) - k]) * y[0, k]
        return np.sum(y)

    with pytest.raises(UnsupportedError, match="the target 'jax' has no"):
        in_jax(sd.grad(last_part), (np.arange(12.0),))


STEPS = length(f"{COUNTED}0")
x, y = variable("x", Aval("float64", (STEPS, 3))), variable("y", Aval("float64", (STEPS,)))


@pytest.mark.parametrize(
    ("node", "how"),
    [
        (x * 2, "plain"),
        (permute(x, axes=(1, 0)), "plain"),
        (sum_(x, axis=(1,), keepdims=False), "plain"),
        (sum_(x, axis=(0,), keepdims=False), "zero"),
        (einsum(x, y, subscripts="ab,a->b"), "zero"),
        (amax(x, axis=(0,), keepdims=False), ""),
        (flip(y, axis=(0,)), ""),
        (concatenate(y, y, axis=0), ""),
        (fft(y, axes=(0,), n=(STEPS,), norm="backward"), ""),
    ],
)
def test_what_does_not_count_is_tried(node, how):
    assert probe(node) == how


def test_jax_compiles_and_maps_them():
    jax, jnp = pytest.importorskip("jax"), pytest.importorskip("jax.numpy")
    f = sd.value_and_grad(root).to("jax", most_steps=40)
    with jax.enable_x64(True):
        points = jnp.asarray([7.0, 2.0, 0.3])
        values, slopes = jax.jit(jax.vmap(f))(points)
        np.testing.assert_allclose(values, np.sqrt(points), rtol=1e-12)
        np.testing.assert_allclose(slopes, 0.5 / np.sqrt(points), rtol=1e-8)
    narrow = jax.jit(f)(jnp.asarray(7.0, "float32"))
    assert narrow[1].dtype == np.float32
