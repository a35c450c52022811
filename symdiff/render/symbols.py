"""What the nodes of a graph are called in formulas, in text and in LaTeX."""

from __future__ import annotations

from collections.abc import Iterable

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.render.document import Formula
from symdiff.render.infix import infix, is_leaf
from symdiff.render.latex import formula as latex_formula
from symdiff.render.text import name_nodes
from symdiff.render.typeset import latex_name


class Symbols:
    """What nodes are called, in text and in LaTeX."""

    def __init__(self, graph: Graph, unnamed: str = "v") -> None:
        self.text = name_nodes(graph, unnamed)
        self.latex = {node: latex_name(name) for node, name in self.text.items()}
        self.taken = set(self.text.values())

    def add(self, node: Node, text: str, latex: str) -> Node:
        """Calls `node` so, if it has no name yet."""
        self.latex.setdefault(node, latex if node not in self.text else self.latex[node])
        self.taken.add(self.text.setdefault(node, text))
        return node

    def with_value(self, z: Node) -> Symbols:
        """These, with the value called z, as in the book, if the user has no name for it and no z of another kind."""
        free = next((name for name in ("z", "f", "value") if name not in self.taken), None)
        if free and self.text.get(z, "")[1:].isdigit():
            self.text[z], self.latex[z] = free, latex_name(free)
            self.taken.add(free)
        return self

    def __call__(self, node: Node, depth: int = 8) -> Formula:
        """The name of `node`, or its formula if it has none."""
        return Formula(self.text[node], self.latex[node]) if node in self.text else self.formula(node, depth)

    def formula(self, node: Node, depth: int = 8) -> Formula:
        """The formula of `node`, in terms of what has a name."""
        return Formula(infix(node, self.text, depth=depth), latex_formula(node, self.latex, depth=depth))

    def equation(self, node: Node, depth: int = 8) -> Formula:
        """``name = formula``, ``w, V = formula`` for a node with parts; the formula alone if nothing has a name."""
        left, right = self._left(node), self.formula(node, depth)
        return Formula(f"{left.text} = {right.text}", f"{left.latex} = {right.latex}") if left else right

    def _left(self, node: Node) -> Formula | None:
        if node.aval.parts:
            named = [self(part) if part in self.text else Formula("_", r"\_") for part in node.parts]
            return Formula(", ".join(part.text for part in named), ", ".join(part.latex for part in named))
        if node not in self.text or is_leaf(node):
            return None
        return Formula(self.text[node], self.latex[node])

    def some(self, nodes: Iterable[Node], limit: int = 8) -> list[str | Formula]:
        """``x, y and z``."""
        found = [self(node) for node in nodes]
        shown: list[str | Formula] = []
        for k, each in enumerate(found[:limit]):
            last = k == len(found) - 1
            shown += [", " if k and not last else " and " if k else "", each]
        return [*shown, f" and {len(found) - limit} more"] if len(found) > limit else shown
