"""Positions in sources: never a long list that each call builds anew, and ranges where positions count."""

import ast

import numpy as np
import pytest

import symdiff as sd
from symdiff.codegen.positions import counting

RNG = np.random.default_rng(3)
PICKED = {
    "any": RNG.integers(0, 40, 30),
    "twice": np.repeat(np.arange(15), 2),
    "steps": np.arange(3, 40, 4),
    "backwards": np.arange(39, 2, -3),
    "windows": np.arange(12)[:, None] * 3 + np.arange(4),
    "negative": np.arange(-12, 0),
    "pairs": np.array([[k, 39 - k] for k in range(9)]),
}


@pytest.mark.parametrize("positions", PICKED.values(), ids=PICKED)
def test_no_call_builds_a_list_of_positions(positions):
    g = sd.value_and_grad(lambda x: np.sum(np.sin(x[positions]) * x[positions]), x="40")
    body = next(part for part in ast.parse(g.source).body if isinstance(part, ast.FunctionDef))
    lists = [node for node in ast.walk(body) if isinstance(node, ast.List)]
    assert all(len(node.elts) <= 8 for node in lists)
    x = RNG.normal(size=40)
    expected = np.zeros(40)
    np.add.at(expected, positions, np.cos(x[positions]) * x[positions] + np.sin(x[positions]))
    np.testing.assert_allclose(g(x)[1], expected, rtol=1e-12, atol=1e-15)


def test_what_counts_is_said_by_ranges():
    for k in range(300):
        rng = np.random.default_rng([5, k])
        axes = [
            rng.integers(-5, 9) + rng.choice([-3, -1, 1, 2, 7]) * np.arange(rng.integers(2, 6))
            for _ in range(rng.integers(1, 5))
        ]
        value = np.array(sum(np.ix_(*axes)))
        made = counting(value, "np.arange")
        if value.size <= 8:
            assert made is None
            continue
        np.testing.assert_array_equal(eval(ast.unparse(made), {"np": np}), value)
        value.flat[rng.integers(value.size)] += 1
        assert counting(value, "np.arange") is None


def test_a_program_of_many_windows_is_short():
    def f(x):
        return np.sum((np.lib.stride_tricks.sliding_window_view(x, 3) @ np.array([1.0, 2.0, 3.0])) ** 2)

    assert len(sd.grad(f, x="224").source) < 1000


def until_negative(x):
    total = 0.0
    for t in range(40):
        total = total + x[0] * t
        if total < x[1]:
            break
    return total


def pairs(x):
    total = 0.0
    for i in range(12):
        for j in range(i + 1, 12):
            total += np.tanh(x[i] * x[j])
    return total


@pytest.mark.parametrize("program", [until_negative, pairs])
def test_what_a_loop_counts_is_made_nowhere(program):
    tree = ast.parse(sd.grad(program, x="12").source)
    beside = {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets}
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}

    assert beside <= read
