"""Places in loops: how far they go is known, or a bound only; what is picked is what NumPy picks."""

import numpy as np
import pytest

import symdiff as sd

X = np.random.default_rng(0).normal(size=20)
PLACES = np.array([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], dtype=np.uint8)
W = np.random.default_rng(1).normal(size=(20, 2, 2))


def left_behind_a_step(x):
    s = 0.0
    for t in range(20):
        for j in range(t, 20):
            s = s * 0.9 + np.sin(x[j]) * x[t]
            if x[j] > -5.0:
                break
    return s


def left_before_a_step(x):
    s = 0.0
    for t in range(20):
        for j in range(t, 20):
            if x[j] > 1.0:
                break
            s = s * 0.9 + np.sin(x[j]) * x[t]
    return s


def up_to_the_end(x):
    s = 0.0
    for t in range(20):
        for j in range(t, 20):
            s = s + np.sin(x[j]) * x[t]
    return s


def unsigned_places(x):
    A = x * 1.0
    for t in range(12):
        A[PLACES[t]] = A[t] * x[t] + 1.0
    return np.sum(A**2)


def tables_of_pairs(x):
    z, out = x[:2] * 1.0, []
    for _ in range(20):
        a, b = z
        z = np.array([a * 0.9 - b * 0.1, b + 0.1 * a])
        out.append(np.stack([z, z * 2]))
    return np.sum(np.array(out) ** 2 * W)


PROGRAMS = (left_behind_a_step, left_before_a_step, up_to_the_end, unsigned_places, tables_of_pairs)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_gradients_are_those_step_by_step(f):
    value, gradient = sd.value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    slopes = [(f(X + h) - f(X - h)) / 2e-6 for h in 1e-6 * np.eye(20)]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-7)


def test_a_slice_goes_to_the_end_where_the_loop_does():
    assert "x[t:]" in sd.grad(up_to_the_end).at(X).source


def test_no_array_is_made_of_the_places_of_an_axis():
    f = sd.function(lambda x: np.sum(x[1:][[1, 5, 7]] ** 2), x=(10**12,))

    assert "x[[2, 6, 8]]" in f.source.replace("np.array(", "").replace("f_c", "[2, 6, 8]")
