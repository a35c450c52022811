"""Functions that handle LinAlgError: the handler runs when the program is called, for the values that make it run."""

import contextlib

import numpy as np
import pytest
import scipy.linalg

import symdiff as sd
from symdiff.errors import UnsupportedError

GOOD, BAD, ZERO = np.array([2.0, 0.5]), np.array([0.5, 2.0]), np.array([0.0, 0.0])
LinAlgError = np.linalg.LinAlgError


def matrix(x):
    return np.array([[x[0], x[1]], [x[1], x[0]]])


def another_value(x):
    try:
        return np.sum(np.log(np.diag(np.linalg.cholesky(matrix(x)))))
    except LinAlgError:
        return 1e25


def another_formula(x):
    try:
        C = np.linalg.cholesky(matrix(x))
    except Exception:
        C = matrix(x) * x[1]
    return np.sum(C**2)


def is_positive(K):
    try:
        np.linalg.cholesky(K)
        return True
    except ValueError:  # LinAlgError is one
        return False


def only_tested(x):
    return np.linalg.slogdet(matrix(x))[1] if is_positive(matrix(x)) else x[0] ** 2 + x[1] ** 3


def jitter(x):
    eps = 1e-3
    while True:
        try:
            C = np.linalg.cholesky(matrix(x) + eps * np.eye(2))
            return np.sum(np.log(np.diag(C))) + eps
        except LinAlgError:
            eps *= 10


def first_of_two(x):
    with contextlib.suppress(LinAlgError):
        y = np.linalg.solve(matrix(x), x + 1)
        return np.sum(scipy.linalg.cholesky(matrix(x) + 1, lower=True) @ y)
    return np.prod(x + 2)


def scipys(x):
    try:
        return np.sum(scipy.linalg.cho_solve(scipy.linalg.cho_factor(matrix(x)), x))
    except scipy.linalg.LinAlgError:
        return np.sum(x**4)


def inner(x):
    return np.sum(np.linalg.inv(matrix(x) - x[0] * np.eye(2) - x[1]) @ x)


def handled_by_the_caller(x):
    try:
        return inner(x)
    except LinAlgError:
        return x[0] * x[1]


FUNCTIONS = [
    another_value, another_formula, only_tested, jitter, first_of_two, scipys, handled_by_the_caller,
]  # fmt: skip


def slopes(f, x):
    h = 1e-6
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(2)])


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_the_handler_runs_for_the_values_that_make_it_run(f):
    g = sd.value_and_grad(f)
    for x in (GOOD, BAD, GOOD + 1, BAD + 1, GOOD):
        value, slope = g(x)
        np.testing.assert_allclose(value, f(x), rtol=1e-12)
        np.testing.assert_allclose(slope, slopes(f, x), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_every_derivative_has_it(f):
    for x in (GOOD, BAD):
        H = sd.hessian(f)(x)
        expected = np.array([(sd.grad(f)(x + h) - sd.grad(f)(x - h)) / 2e-6 for h in 1e-6 * np.eye(2)])
        np.testing.assert_allclose(H, expected, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(sd.hvp(f)(x, np.array([1.0, 2.0])), H @ [1.0, 2.0], rtol=1e-10, atol=1e-12)


def test_what_is_not_handled_arrives_in_numpys_words():
    def other(x):
        with np.errstate(all="ignore"):
            return np.sum(np.linalg.inv(matrix(x)))

    def translated(x):
        try:
            return np.sum(np.linalg.cholesky(matrix(x)))
        except LinAlgError as error:
            raise ArithmeticError("the model has no density") from error

    with pytest.raises(LinAlgError, match="Singular matrix"):
        sd.grad(other)(ZERO)
    with pytest.raises(ArithmeticError, match="no density"):
        sd.grad(translated)(BAD)
    np.testing.assert_allclose(sd.grad(translated)(GOOD), slopes(translated, GOOD), rtol=1e-6)


def test_a_function_without_handlers_makes_no_further_calls():
    f = sd.grad(lambda x: np.sum(np.linalg.cholesky(matrix(x))))
    f(GOOD)
    assert f.stages.derived.notes.tried == ()
    assert f.cache_info().size == 1


def test_the_program_that_is_shown_is_the_one_of_calls_that_go_well():
    f = sd.grad(another_value)
    f(BAD)
    assert "cholesky" in f.source
    shown = f.source
    f(GOOD), f(BAD)
    assert f.source == shown


def test_a_saved_file_says_what_it_does_not_handle(tmp_path):
    f = sd.grad(another_value)
    f(GOOD)
    assert "raises LinAlgError" in f.save(tmp_path / "saved.py").read_text()
    f = sd.grad(only_tested)
    f(GOOD)
    with pytest.raises(UnsupportedError, match="to see whether it fails"):
        f.save(tmp_path / "tested.py")
