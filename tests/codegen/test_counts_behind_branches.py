"""How many steps a loop in a branch took is known where the branch is not taken: none."""

import numpy as np
import pytest

import symdiff as sd


def left_at_once(x, p):
    y = np.zeros(12)
    if not p[0] > 0.43:
        for i in range(2, 0, -1):
            for j in range(11, 0, -1):
                y[i] = x[i] * np.tanh(x[j]) + p[1] * y[i - 1]
                break
    return p[0] * p[1] + np.sum(y * y)


def until_it_is_small(x, p):
    total, r = 0.0, x[0]
    if p[0] > 0.43:
        while r > 0.1:
            total = total + np.sin(r) * x[1]
            r = r * p[1]
    return total + p[0]


def behind_two_branches(x, p):
    a, c = p[0], np.sin(p[0] + 0.3)
    b, y = np.log(1.5 + np.cos(p[1])), np.zeros(12)
    if a < 0.43:  # noqa: SIM102
        if not b < -0.31:  # a branch in a branch
            for i in range(12):
                b = 0.3 if c > -0.31 else x[i]
            for i in range(11, 0, -1):
                y[i] = np.sin(c + p[1]) + 0.3 * y[i - 1]
                if x[i] > 1.5:
                    break
                a += 0.15 - x[i]
    return a + 2 * b - c + np.sum(y * y)


@pytest.mark.parametrize(
    ("f", "loops"),
    [(left_at_once, "auto"), (left_at_once, "unroll"), (until_it_is_small, "auto"), (behind_two_branches, "auto")],
)
@pytest.mark.parametrize("p", [[0.1, 0.7], [0.9, 0.7]], ids=str)
def test_either_side_runs(f, p, loops):
    x, p = np.linspace(0.9, 2.0, 12), np.array(p)
    gradient, forward = sd.grad(f, wrt=("x", "p"), loops=loops), sd.jvp(f, wrt=("x", "p"), loops=loops)
    d_x, d_p = gradient(x, p)
    for d in np.eye(14):
        np.testing.assert_allclose(d_x @ d[:12] + d_p @ d[12:], forward(x, p, d[:12], d[12:]), rtol=1e-12, atol=1e-14)
