"""Parts of one loop that a condition chooses between are two variables: the loop makes both of them at once."""

import numpy as np
import pytest

import symdiff as sd


def program(p):
    a, b, c = p[0], 0.5, p[2]
    for _ in range(12):
        k = 0
        while k < 15 and c < 0.17:
            k += 1
            b = p[1] * 2.0
            if c > 0.43:
                a = b * b
    k = 0
    while k < 15 and a < -0.31:
        k += 1
    return a + 2 * b


@pytest.mark.parametrize("loops", ["keep", "unroll"])
@pytest.mark.parametrize("p", [[-0.3, 0.618, -0.01], [-0.5, 0.2, 0.1], [0.4, 0.3, 0.5]], ids=str)
def test_the_gradient_is_the_slope_in_every_direction(loops, p):
    p = np.array(p)
    gradient, forward = sd.grad(program, loops=loops), sd.jvp(program, loops=loops)
    for direction in np.eye(3):
        np.testing.assert_allclose(gradient(p) @ direction, forward(p, direction), rtol=1e-12)
