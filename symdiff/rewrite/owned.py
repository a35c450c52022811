"""Results that hold their operands' memory, such as sparse matrices: those that are not theirs alone are copied."""

from __future__ import annotations

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, shares_memory
from symdiff.graph.walk import consumers


def owned(graph: Graph) -> Graph:
    """`graph` with a note on each such result whose first operand is given, a constant, a view, or read elsewhere."""
    if not any(y.op.copy for y in graph.outputs):
        return graph
    uses, outputs = consumers(graph.order), set(graph.outputs)

    def is_lent(x: Node) -> bool:
        return not x.inputs or shares_memory(x) or x in outputs or len(uses[x]) > 1

    def own(y: Node) -> Node:
        if not y.op.copy or not is_lent(y.inputs[0]):
            return y
        return Node(y.op, y.inputs, tuple(sorted({**y.kwargs, "copied": True}.items())))

    return graph.with_(outputs=tuple(map(own, graph.outputs)))
