"""Which loops are kept: ``loops=``, and what `explain` tells of it."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError

X = np.linspace(0.5, 1.0, 12)


def several(x, table=(1.0, 2.0, 3.0) * 4):
    h = 1.0
    for t in range(3):
        h = h * x[t]
    for t in range(12):
        h = h + x[t % 4] * h
    for t in range(12):
        h = h + table[t] * x[t]
    out = []
    for v in x:
        for w in x:
            h = np.sin(h * w + v)
        out.append(h)
    while h < 5:
        h = h + x[0] ** 2
    k = 0
    while k < 5:
        k += 1
    rng = np.random.default_rng(0)
    for _ in range(10):
        h = h + rng.normal() * x[0]
    return h + sum(out)


def test_explain_says_of_each_loop_what_became_of_it(golden):
    told = []
    for loops in ("auto", "keep", "unroll", 12):
        f = sd.grad(several, loops=loops)
        f(X)
        page = str(f.explain())
        section = page[page.index("The loops") : page.index("Before differentiating")]
        lines = [line.strip() for line in section.splitlines()[2:-2]]
        first = several.__code__.co_firstlineno
        told.append(f"loops={loops!r}")
        for line in lines:
            place, number, text = line.split(":", 2)
            assert place == "test_loops_option.py"
            told.append(f"  line {int(number) - first}:{text}")
    golden("control_flow/explained_loops.txt", "\n".join(told))


@pytest.fixture(scope="module")
def usual():
    return sd.value_and_grad(several)(X)


@pytest.mark.parametrize("loops", ["auto", "keep", "unroll", 0, 3, 1000])
def test_the_option_changes_no_result(usual, loops):
    for a, b in zip(sd.value_and_grad(several, loops=loops)(X), usual, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def powers(x):
    h = x
    for _ in range(20):
        h = h * x + 1
    return h


def test_so_many_steps_or_more_are_kept():
    for loops, is_kept in (("auto", True), ("keep", True), (20, True), (21, False), ("unroll", False)):
        assert ("for " in sd.grad(powers, loops=loops).source) is is_kept


def test_all_that_differentiates_has_the_option():
    x = 0.9
    for make in (sd.function, sd.grad, sd.value_and_grad, sd.jacobian, sd.hessian):
        assert "for " not in make(powers, loops="unroll").source
        np.testing.assert_allclose(make(powers, loops="unroll")(x), make(powers)(x), rtol=1e-12)
    for make in (sd.jvp, sd.vjp, sd.hvp):
        assert "for " not in make(powers, loops="unroll").source
        np.testing.assert_allclose(make(powers, loops="unroll")(x, 0.3), make(powers)(x, 0.3), rtol=1e-12)


@pytest.mark.parametrize("loops", ["kep", -1, True, None, 1.5])
def test_other_values_are_refused(loops):
    with pytest.raises(ArgumentError, match="loops is"):
        sd.grad(powers, loops=loops)


@pytest.mark.parametrize("what", ["x**2", sd.var("x") ** 2])
def test_it_is_refused_where_there_are_no_loops(what):
    with pytest.raises(ArgumentError, match="does nothing"):
        sd.grad(what, loops="keep")
