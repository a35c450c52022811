"""Containers of arrays as arguments: every derivative takes and gives them, and saved files do, too."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError


class Layer(NamedTuple):
    W: Any
    b: Any


@dataclass
class Model:
    layers: list
    scale: Any


def tanh_dict(p, x):
    return np.sum(np.tanh(p["w"] * x + p["b"]) ** 2)


def tanh_layers(p, x):
    for layer in p.layers:
        x = np.tanh(layer.W @ x + layer.b)
    return p.scale * np.sum(x * x)


def pair(p, x):
    (a, b), c = p
    return np.sum(np.exp(a * x) * b) + c


RNG = np.random.default_rng(0)
X = RNG.normal(size=3)
PROGRAMS = {
    "dict": (tanh_dict, {"w": RNG.normal(size=3), "b": 0.5}),
    "objects": (tanh_layers, Model([Layer(RNG.normal(size=(3, 3)), X + 1), Layer(RNG.normal(size=(3, 3)), X)], 0.7)),
    "tuples": (pair, ((RNG.normal(size=3), X), 2.0)),
}


def arrays_in(value):
    """The arrays in a container, from left to right."""
    if isinstance(value, dict):
        return [a for part in value.values() for a in arrays_in(part)]
    if isinstance(value, (list, tuple)):
        return [a for part in value for a in arrays_in(part)]
    return [a for part in vars(value).values() for a in arrays_in(part)] if isinstance(value, Model) else [value]


def refilled(value, arrays):
    """The same containers with other arrays, taken from an iterator."""
    if isinstance(value, dict):
        return {key: refilled(part, arrays) for key, part in value.items()}
    if isinstance(value, Model):
        return Model(refilled(value.layers, arrays), refilled(value.scale, arrays))
    if isinstance(value, Layer):
        return Layer(*(refilled(part, arrays) for part in value))
    if isinstance(value, (list, tuple)):
        return type(value)(refilled(part, arrays) for part in value)
    return next(arrays)


def moved(p, direction, step):
    steps = zip(arrays_in(p), arrays_in(direction), strict=True)
    return refilled(p, iter([a + step * d for a, d in steps]))


def random_like(p):
    return refilled(p, iter([RNG.normal(size=np.shape(a)) for a in arrays_in(p)]))


def dot(a, b):
    return sum(float(np.sum(x * y)) for x, y in zip(arrays_in(a), arrays_in(b), strict=True))


@pytest.fixture(params=PROGRAMS)
def program(request):
    return PROGRAMS[request.param]


def test_both_modes_agree_with_differences(program):
    f, p = program
    v, h = random_like(p), 1e-6
    slope = (f(moved(p, v, h), X) - f(moved(p, v, -h), X)) / (2 * h)
    assert sd.jvp(f)(p, v, X) == pytest.approx(slope, rel=1e-6)
    assert dot(sd.grad(f)(p, X), v) == pytest.approx(slope, rel=1e-6)
    assert dot(sd.vjp(f)(p, X, 1.0), v) == pytest.approx(slope, rel=1e-6)
    assert sd.check_grads(f, (p, X)) < 1e-6


def test_the_hessian_times_a_vector_has_the_containers_of_the_argument(program):
    f, p = program
    v, h = random_like(p), 1e-5
    product = sd.hvp(f)(p, v, X)
    assert type(product) is type(p)
    above, below = sd.grad(f)(moved(p, v, h), X), sd.grad(f)(moved(p, v, -h), X)
    for got, up, down in zip(arrays_in(product), arrays_in(above), arrays_in(below), strict=True):
        np.testing.assert_allclose(got, (up - down) / (2 * h), rtol=1e-5, atol=1e-6)


def test_a_tangent_goes_by_name_as_well(program):
    f, p = program
    v = random_like(p)
    assert sd.jvp(f)(p, x=X, p_dot=v) == sd.jvp(f)(p, v, X)


def test_a_tangent_with_other_containers_is_refused():
    f, p = PROGRAMS["dict"]
    with pytest.raises(ArgumentError, match="p_dot must have the containers"):
        sd.jvp(f)(p, {"w": X}, X)
    with pytest.raises(ArgumentError, match="p_dot is missing"):
        sd.jvp(f)()


def test_saved_files_take_and_give_the_containers(program, tmp_path):
    f, p = program
    g = sd.value_and_grad(f)
    value, grad = g(p, X)
    path = g.save(tmp_path / "model.py")
    namespace: dict[str, Any] = {"__name__": "model", "__file__": str(path)}
    exec(compile(path.read_text(), path, "exec"), namespace)
    again, plain = namespace["value_and_grad"](p, X)
    assert again == value
    for got, meant in zip(arrays_in(plain), arrays_in(grad), strict=True):
        np.testing.assert_array_equal(got, meant)
    ran = subprocess.run([sys.executable, "-I", path], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "largest relative error" in ran.stdout


def test_an_explanation_reads_the_last_call(program):
    f, p = program
    g = sd.grad(f)
    g(p, X)
    assert "The derivative, from the last line to the first" in str(g.explain())
    assert np.isfinite(list(g.debug(p, X).values.values())[-1]).all()
    assert g.latex().startswith(r"\begin{aligned}")


def test_derivatives_of_directional_derivatives(program):
    """Tangents are arguments like others: they may be containers, and targets."""
    f, p = program
    v = random_like(p)
    along = sd.jvp(f)
    for got, meant in zip(arrays_in(sd.grad(along)(p, v, X)), arrays_in(sd.hvp(f)(p, v, X)), strict=True):
        np.testing.assert_allclose(got, meant, rtol=1e-9, atol=1e-12)
    for got, meant in zip(arrays_in(sd.grad(along, "p_dot")(p, v, X)), arrays_in(sd.grad(f)(p, X)), strict=True):
        np.testing.assert_allclose(got, meant, rtol=1e-9, atol=1e-12)


class Pair(NamedTuple):
    first: object
    second: object


@pytest.mark.parametrize(
    "call", [np.stack, np.array, np.asarray, np.hstack, np.sum, np.mean, np.concatenate, np.max, lambda p: np.dot(p, p)]
)
@pytest.mark.parametrize("make", [Pair, lambda a, b: [Pair(a, b), Pair(b, a)]])
def test_tuples_with_names_are_sequences_to_numpy(call, make):
    """As others are: they went back and forth between NumPy and the values in them."""

    def f(x):
        return call(make(x[0], x[1] * x[1]))

    x = np.array([[1.5, 2.0], [-0.7, 3.0]])
    if call is not np.concatenate:
        np.testing.assert_allclose(sd.function(f)(x[0]), f(x[0]), rtol=1e-15)
    np.testing.assert_allclose(sd.function(f)(x), f(x), rtol=1e-15)
