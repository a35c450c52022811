"""Functions of positions in loops over parts of arrays: taken once, of all positions, with the same bits."""

import numpy as np
import pytest

import symdiff as sd

STEPS, SMALL = 20, 1e-30
FUNCTIONS = {
    "u ** x": lambda u, x: u**x,
    "sin(u * x)": lambda u, x: np.sin(u * x),
    "exp(-x * x / u) + x": lambda u, x: np.exp(-x * x / (400 * u)) + x,
    "3 - u * cos(x)": lambda u, x: 3 - u * np.cos(x),
}
POSITIONS = [(1, 0, 0), (2, -1, 0), (1, -1, 3), (1, 1, -2), (-1, 1, 0), (-2, 1, 1), (3, -1, 0), (0, 1, 0), (4, 2, 0)]
ALL_READ = POSITIONS[:6]  # between the first and the last of them, at every position one is read


def triangle(function, by, slope, offset, *, floats, backwards):
    """A triangle of numbers, each made of its neighbours and of a function of where it is."""

    def places(i):
        return by * np.arange(i + 1.0) + (slope * i + offset) if floats else offset + slope * i + by * np.arange(i + 1)

    def narrowing(v, u):
        for i in range(STEPS - 1, -1, -1):
            where = places(i)
            v = 0.4 * (v[1:] + v[:-1]) + 0.1 * function(u, where)
        return np.sum(v * v)

    def widening(v, u):
        for i in range(STEPS):
            where = places(i)
            v = 0.1 * np.concatenate([v * (2 + function(u, where)), v[:1]])
        return np.sum(v * v)

    return narrowing if backwards else widening


def arguments(*, backwards):
    return np.random.default_rng(0).uniform(0.5, 1.5, STEPS + 1 if backwards else 1), 1.03


@pytest.mark.parametrize("k", range(4 * len(POSITIONS)))
def test_values_are_those_of_numpy(k):
    (by, slope, offset), which = POSITIONS[k // 4], k % 4
    function, floats, backwards = list(FUNCTIONS.values())[(k + k // 4) % 4], which % 2 == 0, which < 2
    f = triangle(function, by, slope, offset, floats=floats, backwards=backwards)
    v, u = arguments(backwards=backwards)
    assert sd.function(f, exact=True)(v, u) == f(v, u)
    value, (d_v, d_u) = sd.value_and_grad(f, wrt=(0, 1))(v, u)
    assert value == pytest.approx(f(v, u), rel=1e-12)
    np.testing.assert_allclose(d_u, f(v, u + SMALL * 1j).imag / SMALL, rtol=1e-10, atol=1e-14)  # odd terms cancel
    slopes = [f(v + SMALL * 1j * e, u).imag / SMALL for e in np.eye(len(v))]
    np.testing.assert_allclose(d_v, slopes, rtol=1e-10)


@pytest.mark.parametrize("backwards", [True, False])
@pytest.mark.parametrize(("by", "slope", "offset"), ALL_READ)
def test_it_is_taken_before_the_loop(by, slope, offset, backwards):
    f = triangle(FUNCTIONS["sin(u * x)"], by, slope, offset, floats=True, backwards=backwards)
    g = sd.value_and_grad(f, wrt=(0, 1))
    g(*arguments(backwards=backwards))
    before, _, rest = g.source.partition("for i in ")
    assert "np.sin" in before
    assert "np.sin" not in rest


def test_what_no_step_reads_is_not_computed():
    def f(u):
        v = np.ones(STEPS + 1)
        for i in range(STEPS - 1, -1, -1):
            v = (v[1:] + v[:-1]) / (u * (3.0 * np.arange(i + 1) + 3 * i - 1))  # no multiple of three is zero
        return v[0]

    with np.errstate(all="raise"):
        assert sd.function(f)(1.5) == f(1.5)


def test_c_reads_every_second_element():
    f = triangle(FUNCTIONS["u ** x"], 2, -1, 0, floats=True, backwards=True)
    given = arguments(backwards=True)
    value, (d_v, d_u) = sd.value_and_grad(f, wrt=(0, 1), target="c")(*given)
    wanted, (w_v, w_u) = sd.value_and_grad(f, wrt=(0, 1))(*given)
    assert value == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(d_v, w_v, rtol=1e-12)
    np.testing.assert_allclose(d_u, w_u, rtol=1e-12)


def test_second_derivatives():
    f = triangle(FUNCTIONS["u ** x"], 2, -1, 0, floats=True, backwards=True)
    v, u = arguments(backwards=True)
    slope = sd.grad(f, wrt=1)
    assert sd.grad(slope, wrt=1)(v, u) == pytest.approx((slope(v, u + 1e-5) - slope(v, u - 1e-5)) / 2e-5, rel=1e-6)
