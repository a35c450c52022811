"""Graphviz DOT: forward nodes as boxes on the left, derivative nodes as rounded boxes; inputs and outputs stand out."""

from __future__ import annotations

from symdiff.graph.graph import Graph
from symdiff.graph.node import CONSTANT, INPUT, LENGTH, Node
from symdiff.graph.walk import toposort
from symdiff.render.text import name_nodes


def to_dot(graph: Graph) -> str:
    """`graph` in the DOT language. Dashed arrows go from forward values to the derivative nodes that read them."""
    names = name_nodes(graph)
    order = toposort(graph.outputs)
    forward = set(toposort(graph.forward))
    outputs = set(graph.outputs)
    ids = {node: f"n{k}" for k, node in enumerate(order)}
    lines = ["digraph symdiff {", "  rankdir=TB;", '  node [fontname="Helvetica", fontsize=11];']
    for node in order:
        lines.append(f"  {ids[node]} [{_attributes(node, graph, names, forward, outputs)}];")
    for node in order:
        for x in node.inputs:
            dashed = " [style=dashed]" if x in forward and x.inputs and node not in forward else ""
            lines.append(f"  {ids[x]} -> {ids[node]}{dashed};")
    lines.append("}")
    return "\n".join(lines) + "\n"


def _attributes(node: Node, graph: Graph, names: dict[Node, str], forward: set[Node], outputs: set[Node]) -> str:
    shape, style, colour = "box", "solid", "black"
    if node.op is INPUT:
        label, shape = f"{node.name}\n{node.aval!r}", "ellipse"
    elif node.op is CONSTANT and node.literal is not None:
        value = node.literal
        label, shape = (repr(value.value.item()) if value.value.ndim == 0 else repr(node.aval)), "plaintext"
    elif node.op is LENGTH:
        label, shape = str(node.params[0][1]), "plaintext"
    else:
        label = (
            f"{names[node]} = {node.op.infix if node.op.infix not in (None, 'neg') else node.op.name}\n{node.aval!r}"
        )
        if node not in forward:
            style, colour = "rounded", "firebrick"
            origin = graph.origins.get(node)
            label += f"\nfrom {names.get(origin.of) or origin.of.op.name}: {origin.rule}" if origin else ""
    width = ", penwidth=2" if node in outputs else ""
    return f'label="{escape(label)}", shape={shape}, style={style}, color={colour}{width}'


def escape(text: str) -> str:
    """`text` inside a quoted DOT string."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
