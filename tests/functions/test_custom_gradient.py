"""Derivatives that the user gives: both rules say the same in both modes, to second order, in stacks."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, DTypeError, ShapeError, UndefinedGradientError, UnsupportedError

RNG = np.random.default_rng(0)
X, Y, V = RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=3)


def value(x, y):
    return np.exp(x) * y


BY_VJP = sd.custom_gradient(value, vjp=lambda g, z, x, y: (7 * g * z, g * np.exp(x)))
BY_JVP = sd.custom_gradient(value, jvp=lambda t, z, x, y: 7 * t[0] * z + t[1] * np.exp(x))
BY_BOTH = sd.custom_gradient(
    value, vjp=lambda g, z, x, y: (7 * g * z, g * np.exp(x)), jvp=lambda t, z, x, y: 7 * t[0] * z + t[1] * np.exp(x)
)
SLOPES = np.exp(X) * Y * 7, np.exp(X)


@pytest.mark.parametrize("f", [BY_VJP, BY_JVP, BY_BOTH])
def test_the_rule_is_the_derivative_in_both_modes(f):
    found = sd.grad(lambda x, y: np.sum(f(x, y) * V), (0, 1))(X, Y)
    along = sd.jvp(lambda x, y: f(x, y), (0, 1))(X, Y, V, 2 * V)

    np.testing.assert_allclose(found, [s * V for s in SLOPES])
    np.testing.assert_allclose(along, SLOPES[0] * V + SLOPES[1] * 2 * V)


@pytest.mark.parametrize("f", [BY_VJP, BY_JVP, BY_BOTH])
def test_the_rule_is_differentiated_in_turn(f):
    second = sd.jacobian(sd.grad(lambda x: np.sum(f(x, Y))))(X)  # of 7 exp(x) y, of which z has the given derivative
    np.testing.assert_allclose(second, np.diag(49 * np.exp(X) * Y))


CLIPPED = {
    "vjp": sd.custom_gradient(lambda x: x, vjp=lambda g, y, x: np.clip(g, -1.0, 1.0)),
    "jvp": sd.custom_jvp(lambda x: x, lambda t, y, x: np.clip(t[0], -1.0, 1.0)),
}


def test_a_rule_that_is_not_linear_serves_its_own_mode_alone():
    backward, forward = (lambda x: 5 * CLIPPED["vjp"](x)), (lambda x: CLIPPED["jvp"](5 * x))

    np.testing.assert_array_equal(sd.vjp(backward)(X, np.array([0.1, 1.0, -1.0])), [0.5, 1.0, -1.0])
    np.testing.assert_array_equal(sd.jvp(forward)(X, np.array([0.1, 1.0, -1.0])), [0.5, 1.0, -1.0])
    for other in (lambda: sd.jvp(backward)(X, V), lambda: sd.jacobian(backward)(X), lambda: sd.vjp(forward)(X, V)):
        with pytest.raises(UndefinedGradientError, match="not linear"):
            other()


def _no_gradient(g, y, x, w):
    """A rule that is the derivative of no function: its own derivative is not symmetric."""
    return g * np.concatenate([x[1:] ** 2, w[:1]]), g * x * w


FORCE = sd.custom_gradient(lambda x, w: np.sum(x * w), vjp=_no_gradient)
FORMS = {
    "dense": lambda f, *args: sd.hessian(f, (0, 1))(*args),
    "sparse": lambda f, *args: [[b.toarray() for b in row] for row in sd.hessian(f, (0, 1), sparse=True)(*args)],
    "structured": lambda f, *args: [
        [b.toarray() for b in row] for row in sd.hessian(f, (0, 1), form="structured")(*args)
    ],
    "beside": lambda f, *args: sd.value_grad_hessian(f, (0, 1))(*args)[2],
    "operator": lambda f, *args: [[sd.hessian_operator(f)(*args) @ np.eye(4)], []],
    "transposed": lambda f, *args: [[(sd.hessian_operator(f)(*args).T @ np.eye(4)).T], []],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", [lambda x, w: FORCE(x, w), lambda x, w: np.exp(_in_loop(x, w))])
def test_a_hessian_is_the_jacobian_of_the_gradient_also_of_rules_that_are_no_gradient(form, around):
    x, w = np.linspace(0.5, 1.0, 4), np.linspace(0.1, 0.3, 4)
    expected = sd.jacobian(sd.grad(around, (0, 1)), (0, 1))(x, w)

    assert not np.allclose(expected[0][0], expected[0][0].T)
    for row, other in zip(FORMS[form](around, x, w), expected, strict=True):
        for block, dense in zip(row, other, strict=False):
            np.testing.assert_allclose(block, dense, rtol=1e-12, atol=1e-14)


def _in_loop(x, w):
    s = 0.0
    for k in range(3):
        s = s + k * FORCE(x, w * s)
    return s + FORCE(x, w)


@pytest.mark.parametrize("f", [BY_VJP, BY_JVP, BY_BOTH])
def test_in_stacks(f):
    np.testing.assert_allclose(sd.vmap(sd.grad(lambda x, y: f(x, y)))(X, Y), SLOPES[0])
    np.testing.assert_allclose(sd.jacobian(lambda x: f(x, Y))(X), np.diag(SLOPES[0]))


def test_plain_numbers_are_given_to_the_function_itself():
    seen = []
    f = sd.custom_gradient(lambda x: seen.append(x) or x, vjp=lambda g, y, x: g)
    assert f(2.0) == 2.0
    assert seen == [2.0]


def test_containers_in_and_out():
    f = sd.custom_gradient(
        lambda p, k: (p["a"] * 2, p["b"] + k), vjp=lambda g, y, p, k: ({"a": 5 * g[0], "b": 10 * g[1]}, None)
    )
    g = sd.grad(lambda p, k: np.sum(f(p, k)[0]) + f(p, k)[1], (0, 1))({"a": X, "b": 3.0}, 1.0)
    np.testing.assert_array_equal(g[0]["a"], [5, 5, 5])
    assert (g[0]["b"], g[1]) == (10, 0)


def test_single_precision_stays():
    g = sd.grad(lambda x: np.sum(BY_VJP(x, x)))(X.astype("float32"))
    assert g.dtype == np.float32


def test_values_are_those_of_the_function_in_the_source():
    f = sd.function(lambda x: BY_VJP(x, 2.0) + 1, x="n")
    assert f.source.strip().splitlines()[-1].split("return ")[1].split("  ")[0] == "2 * np.exp(x) + 1"


def test_a_known_stable_derivative():
    softplus = sd.custom_jvp(lambda x: np.log(1 + np.exp(x)), lambda t, y, x: t[0] * (1 - np.exp(-y)))
    assert sd.grad(lambda x: softplus(x))(0.0) == 0.5


@pytest.mark.parametrize("what", [lambda x: x * sd.stop_gradient(x)])
def test_what_is_stopped_is_constant(what):
    assert sd.grad(what)(3.0) == 3.0
    assert sd.grad(sd.grad(what))(3.0) == 0.0
    assert sd.jvp(what)(3.0, 1.0) == 3.0
    assert sd.vmap(sd.grad(what))(X).tolist() == X.tolist()
    assert sd.function(what)(3.0) == 9.0
    assert "stop" not in sd.function(what).source


def test_stopped_containers_and_plain_values_are_what_they_were():
    assert sd.stop_gradient({"a": 1.0, "b": "text"}) == {"a": 1.0, "b": "text"}
    g = sd.grad(lambda p: np.sum(p["a"] * sd.stop_gradient(p)["a"]))({"a": X})
    np.testing.assert_array_equal(g["a"], X)


def around(w):
    return sd.custom_gradient(lambda x: x * w, vjp=lambda g, y, x: g)(2 * w)


TWO = sd.custom_gradient(value, vjp=lambda g, z, x, y: (g,))
LONG = sd.custom_gradient(value, vjp=lambda g, z, x, y: (np.ones(7), g))
OTHER = sd.custom_gradient(lambda p: p["a"], vjp=lambda g, y, p: {"b": g})
TRUTH = sd.custom_gradient(lambda x: x > 0, vjp=lambda g, y, x: g)
AHEAD = sd.custom_gradient(value, jvp=lambda t, z, x, y: (z, z))


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (lambda: sd.custom_gradient(value), ArgumentError, "takes a function, and a rule"),
        (lambda: sd.custom_gradient(3.0, vjp=value), ArgumentError, "takes a function, and a rule"),
        (lambda: sd.grad(around)(2.0), UndefinedGradientError, "a variable around the function"),
        (
            lambda: sd.grad(lambda x: TWO(x, 1.0))(2.0),
            ArgumentError,
            "vjp gives 1 cotangents, and there are 2 arguments",
        ),
        (lambda: sd.grad(lambda x: np.sum(LONG(x, 1.0)))(X), ShapeError, "vjp gives f64\\[7\\] for an argument"),
        (lambda: sd.grad(OTHER)({"a": 2.0}), ArgumentError, "other containers than the argument"),
        (lambda: sd.grad(lambda x: x * TRUTH(x))(2.0), DTypeError, "it must give floats"),
        (lambda: sd.grad(lambda x: AHEAD(x, 1.0))(2.0), ArgumentError, "jvp gives a tangent in other containers"),
    ],
)
def test_errors_say_what_to_do(make, kind, says):
    with pytest.raises(kind, match=says):
        make()


def test_checks_of_the_function_itself_stay():
    def root(x):
        if x < 0:
            raise ValueError("negative")
        return np.sqrt(x)

    f = sd.grad(lambda x: x * sd.custom_gradient(root, vjp=lambda g, y, x: g / (2 * y))(1.0 * x))

    assert f(4.0) == 3.0
    with pytest.raises(ValueError, match="negative"):
        f(-1.0)


def test_rules_raise_nothing():
    def rule(t, y, x):
        if y < 1:
            raise ValueError("small")
        return t[0] / (2 * y)

    with pytest.raises(UnsupportedError, match="jvp raises ValueError"):
        sd.grad(lambda x: sd.custom_jvp(np.sqrt, rule)(1.0 * x))(4.0)


def _written(u, v):
    return np.sin(u) * v**2


WAYS = {
    "vjp": {"vjp": lambda g, y, u, v: (g * np.cos(u) * v**2, 2 * g * np.sin(u) * v)},
    "jvp": {"jvp": lambda t, y, u, v: t[0] * np.cos(u) * v**2 + t[1] * np.sin(u) * 2 * v},
}


def _in_steps(h, x):
    s = x[0]
    for k in range(3):
        s = h(s, x[k]) + 0.1 * x[k]
    return s * x


def _on_a_side(h, x):
    return h(x, x[::-1]) if np.sum(x) > 0.5 else x


def _until(h, x):
    s, k = x[0], 0
    while s < 3.0 and k < 3:
        s, k = s + h(x[k], x[k]), k + 1
    return s * x


MODES = {
    "hessian": lambda f, x, X: sd.hessian(lambda x: np.sum(np.exp(f(x))))(x),
    "products": lambda f, x, X: sd.hvp(lambda x: np.sum(np.exp(f(x))))(x, x[::-1].copy()),
    "stack": lambda f, x, X: sd.grad(lambda X: np.sum(np.cos(sd.vmap(f)(X))))(X),
    "each": lambda f, x, X: sd.vmap(sd.jacobian(f))(X),
    "sparse": lambda f, x, X: sd.jacobian(f, sparse=True)(x).toarray(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", [_in_steps, _on_a_side, _until])
@pytest.mark.parametrize("mode", MODES)
def test_rules_in_steps_and_on_sides_in_every_mode(way, program, mode):
    if program is _until and mode in ("each", "sparse"):
        return  # neither passes a loop of unknown length
    x = np.array([0.5, 0.9, 0.7])
    X, h = np.stack([x, x + 0.2]), sd.custom_gradient(_written, **WAYS[way])
    found, expected = (MODES[mode](lambda x, h=h: program(h, x), x, X) for h in (h, _written))

    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
