"""Distributions of vectors in scipy.stats: what their methods compute."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.tracing.of_scipy.table import means, refuse
from symdiff.frontends.tracing.symbol import call_entry


def _array(x: Any) -> Any:
    return x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) and x else np.asarray(x)


def _special(name: str) -> Any:
    return getattr(importlib.import_module("scipy.special"), name)


def _place(x: Any, mean: Any, shape: Any) -> tuple[Any, Any]:
    """The deviations, one in each row, and the matrix; a number or a vector of variances is a diagonal."""
    x, shape = _array(x), _array(shape)
    mean = None if mean is None else _array(mean)
    known = [v.shape[-1] for v in (shape, mean) if v is not None and v.ndim]
    n = known[0] if known else 1  # as SciPy, which asks the mean and the matrix
    if shape.ndim < 2:
        shape = shape * np.eye(n)
    gap = x if mean is None else x - mean
    if gap.ndim > 1 and n != gap.shape[-1]:
        raise ArgumentError(f"points of {gap.shape[-1]} numbers, where the mean and the matrix are those of {n}")
    whole = n != 1 or known or gap.ndim > 1
    return gap if gap.ndim and n == gap.shape[-1] and whole else gap[..., None], shape


def _quadratic(gap: Any, shape: Any) -> tuple[Any, Any]:
    """gap' shape^-1 gap, and the logarithm of the determinant, by the Cholesky factor."""
    factor = np.linalg.cholesky(shape)
    white = np.linalg.solve(factor, np.reshape(gap, (-1, gap.shape[-1])).T)
    squares = np.reshape(np.sum(white**2, axis=0), gap.shape[:-1])
    return squares, 2 * np.sum(np.log(np.diagonal(factor)))


@means("scipy.stats.multivariate_normal.logpdf")
def normal_logpdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """Logarithm of the density; the covariance is positive definite."""
    refuse("scipy.stats.multivariate_normal", "a singular covariance has no density", allow_singular=allow_singular)
    gap, cov = _place(x, mean, cov)
    squares, log_det = _quadratic(gap, cov)
    return -0.5 * (squares + log_det + gap.shape[-1] * np.log(2 * np.pi))


@means("scipy.stats.multivariate_normal.pdf")
def normal_pdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """The density."""
    return np.exp(normal_logpdf(x, mean, cov, allow_singular))


@means("scipy.stats.multivariate_normal.cdf")
def normal_cdf(
    x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False, maxpts: Any = None, abseps: float = 1e-5, releps: float = 1e-5, *, lower_limit: Any = None, **draws: Any
) -> Any:  # fmt: skip
    """The distribution function of one or two variables: of more there are estimates of it only."""
    refuse("scipy.stats.multivariate_normal.cdf", "take differences of its values", lower_limit=lower_limit)
    gap, cov = _place(x, mean, cov)
    if gap.shape[-1] > 2:
        what = f"scipy.stats.multivariate_normal.cdf of {gap.shape[-1]} variables"
        raise UnsupportedError(
            what, help="it is estimated from points drawn at random; of one or two variables it is followed"
        )
    scale = np.sqrt(np.diagonal(cov))
    h = gap / scale
    if gap.shape[-1] == 1:
        return _special("ndtr")(h[..., 0])
    return call_entry("binormal", (h[..., 0], h[..., 1], cov[0, 1] / (scale[0] * scale[1])), {})


@means("scipy.stats.multivariate_normal.entropy")
def normal_entropy(mean: Any = None, cov: Any = 1) -> Any:
    """The differential entropy, which the mean has no part in."""
    _, cov = _place(np.zeros(_array(cov).shape[:1]), mean, cov)
    return 0.5 * (cov.shape[0] * (1 + np.log(2 * np.pi)) + np.linalg.slogdet(cov)[1])


@means("scipy.stats.multivariate_t.logpdf")
def t_logpdf(x: Any, loc: Any = None, shape: Any = 1, df: Any = 1) -> Any:
    """Logarithm of the density of Student's t in several dimensions."""
    gap, shape = _place(x, loc, shape)
    squares, log_det = _quadratic(gap, shape)
    n, gammaln = gap.shape[-1], _special("gammaln")
    rest = gammaln((df + n) / 2) - gammaln(0.5 * df) - n / 2 * np.log(df * np.pi) - log_det / 2
    return rest - (df + n) / 2 * np.log1p(squares / df)


@means("scipy.stats.multivariate_t.pdf")
def t_pdf(x: Any, loc: Any = None, shape: Any = 1, df: Any = 1, allow_singular: bool = False) -> Any:
    """The density of Student's t in several dimensions."""
    return np.exp(t_logpdf(x, loc, shape, df))


@means("scipy.stats.dirichlet.logpdf")
def dirichlet_logpdf(x: Any, alpha: Any) -> Any:
    """Logarithm of the density of Dirichlet's distribution; the last share may be left out, as in SciPy."""
    x, alpha = _array(x), _array(alpha)
    if x.shape[0] + 1 == alpha.shape[0]:
        x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)], axis=0)
    if x.shape[0] != alpha.shape[0]:
        raise ArgumentError(f"dirichlet.logpdf takes as many shares as there are parameters, {alpha.shape[0]}")
    gammaln, xlogy = _special("gammaln"), _special("xlogy")
    powers = xlogy(np.reshape(alpha - 1, (-1,) + (1,) * (x.ndim - 1)), x)
    return np.sum(powers, axis=0) + gammaln(np.sum(alpha)) - np.sum(gammaln(alpha))


@means("scipy.stats.dirichlet.pdf")
def dirichlet_pdf(x: Any, alpha: Any) -> Any:
    """The density of Dirichlet's distribution."""
    return np.exp(dirichlet_logpdf(x, alpha))


@means("scipy.stats.multinomial.logpmf")
def multinomial_logpmf(x: Any, n: Any, p: Any) -> Any:
    """Logarithm of the probability of counts x among n draws; those of p are taken as they are, and add up to 1."""
    x, p = _array(x), _array(p)
    if not isinstance(n, (int, float, np.integer, np.floating)):
        raise UnsupportedError("multinomial.logpmf with a symbolic number of draws", help="give it as a number")
    gammaln, xlogy = _special("gammaln"), _special("xlogy")
    last = 1 - np.sum(p[..., :-1], axis=-1, keepdims=True)  # SciPy's last probability is what is left
    p = np.concatenate([p[..., :-1], last], axis=-1)
    return gammaln(n + 1) + np.sum(xlogy(x, p) - gammaln(x + 1), axis=-1)


@means("scipy.stats.multinomial.pmf")
def multinomial_pmf(x: Any, n: Any, p: Any) -> Any:
    """The probability of counts x among n draws."""
    return np.exp(multinomial_logpmf(x, n, p))


def _log_det(a: Any) -> Any:
    return np.linalg.slogdet(a)[1]


def _of_matrices(x: Any, df: Any, scale: Any) -> tuple[Any, Any, int]:
    x, scale = _array(x), _array(scale)
    if x.ndim != 2 or scale.ndim != 2 or x.shape != scale.shape:
        raise ArgumentError("the density of one square matrix, with a scale of its shape")
    return x, scale, x.shape[0]


@means("scipy.stats.wishart.logpdf")
def wishart_logpdf(x: Any, df: Any, scale: Any) -> Any:
    """Logarithm of the density of Wishart's distribution, at a positive definite matrix (Muirhead, 1982)."""
    x, scale, p = _of_matrices(x, df, scale)
    spread = 0.5 * np.trace(np.linalg.solve(scale, x)) + 0.5 * df * (p * np.log(2.0) + _log_det(scale))
    return 0.5 * (df - p - 1) * _log_det(x) - spread - _special("multigammaln")(0.5 * df, p)


@means("scipy.stats.wishart.pdf")
def wishart_pdf(x: Any, df: Any, scale: Any) -> Any:
    """The density of Wishart's distribution."""
    return np.exp(wishart_logpdf(x, df, scale))


@means("scipy.stats.invwishart.logpdf")
def invwishart_logpdf(x: Any, df: Any, scale: Any) -> Any:
    """Logarithm of the density of the inverse of a matrix that has Wishart's distribution."""
    x, scale, p = _of_matrices(x, df, scale)
    spread = 0.5 * np.trace(np.linalg.solve(x, scale)) + 0.5 * df * p * np.log(2.0)
    return (
        0.5 * df * _log_det(scale) - 0.5 * (df + p + 1) * _log_det(x) - spread - _special("multigammaln")(0.5 * df, p)
    )


@means("scipy.stats.invwishart.pdf")
def invwishart_pdf(x: Any, df: Any, scale: Any) -> Any:
    """The density of the inverse."""
    return np.exp(invwishart_logpdf(x, df, scale))
