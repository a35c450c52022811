"""A list, a dict or an object that is one of two which others know: what is changed is seen, or refused, never lost."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

P = [np.array([0.9, 0.2, 0.5]), np.array([0.3, 0.2, 0.5])]


class Box:
    def __init__(self, v):
        self.v = v


def put(items, v):
    items.append(v)


def appended(p):
    big, small = [], []
    (big if p[0] > 0.7 else small).append(p[1])
    return sum(big) + 2 * sum(small)


def named(p):
    big, small = [p[0]], [p[1]]
    y = big if p[0] > 0.7 else small
    y.append(p[1])
    return sum(big) + 2 * sum(small)


def by_statement(p):
    big, small = [p[0]], [p[1]]
    if p[0] > 0.7:  # noqa: SIM108  a statement, and no expression
        y = big
    else:
        y = small
    y[0] = 5 * p[2]
    return sum(big) + 2 * sum(small)


def of_a_dict(p):
    big, small = {"k": p[0]}, {"k": p[1]}
    y = big if p[0] > 0.7 else small
    y["k"] = 3 * p[2]
    return big["k"] + 2 * small["k"]


def source_changed(p):
    big, small = [p[0]], [p[1]]
    y = big if p[0] > 0.7 else small
    big[0] = 7 * p[2]
    return y[0]


def of_an_object(p):
    big, small = Box(p[0]), Box(p[1])
    y = big if p[0] > 0.7 else small
    y.v = 3 * p[2]
    return big.v + 2 * small.v


def of_a_row(p):
    rows = [[p[0]], [p[1]]]
    y = rows[0] if p[0] > 0.7 else rows[1]
    y[0] = 3 * p[2]
    return rows[0][0] + 2 * rows[1][0]


def by_another_function(p):
    big, small = [1.0], [2.0]
    put(big if p[0] > 0.7 else small, p[1])
    return sum(big) + 2 * sum(small)


def in_a_loop(p):
    big, small = [1.0], [2.0]
    for v in p:
        (big if v > 0.7 else small)[0] += v
    return big[0] + 2 * small[0]


def of_new_ones(p):
    y = [p[0], 1.0] if p[0] > 0.7 else [p[1], 2.0]
    y[0] = y[0] * p[2]
    y.append(3.0)
    return sum(y)


def of_copies(p):
    big, small = [p[0]], [p[1]]
    y = list(big) if p[0] > 0.7 else list(small)
    y[0] = 3 * p[2]
    big.append(p[1])
    return sum(big) + 2 * sum(small) + y[0]


def read(p):
    big, small = [p[0], p[1]], [p[1], p[2]]
    y = big if p[0] > 0.7 else small
    return sum(y) * y[0] + len(y)


def changed_when_over(p):
    big, small = [p[0]], [p[1]]
    s = sum(big if p[0] > 0.7 else small)
    big.append(s)
    return sum(big)


REFUSED = [
    appended,
    named,
    by_statement,
    of_a_dict,
    source_changed,
    of_an_object,
    of_a_row,
    by_another_function,
    in_a_loop,
]


@pytest.mark.parametrize("f", [*REFUSED, of_new_ones, of_copies, read, changed_when_over])
@pytest.mark.parametrize("p", P)
def test_no_change_is_lost(f, p):
    try:
        value, slope = sd.value_and_grad(f)(p)
    except UnsupportedError as error:
        assert f in REFUSED
        assert "depends on a value" in error.message
        return
    assert value == pytest.approx(f(p), rel=1e-14)
    differences = [(f(p + 1e-6 * e) - f(p - 1e-6 * e)) / 2e-6 for e in np.eye(3)]
    np.testing.assert_allclose(slope, differences, rtol=1e-7, atol=1e-8)
