"""Distributions of scipy.stats: logarithms of densities, densities and probabilities, as compositions of rows.

Each is that of the standard distribution; location and scale are the same for all: z = (x - loc) / scale, the density
of x is that of z over the scale. Formulas: Johnson, Kotz and Balakrishnan, "Continuous univariate distributions", 1994
and 1995; "Univariate discrete distributions", 2005; in SciPy's parametrisation. Outside of the support the density is 0,
and its logarithm -inf; both contribute no derivative there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf, log as ln, nan, pi, sqrt as root
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError
from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew, special_bessel as bessel, special_errors as errors, special_gamma as gamma
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.special import ndtr
from symdiff.ops.table import numpy_function

Formula = Callable[..., Node]


@dataclass(frozen=True)
class Distribution:
    """A standard distribution, in terms of z and its shapes.

    Attributes:
        shapes: the names of its shape parameters.
        logpdf: logarithm of the density inside of the support.
        cdf, sf: probabilities to lie below and above; None where no row says them.
        ppf, isf: the inverses of cdf and sf; the second one keeps the digits of a small probability.
        logcdf, logsf: the logarithms of cdf and sf where those would underflow.
        low, high: the support, as numbers.
        open: the density is 0 at the ends of the support, too, where its formula divides zero by zero.
    """

    shapes: tuple[str, ...]
    logpdf: Formula
    cdf: Formula | None = None
    sf: Formula | None = None
    ppf: Formula | None = None
    isf: Formula | None = None
    logcdf: Formula | None = None
    logsf: Formula | None = None
    low: float = -inf
    high: float = inf
    open: bool = False

    @property
    def inner(self) -> float:
        """A point inside of the support."""
        return (self.low + self.high) / 2 if self.low > -inf and self.high < inf else self.low + 1


_HALF_LOG_2_PI = ln(2 * pi) / 2


def _student_logpdf(z: Node, df: Node) -> Node:
    constant = ew.gammaln((df + 1) / 2) - ew.gammaln(df / 2) - 0.5 * ew.log(pi * df)
    return constant - (df + 1) / 2 * ew.log1p(ew.square(z) / df)


def _student_ppf(p: Node, df: Node) -> Node:
    at_zero = ew.equal(p, 0)
    return ew.where(at_zero, -inf, gamma.stdtrit(df, ew.where(at_zero, 0.5, p)))


def _laplace_ppf(p: Node) -> Node:
    return ew.where(p > 0.5, -ew.log(2 * (1 - p)), ew.log(2 * p))


def _cauchy_ppf(p: Node) -> Node:
    """The cotangent of the tail's angle, which keeps the digits of a small probability."""
    low = p < 0.5
    return ew.where(low, -1.0, 1.0) / ew.tan(pi * ew.where(low, p, 1 - p))


def _half_cauchy_ppf(p: Node, rest: Node | None = None) -> Node:
    """tan(pi p / 2), from the smaller one of p and what is left to 1."""
    rest = 1 - p if rest is None else rest
    low = p < 0.5
    t = ew.tan(pi / 2 * ew.where(low, p, rest))
    return ew.where(low, t, 1 / t)


def _up_to(k: Node, n: Node, value: Formula, beyond: float) -> Node:
    inside = k <= n
    return ew.where(inside, value(ew.where(inside, k, n)), beyond)


def _below(k: Node, n: Node, value: Formula, beyond: float) -> Node:
    inside = k < n
    return ew.where(inside, value(ew.where(inside, k, n - 1)), beyond)


CONTINUOUS: dict[str, Distribution] = {
    "norm": Distribution((), lambda z: -0.5 * ew.square(z) - _HALF_LOG_2_PI, ndtr, lambda z: ndtr(-z), errors.ndtri, lambda p: -errors.ndtri(p),
        ew.log_ndtr, lambda z: ew.log_ndtr(-z)),
    "halfnorm": Distribution((), lambda z: -0.5 * ew.square(z) + ln(2) - _HALF_LOG_2_PI, lambda z: ew.erf(z / root(2)), lambda z: ew.erfc(z / root(2)),
        lambda p: root(2) * errors.erfinv(p), lambda p: root(2) * errors.erfcinv(p), logsf=lambda z: ln(2) + ew.log_ndtr(-z), low=0.0),
    "lognorm": Distribution(("s",), lambda z, s: -0.5 * ew.square(ew.log(z) / s) - ew.log(s * z) - _HALF_LOG_2_PI, lambda z, s: ndtr(ew.log(z) / s),
        lambda z, s: ndtr(-ew.log(z) / s), lambda p, s: ew.exp(s * errors.ndtri(p)), lambda p, s: ew.exp(-s * errors.ndtri(p)),
        lambda z, s: ew.log_ndtr(ew.log(z) / s), lambda z, s: ew.log_ndtr(-ew.log(z) / s), low=0.0, open=True),
    "expon": Distribution((), lambda z: -z, lambda z: -ew.expm1(-z), lambda z: ew.exp(-z), lambda p: -ew.log1p(-p), lambda p: -ew.log(p), logsf=lambda z: -z, low=0.0),
    "uniform": Distribution((), lambda z: 0.0 * z, lambda z: z, lambda z: 1 - z, lambda p: p, lambda p: 1 - p, low=0.0, high=1.0),
    "laplace": Distribution((), lambda z: -ew.absolute(z) - ln(2), lambda z: ew.where(z > 0, 1 - 0.5 * ew.exp(-z), 0.5 * ew.exp(z)),
        lambda z: ew.where(z > 0, 0.5 * ew.exp(-z), 1 - 0.5 * ew.exp(z)), lambda p: _laplace_ppf(p), lambda p: -_laplace_ppf(p)),
    "logistic": Distribution((), lambda z: -ew.absolute(z) - 2 * ew.log1p(ew.exp(-ew.absolute(z))), ew.sigmoid, lambda z: ew.sigmoid(-z),
        lambda p: ew.log(p) - ew.log1p(-p), lambda p: ew.log1p(-p) - ew.log(p), lambda z: -ew.logaddexp(0.0, -z), lambda z: -ew.logaddexp(0.0, z)),
    "cauchy": Distribution((), lambda z: -ln(pi) - ew.log1p(ew.square(z)), lambda z: ew.arctan2(1.0, -z) / pi, lambda z: ew.arctan2(1.0, z) / pi,
        lambda p: _cauchy_ppf(p), lambda p: -_cauchy_ppf(p)),
    "gumbel_r": Distribution((), lambda z: -z - ew.exp(-z), lambda z: ew.exp(-ew.exp(-z)), lambda z: -ew.expm1(-ew.exp(-z)), lambda p: -ew.log(-ew.log(p)),
        lambda p: -ew.log(-ew.log1p(-p)), logcdf=lambda z: -ew.exp(-z)),
    "gumbel_l": Distribution((), lambda z: z - ew.exp(z), lambda z: -ew.expm1(-ew.exp(z)), lambda z: ew.exp(-ew.exp(z)), lambda p: ew.log(-ew.log1p(-p)),
        lambda p: ew.log(-ew.log(p)), logsf=lambda z: -ew.exp(z)),
    "rayleigh": Distribution((), lambda z: ew.log(z) - 0.5 * ew.square(z), lambda z: -ew.expm1(-0.5 * ew.square(z)), lambda z: ew.exp(-0.5 * ew.square(z)),
        lambda p: ew.sqrt(-2 * ew.log1p(-p)), lambda p: ew.sqrt(-2 * ew.log(p)), logsf=lambda z: -0.5 * ew.square(z), low=0.0),
    "weibull_min": Distribution(("c",), lambda z, c: ew.log(c) + ew.xlogy(c - 1, z) - z**c, lambda z, c: -ew.expm1(-(z**c)), lambda z, c: ew.exp(-(z**c)),
        lambda p, c: (-ew.log1p(-p)) ** (1 / c), lambda p, c: (-ew.log(p)) ** (1 / c), logsf=lambda z, c: -(z**c), low=0.0),
    "pareto": Distribution(("b",), lambda z, b: ew.log(b) - (b + 1) * ew.log(z), lambda z, b: -ew.expm1(-b * ew.log(z)), lambda z, b: z ** (-b),
        lambda p, b: (1 - p) ** (-1 / b), lambda p, b: p ** (-1 / b), logsf=lambda z, b: -b * ew.log(z), low=1.0),
    "gamma": Distribution(("a",), lambda z, a: ew.xlogy(a - 1, z) - z - ew.gammaln(a), lambda z, a: gamma.gammainc(a, z), lambda z, a: gamma.gammaincc(a, z),
        lambda p, a: gamma.gammaincinv(a, p), lambda p, a: gamma.gammainccinv(a, p), low=0.0),
    "invgamma": Distribution(("a",), lambda z, a: -(a + 1) * ew.log(z) - ew.gammaln(a) - 1 / z, lambda z, a: gamma.gammaincc(a, 1 / z),
        lambda z, a: gamma.gammainc(a, 1 / z), lambda p, a: 1 / gamma.gammainccinv(a, p), lambda p, a: 1 / gamma.gammaincinv(a, p), low=0.0, open=True),
    "chi2": Distribution(("df",), lambda z, df: ew.xlogy(df / 2 - 1, z) - z / 2 - ew.gammaln(df / 2) - ln(2) / 2 * df, lambda z, df: gamma.gammainc(df / 2, z / 2),
        lambda z, df: gamma.gammaincc(df / 2, z / 2), lambda p, df: 2 * gamma.gammaincinv(df / 2, p), lambda p, df: 2 * gamma.gammainccinv(df / 2, p), low=0.0),
    "chi": Distribution(("df",), lambda z, df: ln(2) - ln(2) / 2 * df - ew.gammaln(df / 2) + ew.xlogy(df - 1, z) - 0.5 * ew.square(z),
        lambda z, df: gamma.gammainc(df / 2, ew.square(z) / 2), lambda z, df: gamma.gammaincc(df / 2, ew.square(z) / 2),
        lambda p, df: ew.sqrt(2 * gamma.gammaincinv(df / 2, p)), lambda p, df: ew.sqrt(2 * gamma.gammainccinv(df / 2, p)), low=0.0),
    "beta": Distribution(("a", "b"), lambda z, a, b: ew.xlogy(a - 1, z) + gamma.xlog1my(b - 1, z) - gamma.betaln(a, b), lambda z, a, b: gamma.betainc(a, b, z),
        lambda z, a, b: gamma.betaincc(a, b, z), lambda p, a, b: gamma.betaincinv(a, b, p), lambda p, a, b: gamma.betainccinv(a, b, p), low=0.0, high=1.0),
    "f": Distribution(("dfn", "dfd"), lambda z, m, n: m / 2 * ew.log(m) + n / 2 * ew.log(n) + ew.xlogy(m / 2 - 1, z) - (m + n) / 2 * ew.log(n + m * z) - gamma.betaln(m / 2, n / 2),
        lambda z, m, n: gamma.betainc(m / 2, n / 2, m * z / (n + m * z)), lambda z, m, n: gamma.betainc(n / 2, m / 2, n / (n + m * z)),
        lambda p, m, n: n * gamma.betaincinv(m / 2, n / 2, p) / (m * gamma.betainccinv(n / 2, m / 2, p)),
        lambda p, m, n: n * gamma.betainccinv(m / 2, n / 2, p) / (m * gamma.betaincinv(n / 2, m / 2, p)), low=0.0),
    "t": Distribution(("df",), _student_logpdf, lambda z, df: gamma.stdtr(df, z), lambda z, df: gamma.stdtr(df, -z), lambda p, df: _student_ppf(p, df),
        lambda p, df: -_student_ppf(p, df)),
    "invgauss": Distribution(("mu",), lambda z, mu: -_HALF_LOG_2_PI - 1.5 * ew.log(z) - ew.square(z / mu - 1) / (2 * z), low=0.0, open=True),
    "fisk": Distribution(("c",), lambda z, c: ew.log(c) + ew.xlogy(c - 1, z) - 2 * ew.log1p(z**c), lambda z, c: ew.sigmoid(c * ew.log(z)), lambda z, c: ew.sigmoid(-c * ew.log(z)),
        lambda p, c: (p / (1 - p)) ** (1 / c), lambda p, c: ((1 - p) / p) ** (1 / c), low=0.0),
    "halfcauchy": Distribution((), lambda z: ln(2 / pi) - ew.log1p(ew.square(z)), lambda z: 2 / pi * ew.arctan(z), lambda z: 2 / pi * ew.arctan2(1.0, z),
        lambda p: _half_cauchy_ppf(p), lambda p: _half_cauchy_ppf(1 - p, p), low=0.0),
    "halflogistic": Distribution((), lambda z: ln(2) - z - 2 * ew.log1p(ew.exp(-z)), lambda z: ew.tanh(z / 2), lambda z: 2 * ew.sigmoid(-z),
        lambda p: 2 * ew.arctanh(p), lambda p: ew.log((2 - p) / p), low=0.0),
    "hypsecant": Distribution((), lambda z: ln(1 / pi) - ew.logaddexp(z, -z) + ln(2), lambda z: 2 / pi * ew.arctan(ew.exp(z)), lambda z: 2 / pi * ew.arctan(ew.exp(-z)),
        lambda p: ew.log(_half_cauchy_ppf(p)), lambda p: -ew.log(_half_cauchy_ppf(p))),
    "arcsine": Distribution((), lambda z: -ln(pi) - 0.5 * (ew.log(z) + ew.log1p(-z)), lambda z: 2 / pi * ew.arcsin(ew.sqrt(z)), lambda z: 2 / pi * ew.arccos(ew.sqrt(z)),
        lambda p: ew.square(ew.sin(pi / 2 * p)), lambda p: ew.square(ew.where(p < 0.5, ew.cos(pi / 2 * p), ew.sin(pi / 2 * (1 - p)))), low=0.0, high=1.0),
    "maxwell": Distribution((), lambda z: ln(2 / pi) / 2 + 2 * ew.log(z) - 0.5 * ew.square(z), lambda z: gamma.gammainc(1.5, ew.square(z) / 2),
        lambda z: gamma.gammaincc(1.5, ew.square(z) / 2), lambda p: ew.sqrt(2 * gamma.gammaincinv(1.5, p)), lambda p: ew.sqrt(2 * gamma.gammainccinv(1.5, p)), low=0.0),
    "lomax": Distribution(("c",), lambda z, c: ew.log(c) - (c + 1) * ew.log1p(z), lambda z, c: -ew.expm1(-c * ew.log1p(z)), lambda z, c: ew.exp(-c * ew.log1p(z)),
        lambda p, c: ew.expm1(-ew.log1p(-p) / c), lambda p, c: ew.expm1(-ew.log(p) / c), logsf=lambda z, c: -c * ew.log1p(z), low=0.0),
    "invweibull": Distribution(("c",), lambda z, c: ew.log(c) - (c + 1) * ew.log(z) - z ** (-c), lambda z, c: ew.exp(-(z ** (-c))), lambda z, c: -ew.expm1(-(z ** (-c))),
        lambda p, c: (-ew.log(p)) ** (-1 / c), lambda p, c: (-ew.log1p(-p)) ** (-1 / c), logcdf=lambda z, c: -(z ** (-c)), low=0.0, open=True),
    "betaprime": Distribution(("a", "b"), lambda z, a, b: ew.xlogy(a - 1, z) - (a + b) * ew.log1p(z) - gamma.betaln(a, b), lambda z, a, b: gamma.betainc(a, b, z / (1 + z)),
        lambda z, a, b: gamma.betainc(b, a, 1 / (1 + z)), low=0.0),
    "burr12": Distribution(("c", "d"), lambda z, c, d: ew.log(c) + ew.log(d) + ew.xlogy(c - 1, z) - (d + 1) * ew.log1p(z**c), lambda z, c, d: -ew.expm1(-d * ew.log1p(z**c)),
        lambda z, c, d: ew.exp(-d * ew.log1p(z**c)), logsf=lambda z, c, d: -d * ew.log1p(z**c), low=0.0),
    "gompertz": Distribution(("c",), lambda z, c: ew.log(c) + z - c * ew.expm1(z), lambda z, c: -ew.expm1(-c * ew.expm1(z)), lambda z, c: ew.exp(-c * ew.expm1(z)),
        lambda p, c: ew.log1p(-ew.log1p(-p) / c), lambda p, c: ew.log1p(-ew.log(p) / c), low=0.0),
    "levy": Distribution((), lambda z: -_HALF_LOG_2_PI - 1.5 * ew.log(z) - 0.5 / z, lambda z: ew.erfc(ew.sqrt(0.5 / z)), lambda z: ew.erf(ew.sqrt(0.5 / z)),
        lambda p: 0.5 / ew.square(errors.erfcinv(p)), lambda p: 0.5 / ew.square(errors.erfinv(p)), low=0.0, open=True),
    "wald": Distribution((), lambda z: -_HALF_LOG_2_PI - 1.5 * ew.log(z) - ew.square(z - 1) / (2 * z), low=0.0, open=True),
    "powerlaw": Distribution(("a",), lambda z, a: ew.log(a) + ew.xlogy(a - 1, z), lambda z, a: z**a, lambda z, a: -ew.expm1(ew.xlogy(a, z)),
        lambda p, a: p ** (1 / a), lambda p, a: (1 - p) ** (1 / a), logcdf=lambda z, a: a * ew.log(z), low=0.0, high=1.0),
    "moyal": Distribution((), lambda z: -0.5 * (z + ew.exp(-z)) - _HALF_LOG_2_PI, lambda z: ew.erfc(ew.exp(-0.5 * z) / root(2)), lambda z: ew.erf(ew.exp(-0.5 * z) / root(2))),
    "genlogistic": Distribution(("c",), lambda z, c: ew.log(c) - z - (c + 1) * ew.logaddexp(0.0, -z), lambda z, c: ew.exp(-c * ew.logaddexp(0.0, -z)),
        lambda z, c: -ew.expm1(-c * ew.logaddexp(0.0, -z)), logcdf=lambda z, c: -c * ew.logaddexp(0.0, -z)),
    "nakagami": Distribution(("nu",), lambda z, nu: ln(2) + ew.xlogy(nu, nu) - ew.gammaln(nu) + ew.xlogy(2 * nu - 1, z) - nu * ew.square(z),
        lambda z, nu: gamma.gammainc(nu, nu * ew.square(z)), lambda z, nu: gamma.gammaincc(nu, nu * ew.square(z)), low=0.0),
    "rice": Distribution(("b",), lambda z, b: ew.log(z) - 0.5 * ew.square(z - b) + ew.log(bessel.i0e(z * b)), low=0.0),
    "vonmises": Distribution(("kappa",), lambda z, kappa: kappa * (ew.cos(z) - 1) - ln(2 * pi) - ew.log(bessel.i0e(kappa))),
    "gennorm": Distribution(("beta",), lambda z, beta: ew.log(0.5 * beta) - ew.gammaln(1 / beta) - ew.absolute(z) ** beta),
}  # fmt: skip

DISCRETE: dict[str, Distribution] = {  # of k - loc, without a scale
    "bernoulli": Distribution(("p",), lambda k, p: ew.xlogy(k, p) + gamma.xlog1my(1 - k, p), low=0.0, high=1.0),
    "binom": Distribution(("n", "p"), lambda k, n, p: _up_to(k, n, lambda k: ew.xlogy(k, p) + gamma.xlog1my(n - k, p) - ew.log(n + 1) - gamma.betaln(n - k + 1, k + 1), -inf),
        lambda k, n, p: _below(k, n, lambda k: gamma.betaincc(k + 1, n - k, p), 1.0), lambda k, n, p: _below(k, n, lambda k: gamma.betainc(k + 1, n - k, p), 0.0), low=0.0),
    "poisson": Distribution(("mu",), lambda k, mu: ew.xlogy(k, mu) - mu - ew.gammaln(k + 1), lambda k, mu: gamma.gammaincc(k + 1, mu),
        lambda k, mu: gamma.gammainc(k + 1, mu), low=0.0),
    "geom": Distribution(("p",), lambda k, p: gamma.xlog1my(k - 1, p) + ew.log(p), lambda k, p: -ew.expm1(k * ew.log1p(-p)), lambda k, p: ew.exp(k * ew.log1p(-p)), low=1.0),
    "nbinom": Distribution(("n", "p"), lambda k, n, p: ew.gammaln(n + k) - ew.gammaln(k + 1) - ew.gammaln(n) + n * ew.log(p) + gamma.xlog1my(k, p),
        lambda k, n, p: gamma.betainc(n, k + 1, p), lambda k, n, p: gamma.betaincc(n, k + 1, p), low=0.0),
}  # fmt: skip


# ------------------------------------------------------------------------------------------------- SciPy's signatures


@dataclass(frozen=True)
class _Given:
    """The arguments of a call: the variate, the shapes, and where the distribution lies."""

    x: Node
    shapes: tuple[Node, ...]
    loc: Any
    scale: Any


def _given(path: str, distribution: Distribution, args: tuple[Any, ...], kwargs: dict[str, Any], scaled: bool) -> _Given:
    """Arguments by position, x, the shapes, loc and scale; or by SciPy's names."""
    names = (*distribution.shapes, "loc", *(("scale",) if scaled else ()))
    given = {"loc": 0, "scale": 1, **dict(zip(names, args[1:], strict=False)), **kwargs}
    unknown = [name for name in given if name not in (*names, "scale")]
    missing = [name for name in distribution.shapes if name not in given]
    if len(args) > len(names) + 1 or not args or unknown or missing:
        raise ArgumentError(f"{path} takes x, {', '.join(names)}", help="x by position, the others by position or name")
    shapes = tuple(as_node(asarray(given[name])) for name in distribution.shapes)
    return _Given(asarray(args[0]), shapes, given["loc"], given["scale"])


def _standard(given: _Given) -> Node:
    z = given.x if isinstance(given.loc, int) and given.loc == 0 else given.x - as_node(given.loc)
    return z if isinstance(given.scale, int) and given.scale == 1 else z / as_node(given.scale)


def _supported(distribution: Distribution, z: Node, value: Callable[[Node], Node], below: float, above: float) -> Node:
    """``value(z)`` inside of the support, else what holds below and above it."""
    low, high, inner = distribution.low, distribution.high, distribution.inner
    outside = [z <= low if distribution.open else z < low] if low > -inf else []
    outside += [z > high] if high < inf else []
    safe = z
    for condition in outside:
        safe = ew.where(condition, inner, safe)
    result = value(safe)
    for condition, known in zip(outside, ([below] if low > -inf else []) + [above], strict=False):
        result = ew.where(condition, known, result)
    return result


def _log_density(distribution: Distribution, given: _Given) -> Node:
    def scaled(z: Node) -> Node:
        log_f = distribution.logpdf(z, *given.shapes)
        return log_f if isinstance(given.scale, int) and given.scale == 1 else log_f - ew.log(as_node(given.scale))

    return _supported(distribution, _standard(given), scaled, -inf, -inf)


def _log_mass(distribution: Distribution, given: _Given) -> Node:
    k = _standard(given)
    whole = ew.floor(k)
    log_p = _supported(distribution, whole, lambda k: distribution.logpdf(k, *given.shapes), -inf, -inf)
    return ew.where(ew.equal(k, whole), log_p, -inf)


def _probability(distribution: Distribution, given: _Given, formula: Formula, ends: tuple[float, float], floors: bool) -> Node:
    z = ew.floor(_standard(given)) if floors else _standard(given)
    return _supported(distribution, z, lambda z: formula(z, *given.shapes), *ends)


def _quantile(given: _Given, formula: Formula) -> Node:
    value = formula(given.x, *given.shapes)
    return _where_valid(given.x >= 0, _where_valid(given.x <= 1, ew.add(value * given.scale, given.loc)))


def _where_valid(condition: Any, value: Node) -> Node:
    """nan where a condition does not hold, as SciPy has it; what is known to hold is not asked."""
    known = condition if isinstance(condition, bool) else None if condition.literal is None else bool(np.all(condition.literal.value))
    return value if known else value + ew.where(condition, 0.0, nan)


_VALID: dict[str, Callable[[Node], tuple[Any, ...]]] = {
    "p": lambda p: (p >= 0, p <= 1), "mu": lambda mu: (mu >= 0,), "n": lambda n: (n >= 0,),
}  # fmt: skip


def _checked(distribution: Distribution, given: _Given, value: Node, scale: bool) -> Node:
    """nan where the shapes are none: they are positive, probabilities between 0 and 1. And the scale, if it is not asked yet."""
    for name, shape in zip(distribution.shapes, given.shapes, strict=True):
        for condition in _VALID[name](shape) if name in _VALID else (shape > 0,):
            value = _where_valid(condition, value)
    return _where_valid(as_node(given.scale) > 0, value) if scale else value


def _logarithm(part: Formula | None, rest: Formula | None) -> Formula | None:
    """Logarithm of a probability; near 1 it is that of what is left, which keeps its digits."""
    if part is None or rest is None:
        return None if part is None else lambda *z: ew.log(part(*z))

    def logarithm(*z: Node) -> Node:
        left = rest(*z)
        small = left < 0.5
        return ew.where(small, ew.log1p(-left), ew.log(ew.where(small, 1.0, part(*z))))

    return logarithm


def _methods(d: Distribution, discrete: bool) -> dict[str, Callable[[_Given], Node]]:
    """What a distribution has, by SciPy's names."""
    log_f = _log_mass if discrete else _log_density
    kind = "pmf" if discrete else "pdf"
    found: dict[str, Callable[[_Given], Node]] = {f"log{kind}": lambda g: log_f(d, g), kind: lambda g: _exp(log_f(d, g))}
    ends = {"cdf": (0.0, 1.0), "sf": (1.0, 0.0), "logcdf": (-inf, 0.0), "logsf": (0.0, -inf)}
    formulas = {"cdf": d.cdf, "sf": d.sf, "logcdf": d.logcdf or _logarithm(d.cdf, d.sf), "logsf": d.logsf or _logarithm(d.sf, d.cdf)}
    for name, formula in formulas.items():
        if formula is not None:
            found[name] = partial(_probability, d, formula=formula, ends=ends[name], floors=discrete)
    for name, formula in {"ppf": d.ppf, "isf": d.isf}.items():
        if formula is not None:
            found[name] = partial(_quantile, formula=formula)
    return found


def _exp(log_f: Node) -> Node:
    """The density; where it is 0 it contributes no derivative."""
    empty = ew.equal(log_f, -inf)
    return ew.where(empty, 0.0, ew.exp(ew.where(empty, 0.0, log_f)))


def _register(name: str, distribution: Distribution, discrete: bool) -> None:
    for method, call in _methods(distribution, discrete).items():
        path = f"scipy.stats.{name}.{method}"

        def called(*args: Any, path: str = path, call: Callable[[_Given], Node] = call, **kwargs: Any) -> Node:
            given = _given(path, distribution, args, kwargs, scaled=not discrete)
            has_logarithm = "pdf" in path and distribution.low == -inf  # which is nan where the scale is none
            return _checked(distribution, given, call(given), scale=not (discrete or has_logarithm))

        called.__doc__ = f"{method} of the distribution {name}."
        numpy_function(path, path)(called)


for _name, _distribution in CONTINUOUS.items():
    _register(_name, _distribution, discrete=False)
for _name, _distribution in DISCRETE.items():
    _register(_name, _distribution, discrete=True)
