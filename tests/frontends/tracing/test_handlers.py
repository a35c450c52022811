"""Handlers in functions that are traced: they catch what NumPy raises, and hide nothing of what we cannot follow."""

import contextlib

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError

X = np.array([0.5, 1.5, 2.5])

REFUSED = {
    "index": lambda x: x[x[0]],
    "attribute": lambda x: np.sum(x) * len(x.tobytes()),
    "function": lambda x: np.sum(np.digitize(x, x, right=x[0] > 0)),
    "ufunc": lambda x: np.sum(np.spacing(x)),
    "different elements": lambda x: np.sum(x) * np.unique(x)[0],
}


def handled(part):
    def f(x):
        try:
            return part(x)
        except Exception:
            return 0.0 * x[0]

    return f


def suppressed(part):
    def f(x):
        with contextlib.suppress(Exception):
            return part(x)
        return 0.0 * x[0]

    return f


def raised_as_another(part):
    def f(x):
        try:
            return part(x)
        except Exception as error:
            raise RuntimeError("the model has failed") from error

    return f


def handled_further_out(part):
    def inner(x):
        yield part(x)

    def f(x):
        try:
            return sum(y for y in inner(x))
        except Exception:
            return 0.0 * x[0]

    return f


def handled_around_a_derivative(part):
    def f(x):
        try:
            return np.sum(sd.grad(part)(x))
        except Exception:
            return 0.0 * x[0]

    return f


@pytest.mark.parametrize(
    "catch", [handled, suppressed, raised_as_another, handled_further_out, handled_around_a_derivative]
)
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_followed_is_refused_though_a_handler_catches_it(name, catch):
    with pytest.raises(SymdiffError) as plain:
        sd.grad(REFUSED[name])(X)
    with pytest.raises(type(plain.value)) as caught:
        sd.grad(catch(REFUSED[name]))(X)
    assert "the function has caught this error" in str(caught.value)


def shapes_differ(x):
    try:
        return np.sum(x + np.ones(4))
    except ValueError:
        return np.sum(x**2)


def several_have_no_truth(x):
    try:
        return x[0] if x > 0 else x[1]
    except ValueError:
        return np.sum(x**2)


def number_has_no_length(x):
    try:
        return len(x[0])
    except TypeError:
        return np.sum(x**2)


def no_such_attribute(x):
    try:
        return x.columns
    except AttributeError:
        return np.sum(x**2) if getattr(x, "iloc", None) is None and not hasattr(x, "index") else x[0]


def out_of_bounds(x):
    try:
        return x[3]
    except IndexError:
        return np.sum(x**2)


def no_such_axis(x):
    try:
        return np.sum(x, axis=1)
    except ValueError:
        return np.sum(x**2)


def raised_by_itself(x):
    try:
        raise KeyError("mode")
    except KeyError:
        return np.sum(x**2)


@pytest.mark.parametrize(
    "f",
    [
        shapes_differ, several_have_no_truth, number_has_no_length, no_such_attribute,
        out_of_bounds, no_such_axis, raised_by_itself,
    ],
)  # fmt: skip
def test_what_numpy_raises_is_caught_as_with_numpy(f):
    assert f(X) == np.sum(X**2)
    np.testing.assert_array_equal(sd.grad(f)(X), 2 * X)


def test_an_integer_that_a_handler_asks_for_is_known():
    """The error that says so is caught by the function; it arrives, and the integer belongs to the program."""

    def f(x, k):
        try:
            return np.sum(x[:k] ** 2)
        except TypeError:
            return 0.0 * x[0]

    np.testing.assert_array_equal(sd.grad(f)(X, 2), [1.0, 3.0, 0.0])
