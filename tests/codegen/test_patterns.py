"""Known vectors that follow a rule: the expression that is printed for them has their value, bit for bit."""

import ast

import numpy as np
import pytest

import symdiff as sd
from symdiff.codegen.patterns import FEW, patterned

N = 30
RNG = np.random.default_rng(0)
NUMBERS = [0.0, -0.0, 1.0, -2.5, np.nan, np.inf, 1e-300]


def vectors():
    counter = np.arange(N)
    for by in (2, 3, 7, 29):
        yield from (counter % by, counter // by)
        for k in range(by):
            yield from (counter % by == k, counter % by != k, counter < k, counter >= k)
    for a in NUMBERS:
        for b in NUMBERS:
            yield from (np.where(counter % 4 == 1, a, b), np.where(counter < 20, a, b), np.where(counter == 3, a, b))
    for _ in range(200):
        yield RNG.choice(NUMBERS[: RNG.integers(1, 8)], N)
        yield RNG.integers(0, 3, N)
        yield RNG.random(N) < 0.5


def test_what_is_printed_has_the_same_bits():
    found = 0
    for value in vectors():
        tree = patterned(value, str)
        if tree is None:
            continue
        found += 1
        text = ast.unparse(tree)
        made = eval(text, {"np": np})
        assert made.dtype == value.dtype and made.tobytes() == value.tobytes(), (text, value)
    assert found > 120


def test_few_numbers_are_written_as_they_are():
    assert patterned(np.arange(FEW) % 2 == 0, str) is None


def every_tenth(c):
    u, energy = np.zeros(40), 0.0
    u[20] = 1.0
    for t in range(200):
        u = u + c * (np.roll(u, 1) - 2 * u + np.roll(u, -1)) * (0.1 if t < 50 else 0.01)
        if t % 10 == 0:
            energy += u @ u
    return energy


def test_a_source_says_what_is_asked_of_the_counter():
    g = sd.value_and_grad(every_tenth)
    source = g.at(0.3).source
    for text in ("np.eye(1, 40, k=20)[0]", "np.arange(200) % 10 == 0", "np.where(np.arange(200) < 50, 0.1, 0.01)"):
        assert text in source
    h = 1e-6
    assert g(0.3)[1] == pytest.approx((every_tenth(0.3 + h) - every_tenth(0.3 - h)) / (2 * h), rel=1e-7)
