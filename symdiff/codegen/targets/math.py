"""Python floats: ``exp(x)`` from `math`, 10 to 30 times faster than NumPy's scalars."""

from __future__ import annotations

import math

from symdiff.codegen.python import Python
from symdiff.codegen.spelling import called
from symdiff.codegen.target import Target, register
from symdiff.codegen.targets.numpy import FLOATS
from symdiff.graph.body import with_insides
from symdiff.graph.floats import is_float_graph, is_float_scalar
from symdiff.graph.graph import Graph
from symdiff.graph.node import ITEM, Node, maker, slot
from symdiff.graph.walk import one_of_each


class Math(Python):
    """Numbers only. NumPy's floats compute where `math` raises, and what it lacks."""

    name = "math"
    fallback: Target | None = FLOATS
    rows = ("math",)
    constants = "math"
    forward = "# forward"
    branches = True
    lists = True

    def takes(self, graph: Graph) -> bool:
        return is_float_graph(graph) and all(map(self.prints, one_of_each(with_insides(graph.order))))

    def prints(self, node: Node) -> bool:
        if node.op.block or (node.op is ITEM and node.inputs[0].op.block):
            return True
        return is_float_scalar(node) and (node.op.family == "source" or self.has_spelling(maker(node)))

    def template(self, node: Node) -> str:
        if node.op is ITEM:
            return f"{self.template(node.inputs[0])}[{slot(node)}]"
        text = self.spelled(node)
        assert text is not None
        return called(text, node) if text.isidentifier() and text != "a" else text

    def origin(self, node: Node, name: str) -> str:
        return "math" if hasattr(math, name) else ""

    def raises(self, node: Node) -> bool:
        return node.op.notation.raises


MATH = register(Math())
