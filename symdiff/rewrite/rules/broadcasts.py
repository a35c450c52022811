"""Shapes: broadcasts, views, reductions and signs go where they cost least.

Axes of length 1 and broadcasts move outward, since most of what they meet does not need them; signs and numbers move
out of what is linear, since there they meet others.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from symdiff.graph.aval import broadcast
from symdiff.graph.node import LENGTH, Node, constant
from symdiff.ops import contraction, elementwise as ew, linalg, reductions as red, shapes
from symdiff.rewrite.regroup.chains import extent
from symdiff.rewrite.rule import BITS, REAL, Rule, is_scalar_constant, number
from symdiff.rewrite.rules.algebra import is_moderate, replaced

MOST_FACTORS = 16  # of a chain that is looked through


@BITS.on("drop-broadcast", among=(red.broadcast_to, shapes.expand_dims))
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
        if leads(axis):
            return node.inputs[0]
    return node


def leads(axis: tuple[int, ...]) -> bool:
    """Whether these are the first axes."""
    return axis == tuple(range(len(axis)))


@BITS.on("leading-axes-outside", arrays=True)
def _leading_axes_outside(node: Node) -> Node | None:
    """Axes of length 1 in front come last: most of what they meet does not need them."""
    if (
        node.params
        and node.kwargs.get("keepdims")
        and node.ndim
        and leads(axis := node.kwargs["axis"])
        and len(axis) < node.ndim
    ):
        return shapes.expand_dims(node.op(*node.inputs, **{**node.kwargs, "keepdims": False}), axis=axis)
    if node.op.family != "elementwise" or not node.shape:
        return None
    lifted = [x for x in node.inputs if x.op is shapes.expand_dims and leads(x.kwargs["axis"])]
    axes = {x.kwargs["axis"] for x in lifted}
    if len(axes) != 1 or any(x.shape and x not in lifted for x in node.inputs):
        return None
    cores = [x.inputs[0] if x in lifted else x for x in node.inputs]
    return shapes.expand_dims(node.op(*cores, **node.kwargs), axis=axes.pop())


@BITS.on("broadcast-outside", arrays=True)
def _broadcast_outside(node: Node) -> Node | None:
    """An operation on numbers that were broadcast is a number that is broadcast."""
    if node.op.family != "elementwise" or not node.shape:
        return None
    cores = [x.inputs[0] if x.op is red.broadcast_to else x for x in node.inputs]
    if any(core.shape for core in cores):
        return None
    outside = red.spread(node.op(*cores, **node.kwargs), node.shape)
    return outside if outside.dtype == node.dtype else None  # numbers of Python's alone may have another


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
    if node.op is shapes.expand_dims and leads(node.kwargs["axis"]):
        return None  # such an axis stays outermost
    return _outside(node.inputs[0], lambda rest: node.op(rest, **node.kwargs))


def _outside(term: Node, wrap: Callable[[Node], Node]) -> Node | None:
    """A sign, and factors and divisors that are numbers, put outside of something linear."""
    sign, above, below, rest = _scale(term)
    is_mask = rest.aval.kind == "b" and above is not None
    if rest is term or not (rest.aval.inexact or is_mask):  # -i of bytes is no negative number
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


@REAL.on("scale-out-of-solve", linalg.solve, why="signs and numbers go in front")
def _scale_out_of_solve(node: Node) -> Node | None:
    return _outside(node.inputs[1], lambda rest: linalg.solve(node.inputs[0], rest))


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


@REAL.on("plus-sum-of-centred", ew.add, ew.subtract, arrays=True, why="deviations from a mean add up to 0")
def _plus_sum_of_centred(node: Node) -> Node | None:
    """``y - sum(x - mean(x))`` is y, and so it is with multiples of deviations."""
    y, total = node.inputs
    if _adds_centred(total) and y.aval is node.aval:
        return y
    if _adds_centred(y) and total.aval is node.aval:
        return total if node.op is ew.add else -total
    return None


def _adds_centred(x: Node) -> bool:
    """Whether it is a multiple of a sum, or mean, of deviations from a mean."""
    for _ in range(MOST_FACTORS):
        if x.op in (red.sum_, red.mean):
            return x.aval.inexact and any(_is_centred(x.inputs[0], k) for k in x.kwargs["axis"])
        if x.op in (ew.negative, shapes.expand_dims, red.broadcast_to):
            x = x.inputs[0]
        elif x.op is ew.multiply and is_scalar_constant(x.inputs[0]) and isfinite(number(x.inputs[0])):
            x = x.inputs[1]
        elif x.op is ew.divide and (x.inputs[1].op is LENGTH or x.inputs[1].literal is not None):
            x = x.inputs[0]
        else:
            return False
    return False


def _is_centred(x: Node, axis: int) -> bool:
    """Whether an array is linear in deviations from a mean along this axis, and in nothing else."""
    stack = [(x, axis)]
    for _ in range(MOST_FACTORS):
        if not stack:
            return True
        x, axis = stack.pop()
        if _is_deviation(x, axis):
            continue
        if x.op in (ew.add, ew.subtract) and all(y.shape == x.shape for y in x.inputs):
            stack += [(y, axis) for y in x.inputs]
            continue
        found = _linear_operand(x, axis)
        if found is None:
            return False
        stack.append(found)
    return False


def _is_deviation(x: Node, axis: int) -> bool:
    if x.op is not ew.subtract:
        return False
    a, mean = x.inputs
    mean = mean.inputs[0] if mean.op is shapes.expand_dims else mean
    return mean.op is red.mean and mean.kwargs["axis"] == (axis,) and mean.inputs[0] is a and a.shape == x.shape


def _linear_operand(x: Node, axis: int) -> tuple[Node, int] | None:
    """The only operand of `x` that changes along an axis, if `x` is linear in it, and the axis there."""
    if x.op is ew.negative:
        return x.inputs[0], axis
    if x.op is contraction.einsum:
        *labels, out = contraction.split_subscripts(x.kwargs["subscripts"])
        holding = [k for k, each in enumerate(labels) for label in each if label == out[axis]]
        return (x.inputs[holding[0]], labels[holding[0]].index(out[axis])) if len(holding) == 1 else None
    if x.op not in (ew.multiply, ew.divide):
        return None
    changing = [k for k, y in enumerate(x.inputs) if not _is_constant_along(y, axis - x.ndim)]
    whole = x.inputs[changing[0]] if changing in ([0], [1]) else None
    is_linear = whole is not None and whole.shape == x.shape and not (x.op is ew.divide and changing == [1])
    return (whole, axis) if is_linear and whole is not None else None


def _is_constant_along(x: Node, axis: int) -> bool:
    """Whether an operand is stretched along an axis, counted from the last."""
    return x.ndim < -axis or x.shape[axis] == 1


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


@REAL.on("sum-of-scaled", red.sum_, red.mean, why="one product instead of one per element")
def _sum_of_scaled(node: Node) -> Node | None:
    return _outside(node.inputs[0], lambda rest: node.op(rest, **node.kwargs))


@REAL.on("contraction-of-scaled", contraction.einsum, why="signs and numbers go in front of a matrix product")
def _contraction_of_scaled(node: Node) -> Node | None:
    for i, operand in enumerate(node.inputs):
        if extent(node.shape) <= extent(operand.shape) or _scale(operand)[1:3] == (None, None):
            wrapped = _outside(operand, lambda x, i=i: contraction.einsum(*replaced(node.inputs, i, x), **node.kwargs))  # type: ignore[misc]
            if wrapped is not None:
                return wrapped
    return None


RULES: tuple[Rule, ...] = (
    _leading_axes_outside, _drop_broadcast, _broadcast_outside, _scale_out_of_view, _scale_out_of_solve,
    _sum_with_identity, _plus_sum_of_centred, _sum_of_diagonal_matrix, _diagonal_of_number, _sum_of_scaled,
    _contraction_of_scaled,
)  # fmt: skip
