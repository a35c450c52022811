"""Rules that use what is known of values: what they say, where they say nothing, and what is left in sources."""

import numpy as np
import pytest
from helpers import evaluate, graph_of

import symdiff as sd
from symdiff.graph.aval import Aval
from symdiff.graph.node import variable
from symdiff.ops import decompositions, elementwise as ew, linalg, reductions as red, shapes
from symdiff.ops.contraction import einsum, matmul
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rules import known

x, t = variable("x", Aval("float64", (7,))), variable("t", Aval("float64"))
T = variable("T", Aval("float64", (3, 3)))
LOWER, UPPER = shapes.tril(T, k=0), shapes.triu(T, k=0)
GRAM = matmul(linalg.transposed(T), T) + shapes.eye(n=3, dtype="float64")
ROOT = linalg.inv(decompositions.cholesky(GRAM))
PIVOTS = shapes.diagonal(linalg.transposed(decompositions.cholesky(GRAM)))
GAPS = shapes.expand_dims(shapes.diagonal(T), axis=(1,)) - shapes.diagonal(T)  # from i to j
PAIRS = shapes.expand_dims(T, axis=(1,)) - T
SQUARES = red.sum_(ew.square(PAIRS), axis=(2,), keepdims=False)
VALUES = np.array([0.0, -0.0, 1.0, -1.0, 0.3, -7.5, 20.0])
FIRES = {
    "zero-times-finite": [0 * x, 0.0 * ew.sin(x), ew.exp(x) * 0, -0.0 * x],
    "zero-over": [0 / (1 + ew.square(x)), 0.0 / ew.hypot(1.0, x)],
    "known-unequal": [ew.equal(1 + ew.square(x), 0), ew.not_equal(0, ew.cosh(x))],
    "known-order": [ew.sin(x) > 1, ew.square(x) < 0, ew.less(2, ew.tanh(x)), ew.exp(x) <= -1],
    "product-of-bounded": [ew.absorbing_product(ew.sin(x), x)],
    "finite-outside-guard": [
        ew.absorbing_product(ew.sign(x) * (1 / x), x),
        ew.absorbing_product(ew.log(x), -x),
        ew.absorbing_product(1 / x, 2.0 * x),
    ],
    "size-of-nonnegative": [ew.absolute(ew.exp(x)), ew.absolute(ew.sqrt(ew.square(x)))],
    "inverse-by-root": [einsum(ROOT, ROOT, subscripts="ab,ac->bc")],
    "ratio-of-diagonals": [PIVOTS / PIVOTS, shapes.diagonal(T) * PIVOTS / PIVOTS],
    "triangle-of-triangular": [
        shapes.tril(LOWER, k=0), shapes.tril(UPPER, k=0), shapes.tril(UPPER, k=-1), shapes.triu(LOWER, k=1),
        shapes.triu(UPPER, k=0), shapes.triu(UPPER, k=-2), shapes.triu(2 * shapes.triu(T, k=1), k=1),
        shapes.tril(LOWER / (1 + ew.square(T)), k=0), shapes.tril(shapes.triu(T, k=1), k=0),
        shapes.tril(matmul(LOWER, linalg.transposed(UPPER)), k=0), shapes.tril(decompositions.cholesky(GRAM), k=0),
    ],
    "sums-of-antisymmetric": [
        n * red.sum_(d, axis=(k,), keepdims=False) - n * red.sum_(d, axis=(1 - k,), keepdims=False)
        for n, k in ((1, 0), (2, 1))
        for d in (
            GAPS, ew.sin(GAPS) * ew.cosh(GAPS), GAPS * ew.square(GAPS), -GAPS / (1 + ew.square(GAPS)), PAIRS * 3,
            PAIRS * shapes.expand_dims(ew.exp(-SQUARES) / t, axis=(2,)), PAIRS * shapes.diagonal(T),
        )
    ],
    "diagonal-of-triangular-product": [
        shapes.diagonal(matmul(UPPER, 2 * UPPER)), shapes.diagonal(matmul(linalg.transposed(UPPER), LOWER)),
    ],
}  # fmt: skip
SILENT = {
    "zero-times-finite": [0 * ew.log(x), 0 * (1 / x), 0 * ew.sqrt(x), 0 * variable("u", Aval("float64", (7,)), -1)],
    "zero-over": [0 / x, 0 / ew.square(x), 0 / ew.exp(x), 0 / ew.hypot(1.0, ew.log(x))],  # exp(-1000) is 0
    "known-unequal": [ew.equal(ew.square(x), 0), ew.equal(ew.exp(x), 0)],
    "known-order": [ew.square(x) > 0, ew.absolute(x) >= 0, 1 / ew.square(x) >= 0, ew.sin(x) < 1, ew.sin(x) <= 1],
    "product-of-bounded": [ew.absorbing_product(ew.exp(x), x), ew.absorbing_product(1 / x, x)],
    "finite-outside-guard": [
        ew.absorbing_product(ew.log(x) * (1 / x), x),
        ew.absorbing_product(1 / x, x * x),
        ew.absorbing_product(1 / x, t * x),
        ew.absorbing_product(1 / x, ew.exp(t) * x),  # t and exp(t) may be 0
    ],
    "size-of-nonnegative": [ew.absolute(x), ew.absolute(ew.sin(x))],
    "inverse-by-root": [
        einsum(ROOT, ROOT, subscripts="ab,cb->ac"),
        *[einsum(r, r, subscripts="ab,ac->bc") for r in (linalg.inv(decompositions.cholesky(T)), linalg.inv(GRAM))],
    ],
    "ratio-of-diagonals": [x / x, ew.exp(x) / ew.exp(x), shapes.diagonal(LOWER) / shapes.diagonal(LOWER)],
    "triangle-of-triangular": [
        shapes.tril(T, k=0), shapes.tril(LOWER, k=-1), shapes.triu(UPPER, k=1), shapes.triu(1 + LOWER, k=1),
        shapes.tril(LOWER / T, k=0), shapes.tril(LOWER * (1 / T), k=0),  # zero over zero is nan, which is left out
        shapes.tril(shapes.tril(T, k=1), k=0), shapes.tril(matmul(LOWER, UPPER), k=0),
    ],
    "sums-of-antisymmetric": [
        red.sum_(d, axis=(0,), keepdims=False) - red.sum_(d, axis=(1,), keepdims=False)
        for d in (T, GAPS + 1.0, ew.square(GAPS), GAPS * T, 1 / GAPS, PAIRS * shapes.expand_dims(T, axis=(2,)), PAIRS * GRAM, PAIRS * (GRAM * t))
    ],
    "diagonal-of-triangular-product": [shapes.diagonal(matmul(LOWER, UPPER)), shapes.diagonal(matmul(T, T))],
}  # fmt: skip


def applied(name, root):
    [rule] = [rule for rule in known.rules(Facts({})) if rule.name == name]
    return rule.apply(root)


def test_every_rule_is_looked_at():
    assert {rule.name for rule in known.rules(Facts({}))} == set(FIRES) == set(SILENT)
    assert {rule.claim for rule in known.rules(Facts({}))} == {"REAL"}


@pytest.mark.parametrize("name", FIRES)
def test_a_rule_gives_what_was_there(name):
    for root in FIRES[name]:
        after = applied(name, root)
        assert after is not None and after.aval is root.aval
        old, new = evaluate(graph_of([x, t, T], root, after), VALUES, 0.7, np.random.default_rng(1).normal(size=(3, 3)))
        np.testing.assert_allclose(new, old, rtol=1e-14, atol=0)


@pytest.mark.parametrize("name", SILENT)
def test_a_rule_says_nothing_where_little_is_known(name):
    assert [applied(name, root) for root in SILENT[name]] == [None] * len(SILENT[name])


def test_what_is_declared_is_written_down_where_it_is_needed():
    facts = Facts({x: ("positive",)})
    [rule] = [rule for rule in known.rules(facts) if rule.name == "zero-times-finite"]
    assert rule.apply(0 * ew.sin(x)) is not None and not facts.used
    assert rule.apply(0 * ew.log(x)) is not None and list(facts.used) == [("x", "positive")]


def test_zeros_leave_the_source_and_exact_keeps_them():
    assert sd.function("log(0*x + 2)")(3.0) == np.log(2.0)
    assert "0 *" not in sd.function("0*x[0] + x[1]", x=2).source
    assert np.isnan(sd.function("0*x + 1", exact=True)(np.nan)) and sd.function("0*x + 1")(np.nan) == 1


def test_what_is_asked_to_find_nan_is_still_asked():
    x = np.array([np.nan, -2.0, np.inf])
    f = sd.function("where(abs(x) >= 0, x, 0)", x="n")
    np.testing.assert_array_equal(f(x), [0.0, -2.0, np.inf])
    np.testing.assert_array_equal(sd.function("where(x**2 < 0, 1, x)", x="n")(x), x)


def test_a_guard_stays_where_the_norm_may_be_zero():
    assert "== 0" in sd.grad("norm(x)", x="n").source
    np.testing.assert_array_equal(sd.grad("norm(x)", x="n")(np.zeros(3)), np.zeros(3))
    assert "== 0" not in sd.grad("sum(hypot(1 + x**2, x))", x="n").source
