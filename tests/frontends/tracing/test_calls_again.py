"""A function that calls itself is run once for equal arguments, and as often as it takes where that might be seen."""

import functools
import math
import random

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.tracing.origins import Origins

A = np.random.default_rng(5).normal(size=(6, 6)) + 2 * np.eye(6)


# ------------------------------------------------------------------------------------------------- where elements are


def cuts(rng, shape):
    """Parts of a matrix, as people write them."""
    n, m = shape
    k, j = rng.randrange(n), rng.randrange(m)
    kept, order = [i for i in range(m) if i != j], rng.sample(range(n), n)
    return [
        lambda a: np.delete(a, k, 0),
        lambda a: np.concatenate([a[:, :j], a[:, j + 1 :]], axis=1),
        lambda a: a[:, kept],
        lambda a: a[order],
        lambda a: a[::-1],
        lambda a: a.T,
        lambda a: np.stack([a[i] for i in order]),
        lambda a: np.roll(a, k, axis=0),
        lambda a: a.reshape(m, n),
        lambda a: filled(a, j),
    ]


def filled(a, j):
    out = np.zeros((a.shape[0], a.shape[1] - 1))
    out[:, :j], out[:, j:] = a[:, :j], a[:, j + 1 :]
    return out


@pytest.mark.parametrize("seed", range(30))
def test_parts_have_one_origin_if_and_only_if_their_elements_are_the_same(seed):
    rng, origins, found, seen = random.Random(seed), Origins(), [], {}

    def f(x):
        for _ in range(20):
            ways, part = [], x
            while len(ways) < 3 and min(part.shape) > 1 and rng.random() < 0.8:
                ways.append(rng.choice(cuts(rng, part.shape)))
                part = ways[-1](part)
            found.append((ways, origins.of(part.__symdiff_node__())))
        return x

    sd.function(f, x=(3, 4), loops="unroll").graph  # noqa: B018
    for ways, origin in found:
        part = functools.reduce(lambda a, way: way(a), ways, np.arange(12.0).reshape(3, 4))
        assert seen.setdefault((part.shape, part.tobytes()), origin) == origin

    assert len(set(seen.values())) == len(seen)


# ------------------------------------------------------------------------------------------------ minors, recursions


def by_delete(A):
    n = A.shape[0]
    if n == 1:
        return A[0, 0]
    return sum((-1) ** j * A[0, j] * by_delete(np.delete(np.delete(A, 0, 0), j, 1)) for j in range(n))


def by_concatenate(A):
    n = A.shape[0]
    if n == 1:
        return A[0, 0]
    total = 0.0
    for j in range(n):
        total += (-1) ** j * A[0, j] * by_concatenate(np.concatenate([A[1:, :j], A[1:, j + 1 :]], axis=1))
    return total


def by_list(A):
    n = len(A)
    if n == 2:
        return A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0]
    return sum((-1) ** i * A[i, 0] * by_list(A[[k for k in range(n) if k != i], 1:]) for i in range(n))


def by_rows(rows):
    if len(rows) == 1:
        return rows[0][0]
    total = 0.0
    for j, x in enumerate(rows[0]):
        total = total + (-1) ** j * x * by_rows([row[:j] + row[j + 1 :] for row in rows[1:]])
    return total


def by_columns(A, columns=None):
    """The columns that are left, as numbers."""
    columns = tuple(range(A.shape[1])) if columns is None else columns
    if not columns:
        return 1.0
    row = A.shape[0] - len(columns)
    terms = [A[row, c] * by_columns(A, columns[:k] + columns[k + 1 :]) for k, c in enumerate(columns)]
    return sum(-t if k % 2 else t for k, t in enumerate(terms))


class Minors:
    def __init__(self, sign):
        self.sign = sign

    def det(self, A):
        if A.shape[0] == 1:
            return A[0, 0]
        M = np.zeros((A.shape[0] - 1,) * 2)
        total = 0.0
        for j in range(A.shape[0]):
            M[:, :j], M[:, j:] = A[1:, :j], A[1:, j + 1 :]
            total += self.sign**j * A[0, j] * self.det(M)
        return total


DETERMINANTS = {
    "delete": by_delete,
    "concatenate": by_concatenate,
    "list": by_list,
    "rows": lambda A: by_rows([[A[i, j] for j in range(len(A))] for i in range(len(A))]),
    "columns": by_columns,
    "method": lambda A: Minors(-1).det(A),
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("det", DETERMINANTS.values(), ids=DETERMINANTS)
def test_minors_cost_what_there_are_of_them(det):
    g = sd.value_and_grad(det)
    value, slope = g(A)

    assert value == pytest.approx(np.linalg.det(A))
    np.testing.assert_allclose(slope, np.linalg.det(A) * np.linalg.inv(A).T, rtol=1e-9)
    assert g.source.count("\n") < 6 * 2**6 * 4  # 6! = 720 products of six otherwise


def test_elements_of_minors_are_elements_of_the_matrix():
    g = sd.grad(by_delete)
    g(A[:3, :3])

    assert "part" not in g.source
    assert "[1:" not in g.source


def chebyshev(n, x):
    if n < 2:
        return x if n else 1.0 + 0 * x
    return 2 * x * chebyshev(n - 1, x) - chebyshev(n - 2, x)


def b_spline(x, k, i, t):
    if k == 0:
        return np.where((t[i] <= x) & (x < t[i + 1]), 1.0, 0.0)
    left = (x - t[i]) / (t[i + k] - t[i]) * b_spline(x, k - 1, i, t)
    return left + (t[i + k + 1] - x) / (t[i + k + 1] - t[i + 1]) * b_spline(x, k - 1, i + 1, t)


def test_recursions_over_degrees_take_as_many_calls_as_there_are_degrees():
    x = np.array([0.3, -0.2, 0.9])
    slope = sd.grad(lambda x: np.sum(chebyshev(30, x)))(x)  # 1.6 million calls otherwise

    np.testing.assert_allclose(slope, 30 * np.sin(30 * np.arccos(x)) / np.sin(np.arccos(x)), rtol=1e-9)


def test_splines_by_their_recursion():
    t = np.arange(20.0)
    x = 9.3
    value, slope = sd.value_and_grad(lambda x: b_spline(x, 12, 3, t))(x)

    assert slope == pytest.approx((b_spline(x + 1e-6, 12, 3, t) - b_spline(x - 1e-6, 12, 3, t)) / 2e-6, rel=1e-6)
    assert value == pytest.approx(b_spline(x, 12, 3, t))


# --------------------------------------------------------------------------- what may be seen is done each time


def counted(notes):
    def f(n, x):
        notes.append(n)
        return x if n < 2 else f(n - 1, x) * f(n - 2, x)

    return f


def changing(x, n=4, state=None):
    """Each call reads what the calls before it have changed."""
    state = [1.0] if state is None else state
    state[0] = state[0] + 1
    return x * state[0] if n == 0 else changing(x, n - 1, state) + changing(x, n - 1, state)


def writing(y, n=3):
    """Each call changes the array that it is given."""
    y[0] = y[0] * 2
    return y[0] if n == 0 else writing(y, n - 1) + writing(y, n - 1)


def from_outside(x):
    seen = [1.0]

    def f(n):
        if n == 0:
            return x * seen[-1]
        a = f(n - 1)
        seen.append(seen[-1] + n)
        return a + f(n - 1)

    return f(4)


def by_attribute(x):
    class Level:
        depth = 1.0

        def f(self, n):
            if n == 0:
                return x * self.depth
            a = self.f(n - 1)
            self.depth = self.depth + 1.0
            return a * 0.5 + self.f(n - 1)

    return Level().f(4)


def returned_and_written(x):
    """What a call returns is written into by who has called."""

    def f(n, v):
        if n == 0:
            return v * 2
        a = f(n - 1, v)
        a += 1
        b = f(n - 1, v)
        b *= a
        return b

    return np.sum(f(3, x))


def given_and_written(x):
    """What a call returns is what it was given."""

    def f(n, v):
        if n == 0:
            return v
        y = v.copy()
        a = f(n - 1, y)
        a += n
        return f(n - 1, y) * 2

    return np.sum(f(3, x))


def filled_outside(x):
    out = np.zeros(2)

    def f(n):
        if n == 0:
            return x * (1 + out[0])
        a = f(n - 1)
        np.copyto(out, out + n)
        return a + f(n - 1)

    return np.sum(f(3))


def zeros_of_both_signs(x):
    def f(n, s):
        if n == 0:
            return np.sum(x) * math.copysign(1.0, s)
        return f(n - 1, s) + 3 * f(n - 1, -s)

    return f(3, 0.0)


SEEN = {
    "state": (changing, 1.5),
    "writing": (lambda x: writing(x.copy()), np.array([1.5, 2.0])),
    "closure": (from_outside, 1.5),
    "attribute": (by_attribute, 1.5),
    "returned": (returned_and_written, np.array([1.5, 2.0])),
    "given": (given_and_written, np.array([1.5, 2.0])),
    "outside": (filled_outside, np.array([1.5, 2.0])),
    "zeros": (zeros_of_both_signs, np.array([1.5, 2.0])),
}


@pytest.mark.parametrize(("f", "x"), SEEN.values(), ids=SEEN)
def test_calls_that_change_something_are_all_run(f, x):
    value, slope = sd.value_and_grad(f)(x)
    step = 1e-6 * np.ones_like(x)

    assert value == pytest.approx(f(x))
    assert np.sum(slope) == pytest.approx((f(x + step) - f(x - step)) / 2e-6, rel=1e-6)


def test_calls_that_are_noted_are_all_noted():
    notes, f = [], counted([])
    expected = counted(wanted := [])
    expected(6, 1.1)
    f = counted(notes)
    sd.function(lambda x: f(6, x))(1.1)

    assert notes == wanted


def test_random_numbers_are_drawn_anew():
    rng = np.random.default_rng(3)

    def f(n, x):
        return x * rng.normal() if n == 0 else f(n - 1, x) + f(n - 1, x)

    expected = f(4, 1.0)
    rng = np.random.default_rng(3)

    assert sd.function(lambda x: f(4, x))(1.0) == pytest.approx(expected)


def test_errors_behind_conditions_are_met_on_both_sides():
    def f(n, x):
        if n == 0:
            if x > 3:
                raise ValueError("too large")
            return x
        return f(n - 1, x) * f(n - 1, x) if x > 0 else f(n - 1, x)

    g = sd.function(lambda x: f(2, x))

    assert g(2.0) == f(2, 2.0)
    with pytest.raises(ValueError, match="too large"):
        g(4.0)


# ------------------------------------------------------------------------------------------ calls whose end is unknown


def halved(x):
    return x * x if x < 1 else 1.5 * halved(x / 2)


def by_halves(a, b):
    m = (a + b) / 2
    return np.sin(m) * (b - a) if b - a < 0.3 else by_halves(a, m) + by_halves(m, b)


def countdown(x, k=5000):
    return x if k == 0 else x * countdown(x, k - 1)


def nested(x):
    def inner(c):
        d = np.sqrt(c) + x
        if d > 2:
            d = inner(d - 1)
        return d

    return inner(x)


ENDLESS = [(halved, (40.0,)), (by_halves, (0.0, 1.0)), (countdown, (1.0,)), (nested, (1.0,))]


@pytest.mark.parametrize(("f", "x"), ENDLESS)
def test_calls_without_a_known_end_are_refused(f, x):
    """In words that say which function it is, and what to write."""
    with pytest.raises(sd.errors.SymdiffError, match="calls itself more often than is followed") as caught:
        sd.grad(f)(*x)
    assert "as a loop" in caught.value.help
    assert str(caught.value).startswith(f.__name__ if f is not nested else "inner")


def restarted(x):
    try:
        return math.log(x / (x - 1)) ** 2
    except (ValueError, ZeroDivisionError):
        return restarted(2.0)


def endless(x):
    return endless(-1.0) if x < 0 else x * x


def test_a_call_with_the_arguments_of_one_that_is_open_never_ends():
    """Where it is not taken it costs nothing; where it is, it raises what Python raises."""
    assert sd.grad(endless)(3.0) == 6.0
    with pytest.raises(RecursionError):
        sd.grad(endless)(-2.0)
    x = 3.0
    assert np.isclose(sd.grad(restarted)(x), 2 * math.log(x / (x - 1)) * (1 / x - 1 / (x - 1)))
    assert sd.value_and_grad(restarted)(1.0) == (math.log(2.0) ** 2, 0.0)
