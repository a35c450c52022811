"""Sums, groups and missing values of pandas in traced functions: the numbers are those that pandas gives."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

pd = pytest.importorskip("pandas")

S = pd.Series([1.0, 2.0, -0.5], index=list("abc"))
BACKWARDS, GAPS = S[::-1], pd.Series([1.0, np.nan, 3.0], index=list("abc"))
T = pd.DataFrame({"u": [1.0, 2.0, 4.0], "v": [3.0, -4.0, 0.5]}, index=list("abc"))
HOLES = T.where(T > 0)

PROGRAMS = {
    "column": lambda w: np.sum(S * w),
    "methods": lambda w: (S * w).sum() + (S - w).mean() ** 2 + (w * S).std() + (w * S).var(),
    "table": lambda w: np.sum((T @ np.array([w, w**2])) ** 2),
    "columns of a table": lambda w: ((T["u"] - w * T["v"]) ** 2).mean(),
    "known sums": lambda w: (T.mean() * w).sum() + S.max() * w,
    "rows by label": lambda w: (T.loc["a"] * w).sum() + T.loc["b", "v"] * w**2,
    "gaps": lambda w: (GAPS * w).sum() + (GAPS * w).mean() ** 2 + (GAPS * w**2).std(),
    "gaps by NumPy": lambda w: np.sum(GAPS * w) + np.mean(GAPS * w**2) + np.std(GAPS * w),
    "gaps of a table": lambda w: ((HOLES * w).sum().to_numpy() ** 2).sum() + ((HOLES * w).mean(axis=1) ** 2).sum(),
    "known groups": lambda w: (S.groupby([0, 0, 1]).sum() * w).sum() + (T.groupby([0, 1, 0])["v"].mean() * w**2).sum(),
    "known windows": lambda w: (S.rolling(2).mean() * w).sum(),
    "the same labels in another place": lambda w: (BACKWARDS[::-1] * S * w).sum(),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_derivatives_are_those_of_pandas(name):
    f, w, h = PROGRAMS[name], 1.3, 1e-5

    value, slope = sd.value_and_grad(f)(w)

    assert value == pytest.approx(f(w), rel=1e-12)
    assert slope == pytest.approx((f(w + h) - f(w - h)) / (2 * h), rel=1e-7)


@pytest.mark.parametrize(
    "f", [lambda w: ((S * w) * BACKWARDS).sum(), lambda w: (T.T @ (w * BACKWARDS)).sum()], ids=["sum", "product"]
)
def test_other_labels_are_never_ignored(f):
    with pytest.raises(UnsupportedError, match="different labels"):
        sd.grad(f)(2.0)
