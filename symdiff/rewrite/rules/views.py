"""Views and contractions: transposes, reshapes and broadcasts vanish into what uses them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from math import isfinite

from symdiff.graph.dims import size
from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.contraction import contract, einsum, split_subscripts
from symdiff.ops.index import Slice
from symdiff.rewrite.rule import BITS, REAL, Rule, is_scalar_constant, number


@BITS.on("transpose-transpose", shapes.permute)
def _transpose(node: Node) -> Node | None:
    """Two transposes are one; one that changes nothing is none."""
    x, axes = node.inputs[0], node.kwargs["axes"]
    if axes == tuple(range(len(axes))):
        return x
    if x.op is shapes.permute:
        inner = x.kwargs["axes"]
        return shapes.permute(x.inputs[0], axes=tuple(inner[k] for k in axes))
    return None


@BITS.on("reshape-reshape", shapes.reshape)
def _reshape(node: Node) -> Node | None:
    """Two reshapes are one; one that changes nothing is none."""
    x = node.inputs[0]
    if x.shape == node.shape:
        return x
    return (
        shapes.reshape(x.inputs[0], shape=node.shape)
        if x.op in (shapes.reshape, shapes.expand_dims, shapes.squeeze)
        else None
    )


@BITS.on("expand-squeeze", shapes.expand_dims, shapes.squeeze)
def _expand_squeeze(node: Node) -> Node | None:
    """Inserting and removing the same axes."""
    x, other = node.inputs[0], shapes.squeeze if node.op is shapes.expand_dims else shapes.expand_dims
    if x.op is other and x.params == node.params:
        return x.inputs[0]
    return None


@BITS.on("flip-flip", shapes.flip)
def _flip(node: Node) -> Node | None:
    """Reversing twice, or a single element, changes nothing, and what is rolled between is rolled the other way."""
    x, axis = node.inputs[0], node.kwargs["axis"]
    turned = tuple(k for k in axis if x.shape[k] not in (0, 1))
    if turned != axis:
        return shapes.flip(x, axis=turned) if turned else x
    if x.op is shapes.roll and (x.kwargs["axis"],) == axis and x.inputs[0].op is shapes.flip:
        inner = x.inputs[0]
        shift = -x.kwargs["shift"]
        return shapes.roll(inner.inputs[0], shift=shift, axis=axis[0]) if inner.params == node.params else None
    return x.inputs[0] if x.op is shapes.flip and x.params == node.params else None


@BITS.on("backwards", shapes.getitem)
def _backwards(node: Node) -> Node | None:
    """``x[::-1]`` is a flip, which another one undoes."""
    index, turned = node.kwargs["index"], Slice(None, None, -1)
    if turned not in index or any(item not in (Slice(), turned) for item in index):
        return None
    return shapes.flip(node.inputs[0], axis=tuple(k for k, item in enumerate(index) if item == turned))


@BITS.on("broadcast-broadcast", red.broadcast_to)
def _broadcast(node: Node) -> Node | None:
    """Two broadcasts are one; leading axes need not be inserted first."""
    x = node.inputs[0]
    if x.op is red.broadcast_to:
        return red.spread(x.inputs[0], node.shape)
    if x.op is shapes.expand_dims and x.kwargs["axis"] == tuple(range(len(x.kwargs["axis"]))):
        return red.spread(x.inputs[0], node.shape)
    return x if x.shape == node.shape else None


@BITS.on("expand-broadcast", shapes.expand_dims)
def _expand_broadcast(node: Node) -> Node | None:
    """One number everywhere has any shape."""
    x = node.inputs[0]
    return red.spread(x.inputs[0], node.shape) if x.op is red.broadcast_to and not x.inputs[0].shape else None


@BITS.on("transposed-outer", shapes.permute)
def _transposed_outer(node: Node) -> Node | None:
    """``(a[:, None] * b).T`` is ``b[:, None] * a``."""
    x = node.inputs[0]
    if node.ndim != 2 or node.kwargs["axes"] != (1, 0):
        return None
    if x.op is einsum and x.kwargs["subscripts"] == "a,b->ab":
        return einsum(x.inputs[1], x.inputs[0], subscripts="a,b->ab")
    if x.op is not ew.multiply or x.inputs[0].op is not shapes.expand_dims or x.inputs[1].ndim != 1:
        return None
    column, b = x.inputs
    a = column.inputs[0]
    return shapes.expand_dims(b, axis=(1,)) * a if a.ndim == 1 and column.kwargs["axis"] == (1,) else None


@REAL.on("contract-transposed", einsum, why="no copy; a product may be summed in another order")
def _through_transposes(node: Node) -> Node | None:
    """A transposed operand, or result, is a matter of labels."""
    if not any(x.op is shapes.permute for x in node.inputs):
        return None
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    return contract(node.inputs[0], a, node.inputs[1], b, out)


@REAL.on("sum-of-one", red.sum_, why="there is nothing to add")
def _sum_of_one(node: Node) -> Node | None:
    x, axis = node.inputs[0], node.kwargs["axis"]
    if not axis or not x.aval.inexact or any(x.shape[k] != 1 for k in axis):
        return None
    return x if node.kwargs["keepdims"] else shapes.squeeze(x, axis=axis)


@REAL.on("sum-of-broadcast", red.sum_, why="a sum of equal terms is a product")
def _sum_of_broadcast(node: Node) -> Node | None:
    x, axis = node.inputs[0], node.kwargs["axis"]
    core, kept = _core(x)
    if core is x or node.kwargs["keepdims"] or any(k in kept for k in axis) or not x.aval.inexact:
        return None
    if size(x.shape[k] for k in axis) == 0:  # 0, even if the terms were infinite
        return None
    shape = tuple(1 if k not in kept else n for k, n in enumerate(x.shape) if k not in axis)
    return red.spread(shapes.reshape(core, shape=shape), node.shape) * size(x.shape[k] for k in axis)


def _core(x: Node) -> tuple[Node, list[int]]:
    """What was broadcast to give `x`, and which axes of `x` it has."""
    if x.op is not red.broadcast_to:
        return x, list(range(x.ndim))
    core = x.inputs[0]
    lead = x.ndim - core.ndim
    stretched = [k for k in range(core.ndim) if core.shape[k] != x.shape[k + lead]]
    if stretched:
        core = shapes.squeeze(core, axis=tuple(stretched))
    return core, [k + lead for k in range(x.ndim - lead) if k not in stretched]


def diagonal_of_elementwise(shared: AbstractSet[Node]) -> Rule:
    """The rule where what is `shared` is computed as a whole anyway."""

    @REAL.on("diagonal-of-elementwise", shapes.diagonal, why="nothing is computed that is left out")
    def diagonal(node: Node) -> Node | None:
        """``np.diagonal(np.exp(A) / v)`` is ``np.exp(np.diagonal(A)) / v``."""
        x = node.inputs[0]
        if x in shared or x.op.family != "elementwise" or x.aval.parts:
            return None
        parts = [_on_diagonal(each, x) for each in x.inputs]
        return None if None in parts else x.op(*parts, **x.kwargs)

    return diagonal


def _on_diagonal(x: Node, whole: Node) -> Node | None:
    """What stands beside the diagonal of a square matrix in an elementwise operation."""
    if not x.shape or (x.ndim == 1 and whole.ndim == 2):
        return x
    return shapes.diagonal(x) if x.shape == whole.shape else None


@BITS.on("diagonal-of-transposed", shapes.diagonal, among=(shapes.permute, shapes.tril, shapes.triu))
def _diagonal_of_transposed(node: Node) -> Node | None:
    """A matrix, its transpose, and its triangles have one diagonal."""
    x = node.inputs[0]
    if x.op is shapes.permute and x.kwargs["axes"] == (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2):
        return shapes.diagonal(x.inputs[0])
    k = x.kwargs["k"] if x.op is shapes.tril else -x.kwargs["k"] if x.op is shapes.triu else -1
    return shapes.diagonal(x.inputs[0]) if k >= 0 else None


@BITS.on("diagonal-of-diagonal-matrix", shapes.diagonal, among=(shapes.diag,), why="what was put there")
def _diagonal_of_diagonal_matrix(node: Node) -> Node | None:
    x = node.inputs[0]
    return x.inputs[0] if x.op is shapes.diag and not x.kwargs["k"] else None


@REAL.on("sum-of-diagonals", ew.add, ew.subtract, among=(shapes.diag,), why="nothing is added off the diagonal")
def _sum_of_diagonals(node: Node) -> Node | None:
    a, b = node.inputs
    if a.op is not shapes.diag or b.op is not shapes.diag or a.params != b.params or a.shape != b.shape:
        return None
    return shapes.diag(node.op(a.inputs[0], b.inputs[0]), **a.kwargs)


@REAL.on(
    "scaled-diagonal", ew.multiply, ew.negative, among=(shapes.diag,), why="nothing is multiplied off the diagonal"
)
def _scaled_diagonal(node: Node) -> Node | None:
    x = node.inputs[-1]
    if x.op is not shapes.diag or not all(is_scalar_constant(c) and isfinite(number(c)) for c in node.inputs[:-1]):
        return None
    return shapes.diag(node.op(*node.inputs[:-1], x.inputs[0]), **x.kwargs)


@BITS.on("transpose-last", ew.add, among=(shapes.permute,))
def _transpose_last(node: Node) -> Node | None:
    """A + A.T rather than A.T + A."""
    a, b = node.inputs
    return ew.add(b, a) if a.op is shapes.permute and a.inputs[0] is b else None


RULES: tuple[Rule, ...] = (
    _transpose, _transposed_outer, _reshape, _expand_squeeze, _flip, _backwards, _expand_broadcast, _broadcast,
    _through_transposes, _sum_of_one, _sum_of_broadcast, _diagonal_of_transposed,
    _diagonal_of_diagonal_matrix, _sum_of_diagonals, _scaled_diagonal, _transpose_last,
)  # fmt: skip
