"""Sigmoids, their logarithms and slopes, and those of tanh: right far out, where what is left to 1 is tiny."""

import mpmath
import numpy as np
import pytest
from helpers import evaluate, graph_of

import symdiff as sd
from symdiff.graph.aval import Aval
from symdiff.graph.node import constant, variable
from symdiff.ops import elementwise as ew
from symdiff.rewrite.rules import saturating

x = variable("x", Aval("float64", (5000,)))
mpmath.mp.dps = 700  # of exp(-700), and of what is left of it to 1


def applied(root):
    for rule in saturating.rules():
        if root.op in rule.roots and (found := rule.apply(root)) is not None:
            return found
    return None


def sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def softplus(z):
    return mpmath.log1p(mpmath.exp(z))


# text: value, first and second derivative
FUNCTIONS = {
    "sigmoid(x)": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z), lambda z: -sigmoid(z) * sigmoid(-z) * mpmath.tanh(z / 2)),
    "1 / (1 + exp(x))": (lambda z: sigmoid(-z), lambda z: -sigmoid(z) * sigmoid(-z), lambda z: sigmoid(z) * sigmoid(-z) * mpmath.tanh(z / 2)),
    "exp(x) / (exp(x) + exp(1))": (lambda z: sigmoid(z - 1), lambda z: sigmoid(z - 1) * sigmoid(1 - z), lambda z: -sigmoid(z - 1) * sigmoid(1 - z) * mpmath.tanh((z - 1) / 2)),
    "1 - sigmoid(x)": (lambda z: sigmoid(-z), lambda z: -sigmoid(z) * sigmoid(-z), lambda z: sigmoid(z) * sigmoid(-z) * mpmath.tanh(z / 2)),
    "sigmoid(x)**2": (lambda z: sigmoid(z) ** 2, lambda z: 2 * sigmoid(z) ** 2 * sigmoid(-z), lambda z: 2 * sigmoid(z) ** 2 * sigmoid(-z) * (2 - 3 * sigmoid(z))),
    "log(1 + exp(x))": (softplus, sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "log(1 + exp(-x))": (lambda z: softplus(-z), lambda z: -sigmoid(-z), lambda z: sigmoid(z) * sigmoid(-z)),
    "log(sigmoid(x))": (lambda z: -softplus(-z), lambda z: sigmoid(-z), lambda z: -sigmoid(z) * sigmoid(-z)),
    "log(1 - sigmoid(x))": (lambda z: -softplus(z), lambda z: -sigmoid(z), lambda z: -sigmoid(z) * sigmoid(-z)),
    "tanh(x)": (mpmath.tanh, lambda z: mpmath.sech(z) ** 2, lambda z: -2 * mpmath.tanh(z) * mpmath.sech(z) ** 2),
    "(exp(x) - exp(-x)) / (exp(x) + exp(-x))": (mpmath.tanh, lambda z: mpmath.sech(z) ** 2, lambda z: -2 * mpmath.tanh(z) * mpmath.sech(z) ** 2),
    "1 - tanh(x)": (lambda z: 2 * sigmoid(-2 * z), lambda z: -mpmath.sech(z) ** 2, lambda z: 2 * mpmath.tanh(z) * mpmath.sech(z) ** 2),
    "log(cosh(x))": (lambda z: mpmath.log(mpmath.cosh(z)), mpmath.tanh, lambda z: mpmath.sech(z) ** 2),
    "1 / cosh(x)": (mpmath.sech, lambda z: -mpmath.sech(z) * mpmath.tanh(z), lambda z: mpmath.sech(z) * (1 - 2 * mpmath.sech(z) ** 2)),
}  # fmt: skip
AT = np.array([0.3, 1.0, 3.0, 8.0, 17.0, 20.0, 36.5, 40.0, 100.0, 300.0, 350.0, 500.0, 700.0])
AT = np.concatenate([-AT[::-1], AT])


def derived(text, order, **layout):
    f = sd.function(text, **layout)
    return [f, sd.grad(f, "x"), sd.grad(sd.grad(f, "x"), "x")][order]


def of_numbers(text, order):
    f = derived(text, order, x=())
    return np.array([f(float(at)) for at in AT])


def of_arrays(text, order, target="numpy", size=AT.size):
    """By a sum, whose gradient is the slope of each element; the second one is taken of a sum of the slopes."""
    if not order:
        return sd.function(text, x=size, target=target)(np.resize(AT, size))[: AT.size]
    slope = sd.grad(sd.function(f"sum({text})", x=size), "x", target=target)
    f = slope if order == 1 else sd.grad(lambda x: np.sum(slope(x)), target=target)
    return np.asarray(f(np.resize(AT, size)))[: AT.size]


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_digits_are_kept_far_out(text, order):
    """To 1e-12, but for what is smaller than any number with all its digits."""
    right = np.array([float(FUNCTIONS[text][order](mpmath.mpf(float(at)))) for at in AT])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = [of_numbers(text, order), of_arrays(text, order), of_arrays(text, order, size=5000)]
    for values in found:
        np.testing.assert_allclose(values, right, rtol=1e-12, atol=8 * np.finfo(float).tiny)


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_no_sign_is_taken_of_a_negative(text, order):
    """``exp(x)`` rather than ``exp(-neg_x)``, also of functions of -x."""
    for source in (derived(text, order, x=()).source, derived(text.replace("x)", "-x)"), order, x=()).source):
        assert "-neg_" not in source


@pytest.mark.parametrize("target", ["fast", "c", "array_api"])
@pytest.mark.parametrize("text", ["sigmoid(x)", "log(1 + exp(x))", "tanh(x)", "1 - sigmoid(x)"])
def test_every_target_keeps_them(text, target):
    right = np.array([float(FUNCTIONS[text][2](mpmath.mpf(float(at)))) for at in AT])
    np.testing.assert_allclose(of_arrays(text, 2, target), right, rtol=1e-12, atol=8 * np.finfo(float).tiny)


def test_the_tanh_that_is_needed_anyway_makes_the_slope():
    """A layer's output goes into a product of matrices: an exponential more for each of its slopes is not worth it."""
    f = sd.value_and_grad(sd.function("sum(tanh(X @ W) @ V)", X="n d", W="d h", V="h k"), "W")
    assert "np.cosh" not in f.source and f.source.count("np.tanh(") == 1
    assert "np.cosh" in sd.grad(sd.function("sum(tanh(x))", x="n"), "x").source


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_sigmoid_neither_overflows_nor_loses_its_tails(dtype, sign):
    largest = np.finfo(dtype).max
    values = np.concatenate([np.linspace(-800, 800, 993), [largest, -largest, 0.0, -0.0, np.inf, -np.inf, np.nan]])
    y = sign * variable("y", Aval(dtype, (1000,)))
    after = applied(ew.sigmoid.lower(y))
    assert after.dtype == dtype
    with np.errstate(over="raise", invalid="raise"):
        [found] = evaluate(graph_of([variable("y", Aval(dtype, (1000,)))], after), values.astype(dtype))
    z = sign * values.astype(dtype).astype(np.longdouble)
    right = np.where(z >= 0, 1, np.exp(-np.abs(z))) / (1 + np.exp(-np.abs(z)))
    eps, tiny = (float(part) for part in (np.finfo(dtype).eps, np.finfo(dtype).tiny))
    np.testing.assert_allclose(found, right, rtol=4 * eps, atol=tiny)


def test_one_exponential_serves_all():
    """The sigmoids of x and of -x, or the softplus beside its slope."""
    both = sd.function("sum(a * sigmoid(x) + b * sigmoid(-x))", a=5000, b=5000, x=5000)
    loss = sd.value_and_grad(sd.function("sum(log(1 + exp(x)))", x=5000), "x")
    turned = sd.value_and_grad(sd.function("sum(log(1 + exp(-x)))", x=5000), "x")
    hessian = sd.hessian(sd.function("sum(log(1 + exp(X @ w)))", X="n d", w="d"), "w")
    for f in (both, loss, turned, hessian):
        assert f.source.count("np.exp(") == 1 and "np.where" not in f.source


def test_few_elements_keep_their_logaddexp_and_do_not_count():
    f = sd.value_and_grad(sd.function("sum(log(1 + exp(-x)))", x=20), "x")
    assert "np.logaddexp" in f.source and "np.exp(np.minimum(x, 709.0))" in f.source


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_logaddexp_of_zero_is_as_right_without_its_loop(turned, dtype):
    """To few units in the last place at every size, and at infinity and nan."""
    z = variable("z", Aval(dtype, (5000,)))
    arguments = (-z, constant(0.0)) if turned else (constant(0.0), z)
    root = ew.logaddexp(*arguments)
    after = applied(root)
    at = np.concatenate([np.linspace(-800, 800, 4995), [0.0, -0.0, np.inf, -np.inf, np.nan]]).astype(dtype)
    old, new = evaluate(graph_of([z], root, after), at)
    assert old.dtype == new.dtype == dtype
    np.testing.assert_allclose(new, old, rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)


def test_logaddexp_of_few_elements_stays():
    few = variable("few", Aval("float64", (20,)))
    assert applied(ew.logaddexp(constant(0.0), few)) is None
    assert applied(ew.logaddexp(constant(1.0), x)) is None
