"""Rules that look at what else is in the graph: two forms of one thing take the one that is there already."""

from __future__ import annotations

from collections.abc import Iterable

from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew, reductions as red
from symdiff.rewrite.rule import REAL, Rule


def contextual(nodes: Iterable[Node]) -> tuple[Rule, ...]:
    """The rules for a graph of these nodes."""
    present = set(nodes)
    summed = {(n.inputs[0], n.kwargs["axis"]) for n in present if n.op is red.logsumexp}

    @REAL.on("softmax-beside-logsumexp", red.softmax, why="both take the same exponentials")
    def softmax(node: Node) -> Node | None:
        x, axis = node.inputs[0], node.kwargs["axis"]
        return red.softmax_beside_logsumexp(x, axis) if (x, axis) in summed else None

    @REAL.on("variance-of-centred", red.var, why="the centred values are there already")
    def variance(node: Node) -> Node | None:
        x, axis, ddof = node.inputs[0], node.kwargs["axis"], node.kwargs["ddof"]
        for keepdims in (True, False):
            centred = ew.subtract(x, red.mean(x, axis=axis, keepdims=keepdims)) if keepdims or _leads(axis) else None
            if ddof == 0 and centred in present:
                return red.mean(ew.square(centred), axis=axis, keepdims=node.kwargs["keepdims"])
        return None

    return softmax, variance


def _leads(axis: tuple[int, ...]) -> bool:
    return axis == tuple(range(len(axis)))
