"""Attributes that only one side of a branch sets: ``getattr`` with a default, and ``hasattr``, ask whether it did."""

import numpy as np
import pytest

import symdiff as sd


class Holder:
    pass


class Slotted:
    __slots__ = ("p",)


def in_a_slot(x):
    a = Slotted()
    if x > 0:
        a.p = x * x
    return getattr(a, "p", 3.0) * x


def default(x):
    a = Holder()
    if x > 0:
        a.p = x * x
    return getattr(a, "p", 0.0) * 2


def asked(x):
    a = Holder()
    if x > 0:
        a.p = x * x
    if not hasattr(a, "p"):
        a.p = 7 * x
    return a.p


def set_on_both(x):
    a = Holder()
    if x > 0:
        a.p = x * x
    else:
        a.p = -x
    return getattr(a, "p", 100.0) + hasattr(a, "p")


def set_in_one_of_several(x):
    a = Holder()
    if x > 0:
        a.p = x * x
    if x > 3:
        a.p = x
    r = getattr(a, "p", -1.0)
    if x < -5:
        a.p = 2 * x
    return r + getattr(a, "p", 3.0 * x) + (1.0 if hasattr(a, "p") else 0.5 * x)


def set_in_a_loop(x):
    a = Holder()
    for k in range(3):
        if x > k:
            a.p = x * x * k
    return getattr(a, "p", -x)


def set_afterwards(x):
    a = Holder()
    if x > 0:
        a.p = x * x
    a.p = x
    return getattr(a, "p", -9 * x)


def set_beside_a_default(x):
    a = Holder()
    a.q = 1.0
    if x > 0:
        a.r = x
    elif x > -3:
        a.p = x * x
    return getattr(a, "p", 2 * x) * getattr(a, "q", 5.0) + getattr(a, "r", np.cos(x))


PROGRAMS = [
    in_a_slot,
    default,
    asked,
    set_on_both,
    set_in_one_of_several,
    set_in_a_loop,
    set_afterwards,
    set_beside_a_default,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_a_side_has_set_is_there_where_it_is_taken(f):
    g = sd.value_and_grad(f)
    for x in (-6.3, -2.1, 0.5, 2.5, 4.1):
        value, slope = g(x)
        assert value == pytest.approx(f(x), rel=1e-14)
        assert slope == pytest.approx((f(x + 1e-6) - f(x - 1e-6)) / 2e-6, rel=1e-7, abs=1e-8)
