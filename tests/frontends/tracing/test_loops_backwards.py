"""Loops that begin with the last element, however they say so, and leave early or not: as Python runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

import symdiff as sd

Order = Callable[[int], Iterable[int]]

ORDERS: dict[str, Order] = {
    "range": lambda n: range(n - 1, -1, -1),
    "reversed": lambda n: reversed(range(n)),
    "array": lambda n: np.arange(n)[::-1],
    "forwards": lambda n: range(n),
}


def down(a: Any, stop: float) -> Any:
    total = 0.0
    for i in range(len(a) - 1, -1, -1):
        if total > stop:
            break
        total = total + a[i] ** 2 * i
    return total


def down_by_reversed(a: Any, stop: float) -> Any:
    total = 0.0
    for i in reversed(range(len(a))):
        if total > stop:
            break
        total = total + a[i] ** 2 * i
    return total


def elements(a: Any, stop: float) -> Any:
    total = 0.0
    for v in reversed(a):
        if total > stop:
            break
        total = total + v * v
    return total


def pairs(a: Any, stop: float) -> Any:
    total = 0.0
    for i, v in zip(range(len(a) - 1, -1, -1), a[::-1], strict=True):
        if total > stop:
            return total * v
        total = total + i * v
    return total


def until(a: Any, stop: float) -> Any:
    i, total = len(a) - 1, 0.0
    while i >= 0 and total <= stop:
        total = total + a[i] ** 2 * i
        i -= 1
    return total


@pytest.mark.parametrize("stop", [-1.0, 20.0, 1e9], ids=["at once", "halfway", "never"])
@pytest.mark.parametrize("f", [down, down_by_reversed, elements, pairs, until], ids=lambda f: f.__name__)
def test_leaving(f: Callable[..., Any], stop: float) -> None:
    a = np.random.default_rng(0).uniform(0.5, 1.5, size=20)
    value, d = sd.value_and_grad(f)(a, stop)
    assert value == f(a, stop)
    steps = 1e-6 * np.eye(20)
    np.testing.assert_allclose(d, [(f(a + e, stop) - f(a - e, stop)) / 2e-6 for e in steps], atol=1e-7)


@pytest.mark.parametrize("how", ORDERS)
def test_filled(how: str) -> None:
    """An array that is filled from its end is filled in place, whatever says where."""
    goes = ORDERS[how]

    def solve(a: Any) -> Any:
        n = len(a)
        x = np.zeros(n + 1)
        x[n] = 1.0
        for i in goes(n):
            x[i] = np.sin(a[i]) - 0.5 * x[i + 1]
        return np.sum(x**3)

    a = np.random.default_rng(1).standard_normal(20)
    f = sd.value_and_grad(solve)
    value, d = f(a)
    assert value == pytest.approx(solve(a), rel=1e-14)
    steps = 1e-6 * np.eye(20)
    np.testing.assert_allclose(d, [(solve(a + e) - solve(a - e)) / 2e-6 for e in steps], atol=1e-8)


def back_by_range(a: Any) -> Any:
    x = np.zeros(len(a) + 1)
    for i in range(len(a) - 1, -1, -1):
        x[i] = a[i] - 0.5 * x[i + 1]
    return np.sum(x**3)


def back_by_reversed(a: Any) -> Any:
    x = np.zeros(len(a) + 1)
    for i in reversed(range(len(a))):
        x[i] = a[i] - 0.5 * x[i + 1]
    return np.sum(x**3)


def test_one_source() -> None:
    """Both ways to say so make the same program."""
    a = np.random.default_rng(2).standard_normal(20)
    sources = []
    for f in (back_by_range, back_by_reversed):
        g = sd.value_and_grad(f)
        g(a)
        sources.append(g.source.replace(f.__name__, "f"))
    assert sources[0] == sources[1]
