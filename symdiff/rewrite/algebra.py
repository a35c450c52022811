"""Basic algebra of elementwise operations, and the last polish before printing.

Normal form: constants in front of products, signs outside of them, squares as `square`.
"""

from __future__ import annotations

from collections.abc import Callable, Set as AbstractSet
from fractions import Fraction
from math import isfinite

import numpy as np

from symdiff.errors import ValueDomainError
from symdiff.graph.aval import broadcast
from symdiff.graph.node import Node, constant
from symdiff.ops import contraction, elementwise as ew, linalg, reductions as red, shapes
from symdiff.rewrite.rule import BITS, REAL, Rule, Wildcard, call, is_scalar_constant, number
from symdiff.rewrite.terms import extent

MOST_FACTORS = 16  # of a chain that is looked through
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
c, d = Wildcard("c", is_moderate), Wildcard("d", is_moderate)
s, t = Wildcard("s", _is_scalar), Wildcard("t", _is_scalar)
m = Wildcard("m", lambda node: is_scalar_constant(node) and number(node) < 0)
A = Wildcard("A", _is_array)
square, absolute, negative = call(ew.square), call(ew.absolute), call(ew.negative)
where, logical_not = call(ew.where), call(ew.logical_not)


def _product(c: Node, d: Node) -> Node:
    """c * d; raises where that overflows or underflows, though the whole might not."""
    p, q = number(c), number(d)
    if isfinite(p) and isfinite(q) and p and q and not TINY < abs(p * q) < HUGE:
        raise ValueDomainError("the product of two constants leaves the range of floats")
    return _number(p * q, c, d)


def _number(value: float, *parts: Node) -> Node:
    """A constant that is weak only if all its parts are."""
    strong = [part for part in parts if not part.aval.weak]
    return constant(strong[0].dtype.type(value)) if strong else constant(value)


def _quotient(c: Node, d: Node) -> Node | None:
    """c / d, if that is exact."""
    p, q = number(c), number(d)
    if q == 0 or not (isfinite(p) and isfinite(q)):
        return None
    exact = Fraction(p) / Fraction(q)
    if not TINY < abs(exact) < HUGE and exact:
        return None
    return _number(float(exact), c, d) if Fraction(float(exact)) == exact else None


def _constant_over(c: Node, v: Node, w: Node) -> Node | None:
    """v * (c / w) is (c * v) / w, unless c / w is one number in front of an array."""
    return None if v.shape and not w.shape else (c * v) / w


def _scaled_quotient(c: Node, d: Node, v: Node) -> Node | None:
    factor = _quotient(c, d)
    return None if factor is None else factor * v


SIGNS: tuple[Rule, ...] = (
    BITS("neg-neg", negative(negative(x)), x),
    BITS("sub-neg", x - (-y), x + y),
    BITS("add-neg", x + (-y), x - y),
    BITS("div-neg", (-r) / q, -(r / q)),
    BITS("div-by-neg", r / (-q), -(r / q)),
    BITS("square-abs", square(absolute(r)), square(r)),
    BITS("square-neg", square(-r), square(r)),
    BITS("abs-neg", absolute(-r), absolute(r)),
)

UNITS: tuple[Rule, ...] = (
    BITS("mul-one", x * 1, x),
    BITS("mul-minus-one", r * -1, -r),
    BITS("div-one", x / 1, x),
    BITS("pow-one", x**1, x),
    REAL("pow-two", x**2, square(x), "a product is rounded once"),
    BITS("mul-self", r * r, square(r)),
    BITS("add-self", x + x, 2 * x),
    REAL("add-again", (x + y) + y, x + 2 * y, "like terms"),
    REAL("sub-again", (x - y) - y, x - 2 * y, "like terms"),
    REAL("add-back", (y - x) + y, 2 * y - x, "like terms"),
    REAL("add-multiple", c * x + x, lambda c, x: _number(number(c) + 1, c) * x, "like terms"),
    REAL("add-multiples", c * x + d * x, lambda c, d, x: _number(number(c) + number(d), c, d) * x, "like terms"),
    REAL("sub-multiple", c * x - x, lambda c, x: _number(number(c) - 1, c) * x, "like terms"),
    BITS("sub-zero", x - 0, x),
    REAL("add-zero", x + 0, x, "differs in the sign of a zero only"),
    REAL("zero-sub", 0 - x, -x, "differs in the sign of a zero only"),
    REAL(
        "where-plus-other-where", where(z, 0, x) + where(z, y, 0), where(z, y, x), "differs in the sign of a zero only"
    ),
    BITS("where-same", where(z, x, x), x),
    BITS("where-not", where(logical_not(z), x, y), where(z, y, x)),
    BITS("where-where", where(z, where(z, x, y), u), where(z, x, u)),
    BITS("where-or-where", where(z, u, where(z, x, y)), where(z, u, y)),
    BITS("where-plus-where", where(z, x, 0) + where(z, y, 0), where(z, x + y, 0)),
    BITS("where-plus-or-where", where(z, 0, x) + where(z, 0, y), where(z, 0, x + y)),
)

FACTORS: tuple[Rule, ...] = (
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
    REAL("scalars-first", s * (t * A), (s * t) * A, "one pass over the array instead of two"),
    REAL("constant-scalar-first", c * (s * A), (c * s) * A, "one pass over the array instead of two"),
    REAL("scalar-quotient", s * (A / t), (s / t) * A, "one pass over the array instead of two"),
)


@BITS.on("mul-neg", ew.multiply)
def _sign_outside(node: Node) -> Node | None:
    """The sign of a factor is the sign of the product."""
    if not _is_real(node):
        return None
    for i, factor in enumerate(node.inputs):
        if factor.op is ew.negative:
            return -ew.multiply(*_replaced(node.inputs, i, factor.inputs[0]))
    return None


@REAL.on("constant-first", ew.multiply, why="constants meet in front")
def _constant_outside(node: Node) -> Node | None:
    """(2 * x) * y is 2 * (x * y), the factors in the order in which they stood."""
    for i, factor in enumerate(node.inputs):
        other = node.inputs[1 - i]
        if not factor.shape and other.shape:
            continue  # 2 * lam stays together in front of an array
        if factor.op is ew.multiply and is_moderate(factor.inputs[0]) and other.literal is None:
            return factor.inputs[0] * ew.multiply(*_replaced(node.inputs, i, factor.inputs[1]))
    return None


@BITS.on("commute-constant", ew.multiply)
def _constant_in_front(node: Node) -> Node | None:
    """x * 2 is 2 * x."""
    a, b = node.inputs
    return b * a if is_scalar_constant(b) and not is_scalar_constant(a) else None


@BITS.on("drop-broadcast")
def _drop_broadcast(node: Node) -> Node | None:
    """An operand of an elementwise operation need not be broadcast, or given leading axes, beforehand."""
    if node.op.family != "elementwise" or len(node.inputs) < 2:
        return None
    for i, operand in enumerate(node.inputs):
        plain = _without_broadcast(operand)
        if plain is operand:
            continue
        inputs = (*node.inputs[:i], plain, *node.inputs[i + 1 :])
        shape = ()
        for other in inputs:
            shape = broadcast(shape, other.shape)  # type: ignore[assignment]
        if shape == node.shape and (not plain.aval.weak or any(not o.aval.weak for o in inputs)):
            return node.op(*inputs, **node.kwargs)
    return None


def _without_broadcast(node: Node) -> Node:
    if node.op is red.broadcast_to:
        return node.inputs[0]
    if node.op is shapes.expand_dims:
        axis = node.kwargs["axis"]
        if _leads(axis):
            return node.inputs[0]
    return node


def _leads(axis: tuple[int, ...]) -> bool:
    return axis == tuple(range(len(axis)))


@BITS.on("mask-over", ew.divide)
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


@BITS.on("leading-axes-outside")
def _leading_axes_outside(node: Node) -> Node | None:
    """Axes of length 1 in front come last: most of what they meet does not need them."""
    if node.kwargs.get("keepdims") and node.ndim and _leads(axis := node.kwargs["axis"]) and len(axis) < node.ndim:
        return shapes.expand_dims(node.op(*node.inputs, **{**node.kwargs, "keepdims": False}), axis=axis)
    if node.op.family != "elementwise" or not node.shape:
        return None
    lifted = [x for x in node.inputs if x.op is shapes.expand_dims and _leads(x.kwargs["axis"])]
    axes = {x.kwargs["axis"] for x in lifted}
    if len(axes) != 1 or any(x.shape and x not in lifted for x in node.inputs):
        return None
    cores = [x.inputs[0] if x in lifted else x for x in node.inputs]
    return shapes.expand_dims(node.op(*cores, **node.kwargs), axis=axes.pop())


@BITS.on("broadcast-outside")
def _broadcast_outside(node: Node) -> Node | None:
    """An operation on numbers that were broadcast is a number that is broadcast."""
    if node.op.family != "elementwise" or not node.shape:
        return None
    cores = [x.inputs[0] if x.op is red.broadcast_to else x for x in node.inputs]
    if any(core.shape for core in cores) or all(core.aval.weak for core in cores):
        return None
    return red.spread(node.op(*cores, **node.kwargs), node.shape)


@REAL.on(
    "scale-out-of-view",
    shapes.expand_dims,
    shapes.permute,
    shapes.reshape,
    shapes.squeeze,
    shapes.getitem,
    why="signs and numbers meet in front",
)
def _scale_out_of_view(node: Node) -> Node | None:
    return _outside(node.inputs[0], lambda rest: node.op(rest, **node.kwargs))


def _outside(term: Node, wrap: Callable[[Node], Node]) -> Node | None:
    """A sign, and factors and divisors that are numbers, put outside of something linear."""
    sign, above, below, rest = _scale(term)
    if rest is term:
        return None
    result = wrap(rest)
    if above is not None:
        result = above * result
    if below is not None:
        result = result / below
    return -result if sign else result


def _scale(term: Node) -> tuple[bool, Node | None, Node | None, Node]:
    """``(negative, above, below, rest)``: the signs and numbers that stand outermost, and what is left."""
    sign, above, below = False, None, None
    for _ in range(MOST_FACTORS):
        if term.op is ew.negative:
            sign, term = not sign, term.inputs[0]
            continue
        if term.op not in (ew.multiply, ew.divide):
            break
        a, b = term.inputs
        if _is_number(b) and a.shape == term.shape and a.shape:
            if term.op is ew.multiply:
                above = b if above is None else above * b
            else:
                below = b if below is None else below * b
            term = a
        elif term.op is ew.multiply and _is_number(a) and b.shape:
            above, term = a if above is None else above * a, b
        else:
            break
    return sign, above, below, term


def _is_number(node: Node) -> bool:
    """One number that may change places."""
    return not node.shape and (node.literal is None or (is_moderate(node) and number(node) != 0))


@REAL.on("mask-twice", ew.where, why="what the mask lets through it need not multiply")
def _mask_twice(node: Node) -> Node | None:
    """``where(m, m * x, 0)`` is ``where(m, x, 0)``."""
    mask, product, other = node.inputs
    if mask.aval.kind != "b" or other.literal is None or other.literal.scalar != 0 or product.op is not ew.multiply:
        return None
    for m, x in (product.inputs, product.inputs[::-1]):
        if m is mask and x.dtype == product.dtype and broadcast(mask.shape, x.shape) == node.shape:
            return ew.where(mask, x, other)
    return None


@REAL.on("scale-out-of-solve", linalg.solve, why="signs and numbers go in front")
def _scale_out_of_solve(node: Node) -> Node | None:
    return _outside(node.inputs[1], lambda rest: linalg.solve(node.inputs[0], rest))


@BITS.on("comparison-with-itself", ew.less, ew.greater, ew.not_equal, ew.equal, ew.less_equal, ew.greater_equal)
def _compared_with_itself(node: Node) -> Node | None:
    """x < x is false, whatever x is; x <= x is true unless x may be nan."""
    a, b = node.inputs
    if a is not b or (node.op not in (ew.less, ew.greater) and a.aval.kind not in "biu"):
        return None
    return red.spread(constant(node.op in (ew.equal, ew.less_equal, ew.greater_equal)), node.shape)


@REAL.on("sum-with-identity", red.sum_, why="of the product with an identity the diagonal is left")
def _sum_with_identity(node: Node) -> Node | None:
    product, axis = node.inputs[0], node.kwargs["axis"]
    if product.op is not ew.multiply or product.ndim != 2 or node.kwargs["keepdims"]:
        return None
    for one, x in (product.inputs, product.inputs[::-1]):
        if one.op is shapes.eye and x.shape == product.shape:
            diagonal = shapes.diagonal(x)
            return diagonal if len(axis) == 1 else red.sum_(diagonal, axis=(0,), keepdims=False)
    return None


@REAL.on("sum-of-diagonal-matrix", red.sum_, why="differs in the sign of a zero only")
def _sum_of_diagonal_matrix(node: Node) -> Node | None:
    """A row, or column, of a diagonal matrix has one element."""
    x, axis, keepdims = node.inputs[0], node.kwargs["axis"], node.kwargs["keepdims"]
    if len(axis) != 1 or x.op not in (shapes.diag, shapes.eye):
        return None
    if x.op is shapes.eye:
        return red.spread(constant(x.dtype.type(1)), node.shape)
    if x.kwargs["k"] != 0:
        return None
    return shapes.expand_dims(x.inputs[0], axis=axis) if keepdims else x.inputs[0]


@REAL.on("diagonal-matrix-of-number", shapes.diag, why="a number times the identity")
def _diagonal_of_number(node: Node) -> Node | None:
    x = node.inputs[0]
    if x.op is not red.broadcast_to or x.inputs[0].literal is None or node.kwargs["k"] != 0 or not x.aval.inexact:
        return None
    if x.inputs[0].shape or not isfinite(number(x.inputs[0])):
        return None
    return x.inputs[0] * shapes.eye(n=x.shape[0], dtype=x.dtype.name)


@BITS.on("real-part-of-real", ew.real, ew.conjugate)
def _real_of_real(node: Node) -> Node | None:
    """A real number is its own real part and conjugate."""
    return node.inputs[0] if node.inputs[0].aval.kind in "fiu" else None


@BITS.on("where-constant", ew.where)
def _where_constant(node: Node) -> Node | None:
    """A condition that is known selects a side."""
    condition, a, b = node.inputs
    if condition.literal is None or condition.shape:
        return None
    chosen = a if condition.literal.value else b
    return red.spread(chosen, node.shape)


@REAL.on("sum-of-scaled", red.sum_, red.mean, why="one product instead of one per element")
def _sum_of_scaled(node: Node) -> Node | None:
    return _outside(node.inputs[0], lambda rest: node.op(rest, **node.kwargs))


@REAL.on("contraction-of-scaled", contraction.einsum, why="signs and numbers go in front of a matrix product")
def _contraction_of_scaled(node: Node) -> Node | None:
    for i, operand in enumerate(node.inputs):
        if extent(node.shape) <= extent(operand.shape) or _scale(operand)[1:3] == (None, None):
            wrapped = _outside(operand, lambda x, i=i: contraction.einsum(*_replaced(node.inputs, i, x), **node.kwargs))  # type: ignore[misc]
            if wrapped is not None:
                return wrapped
    return None


def _replaced(inputs: tuple[Node, ...], i: int, new: Node) -> tuple[Node, ...]:
    return (*inputs[:i], new, *inputs[i + 1 :])


RULES: tuple[Rule, ...] = (
    _leading_axes_outside, _drop_broadcast, _mask_over, _broadcast_outside, *UNITS, *SIGNS, _sign_outside, _constant_in_front, *FACTORS,
    _constant_outside, _real_of_real, _where_constant, _mask_twice, _scale_out_of_view, _scale_out_of_solve,
    _compared_with_itself, _sum_with_identity, _sum_of_diagonal_matrix, _diagonal_of_number, _sum_of_scaled, _contraction_of_scaled,
)  # fmt: skip



@REAL.on("elements-stacked", ew.add, why="differs in the sign of a zero only")
def _elements_stacked(node: Node) -> Node | None:
    """A sum of arrays that are zero but for one element, which cover them all."""
    elements: dict[int, Node] = {}
    stack = [node]
    while stack:
        term = stack.pop()
        if term.op is ew.add:
            stack += reversed(term.inputs)
            continue
        index = term.kwargs["index"] if term.op is shapes.scatter and term.ndim == 1 else ()
        if len(index) != 1 or not isinstance(index[0], int) or term.inputs[0].literal is not None:
            return None
        k = index[0] % int(term.shape[0]) if isinstance(term.shape[0], int) else -1
        elements[k] = elements[k] + term.inputs[0] if k in elements else term.inputs[0]
    if len(elements) != node.shape[0] or -1 in elements:
        return None
    return shapes.stack(*[elements[k] for k in sorted(elements)], axis=0)


def polish(shared: AbstractSet[Node]) -> tuple[Rule, ...]:
    """The last pass: the same values, in the order in which one writes them. What is `shared` keeps its form."""
    once = lambda node: node not in shared  # noqa: E731
    p = Wildcard("p", lambda node: once(node) and node.op in (ew.multiply, ew.divide, ew.subtract))

    def minus(p: Node) -> Node | None:
        a, b = p.inputs
        if p.op is ew.subtract:
            return b - a
        a = _number(-number(a), a) if is_scalar_constant(a) else -a
        return p.op(a, b)

    return (REAL("sign-inside", -p, minus, "differs in the sign of a zero only"), _elements_stacked, *_POLISH)


_POLISH: tuple[Rule, ...] = (
    BITS("minus-sum", (-x) + y, y - x),
    BITS("minus-minus", x - m * y, lambda x, m, y: x + _number(-number(m), m) * y),
    BITS("plus-negative", x + m, lambda x, m: x - _number(-number(m), m)),
    BITS("plus-negative-quotient", x + m / y, lambda x, m, y: x - _number(-number(m), m) / y),
    BITS("plus-minus", x + m * y, lambda x, m, y: x - _number(-number(m), m) * y),
)
POLISH = polish(frozenset())
