"""Functions of samples in scipy.stats, as compositions of NumPy's; scipy.fft's transforms that are matrices."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import means, refuse


class _Pair(NamedTuple):
    statistic: Any
    pvalue: Any


class Tested(_Pair):
    """A statistic, and how probable one is that is as large; its degrees of freedom, where it has some."""

    df: Any

    @property
    def correlation(self) -> Any:
        """The statistic, of a correlation."""
        return self.statistic


class _Five(NamedTuple):
    slope: Any
    intercept: Any
    rvalue: Any
    pvalue: Any
    stderr: Any


class Line(_Five):
    """A line, how well it fits, and its standard errors."""

    intercept_stderr: Any


def _tested(statistic: Any, df: Any) -> Tested:
    """The two-sided probability of Student's distribution."""
    p = 2 * importlib.import_module("scipy.special").stdtr(1.0 * df, -np.abs(statistic))
    found = Tested(statistic, p)
    found.df = df
    return found


def _samples(a: Any, axis: int | None, nan_policy: str = "propagate") -> tuple[Any, int]:
    """An array of floats, and the axis that its samples lie along."""
    if nan_policy != "propagate":
        raise UnsupportedError(f"nan_policy={nan_policy!r:.20}", help="leave gaps out first: x[~np.isnan(x)]")
    a = a if hasattr(a, "ndim") else np.stack(a) if isinstance(a, (list, tuple)) else np.asarray(a)
    a = a if getattr(a.dtype, "kind", "f") in "fc" else 1.0 * a
    return (np.ravel(a), 0) if axis is None or a.ndim == 0 else (a, axis % a.ndim)


def _average(a: Any, axis: int, weights: Any, keepdims: bool) -> Any:
    average: Any = np.average
    return np.mean(a, axis, keepdims=keepdims) if weights is None else average(a, axis, weights, keepdims=keepdims)


@means("scipy.stats.gmean")
def gmean(a: Any, axis: int | None = 0, dtype: Any = None, weights: Any = None, *, nan_policy: str = "propagate",
          keepdims: bool = False) -> Any:  # fmt: skip
    """The geometric mean."""
    refuse("scipy.stats.gmean", "a.astype(dtype)", dtype=dtype)
    a, axis = _samples(a, axis, nan_policy)
    return np.exp(_average(np.log(a), axis, weights, keepdims))


@means("scipy.stats.hmean")
def hmean(a: Any, axis: int | None = 0, dtype: Any = None, *, weights: Any = None, nan_policy: str = "propagate",
          keepdims: bool = False) -> Any:  # fmt: skip
    """The harmonic mean."""
    refuse("scipy.stats.hmean", "a.astype(dtype)", dtype=dtype)
    a, axis = _samples(a, axis, nan_policy)
    return 1.0 / _average(1.0 / a, axis, weights, keepdims)


@means("scipy.stats.pmean")
def pmean(a: Any, p: Any, *, axis: int | None = 0, dtype: Any = None, weights: Any = None,
          nan_policy: str = "propagate", keepdims: bool = False) -> Any:  # fmt: skip
    """The power mean; of the power 0 the geometric one."""
    refuse("scipy.stats.pmean", "a.astype(dtype)", dtype=dtype)
    if not is_symbolic(p) and p == 0:
        return gmean(a, axis, None, weights, nan_policy=nan_policy, keepdims=keepdims)
    a, axis = _samples(a, axis, nan_policy)
    return _average(a**p, axis, weights, keepdims) ** (1 / p)


@means("scipy.stats.zscore")
def zscore(a: Any, axis: int | None = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """The samples in units of their standard deviation, from their mean."""
    return zmap(a, a, axis, ddof, nan_policy)


@means("scipy.stats.zmap")
def zmap(scores: Any, compare: Any, axis: int | None = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """Scores in units of the standard deviation of others, from the mean of these."""
    compare, along = _samples(compare, axis, nan_policy)
    scores, _ = _samples(scores, axis, nan_policy) if axis is not None else (1.0 * scores, 0)
    return (scores - np.mean(compare, along, keepdims=True)) / np.std(compare, along, ddof=ddof, keepdims=True)


@means("scipy.stats.gzscore")
def gzscore(a: Any, *, axis: int | None = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """The z-scores of the logarithms."""
    return zscore(np.log(_samples(a, 0)[0] if axis is not None else a), axis, ddof, nan_policy)


@means("scipy.stats.sem")
def sem(a: Any, axis: int | None = 0, ddof: int = 1, nan_policy: str = "propagate", *, keepdims: bool = False) -> Any:
    """The standard error of the mean."""
    a, axis = _samples(a, axis, nan_policy)
    return np.std(a, axis, ddof=ddof, keepdims=keepdims) / a.shape[axis] ** 0.5


@means("scipy.stats.variation")
def variation(
    a: Any, axis: int | None = 0, nan_policy: str = "propagate", ddof: int = 0, *, keepdims: bool = False
) -> Any:
    """The standard deviation in units of the mean."""
    a, axis = _samples(a, axis, nan_policy)
    return np.std(a, axis, ddof=ddof, keepdims=keepdims) / np.mean(a, axis, keepdims=keepdims)


def _about(a: Any, axis: int, order: int, keepdims: bool, center: Any = None) -> Any:
    gap = a - (np.mean(a, axis, keepdims=True) if center is None else center)
    return np.mean(gap**order, axis, keepdims=keepdims)


@means("scipy.stats.moment")
def moment(a: Any, order: int = 1, axis: int | None = 0, nan_policy: str = "propagate", *, center: Any = None,
           keepdims: bool = False) -> Any:  # fmt: skip
    """The moment about the mean, or about a center; of one order, which is a number."""
    if is_symbolic(order) or np.ndim(order) or order != int(order):
        raise UnsupportedError(
            "scipy.stats.moment of several orders, or of one that is computed", help="one whole number"
        )
    a, axis = _samples(a, axis, nan_policy)
    if center is None and order == 1:
        return 0.0 * np.sum(a, axis, keepdims=keepdims)
    return _about(a, axis, int(order), keepdims, center)


@means("scipy.stats.skew")
def skew(
    a: Any, axis: int | None = 0, bias: bool = True, nan_policy: str = "propagate", *, keepdims: bool = False
) -> Any:
    """The third moment in units of the second one."""
    a, axis = _samples(a, axis, nan_policy)
    found = _about(a, axis, 3, keepdims) / _about(a, axis, 2, keepdims) ** 1.5
    n = a.shape[axis]
    return found if bias or n < 3 else found * (((n - 1.0) * n) ** 0.5 / (n - 2.0))


@means("scipy.stats.kurtosis")
def kurtosis(a: Any, axis: int | None = 0, fisher: bool = True, bias: bool = True, nan_policy: str = "propagate", *,
             keepdims: bool = False) -> Any:  # fmt: skip
    """The fourth moment in units of the second one, less 3 if it is Fisher's."""
    a, axis = _samples(a, axis, nan_policy)
    found = _about(a, axis, 4, keepdims) / _about(a, axis, 2, keepdims) ** 2
    n = a.shape[axis]
    if not bias and n > 3:
        found = ((n**2 - 1.0) * found - 3 * (n - 1.0) ** 2) / ((n - 2.0) * (n - 3.0)) + 3
    return found - 3 if fisher else found


@means("scipy.stats.trim_mean")
def trim_mean(a: Any, proportiontocut: float, axis: int | None = 0, *, nan_policy: str = "propagate",
              keepdims: bool = False) -> Any:  # fmt: skip
    """The mean without that share of the smallest samples, and of the largest ones."""
    a, axis = _samples(a, axis, nan_policy)
    n = a.shape[axis]
    if is_symbolic(proportiontocut) or not isinstance(n, int):
        raise UnsupportedError(
            "scipy.stats.trim_mean of a share or a length that is not a number", help="give it as one"
        )
    cut = int(proportiontocut * n)
    if cut > n - cut:
        raise ArgumentError(
            f"scipy.stats.trim_mean that leaves {proportiontocut!r:.20} out at each end", help="below 0.5"
        )
    inner = np.sort(a, axis)[(slice(None),) * axis + (slice(cut, n - cut),)]
    return np.mean(inner, axis, keepdims=keepdims)


@means("scipy.stats.entropy")
def entropy(pk: Any, qk: Any = None, base: Any = None, axis: int | None = 0, *, nan_policy: str = "propagate",
            keepdims: bool = False) -> Any:  # fmt: skip
    """The entropy of weights, which are made to sum to one; or relative to others."""
    special = importlib.import_module("scipy.special")
    shares, along = _shares(pk, axis, nan_policy)
    terms = special.entr(shares) if qk is None else special.rel_entr(shares, _shares(qk, axis, nan_policy)[0])
    found = np.sum(terms, along, keepdims=keepdims)
    return found if base is None else found / np.log(base)


def _shares(weights: Any, axis: int | None, nan_policy: str) -> tuple[Any, int]:
    weights, along = _samples(weights, axis, nan_policy)
    return weights / np.sum(weights, along, keepdims=True), along


# ------------------------------------------------------------------------------------------------------ two samples


def _only_two_sided(who: str, alternative: str, method: Any = None) -> None:
    if alternative != "two-sided" or method is not None:
        raise UnsupportedError(
            f"{who} with alternative={alternative!r:.20}, method={method!r:.20}", help="the two-sided one"
        )


@means("scipy.stats.pearsonr")
def pearsonr(x: Any, y: Any, *, alternative: str = "two-sided", method: Any = None, axis: int | None = 0) -> Tested:
    """The correlation, and how probable a larger one is."""
    _only_two_sided("scipy.stats.pearsonr", alternative, method)
    x, along = _samples(x, axis)
    y, _ = _samples(y, axis)
    dx, dy = x - np.mean(x, along, keepdims=True), y - np.mean(y, along, keepdims=True)
    r = np.sum(dx * dy, along) / np.sqrt(np.sum(dx * dx, along) * np.sum(dy * dy, along))
    df = x.shape[along] - 2
    return Tested(r, _tested(r * np.sqrt(df / ((1 - r) * (1 + r))), df).pvalue)


@means("scipy.stats.linregress")
def linregress(x: Any, y: Any, alternative: str = "two-sided", *, axis: int | None = 0) -> Line:
    """The line through points with the least squares of what it leaves."""
    _only_two_sided("scipy.stats.linregress", alternative)
    x, along = _samples(x, None if axis is None else axis)
    y, _ = _samples(y, None if axis is None else axis)
    if x.ndim != 1 or y.ndim != 1:
        raise ShapeError("scipy.stats.linregress of several lines", help="one after the other: x and y are vectors")
    n, dx, dy = x.shape[along], x - np.mean(x), y - np.mean(y)
    xx, xy, yy = np.sum(dx * dx), np.sum(dx * dy), np.sum(dy * dy)
    slope, r, df = xy / xx, xy / np.sqrt(xx * yy), n - 2
    error = np.sqrt((1 - r**2) * yy / xx / df)
    beside = error * np.sqrt(xx / n + np.mean(x) ** 2)
    t = r * np.sqrt(df / ((1 - r) * (1 + r)))
    found = Line(slope, np.mean(y) - slope * np.mean(x), r, _tested(t, df).pvalue, error)
    found.intercept_stderr = beside
    return found


@means("scipy.stats.ttest_1samp")
def ttest_1samp(a: Any, popmean: Any, axis: int | None = 0, nan_policy: str = "propagate",
                alternative: str = "two-sided", *, keepdims: bool = False) -> Tested:  # fmt: skip
    """How many standard errors the mean is from a number."""
    _only_two_sided("scipy.stats.ttest_1samp", alternative)
    a, axis = _samples(a, axis, nan_policy)
    t = (np.mean(a, axis, keepdims=keepdims) - popmean) / sem(a, axis, keepdims=keepdims)
    return _tested(t, a.shape[axis] - 1)


@means("scipy.stats.ttest_rel")
def ttest_rel(a: Any, b: Any, axis: int | None = 0, nan_policy: str = "propagate", alternative: str = "two-sided", *,
              keepdims: bool = False) -> Tested:  # fmt: skip
    """That of the differences between pairs, from 0."""
    a, axis = _samples(a, axis, nan_policy)
    return ttest_1samp(a - _samples(b, axis)[0], 0.0, axis, nan_policy, alternative, keepdims=keepdims)


@means("scipy.stats.ttest_ind")
def ttest_ind(a: Any, b: Any, *, axis: int | None = 0, equal_var: bool = True, nan_policy: str = "propagate",
              alternative: str = "two-sided", trim: float = 0, method: Any = None, keepdims: bool = False) -> Tested:  # fmt: skip
    """How many standard errors the means of two samples are apart; Welch's, where variances differ."""
    _only_two_sided("scipy.stats.ttest_ind", alternative, method)
    refuse("scipy.stats.ttest_ind", "trim the samples", trim=trim)
    a, along = _samples(a, axis, nan_policy)
    b, _ = _samples(b, axis, nan_policy)
    m, n = a.shape[along], b.shape[along]
    va, vb = (np.var(x, along, ddof=1, keepdims=keepdims) for x in (a, b))
    if equal_var:
        df: Any = m + n - 2
        error = np.sqrt(((m - 1) * va + (n - 1) * vb) / df * (1 / m + 1 / n))
    else:
        df = (va / m + vb / n) ** 2 / ((va / m) ** 2 / (m - 1) + (vb / n) ** 2 / (n - 1))
        error = np.sqrt(va / m + vb / n)
    t = (np.mean(a, along, keepdims=keepdims) - np.mean(b, along, keepdims=keepdims)) / error
    return _tested(t, df)
