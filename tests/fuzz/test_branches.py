"""Decisions on numbers, in random programs: the ``if`` statements of the number program say what selections of arrays do.

The judge is the same program on arrays of one element, where every selection is `np.where` and both sides are computed.
Conditions are few and come again and again, alone and made of others; at the points many of them are undecided (ties).

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


def random_condition(rng, x, y):
    a, b = (CONDITIONS[k](x, y) for k in rng.integers(len(CONDITIONS), size=2))
    return (a, np.logical_not(a), np.logical_and(a, b), np.logical_or(a, np.logical_not(b)))[rng.integers(4)]


def program(seed):
    """A function of two numbers, or of two arrays: each line is a step from lines above it."""

    def f(x, y):
        rng = np.random.default_rng(seed)
        lines = [x, y, x * y]
        for _ in range(rng.integers(4, 14)):
            a, b = (lines[k] for k in rng.integers(len(lines), size=2))
            kind = rng.integers(5)
            if kind < 2:
                b = 0.5 if rng.random() < 0.2 else b
                lines.append(np.where(random_condition(rng, x, y), a, b))
            elif kind == 2:
                step = SINGULAR[rng.integers(len(SINGULAR))]
                lines.append(np.where(random_condition(rng, x, y), step(a), b))
            elif kind == 3:
                lines.append(SMOOTH[rng.integers(len(SMOOTH))](a))
            else:
                lines.append(PAIRS[rng.integers(len(PAIRS))](a, b))
        return lines[-1] + lines[-2]

    return lambda x, y: f(x, y)  # whose loop draws numbers: it is run, not read


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
            if np.isfinite(right).all():  # inf - inf depends on the order of terms
                np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9, err_msg=f"program {k} at {x}, {y}")
    assert programs < 10 or decided > programs / 10
