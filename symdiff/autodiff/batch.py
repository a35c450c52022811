"""Batching: a graph for one value becomes a graph for a stack of values, with no loop in it.

Nodes that do not depend on a stack stay as they are; the others get the stack's axes in front, each by the rule of its
row (`symdiff.ops.batching`). Any of the inputs may be stacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symdiff.errors import SymdiffError, UnsupportedError
from symdiff.graph.aval import Aval, Avals
from symdiff.graph.dims import Shape
from symdiff.graph.node import Node
from symdiff.graph.walk import between, without_collector
from symdiff.ops.reductions import spread


def batch(outputs: Sequence[Node], stacks: Mapping[Node, Node], lead: Shape) -> tuple[Node, ...]:
    """`outputs` for every item of the stacks at once, with axes of lengths `lead` in front.

    Args:
        outputs: nodes.
        stacks: for nodes that they depend on, what takes their place: of shape ``lead + node.shape``, same dtype.
        lead: the axes of the stack.

    Raises:
        UnsupportedError: if a row on the way has no rule for stacks.

    >>> from symdiff.graph.node import variable
    >>> x, many = variable("x", Aval("float64", (3,))), variable("many", Aval("float64", (5, 3)))
    >>> batch([x * x], {x: many}, (5,))
    (<multiply: f64[5,3]>,)
    """
    with without_collector():
        table = dict(stacks)
        for node in between(stacks, *outputs):
            if node in table:
                continue
            result = _stacked(node, tuple(table.get(x, x) for x in node.inputs), lead)
            if isinstance(result, tuple):
                table.update(zip(node.parts, result, strict=True))
            else:
                table[node] = result
        return tuple(table[y] if y in table else spread(y, (*lead, *y.shape)) for y in outputs)


def _stacked(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node | tuple[Node, ...]:
    if node.op.batch is None:
        raise UnsupportedError(
            f"{node.op.name} has no rule for a stack of inputs, which Jacobians and Hessians need",
            help="pass batch=… where the row is made; symdiff.ops.batching has the common cases",
        )
    result = node.op.batch(node, inputs, lead)
    pairs = zip(result, node.parts, strict=True) if isinstance(result, tuple) else [(result, node)]
    for new, old in pairs:
        if new.aval is not stack_of(old.aval, lead):
            raise SymdiffError(f"the rule of {node.op.name} for stacks gave {new.aval!r} where {old.aval!r} is stacked")
    return result


def stack_of(aval: Aval, lead: Shape) -> Aval:
    """What a stack of such values is; a stack for each part, if there are several."""
    if aval.parts:
        return Avals(tuple(stack_of(part, lead) for part in aval.parts))
    return Aval(aval.dtype, (*lead, *aval.shape), aval.weak)
