"""The promise about masks: what is not selected contributes nothing, to value, gradient or second derivative.

A random program computes ``outer(where(m, inner(x, y), other))``. `inner` is a chain of elementwise functions, most of
them singular somewhere, and of linear ones that move elements; `outer` is any chain. Wherever m does not select, x and
y hold what `inner` cannot bear. The result must be that of harmless numbers in those places, and the derivatives too,
with zeros there.
"""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import symdiff as sd

N = 6
GOOD = 0.7
HARMLESS = np.full(N, GOOD), np.full(N, 0.9)
BAD = (0.0, -0.0, -1.0, np.nan, np.inf, -np.inf, 1e308, -1e308)
MILD = (0.0, -0.0, -1.0, 0.0, 0.0, -0.0, -1.0, -1.0)  # finite: see the promise in symdiff/autodiff/masks.py
MATRIX = np.random.default_rng(0).uniform(0.1, 1.0, (N, N))
WEIGHTS = np.random.default_rng(1).uniform(0.5, 1.5, N)
ELEMENTWISE = {
    "sqrt": lambda a, y: np.sqrt(a),
    "log": lambda a, y: 2 + np.log(a) / 8,
    "log1p": lambda a, y: np.log1p(a),
    "reciprocal": lambda a, y: 1 / a,
    "power": lambda a, y: a**1.5,
    "root": lambda a, y: a**0.3,
    "exponent": lambda a, y: a**y,
    "over": lambda a, y: a / y,
    "under": lambda a, y: y / (a + 1),
    "times": lambda a, y: a * y,
    "plus": lambda a, y: a + y,
    "exp": lambda a, y: np.exp(-a),
    "sin": lambda a, y: np.sin(a) / a,
    "arcsin": lambda a, y: 1 + np.arcsin(a / 4),
    "arctan2": lambda a, y: np.arctan2(a, y),
    "abs": lambda a, y: np.abs(a - 0.2),
    "maximum": lambda a, y: np.maximum(a, y),
    "clip": lambda a, y: np.clip(a, 0.1, 3.0),
    "hypot": lambda a, y: np.hypot(a, y),
    "relu": lambda a, y: np.maximum(a, 0.0) + 0.1,
}
MOVING = {  # as functions of the array, and of the mask, which they move the other way
    "flip": (lambda a: np.flip(a), lambda m: m[::-1]),
    "roll": (lambda a: np.roll(a, 2), lambda m: np.roll(m, -2)),
    "gather": (lambda a: a[np.array([3, 1, 0, 5, 2, 4])], lambda m: m[np.argsort([3, 1, 0, 5, 2, 4])]),
    "turn": (lambda a: np.reshape(np.reshape(a, (2, 3)).T, (N,)), lambda m: np.reshape(np.reshape(m, (3, 2)).T, (N,))),
    "join": (lambda a: np.concatenate([a[2:], a[:2]]), lambda m: np.concatenate([m[-2:], m[:-2]])),
}
OUTER = {
    "mix": lambda a: MATRIX @ a,
    "scale": lambda a: WEIGHTS * a,
    "tanh": lambda a: np.tanh(a),
    "square": lambda a: a**2 / 4,
    "softplus": lambda a: np.log(1 + np.exp(a)),
    "softmax": lambda a: np.exp(a) / np.sum(np.exp(a)),
    "centre": lambda a: a - np.mean(a),
    "add up": lambda a: np.cumsum(a) / N,
    "outer": lambda a: np.sum(a[:, None] * WEIGHTS, axis=1),
}
steps = st.one_of(st.sampled_from(sorted(ELEMENTWISE)), st.sampled_from(sorted(MOVING)))
masks = st.lists(st.booleans(), min_size=N, max_size=N).map(np.array)
bad = st.lists(st.integers(0, len(BAD) - 1), min_size=2 * N, max_size=2 * N)
others = st.sampled_from(["zero", "number", "array", "other side"])
outers = st.lists(st.sampled_from(sorted(OUTER)), max_size=3)


def program(chain, other, outer):
    def f(x, y, m):
        a = x
        for name in chain:
            a = MOVING[name][0](a) if name in MOVING else ELEMENTWISE[name](a, y)
        else_ = {"zero": 0.0, "number": 0.3, "array": WEIGHTS, "other side": np.tanh(WEIGHTS * np.where(m, 0.5, 0.25))}
        a = np.where(m, a, else_[other])
        for name in outer:
            a = OUTER[name](a)
        return np.sum(a * a)

    return f


def selected(chain, m):
    """Which elements of x, and of y, the mask lets through."""
    of_x, of_y = m, np.zeros(N, bool)
    for name in reversed(chain):
        if name in MOVING:
            of_x = MOVING[name][1](of_x)
        else:
            of_y = of_y | of_x  # where y meets what is let through
    return of_x, of_y


def results(f, points, *masks):
    """Value, gradients, and second derivatives along fixed vectors, at each of the points."""
    first, second, v = sd.value_and_grad(f, ("x", "y")), sd.hvp(f, ("x", "y")), np.linspace(0.5, 1.5, N)
    for x, y in points:
        with np.errstate(all="ignore"):
            value, (d_x, d_y) = first(x, y, *masks)
            yield [value, d_x, d_y, *second(x, y, v, v[::-1].copy(), *masks)]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(steps, min_size=1, max_size=3), others, outers, masks, bad)
def test_what_is_not_selected_contributes_nothing(chain, other, outer, m, poison):
    f = program(chain, other, outer)
    of_x, of_y = selected(chain, m)
    values = MILD if set(chain) & set(MOVING) else BAD
    poison = np.array([values[k] for k in poison])
    x, y = np.where(of_x, GOOD, poison[:N]), np.where(of_y, 0.9, poison[N:])
    found, wanted = results(f, [(x, y), HARMLESS], m)
    for part, reference in zip(found, wanted, strict=True):
        np.testing.assert_allclose(part, reference, rtol=1e-9, atol=1e-12)


MASKED = [
    ("sum(where(x > 0, sqrt(x), 0))", [0.0, -1.0, 4.0], [0, 0, 0.25], [0, 0, -1 / 32]),
    ("sum(where(x == 0, 1, sin(x)/x))", [0.0, 1.0, 2.0], [0, -0.30116867893975674, -0.43539777497999166], None),
    ("sum(where(x > 0, x*log(x), 0))", [0.0, -1.0, 1.0], [0, 0, 1], [0, 0, 1]),
    ("sum(where(x != 0, 1/x, 0))", [0.0, 2.0, -1.0], [0, -0.25, -1], [0, 0.25, -2]),
    ("sum(where(x > 0, log(x), x))", [0.0, -1.0, 2.0], [1, 1, 0.5], [0, 0, -0.25]),
    ("where(sum(x**2) > 0, norm(x), 0)", [0.0, 0.0, 0.0], [0, 0, 0], [0, 0, 0]),
    ("sum(maximum(sqrt(x), 1))", [0.0, 0.25, 4.0], [0, 0, 0.25], [0, 0, -1 / 32]),
    ("sum(relu(-sqrt(x)))", [0.0, 0.25, 4.0], [0, 0, 0], [0, 0, 0]),
    ("sum(clip(1/x, -1, 1))", [0.5, -0.5, 4.0], [0, 0, -1 / 16], [0, 0, 2 / 64]),
    ("sum(where(x > 0, sqrt(x), 0))**2", [0.0, -1.0, 4.0], [0, 0, 1], [0, 0, 0]),
]


@pytest.mark.parametrize(("text", "at", "first", "second"), MASKED, ids=[text for text, *_ in MASKED])
def test_dead_branches(text, at, first, second):
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(sd.grad(text, x="n")(at), first, rtol=1e-12, atol=1e-15)
        diagonal = np.diagonal(sd.hessian(text, "x", x="n")(at))
    assert np.all(np.isfinite(diagonal))
    if second is not None:
        np.testing.assert_allclose(diagonal, second, rtol=1e-12, atol=1e-15)


WITHIN = {  # how one mask is made of two
    "alone": lambda m, n: m,
    "and": np.logical_and,
    "&": lambda m, n: n & m,
    "or": np.logical_or,
    "not": lambda m, n: ~m,
}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(sorted(ELEMENTWISE)), max_size=2),
    st.lists(st.sampled_from(sorted(WITHIN)), min_size=2, max_size=3),
    masks,
    masks,
    bad,
)
def test_what_no_mask_of_several_selects_contributes_nothing(chain, how, m, n, poison):
    """One value that several masks let through, each to a use of its own."""

    def f(x, y, m, n):
        a = x * y
        for name in chain:
            a = ELEMENTWISE[name](a, y)
        parts = [np.where(WITHIN[word](m, n), a, WEIGHTS[k]) for k, word in enumerate(how)]
        return sum(np.sum(WEIGHTS * part ** (k + 1)) for k, part in enumerate(parts))

    chosen = np.any([WITHIN[word](m, n) for word in how], axis=0)
    bad_x, bad_y = np.array([BAD[k] for k in poison]).reshape(2, N)
    x, y = np.where(chosen, GOOD, bad_x), np.where(chosen, 0.9, bad_y)
    found, wanted = results(f, [(x, y), HARMLESS], m, n)
    for part, reference in zip(found[1:], wanted[1:], strict=True):
        np.testing.assert_allclose(part[~chosen], 0, atol=0)
        np.testing.assert_allclose(part[chosen], reference[chosen], rtol=1e-9, atol=1e-12)


def test_what_surrounds_a_decided_part_does_not_hide_the_decision():
    """The way back through a factor that is asked for in two branches: zeros lie around one of its elements."""

    def f(p):
        if p > 0.05 and np.linalg.cholesky(p * np.eye(2))[1, 1] < 1.3:
            return np.linalg.cholesky(p * np.eye(2))[1, 1]
        return 2 * p

    gradient = sd.grad(f, p=())
    np.testing.assert_allclose([gradient(-1.0), gradient(0.25), gradient(4.0)], [2, 1, 2], rtol=1e-14)


def test_a_quotient_behind_a_mask():
    f = sd.grad("sum(where(m, x / y, 0))", ("x", "y"), m=sd.spec("n", "bool"), x="n", y="n")
    d_x, d_y = f(m=np.array([True, False]), x=np.array([1.0, 1.0]), y=np.array([2.0, 0.0]))
    np.testing.assert_array_equal(d_x, [0.5, 0.0])
    np.testing.assert_array_equal(d_y, [-0.25, 0.0])


BY_CHANCE = {  # the residual is 0 at 1, and so is what flows back through it: that selects nothing
    "masked": lambda r, x: np.sum((np.where(x > 0, np.flip(r(x)), 1.0) - r(1.0)) ** 2),
    "slice": lambda r, x: np.sum((r(x)[1:] - r(1.0)) ** 2),
    "two slices": lambda r, x: np.sum((r(x)[1:] + r(x)[:-1] - 2 * r(1.0)) ** 2),
    "gather": lambda r, x: np.sum((r(x)[np.array([2, 1, 1])] - r(1.0)) ** 2),
    "maximum": lambda r, x: np.sum((np.maximum(r(x), -5.0) - r(1.0)) ** 2),
    "weights": lambda r, x: np.sum(np.array([0.0, 1.0, 1.0]) * (r(x) - r(1.0)) ** 2),
    "triangle": lambda r, x: np.sum((np.tril(r(np.outer(x, x))) - r(1.0)) ** 2),
    "constant beside it": lambda r, x: np.sum((r(np.concatenate([x, np.ones(2)])) - r(1.0)) ** 2),
    "largest": lambda r, x: np.max((r(x) - r(1.0)) ** 2 + np.array([0.0, 3.0, 0.0])),
}


@pytest.mark.parametrize("how", BY_CHANCE)
@pytest.mark.parametrize("root", [np.sqrt, np.log, np.reciprocal, np.cbrt], ids=lambda root: root.__name__)
def test_a_flow_that_is_zero_by_chance_is_no_mask(how, root):
    """The Hessian where residuals vanish is that of points beside it, in the limit."""
    f = lambda x: BY_CHANCE[how](root, x)  # noqa: E731
    hessian = sd.hessian(f)
    x, beside = np.array([1.0, 1.0, 1.0]), 1 + 1e-7 * np.array([1.0, 3.0, -2.0])
    np.testing.assert_allclose(hessian(x), hessian(beside), rtol=1e-4, atol=1e-5)
    nested = sd.grad(lambda x: np.sum(sd.grad(f)(x)))(x)
    np.testing.assert_allclose(nested, np.sum(hessian(x), axis=0), rtol=1e-9, atol=1e-12)


LEFT_OUT = {  # at 0, 1, 4, of which the first is left out
    "slice": lambda r: np.sum(r[1:]),
    "two slices": lambda r: np.sum(r[1:2]) + np.sum(r[2:]),
    "gather": lambda r: np.sum(r[np.array([1, 2])]),
    "take": lambda r: np.sum(np.take(r, [1, 2])),
    "along": lambda r: np.sum(np.take_along_axis(r, np.array([1, 2]), 0)),
    "delete": lambda r: np.sum(np.delete(r, 0)),
    "split": lambda r: np.sum(np.split(r, [1])[1]),
    "compress": lambda r: np.sum(np.compress([False, True, True], r)),
    "triangle": lambda r: np.sum(np.tril(np.stack([r, r, r]).T, -1)[:, 0]),
    "diagonal": lambda r: np.sum(np.diagonal(np.stack([np.roll(r, 1), r]))[1:]) + r[2],
    "weights": lambda r: np.sum(np.array([0.0, 1.0, 1.0]) * r),
    "product": lambda r: np.array([0.0, 1.0, 1.0]) @ r,
    "columns": lambda r: np.sum(np.array([[0.0, 0.25, 0.0], [0.0, 0.75, 1.0]]) @ r),
    "rows": lambda r: np.sum(np.stack([r, r], axis=1).T @ np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]])),
    "condition": lambda r: np.sum((np.arange(3) > 0) * r),
    "largest": lambda r: np.max(r) + np.median(r),
    "assigned over": lambda r: np.sum(assigned_over(r)),
}


def assigned_over(r):
    r = r + 0.0
    r[0] = 7.0
    return r


@pytest.mark.parametrize("how", LEFT_OUT)
def test_what_is_left_out_counts_as_not_selected(how):
    f, x = (lambda x: LEFT_OUT[how](np.sqrt(x))), np.array([0.0, 1.0, 4.0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(sd.grad(f)(x), [0, 0.5, 0.25], rtol=1e-12)
        np.testing.assert_allclose(np.diagonal(sd.hessian(f)(x)), [0, -0.25, -1 / 32], rtol=1e-12)


@pytest.mark.parametrize("how", LEFT_OUT)
def test_products_of_what_is_left_out(how):
    """Of a product the slopes of slopes are left out, too: what of a flow is absent, and what it is multiplied with."""

    def bell(x):
        c = np.clip(x, 0, 4)
        return LEFT_OUT[how](np.sqrt(c) * np.exp(-c))

    x, inside = np.array([0.0, 1.0, 3.0]), np.array([1.0, 3.0])
    first = np.exp(-inside) * (0.5 * inside**-0.5 - inside**0.5)
    second = np.exp(-inside) * (inside**0.5 - inside**-0.5 - 0.25 * inside**-1.5)
    if how == "largest":  # its largest element is that at 1, the median the one at 3
        assert np.argmax(np.sqrt(x) * np.exp(-x)) == 1
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(sd.grad(bell)(x), [0, *first], rtol=1e-12)
        np.testing.assert_allclose(np.diagonal(sd.hessian(bell)(x)), [0, *second], rtol=1e-12)
        np.testing.assert_allclose(sd.hvp(bell)(x, np.ones(3)), [0, *second], rtol=1e-12)
        slopes = sd.grad(bell)
        np.testing.assert_allclose(sd.grad(lambda x: np.sum(slopes(x)))(x), [0, *second], rtol=1e-12)


@pytest.mark.parametrize("twice", [lambda r: r + np.abs(r), lambda r: np.abs(r - 3) + r - 3, lambda r: np.abs(r) - r])
def test_half_of_a_number_and_its_size_selects_what_is_positive(twice):
    x = np.array([-4.0, -1.0, 3.5, 5.0])
    y = twice(x) / 2
    with np.errstate(all="ignore"):
        found = sd.grad(lambda x: np.sum(np.sqrt(twice(x) / 2)))(x)
    slope = twice(x + 0.25) - twice(x - 0.25)  # straight on either side
    np.testing.assert_allclose(found, np.where(y > 0, 0.5 * slope / np.sqrt(np.where(y > 0, y, 1)), 0), rtol=1e-12)


def test_what_is_left_out_is_not_differentiated():
    """The derivative is taken of the part alone, and no guard is printed; nor is one where parts make up the whole."""
    part = sd.grad("sum(sqrt(x)[1:])", x="n").source
    assert "d_x[1:] = 0.5 / " in part
    assert "where" not in part + sd.grad("sum(log(x)[1:] - log(x)[:-1])", x="n").source


@pytest.mark.parametrize("text", ["sum(x**p)", "sum(a * x**p / (b**p + x**p))", "sum((x * a)**(p * b))"])
def test_a_power_that_is_zero_asks_for_no_logarithm_of_zero(text):
    """The slope by the exponent is x**p log(x), whose limit at 0 is 0 for p > 0: no warning, in either order."""
    point = {"x": np.array([0.0, 0.5, 2.0]), "p": 2.5, "a": 1.5, "b": 0.7}
    inputs = {name: np.shape(value) for name, value in point.items() if re.search(rf"\b{name}\b", text)}
    values = {name: point[name] for name in inputs}
    f = sd.function(text, **inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        slope = sd.grad(f, "p")(**values)
        curvature = sd.hessian(f, "p")(**values)
    h = 1e-6
    above, below = ({**values, "p": point["p"] + step} for step in (h, -h))
    np.testing.assert_allclose(slope, (f(**above) - f(**below)) / (2 * h), rtol=1e-7)
    g = sd.grad(f, "p")
    np.testing.assert_allclose(curvature, (g(**above) - g(**below)) / (2 * h), rtol=1e-7)


WHOLE = ((slice(None, 2), 2), (0, slice(1, None)), (0, 1, -1), (slice(None, 1), 1, slice(-1, None)))
PARTIAL = ((slice(None, 2),), (0, 2), (1, -1), (slice(1, 2), 2))


@pytest.mark.parametrize("parts", [*WHOLE, *PARTIAL])
def test_parts_at_numbers_reach_as_far_as_slices_do(parts):
    """Where the parts of a value that are used reach all of it, no element has the derivative zero, and none a guard."""

    def f(x, w):
        y = np.sqrt(x @ w)
        return sum(np.sum(np.sin(y[part]) * (k + 1)) for k, part in enumerate(parts))

    w = np.eye(3) + 0.1
    grad = sd.grad(f)
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(grad(x, w), _slopes(f, x, w), rtol=1e-6)
    assert parts in PARTIAL or "np.where" not in grad.source
    if parts in PARTIAL:  # a root of zero that is not used
        x[list({0, 1, 2}.difference(*(np.atleast_1d(np.arange(3)[part]) for part in parts)))] = 0.0
        with np.errstate(all="ignore"):
            assert np.all(np.isfinite(grad(x, np.diag([1.0, 2.0, 4.0]))))


def _slopes(f, x, w, h=1e-6):
    steps = h * np.eye(len(x))
    return np.array([(f(x + step, w) - f(x - step, w)) / (2 * h) for step in steps])


def filled_behind_its_first(a, x):
    h = np.zeros(len(x))
    h[0] = x[0] / a
    for t in range(1, len(x)):
        h[t] = 0.9 * h[t - 1] + x[t]
    return h @ h


def left_out(a, x):
    h = np.zeros(len(x))
    h[0], h[1:] = x[0] / a, x[1:] * a
    return np.sum(h[1:] ** 2)


def test_a_part_that_all_of_a_flow_arrives_at_needs_no_guard():
    x = np.arange(1.0, 31.0)
    source = sd.grad(filled_behind_its_first, loops="keep").at(2.0, x).source
    assert "!= 0" not in source and "where" not in source
    h = 1e-6
    slope = (filled_behind_its_first(2.0 + h, x) - filled_behind_its_first(2.0 - h, x)) / (2 * h)
    assert sd.grad(filled_behind_its_first)(2.0, x) == pytest.approx(slope, rel=1e-6)
    assert [g.tolist() for g in sd.grad(left_out, (0, 1))(0.0, x[:3])] == [0.0, [0.0, 0.0, 0.0]]
