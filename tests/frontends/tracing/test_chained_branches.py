"""``if … elif … else`` of any length does what Python does: random chains, judged by running them."""

import linecache
from itertools import count

import numpy as np
import pytest

import symdiff as sd

FILES = count()
POINTS = (-2.5, -0.7, 0.3, 0.9, 1.6, 4.2)


def function(lines):
    text = "def f(x, k=2):\n" + "".join(f"    {line}\n" for line in lines)
    name = f"<chain {next(FILES)}>"
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    namespace = {"np": np}
    exec(compile(text, name, "exec"), namespace)
    return namespace["f"]


def condition(rng):
    """A condition: on a value, on a number that is known, or on both."""
    a, b = np.round(rng.uniform(-3, 5, 2), 2)
    return str(rng.choice([f"x < {a}", f"x * x > {a}", f"{a} < x < {b}", f"k == {rng.integers(4)}", f"k > 1 and y > {a}",
                           f"(z := x - {a}) > {b}", f"len(seen) == {rng.integers(3)}"]))  # fmt: skip


def side(rng):
    """What is run: it changes numbers and lists, ends the function, or fails where a handler expects it."""
    a = np.round(rng.uniform(-2, 2), 2)
    return str(rng.choice([f"y = y * {a} + x", f"y -= x * {a}; z = y * x", f"seen[0] = seen[0] + {a} * x",
                           f"return x * {a} + y", f"y = {a} * z * x", "pass", "seen = [x, *seen[1:]]"]))  # fmt: skip


def chain(rng, length):
    """Lines of a program that is one chain, by ``elif`` or by an ``if`` that stands at the end of the other side."""
    lines = ["y, z, seen = x * 0.5, 1.0, [x, 2.0]", f"if {condition(rng)}:", f"    {side(rng)}"]
    indent = ""
    for _ in range(length - 1):
        if rng.random() < 0.8 or len(indent) > 24:
            lines.append(f"{indent}elif {condition(rng)}:")
        else:
            lines += [f"{indent}else:", f"{indent}    y = y + 0.5 * x"]
            indent += "    "
            lines.append(f"{indent}if {condition(rng)}:")
        lines.append(f"{indent}    {side(rng)}")
    if rng.random() < 0.7:
        lines += [f"{indent}else:", f"{indent}    {side(rng)}"]
    return [*lines, "return y * z + seen[0] + len(seen) * x"]


def slope(f, x, h=1e-4):
    return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h)


@pytest.mark.parametrize("seed", range(24))
def test_random_chains(seed):
    rng = np.random.default_rng([26, seed])
    lines = chain(rng, int(rng.integers(2, 9 if seed % 4 else 30)))
    f = function(lines)
    compiled = sd.value_and_grad(f)
    for x in POINTS:
        value, gradient = compiled(x)
        assert value == pytest.approx(f(x), rel=1e-12, abs=1e-12), (lines, x)
        assert gradient == pytest.approx(slope(f, x), rel=1e-7, abs=1e-7), (lines, x)


@pytest.mark.parametrize("length", [15, 60])
def test_chains_are_as_long_as_they_like(length):
    """Python nests 20 blocks at most, and each of them becomes two."""
    lines = ["if x < 0:", "    return -x"]
    for k in range(length):
        lines += [f"elif x < {k + 1} and k == 2:", f"    y = {k}.5 * x"]
    f = function([*lines, "else:", "    y = x * x", "return y"])
    df = sd.grad(f)
    for x in (-1.0, 0.5, 7.5, length + 3.0):
        assert df(x) == pytest.approx(slope(f, x), rel=1e-9)


def test_what_a_side_raises_is_raised_where_it_is_taken():
    f = function(["if x < 0:", "    raise ValueError('below')", "elif x > 1 and k == 2:", "    if k == 2:",
                  "        raise KeyError('above')", "    y = 1.0", "elif k == 7:", "    raise OSError", "else:", "    y = x * x",
                  "return y"])  # fmt: skip
    df = sd.grad(f)
    assert df(0.5) == 1.0
    for x, error in ((-1.0, ValueError), (2.0, KeyError)):
        with pytest.raises(error):
            f(x)
        with pytest.raises(error):
            df(x)


def test_a_condition_that_fails_is_refused_where_it_stands():
    f = function(
        ["if x < 0:", "    y = -x", "elif x.missing > 2:", "    y = x", "elif x > 3:", "    y = x * x", "return y"]
    )
    with pytest.raises(Exception, match=r"missing(.|\n)*line 4"):
        sd.grad(f)(1.0)
