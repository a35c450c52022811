"""Basic algebra of elementwise operations.

Normal form: constants in front of products, signs outside of them, squares as `square`.
"""

from __future__ import annotations

from fractions import Fraction
from math import isfinite

import numpy as np

from symdiff.errors import ValueDomainError
from symdiff.graph.node import CONSTANT, Literal, Node, constant
from symdiff.ops import elementwise as ew, reductions as red
from symdiff.rewrite import decimals
from symdiff.rewrite.rule import BITS, REAL, Rule, Wildcard, call, is_scalar_constant, number

MOST_FACTORS = 16  # of a product that is looked through for one of them
TINY, HUGE = float(np.finfo(np.float64).tiny), float(np.finfo(np.float64).max)


def is_moderate(node: Node) -> bool:
    """A constant that may change places in a product: no factor so large or small that the order matters."""
    if not is_scalar_constant(node):
        return False
    size = abs(number(node))
    return size == 0 or (1e-2 <= size <= 1e2 if node.dtype == np.float16 else 1e-8 <= size <= 1e8)


def _is_real(node: Node) -> bool:
    return node.aval.kind == "f"


def _is_scalar(node: Node) -> bool:
    return not node.shape and node.literal is None


def _is_array(node: Node) -> bool:
    return bool(node.shape)


def _not_constant(node: Node) -> bool:
    return node.literal is None


x, y, z, u = Wildcard("x"), Wildcard("y"), Wildcard("z"), Wildcard("u")
r, q = Wildcard("r", _is_real), Wildcard("q", _is_real)
rv = Wildcard("rv", lambda node: _is_real(node) and _not_constant(node))
v, w = Wildcard("v", _not_constant), Wildcard("w", _not_constant)
c, d = Wildcard("c", is_moderate, CONSTANT), Wildcard("d", is_moderate, CONSTANT)
s, t = Wildcard("s", _is_scalar), Wildcard("t", _is_scalar)
m = Wildcard("m", lambda node: is_scalar_constant(node) and number(node) < 0, CONSTANT)
A = Wildcard("A", _is_array)
f = Wildcard("f", lambda node: is_scalar_constant(node) and isfinite(number(node)), CONSTANT)
sqrt = call(ew.sqrt)
square, absolute, negative, sign = call(ew.square), call(ew.absolute), call(ew.negative), call(ew.sign)
not_equal = call(ew.not_equal)
where, logical_not, absorbing_product = call(ew.where), call(ew.logical_not), call(ew.absorbing_product)


def _product(c: Node, d: Node) -> Node:
    """c * d; raises where that overflows or underflows, though the whole might not."""
    p, q = number(c), number(d)
    if isfinite(p) and isfinite(q) and p and q and not TINY < abs(p * q) < HUGE:
        raise ValueDomainError("the product of two constants leaves the range of floats")
    return as_number(decimals.product(p, q), c, d)


def as_number(value: float, *parts: Node) -> Node:
    """A constant of a dtype of its parts that holds it; weak if there is none, or if all its parts are."""
    for dtype in dict.fromkeys(part.dtype for part in parts if not part.aval.weak):
        limits = np.iinfo(dtype) if dtype.kind in "iu" else None
        fits = limits is None or (value % 1 == 0 and limits.min <= value <= limits.max)
        if fits and float(dtype.type(value)) == value:  # compared as Python's floats: NumPy's would round `value`
            return constant(dtype.type(value))
    return constant(value)


def _quotient(c: Node, d: Node) -> Node | None:
    """c / d, if that is exact."""
    p, q = number(c), number(d)
    if q == 0 or not (isfinite(p) and isfinite(q)):
        return None
    exact = Fraction(p) / Fraction(q)
    if not TINY < abs(exact) < HUGE and exact:
        return None
    return as_number(float(exact), c, d) if Fraction(float(exact)) == exact else None


def _numbers_first(s: Node, t: Node, A: Node) -> Node | None:
    """(s * t) * A, unless both are integers, which may overflow before they meet a float."""
    return (s * t) * A if s.aval.inexact or t.aval.inexact or not A.aval.inexact else None


def _constant_over(c: Node, v: Node, w: Node) -> Node | None:
    """v * (c / w) is (c * v) / w, unless c / w is one number in front of an array."""
    return None if v.shape and not w.shape else (c * v) / w


def _scaled_quotient(c: Node, d: Node, v: Node) -> Node | None:
    factor = _quotient(c, d)
    return None if factor is None else factor * v


SIGNS: tuple[Rule, ...] = (
    BITS("neg-neg", negative(negative(x)), x, "the sign alone changes"),
    BITS("sub-neg", x - (-y), x + y, "a difference is the sum with the negative"),
    BITS("add-neg", x + (-y), x - y, "a difference is the sum with the negative"),
    BITS("div-neg", (-r) / q, -(r / q), "the sign of a quotient"),
    BITS("div-by-neg", r / (-q), -(r / q), "the sign of a quotient"),
    REAL("sign-times-number", r * sign(r), absolute(r), "differs in the sign of a zero only"),
    REAL("sign-times-size", absolute(r) * sign(r), r, "differs in the sign of a zero only"),
    BITS("square-abs", square(absolute(r)), square(r), "a square has no sign"),
    BITS("square-neg", square(-r), square(r), "a square has no sign"),
    BITS("abs-neg", absolute(-r), absolute(r), "|x| has no sign"),
)


@REAL.on("complex-one", ew.multiply, among=(CONSTANT,), why="differs in signs of zeros, and beside infinities, only")
def _complex_one(node: Node) -> Node | None:
    """A factor of 1 of complex numbers, which is there twice: as 1 and as 1 + 0j."""
    for one, z in (node.inputs, node.inputs[::-1]):
        if node.aval.kind == "c" and one.literal is not None and not one.shape and one.literal.value == 1:
            return z if z.aval is node.aval else None
    return None


UNITS: tuple[Rule, ...] = (
    _complex_one,
    BITS("mul-one", x * 1, x, "a factor of 1 changes nothing"),
    BITS("mul-minus-one", r * -1, -r, "the sign alone changes"),
    BITS("div-one", x / 1, x, "a divisor of 1 changes nothing"),
    BITS("pow-zero", r**0, lambda r: red.broadcast_to(as_number(1.0, r), shape=r.shape), "1 of nan and inf, too"),
    BITS("pow-one", x**1, x, "the first power"),
    REAL("pow-two", x**2, square(x), "a product is rounded once"),
    REAL("pow-half", r**0.5, sqrt(r), "NumPy takes it of arrays; the sign of a zero, and -inf, may differ"),
    BITS("mul-self", r * r, square(r), "NumPy computes a square as this product"),
    BITS("add-self", x + x, 2 * x, "doubling is exact"),
    REAL("add-again", (x + y) + y, lambda x, y: x + 2 * y if y.aval.inexact else None, "like terms"),
    REAL("sub-again", (x - y) - y, lambda x, y: x - 2 * y if y.aval.inexact else None, "like terms"),
    REAL("add-back", (y - x) + y, lambda x, y: 2 * y - x if y.aval.inexact else None, "like terms"),
    REAL("add-multiple", c * x + x, lambda c, x: as_number(decimals.total(number(c), 1.0), c) * x, "like terms"),
    REAL(
        "add-multiples",
        c * x + d * x,
        lambda c, d, x: as_number(decimals.total(number(c), number(d)), c, d) * x,
        "like terms",
    ),
    REAL("sub-multiple", c * x - x, lambda c, x: as_number(decimals.total(number(c), -1.0), c) * x, "like terms"),
    BITS("sub-zero", x - 0, x, "-0 - 0 is -0", kinds="fiu"),
    BITS("add-minus-zero", x + -0.0, x, "0 + -0 is 0"),
    REAL("add-zero", x + 0, x, "differs in the sign of a zero only"),
    REAL("sub-minus-zero", x - -0.0, x, "differs in the sign of a zero only"),
    REAL("zero-sub", 0 - x, -x, "differs in the sign of a zero only"),
    REAL(
        "where-plus-other-where", where(z, 0, x) + where(z, y, 0), where(z, y, x), "differs in the sign of a zero only"
    ),
    BITS("sign-not-zero", not_equal(-x, 0), not_equal(x, 0), "only a zero is its own opposite", kinds="b"),
    BITS("where-same", where(z, x, x), x, "either side is the same"),
    BITS("where-not", where(logical_not(z), x, y), where(z, y, x), "the sides change places"),
    BITS(
        "where-where", where(z, where(z, x, y), u), where(z, x, u), "the inner condition holds wherever it is looked at"
    ),
    BITS(
        "where-or-where",
        where(z, u, where(z, x, y)),
        where(z, u, y),
        "the inner condition fails wherever it is looked at",
    ),
    BITS("where-plus-where", where(z, x, 0) + where(z, y, 0), where(z, x + y, 0), "0 + 0 is 0"),
    BITS("where-plus-or-where", where(z, 0, x) + where(z, 0, y), where(z, 0, x + y), "0 + 0 is 0"),
)

FACTORS: tuple[Rule, ...] = (
    REAL("absorbing-constant", absorbing_product(f, x), f * x, "differs in the sign of a zero only"),
    REAL("gather-constants", c * (d * v), lambda c, d, v: _product(c, d) * v, "one product instead of two"),
    REAL("constant-quotient", c * (v / d), _scaled_quotient, "an exact quotient of constants"),
    REAL("quotient-constant", (c * v) / d, _scaled_quotient, "an exact quotient of constants"),
    REAL("mul-reciprocal", v * (1 / w), v / w, "one rounding instead of two"),
    REAL("mul-constant-over", v * (c / w), _constant_over, "constants meet in front"),
    REAL("gather-over", c * (d / w), lambda c, d, w: _product(c, d) / w, "constants meet in front"),
    REAL(
        "gather-into-quotient",
        c * ((d * v) / w),
        lambda c, d, v, w: (_product(c, d) * v) / w,
        "constants meet in front",
    ),
    REAL("scalars-first", s * (t * A), _numbers_first, "one pass over the array instead of two"),
    REAL(
        "constant-scalar-first",
        c * (s * A),
        lambda c, s, A: _numbers_first(s=c, t=s, A=A),
        "one pass over the array instead of two",
    ),
    REAL("scalar-quotient", s * (A / t), (s / t) * A, "one pass over the array instead of two"),
)


@BITS.on("mul-neg", ew.multiply, among=(ew.negative,))
def _sign_outside(node: Node) -> Node | None:
    """The sign of a factor is the sign of the product."""
    if not _is_real(node):
        return None
    for i, factor in enumerate(node.inputs):
        if factor.op is ew.negative:
            return -ew.multiply(*replaced(node.inputs, i, factor.inputs[0]))
    return None


@REAL.on("constant-first", ew.multiply, among=(ew.multiply,), why="constants meet in front")
def _constant_outside(node: Node) -> Node | None:
    """(2 * x) * y is 2 * (x * y), the factors in the order in which they stood."""
    for i, factor in enumerate(node.inputs):
        other = node.inputs[1 - i]
        if not factor.shape and other.shape:
            continue  # 2 * lam stays together in front of an array
        if factor.op is ew.multiply and is_moderate(factor.inputs[0]) and other.literal is None:
            return factor.inputs[0] * ew.multiply(*replaced(node.inputs, i, factor.inputs[1]))
    return None


@BITS.on("commute-constant", ew.multiply, among=(CONSTANT,))
def _constant_in_front(node: Node) -> Node | None:
    """x * 2 is 2 * x."""
    a, b = node.inputs
    return b * a if is_scalar_constant(b) and not is_scalar_constant(a) else None


@BITS.on("mask-over", ew.divide, among=(ew.multiply,))
def _mask_over(node: Node) -> Node | None:
    """A mask that is divided need not be multiplied by one first."""
    a, b = node.inputs
    if (
        a.op is ew.multiply
        and is_scalar_constant(a.inputs[0])
        and number(a.inputs[0]) == 1
        and a.inputs[1].aval.kind == "b"
    ):
        return a.inputs[1] / b
    return None


@REAL.on("mask-twice", ew.where, why="what the mask lets through it need not multiply")
def _mask_twice(node: Node) -> Node | None:
    """``where(m, 2 * m * x / y, 0)`` is ``where(m, 2 * x / y, 0)``."""
    mask, product, other = node.inputs
    if mask.aval.kind != "b" or other.literal is None or other.literal.scalar != 0:
        return None
    left = _without(product, mask)
    return None if left is None else ew.where(mask, left, other)


def _without(product: Node, mask: Node) -> Node | None:
    """A product or quotient without its factor `mask`; None if it has none, or has it far inside."""
    path: list[tuple[Node, int]] = []
    while product.op in (ew.multiply, ew.divide, ew.negative) and len(path) < MOST_FACTORS:
        factors = product.inputs if product.op is ew.multiply else product.inputs[:1]
        if product.op is ew.multiply and mask in factors:
            left = factors[1 - factors.index(mask)]
            for outer, i in reversed(path):
                left = outer.op(*replaced(outer.inputs, i, left), **outer.kwargs)
            return left
        deeper = [i for i, x in enumerate(factors) if x.op in (ew.multiply, ew.divide, ew.negative)]
        if not deeper:
            return None
        path.append((product, deeper[0]))
        product = product.inputs[deeper[0]]
    return None


@BITS.on("mask-not-zero", ew.not_equal)
def _mask_not_zero(node: Node) -> Node | None:
    """``2 * m != 0`` is the condition m."""
    a, b = node.inputs
    if b.literal is None or b.literal.scalar != 0 or a.op is not ew.multiply:
        return None
    for c, m in (a.inputs, a.inputs[::-1]):
        if m.aval.kind == "b" and is_scalar_constant(c) and isfinite(number(c)) and number(c) != 0:
            return red.spread(m, node.shape)
    return None


@BITS.on("comparison-with-itself", ew.less, ew.greater, ew.not_equal, ew.equal, ew.less_equal, ew.greater_equal)
def _compared_with_itself(node: Node) -> Node | None:
    """x < x is false, whatever x is; x <= x is true unless x may be nan."""
    a, b = node.inputs
    if a is not b or (node.op not in (ew.less, ew.greater) and a.aval.kind not in "biu"):
        return None
    return red.spread(constant(node.op in (ew.equal, ew.less_equal, ew.greater_equal)), node.shape)


@BITS.on("real-part-of-real", ew.real, ew.conjugate)
def _real_of_real(node: Node) -> Node | None:
    """A real number is its own real part and conjugate."""
    return node.inputs[0] if node.inputs[0].aval.kind in "fiu" else None


@BITS.on("where-constant", ew.where)
def _where_constant(node: Node) -> Node | None:
    """A condition that is known selects a side, and so does one between a number and itself."""
    condition, a, b = node.inputs
    if condition.literal is not None and not condition.shape:
        chosen = a if condition.literal.value else b
    elif not node.aval.weak and _number_of(a, node) == _number_of(b, node) is not None:
        chosen = a
    else:
        return None
    if chosen.literal is not None and chosen.aval.weak and not node.aval.weak:  # beside a number of a dtype it has that
        chosen = constant(node.dtype.type(chosen.literal.value.item()))
    return red.spread(chosen, node.shape)


def _number_of(x: Node, node: Node) -> Literal | None:
    """A constant without axes, in the dtype of a selection; None for anything else."""
    return None if x.literal is None or x.shape else Literal(x.literal.value.astype(node.dtype))


@BITS.on("condition-and-known", ew.logical_and, ew.logical_or)
def _condition_and_known(node: Node) -> Node | None:
    """Of two conditions one is known: the other one decides, or nothing is left to decide."""
    for known, other in (node.inputs, node.inputs[::-1]):
        if known.literal is None or known.shape or other.aval.kind != "b":
            continue
        if bool(known.literal.value) is (node.op is ew.logical_and):
            return other
        return red.spread(constant(node.op is ew.logical_or), node.shape)
    return None


@BITS.on("condition-selected", ew.where)
def _condition_selected(node: Node) -> Node | None:
    """``where(m, True, False)`` is m, and ``where(m, False, True)`` its opposite."""
    mask, *sides = node.inputs
    known = [x.literal for x in sides]
    if node.aval.kind != "b" or mask.aval is not node.aval or known[0] is None or known[1] is None:
        return None
    yes, no = (bool(x.value) if x.value.ndim == 0 else None for x in known if x is not None)
    return None if None in (yes, no) or yes is no else mask if yes else ew.logical_not(mask)


@BITS.on("condition-and-opposite", ew.logical_and, ew.logical_or, why="one of the two holds, and never both")
def _beside_its_opposite(node: Node) -> Node | None:
    """``a and not a`` is False, ``a or not a`` is True."""
    for a, b in (node.inputs, node.inputs[::-1]):
        if b.op is ew.logical_not and b.inputs[0] is a:
            return red.spread(constant(node.op is ew.logical_or), node.shape)
    return None


@BITS.on("any-of-false", red.any_, red.all_)
def _any_of_false(node: Node) -> Node | None:
    """``any`` of conditions none of which holds, and ``all`` where each does, however many there are."""
    (x,) = node.inputs
    known = (x.inputs[0] if x.op is red.broadcast_to else x).literal
    if known is None or known.value.dtype.kind != "b" or (known.value != (node.op is red.all_)).any():
        return None
    return red.spread(constant(node.op is red.all_), node.shape)


def replaced(inputs: tuple[Node, ...], i: int, new: Node) -> tuple[Node, ...]:
    """`inputs` with the one at position `i` changed."""
    return (*inputs[:i], new, *inputs[i + 1 :])


RULES: tuple[Rule, ...] = (
    _mask_over, *UNITS, *SIGNS, _sign_outside, _constant_in_front, *FACTORS, _constant_outside, _real_of_real,
    _where_constant, _condition_selected, _condition_and_known,
    _beside_its_opposite, _any_of_false, _mask_twice, _mask_not_zero, _compared_with_itself,
)  # fmt: skip
