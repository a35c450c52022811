"""What Python itself asks of a number: ``complex(x)``, ``type(x)``, ``x in items``, ``hash(x)``, the length of its text.

What can be answered once the program runs is part of it; all else is an error that says what to write.
"""

import pickle

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, UnsupportedError

X = np.array([1.3, -0.4, 2.2])


def complex_of_parts(x):
    return (complex(x[0], x[1]) * complex(1, x[2])).imag


def complex_of_one(x):
    return abs(complex(x[1])) ** 2


def magnitude(x):
    return abs(complex(x[0], -2.0))


@pytest.mark.parametrize("f", [complex_of_parts, complex_of_one, magnitude], ids=lambda f: f.__name__)
def test_complex_numbers(f):
    value, slope = sd.value_and_grad(f)(X)
    steps = 1e-5 * np.eye(3)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(slope, [(f(X + h) - f(X - h)) / 2e-5 for h in steps], rtol=1e-6, atol=1e-9)


def array_or_list(x):
    return np.sum(x) if type(x) is np.ndarray else np.sum(x) * 2


def in_array(x):
    return x[0] * (3.0 if 2.2 in x else 1.0)


def in_set(x):
    return x[0] * (3.0 if x[2] in {1.0, 2.2} else 1.0)


def in_range(x):
    return x[0] * (3.0 if np.floor(x[2]) in range(2, 5) else 1.0)


def in_keys(x):
    return x[0] * (3.0 if x[2] in {2.0: "a", 3.0: "b"} else 1.0)


def is_whole(x):
    return x[0] * (3.0 if x[2].is_integer() else 1.0)


@pytest.mark.parametrize("last", [2.2, 2.0, 7.0])
@pytest.mark.parametrize("f", [array_or_list, in_array, in_set, in_range, in_keys, is_whole], ids=lambda f: f.__name__)
def test_questions_that_a_program_answers(f, last):
    x = np.array([1.3, -0.4, last])
    value, slope = sd.value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-12)
    np.testing.assert_allclose(slope[0], (f(x + np.array([1e-6, 0, 0])) - f(x)) / 1e-6, rtol=1e-6)


def text_length(x):
    return x * len(f"{x:.3f}")


def length_of_str(x):
    return x * len(str(x))


def rounded_by_text(x):
    return float(f"{x:.2f}") ** 2


def digits(x):
    return int(format(x, ".0f")) * x


def type_of_number(x):
    return x * 2 if type(x) is float else x


def as_key(x):
    return {1.3: 2.0}[x] * x


def distinct(x):
    return len({x, x}) * x


def kept(x):
    return pickle.loads(pickle.dumps(x)) * x


@pytest.mark.parametrize(
    ("f", "error", "said"),
    [
        (text_length, UnsupportedError, "np.round"),
        (length_of_str, UnsupportedError, "np.round"),
        (rounded_by_text, UnsupportedError, "np.round"),
        (digits, UnsupportedError, "np.round"),
        (type_of_number, UnsupportedError, "isinstance"),
        (as_key, ArgumentError, "no key of a dict"),
        (distinct, ArgumentError, "no element of a set"),
        (kept, UnsupportedError, "not pickled"),
    ],
)
def test_what_is_not_known_is_said(f, error, said):
    with pytest.raises(error, match=said):
        sd.grad(f)(1.3)


def told(x):
    if x > 1:
        raise ValueError("too large: " + str(x))
    return x * x


def test_texts_say_what_values_are_when_they_are_known():
    g = sd.grad(told)
    assert g(0.5) == 1
    with pytest.raises(ValueError, match=r"too large: 1\.25"):
        g(1.25)
