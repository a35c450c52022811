"""Targets and inputs that an expression does not use: accepted, with zeros, whatever the expression is written in."""

import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.errors import ArgumentError

X, Y = sp.symbols("x y")
WAYS = {
    "text": ("x**2", "x", "y"),
    "sympy": (X**2, X, Y),
    "symbols": (sd.var("x") ** 2, sd.var("x"), sd.var("y")),
    "function": (sd.function("x**2"), "x", "y"),
    "derivative": (sd.grad("x**3 / 3"), "x", "y"),
}


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


def test_derivatives_with_respect_to_what_does_not_occur_are_zero(way):
    what, x, y = way
    assert sd.grad(what, (x, y))(3.0, 5.0) == (6.0, 0.0)
    assert sd.grad(what, (y, x))(x=3.0, y=5.0) == (0.0, 6.0)
    assert sd.grad(what, y)(3.0, 5.0) == 0.0
    assert sd.value_and_grad(what, (x, y))(3.0, 5.0) == (9.0, (6.0, 0.0))
    assert sd.hessian(what, (x, y))(3.0, 5.0) == ((2.0, 0.0), (0.0, 0.0))
    assert sd.jacobian(what, (x, y))(3.0, 5.0) == (6.0, 0.0)
    assert sd.jvp(what, (x, y))(3.0, 5.0, 1.0, 7.0) == 6.0
    assert sd.vjp(what, (x, y))(3.0, 5.0, 2.0) == (12.0, 0.0)
    assert sd.hvp(what, (x, y))(3.0, 5.0, 1.0, 7.0) == (2.0, 0.0)


@pytest.mark.parametrize("shape", [(3,), (2, 2), ("n",)])
def test_a_symbol_with_axes_is_a_target_alone(shape):
    x, a = sd.var("x"), sd.var("a", shape=shape)
    numbers = np.arange(np.prod([3 if n == "n" else n for n in shape]), dtype=float)
    given = numbers.reshape([3 if n == "n" else n for n in shape])
    for what, expected in (((a**3).sum(), 3 * given**2), (x**2, 0 * given)):
        values = (given,) if expected.any() else (3.0, given)
        for wrt in (a, [a], (a,)):
            found = sd.grad(what, wrt)(*values)
            np.testing.assert_array_equal(found if wrt is a else found[0], expected)
        second = sd.hessian(what, a)(*values)
        assert second.shape == given.shape * 2
        assert sd.value_and_grad(what, a)(*values)[1].shape == given.shape


def test_the_second_derivative_may_be_with_respect_to_another_one(way):
    what, x, y = way
    assert sd.grad(sd.grad(what, x), y)(3.0, 5.0) == 0.0


def test_it_is_an_input_like_others(way):
    what, x, y = way
    f = sd.grad(what, (x, y))
    assert f.inputs == ("x", "y")
    assert list(f.__signature__.parameters) == ["x", "y"]
    assert "def grad(x, y)" in f.source


@pytest.mark.parametrize("name", ["text", "sympy", "symbols"])
def test_inputs_that_do_not_occur_keep_their_place(name):
    what, x, y = WAYS[name]
    assert sd.function(what, inputs=(y, x))(5.0, 3.0) == 9.0
    assert sd.grad(what, x, inputs=(y, x))(5.0, 3.0) == 6.0


def test_zeros_have_the_shape_of_the_argument():
    _, d_w = sd.grad("sum(x**2)", ("x", "w"), x="n")(np.ones(2), np.ones((2, 3), np.float32))
    assert d_w.shape == (2, 3)
    assert d_w.dtype == np.float32
    assert sd.grad(sd.var("u") ** 2, (sd.var("v", "n"),))(1.0, np.ones(2))[0].shape == (2,)


def test_a_number_has_derivatives_too():
    assert sd.grad("3", "x")(1.0) == 0.0
    assert sd.grad(sp.Integer(3), X)(1.0) == 0.0


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        (lambda: sd.grad("alpha * x", "alhpa"), "alpha"),
        (lambda: sd.grad("x**2", wtr="x"), "wrt"),
        (lambda: sd.grad("x**2", exat=""), "exact"),
        (lambda: sd.grad("x**2", dtype="float32"), "dtype"),
        (lambda: sd.grad("x**2", argnums=0), "wrt"),
        (lambda: sd.grad("sum(X)", x="n"), "X"),
        (lambda: sd.function("x + y", inputs="x, x"), "twice"),
        (lambda: sd.function(X + Y, inputs=[(X, Y), X]), "twice"),
        (lambda: sd.function(X + Y, inputs=[X, (Y, Y)]), "twice"),
        (lambda: sd.grad("r = x**2\nr", "r"), "not an input"),
        (lambda: sd.grad("sum(x) / n", "n", x="n"), "not an input"),
        (lambda: sd.grad("x", "x[0]"), "not an input"),
    ],
)
def test_what_is_misspelt_is_still_told(call, meant):
    with pytest.raises(ArgumentError, match=meant):
        call()


@pytest.mark.parametrize(("text", "wrt"), [("x11**2", ("x10", "x11")), ("beta**2", ("theta", "beta")), ("x**2", "X1")])
def test_names_that_are_alike_are_not_misspelt_for_that(text, wrt):
    assert sd.grad(text, wrt).inputs
