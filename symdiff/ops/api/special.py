"""Functions of scipy.special that are made of rows."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew, special_errors as errors, special_gamma as rows
from symdiff.ops.api.convert import static_int
from symdiff.ops.table import numpy_function


@numpy_function("logit", "scipy.special.logit")
def logit(x: Any) -> Node:
    """log(x / (1 - x)), the inverse of sigmoid."""
    x = as_node(x)
    return ew.log(x) - ew.log1p(-x)


@numpy_function("entr", "scipy.special.entr")
def entr(x: Any) -> Node:
    """-x * log(x), 0 where x is 0, -inf where it is negative."""
    x = as_node(x)
    return ew.where(x < 0, -float("inf"), -ew.xlogy(x, x))


@numpy_function("ndtr", "scipy.special.ndtr")
def ndtr(x: Any) -> Node:
    """The distribution function of the standard normal distribution."""
    return ew.multiply(0.5, ew.erfc(-as_node(x) / sqrt(2)))


@numpy_function("exp10", "scipy.special.exp10")
def exp10(x: Any) -> Node:
    """10 ** x."""
    return ew.power(10.0, x)


@numpy_function("multigammaln", "scipy.special.multigammaln")
def multigammaln(a: Any, d: Any) -> Node:
    """Logarithm of the multivariate gamma function of dimension d (Muirhead, 1982, theorem 2.1.12)."""
    a, d = as_node(a), static_int(d, "the dimension")
    total = as_node(d * (d - 1) / 4 * log(pi))
    for j in range(d):
        total = total + ew.gammaln(a - j / 2)
    return total


@numpy_function("cosm1", "scipy.special.cosm1")
def cosm1(x: Any) -> Any:
    """cos(x) - 1, without the cancellation near 0."""
    return -2 * ew.square(ew.sin(as_node(x) / 2))


@numpy_function("powm1", "scipy.special.powm1")
def powm1(x: Any, y: Any) -> Node:
    """x**y - 1 for positive x, without the cancellation near 1."""
    return ew.expm1(ew.xlogy(y, x))


@numpy_function("factorial", "scipy.special.factorial")
def factorial(n: Any, exact: Any = False, extend: Any = "zero") -> Node:
    """n!, as the gamma function of n + 1; 0 below 0."""
    n = as_node(n)
    return ew.where(n < 0, 0.0, ew.gamma(ew.where(n < 0, 0.0, n) + 1))


@numpy_function("comb", "scipy.special.comb")
def comb(N: Any, k: Any, *, exact: Any = False, repetition: Any = False) -> Node:
    """The number of ways to take k of N, of real numbers; 0 where k is below 0 or above N."""
    N, k = as_node(N), as_node(k)
    N = N + k - 1 if repetition else N
    there = ew.logical_and(ew.logical_and(k >= 0, k <= N), N >= 0)
    return ew.where(there, rows.binom(ew.where(there, N, 1.0), ew.where(there, k, 0.0)), 0.0)


@numpy_function("voigt_profile", "scipy.special.voigt_profile")
def voigt_profile(x: Any, sigma: Any, gamma: Any) -> Any:
    """Gaussian bell of width sigma > 0, folded with Cauchy's of width gamma: the real part of the Faddeeva function (DLMF 7.19)."""
    sigma = as_node(sigma)
    z = (as_node(x) + ew.multiply(1j, gamma)) / (sigma * sqrt(2))
    return ew.real(errors.wofz(z)) / (sigma * sqrt(2 * pi))


# ------------------------------------------------------------------------------------------------------------- losses


@numpy_function("huber", "scipy.special.huber")
def huber(delta: Any, r: Any) -> Node:
    """Huber's loss: r**2 / 2 for |r| <= delta, else delta * (|r| - delta / 2)."""
    delta, r = as_node(delta), as_node(r)
    size = ew.absolute(r)
    loss = ew.where(size <= delta, ew.square(r) / 2, delta * (size - delta / 2))
    return ew.where(delta < 0, float("inf"), loss)


@numpy_function("pseudo_huber", "scipy.special.pseudo_huber")
def pseudo_huber(delta: Any, r: Any) -> Node:
    """delta**2 * (sqrt(1 + (r / delta)**2) - 1), without the cancellation."""
    delta, r = as_node(delta), as_node(r)
    flat = ew.equal(delta, 0)
    loss = ew.where(flat, 0.0, rows.pseudo_huber_loss(ew.where(flat, 1.0, delta), r))
    return ew.where(delta < 0, float("inf"), loss)


# -------------------------------------------------------------------------------------------- distribution functions
# As SciPy's, which take the degrees of freedom first; the counts of discrete ones are rounded down.


@numpy_function("chdtr", "scipy.special.chdtr")
def chdtr(v: Any, x: Any) -> Node:
    """Distribution function of chi-square with v degrees of freedom."""
    return rows.gammainc(as_node(v) / 2, as_node(x) / 2)


@numpy_function("chdtrc", "scipy.special.chdtrc")
def chdtrc(v: Any, x: Any) -> Node:
    """Survival function of chi-square with v degrees of freedom."""
    return rows.gammaincc(as_node(v) / 2, as_node(x) / 2)


@numpy_function("chdtri", "scipy.special.chdtri")
def chdtri(v: Any, p: Any) -> Node:
    """Inverse of chdtrc(v, x) in x."""
    return 2 * rows.gammainccinv(as_node(v) / 2, p)


@numpy_function("gdtr", "scipy.special.gdtr")
def gdtr(a: Any, b: Any, x: Any) -> Node:
    """Distribution function of the gamma distribution with rate a and shape b."""
    return rows.gammainc(b, as_node(a) * x)


@numpy_function("gdtrc", "scipy.special.gdtrc")
def gdtrc(a: Any, b: Any, x: Any) -> Node:
    """Survival function of the gamma distribution with rate a and shape b."""
    return rows.gammaincc(b, as_node(a) * x)


@numpy_function("fdtr", "scipy.special.fdtr")
def fdtr(dfn: Any, dfd: Any, x: Any) -> Node:
    """Distribution function of F with dfn and dfd degrees of freedom."""
    dfn, dfd, x = as_node(dfn), as_node(dfd), as_node(x)
    return rows.betainc(dfn / 2, dfd / 2, dfn * x / (dfd + dfn * x))


@numpy_function("fdtrc", "scipy.special.fdtrc")
def fdtrc(dfn: Any, dfd: Any, x: Any) -> Node:
    """Survival function of F with dfn and dfd degrees of freedom."""
    dfn, dfd, x = as_node(dfn), as_node(dfd), as_node(x)
    return rows.betainc(dfd / 2, dfn / 2, dfd / (dfd + dfn * x))


@numpy_function("fdtri", "scipy.special.fdtri")
def fdtri(dfn: Any, dfd: Any, p: Any) -> Node:
    """Inverse of fdtr(dfn, dfd, x) in x."""
    dfn, dfd = as_node(dfn), as_node(dfd)
    t = rows.betainccinv(dfd / 2, dfn / 2, p)
    return ew.divide(dfd * (1 - t), dfn * t)


@numpy_function("bdtr", "scipy.special.bdtr")
def bdtr(k: Any, n: Any, p: Any) -> Node:
    """Distribution function of the binomial distribution: at most k of n."""
    k = ew.floor(k)
    return rows.betainc(as_node(n) - k, k + 1, 1 - as_node(p))


@numpy_function("bdtrc", "scipy.special.bdtrc")
def bdtrc(k: Any, n: Any, p: Any) -> Node:
    """Survival function of the binomial distribution: more than k of n."""
    k = ew.floor(k)
    return rows.betainc(k + 1, as_node(n) - k, p)


@numpy_function("bdtri", "scipy.special.bdtri")
def bdtri(k: Any, n: Any, y: Any) -> Node:
    """Inverse of bdtr(k, n, p) in p."""
    k = ew.floor(k)
    return rows.betainccinv(k + 1, as_node(n) - k, y)


@numpy_function("pdtr", "scipy.special.pdtr")
def pdtr(k: Any, m: Any) -> Node:
    """Distribution function of the Poisson distribution with mean m."""
    return rows.gammaincc(ew.floor(k) + 1, m)


@numpy_function("pdtrc", "scipy.special.pdtrc")
def pdtrc(k: Any, m: Any) -> Node:
    """Survival function of the Poisson distribution with mean m."""
    return rows.gammainc(ew.floor(k) + 1, m)
