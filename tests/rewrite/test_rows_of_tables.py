"""Tables that are filled row by row: no loop is run again on the way back, and derivatives are those of all steps."""

import numpy as np
import pytest

import symdiff as sd

RNG = np.random.default_rng(5)
N = 4


def aligned(cost, gap):
    D = np.zeros((N + 1, N + 1))
    for i in range(N + 1):
        D[i, 0] = i * gap
        D[0, i] = i * gap
    for i in range(1, N + 1):
        for j in range(1, N + 1):
            D[i, j] = min(D[i - 1, j - 1] + cost[i - 1, j - 1], D[i - 1, j] + gap, D[i, j - 1] + gap)
    return D[N, N]


def softly_aligned(cost, gap):
    D = np.full((N + 1, N + 1), 1e3)
    D[0, 0] = 0.0
    for i in range(1, N + 1):
        for j in range(1, N + 1):
            a, b, c = D[i - 1, j - 1], D[i - 1, j], D[i, j - 1]
            D[i, j] = cost[i - 1, j - 1] - gap * np.log(np.exp(-a / gap) + np.exp(-b / gap) + np.exp(-c / gap))
    return D[N, N]


def smoothed_in_both_directions(cost, gap):
    D = np.zeros((N + 1, N + 1))
    for i in range(1, N + 1):
        for j in range(1, N + 1):
            D[i, j] = np.tanh(gap * D[i, j - 1] + cost[i - 1, j - 1] * D[i - 1, j]) + cost[i - 1, j - 1]
    return np.sum(D[N] ** 2)


def from_the_last_row(cost, gap):
    D = np.zeros((N + 1, N + 1))
    for i in range(N - 1, -1, -1):
        for j in range(N - 1, -1, -1):
            D[i, j] = np.sin(gap * D[i, j + 1] + D[i + 1, j]) * cost[i, j] + cost[i, j]
    return D[0, 0] + D[0, 2]


def rows_of_running_products(cost, gap):
    row = cost[0]
    for t in range(1, N):
        s = gap
        new = np.zeros(N)
        for j in range(N):
            s = s * cost[t, j] + row[j]
            new[j] = s
        row = new
    return row[-1]


def in_the_last_step_alone(cost, gap):
    h = np.zeros(N)
    out = np.zeros((N, N))
    for t in range(N):
        h = np.tanh(gap * h + cost[t])
        out[t] = h
    return out[N - 1] @ cost[0] + out[0, 0]


PROGRAMS = [
    aligned,
    softly_aligned,
    smoothed_in_both_directions,
    from_the_last_row,
    rows_of_running_products,
    in_the_last_step_alone,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_are_those_of_the_unrolled_program(program, dtype):
    cost, gap = RNG.uniform(0.2, 1.5, (N, N)).astype(dtype), np.dtype(dtype).type(0.7)
    value, kept = sd.value_and_grad(sd.function(program, loops="keep"), (0, 1))(cost, gap)
    expected, unrolled = sd.value_and_grad(sd.function(program, loops="unroll"), (0, 1))(cost, gap)
    tolerance = 1e-11 if dtype == "float64" else 1e-4
    assert value == pytest.approx(expected, rel=tolerance)
    for mine, plain in zip(kept, unrolled, strict=True):
        np.testing.assert_allclose(mine, plain, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("program", PROGRAMS[1:], ids=lambda f: f.__name__)
def test_second_derivatives_too(program):
    cost, gap = RNG.uniform(0.2, 1.5, (N, N)), 0.7
    kept = sd.grad(sd.grad(sd.function(program, loops="keep"), 1), 0)(cost, gap)
    unrolled = sd.grad(sd.grad(sd.function(program, loops="unroll"), 1), 0)(cost, gap)
    np.testing.assert_allclose(kept, unrolled, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("program", [aligned, softly_aligned], ids=lambda f: f.__name__)
def test_what_a_step_began_with_is_read_where_it_ended(program):
    """As many loops back as forward: none of those is run again."""
    source = sd.value_and_grad(sd.function(program, loops="keep"), (0, 1)).at(RNG.uniform(size=(N, N)), 0.7).source
    forward, backward = source.split("# backward")
    assert forward.count("for ") == backward.count("for ")


def last_of_all(cost, gap):
    h, out = np.zeros(N), np.zeros((N, N))
    for t in range(N):
        h = np.tanh(gap * h + cost[t])
        out[t] = h
    return out[N - 1] @ cost[0]


def test_the_way_back_begins_with_what_comes_first():
    source = sd.grad(sd.function(last_of_all, loops="keep"), 1).at(RNG.uniform(size=(N, N)), 0.7).source
    assert source.count("for ") == 2
    assert f"np.zeros(({N}, {N}))" not in source
