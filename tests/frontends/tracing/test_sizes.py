"""A length whose number is not known: every operator of Python computes with it, or says why it cannot."""

import math
import operator

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError

BINARY = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.floordiv,
    operator.mod,
    divmod,
    max,
)
UNARY = (operator.neg, operator.pos, abs, round, float, int, bool, math.sqrt, math.log, np.sqrt, range, len)
n = 3


def factor(use, length):
    """What `use` makes of a length: a number, or the first of some."""
    made = use(length)
    return made[0] if isinstance(made, tuple) else made


USES = (
    *(lambda length, op=op: op(length, 2) for op in BINARY), *(lambda length, op=op: op(2.0, length) for op in BINARY),
    *(lambda length, op=op: op(7, length) for op in BINARY), *(lambda length, op=op: op(length) for op in UNARY),
)  # fmt: skip


@pytest.mark.parametrize("use", USES)
def test_an_operator_computes_or_refuses(use):
    x = np.arange(1.0, n + 1)
    try:
        found = sd.grad(lambda x: np.sum(x) * factor(use, x.shape[0]), x="n")(x)
    except (SymdiffError, TypeError) as refused:
        if isinstance(refused, TypeError) and not isinstance(refused, SymdiffError):  # Python's own: len(3) is one too
            with pytest.raises(TypeError):
                factor(use, n) * 1.0
        return
    np.testing.assert_allclose(found, factor(use, n) * np.ones(n))
