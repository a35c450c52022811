"""Divisions in ``try``: Python's numbers raise where they divide by zero, NumPy's do not, wherever they come from."""

import numpy as np
import pytest
from scientists_programs import try_div

import symdiff as sd

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def carried(p):
    a, q, s = float(p[0]), float(p[1]), 0.0
    for _ in range(12):
        try:
            a = a - (a * a - q) / (2 * a)
        except ZeroDivisionError:
            a = 1.0
        s += a
    return s + p[0]


def listed(p):
    items = p.tolist()
    try:
        return items[0] / items[1]
    except ZeroDivisionError:
        return 7.0 * items[0]


def taken_out(p):
    try:
        return p[0].item() / p.item(1)
    except ZeroDivisionError:
        return 7.0 * p[0]


def elements(p):
    try:
        return p[0] / p[1]
    except ZeroDivisionError:
        return 7.0 * p[0]


def summed(p):
    try:
        return 1.0 / (p.sum() - p[0] - p[1] + 2.0 * p[1])
    except ZeroDivisionError:
        return 7.0 * p[0]


@pytest.mark.parametrize("f", [carried, try_div, listed, taken_out, elements, summed])
@pytest.mark.parametrize("p", [(0.7, 0.9), (0.7, 0.0), (0.0, 0.9)], ids=str)
def test_the_handler_runs_when_it_does(f, p):
    p = np.array(p)
    value, slope = sd.value_and_grad(f)(p)
    wanted = f(p)
    np.testing.assert_allclose(value, wanted, rtol=1e-12)
    if np.isfinite(wanted) and p.all():
        differences = [(f(p + 1e-6 * e) - f(p - 1e-6 * e)) / 2e-6 for e in np.eye(2)]
        np.testing.assert_allclose(slope, differences, rtol=1e-6)
