"""Which elements of a product along axes meet in it: the products are counted."""

from __future__ import annotations

from symdiff.graph.node import Node, constant
from symdiff.ops.elementwise import not_equal
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import astype

RESULT = 2  # where it is asked of which operand


def met(arrives: Node, source: int, target: int, node: Node) -> Node | None:
    """Which elements of operand `target` share a product with one of `source` for which `arrives` holds; None for all.

    For rows of two operands whose transposes are told by the operands' values and shapes.
    """
    given: list[Node] = [spread(constant(1.0), x.shape) for x in node.inputs]
    there = astype(arrives, dtype="float64")
    if source == RESULT:
        counts = node.op.bprop(target, there, Node(node.op, tuple(given), node.params))
    elif target == RESULT:
        given[source] = there
        counts = Node(node.op, tuple(given), node.params)
    else:
        return None
    return not_equal(counts, 0) if isinstance(counts, Node) else None
