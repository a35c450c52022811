"""Loops in pictures: one box that opens into a step, with the derivative of the step beside it."""

import json
import re

import numpy as np
import pytest

import symdiff as sd
from symdiff.graph.walk import toposort
from symdiff.render.opened import steps_in


def decay(x, w):
    s = 1.0
    for a in x:
        s = np.tanh(s * w + a)
    return s


def nested(A, w):
    s = w
    for row in A:
        for a in row:
            s = np.sin(s + a * w)
    return s


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = x - (x * x - a) / (2 * x)
    return x


PROGRAMS = {decay: (np.ones(12), 0.5), nested: (np.ones((10, 11)), 0.5), newton: (2.0,)}


def made(program):
    f = sd.value_and_grad(program, tuple(range(len(PROGRAMS[program]))))
    f(*PROGRAMS[program])
    return f


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_loop_of_the_value_has_its_step_below_the_picture(program):
    f = made(program)
    svg = f.to_svg()
    steps = steps_in(f.graph)
    assert len(steps) >= 2  # forwards and backwards
    assert svg.count(": a step (") == len(steps)
    assert "_next</text>" in svg


@pytest.mark.parametrize("program", PROGRAMS)
def test_in_a_page_each_loop_that_is_shown_opens(program):
    page = made(program).to_html()
    views = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    opened = {part["opens"] for view in views for part in view["parts"]} - {0}
    assert opened == set(range(1, len(views)))
    assert page.count('class="view"') == len(views)


@pytest.mark.parametrize("program", PROGRAMS)
def test_beside_a_step_stands_its_derivative(program):
    f = made(program)
    mirrored = [step for _, step in steps_in(f.graph) if step.notes.wrt]
    assert mirrored
    for step in mirrored:
        count = len(step.forward)
        assert len(step.outputs) == count + len(step.notes.wrt)
        assert set(step.notes.wrt) <= set(toposort(step.forward))
        for x, d in zip(step.notes.wrt, step.outputs[count:], strict=True):
            assert d.aval == x.aval
