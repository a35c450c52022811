"""Functions that another compiler has compiled inside of traced functions: Numba's keep the Python function."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

X = np.array([1.0, 2.0])


class Compiled:
    """Takes arrays and floats of the machine's only, as Numba's dispatchers do."""

    def __init__(self, function):
        self.py_func = function

    def __call__(self, *args):
        if not all(type(a) in (np.ndarray, float) for a in args):
            raise TypeError("cannot determine the type of an argument")
        return self.py_func(*args)


@Compiled
def kernel(x):
    return np.sum(x**2)


class Holder:
    kernel = staticmethod(kernel)

    def __init__(self):
        self.own = kernel


HOLDER = Holder()


@pytest.mark.parametrize("f", [lambda x: kernel(x), lambda x: HOLDER.own(2 * x), lambda x, k=kernel: k(x)])
def test_the_line_and_the_python_function_are_named(f):
    with pytest.raises(UnsupportedError, match=r"(?s)kernel is compiled.*test_compiled.py.*kernel\.py_func"):
        sd.grad(f)(X)


def test_what_is_known_goes_to_the_compiled_function():
    np.testing.assert_array_equal(sd.grad(lambda x: kernel(np.ones(3)) * x[0])(X), [3.0, 0.0])
    np.testing.assert_array_equal(sd.grad(lambda x: kernel.py_func(x))(X), 2 * X)
    assert type(kernel) is Compiled and type(HOLDER.own) is Compiled
