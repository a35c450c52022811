"""Stable forms, recognised before differentiation: what overflows or cancels as written has a name that does not.

Rules about exponentials and their logarithms stand here; those about sums over axes in `recognise_sums`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import log as ln, pi, sqrt as root

from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops import elementwise as ew
from symdiff.rewrite.rule import REAL, Rule, Wildcard, call, is_scalar_constant, number

x, y, v, t = Wildcard("x"), Wildcard("y"), Wildcard("v"), Wildcard("t")
exp, log, log1p, expm1 = call(ew.exp), call(ew.log), call(ew.log1p), call(ew.expm1)
logaddexp, sigmoid, square, sqrt = call(ew.logaddexp), call(ew.sigmoid), call(ew.square), call(ew.sqrt)
sech, csch, bose_einstein = call(ew.sech), call(ew.csch), call(ew.bose_einstein)
sinh, cosh, tanh, sin, sinc = call(ew.sinh), call(ew.cosh), call(ew.tanh), call(ew.sin), call(ew.sinc)
erf, erfc, hypot, where, equal = call(ew.erf), call(ew.erfc), call(ew.hypot), call(ew.where), call(ew.equal)

LOGISTIC = "1 / (1 + exp(-x)) and exp(x) / (1 + exp(x)) are the logistic function"
HYPERBOLIC = "the definition of the hyperbolic function"
ONE_SIDED = "beyond 37 (float64), where 1 - sigmoid(x) is 0"
ROUNDED = "near 0, where 1 + x loses the digits of x"

OVERFLOW = "beyond |x| > 709 (float64), where exp overflows"
QUOTIENT = "beyond |x| > 709 (float64), where this is inf / inf as written"
CANCELS = "near 0, where the difference loses its digits"
OVERFLOWS_TWICE = "beyond |x| > 709 (float64), where the derivative is inf / inf as written"
ROUNDING = 1e-15  # of the root of 2, multiplied with itself
SQUARES = "beyond 1e154 and below 1e-162 (float64), where squares overflow and vanish; the derivative at 0 is 0"
MOST_TERMS = 16

EXPONENTIALS: tuple[Rule, ...] = (
    REAL("softplus", log(1 + exp(x)), logaddexp(0, x), "1 is exp(0)", safe=OVERFLOW),
    REAL("softplus-log1p", log1p(exp(x)), logaddexp(0, x), "1 is exp(0)", safe=OVERFLOW),
    REAL("logaddexp", log(exp(x) + exp(y)), logaddexp(x, y), "the function of this name", safe=OVERFLOW),
    REAL("sigmoid", 1 / (1 + exp(-x)), sigmoid(x), LOGISTIC, safe=OVERFLOW),
    REAL("sigmoid-minus", 1 / (1 + exp(x)), sigmoid(-x), LOGISTIC, safe=OVERFLOW),
    REAL("sigmoid-ratio", exp(x) / (1 + exp(x)), sigmoid(x), LOGISTIC, safe=QUOTIENT),
    REAL("sigmoid-scaled", v / (1 + exp(-x)), v * sigmoid(x), LOGISTIC, safe=OVERFLOW),
    REAL("sigmoid-minus-scaled", v / (1 + exp(x)), v * sigmoid(-x), LOGISTIC, safe=OVERFLOW),
    REAL(
        "log-one-minus-sigmoid", log(1 - sigmoid(x)), -logaddexp(0, x), "1 - sigmoid(x) is sigmoid(-x)", safe=ONE_SIDED
    ),
    REAL("log-sigmoid", log(sigmoid(x)), -logaddexp(0, -x), LOGISTIC, safe="below -745, where the sigmoid vanishes"),
    REAL("log1p-minus-sigmoid", log1p(-sigmoid(x)), -logaddexp(0, x), "1 - sigmoid(x) is sigmoid(-x)", safe=ONE_SIDED),
    REAL("log-exp", log(exp(x)), x, "a function and its inverse", safe=OVERFLOW),
    REAL("sinh", (exp(x) - exp(-x)) / 2, sinh(x), HYPERBOLIC, safe=CANCELS),
    REAL("cosh", (exp(x) + exp(-x)) / 2, cosh(x), HYPERBOLIC),
    REAL("tanh-of-exponentials", (exp(x) - exp(-x)) / (exp(x) + exp(-x)), tanh(x), HYPERBOLIC, safe=QUOTIENT),
    REAL("tanh-of-hyperbolic", sinh(x) / cosh(x), tanh(x), HYPERBOLIC, safe=QUOTIENT),
    REAL("tanh-of-secant", sech(x) * sinh(x), tanh(x), HYPERBOLIC, safe=OVERFLOWS_TWICE),
    REAL("tanh-of-secant-scaled", (v * sech(x)) * sinh(x), v * tanh(x), HYPERBOLIC, safe=OVERFLOWS_TWICE),
    REAL(
        "one-minus-tanh", 1 - tanh(x), 2 * sigmoid(-2 * x), HYPERBOLIC, safe="beyond 19 (float64), where tanh(x) is 1"
    ),
    REAL("one-plus-tanh", 1 + tanh(x), 2 * sigmoid(2 * x), HYPERBOLIC, safe="below -19, where tanh(x) is -1"),
    REAL("tanh-of-expm1", expm1(x) / (1 + exp(x)), tanh(x / 2), HYPERBOLIC, safe=QUOTIENT),
    REAL("tanh-of-expm1-minus", expm1(x) / (2 + expm1(x)), tanh(x / 2), HYPERBOLIC, safe=QUOTIENT),
    REAL("sech", v / cosh(x), v * sech(x), HYPERBOLIC, safe=OVERFLOWS_TWICE),
    REAL("sech-squared", v / square(cosh(x)), v * square(sech(x)), HYPERBOLIC, safe=OVERFLOWS_TWICE),
    REAL("sech-of-exponentials", v / (exp(x) + exp(-x)), v / 2 * sech(x), HYPERBOLIC, safe=OVERFLOWS_TWICE),
    REAL("csch", v / sinh(x), v * csch(x), HYPERBOLIC, safe=OVERFLOWS_TWICE),
    REAL("csch-squared", v / square(sinh(x)), v * square(csch(x)), HYPERBOLIC, safe=OVERFLOWS_TWICE),
    REAL("bose-einstein", v / expm1(x), v * bose_einstein(x), "the function of this name", safe=OVERFLOWS_TWICE),
    REAL("expm1", exp(x) - 1, expm1(x), "the function of this name", safe=CANCELS),
    REAL("expm1-minus", 1 - exp(x), -expm1(x), "the function of this name", safe=CANCELS),
    REAL("log1p", log(1 + x), log1p(x), "the function of this name", safe=ROUNDED),
    REAL("log1p-minus", log(1 - x), log1p(-x), "the function of this name", safe=ROUNDED),
    REAL("erfc", 1 - erf(x), erfc(x), "the function of this name", safe="beyond 6, where 1 - erf(x) is 0"),
    REAL("erfc-minus", 1 + erf(x), erfc(-x), "erf is odd", safe="below -6, where 1 + erf(x) is 0"),
    REAL("erfc-reflected", 2 - erfc(x), erfc(-x), "erf is odd", safe="below -6, where erfc(x) is 2"),
    REAL("half-erfc-reflected", 1 - 0.5 * erfc(x), 0.5 * erfc(-x), "erf is odd", safe="below -6, where erfc(x) is 2"),
    REAL("hypot", sqrt(square(x) + square(y)), hypot(x, y), "the function of this name", safe=SQUARES),
    REAL("hypot-one", sqrt(1 + square(x)), hypot(1, x), "the function of this name", safe=SQUARES),
    REAL(
        "sinc", where(equal(x, 0), 1, sin(x) / x), sinc(x * (1 / pi)), "NumPy's sinc", safe="at 0, in every derivative"
    ),
)


Terms = tuple[tuple[bool, Node], ...]


def summands(node: Node, wanted: Op | None = None) -> Terms:
    """``(negative, term)`` for the terms of a chain of ``+ -``, if it is short, and if one is of a wanted operation."""
    terms, ops = _summands(node)
    return terms if wanted is None or wanted in ops else ()


@lru_cache(maxsize=8)  # several rules ask for the terms of one node, one after the other
def _summands(node: Node) -> tuple[Terms, frozenset[Op]]:
    """The terms, and their operations."""
    terms: list[tuple[bool, Node]] = []
    stack, count = [(False, node)], 1
    while stack and count <= MOST_TERMS:
        negative, n = stack.pop()
        if n.op is ew.add or n.op is ew.subtract:
            count += 1
            stack += [(negative ^ (n.op is ew.subtract), n.inputs[1]), (negative, n.inputs[0])]
        elif n.op is ew.negative:
            stack.append((not negative, n.inputs[0]))
        else:
            terms.append((negative, n))
    return ((), frozenset()) if stack else (tuple(terms), frozenset([term.op for _, term in terms]))


def added_up(terms: Iterable[tuple[bool, Node]]) -> Node:
    """The chain of these terms."""
    (negative, total), *rest = sorted(terms, key=lambda term: term[0])
    total = -total if negative else total
    for minus, term in rest:
        total = total - term if minus else total + term
    return total


def softplus_argument(node: Node) -> Node | None:
    """x, if `node` is log(1 + exp(x))."""
    if node.op is not ew.logaddexp:
        return None
    for a, b in (node.inputs, node.inputs[::-1]):
        if a.literal is not None and a.literal.scalar == 0:
            return b
    return None


@REAL.on("softplus-reflected", ew.add, ew.subtract, why="softplus(-x) + x is softplus(x)")
def _reflected(node: Node) -> Node | None:
    """``max(x, 0) + log(1 + exp(-|x|))`` and ``x + log(1 + exp(-x))``: softplus(x), in any order of terms."""
    terms = summands(node, ew.logaddexp)
    for k, (sign, term) in enumerate(terms):
        x = softplus_argument(term)
        if x is None or x.op is not ew.negative:
            continue
        x = x.inputs[0]
        inner = x.inputs[0] if x.op is ew.absolute else x
        for i, (other_sign, other) in enumerate(terms):
            if other_sign == sign and (other is x if inner is x else _is_positive_part(other, inner)):
                rest = [t for j, t in enumerate(terms) if j not in (i, k)]
                return added_up([(sign, ew.logaddexp(0.0, inner)), *rest])
    return None


def _is_positive_part(node: Node, x: Node) -> bool:
    if node.op is ew.relu:
        return node.inputs[0] is x
    zero = [n for n in node.inputs if n.literal is not None and n.literal.scalar == 0]
    return node.op is ew.maximum and bool(zero) and x in node.inputs


@REAL.on("positive-part", ew.add, ew.subtract, why="x + |x| is twice the larger of x and 0")
def _twice_positive(node: Node) -> Node | None:
    """``x + |x|`` and ``|x| - x``, in any order of terms: what is not selected has the derivative 0."""
    terms = summands(node, ew.absolute)
    for k, (sign, term) in enumerate(terms):
        if term.op is not ew.absolute or term.inputs[0].aval.kind != "f":
            continue
        [x] = term.inputs
        for reflected in (False, True):
            rest = [*terms[:k], *terms[k + 1 :]]
            part = [(s ^ sign ^ reflected, t) for s, t in summands(x)]
            if part and all(t in rest for t in part):
                left = [t for t in rest if t not in part]
                return added_up([(sign, 2 * ew.relu(-x if reflected else x)), *left])
    return None


@REAL.on("bernoulli-loss", ew.add, ew.subtract, why="log(p) and log(1 - p) of one logit share their softplus")
def _bernoulli(node: Node) -> Node | None:
    """``t * softplus(-z) + (1 - t) * softplus(z)`` is ``softplus(z) - t * z``."""
    terms = summands(node, ew.multiply)
    products = [(k, sign, term) for k, (sign, term) in enumerate(terms) if _has_softplus(term)]
    for k, sign, term in products:
        for i, other_sign, other in products:
            if i != k and sign == other_sign and (found := _logit_and_target(term, other)) is not None:
                z, t = found
                rest = [x for j, x in enumerate(terms) if j not in (i, k)]
                return added_up([(sign, ew.logaddexp(0.0, z)), (not sign, t * z), *rest])
    return None


def _has_softplus(term: Node) -> bool:
    return term.op is ew.multiply and (term.inputs[0].op is ew.logaddexp or term.inputs[1].op is ew.logaddexp)


def _logit_and_target(a: Node, b: Node) -> tuple[Node, Node] | None:
    """``(z, t)``, if a is t * softplus(-z) and b is (1 - t) * softplus(z)."""
    for t, minus in _splits(a):
        for one_minus_t, plus in _splits(b):
            z = softplus_argument(plus)
            reflected = softplus_argument(minus)
            if z is None or reflected is None or not _are_opposite(z, reflected):
                continue
            if _is_one_minus(one_minus_t, t):
                return z, t
    return None


def _splits(node: Node) -> list[tuple[Node, Node]]:
    return [node.inputs, node.inputs[::-1]] if node.op is ew.multiply else []  # type: ignore[list-item]


def _are_opposite(a: Node, b: Node) -> bool:
    return (a.op is ew.negative and a.inputs[0] is b) or (b.op is ew.negative and b.inputs[0] is a)


def _is_one_minus(node: Node, t: Node) -> bool:
    if node.op is not ew.subtract or node.inputs[1] is not t:
        return False
    literal = node.inputs[0].literal
    return literal is not None and literal.scalar == 1


@REAL.on("complex-magnitude", ew.square, ew.power, why="the sum of two squares", safe="at 0, where |z| is not smooth")
def _magnitude(node: Node) -> Node | None:
    """``abs(z)**2`` of a complex number."""
    size = node.inputs[0]
    if size.op is not ew.absolute or size.inputs[0].aval.kind != "c":
        return None
    exponent = node.inputs[1].literal if node.op is ew.power else None
    return ew.abs2(size.inputs[0]) if node.op is ew.square or (exponent is not None and exponent.scalar == 2) else None


@REAL.on("hyperbolic-power", ew.power, why=HYPERBOLIC, safe=OVERFLOWS_TWICE)
def _hyperbolic_power(node: Node) -> Node | None:
    """``cosh(x)**-2`` is ``sech(x)**2``."""
    base, exponent = node.inputs
    reciprocal = {ew.cosh: ew.sech, ew.sinh: ew.csch}.get(base.op)
    if reciprocal is None or not is_scalar_constant(exponent) or number(exponent) >= 0 or node.aval.kind != "f":
        return None
    power, y = -number(exponent), reciprocal(*base.inputs)
    return y if power == 1 else ew.square(y) if power == 2 else y**power


@REAL.on("log-ndtr", ew.log, ew.log1p, why="the function of this name", safe="beyond 26, where erfc(x) is 0")
def _log_ndtr(node: Node) -> Node | None:
    """``log(erfc(x))`` and ``log1p(-erfc(x) / 2)``: the logarithm of the normal distribution function, and a number."""
    weight, tail = weighted(node.inputs[0])
    if tail.op is not ew.erfc:
        return None
    scale, x = weighted(tail.inputs[0])
    scale *= -root(2)
    if node.op is ew.log1p:
        if weight != -0.5:
            return None
        weight, scale = 0.5, -scale
    if weight <= 0:
        return None
    shift, unit = ln(2 * weight), abs(abs(scale) - 1) < ROUNDING
    found = ew.log_ndtr((x if scale > 0 else -x) if unit else scale * x)
    return found + shift if shift else found


def weighted(n: Node) -> tuple[float, Node]:
    """The numbers that `n` is multiplied with or divided by, and the rest."""
    weight = 1.0
    while n.op in (ew.multiply, ew.divide, ew.negative):
        a, b = n.inputs[0], n.inputs[-1]
        if n.op is ew.negative:
            weight, n = -weight, a
        elif is_scalar_constant(b) and not (n.op is ew.divide and number(b) == 0):
            weight, n = weight * number(b) if n.op is ew.multiply else weight / number(b), a
        elif is_scalar_constant(a) and n.op is ew.multiply:
            weight, n = weight * number(a), b
        else:
            break
    return weight, n


RULES: tuple[Rule, ...] = (
    *EXPONENTIALS,
    _hyperbolic_power,
    _log_ndtr,
    _reflected,
    _twice_positive,
    _bernoulli,
    _magnitude,
)
