"""Functions that cannot be traced: derivatives by rules, and measured ones, are those of the function written out."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, ShapeError, UndefinedGradientError, UnsupportedError

X, P = np.random.default_rng(0).normal(size=3), 1.3


def written(x, p):
    return np.sin(x) * p**2


def black_box(x, p):
    """Looks at its arguments as no symbolic value lets it."""
    assert type(x) in (np.ndarray, np.float64, np.complex128, float)
    return np.array([np.sin(v) * p**2 for v in np.ravel(x)]).reshape(np.shape(x))


def shape(x, p):
    return x.shape


WAYS = {
    "vjp": {"vjp": lambda g, y, x, p: (g * np.cos(x) * p**2, np.sum(2 * g * np.sin(x) * p))},
    "jvp": {"jvp": lambda t, y, x, p: t[0] * np.cos(x) * p**2 + t[1] * np.sin(x) * 2 * p},
    "complex step": {"derivative": "complex step"},
    "differences": {"derivative": "differences"},
}
DERIVATIVES = {
    "grad": lambda f: sd.grad(lambda x, p: np.sum(np.exp(f(x, p))), ("x", "p"))(X, P),
    "jacobian": lambda f: sd.jacobian(f, ("x", "p"))(X, P),
    "jvp": lambda f: sd.jvp(f)(X, 2 * X, P),
    "stack": lambda f: sd.vmap(f, in_axes=(0, None))(np.stack([X, 2 * X]), P),
    "each": lambda f: sd.vmap(sd.grad(lambda x, p: np.sum(f(x, p) ** 2)), in_axes=(0, None))(np.stack([X, 2 * X]), P),
    "sparse": lambda f: sd.jacobian(lambda x, p: f(x, p), sparse=True)(X, P).toarray(),
    "loop": lambda f: sd.grad(lambda x, p: _repeated(f, x, p), ("x", "p"))(X, P),
}


def _repeated(f, x, p):
    total = 0.3 * p
    for k in range(3):
        total = f(total, p) + x[k] if total > -1 else total * x[k]
    return total


def _parts(value):
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", DERIVATIVES)
def test_derivatives_are_those_of_what_is_called(way, what):
    f = sd.external(black_box, shape, **WAYS[way])
    tolerance = 1e-7 if way == "differences" else 1e-12
    found, expected = DERIVATIVES[what](f), DERIVATIVES[what](written)

    for ours, theirs in zip(_parts(found), _parts(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("way", ["vjp", "jvp"])
def test_rules_are_differentiated_again(way):
    f = sd.external(black_box, shape, **WAYS[way])

    np.testing.assert_allclose(
        sd.hessian(lambda x, p: np.sum(f(x, p) ** 2))(X, P), sd.hessian(lambda x, p: np.sum(written(x, p) ** 2))(X, P)
    )


def test_what_is_measured_says_so():
    f = sd.external(black_box, shape, derivative="complex step")
    source = sd.value_and_grad(lambda x, p: np.sum(f(x, p)), x="n", p=()).source

    assert "black_box(x, p)" in source
    assert "black_box_jacobian_by_complex_step(x, p)" in source
    with pytest.raises(UndefinedGradientError, match=r"measured \(complex step\)"):
        sd.hessian(lambda x, p: np.sum(f(x, p) ** 2))(X, P)


def test_two_functions_of_one_name_are_two():
    def made(step):
        def two(t):
            return t + step

        return sd.external(two, ())

    first, second = made(1.0), made(10.0)

    assert sd.function(lambda t: first(t) - second(t))(5.0) == -9.0


def test_results_belong_to_the_program():
    kept = np.zeros(2)
    f = sd.function(lambda x: sd.external(lambda x: kept, 2)(x) + 0 * x)
    found = sd.function(lambda x: sd.external(lambda x: kept, 2)(x), x="2")(np.ones(2))
    found += 1

    assert not kept.any()
    assert f(np.ones(2)).shape == (2,)


def test_empty_stacks_and_arguments():
    f = sd.external(black_box, shape, derivative="complex step")

    assert sd.vmap(lambda x: f(x, 2.0))(np.zeros((0, 3))).shape == (0, 3)
    assert sd.grad(lambda x: np.sum(f(x, 2.0)))(np.zeros(0)).shape == (0,)


def test_errors(tmp_path):
    unknown = sd.external(black_box, shape)
    wrong = sd.external(lambda t: np.ones(3), ())

    with pytest.raises(UndefinedGradientError, match="black_box cannot be looked into"):
        sd.grad(lambda x: np.sum(unknown(x, 2.0)))(X)
    with pytest.raises(ShapeError, match=r"shape \(3,\), and it was said to be \(\)"):
        sd.function(lambda t: wrong(t))(2.0)
    with pytest.raises(UnsupportedError, match="calls black_box, which a file cannot hold"):
        sd.function(lambda x: unknown(x, 2.0), x="3").save(tmp_path / "f.py")
    with pytest.raises(ArgumentError, match="did you mean 'complex step'"):
        sd.external(black_box, shape, derivative="complex")
    with pytest.raises(ArgumentError, match="a rule, and derivative="):
        sd.external(black_box, shape, derivative="differences", vjp=lambda g, y, x, p: g)
    with pytest.raises(ArgumentError, match="is given a container"):
        sd.grad(lambda x: unknown([x, x], 2.0))(X)
    with pytest.raises(ArgumentError, match="takes a function"):
        sd.external(3, ())
