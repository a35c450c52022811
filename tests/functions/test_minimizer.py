"""Minimisers, roots and steady states: differentiated by their equation as if by a hundred steps of Newton's method."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, ShapeError, ValueDomainError

RNG = np.random.default_rng(0)
X, W0 = RNG.normal(size=(30, 4)), np.zeros(4)
Y = np.where(RNG.random(30) > 0.5, 1.0, -1.0)


def logistic(w, penalty):
    return np.sum(np.logaddexp(0, -Y * (X @ w))) + penalty * (w @ w)


def fitted(penalty):
    return sd.minimizer(logistic, W0, penalty)


def stepped(penalty):
    w = W0
    for _ in range(100):
        m = Y * (X @ w)
        p = 1 / (1 + np.exp(m))
        slope = 2 * penalty * w - X.T @ (Y * p)
        w = w - np.linalg.solve(X.T @ ((p * (1 - p))[:, None] * X) + 2 * penalty * np.eye(4), slope)
    return w


@pytest.mark.parametrize("penalty", [0.05, 0.5, 5.0])
def test_a_regression_and_its_penalty(penalty):
    np.testing.assert_allclose(fitted(penalty), stepped(penalty), atol=1e-12)
    np.testing.assert_allclose(sd.jacobian(fitted)(penalty), sd.jacobian(stepped)(penalty), atol=1e-10)
    twice = sd.jacobian(sd.jacobian(fitted))(penalty), sd.jacobian(sd.jacobian(stepped))(penalty)
    np.testing.assert_allclose(*twice, atol=1e-10)


def test_a_penalty_chosen_by_the_error_on_other_data():
    Z, t = RNG.normal(size=(20, 4)), np.where(RNG.random(20) > 0.5, 1.0, -1.0)

    def error(penalty):
        return np.mean(np.logaddexp(0, -t * (Z @ fitted(penalty))))

    assert sd.check_grads(error, (0.7,), order=2) < 1e-5


def test_a_steady_state():
    def rates(c, k):
        return np.array([k[0] - k[1] * c[0] - c[0] * c[1], c[0] * c[1] - k[2] * c[1] + 0.1])

    def settled(k):
        return sd.root(rates, np.array([1.0, 1.0]), k)

    def by_steps(k):
        c = np.array([1.0, 1.0])
        for _ in range(100):
            J = np.array([[-k[1] - c[1], -c[0]], [c[1], c[0] - k[2]]])
            c = c - np.linalg.solve(J, rates(c, k))
        return c

    k = np.array([2.0, 1.0, 1.5])
    np.testing.assert_allclose(sd.jacobian(settled)(k), sd.jacobian(by_steps)(k), atol=1e-10)


def test_steps_are_halved_where_newtons_leads_too_far():
    def rosenbrock(x, a):
        return (a - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2

    def lowest(a):
        return sd.minimizer(rosenbrock, np.array([-1.2, 1.0]), a)

    np.testing.assert_allclose(lowest(1.5), [1.5, 2.25])
    np.testing.assert_allclose(sd.jacobian(lowest)(1.5), [1.0, 3.0])


def test_from_a_maximum_downwards():
    np.testing.assert_allclose(sd.minimizer(np.cos, 0.5), np.pi)


def test_containers():
    def loss(s, a):
        return (s["u"] - a) ** 2 + np.sum((s["v"] - s["u"]) ** 2)

    found = sd.minimizer(loss, {"u": 0.0, "v": np.zeros(2)}, 3.0)
    np.testing.assert_allclose([found["u"], *found["v"]], [3, 3, 3])
    assert sd.grad(lambda a: sd.minimizer(loss, {"u": 0.0, "v": np.zeros(2)}, a)["u"])(3.0) == pytest.approx(1)


def test_another_method():
    def by_formula(f, x0, a):
        return a / 3

    def lowest(a):
        return sd.minimizer(lambda x, a: (3 * x - a) ** 2, 0.0, a, solve=by_formula)

    assert sd.grad(lowest)(2.0) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (lambda: sd.minimizer(lambda x: x**2, np.ones(2)), ShapeError, "takes a function that gives a number"),
        (lambda: sd.minimizer(np.exp, 0.0, steps=5), ValueDomainError, "minimizer has found nothing in 5 steps"),
        (lambda: sd.minimizer(np.cos, "x"), ArgumentError, "begins with .x., which holds no numbers"),
        (lambda: sd.minimizer(np.cos, 0.5, steps=0), ArgumentError, "minimizer searches at most 0 steps"),
    ],
)
def test_errors_say_what_to_do(make, kind, says):
    with pytest.raises(kind, match=says):
        make()
