"""Slices that begin or end at the counter of a loop: kept loops compute what the written out ones and NumPy do."""

import numpy as np
import pytest

import symdiff as sd

N, SMALL = 12, 1e-30


def solved(A, b):
    x = np.zeros_like(b)
    for i in range(len(b)):
        x[i] = (b[i] - A[i, :i] @ x[:i]) / A[i, i]
    return np.sum(x * x)


def solved_backwards(A, b):
    x = np.zeros_like(b)
    for i in range(len(b) - 1, -1, -1):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return np.sum(x * x)


def cholesky(A, b):
    L = np.zeros_like(A)
    for j in range(len(A)):
        L[j, j] = np.sqrt(A[j, j] - np.sum(L[j, :j] * L[j, :j]))
        L[j + 1 :, j] = (A[j + 1 :, j] - L[j + 1 :, :j] @ L[j, :j]) / L[j, j]
    return np.sum(np.log(np.diag(L))) + np.sum(L @ b)


def eliminated(A, b):
    U, y = A.copy(), b.copy()
    for k in range(len(b) - 1):
        f = U[k + 1 :, k] / U[k, k]
        U[k + 1 :, k:] = U[k + 1 :, k:] - f[:, None] * U[k, k:]
        y[k + 1 :] = y[k + 1 :] - f * y[k]
    return np.sum(np.log(np.diag(U) ** 2)) + np.sum(y * y)


def eliminated_in_place(A, b):
    U = A.copy()
    for k in range(len(b) - 1):
        U[k + 1 :, k:] -= np.outer(U[k + 1 :, k] / U[k, k], U[k, k:])
    return np.sum(np.diag(U) * b)


def sums_before(A, b):
    total = 0.0
    for i in range(1, len(b)):
        total = total + np.sin(np.sum(b[:i])) * A[i, 0]
    return total


def kept_sums(A, b):
    c = np.zeros_like(b)
    for i in range(len(b)):
        c[i] = np.sum(b[: i + 1] ** 2)
    return c @ A[0]


def windows(A, b):
    total = 0.0
    for i in range(len(b) - 2):
        total = total + np.sum(A[0, :3] * b[i : i + 3]) ** 2
    return total


def widths_on_both_sides(A, b):
    total = 0.0
    for i in range(1, len(b) - 1):
        total = total + np.sum(b[i - 1 : i + 2]) * np.sum(A[i, i - 1 :])
    return total


def turned(A, b):
    y = b.copy()
    for i in range(1, len(b)):
        y[i] = b[i] + 0.1 * np.sum(y[:i][::-1] * A[0, :i])
    return np.sum(y * y)


def parts_written(A, b):
    y = b.copy()
    for i in range(1, len(b)):
        y[:i] = y[:i] + A[i, i] * y[i]
        y[i:] = 0.9 * y[i:]
    return np.sum(y * A[1])


def added_in_place(A, b):
    y = b.copy()
    for i in range(1, len(b)):
        y[:i] += A[i, :i] * y[i]
        y[i:] *= 0.9
    return np.sum(y * y)


def seen_before_it_is_written(A, b):
    y, total = b.copy(), 0.0
    for i in range(1, len(b)):
        v = y[:i]
        y[:i] = 1.1 * y[:i]
        total = total + np.sum(v * A[i, :i])
    return total


def written_where_it_is_seen(A, b):
    y = b.copy()
    for i in range(1, len(b)):
        v = y[:i]
        v += A[i, i] * 0.1
        v[0] = v[0] * 1.1
    return np.sum(y * y)


def of_a_copy(A, b):
    y, total = b.copy(), 0.0
    for i in range(1, len(b)):
        v = y[:i].copy()
        y[:i] = 1.1 * y[:i]
        total = total + np.sum(v * v)
    return total


def two_counters(A, b):
    y = b.copy()
    for i in range(1, len(b)):
        for j in range(4):
            y[j] = y[j] + 0.01 * np.sum(A[j, :i] * y[:i])
    return np.sum(y * y)


def larger_of_two(A, b):
    total = 0.0
    for i in range(1, len(b)):
        total = total + np.max(b[:i]) * A[i, 0] + np.min(A[1, i:])
    return total


def counted_too(A, b):
    total = 0.0
    for i in range(1, len(b)):
        total = total + np.mean(b[:i]) / (i + 1.5) + i * b[i]
    return total


def cut_off(A, b):  # NumPy ends a slice where the array does
    total = 0.0
    for i in range(len(b)):
        total = total + np.sum(b[: i + 3]) * A[i, i]
    return total


def from_the_end(A, b):  # b[-1:2] at first
    total = 0.0
    for i in range(len(b)):
        total = total + np.sum(b[i - 1 : i + 2]) * A[i, i]
    return total


def first_is_another(A, b):
    total = 0.0
    for i in range(1, len(b)):
        s = np.sum(b[:i])
        total = total + (2 * s if i == 1 else s * A[i, 0])
    return total


def every_second(A, b):
    total = 0.0
    for i in range(1, len(b)):
        total = total + np.sum(b[:i]) * (1.0 if i % 2 else A[i, 0])
    return total


def in_a_list(A, b):
    factors, total = [1.0, 2.0, 3.0] * 4, 0.0
    for i in range(1, len(b)):
        total = total + np.sum(b[:i]) * factors[i] + {3: 1.0}.get(i, 0.0) + (7.0 if i in (2, 5) else 0.0)
    return total


KEPT = [
    solved, solved_backwards, cholesky, eliminated, eliminated_in_place, sums_before, kept_sums, windows, widths_on_both_sides,
    turned, parts_written, added_in_place, of_a_copy, larger_of_two, counted_too,
]  # fmt: skip
PERHAPS = [
    seen_before_it_is_written, written_where_it_is_seen, two_counters, cut_off, from_the_end, first_is_another,
    every_second, in_a_list,
]  # fmt: skip


def given():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(N, N))
    return A @ A.T + N * np.eye(N), rng.normal(size=N)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("f", KEPT + PERHAPS, ids=lambda f: f.__name__)
def test_values_and_slopes(f):
    A, b = given()
    assert sd.function(f, exact=True)(A, b) == pytest.approx(f(A, b), rel=1e-15)
    value, slopes = sd.value_and_grad(f, wrt=(0, 1))(A, b)
    assert value == pytest.approx(f(A, b), rel=1e-13)
    plain = sd.grad(sd.function(f, loops="unroll"), (0, 1))(A, b)
    for mine, other in zip(slopes, plain, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-10 * np.max(np.abs(other)))


@pytest.mark.parametrize("f", [f for f in KEPT + PERHAPS if f is not larger_of_two], ids=lambda f: f.__name__)
def test_slopes_are_those_of_a_complex_step(f):
    A, b = given()
    d_A, d_b = sd.grad(f, (0, 1))(A, b)
    rng = np.random.default_rng(1)
    v, w = rng.normal(size=A.shape), rng.normal(size=b.shape)
    moved = f(A + SMALL * 1j * v, b + SMALL * 1j * w).imag / SMALL
    assert np.sum(d_A * v) + d_b @ w == pytest.approx(moved, rel=1e-10)


@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_the_loop_is_kept(f):
    g = sd.value_and_grad(f, wrt=(0, 1))
    g(*given())
    assert "written out" not in g.explain()
    assert g.source.count("\n") < 60


def shrinking(what):
    """A loop whose arrays become shorter, in which `what` looks at the counter."""

    def f(b):
        v = b
        for i in range(len(b) - 2, -1, -1):
            v = 0.5 * (v[1:] + v[:-1])
            v = v * what(i, v)
        return v[0]

    return f


def slicing(what):
    """The same with slices up to the counter."""

    def f(b):
        total = 0.0
        for i in range(1, len(b)):
            total = total + np.sum(b[:i]) * what(i, b[:i])
        return total

    return f


ASKED = {
    "equal": lambda i, v: 3.0 if i == 5 else 1.0,
    "unequal": lambda i, v: 3.0 if i != 5 else 1.0,
    "among others": lambda i, v: 2.0 if i in (3, 4) else 1.0,
    "a key": lambda i, v: {5: 2.0}.get(i, 1.0),
    "a truth": lambda i, v: 1.0 + (i == 7),
    "zero": lambda i, v: 2.0 if i else 1.0,
    "larger": lambda i, v: 2.0 if i > 5 else 1.0,
    "the largest": lambda i, v: max(i, 4) + min(i, 3),
    "a type": lambda i, v: 2.0 if isinstance(i, int) else 1.0,
    "a text": lambda i, v: 1.0 + f"{i}".count("1") + str(i).count("1"),
    "a remainder": lambda i, v: 1.0 + i % 3 + i // 2,
    "a number": lambda i, v: 1.0 + 0.1 * i + i**2 * 0.01 + float(i) + abs(i - 3) + 1 / (i + 1) + np.sqrt(i),
    "a length": lambda i, v: 2.0 if len(v) == 3 else 1.0,
    "a size": lambda i, v: 2.0 if v.size > 4 else 1.0 / v.shape[0],
    "lengths of others": lambda i, v: np.arange(i + 1).sum() + np.ones(i + 1) @ np.arange(i + 1),
    "functions of arrays": lambda i, v: np.tanh(
        np.var(v) + np.cumsum(v)[-1] + np.sort(v)[0] + np.median(v) + np.argmax(v)
    ),
}


@pytest.mark.parametrize("loop", [shrinking, slicing])
@pytest.mark.parametrize("what", ASKED)
def test_what_is_asked_of_a_counter(what, loop):
    f, (_, b) = loop(ASKED[what]), given()
    assert sd.function(f)(b) == pytest.approx(f(b), rel=1e-13)


def test_a_sum_over_what_may_be_empty_is_read_on_the_way_back():
    """The slices of the last steps have a length that is nominally 0, and make no array that could be kept."""

    def f(b):
        y = b.copy()
        for i in range(12):
            y[i] += 0.1 * i * np.sum(0.5 * y[: 11 - i])
        return np.sum(y * y)

    b, v = np.random.default_rng(3).normal(size=(2, 12))
    value, d_b = sd.value_and_grad(f)(b)
    np.testing.assert_allclose(value, f(b), rtol=1e-13)
    np.testing.assert_allclose(d_b @ v, f(b + 1e-30j * v).imag / 1e-30, rtol=1e-12)
    np.testing.assert_allclose(sd.hvp(f)(b, v), sd.hessian(f)(b) @ v, rtol=1e-10)
