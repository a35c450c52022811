"""Short decimals that meet give the decimal that people expect, and never more than a rounding off."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest

import symdiff as sd
from symdiff.rewrite import decimals

SHORT = [0.1, 0.3, 1.5, -0.7, 2.25, 1e-6, 123.456, 3.0, -1.0, 1e10]
OTHER = [1 / 3, math.pi, 0.1 + 0.2, 0.0, -0.0, math.inf, -math.inf, math.nan, 1e308, 5e-324]


def nearest(op, p, q):
    a, b = Fraction(repr(p)), Fraction(repr(q))
    return float({"product": a * b, "quotient": a / b if b else 0, "total": a + b}[op])


@pytest.mark.parametrize("op", ["product", "quotient", "total"])
def test_of_short_decimals_the_nearest_float(op):
    for p in SHORT:
        for q in SHORT:
            assert getattr(decimals, op)(p, q) == nearest(op, p, q)


def test_other_numbers_as_floats_have_it():
    for p in (*SHORT, *OTHER):
        for q in OTHER:
            for found, expected in (
                (decimals.product(p, q), p * q),
                (decimals.total(p, q), p + q),
                *([(decimals.quotient(p, q), p / q)] if q else []),
            ):
                np.testing.assert_allclose(found, expected, rtol=4e-16)
                assert math.copysign(1, found) == math.copysign(1, expected) or math.isnan(found)


@pytest.mark.parametrize("text", [
    "0.1*(3*(0.5*(0.1*x)))*x", "0.1*(150*x)**2", "0.3*x + 0.6*x", "sum((0.1*x)**2)*0.7", "0.2*x/0.4*x*0.7", "(0.1*x)*(0.7*x)*x",
])  # fmt: skip
def test_no_source_holds_a_sum_of_roundings(text):
    of = {"x": "n"} if "sum" in text else {"x": ()}
    source = sd.value_and_grad(text, **of).source + sd.hessian(text, **of).source
    assert not [number for number in re.findall(r"\d+\.\d+", source) if len(number) > 12]
