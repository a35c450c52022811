"""Some rows in reverse mode, the others by columns: every entry is found, with as few directions as there must be."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import symdiff as sd
from symdiff.autodiff import compress
from symdiff.autodiff.mixed import split
from symdiff.autodiff.pattern import Pattern


def pattern_of(there):
    return Pattern.of(there.shape, *np.nonzero(there))


def with_dense(n, rows, columns, rng):
    """A diagonal, some full rows and columns, and a few more entries."""
    there = np.eye(n, dtype=bool) | (rng.random((n, n)) < 0.3 / n)
    there[rng.choice(n, rows, replace=False)] = True
    there[:, rng.choice(n, columns, replace=False)] = True
    return there


@settings(max_examples=60, deadline=None)
@given(st.integers(12, 40), st.integers(0, 3), st.integers(0, 3), st.integers(0, 10**6))
def test_all_entries_are_read_where_nothing_is_added(n, rows, columns, seed):
    rng = np.random.default_rng(seed)
    there = with_dense(n, rows, columns, rng)
    pattern = pattern_of(there)
    found = split(pattern, (n,), (n,), n)
    if rows and columns:
        assert found is not None
    if found is None:
        return
    matrix = rng.uniform(1, 2, (n, n)) * there
    (kept, by_rows), (rest, by_columns) = found.rows, found.columns
    left = np.equal.outer(np.arange(by_rows.count), by_rows.colors) @ matrix
    right = matrix @ np.equal.outer(by_columns.colors, np.arange(by_columns.count))
    of_rows = left[by_rows.colors[kept.rows], kept.indices]
    of_columns = right[rest.rows, by_columns.colors[rest.indices]]
    values = np.concatenate([of_rows, of_columns])[found.order]

    np.testing.assert_allclose(values, matrix[pattern.rows, pattern.indices])
    assert found.count < n


def test_an_arrow_takes_three():
    there = np.eye(50, dtype=bool)
    there[0] = there[:, 0] = True

    assert split(pattern_of(there), (50,), (50,), 50).count == 3
    assert split(pattern_of(np.eye(50, dtype=bool)), (50,), (50,), 1) is None
    assert split(pattern_of(np.ones((20, 20), bool)), (20,), (20,), 20) is None


PROGRAMS = {
    "first": lambda x: np.append(np.prod(x), np.sin(x[1:]) * x[0] + x[1:] ** 2),
    "last": lambda x: np.append(np.sin(x[1:]) * x[0] * x[2], np.linalg.norm(x)),
    "two": lambda x: np.concatenate([[np.prod(x)], np.tanh(x) * x[3], [np.max(x) * np.sum(x)], x[1:] * x[:-1]]),
    "matrix": lambda x: np.outer(np.exp(x), x[:2]) + np.prod(x) * (np.arange(24).reshape(12, 2) == 7),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_jacobians_with_rows_apart(name, dtype, monkeypatch):
    monkeypatch.setattr(compress, "cut_between", lambda y, x: None)  # which does without colours
    f, x = PROGRAMS[name], np.random.default_rng(0).uniform(0.5, 1.5, 12).astype(dtype)
    jacobian = sd.jacobian(f, sparse=True)
    found = jacobian(x)

    assert jacobian.colors < 9
    assert found.dtype == dtype
    np.testing.assert_allclose(
        found.toarray(), np.reshape(sd.jacobian(f)(x), (-1, 12)), rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-12
    )
