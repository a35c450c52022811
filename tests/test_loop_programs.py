"""Programs with loops, as people write them, agree with values and gradients by hand."""

import numpy as np
import pytest

import symdiff as sd
from benchmarks.loop_programs.row import difference
from benchmarks.loops import ROWS


@pytest.mark.parametrize("name", ROWS)
def test_value_and_gradient_are_those_by_hand(name):
    row = ROWS[name]
    arguments = row.data(True)
    with np.errstate(divide="ignore", invalid="ignore"):  # what a branch does not take may be computed all the same
        found = sd.value_and_grad(row.program, wrt=row.wrt)(*arguments)
    assert difference(found, row.by_hand(*arguments)) < 1e-10
