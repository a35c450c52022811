"""Solutions of equations: found on arrays as in traces, and differentiated by the equation, to any order."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, DTypeError, ShapeError, ValueDomainError

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(3, 3)) / 4, RNG.normal(size=3)


def kepler(p):
    return sd.fixed_point(lambda E, m: m + p[0] * np.sin(E), p[1], p[1])


def settled_vector(p):
    x = sd.fixed_point(lambda x: np.tanh(A @ x + p), np.zeros(3))
    return np.sum(x**2 * np.arange(3))


def settled_matrix(p):
    def square_root(x):  # X of X² = M, by iterating towards it
        return x + 0.4 * (np.diag(1 + p**2) + 0.1 * np.outer(p, p) - x @ x)

    return np.sum(sd.fixed_point(square_root, np.eye(3)) * A)


def settled_containers(p):
    def step(s):
        return {"u": np.cos(s["v"][0]) * p[0], "v": (s["u"] * p[1], np.sin(s["v"][1] / 2) + p)}

    x = sd.fixed_point(step, {"u": 1, "v": (0, p)})
    return x["u"] * x["v"][0] + np.sum(x["v"][1])


def cubic(p):
    return sd.root(lambda x: x**3 + p[0] ** 2 * x - p[1], 1)


def system(p):
    x, y = sd.root(lambda v: (v[0] ** 2 + v[1] - p[0], v[1] - np.sin(v[0] * p[1])), (1.0, 1.0))
    return x * y


def system_of_vectors(p):
    x = sd.root(lambda x, q: x + 0.1 * x**3 - A @ x - q, np.zeros(3), p)
    return x @ x


def vectors_in_containers(p):
    found = sd.root(lambda s: [s[0] * 3 + s[1] - p, s[1] - np.mean(s[0])], [p, 1.0])
    return found[0] @ p + found[1] ** 2


def bisected(p):
    def halve(f, lower, *args):
        def step(s):
            middle = (s[0] + s[1]) / 2
            return sd.branch(f(middle, *args) > 0, lambda: (s[0], middle), lambda: (middle, s[1]))

        return sd.while_loop(lambda s: s[1] - s[0] > 1e-14, step, (lower, 4.0))[0]

    return sd.root(lambda x, q: x**3 - q, 0.0, 1 + p[0] ** 2, solve=halve) * p[1]


def in_a_loop(p):
    def step(h, x):
        return sd.fixed_point(lambda y: np.cos(y * x) + 0.2 * h, h), None

    return sd.scan(step, 0.5, np.concatenate([p, p]) / 3)[0]


PROGRAMS = [
    kepler, settled_vector, settled_matrix, settled_containers, cubic, system, system_of_vectors, vectors_in_containers,
    bisected, in_a_loop,
]  # fmt: skip
P = np.array([0.4, 0.9, 0.3])


def slope(f, x, d, h=1e-2):
    """The derivative along d by Richardson's extrapolation of central differences."""
    rows = [[(f(x + s * d) - f(x - s * d)) / (2 * s) for s in (h / 2**k for k in range(4))]]
    for j in range(1, 4):
        rows.append([(4**j * b - a) / (4**j - 1) for a, b in zip(rows[-1], rows[-1][1:], strict=False)])
    return rows[-1][0]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_derivatives(f):
    d = np.array([0.3, -0.7, 0.5])
    value, g = sd.value_and_grad(f)(P)
    np.testing.assert_allclose(value, f(P), rtol=1e-13)
    np.testing.assert_allclose(g @ d, slope(f, P, d), rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(sd.jvp(f)(P, d), g @ d, rtol=1e-10)
    np.testing.assert_allclose(sd.jacobian(f)(P), g, rtol=1e-10)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_second_derivatives(f):
    d = np.array([0.3, -0.7, 0.5])
    expected = slope(sd.grad(f), P, d)
    np.testing.assert_allclose(sd.hessian(f)(P) @ d, expected, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(sd.hvp(f)(P, d), expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("f", [kepler, cubic, system_of_vectors])
def test_third_derivatives(f):
    d = np.array([0.3, -0.7, 0.5])
    third = sd.jacobian(sd.hessian(f))(P) @ d
    np.testing.assert_allclose(third, slope(sd.hessian(f), P, d), rtol=1e-6, atol=1e-7)


def test_bit_for_bit_the_plain_run():
    for f in (kepler, settled_vector, bisected, in_a_loop):
        assert np.float64(sd.function(f, exact=True)(P)) == np.float64(f(P))


@pytest.mark.parametrize("solve", [sd.fixed_point, sd.root])
def test_where_the_search_begins_does_not_matter(solve):
    def f(x0, a):
        return solve(lambda x: np.cos(x) * a if solve is sd.fixed_point else np.cos(x) * a - x, x0)

    assert sd.grad(f, (0, 1))(0.3, 0.7)[0] == 0
    np.testing.assert_allclose(sd.grad(f, 1)(0.3, 0.7), sd.grad(f, 1)(0.9, 0.7), rtol=1e-11)


@pytest.mark.parametrize("f", [kepler, settled_vector, system])
def test_all_views_show_a_solution(f):
    g = sd.value_and_grad(f)
    g(P)
    assert sd.parse_listing(g.listing()).outputs == g.graph.returned
    assert r"\operatorname" in g.latex()
    assert "implicit" in g.to_svg()
    assert "implicit" in str(g.explain(at=(P,)))
    assert "implicit" in str(g.debug(P))


@pytest.mark.parametrize("f", [kepler, settled_vector, cubic])
def test_no_history_is_kept(f):
    source = sd.grad(f).at(P).source
    assert source.count("while ") == 1
    assert "append" not in source


def test_float32_stays_float32():
    def f(a):
        return sd.fixed_point(lambda x: np.cos(x) * a, a, tolerance=1e-6)

    a = np.float32(0.7)
    assert f(a).dtype == np.float32
    assert sd.value_and_grad(f)(a)[1].dtype == np.float32


@pytest.mark.parametrize(
    ("f", "kind", "message"),
    [
        (lambda p: sd.fixed_point(lambda x: 2 * x + p, p, steps=7), ValueDomainError, "nothing in 7 steps"),
        (lambda p: sd.root(lambda x: x * x + p, p, steps=7), ValueDomainError, "nothing in 7 steps"),
        (lambda p: sd.fixed_point(lambda x: x * np.ones(2), p), ShapeError, "fixed_point"),
        (lambda p: sd.fixed_point(lambda x: (x, x), p), ArgumentError, "fixed_point"),
        (lambda p: sd.root(lambda x: x * np.ones(2), p), ShapeError, "the equation"),
        (lambda p: sd.root(lambda x: x, p, tolerance=-1), ArgumentError, "tolerance"),
        (lambda p: sd.fixed_point(lambda x: x, p, steps=0), ArgumentError, "steps"),
        (lambda p: sd.root(lambda x: x, p + 0j), DTypeError, "complex"),
    ],
)
def test_what_is_refused(f, kind, message):
    with pytest.raises(kind, match=message):
        f(1.3)
    with pytest.raises(ValueError if kind is ValueDomainError else kind, match=message):
        sd.grad(f)(1.3)


def test_equations_that_hold_solutions_of_others():
    """What an inner search raises is raised for whatever the outer one tries."""

    def inner(x, t):
        return sd.fixed_point(lambda z: 0.5 - 0.1 * z - x * t, 0.5)

    def outer(t):
        x = sd.root(lambda x: inner(x, t) - x**3, 0.3)
        return x * inner(x, t)

    h = 1e-5
    np.testing.assert_allclose(sd.function(outer)(0.3), outer(0.3), rtol=1e-12)
    np.testing.assert_allclose(sd.grad(outer)(0.3), (outer(0.3 + h) - outer(0.3 - h)) / (2 * h), rtol=1e-7)

    def checked(x):
        if x > 2:
            raise ValueError("too large")
        return x**2 - 2

    assert abs(sd.function(lambda t: sd.root(lambda x: checked(x) * t, 1.5), t=())(1.0) - np.sqrt(2)) < 1e-12
    with pytest.raises(ValueError, match="too large"):
        sd.function(lambda t: sd.root(lambda x: checked(x) * t, 3.0), t=())(1.0)


@pytest.mark.filterwarnings("ignore:.*encountered in.*:RuntimeWarning")
def test_infinity_is_no_root():
    """Newton's method runs there in one step where the slope is zero; everything is near infinity, compared with it."""
    assert not np.isinf(sd.root(lambda x: x**2 + 1, 1.0))


def test_a_text_is_no_function():
    for search in (sd.root, sd.fixed_point, sd.minimizer):
        with pytest.raises(ArgumentError, match=f"{search.__name__} takes a function, and is given 'x\\*\\*2 - 2'"):
            search("x**2 - 2", 1.0)
    assert sd.root(sd.function("x**2 - 2"), 1.0) == pytest.approx(np.sqrt(2))
