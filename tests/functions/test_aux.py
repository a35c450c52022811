"""Functions that return more than what is differentiated."""

import pickle
import runpy

import numpy as np
import pytest

import symdiff as sd

W, X = np.array([1.0, 2.0]), np.arange(6.0).reshape(3, 2)
MAKERS = (sd.grad, sd.jacobian, sd.hessian, sd.jvp, sd.vjp, sd.hvp)


def loss(w, X):
    return np.sum((X @ w) ** 2) / 2


def with_more(w, X):
    r = X @ w
    return np.sum(r**2) / 2, {"residuals": r, "more": [np.max(r), ("text", None)]}


def is_aux(found):
    assert list(found) == ["residuals", "more"]
    np.testing.assert_array_equal(found["residuals"], X @ W)
    assert found["more"] == [np.max(X @ W), ("text", None)]
    return True


def arguments(make):
    return {sd.jvp: (W, W + 1, X), sd.hvp: (W, W + 1, X), sd.vjp: (W, X, 1.5)}.get(make, (W, X))


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_the_derivative_is_that_of_the_first_and_the_second_comes_beside(make):
    found, aux = make(with_more, has_aux=True)(*arguments(make))
    np.testing.assert_array_equal(found, make(loss)(*arguments(make)))
    assert is_aux(aux)


def test_beside_a_value_it_stays_beside_the_value():
    (value, aux), grad = sd.value_and_grad(with_more, has_aux=True)(W, X)
    assert value == loss(W, X)
    np.testing.assert_array_equal(grad, sd.grad(loss)(W, X))
    assert is_aux(aux)


@pytest.mark.parametrize("wrt", [0, 1, (0, 1), ("X",)])
def test_targets_are_those_without_it(wrt):
    found, aux = sd.grad(with_more, wrt, has_aux=True)(W, X)
    expected = sd.grad(loss, wrt)(W, X)
    for a, b in zip(found, expected, strict=True) if isinstance(wrt, tuple) else [(found, expected)]:
        np.testing.assert_array_equal(a, b)
    assert is_aux(aux)


@pytest.mark.parametrize("make", [sd.grad, sd.value_and_grad, sd.hessian, sd.jvp], ids=lambda make: make.__name__)
def test_saved_files_return_it_too(make, tmp_path):
    f = make(with_more, has_aux=True, w="d", X="n d")
    path = f.save(tmp_path / "saved.py")
    found, expected = runpy.run_path(str(path))[f.__name__](*arguments(make)), f(*arguments(make))
    np.testing.assert_equal(found, expected)


def test_of_texts_symbols_and_sympy():
    x = sd.var("x")
    assert sd.grad("x**2, 3*x", has_aux=True)(2.0) == (4.0, 6.0)
    assert sd.grad((x**2, [3 * x]), has_aux=True)(2.0) == (4.0, [6.0])


def test_the_derivative_has_more_beside_and_is_differentiated_again():
    f = sd.grad(lambda x: (x**3, {"x": x}), has_aux=True)
    assert sd.grad(f, has_aux=True)(2.0) == (12.0, {"x": 2.0})


def test_inside_of_another_function():
    def outer(w):
        (value, aux), grad = sd.value_and_grad(with_more, has_aux=True)(w, X)
        return value + np.sum(grad * w) + np.sum(aux["residuals"])

    np.testing.assert_allclose(sd.grad(outer)(W), 3 * X.T @ (X @ W) + X.sum(0), rtol=1e-14)


def test_it_survives_a_pickle():
    f = sd.value_and_grad("x**2, 3*x", has_aux=True)
    assert pickle.loads(pickle.dumps(f))(2.0) == ((4.0, 6.0), 4.0)


@pytest.mark.parametrize("returned", [lambda x: x, lambda x: (x, x, x), lambda x: [x, x]], ids=["one", "three", "list"])
def test_anything_but_a_pair_is_refused(returned):
    with pytest.raises(sd.errors.ArgumentError, match="two things"):
        sd.grad(returned, has_aux=True)(1.0)


def test_whoever_returns_several_learns_of_it():
    for make in (sd.grad, sd.value_and_grad, sd.hessian):
        with pytest.raises(sd.errors.UnsupportedError) as caught:
            make(with_more)(*arguments(make))
        assert "has_aux=True" in caught.value.help
