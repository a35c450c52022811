"""What is only compared with its extreme lacks what is the same for all: the same places, and no others where it counts."""

import numpy as np
import pytest

import symdiff as sd

RNG = np.random.default_rng(27)
SUMS = {
    "added in front": lambda a, b, B: np.min(a[:, None] + B, axis=1),
    "added behind": lambda a, b, B: np.max(B + a[:, None], axis=1),
    "taken away": lambda a, b, B: np.min(B - a[:, None], axis=1),
    "what it is taken from": lambda a, b, B: np.max(a[:, None] - B, axis=1),
    "inside of a sum": lambda a, b, B: np.min((a[:, None] - b) + B, axis=1),
    "on the other side": lambda a, b, B: np.max(B - (b - a[:, None]), axis=1),
    "along the other axis": lambda a, b, B: np.min(B + b, axis=0),
    "of a whole": lambda a, b, B: np.max(np.sum(a) + B),
    "along both, the same along one": lambda a, b, B: np.min(B + a[:, None]),
    "distances": lambda a, b, B: np.min(np.sum((B * B), axis=1)[:, None] + b * b - 2 * B @ np.diag(b), axis=1),
}


@pytest.mark.parametrize("name", SUMS)
def test_gradients_are_the_same(name):
    program = SUMS[name]
    for draw in (RNG.normal, lambda size: RNG.integers(-2, 3, size).astype(float)):  # whole numbers have ties
        arguments = draw(size=5), draw(size=4), draw(size=(5, 4))
        f, plain = (
            sd.grad(lambda a, b, B: np.sum(program(a, b, B) ** 2), wrt=(0, 1, 2), exact=exact)
            for exact in (False, True)
        )
        g, given = (
            sd.grad(lambda a, b, B: np.sum(np.sin(b) * np.sum(program(a, b, B))), wrt=(0, 1, 2), exact=exact)
            for exact in (False, True)
        )
        for ours, theirs in zip(
            (*f(*arguments), *g(*arguments)), (*plain(*arguments), *given(*arguments)), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)


def nearest(centres, points):
    squares = np.sum(points**2, axis=1)[:, None] + np.sum(centres**2, axis=1) - 2 * points @ centres.T
    return np.sum(np.min(squares, axis=1))


def test_a_gradient_alone_has_no_squares_of_points():
    centres, points = RNG.normal(size=(3, 2)), RNG.normal(size=(9, 2))
    f, both = sd.grad(nearest), sd.value_and_grad(nearest)
    np.testing.assert_allclose(f(centres, points), both(centres, points)[1], rtol=1e-13, atol=1e-15)
    assert "points ** 2" not in f.source
    assert "points, points" not in f.source
    assert "squares" not in f.source, "the user's name is that of another sum"
    assert "points ** 2" in both.source
    assert "squares" in both.source


def test_a_far_off_term_does_not_blur_what_is_compared():
    f = sd.grad(lambda B, a: np.sum(np.min(a[:, None] + B, axis=1)))
    B = np.array([[1.0, 1.0 + 1e-9, 2.0]])
    np.testing.assert_array_equal(f(B, np.array([1e12])), [[1.0, 0.0, 0.0]])


def test_what_may_be_infinite_stays():
    f = sd.grad(lambda B, a: np.sum(np.max(np.log(a)[:, None] + B, axis=1)))
    B = RNG.normal(size=(2, 3))
    f(B, np.ones(2))
    assert "np.log" in f.source
