"""Parts of a loop that come from different inputs: what one part does not come from, another one may."""

import numpy as np
import pytest

import symdiff as sd


def hidden_by_a_selection(p):
    a, b, c = p[0], 0.5, p[1] * p[2]
    for _ in range(4):
        b *= 0.7 + 0.2 * np.log(1.5 + np.cos(p[1]))
        if c < 0.43:
            b = 0.3
        c = 0.15 - p[1]
    if c > -0.31:
        a *= np.sqrt(1.5 + np.exp(-b * b))
    return a + 2 * np.exp(-c * c) - c


def of_two_inputs(p):
    a, b = p[0], p[1]
    for _ in range(4):
        a = np.sqrt(a * a + 1)
        b = np.sin(b) * p[2]
    return (a if p[0] > 0 else 0.5) + (np.sqrt(b) if b > 0 else p[2])


@pytest.mark.parametrize("loops", ["keep", "unroll"])
@pytest.mark.parametrize("f", [hidden_by_a_selection, of_two_inputs], ids=lambda f: f.__name__)
@pytest.mark.parametrize("p", [[-0.57, 0.63, -0.74], [0.4, -0.6, 0.9], [0.3, 1.2, 0.8]], ids=str)
def test_reverse_is_forward(f, p, loops):
    p = np.array(p)
    gradient, forward = sd.grad(f, loops=loops)(p), sd.jvp(f, loops=loops)
    np.testing.assert_allclose(gradient, [forward(p, e) for e in np.eye(3)], rtol=1e-12, atol=1e-15)
    slopes = [(f(p + h) - f(p - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-8)
