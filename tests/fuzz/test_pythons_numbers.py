"""Random programs with branches and loops between Python's numbers: beside float32 these are weak, as Python has them."""

import linecache
import math
from types import SimpleNamespace

import numpy as np
import pytest

import symdiff as sd

NUMBERS = ("0.5", "1.5", "2", "3", "-1.0", "0.25", "1")


def condition(rng):
    return f"{rng.choice(('x[0]', 'x[1]', 'w', 'v', 'x[i]', 'w * x[2]'))} {rng.choice(('>', '<', '>='))} {rng.choice(('0.3', '0.9', '1', '2.0'))}"


def side(rng, name):
    """What one side of a branch does to a number of Python's."""
    return rng.choice(
        (f"{name} = {rng.choice(NUMBERS)}", f"{name} = {name} + {rng.choice(NUMBERS)}", f"{name} *= 0.5", "pass")
    )


def statements(rng, depth=0):
    """A branch, a loop, or a choice of one of two."""
    name, kind, pad = str(rng.choice(("a", "b"))), rng.integers(5 if depth < 2 else 3), "    "
    if kind == 0:
        return [f"{name} = {rng.choice(NUMBERS)} if {condition(rng)} else {rng.choice(NUMBERS)}"]
    if kind == 1:
        return [f"if {condition(rng)}:", pad + side(rng, name), "else:", pad + side(rng, name)]
    if kind == 2:
        return [f"{name} = {rng.choice(('a', 'b'))} {rng.choice(('+', '-', '*'))} {rng.choice(NUMBERS)}"]
    inside = [pad + line for _ in range(rng.integers(1, 3)) for line in statements(rng, depth + 1)]
    if depth == 0 and rng.integers(2):
        inside.append(pad + "s = s * a + v * b")
    heads = ("for i in range(len(x)):", "for i, v in enumerate(x):", "for v in x:", "for i in range(2):")
    return [str(rng.choice(heads)), *inside]


def program(rng):
    lines = ["i, v, s = 0, w, w", f"a, b = {rng.choice(NUMBERS)}, {rng.choice(NUMBERS)}"]
    for _ in range(rng.integers(1, 4)):
        lines += statements(rng)
    result = rng.choice(
        ("a * x", "a * x[1] + b", "x / (2 + b * b)", "s * a", "(a + b) * w", "a * np.sin(x) - b", "np.exp(b * w)")
    )
    return "\n    ".join(["def f(w, x):", *lines, f"return {result}"]) + "\n"


def function(text, name):
    names = {"np": np, "math": math}
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    exec(compile(text, name, "exec"), names)
    return names["f"]


@pytest.mark.filterwarnings("ignore")
def test_values_and_gradients_have_the_dtype_of_the_argument(budget):
    seed, programs = budget
    for k in range(programs // 4):
        rng = np.random.default_rng([seed, k])
        text = program(rng)
        f = function(text, f"<numbers {seed} {k}>")
        w, x = np.float32(rng.uniform(0.2, 1.5)), rng.uniform(0.1, 2.5, size=4).astype(np.float32)
        expected = f(w, x)
        for loops in ("keep", "unroll"):
            what = f"program {k} of seed {seed}, loops={loops!r}, w={w}, x={x}\n{text}"
            found = sd.function(f, loops=loops)(w, x)
            assert (np.shape(found), np.asarray(found).dtype) == (np.shape(expected), np.asarray(expected).dtype), what
            np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-5, err_msg=what)
            total = function(text.replace("return ", "return np.sum(").rstrip() + ")\n", f"<sums {seed} {k}>")
            d_w, d_x = sd.grad(total, wrt=(0, 1), loops=loops)(w, x)
            assert (np.asarray(d_w).dtype, d_x.dtype) == (np.float32, np.float32), what
            wide = sd.grad(total, wrt=(0, 1), loops=loops)(np.float64(w), x.astype(float))
            np.testing.assert_allclose(np.append(d_x, d_w), np.append(*wide[::-1]), rtol=1e-3, atol=1e-3, err_msg=what)


def of_a_numpy_function(x):
    c = 2 if x[0] > 0 else 3
    return np.sqrt(c) * x  # which gives a number of NumPy's


def compared(x):
    c = 0.1 if x[0] > 0 else 0.2
    return np.where(c < x * 0 + np.float32(0.1), x, 2 * x)


def bound_in_a_loop(x):
    for v in x:
        c = 1.0 if v > 1 else 0.5
    return c * x


def converted(x):
    return float(x[0]) * x


def read_by_a_loop_by_name(x):
    c = 1.0 if x[0] > 0 else 2.0
    return sd.fori_loop(0, 5, lambda i, h: h * c + x[1], x[0])


def written_out_by_numpy(x):
    c = 1.0 if x[0] > 0 else 2.0
    return np.where(x[0] > 0, 1.0, 2.0) * x + np.full(3, c)


def largest(x):
    c = 2.0 if x[0] > 0 else 3.0
    return max(c, 1.0) * x + min(x[1], c)


def added_by_numpy(x):
    c = 2.0 if x[0] > 0 else 3.0
    return np.add(c, 1.0) * x  # no operator: a number of NumPy's


def largest_by_numpy(x):
    return np.maximum(float(x[0]), 1.0) * x


def clipped_by_numpy(x):
    return np.clip(float(x[0]), 0, 1) * x


def absolute_by_numpy(x):
    return np.abs(-float(x[0])) * x


def raised_by_numpy(x):
    return np.power(float(x[0]), 2) * x


def divided_by_numpy(x):
    return np.divmod(float(x[0]), 0.3)[1] * x


def by_operators(x):
    c = 2.0 if x[0] > 0 else 3.0
    c += 1
    return (abs(-c) ** 2 / 3 - 1 // c + 7 % c) * x


def as_an_integer(x):
    return int(x[1]) * x + int(x[1]) // 2 * x


def in_an_attribute(x):
    held = SimpleNamespace(k=1.0)
    for v in x:
        if v > 1:
            held.k = held.k * 0.5
    return held.k * x


ONES = (
    of_a_numpy_function, compared, bound_in_a_loop, converted, read_by_a_loop_by_name, written_out_by_numpy, largest,
    in_an_attribute, added_by_numpy, largest_by_numpy, clipped_by_numpy, absolute_by_numpy, raised_by_numpy, divided_by_numpy,
    by_operators, as_an_integer,
)  # fmt: skip


OF_MATH = [
    f"math.{name}"
    for name in (
        "sin", "cos", "tan", "exp", "expm1", "sqrt", "log", "log2", "log10", "log1p", "atan", "sinh", "cosh", "tanh",
        "asinh", "fabs", "floor", "ceil", "trunc", "gamma", "lgamma", "erf", "erfc", "degrees", "radians",
    )
]  # fmt: skip
TELLING = (
    *OF_MATH, "math.hypot(2.0, v) + ", "math.pow(v, 2) + ", "math.fsum([v, 1.0]) + ", "math.prod([v, 2.0]) + ",
    "math.atan2(v, 2) + ", "math.copysign(v, -1.0) + ", "math.fmod(v, 1.0) + ", "math.dist([v], [1.0]) + ",
    "round", "float", "int", "abs", "np.sin", "+", "v.item() * ", "v.tolist() * ", "np.floor(v) * ", "pow(v, 2) * ",
    "round(v, 1) * ", "divmod(v, 1.0)[0] * ",
)  # fmt: skip


@pytest.mark.parametrize("spelled", TELLING)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_what_makes_a_number_pythons_is_weak_beside_float32(spelled, kind):
    """``math.sin(v)`` and ``round(v)`` of NumPy's numbers are Python's: they leave the dtype of what they meet."""
    if (spelled, kind) == ("math.trunc", np.float32):
        pytest.skip("NumPy has none")
    text = f"{spelled} x" if "v" in spelled else f"{spelled}(v) * x"
    f = function(f"def f(x, v):\n    return {text}\n", f"<of one number {spelled}>")
    x, v = np.array([0.5, 2.0, 3.0], np.float32), kind(1.3)
    expected, found = f(x, v), sd.function(f)(x, v)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    d_x, d_v = sd.grad(lambda x, v: np.sum(f(x, v)), wrt=(0, 1))(x, v)
    assert (d_x.dtype, np.asarray(d_v).dtype) == (x.dtype, v.dtype)


@pytest.mark.parametrize("loops", ["keep", "unroll"])
@pytest.mark.parametrize("f", ONES)
def test_numbers_of_python_and_of_numpy_are_told_apart(f, loops):
    x = np.array([0.5, 2.0, 3.0], np.float32)
    expected, found = f(x), sd.function(f, loops=loops)(x)
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert sd.grad(lambda x: np.sum(f(x)), loops=loops)(x).dtype == np.float32
