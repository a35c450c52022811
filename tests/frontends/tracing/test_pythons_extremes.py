"""Python's ``max`` and ``min`` keep what comes first where a nan is met: values are Python's, whatever the order."""

import itertools

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ShapeError

SPELT = {
    "max of two": lambda x: max(x[0], x[1]),
    "min of two": lambda x: min(x[0], x[1]),
    "max of all": lambda x: max(x[0], x[1], x[2]),
    "min of a list": lambda x: min([x[0], x[1], x[2]]),
    "max of an array": lambda x: max(x),
    "min of a generator": lambda x: min(3 * v for v in x),
    "number first": lambda x: max(0, x[0]) + min(1.0, x[1]),
    "number last": lambda x: max(x[0], 0) + min(x[1], 1.0),
    "one in the other": lambda x: max(0.5, min(x[0], x[1], 2.0), x[2]),
    "by a key": lambda x: max(x[0], x[1], key=abs),
}
NAN = float("nan")


@pytest.mark.parametrize("f", SPELT.values(), ids=SPELT)
@pytest.mark.parametrize("numbers", [(1.5, NAN, 0.3), (NAN, NAN, 2.0), (-1.0, 0.0, 3.0), (0.7, 0.7, -0.0)], ids=repr)
def test_values_are_pythons_in_every_order(f, numbers):
    compiled = sd.function(f, x="3")
    for order in itertools.permutations(numbers):
        np.testing.assert_array_equal(compiled(np.array(order)), f(np.array(order)), err_msg=str(order))


@pytest.mark.parametrize("f", SPELT.values(), ids=SPELT)
def test_derivatives_are_those_of_what_is_chosen(f):
    slopes = sd.grad(f, x="3")
    for order in itertools.permutations((-0.4, 0.8, 1.9)):
        x, h = np.array(order), 1e-6
        expected = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(3)]
        np.testing.assert_allclose(slopes(x), expected, atol=1e-8)


@pytest.mark.parametrize("pick", [max, min])
@pytest.mark.parametrize("numbers", [(1.0, NAN, 2.0), (NAN, 1.0, 2.0), (2.0, 1.0, NAN), (NAN,) * 3])
def test_lists_as_long_as_loops(pick, numbers):
    def f(x):
        found = []
        for v in x:
            found.append(v * v)
        return pick(found)

    x = np.tile(numbers, 4)
    with np.errstate(all="raise"):
        value, slope = sd.value_and_grad(f, x="12")(x)
    np.testing.assert_array_equal(value, f(x))
    assert np.isnan(value) or np.nansum(slope) == pytest.approx(2 * np.sqrt(value))


def test_ties_are_shared_but_beside_a_literal_zero():
    tie = sd.grad(lambda x, y: max(x, y) + 10 * min(x, y), ("x", "y"))
    assert tie(1.0, 1.0) == (5.5, 5.5)
    assert [sd.grad(f)(0.0) for f in (lambda x: max(0, x), lambda x: max(x, 0), lambda x: min(0, x))] == [0, 0, 0]


INTEGERS = {
    "range": lambda: range(-3, 9),
    "downwards": lambda: range(4, -9, -1),
    "list": lambda: [3, -2, 0, 1, -1, 4, -5, 2, 7, -7],
    "known to be positive": lambda: range(12),
}


@pytest.mark.parametrize("integers", INTEGERS.values(), ids=INTEGERS)
@pytest.mark.parametrize("loops", ["keep", "unroll"])
def test_powers_of_integers_that_loops_go_over(integers, loops):
    """A negative exponent makes a float of Python's integers, and an error of NumPy's."""

    def f(x):
        total = 0.0
        for place, k in enumerate(integers()):
            total = total + 2**k * np.sin(x) + x * 3 ** (k - 1) + place * (-2) ** k
        return total

    value, slope = sd.value_and_grad(f, loops=loops)(0.4)
    assert value == pytest.approx(f(0.4), rel=1e-15)
    assert slope == pytest.approx((f(0.4 + 1e-6) - f(0.4 - 1e-6)) / 2e-6, rel=1e-7)


@pytest.mark.parametrize("f", [len, sum, lambda x: x.shape[0] * x, lambda x: next(iter(x))])
def test_a_source_of_unknown_shapes_asks_for_them(f):
    with pytest.raises(ShapeError, match="no shapes are declared") as refusal:
        sd.function(lambda x: f(x)).source  # noqa: B018
    assert "declare the shapes" in str(refusal.value)
