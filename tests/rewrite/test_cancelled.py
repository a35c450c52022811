"""Terms that cancel by the laws of exponents: what is said to be equal is equal, and the Greeks are those of textbooks."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import ndtr

import symdiff as sd
from symdiff.graph.aval import Aval
from symdiff.graph.node import Node, variable
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.rewrite.residues import are_equal

X, Y, Z = (variable(name, Aval("float64")) for name in "xyz")
exp, log, sqrt, square = ew.exp, ew.log, ew.sqrt, ew.square

EQUAL = [
    (X * exp(Y), Y * exp(Y + log(X / Y)), 1),
    (-X * exp(Y) * exp(Z), X * exp(Y + Z), -1),
    (sqrt(X) * sqrt(X) * exp(Y), X * exp(Y), 1),
    (exp(square(X) - square(Y)), exp((X - Y) * (X + Y)), 1),
    (exp(-square(X / 1.4142135623730951)), exp(-0.5 * X * X), 1),
    (exp(log(X) - log(Y)) * Z, Z * X / Y, 1),
]
APART = [
    (sqrt(square(X)) * exp(Y), X * exp(Y)),  # |x|
    (exp(0.5 * log(square(X))), X),  # |x|
    (sqrt(X * Y) * exp(Z), -sqrt(X * Y) * exp(Z) * exp(X)),
    (X * exp(Y), X * exp(Z)),
    (exp(X + 1e-9), exp(X)),
    (exp(log(-X) * 2) * Z, exp(2 * log(X)) * Z),
]


@pytest.mark.parametrize(("a", "b", "sign"), EQUAL)
def test_products_that_are_equal(a: Node, b: Node, sign: int) -> None:
    assert are_equal(a, b) == sign


@pytest.mark.parametrize(("a", "b"), APART)
def test_products_that_are_not_the_same_everywhere(a: Node, b: Node) -> None:
    assert are_equal(a, b) == 0


def run(node: Node, values: dict[Node, float]) -> float:
    """The value of a node, step by step."""
    known: dict[Node, object] = dict(values)
    for n in toposort([node]):
        if n not in known:
            known[n] = np.float64(n.literal.value) if n.literal is not None else n.op.fn(*[known[x] for x in n.inputs])
    return float(known[node])  # type: ignore[arg-type]


def formula(rng: random.Random, depth: int) -> Node:
    if not depth or rng.random() < 0.15:
        return rng.choice((X, Y, X, Y, Z, Z * 2.0, Z / 3.0))
    binary = (ew.add, ew.subtract, ew.multiply, ew.divide, ew.multiply, ew.divide)
    unary = (exp, log, sqrt, square, square, sqrt, ew.negative)
    if rng.random() < 0.5:
        return rng.choice(binary)(formula(rng, depth - 1), formula(rng, depth - 1))
    return rng.choice(unary)(formula(rng, depth - 1))


WAYS: tuple[Callable[[Node], Node], ...] = (
    lambda x: exp(log(x)),
    lambda x: sqrt(square(x)),
    lambda x: square(sqrt(x)),
    lambda x: exp(0.5 * log(square(x))),
    lambda x: ew.negative(ew.negative(x)),
    lambda x: x * exp(Y) * exp(-Y),
    lambda x: x / Z * Z,
    lambda x: exp(log(x / Z) + log(Z)),
    lambda x: sqrt(x * Z) * sqrt(x / Z),
)


def disguised(rng: random.Random, a: Node) -> Node:
    """What may be equal to `a`, by laws of which some hold for positive numbers only."""
    for _ in range(rng.randint(1, 3)):
        a = rng.choice(WAYS)(a)
    return a


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_said_to_be_equal_is_equal_wherever_both_are_numbers() -> None:
    rng, said = random.Random(15), 0
    for _ in range(400):
        a = formula(rng, rng.randint(1, 3))
        b = disguised(rng, a)
        sign = are_equal(a, b)
        said += sign != 0
        for _ in range(12 if sign else 0):
            values = {v: rng.choice((-1, 1)) * rng.uniform(0.2, 2.0) for v in (X, Y, Z)}
            p, q = run(a, values), run(b, values)
            if np.isfinite(p) and np.isfinite(q):
                np.testing.assert_allclose(p, sign * q, rtol=1e-9)
    assert said > 60


def call(S, K, T, r, s):
    root = s * np.sqrt(T)
    d1 = (np.log(S / K) + (r + s * s / 2) * T) / root
    return np.sum(S * ndtr(d1) - K * np.exp(-r * T) * ndtr(d1 - root))


def with_dividends(S, K, T, r, s):
    root = s * np.sqrt(T)
    d1 = (np.log(S / K) + (r - 0.02 + s * s / 2) * T) / root
    return np.sum(S * np.exp(-0.02 * T) * ndtr(d1) - K * np.exp(-r * T) * ndtr(d1 - root))


@pytest.mark.parametrize("price", [call, with_dividends])
def test_the_greeks_of_textbooks(price) -> None:
    rng = np.random.default_rng(3)
    data = [rng.uniform(low, high, 5) for low, high in ((80, 120), (80, 120), (0.2, 2), (0.01, 0.05), (0.1, 0.4))]
    found = sd.grad(price, wrt=("S", "K", "T", "r", "s"))
    exact = sd.grad(price, wrt=("S", "K", "T", "r", "s"), exact=True)
    for a, b in zip(found(*data), exact(*data), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert found.source.count("np.exp(-0.5") == 1
    assert "exponents-cancel" in found.explain_rewrites()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_at_expiry_the_limit_is_found() -> None:
    """With T = 0 the two terms are 0, and were divided by a spread of 0."""
    S, K, T, r, s = (np.array([a, b]) for a, b in ((120.0, 80.0), (100.0, 100.0), (0.0, 0.0), (0.03, 0.03), (1.0, 1.0)))
    np.testing.assert_array_equal(sd.grad(call)(S, K, T, r, s), [1.0, 0.0])
