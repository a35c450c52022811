"""Loops over ranges of named lengths take the steps that Python takes, for every length, whatever start, stop and step."""

import itertools
import linecache

import numpy as np
import pytest

import symdiff as sd

STARTS = ("0", "2", "5", "len(x) - 3", "4 - len(x)")
STOPS = ("len(x)", "len(x) - 1", "3", "-1", "2 * len(x) - 5", "5 - len(x)")
STEPS = (1, -1, 2, -3)
RANGES = [r for r in itertools.product(STARTS, STOPS, STEPS) if "len" in r[0] + r[1]]
LENGTHS = (9, 9, 6, 0, 1, 2, 3, 4, 9)  # the second call with 9 goes straight to the program, and must not with 3

PROGRAM = """
def f(x):
    s, y = 1.0, 0.0
    total = np.sum(x)
    for i in range({}, {}, {}):
        s = 0.1 * s * np.cos(s) + 0.1 * i + total ** 2
        y = y + s * total
    return s + y + np.sum(2 * x[3:] * x[:-3])
"""


def function_of(bounds):
    source = PROGRAM.format(*bounds)
    name = f"<range {bounds}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space = {"np": np}
    exec(compile(source, name, "exec"), space)
    return space["f"]


@pytest.mark.parametrize("bounds", RANGES[::3], ids=str)
def test_kept_unrolled_and_numpy_agree(bounds):
    f = function_of(bounds)
    kept, unrolled = sd.value_and_grad(f, x="n"), sd.value_and_grad(f, loops="unroll")
    for n in LENGTHS:
        x = np.linspace(0.1, 0.6, n)
        value, slope = kept(x)
        wanted, slopes = unrolled(x)
        assert value == pytest.approx(f(x), rel=1e-13)
        assert value == pytest.approx(wanted, rel=1e-13)
        np.testing.assert_allclose(slope, slopes, rtol=1e-11, atol=1e-12)


def test_the_source_of_a_range_with_a_name_has_slices():
    source = sd.grad(function_of(("5", "len(x)", 1)), x="n").source
    assert "range(n - 5)" in source


def shifted(x):
    return np.mean(x[5:] * 2) + np.sum(x[5:] * x[:-5])


@pytest.mark.parametrize("n", [12, 12, 6, 5, 4, 1, 12])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_parts_that_are_empty(n):
    x = np.linspace(1, 2, n)
    f, g = sd.function(shifted, x="n"), sd.grad(shifted, x="n")
    f(np.ones(12)), g(np.ones(12))
    np.testing.assert_equal(f(x), shifted(x))
    wanted = sd.grad(shifted)(x)
    np.testing.assert_allclose(g(x), wanted, equal_nan=True)


@pytest.mark.parametrize("bounds", ["5, n", "n - 1, 2, -1", "1, n, 2", "n, 3", "4 - n, n", "n - 3, n"])
def test_texts(bounds):
    text = f"n = len(x)\ns = 1.0\nfor i in range({bounds}):\n    s = 0.5 * s * cos(s) + 0.1 * i\ns * sum(x)"
    f = sd.function(text, x="n")
    for k in (9, 9, 4, 3, 2, 1):
        x = np.linspace(0.1, 0.6, k)
        s = 1.0
        for i in range(*eval(bounds, {"n": k})):
            s = 0.5 * s * np.cos(s) + 0.1 * i
        assert f(x) == pytest.approx(s * np.sum(x), rel=1e-13)


def read_last(x):
    n = len(x)
    return x[0] * x[n - 1] + x[-n] ** 2 + np.sum(x[[0, n - 1, n - 1]] ** 2)


def read_in_a_loop(x):
    s, n = 0.0, len(x)
    for i in range(n):
        s = np.sin(s) + x[i] * x[n - 1]
    return s


def written_last(x):
    n = len(x)
    y = np.zeros((n + 1, n + 1)) + x[0]
    y[n, n] = 2 * y[n, n - 1]
    y[n, 0] += x[n - 1]
    return np.sum(y**2)


@pytest.mark.parametrize("f", [read_last, read_in_a_loop, written_last], ids=lambda f: f.__name__)
def test_positions_that_are_lengths(f):
    declared = sd.value_and_grad(sd.function(f, x="n"))
    for n in (5, 2, 1, 12):
        x = np.linspace(0.3, 1.1, n)
        value, slope = declared(x)
        assert value == pytest.approx(f(x), rel=1e-14)
        np.testing.assert_allclose(slope, sd.grad(f)(x), rtol=1e-13, atol=1e-15)
