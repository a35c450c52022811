"""Functions of Python's library on values that are not known: kept = written out = Python, or it is said what to write."""

import copy
import dataclasses
import heapq
import itertools
import statistics

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError


def moments(x):
    return statistics.mean([v * v for v in x]) + statistics.fmean(x) * statistics.median(x)


def deviations(x):
    y = [v * v for v in x]
    return statistics.pstdev(y) * statistics.variance(x) + statistics.stdev(y) + statistics.pvariance(x)


def other_means(x):
    y = [0.5 + v * v for v in x]
    return statistics.geometric_mean(y) + statistics.harmonic_mean(y)


def largest(x):
    return sum(heapq.nlargest(3, x)) * heapq.nsmallest(2, [v * v for v in x])[1]


def neighbours(x):
    total = 0.0
    for a, b in itertools.pairwise(x):
        if a < b:
            total += (b - a) ** 2
    return total


def of_all_pairs(x):
    total = 0.0
    for i, (a, b) in enumerate(itertools.combinations(x, 2)):
        total += i * np.sin(a * b) if a > b else b**3
    return total


def of_triples(x):
    return sum(a * b - c for a, b, c in itertools.combinations(x[:5], 3))


def on_a_grid(x):
    total = 0.0
    for a, b in itertools.product(x, x[::2]):
        total = 0.9 * total + np.cos(a - 2 * b)
    for a, b in itertools.product(x[:4], repeat=2):
        total += a * b * b
    return total


def asked_for_the_first(x):
    pairs = itertools.pairwise(x)
    a, b = next(pairs)
    total = a - b
    for a, b in pairs:
        total = total * 0.5 + a * b
    return total


@dataclasses.dataclass(frozen=True)
class State:
    x: float
    v: float


def replaced(x):
    s = State(1.0, x[0])
    for u in x:
        s = dataclasses.replace(s, x=s.x + 0.1 * s.v, v=s.v - u * s.x)
    return s.x * s.v


@dataclasses.dataclass(frozen=True, slots=True)
class Vector:
    a: float
    b: float

    def __add__(self, other):
        return Vector(self.a + other.a, self.b + other.b)

    def __mul__(self, factor):
        return Vector(self.a * factor, self.b * factor)

    __rmul__ = __mul__


@dataclasses.dataclass
class Moving:
    at: Vector
    by: Vector

    def __add__(self, other):
        return Moving(self.at + other.at, self.by + other.by)

    def __rmul__(self, factor):
        return Moving(factor * self.at, factor * self.by)


def by_operators(x):
    s = Vector(1.0, x[0])
    for u in x:
        k = Vector(s.b, -u * s.a)
        s = s + 0.1 * Vector((s + 0.05 * k).b, -u * (s + 0.05 * k).a)
    return s.a * s.b


def by_operators_within(x):
    s = first = Moving(Vector(1.0, 2.0), Vector(x[0], x[1]))
    last = s
    for u in x:
        last = s
        s = s + 0.1 * Moving(s.by, -u * s.at)
    return s.at.a * s.at.b + first.at.a * last.by.b


def one_that_is_there(x):
    low, high = Vector(x[0], x[1]), Vector(x[2], 0.5)
    s = low
    total = 0.0
    for u in x:
        total += s.a * u + s.b
        s = high
    return total + s.a


class Body:
    def __init__(self, x):
        self.x, self.v = x, 0.5

    def moved(self, u):
        other = copy.copy(self)
        other.x += 0.1 * other.v
        other.v -= u * other.x
        return other


def copied(x):
    s = first = Body(x[0])
    for u in x:
        s = s.moved(u)
    return s.x * s.v + first.x


LOOPS = (neighbours, of_all_pairs, on_a_grid, replaced, copied, by_operators, by_operators_within)
PROGRAMS = (moments, deviations, other_means, largest, of_triples, asked_for_the_first, one_that_is_there, *LOOPS)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_kept_is_what_is_written_out_and_python(f):
    kept, unrolled = sd.value_and_grad(f), sd.value_and_grad(f, loops="unroll")
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=12)
        assert kept(x)[0] == pytest.approx(f(x), rel=1e-12)
        directions = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(12)]
        np.testing.assert_allclose(kept(x)[1], directions, rtol=1e-5, atol=1e-7)
        for a, b in zip(kept(x), unrolled(x), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("f", LOOPS, ids=lambda f: f.__name__)
def test_a_long_loop_is_as_many_lines_as_a_short_one(f):
    short, long = (len(sd.value_and_grad(f).at(np.linspace(-1, 2, n)).source.splitlines()) for n in (12, 30))
    assert abs(short - long) <= 1  # an array of places may be apart


def heaped(x):
    waiting = list(x)
    heapq.heapify(waiting)
    return heapq.heappop(waiting)


def weighted(x):
    return statistics.fmean(x, weights=[1.0] * len(x))


@pytest.mark.parametrize("f, instead", [(heaped, "heapq.nsmallest"), (weighted, "np.average")])
def test_what_is_not_followed_says_what_to_write(f, instead):
    with pytest.raises(UnsupportedError, match=instead):
        sd.grad(f)(np.linspace(-1, 2, 12))


def test_numbers_that_are_known_are_pythons():
    f = sd.value_and_grad(lambda a: a * statistics.mean([1, 2, 4]) + sum(heapq.nlargest(2, [3, 1, 2])) * a)
    assert f(3.0) == (3.0 * 7 / 3 + 15.0, 7 / 3 + 5)
