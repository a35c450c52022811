"""Incomplete gamma and beta functions, their inverses, and what is made of gamma functions; powers and entropies.

Derivatives with respect to the argument: DLMF 8.8.13 (incomplete gamma), 8.17.1 (incomplete beta), 5.4 (gamma and
binomials), 25.11.17 (Hurwitz' zeta), 4.13.4 (Lambert's W). With respect to the shapes a and b, first and second derivatives are the
series DLMF 8.7.1 and 8.17.8 term by term (see `symdiff.ops.special_runtime`, which states their errors); asking for a third one is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import pi
from typing import Any

import numpy as np

from symdiff.graph.node import Node, constant
from symdiff.graph.op import Op
from symdiff.ops import bounds, special_runtime as runtime
from symdiff.ops.elementwise import (
    arctan,
    cos,
    digamma,
    equal,
    exp,
    gamma,
    gammaln,
    hypot,
    log,
    log1p,
    logical_and,
    logical_not,
    maximum,
    minimum,
    polygamma,
    sign,
    sin,
    square,
    where,
    xlogy,
)  # fmt: skip
from symdiff.ops.families import POSITIVES, REALS, elementwise, undefined
from symdiff.ops.shapes import astype
from symdiff.ops.special_hypergeometric import exprel_slope, hyp2f1

_TWICE = undefined("with respect to the shapes of an incomplete gamma or beta function there are two derivatives, and no third one")
_SERIES = undefined("a series, which is not differentiated once more")
_EXPONENT = undefined("with respect to the exponent of a zeta function no closed form is known; hold it constant")
SHAPES = (0.6, 2.4)
UNIT = (0.1, 0.9)

# ------------------------------------------------------------------------------------------------------ gamma functions

loggamma: Op = elementwise("loggamma", "scipy.special:loggamma", lambda y, x: digamma(x), dtype="special", singular=True,
        doc="Principal branch of the logarithm of the gamma function; nan for negative real numbers.", hint="lgam", sympy="loggamma(a)", domain=(POSITIVES,))
rgamma: Op = elementwise("rgamma", "scipy.special:rgamma", lambda y, x: _rgamma_slope(y, x), dtype="special", singular=True, doc="Reciprocal of the gamma function.",
        hint="rgam", sympy="1 / gamma(a)", latex=r"\frac{1}{\Gamma(#1)}", domain=(POSITIVES,))
poch: Op = elementwise("poch", "scipy.special:poch", lambda y, z, m: y * rise(z, m), lambda y, z, m: y * digamma(z + m), dtype="narrow",
        singular=True, doc="Pochhammer symbol gamma(z + m) / gamma(z).", hint="poch", sympy="rf(a, b)", latex="(#1)_{#2}", domain=(POSITIVES, POSITIVES))
binom: Op = elementwise("binom", "scipy.special:binom", lambda y, n, k: y * rise(n - k + 1, k),
        lambda y, n, k: y * (digamma(n - k + 1) - digamma(k + 1)), dtype="narrow", singular=True, doc="Binomial coefficient of real numbers.", hint="binom",
        sympy="gamma(a + 1) / (gamma(b + 1) * gamma(a - b + 1))", latex=r"\binom{#1}{#2}", domain=((3.1, 4.9), (0.3, 2.6)))
zeta: Op = elementwise("zeta", "scipy.special:zeta", _EXPONENT, lambda y, x, q: -x * zeta(x + 1, q), dtype="narrow", singular=True,
        doc="Hurwitz' zeta function, the sum of (k + q)**-x.", hint="zeta", sympy="zeta(a, b)", latex=r"\zeta(#1, #2)", domain=((1.5, 3.5), POSITIVES))

# -------------------------------------------------------------------------------------------------------- beta functions

betaln: Op = elementwise("betaln", "scipy.special:betaln", lambda y, a, b: -rise(a, b), lambda y, a, b: -rise(b, a),
        dtype="wide", commutative=True, singular=True, facts=bounds.inside(where=lambda a, b: a.positive and b.positive), doc="Logarithm of |beta(a, b)|.", hint="bln", sympy="log(beta(a, b))", latex=r"\log \mathrm{B}(#1, #2)",
        domain=(POSITIVES, POSITIVES))
beta: Op = elementwise("beta", "scipy.special:beta", lambda y, a, b: -y * rise(a, b), lambda y, a, b: -y * rise(b, a),
        dtype="wide", commutative=True, singular=True, facts=bounds.inside(where=lambda a, b: a.positive and b.positive), doc="Beta function.", hint="beta", sympy="beta", domain=(POSITIVES, POSITIVES))
digamma_rise: Op = elementwise("digamma_rise", None, lambda y, a, b, n: digamma_rise(a, b, n=n + 1), lambda y, a, b, n: polygamma(a + b, n=n + 1), dtype="wide",
        singular=True, params={"n": 0}, lower=lambda a, b, n: _rise(a, b, n),
        doc="By how much digamma, or its n-th derivative, is larger at a + b than at a.", hint="psi", sympy="polygamma(n, a + b) - polygamma(n, a)",
        latex=lambda node: rf"\psi^{{({node.kwargs['n']})}}(#1 + #2) - \psi^{{({node.kwargs['n']})}}(#1)", domain=(POSITIVES, POSITIVES))
polygamma_difference: Op = elementwise("polygamma_difference", runtime.polygamma_difference, _SERIES, _SERIES, _SERIES, dtype="special", params={"n": 0},
        spell={"numpy": lambda node: f"polygamma_difference(a, b, c, {node.kwargs['n']})", "c": "(c)", "jax": "(c)"}, helpers=(runtime.polygamma_difference,),
        doc="digamma_rise from the difference, which loses digits where b is small.", hint="psi", domain=(POSITIVES, POSITIVES, REALS))

# -------------------------------------------------------------------------------------------- incomplete gamma functions

gammainc: Op = elementwise("gammainc", "scipy.special:gammainc", lambda y, a, x: gammainc_slope(a, x, n=1), lambda y, a, x: _gamma_density(a, x), dtype="wide",
        singular=True, doc="Regularised lower incomplete gamma function P(a, x).", hint="P", sympy="lowergamma(a, b) / gamma(a)", latex="P(#1, #2)", domain=(SHAPES, POSITIVES))
gammaincc: Op = elementwise("gammaincc", "scipy.special:gammaincc", lambda y, a, x: -gammainc_slope(a, x, n=1), lambda y, a, x: -_gamma_density(a, x), dtype="wide",
        singular=True, doc="Regularised upper incomplete gamma function Q(a, x).", hint="Q", sympy="uppergamma(a, b) / gamma(a)", latex="Q(#1, #2)", domain=(SHAPES, POSITIVES))
gammainc_slope: Op = elementwise("gammainc_slope", None, lambda y, a, x, n: gammainc_slope(a, x, n=2) if n == 1 else _TWICE, lambda y, a, x, n: _gamma_density_by_shape(a, x, n),
        dtype="wide", singular=True, params={"n": 1}, lower=lambda a, x, n: gammainc_order(a, x, exp(xlogy(a, x) - x - gammaln(a + 1)), digamma(a + 1), n=n),
        doc="n-th derivative of gammainc(a, x) with respect to a.", hint="P_a", latex=lambda node: _shape_latex("P(#1, #2)", "a" * node.kwargs["n"]), domain=(SHAPES, POSITIVES))
gammainc_order: Op = elementwise("gammainc_order", runtime.gammainc_order, _SERIES, _SERIES, _SERIES, _SERIES, dtype="special", params={"n": 1},
        spell=lambda node: f"gammainc_order(a, b, c, x3, {node.kwargs['n']})", helpers=(runtime.gammainc_order,),
        doc="The series for the n-th derivative of gammainc(a, x) with respect to a, from its first term and digamma(a + 1).", hint="P_a",
        domain=(SHAPES, POSITIVES, UNIT, REALS))
gammaincinv: Op = elementwise("gammaincinv", "scipy.special:gammaincinv", lambda y, a, p: -gammainc_slope(a, y, n=1) / _gamma_density(a, y),
        lambda y, a, p: 1 / _gamma_density(a, y), dtype="wide", singular=True, doc="Inverse of gammainc(a, x) in x.", hint="x", domain=(SHAPES, UNIT))
gammainccinv: Op = elementwise("gammainccinv", "scipy.special:gammainccinv", lambda y, a, p: -gammainc_slope(a, y, n=1) / _gamma_density(a, y),
        lambda y, a, p: -1 / _gamma_density(a, y), dtype="wide", singular=True, doc="Inverse of gammaincc(a, x) in x.", hint="x", domain=(SHAPES, UNIT))

# --------------------------------------------------------------------------------------------- incomplete beta functions

betainc: Op = elementwise("betainc", "scipy.special:betainc", lambda y, a, b, x: betainc_slope(a, b, x, shape=0), lambda y, a, b, x: betainc_slope(a, b, x, shape=1),
        lambda y, a, b, x: _beta_density(a, b, x), dtype="narrow", singular=True, doc="Regularised incomplete beta function I_x(a, b).", hint="I",
        sympy="betainc_regularized(a, b, 0, c)", latex="I_{#3}(#1, #2)", domain=(SHAPES, SHAPES, UNIT))
betaincc: Op = elementwise("betaincc", "scipy.special:betaincc", lambda y, a, b, x: -betainc_slope(a, b, x, shape=0), lambda y, a, b, x: -betainc_slope(a, b, x, shape=1),
        lambda y, a, b, x: -_beta_density(a, b, x), dtype="narrow", singular=True, doc="Complement 1 - I_x(a, b) of the regularised incomplete beta function.",
        hint="I", sympy="betainc_regularized(a, b, c, 1)", latex="I_{1 - #3}(#2, #1)", domain=(SHAPES, SHAPES, UNIT))
betainc_slope: Op = elementwise("betainc_slope", None, lambda y, a, b, x, shape: betainc_bend(a, b, x, shapes=(0, shape)), lambda y, a, b, x, shape: betainc_bend(a, b, x, shapes=(shape, 1)),
        lambda y, a, b, x, shape: _beta_density(a, b, x) * _log_slope(a, b, x, shape), dtype="wide", singular=True, params={"shape": 0}, lower=lambda a, b, x, shape: _beta_slope(a, b, x, shape),
        doc="Derivative of betainc(a, b, x) with respect to a (shape 0) or b (shape 1).", hint="dI", latex=lambda node: _shape_latex("I_{#3}(#1, #2)", "ab"[node.kwargs["shape"]]),
        domain=(SHAPES, SHAPES, UNIT))
betainc_bend: Op = elementwise("betainc_bend", None, _TWICE, _TWICE, lambda y, a, b, x, shapes: _beta_density(a, b, x) * (_log_slope(a, b, x, shapes[0]) * _log_slope(a, b, x, shapes[1]) + _log_bend(a, b, shapes)),
        dtype="wide", singular=True, params={"shapes": (0, 1)}, lower=lambda a, b, x, shapes: _beta_bend(a, b, x, shapes),
        doc="Second derivative of betainc(a, b, x) with respect to a (0) and b (1).", hint="ddI", latex=lambda node: _shape_latex("I_{#3}(#1, #2)", ["ab"[k] for k in node.kwargs["shapes"]]),
        domain=(SHAPES, SHAPES, UNIT))
betainc_shape: Op = elementwise("betainc_shape", runtime.betainc_shape, _SERIES, _SERIES, _SERIES, _SERIES, _SERIES, _SERIES, dtype="special",
        doc="The series for the derivatives of betainc(a, b, x) with respect to a and b, from its first term.", hint="I_a",
        domain=(SHAPES, SHAPES, (0.1, 0.4), UNIT, REALS, (0.0, 1.0)))
betainc_shape_twice: Op = elementwise("betainc_shape_twice", runtime.betainc_shape_twice, *(_SERIES,) * 9, dtype="special",
        doc="The series for the second derivatives of betainc(a, b, x) with respect to a and b, from its first term.", hint="I_aa",
        domain=(SHAPES, SHAPES, (0.1, 0.4), UNIT, REALS, REALS, REALS, (0.0, 1.0), (0.0, 1.0)))
betaincinv: Op = elementwise("betaincinv", "scipy.special:betaincinv", lambda y, a, b, p: -betainc_slope(a, b, y, shape=0) / _beta_density(a, b, y),
        lambda y, a, b, p: -betainc_slope(a, b, y, shape=1) / _beta_density(a, b, y), lambda y, a, b, p: 1 / _beta_density(a, b, y), dtype="narrow", singular=True,
        doc="Inverse of betainc(a, b, x) in x.", hint="x", domain=(SHAPES, SHAPES, UNIT))
betainccinv: Op = elementwise("betainccinv", "scipy.special:betainccinv", lambda y, a, b, p: -betainc_slope(a, b, y, shape=0) / _beta_density(a, b, y),
        lambda y, a, b, p: -betainc_slope(a, b, y, shape=1) / _beta_density(a, b, y), lambda y, a, b, p: -1 / _beta_density(a, b, y), dtype="narrow", singular=True,
        doc="Inverse of betaincc(a, b, x) in x.", hint="x", domain=(SHAPES, SHAPES, UNIT))

stdtr: Op = elementwise("stdtr", "scipy.special:stdtr", lambda y, df, t: _student_slope(y, df, t), lambda y, df, t: _student_density(df, t), dtype="narrow",
        doc="Distribution function of Student's t with df degrees of freedom.", hint="p", domain=((1.5, 6.0), REALS))
stdtrit: Op = elementwise("stdtrit", "scipy.special:stdtrit", lambda y, df, p: -_student_slope(y, df, y) / _student_density(df, y), lambda y, df, p: 1 / _student_density(df, y), dtype="narrow", singular=True,
        doc="Quantile of Student's t with df degrees of freedom.", hint="t", domain=((1.5, 6.0), (0.1, 0.4)))

# -------------------------------------------------------------------------------------------------- powers and entropies

xlog1py: Op = elementwise("xlog1py", "scipy.special:xlog1py", lambda y, a, b: log1p(b), lambda y, a, b: where(logical_and(equal(a, 0), equal(b, -1)), 0, a / (1 + b)), dtype="wide", singular=True,
        doc="a * log1p(b), 0 where a is 0.", hint="xlogy", sympy="a * log(1 + b)", domain=(POSITIVES, POSITIVES))
rel_entr: Op = elementwise("rel_entr", "scipy.special:rel_entr", lambda y, a, b: 1 + log(a / b), lambda y, a, b: -a / b, dtype="narrow", singular=True,
        doc="a * log(a / b), 0 where a is 0 and b is not negative, else inf.", hint="kl", sympy="a * log(a / b)", domain=(POSITIVES, POSITIVES))
kl_div: Op = elementwise("kl_div", "scipy.special:kl_div", lambda y, a, b: log(a / b), lambda y, a, b: 1 - a / b, dtype="narrow", singular=True,
        doc="a * log(a / b) - a + b, as rel_entr at the edge.", hint="kl", sympy="a * log(a / b) - a + b", domain=(POSITIVES, POSITIVES))
pseudo_huber_loss: Op = elementwise("pseudo_huber_loss", None, lambda y, d, r: _rest_of_slope(d, r), lambda y, d, r: d * slope_of_hyperbola(r / d), dtype="special", singular=True,
        lower=lambda d, r: square(r) / (1 + hypot(1.0, r / d)), doc="d**2 * (sqrt(1 + (r / d)**2) - 1) without the cancellation, for d above 0.", hint="loss",
        sympy="a ** 2 * (sqrt(1 + (b / a) ** 2) - 1)", domain=(POSITIVES, REALS))
slope_of_hyperbola: Op = elementwise("slope_of_hyperbola", None, lambda y, x: (1 + square(x)) ** -1.5, dtype="special", lower=lambda x: sin(arctan(1.0 * x)),
        doc="x / sqrt(1 + x**2), whose derivative does not cancel.", hint="slope", sympy="a / sqrt(1 + a ** 2)")
boxcox: Op = elementwise("boxcox", "scipy.special:boxcox", lambda y, x, p: x ** (p - 1), lambda y, x, p: square(log(x)) * exprel_slope(p * log(x)),
        dtype="narrow", singular=True, doc="Box-Cox transform (x**p - 1) / p, log(x) for p = 0.", hint="bc", sympy="(a ** b - 1) / b", domain=(POSITIVES, REALS))
boxcox1p: Op = elementwise("boxcox1p", "scipy.special:boxcox1p", lambda y, x, p: (1 + x) ** (p - 1),
        lambda y, x, p: square(log1p(x)) * exprel_slope(p * log1p(x)), dtype="narrow", singular=True,
        doc="Box-Cox transform of 1 + x.", hint="bc", sympy="((1 + a) ** b - 1) / b", domain=(POSITIVES, REALS))
inv_boxcox: Op = elementwise("inv_boxcox", "scipy.special:inv_boxcox", lambda y, x, p: y / (1 + p * x), lambda y, x, p: -y * square(x) * hyp2f1(2.0, 2.0, 3.0, -p * x) / 2,
        dtype="narrow", singular=True, doc="Inverse of the Box-Cox transform, (1 + p * x) ** (1 / p), exp(x) for p = 0.", hint="x",
        sympy="(1 + a * b) ** (1 / b)", domain=(POSITIVES, POSITIVES))
inv_boxcox1p: Op = elementwise("inv_boxcox1p", "scipy.special:inv_boxcox1p", lambda y, x, p: (1 + y) / (1 + p * x),
        lambda y, x, p: -(1 + y) * square(x) * hyp2f1(2.0, 2.0, 3.0, -p * x) / 2, dtype="narrow", singular=True,
        doc="Inverse of boxcox1p.", hint="x", sympy="(1 + a * b) ** (1 / b) - 1", domain=(POSITIVES, POSITIVES))
wrightomega: Op = elementwise("wrightomega", "scipy.special:wrightomega", lambda y, x: y / (1 + y), dtype="narrow",
        doc="Wright's omega function, the solution y of y + log(y) = x.", hint="w", sympy="LambertW(exp(a))", latex=r"\omega(#1)")
lambertw: Op = elementwise("lambertw", "scipy.special:lambertw", lambda y, x, k: exp(-y) / (1 + y), dtype=lambda x: np.dtype(np.complex128), singular=True,
        params={"k": 0}, spell=lambda node: f"lambertw(a, {node.kwargs['k']})", doc="Branch k of Lambert's W, the solution y of y * exp(y) = x; a complex number.",
        hint="w", latex="W(#1)", domain=(POSITIVES,))


# -------------------------------------------------------------------------------------------------- longer derivatives


def _gamma_density(a: Any, x: Any) -> Node:
    """x**(a - 1) * exp(-x) / gamma(a)."""
    return exp(xlogy(a - 1, x) - x - gammaln(a))


def _gamma_density_by_shape(a: Any, x: Any, n: int) -> Node:
    """The first or second derivative of the density with respect to a."""
    slope = log(x) - digamma(a)
    return _gamma_density(a, x) * (slope if n == 1 else square(slope) - polygamma(a, n=1))


def _shape_latex(written: str, shapes: Iterable[str]) -> str:
    return "".join(rf"\partial_{{{shape}}} " for shape in shapes) + written


def _beta_density(a: Any, b: Any, x: Any) -> Node:
    """x**(a - 1) * (1 - x)**(b - 1) / beta(a, b)."""
    return exp(xlogy(a - 1, x) + xlog1my(b - 1, x) - betaln(a, b))


def _minus(x: Any) -> Any:
    """-x, which NumPy refuses of conditions."""
    return 0.0 - x if isinstance(x, Node) and x.aval.kind == "b" else -x


def xlog1my(x: Any, y: Any) -> Node:
    """x * log(1 - y), 0 where x is 0."""
    return xlog1py(x, _minus(y))


def _student_density(df: Any, t: Any) -> Any:
    return exp(gammaln((df + 1) / 2) - gammaln(df / 2) - (df + 1) / 2 * log1p(square(t) / df)) / (df * pi) ** 0.5


def _student_slope(y: Node, df: Any, t: Any) -> Any:
    """With respect to df, by the incomplete beta function of t**2 / (df + t**2), in the tails of the rest of that."""
    df, t2, half = 1.0 * df, square(t), constant(y.dtype.type(0.5))
    near, whole = t2 < df, df + t2
    first, last = where(near, half, df / 2), where(near, df / 2, half)
    u = where(near, t2, df) / whole
    by_shape = where(near, betainc_slope(half, df / 2, where(near, u, half), shape=1), -betainc_slope(df / 2, half, where(near, half, u), shape=0))
    exact = sign(t) / 2 * (by_shape / 2 - where(equal(t, 0), 0, _beta_density(first, last, where(equal(t, 0), half, u)) * t2 / square(whole)))
    return where(df > 300 * square(1 + t2), _nearly_normal_slope(df, t), exact)


def _nearly_normal_slope(df: Any, t: Any) -> Any:
    """Three terms of a series in t**4 / df, where the difference of two others cancels (Abramowitz and Stegun, 26.7.8)."""
    t = minimum(maximum(t, -45.0), 45.0)  # beyond them the density is 0
    t2 = square(t)
    first, second = (1 + t2) / 4, (((3 * t2 - 7) * t2 - 5) * t2 - 3) / 48
    third = (((((t2 - 11) * t2 + 14) * t2 + 6) * t2 - 3) * t2 - 15) / 128
    return t * exp(-t2 / 2) / (2 * pi) ** 0.5 * (first + (second + third / df) / df) / df / df


# Reciprocals of gamma functions are smooth where the gamma function has its poles; there, products of them with
# logarithmic derivatives are 0 * inf. Left of 1/2 the derivative is that of sin(pi x) gamma(1 - x) / pi (DLMF 5.5.3).
def _rgamma_slope(y: Any, x: Any) -> Any:
    """Left of 1/2 that of sin(pi x) gamma(1 - x) / pi (DLMF 5.5.3), which is smooth at the poles of the gamma function."""
    left = x < 0.5
    other = 1 - where(left, x, 0.5)
    return where(left, gamma(other) * (cos(pi * x) - sin(pi * x) * digamma(other) / pi), -y * digamma(where(left, 0.5, x)))


def _rest_of_slope(d: Any, r: Any) -> Any:
    """(q - d)**2 / q with q = hypot(d, r): of terms of one sign, and so are its derivatives."""
    q = hypot(d, r)
    more = r * (r / (q + d))  # q - d
    return more * (more / q)


def rise(a: Any, b: Any) -> Node:
    """digamma(a + b) - digamma(a)."""
    return digamma_rise(a, b, n=0)


def _rise(a: Node, b: Node, n: int) -> Node:
    p, q = (1.0 * x if x.aval.kind == "b" else x for x in (a, b))  # whose sum would be a condition, too
    near = polygamma(p + q, n=n) - polygamma(p, n=n) if n else digamma(p + q) - digamma(p)
    found, meant = polygamma_difference(p, q, near, n=n), digamma_rise.infer(a.aval, b.aval, n=n).dtype
    return found if found.dtype == meant else astype(found, dtype=meant.name)


def _log_slope(a: Any, b: Any, x: Any, shape: int) -> Node:
    """Derivative of the logarithm of x**a * (1 - x)**b / beta(a, b) with respect to a or b."""
    return log1p(_minus(x)) + rise(b, a) if shape else log(x) + rise(a, b)


def _log_bend(a: Node, b: Node, shapes: tuple[int, int]) -> Node:
    """The second derivative of that logarithm."""
    if shapes[0] == shapes[1]:
        return digamma_rise(b, a, n=1) if shapes[0] else digamma_rise(a, b, n=1)
    found, meant = polygamma(1.0 * a + b, n=1), digamma_rise.infer(a.aval, b.aval, n=1).dtype
    return found if found.dtype == meant else astype(found, dtype=meant.name)


def _first_of_series(a: Node, b: Node, x: Node) -> tuple[Node, tuple[Node, ...]]:
    """The series converges fast on one side of the mean; on the other one, that of I_(1 - x)(b, a) = 1 - I_x(a, b).

    Returns which side it is, and what the series there is of: its two shapes, its argument, and its first term.
    """
    near = x <= (a + 1) / (a + b + 2)
    p, q, t = where(near, a, b), where(near, b, a), where(near, x, 1 - x)
    return near, (p, q, t, exp(xlogy(a, x) + xlog1my(b, x) - betaln(a, b)) / p)


def _varied(a: Node, b: Node, x: Node, near: Node, p: Node, shape: int) -> tuple[Node, Node]:
    """The derivative of the logarithm of the first term by a shape, and whether it is the one divided by."""
    divided = logical_not(near) if shape else near
    return _log_slope(a, b, x, shape) - where(divided, 1 / p, 0), divided


def _beta_slope(a: Node, b: Node, x: Node, shape: int) -> Node:
    near, first = _first_of_series(a, b, x)
    series = betainc_shape(*first, *_varied(a, b, x, near, first[0], shape))
    return where(near, series, -series)


def _beta_bend(a: Node, b: Node, x: Node, shapes: tuple[int, int]) -> Node:
    near, first = _first_of_series(a, b, x)
    (one, by_one), (two, by_two) = (_varied(a, b, x, near, first[0], shape) for shape in shapes)
    bend = _log_bend(a, b, shapes) + (where(by_one, 1 / square(first[0]), 0) if shapes[0] == shapes[1] else 0)
    series = betainc_shape_twice(*first, one, two, bend, by_one, by_two)
    return where(near, series, -series)
