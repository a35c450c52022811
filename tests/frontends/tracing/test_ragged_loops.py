"""Loops whose arrays become shorter or longer with each step: kept as loops, they give what their steps give one by one."""

import numpy as np
import pytest

import symdiff as sd

W = np.linspace(0.3, 1.7, 40)


def binomial(x, p):
    V = np.sin(x)
    for i in range(len(x) - 2, -1, -1):
        V = np.maximum(p * V[1:] + (1 - p) * V[:-1], 0.1 * np.arange(i + 1) - 0.5)
    return V[0]


def ascending(x, p):
    V = x * p
    for _ in range(len(x) - 3):
        V = V[1:] * V[:-1] + 0.3
    return np.sum(V * V)


def growing(x, p):
    V = x[:1]
    for i in range(12):
        V = np.concatenate([0.5 * V, np.array([p * i]) + x[1]])
    return np.sum(np.cos(V))


def by_two(x, p):
    V, s = x + p, 0.0
    for _ in range((len(x) - 2) // 2):
        V = V[2:] - p * V[:-2] * V[1:-1]
        s = s + np.sum(V)
    return s


def rows(x, p):
    V = np.outer(x, x[:3])
    for i in range(len(x) - 1, 0, -1):
        V = np.tanh(V[1:] + p * V[:-1]) * np.exp(-0.1 * np.arange(i)[:, None])
    return np.sum(V @ V.T)


def with_weights(x, p):
    V, w = x.copy(), np.cos(x)
    for i in range(len(x) - 2, -1, -1):
        V = (V[1:] - V[:-1]) * w[: i + 1] + p * i
    return np.sum(V)


def cut_off(x, p):  # the weights are too short at first: NumPy would broadcast one of them
    V = x.copy()
    for i in range(len(x) - 2, -1, -1):
        V = (V[1:] - V[:-1]) * p + np.sum(W[37 : 38 + i])
    return np.sum(V)


def made_anew(x, p):
    V = x * x
    for _ in range(len(x) - 1):
        d = V[1:] * p
        V = d + V[:-1]
    return V[0] + d[0]


def counter_afterwards(x, p):
    V = x * x
    for i in range(1, len(x)):  # noqa: B007
        V = V[1:] + p * V[:-1]
    return V[0] * i


def two_at_once(x, p):
    a, b = x, x * p
    for _ in range(len(x) - 2):
        a, b = a[1:] * b[:-1], np.sin(b[1:]) + a[:-1]
    return np.sum(a) + b @ b


KEPT = (binomial, ascending, growing, by_two, rows, with_weights, made_anew, counter_afterwards, two_at_once)


@pytest.mark.parametrize("f", [*KEPT, cut_off], ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [12, 17])
def test_a_loop_gives_what_its_steps_give(f, n):
    rng = np.random.default_rng(n)
    x, p = rng.normal(size=n), 0.4
    kept, plain = (sd.value_and_grad(f, wrt=("x", "p"), loops=loops) for loops in ("keep", "unroll"))
    value, found = kept(x, p)
    _, expected = plain(x, p)
    np.testing.assert_allclose(value, f(x, p), rtol=1e-12)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_the_source_is_as_long_for_more_steps(f):
    lines = [
        len(sd.value_and_grad(f, loops="keep").at(np.ones(n), 0.5).source.splitlines()) for n in (20, 30)
    ]  # few numbers are printed as they are
    assert lines[0] == lines[1]
    assert "for " in sd.grad(f, loops="keep").at(np.ones(14), 0.5).source


@pytest.mark.parametrize("f", [binomial, growing, with_weights], ids=lambda f: f.__name__)
def test_second_derivatives_and_float32(f):
    x = np.random.default_rng(5).normal(size=11)
    kept, plain = (sd.hessian(f, loops=loops)(x, 0.4) for loops in ("keep", "unroll"))
    np.testing.assert_allclose(kept, plain, rtol=1e-9, atol=1e-10)
    narrow = sd.grad(f, loops="keep")(x.astype(np.float32), np.float32(0.4))
    assert narrow.dtype == sd.grad(f, loops="unroll")(x.astype(np.float32), np.float32(0.4)).dtype


def test_what_does_not_keep_to_the_law_is_run_step_by_step():
    def halved(x):
        V = x
        for _ in range(3):
            V = V[::2] + 1
        return np.sum(V * V)

    def sometimes(x):
        V = x
        for i in range(10):
            V = V[1:] if i % 3 == 0 else V * 2
        return np.sum(V * V)

    x = np.random.default_rng(1).normal(size=17)
    for f in (halved, sometimes):
        g = sd.value_and_grad(f, loops="keep")
        assert np.isclose(g(x)[0], f(x), rtol=1e-12)
        np.testing.assert_allclose(g(x)[1], sd.grad(f, loops="unroll")(x), rtol=1e-12)
        assert "for " not in g.source


def settles_within(x, p):
    a, c = p[0], p[1]
    for t in range(12):
        k = 0
        while k < 15 and c > 0.43:
            k += 1
            a = a + x[t] * c
            for _ in range(11):
                a = a * np.sin(c)
                c = np.log(1.5 + np.cos(p[1])) * 0.4
    return a


@pytest.mark.parametrize("p", [[0.3, 0.9], [0.3, 0.2]])
def test_what_is_as_long_as_a_loop_in_a_step_took_steps_stays_in_the_step(p):
    """One number for each of these, though it is the same in all steps, is not there before that loop has run."""
    x, p = np.linspace(0.1, 0.5, 12), np.array(p)
    found = sd.grad(settles_within, wrt="p")(x, p)
    near = [(settles_within(x, p + h) - settles_within(x, p - h)) / 2e-6 for h in 1e-6 * np.eye(2)]
    np.testing.assert_allclose(found, near, rtol=1e-6, atol=1e-9)
