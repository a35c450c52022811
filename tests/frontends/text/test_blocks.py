"""Blocks of text programs: they mean what they mean in Python."""

import textwrap

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import LimitError, SymdiffError

X = np.linspace(-1.2, 1.5, 12)
PROGRAMS = {  # what they read, as Python spells it
    "filter": "s = 0.0\nh = 1.0\nfor t in range(x.shape[0]):\n    h = a*h + x[t]**2\n    s += log(h)\nreturn s",
    "length": "s = 0.0\nfor t in range(1, len(x)):\n    s += a*x[t]*x[t-1]/len(x)\nreturn s",
    "backwards": "h = 0.0\nfor t in range(x.shape[0] - 1, -1, -1):\n    h = tanh(a*h + x[t])\nreturn h",
    "rows": "s = 0.0\nfor r in x:\n    if abs(r) <= 1:\n        s += 0.5*r**2\n    else:\n        s += abs(r) - 0.5\nreturn s",
    "pairs": "s = 0.0\nfor i, (u, v) in enumerate(zip(x, reversed(x))):\n    s += i*u*v*a\nreturn s",
    "array": "y = zeros(12)\ny[0] = a\nfor t in range(1, 12):\n    y[t] = a*y[t-1] + x[t]\nreturn sum(y*y)",
    "part": "y = zeros(12)\ny[2:5] = x[2:5]\ny[x > 1] = 3*a\ny[1:] *= 2\nreturn sum(y*x)",
    "triangle": "s = 0.0\nfor i in range(12):\n    for j in range(i):\n        s += x[i]*x[j]*a\nreturn s",
    "stepped": "s = 0.0\nfor i in range(1, 12, 3):\n    s += a*x[i]\nreturn s",
    "stops": "s = a\nfor v in x:\n    s += v*v\n    if s > 5:\n        break\nelse:\n    s = 100*s\nreturn s",
    "stops early": "s = a\nfor v in x[:4]:\n    s += v*v\n    if s > 3:\n        break\nreturn s",
    "skips": "s = 0.0\nfor v in x:\n    if v < 0:\n        continue\n    s += sqrt(v)*a\nreturn s",
    "returns": "for v in x:\n    if v > 1:\n        return v*a\nreturn a**2",
    "while": "y = a\nwhile abs(y*y - 2) > 1e-10:\n    y = 0.5*(y + 2/y)*(1 + 0*x[0])\nreturn y + x[0]*a",
    "known while": "k = 0\nwhile k < 4:\n    k += 1\n    a = a*x[k]\nreturn a",
    "nested": "if a > 0:\n    if x[0] > 0:\n        y = a\n    else:\n        y = a*x[1]\nelif a < -1:\n    y = x[2]\nelse:\n    y = 0.0\nreturn y*y",
    "early": "if a > 5:\n    return a\nif a > 0.1:\n    return a*x[3]\nreturn 0.0",
    "list": "s = 0.0\nfor k in [1, 2, 5]:\n    s += k*a*x[k]\nreturn s",
    "list beside": "s = 0.0\nfor k, v in zip([1, 2, 5, 1, 2, 5, 1, 2, 5, 7], x):\n    s += k*a*v\nreturn s",
    "names of ours": "v_t, taken = a, 0\nfor v in x:\n    for k in range(taken):\n        v_t += 0.1*k*v\n    v_t = 0.5*v_t + v*v_t\n    taken += 1\nreturn v_t*taken",
    "last value": "for t in range(12):\n    y = a*x[t]\nreturn y + t",
}  # fmt: skip


def as_python(text):
    """The same lines as a function of NumPy's, run by Python."""
    body = textwrap.indent(text, "    ")
    names = ("zeros", "log", "tanh", "abs", "sqrt", "sum")
    space = {name: getattr(np, name) for name in names}
    exec(f"def f(x, a):\n{body}", space)
    return space["f"]


def slope(f, x, a, d, h=1e-6):
    return (f(x + h * d[:12], a + h * d[12]) - f(x - h * d[:12], a - h * d[12])) / (2 * h)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("shape", ["12", "n"])
def test_a_program_is_what_python_makes_of_it(name, shape):
    text = PROGRAMS[name]
    if shape == "n" and ("12" in text or name in ("stops early", "returns", "stops", "list beside")):
        pytest.skip("reads a known length")
    gradient = sd.value_and_grad(text, wrt=("x", "a"), inputs=("x", "a"), x=shape)
    f, d = as_python(text), np.random.default_rng(1).normal(size=13)

    value, (d_x, d_a) = gradient(X, 0.7)

    np.testing.assert_allclose(value, f(X, 0.7), rtol=1e-12)
    np.testing.assert_allclose(d_x @ d[:12] + d_a * d[12], slope(f, X, 0.7, d), rtol=1e-5, atol=1e-8)


def test_a_loop_of_a_named_length_is_one_source_for_all(golden):
    golden("text/filter.txt", sd.value_and_grad(PROGRAMS["filter"], wrt=("a", "x"), x="n").source)


def test_each_name_is_a_value_of_its_own():
    y, z = sd.function("y = x\nz = y\ny[0] = 5\n(y, z)", x="3")(np.zeros(3))

    assert y.tolist() == [5, 0, 0] and z.tolist() == [0, 0, 0]


def test_second_derivatives_go_through_blocks():
    text = "h = 1.0\nfor t in range(12):\n    if x[t] > 0:\n        h = h + x[t]**3*h\nreturn h"
    f = as_python(text)
    hessian = sd.hessian(text, x="12")(X)
    gradient = sd.grad(text, x="12")

    for k in range(0, 12, 4):
        step = 1e-6 * np.eye(12)[k]
        np.testing.assert_allclose(hessian[k], (gradient(X + step) - gradient(X - step)) / 2e-6, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(sd.function(text, x="12")(X), f(X, 0.0))


WRONG = {
    "no result": "for k in range(3):\n    y = x*k",
    "no result on one side": "if x > 0:\n    return x",
    "a line without effect": "for k in range(9):\n    x + 1\nx",
    "endless": "while True:\n    x = x + 1\nx",
    "many steps one by one": "for a in range(8):\n  for b in range(8):\n    for c in range(8):\n      for d in range(8):\n        for g in range(8):\n          for h in range(8):\n            x = sin(x)\nx",
    "a range that is too long": "for k in range(10000000000):\n    x = x + 1\nx",
    "a range of a float": "for k in range(1.5):\n    x = x + 1\nx",
    "a range elsewhere": "y = range(3)\nx",
    "an unknown function": "for k in rnge(3):\n    x = x + 1\nx",
    "a carried array that grows": "s = zeros(3)\nfor k in range(20):\n    s = concatenate([s, s])\nsum(s)*x",
    "a condition with axes": "if x > zeros(3):\n    y = x\nelse:\n    y = 2*x\ny",
    "sides of two shapes": "if x > 0:\n    y = zeros(3)\nelse:\n    y = zeros(4)\nsum(y)",
    "an index beyond the end": "y = zeros(3)\ny[5] = x\nsum(y)",
    "a float for an array of integers": "y = zeros(3, int)\ny[1] = x\nsum(y)",
    "positions in a list": "y = zeros(3)\ny[[0, 1]] = x\nsum(y)",
    "a break in no loop": "if x > 0:\n    break\nx",
    "a break behind a loop": "for k in range(3):\n    x = x + 1\nelse:\n    continue\nx",
    "many returns from within": "\n".join(f"if x > {k}:\n    if x > {k}.5:\n        return x\n    y = {k}" for k in range(60)) + "\ny",
    "going over a number": "for k in x:\n    y = k\ny",
    "a number that is carried as a list": "s = [1, 2]\nfor k in range(9):\n    s = [s[1], x]\ns[0]",
    "no indentation": "for k in range(3):\nx = x",
    "too deep": "\n".join(" " * k + "if x > 0:" for k in range(13)) + "\n" + " " * 13 + "y = x\ny",
}  # fmt: skip


def test_errors_say_where_and_what_to_do(golden):
    told = []
    for name, text in WRONG.items():
        with pytest.raises(SymdiffError) as found:
            sd.grad(text, "x").source  # noqa: B018
        told.append(f"{name}: {type(found.value).__name__}: {found.value}")
    golden("text/wrong_blocks.txt", "\n\n".join(told))


def test_a_constant_condition_is_known_as_in_python():
    f = sd.function("k = 0\nwhile k < 3 and not k == 5:\n    k += 1\nx*k")

    assert f(2.0) == 6.0 and "while" not in f.source


def test_a_limit_on_parts_holds_for_the_steps_too():
    with pytest.raises(LimitError, match="too many steps"):
        sd.function("for j in range(8):\n  for k in range(8):\n    x = sin(x)\nx", limits=sd.Limits(nodes=25)).source  # noqa: B018


def test_a_constant_that_is_differentiated_is_a_variable():
    assert sd.grad("x * e", wrt=("x", "e"))(2.0, 3.0) == (3.0, 2.0)
    assert sd.grad("x * e")(2.0) == np.e
