"""Cheaper spellings: equal values, chosen by cost, and only where what is known of the values allows them."""

import numpy as np
import pytest
from helpers import evaluate, graph_of

import symdiff as sd
from symdiff.graph.aval import Aval
from symdiff.graph.node import variable
from symdiff.ops import elementwise as ew
from symdiff.ops.contraction import einsum
from symdiff.ops.special_errors import ndtr
from symdiff.rewrite.costs import TABLE, microseconds
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rules import spelling

x = variable("x", Aval("float64", (5000,)))
VALUES = np.concatenate([np.linspace(-3, 3, 4995), [0.0, -0.0, np.inf, -np.inf, np.nan]])


def applied(root):
    for rule in spelling.rules(Facts({})):
        if root.op in rule.roots and (found := rule.apply(root)) is not None:
            return found
    return None


@pytest.mark.parametrize("n", range(3, 17))
def test_powers_are_products_with_the_same_values(n):
    root = x**n
    after = applied(root)
    old, new = evaluate(graph_of([x], root, after), VALUES)
    np.testing.assert_allclose(new, old, rtol=16 * np.finfo(float).eps)
    assert np.array_equal(np.signbit(new[:-1]), np.signbit(old[:-1]))


@pytest.mark.parametrize("p", [-2, 2.5, 17, 1, 0.5])
def test_other_powers_stay(p):
    assert applied(ew.power(x, p)) is None


def test_a_number_stays_a_power():
    assert applied(variable("s", Aval("float64")) ** 5) is None


def test_a_root_of_squares_only_where_no_square_overflows():
    bounded = ew.hypot(1.0, ew.sin(x))
    old, new = evaluate(graph_of([x], bounded, applied(bounded)), VALUES)
    np.testing.assert_allclose(new, old, rtol=4 * np.finfo(float).eps)
    assert applied(ew.hypot(ew.sin(x), ew.cos(x))) is None  # both may be 1e-200, as far as is known
    assert sd.function("sum(hypot(1, x))", x="n")(np.array([1e200])) == 1e200


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("c", [1.0, -3.0, 1e-3])
def test_the_hypotenuse_beside_a_number_is_right_for_all_sizes(dtype, c):
    lowest, highest = np.log10(np.finfo(dtype).tiny), np.log10(np.finfo(dtype).max) - 0.1
    values = np.concatenate([np.logspace(lowest, highest, 4995), [0.0, -0.0, np.inf, -np.inf, np.nan]]).astype(dtype)
    y = variable("y", Aval(dtype, (5000,)))
    after = applied(ew.hypot(c, y))
    assert after.dtype == dtype and after.op is not ew.hypot
    with np.errstate(over="raise", invalid="raise"):
        [found] = evaluate(graph_of([y], after), values)
    np.testing.assert_allclose(found, np.hypot(c, values.astype(np.longdouble)), rtol=2 * np.finfo(dtype).eps)


def test_the_hypotenuse_beside_an_extreme_number_stays():
    assert applied(ew.hypot(1e-200, x)) is None
    assert applied(ew.hypot(1e200, x)) is None


STACKS = [
    ("abc,bdc->abd", (6, 5, 4), (5, 3, 4)), ("abc,abd->bcd", (7, 5, 4), (7, 5, 3)), ("abc,adc->adb", (5, 6, 4), (5, 3, 4)),
    ("abc,bcd->bad", (6, 5, 4), (5, 4, 3)), ("abc,cad->dab", (5, 6, 4), (4, 5, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("subscripts", "a", "b"), STACKS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
def test_stacks_of_products_are_what_einsum_gives(subscripts, a, b, dtype):
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in (a, b)]
    inputs = [variable(name, Aval(dtype, shape)) for name, shape in zip("pq", (a, b), strict=True)]
    root = einsum(*inputs, subscripts=subscripts)
    after = applied(root)
    assert after is not None and after.aval is root.aval
    old, new = evaluate(graph_of(inputs, root, after), *arrays)
    np.testing.assert_allclose(new, old, rtol=1e-4 if dtype == "float32" else 1e-12)


def test_stacks_of_products_leave_the_source_and_results_are_fresh_and_in_order():
    f = sd.grad("sum(einsum('kij,nkj->nki', L, x)**3)", "L", L=(6, 4, 4), x=(30, 6, 4))
    rng = np.random.default_rng(2)
    L, points = rng.normal(size=(6, 4, 4)), rng.normal(size=(30, 6, 4))
    found = f(L=L, x=points)
    expected = np.einsum("nki,nkj->kij", 3 * np.einsum("kij,nkj->nki", L, points) ** 2, points)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.flags.c_contiguous and found.flags.writeable and "einsum" not in f.source
    assert np.shares_memory(found, f(L=L, x=points)) is False


def test_stacks_without_elements():
    f = sd.function("einsum('kij,nkj->nki', L, x)", L="k d d", x="n k d")
    assert f(np.zeros((3, 2, 2)), np.zeros((0, 3, 2))).shape == (0, 3, 2)
    assert np.array_equal(f(np.zeros((3, 0, 0)), np.zeros((4, 3, 0))), np.zeros((4, 3, 0)))


@pytest.mark.parametrize("d", [30, 300])
def test_a_weighted_gram_matrix_is_one_half_where_that_pays(d):
    hessian = sd.hessian(lambda w, X: np.sum(np.log(1 + np.exp(X @ w))))
    rng = np.random.default_rng(3)
    w, X = rng.normal(size=d) / d, rng.normal(size=(400, d))
    found, p = hessian(w, X), 1 / (1 + np.exp(-X @ w))
    expected = X.T @ ((p * (1 - p))[:, None] * X)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12 * np.max(expected))
    assert ("np.sqrt(" in hessian.source) is (d == 300)
    assert d == 30 or np.array_equal(found, found.T)


def test_weights_of_either_sign_stay_where_they_are():
    hessian = sd.hessian(lambda w, X: np.sum(np.sin(X @ w)))
    w, X = np.full(300, 0.01), np.random.default_rng(4).normal(size=(400, 300))
    np.testing.assert_allclose(hessian(w, X), X.T @ (-np.sin(X @ w)[:, None] * X), rtol=1e-9, atol=1e-9)
    assert "np.sqrt" not in hessian.source


def test_rows_and_columns_may_be_weighted():
    X, d = np.random.default_rng(5).normal(size=(300, 400)), np.linspace(-1, 2, 400)
    f = sd.function(lambda X, d: (X * d**2) @ X.T)
    np.testing.assert_allclose(f(X, d), (X * d**2) @ X.T, rtol=1e-11, atol=1e-10)
    assert "np.sqrt" not in f.source and "** 2" not in f.source


def test_parts_of_outer_products_are_made_alone():
    f = sd.function("outer(a, b)[:, 1] + outer(a, b)[2] @ c", a=3, b=2, c="2 3")
    a, b, c = np.array([1.0, 2.0, -3.0]), np.array([0.5, -4.0]), np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(f(a=a, b=b, c=c), np.outer(a, b)[:, 1] + np.outer(a, b)[2] @ c)
    assert "outer" not in f.source
    whole = sd.function("outer(a, b)[:, 1] + sum(sin(outer(a, b)), axis=1)", a=3, b=2)
    assert whole.source.count("a[:, None] * b") == 1


@pytest.mark.parametrize("n", [3, 10, 64])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_many_short_sums_round_no_more_than_few_units_of_their_terms(n, dtype, keepdims):
    f = sd.function(lambda a, b: np.sum(a * b, axis=1, keepdims=keepdims))
    a, b = np.random.default_rng(6).normal(size=(2, 2000, n)).astype(dtype)
    exact, sizes = a.astype(np.longdouble) * b, np.abs(a.astype(np.longdouble) * b)
    error = np.abs(f(a, b) - exact.sum(axis=1, keepdims=keepdims))
    assert "einsum" in f.source
    assert np.max(error / sizes.sum(axis=1, keepdims=keepdims)) < 3 * np.finfo(dtype).eps


def test_costs_decide():
    assert microseconds(1, "square", "add", "sqrt") > microseconds(1, "hypot")
    assert microseconds(10_000, "square", "add", "sqrt") < microseconds(10_000, "hypot")
    assert all(cost.call >= 0 and cost.element >= 0 and any(cost) for cost in TABLE.values())
    small = ew.hypot(1.0, ew.sin(variable("small", Aval("float64", (2,)))))
    assert applied(small) is None


DISTRIBUTIONS = [
    0.5 * ew.erfc(-x / np.sqrt(2)), ew.erfc(x / np.sqrt(2)) / 2, ew.erfc(-x * np.sqrt(0.5)) / 2, 0.5 * ew.erfc(-np.sqrt(0.5) * x),
]  # fmt: skip


@pytest.mark.parametrize("root", DISTRIBUTIONS)
def test_the_normal_distribution_function_is_one_call_with_the_same_values(root):
    after = applied(root)
    assert after.op is ndtr
    values = np.concatenate([np.linspace(-37, 37, 4995), [0.0, -0.0, np.inf, -np.inf, np.nan]])
    old, new = evaluate(graph_of([x], root, after), values)
    far = 1 + values[:-3] ** 2  # how often a rounding of the argument is in the result
    assert np.all(np.abs(new - old)[:-3] <= 4 * np.finfo(float).eps * far * old[:-3])
    np.testing.assert_array_equal(new[-3:], old[-3:])


def test_other_multiples_of_erfc_stay():
    for root in 0.5 * ew.erfc(-x), 0.4 * ew.erfc(-x / np.sqrt(2)), 0.5 * ew.erfc(x / 1.4142):
        assert applied(root) is None
    s = variable("s", Aval("float64"))
    assert applied(0.5 * ew.erfc(-s / np.sqrt(2))) is None  # `math` has erfc alone


@pytest.mark.parametrize("scale", [2.0, -0.3, 2**0.5, 1 / 31.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_scale_in_an_exponent_is_squared_before(scale, dtype):
    y = variable("y", Aval(dtype, (5000,)))
    for root in ew.exp(-ew.square(y / scale)), ew.exp(-ew.square(scale * y)):
        after = applied(root)
        assert after is not None and after.aval is root.aval
        info = np.finfo(dtype)
        ends = [0.0, -0.0, np.inf, -np.inf, np.nan, info.max, info.tiny, 1e30, 1e-30]
        values = np.concatenate([np.linspace(-30, 30, 4991), ends]).astype(dtype)
        with np.errstate(all="ignore"):
            old, new = evaluate(graph_of([y], root, after), values)
        size = -np.log(np.maximum(old, info.tiny)).astype(float)
        np.testing.assert_allclose(
            new, old, rtol=float(8 * info.eps * np.max(size[np.isfinite(size)])), atol=float(info.tiny)
        )


def test_an_extreme_scale_in_an_exponent_stays():
    assert applied(ew.exp(-ew.square(1e-8 * x))) is None
    assert applied(ew.exp(-ew.square(x))) is None


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_a_small_outer_product_has_the_same_values(dtype):
    a, b, c = (variable(name, Aval(dtype, (n,))) for name, n in zip("abc", (3, 11, 2000), strict=True))
    values = np.array([np.nan, -0.0, np.inf, -np.inf, 1.5, 0.0, -2.0, 1e30, 1e-30, 7.0, -0.1]).astype(dtype)
    root = einsum(a, b, subscripts="a,b->ab")
    after = applied(root)
    assert after.op is ew.multiply and after.aval is root.aval
    with np.errstate(all="ignore"):
        old, new = evaluate(graph_of([a, b], root, after), values[:3], values)
    np.testing.assert_array_equal(new, old)
    assert applied(einsum(a, c, subscripts="a,b->ab")) is None


def test_a_sum_of_products_that_are_there_is_no_second_product():
    """Which products have other users is asked of the graph as it is lowered: a softmax below them makes new nodes."""

    def f(x, y, w):
        p = np.exp(x * w) / np.sum(np.exp(x * w), axis=1, keepdims=True)
        q = p[:, :, None] * y
        return np.sum(np.sin(np.sum(q, axis=0))) + np.sum(np.cos(q))

    g = sd.grad(f, wrt="y", x=(500, 4), y=(500, 4, 3), w=())
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(500, 4)), rng.normal(size=(500, 4, 3))
    p = np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
    q = p[:, :, None] * y
    np.testing.assert_allclose(
        g(x, y, 1.0), p[:, :, None] * (np.cos(np.sum(q, axis=0)) - np.sin(q)), rtol=1e-11, atol=1e-13
    )
    assert "einsum" not in g.source
