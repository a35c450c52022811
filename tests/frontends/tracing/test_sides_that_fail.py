"""A side of a branch that fails is no obstacle: the error is raised where the side is taken, as Python raises it."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError


class Unconverged(Exception):
    def __init__(self, text, step=None):
        super().__init__(text, step)


class Outside(ValueError):
    pass


def needs_a_length(x, length=None):
    if x > 2:
        return x * x
    return x / length


def asks_none_for_an_attribute(x, table=None):
    return x * table.scale if x < 0 else 3 * x


def reads_what_another_side_sets(x, mode=1):
    if mode == 2:
        c = x * 2
    if x > 1:
        return x**3
    return c * x


def own_class(x):
    if x < 0:
        raise Outside(f"{x} is below")
    if x > 10:
        raise Unconverged("far away", step=3)
    return x * x


@pytest.mark.parametrize(
    ("f", "inside", "slope", "outside", "error"),
    [
        (needs_a_length, 3.0, 6.0, 1.0, TypeError),
        (asks_none_for_an_attribute, 3.0, 3.0, -1.0, AttributeError),
        (reads_what_another_side_sets, 2.0, 12.0, 0.5, UnboundLocalError),
        (own_class, 2.0, 4.0, -1.0, ValueError),
    ],
)
def test_it_is_raised_where_it_is_taken(f, inside, slope, outside, error):
    df = sd.grad(f)
    assert df(inside) == slope
    with pytest.raises(error):
        f(outside)
    with pytest.raises(error):
        df(outside)


def test_a_class_of_ones_own_is_named():
    df = sd.grad(own_class)
    with pytest.raises(RuntimeError, match="Unconverged: far away"):
        df(11.0)
    with pytest.raises(ValueError, match=r"Outside: -1.0 is below"):
        df(-1.0)


def test_where_both_sides_fail_the_program_does():
    def f(x, length=None):
        return x / length if x > 0 else x - length

    with pytest.raises(TypeError, match="NoneType"):
        sd.grad(f)(1.0)


def test_an_error_of_ours_is_none_of_the_users():
    """What cannot be followed is refused, not raised some time."""

    def f(x):
        if x > 2:
            return np.sort(x[x > 0]).sum()
        return x

    with pytest.raises(SymdiffError):
        sd.grad(f)(1.0)


TABLE = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
DEEP = (((1, 2), (3, 4)), ((5, 6), (7, 8)))


def place(x):
    return 0 if x < 1 else 1


def two_places(x):
    return TABLE[place(x)][place(x - 1)] * x


def taken_apart(x):
    a, b, c = TABLE[place(x)]
    return a + b * x + c * x**2


def summed(x):
    return sum(c * x**k for k, c in enumerate(TABLE[place(x)]))


def through_numpy(x):
    return np.dot(np.array(TABLE[place(x)]), np.array([1.0, x, x**2])) + len(TABLE[place(x)])


def three_deep(x):
    return DEEP[place(x)][place(x - 1)][place(x - 2)] * x**2


@pytest.mark.parametrize("f", [two_places, taken_apart, summed, through_numpy, three_deep])
@pytest.mark.parametrize("x", [0.5, 1.5, 2.5, 3.5])
def test_tables_of_lists(f, x):
    value, slope = sd.value_and_grad(f)(x)
    assert value == pytest.approx(f(x), rel=1e-14)
    assert slope == pytest.approx((f(x + 1e-5) - f(x - 1e-5)) / 2e-5, rel=1e-8)


def test_a_row_is_not_added_as_an_array():
    def f(x):
        return len(TABLE[place(x)] + [7.0]) * x

    assert f(0.5) == 2.0
    with pytest.raises(TypeError):
        sd.grad(f)(0.5)


def region(x):
    """One of two numbers, or nothing."""
    if x < 1:
        return 1 if x < 0.5 else 2
    if x < 2:
        return 3
    return None


def compared(x):
    r = region(x)
    if r == 1:
        return x
    if r == 2 or r == 3:
        return x**2
    return 7 * x if r is None else x


def computed(x):
    r = region(x)
    return (2 * r + r**2 - 1 / r) * x if r is not None and r >= 1 else x


def falls_through(x):
    if x < 1:
        return x * 3
    if x < 2:
        return x**2
    return None


def many_regions(x):
    for k in range(40):
        if x < 0.1 * k + 0.03:
            return k
    return None


def one_of_many(x):
    r = many_regions(x)
    if r is None:
        return x
    if r == 3 or r > 8:
        return r * x**2
    return r * x


@pytest.mark.parametrize("f", [compared, computed, falls_through, one_of_many])
@pytest.mark.parametrize("x", [0.2, 0.7, 1.5])
def test_a_number_or_nothing(f, x):
    value, slope = sd.value_and_grad(f)(x)
    assert value == pytest.approx(f(x), rel=1e-14)
    assert slope == pytest.approx((f(x + 1e-5) - f(x - 1e-5)) / 2e-5, rel=1e-8)


def test_nothing_is_no_number():
    with pytest.raises(TypeError, match="None"):
        sd.grad(falls_through)(3.0)
    assert sd.grad(compared)(3.0) == 7.0


def factor_in_two_places(p):
    a, b = p[0], p[1]
    if not b <= 0.05:
        a = np.linalg.cholesky(b * np.eye(2))[1, 1]
    if b > 0.05:
        a = np.linalg.cholesky(b * np.eye(2))[1, 1] * p[0]
    return a * p[1]


def solution_in_two_places(p):
    a, b = p[0], p[1]
    if not b <= 0.05:
        a = np.linalg.solve(b * np.eye(3), p)[2]
    if b > 0.05:
        a += np.linalg.solve(b * np.eye(3), p)[2] * p[0]
    return a * p[1]


@pytest.mark.parametrize("f", [factor_in_two_places, solution_in_two_places], ids=lambda f: f.__name__)
@pytest.mark.parametrize("asked", [-0.3, 0.0, 0.7])
def test_what_two_conditions_need_is_computed_behind_each(f, asked):
    """The conditions do not say the same, for all that is known; where neither lets it through, it would raise."""
    p, d = np.array([0.5, asked, 0.2]), np.array([0.3, 1.1, -0.4])
    slope = (f(p + 1e-6 * d) - f(p - 1e-6 * d)) / 2e-6
    value, d_p = sd.value_and_grad(f)(p)
    assert value == pytest.approx(f(p), rel=1e-12)
    assert d_p @ d == pytest.approx(slope, rel=1e-6, abs=1e-8)
    tangent = sd.jvp(f)(p, d)
    assert tangent == pytest.approx(slope, rel=1e-6, abs=1e-8)
