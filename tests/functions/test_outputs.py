"""Functions that return several values: a cotangent for each in `vjp`, and one that is chosen with ``output=``."""

import inspect
import pickle
import runpy
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, DTypeError, ShapeError, SymdiffError, UnsupportedError

X, Y = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
A, B = np.array([3.0, -1.0, 0.5]), 1.5  # cotangents
Point = namedtuple("Point", "vector number")


@dataclass
class Record:
    vector: object
    number: object


def vector(x, y):
    return x**3 * y


def number(x, y):
    return np.sum(np.sin(x) * y)


CONTAINERS = {
    "tuple": lambda v, n: (v, n),
    "list": lambda v, n: [v, n],
    "dict": lambda v, n: {"v": v, "n": n},
    "named": Point,
    "dataclass": Record,
    "nested": lambda v, n: {"all": [v, (n,)]},
}
OUTPUTS = {
    "tuple": (0, 1),
    "list": (0, -1),
    "dict": ("v", "n"),
    "named": ("vector", 1),
    "dataclass": ("vector", "number"),
}
MAKERS = (sd.grad, sd.value_and_grad, sd.hessian, sd.jacobian, sd.jvp, sd.vjp, sd.hvp)


def returning(kind):
    return lambda x, y: CONTAINERS[kind](vector(x, y), number(x, y))


def expected(wrt=0, a=A, b=B):
    return sd.grad(lambda x, y: np.sum(a * vector(x, y)) + b * number(x, y), wrt)(X, Y)


def of_text():
    return "x**3 * y, sum(sin(x) * y)"


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("wrt", [0, "y", (0, 1)])
def test_the_product_is_with_all_values(kind, wrt):
    for f in (sd.vjp(returning(kind), wrt), sd.vjp(returning(kind), wrt, x="n", y="n")):
        for call in (f(X, Y, CONTAINERS[kind](A, B)), f(X, y=Y, cotangent=CONTAINERS[kind](A, B))):
            for got, want in zip(np.atleast_2d(call), np.atleast_2d(expected(wrt)), strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-14)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_none_is_no_cotangent(kind):
    f = sd.vjp(returning(kind), x="n", y="n")
    np.testing.assert_allclose(f(X, Y, CONTAINERS[kind](A, None)), expected(b=0.0), rtol=1e-14)
    np.testing.assert_allclose(f(X, Y, CONTAINERS[kind](None, B)), expected(a=0.0), rtol=1e-14)
    np.testing.assert_array_equal(f(X, Y, None), 0 * X)
    np.testing.assert_allclose(f(X, Y, CONTAINERS[kind](A, B)), expected(), rtol=1e-14)


def test_of_texts_and_symbols():
    x, y = sd.var("x", "n"), sd.var("y", "n")
    made = [sd.vjp(of_text(), "x"), sd.vjp(of_text(), "x", x="n", y="n"), sd.vjp((vector(x, y), number(x, y)), "x")]
    for f in (*made, *map(pickle.loads, map(pickle.dumps, made))):
        np.testing.assert_allclose(f(X, Y, (A, B)), expected(), rtol=1e-14)
        np.testing.assert_allclose(f(X, Y, cotangent=[A, None]), expected(b=0.0), rtol=1e-14)


def test_of_sympy():
    import sympy as sp

    x, y = sp.symbols("x y")
    f = sd.vjp((x**2 * y, sp.sin(x)), (x, y))
    np.testing.assert_allclose(f(2.0, 3.0, (10.0, 1.0)), (120 + np.cos(2.0), 40), rtol=1e-14)


def test_it_shows_and_saves_what_was_called(tmp_path):
    f = sd.vjp(returning("dict"))
    assert list(inspect.signature(f).parameters) == ["x", "y", "cotangent"]
    want = f(X, Y, {"n": B, "v": A})
    np.testing.assert_allclose(want, expected(), rtol=1e-14)
    assert "cotangent_v" in f.source and "cotangent_n" in f.source
    for g in (f, sd.vjp(returning("dict"), x="n", y="n"), f.at("n", "n", {"v": "n", "n": ""})):
        path = g.save(tmp_path / "saved.py", force=True)
        saved = runpy.run_path(str(path))["vjp"]
        np.testing.assert_array_equal(saved(X, Y, {"n": B, "v": A}), want)


def test_one_program_for_cotangents_of_one_kind():
    f = sd.vjp(returning("tuple"), x="n", y="n")
    f(X, Y, (A, B))
    f(X[:2], Y[:2], [A[:2], B])
    f(X[:1], Y[:1], (A[:1], np.float64(2.0)))
    assert f.cache_info().size <= 2  # a list is another kind


def test_it_is_differentiated_again_and_works_inside_of_others():
    pulled = sd.vjp(returning("tuple"))
    second = sd.jvp(pulled, "x")(X, Y, (A, B), x_dot=Y)
    np.testing.assert_allclose(second, (A * 6 * X * Y - B * np.sin(X) * Y) * Y, rtol=1e-13)
    of_cotangents = sd.jacobian(sd.vjp(returning("tuple"), x="n", y="n"), "cotangent_1")(X, Y, (A, B))
    np.testing.assert_allclose(of_cotangents, np.cos(X) * Y, rtol=1e-14)
    inside = sd.grad(lambda x: np.sum(sd.vjp(returning("tuple"))(x, Y, (x, 2.0)) ** 2))(X)
    whole = sd.grad(lambda x: np.sum((3 * x**3 * Y + 2 * np.cos(x) * Y) ** 2))(X)
    np.testing.assert_allclose(inside, whole, rtol=1e-13)


def test_values_that_are_the_same_or_have_no_derivative():
    both = sd.vjp(lambda x: (x**2, x**2, x))
    np.testing.assert_allclose(both(X, (A, 2 * A, A)), 6 * X * A + A, rtol=1e-14)
    f = sd.vjp(lambda x: (x**2, np.argmax(x), "text", None))
    np.testing.assert_allclose(f(X, (A, None, None, None)), 2 * X * A, rtol=1e-14)
    np.testing.assert_allclose(sd.vjp(lambda x: (x**2, np.argmax(x), "text"), x="n")(X, (A, None, None)), 2 * X * A)
    with pytest.raises(DTypeError, match="only real or complex"):
        f(X, (A, 1.0, None, None))


def test_a_list_of_numbers_is_an_array():
    f = sd.vjp(lambda x: [x[0] * x[1], x[2] ** 2])
    np.testing.assert_allclose(f(X, [2.0, 3.0]), [4.0, 2.0, 18.0])
    with pytest.raises(ArgumentError, match="a list of 2"):
        f(X, [2.0, 3.0, 4.0])


def test_float32_stays_float32():
    x, y = X.astype(np.float32), Y.astype(np.float32)
    assert sd.vjp(returning("tuple"))(x, y, (A.astype(np.float32), np.float32(1))).dtype == np.float32
    assert sd.vjp(returning("tuple"))(x, y, (A, 1.0)).dtype == np.float32


def test_empty_arrays_have_empty_cotangents():
    assert sd.vjp(returning("tuple"))(np.ones(0), np.ones(0), (np.ones(0), 1.0)).shape == (0,)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("kind", OUTPUTS)
def test_a_chosen_output_is_as_if_it_were_alone(make, kind):
    extra = {sd.jvp: {"x_dot": Y}, sd.hvp: {"v_x": Y}, sd.vjp: {"cotangent": 2.0}}.get(make, {})
    got = make(returning(kind), output=OUTPUTS[kind][1])(X, Y, **extra)
    want = make(number)(X, Y, **extra)
    for a, b in zip(got, want, strict=True) if make is sd.value_and_grad else [(got, want)]:
        np.testing.assert_array_equal(a, b)
    if make in (sd.jacobian, sd.jvp):
        np.testing.assert_array_equal(
            make(returning(kind), output=OUTPUTS[kind][0])(X, Y, **extra), make(vector)(X, Y, **extra)
        )


def test_a_chosen_output_may_be_a_container():
    f = sd.vjp(returning("nested"), output="all")
    np.testing.assert_allclose(f(X, Y, [A, (B,)]), expected(), rtol=1e-14)


def test_what_is_not_chosen_is_not_computed():
    source = sd.grad(lambda x: (np.sum(x**2), np.sum(np.exp(x))), output=0, x="n").source
    assert "exp" not in source


def test_options_that_do_not_go_together_or_choose_nothing():
    def one(x):
        return np.sum(x**2)

    cases = [
        (lambda: sd.grad(returning("dict"), output="V")(X, Y), "there is no output 'V'", "did you mean 'v'?"),
        (lambda: sd.grad(returning("dict"), output=0)(X, Y), "there is no output 0", None),
        (lambda: sd.grad(returning("tuple"), output=2)(X, Y), "a tuple of 2", None),
        (lambda: sd.grad(one, output=0)(X), "one of several values, and one returns one value", "leave it out"),
        (lambda: sd.grad(one, output=0, has_aux=True), "has_aux=True", "leave one of them out"),
        (lambda: sd.grad(one, output=True), "output is True", None),
        (lambda: sd.function(one, output=0), "there is no input 'output'", "an option of what differentiates"),
    ]
    for make, message, help in cases:
        with pytest.raises(ArgumentError) as caught:
            make()
        assert message in str(caught.value)
        assert help is None or help in caught.value.help


@pytest.mark.parametrize(
    ("cotangent", "error", "message"),
    [
        (A, ArgumentError, "cotangent is one value, and what f returns is a tuple of 2"),
        ((A,), ArgumentError, "cotangent is a tuple of 1"),
        ((A, B, B), ArgumentError, "cotangent is a tuple of 3"),
        ({"v": A, "n": B}, ArgumentError, "cotangent is a dict of 'v', 'n'"),
        ((A, (B, B)), ArgumentError, "cotangent[1] is a tuple of 2, and what f returns at [1] is one value"),
        ((A, "text"), ArgumentError, "cotangent[1] is 'text'"),
        ((A[:2], B), ShapeError, "'cotangent_0' has shape [2], the value[0] has [3]"),
        ((A, A), ShapeError, "'cotangent_1' has shape [3], the value[1] has []"),
    ],
)
def test_other_containers_are_named(cotangent, error, message):
    def f(x, y):
        return vector(x, y), number(x, y)

    with pytest.raises(error) as caught:
        sd.vjp(f)(X, Y, cotangent)
    assert message in str(caught.value)


def test_no_door_lets_others_through():
    for make in (sd.grad, sd.hessian, sd.hvp):
        with pytest.raises(UnsupportedError, match="a dict of 'v', 'n'") as caught:
            make(returning("dict"))(X, Y, *([X] if make is sd.hvp else []))
        assert "output='v'" in caught.value.help
    with pytest.raises(SymdiffError, match="cotangent is missing"):
        sd.vjp(returning("dict"))()
