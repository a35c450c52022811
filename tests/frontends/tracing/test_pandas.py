"""Columns and tables of pandas itself: in functions that are traced, and as arguments."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, UnsupportedError

pd = pytest.importorskip("pandas")

RNG = np.random.default_rng(12)
TABLE = pd.DataFrame(RNG.normal(size=(6, 3)), columns=list("abc"))
COLUMN = pd.Series(RNG.normal(size=6))
W = np.array([0.3, 0.5, -0.2])

PROGRAMS = {
    "residuals": lambda w: ((TABLE @ w - COLUMN) ** 2).sum(),
    "mean of squares": lambda w: np.mean((COLUMN - TABLE.dot(w)) ** 2),
    "columns": lambda w: np.sum((w[0] * TABLE["a"] + w[1] * TABLE.b - COLUMN) ** 2),
    "likelihood": lambda w: np.log1p(np.exp(-COLUMN * (TABLE @ w))).mean(),
    "positions": lambda w: np.sum(TABLE.iloc[:, 0] * w[0] + TABLE.loc[:, "b"] * w[1]),
    "some columns": lambda w: np.sum((TABLE[["a", "b"]] @ w[:2]) ** 2),
    "some rows": lambda w: np.sum((TABLE[TABLE["a"] > 0] @ w) ** 2),
    "portfolio": lambda w: (TABLE.mean() @ w) / np.sqrt(w @ TABLE.cov() @ w),
    "spread": lambda w: (TABLE @ w).std() / (TABLE @ w).var(),
    "shifted": lambda w: np.sum((w[0] * COLUMN.shift(1).fillna(0) - COLUMN) ** 2),
    "row by row": lambda w: sum((r["a"] * w[0] + r["b"] * w[1]) ** 2 for _, r in TABLE.iterrows()),
    "named rows": lambda w: sum((r.a * w[0] + r.b * w[1]) ** 2 for r in TABLE.itertuples()),
    "groups": lambda w: sum((g["a"].values * w[0]).sum() ** 2 for _, g in TABLE.groupby(TABLE["b"] > 0)),
    "power": lambda w: (COLUMN.abs() ** w[0]).sum(),
    "selected": lambda w: np.where(TABLE["a"] > 0, w[0] * TABLE["a"], w[1]).sum(),
    "indexed by it": lambda w: np.sum(w[(COLUMN > 0).astype(int)]),
    "aligned before": lambda w: np.sum((w[0] * (COLUMN[::-1] - COLUMN + 1)) ** 2),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients_are_those_without_us(name):
    f, h = PROGRAMS[name], 1e-6
    value, slope = sd.value_and_grad(f)(W)
    np.testing.assert_allclose(value, f(W), rtol=1e-12)
    np.testing.assert_allclose(
        slope, [(f(W + h * e) - f(W - h * e)) / (2 * h) for e in np.eye(3)], rtol=1e-5, atol=1e-8
    )
    assert type(TABLE) is pd.DataFrame
    assert type(COLUMN) is pd.Series


def weighted(w, X, y):
    return np.sum((X @ w - y) ** 2)


def test_arguments_with_the_same_labels_are_their_values():
    w, rows = pd.Series(W, index=list("abc")), [5, 3, 0, 1, 4, 2]
    f = sd.grad(weighted)
    for _ in range(4):  # the later calls of the same types take a shorter way
        np.testing.assert_array_equal(f(w, TABLE, COLUMN), f(W, TABLE.to_numpy(), COLUMN.to_numpy()))
    np.testing.assert_allclose(f(w, TABLE.loc[rows], COLUMN.loc[rows]), f(w, TABLE, COLUMN), rtol=1e-13)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w, X, y: (w[::-1], X, y), r"X\.columns are not those of w\.index(?s:.*)X\.reindex\(columns=w\.index\)"),
        (lambda w, X, y: (w, X[["b", "a", "c"]], y), r"X\.columns are not"),
        (lambda w, X, y: (w, X, y[::-1]), r"y\.index are not those of X\.index(?s:.*)y\.reindex\(index=X\.index\)"),
        (lambda w, X, y: (w, X, y.set_axis(y.index + 1)), r"y\.index are not"),
    ],
)
def test_an_order_that_differs_is_told(change, message):
    arguments = change(pd.Series(W, index=list("abc")), TABLE, COLUMN)
    for call in (sd.grad(weighted), sd.function(weighted), sd.grad("sum((X @ w - y)**2)", "w")):
        given = dict(zip("wXy", arguments, strict=True))
        with pytest.raises(ArgumentError):
            call(**given)
    with pytest.raises(ArgumentError, match=message):
        sd.grad(weighted)(*arguments)
    plain = [x.to_numpy() for x in arguments]
    assert np.isfinite(sd.grad(weighted)(*plain)).all()


def test_labels_of_other_kinds_have_nothing_in_common():
    pairs = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
    days = pd.date_range("2020-01-01", periods=2)
    f = sd.grad("sum(x * y)", "x")  # a text goes by position; of a function pandas would find no elements to multiply
    traced = sd.grad(lambda x, y: np.sum(x * y))
    for first in (pairs, days, [0, 1], ["a", 1]):
        for second in (pairs, days, ["c", None]):
            x, y = pd.Series([1.0, 2.0], index=first), pd.Series([3.0, 4.0], index=second)
            np.testing.assert_array_equal(f(x, y), [3.0, 4.0])
            if x.index.equals(y.index):
                np.testing.assert_array_equal(traced(x, y), [3.0, 4.0])
            else:
                with pytest.raises(UnsupportedError, match="different labels"):
                    traced(x, y)
    with pytest.raises(ArgumentError, match="same order"):
        f(pd.Series([1.0, 2.0], index=pairs), pd.Series([3.0, 4.0], index=pairs[::-1]))
