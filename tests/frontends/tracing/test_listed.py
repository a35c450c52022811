"""Arguments that are lists of numbers: arrays to a program, except where Python's meaning of a list is another one."""

# ruff: noqa: RUF005 (joining is what is tested)

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

X = [0.5, 1.5, 2.5]
ELSEWHERE = {
    "joined slices": lambda r: np.sum(np.array(r[:1] + r[2:]) ** 2),
    "joined with a list": lambda r: np.sum(np.array(r + [1.0, 2.0, 3.0])),
    "joined behind one": lambda r: np.sum(np.array([1.0, 2.0, 3.0] + r)),
    "repeated": lambda r: np.sum(np.array(r * 2) ** 2),
    "repeated from the left": lambda r: np.sum(np.array(2 * r[1:]) ** 2),
}
SAME = {
    "elements": lambda r: r[0] * r[1] + sum(r[1:]) * len(r),
    "made an array": lambda r: np.sum((np.asarray(r) + np.array(r)) * 2),
    "with an array": lambda r: np.sum(r + np.ones(3)) * np.sum(r * np.arange(3.0)),
    "written out": lambda r: np.sum(np.array([*r[:1], *r[2:]]) ** 2),
    "as a list": lambda r: np.sum(np.array(list(r)[:1] + list(r)[2:]) ** 2),
}


@pytest.mark.parametrize("f", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_lists_do_otherwise_is_refused(f):
    g = sd.grad(f)
    g(np.array(X))  # an array is what it is, and does not make the list another one
    with pytest.raises(UnsupportedError, match=r"given as a list"):
        g(X)


@pytest.mark.parametrize("f", SAME.values(), ids=SAME)
def test_what_lists_do_alike_is_differentiated(f):
    steps = [(f(list(X + 1e-6 * e)) - f(list(X - 1e-6 * e))) / 2e-6 for e in np.eye(3)]

    np.testing.assert_allclose(sd.grad(f)(X), steps, rtol=1e-6)


def test_rows_of_a_list_of_lists_are_lists():
    with pytest.raises(UnsupportedError, match="joins"):
        sd.grad(lambda r: np.sum(r[0] + r[1]))([[1.0, 2.0], [3.0, 4.0]])
