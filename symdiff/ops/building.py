"""Building nodes: what calling a row does with Python values and with integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.graph.node import Node, as_node
from symdiff.graph.op import OPS, Op
from symdiff.ops.inference import common_dtype


def build(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Node:
    """A node of `op`; the one place where Python values become constants."""
    return _build(op, tuple(map(as_node, inputs)), params)


def build_elementwise(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Node:
    """As `build`; Python's ``2`` beside floats is ``2.0``."""
    nodes = tuple([x if type(x) is Node else as_node(x) for x in inputs])
    for x in nodes:
        if x.aval.kind != "f":
            return _build(op, _meet_scalars(nodes), params)
    return Node(op, nodes, tuple(sorted(params.items())) if params else ())  # floats alone, as nearly all are


def _build(op: Op, nodes: tuple[Node, ...], params: dict[str, Any]) -> Node:
    node = Node(op, nodes, tuple(sorted(params.items())) if params else ())
    if not op.integers and any(map(_is_integer, nodes)):
        return _on_floats(node)
    return node


def _is_integer(x: Node) -> bool:
    return x.aval.kind in "iu" and not x.aval.weak


def _on_floats(node: Node) -> Node:
    """Where NumPy makes floats of integers, the graph says so: what holds of floats, ``-(-x)`` or ``x * x``, does not
    hold of bytes. Where the conversion goes without saying it is not printed (`symdiff.rewrite.rules.implicit`)."""
    floats = [y for y in node.parts or (node,) if y.aval.inexact]
    dtype = floats[0].dtype if floats else common_dtype(x.aval for x in node.inputs)
    if dtype.kind not in "fc":
        return node
    dtype = np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype
    inputs = tuple(OPS["astype"](x, dtype=dtype.name) if _is_integer(x) else x for x in node.inputs)
    return Node(node.op, inputs, node.params)


def _meet_scalars(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Python's ``2`` beside a float array means ``2.0``; written so, equal expressions are equal nodes."""
    for x in nodes:
        if x.aval.weak and x.aval.kind == "i":
            break
    else:
        return nodes
    if not any(x.aval.inexact for x in nodes):
        return nodes
    return tuple(_as_float(x) if x.aval.weak and x.aval.kind == "i" else x for x in nodes)


def _as_float(x: Node) -> Node:
    literal = x.literal
    return as_node(float(literal.value)) if literal is not None else x
