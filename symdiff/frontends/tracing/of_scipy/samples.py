"""Functions of samples in scipy.stats that describe, transform or compare them; densities that are made of samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.statistics import _samples as samples, kurtosis, skew
from symdiff.frontends.tracing.of_scipy.table import array, functional, means, own, refuse
from symdiff.frontends.tracing.symbol import captured


class Result(NamedTuple):
    """A statistic, and how probable one is that is as large."""

    statistic: Any
    pvalue: Any


class Description(NamedTuple):
    """What describe says of samples."""

    nobs: int
    minmax: tuple[Any, Any]
    mean: Any
    variance: Any
    skewness: Any
    kurtosis: Any


# --------------------------------------------------------------------------------------------------- one sample


@means("scipy.stats.iqr")
def iqr(x: Any, axis: Any = None, rng: Any = (25, 75), scale: Any = 1.0, nan_policy: str = "propagate", interpolation: str = "linear",
        keepdims: bool = False) -> Any:  # fmt: skip
    """The range of the middle half."""
    a, along = samples(x, axis, nan_policy)
    low, high = (np.percentile(a, q, axis=along, method=interpolation, keepdims=keepdims) for q in rng)  # type: ignore[call-overload]
    return (high - low) / _scale(scale)


def _scale(scale: Any) -> Any:
    return {"normal": 1.3489795003921634}[scale] if isinstance(scale, str) else scale


@means("scipy.stats.median_abs_deviation")
def median_abs_deviation(x: Any, axis: Any = 0, center: Any = None, scale: Any = 1.0, nan_policy: str = "propagate", *,
                         keepdims: bool = False) -> Any:  # fmt: skip
    """The median of the distances from the median."""
    a, along = samples(x, axis, nan_policy)
    middle = np.median(a, along, keepdims=True) if center is None else np.expand_dims(center(a, axis=along), along)
    found = np.median(np.abs(a - middle), along, keepdims=keepdims)
    return found / 0.6744897501960817 if scale == "normal" else found / scale


def _trimmed(name: str, reduce: Callable[..., Any], first_axis: Any, takes_ddof: bool) -> None:
    def call(a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = first_axis, ddof: int = 1, *,
             nan_policy: str = "propagate", keepdims: bool = False) -> Any:  # fmt: skip
        refuse(f"scipy.stats.{name}", "leave out what lies beyond the limits first", limits=limits)
        a, along = samples(a, axis, nan_policy)
        options = {"ddof": ddof} if takes_ddof else {}
        found = reduce(a, axis=along, keepdims=keepdims, **options)
        return found / a.shape[along] ** 0.5 if name == "tsem" else found

    means(f"scipy.stats.{name}")(call)


for _name, _reduce, _axis in (("tmean", np.mean, None), ("tvar", np.var, 0), ("tstd", np.std, 0), ("tsem", np.std, 0)):
    _trimmed(_name, _reduce, _axis, _name != "tmean")


def _turned(x: Any, high: Any, low: Any, axis: Any, nan_policy: str, keepdims: bool) -> tuple[Any, Any]:
    """The means of sines and cosines of angles."""
    a, along = samples(x, axis, nan_policy)
    angles = (a - low) * (2 * np.pi / (high - low))
    return np.mean(np.sin(angles), along, keepdims=keepdims), np.mean(np.cos(angles), along, keepdims=keepdims)


@means("scipy.stats.circmean")
def circmean(x: Any, high: Any = 2 * np.pi, low: Any = 0, axis: Any = None, nan_policy: str = "propagate", *,
             keepdims: bool = False) -> Any:  # fmt: skip
    """The direction of the mean of directions."""
    s, c = _turned(x, high, low, axis, nan_policy, keepdims)
    found = np.arctan2(s, c) * ((high - low) / (2 * np.pi))
    return (found + low - low) % (high - low) + low


@means("scipy.stats.circvar")
def circvar(x: Any, high: Any = 2 * np.pi, low: Any = 0, axis: Any = None, nan_policy: str = "propagate", *,
            keepdims: bool = False) -> Any:  # fmt: skip
    """1 less the length of the mean of directions."""
    s, c = _turned(x, high, low, axis, nan_policy, keepdims)
    return 1 - np.hypot(s, c)


@means("scipy.stats.circstd")
def circstd(x: Any, high: Any = 2 * np.pi, low: Any = 0, axis: Any = None, nan_policy: str = "propagate", *,
            normalize: bool = False, keepdims: bool = False) -> Any:  # fmt: skip
    """The root of -2 times the logarithm of that length."""
    s, c = _turned(x, high, low, axis, nan_policy, keepdims)
    found = np.sqrt(-2 * np.log(np.hypot(s, c)))
    return found if normalize else found * ((high - low) / (2 * np.pi))


@means("scipy.stats.gstd")
def gstd(a: Any, axis: Any = 0, ddof: int = 1, *, keepdims: bool = False, nan_policy: str = "propagate") -> Any:
    """The exponential of the standard deviation of logarithms."""
    a, along = samples(a, axis, nan_policy)
    return np.exp(np.std(np.log(a), along, ddof=ddof, keepdims=keepdims))


@means("scipy.stats.describe")
def describe(a: Any, axis: Any = 0, ddof: int = 1, bias: bool = True, nan_policy: str = "propagate") -> Description:
    """Number, ends, mean, variance, skewness and kurtosis."""
    a, along = samples(a, axis, nan_policy)
    ends = np.min(a, along), np.max(a, along)
    shape = skew(a, along, bias), kurtosis(a, along, bias=bias)
    return Description(a.shape[along], ends, np.mean(a, along), np.var(a, along, ddof=ddof), *shape)


# ------------------------------------------------------------------------------------------------ transformations


@means("scipy.stats.boxcox")
def boxcox(x: Any, lmbda: Any = None, alpha: Any = None, optimizer: Any = None) -> Any:
    """Box and Cox's transformation, of a power that is given."""
    if lmbda is None or alpha is not None:
        raise UnsupportedError("scipy.stats.boxcox that searches for lmbda", help="give lmbda=…")
    return own("special.boxcox")(array(x), lmbda)


@means("scipy.stats.yeojohnson")
def yeojohnson(x: Any, lmbda: Any = None) -> Any:
    """Yeo and Johnson's transformation, of a power that is given."""
    if lmbda is None:
        raise UnsupportedError("scipy.stats.yeojohnson that searches for lmbda", help="give lmbda=…")
    x, power = array(x), own("special.boxcox1p")
    high, low = np.where(x >= 0, x, 0.0), np.where(x >= 0, 0.0, -x)
    return np.where(x >= 0, power(high, lmbda), -power(low, 2 - lmbda))


@means("scipy.stats.boxcox_llf")
def boxcox_llf(lmb: Any, data: Any, *, axis: int = 0, keepdims: bool = False, nan_policy: str = "propagate") -> Any:
    """The logarithm of the likelihood of Box and Cox's transformation."""
    a, along = samples(data, axis, nan_policy)
    spread = np.var(boxcox(a, lmb), along, keepdims=keepdims)
    return (lmb - 1) * np.sum(np.log(a), along, keepdims=keepdims) - a.shape[along] / 2 * np.log(spread)


@means("scipy.stats.yeojohnson_llf")
def yeojohnson_llf(lmb: Any, data: Any, *, axis: int = 0, nan_policy: str = "propagate", keepdims: bool = False) -> Any:
    """The logarithm of the likelihood of Yeo and Johnson's transformation."""
    a, along = samples(data, axis, nan_policy)
    spread = np.log(np.var(yeojohnson(a, lmb), along, keepdims=keepdims))
    slopes = np.sum(np.sign(a) * np.log1p(np.abs(a)), along, keepdims=keepdims)
    return (lmb - 1) * slopes - a.shape[along] / 2 * spread


# ---------------------------------------------------------------------------------------------------- comparisons


@means("scipy.stats.f_oneway")
def f_oneway(
    *groups: Any, axis: Any = 0, equal_var: bool = True, nan_policy: str = "propagate", keepdims: bool = False
) -> Result:
    """Whether the means of groups differ, by the analysis of variance."""
    if not equal_var:
        raise UnsupportedError("scipy.stats.f_oneway with equal_var=False", help="ttest_ind, of two groups")
    parts = [samples(g, axis, nan_policy) for g in groups]
    along, n = parts[0][1], sum(a.shape[k] for a, k in parts)
    whole = sum(np.sum(a, k, keepdims=True) for a, k in parts) / n
    between = sum(a.shape[k] * (np.mean(a, k, keepdims=True) - whole) ** 2 for a, k in parts)
    within = sum(np.sum((a - np.mean(a, k, keepdims=True)) ** 2, k, keepdims=True) for a, k in parts)
    m = len(parts) - 1
    f = (between / m) / (within / (n - m - 1))
    f = f if keepdims else np.squeeze(f, along)
    return Result(f, own("special.fdtrc")(1.0 * m, 1.0 * (n - m - 1), f))


@means("scipy.stats.power_divergence")
def power_divergence(f_obs: Any, f_exp: Any = None, ddof: Any = 0, axis: Any = 0, lambda_: Any = None, *, nan_policy: str = "propagate",
                     keepdims: bool = False) -> Result:  # fmt: skip
    """How far counts are from those that are expected (Cressie and Read, 1984)."""
    a, along = samples(f_obs, axis, nan_policy)
    expected = np.mean(a, along, keepdims=True) if f_exp is None else samples(f_exp, axis, nan_policy)[0]
    names = {
        "pearson": 1,
        "log-likelihood": 0,
        "freeman-tukey": -0.5,
        "mod-log-likelihood": -1,
        "neyman": -2,
        "cressie-read": 2 / 3,
    }
    power = 1 if lambda_ is None else names.get(lambda_, lambda_)
    if power == 1:
        terms = (a - expected) ** 2 / expected
    elif power == 0:
        terms = 2.0 * own("special.xlogy")(a, a / expected)
    elif power == -1:
        terms = 2.0 * own("special.xlogy")(expected, expected / a)
    else:
        terms = a * ((a / expected) ** power - 1) * (2 / (power * (power + 1)))
    found = np.sum(terms, along, keepdims=keepdims)
    return Result(found, own("special.chdtrc")(1.0 * (a.shape[along] - 1 - ddof), found))


@means("scipy.stats.chisquare")
def chisquare(f_obs: Any, f_exp: Any = None, ddof: Any = 0, axis: Any = 0, *, sum_check: bool = True, nan_policy: str = "propagate",
              keepdims: bool = False) -> Result:  # fmt: skip
    """Pearson's statistic of counts; their sums are taken to be equal."""
    return power_divergence(f_obs, f_exp, ddof, axis, None, nan_policy=nan_policy, keepdims=keepdims)


@means("scipy.stats.jarque_bera")
def jarque_bera(x: Any, *, axis: Any = None, nan_policy: str = "propagate", keepdims: bool = False) -> Result:
    """Whether skewness and kurtosis are those of a normal distribution."""
    a, along = samples(x, axis, nan_policy)
    s, k = skew(a, along, keepdims=keepdims), kurtosis(a, along, keepdims=keepdims)
    found = a.shape[along] / 6 * (s**2 + k**2 / 4)
    return Result(found, np.exp(-found / 2))


def _gap(name: str, power: int, factor: float) -> None:
    """A distance between the distribution functions of two samples."""

    def call(u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None) -> Any:
        refuse(f"scipy.stats.{name}", "samples without weights", u_weights=u_weights, v_weights=v_weights)
        u, v = 1.0 * array(u_values), 1.0 * array(v_values)
        both = np.concatenate([u, v])
        order = np.argsort(both)
        jumps: Any = np.concatenate([np.full(u.shape[0], 1 / u.shape[0]), np.full(v.shape[0], -1 / v.shape[0])])
        jumps = captured(jumps) if is_symbolic(order) else jumps
        heights = np.cumsum(jumps[order])[:-1]
        area = np.sum(np.abs(heights) ** power * np.diff(both[order]))
        return factor * (area if power == 1 else np.sqrt(area))

    means(f"scipy.stats.{name}")(call)


_gap("wasserstein_distance", 1, 1.0)
_gap("energy_distance", 2, 2**0.5)


# -------------------------------------------------------------------------------------- densities made of samples


class Density:
    """A sum of Gaussian bells about samples, one in each column (Scott, 1992); SciPy's own where all is known."""

    def __init__(self, original: Any, dataset: Any, bw_method: Any = None, weights: Any = None) -> None:
        data = 1.0 * array(dataset)
        self._data = data if data.ndim > 1 else data[None, :]
        d, n = self._data.shape
        if type(n) is int and n < 2:
            raise ArgumentError(f"gaussian_kde of {n} samples", help="give two of them, or more")
        self.__wrapped__ = None if is_symbolic((dataset, bw_method, weights)) else original(dataset, bw_method, weights)
        self._weights = np.full(n, 1.0 / n) if weights is None else array(weights) / np.sum(array(weights))
        count = 1 / np.sum(self._weights**2)
        if callable(bw_method):
            raise UnsupportedError("gaussian_kde with a function as bw_method", help="a number, 'scott' or 'silverman'")
        if isinstance(bw_method, str) and bw_method not in ("scott", "silverman"):
            raise ArgumentError(f"gaussian_kde with bw_method={bw_method!r}", help="a number, 'scott' or 'silverman'")
        count = count if bw_method in (None, "scott") else count * (d + 2.0) / 4.0
        self._factor = count ** (-1.0 / (d + 4)) if bw_method is None or isinstance(bw_method, str) else bw_method
        middle = np.sum(self._weights * self._data, axis=1, keepdims=True)
        spread = (self._weights * (self._data - middle)) @ (self._data - middle).T / (1 - np.sum(self._weights**2))
        self._factors = np.linalg.cholesky(spread * self._factor**2)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if vars(self).get("__wrapped__") is None:
            raise UnsupportedError(f"{name} of gaussian_kde", help="it has pdf, logpdf and evaluate")
        return getattr(self.__wrapped__, name)

    def logpdf(self, x: Any) -> Any:
        """Logarithm of the density at points, one in each column."""
        if self.__wrapped__ is not None and not is_symbolic(x):
            return self.__wrapped__.logpdf(x)
        d, points = self._data.shape[0], 1.0 * array(x)
        points = np.reshape(points, (d, -1)) if points.ndim < 2 else points
        gaps = points[:, :, None] - self._data[:, None, :]
        white = np.linalg.solve(self._factors, np.reshape(gaps, (d, -1)))
        squares = np.reshape(np.sum(white**2, axis=0), gaps.shape[1:])
        size = np.sum(np.log(np.diagonal(self._factors))) + 0.5 * d * np.log(2 * np.pi)
        terms = -0.5 * squares + np.log(self._weights)
        top = np.max(terms, axis=1, keepdims=True)
        return np.log(np.sum(np.exp(terms - top), axis=1)) + top[:, 0] - size

    def evaluate(self, points: Any) -> Any:
        """The density at points."""
        return np.exp(self.logpdf(points))

    pdf = __call__ = evaluate


@functional("scipy.stats.gaussian_kde")
def gaussian_kde(original: Any, dataset: Any, bw_method: Any = None, weights: Any = None) -> Density:
    """The density of samples."""
    return Density(original, dataset, bw_method, weights)
