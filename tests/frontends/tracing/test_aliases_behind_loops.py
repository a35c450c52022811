"""What a loop binds a variable to may be an array that has other names: it is right, or it is refused."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError


def bound_to_itself(x, y):
    u = v = x + y
    for _ in range(12):
        u = u
    u[2] = 5.0 * x[0]
    return np.sum(v * v)


def bound_together(x, y):
    u = v = x
    for _ in range(11):
        u = v = np.sin(u) + v
    u[2] = 5.0 * x[0]
    return np.sum(v * v)


def bound_at_the_end(x, y):
    u = p = x
    for _ in range(10):
        u = np.sin(u) + y
        p = u
    u[0] = x[1]
    return np.sum(u * p)


def bound_to_the_one_before(x, y):
    u = p = x
    for _ in range(10):
        p = u
        u = np.sin(u) + y
    u[0] = 2.0
    return np.sum(u * p)


def copied(x, y):
    u, v = x + y, x - y
    w = u
    for _ in range(11):
        u, v = v, u
    u = u.copy()
    u[2] = 5.0 * x[0]
    return np.sum(v * v) + np.sum(w * u)


def only_read(x, y):
    u, v = x + y, x - y
    w = u
    for _ in range(11):
        u, v = v, u
    return np.sum(v * v * u) + np.sum(w * u)


def bound_to_another(x, y):
    v = x + y
    u = x * 2
    for _ in range(12):
        u = v
    u[2] = 5.0 * x[0]
    return np.sum(v * v)


def swapped(x, y):
    u, v = x + y, x - y
    w = u
    for _ in range(11):
        u, v = v, u
    u[2] = 5.0 * x[0]
    return np.sum(v * v) + np.sum(w * u)


def perhaps_no_step(x, y):
    u = x + y
    w = u
    while np.sum(u) < 100:
        u = u + 1
    u[2] = 5.0 * x[0]
    return np.sum(w * u)


def written_under_the_other_name(x, y):
    u = w = x + y
    for _ in range(10):
        u = u[::-1]
    w[2] = 5.0 * x[0]
    return np.sum(u * np.arange(4.0))


FOLLOWED = (bound_to_itself, bound_together, bound_at_the_end, bound_to_the_one_before, copied, only_read)
REFUSED = (bound_to_another, swapped, perhaps_no_step, written_under_the_other_name)
X, Y = np.arange(1.0, 5), np.array([1.0, -0.5, 2.0, 0.25])


@pytest.mark.parametrize("program", FOLLOWED, ids=lambda f: f.__name__)
def test_arrays_that_variables_share_are_shared_behind_the_loop(program):
    value, gradient = sd.value_and_grad(program)(X, Y)
    assert value == pytest.approx(program(X.copy(), Y), rel=1e-14)
    step = 1e-30
    for k in range(4):
        moved = X.astype(complex)
        moved[k] += 1j * step
        assert gradient[k] == pytest.approx(program(moved, Y).imag / step, rel=1e-10)


@pytest.mark.parametrize("program", REFUSED, ids=lambda f: f.__name__)
def test_where_that_depends_on_the_steps_writing_is_refused_with_a_remedy(program):
    with pytest.raises(UnsupportedError, match="depends on the steps of a loop") as caught:
        sd.grad(program)(X, Y)
    assert "x.copy()" in str(caught.value.help)
