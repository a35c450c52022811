"""Functions of scipy.special that are made of rows."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew
from symdiff.ops.api.convert import static_int
from symdiff.ops.table import numpy_function


@numpy_function("logit", "scipy.special.logit")
def logit(x: Any) -> Node:
    """log(x / (1 - x)), the inverse of sigmoid."""
    x = as_node(x)
    return ew.log(x) - ew.log1p(-x)


@numpy_function("xlog1py", "scipy.special.xlog1py")
def xlog1py(x: Any, y: Any) -> Node:
    """x * log1p(y), 0 where x is 0."""
    x, zero = as_node(x), ew.equal(x, 0)
    return ew.where(zero, 0.0, x * ew.log1p(ew.where(zero, 0, y)))


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
