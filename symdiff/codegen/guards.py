"""Lines that check before anything is computed: ``if x < 0: raise ValueError(…)``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from symdiff.codegen.lines import Line
from symdiff.codegen.printed import INDENT
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node


class Around(Protocol):
    """What is asked of the printer of the function."""

    @property
    def trees(self) -> Mapping[Node, ast.expr]:
        """How nodes are written."""

    @property
    def local(self) -> Mapping[Node, str]:
        """The variables of nodes that have one."""

    def call(self, path: str, *arguments: ast.expr) -> ast.Call:
        """A call of a function of NumPy's, or of Python's."""


class Guards:
    """The guards of a graph, each written as soon as what it asks for is there."""

    def __init__(self, printer: Around, graph: Graph) -> None:
        self.printer = printer
        self.waiting = list(graph.notes.guards) if graph.returned is not graph.outputs else []
        self.read = {guard: _read(guard.condition, printer.local).difference(graph.inputs) for guard in self.waiting}
        self.there: set[Node] = set()

    def ready(self, computed: Iterable[Node]) -> Iterator[Line]:
        """The guards that can be written behind the statement of these nodes, in order."""
        if not self.waiting:
            return
        self.there.update(computed)
        while self.waiting and self.read[self.waiting[0]] <= self.there:
            guard = self.waiting.pop(0)
            yield Line(f"if {ast.unparse(self.printer.trees[guard.condition])}:")
            error = ast.parse(guard.error, mode="eval").body
            assert isinstance(error, ast.Call)
            call = self.printer.call(ast.unparse(error.func), *error.args)
            yield Line(f"{INDENT}raise {ast.unparse(call)}")


def _read(condition: Node, local: Mapping[Node, str]) -> set[Node]:
    """The variables that a condition is written with: not those that they are computed from, in a branch perhaps."""
    found, seen, stack = set[Node](), set[Node](), [condition]
    while stack:
        node = stack.pop()
        if node in local:
            found.add(node)
        elif node not in seen:
            seen.add(node)
            stack.extend(node.inputs)
    return found
