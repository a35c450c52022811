"""Unmodified functions with loops and branches: their values, derivatives of first and second order, and source."""

import doctest
import linecache
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from control_flow_programs import PROGRAMS, X, garch, guarded, newton, regimes

import symdiff as sd

DOCS = Path(__file__).parents[3] / "docs"
SECOND = ("garch", "autoregression", "rnn", "newton", "second_regime", "heat")
KEPT = ("garch", "autoregression", "rnn", "hidden_markov", "runge_kutta", "heat", "newton", "broken", "warping")


def slope(f, point, directions, h=1e-4):
    def at(s):
        return f(*[x + s * d for x, d in zip(point, directions, strict=True)])

    return (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h)


def directions_of(point):
    rng = np.random.default_rng(3)
    return [rng.normal(size=np.shape(x)) for x in point]


@pytest.mark.parametrize("name", PROGRAMS)
def test_value_and_gradient(name):
    f, *point = PROGRAMS[name]
    value, gradients = sd.value_and_grad(f, wrt=tuple(range(len(point))))(*point)

    np.testing.assert_allclose(value, f(*point), rtol=1e-13)
    directions = directions_of(point)
    along = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
    np.testing.assert_allclose(along, slope(f, point, directions), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(
        sd.jvp(f, wrt=tuple(range(len(point))))(*point, *directions), along, rtol=1e-9, atol=1e-11
    )


@pytest.mark.parametrize("name", SECOND)
def test_hessian(name):
    f, *point = PROGRAMS[name]
    found = sd.hessian(f)(*point)
    along = directions_of(point)[0]
    g = sd.grad(f)
    expected = slope(lambda x: g(x, *point[1:]), point[:1], [along])
    np.testing.assert_allclose(np.tensordot(found, along, np.ndim(along)), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(sd.hvp(f)(point[0], along, *point[1:]), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", KEPT)
def test_a_loop_stays_a_loop(name):
    f, *point = PROGRAMS[name]
    source = sd.value_and_grad(f, wrt=tuple(range(len(point)))).at(*point).source
    assert "    for " in source or "    while " in source
    assert len(source.splitlines()) < 100


def test_the_source_does_not_grow_with_the_number_of_steps(golden):
    theta, rng = np.array([0.1, 0.1, 0.8]), np.random.default_rng(0)
    lengths = {len(sd.grad(garch).at(theta, rng.normal(size=n)).source.splitlines()) for n in (20, 200, 2000)}
    assert len(lengths) == 1
    golden("control_flow/garch.txt", sd.value_and_grad(garch).at(theta, rng.normal(size=200)).source)
    page = (DOCS / "control-flow.md").read_text()
    assert sd.value_and_grad(garch).at(theta, rng.normal(size=200)).source in page
    assert doctest.testfile(str(DOCS / "control-flow.md"), module_relative=False).failed == 0
    golden("control_flow/newton.txt", sd.grad(newton).at(3.0).source)


PRINT = """
import sys
sys.path.insert(0, sys.argv[1])
import symdiff as sd
from control_flow_programs import PROGRAMS
for name in ("newton", "rnn", "power_iteration", "broken"):
    f, *point = PROGRAMS[name]
    print(sd.value_and_grad(f).at(*point))
    print(sd.value_and_grad(f).at(*point).source)
"""


def test_the_source_of_a_loop_does_not_depend_on_the_run():
    folder = str(Path(__file__).parent)
    printed = {
        subprocess.run(
            [sys.executable, "-c", PRINT, folder],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(printed) == 1
    assert "while" in printed.pop()


def test_one_function_takes_either_branch():
    g = sd.value_and_grad(regimes)
    c = np.array([1.0, 2.0, 3.0])
    for t, value, gradient in ((0.5, 0.5, 1.0), (1.5, 1 + 2 * np.log(1.5), 2 / 1.5), (3.0, 1.0, -1 / 3)):
        np.testing.assert_allclose(g(t, c), (value, gradient), rtol=1e-14)


@pytest.mark.parametrize("bad", [np.nan, -1.0, 101.0])
def test_what_the_function_raises_its_derivative_raises(bad, tmp_path):
    g = sd.grad(guarded)
    x = np.arange(1.0, 13.0)
    np.testing.assert_allclose(g(x), 1 / x)
    x[3] = bad
    with pytest.raises(Exception) as expected:
        guarded(x)
    with pytest.raises(expected.type) as found:
        g(x)
    assert str(found.value) == str(expected.value)
    g.save(tmp_path / "saved.py")
    space = {}
    exec((tmp_path / "saved.py").read_text(), space)
    with pytest.raises(expected.type):
        space["grad"](x)


def test_a_variable_that_only_some_steps_assign_keeps_its_value():
    def last_positive(x):
        last = 0.0
        for v in x:
            if v > 0:
                last = v
                seen = v * v
        return last * seen

    x = X.copy()
    x[-1] = -1.0
    value, gradient = sd.value_and_grad(last_positive)(x)
    assert value == last_positive(x) == 64.0
    np.testing.assert_allclose(gradient, 48.0 * (np.arange(12) == 10))


def test_loops_of_python_numbers_stay_in_python():
    def f(x):
        k = 0
        while 2**k < 1000:
            k += 1
        return np.sum(x[:1] * np.ones(k))

    assert sd.value_and_grad(f)(X)[0] == 5.0


def test_without_its_source_a_function_is_refused_with_its_reason():
    space = {"np": np}
    exec("def f(x):\n    return x if x > 0 else -x\n", space)
    assert not linecache.getlines("<string>")
    with pytest.raises(sd.errors.TruthValueError):
        sd.grad(space["f"])(2.0)


def test_empty_arrays_and_no_steps():
    def f(x):
        total = 1.0
        for v in x:
            total = total * v
        return total

    assert sd.value_and_grad(f)(np.zeros(0))[0] == 1.0
    value, gradient = sd.value_and_grad(newton)(1.0)
    assert (value, gradient) == (1.0, 1.0)


def by_another_name(x):
    y = np.zeros(12)
    view = y[2:5]
    for t in range(12):
        y[t] = x[t] ** 2
        view[0] += y[t]
    return y.sum() + 3 * view.sum()


def rows_in_place(x):
    D = np.outer(x, x)
    for row in D:
        row /= np.sum(row) + 20
    return np.sum(D**2)


def the_step_before(x):
    u = x * 1.0
    before = u
    total = 0.0
    for t in range(12):
        before = u
        u[t] = u[t] ** 2
        total += np.sum(u - before)
    return total + np.sum(u)


def added_in_place(x):
    u = x * 1.0
    other = u
    for _ in range(10):
        u += 0.1 * x
    return np.sum(other**2)


@pytest.mark.parametrize(
    "f", [by_another_name, rows_in_place, the_step_before, added_in_place], ids=lambda f: f.__name__
)
def test_an_array_is_written_under_all_of_its_names(f):
    value, gradient = sd.value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-13)
    d = np.arange(12.0)
    np.testing.assert_allclose(gradient @ d, slope(f, [X], [d]), rtol=1e-6)


def minors(A):
    if len(A) == 1:
        return A[0, 0]
    return sum((-1) ** j * A[0, j] * minors(np.delete(A[1:], j, axis=1)) for j in range(len(A)))


def test_functions_that_call_themselves():
    A = np.random.default_rng(0).normal(size=(4, 4))
    found = sd.grad(lambda A: minors(A) if A[0, 0] > -9 else 0.0)(A)
    np.testing.assert_allclose(found, np.linalg.det(A) * np.linalg.inv(A).T, rtol=1e-12)


def drawn(x):
    rng = np.random.default_rng(3)
    items = [x * 1.0]
    for _ in range(12):
        k = rng.integers(len(items))
        items.append(items[k] * rng.random() + x)
    return sum(items)


def drawn_elsewhere(x):
    def draw():
        return rng.random()

    rng = np.random.default_rng(3)
    for _ in range(12):
        x = x * draw() + 0.1
    return x


def taken_from_an_iterator(x):
    numbers = iter(range(20))
    for _ in range(12):
        x = 0.5 * x + next(numbers)
    return x


STEPS = [0]


def counted_outside(x):
    STEPS[0] = 0
    for _ in range(12):
        STEPS[0] += 1
        x = 0.5 * x + STEPS[0]
    return x


@pytest.mark.parametrize(
    "f", [drawn, drawn_elsewhere, taken_from_an_iterator, counted_outside], ids=lambda f: f.__name__
)
def test_what_is_not_the_same_twice_is_asked_for_once_a_step(f):
    np.testing.assert_allclose(sd.function(f)(2.0), f(2.0), rtol=1e-14)
    np.testing.assert_allclose(sd.grad(f)(2.0), f(3.0) - f(2.0), rtol=1e-10)


def test_what_a_branch_changes_and_outlives_the_trace_is_told():
    seen = [0]

    def noting(x):
        if x > 0:
            seen[0] = 5
        return x * x

    with pytest.warns(UserWarning, match="keeps a traced value in a list"):
        g = sd.grad(noting)
        assert g(2.0) == 4.0


def to_the_end(x):
    j, total = 0, 0.0
    while j < len(x) and x[j] < 1.0:
        total += x[j] ** 2
        j += 1
    return total


def inner_limits(x):
    i, total = 0, 0.0
    while i < len(x) and (i < 2 or x[i - 2] * x[i] < 1.0) and total < 3.0:
        total += x[i] ** 2 * (i + 1)
        i += 1
    return total


@pytest.mark.parametrize("f", [to_the_end, inner_limits])
@pytest.mark.parametrize("target", [None, "c"])
@pytest.mark.parametrize("x", [[0.3, 0.5, -0.4], [0.3, 2.0, 0.1], [4.0]])
def test_what_follows_and_is_asked_only_where_what_precedes_it_holds(f, target, x):
    """`x[len(x)]`, which is not there, is not read by the question whether a loop goes on."""
    x = np.array(x)
    value, gradient = sd.value_and_grad(f, target=target)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    np.testing.assert_allclose(gradient, [slope(f, [x], [d]) for d in np.eye(len(x))], rtol=1e-8, atol=1e-8)
