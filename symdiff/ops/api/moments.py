"""Means, variances and entropies of the distributions of scipy.stats, as formulas of their shapes.

Each is that of the standard distribution, in SciPy's parametrisation (Johnson, Kotz and Balakrishnan, as in `densities`):
the mean is loc + scale m, the variance scale**2 v, the entropy h + log(scale).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import e, inf, log as ln, nan, pi, sqrt as root
from typing import Any

from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew, special_gamma as gamma
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.densities import CONTINUOUS, DISCRETE, Distribution
from symdiff.ops.api.distributions import checked, given_of
from symdiff.ops.api.special import entr
from symdiff.ops.table import FUNCTIONS, numpy_function

Formula = Callable[..., Any]
EULER = 0.5772156649015329


@dataclass(frozen=True)
class Moments:
    """Formulas of the shapes; None where there is none in terms of rows."""

    mean: Formula | None = None
    var: Formula | None = None
    entropy: Formula | None = None


def _where_above(shape: Node, least: float, value: Callable[[Node], Any], otherwise: float = inf) -> Node:
    """The value, where a moment exists."""
    there = shape > least
    return ew.where(there, value(ew.where(there, shape, least + 1.0)), otherwise)


def _gamma_entropy(a: Node) -> Node:
    return a + ew.gammaln(a) + (1 - a) * ew.digamma(a)


def _student_entropy(df: Node) -> Node:
    half, more = df / 2, (df + 1) / 2
    return more * (ew.digamma(more) - ew.digamma(half)) + 0.5 * ew.log(df) + gamma.betaln(half, 0.5)


def _beta_entropy(a: Node, b: Node) -> Node:
    return gamma.betaln(a, b) + (a - 1) * gamma.rise(a, b) + (b - 1) * gamma.rise(b, a)


def _f_var(m: Node, n: Node) -> Node:
    return _where_above(n, 4.0, lambda n: 2 * ew.square(n / (n - 2)) * (m + n - 2) / (m * (n - 4)))


def _weibull_var(c: Node) -> Node:
    return ew.gamma(1 + 2 / c) - ew.square(ew.gamma(1 + 1 / c))


MOMENTS: dict[str, Moments] = {
    "norm": Moments(lambda: 0.0, lambda: 1.0, lambda: ln(2 * pi * e) / 2),
    "halfnorm": Moments(lambda: root(2 / pi), lambda: 1 - 2 / pi, lambda: ln(pi / 2) / 2 + 0.5),
    "lognorm": Moments(lambda s: ew.exp(ew.square(s) / 2), lambda s: ew.expm1(ew.square(s)) * ew.exp(ew.square(s)), lambda s: ln(2 * pi * e) / 2 + ew.log(s)),
    "expon": Moments(lambda: 1.0, lambda: 1.0, lambda: 1.0),
    "uniform": Moments(lambda: 0.5, lambda: 1 / 12, lambda: 0.0),
    "laplace": Moments(lambda: 0.0, lambda: 2.0, lambda: ln(2) + 1),
    "logistic": Moments(lambda: 0.0, lambda: pi * pi / 3, lambda: 2.0),
    "cauchy": Moments(entropy=lambda: ln(4 * pi)),
    "gumbel_r": Moments(lambda: EULER, lambda: pi * pi / 6, lambda: EULER + 1),
    "gumbel_l": Moments(lambda: -EULER, lambda: pi * pi / 6, lambda: EULER + 1),
    "rayleigh": Moments(lambda: root(pi / 2), lambda: 2 - pi / 2, lambda: EULER / 2 + 1 - ln(2) / 2),
    "maxwell": Moments(lambda: 2 * root(2 / pi), lambda: 3 - 8 / pi, lambda: EULER + ln(2 * pi) / 2 - 0.5),
    "weibull_min": Moments(lambda c: ew.gamma(1 + 1 / c), _weibull_var, lambda c: EULER * (1 - 1 / c) - ew.log(c) + 1),
    "pareto": Moments(lambda b: _where_above(b, 1.0, lambda b: b / (b - 1)), lambda b: _where_above(b, 2.0, lambda b: b / (ew.square(b - 1) * (b - 2))),
        lambda b: 1 + 1 / b - ew.log(b)),
    "lomax": Moments(lambda c: _where_above(c, 1.0, lambda c: 1 / (c - 1)), lambda c: _where_above(c, 2.0, lambda c: c / (ew.square(c - 1) * (c - 2))),
        lambda c: 1 + 1 / c - ew.log(c)),
    "gamma": Moments(lambda a: a, lambda a: a, _gamma_entropy),
    "invgamma": Moments(lambda a: _where_above(a, 1.0, lambda a: 1 / (a - 1)), lambda a: _where_above(a, 2.0, lambda a: 1 / (ew.square(a - 1) * (a - 2))),
        lambda a: a + ew.gammaln(a) - (a + 1) * ew.digamma(a)),
    "chi2": Moments(lambda df: df, lambda df: 2 * df, lambda df: _gamma_entropy(df / 2) + ln(2)),
    "beta": Moments(lambda a, b: a / (a + b), lambda a, b: a * b / (ew.square(a + b) * (a + b + 1)), _beta_entropy),
    "f": Moments(lambda m, n: _where_above(n, 2.0, lambda n: n / (n - 2)), _f_var),
    "t": Moments(lambda df: _where_above(df, 1.0, lambda df: 0 * df), lambda df: ew.where(df > 1, _where_above(df, 2.0, lambda df: df / (df - 2)), nan), _student_entropy),
    "invgauss": Moments(lambda mu: mu, lambda mu: mu**3),
    "powerlaw": Moments(lambda a: a / (a + 1), lambda a: a / ((a + 2) * ew.square(a + 1)), lambda a: 1 - 1 / a - ew.log(a)),
    "bernoulli": Moments(lambda p: p, lambda p: p * (1 - p), lambda p: entr(p) + entr(1 - p)),
    "binom": Moments(lambda n, p: n * p, lambda n, p: n * p * (1 - p)),
    "poisson": Moments(lambda mu: mu, lambda mu: mu),
    "geom": Moments(lambda p: 1 / p, lambda p: (1 - p) / ew.square(p)),
    "nbinom": Moments(lambda n, p: n * (1 - p) / p, lambda n, p: n * (1 - p) / ew.square(p)),
}  # fmt: skip


def _of_standard(method: str, formula: Formula, d: Distribution, path: str, scaled: bool) -> Formula:
    """The function of SciPy's arguments, from the formula of the standard distribution's shapes."""

    def called(*args: Any, **kwargs: Any) -> Node:
        given = given_of(path, d, (0.0, *args), kwargs, scaled=scaled)
        value, loc, scale = as_node(formula(*given.shapes)), as_node(given.loc), as_node(given.scale)
        if method == "mean":
            found = loc + scale * value
        elif method == "entropy":
            found = value + ew.log(scale)
        else:
            found = ew.square(scale) * value if method == "var" else scale * ew.sqrt(value)
        return checked(d, given, found, scale=True)

    called.__doc__ = f"{method} of the distribution."
    return called


def _register(name: str, d: Distribution, moments: Moments, scaled: bool) -> None:
    formulas = {"mean": moments.mean, "var": moments.var, "std": moments.var, "entropy": moments.entropy}
    for method, formula in formulas.items():
        if formula is not None:
            path = f"scipy.stats.{name}.{method}"
            numpy_function(path, path)(_of_standard(method, formula, d, path, scaled))


def _register_quantiles(name: str, ppf: Formula) -> None:
    def median(*args: Any, **kwargs: Any) -> Node:
        """The quantile of one half."""
        return ppf(0.5, *args, **kwargs)  # type: ignore[no-any-return]

    def interval(confidence: Any, *args: Any, **kwargs: Any) -> tuple[Node, Node]:
        """Two quantiles, between which there is that much of the distribution."""
        half = asarray(confidence) / 2
        return ppf(0.5 - half, *args, **kwargs), ppf(0.5 + half, *args, **kwargs)

    for call in (median, interval):
        path = f"scipy.stats.{name}.{call.__name__}"
        numpy_function(path, path)(call)


for _name, _moments in MOMENTS.items():
    _scaled = _name in CONTINUOUS
    _register(_name, (CONTINUOUS if _scaled else DISCRETE)[_name], _moments, _scaled)
for _name in CONTINUOUS:
    if (_ppf := FUNCTIONS.get(f"scipy.stats.{_name}.ppf")) is not None:
        _register_quantiles(_name, _ppf.call)
