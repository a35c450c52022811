"""Derivatives inside of differentiated functions: what an inner one captures of an outer one is differentiated, not confused."""

import itertools
import threading

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError


def D(f, a):
    return sd.grad(lambda t: f(t))(a)


def test_textbook_cases_of_perturbation_confusion():
    """Siskind and Pearlmutter, "Perturbation confusion and referential transparency", 2005, and to third order."""
    assert D(lambda x: x * D(lambda y: x + y, 1.0), 1.0) == 1.0
    assert D(lambda x: x * D(lambda y: x * y, 2.0), 3.0) == 6.0
    assert D(lambda x: x * D(lambda y: x * y * D(lambda z: x * y * z, 2.0), 2.0), 3.0) == 4 * 3.0**2 * 3
    assert D(lambda x: D(lambda y: D(lambda z: x**3 * y**2 * z, 1.0), 2.0), 5.0) == 3 * 25 * 4


def test_an_inner_function_that_captures_nothing_is_a_number():
    assert D(lambda x: x * D(lambda y: y**3, 2.0), 3.0) == 12.0


def test_an_inner_derivative_is_a_symbolic_value():
    seen = []
    sd.grad(lambda x: seen.append(repr(sd.grad(lambda y: x * y)(2.0))) or x)(3.0)

    assert seen == ["<symbolic x: f64[]>"]


def test_shifted_arguments_of_one_name():
    """Manzyuk et al., "Perturbation confusion in forward automatic differentiation of higher-order functions", 2019."""
    shift = lambda u: lambda f: lambda x: f(x + u)  # noqa: E731
    h = lambda y: D(lambda u: shift(u)(np.sin)(y), 0.0)  # noqa: E731
    assert D(h, 0.3) == pytest.approx(-np.sin(0.3))


# x**2 * y**3 at x = 1.2 and y = 0.7, the inner derivative with respect to y, the outer one of x times it
X, Y = 1.2, 0.7
ONE = np.float64(1.0)
INNER = {  # each gives d/dy or d²/dy² of f at y
    "grad": (1, lambda f, y: sd.grad(lambda t: f(t))(y)),
    "value_and_grad": (1, lambda f, y: sd.value_and_grad(lambda t: f(t))(y)[1]),
    "jacobian": (1, lambda f, y: sd.jacobian(lambda t: f(t))(y)),
    "jvp": (1, lambda f, y: sd.jvp(lambda t: f(t))(y, 1.0)),
    "vjp": (1, lambda f, y: sd.vjp(lambda t: f(t))(y, 1.0)),
    "hvp": (2, lambda f, y: sd.hvp(lambda t: f(t))(y, 1.0)),
    "hessian": (2, lambda f, y: sd.hessian(lambda t: f(t))(y)),
}
of_y = {0: Y**3, 1: 3 * Y**2, 2: 6 * Y}
of_x = {0: X**3, 1: 3 * X**2, 2: 6 * X}  # of x * x**2


@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(INNER, INNER)))
def test_every_mode_inside_of_every_mode(outer, inner):
    k, outside = INNER[outer]
    m, inside = INNER[inner]
    found = outside(lambda x: x * inside(lambda y: x**2 * y**3, Y), X)
    assert found == pytest.approx(of_x[k] * of_y[m], rel=1e-12)


@pytest.mark.parametrize(
    ("outer", "middle", "inner"), list(itertools.product(INNER, ["grad", "jvp", "hessian"], INNER))
)
def test_three_levels(outer, middle, inner):
    (k, first), (m, second), (n, third) = INNER[outer], INNER[middle], INNER[inner]
    z = 1.5
    found = first(lambda x: second(lambda y: third(lambda t: x**3 * y**3 * t**3, z), Y), X)
    powers = {1: lambda v: 3 * v**2, 2: lambda v: 6 * v}
    assert found == pytest.approx(powers[k](X) * powers[m](Y) * powers[n](z), rel=1e-12)


def test_arrays_and_names_that_are_those_of_tangents():
    A = np.arange(6.0).reshape(2, 3)

    def f(x, x_dot):
        return np.sum(sd.jvp(lambda t: np.sin(t) * x_dot)(x, x_dot * 2))

    x, v = np.array([0.1, 0.2, 0.3]), np.array([1.0, -1.0, 2.0])
    np.testing.assert_allclose(sd.grad(f, "x_dot")(x, v), 4 * v * np.cos(x))
    inner = lambda w: np.sum(sd.jacobian(lambda u: A @ u * np.sum(w * u))(x))  # noqa: E731
    step = 1e-6
    numeric = [(inner(x + step * e) - inner(x - step * e)) / (2 * step) for e in np.eye(3)]
    np.testing.assert_allclose(sd.grad(inner)(x), numeric, rtol=1e-6)


def test_a_function_made_outside_is_put_in_where_it_meets_symbols():
    h = sd.grad("x**2 * y", "x")
    assert sd.grad(lambda y: h(3.0, y) * y)(2.0) == 24.0


def test_a_program_of_one_closure_never_serves_another():
    def scaled(a):
        return sd.grad(lambda x: np.sum(a * x**2))

    x = np.ones(2)
    for a in (1.0, 2.0, 3.0):
        np.testing.assert_array_equal(scaled(a)(x), 2 * a * x)
    functions = [scaled(a) for a in (1.0, 2.0)]
    assert [f(x)[0] for f in functions * 2] == [2.0, 4.0, 2.0, 4.0]


def test_one_function_called_again_inside_finds_what_is_around_it_now():
    box = {}
    inner = sd.grad(lambda y: box["a"] * y)

    def outer(x):
        box["a"] = x
        first = inner(2.0)
        box["a"] = x**2
        second = inner(2.0)
        box.clear()
        return first + second

    assert sd.grad(outer)(3.0) == 1.0 + 2 * 3.0


def test_threads_that_differentiate_through_one_function_do_not_mix():
    """What is around a Function in one thread is nobody's business in another."""
    around = threading.local()
    inner = sd.grad(lambda y: around.x * y**2)
    found, errors = [], []

    def outer(x):
        around.x = x
        result = inner(3.0)
        around.x = None
        return result * x

    def work(k):
        for _ in range(40):
            try:
                found.append((k, sd.grad(lambda x: outer(x))(float(k))))
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in (1, 2, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not errors
    assert {(k, slope) for k, slope in found} == {(k, 12.0 * k) for k in (1, 2, 5)} and len(found) == 120


def test_an_open_program_is_never_kept():
    box = {}
    inner = sd.grad(lambda y: box["x"] * y)

    def outer(x):
        box["x"] = x
        inner.at(2.0)
        str(inner.at(2.0).stages.types)
        result = inner(2.0)
        box.clear()
        return result * x

    assert sd.grad(outer)(3.0) == 6.0
    box["x"] = 5.0
    assert inner(1.0) == 5.0 and inner.cache_info().size == 1


@pytest.mark.parametrize("given", [{}, (), {"a": {}}])
def test_a_container_without_numbers_is_named(given):
    with pytest.raises(ArgumentError, match=r"argument 'p' is a (dict|tuple) of .*, which holds no numbers"):
        sd.grad(lambda p, x: x**2, "p")(given, 3.0)
