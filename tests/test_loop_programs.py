"""Programs with loops, as people write them, agree with values and gradients by hand."""

import pytest

import symdiff as sd
from benchmarks.loop_programs.row import difference
from benchmarks.loops import ROWS


@pytest.mark.parametrize("name", ROWS)
def test_value_and_gradient_are_those_by_hand(name):
    row = ROWS[name]
    arguments = row.data(True)
    assert difference(sd.value_and_grad(row.program, wrt=row.wrt)(*arguments), row.by_hand(*arguments)) < 1e-10
