"""Error functions, the normal distribution, and integrals of exponentials and of oscillations.

Derivatives: DLMF 6.2, 7.2, 7.10 and 25.12; inverses by the derivative of an inverse function. Where the usual formula
divides zero by zero at a point at which the function is smooth, the derivative is written as a hypergeometric
function: every order of it is exact there. Owen, "Tables for computing bivariate normal probabilities", 1956.
"""

from __future__ import annotations

from math import pi, sqrt as root

import numpy as np

from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops import bounds, special_runtime as runtime
from symdiff.ops.elementwise import absolute, cos, cosh, erf, erfc, exp, log, mills, sin, sinc, sqrt, square, where
from symdiff.ops.families import POSITIVES, REALS, elementwise, undefined
from symdiff.ops.special_hypergeometric import hyp0f1, hyp2f1

UNIT = (0.05, 0.95)
INSIDE = (-0.9, 0.9)
_ORDER = "it is computed for this order alone"

# -------------------------------------------------------------------------------------------- errors, and their inverses

erfinv: Op = elementwise("erfinv", "scipy.special:erfinv", lambda y, x: root(pi) / 2 * exp(square(y)), dtype="narrow", singular=True,
        doc="Inverse of the error function.", hint="erfinv", sympy="erfinv", latex=r"\operatorname{erf}^{-1}(#1)", domain=(INSIDE,))
erfcinv: Op = elementwise("erfcinv", "scipy.special:erfcinv", lambda y, x: -root(pi) / 2 * exp(square(y)), dtype="narrow", singular=True,
        doc="Inverse of the complementary error function.", hint="erfcinv", sympy="erfcinv", latex=r"\operatorname{erfc}^{-1}(#1)", domain=((0.1, 1.9),))
erfi: Op = elementwise("erfi", "scipy.special:erfi", lambda y, x: 2 / root(pi) * exp(square(x)), dtype="special",
        doc="Imaginary error function -i erf(i x).", hint="erfi", sympy="erfi", latex=r"\operatorname{erfi}(#1)")
dawsn: Op = elementwise("dawsn", "scipy.special:dawsn", lambda y, x: dawson_slope(x, n=1), dtype="special",
        doc="Dawson's integral, exp(-x**2) times the integral of exp(t**2) from 0 to x.", hint="dawsn",
        sympy="sqrt(pi) / 2 * exp(-a ** 2) * erfi(a)", latex="F(#1)")
dawson_slope: Op = elementwise("dawson_slope", None, lambda y, x, n: dawson_slope(x, n=n + 1), dtype="special", params={"n": 1},
        lower=lambda x, n: _dawson_slope(x, n), doc="n-th derivative of Dawson's integral, which does not cancel for large x.",
        hint="d_dawsn", latex=lambda node: f"F^{{({node.kwargs['n']})}}(#1)")
dawson_derivative: Op = elementwise("dawson_derivative", runtime.dawson_derivative, undefined(_ORDER), undefined(_ORDER), dtype="special",
        params={"n": 1}, spell=lambda node: f"dawson_derivative(a, b, {node.kwargs['n']})", helpers=(runtime.dawson_derivative,),
        doc="n-th derivative of Dawson's integral y at x, from both.", domain=(REALS, REALS))
wofz: Op = elementwise("wofz", "scipy.special:wofz", lambda y, z: -2 * z * y + 2j / root(pi), dtype=lambda x: np.dtype(np.complex64 if x.dtype == np.complex64 else np.complex128),
        doc="Faddeeva function exp(-z**2) * erfc(-i z); a complex number.", hint="w", latex="w(#1)")
ndtr: Op = elementwise("ndtr", "scipy.special:ndtr", lambda y, x: root(0.5 / pi) * exp(-0.5 * square(x)), dtype="special",
        lower=lambda x: 0.5 * erfc(x / -root(2)), facts=bounds.entire(0, 1), doc="Distribution function of the standard normal distribution.",
        hint="p", sympy="erfc(-a / sqrt(2)) / 2", latex=r"\Phi(#1)")
ndtri: Op = elementwise("ndtri", "scipy.special:ndtri", lambda y, x: root(2 * pi) * exp(square(y) / 2), dtype="narrow", singular=True,
        doc="Quantile of the standard normal distribution, the inverse of ndtr.", hint="z", sympy="sqrt(2) * erfinv(2 * a - 1)",
        latex=r"\Phi^{-1}(#1)", domain=(UNIT,))
ndtri_exp: Op = elementwise("ndtri_exp", "scipy.special:ndtri_exp", lambda y, x: 1 / mills(y), dtype="narrow", singular=True,
        doc="Quantile of the standard normal distribution for the logarithm of a probability, the inverse of log_ndtr.", hint="z",
        sympy="sqrt(2) * erfinv(2 * exp(a) - 1)", latex=r"\Phi^{-1}(e^{#1})", domain=((-3.0, -0.1),))
owens_t: Op = elementwise("owens_t", "scipy.special:owens_t",
        lambda y, h, a: -1 / (2 * root(2 * pi)) * exp(-square(h) / 2) * erf(h * a / root(2)),
        lambda y, h, a: 1 / (2 * pi) * exp(-square(h) * (1 + square(a)) / 2) / (1 + square(a)), dtype="narrow",
        doc="Owen's T function: the probability that X > h and 0 < Y < a X for two standard normal variables.", hint="T", latex="T(#1, #2)")

binormal: Op = elementwise("binormal", runtime.binormal,
        lambda y, h, k, r: _normal_density(h) * ndtr((k - r * h) / sqrt((1 - r) * (1 + r))), lambda y, h, k, r: _normal_density(k) * ndtr((h - r * k) / sqrt((1 - r) * (1 + r))),
        lambda y, h, k, r: _binormal_density(h, k, r), dtype="special", singular=True, helpers=(runtime.binormal,),
        doc="The probability that X < h and Y < k for two standard normal variables of correlation r.", hint="p", latex=r"\Phi_{2}(#1, #2; #3)", domain=(REALS, REALS, (-0.7, 0.7)))

# ----------------------------------------------------------------------------------------------- integrals of exponentials

expi: Op = elementwise("expi", "scipy.special:expi", lambda y, x: exp(x) / x, dtype="narrow", singular=True,
        doc="Exponential integral Ei, the principal value of the integral of exp(t) / t from -inf to x.", hint="Ei", sympy="Ei",
        latex=r"\operatorname{Ei}(#1)", domain=(POSITIVES,))
exp1: Op = elementwise("exp1", "scipy.special:exp1", lambda y, x: -exp(-x) / x, dtype="narrow", singular=True,
        doc="Exponential integral E1, the integral of exp(-t) / t from x to inf.", hint="E1", sympy="expint(1, a)", latex="E_{1}(#1)", domain=(POSITIVES,))
expn: Op = elementwise("expn", "scipy.special:expn", lambda y, x, n: -integral_of_exponential(n - 1, x), dtype="double", singular=True, params={"n": 3},
        doc="Exponential integral E_n, the integral of exp(-x t) / t**n from 1 to inf.", spell=lambda node: f"expn({node.kwargs['n']}, a)",
        hint="En", sympy="expint(n, a)", latex=lambda node: f"E_{{{node.kwargs['n']}}}(#1)", domain=(POSITIVES,))
spence: Op = elementwise("spence", "scipy.special:spence", lambda y, x: _spence_slope(x), dtype="narrow", singular=True,
        doc="Spence's function, the dilogarithm of 1 - x.", hint="Li2", sympy="polylog(2, 1 - a)", latex=r"\operatorname{Li}_{2}(1 - #1)", domain=(POSITIVES,))

# ------------------------------------------------------------------------------------- sine, cosine and Fresnel integrals

sine_integral: Op = elementwise("sine_integral", "scipy.special:sici", lambda y, x: sinc(x / pi), dtype="narrow", spell="sici(a)[0]",
        doc="Sine integral, of sin(t) / t from 0 to x.", hint="Si", sympy="Si", latex=r"\operatorname{Si}(#1)")
cosine_integral: Op = elementwise("cosine_integral", "scipy.special:sici", lambda y, x: cos(x) / x, dtype="narrow", singular=True, spell="sici(a)[1]",
        doc="Cosine integral, of -cos(t) / t from x to inf.", hint="Ci", sympy="Ci", latex=r"\operatorname{Ci}(#1)", domain=(POSITIVES,))
sinh_integral: Op = elementwise("sinh_integral", "scipy.special:shichi", lambda y, x: hyp0f1(1.5, square(x) / 4), dtype="narrow", spell="shichi(a)[0]",
        doc="Hyperbolic sine integral, of sinh(t) / t from 0 to x.", hint="Shi", sympy="Shi", latex=r"\operatorname{Shi}(#1)")
cosh_integral: Op = elementwise("cosh_integral", "scipy.special:shichi", lambda y, x: cosh(x) / x, dtype="narrow", singular=True, spell="shichi(a)[1]",
        doc="Hyperbolic cosine integral.", hint="Chi", sympy="Chi", latex=r"\operatorname{Chi}(#1)", domain=(POSITIVES,))
fresnel_sine: Op = elementwise("fresnel_sine", "scipy.special:fresnel", lambda y, x: sin(pi / 2 * square(x)), dtype="special", spell="fresnel(a)[0]",
        doc="Fresnel's sine integral, of sin(pi t**2 / 2) from 0 to x.", hint="S", sympy="fresnels", latex="S(#1)")
fresnel_cosine: Op = elementwise("fresnel_cosine", "scipy.special:fresnel", lambda y, x: cos(pi / 2 * square(x)), dtype="special", spell="fresnel(a)[1]",
        doc="Fresnel's cosine integral, of cos(pi t**2 / 2) from 0 to x.", hint="C", sympy="fresnelc", latex="C(#1)")


# -------------------------------------------------------------------------------------------------- longer derivatives


def _normal_density(x: Node) -> Node:
    return root(0.5 / pi) * exp(-0.5 * square(x))


def _binormal_density(h: Node, k: Node, r: Node) -> Node:
    """By Plackett the derivative by the correlation."""
    rest = (1 - r) * (1 + r)
    return exp(-0.5 * (square(h) + square(k - r * h) / rest)) / (2 * pi * sqrt(rest))


def _spence_slope(x: Node) -> Node:
    """log(x) / (1 - x), near 1 as a hypergeometric function."""
    near = absolute(x - 1) < 0.5
    return where(near, -hyp2f1(1.0, 1.0, 2.0, where(near, 1 - x, 0.0)), log(where(near, 2.0, x)) / where(near, 1.0, 1 - x))


def _dawson_slope(x: Node, n: int) -> Node:
    y = dawsn(x)
    return dawson_derivative(y, y.inputs[0], n=n)


def integral_of_exponential(n: int, x: Node) -> Node:
    """E_n; for n = 0 in elementary terms (DLMF 8.19.5)."""
    return expn(x, n=n) if n > 0 else exp(-x) / x
