"""`match`, and `:=` behind `and` in a loop, whose parts depend on values give what Python's give."""

from dataclasses import dataclass

import numpy as np
import pytest

import symdiff as sd


@dataclass
class Point:
    x: int
    y: int


def thermostat(p):
    state, temp, used = "idle", 15.0 + p[0], 0.0
    for _ in range(30):
        match state:
            case "idle" if temp < 18 + p[1]:
                state = "heat"
            case "heat" if temp > 20 + p[1]:
                state = "idle"
            case _:
                pass
        used += 2.0 * p[2] if state == "heat" else 0.1
        temp += 0.3 * (state == "heat") - 0.05 * (temp - 10 * p[3])
    return used + temp


def captures(p):
    total = 0.0
    for v in p:
        match v * 2:
            case w if w > 2:
                total += w**2
            case w if w > 1.5:
                total -= np.sin(w)
            case w:
                total += 0.1 * w
    return total


def takes_apart(p):
    total = 0.0
    for k, item in enumerate([("move", 2), Point(0, 3), {"turn": 5}, [1, 2, 3], "stop", None, 4, Point(1, 1)]):
        match item:
            case ("move", n) if p[0] > 1:
                total += n * p[0]
            case ("move", n):
                total -= n * p[1]
            case Point(x=0, y=y) if p[1] < p[2]:
                total += y * p[2] ** 2
            case {"turn": angle}:
                total += np.cos(angle * p[3])
            case [a, *others] if p[2] > 0:
                total += a * sum(others) * p[1]
            case "stop" | "halt" | None:
                total *= p[0]
            case 4 | 5 as m if p[3] < 0.8:
                total += m * p[3]
            case Point():
                return total * p[0]
            case _:
                total += k
    return total


def returns(p):
    for k, v in enumerate(p, start=1):
        match k:
            case 1 | 2 if v > 1.2:
                return v**2 * k
            case 3:
                continue
            case 4:
                break
    return p[0] * p[1] - k


def asks_in_turn(p):
    x, n = 1.5, 0
    while abs(r := x * x * x - p[0] - 1) > 1e-12 and (n := n + 1) < 50:
        if n == 2:
            continue
        x -= r / (3 * x * x)
    return x * p[1] + p[2] * p[3] * n


@pytest.mark.parametrize("f", [thermostat, captures, takes_apart, returns, asks_in_turn])
@pytest.mark.parametrize("p", [[0.7, 0.9, 1.1, 0.62], [1.31, 0.45, 0.55, 0.95]])
def test_value_and_gradient(f, p):
    p, h = np.array(p), 1e-6
    assert sd.function(f, exact=True)(p) == f(p)
    value, slope = sd.value_and_grad(f)(p)
    assert value == pytest.approx(f(p), rel=1e-13)
    expected = [(f(p + h * e) - f(p - h * e)) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(slope, expected, rtol=1e-7, atol=1e-8)


def test_a_subject_of_python_goes_on_as_it_was():
    def f(x, mode):
        match mode:
            case "sin":
                return np.sin(x)
            case other:
                return x * len(other)

    assert sd.grad(f, static="mode")(0.5, "sin") == np.cos(0.5)
    assert sd.grad(f, static="mode")(0.5, "four") == 4


def test_numbered_from_a_keyword():
    def f(x):
        total = 0.0
        for k, v in enumerate(x, start=2):
            total += k * v**2
        return total

    x = np.linspace(0.1, 0.9, 5)
    np.testing.assert_allclose(sd.grad(f, x="n")(x), 2 * np.arange(2, 7) * x, rtol=1e-15)
    assert "for " not in sd.grad(f, x="n").source  # one operation


def test_a_length_without_a_number_says_why_its_loop_is_not_kept():
    def f(x):
        found = []
        for v in x:
            if len(found) < 3:
                found.append(v)
        return sum(found)

    with pytest.raises(sd.errors.UnsupportedError, match=r"steps that differ: .+"):
        sd.grad(f, x="n")(np.ones(4))
