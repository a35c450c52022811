"""Programs as other people write them: each is traced as it stands, and its gradient is that of finite differences."""

import math

import numpy as np
import pytest

import symdiff as sd

A0 = np.random.default_rng(0).normal(size=(4, 4))
PROGRAMS = {}


def program(f):
    PROGRAMS[f.__name__] = f
    return f


@program
def fill(x):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = x[i] ** 2
    return y.sum()


@program
def fill_slices(x):
    n = x.shape[0]
    y = np.empty(n)
    y[:2] = x[:2]
    y[2:] = np.sin(x[2:]) * x[0]
    return np.sum(y * y)


@program
def views(x):
    M = np.zeros((2, len(x)))
    row = M[0]
    row += x
    M[1, :] = x * x
    M[1] *= 2
    t = M.T
    t[0, 0] = 7 * x[1]
    return np.sum(M**2)


@program
def arr(x):
    return np.array([x[0], x[1] ** 2, 3.0]).sum() + np.asarray([x[2]]).prod()


@program
def rosen(x):
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


@program
def recurs(x):

    def go(k):
        return x[0] if k == 0 else np.sin(go(k - 1)) * x[k % len(x)]

    return go(5)


@program
def maths(x):
    return math.exp(x[0]) * math.sqrt(x[1] * x[1] + 1) + math.log(x[2] ** 2 + 1, 10)


@program
def maxmin(x):
    return max(x[0], x[1], 0.5) * min(x) + abs(x[2]) + pow(x[1], 2) + round(x[0])


@program
def inplace(x):
    y = x.copy()
    y *= 2
    y += x[0]
    y[1:-1] -= x[:-2]
    y /= 3.0
    return (y**2).sum()


@program
def mask(x):
    y = x.copy()
    y[y < 0] = 0.0
    return (y**2 * x).sum()


@program
def stencil(x):
    a = np.array(x)
    for _ in range(3):
        a[1:-1] = 0.5 * a[1:-1] + 0.25 * (a[:-2] + a[2:])
    return np.sum(a**2)


@program
def whereout(x):
    return np.divide(1.0, x, out=np.zeros_like(x), where=x > 0.1).sum()


@program
def reduce(x):
    return (
        np.add.reduce(x) * np.multiply.reduce(x)
        + np.maximum.reduce(x)
        + np.add.outer(x, x).sum()
        + np.add.accumulate(x)[1]
    )


@program
def sz(x):
    return np.size(x) * np.ndim(x) * x.sum() / x.size + np.shape(x)[0] * x[0]


@program
def unpack(x):
    a, b, *c = x
    return a * b + c[0]


@program
def fstr(x):
    assert f"{x} {x[0]:.3f}"
    return x.sum()


@program
def vect(x):
    f = np.vectorize(lambda t: t * t if True else 0)
    return f(x).sum()


@program
def cum(x):
    y = np.zeros(len(x) + 1)
    for i, v in enumerate(x):
        y[i + 1] = y[i] + v
    return (y**2).sum()


@program
def eyefill(x):
    M = np.eye(3)
    M[0, 1] = x[0]
    M[np.diag_indices(3)] += 1.0
    return np.linalg.det(M) * x[1]


@program
def intidx(x):
    idx = np.array([0, 2])
    y = np.zeros(4)
    y[idx] = x[idx]
    np.add.at(y, [1, 1], x[:2])
    return (y**2).sum()


@program
def one_after_the_other(x):
    y = np.concatenate([x, 2 * x])
    np.multiply.at(y, [1, 1, -1, 1], x[[0, 1, 2, 2]])
    np.maximum.at(y, [0, 3, 0], np.array([x[1], 0.1, -0.4]))
    np.negative.at(y, (slice(0, 4, 2),))
    np.power.at(y.reshape(2, 4), ([1, 0, 1], [1, 0, -3]), 2.0)
    return np.sum(y * np.arange(1, 9))


@program
def powers_of_integers(x):
    total = x[0]
    for k in range(40):
        total = total + x[1] * 2 ** (5 - k) * np.cos(total) + x[2] * (k + 1) ** (1 - k) - 2**-k * x[1]
    return total


@program
def at2(x):
    return np.atleast_1d(x[0]).sum() + np.atleast_2d(x).sum()


@program
def tolist(x):
    return sum(v**2 for v in x.tolist())


@program
def closure(x):
    return x @ A0 @ x


@program
def conc(x):
    z = np.zeros(3)
    for i in range(3):
        if z[i] < 1:
            z[i] = 1.0
    return (z * x[:3]).sum()


@program
def symlen(x):
    return np.sum(x) / x.shape[0]


def differences(f, x, h=1e-6):
    slopes = np.zeros_like(x)
    for k in range(len(x)):
        above, below = x.copy(), x.copy()
        above[k] += h
        below[k] -= h
        slopes[k] = (f(above) - f(below)) / (2 * h)
    return slopes


@pytest.mark.parametrize("name", PROGRAMS)
def test_value_and_gradient(name):
    f, x = PROGRAMS[name], np.array([0.7, -0.3, 1.2, 0.4])
    value, gradient = sd.value_and_grad(f)(x)

    np.testing.assert_allclose(value, f(x), rtol=1e-13)
    np.testing.assert_allclose(gradient, differences(f, x), atol=1e-6)


def test_numpy_is_as_it_was_before():
    before = {name: getattr(np, name) for name in ("zeros", "array", "eye")}, math.exp, np.vectorize.__call__
    sd.grad(PROGRAMS["fill"])(np.ones(3))
    with pytest.raises(sd.errors.SymdiffError):
        sd.grad(lambda x: complex(x[0]))(np.ones(3))

    assert before == ({name: getattr(np, name) for name in ("zeros", "array", "eye")}, math.exp, np.vectorize.__call__)
    assert "max" not in globals()
    assert type(np.zeros(2)) is np.ndarray


def test_a_filled_array_is_the_graph_of_the_expression():
    def filled(x):
        y = np.zeros(2)
        y[1] = x[1] * x[0]
        y[0] = np.sin(x[0])
        return np.sum(y)

    def written(x):
        return np.sum(np.array([np.sin(x[0]), x[1] * x[0]]))

    first, second = (sd.function(f, x=2).graph for f in (filled, written))
    assert first.outputs == second.outputs


def test_containers_come_back():
    def loss(params, X):
        return np.sum((X @ params["w"] + params["b"][0]) ** 2)

    params = {"w": np.arange(2.0), "b": [np.float64(1.0)], "name": "model"}
    found = sd.grad(loss)(params, np.ones((3, 2)))

    np.testing.assert_allclose(found["w"], [12.0, 12.0])
    np.testing.assert_allclose(found["b"], [12.0])
    assert list(found) == ["w", "b", "name"]
    assert found["name"] == "model"


def test_declared_containers_compile_once():
    g = sd.grad(lambda params, X: np.sum((X @ params["w"]) ** 2), params={"w": "d"}, X="n d")
    for n in (2, 5):
        np.testing.assert_allclose(g({"w": np.ones(3)}, np.ones((n, 3)))["w"], np.full(3, 6.0 * n))
    assert g.cache_info().size == 1


def test_static_arguments_and_defaults():
    def power(x, n, scale=2.0, flip=False):
        for _ in range(n):
            x = x * x
        return -scale * np.sum(x) if flip else scale * np.sum(x)

    g = sd.grad(power, static="n")
    np.testing.assert_allclose(g(np.array([3.0]), 1), [12.0])
    np.testing.assert_allclose(g(np.array([3.0]), 0, flip=True), [-2.0])
    np.testing.assert_allclose(sd.grad(power, "scale", static="n")(np.array([3.0]), 1), 9.0)


def test_a_large_array_from_outside_lies_beside_the_file(tmp_path):
    X = np.random.default_rng(0).normal(size=(60, 3))
    f = sd.grad(lambda w: np.sum((X @ w) ** 2), w=3)
    f.save(tmp_path / "out.py")

    assert (tmp_path / "out.npz").exists()
    assert 'X = _ARRAYS["X"]' in (tmp_path / "out.py").read_text()
    np.testing.assert_allclose(f(np.ones(3)), 2 * X.T @ X @ np.ones(3))
