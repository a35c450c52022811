"""What Python floats can hold: numbers of double precision, and conditions."""

from __future__ import annotations

import numpy as np

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort


def is_float_scalar(node: Node) -> bool:
    """Whether a Python float (or bool) holds the value of `node`; of one with several parts, of each."""
    if node.aval.parts:
        return all(map(is_float_scalar, node.parts))
    return not node.shape and (
        node.dtype == np.float64 or node.aval.kind == "b" or (node.aval.weak and node.aval.kind == "i")
    )


def is_float_graph(graph: Graph) -> bool:
    """Whether all that goes in, comes out and lies between is float64 scalars and conditions."""
    nodes = {*graph.inputs, *toposort(graph.outputs)}
    return bool(graph.inputs) and all(map(is_float_scalar, nodes)) and all(n.aval.kind == "f" for n in graph.inputs)
