"""Random programs with loops and branches as texts: they are what the same lines are as a Python function."""

import random
import textwrap

import numpy as np
from test_control_flow import Writer, function_of

import symdiff as sd

OF_A_HUNDRED = 4  # of the programs of the budget: each is compiled twice, and takes seconds


def text_of(source):
    """The lines of a function that keeps no lists, as a text."""
    lines = [line for line in source.splitlines()[1:] if "items" not in line or "return" in line]
    return textwrap.dedent("\n".join(lines)).replace(" + sum(items)", "")


def test_a_text_is_what_its_lines_are_in_python(budget):
    seed, programs = budget
    judged = 0
    for number in range(max(4, programs * OF_A_HUNDRED // 100)):
        source = Writer(random.Random(f"text-{seed}-{number}")).function()
        if "items.append" in source:
            continue
        judged += 1
        text = text_of(source)
        rng = np.random.default_rng([seed, number])
        x, p = rng.normal(size=12), rng.normal(size=3)
        written = sd.value_and_grad(text, wrt=("x", "p"), inputs=("x", "p"), x="12", p="3")
        traced = sd.value_and_grad(function_of(source, number), wrt=("x", "p"))

        value, grads = written(x, p)
        expected, expected_grads = traced(x, p)

        message = f"{text}\n{written.source}"
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-13, err_msg=message)
        for mine, theirs in zip(grads, expected_grads, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-11, err_msg=message)
    assert judged
