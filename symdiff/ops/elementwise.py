"""The calculus table: one row per elementwise operation, one lambda per partial derivative.

A row says its calculus first, and what it is in a sentence; what follows is how it is written (`Notation`), and where
it is smooth. `y` is the output. A partial of None is zero wherever it exists (floor, comparisons). Derivatives at ties,
kinks and poles follow the project's conventions: maximum shares a tie equally, sign(0) is 0, and sqrt'(0) is inf.
Formulas: Abramowitz and Stegun, chapters 4, 6 and 7; DLMF 4, 5 and 7.
"""

from __future__ import annotations

import math
from math import inf, log as ln, pi, sqrt as root
from typing import Any

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.node import CONSTANT, LENGTH, Node
from symdiff.graph.op import Op, Undefined
from symdiff.ops import array_bounds, bounds, fast, runtime, scalar
from symdiff.ops.families import POSITIVES, REALS, elementwise, undefined

# ---------------------------------------------------------------------------------------------------------- arithmetic

add: Op = elementwise("add", np.add, lambda y, a, b: 1, lambda y, a, b: 1, infix="+", commutative=True, facts=bounds.plus, doc="Sum a + b.",
        spell=lambda node: "a | b" if node.aval.kind == "b" else None, math=lambda node: "a | b" if node.aval.kind == "b" else "a + b",
        sympy="a + b", hint="s", gate="distributor")
subtract: Op = elementwise("subtract", np.subtract, lambda y, a, b: 1, lambda y, a, b: -1, infix="-", facts=bounds.minus, doc="Difference a - b.",
        usual="a - b", hint="r")
multiply: Op = elementwise("multiply", np.multiply, lambda y, a, b: b, lambda y, a, b: a, infix="*", commutative=True, product=True, facts=bounds.product, doc="Product a * b.",
        selected=(lambda a, b: _weighted(b), lambda a, b: _weighted(a)),
        spell=lambda node: "a & b" if node.aval.kind == "b" else None, math=lambda node: "a & b" if node.aval.kind == "b" else "a * b",
        sympy="a * b", hint="p", gate="switcher")
divide: Op = elementwise("divide", np.divide, lambda y, a, b: 1 / b, lambda y, a, b: -y / b, infix="/",
        singular=lambda node: node.inputs[1].op not in (CONSTANT, LENGTH), facts=bounds.quotient, doc="Quotient a / b.", usual="a / b", raises=True, hint="q", roles=("num", "den"),
        domain=(REALS, POSITIVES))
floor_divide: Op = elementwise("floor_divide", np.floor_divide, None, None, infix="//", facts=bounds.inside(where=lambda a, b: b.nonzero), doc="Largest integer not above a / b.",
        math="a // b", spell={"c": lambda node: _of_kind(node, "floor_divide")}, raises=True, sympy="floor(a / b)", domain=((3.1, 3.9), (0.98, 1.0)))
mod: Op = elementwise("mod", np.mod, lambda y, a, b: 1, lambda y, a, b: -floor_divide(a, b), infix="%", facts=bounds.remainder, doc="Remainder of a // b, with the sign of b.",
        math="a % b", spell={"c": lambda node: _of_kind(node, "mod")}, raises=True, sympy="Mod", domain=((3.1, 3.9), (0.98, 1.0)))
fmod: Op = elementwise("fmod", np.fmod, lambda y, a, b: 1, lambda y, a, b: -trunc(a / b), doc="Remainder of a / b, with the sign of a.",
        math="fmod", raises=True, domain=((3.1, 3.9), (0.98, 1.0)))
negative: Op = elementwise("negative", np.negative, lambda y, x: -1, infix="neg", facts=bounds.negated, doc="Negation -x.", usual="-a", spell="-a", hint="neg")
positive: Op = elementwise("positive", np.positive, lambda y, x: 1, facts=array_bounds.same, doc="The value itself.", spell="+a", math="+a", sympy="a", latex="#1")
absolute: Op = elementwise("absolute", np.absolute,
        vjp=(lambda g, y, x: conjugate(sign(x)) * g if x.aval.kind == "c" else sign_product(g, x),), facts=bounds.size, doc="Absolute value; derivative 0 at 0.",
        spell="np.abs(a)", math="abs(a)", hint="abs", sympy="Abs", symbol="abs", latex=r"\lvert #1 \rvert", domain=(POSITIVES,))
sign: Op = elementwise("sign", np.sign, vjp=(lambda g, y, x: _turn_back(g, y, x) if x.aval.kind == "c" else None,),
        jvp=lambda tangents, y: _turn(tangents[0], y) if y.aval.kind == "c" else None, singular=lambda node: node.aval.kind == "c",
        facts=bounds.sign_of, doc="Sign: -1, 0 or 1; of a complex number, x / |x|.", math="sign(a)", helpers=(scalar.sign,), hint="sign", sympy="sign", domain=(POSITIVES,))
abs2: Op = elementwise("abs2", runtime.abs2, lambda y, x: 2 * conjugate(x) if x.aval.kind == "c" else 2 * x, facts=bounds.square, doc="Square of the absolute value.",
        spell={"numpy": "np.abs(a) ** 2", "c": "a * a"}, hint="power", sympy="Abs(a) ** 2", latex=r"\lvert #1 \rvert^{2}")
square: Op = elementwise("square", np.square, lambda y, x: 2 * x, facts=bounds.square, doc="Square x * x.",
        spell=lambda node: _squared(node), math="a * a", hint="sq", sympy="a ** 2", symbol="a ** 2", latex="#1^{2}")
power: Op = elementwise("power", np.power, lambda y, x, p: _power_base(x, p), lambda y, x, p: _power_exponent(y, x), infix="**",
        singular=lambda node: not _is_natural(node.inputs[1]), facts=bounds.powers, doc="Power x ** p.",
        spell=lambda node: "np.power(a, b)" if node.inputs[0].aval.kind == "b" else None,  # bools squared by ** are int8
        math=lambda node: "a ** b" if _is_integer(node.inputs[1]) else "pow(a, b)", raises=True, hint="pow", sympy="a ** b", domain=(POSITIVES, REALS))
sqrt: Op = elementwise("sqrt", np.sqrt, lambda y, x: 0.5 / y, singular=True, facts=bounds.rising(math.sqrt, 0, zero=True, where=lambda x: x.nonnegative), doc="Square root.",
        math="sqrt", raises=True, hint="root", sympy="sqrt(a)", symbol="√", latex=r"\sqrt{#1}", domain=(POSITIVES,))
root_of_squares: Op = elementwise("root_of_squares", None, vjp=(lambda g, y, x: 0.5 * norm_quotient(g, y),), dtype=lambda x: sqrt.infer(x).dtype,
        lower=lambda x: sqrt(x), facts=bounds.rising(math.sqrt, 0, zero=True, where=lambda x: x.nonnegative), doc="Square root of a sum of squares; derivative 0 at 0, as the norm.", hint="root", sympy="sqrt(a)", symbol="√",
        latex=r"\sqrt{#1}", domain=(POSITIVES,))
norm_quotient: Op = elementwise("norm_quotient", None, lambda y, g, r: 1 / _or_one(r), lambda y, g, r: -y / _or_one(r), lower=lambda g, r: g / _or_one(r),
        dtype=lambda g, r: divide.infer(g, r).dtype, facts=bounds.over_norm, doc="g / r for a norm r, whose derivative brings it in; g where r is 0.", hint="q", sympy="a / b",
        latex=r"\frac{#1}{#2}", domain=(REALS, POSITIVES))
sign_product: Op = elementwise("sign_product", None, lambda y, g, x: sign(x), None, lower=lambda g, x: sign(x) * g,
        dtype=lambda g, x: _sign_product_dtype(g, x), facts=bounds.times_sign, doc="g * sign(x), which the derivative of |x| brings in.", hint="p",
        sympy="a * sign(b)",
        latex=r"#1 \, \operatorname{sign}(#2)", domain=(REALS, POSITIVES))
cbrt: Op = elementwise("cbrt", np.cbrt, lambda y, x: 1 / (3 * square(y)), singular=True, facts=bounds.rising(math.cbrt, zero=True), doc="Real cube root.",
        math="cbrt", hint="cbrt", sympy="codegen.cfunctions.Cbrt", latex=r"\sqrt[3]{#1}", domain=(POSITIVES,))

# ------------------------------------------------------------------------------------------------ exponential, logarithm

exp: Op = elementwise("exp", np.exp, lambda y, x: y, overflows=True, facts=bounds.rising(math.exp, 0, inf, nonzero=True), doc="Exponential.", usual="exp", raises=True, hint="e", latex="e^{#1}")
exp2: Op = elementwise("exp2", np.exp2, lambda y, x: ln(2) * y, overflows=True, facts=bounds.rising(math.exp2, 0, inf, nonzero=True), doc="2 ** x.",
        math="exp2", raises=True, hint="e", sympy="codegen.cfunctions.exp2", latex="2^{#1}")
expm1: Op = elementwise("expm1", np.expm1, lambda y, x: y + 1, overflows=True, facts=bounds.rising(math.expm1, -1, inf, zero=True), doc="exp(x) - 1, accurate near 0.",
        math="expm1", raises=True, hint="e", sympy="codegen.cfunctions.expm1", latex="e^{#1} - 1")
log: Op = elementwise("log", np.log, lambda y, x: 1 / x, singular=True, facts=bounds.rising(math.log, where=lambda x: x.positive), doc="Natural logarithm.", usual="log", raises=True, domain=(POSITIVES,))
log2: Op = elementwise("log2", np.log2, lambda y, x: 1 / ln(2) / x, singular=True, facts=bounds.rising(math.log2, where=lambda x: x.positive), doc="Logarithm to base 2.",
        math="log2", raises=True, hint="log", sympy="codegen.cfunctions.log2", latex=r"\log_{2}(#1)", domain=(POSITIVES,))
log10: Op = elementwise("log10", np.log10, lambda y, x: 1 / ln(10) / x, singular=True, facts=bounds.rising(math.log10, where=lambda x: x.positive), doc="Logarithm to base 10.",
        math="log10", raises=True, hint="log", sympy="codegen.cfunctions.log10", latex=r"\log_{10}(#1)", domain=(POSITIVES,))
log1p: Op = elementwise("log1p", np.log1p, lambda y, x: 1 / (1 + x), singular=True, facts=bounds.rising(math.log1p, zero=True, where=lambda x: x.low > -1), doc="log(1 + x), accurate near 0.",
        math="log1p", raises=True, hint="log", sympy="codegen.cfunctions.log1p", latex=r"\log(1 + #1)", domain=(POSITIVES,))
logaddexp: Op = elementwise("logaddexp", np.logaddexp, lambda y, a, b: sigmoid(a - b), lambda y, a, b: sigmoid(b - a), commutative=True,
        facts=bounds.log_of_sum, doc="log(exp(a) + exp(b)) without overflow.",
        math="logaddexp(a, b)", helpers=(scalar.logaddexp,), hint="lse", sympy="codegen.numpy_nodes.logaddexp")
logaddexp2: Op = elementwise("logaddexp2", np.logaddexp2, lambda y, a, b: sigmoid(ln(2) * (a - b)), lambda y, a, b: sigmoid(ln(2) * (b - a)), commutative=True,
        facts=bounds.log_of_sum, doc="log2(2**a + 2**b) without overflow.", spell={"c": "logaddexp(a * 0.6931471805599453, b * 0.6931471805599453) / 0.6931471805599453"}, hint="lse", sympy="codegen.numpy_nodes.logaddexp2")
sigmoid: Op = elementwise("sigmoid", None, lambda y, x: y * (1 - y), dtype="float", lower=lambda x: _sigmoid(x),
        facts=bounds.entire(0, 1, nonzero=True), doc="Logistic function 1 / (1 + exp(-x)), without overflow.", usual="1 / (1 + exp(-a))", spell={"fast": "logistic(a)"}, helpers=(runtime.logistic,), raises=True, hint="sig", symbol="σ", latex=r"\sigma(#1)")

# ----------------------------------------------------------------------------------------------------------- trigonometry

sin: Op = elementwise("sin", np.sin, lambda y, x: cos(x), facts=bounds.entire(-1, 1), doc="Sine.", usual="sin", raises=True)
cos: Op = elementwise("cos", np.cos, lambda y, x: -sin(x), facts=bounds.entire(-1, 1), doc="Cosine.", usual="cos", raises=True)
tan: Op = elementwise("tan", np.tan, lambda y, x: 1 + square(y), doc="Tangent.", usual="tan", raises=True, domain=((-1.2, 1.2),))
arcsin: Op = elementwise("arcsin", np.arcsin, lambda y, x: 1 / sqrt(1 - square(x)), singular=True, facts=bounds.inside(-1.58, 1.58, where=lambda x: x.low >= -1 and x.high <= 1), doc="Inverse sine.",
        usual="asin", raises=True, domain=((-0.9, 0.9),))
arccos: Op = elementwise("arccos", np.arccos, lambda y, x: -1 / sqrt(1 - square(x)), singular=True, facts=bounds.inside(0, 3.15, where=lambda x: x.low >= -1 and x.high <= 1), doc="Inverse cosine.",
        usual="acos", raises=True, domain=((-0.9, 0.9),))
arctan: Op = elementwise("arctan", np.arctan, lambda y, x: 1 / (1 + square(x)), facts=bounds.rising(math.atan, zero=True), doc="Inverse tangent.", usual="atan")
arctan2: Op = elementwise("arctan2", np.arctan2, lambda y, a, b: b / (square(a) + square(b)), lambda y, a, b: -a / (square(a) + square(b)), singular=True,
        facts=bounds.entire(-3.15, 3.15), doc="Angle of the point (b, a).", usual="atan2", hint="angle", domain=(POSITIVES, POSITIVES))
hypot: Op = elementwise("hypot", np.hypot, vjp=(lambda g, y, a, b: norm_quotient(g, y) * a, lambda g, y, a, b: norm_quotient(g, y) * b), commutative=True,
        facts=bounds.root_of_sum, doc="sqrt(a**2 + b**2) without overflow; derivative 0 at the origin.",
        spell={"fast": fast.root_of_squares, "c": fast.leg_by_leg}, helpers=(runtime.hypotenuse,),
        math="hypot", hint="h", sympy="codegen.cfunctions.hypot", latex=r"\sqrt{#1^{2} + #2^{2}}", domain=(POSITIVES, POSITIVES))
sinh: Op = elementwise("sinh", np.sinh, lambda y, x: cosh(x), overflows=True, facts=bounds.rising(math.sinh, zero=True), doc="Hyperbolic sine.", usual="sinh", raises=True)
cosh: Op = elementwise("cosh", np.cosh, lambda y, x: sinh(x), overflows=True, facts=bounds.entire(1, inf), doc="Hyperbolic cosine.", usual="cosh", raises=True)
sech: Op = elementwise("sech", None, lambda y, x: -y * tanh(x), dtype=lambda x: cosh.infer(x).dtype, lower=lambda x: 1 / cosh(x), facts=bounds.entire(0, 1, nonzero=True), doc="Hyperbolic secant 1 / cosh(x).",
        hint="q", sympy="sech")
csch: Op = elementwise("csch", None, lambda y, x: -y / tanh(x), dtype=lambda x: sinh.infer(x).dtype, lower=lambda x: 1 / sinh(x), singular=True,
        doc="Hyperbolic cosecant 1 / sinh(x).", hint="q", sympy="csch", domain=(POSITIVES,))
bose_einstein: Op = elementwise("bose_einstein", None, lambda y, x: y * bose_einstein(-x), dtype=lambda x: expm1.infer(x).dtype, lower=lambda x: 1 / expm1(x), singular=True,
        doc="1 / (exp(x) - 1), the Bose-Einstein distribution.", hint="q", sympy="1 / (exp(a) - 1)", latex=r"\frac{1}{e^{#1} - 1}", domain=(POSITIVES,))
tanh: Op = elementwise("tanh", np.tanh, lambda y, x: 1 - square(y), facts=bounds.rising(math.tanh, -1, 1, zero=True), doc="Hyperbolic tangent.", usual="tanh")
arcsinh: Op = elementwise("arcsinh", np.arcsinh, lambda y, x: 1 / sqrt(square(x) + 1), facts=bounds.rising(math.asinh, zero=True), doc="Inverse hyperbolic sine.", usual="asinh")
arccosh: Op = elementwise("arccosh", np.arccosh, lambda y, x: 1 / sqrt((x - 1) * (x + 1)), singular=True, facts=bounds.inside(0, inf, where=lambda x: x.low >= 1), doc="Inverse hyperbolic cosine.",
        usual="acosh", raises=True, domain=((1.2, 3.0),))
arctanh: Op = elementwise("arctanh", np.arctanh, lambda y, x: 1 / (1 - square(x)), singular=True, facts=bounds.inside(where=lambda x: x.low > -1 and x.high < 1), doc="Inverse hyperbolic tangent.",
        usual="atanh", raises=True, domain=((-0.9, 0.9),))
sinc: Op = elementwise("sinc", np.sinc, lambda y, x: _sinc_slope(y, x), facts=bounds.entire(-0.25, 1), doc="sin(pi x) / (pi x), 1 at 0.",
        spell={"c": "1.0 if a == 0 else sin(3.141592653589793 * a) / (3.141592653589793 * a)"}, hint="sinc", sympy="sinc(pi * a)", domain=(POSITIVES,))
deg2rad: Op = elementwise("deg2rad", np.deg2rad, lambda y, x: pi / 180, facts=bounds.rising(math.radians, zero=True), doc="Degrees to radians.", math="radians", sympy="pi * a / 180")
rad2deg: Op = elementwise("rad2deg", np.rad2deg, lambda y, x: 180 / pi, facts=bounds.rising(math.degrees, zero=True), doc="Radians to degrees.", math="degrees", sympy="180 * a / pi")

# ------------------------------------------------------------------------------------------------------------- selection

maximum: Op = elementwise("maximum", np.maximum, lambda y, a, b: _chosen(a, b), lambda y, a, b: _chosen(b, a),
        selected=(lambda a, b: _reached(a > b, a >= b, a, b), lambda a, b: _reached(b > a, b >= a, a, b)), facts=bounds.larger, doc="Larger of a and b; a tie shares the derivative equally, maximum(a, 0) is relu.",
        math=lambda node: _of_two(node, ">="), hint="m", sympy="Max", gate="router", latex=r"\max(#1, #2)", domain=((1.1, 2.0), (0.1, 0.9)))
minimum: Op = elementwise("minimum", np.minimum, lambda y, a, b: _chosen(b, a), lambda y, a, b: _chosen(a, b),
        selected=(lambda a, b: _reached(a < b, a <= b, a, b), lambda a, b: _reached(b < a, b <= a, a, b)), facts=bounds.smaller, doc="Smaller of a and b; a tie shares the derivative equally, minimum(a, 0) has none at 0.",
        math=lambda node: _of_two(node, "<="), hint="m", sympy="Min", gate="router", latex=r"\min(#1, #2)", domain=((1.1, 2.0), (0.1, 0.9)))
first_max: Op = elementwise("first_max", None, lambda y, a, b: _kept(b > a, a, b), lambda y, a, b: _taken(b > a, a, b), dtype=lambda a, b: maximum.infer(a, b).dtype, lower=lambda a, b: where(b > a, b, a),
        selected=(lambda a, b: logical_not(b > a), lambda a, b: _reached(b > a, b >= a, a, b)), facts=bounds.first_larger, doc="b if b > a else a, Python's max(a, b): a stays beside nan; a tie shares the derivative equally, max(0, x) is relu.",
        hint="m", sympy="Max", gate="router", latex=r"\max(#1, #2)", domain=((1.1, 2.0), (0.1, 0.9)))
first_min: Op = elementwise("first_min", None, lambda y, a, b: _kept(b < a, a, b), lambda y, a, b: _taken(b < a, a, b), dtype=lambda a, b: minimum.infer(a, b).dtype, lower=lambda a, b: where(b < a, b, a),
        selected=(lambda a, b: logical_not(b < a), lambda a, b: _reached(b < a, b <= a, a, b)), facts=bounds.first_smaller, doc="b if b < a else a, Python's min(a, b): a stays beside nan; a tie shares the derivative equally, min(0, x) has none at 0.",
        hint="m", sympy="Min", gate="router", latex=r"\min(#1, #2)", domain=((1.1, 2.0), (0.1, 0.9)))
fmax: Op = elementwise("fmax", np.fmax, lambda y, a, b: _ignoring_nan(a, b, _chosen(a, b)), lambda y, a, b: _ignoring_nan(b, a, _chosen(b, a)),
        selected=(lambda a, b: logical_or(_reached(a > b, a >= b, a, b), isnan(b)), lambda a, b: logical_or(_reached(b > a, b >= a, a, b), isnan(a))), expects=True, facts=bounds.either, doc="Larger of a and b, ignoring nan; ties as those of maximum.", spell={"c": "fmax(a, b)"}, hint="m", gate="router",
        domain=((1.1, 2.0), (0.1, 0.9)))
fmin: Op = elementwise("fmin", np.fmin, lambda y, a, b: _ignoring_nan(a, b, _chosen(b, a)), lambda y, a, b: _ignoring_nan(b, a, _chosen(a, b)),
        selected=(lambda a, b: logical_or(_reached(a < b, a <= b, a, b), isnan(b)), lambda a, b: logical_or(_reached(b < a, b <= a, a, b), isnan(a))), expects=True, facts=bounds.either, doc="Smaller of a and b, ignoring nan; ties as those of minimum.", spell={"c": "fmin(a, b)"}, hint="m", gate="router",
        domain=((1.1, 2.0), (0.1, 0.9)))
clip: Op = elementwise("clip", np.clip, lambda y, x, lo, hi: _both(_larger(x, lo), _larger(hi, x)), lambda y, x, lo, hi: _both(_larger(lo, x), _larger(hi, lo)),
        lambda y, x, lo, hi: _larger(maximum(x, lo), hi),
        selected=(lambda x, lo, hi: logical_and(x >= lo, x <= hi), lambda x, lo, hi: x <= lo, lambda x, lo, hi: maximum(x, lo) >= hi),
        facts=bounds.clipped, doc="minimum(maximum(x, lo), hi); derivative 0.5 at either bound.", spell={"c": "smaller(larger(a, b), c)"}, hint="c", sympy="Min(Max(a, b), c)", domain=(REALS, (-1.0, -0.5), (0.5, 1.0)))
where: Op = elementwise("where", np.where, vjp=(None, lambda g, y, c, a, b: where(c, g, 0), lambda g, y, c, a, b: where(c, 0, g)), masks=True, selects=True,
        facts=bounds.selected, doc="a where the condition holds, else b; the other side never contributes.",
        spell=lambda node: None if node.inputs[0].shape else _choice(node), math=lambda node: _choice(node), aliases=lambda node: not node.inputs[0].shape and node.ndim > 0, hint="sel", roles=("mask",), sympy="Piecewise((b, a), (c, True))", gate="router",
        latex=r"\begin{cases} #2 & \text{if } #1 \\ #3 & \text{otherwise} \end{cases}", domain=((0.4, 0.6), REALS, REALS))
heaviside: Op = elementwise("heaviside", np.heaviside, None, lambda y, x, h: equal(x, 0), facts=bounds.step, doc="0, h or 1 for negative, zero or positive x.",
        math="heaviside(a, b)", helpers=(scalar.heaviside,), hint="step", sympy="Heaviside", domain=(POSITIVES, REALS))
copysign: Op = elementwise("copysign", np.copysign, lambda y, a, b: sign(a) * copysign(1.0, b), None,
        facts=bounds.either_sign, doc="Magnitude of a with the sign of b; derivative 0 at a = 0.", math="copysign", hint="size", domain=(POSITIVES, POSITIVES))
nan_to_num: Op = elementwise("nan_to_num", np.nan_to_num, vjp=(lambda g, y, x, **params: where(isfinite(x), g, 0),), expects=True,
        doc="nan and infinities replaced by numbers.", spell=lambda node: _replacements(node), hint="num", params={"nan": 0.0, "posinf": None, "neginf": None})
relu: Op = elementwise("relu", None, lambda y, x: x > 0, dtype="float", selected=(lambda x: x > 0,), facts=bounds.positive_part, doc="max(x, 0); derivative 0 at 0.",
        spell="np.maximum(a, 0.0)", math="a if a > 0 or a != a else 0.0", hint="relu", sympy="Max(a, 0)", symbol="relu", gate="router", domain=(POSITIVES,))

# -------------------------------------------------------------------------------------------------- piecewise constant

floor: Op = elementwise("floor", np.floor, None, facts=bounds.rising(math.floor, integer=True), doc="Largest integer not above x.",
        math="copysign(floor(a), a)", raises=True, sympy="floor", latex=r"\lfloor #1 \rfloor", domain=((0.1, 0.9),))
ceil: Op = elementwise("ceil", np.ceil, None, facts=bounds.rising(math.ceil, integer=True), doc="Smallest integer not below x.",
        math="copysign(ceil(a), a)", raises=True, sympy="ceiling", latex=r"\lceil #1 \rceil", domain=((0.1, 0.9),))
trunc: Op = elementwise("trunc", np.trunc, None, facts=bounds.rising(math.trunc, integer=True), doc="Integer part, towards 0.",
        math="copysign(trunc(a), a)", raises=True, sympy="sign(a) * floor(Abs(a))", domain=((0.1, 0.9),))
rint: Op = elementwise("rint", np.rint, None, facts=bounds.rising(round, integer=True), doc="Nearest integer, halves to even.", math="copysign(round(a), a)", raises=True, domain=((0.1, 0.4),))

less: Op = elementwise("less", np.less, None, None, infix="<", doc="a < b.", usual="a < b", hint="mask")
less_equal: Op = elementwise("less_equal", np.less_equal, None, None, infix="<=", doc="a <= b.", usual="a <= b", hint="mask")
greater: Op = elementwise("greater", np.greater, None, None, infix=">", doc="a > b.", usual="a > b", hint="mask")
greater_equal: Op = elementwise("greater_equal", np.greater_equal, None, None, infix=">=", doc="a >= b.", usual="a >= b", hint="mask")
equal: Op = elementwise("equal", np.equal, None, None, infix="==", commutative=True, doc="a == b.", math="a == b", hint="mask", sympy="Eq(a, b)")
not_equal: Op = elementwise("not_equal", np.not_equal, None, None, infix="!=", commutative=True, doc="a != b.",
        math="a != b", hint="mask", sympy="Ne(a, b)")
logical_and: Op = elementwise("logical_and", np.logical_and, None, None, doc="a and b, elementwise.",
        spell=lambda node: "a and b" if _are_conditions(node) else None, math=lambda node: "a and b" if _are_bools(node) else "bool(a) and bool(b)", hint="mask", sympy="And", latex=r"#1 \land #2")
logical_or: Op = elementwise("logical_or", np.logical_or, None, None, doc="a or b, elementwise.",
        spell=lambda node: "a or b" if _are_conditions(node) else None, math=lambda node: "a or b" if _are_bools(node) else "bool(a) or bool(b)", hint="mask", sympy="Or", latex=r"#1 \lor #2")
logical_xor: Op = elementwise("logical_xor", np.logical_xor, None, None, doc="a or b but not both, elementwise.",
        math="bool(a) != bool(b)", hint="mask", sympy="Xor")
logical_not: Op = elementwise("logical_not", np.logical_not, None, doc="not a, elementwise.",
        spell=lambda node: "not a" if _are_conditions(node) else None, math="not a", hint="mask", sympy="Not", latex=r"\lnot #1")
isnan: Op = elementwise("isnan", np.isnan, None, expects=True, doc="Whether x is nan.", math="isnan", hint="mask")
isinf: Op = elementwise("isinf", np.isinf, None, expects=True, doc="Whether x is infinite.", math="isinf", hint="mask")
isfinite: Op = elementwise("isfinite", np.isfinite, None, expects=True, doc="Whether x is neither nan nor infinite.", math="isfinite", hint="mask")
signbit: Op = elementwise("signbit", np.signbit, None, doc="Whether the sign bit is set.", spell={"c": "signbit(a) != 0"}, hint="mask")

_BITS = ((0.0, 1.0), (0.0, 1.0))
bitwise_and: Op = elementwise("bitwise_and", np.bitwise_and, None, None, infix="&", doc="Bitwise a & b.", hint="mask", domain=_BITS)
bitwise_or: Op = elementwise("bitwise_or", np.bitwise_or, None, None, infix="|", doc="Bitwise a | b.", hint="mask", domain=_BITS)
bitwise_xor: Op = elementwise("bitwise_xor", np.bitwise_xor, None, None, infix="^", doc="Bitwise a ^ b.", hint="mask", domain=_BITS)
invert: Op = elementwise("invert", np.invert, None, infix="~", doc="Bitwise ~a; on bools, not a.", spell=lambda node: "~a" if node.shape or node.aval.kind != "b" else "np.logical_not(a)", hint="mask", domain=_BITS[:1])
left_shift: Op = elementwise("left_shift", np.left_shift, None, None, infix="<<", doc="a << b on integers.", domain=_BITS)
right_shift: Op = elementwise("right_shift", np.right_shift, None, None, infix=">>", doc="a >> b on integers.", domain=_BITS)

# --------------------------------------------------------------------------------------------------------------- complex
# A cotangent of a complex value is dz/dx - i dz/dy, so that holomorphic rules carry no conjugate (JAX, autograd).

real: Op = elementwise("real", np.real, lambda y, z: 1, facts=bounds.part, doc="Real part.", aliases=True, hint="re", sympy="re", latex=r"\operatorname{Re}(#1)")
imag: Op = elementwise("imag", np.imag, lambda y, z: -1j if z.aval.kind == "c" else None, facts=bounds.part, doc="Imaginary part.",
        aliases=True, hint="im", sympy="im", latex=r"\operatorname{Im}(#1)")
conjugate: Op = elementwise("conjugate", np.conjugate, vjp=(lambda g, y, z: conjugate(g) if g.aval.kind == "c" else g,), facts=array_bounds.same, doc="Complex conjugate.",
        math="a", hint="conj", sympy="conjugate", latex=r"\overline{#1}")
angle: Op = elementwise("angle", np.angle, lambda y, z: -1j / z if z.aval.kind == "c" else None, facts=bounds.entire(-3.15, 3.15), doc="Argument of a complex number.",
        hint="angle", sympy="arg", domain=(POSITIVES,))

# ------------------------------------------------------------------------------------------------------ special functions

erf: Op = elementwise("erf", "scipy.special:erf", lambda y, x: 2 / root(pi) * exp(-square(x)), dtype="special", facts=bounds.rising(math.erf, -1, 1, zero=True), doc="Error function.", usual="erf")
erfc: Op = elementwise("erfc", "scipy.special:erfc", lambda y, x: -2 / root(pi) * exp(-square(x)), dtype="special",
        facts=bounds.entire(0, 2, nonzero=True), doc="Complementary error function 1 - erf(x).", usual="erfc")
erfcx: Op = elementwise("erfcx", "scipy.special:erfcx", lambda y, x: _erfcx_slope(y, x), dtype="special",
        facts=bounds.entire(0, inf, nonzero=True), doc="exp(x**2) * erfc(x), without underflow.", spell={"c": "erfcx(a)"}, hint="erfcx", sympy="exp(a ** 2) * erfc(a)")
log_ndtr: Op = elementwise("log_ndtr", "scipy.special:log_ndtr", lambda y, x: mills(x), dtype="special",
        facts=bounds.entire(-inf, 0), doc="Logarithm of the distribution function of the standard normal distribution, in the far tail too.", spell={"c": "log_ndtr(a)"}, hint="log_p",
        sympy="log(erfc(-a / sqrt(2)) / 2)", latex=r"\log \Phi(#1)")
mills: Op = elementwise("mills", None, lambda y, x: -y * (x + y), dtype=lambda x: erfcx.infer(x).dtype, lower=lambda x: root(2 / pi) / erfcx(x * (-1 / root(2))),
        facts=bounds.entire(0, inf, nonzero=True), doc="Density over distribution function of the standard normal distribution, the inverse Mills ratio at -x.", hint="q",
        sympy="sqrt(2 / pi) * exp(-a ** 2 / 2) / erfc(-a / sqrt(2))", latex=r"\frac{\varphi(#1)}{\Phi(#1)}")
gammaln: Op = elementwise("gammaln", "scipy.special:gammaln", lambda y, x: digamma(x), dtype="special", singular=True, facts=bounds.inside(where=lambda x: x.positive), doc="Logarithm of |gamma(x)|.",
        spell={"c": "lgamma(a)"}, hint="gln", sympy="loggamma", latex=r"\log \Gamma(#1)", domain=(POSITIVES,))
digamma: Op = elementwise("digamma", "scipy.special:digamma", lambda y, x: polygamma(x, n=1), dtype="special", singular=True,
        facts=bounds.inside(where=lambda x: x.positive), doc="Logarithmic derivative of the gamma function.", spell={"c": "digamma(a)"}, hint="psi", sympy="polygamma(0, a)", latex=r"\psi(#1)", domain=(POSITIVES,))
polygamma: Op = elementwise("polygamma", "scipy.special:polygamma", lambda y, x, n: polygamma(x, n=n + 1), dtype="double", singular=True, facts=bounds.inside(where=lambda x: x.positive), doc="n-th derivative of digamma.",
        spell=lambda node: f"polygamma({node.kwargs['n']}, a)", hint="psi", sympy="polygamma(n, a)", latex=lambda node: rf"\psi^{{({node.kwargs['n']})}}(#1)",
        domain=(POSITIVES,), params={"n": 1})
gamma: Op = elementwise("gamma", "scipy.special:gamma", lambda y, x: y * digamma(x), dtype="special", singular=True, facts=bounds.inside(where=lambda x: x.positive), doc="Gamma function.",
        usual="gamma", raises=True, hint="gam", latex=r"\Gamma(#1)", domain=(POSITIVES,))
betaln: Op = elementwise("betaln", "scipy.special:betaln", lambda y, a, b: digamma(a) - digamma(a + b), lambda y, a, b: digamma(b) - digamma(a + b),
        dtype="wide", commutative=True, singular=True, facts=bounds.inside(where=lambda a, b: a.positive and b.positive), doc="Logarithm of |beta(a, b)|.", hint="bln", sympy="log(beta(a, b))", latex=r"\log \mathrm{B}(#1, #2)",
        domain=(POSITIVES, POSITIVES))
beta: Op = elementwise("beta", "scipy.special:beta", lambda y, a, b: y * (digamma(a) - digamma(a + b)), lambda y, a, b: y * (digamma(b) - digamma(a + b)),
        dtype="wide", commutative=True, singular=True, facts=bounds.inside(where=lambda a, b: a.positive and b.positive), doc="Beta function.", hint="beta", sympy="beta", domain=(POSITIVES, POSITIVES))
xlogx: Op = elementwise("xlogx", None, lambda y, x: 1 + log(x), dtype=lambda x: multiply.infer(x, log.infer(x)).dtype, lower=lambda x: x * log(x),
        singular=True, facts=bounds.inside(-0.37, inf, where=lambda x: x.positive), doc="x * log(x), whose derivative does not divide x by x.", hint="p", sympy="a * log(a)", latex=r"#1 \, \log(#1)", domain=(POSITIVES,))
xlogratio: Op = elementwise("xlogratio", None, lambda y, a, b: 1 + log(a / b), lambda y, a, b: -(a / b),
        dtype=lambda a, b: multiply.infer(a, log.infer(divide.infer(a, b))).dtype, lower=lambda a, b: a * log(a / b), singular=True,
        facts=bounds.inside(where=lambda a, b: a.positive and b.positive), doc="a * log(a / b), whose derivative does not divide a ratio by itself.", hint="p", sympy="a * log(a / b)", latex=r"#1 \, \log(#1 / #2)",
        domain=(POSITIVES, POSITIVES))
absorbing_product: Op = elementwise("absorbing_product", None, vjp=(lambda g, y, a, b: absorbing_product(g, b), lambda g, y, a, b: a * g),
        dtype=lambda a, b: _masked_dtype(multiply.infer(a, b)), lower=lambda a, b: where(not_equal(b, 0), a * b, 0), selected=(lambda a, b: not_equal(b, 0), None), singular=True,
        facts=bounds.times_or_zero, doc="a * b, 0 where b is 0, whatever a is.", hint="p", sympy="a * b", latex=r"#1 \, #2")
xlogy: Op = elementwise("xlogy", "scipy.special:xlogy", lambda y, a, b: log(b), lambda y, a, b: _quotient(a, b), dtype="wide", singular=True,
        facts=bounds.inside(where=lambda a, b: b.positive), doc="a * log(b), 0 where a is 0.", spell={"c": "b if b != b else 0.0 if a == 0 else a * log(b)"}, hint="xlogy", sympy="a * log(b)", latex=r"#1 \, \log(#2)", domain=(POSITIVES, POSITIVES))


# -------------------------------------------------------------------------------------------------- longer derivatives


def _of_kind(node: Node, name: str) -> str:
    """A function of integers, or of floats, in C."""
    return f"{name if node.aval.kind == 'f' else 'int_' + name}(a, b)"


def _or_one(r: Node) -> Node:
    """The norm r, or 1 where it is 0; one of the sides of ``hypot(1, x)`` says that it never is."""
    known = [x.literal for x in r.inputs if x.literal is not None] if r.op is hypot else []
    return r if any(np.all(literal.value != 0) for literal in known) else where(equal(r, 0), 1, r)


def _turn(t: Node, y: Node) -> Node:
    """A complex sign only turns: dy = i y Im(conj(y) dx) / |x|."""
    return 1j * y * imag(conjugate(y) * t) / absolute(y.inputs[0])


def _turn_back(g: Node, y: Node, x: Node) -> Node:
    return 1j * imag(g * y) * conjugate(y) / absolute(x)


def _sign_product_dtype(g: Aval, x: Aval) -> np.dtype:
    if x.kind == "c":
        raise TypeError  # the sign of a complex number turns with it
    dtype: np.dtype = multiply.infer(g, sign.infer(x)).dtype
    return dtype


def _masked_dtype(x: Aval) -> np.dtype:
    dtype: np.dtype = where.infer(Aval(np.bool_), x, Aval(np.int64, weak=True)).dtype
    return dtype


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


def _squared(node: Node) -> str:
    return "a ** 2" if node.shape or node.inputs[0].aval.kind == "b" else "a * a"


def _are_bools(node: Node) -> bool:
    return all(x.aval.kind == "b" for x in node.inputs)


def _choice(node: Node) -> str:
    """In Python's words: a condition that is chosen by another one is ``a and b``, ``a or c``."""
    _, yes, no = node.inputs
    if no.literal is not None and no.aval.kind == "b" and yes.aval.kind == "b" and not no.literal.value:
        return "a and b"
    return "a or c" if yes.literal is not None and no.aval.kind == "b" and yes.literal.value else "b if a else c"


def _are_conditions(node: Node) -> bool:
    """Whether Python's words say it: what follows ``and`` is not asked where what precedes it fails."""
    return not node.shape and _are_bools(node)


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


def _taken(chosen: Node, a: Node, b: Node) -> Node | Undefined:
    """The derivative with respect to b of what is b where it is chosen, else a; a tie is shared, but beside a literal 0."""
    if "c" in (a.aval.kind, b.aval.kind):
        return undefined("complex numbers have no order")
    return chosen if _is_zero(a) or _is_zero(b) else where(equal(b, a), 0.5, where(chosen, 1.0, 0.0))


def _kept(chosen: Node, a: Node, b: Node) -> Node | Undefined:
    """The derivative with respect to a; see `_taken`."""
    taken = _taken(chosen, a, b)
    if isinstance(taken, Undefined):
        return taken
    return logical_not(chosen) if taken is chosen else where(equal(b, a), 0.5, where(chosen, 0.0, 1.0))


def _reached(above: Node, not_below: Node, a: Node, b: Node) -> Node:
    """Where a selection passes something back: at a tie, too, but beside a literal 0."""
    return above if _is_zero(a) or _is_zero(b) else not_below


def _weighted(weights: Node) -> Node | None:
    """Where weights that are conditions, or known, are not zero; None if no weight is zero."""
    if weights.aval.kind == "b" and weights.literal is None:
        return weights
    if weights.literal is None or np.all(weights.literal.value):
        return None
    return not_equal(weights, 0)


def _is_zero(x: Node) -> bool:
    return x.literal is not None and not x.shape and x.literal.scalar == 0


def _of_two(node: Node, order: str) -> str:
    """The larger or smaller on Python floats, nan if one is; of a number that is known that need not be asked."""
    a, b = ("b", "a") if node.inputs[1].literal is not None else ("a", "b")
    known = any(x.literal is not None and np.all(np.isfinite(x.literal.value)) for x in node.inputs)
    return f"{a} if {a} {order} {b} else {b}" if known else f"a if a {order} b or a != a else b"


def _power_exponent(y: Node, x: Node) -> Node:
    """y log(x), 0 where y is; of a base that is known the logarithm is finite, and needs no guard."""
    known = x.literal is not None and bool(np.all((x.literal.value.real > 0) & np.isfinite(x.literal.value)))
    return y * log(x if known else where(equal(y, 0), 1, x))


def _quotient(a: Node, b: Node) -> Node:
    """a / b, 0 for 0 / 0; where a alone is 0 it may still vary."""
    empty = equal(a, 0) if a is b else logical_and(equal(a, 0), equal(b, 0))
    return where(empty, 0, a / b)


def _erfcx_slope(y: Node, x: Node) -> Node:
    """2 x y - 2 / sqrt(pi), which cancels for large x; there it is the asymptotic series (DLMF 7.12.1), to 1e-16."""
    far = x > 20
    t = 0.5 / square(where(far, x, 20.0))
    series: Any = 1.0
    for k in range(8, 0, -1):
        series = 1 - (2 * k + 1) * t * series
    return where(far, -2 / root(pi) * t * series, 2 * x * y - 2 / root(pi))


def _both(a: Node | Undefined, b: Node | Undefined) -> Node | Undefined:
    return a if isinstance(a, Undefined) else b if isinstance(b, Undefined) else a * b


def _ignoring_nan(a: Node, b: Node, step: Node | Undefined) -> Node | Undefined:
    if isinstance(step, Undefined) or step.aval.kind == "b":  # beside a literal 0 nan is not larger
        return step
    return where(isnan(b), 1, where(isnan(a), 0, step))


def _sinc_slope(y: Node, x: Node) -> Node:
    """(cos(pi x) - sinc(x)) / x, and near 0, where that cancels, its Taylor polynomial (DLMF 4.19.1)."""
    near = absolute(x) < 0.02
    safe = where(near, 1, x)
    t = square(pi * x)
    series = -(pi**2) / 3 * x * (1 - t / 10 * (1 - t / 28 * (1 - t / 54)))
    return where(near, series, (cos(pi * safe) - sinc(safe)) / safe)

