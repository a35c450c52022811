"""``raise`` under a condition, and ``except`` in the same function, or around its call: a branch."""

import warnings

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

POINTS = (-3.3, -1.7, -0.5, 0.7, 1.3, 2.2, 5.1)


class Mine(Exception):
    """An error that generated code does not know."""


def safe_log(x):
    if x <= 0:
        raise ValueError("negative")
    return np.log(x)


def returned_from_both(x):
    try:
        if x > 1:
            raise ValueError("outside")
        return np.cos(1 - x**2)
    except ValueError:
        return -1.0 * x


def raised_in_a_call(x):
    try:
        y = safe_log(x)
    except ValueError:
        y = x * x
    return y + 1


def as_far_as_it_came(x):
    n = 1.0
    try:
        n = 2.0
        y = safe_log(x)
        n = 3.0
    except ValueError:
        y = x * x
    else:
        n = n + 1
    return y * n


def raised_again(x):
    try:
        if x > 4:
            raise ValueError("large")
        if x < -2:
            raise ValueError("small")
        y = x * x
    except ValueError:
        if x > -3:
            raise
        y = 2 * x
    return y


def one_of_several(x):
    try:
        if x > 0:
            if x > 2:
                raise Mine(3)
            a = x
        else:
            if x < -2:
                raise KeyError("k")
            a = 2 * x
        a = a * a
    except Mine as error:
        return x * float(error.args[0])
    except (KeyError, IndexError):
        return x * 5
    return a


def written_into_an_array(x):
    y = np.zeros(2) + x
    try:
        y[0] = safe_log(x)
        y[1] = 7 * x
    except Exception:
        y[1] = 9 * x
    return y.sum()


def handled_further_out(x):
    try:
        try:
            a = safe_log(x)
        except KeyError:
            a = 0
        b = a * 2
    except ValueError:
        b = x
    return b


def raised_as_another(x):
    try:
        a = safe_log(x)
    except ValueError as error:
        if x < -1:
            raise RuntimeError("very") from error
        a = 3 * x
    return a


def in_short_loops(x):
    s = 0.0
    for k in range(3):
        try:
            s = s + safe_log(x - k)
        except ValueError:
            s = s - x
    return s


def in_long_loops(x):
    s = 0.0
    for k in range(12):
        try:
            s = s + safe_log(x - k)
        except ValueError:
            s = s - x * k
    return s


def falls_through(x):
    try:
        return safe_log(x) + safe_log(x - 1)
    except ValueError:
        pass
    return x


def asserted(x):
    try:
        assert x > 0, "no"
        z = x**3
    except AssertionError:
        z = -x
    return z


PROGRAMS = [
    returned_from_both, raised_in_a_call, as_far_as_it_came, one_of_several, written_into_an_array, handled_further_out,
    raised_as_another, raised_again, in_short_loops, in_long_loops, falls_through, asserted,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_handler_runs_where_the_error_is_raised(f):
    g = sd.value_and_grad(f)
    for x in POINTS:
        try:
            want = f(x)
        except Exception as error:
            with pytest.raises(type(error)) as caught:
                g(x)
            assert str(caught.value) == str(error)
            continue
        value, slope = g(x)
        np.testing.assert_allclose(value, want, rtol=1e-13)
        np.testing.assert_allclose(slope, (f(x + 1e-6) - f(x - 1e-6)) / 2e-6, rtol=1e-6)


@pytest.mark.parametrize("f", [returned_from_both, raised_in_a_call, one_of_several], ids=lambda f: f.__name__)
def test_nothing_is_raised_and_caught_in_the_source(f, tmp_path):
    g = sd.grad(f)
    assert "raise " not in g.source
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        g(-1.7)


def test_a_step_of_a_loop_that_fails_is_refused():
    def f(x):
        s = 0.0
        try:
            for k in range(3):
                s = s + safe_log(x - k)
        except ValueError:
            s = s * 2
        return s

    with pytest.raises(UnsupportedError, match="ValueError is raised depends on a value") as caught:
        sd.grad(f)(1.0)
    assert "if and else" in caught.value.help


def test_what_wrote_into_arrays_before_it_failed_is_refused():
    def write(y, x):
        y[0] = x
        if x > 0:
            raise ValueError("late")
        y[1] = x

    def f(x):
        y = np.zeros(2) * x
        try:
            write(y, x)
        except ValueError:
            y[1] = 3 * x
        return y.sum()

    with pytest.raises(UnsupportedError, match="ValueError is raised depends on a value"):
        sd.grad(f)(1.0)


class Refusal(Exception):
    """No RuntimeError, though generated code can only raise it as one."""


@pytest.mark.parametrize("in_loop", [False, True])
def test_an_error_of_the_programs_own_class_is_caught_as_that_class_alone(in_loop):
    def checked(v):
        if v > 0.9:
            raise Refusal("large")
        return v * 2

    def f(x):
        try:
            total = checked(x[2])
            for v in x if in_loop else x[:1]:
                total += checked(v)
        except RuntimeError:
            total = -x[0]
        return total

    g = sd.value_and_grad(f)
    assert g(np.array([0.1, 0.2, 0.3]))[0] == f(np.array([0.1, 0.2, 0.3]))
    with pytest.raises(RuntimeError, match="Refusal: large"):
        g(np.array([0.1, 0.2, 2.0]))
