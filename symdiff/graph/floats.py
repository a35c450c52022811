"""What Python floats can hold: numbers of double precision, and conditions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node
from symdiff.graph.walk import toposort


def is_float_scalar(node: Node) -> bool:
    """Whether a Python float (or bool) holds the value of `node`; of one with several parts, of each."""
    return _is_float(node.aval)


def _is_float(aval: Aval) -> bool:
    if aval.parts:
        return all(map(_is_float, aval.parts))
    return not aval.shape and (aval.dtype == np.float64 or aval.kind == "b" or (aval.weak and aval.kind == "i"))


def is_float_graph(graph: Graph) -> bool:
    """Whether all that goes in, comes out and lies between is float64 scalars and conditions.

    What the steps of a loop leave behind for those of another one lies between them, too: a list of numbers.
    """
    if not graph.inputs or not all(is_float_scalar(x) and x.aval.kind == "f" for x in graph.inputs):
        return False
    return all(map(is_float_scalar, graph.outputs)) and are_numbers(graph.order)


def are_numbers(order: Sequence[Node]) -> bool:
    """Whether nodes are numbers, and loops over numbers; these nest as deeply as the user's do."""
    if not any(op.block for op in {node.op for node in order}):
        return all(map(_is_float, {node.aval for node in order}))
    return all(_is_loop_over_numbers(node) if node.op.block else _is_number(node) for node in order)


def _is_number(node: Node) -> bool:
    if node.op is ITEM and node.inputs[0].op.block:
        return is_float_scalar(node) or (node.ndim == 1 and (node.dtype == np.float64 or node.aval.kind == "b"))
    return is_float_scalar(node) and not any(x.shape for x in node.inputs if not x.aval.parts)


def _is_loop_over_numbers(node: Node) -> bool:
    loop = Loop.of(node)
    if not all(x.op is ITEM and x.inputs[0].op.block and x.ndim == 1 for x in loop.sliced):
        return False
    outputs = loop.body.outputs
    return all(map(is_float_scalar, (*loop.body.inputs, *outputs, *loop.carry))) and are_numbers(toposort(outputs))
