"""Lists to which some steps of a loop append, which the counter says: kept = written out = Python."""

import numpy as np
import pytest
from helpers import assert_slopes

import symdiff as sd


def every_third(p, x):
    out, h = [], p[1]
    for t in range(len(x)):
        h = p[0] * h + x[t]
        if t % 3 == 0:
            out.append(h * h)
    return np.sum(np.array(out) ** 2) + h


def behind_what_is_there(p, x):
    out, h = [p[0], p[1] ** 2], p[1]
    for t, v in enumerate(x, 1):
        h = np.sin(p[0] * h) + v
        if t > 2 and not t % 2:
            out.append(h)
    return max(out) + sum(out) * out[-1] + len(out)


def at_uneven_steps(p, x):
    out, h = [], p[1]
    for t in range(len(x) - 1, -1, -1):
        h = p[0] * h + x[t]
        if t in (0, 3, 4, 9):
            out.append(h)
    return np.sum(np.array(out) ** 2) + out[-1]


def pairs(p, x):
    out, times, h = [], [], p[1]
    for t in range(len(x)):
        if t % 2:
            continue
        h = p[0] * h + x[t]
        out.append((h, h * p[1]))
        times.append(0.1 * t)
    return sum(s * a * b for s, (a, b) in zip(times, out))  # noqa: B905


def by_either_side(p, x):
    out, h = [], p[1]
    for t in range(len(x)):
        h = p[0] * h + x[t]
        if t < 4:
            out.append(h)
        elif t % 3 == 1:
            out.append(h * h)
            out.append(p[0] * h)
    out = np.array(out)
    return np.sum(out[1:] * out[:-1])


def beside_what_every_step_appends(p, x):
    all_, some, h = [], [], p[1]
    for t in range(len(x)):
        h = p[0] * h + x[t]
        all_.append(h)
        if t >= 5:
            h = 0.5 * h
            if t % 2 == 0:
                some.append(h - p[1])
    return sum(all_) * sum(some)


def arrays(p, x):
    rows, h = [], p * 1.0
    for t in range(len(x)):
        h = h * 0.5 + x[t] * p
        if t % 4 == 3 or t == len(x) - 1:
            rows.append(h)
    return np.sum(np.array(rows) ** 2) + h[1]


def as_an_array_says(p, x):
    out, h = [], p[1]
    for v, is_kept in zip(x, np.arange(len(x)) % 5 == 2):  # noqa: B905
        h = p[0] * h + v
        if is_kept:
            out.append(h)
    return sum(out) + h


def defined_there_only(p, x):
    out, h = [], p[1] ** 2
    for t in range(len(x)):
        h = h + 0.1 * p[0] * x[t] ** 2 - 0.05 * h
        if t % 2 == 1:
            out.append(np.log(t - 0.5) * np.sqrt(t - 1.0 + h))
    return np.sum(np.array(out))


def in_no_step(p, x):
    out, h = [], p[1]
    for t in range(len(x)):
        h = p[0] * h + x[t]
        if t > 1000:
            out.append(h)
    return h + len(out)


def backwards(p, x):
    out, some, h = [p[0]], [], p[1]
    for t in range(len(x) - 1, -1, -1):
        h = p[0] * h + x[t]
        out.append(h)
        if t % 2:
            some.append(h)
    return np.sum(np.array(out)[:4] ** 2) + some[0] * some[-1] + out[2]


KEPT = (
    every_third, behind_what_is_there, at_uneven_steps, pairs, by_either_side, beside_what_every_step_appends, arrays,
    as_an_array_says, defined_there_only, in_no_step,
    backwards,
)  # fmt: skip


def points(n):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        yield rng.uniform(0.4, 0.9, size=2), rng.normal(size=n)


def is_kept(g, *arguments):
    return "written out" not in str(g.at(*arguments).explain())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_kept_is_what_is_written_out_and_python(f):
    kept, unrolled = sd.value_and_grad(f, loops=9), sd.value_and_grad(f, loops="unroll")
    for p, x in points(12):
        assert kept(p, x)[0] == pytest.approx(f(p, x), rel=1e-14)
        assert_slopes(kept, f, p, x)
        for a, b in zip(kept(p, x), unrolled(p, x), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
        assert "    for " in kept.at(p, x).source


@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_second_derivatives_are_those_of_the_loop_written_out(f):
    kept, unrolled = sd.hessian(f, loops=9), sd.hessian(f, loops="unroll")
    for p, x in points(12):
        np.testing.assert_allclose(kept(p, x), unrolled(p, x), rtol=1e-10, atol=1e-12)


def test_a_long_loop_with_samples_is_as_many_lines_as_a_short_one():
    p = np.array([0.7, 1.1])
    short, long = (len(sd.value_and_grad(every_third).at(p, np.ones(n)).source.splitlines()) for n in (12, 600))
    assert short == long < 50


def reads_how_many(p, x):
    out, total = [], 0.0
    for t in range(len(x)):
        total += x[t] * p[1]
        if t % 2 == 0:
            out.append(total)
        total = total + p[0] * len(out)
    return total


def test_it_is_said_why_a_list_of_some_steps_cannot_be_kept():
    p, x = next(points(12))
    g = sd.value_and_grad(reads_how_many, loops=9)
    assert "written out: 'out' has 0 or 1 elements" in str(g.at(p, x).explain())
    assert_slopes(g, reads_how_many, p, x)
