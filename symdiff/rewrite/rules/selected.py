"""What a condition selects among what is put in place: numbers are selected, and not arrays of zeros with them in it.

A derivative takes the sides of a branch one by one, each among zeros. Together they are one selection again.
"""

from __future__ import annotations

from math import isfinite

from symdiff.graph.node import Node, constant
from symdiff.graph.op import Op
from symdiff.ops import elementwise as ew, gathering, reductions as red, shapes
from symdiff.rewrite.rule import BITS, REAL, Rule, is_scalar_constant, number

PLACING = (gathering.scatter_add, shapes.scatter)
SIGN = "differs in the sign of a zero only"


@REAL.on("sum-at-one-place", ew.add, ew.subtract, among=PLACING, why="what is put at the same places is added first")
def _sum_at_one_place(node: Node) -> Node | None:
    """Elements that are put among zeros at the same places are added before."""
    a, b = node.inputs
    same = a.op in PLACING and a.op is b.op and a.params == b.params and a.inputs[1:] == b.inputs[1:]
    if not same or a.inputs[0].shape != b.inputs[0].shape:
        return None
    return a.op(node.op(a.inputs[0], b.inputs[0]), *a.inputs[1:], **a.kwargs)


@REAL.on("selected-in-place", ew.where, why=SIGN)
def _selected_in_place(node: Node) -> Node | None:
    """What is put in place on one side of a branch, and is zero on the other, is selected before that."""
    condition, *sides = node.inputs
    zeros = [red.is_zero(x) for x in sides]
    if condition.shape or zeros.count(True) != 1:
        return None
    k = zeros.index(False)

    def selected(x: Node) -> Node:
        zero = red.spread(constant(x.dtype.type(0)), x.shape)
        return ew.where(condition, *((x, zero) if k == 0 else (zero, x)))

    x = sides[k]
    if x.op in PLACING:
        return x.op(selected(x.inputs[0]), *x.inputs[1:], **x.kwargs)
    if x.op in (ew.add, ew.subtract) and x.shape and any(y.op in PLACING for y in x.inputs):
        return x.op(*map(selected, x.inputs))
    return None


@BITS.on("selected-factor", ew.where, why="the side that is selected is computed as before")
def _selected_factor(node: Node) -> Node | None:
    """``x * a if c else x * b`` is ``x * (a if c else b)``."""
    condition, yes, no = node.inputs
    if condition.shape or yes.op is not no.op or yes.op not in (ew.multiply, ew.negative) or yes.aval is not no.aval:
        return None
    pairs = list(zip(yes.inputs, no.inputs, strict=True))
    other = [k for k, (a, b) in enumerate(pairs) if a is not b]
    if yes.op is ew.multiply and len(other) == 2 and (common := set(yes.inputs) & set(no.inputs)):
        x = next(y for y in yes.inputs if y in common)
        pairs, other = [(x, x), *[(_beside(yes, x), _beside(no, x))]], [1]
    if len(other) != 1 or pairs[other[0]][0].aval is not pairs[other[0]][1].aval:
        return None
    return yes.op(*[a if a is b else ew.where(condition, a, b) for a, b in pairs])


@REAL.on("mask-of-clipped", ew.multiply, among=(ew.greater, ew.less), why="it is zero where the mask is", arrays=True)
def _mask_of_clipped(node: Node) -> Node | None:
    """``(x > 0) * np.maximum(x, 0)`` is ``np.maximum(x, 0)``, and so is that of its powers."""
    for mask, y in (node.inputs, node.inputs[::-1]):
        if mask.op not in (ew.greater, ew.less) or y.shape != node.shape or y.dtype != node.dtype:
            continue
        of = _power_of(y)
        side = ew.maximum if mask.op is ew.greater else ew.minimum
        x, bound = mask.inputs
        if bound.literal is not None and red.is_zero(bound) and _is_clipped(of, side, x):
            return y
    return None


@REAL.on("guard-times-guarded", ew.multiply, among=(ew.where,), why="zero times any number is zero")
def guard_times_guarded(node: Node) -> Node | None:
    """``s * np.where(s == 0, 1.0, s)`` is ``s**2``: a divisor that is zero in spite of its guard."""
    for s, guarded in (node.inputs, node.inputs[::-1]):
        if guarded.op is not ew.where or guarded.inputs[2] is not s or guarded.inputs[0].op is not ew.equal:
            continue
        a, b = guarded.inputs[0].inputs
        moderate = is_scalar_constant(guarded.inputs[1]) and isfinite(number(guarded.inputs[1]))
        if moderate and s in (a, b) and red.is_zero(b if a is s else a):
            return ew.square(s)
    return None


def _power_of(y: Node) -> Node:
    """What `y` is a positive power of, or y."""
    if y.op is ew.square:
        return y.inputs[0]
    is_power = y.op is ew.power and is_scalar_constant(y.inputs[1]) and number(y.inputs[1]) > 0
    return y.inputs[0] if is_power else y


def _is_clipped(y: Node, side: Op, x: Node) -> bool:
    if y.op is ew.relu:
        return side is ew.maximum and y.inputs[0] is x
    return y.op is side and x in y.inputs and any(z.literal is not None and red.is_zero(z) for z in y.inputs)


def _beside(product: Node, x: Node) -> Node:
    """The other factor."""
    a, b = product.inputs
    return b if a is x else a


RULES: tuple[Rule, ...] = (_sum_at_one_place, _selected_in_place, _selected_factor, _mask_of_clipped)
