"""Numbers in sources: what is written is the number, to the last bit, whether as a decimal or as a fraction."""

import ast

import numpy as np
import pytest

import symdiff as sd
from symdiff.codegen.literal import readable

RNG = np.random.default_rng(17)
FRACTIONS = [float(a / b) for a, b in RNG.integers(1, 2000, (400, 2))]
OTHERS = [*RNG.normal(size=300), *10.0 ** RNG.uniform(-300, 300, 100), 0.0, -0.0, 5e-324, 1e308, 2.0, 1e16, 0.1 + 0.2]


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_written_is_the_number(sign):
    for value in (*FRACTIONS, *OTHERS):
        number = float(sign * value)
        found = eval(ast.unparse(readable(number, str)))
        assert np.float64(found).tobytes() == np.float64(number).tobytes()


@pytest.mark.parametrize("text", ["1 / 3", "2 / 3", "-5 / 6", "44 / 45", "1 / 499", "1 / 99991"])
def test_fractions_are_written_as_such(text):
    assert ast.unparse(readable(eval(text), str)) == text


@pytest.mark.parametrize("value", [0.5, 0.1, 0.333333, 2.0, 1e-9 / 3, 1e9 / 3, np.pi, np.sqrt(2.0)])
def test_others_are_written_as_numbers(value):
    assert ast.unparse(readable(float(value), str)) == repr(float(value))


def test_a_fraction_is_an_operand_of_every_operator():
    x, y = np.array([0.7, 2.0]), 3.0
    f = sd.function("x / (1/3) + x**(1/3) - (1/3)*y + (1/3 - x) * (1/7) - -(1/7)/x", x=2, y="")
    assert "1 / 3" in f.source and "1 / 7" in f.source
    expected = x / (1 / 3) + x ** (1 / 3) - (1 / 3) * y + (1 / 3 - x) * (1 / 7) - -(1 / 7) / x
    np.testing.assert_allclose(f(x, y), expected, rtol=1e-15)
