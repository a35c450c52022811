"""An element that overflows and is not selected contributes nothing: exp(1000) is infinite, and so is its derivative."""

import itertools

import numpy as np
import pytest

import symdiff as sd
from symdiff.graph.node import variable
from symdiff.ops import elementwise as ew
from symdiff.ops.range import Overflows

LARGE = ("exp({x})", "exp({x})**2", "sinh({x}) + 1", "cosh({x})", "expm1({x})", "exp2(2*{x})", "exp({x})*exp(2*{x})",
         "exp({x}*{x})", "exp(exp({x}))", "exp({x})/{x}", "sqrt(exp({x}))", "exp({x})*sin({x}) + 10*{x}")  # fmt: skip
BETWEEN = (
    "minimum({}, 5)",
    "clip({}, 0, 5)",
    "fmin({}, 5)",
    "relu(5 - {})",
    "where(x < 5, {}, 0)",
    "where({} < 5, {}, 3)",
)
AMONG = ("min({})", "nanmin({})", "median({})", "sort({})[0]", "quantile({}, 0.2)", "partition({}, 1)[1]",
         "sum(({})[1:])", "sum(({})[array([1, 2])])", "sum(flip({})[:2])", "sum(outer({}, {})[1:, 1:])", "prod(minimum({}, 5))")  # fmt: skip
PRODUCTS = ("exp({x})*{x}", "sinh({x})*sin({x})*{x}", "{x}**2*sqrt(exp({x}))", "exp({x})/{x}")
NESTED = ("where(where(x < 5, {}, 99) < 30, {}, 1)", "where(where(x < 6, x, 0) > 0, minimum({}, 9), 2)**2")
POINT = np.array([1000.0, 1.0, 2.0])


def filled(selection, what):
    return selection.format(*[what.format(x="x")] * selection.count("{}"))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("selection", "what"), [*itertools.product((*BETWEEN, *AMONG), LARGE)])
def test_what_overflows_is_not_selected(selection, what):
    text = filled(selection, what)
    text = f"sum({text})" if selection in BETWEEN else text
    found = sd.grad(text, x="n")(POINT)
    assert found[0] == 0
    assert np.all(np.isfinite(found))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("selection", "what"), [*itertools.product(BETWEEN, LARGE)])
def test_second_derivatives_of_what_overflows(selection, what):
    found = sd.hessian(f"sum({filled(selection, what)})", x="n")(POINT)
    assert np.all(found[0] == 0)
    assert np.all(np.isfinite(found))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("selection", "what"), [*itertools.product((*AMONG, *NESTED), PRODUCTS)])
def test_second_derivatives_of_products_that_overflow(selection, what):
    """What multiplies an element that is left out is left out, too: slopes of slopes are those of what is selected."""
    text = f"sum({filled(selection, what)})"
    found = sd.hessian(text, x="n")(POINT)
    assert np.all(np.isfinite(found))
    assert not found[0].any()
    assert not found[:, 0].any()
    slopes, v = sd.grad(text, x=3), np.array([3.0, -1.0, 0.5])
    np.testing.assert_allclose(sd.hvp(text, x="n")(POINT, v), found @ v, rtol=1e-12)
    np.testing.assert_allclose(sd.grad(lambda x: v @ slopes(x), x=3)(POINT), found @ v, rtol=1e-12)
    beside = [slopes(POINT + h) - slopes(POINT - h) for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(found, np.array(beside) / 2e-6, rtol=1e-6, atol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("dtype", "most"), [("float64", 800), ("float32", 150)])
def test_floats_of_few_digits_end_early(dtype, most):
    """What is bounded may overflow all the same: exp(150) does in single precision."""
    f = f"sum(minimum(exp(clip(x, 0, {most})), 5))"
    x = np.array([0.9 * most, 0.5, -1.0], dtype)
    np.testing.assert_array_equal(sd.grad(f, x=sd.spec("n", dtype=dtype))(x), [0, np.exp(x[1]), 0])
    assert not sd.hessian(f, x=sd.spec("n", dtype=dtype))(x)[0].any()


@pytest.mark.parametrize(
    ("make", "may"),
    [
        (ew.exp, True),
        (lambda x: ew.exp(-x), True),
        (lambda x: ew.exp(-ew.square(x)), False),
        (lambda x: ew.exp(-ew.absolute(x)), False),
        (lambda x: ew.sinh(ew.tanh(x)), False),
        (ew.tanh, False),
    ],
)
def test_what_may_overflow(make, may):
    node = make(variable("x", sd.spec("n").aval))
    assert Overflows().at(node) is may
