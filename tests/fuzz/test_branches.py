"""Decisions on numbers, in random programs: the ``if`` statements of the number program say what selections of arrays do.

The judge is the same program on arrays of one element, where every selection is `np.where` and both sides are computed.
Conditions are few and come again and again, alone and made of others; at the points many of them are undecided (ties).
Where the program without conditions, of the sides that a point takes, has no slope (``p * tanh(sqrt(p))`` at 0), there is
none to compare: a guard of the arrays may have given one.

``pytest tests/fuzz/test_branches.py --programs 10000 --seed 3`` takes its time.
"""

import numpy as np
import pytest

import symdiff as sd

POINTS = [(x, y) for x in (-1.3, -0.0, 0.0, 0.6, 1.0, 2.5) for y in (-0.7, 1.0, 1.8, np.nan)]
CONDITIONS = (
    lambda x, y: x > 0,
    lambda x, y: y <= 1,
    lambda x, y: x < y,
    lambda x, y: np.abs(x) < 1.5,
)
SINGULAR = (np.sqrt, np.log, lambda a: 1 / a, lambda a: a**1.5)
SMOOTH = (np.sin, np.exp, np.tanh, np.square, lambda a: 2 * a, lambda a: 1 - a)
PAIRS = (np.add, np.subtract, np.multiply, np.maximum, np.minimum)


def random_condition(rng):
    first, second = (CONDITIONS[k] for k in rng.integers(len(CONDITIONS), size=2))
    return (
        first,
        lambda x, y: np.logical_not(first(x, y)),
        lambda x, y: np.logical_and(first(x, y), second(x, y)),
        lambda x, y: np.logical_or(first(x, y), np.logical_not(second(x, y))),
    )[rng.integers(4)]


def random_step(rng, known):
    """A line of a program, from the lines above it."""
    i, j = rng.integers(known, size=2)
    kind, holds, number = rng.integers(5), random_condition(rng), rng.random() < 0.2
    singular, smooth, pair = (group[rng.integers(len(group))] for group in (SINGULAR, SMOOTH, PAIRS))
    if kind < 2:
        return lambda lines, at: np.where(holds(*at), lines[i], 0.5 if number else lines[j])
    if kind == 2:
        return lambda lines, at: np.where(holds(*at), singular(lines[i]), lines[j])
    return (lambda lines, at: smooth(lines[i])) if kind == 3 else (lambda lines, at: pair(lines[i], lines[j]))


def program(seed, at=None):
    """A function of two numbers, or of two arrays; at a point, of the sides that this takes."""
    rng = np.random.default_rng(seed)
    steps = [random_step(rng, 3 + k) for k in range(rng.integers(4, 14))]

    def f(x, y):
        lines = [x, y, x * y]
        for step in steps:
            lines.append(step(lines, at or (x, y)))
        return lines[-1] + lines[-2]

    return f


def has_slopes(seed, at):
    """Whether the sides taken at a point have slopes there: inf - inf, which depends on the order of terms, is none."""
    straight = sd.grad(program(seed, at), (0, 1), x=(), y=())
    return np.isfinite(straight(*at)).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_decided_programs(budget):
    seed, programs = budget
    decided = 0
    for k in range(programs):
        f = program([seed, k])
        of_numbers = sd.value_and_grad(f, (0, 1), x=(), y=())
        of_arrays = sd.value_and_grad(lambda x, y, f=f: np.sum(f(x, y)), (0, 1), x=(1,), y=(1,))
        decided += "else:" in of_numbers.source
        for x, y in POINTS:
            value, slopes = of_numbers(x, y)
            expected, arrays = of_arrays(np.array([x]), np.array([y]))
            found, right = np.array([value, *slopes]), np.array([expected, *np.concatenate(arrays)])
            if np.isfinite(right).all() and (np.isfinite(found).all() or has_slopes([seed, k], (x, y))):
                np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9, err_msg=f"program {k} at {x}, {y}")
    assert programs < 10 or decided > programs / 10
