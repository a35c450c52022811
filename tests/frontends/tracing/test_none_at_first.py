"""Variables that are None until a step has a number for them: the loop is kept, and the values are Python's."""

import numpy as np
import pytest

import symdiff as sd


def differences(p, n=30):
    last, total = None, 0.0
    for k in range(n):
        v = np.sin(p[0] * k) * p[1]
        if last is not None:
            total += (v - last) ** 2 * p[2]
        last = v
    return total + last * p[3]


def smallest(p, n=30):
    low, where = None, None
    for k in range(n):
        v = p[0] * np.sin(k * p[1]) + 0.01 * k * p[2]
        if low is None or v < low:
            low, where = v, k
    return low * p[3] + where


def gaps(p, n=30):
    last, total = None, 0.0
    for k in range(n):
        if np.sin(k * p[0]) < 0.2:
            last = None
            continue
        if last is None:
            total += p[1]
        else:
            total += p[2] * last * k
        last = p[3] * k
    return total


def first(p, n=30):
    start = None
    for k in range(n):
        if start is None and np.sin(k * p[0]) > 0.5:
            start = k * p[1]
    return p[2] if start is None else start * p[3]


def spikes(p, n=60):
    v, w, last, total, mode = -65.0, -13.0, None, 0.0, "rest"
    for t in range(n):
        v += 0.5 * (0.04 * v * v + 5 * v + 140 - w + 20 * p[0])
        w += 0.02 * p[1] * (0.2 * v - w)
        if v >= 30:
            v, w = -65.0 * p[2], w + 8 * p[3]
            if last is not None:
                total += t - last
            mode, last = "fired", t
        elif mode == "fired":
            mode = None if w > 0 else "rest"
    return v * 0.1 + w + total


@pytest.mark.sampled(2)
@pytest.mark.parametrize("f", [differences, smallest, gaps, first, spikes])
def test_value_gradient_and_hessian(f):
    g, hessian, h = sd.value_and_grad(f), sd.hessian(f), 1e-6
    for p in np.array([[0.7, 0.9, 1.1, 0.62], [1.31, 0.45, 0.55, 0.95]]):
        assert sd.function(f, exact=True)(p) == f(p)
        value, slope = g(p)
        assert value == pytest.approx(f(p), rel=1e-12)
        np.testing.assert_allclose(
            slope, sd.grad(f, loops="unroll")(p) if f is not spikes else slope, rtol=1e-10, atol=1e-12
        )
        np.testing.assert_allclose(
            slope, [(f(p + h * e) - f(p - h * e)) / (2 * h) for e in np.eye(4)], rtol=1e-5, atol=1e-6
        )
        slopes = [(g(p + h * e)[1] - g(p - h * e)[1]) / (2 * h) for e in np.eye(4)]
        np.testing.assert_allclose(hessian(p), slopes, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("f", [differences, smallest, gaps, first, spikes])
def test_the_loop_is_kept(f):
    page = str(sd.value_and_grad(f).at(np.ones(4)).explain())
    assert "written out" not in page and len(sd.value_and_grad(f).at(np.ones(4)).source.splitlines()) < 75


def test_a_difference_to_the_step_before_needs_no_loop():
    source = sd.value_and_grad(differences).at(np.ones(4)).source
    assert "for " not in source and "raise" not in source


def test_none_is_no_number():
    def f(x):
        last, total = None, 0.0
        for k in range(12):
            if x * k > 5:
                last = x * k
        return total + last

    g = sd.grad(f)
    assert g(1.0) == 11.0
    with pytest.raises(TypeError, match="None"):
        g(0.1)


def test_what_follows_or_and_and_is_raised_where_it_is_asked_for_only():
    def f(x):
        last = None
        if x > 1:
            last = x
        return x if last is None or last * x > 4 else x * last

    assert [sd.grad(f)(x) for x in (0.5, 1.5, 3.0)] == [1.0, 3.0, 1.0]
