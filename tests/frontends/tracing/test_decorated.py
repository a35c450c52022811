"""Functions in wrappers of Python's and NumPy's own: the arguments go through, whatever the wrapper calls its own."""

import contextlib
import functools

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

X = np.array([0.7, 1.3, 2.1])


class Timed(contextlib.ContextDecorator):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


@contextlib.contextmanager
def settings():
    yield


def doubled(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return 2 * f(*args, **kwargs)

    return inner


DECORATORS = {
    "errstate": np.errstate(all="ignore"),
    "decorator of contextlib": Timed(),
    "context manager": settings(),
    "two": lambda f: np.errstate(all="ignore")(doubled(f)),
}


@pytest.mark.parametrize("decorator", DECORATORS.values(), ids=DECORATORS)
def test_what_is_decorated_is_differentiated(decorator):
    @decorator
    def f(x, weight=1.5, *, power=2):
        if x[0] > 0:
            return weight * np.sum(x**power)
        return np.sum(x)

    g = sd.grad(f, wrt=("x", "weight"))
    for found, want in ((g(X), (X, 1.5)), (g(X, weight=0.5), (X, 0.5)), (g(x=X, weight=2.0, power=2), (X, 2.0))):
        steps = [(f(X + 1e-6 * e, want[1]) - f(X - 1e-6 * e, want[1])) / 2e-6 for e in np.eye(3)]
        np.testing.assert_allclose(found[0], steps, rtol=1e-6)


def test_what_is_chosen_by_type_is_differentiated():
    f = functools.singledispatch(lambda x, power=2: np.sum(x**power))

    np.testing.assert_allclose(sd.grad(f)(X, power=3), 3 * X**2)


FLOATS = {
    "inside": "try:\n  with np.errstate(invalid='raise'):\n   y = np.log(x)\n except FloatingPointError:\n  y = x",
    "around": "with np.errstate(all='raise'):\n  try:\n   y = np.log(x)\n  except ArithmeticError:\n   y = x",
    "set": "old = np.seterr(all='raise')\n try:\n  y = np.log(x)\n except Exception:\n  y = x\n finally:\n  np.seterr(**old)",
}


@pytest.mark.parametrize("body", FLOATS.values(), ids=FLOATS)
def test_an_error_that_numpy_is_told_to_raise_is_not_handled_in_silence(body, tmp_path):
    """NumPy would raise it for some values, and generated code does not: the wrong side would be taken."""
    place = tmp_path / "program.py"
    place.write_text(f"import numpy as np\ndef f(x):\n {body}\n return np.sum(y)\n")
    space = {}
    exec(compile(place.read_text(), str(place), "exec"), space)

    with pytest.raises(UnsupportedError, match="FloatingPointError"):
        sd.grad(space["f"])(X)


def test_what_is_raised_and_not_handled_changes_nothing():
    @np.errstate(all="raise")
    def f(x):
        try:
            return np.sum(np.log(x))
        except ValueError:
            return x[0]

    np.testing.assert_allclose(sd.grad(f)(X), 1 / X)
