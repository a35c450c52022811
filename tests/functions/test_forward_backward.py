"""Forward and backward programs apart make up the pullback that `vjp` gives at once."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError

RNG = np.random.default_rng(0)


def layer(x, W, b):
    return np.tanh(x @ W + b)


def in_containers(p, x):
    s = p["a"] * x[0]
    for k in range(x.shape[0]):
        s = np.sin(s) + p["b"] * x[k]
    return {"s": s, "t": x * p["a"]}


def marching(x, a):
    total = 0.0
    for row in x:
        total = np.tanh(a * total + row)
    return total


def choosing(x, a):
    return np.where(x > a, np.sqrt(np.abs(x)), x * np.max(x)) * len(x)


CASES = {
    "layer": (layer, ("x", "W", "b"), {"x": "n d", "W": "d k", "b": "k"}, [(4, 3), (3, 2), (2,)]),
    "numbers": ("a * exp(b * a)", ("a", "b"), {"a": "", "b": ""}, [(), ()]),
    "constant slope": ("x / 3", "x", {"x": "n"}, [(3,)]),
    "length": ("mean(x) * n", "x", {"x": "n"}, [(3,)]),
    "steps": (marching, ("x", "a"), {"x": "T", "a": ""}, [(6,), ()]),
    "choices": (choosing, "x", {"x": "n", "a": ""}, [(5,), ()]),
    "logistic": ("sum(log(1 + exp(-y * (X @ w))))", "w", {"X": "n d", "y": "n", "w": "d"}, [(4,), (4, 2), (2,)]),
    "inverse": ("inv(A) @ b", ("A", "b"), {"A": "n n", "b": "n"}, [(3, 3), (3,)]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("declared", [True, False])
def test_halves_make_up_the_pullback(name, declared):
    f, wrt, specs, shapes = CASES[name]
    if not declared and name == "length":
        pytest.skip("it is a name of what is declared")
    forward, backward = sd.forward_backward(f, wrt, **(specs if declared else {}))
    args = [np.asarray(RNG.normal(size=shape))[()] for shape in shapes]
    value, saved = forward(*args)

    np.testing.assert_allclose(value, sd.function(f, **specs)(*args), rtol=1e-12)
    for _ in range(2):  # what is kept serves more than once
        g = np.asarray(RNG.normal(size=np.shape(value)))[()]
        found, expected = backward(saved, g), sd.vjp(f, wrt, **specs)(*args, g)
        several = isinstance(found, tuple)
        for ours, theirs in zip(*((found, expected) if several else ((found,), (expected,))), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_what_is_kept_knows_its_program():
    """Calls with other shapes, types and options may come in between."""
    forward, backward = sd.forward_backward(lambda x, *, power=2: np.sum(np.sin(x) ** power, axis=-1))
    a, b = RNG.normal(size=(2, 3)), RNG.normal(size=4).astype(np.float32)
    kept = [(x, p, *forward(x, power=p)) for x in (a, b) for p in (2, 3)]
    for x, power, value, saved in kept:
        found = backward(saved, np.ones(np.shape(value), x.dtype))

        assert found.dtype == x.dtype
        np.testing.assert_allclose(found, power * np.sin(x) ** (power - 1) * np.cos(x), rtol=1e-5)
    assert "f32[4]" in forward.source
    assert "f32[4]" in backward.source


def test_both_are_parts_of_functions():
    forward, backward = sd.forward_backward(layer, ("x", "W", "b"))

    def loss(x, W, b):
        y, saved = forward(x, W, b)
        return np.sum(backward(saved, 2 * y)[1] ** 2)

    def plain(x, W, b):
        y = np.tanh(x @ W + b)
        return np.sum((x.T @ (2 * y * (1 - y**2))) ** 2)

    args = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)
    for ours, theirs in zip(*(sd.grad(f, ("x", "W", "b"))(*args) for f in (loss, plain)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_what_is_kept_is_pickled_as_arrays():
    """Declared, it is all that the way back needs, wherever that is."""
    forward, backward = sd.forward_backward(layer, ("x", "W", "b"), x="n d", W="d k", b="k")
    y, saved = forward(np.ones((4, 3)), np.ones((3, 2)), np.ones(2))
    again = pickle.loads(pickle.dumps(saved))
    for ours, theirs in zip(backward(again, y), backward(saved, y), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    forward, backward = sd.forward_backward(layer)
    _, saved = forward(np.ones((4, 3)), np.ones((3, 2)), np.ones(2))
    with pytest.raises(ArgumentError, match="do not say what kept them, and shapes are not declared"):
        backward(tuple(saved), y)


def _shrunk(x):
    while np.sum(x) > 1:
        x = x * np.sin(x) / 2
    return x


def _halved(x):
    while np.sum(x) > 1:
        x = x / 2
    return np.sin(x)


def _left_early(x):
    s = 0.0
    for a in x:
        s = s * a + np.cos(a)
        if s > 1.5:
            break
    return s * x


def _in_a_branch(x):
    return _shrunk(x) if x[0] > 1 else x**3


@pytest.mark.parametrize("f", [_shrunk, _halved, _left_early, _in_a_branch, lambda x: _halved(np.exp(_shrunk(x)))])
@pytest.mark.parametrize("declared", ["2", "n"])
def test_the_way_back_takes_as_many_steps_as_a_loop_took(f, declared):
    forward, backward = sd.forward_backward(f, x=declared)
    for x in ([0.1, 0.2], [3.0, 2.0], [30.0, 20.0]):
        value, saved = forward(np.array(x))
        g = np.array([1.0, 2.0])
        np.testing.assert_allclose(value, f(np.array(x)), rtol=1e-12)
        np.testing.assert_allclose(backward(saved, g), sd.vjp(f)(np.array(x), g), rtol=1e-12)


@pytest.mark.parametrize("declared", [{"p": {"a": "", "b": ""}, "x": "5"}, {}])
def test_containers(declared):
    forward, backward = sd.forward_backward(in_containers, "p", **declared)
    p, x = {"a": 0.3, "b": 0.7}, RNG.normal(size=5)
    value, saved = forward(p, x)
    g = {"s": 2.0, "t": RNG.normal(size=5)}

    assert value.keys() == g.keys()
    assert backward(saved, g) == pytest.approx(sd.vjp(in_containers, "p")(p, x, g))


def test_the_way_back_computes_nothing_again():
    forward, backward = sd.forward_backward(layer, ("x", "W", "b"), x="n d", W="d k", b="k")

    assert "tanh" in forward.source
    assert "tanh" not in backward.source
    assert "**" not in backward.source


def test_what_is_kept_is_no_view_of_an_argument():
    forward, backward = sd.forward_backward("x * y", "x", x="n", y="n")
    y = np.ones(2)
    _, saved = forward(np.ones(2), y)
    y[:] = 7

    np.testing.assert_array_equal(backward(saved, np.ones(2)), [1, 1])


def test_checks_are_those_of_the_way_forward():
    def root(x):
        if x < 0:
            raise ValueError("negative")
        return np.sqrt(x) * np.exp(x)

    forward, backward = sd.forward_backward(root, x="")
    assert backward(forward(2.0)[1], 1.0) == pytest.approx(sd.grad(root)(2.0))
    with pytest.raises(ValueError, match="negative"):
        forward(-1.0)


def test_files(tmp_path):
    forward, backward = sd.forward_backward(layer, ("x", "W", "b"), x="n d", W="d k", b="k")
    forward.save(tmp_path / "forward.py")
    backward.save(tmp_path / "backward.py")
    program = (
        "import numpy as np; from forward import forward; from backward import backward\n"
        "y, saved = forward(np.ones((4, 3)), np.ones((3, 2)), np.ones(2)); print(backward(*saved, y)[2])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    y = np.tanh(4.0)

    np.testing.assert_allclose(float(done.stdout.strip("[]\n").split()[0]), 4 * y * (1 - y**2), rtol=1e-6)


def test_errors():
    forward, backward = sd.forward_backward("x * y", "x", x="n", y="n")
    _, saved = forward(np.ones(2), np.ones(2))

    with pytest.raises(ArgumentError, match="takes the 1 arrays that forward has kept"):
        backward(np.ones(2), np.ones(2))
    with pytest.raises(ArgumentError, match="the cotangent is a tuple"):
        backward(saved, (np.ones(2), np.ones(2)))
    with pytest.raises(ArgumentError, match="takes what forward has kept, and is given 3"):
        sd.forward_backward(layer)[1](3, np.ones(2))
