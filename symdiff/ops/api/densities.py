"""Densities and probabilities of the distributions of scipy.stats, as compositions of rows.

Each is that of the standard distribution; location and scale are the same for all: z = (x - loc) / scale, the density
of x is that of z over the scale. Formulas: Johnson, Kotz and Balakrishnan, "Continuous univariate distributions", 1994
and 1995; "Univariate discrete distributions", 2005; in SciPy's parametrisation. Outside of the support the density is 0,
and its logarithm -inf; both contribute no derivative there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log as ln, pi, sqrt as root
from typing import Any

from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew, special_bessel as bessel, special_errors as errors, special_gamma as gamma
from symdiff.ops.api.special import ndtr

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
        low, high: the support, as numbers, or as functions of the shapes.
        open: the density is 0 at the ends of the support, too, where its formula divides zero by zero.
        at: a point inside of the support, where it is not the middle.
        valid: what holds of the shapes, if they are not just positive.
    """

    shapes: tuple[str, ...]
    logpdf: Formula
    cdf: Formula | None = None
    sf: Formula | None = None
    ppf: Formula | None = None
    isf: Formula | None = None
    logcdf: Formula | None = None
    logsf: Formula | None = None
    low: float | Formula = -inf
    high: float | Formula = inf
    open: bool = False
    at: float | Formula | None = None
    valid: Callable[..., tuple[Any, ...]] | None = None

    def support(self, shapes: tuple[Node, ...]) -> tuple[Any, Any, Any]:
        """Both ends, and a point between them."""
        ends: list[Any] = [end(*shapes) if callable(end) else end for end in (self.low, self.high, self.at)]
        low, high, at = ends
        if at is None:
            at = low + 1 if high is inf else (low + high) / 2
        return low, high, at


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


def _log1p_over(c: Node, z: Node) -> Node:
    """log1p(c z) / c, and what it tends to where c is 0."""
    u = c * z
    small = ew.absolute(u) < 1e-4
    series = z * (1 - u * (0.5 - u * (1 / 3 - u * (0.25 - u / 5))))
    return ew.where(small, series, ew.log1p(ew.where(small, 1.0, u)) / ew.where(small, 1.0, c))


def _expm1_over(c: Node, z: Node) -> Node:
    """expm1(c z) / c, and what it tends to where c is 0."""
    u = c * z
    small = ew.absolute(u) < 1e-4
    series = z * (1 + u * (0.5 + u * (1 / 6 + u * (1 / 24 + u / 120))))
    return ew.where(small, series, ew.expm1(ew.where(small, 1.0, u)) / ew.where(small, 1.0, c))


def _log_between(a: Node, b: Node) -> Node:
    """The logarithm of the normal probability between two numbers, from the tail that both are nearer to."""
    right = a > 0
    low, high = ew.where(right, -b, a), ew.where(right, -a, b)
    top = ew.log_ndtr(high)
    return top + ew.log1p(-ew.exp(ew.log_ndtr(low) - top))


def _truncated_ppf(p: Node, a: Node, b: Node) -> Node:
    whole, left = _log_between(a, b), a < 0
    from_left = ew.logaddexp(ew.log_ndtr(a), ew.log(p) + whole)
    from_right = ew.logaddexp(ew.log_ndtr(-b), ew.log1p(-p) + whole)
    found = errors.ndtri_exp(ew.where(left, from_left, from_right))
    return ew.where(left, found, -found)


def _pearson_logpdf(z: Node, skew: Node) -> Node:
    """That of a gamma distribution; where the skewness is nearly 0, the first terms of Edgeworth's series."""
    flat = ew.absolute(skew) < 1.6e-5
    beta = 2 / ew.where(flat, 1.0, skew)
    alpha = ew.square(beta)
    u = beta * z + alpha
    found = ew.log(ew.absolute(beta)) + ew.xlogy(alpha - 1, u) - u - ew.gammaln(alpha)
    return ew.where(flat, -0.5 * ew.square(z) - _HALF_LOG_2_PI + skew * (z**3 - 3 * z) / 6, found)


def _fold(z: Node, c: Node) -> Node:
    return 0.5 * (ew.erf((z - c) / root(2)) + ew.erf((z + c) / root(2)))


def _trapezoid(z: Node, c: Node, d: Node) -> Node:
    rising, falling = z < c, z > d
    height = ew.where(rising, z / ew.where(rising, c, 1.0), ew.where(falling, (1 - z) / ew.where(falling, 1 - d, 1.0), 1.0))
    return ln(2) - ew.log(1 + d - c) + ew.log(height)


_ANY: Callable[..., tuple[Any, ...]] = lambda *shapes: ()  # noqa: E731 (a column)

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
    "truncnorm": Distribution(("a", "b"), lambda z, a, b: -0.5 * ew.square(z) - _HALF_LOG_2_PI - _log_between(a, b), lambda z, a, b: ew.exp(_log_between(a, z) - _log_between(a, b)),
        lambda z, a, b: ew.exp(_log_between(z, b) - _log_between(a, b)), _truncated_ppf, logcdf=lambda z, a, b: _log_between(a, z) - _log_between(a, b),
        logsf=lambda z, a, b: _log_between(z, b) - _log_between(a, b), low=lambda a, b: a, high=lambda a, b: b,
        at=lambda a, b: ew.where(a > 0, a, ew.where(b < 0, b, 0.0)), valid=lambda a, b: (a < b,)),
    "truncexpon": Distribution(("b",), lambda z, b: -z - ew.log(-ew.expm1(-b)), lambda z, b: ew.expm1(-z) / ew.expm1(-b), lambda z, b: (ew.exp(-b) - ew.exp(-z)) / ew.expm1(-b),
        lambda p, b: -ew.log1p(p * ew.expm1(-b)), low=0.0, high=lambda b: b),
    "truncpareto": Distribution(("b", "c"), lambda z, b, c: ew.log(ew.absolute(b)) - (b + 1) * ew.log(z) - ew.log(ew.absolute(ew.expm1(-b * ew.log(c)))),
        lambda z, b, c: ew.expm1(-b * ew.log(z)) / ew.expm1(-b * ew.log(c)), low=1.0, high=lambda b, c: c, valid=lambda b, c: (ew.not_equal(b, 0), c > 1)),
    "truncweibull_min": Distribution(("c", "a", "b"), lambda z, c, a, b: ew.log(c) + ew.xlogy(c - 1, z) - z**c - ew.log(ew.exp(-(a**c)) - ew.exp(-(b**c))),
        low=lambda c, a, b: a, high=lambda c, a, b: b, valid=lambda c, a, b: (c > 0, a >= 0, b > a)),
    "genpareto": Distribution(("c",), lambda z, c: -(c + 1) * _log1p_over(c, z), lambda z, c: -ew.expm1(-_log1p_over(c, z)), lambda z, c: ew.exp(-_log1p_over(c, z)),
        lambda p, c: _expm1_over(c, -ew.log1p(-p)), lambda p, c: _expm1_over(c, -ew.log(p)), logsf=lambda z, c: -_log1p_over(c, z),
        low=0.0, high=lambda c: ew.where(c < 0, -1 / ew.where(c < 0, c, -1.0), inf), at=0.0, valid=_ANY),
    "genextreme": Distribution(("c",), lambda z, c: -ew.exp(-_log1p_over(-c, z)) - (1 - c) * _log1p_over(-c, z), lambda z, c: ew.exp(-ew.exp(-_log1p_over(-c, z))),
        lambda z, c: -ew.expm1(-ew.exp(-_log1p_over(-c, z))), lambda p, c: _expm1_over(-c, -ew.log(-ew.log(p))), lambda p, c: _expm1_over(-c, -ew.log(-ew.log1p(-p))),
        logcdf=lambda z, c: -ew.exp(-_log1p_over(-c, z)), low=lambda c: ew.where(c < 0, 1 / ew.where(c < 0, c, -1.0), -inf),
        high=lambda c: ew.where(c > 0, 1 / ew.where(c > 0, c, 1.0), inf), at=0.0, valid=_ANY),
    "skewnorm": Distribution(("a",), lambda z, a: ln(2) - 0.5 * ew.square(z) - _HALF_LOG_2_PI + ew.log_ndtr(a * z), lambda z, a: ndtr(z) - 2 * errors.owens_t(z, a),
        lambda z, a: ndtr(-z) + 2 * errors.owens_t(z, a), valid=_ANY),
    "triang": Distribution(("c",), lambda z, c: _trapezoid(z, c, c), lambda z, c: ew.where(z < c, ew.square(z) / c, 1 - ew.square(1 - z) / (1 - c)),
        lambda z, c: ew.where(z < c, 1 - ew.square(z) / c, ew.square(1 - z) / (1 - c)), lambda p, c: ew.where(p < c, ew.sqrt(c * p), 1 - ew.sqrt((1 - c) * (1 - p))),
        low=0.0, high=1.0, valid=lambda c: (c >= 0, c <= 1)),
    "trapezoid": Distribution(("c", "d"), _trapezoid, low=0.0, high=1.0, valid=lambda c, d: (c >= 0, d >= c, d <= 1)),
    "exponweib": Distribution(("a", "c"), lambda z, a, c: ew.log(a) + ew.log(c) + ew.xlogy(a - 1, -ew.expm1(-(z**c))) - z**c + ew.xlogy(c - 1, z),
        lambda z, a, c: (-ew.expm1(-(z**c))) ** a, lambda z, a, c: -ew.expm1(a * ew.log1p(-ew.exp(-(z**c)))), lambda p, a, c: (-ew.log1p(-(p ** (1 / a)))) ** (1 / c), low=0.0, open=True),
    "exponnorm": Distribution(("K",), lambda z, K: 0.5 / ew.square(K) - z / K - ew.log(K) + ew.log_ndtr(z - 1 / K),
        lambda z, K: ndtr(z) - ew.exp(0.5 / ew.square(K) - z / K + ew.log_ndtr(z - 1 / K)), lambda z, K: ndtr(-z) + ew.exp(0.5 / ew.square(K) - z / K + ew.log_ndtr(z - 1 / K))),
    "johnsonsu": Distribution(("a", "b"), lambda z, a, b: -0.5 * ew.square(a + b * ew.arcsinh(z)) - _HALF_LOG_2_PI + ew.log(b) - 0.5 * ew.log1p(ew.square(z)),
        lambda z, a, b: ndtr(a + b * ew.arcsinh(z)), lambda z, a, b: ndtr(-(a + b * ew.arcsinh(z))), lambda p, a, b: ew.sinh((errors.ndtri(p) - a) / b),
        lambda p, a, b: ew.sinh((-errors.ndtri(p) - a) / b), valid=lambda a, b: (b > 0,)),
    "johnsonsb": Distribution(("a", "b"), lambda z, a, b: -0.5 * ew.square(a + b * (ew.log(z) - ew.log1p(-z))) - _HALF_LOG_2_PI + ew.log(b) - ew.log(z) - ew.log1p(-z),
        lambda z, a, b: ndtr(a + b * (ew.log(z) - ew.log1p(-z))), lambda z, a, b: ndtr(-(a + b * (ew.log(z) - ew.log1p(-z)))),
        lambda p, a, b: ew.sigmoid((errors.ndtri(p) - a) / b), low=0.0, high=1.0, open=True, valid=lambda a, b: (b > 0,)),
    **dict.fromkeys(("loguniform", "reciprocal"), Distribution(("a", "b"), lambda z, a, b: -ew.log(z) - ew.log(ew.log(b) - ew.log(a)),
        lambda z, a, b: (ew.log(z) - ew.log(a)) / (ew.log(b) - ew.log(a)), lambda z, a, b: (ew.log(b) - ew.log(z)) / (ew.log(b) - ew.log(a)),
        lambda p, a, b: ew.exp(ew.log(a) + p * (ew.log(b) - ew.log(a))), low=lambda a, b: a, high=lambda a, b: b, at=lambda a, b: a, valid=lambda a, b: (a > 0, b > a))),
    "gengamma": Distribution(("a", "c"), lambda z, a, c: ew.log(ew.absolute(c)) + ew.xlogy(c * a - 1, z) - z**c - ew.gammaln(a),
        lambda z, a, c: ew.where(c > 0, gamma.gammainc(a, z**c), gamma.gammaincc(a, z**c)), lambda z, a, c: ew.where(c > 0, gamma.gammaincc(a, z**c), gamma.gammainc(a, z**c)),
        low=0.0, valid=lambda a, c: (a > 0, ew.not_equal(c, 0))),
    "foldnorm": Distribution(("c",), lambda z, c: -0.5 * (ew.square(z) + ew.square(c)) - _HALF_LOG_2_PI + ew.logaddexp(c * z, -c * z), _fold, lambda z, c: 0.5 * (ew.erfc((z - c) / root(2)) + ew.erfc((z + c) / root(2))),
        low=0.0, valid=lambda c: (c >= 0,)),
    "foldcauchy": Distribution(("c",), lambda z, c: -ln(pi) + ew.log(1 / (1 + ew.square(z - c)) + 1 / (1 + ew.square(z + c))),
        lambda z, c: (ew.arctan(z - c) + ew.arctan(z + c)) / pi, low=0.0, valid=lambda c: (c >= 0,)),
    "loggamma": Distribution(("c",), lambda z, c: c * z - ew.exp(z) - ew.gammaln(c), lambda z, c: gamma.gammainc(c, ew.exp(z)), lambda z, c: gamma.gammaincc(c, ew.exp(z))),
    "loglaplace": Distribution(("c",), lambda z, c: ew.log(c / 2) + ew.where(z < 1, c - 1, -c - 1) * ew.log(z), lambda z, c: ew.where(z < 1, 0.5 * z**c, 1 - 0.5 * z ** (-c)),
        lambda z, c: ew.where(z < 1, 1 - 0.5 * z**c, 0.5 * z ** (-c)), low=0.0, open=True),
    "dweibull": Distribution(("c",), lambda z, c: ew.log(c) - ln(2) + ew.xlogy(c - 1, ew.absolute(z)) - ew.absolute(z) ** c,
        lambda z, c: ew.where(z > 0, 1 - 0.5 * ew.exp(-(ew.absolute(z) ** c)), 0.5 * ew.exp(-(ew.absolute(z) ** c))),
        lambda z, c: ew.where(z > 0, 0.5 * ew.exp(-(ew.absolute(z) ** c)), 1 - 0.5 * ew.exp(-(ew.absolute(z) ** c)))),
    "dgamma": Distribution(("a",), lambda z, a: ew.xlogy(a - 1, ew.absolute(z)) - ew.absolute(z) - ln(2) - ew.gammaln(a),
        lambda z, a: ew.where(z > 0, 0.5 + 0.5 * gamma.gammainc(a, ew.absolute(z)), 0.5 * gamma.gammaincc(a, ew.absolute(z))),
        lambda z, a: ew.where(z > 0, 0.5 * gamma.gammaincc(a, ew.absolute(z)), 0.5 + 0.5 * gamma.gammainc(a, ew.absolute(z)))),
    "semicircular": Distribution((), lambda z: ln(2 / pi) + 0.5 * (ew.log1p(-z) + ew.log1p(z)), lambda z: 0.5 + (z * ew.sqrt(1 - ew.square(z)) + ew.arcsin(z)) / pi, low=-1.0, high=1.0),
    "anglit": Distribution((), lambda z: ew.log(ew.cos(2 * z)), lambda z: ew.square(ew.sin(z + pi / 4)), lambda z: ew.square(ew.cos(z + pi / 4)),
        lambda p: ew.arcsin(ew.sqrt(p)) - pi / 4, low=-pi / 4, high=pi / 4),
    "cosine": Distribution((), lambda z: ew.log1p(ew.cos(z)) - ln(2 * pi), lambda z: (pi + z + ew.sin(z)) / (2 * pi), low=-pi, high=pi),
    "ncx2": Distribution(("df", "nc"), lambda z, df, nc: ew.xlogy(df / 4 - 0.5, z / nc) - 0.5 * ew.square(ew.sqrt(z) - ew.sqrt(nc)) + ew.log(0.5 * bessel.ive(df / 2 - 1, ew.sqrt(z * nc))),
        low=0.0, open=True),
    "laplace_asymmetric": Distribution(("kappa",), lambda z, kappa: z * ew.where(z >= 0, -kappa, 1 / kappa) - ew.log(kappa + 1 / kappa),
        lambda z, kappa: ew.where(z >= 0, 1 - ew.exp(-kappa * z) / (1 + ew.square(kappa)), ew.exp(z / kappa) * ew.square(kappa) / (1 + ew.square(kappa))),
        lambda z, kappa: ew.where(z >= 0, ew.exp(-kappa * z) / (1 + ew.square(kappa)), 1 - ew.exp(z / kappa) * ew.square(kappa) / (1 + ew.square(kappa)))),
    "wrapcauchy": Distribution(("c",), lambda z, c: ew.log1p(-ew.square(c)) - ln(2 * pi) - ew.log(1 + ew.square(c) - 2 * c * ew.cos(z)), low=0.0, high=2 * pi,
        valid=lambda c: (c > 0, c < 1)),
    "norminvgauss": Distribution(("a", "b"), lambda z, a, b: ew.log(a / pi) + ew.log(bessel.k1e(a * ew.hypot(1.0, z)) / ew.hypot(1.0, z)) + b * z - a * ew.hypot(1.0, z)
        + ew.sqrt(ew.square(a) - ew.square(b)), valid=lambda a, b: (a > 0, ew.absolute(b) < a)),
    "recipinvgauss": Distribution(("mu",), lambda z, mu: -ew.square(1 - mu * z) / (2 * z * ew.square(mu)) - 0.5 * ew.log(z) - _HALF_LOG_2_PI, low=0.0, open=True),
    "powernorm": Distribution(("c",), lambda z, c: ew.log(c) - 0.5 * ew.square(z) - _HALF_LOG_2_PI + (c - 1) * ew.log_ndtr(-z), lambda z, c: -ew.expm1(c * ew.log_ndtr(-z)),
        lambda z, c: ew.exp(c * ew.log_ndtr(-z)), logsf=lambda z, c: c * ew.log_ndtr(-z)),
    "powerlognorm": Distribution(("c", "s"), lambda z, c, s: ew.log(c) - ew.log(z) - ew.log(s) - 0.5 * ew.square(ew.log(z) / s) - _HALF_LOG_2_PI + (c - 1) * ew.log_ndtr(-ew.log(z) / s),
        lambda z, c, s: -ew.expm1(c * ew.log_ndtr(-ew.log(z) / s)), lambda z, c, s: ew.exp(c * ew.log_ndtr(-ew.log(z) / s)), low=0.0, open=True),
    "burr": Distribution(("c", "d"), lambda z, c, d: ew.log(c) + ew.log(d) + ew.xlogy(c * d - 1, z) - (d + 1) * ew.log1p(z**c), lambda z, c, d: (1 + z ** (-c)) ** (-d), low=0.0, open=True),
    "mielke": Distribution(("k", "s"), lambda z, k, s: ew.log(k) + ew.xlogy(k - 1, z) - (1 + k / s) * ew.log1p(z**s), lambda z, k, s: z**k / (1 + z**s) ** (k / s), low=0.0),
    "kappa3": Distribution(("a",), lambda z, a: ew.log(a) - (1 + 1 / a) * ew.log(a + z**a), lambda z, a: z * (a + z**a) ** (-1 / a), low=0.0, open=True),
    "rdist": Distribution(("c",), lambda z, c: (c / 2 - 1) * (ew.log1p(-z) + ew.log1p(z)) - gamma.betaln(0.5, c / 2), low=-1.0, high=1.0),
    "skewcauchy": Distribution(("a",), lambda z, a: -ln(pi) - ew.log1p(ew.square(z / (1 + a * ew.where(z < 0, -1.0, 1.0)))), valid=lambda a: (ew.absolute(a) < 1,)),
    "alpha": Distribution(("a",), lambda z, a: -2 * ew.log(z) - 0.5 * ew.square(a - 1 / z) - _HALF_LOG_2_PI - ew.log_ndtr(a), lambda z, a: ndtr(a - 1 / z) / ndtr(a),
        ppf=lambda p, a: 1 / (a - errors.ndtri(p * ndtr(a))), low=0.0, open=True),
    "argus": Distribution(("chi",), lambda z, chi: 3 * ew.log(chi) + ew.log(z) + 0.5 * (ew.log1p(-z) + ew.log1p(z)) - _HALF_LOG_2_PI - 0.5 * ew.square(chi) * (1 - ew.square(z))
        - ew.log(0.5 * gamma.gammainc(1.5, ew.square(chi) / 2)), low=0.0, high=1.0, open=True),
    "bradford": Distribution(("c",), lambda z, c: ew.log(c) - ew.log1p(c * z) - ew.log(ew.log1p(c)), lambda z, c: ew.log1p(c * z) / ew.log1p(c), ppf=lambda p, c: ew.expm1(p * ew.log1p(c)) / c,
        low=0.0, high=1.0),
    "exponpow": Distribution(("b",), lambda z, b: 1 + ew.log(b) + ew.xlogy(b - 1, z) + z**b - ew.exp(z**b), lambda z, b: -ew.expm1(-ew.expm1(z**b)), lambda z, b: ew.exp(-ew.expm1(z**b)),
        lambda p, b: ew.log1p(-ew.log1p(-p)) ** (1 / b), low=0.0),
    "fatiguelife": Distribution(("c",), lambda z, c: ew.log(z + 1) - ew.square(z - 1) / (2 * z * ew.square(c)) - ew.log(2 * c) - _HALF_LOG_2_PI - 1.5 * ew.log(z),
        lambda z, c: ndtr((ew.sqrt(z) - 1 / ew.sqrt(z)) / c), lambda z, c: ndtr((1 / ew.sqrt(z) - ew.sqrt(z)) / c), low=0.0, open=True),
    "gibrat": Distribution((), lambda z: -0.5 * ew.square(ew.log(z)) - ew.log(z) - _HALF_LOG_2_PI, lambda z: ndtr(ew.log(z)), lambda z: ndtr(-ew.log(z)),
        lambda p: ew.exp(errors.ndtri(p)), low=0.0, open=True),
    "halfgennorm": Distribution(("beta",), lambda z, beta: ew.log(beta) - ew.gammaln(1 / beta) - z**beta, lambda z, beta: gamma.gammainc(1 / beta, z**beta),
        lambda z, beta: gamma.gammaincc(1 / beta, z**beta), low=0.0),
    "levy_l": Distribution((), lambda z: -_HALF_LOG_2_PI - 1.5 * ew.log(-z) + 0.5 / z, lambda z: ew.erf(ew.sqrt(-0.5 / z)), lambda z: ew.erfc(ew.sqrt(-0.5 / z)), high=-5e-324, at=-1.0),
    "pearson3": Distribution(("skew",), _pearson_logpdf, low=lambda skew: ew.where(skew > 0, -2 / ew.where(skew > 0, skew, 1.0), -inf),
        high=lambda skew: ew.where(skew < 0, -2 / ew.where(skew < 0, skew, -1.0), inf), at=0.0, valid=_ANY),
    "vonmises_line": Distribution(("kappa",), lambda z, kappa: kappa * (ew.cos(z) - 1) - ln(2 * pi) - ew.log(bessel.i0e(kappa)), low=-pi, high=pi),
    "weibull_max": Distribution(("c",), lambda z, c: ew.log(c) + ew.xlogy(c - 1, -z) - (-z) ** c, lambda z, c: ew.exp(-((-z) ** c)), lambda z, c: -ew.expm1(-((-z) ** c)),
        lambda p, c: -((-ew.log(p)) ** (1 / c)), high=0.0, at=-1.0),
}  # fmt: skip
CONTINUOUS["erlang"] = CONTINUOUS["gamma"]

DISCRETE: dict[str, Distribution] = {  # of k - loc, without a scale
    "bernoulli": Distribution(("p",), lambda k, p: ew.xlogy(k, p) + gamma.xlog1my(1 - k, p), low=0.0, high=1.0),
    "binom": Distribution(("n", "p"), lambda k, n, p: _up_to(k, n, lambda k: ew.xlogy(k, p) + gamma.xlog1my(n - k, p) - ew.log(n + 1) - gamma.betaln(n - k + 1, k + 1), -inf),
        lambda k, n, p: _below(k, n, lambda k: gamma.betaincc(k + 1, n - k, p), 1.0), lambda k, n, p: _below(k, n, lambda k: gamma.betainc(k + 1, n - k, p), 0.0), low=0.0),
    "poisson": Distribution(("mu",), lambda k, mu: ew.xlogy(k, mu) - mu - ew.gammaln(k + 1), lambda k, mu: gamma.gammaincc(k + 1, mu),
        lambda k, mu: gamma.gammainc(k + 1, mu), low=0.0),
    "geom": Distribution(("p",), lambda k, p: gamma.xlog1my(k - 1, p) + ew.log(p), lambda k, p: -ew.expm1(k * ew.log1p(-p)), lambda k, p: ew.exp(k * ew.log1p(-p)), low=1.0),
    "nbinom": Distribution(("n", "p"), lambda k, n, p: ew.gammaln(n + k) - ew.gammaln(k + 1) - ew.gammaln(n) + n * ew.log(p) + gamma.xlog1my(k, p),
        lambda k, n, p: gamma.betainc(n, k + 1, p), lambda k, n, p: gamma.betaincc(n, k + 1, p), low=0.0),
    "betabinom": Distribution(("n", "a", "b"), lambda k, n, a, b: _up_to(k, n, lambda k: -ew.log(n + 1) - gamma.betaln(n - k + 1, k + 1) + gamma.betaln(k + a, n - k + b) - gamma.betaln(a, b), -inf),
        low=0.0),
    "betanbinom": Distribution(("n", "a", "b"), lambda k, n, a, b: -ew.log(n + k) - gamma.betaln(n, k + 1) + gamma.betaln(a + n, b + k) - gamma.betaln(a, b), low=0.0),
    "skellam": Distribution(("mu1", "mu2"), lambda k, m, n: -ew.square(ew.sqrt(m) - ew.sqrt(n)) + ew.xlogy(k / 2, m / n) + ew.log(bessel.ive(ew.absolute(k), 2 * ew.sqrt(m * n)))),
    "logser": Distribution(("p",), lambda k, p: k * ew.log(p) - ew.log(k) - ew.log(-ew.log1p(-p)), low=1.0),
    "planck": Distribution(("lambda_",), lambda k, m: ew.log(-ew.expm1(-m)) - m * k, lambda k, m: -ew.expm1(-m * (k + 1)), lambda k, m: ew.exp(-m * (k + 1)), low=0.0),
    "dlaplace": Distribution(("a",), lambda k, a: ew.log(ew.tanh(a / 2)) - a * ew.absolute(k)),
    "yulesimon": Distribution(("alpha",), lambda k, alpha: ew.log(alpha) + gamma.betaln(k, alpha + 1), low=1.0),
    "boltzmann": Distribution(("lambda_", "N"), lambda k, m, n: _up_to(k, n - 1, lambda k: ew.log(ew.expm1(-m) / ew.expm1(-m * n)) - m * k, -inf), low=0.0),
}  # fmt: skip
