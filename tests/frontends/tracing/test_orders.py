"""``sorted``, ``list.sort``, ``max`` and ``min`` by keys and of tuples: the order is Python's, equal ones included."""

import bisect
import itertools

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError


def weighed(numbers):
    return sum((k + 1) * v for k, v in enumerate(numbers))


def by_size(x):
    return weighed(sorted(x, key=abs))


def by_a_constant(x):
    return weighed(sorted(x, key=lambda v: 0 * v, reverse=True))


def pairs(x):
    return weighed(a * b for a, b in sorted(zip(x.round(), x[::-1], strict=True)))


def pairs_down(x):
    return weighed(a + 2 * b for a, b in sorted(zip(np.sign(x), x, strict=True), reverse=True))


def known_by_unknown(x):
    return weighed(sorted([3.0, 1.0, 2.0], key=lambda v: v * x[0])) * x[1]


def by_name(x):
    params = {"width": x[0], "depth": x[1], "bias": x[2:]}
    return weighed(np.sum(v) for _, v in sorted(params.items())) + min(params.items())[1][0]


def in_place(x):
    points = [(x[0], x[1]), (x[2], x[3]), (x[1], x[2])]
    points.sort(key=lambda p: p[0] ** 2 + p[1] ** 2)
    return sum((k + 1) * a * b for k, (a, b) in enumerate(points))


def on_one_side(x):
    numbers = [x[0], x[1], x[2]]
    if x[3] > 0:
        numbers.sort(reverse=True)
    return weighed(numbers)


def again_and_again(x):
    numbers, total = list(x), 0.0
    for _ in range(3):
        numbers.sort(key=lambda v: -v)
        total += numbers[0] * numbers[1]
        numbers[0] = numbers[0] * 0.2
    return total


def rows(x):
    a, b, c = sorted([x[:2], x[1:3], x[2:]], key=np.sum)
    return a @ b + b @ c * 2


def largest_pair(x):
    return max(zip(np.sign(x), x, strict=True))[1] * 3 + min((v * v, k) for k, v in enumerate(x))[1] * x[0]


def lists(x):
    return weighed(max([x[0], x[1]], [x[2], x[3]], [x[0], x[3]])) + weighed(min([[x[2], x[1]], [x[2], x[0]]]))


def first_of_equal(x):
    return max([(0.0 * x[0], x[1]), (0.0 * x[1], x[2]), (0.0, x[0])], key=lambda t: t[0])[1] ** 2


GRID = [-1.0, -0.4, 0.0, 0.4, 2.5]


def between_knots(x):
    k = bisect.bisect(GRID, x[0])
    return (x[1] - GRID[k - 1]) / (GRID[k] - GRID[k - 1]) * x[k % 4]


def among_knots(x):
    knots = list(np.cumsum(x * x))
    return (
        x[bisect.bisect_left(knots, 0.2 + x[2] ** 2, hi=3)] + knots[bisect.bisect_right(knots, 0.05, 1, 3)] + np.sum(x)
    )


PROGRAMS = [
    by_size, by_a_constant, pairs, pairs_down, known_by_unknown, by_name, in_place, on_one_side, again_and_again, rows,
    largest_pair, lists, first_of_equal, between_knots, among_knots,
]  # fmt: skip
POINTS = [
    np.array([0.3, -1.2, 0.7, 0.1]), np.array([-0.3, 1.2, -0.7, -0.1]), np.array([0.3, 0.3, -0.3, 2.0]),
    np.array([1.0, 0.0, -0.0, 1.0]),
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_are_pythons_and_gradients_those_of_differences(f):
    g = sd.value_and_grad(f)
    for x in POINTS:
        assert g(x)[0] == pytest.approx(f(x), rel=1e-14)
    for x in itertools.islice(POINTS, 2):
        h = 1e-6
        slope = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(4)]
        np.testing.assert_allclose(g(x)[1], slope, rtol=1e-6, atol=1e-7)


def test_options_that_sorted_has_not_are_refused_in_its_words():
    with pytest.raises(TypeError, match="keey"):
        sd.grad(lambda x: sorted(x, keey=abs)[0])(POINTS[0])


def test_what_is_no_number_cannot_be_where_values_say():
    with pytest.raises(UnsupportedError, match="argsort"):
        sd.grad(lambda x: sorted([("a", x[0]), ("b", x[1])], key=lambda t: t[1])[0][1])(POINTS[0])
    with pytest.raises(UnsupportedError, match="tuple of as many numbers"):
        sd.grad(lambda x: sorted([(x[0], x), (x[1], x[:2])])[0][0])(POINTS[0])
