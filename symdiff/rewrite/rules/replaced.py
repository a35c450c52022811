"""What is left of an array of which parts are replaced: where all that is not zero is replaced, or all else by zeros.

The derivative of an array that is filled row by row is such a one: what arrives at a row is taken out of it, and zeros
are left there.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np

from symdiff.graph.dims import Shape
from symdiff.graph.node import Node, constant
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.assignment import assign, relation
from symdiff.ops.index import Index, Item, Slice, are_among, indexed_shape, is_basic, lies_in, places
from symdiff.rewrite.rule import BITS, REAL, Rule

SIGN = "differs in the sign of a zero only"


@REAL.on("replaced-as-a-whole", assign, among=(shapes.scatter, ew.add), why=SIGN)
def _replaced_as_a_whole(node: Node) -> Node | None:
    """``y = np.zeros(n); y[2] = v; y[1:4] = w`` needs no v, nor does ``y = x.copy(); y[2] += v; y[1:4] = w``."""
    x, *values = node.inputs
    indices = node.kwargs["indices"]
    if x.op is ew.add:
        left = [y for y in x.inputs if not _is_replaced(y, indices)]
        return assign(left[0], *values, indices=indices) if len(left) == 1 and left[0].aval is x.aval else None
    if not _is_replaced(x, indices):
        return None
    zeros = red.spread(constant(x.dtype.type(0)), x.shape)
    return zeros if all(map(red.is_zero, values)) else assign(zeros, *values, indices=indices)


def _is_replaced(x: Node, indices: tuple[Index, ...]) -> bool:
    """Whether all that is not zero is replaced."""
    return x.op is shapes.scatter and any(lies_in(x.kwargs["index"], index, x.shape) for index in indices)


@BITS.on("zeros-among-zeros", assign, among=(shapes.scatter,), why="zeros are replaced by zeros")
def _zeros_among_zeros(node: Node) -> Node | None:
    """``y = np.zeros(n); y[2] = v; y[4] = 0``."""
    x, *values = node.inputs
    if x.op is not shapes.scatter or not all(map(red.is_zero, values)) or not all(_is_plain(v) for v in values):
        return None
    apart = all(relation(x.kwargs["index"], index, x.shape) == "apart" for index in node.kwargs["indices"])
    return x if apart else None


def _is_plain(zero: Node) -> bool:
    """Whether a zero has no sign: what is scattered stands among zeros that have none."""
    literal = (zero.inputs[0] if zero.op is red.broadcast_to else zero).literal
    return literal is not None and not any(np.signbit(part).any() for part in (literal.value.real, literal.value.imag))


@REAL.on("all-but-zeroed", assign, why=SIGN)
def _all_but_zeroed(node: Node) -> Node | None:
    """``y = x.copy(); y[1:] = 0`` is zeros but for ``x[0]``."""
    x, [index, *more] = node.inputs[0], node.kwargs["indices"]
    if more or not red.is_zero(node.inputs[1]) or not _is_plain(node.inputs[1]) or not is_basic(index):
        return None
    cut = [k for k, item in enumerate(index) if item != Slice()]
    n = x.shape[cut[0]] if len(cut) == 1 else None
    zeroed = places(index[cut[0]], n) if n is not None else None
    if not isinstance(n, int) or not zeroed or zeroed.step != 1 or 2 * len(zeroed) < n or len(zeroed) == n:
        return None
    first, last = zeroed[0], zeroed[-1]
    if first and last < n - 1:
        return None
    kept = Slice(None, first) if first else Slice(last + 1, None)
    item = (0 if first else -1) if len(zeroed) == n - 1 else kept
    left = tuple(item if k == cut[0] else Slice() for k in range(x.ndim))
    return shapes.scatter(shapes.getitem(x, index=left), shape=x.shape, index=left)


@REAL.on("part-of-scattered", shapes.getitem, among=(shapes.scatter,), why=SIGN)
def _part_of_scattered(node: Node) -> Node | None:
    """``y = np.zeros((3, 2)); y[2] = v; y[1:]`` is zeros with v at ``[1]``."""
    x, index = node.inputs[0], node.kwargs["index"]
    if x.op is not shapes.scatter or not (is_basic(index) and is_basic(x.kwargs["index"])):
        return None
    if relation(index, x.kwargs["index"], x.shape) == "apart":
        return red.spread(constant(x.dtype.type(0)), node.shape)
    if x.inputs[0].shape == indexed_shape(x.shape, x.kwargs["index"]):
        inside = _inside(index, x.kwargs["index"], x.shape)
        if inside is not None:
            return _cut(x.inputs[0], inside)
    left: list[int | Slice] = []
    for put, item, n in zip(x.kwargs["index"], index, x.shape, strict=True):
        if item == Slice():
            left.append(put)
            continue
        picked = places(item, n)
        if picked is None or not isinstance(put, int):
            return None
        if put % n not in picked:  # type: ignore[operator]
            return red.spread(constant(x.dtype.type(0)), node.shape)
        if isinstance(item, Slice):
            left.append(picked.index(put % n))  # type: ignore[operator]
    if all(item == Slice() for item in left):
        return x.inputs[0] if x.inputs[0].shape == node.shape else None
    return shapes.scatter(x.inputs[0], shape=node.shape, index=tuple(left))


def part_of_replaced(shared: AbstractSet[Node]) -> Rule:
    """The rule for a graph in which these nodes are used more than once: what is filled anyway is read from."""

    @BITS.on("part-of-replaced", shapes.getitem, among=(assign,), why="the rest is not needed for it")
    def part_of(node: Node) -> Node | None:
        """``y = x.copy(); y[1:] = v; y[1:]`` is v, ``y[3]`` is ``v[2]`` and ``y[0]`` is ``x[0]``."""
        y = node.inputs[0]
        return None if y.op is not assign or y in shared else _put_there(node)

    return part_of


def _put_there(node: Node) -> Node | None:
    """A part of an array whose parts are replaced, taken from where it comes."""
    y, index = node.inputs[0], node.kwargs["index"]
    if not is_basic(index):
        return None
    x, *parts = y.inputs
    for where, part in zip(y.kwargs["indices"], parts, strict=True):
        if relation(index, where, y.shape) == "apart":
            continue
        inside = _inside(index, where, y.shape)
        if inside is None or part.dtype != node.dtype:
            return None
        found = _cut(red.spread(part, indexed_shape(y.shape, where)), inside)
        return found if found.aval == node.aval else None
    return shapes.getitem(x, index=index)


def _cut(x: Node, index: Index) -> Node:
    return x if all(item == Slice() for item in index) else shapes.getitem(x, index=index)


def _inside(part: Index, whole: Index, shape: Shape) -> Index | None:
    """Where what one index picks lies in what another one picks, if it lies in there."""
    found = list[Item]()
    for p, q, n in zip(part, whole, shape, strict=True):
        if q == Slice():
            found.append(p)
        elif p == q:
            found += [] if isinstance(p, int) else [Slice()]
        else:
            inner, outer = places(p, n), places(q, n)
            if not inner or outer is None or isinstance(q, int) or not are_among(inner, outer) or inner.step < 0:
                return None
            first, last = outer.index(inner[0]), outer.index(inner[-1])
            cut = Slice(first, last + 1, max(1, inner.step // outer.step))
            found.append(first if isinstance(p, int) else Slice() if cut == Slice(0, len(outer), 1) else cut)
    return tuple(found)


RULES: tuple[Rule, ...] = (
    _part_of_scattered,
    _replaced_as_a_whole,
    _zeros_among_zeros,
    _all_but_zeroed,
)
