"""Rules for stacks: what a row becomes when its inputs carry further axes in front.

``batch(node, inputs, lead)`` is given the row's node, its inputs with axes of lengths `lead` in front of those of the
node's own (an input that is the same for the whole stack is left as it was), and returns the stack of results, of
shape ``lead + node.shape``. The common cases are here; elementwise rows need nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable

from symdiff.graph.dims import Shape
from symdiff.graph.node import Node
from symdiff.graph.op import OPS

Batch = Callable[[Node, tuple[Node, ...], Shape], Node]


def is_stacked(node: Node, inputs: tuple[Node, ...], i: int) -> bool:
    """Whether input `i` carries the axes of the stack."""
    return inputs[i].ndim > node.inputs[i].ndim


def stacked(node: Node, inputs: tuple[Node, ...], lead: Shape) -> tuple[Node, ...]:
    """The inputs, those that are the same for the whole stack repeated."""
    return tuple(
        x if is_stacked(node, inputs, i) or not lead else OPS["broadcast_to"](x, shape=(*lead, *x.shape))
        for i, x in enumerate(inputs)
    )


def aligned(x: Node, stack: int, ndim: int) -> Node:
    """`x`, which has `stack` axes in front, with axes of length 1 behind them, so that `ndim` follow."""
    new = stack + ndim - x.ndim
    return OPS["expand_dims"](x, axis=tuple(range(stack, stack + new))) if new else x


def broadcasting(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """The same operation on aligned inputs: elementwise rows, and rows that broadcast as these do."""
    b = len(lead)
    ndim = node.parts[0].ndim if node.parts else node.ndim
    operands = [aligned(x, b, ndim) if is_stacked(node, inputs, i) else x for i, x in enumerate(inputs)]
    return Node(node.op, tuple(operands), node.params)


def stacks(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """The same operation: rows that read the last axes, and do so for each item of a stack by themselves."""
    return Node(node.op, stacked(node, inputs, lead), node.params)


def shift_axes(*names: str) -> Batch:
    """The same operation, the parameters `names` (an axis, or several) counted behind those of the stack."""

    def rule(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
        b, params = len(lead), node.kwargs
        for name in names:
            axis = params[name]
            params[name] = axis + b if isinstance(axis, int) else tuple(k + b for k in axis)
        return node.op(*stacked(node, inputs, lead), **params)

    return rule
