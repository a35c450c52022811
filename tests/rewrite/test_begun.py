"""What a step begins with is read where the one before it ended: one stack instead of two, and the same derivatives."""

import numpy as np
import pytest

import symdiff as sd

RNG = np.random.default_rng(11)


def carried(a, x):
    h = np.zeros(3)
    for row in x:
        h = np.tanh(a * h + row)
    return np.sum(h)


def backwards(a, x):
    h = x[0]
    for t in range(len(x) - 1, -1, -1):
        h = np.tanh(a * h + x[t])
    return np.sum(h)


def by_name_from_the_end(a, x):
    h, hs = sd.scan(lambda h, row: (np.tanh(a * h + row), h), np.zeros(3), x, reverse=True)
    return np.sum(h) + np.sum(hs**3)


def filled_from_the_start(a, x):
    s = np.zeros((len(x), 3))
    s[0] = x[0] ** 2
    for t in range(1, len(x)):
        s[t] = np.tanh(a * s[t - 1] + x[t])
    return np.sum(s**2)


def filled_in_the_middle(a, x):
    s = 2 * x
    for t in range(3, len(x) - 2):
        s[t] = np.tanh(a * s[t - 1] + x[t])
    return np.sum(s**2)


def filled_downwards(a, x):
    s = 2 * x
    for t in range(len(x) - 3, 0, -1):
        s[t] = np.tanh(a * s[t + 1] + x[t])
    return np.sum(s**2)


def differences_kept(a, x):
    """Of the row before, and of the one before that: no recurrence."""
    before, earlier, total = a, 2 * a, 0.0
    for row in x:
        total = total + np.sum(np.sin(row - before) * earlier)
        before, earlier = row, before
    return total + np.sum(before * a)


def differences_backwards(a, x):
    after, total = a, np.zeros(3)
    for t in range(len(x) - 1, -1, -1):
        total = total + np.cos(after * x[t]) * t
        after = x[t]
    return np.sum(total * after)


def recurrence_apart(a, x):
    """A recurrence beside what is kept of the row before."""
    before, h = x[0], np.ones(3)
    for row in x:
        h = np.tanh(h + a * (row - before))
        before = row
    return h * before


def times_apart(a, x):
    return np.sum(recurrence_apart(a, x))


def rows_of_rows(a, x):
    before, out = np.exp(a), np.zeros((len(x), 3))
    for t in range(len(x)):
        out[t] = before * x[t]
        before = np.sin(x[t]) + a
    return out


def function_of_the_row(a, x):
    return np.sum(rows_of_rows(a, x) ** 2)


KEPT = [differences_kept, differences_backwards, function_of_the_row]
PROGRAMS = [
    *KEPT,
    times_apart,
    carried,
    backwards,
    by_name_from_the_end,
    filled_from_the_start,
    filled_in_the_middle,
    filled_downwards,
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_are_those_of_the_unrolled_program(program, dtype):
    a, x = RNG.normal(size=3).astype(dtype), RNG.normal(size=(14, 3)).astype(dtype)
    kept = sd.grad(sd.function(program, loops="keep"), (0, 1))(a, x)
    unrolled = sd.grad(sd.function(program, loops="unroll"), (0, 1))(a, x)
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    for mine, plain in zip(kept, unrolled, strict=True):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, plain, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("program", PROGRAMS)
def test_hessians_too(program):
    a, x = RNG.normal(size=3), RNG.normal(size=(12, 3))
    kept = sd.hessian(sd.function(program, loops="keep"), 0)(a, x)
    np.testing.assert_allclose(kept, sd.hessian(sd.function(program, loops="unroll"), 0)(a, x), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("program", [carried, filled_from_the_start])
def test_one_stack_is_kept(program):
    source = sd.grad(sd.function(program, loops="keep", a=3, x=(40, 3)), "a").source
    assert source.split("# backward")[0].count("np.empty((") == 1


def test_two_steps_and_one():
    for n in (1, 2, 3):
        x, a = RNG.normal(size=(n, 3)), RNG.normal(size=3)
        kept = sd.grad(sd.function(carried, loops="keep"))(a, x)
        np.testing.assert_allclose(kept, sd.grad(sd.function(carried, loops="unroll"))(a, x), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("program", KEPT)
def test_what_is_only_kept_for_the_next_step_needs_no_loop(program):
    f = sd.grad(program, (0, 1)).at("3", "14 3")
    assert "for " not in f.source
    two = RNG.normal(size=3), RNG.normal(size=(2, 3))
    for mine, plain in zip(
        sd.grad(program, (0, 1))(*two), sd.grad(sd.function(program, loops="unroll"), (0, 1))(*two), strict=True
    ):
        np.testing.assert_allclose(mine, plain, rtol=1e-12)


def test_no_bit_changes():
    a, x = RNG.normal(size=3), RNG.normal(size=(9, 3))
    for program in (rows_of_rows, recurrence_apart):
        np.testing.assert_array_equal(sd.function(program)(a, x), program(a, x))
    x[4], x[5] = np.nan, -0.0
    np.testing.assert_array_equal(sd.function(times_apart)(a, x), times_apart(a, x))
