"""frexp and modf: NumPy's values at special points, of every dtype, in arrays and in Python's floats."""

import numpy as np
import pytest
from helpers import compiled, variables

import symdiff as sd
from symdiff.errors import DTypeError
from symdiff.graph.aval import Aval
from symdiff.graph.node import variable
from symdiff.ops.splitting import frexp, modf

SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e300, -1e-300, 5e-324, 1.0, -2.5, 0.3)
ROWS = pytest.mark.parametrize("op", [frexp, modf], ids=lambda op: op.name)


@ROWS
@pytest.mark.parametrize("alone", [(0,), (1,), (0, 1)], ids=str)
def test_special_values_are_numpys(op, alone):
    [x], points = variables([np.array(SPECIAL)]), np.array(SPECIAL)
    expected = op.fn(points)
    found = compiled([x], *[op(x).parts[k] for k in alone], x)(points)
    for k, result in zip(alone, found, strict=False):
        np.testing.assert_array_equal(result, expected[k])
        np.testing.assert_array_equal(np.signbit(result), np.signbit(expected[k]))


def test_floats_of_python_give_what_arrays_give():
    x = variable("x", Aval("float64"))
    run = compiled([x], *modf(x))
    for point in SPECIAL:
        np.testing.assert_array_equal(run(point), np.modf(point))
        assert [type(part) for part in run(point)] == [float, float]


@ROWS
@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "int64", "float16", "float32", "float64", "complex128"])
def test_dtypes_are_numpys(op, dtype):
    x = np.ones(3, dtype)
    try:
        expected = op.fn(x)
    except TypeError:
        with pytest.raises(DTypeError, match=f"{op.name} is not defined"):
            op(*variables([x]))
        return
    nodes = op(*variables([x])).parts
    assert [y.dtype for y in nodes] == [part.dtype for part in expected]
    for result, part in zip(compiled(variables([x]), *nodes)(x), expected, strict=True):
        assert result.dtype == part.dtype
        np.testing.assert_array_equal(result, part)


def test_the_step_functions_have_derivative_zero():
    x = np.array([1.25, -2.5])
    assert sd.grad("sum(modf(x)[1] * x)", x="n")(x).tolist() == [1.0, -2.0]
    assert sd.grad("sum(frexp(x)[1] * x)", x="n")(x).tolist() == [1.0, 2.0]
    assert sd.grad("sum(modf(x)[0] + frexp(x)[0])", x="n")(x).tolist() == [1.5, 1.25]
