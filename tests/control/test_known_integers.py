"""What is said of integers in loops holds for all values that their counters take."""

import itertools

import numpy as np
import pytest

from symdiff.control.integers import Integers, Sum, Unknown
from symdiff.control.scan import scan
from symdiff.graph.aval import Aval
from symdiff.graph.body import BODY, Body
from symdiff.graph.loop import Loop
from symdiff.graph.node import constant, variable
from symdiff.ops.elementwise import less

N = 6
i, j, n, h = (variable(name, Aval("int64"), BODY) for name in "ijnh")


def nested(first):
    """``for i in range(N): for j in range(first + i)``: the integers of both steps."""
    outer = Loop(scan, Body((h, i), (h + i,)), (constant(np.int64(0)),), (constant(np.arange(N)),), (), N)
    around = Integers(Integers(), outer)
    body = Body((j, n), (j + 1, less(j, n)))
    inner = Loop(scan, body, (constant(np.int64(0)),), (), (i + first,), N, asks=True)
    return around, Integers(around, inner)


@pytest.mark.parametrize("first", [0, 1, 3])
@pytest.mark.parametrize("a, b, c", list(itertools.product((-2, -1, 0, 1, 3), (-1, 0, 2), (-4, 0, 5))))
def test_bounds_hold_and_are_met(first, a, b, c):
    around, inside = nested(first)
    value = inside.of(j).times(a) + around.of(i).times(b) + Sum(number=c)
    values = [a * q + b * p + c for p in range(N) for q in range(first + p)]
    assert value.least is not None
    assert value.least <= min(values)
    if first:  # each row has an element, so that the bounds of the counters are met
        assert value.least == min(values)


def test_of_what_nothing_is_known_nothing_is_said():
    free = Sum({Unknown(0): 1})
    assert free.least is None
    assert (free - free).least == 0
    assert (free + Sum(number=3) - free).least == 3


def test_narrow_integers_may_overflow():
    narrow = variable("k", Aval("int8"))
    total = Integers().of(narrow + narrow)
    assert total != Integers().of(narrow).times(2)
