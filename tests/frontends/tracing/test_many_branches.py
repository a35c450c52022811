"""Programs with many branches, early returns and handlers: source and work grow as the program does, and no faster."""

import linecache
import math

import numpy as np
import pytest
from scientists_programs import early

import symdiff as sd
from symdiff.frontends.tracing.storage import Held

SPACE = {"np": np, "math": math}


def function_of(source):
    name = f"<many branches {hash(source)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space = dict(SPACE)
    exec(compile(source, name, "exec"), space)
    return space["f"]


def lines(source):
    return source.count("\n")


def divisions(n):
    """A block in which n quotients may fail, on two sides of a branch, and a handler for all of them."""
    yes = [f"            y = y + 1 / (x - {k})" for k in range(n)]
    no = [f"            y = y + 2 / (x + {k})" for k in range(n)]
    return "\n".join(["def f(x):", "    try:", "        y = 0.0", "        if x > 1:", *yes, "        else:", *no,
                      "        y = y * x", "    except ZeroDivisionError:", "        y = -1.0", "    return y * x"])  # fmt: skip


def solvers(n):
    """A search that may end early at n places, or fail, and another one after it."""
    ends = [f"        if x > 3 + {k} * c:\n            return x + {k}" for k in range(n)]
    return "\n".join(["def solve(x, c):", "    for i in range(30):", "        step = (x * x - c) / (2 * x)",
                      "        if abs(step) < 1e-13:", "            return x", *ends,
                      "        if x > 1e6:", "            raise ValueError('diverges')", "        x = x - step",
                      "    raise ValueError('too slow')", "", "def f(c):", "    try:", "        return solve(c, c)",
                      "    except ValueError:", "        pass", "    return solve(0.5 * c, c) + 1"])  # fmt: skip


@pytest.mark.parametrize("program", [divisions, solvers])
@pytest.mark.parametrize("kind", [sd.function, sd.value_and_grad])
def test_source_grows_as_the_program_does(program, kind):
    name = "x" if program is divisions else "c"
    n = 16  # where copies would make thousands of lines
    assert lines(kind(function_of(program(n)), **{name: ()}).source) <= 60 * n


@pytest.mark.parametrize("n", [1, 3, 6])
@pytest.mark.parametrize("x", [0.3, 0.0, 1.0, 1.5, 2.0, -1.0, 7.25])
def test_whichever_division_fails_the_handler_runs(n, x):
    f = function_of(divisions(n))
    value, slope = sd.value_and_grad(f)(x)
    assert value == pytest.approx(f(x), rel=1e-14)
    h = 1e-6
    if f(x) != -x and all(f(y) != -y for y in (x - h, x + h)) and x != 1:
        assert slope == pytest.approx((f(x + h) - f(x - h)) / (2 * h), rel=1e-6)
    elif f(x) == -x:
        assert slope == -1.0


@pytest.mark.sampled(2)
@pytest.mark.parametrize("n", [0, 2, 5])
@pytest.mark.parametrize("c", [0.3, 2.0, 2.9, 3.7, 5.0, 60.0])
def test_searches_that_end_early(n, c):
    f = function_of(solvers(n))
    value, slope = sd.value_and_grad(f)(c)
    assert value == pytest.approx(f(c), rel=1e-13)
    assert slope == pytest.approx((f(c + 1e-6) - f(c - 1e-6)) / 2e-6, rel=1e-6)


def branches(n):
    """n branches, while n arrays are alive."""
    made = [f"    a{k} = x * {k}" for k in range(n)]
    asked = [f"    if a{k}[0] > 1:\n        x = x + a{k}\n        b[{k}] = x[1]" for k in range(n)]
    return "\n".join(["def f(x):", f"    b = x[0] * np.ones({n})", *made, *asked, "    return np.sum(x) + np.sum(b)"])


def test_a_branch_looks_at_no_array_that_it_does_not_change(monkeypatch):
    looked = []
    plain = Held.by.__func__
    monkeypatch.setattr(Held, "by", classmethod(lambda cls, storage: looked.append(storage) or plain(cls, storage)))
    counts = []
    for n in (10, 20):
        looked.clear()
        f, x = function_of(branches(n)), np.array([0.4, -0.2, 0.1])
        assert sd.function(f)(x) == pytest.approx(f(x), rel=1e-14)
        counts.append(len(looked))
    assert counts[1] <= 2 * counts[0] + 2


@pytest.mark.sampled(2)
@pytest.mark.parametrize("steps", [4, 9, 12])
@pytest.mark.parametrize("largest", [0.5, 1.1, 1.4])
@pytest.mark.parametrize("loops", ["keep", "unroll", "auto"])
def test_returns_of_loops_in_loops(steps, largest, loops):
    p = np.random.default_rng(steps).uniform(0.2, largest, steps)
    value, slope = sd.value_and_grad(early, loops=loops)(p)
    assert value == pytest.approx(early(p), rel=1e-13)
    h = 1e-6
    differences = [(early(p + h * e) - early(p - h * e)) / (2 * h) for e in np.eye(steps)]
    np.testing.assert_allclose(slope, differences, rtol=1e-6, atol=1e-8)


def ends_early(x, tol):
    count = 0.0
    while x > tol:
        if x > 5:
            x = x / 2 + tol
        else:
            x = 0.7 * x
            continue
        count += 1
    return x + count


def tried_in_steps(a, b):
    x = a
    for _ in range(20):
        try:
            step = (x * x - b) / (2 * x)
        except ZeroDivisionError:
            step = math.exp(x) - 3
        x = x - step
    return x


@pytest.mark.parametrize("f", [ends_early, tried_in_steps])
def test_names_are_those_of_the_program(f):
    """Neither our own variables nor the numbers of lengths that loops count, which are others in each run."""
    g = sd.value_and_grad(f)
    assert g(9.0, 2.0)[0] == pytest.approx(f(9.0, 2.0), rel=1e-14)
    for text in (g.source, str(g.explain()), str(sd.function(f, x=(), tol=()).explain()) if f is ends_early else ""):
        assert "symdiff_" not in text
        assert "steps__" not in text
