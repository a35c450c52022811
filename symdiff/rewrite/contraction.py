"""Views and contractions: transposes, reshapes and broadcasts vanish into what uses them."""

from __future__ import annotations

from symdiff.graph.dims import size
from symdiff.graph.node import Node
from symdiff.ops import reductions as red, shapes
from symdiff.ops.contraction import contract, einsum, split_subscripts
from symdiff.rewrite.rule import BITS, REAL, Rule


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


@BITS.on("squeeze-of-reduction", shapes.squeeze)
def _squeeze_of_reduction(node: Node) -> Node | None:
    """Axes that a reduction keeps need not be kept first."""
    x = node.inputs[0]
    if x.kwargs.get("keepdims") and x.kwargs["axis"] == node.kwargs["axis"]:
        return x.op(*x.inputs, **{**x.kwargs, "keepdims": False})
    return None


@BITS.on("flip-flip", shapes.flip)
def _flip(node: Node) -> Node | None:
    """Reversing twice changes nothing."""
    x = node.inputs[0]
    return x.inputs[0] if x.op is shapes.flip and x.params == node.params else None


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


@REAL.on("contract-transposed", einsum, why="no copy; a product may be summed in another order")
def _through_transposes(node: Node) -> Node | None:
    """A transposed operand, or result, is a matter of labels."""
    if not any(x.op is shapes.permute for x in node.inputs):
        return None
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    return contract(node.inputs[0], a, node.inputs[1], b, out)


@REAL.on("transpose-of-contraction", shapes.permute, why="no copy; a product may be summed in another order")
def _transposed_result(node: Node) -> Node | None:
    """The transpose of a product is the product of transposes in the other order."""
    x = node.inputs[0]
    if x.op is not einsum:
        return None
    a, b, out = split_subscripts(x.kwargs["subscripts"])
    return contract(*_pairs(x, a, b), "".join(out[k] for k in node.kwargs["axes"]))


def _pairs(x: Node, a: str, b: str) -> tuple[Node, str, Node, str]:
    return x.inputs[0], a, x.inputs[1], b


@REAL.on("contract-identity", einsum, why="an identity matrix renames an axis")
def _identity(node: Node) -> Node | None:
    labels = list(split_subscripts(node.kwargs["subscripts"]))
    for i, delta in enumerate(node.inputs):
        if delta.op is not shapes.eye:
            continue
        p, q = labels[i][0], labels[i][1]
        other, theirs, out = node.inputs[1 - i], labels[1 - i], labels[2]
        for gone, stays in ((p, q), (q, p)):
            if gone in theirs and gone not in out and stays not in theirs:
                renamed = theirs.replace(gone, stays)
                order = tuple(renamed.index(label) for label in out)
                return other if order == tuple(range(len(order))) else shapes.permute(other, axes=order)
    return None


@REAL.on("contract-broadcast", einsum, why="what is the same along an axis need not be multiplied along it")
def _broadcast_operand(node: Node) -> Node | None:
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    for i, (x, mine, theirs) in enumerate(((node.inputs[0], a, b), (node.inputs[1], b, a))):
        core, kept = _core(x)
        labels = "".join(mine[k] for k in kept)
        if core is x:
            continue
        other, left = node.inputs[1 - i], "".join(label for label in out if label in labels + theirs)
        pair = (core, labels, other, theirs) if i == 0 else (other, theirs, core, labels)
        result = contract(*pair, left)
        new = tuple(k for k, label in enumerate(out) if label not in left)
        return red.spread(shapes.expand_dims(result, axis=new), node.shape) if new else result
    return None


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


@REAL.on("sum-of-broadcast", red.sum_, why="a sum of equal terms is a product")
def _sum_of_broadcast(node: Node) -> Node | None:
    x, axis = node.inputs[0], node.kwargs["axis"]
    core, kept = _core(x)
    if core is x or node.kwargs["keepdims"] or any(k in kept for k in axis) or not x.aval.inexact:
        return None
    shape = tuple(1 if k not in kept else n for k, n in enumerate(x.shape) if k not in axis)
    return red.spread(shapes.reshape(core, shape=shape), node.shape) * size(x.shape[k] for k in axis)


RULES: tuple[Rule, ...] = (
    _transpose, _reshape, _expand_squeeze, _flip, _squeeze_of_reduction, _expand_broadcast, _broadcast,
    _through_transposes, _transposed_result, _identity, _broadcast_operand, _sum_of_broadcast,
)  # fmt: skip
