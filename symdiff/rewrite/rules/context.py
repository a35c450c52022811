"""Rules that look at what else is in the graph: two forms of one thing take the one that is there already."""

from __future__ import annotations

from collections.abc import Iterable

from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew, linalg, reductions as red, shapes
from symdiff.ops.contraction import matmul
from symdiff.rewrite.rule import REAL, Rule
from symdiff.rewrite.rules.broadcasts import leads


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
            centred = ew.subtract(x, red.mean(x, axis=axis, keepdims=keepdims)) if keepdims or leads(axis) else None
            if ddof == 0 and centred in present:
                return red.mean(ew.square(centred), axis=axis, keepdims=node.kwargs["keepdims"])
        return None

    @REAL.on("solve-beside-inverse", linalg.solve, why="the inverse is there already, and serves as well")
    def solve(node: Node) -> Node | None:
        """A factorisation saved. That ``inv(A) @ b`` is as accurate: Druinsky and Toledo, 2012, arXiv 1201.6035."""
        A, b = node.inputs
        turned = A.inputs[0] if A.op is shapes.permute and A.ndim == 2 else linalg.transposed(A)
        if linalg.inv(A) in present:
            return matmul(linalg.inv(A), b)
        return matmul(linalg.transposed(linalg.inv(turned)), b) if linalg.inv(turned) in present else None

    return softmax, variance, solve
