"""Loops over numbers are written once, and give what NumPy gives where Python raises."""

import math

import numpy as np
import pytest

import symdiff as sd

POINTS = (2.0, 0.5, 0.0, -0.0, -1.0, 1e160, 1e-200, -3e5, 800.0)


def newton(a):
    x = a
    for _ in range(12):
        x = x - (x**3 - a) / (3 * x**2)
    return x


def waves(a):
    s = a
    for _ in range(10):
        s = math.exp(math.sin(3 * s)) / a + math.sqrt(s)
    return s


def from_a_constant(a):  # x is Python's in the first step whatever a is
    x = 0.0
    for _ in range(10):
        x = a / (1.0 + x) + 0.5 * x
    return x


def until(a):
    x, n = a, 0.0
    while abs(x) > 1e-3 and n < 30:
        x = x / 3 + 1 / (x - 2) * 1e-5
        n = n + 1
    return x


PROGRAMS = (newton, waves, from_a_constant, until)


def same(a, b):
    return (math.isnan(a) and math.isnan(b)) or a == b or math.isclose(a, b, rel_tol=1e-12)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", POINTS)
def test_results_are_those_of_numpys_floats(f, x):
    """An element of an array is one of NumPy's floats."""
    g = sd.value_and_grad(f)
    value, slope = g(x)
    assert type(value) is type(slope) is float

    def of_array(p):
        return f(p[0])

    with np.errstate(all="ignore"):
        expected, slopes = sd.value_and_grad(of_array)(np.array([x]))
    assert same(value, float(expected))
    assert same(slope, float(slopes[0]))


def test_there_is_one_body():
    source = sd.value_and_grad(newton).at(2.0).source
    assert source.count("x ** 3") == 1 and source.count("for ") == 2
    assert source.count("np.float64(a)") == 1


def test_names_of_the_user_do_not_clash_with_those_of_the_body():
    def f(np_, sin):
        import math

        s = np_
        for _ in range(10):
            s = math.sin(s) / sin + s
        return s

    g = sd.value_and_grad(f, wrt=(0, 1))
    value, (d, e) = g(0.5, 2.0)
    assert value == pytest.approx(f(0.5, 2.0)) and math.isfinite(d) and math.isfinite(e)
    assert math.isinf(g(0.5, 0.0)[0]) or math.isnan(g(0.5, 0.0)[0])


def test_a_saved_file_runs_alone(tmp_path):
    path = tmp_path / "kept.py"
    sd.value_and_grad(newton).at(2.0).save(path)
    space = {"__name__": "kept", "__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), space)
    assert space["value_and_grad"](7.0) == sd.value_and_grad(newton)(7.0)
    assert math.isnan(space["value_and_grad"](0.0)[0])
