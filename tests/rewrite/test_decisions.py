"""Pieces of numbers: one condition for each piece but the last, in the value and in every derivative."""

import math
import re

import numpy as np
import pytest

import symdiff as sd

PIECES = [np.sin, lambda x: x * np.log(x), np.sqrt, lambda x: x**3 - 1 / x, lambda x: np.exp(-x) * x]


def pieces(n):
    """sin below 1, the next one below 2, and so on; nested as people nest them."""

    def f(x):
        value = PIECES[n - 1](x)
        for k in reversed(range(n - 1)):
            value = np.where(x < k + 1, PIECES[k](x), value)
        return value

    return f


def as_sum(n):
    """The same pieces as terms, each with its own window."""

    def f(x):
        inside = [np.logical_and(k <= x, x < k + 1) for k in range(n)]
        return sum(np.where(c, piece(x), 0.0) for c, piece in zip(inside, PIECES, strict=False))

    return f


def conditions(source):
    return len(re.findall(r"\bif\b", source.split("_ieee")[0])) + source.split("_ieee")[0].count("elif")


KINDS = {"grad": sd.grad, "value_and_grad": sd.value_and_grad, "hessian": sd.hessian}


@pytest.mark.parametrize("n", range(2, 6))
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_condition_for_each_piece(kind, n):
    g = kind(pieces(n), x=())
    assert conditions(g.source) <= n - 1
    for k in range(n):
        alone = kind(PIECES[k], x=())
        np.testing.assert_allclose(g(k + 0.7), alone(k + 0.7), rtol=1e-13)


@pytest.mark.parametrize("n", range(2, 5))
def test_windows(n):
    g = sd.value_and_grad(as_sum(n), x=())
    assert g(-1.0) == g(n + 1.0) == (0.0, 0.0)
    for k in range(n):
        assert g(k + 0.7) == pytest.approx(sd.value_and_grad(PIECES[k], x=())(k + 0.7), rel=1e-13)


def test_the_side_that_is_not_taken_is_not_computed():
    """A guard against what it would give is not there either, and nothing falls back to NumPy."""
    g = sd.value_and_grad(lambda x: np.where(x > 0, np.log(x) / x, x * x * x * np.cos(x)), x=())
    source = g.source.split("_ieee")[0]
    assert "1.0 if" not in source and "else 1.0" not in source
    assert g(-2.0)[0] == -8 * math.cos(-2.0)


def test_numbers_that_both_sides_need_are_computed_before():
    source = sd.value_and_grad(lambda x: np.where(x > 1, np.exp(x) * np.sin(x), np.exp(x) - x * x), x=()).source
    assert source.split("_ieee")[0].count("exp(x)") == 1


def test_arrays_keep_their_selections():
    source = sd.grad(lambda x: np.sum(np.where(x > 0, np.sin(x), np.cos(x) * x)), x="n").source
    assert "np.where(" in source and "else:" not in source


@pytest.mark.parametrize("n", [30, 200])
def test_many_conditions_are_no_exponential_text(n):
    """Independent ones are not multiplied out, and nested ones nest no deeper than Python allows."""

    def terms(x):
        return sum(np.where(x > 0.1 * k, np.sin(x) * k, x + k) for k in range(n))

    def nested(x):
        for k in range(n):
            x = np.where(x > 0.1 * k, np.sin(x) + x, 0.5 * x)
        return x

    for f in (terms, nested):
        g = sd.grad(f, x=())
        assert len(g.source) < 900 * n
        h = 1e-6
        assert g(0.7312) == pytest.approx((f(0.7312 + h) - f(0.7312 - h)) / (2 * h), rel=1e-5)


@pytest.mark.parametrize("depth", [5, 60])
def test_conditions_share_their_parts(depth):
    """A condition that is asked on two ways is looked at once: there are 2**depth ways through these."""
    x = sd.var("x", ())
    condition, value = x > 0, x
    for k in range(depth):
        condition = np.logical_or(np.logical_and(condition, x > -k), np.logical_and(condition, x < k + 3))
        value = value + np.where(condition, np.sin(x + k), 0.0)
    f = sd.function(value)
    for at in (-1.5, 0.5, 40.0):
        assert f(at) == pytest.approx(at + (sum(math.sin(at + k) for k in range(depth)) if at > 0 else 0.0), rel=1e-13)
