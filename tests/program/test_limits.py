"""Functions of a norm: at 0 and near it, however the norm is written, derivatives are those of the whole."""

import functools
from itertools import product

import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import variable
from symdiff.ops import elementwise as ew
from symdiff.program.limits import with_limits

t = sp.Symbol("t", nonnegative=True)
SQUARE = np.array([[2.0, 1.0], [1.0, 3.0]])

# What is written with NumPy, and the same in SymPy; all are smooth functions of x where r = |x| may be 0.
SMOOTH = {
    "squared": (lambda r: r**2, t**2),
    "cubed": (lambda r: r**3, t**3),
    "huber-like": (lambda r: np.sqrt(1 + r**2) - 1, sp.sqrt(1 + t**2) - 1),
    "gauss": (lambda r: np.exp(-(r**2) / 2), sp.exp(-(t**2) / 2)),
    "matern 3/2": (lambda r: (1 + r) * np.exp(-r), (1 + t) * sp.exp(-t)),
    "matern 5/2": (lambda r: (1 + r + r**2 / 3) * np.exp(-r), (1 + t + t**2 / 3) * sp.exp(-t)),
    "matern 5/2 scaled": (
        lambda r: (1 + np.sqrt(5) * r / 0.7 + 5 * r**2 / (3 * 0.7**2)) * np.exp(-np.sqrt(5) * r / 0.7),
        (1 + sp.sqrt(5) * t / sp.Rational(7, 10) + 5 * t**2 / (3 * sp.Rational(49, 100)))
        * sp.exp(-sp.sqrt(5) * t / sp.Rational(7, 10)),
    ),
    "fair": (lambda r: r - np.log1p(r), t - sp.log(1 + t)),
    "fair, log": (lambda r: 2 * r - 2 * np.log(1 + r), 2 * t - 2 * sp.log(1 + t)),
    "cosh": (np.cosh, sp.cosh(t)),
    "cos": (np.cos, sp.cos(t)),
    "log cosh": (lambda r: np.log(np.cosh(r)), sp.log(sp.cosh(t))),
    "r tanh": (lambda r: r * np.tanh(r), t * sp.tanh(t)),
    "exp of both": (lambda r: np.exp(r) + np.exp(-r), sp.exp(t) + sp.exp(-t)),
    "ratio": (lambda r: r**2 / (1 + r), t**2 / (1 + t)),
}
NORMS = {
    "norm": np.linalg.norm,
    "sqrt of sum": lambda x: np.sqrt(np.sum(x**2)),
    "sqrt of product": lambda x: np.sqrt(x @ x),
    "sqrt of terms": lambda x: np.sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2),
    "sqrt of mean": lambda x: np.sqrt(3) * np.sqrt(np.mean(x**2)),
    "hypot": lambda x: np.hypot(np.hypot(x[0], x[1]), x[2]),
    "one of a batch": lambda x: np.linalg.norm(np.stack([x, x + 1.0]), axis=1)[0],
    "from a table": lambda x: np.sqrt(np.sum((x[:, None] - np.array([[1.0, 0.0]])) ** 2, axis=0))[1],
    "along an axis": lambda x: np.sum(np.linalg.norm(x[None, :], axis=1)),
    "einsum": lambda x: np.sqrt(np.einsum("i,i->", x, x)),
}
SIZES = {
    "abs": np.abs,
    "sqrt": lambda x: np.sqrt(x**2),
    "hypot": lambda x: np.hypot(x, 0.0),
    "sqrt of x*x": lambda x: np.sqrt(x * x),
}
DIRECTION = np.array([2.0, -1.0, 2.0]) / 3


@functools.cache
def exact(expression, r):
    """f'(r) / r and f''(r), to many digits; the limit of the former at 0."""
    first, second = sp.diff(expression, t), sp.diff(expression, t, 2)
    if r == 0:
        limit = float(sp.limit(first / t, t, 0))
        return limit, limit
    at = sp.Rational(r)
    return float((first / t).subs(t, at).evalf(40)), float(second.subs(t, at).evalf(40))


def tolerance(r):
    """f'(r) is rounded, and then divided by r: what is not seen to cancel has these digits near 0."""
    return 1e-12 if r == 0 or r > 1e-2 else 1e-14 / r


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("outer", "norm"), list(product(SMOOTH, NORMS)), ids=lambda x: x)
def test_functions_of_a_norm(outer, norm):
    f, expression = SMOOTH[outer]
    across = np.outer(DIRECTION, DIRECTION)

    def of_norm(x):
        return f(NORMS[norm](x))

    gradient, hessian, product_with = sd.grad(of_norm), sd.hessian(of_norm), sd.hvp(of_norm)
    for r in (0.0, 1e-5, 0.9):
        quotient, second = exact(expression, r)
        x, expected = r * DIRECTION, quotient * (np.eye(3) - across) + second * across
        near = {"rtol": 0, "atol": tolerance(r), "err_msg": f"r = {r}"}
        np.testing.assert_allclose(gradient(x), quotient * x, rtol=0, atol=1e-14, err_msg=f"r = {r}")
        np.testing.assert_allclose(hessian(x), expected, **near)
        np.testing.assert_allclose(product_with(x, DIRECTION), expected @ DIRECTION, **near)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("outer", "size"), list(product(SMOOTH, SIZES)), ids=lambda x: x)
def test_functions_of_a_size(outer, size):
    f, expression = SMOOTH[outer]

    def of_size(x):
        return f(SIZES[size](x))

    first_order, second_order = sd.grad(of_size), sd.grad(sd.grad(of_size))
    for x in (0.0, -1e-5, 1e-5, -0.9):
        quotient, second = exact(expression, abs(x))
        assert first_order(x) == pytest.approx(quotient * x, rel=0, abs=1e-14), f"x = {x}"
        assert second_order(x) == pytest.approx(second, rel=0, abs=tolerance(abs(x))), f"x = {x}"


@pytest.mark.parametrize("outer", [name for name in SMOOTH if name != "cubed"])
def test_kernels_of_all_pairs(outer):
    """The diagonal of a matrix of distances is 0, and the kernel is smooth there, weighted and inside a solve."""
    f, _ = SMOOTH[outer]
    shift = 3.0 * np.eye(2) + np.array([[0.0, 0.2], [0.2, 0.0]])

    def energy(a, x):
        r = np.linalg.norm(a[:, None, :] - x[None, :, :], axis=-1)
        return np.sum(SQUARE * np.linalg.inv(shift + 0.1 * f(r)))

    x = np.array([[0.0, 0.0], [0.3, 0.4]])
    found = sd.hessian(energy)(x, x)
    step = 1e-5
    slope = sd.grad(energy)
    for index in np.ndindex(2, 2):
        by = np.zeros((2, 2))
        by[index] = step
        np.testing.assert_allclose(found[index], (slope(x + by, x) - slope(x - by, x)) / (2 * step), atol=2e-5)


@pytest.mark.parametrize("norm", NORMS)
def test_the_derivative_of_every_norm_is_zero_at_zero(norm):
    assert np.array_equal(sd.grad(NORMS[norm])(np.zeros(3)), np.zeros(3))


@pytest.mark.parametrize("f", [np.std, lambda x: np.sqrt(np.var(x)), lambda x: np.sqrt(np.mean((x - np.mean(x)) ** 2))])
def test_functions_of_a_deviation(f):
    """cosh(std(x)) is 1 + var(x) / 2 + …"""
    x = np.full(3, 2.0)

    assert np.array_equal(sd.grad(f)(x), np.zeros(3))
    np.testing.assert_allclose(sd.hessian(lambda x: np.cosh(f(x)))(x), (np.eye(3) - 1 / 3) / 3, atol=1e-14)


def test_what_is_no_norm_keeps_its_infinite_derivative():
    assert sd.grad(np.sqrt)(0.0) == np.inf
    assert sd.grad(lambda x: np.sqrt(x**2 + x))(0.0) == np.inf
    assert sd.grad(sd.grad(np.abs))(0.0) == 0
    assert sd.grad(sd.grad(lambda x: np.abs(x) ** 1.5))(1.0) == pytest.approx(0.75)


def test_a_kernel_is_written_as_by_hand():
    """(1 + r) exp(-r): the quotients by r cancel, and only the outer product holds one."""
    hessian = sd.hessian("(1 + norm(x)) * exp(-norm(x))", "x")

    hessian(np.zeros(2))

    assert hessian.source.count(" if norm == 0 else ") == 1


def guarded_sinc(r):
    """sin(r) / r as people write it, with a series near 0."""
    small = r < 1e-3
    safe = np.where(small, 1.0, r)
    return np.where(small, 1 - r**2 / 6, np.sin(safe) / safe)


@pytest.mark.parametrize(
    ("f", "curvature"),
    [(np.sinc, -(np.pi**2) / 3), (guarded_sinc, -1 / 3), (lambda r: np.sinc(2 * r), -4 * np.pi**2 / 3)],
)
def test_what_is_guarded_at_0_is_differentiated_on_the_side_that_is_taken_there(f, curvature):
    hessian = sd.hessian(lambda x: f(np.linalg.norm(x)))(np.zeros(2))

    np.testing.assert_allclose(hessian, curvature * np.eye(2), rtol=1e-12, atol=1e-12)
    assert sd.grad(sd.grad(lambda x: f(np.abs(x))))(0.0) == pytest.approx(curvature)


def test_norms_that_are_never_0_have_no_limits():
    """``hypot(1, x)`` is not 0: limits of limits there made each layer of it four times as large as the one below."""
    x = h = variable("x", Aval("float64", (3,)))
    for _ in range(4):
        r = ew.hypot(1.0, h)
        h = ew.norm_quotient(ew.exp(r), r)
    graph = Graph((x,), (h,))

    assert with_limits(graph).outputs == graph.outputs


def test_layers_of_norms_that_are_never_0():
    def layers(x):
        for _ in range(6):
            x = x / np.sqrt(x**2 + 1)
        return np.sum(x)

    x, v = np.array([0.0, 1.0, -2.0]), np.array([1.0, 2.0, 3.0])

    np.testing.assert_allclose(sd.hvp(layers)(x, v), -18 * x * v / (1 + 6 * x**2) ** 2.5, rtol=1e-12)


LAYERS = {
    "never zero": lambda x: x / np.sqrt(x**2 + 1),
    "softsign": lambda x: x * np.abs(x) / (1 + np.abs(x)),
    "hypot": lambda x: x * np.tanh(np.hypot(x, x[0])),
    "rows": lambda x: x * np.tanh(np.linalg.norm(x, axis=-1, keepdims=True)),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_layers_of_norms_do_not_hold_limits_of_limits_of_limits(layer):
    """Each layer more costs as much as any other: the second differences of the numbers of nodes are small."""

    def network(depth):
        return lambda x: np.sum(functools.reduce(lambda h, _: layer(h), range(depth), x))

    x, v = np.array([0.4, -1.2, 2.0]), np.array([1.0, 0.5, -2.0])
    product = {depth: sd.hvp(network(depth)) for depth in (4, 6, 8)}
    values = {depth: f(x, v) for depth, f in product.items()}
    four, six, eight = (len(f.graph.whole) for f in product.values())
    assert eight - six <= 2 * (six - four)
    gradient = sd.grad(network(8))
    near = (gradient(x + 1e-5 * v) - gradient(x - 1e-5 * v)) / 2e-5
    np.testing.assert_allclose(values[8], near, rtol=1e-6, atol=1e-9)


def rows(x):
    return np.sqrt(np.sum(x**2, axis=1))


def apart(x):
    return [np.sqrt(np.sum(x[k] ** 2)) for k in range(3)]


TOGETHER = {  # what is made of norms, which are rows of one array, or each for itself
    "two": lambda f, r: f(r[0]) * f(r[1]),
    "all": lambda f, r: f(r[0]) * f(r[1]) * f(r[2]),
    "weighted": lambda f, r: 2 * f(r[0]) - f(r[2]) * f(r[1]) ** 2,
    "one twice": lambda f, r: f(r[1]) * (f(r[1]) + f(r[0])),
}
NEIGHBOURS = {
    "slices": (lambda f, r: np.sum(f(r[1:]) * f(r[:-1])), lambda f, r: f(r[1]) * f(r[0]) + f(r[2]) * f(r[1])),
    "a slice and one": (lambda f, r: np.sum(f(r[:2])) * f(r[2]), lambda f, r: (f(r[0]) + f(r[1])) * f(r[2])),
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("outer", ["gauss", "matern 3/2", "matern 5/2", "fair", "log cosh", "ratio"])
@pytest.mark.parametrize("name", [*TOGETHER, *NEIGHBOURS])
def test_norms_of_rows_are_norms_each_for_itself(outer, name):
    """Elements of one array of norms are picked: each has its own limit, whatever becomes of the others."""
    f = SMOOTH[outer][0]
    of_rows, of_each = NEIGHBOURS.get(name) or (TOGETHER[name],) * 2
    x = np.array([[0.0, 0.0], [0.3, -0.4], [0.0, 0.0]])
    of_rows_twice, of_each_twice = sd.hessian(lambda x: of_rows(f, rows(x))), sd.hessian(lambda x: of_each(f, apart(x)))
    for k in range(3):
        y = np.roll(x, k, axis=0)
        np.testing.assert_allclose(of_rows_twice(y), of_each_twice(y), rtol=1e-12, atol=1e-12, err_msg=str(k))
