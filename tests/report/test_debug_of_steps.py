"""The values of the steps of loops: they are those of the function, and the first bad one is found in its step."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError
from symdiff.graph.loop import Loop
from symdiff.render.text import parse_listing

X = np.linspace(0.1, 1.2, 12)


def decay(w, x):
    h = 0.0
    for a in x:
        h = np.tanh(w * h + a)
    return h


def logs(x):
    s = 1.0
    for a in x:
        s = np.log(a) + 0.5 * s
    return np.exp(-s)


def countdown(x):
    s = x
    while s > -2:
        s = s - np.sqrt(s)
    return s


def nested(x):
    s = 0.5
    for a in x:
        for b in x:
            s = np.tanh(s + np.log(a + b) * s)
    return s


def test_values_of_a_step_are_those_of_all_steps():
    run = sd.function(decay).debug(0.7, X)
    h, states = 0.0, []
    for a in X:
        states.append(h)
        h = np.tanh(0.7 * h + a)
    np.testing.assert_allclose(run["step1.h"], states, rtol=1e-13)
    np.testing.assert_allclose(run["step1.v2"], 0.7 * np.array(states) + X, rtol=1e-13)
    with pytest.raises(ArgumentError, match=r"no line 'step1\.v9'"):
        run["step1.v9"]
    with pytest.raises(ArgumentError, match=r"no line 'step2\.v1'"):
        run["step2.v1"]


def test_loops_in_loops_have_stacks_of_stacks():
    run = sd.function(nested).debug(X)
    found, s = run["step1.step1_1.s"], 0.5
    assert found.shape == (12, 12)
    for i, a in enumerate(X):
        for j, b in enumerate(X):
            np.testing.assert_allclose(found[i, j], s, rtol=1e-12)
            s = np.tanh(s + np.log(a + b) * s)


@pytest.mark.parametrize("make", [sd.function, sd.grad])
@pytest.mark.parametrize("k", [0, 5, 11])
@pytest.mark.parametrize("f", [logs, nested])
def test_the_first_bad_step(f, k, make):
    x = X.copy()
    x[k] = -5.0
    run = make(f).debug(x)
    assert run.first_bad.op.name == "log"
    text = str(run)
    assert "the first value that is not finite" in text
    if run.first_steps:  # else the logarithms of all steps are taken at once, before the loop
        assert run.first_steps == ((k,) if f is logs else (0, k) if k else (0, 0))[: len(run.first_steps)]
        assert f"step {run.first_steps[0] + 1} of 12" in text


def test_the_first_bad_step_of_a_loop_that_asks():
    run = sd.function(countdown).debug(0.9)
    s, steps = 0.9, 0
    while s >= 0:
        s, steps = s - np.sqrt(s), steps + 1
    assert run.first_bad.op.name == "sqrt" and run.first_steps == (steps,)
    assert f"in step {steps + 1} of {steps + 1} of loop(s=x)" in str(run)


def test_what_comes_in_bad_is_made_by_no_step():
    assert sd.function(logs).debug(np.where(X > 0.5, np.nan, X)).first_bad is None


@pytest.mark.parametrize("make", [sd.function, sd.grad])
@pytest.mark.parametrize("f, at", [(decay, (0.3, X)), (logs, (X,)), (countdown, (0.9,)), (nested, (X,))])
def test_a_record_of_loops_reads_back(f, at, make):
    run, shown = make(f).debug(*at), make(f).at(*at)
    assert parse_listing(str(run)).same_as(run.graph)
    assert parse_listing(shown.listing()).same_as(shown.graph)
    assert any(node[-1].op.block and Loop.of(node[-1]).body for node in run.stacks)


@pytest.mark.parametrize("n", [1, 2])
def test_few_steps(n):
    run = sd.function(decay, w=(), x="n").debug(0.5, X[:n])
    assert len(run["step1.h"]) == n and run.first_bad is None
    assert "step1" in str(run)
