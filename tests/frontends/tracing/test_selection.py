"""``x[x > 0]``: what a condition selects, as NumPy has it, without an array whose length depends on values."""

import numpy as np
import pytest
from helpers import difference

import symdiff as sd
from symdiff.errors import SymdiffError

X = np.array([1.0, -2.0, 3.0, 0.5, -0.1])
M = np.arange(12.0).reshape(4, 3) - 4.3
KNOWN = np.array([True, False, True, True, False])
ROWS = np.array([True, False, True, False])
LARGE = np.random.default_rng(0).normal(size=100) > 0


def pieces(x):
    y = np.zeros_like(x)
    keep = x > 0
    y[keep] = np.sqrt(x[keep])
    y[~keep] = x[~keep] ** 2
    return y


def accumulated(x):
    y, v, keep = x.copy(), np.exp(x), x > 0
    y[keep] += v[keep]
    y[keep] *= 2
    return y


def rows(m):
    y, keep = np.zeros_like(m), m[:, 0] > 0
    y[keep] = m[keep] * np.array([1.0, 2.0, 3.0])
    y[~keep, 1] = 7
    y[keep, 0] += 1
    return y


def a_copy(x):
    part = x[x > 0]
    other = part
    part += 1
    return part.sum() * other.sum()


def before_a_write(x):
    y = x * 1
    part = y[x > 0]
    y[:] = 0
    return part.sum() + y.sum()


def clipped(x):
    y = x * 1
    y[y > 0.7] = 0.7
    y[y < 0] = 0
    return y


WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0, 5.0])  # of no argument: NumPy's own, and what is made of it


def into_numbers(x):
    y, places = np.zeros(5), np.where(x > 0)
    y[places] = x[places] ** 2
    y[np.flatnonzero(x < 0)] -= 1.0
    return y * x


def into_a_matrix(m):
    y, (i, j) = np.zeros((4, 3)), np.nonzero(m > 0)
    y[i, j] = m[i, j]
    return y * m


def into_a_copy(x):
    y = WEIGHTS.copy()
    y[np.nonzero(x > 0)] *= 2
    return y * x


def of_numbers(x):
    places = np.where(x > 0)[0]
    return np.sum(WEIGHTS[places] * x[places]) / len(places) + WEIGHTS[x > 0].mean()


def refused_later(x):
    return np.take(WEIGHTS, np.where(x > 0)[0]).sum() * x


COMPUTED = [
    (lambda x: x[x > 0].sum(), X),
    (lambda x: np.sum(x[x > 0] ** 2), X),
    (lambda x: np.mean(x[x > 0]), X),
    (lambda x: x[x > 0].max() - x[x < 0].min(), X),
    (lambda x: np.ptp(x[x > 0]), X),
    (lambda x: np.log(x[x > 0]).sum(), X),
    (lambda x: x[x > 0].std(), X),
    (lambda x: np.var(x[x > 0], ddof=1), X),
    (lambda x: x[x > 0].prod(), X),
    (lambda x: np.linalg.norm(x[x > 0]), X),
    (lambda x: x[x > 0] @ np.exp(x)[x > 0], X),
    (lambda x: np.dot(x[x > 0], x[x > 0]), X),
    (lambda x: np.sum(x[x > 0]) / x[x > 0].size, X),
    (lambda x: np.sum(x[x > 0]) / x[x > 0].shape[0], X),
    (lambda x: np.sum(x[x > 0]) / np.count_nonzero(x > 0), X),
    (lambda x: np.where(x[x > 0] > 1.5, x[x > 0], 2 * x[x > 0]).sum(), X),
    (lambda x: (x[x > 0] * 2 + 1).clip(0, 3).sum(), X),
    (lambda x: np.sum(x[(x > 0) & (x < 2)]), X),
    (lambda x: np.max(x[x > 0] * np.array([2.0])), X),
    (lambda m: m[m > 0].sum(), M),
    (lambda m: m[m[:, 0] > 0].sum(axis=0), M),
    (lambda m: m[m[:, 0] > 0].mean(axis=1).sum(), M),
    (lambda m: (m[m[:, 1] > 0] @ np.ones(3)).sum(), M),
    (lambda m: m[m.sum(axis=1) > 0].mean(axis=0), M),
    (lambda m: np.average(m[:, 0][m[:, 0] > 0], weights=m[:, 1][m[:, 0] > 0]), M),
    (lambda x: np.extract(x > 0, x**2).sum(), X),
    (lambda x: np.extract(x > 0, X) @ np.compress(x > 0, x), X),
    (lambda x: np.log(x.compress(x > 0)).sum(), X),
    (lambda m: np.mean(np.extract(m > 0, m)), M),
    (pieces, X),
    (accumulated, X),
    (rows, M),
    (a_copy, X),
    (before_a_write, X),
    (clipped, X),
    (into_numbers, X),
    (into_a_matrix, M),
    (into_a_copy, X),
    (of_numbers, X),
    (lambda x: np.sum(x[x > 0]) / len(x[x > 0]), X),
]
CONSTANT = [
    (lambda x: x[KNOWN].sum(), X),
    (lambda x: x[KNOWN], X),
    (lambda x: x[~KNOWN] ** 2, X),
    (lambda x: np.outer(x[KNOWN], x[[True, False, False, True, True]]), X),
    (lambda m: m[ROWS], M),
    (lambda m: m[ROWS, 1], M),
    (lambda m: m[:, ROWS[:3]], M),
    (lambda m: m[..., ROWS[:3]] * 2, M),
    (lambda m: m[np.arange(12).reshape(4, 3) % 2 == 0], M),
    (lambda x: x[np.zeros(5, bool)].sum() + x[0], X),
    (lambda x: np.concatenate([x] * 20)[LARGE], X),
]


@pytest.mark.parametrize(("f", "x"), [*COMPUTED, *CONSTANT])
def test_a_selection_is_numpys(f, x):
    expected = f(x.copy())

    np.testing.assert_allclose(sd.function(f)(x.copy()), expected, rtol=1e-14, strict=True)

    weights = np.cos(1.0 + np.arange(np.size(expected))).reshape(np.shape(expected))
    found = sd.grad(lambda x: np.sum(weights * f(x)))(x.copy())
    direction = np.random.default_rng(1).normal(size=x.shape)
    slope = difference(lambda x: np.sum(weights * f(x.copy())), (x,), 0, direction, h=1e-3)

    assert np.sum(found * direction) == pytest.approx(slope, rel=1e-8, abs=1e-9)


def test_nothing_selected_is_as_in_numpy_where_that_has_a_value():
    f = sd.function(lambda x: (x[x > 9].sum(), x[x > 9].prod(), np.any(x[x > 9] > 0), np.all(x[x > 9] > 0)))

    assert f(X) == (0.0, 1.0, False, True)


def test_the_other_elements_contribute_no_nan():
    grad = sd.grad(lambda x: np.log(x[x > 0]).sum())

    assert grad(np.array([2.0, 0.0, -1.0])).tolist() == [0.5, 0.0, 0.0]


def test_rows_that_are_not_selected_contribute_no_nan_to_a_product():
    def f(x, A, m):
        return np.sum((A[m > 0] @ x) ** 2)

    x, A, m = np.ones(3), np.where(np.arange(4) == 1, np.nan, M.T).T, np.array([1.0, 0.0, 1.0, 1.0])
    kept = A[m > 0]
    np.testing.assert_allclose(sd.grad(f)(x, A, m), 2 * kept.T @ (kept @ x), rtol=1e-14)
    np.testing.assert_allclose(sd.hessian(f)(x, A, m), 2 * kept.T @ kept, rtol=1e-14)
    rows = sd.grad(f, wrt=1)(x, A, m)
    assert np.all(rows[1] == 0)
    assert np.all(np.isfinite(rows))


def test_a_large_constant_index_has_a_name():
    f = sd.function(lambda x: x[LARGE].sum())
    f(np.ones(100))

    assert max(map(len, f.source.split("def ")[1].splitlines())) < 100


def test_a_condition_of_rows_replaces_rows():
    def f(m):
        y = m * 1
        y[m[0] > 0] = 0
        return y

    m = np.array([[1.0, -1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    assert sd.function(f)(m).tolist() == f(m).tolist() == [[0, 0, 0], [3, 4, 5], [0, 0, 0]]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sort(x[x > 0]),
        lambda x: np.concatenate([x[x > 0], x]),
        lambda x: x[x > 0][0],
        lambda x: np.cumsum(x[x > 0]),
        lambda x: np.median(x[x > 0]),
        lambda x: list(x[x > 0]),
        lambda x: x[x > 0].reshape(-1, 1),
        lambda x: x + x[x > 0],
        lambda x: x[x > 0] * np.ones(5),
        lambda x: np.add.reduce(x[x > 0]),
        lambda x: np.zeros(x[x > 0].shape),
        lambda x: 1.0 if x[x > 0] else 0.0,
        lambda x: x[x > 0],
        lambda x: np.exp(x[x > 0], out=np.zeros(3)),
        refused_later,
    ],
)
def test_what_needs_the_length_is_refused(f):
    with pytest.raises(SymdiffError):
        sd.function(f)(X)
