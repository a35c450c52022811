"""Lists that loops fill, comprehensions, and loops over lists: what they are in Python, and loops of the source."""

import numpy as np
import pytest
from helpers import assert_slopes

import symdiff as sd


def appended(p, x):
    out, last = [], 0.0
    for v in x:
        last = p[0] * last + v * p[1]
        out.append(last)
    y = np.array(out)
    return np.sum(y[1:] * y[:-1])


def read_at_its_end(p, x):
    h = [p[0], p[1]]
    for v in x:
        h.append(0.5 * h[-1] - 0.2 * h[-2] + v)
    return sum(h) * h[-1] + h[0]


def several_in_each_step(p, x):
    out = [p[0]]
    for v in x:
        out.append(v * p[0])
        out.append(v * p[1])
    return max(out) * out[3] + min(out)


def under_a_condition(p, x):
    out = []
    for k, v in enumerate(x):
        if k % 2 == 0:
            out.append(v * p[0] ** 2)
    return sum(out) * p[1]


def by_either_side(p, x):
    out = []
    for v in x:
        if v > p[0]:
            out.append(v * p[0])
        else:
            out.append(v * v * p[1])
    return sum(out)


def tuples(p, x):
    track = []
    a, b = p
    for v in x:
        a, b = a - 0.1 * b + v, b + 0.1 * a
        track.append((a, b))
    total = 0.0
    for u, w in track:
        total += u * w if u > 0 else w
    return total


def comprehension(p, x):
    ys = [p[0] * v if v > 0 else p[1] * v**2 for v in x]
    return sum(ys) / len(ys) + max(ys)


def of_pairs(p, x):
    return sum([(i + 1) * (p[0] * a - b) ** 2 for i, (a, b) in enumerate(zip(x[1:], x))]) * p[1]  # noqa: B905


def generators(p, x):
    return sum(p[0] * v**2 for v in x if v > p[1]) + sum((p[1] * v for v in x), p[0])


def side_by_side(p, x):
    total = 0.0
    for now, before in zip(x[1:], x):  # noqa: B905
        e = now - p[0] * before
        total += e * e if abs(e) < p[1] else 2 * abs(e)
    return total


def backwards(p, x):
    s = 0.0
    for v in reversed(x[1:]):
        s = p[0] * s + v * p[1]
    for i, v in reversed(list(enumerate(x))):
        s = 0.5 * s + i * v * p[0]
    return s


def table(p, x):
    steps, total = [0.1, 0.2, 0.4, 0.8, 1.0, 0.5, 0.3, 0.2, 0.1, 0.1, 0.2, 0.3], p[1]
    for i in range(len(x)):
        total = total * steps[i] + p[0] * x[i]
    return total


def elements_written_later(p, x):
    rows = []
    row = np.zeros(2)
    for v in x:
        row = row * 0.5 + v * p
        rows.append(row)
    rows[0][1] = p[0]
    return np.sum(np.array(rows) ** 2)


PROGRAMS = (
    appended, read_at_its_end, several_in_each_step, under_a_condition, by_either_side, tuples, comprehension, of_pairs,
    generators, side_by_side, backwards, table, elements_written_later,
)  # fmt: skip
KEPT = (appended, read_at_its_end, tuples, comprehension, side_by_side, backwards)


def points(n):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        yield rng.uniform(0.4, 1.6, size=2), rng.normal(size=n)


@pytest.mark.parametrize("n", [3, 12])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_gradients_are_those_of_python(f, n):
    g = sd.value_and_grad(f)
    for p, x in points(n):
        assert_slopes(g, f, p, x)


@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_kept_is_as_many_lines_for_any_number_of_steps(f):
    p = np.array([0.7, 1.1])
    short, long = (len(sd.value_and_grad(f).at(p, np.linspace(-1, 2, n)).source.splitlines()) for n in (12, 40))
    assert short == long


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_kept_is_what_is_written_out(f):
    kept, unrolled = sd.value_and_grad(f, loops="keep"), sd.value_and_grad(f, loops="unroll")
    for p, x in points(10):
        for a, b in zip(kept(p, x), unrolled(p, x), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


# ------------------------------------------------------------------------------------------------- named lengths


def filled(p, x):
    n = len(x)
    h = np.empty(n)
    h[0] = p[0]
    for t in range(1, n):
        h[t] = p[0] + p[1] * x[t - 1] + 0.5 * h[t - 1]
    return np.sum(h**2) / n


def trapezoid(p, x):
    area = 0.0
    for i in range(len(x) - 1):
        area += 0.5 * (p[0] * x[i] ** 2 + p[1] * x[i + 1]) * (x[i + 1] - x[i])
    return area


def last_first(p, x):
    s = 0.0
    for i in range(x.shape[0] - 1, -1, -1):
        s = p[0] * s + x[i] if x[i] > p[1] else s * 0.9
    return s


def in_pairs(p, x):
    total = 0.0
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            if abs(x[i] - x[j]) < p[0]:
                total += p[1] * (x[i] - x[j]) ** 2
    return total


@pytest.mark.parametrize("f", [filled, trapezoid, last_first, in_pairs, side_by_side], ids=lambda f: f.__name__)
def test_one_source_for_all_lengths(f):
    g = sd.value_and_grad(f, p=2, x="n")
    assert len(g.source.splitlines()) < 60
    for n in (1, 2, 3, 12, 30):
        for p, x in points(n):
            value, gradient = g(p, x)
            assert value == pytest.approx(f(p, x), rel=1e-12)
            slopes = [(f(p + h, x) - f(p - h, x)) / 2e-6 for h in 1e-6 * np.eye(2)]
            np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-7)


def test_fewer_elements_than_a_range_of_a_named_length_leaves_out_take_no_step():
    def from_the_second(p, x):
        total = p
        for t in range(2, len(x)):
            total = 0.5 * total + np.sin(total) * x[t]
        return total

    slope = sd.grad(from_the_second, p=(), x="n")
    assert [slope(1.0, np.ones(n)) for n in range(3)] == [1.0, 1.0, 1.0]
    assert slope(1.0, np.ones(3)) == pytest.approx(0.5 + np.cos(1.0), rel=1e-12)
