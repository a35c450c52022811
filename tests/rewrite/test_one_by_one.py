"""Small arrays put together of numbers: values, derivatives, and what they are as text."""

import numpy as np
import pytest
from helpers import evaluate

import symdiff as sd
from symdiff.autodiff.compose import jacobians
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import variable
from symdiff.ops.shapes import getitem, stack

RNG = np.random.default_rng(15)


def turn(axis, angle):
    c, s = np.cos(angle), np.sin(angle)
    if axis == 0:
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if axis == 1:
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def arm(q):
    R, p = np.eye(3), np.zeros(3)
    for k in range(4):
        R = R @ turn((2, 1, 0, 2)[k], q[k])
        p = p + R @ np.array([0.3, 0.1 * k, 0.0])
    return p


def turned(q):
    return turn(2, q[0]) @ turn(0, q[1])


def plane(q):
    m = np.array([[np.cos(q[0]), -np.sin(q[0])], [np.sin(q[0]), np.cos(q[0])]])
    return m @ np.array([q[1], q[2]]) + np.array([q[3], 0.0])


def lengths(q):
    m = np.array([[q[0], 0.0, 1.0], [q[1], q[2], 0.0]])
    return np.sum(m * m, axis=1) + np.sum(m.T @ m, axis=0)[:2]


def frame(q):
    def link(angle, a, d):
        c, s = np.cos(angle), np.sin(angle)
        return np.array([[c, 0.0, s, a * c], [s, 0.0, -c, a * s], [0.0, 1.0, 0.0, d], [0.0, 0.0, 0.0, 1.0]])

    return (link(q[0], 0.4, 0.1) @ link(q[1], 0.2, 0.3))[:3, 3]


def together(q):
    """The cosines and sines of all angles at once, as people write them."""
    c, s = np.cos(q), np.sin(q)
    first, second = (np.array([[c[k], -s[k]], [s[k], c[k]]]) for k in (0, 1))
    return first @ second @ np.array([1.0, 0.5])


def energy(q):
    v = np.array([[np.cos(q[0]), 0.0], [0.0, q[1]]]) @ np.array([q[2], q[3]])
    return 0.5 * np.sum(v * v)


PROGRAMS = (arm, turned, plane, lengths, frame, together, energy)


@pytest.mark.parametrize("program", PROGRAMS)
def test_derivatives_are_those_of_the_arrays(program):
    ours, plain = sd.jacobian(program), sd.jacobian(program, exact=True)
    for _ in range(5):
        q = RNG.normal(size=4)
        assert np.shape(ours(q)) == (*np.shape(program(q)), 4)
        np.testing.assert_allclose(ours(q), plain(q), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("program", (arm, turned, plane, frame, together))
def test_they_are_one_matrix_of_numbers(program):
    f = sd.jacobian(program)
    f(RNG.normal(size=4))
    assert " @ " not in f.source
    assert f.source.count("np.array(") == 1


def test_what_is_long_in_numbers_stays_one_of_arrays():
    def dense(q):
        m = np.array([[q[0], q[1], q[2]], [q[1], q[3], q[0]], [q[2], q[0], q[3]]])
        return np.sum(m @ m @ m @ m @ m)

    f = sd.grad(dense)
    q = RNG.normal(size=4)
    np.testing.assert_allclose(f(q), sd.grad(dense, exact=True)(q), rtol=1e-12)
    assert " @ " in f.source


def test_hessians_do_not_grow():
    """Second derivatives of many numbers are long: the gradient of a length of the arm is one of arrays."""

    def length(q):
        return np.sum(arm(q) ** 2)

    f, plain = sd.hessian(length), sd.hessian(length, exact=True)
    q = RNG.normal(size=4)
    np.testing.assert_allclose(f(q), plain(q), rtol=1e-11, atol=1e-13)
    assert " @ " in f.source
    assert len(f.source.splitlines()) <= 1.25 * len(plain.source.splitlines())


def test_a_zero_times_what_may_be_infinite_stays_in_an_array():
    def program(q):
        return np.array([[np.log(q[0]), 0.0], [q[1], 1.0]]) @ np.array([q[2], np.exp(q[3])])

    f, q = sd.jacobian(program), np.abs(RNG.normal(size=4))
    np.testing.assert_allclose(f(q), sd.jacobian(program, exact=True)(q), rtol=1e-12)
    assert "0 * " not in f.source
    assert "0.0 * " not in f.source


def test_numbers_of_other_types():
    q = np.array([0.5, 2.0])
    np.testing.assert_array_equal(sd.jacobian(lambda q: np.array([q[0] * q[1], 1]))(q), [[2, 0.5], [0, 0]])
    np.testing.assert_array_equal(sd.jacobian(lambda a: np.array([a, 2 * a, 1]))(0.5), [1, 2, 0])
    single = sd.jacobian(lambda q: np.array([q[0] * q[1], np.sin(q[0])]))(q.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, [[2, 0.5], [np.cos(0.5), 0]], rtol=1e-6)


def test_numbers_that_are_computed_of_arrays_are_derived_as_arrays():
    """Else there would be a way back for each."""
    f = sd.jacobian(lambda w, x: np.array([np.sum(np.sin(x * w[0])), np.sum(np.cos(x * w[0])), w[1] * np.sum(x)]))
    w, x = np.array([0.3, 0.4]), RNG.normal(size=20)
    expected = [[np.sum(np.cos(x * 0.3) * x), 0], [-np.sum(np.sin(x * 0.3) * x), 0], [0, np.sum(x)]]
    np.testing.assert_allclose(f(w, x), expected, rtol=1e-12, atol=1e-14)


def equations(x):
    return np.array([-x[0] + x[1] * x[2], x[0] - x[1] * x[2] - 3 * x[1] ** 2, 3 * x[1] ** 2])


def test_equations_have_a_matrix():
    f = sd.jacobian(equations)
    _, b, c = x = np.array([0.3, 0.5, -2.0])
    np.testing.assert_array_equal(f(x), [[-1, c, b], [1, -c - 6 * b, -b], [0, 6 * b, 0]])
    assert "np.zeros" not in f.source
    assert "np.stack" not in f.source


@pytest.mark.parametrize("n", range(1, 6))
def test_numbers_one_by_one_are_the_same_as_both_modes(n):
    """Of random sums and products of elements, put together as a vector."""
    x = variable("x", Aval("float64", (4,)))
    parts = [getitem(x, index=(k,)) for k in range(4)]
    for _ in range(3 * n):
        i, j = RNG.integers(len(parts), size=2)
        parts.append(parts[i] * parts[j] if RNG.random() < 0.5 else parts[i] - parts[j])
    y = stack(*parts[-n:], axis=0)
    point = RNG.normal(size=4)
    found = [evaluate(Graph((x,), jacobians([y], [x], mode).blocks[0]), point) for mode in (None, "forward", "reverse")]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(found[0], found[2], rtol=1e-13, atol=1e-15)
