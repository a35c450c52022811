"""Python's integers as arguments: numbers where only arithmetic uses them, parts of the program where they must be known."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, DTypeError, OutOfBoundsError

X = np.array([0.7, 1.3, 2.1])


def repeated(v, n):
    for _ in range(n):
        v = np.sin(v)
    return np.sum(v)


NEEDED = {
    "index": lambda v, k: v[k] ** 2,
    "slice": lambda v, k: np.sum(v[:k] ** 2),
    "computed index": lambda v, k: v[2 * k - 1] ** 2,
    "range": repeated,
    "ones": lambda v, k: np.sum(np.ones(k)) * v[0] ** 2,
    "arange": lambda v, k: np.sum(np.arange(k + 1) * v[0] ** 2),
    "reshape": lambda v, k: np.sum(v.reshape(k, -1) @ np.ones(3)),
    "axis": lambda v, k: np.sum(np.sum(np.outer(v, v), axis=k) ** 2),
    "text": lambda v, k: v[("0120"[k] == "1" and 1) or 0] ** 2,
    "list": lambda v, k: [np.sum, np.prod][k](v),
    "dict": lambda v, k: {1: v[0], 2: v[1] ** 2}[int(k)],
}


@pytest.mark.parametrize("kind", [int, np.int64, np.uint8])
@pytest.mark.parametrize("name", NEEDED)
def test_an_integer_that_must_be_known_belongs_to_the_program(name, kind):
    f = NEEDED[name]
    g = sd.value_and_grad(f)
    value, gradient = g(X, kind(1))

    expected = [(f(X + h, 1) - f(X - h, 1)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(value, f(X, 1), rtol=1e-14)
    np.testing.assert_allclose(gradient, expected, atol=1e-8)
    assert kind is not int or g.cache_info().types[0].endswith("], k=1") or f is repeated


@pytest.mark.parametrize(
    "f", [lambda v, k: np.sum(v**2) if k > 0 else np.sum(v), lambda v, k: v[int(k)] ** 2], ids=["branch", "position"]
)
def test_an_integer_that_a_branch_or_a_position_reads_need_not_be_known(f):
    g = sd.value_and_grad(f)
    for k in (1, 0):
        value, gradient = g(X, k)

        expected = [(f(X + h, k) - f(X - h, k)) / 2e-6 for h in 1e-6 * np.eye(3)]
        np.testing.assert_allclose(value, f(X, k), rtol=1e-14)
        np.testing.assert_allclose(gradient, expected, atol=1e-8)
    assert len(g.cache_info().types) == 1


def test_another_value_makes_another_program():
    g = sd.grad(repeated)

    np.testing.assert_allclose(g(X, 1), np.cos(X))
    np.testing.assert_array_equal(g(X, 0), np.ones(3))
    np.testing.assert_allclose(g(X, 1), np.cos(X))
    assert g.cache_info().types == ("v: f64[3], n=1", "v: f64[3], n=0")


def test_where_only_arithmetic_uses_integers_one_program_serves_them_all():
    g = sd.grad(lambda v, k, scale: scale * np.sum(v**k))

    np.testing.assert_allclose(g(X, 3, 2), 6 * X**2)
    np.testing.assert_allclose(g(X, 2, 5), 10 * X)
    np.testing.assert_allclose(g(X, 2.5, 1), 2.5 * X**1.5)
    assert g.cache_info().types == ("v: f64[3], k: f64[], scale: f64[]",)


def test_only_what_must_be_known_belongs_to_the_program():
    g = sd.grad(lambda v, k, scale: scale * v[k] ** 2)

    for scale in (3, 4, 5.5):
        np.testing.assert_allclose(g(X, 1, scale), [0.0, 2 * scale * X[1], 0.0])
    assert g.cache_info().types == ("v: f64[3], scale: f64[], k=1",)


def test_an_integer_is_handed_on_to_a_derivative_inside():
    inner = sd.grad(lambda v, k: v[k] ** 3)
    g = sd.grad(lambda v, k: np.sum(inner(v, k) ** 2))

    np.testing.assert_allclose(g(X, 1), [0.0, 36 * X[1] ** 3, 0.0])
    np.testing.assert_allclose(sd.grad(lambda v: np.sum(inner(v, 2)))(X), [0.0, 0.0, 6 * X[2]])


def test_every_derivative_takes_them():
    def f(v, k):
        return v[k] ** 3

    np.testing.assert_allclose(sd.hessian(f)(X, 1), np.diag([0, 6 * X[1], 0]))
    np.testing.assert_allclose(sd.jacobian(f)(X, 1), [0.0, 3 * X[1] ** 2, 0.0])
    np.testing.assert_allclose(sd.hvp(f)(X, np.ones(3), 1), [0.0, 6 * X[1], 0.0])
    np.testing.assert_allclose(sd.vjp(f)(X, 1, 2.0), [0.0, 6 * X[1] ** 2, 0.0])
    np.testing.assert_allclose(sd.grad(lambda v, o: v[o["k"]] ** 3)(X, {"k": 1}), [0.0, 3 * X[1] ** 2, 0.0])
    assert sd.check_grads(f, (X, 1)) < 1e-6
    assert "v[1]" in sd.function(f).at("3", 1).source


def test_what_is_no_integer_is_none():
    g = sd.grad(lambda v, k: v[k] ** 2)

    with pytest.raises(DTypeError, match="must be integers"):
        g(X, 1.0)
    with pytest.raises(OutOfBoundsError):
        g(X, 7)
    np.testing.assert_allclose(g(X, 1), [0.0, 2 * X[1], 0.0])


def test_an_error_that_has_nothing_to_do_with_integers_leaves_them_numbers():
    g = sd.grad(lambda v, k: k * np.sum(v @ np.ones(3)))

    with pytest.raises(ValueError, match="length"):
        g(np.ones(4), 2)
    np.testing.assert_array_equal(g(X, 2), [2.0, 2.0, 2.0])
    assert g.cache_info().types == ("v: f64[3], k: f64[]",)


@pytest.mark.parametrize("k", [2, 2.0, True, np.int64(2), np.float64(2), 3], ids=repr)
def test_whoever_asks_what_a_number_is_hears_it(k):
    """One after the other, so that what is kept of one is not taken for the next."""

    def f(v, k):
        return np.sum(v) * k if isinstance(k, (int, np.integer)) else np.sum(v**2) * k

    g = sd.grad(f)
    for other in (2.0, 1, k):
        expected = np.full(3, float(other)) if isinstance(other, (int, np.integer)) else 2 * X * other
        np.testing.assert_allclose(g(X, other), expected)
        np.testing.assert_allclose(sd.grad(lambda v, other=other: sd.function(f)(v, other))(X), expected)
    names = [x.name for x in sd.function(f).at(X, k).graph.inputs]
    assert names == (["v"] if isinstance(k, (int, np.integer)) else ["v", "k"])


def test_named_lengths_and_options_that_must_be_given_go_together():
    def f(v, steps):
        return np.sum(v**steps)

    g = sd.grad(f, v="n", static="steps")
    assert "steps must be known" in str(g)
    with pytest.raises(ArgumentError, match="steps must be known"):
        g.source  # noqa: B018
    np.testing.assert_allclose(g(X, 2), 2 * X)
    np.testing.assert_allclose(g(X[:2], 3), 3 * X[:2] ** 2)
    assert g.cache_info().types == ("v: f64[n], steps=2", "v: f64[n], steps=3")
    assert g.at("n", 2).source == "def grad(v):\n    return 2 * v  # f64[n]\n"
