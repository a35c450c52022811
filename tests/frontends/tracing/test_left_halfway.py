"""Branches that are left from within, one after the other: nothing that follows them is copied more than once."""

import ast
import linecache

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.plainer import Plainer

LEAVING = ("s += y; continue", "s -= y * y; break", "return y * 3")


def program(number, *, loop):
    """A function with as many branches that are left halfway, in the step of a loop or not."""
    margin = "        " if loop else "    "
    lines = ["def f(x):", *(["    s = 0.0", "    for t in range(12):"] if loop else [])]
    lines.append(f"{margin}y = x * {'t' if loop else '1.5'}")
    for k in range(number):
        leave = LEAVING[k % 3] if loop else f"return y * {k + 1}.0"
        lines += [f"{margin}if y > {k}.25:", f"{margin}    y = y + 0.5", f"{margin}    if y > {k}.5 * 2:"]
        lines += [f"{margin}        {leave}", f"{margin}    y = np.sin(y) * 2"]
    lines += [f"{margin}s = s + y * y", "    return s"] if loop else ["    return y * y"]
    return "\n".join(lines) + "\n"


def function_of(text, name):
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space = {"np": np}
    exec(compile(text, name, "exec"), space)
    return space["f"]


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("number", [1, 2, 3, 8])
def test_value_and_slope_are_pythons(number, loop):
    f = function_of(program(number, loop=loop), f"<left halfway {number} {loop}>")
    g, h = sd.value_and_grad(f), 1e-6
    for x in np.linspace(-1, 4, 23).tolist():
        value, slope = g(x)
        assert value == pytest.approx(f(x), rel=1e-13, abs=1e-13)
        assert slope == pytest.approx((f(x + h) - f(x - h)) / (2 * h), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("loop", [False, True])
def test_what_comes_of_them_grows_by_as_much_for_each(loop):
    def size(number):
        [function] = ast.parse(program(number, loop=loop)).body
        return sum(1 for s in Plainer().function(function.body) for _ in ast.walk(s))

    sizes = [size(k) for k in (4, 8, 12, 40)]
    assert sizes[1] - sizes[0] == pytest.approx(sizes[2] - sizes[1], rel=0.1)
    assert sizes[3] < 12 * sizes[0]
