"""What the loops of a function hold for the way back is an option, which changes neither values nor derivatives."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError

RNG = np.random.default_rng(11)
POLICIES = ("keep", "recompute", "sqrt")


def garch(theta, r):
    omega, alpha, beta = theta
    h = np.var(r)
    total = 0.0
    for t in range(len(r)):
        h = omega + alpha * r[t] ** 2 + beta * h
        total = total + np.log(h) + r[t] ** 2 / h
    return total


def smoothed(u, rate):
    for _ in range(30):
        u[1:-1] += rate * np.sin(u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def in_place(u, rate):
    return smoothed(u.copy(), rate)


def nested(u, rate):
    for k in range(12):
        for _ in range(10):
            u = np.sin(rate * np.exp(-(u**2)))
        u = u + 0.1 * k
    return np.sum(u)


def backwards(u, rate):
    left = []
    for row in reversed(u):
        rate = np.tanh(rate * np.cos(row)) + 0.5
        left.append(rate * row)
    return np.sum(np.array(left) ** 2) + rate


def until_small(u, rate):
    steps = 0
    while np.sum(u * u) > 1e-2:
        u = rate * np.sin(u) * np.exp(-(u**2))
        steps += 1
    return np.sum(u) + steps


def left_early(u, rate):
    for _ in range(40):
        u = rate * np.sin(u)
        if np.sum(u) < 1.0:
            break
    return np.sum(u**2)


def by_name(u, rate):
    return np.sum(sd.fori_loop(0, 25, lambda _, h: np.sin(rate * np.exp(-(h**2))), u))


def scanned(u, rate):
    return np.sum(sd.scan(lambda h, _: (np.sin(rate * np.exp(-(h**2))), None), u, length=25)[0])


U = RNG.uniform(0.2, 0.9, size=20)
PROGRAMS = {
    garch: (np.array([0.1, 0.2, 0.6]), RNG.normal(size=60)),
    **dict.fromkeys((in_place, nested, backwards, left_early, by_name, scanned), (U, 0.9)),
    until_small: (U, 0.8),
}
by_program = pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)


@by_program
def test_every_policy_gives_the_same(f):
    args = PROGRAMS[f]
    keep = sd.value_and_grad(f, (0, 1))(*args)[1]
    for memory in POLICIES:
        assert sd.function(f, memory=memory, exact=True)(*args) == f(*args)
        for mine, theirs in zip(sd.value_and_grad(f, (0, 1), memory=memory)(*args)[1], keep, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-13)


@by_program
def test_to_second_order(f):
    args = PROGRAMS[f]
    keep = sd.hessian(f)(*args)
    for memory in POLICIES[1:]:
        np.testing.assert_allclose(sd.hessian(f, memory=memory)(*args), keep, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("f", [garch, in_place, nested, by_name, scanned])
def test_less_is_held(f):
    args = PROGRAMS[f]
    keep, recompute, sqrt = (sd.grad(f, memory=memory).at(*args).cost().bytes for memory in POLICIES)
    assert sqrt < recompute <= keep


def test_what_has_no_segments_computes_again():
    for f in (until_small, left_early):
        sources = [sd.grad(f, memory=memory).at(*PROGRAMS[f]).source for memory in POLICIES]
        assert sources[2] == sources[1] != sources[0]


def test_a_loop_that_says_how_much_it_holds_is_believed():
    def f(u, rate):
        return np.sum(sd.scan(lambda h, _: (np.sin(rate * np.sin(h)), None), u, length=25, memory="keep")[0])

    assert len({sd.grad(f, memory=memory).at(U, 0.9).source for memory in POLICIES}) == 1


def test_refused():
    with pytest.raises(ArgumentError, match="memory is 'recomputed'") as caught:
        sd.grad(nested, memory="recomputed")
    assert "did you mean 'recompute'?" in str(caught.value)
    for what in ("x**2", sd.function("x**2")):
        with pytest.raises(ArgumentError, match="memory= does nothing for"):
            sd.grad(what, memory="sqrt")
