"""The calculus table: one row per elementwise operation, one lambda per partial derivative.

`y` is the output. A partial of None is zero wherever it exists (floor, comparisons). Derivatives at ties, kinks and
poles follow the project's conventions: maximum shares a tie equally, sign(0) is 0, and sqrt'(0) is inf.
Formulas: Abramowitz and Stegun, chapters 4, 6 and 7; DLMF 4, 5 and 7.
"""

from __future__ import annotations

from math import log as ln, pi, sqrt as root
from typing import Any

import numpy as np

from symdiff.graph.node import CONSTANT, LENGTH, Node
from symdiff.graph.op import Op, Undefined
from symdiff.ops import runtime, scalar
from symdiff.ops.families import POSITIVE, REAL, elementwise, undefined

# ---------------------------------------------------------------------------------------------------------- arithmetic

add: Op = elementwise("add", np.add, lambda y, a, b: 1, lambda y, a, b: 1, infix="+", math="a + b", commutative=True, sympy="a + b", hint="s", gate="distributor", doc="Sum a + b.")
subtract: Op = elementwise("subtract", np.subtract, lambda y, a, b: 1, lambda y, a, b: -1, infix="-", math="a - b", sympy="a - b", hint="r", doc="Difference a - b.")
multiply: Op = elementwise("multiply", np.multiply, lambda y, a, b: b, lambda y, a, b: a, infix="*", math="a * b", commutative=True, sympy="a * b", hint="p", gate="switcher", doc="Product a * b.")
divide: Op = elementwise("divide", np.divide, lambda y, a, b: 1 / b, lambda y, a, b: -y / b, infix="/", math="a / b", raises=True, singular=lambda node: node.inputs[1].op not in (CONSTANT, LENGTH), domain=(REAL, POSITIVE), sympy="a / b", hint="q", roles=("num", "den"), doc="Quotient a / b.")
floor_divide: Op = elementwise("floor_divide", np.floor_divide, None, None, infix="//", math="a // b", raises=True, domain=((3.1, 3.9), (0.98, 1.0)), sympy="floor(a / b)", doc="Largest integer not above a / b.")
mod: Op = elementwise("mod", np.mod, lambda y, a, b: 1, lambda y, a, b: -floor_divide(a, b), infix="%", math="a % b", raises=True, domain=((3.1, 3.9), (0.98, 1.0)), sympy="Mod", doc="Remainder of a // b, with the sign of b.")
fmod: Op = elementwise("fmod", np.fmod, lambda y, a, b: 1, lambda y, a, b: -trunc(a / b), math="fmod", raises=True, domain=((3.1, 3.9), (0.98, 1.0)), doc="Remainder of a / b, with the sign of a.")
negative: Op = elementwise("negative", np.negative, lambda y, x: -1, infix="neg", spell="-a", math="-a", sympy="-a", hint="neg", doc="Negation -x.")
positive: Op = elementwise("positive", np.positive, lambda y, x: 1, spell="+a", math="+a", sympy="a", latex="#1", doc="The value itself.")
absolute: Op = elementwise("absolute", np.absolute, lambda y, x: _unit(x), spell="np.abs(a)", math="abs(a)", domain=(POSITIVE,), sympy="Abs", hint="abs", symbol="abs", latex=r"\lvert #1 \rvert", doc="Absolute value; derivative 0 at 0.")
sign: Op = elementwise("sign", np.sign, vjp=(lambda g, y, x: _turn_back(g, y, x) if x.aval.kind == "c" else None,), jvp=lambda tangents, y: _turn(tangents[0], y) if y.aval.kind == "c" else None, math="sign(a)", helpers=(scalar.sign,), singular=lambda node: node.aval.kind == "c", domain=(POSITIVE,), sympy="sign", hint="sign", doc="Sign: -1, 0 or 1; of a complex number, x / |x|.")
abs2: Op = elementwise("abs2", runtime.abs2, lambda y, x: 2 * conjugate(x) if x.aval.kind == "c" else 2 * x, spell="np.abs(a) ** 2", sympy="Abs(a) ** 2", hint="power", latex=r"\lvert #1 \rvert^{2}", doc="Square of the absolute value.")
square: Op = elementwise("square", np.square, lambda y, x: 2 * x, spell=lambda node: "a ** 2" if node.shape or node.inputs[0].aval.kind == "b" else "a * a", math="a * a", sympy="a ** 2", hint="sq", symbol="a ** 2", latex="#1^{2}", doc="Square x * x.")
power: Op = elementwise("power", np.power, lambda y, x, p: _power_base(x, p), lambda y, x, p: where(equal(y, 0), 0, y * log(x)), infix="**", math=lambda node: "a ** b" if _is_integer(node.inputs[1]) else "pow(a, b)", raises=True, singular=lambda node: not _is_natural(node.inputs[1]), domain=(POSITIVE, REAL), sympy="a ** b", hint="pow", doc="Power x ** p.")
sqrt: Op = elementwise("sqrt", np.sqrt, lambda y, x: 0.5 / y, math="sqrt", raises=True, singular=True, domain=(POSITIVE,), sympy="sqrt(a)", hint="root", symbol="√", latex=r"\sqrt{#1}", doc="Square root.")
cbrt: Op = elementwise("cbrt", np.cbrt, lambda y, x: 1 / (3 * square(y)), math="cbrt", singular=True, domain=(POSITIVE,), sympy="codegen.cfunctions.Cbrt", hint="cbrt", latex=r"\sqrt[3]{#1}", doc="Real cube root.")

# ------------------------------------------------------------------------------------------------ exponential, logarithm

exp: Op = elementwise("exp", np.exp, lambda y, x: y, math="exp", raises=True, sympy="exp", hint="e", latex="e^{#1}", doc="Exponential.")
exp2: Op = elementwise("exp2", np.exp2, lambda y, x: ln(2) * y, math="exp2", raises=True, sympy="codegen.cfunctions.exp2", hint="e", latex="2^{#1}", doc="2 ** x.")
expm1: Op = elementwise("expm1", np.expm1, lambda y, x: y + 1, math="expm1", raises=True, sympy="codegen.cfunctions.expm1", hint="e", latex="e^{#1} - 1", doc="exp(x) - 1, accurate near 0.")
log: Op = elementwise("log", np.log, lambda y, x: 1 / x, math="log", raises=True, singular=True, domain=(POSITIVE,), sympy="log", hint="log", doc="Natural logarithm.")
log2: Op = elementwise("log2", np.log2, lambda y, x: 1 / ln(2) / x, math="log2", raises=True, singular=True, domain=(POSITIVE,), sympy="codegen.cfunctions.log2", hint="log", latex=r"\log_{2}(#1)", doc="Logarithm to base 2.")
log10: Op = elementwise("log10", np.log10, lambda y, x: 1 / ln(10) / x, math="log10", raises=True, singular=True, domain=(POSITIVE,), sympy="codegen.cfunctions.log10", hint="log", latex=r"\log_{10}(#1)", doc="Logarithm to base 10.")
log1p: Op = elementwise("log1p", np.log1p, lambda y, x: 1 / (1 + x), math="log1p", raises=True, singular=True, domain=(POSITIVE,), sympy="codegen.cfunctions.log1p", hint="log", latex=r"\log(1 + #1)", doc="log(1 + x), accurate near 0.")
logaddexp: Op = elementwise("logaddexp", np.logaddexp, lambda y, a, b: sigmoid(a - b), lambda y, a, b: sigmoid(b - a), math="logaddexp(a, b)", raises=True, helpers=(scalar.logaddexp,), commutative=True, sympy="codegen.numpy_nodes.logaddexp", hint="lse", doc="log(exp(a) + exp(b)) without overflow.")
logaddexp2: Op = elementwise("logaddexp2", np.logaddexp2, lambda y, a, b: sigmoid(ln(2) * (a - b)), lambda y, a, b: sigmoid(ln(2) * (b - a)), commutative=True, sympy="codegen.numpy_nodes.logaddexp2", hint="lse", doc="log2(2**a + 2**b) without overflow.")
sigmoid: Op = elementwise("sigmoid", None, lambda y, x: y * (1 - y), dtype="float", lower=lambda x: _sigmoid(x), math="1 / (1 + exp(-a))", raises=True, sympy="1 / (1 + exp(-a))", hint="sig", symbol="σ", latex=r"\sigma(#1)", doc="Logistic function 1 / (1 + exp(-x)), without overflow.")

# ----------------------------------------------------------------------------------------------------------- trigonometry

sin: Op = elementwise("sin", np.sin, lambda y, x: cos(x), math="sin", raises=True, sympy="sin", hint="sin", doc="Sine.")
cos: Op = elementwise("cos", np.cos, lambda y, x: -sin(x), math="cos", raises=True, sympy="cos", hint="cos", doc="Cosine.")
tan: Op = elementwise("tan", np.tan, lambda y, x: 1 + square(y), math="tan", raises=True, domain=((-1.2, 1.2),), sympy="tan", hint="tan", doc="Tangent.")
arcsin: Op = elementwise("arcsin", np.arcsin, lambda y, x: 1 / sqrt(1 - square(x)), math="asin", raises=True, singular=True, domain=((-0.9, 0.9),), sympy="asin", hint="asin", doc="Inverse sine.")
arccos: Op = elementwise("arccos", np.arccos, lambda y, x: -1 / sqrt(1 - square(x)), math="acos", raises=True, singular=True, domain=((-0.9, 0.9),), sympy="acos", hint="acos", doc="Inverse cosine.")
arctan: Op = elementwise("arctan", np.arctan, lambda y, x: 1 / (1 + square(x)), math="atan", sympy="atan", hint="atan", doc="Inverse tangent.")
arctan2: Op = elementwise("arctan2", np.arctan2, lambda y, a, b: b / (square(a) + square(b)), lambda y, a, b: -a / (square(a) + square(b)), math="atan2", singular=True, domain=(POSITIVE, POSITIVE), sympy="atan2", hint="angle", doc="Angle of the point (b, a).")
hypot: Op = elementwise("hypot", np.hypot, lambda y, a, b: a / where(equal(y, 0), 1, y), lambda y, a, b: b / where(equal(y, 0), 1, y), math="hypot", domain=(POSITIVE, POSITIVE), commutative=True, sympy="codegen.cfunctions.hypot", hint="h", latex=r"\sqrt{#1^{2} + #2^{2}}", doc="sqrt(a**2 + b**2) without overflow; derivative 0 at the origin.")
sinh: Op = elementwise("sinh", np.sinh, lambda y, x: cosh(x), math="sinh", raises=True, sympy="sinh", hint="sinh", doc="Hyperbolic sine.")
cosh: Op = elementwise("cosh", np.cosh, lambda y, x: sinh(x), math="cosh", raises=True, sympy="cosh", hint="cosh", doc="Hyperbolic cosine.")
tanh: Op = elementwise("tanh", np.tanh, lambda y, x: 1 - square(y), math="tanh", sympy="tanh", hint="tanh", doc="Hyperbolic tangent.")
arcsinh: Op = elementwise("arcsinh", np.arcsinh, lambda y, x: 1 / sqrt(square(x) + 1), math="asinh", sympy="asinh", hint="asinh", doc="Inverse hyperbolic sine.")
arccosh: Op = elementwise("arccosh", np.arccosh, lambda y, x: 1 / sqrt((x - 1) * (x + 1)), math="acosh", raises=True, singular=True, domain=((1.2, 3.0),), sympy="acosh", hint="acosh", doc="Inverse hyperbolic cosine.")
arctanh: Op = elementwise("arctanh", np.arctanh, lambda y, x: 1 / (1 - square(x)), math="atanh", raises=True, singular=True, domain=((-0.9, 0.9),), sympy="atanh", hint="atanh", doc="Inverse hyperbolic tangent.")
sinc: Op = elementwise("sinc", np.sinc, lambda y, x: _sinc_slope(y, x), domain=(POSITIVE,), sympy="sinc(pi * a)", hint="sinc", doc="sin(pi x) / (pi x), 1 at 0.")
deg2rad: Op = elementwise("deg2rad", np.deg2rad, lambda y, x: pi / 180, math="radians", sympy="pi * a / 180", doc="Degrees to radians.")
rad2deg: Op = elementwise("rad2deg", np.rad2deg, lambda y, x: 180 / pi, math="degrees", sympy="180 * a / pi", doc="Radians to degrees.")

# ------------------------------------------------------------------------------------------------------------- selection

maximum: Op = elementwise("maximum", np.maximum, lambda y, a, b: _chosen(a, b), lambda y, a, b: _chosen(b, a), math="a if a >= b or a != a else b", domain=((1.1, 2.0), (0.1, 0.9)), sympy="Max", hint="m", selected=(lambda a, b: a >= b, lambda a, b: b >= a), gate="router", latex=r"\max(#1, #2)", doc="Larger of a and b; a tie shares the derivative equally, maximum(a, 0) is relu.")
minimum: Op = elementwise("minimum", np.minimum, lambda y, a, b: _chosen(b, a), lambda y, a, b: _chosen(a, b), math="a if a <= b or a != a else b", domain=((1.1, 2.0), (0.1, 0.9)), sympy="Min", hint="m", selected=(lambda a, b: a <= b, lambda a, b: b <= a), gate="router", latex=r"\min(#1, #2)", doc="Smaller of a and b; a tie shares the derivative equally, minimum(a, 0) has none at 0.")
fmax: Op = elementwise("fmax", np.fmax, lambda y, a, b: _ignoring_nan(a, b, _larger(a, b)), lambda y, a, b: _ignoring_nan(b, a, _larger(b, a)), domain=((1.1, 2.0), (0.1, 0.9)), hint="m", selected=(lambda a, b: logical_not(a < b), lambda a, b: logical_not(b < a)), gate="router", doc="Larger of a and b, ignoring nan.")
fmin: Op = elementwise("fmin", np.fmin, lambda y, a, b: _ignoring_nan(a, b, _larger(b, a)), lambda y, a, b: _ignoring_nan(b, a, _larger(a, b)), domain=((1.1, 2.0), (0.1, 0.9)), hint="m", selected=(lambda a, b: logical_not(a > b), lambda a, b: logical_not(b > a)), gate="router", doc="Smaller of a and b, ignoring nan.")
clip: Op = elementwise("clip", np.clip, lambda y, x, lo, hi: _both(_larger(x, lo), _larger(hi, x)), lambda y, x, lo, hi: _both(_larger(lo, x), _larger(hi, lo)), lambda y, x, lo, hi: _larger(maximum(x, lo), hi), domain=(REAL, (-1.0, -0.5), (0.5, 1.0)), sympy="Min(Max(a, b), c)", hint="c", selected=(lambda x, lo, hi: logical_and(x >= lo, x <= hi), lambda x, lo, hi: x <= lo, lambda x, lo, hi: maximum(x, lo) >= hi), doc="minimum(maximum(x, lo), hi); derivative 0.5 at either bound.")
where: Op = elementwise("where", np.where, vjp=(None, lambda g, y, c, a, b: where(c, g, 0), lambda g, y, c, a, b: where(c, 0, g)), math="b if a else c", masks=True, domain=((0.4, 0.6), REAL, REAL), sympy="Piecewise((b, a), (c, True))", hint="sel", roles=("mask",), gate="router", latex=r"\begin{cases} #2 & \text{if } #1 \\ #3 & \text{otherwise} \end{cases}", doc="a where the condition holds, else b; the other side never contributes.")
heaviside: Op = elementwise("heaviside", np.heaviside, None, lambda y, x, h: equal(x, 0), math="heaviside(a, b)", helpers=(scalar.heaviside,), domain=(POSITIVE, REAL), sympy="Heaviside", hint="step", doc="0, h or 1 for negative, zero or positive x.")
copysign: Op = elementwise("copysign", np.copysign, lambda y, a, b: sign(a) * copysign(1.0, b), None, math="copysign", domain=(POSITIVE, POSITIVE), hint="size", doc="Magnitude of a with the sign of b; derivative 0 at a = 0.")
nan_to_num: Op = elementwise("nan_to_num", np.nan_to_num, vjp=(lambda g, y, x, **params: where(isfinite(x), g, 0),), spell=lambda node: _replacements(node), params={"nan": 0.0, "posinf": None, "neginf": None}, hint="num", doc="nan and infinities replaced by numbers.")
relu: Op = elementwise("relu", None, lambda y, x: x > 0, dtype="float", spell="np.maximum(a, 0.0)", math="a if a > 0 or a != a else 0.0", domain=(POSITIVE,), sympy="Max(a, 0)", hint="relu", selected=(lambda x: x > 0,), symbol="relu", gate="router", doc="max(x, 0); derivative 0 at 0.")

# -------------------------------------------------------------------------------------------------- piecewise constant

floor: Op = elementwise("floor", np.floor, None, math="copysign(floor(a), a)", raises=True, domain=((0.1, 0.9),), sympy="floor", latex=r"\lfloor #1 \rfloor", doc="Largest integer not above x.")
ceil: Op = elementwise("ceil", np.ceil, None, math="copysign(ceil(a), a)", raises=True, domain=((0.1, 0.9),), sympy="ceiling", latex=r"\lceil #1 \rceil", doc="Smallest integer not below x.")
trunc: Op = elementwise("trunc", np.trunc, None, math="copysign(trunc(a), a)", raises=True, domain=((0.1, 0.9),), sympy="sign(a) * floor(Abs(a))", doc="Integer part, towards 0.")
rint: Op = elementwise("rint", np.rint, None, math="copysign(round(a), a)", raises=True, domain=((0.1, 0.4),), doc="Nearest integer, halves to even.")

less: Op = elementwise("less", np.less, None, None, infix="<", math="a < b", sympy="a < b", hint="mask", doc="a < b.")
less_equal: Op = elementwise("less_equal", np.less_equal, None, None, infix="<=", math="a <= b", sympy="a <= b", hint="mask", doc="a <= b.")
greater: Op = elementwise("greater", np.greater, None, None, infix=">", math="a > b", sympy="a > b", hint="mask", doc="a > b.")
greater_equal: Op = elementwise("greater_equal", np.greater_equal, None, None, infix=">=", math="a >= b", sympy="a >= b", hint="mask", doc="a >= b.")
equal: Op = elementwise("equal", np.equal, None, None, infix="==", math="a == b", commutative=True, sympy="Eq(a, b)", hint="mask", doc="a == b.")
not_equal: Op = elementwise("not_equal", np.not_equal, None, None, infix="!=", math="a != b", commutative=True, sympy="Ne(a, b)", hint="mask", doc="a != b.")
logical_and: Op = elementwise("logical_and", np.logical_and, None, None, math=lambda node: "a and b" if _are_bools(node) else "bool(a) and bool(b)", sympy="And", hint="mask", latex=r"#1 \land #2", doc="a and b, elementwise.")
logical_or: Op = elementwise("logical_or", np.logical_or, None, None, math=lambda node: "a or b" if _are_bools(node) else "bool(a) or bool(b)", sympy="Or", hint="mask", latex=r"#1 \lor #2", doc="a or b, elementwise.")
logical_xor: Op = elementwise("logical_xor", np.logical_xor, None, None, math="bool(a) != bool(b)", sympy="Xor", hint="mask", doc="a or b but not both, elementwise.")
logical_not: Op = elementwise("logical_not", np.logical_not, None, math="not a", sympy="Not", hint="mask", latex=r"\lnot #1", doc="not a, elementwise.")
isnan: Op = elementwise("isnan", np.isnan, None, math="isnan", hint="mask", doc="Whether x is nan.")
isinf: Op = elementwise("isinf", np.isinf, None, math="isinf", hint="mask", doc="Whether x is infinite.")
isfinite: Op = elementwise("isfinite", np.isfinite, None, math="isfinite", hint="mask", doc="Whether x is neither nan nor infinite.")
signbit: Op = elementwise("signbit", np.signbit, None, hint="mask", doc="Whether the sign bit is set.")

_BITS = ((0.0, 1.0), (0.0, 1.0))
bitwise_and: Op = elementwise("bitwise_and", np.bitwise_and, None, None, infix="&", domain=_BITS, hint="mask", doc="Bitwise a & b.")
bitwise_or: Op = elementwise("bitwise_or", np.bitwise_or, None, None, infix="|", domain=_BITS, hint="mask", doc="Bitwise a | b.")
bitwise_xor: Op = elementwise("bitwise_xor", np.bitwise_xor, None, None, infix="^", domain=_BITS, hint="mask", doc="Bitwise a ^ b.")
invert: Op = elementwise("invert", np.invert, None, infix="~", spell="~a", domain=_BITS[:1], hint="mask", doc="Bitwise ~a; on bools, not a.")
left_shift: Op = elementwise("left_shift", np.left_shift, None, None, infix="<<", domain=_BITS, doc="a << b on integers.")
right_shift: Op = elementwise("right_shift", np.right_shift, None, None, infix=">>", domain=_BITS, doc="a >> b on integers.")

# --------------------------------------------------------------------------------------------------------------- complex
# A cotangent of a complex value is dz/dx - i dz/dy, so that holomorphic rules carry no conjugate (JAX, autograd).

real: Op = elementwise("real", np.real, lambda y, z: 1, aliases=True, sympy="re", hint="re", latex=r"\operatorname{Re}(#1)", doc="Real part.")
imag: Op = elementwise("imag", np.imag, lambda y, z: -1j if z.aval.kind == "c" else None, aliases=True, sympy="im", hint="im", latex=r"\operatorname{Im}(#1)", doc="Imaginary part.")
conjugate: Op = elementwise("conjugate", np.conjugate, vjp=(lambda g, y, z: conjugate(g) if g.aval.kind == "c" else g,), math="a", sympy="conjugate", hint="conj", latex=r"\overline{#1}", doc="Complex conjugate.")
angle: Op = elementwise("angle", np.angle, lambda y, z: -1j / z if z.aval.kind == "c" else None, domain=(POSITIVE,), sympy="arg", hint="angle", doc="Argument of a complex number.")

# ------------------------------------------------------------------------------------------------------ special functions

erf: Op = elementwise("erf", "scipy.special:erf", lambda y, x: 2 / root(pi) * exp(-square(x)), dtype="special", math="erf", sympy="erf", hint="erf", doc="Error function.")
erfc: Op = elementwise("erfc", "scipy.special:erfc", lambda y, x: -2 / root(pi) * exp(-square(x)), dtype="special", math="erfc", sympy="erfc", hint="erfc", doc="Complementary error function 1 - erf(x).")
gammaln: Op = elementwise("gammaln", "scipy.special:gammaln", lambda y, x: digamma(x), dtype="special", domain=(POSITIVE,), sympy="loggamma", hint="gln", latex=r"\log \Gamma(#1)", doc="Logarithm of |gamma(x)|.")
digamma: Op = elementwise("digamma", "scipy.special:digamma", lambda y, x: polygamma(x, n=1), dtype="special", domain=(POSITIVE,), sympy="polygamma(0, a)", hint="psi", latex=r"\psi(#1)", doc="Logarithmic derivative of the gamma function.")
polygamma: Op = elementwise("polygamma", "scipy.special:polygamma", lambda y, x, n: polygamma(x, n=n + 1), dtype="double", spell=lambda node: f"polygamma({node.kwargs['n']}, a)", domain=(POSITIVE,), params={"n": 1}, sympy="polygamma(n, a)", hint="psi", latex=lambda node: rf"\psi^{{({node.kwargs['n']})}}(#1)", doc="n-th derivative of digamma.")
gamma: Op = elementwise("gamma", "scipy.special:gamma", lambda y, x: y * digamma(x), dtype="special", math="gamma", raises=True, domain=(POSITIVE,), sympy="gamma", hint="gam", latex=r"\Gamma(#1)", doc="Gamma function.")
i0: Op = elementwise("i0", np.i0, lambda y, x: i1(x), dtype="float", hint="i0", doc="Modified Bessel function of the first kind, order 0.")
i1: Op = elementwise("i1", "scipy.special:i1", lambda y, x: where(equal(x, 0), 0.5, i0(x) - y / where(equal(x, 0), 1, x)), dtype="special", hint="i1", doc="Modified Bessel function of the first kind, order 1.")
betaln: Op = elementwise("betaln", "scipy.special:betaln", lambda y, a, b: digamma(a) - digamma(a + b), lambda y, a, b: digamma(b) - digamma(a + b), dtype="special", domain=(POSITIVE, POSITIVE), commutative=True, sympy="log(beta(a, b))", hint="bln", latex=r"\log \mathrm{B}(#1, #2)", doc="Logarithm of |beta(a, b)|.")
beta: Op = elementwise("beta", "scipy.special:beta", lambda y, a, b: y * (digamma(a) - digamma(a + b)), lambda y, a, b: y * (digamma(b) - digamma(a + b)), dtype="special", domain=(POSITIVE, POSITIVE), commutative=True, sympy="beta", hint="beta", doc="Beta function.")
xlogx: Op = elementwise("xlogx", None, lambda y, x: 1 + log(x), dtype=lambda x: multiply.infer(x, log.infer(x)).dtype, lower=lambda x: x * log(x), singular=True, domain=(POSITIVE,), sympy="a * log(a)", hint="p", latex=r"#1 \, \log(#1)", doc="x * log(x), whose derivative does not divide x by x.")
xlogratio: Op = elementwise("xlogratio", None, lambda y, a, b: 1 + log(a / b), lambda y, a, b: -(a / b), dtype=lambda a, b: multiply.infer(a, log.infer(divide.infer(a, b))).dtype, lower=lambda a, b: a * log(a / b), singular=True, domain=(POSITIVE, POSITIVE), sympy="a * log(a / b)", hint="p", latex=r"#1 \, \log(#1 / #2)", doc="a * log(a / b), whose derivative does not divide a ratio by itself.")
xlogy: Op = elementwise("xlogy", "scipy.special:xlogy", lambda y, a, b: log(b), lambda y, a, b: where(equal(a, 0), 0, a / b), dtype="special", singular=True, domain=(POSITIVE, POSITIVE), sympy="a * log(b)", hint="xlogy", latex=r"#1 \, \log(#2)", doc="a * log(b), 0 where a is 0.")


# -------------------------------------------------------------------------------------------------- longer derivatives


def _unit(x: Node) -> Node:
    return conjugate(sign(x)) if x.aval.kind == "c" else sign(x)


def _turn(t: Node, y: Node) -> Node:
    """A complex sign only turns: dy = i y Im(conj(y) dx) / |x|."""
    return 1j * y * imag(conjugate(y) * t) / absolute(y.inputs[0])


def _turn_back(g: Node, y: Node, x: Node) -> Node:
    return 1j * imag(g * y) * conjugate(y) / absolute(x)


def _power_base(x: Node, p: Node) -> Any:
    """p * x**(p - 1), spelled so that 0 * 0**-1 never appears (x**0 and x**1 at 0)."""
    literal = p.literal
    if literal is None or literal.scalar is None:
        return p * x ** where(equal(p, 0), 1, p - 1)
    n = literal.scalar
    if n == 0:
        return None
    return 1 if n == 1 else n * x if n == 2 else n * x ** (n - 1)


def _replacements(node: Node) -> str:
    given = {key: value for key, value in node.kwargs.items() if value is not None and (key, value) != ("nan", 0.0)}
    return "np.nan_to_num(" + ", ".join(["a", *(f"{key}={_float_text(value)}" for key, value in given.items())]) + ")"


def _float_text(value: float) -> str:
    return repr(float(value)) if np.isfinite(value) else f"np.{value}" if value != -np.inf else "-np.inf"


def _are_bools(node: Node) -> bool:
    return all(x.aval.kind == "b" for x in node.inputs)


def _is_integer(p: Node) -> bool:
    literal = p.literal
    n = literal.scalar if literal is not None else None
    return isinstance(n, (int, float)) and float(n).is_integer()


def _is_natural(p: Node) -> bool:
    return _is_integer(p) and p.literal is not None and bool(p.literal.value >= 0)


def _sigmoid(x: Node) -> Node:
    """exp of -|x| never overflows; 1 / (1 + e) and e / (1 + e) are the two sides of the logistic function."""
    x = x if x.aval.inexact else multiply(x, 1.0)
    minus = x.op is negative
    x = x.inputs[0] if minus else x
    e = exp(-absolute(x))  # the same for x and -x
    return (where(x >= 0, e, 1) if minus else where(x >= 0, 1, e)) / (1 + e)


def _larger(a: Node, b: Node) -> Node | Undefined:
    """1, 0.5 or 0 where a is larger than, equal to or smaller than b; nan for nan."""
    if "c" in (a.aval.kind, b.aval.kind):
        return undefined("complex numbers have no order")
    step = heaviside(a - b, 0.5)
    known = any(x.literal is not None and np.all(np.isfinite(x.literal.value)) for x in (a, b))
    return step if known else where(equal(a, b), 0.5, step)  # inf - inf is nan


def _chosen(a: Node, b: Node) -> Node | Undefined:
    """Where a is larger; beside a literal 0 that is one comparison, 0 at a tie, for so NumPy spells relu."""
    if "c" in (a.aval.kind, b.aval.kind) or not (_is_zero(a) or _is_zero(b)):
        return _larger(a, b)
    return b < a if _is_zero(a) else a > b


def _is_zero(x: Node) -> bool:
    return x.literal is not None and not x.shape and x.literal.scalar == 0


def _both(a: Node | Undefined, b: Node | Undefined) -> Node | Undefined:
    return a if isinstance(a, Undefined) else b if isinstance(b, Undefined) else a * b


def _ignoring_nan(a: Node, b: Node, step: Node | Undefined) -> Node | Undefined:
    return step if isinstance(step, Undefined) else where(isnan(b), 1, where(isnan(a), 0, step))


def _sinc_slope(y: Node, x: Node) -> Node:
    """(cos(pi x) - sinc(x)) / x, and near 0, where that cancels, its Taylor polynomial (DLMF 4.19.1)."""
    near = absolute(x) < 0.02
    safe = where(near, 1, x)
    t = square(pi * x)
    series = -(pi**2) / 3 * x * (1 - t / 10 * (1 - t / 28 * (1 - t / 54)))
    return where(near, series, (cos(pi * safe) - sinc(safe)) / safe)

