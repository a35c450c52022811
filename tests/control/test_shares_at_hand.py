"""Of a sum of exponentials in a step, the way back reads the shares: the step divides what it has, and leaves that."""

import numpy as np
import pytest

import symdiff as sd


def chain(axis, *, keepdims):
    """Sums of exponentials over one axis of a table that each step makes."""

    def f(a, b):
        h = b[0]
        for t in range(1, len(b)):
            s = h[:, None] + a if axis == 0 else h + a
            m = np.max(s, axis=axis, keepdims=True)
            total = np.log(np.sum(np.exp(s - m), axis=axis, keepdims=keepdims))
            h = b[t] + (total + m if keepdims else total + np.squeeze(m, axis=axis)).ravel()
        return np.sum(h**2)

    return f


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_exponentials_are_taken_once(axis, keepdims):
    f, rng = chain(axis, keepdims=keepdims), np.random.default_rng(0)
    a, b = rng.normal(size=(4, 4)), rng.normal(size=(12, 4))
    g = sd.value_and_grad(f, wrt=(0, 1))
    value, slopes = g(a, b)
    assert value == pytest.approx(f(a, b), rel=1e-13)
    assert g.source.count("np.exp(") == 1
    for k, slope in enumerate(slopes):
        given = (a, b)[k]
        for at in np.ndindex(*given.shape):
            moved = given.astype(complex)
            moved[at] += 1e-30j
            wanted = holomorphic(axis, *[moved if i == k else x for i, x in enumerate((a, b))]).imag / 1e-30
            assert slope[at] == pytest.approx(wanted, rel=1e-11, abs=1e-13)


def holomorphic(axis, a, b):
    """The same without a maximum, which has no order among complex numbers."""
    h = b[0]
    for t in range(1, len(b)):
        s = h[:, None] + a if axis == 0 else h + a
        h = b[t] + np.log(np.sum(np.exp(s), axis=axis))
    return np.sum(h**2)
