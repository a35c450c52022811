"""Functions of thousands of numbers in C, which are printed in parts; and what is done several at a time."""

import shutil
import subprocess

import numpy as np
import pytest

import symdiff as sd
from benchmarks.compile import random_graph

COMPILER = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
STRICT = ("-std=c11", "-O1", "-Wall", "-Wextra", "-pedantic", "-Werror", "-c")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
EDGES = [0.0, -0.0, 5e-324, 3e-320, 1e-310, 1e-200, 1e-150, 1.0, -3.0, 1e150, 1e200, 1e308, np.inf, -np.inf, np.nan]


def test_thousands_of_numbers_are_computed_in_parts(tmp_path):
    value, names = random_graph(600)
    readable = sd.value_and_grad(sd.function(value, inputs=names), names)
    f = readable.to("c")
    at = [0.1 * k for k in range(10)]
    for found, expected in zip(f(*at)[1], readable(*at)[1], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert f.source.count("static void value_and_grad_part") > 3
    f.save(tmp_path / "long.c")
    done = subprocess.run([COMPILER, *STRICT, "long.c"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:800]


def test_checks_stand_between_parts(tmp_path):
    def checked(a, b):
        for k in range(300):
            a, b = np.sin(a) * b + 0.1, a - 0.3 * b
            if k in (30, 200) and b > 2:
                raise ValueError("too large")
        return a * b

    f = sd.value_and_grad(checked, wrt=(0, 1), loops="unroll")
    g = f.to("c")
    np.testing.assert_allclose(np.hstack(g(0.3, 0.4)), np.hstack(f(0.3, 0.4)), rtol=1e-11)
    with pytest.raises(ValueError, match="too large"):
        g(0.3, 1e300)
    assert g.source.count("static void value_and_grad_part") > 3
    g.save(tmp_path / "long.c")
    done = subprocess.run([COMPILER, *STRICT, "long.c"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:800]


@pytest.mark.parametrize("target", ["c", "numba"])
def test_hypotenuses_have_the_range_of_numpys(target):
    if target == "numba":
        pytest.importorskip("numba")
    f = sd.function("hypot(a, b)", a="n", b="n", target=target)
    a, b = map(np.ravel, np.meshgrid(EDGES, EDGES))
    found, expected = f(a, b), np.hypot(a, b)
    np.testing.assert_allclose(found, expected, rtol=3e-16, atol=0)
    assert "hypotenuse" in f.source


@pytest.mark.parametrize("target", ["c", "numba"])
def test_roots_of_moderate_squares_are_roots(target):
    """Sines are no larger than 1, so no square of theirs leaves the range of floats."""
    if target == "numba":
        pytest.importorskip("numba")
    f = sd.function("sqrt(1 + sin(x)**2) + sin(x)**6", x="n", target=target)
    x = np.linspace(-3.0, 3.0, 101)
    np.testing.assert_allclose(f(x), np.sqrt(1 + np.sin(x) ** 2) + np.sin(x) ** 6, rtol=1e-14)
    assert "hypot" not in f.source and "pow" not in f.source
