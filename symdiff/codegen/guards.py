"""Lines that check before anything is computed: ``if x < 0: raise ValueError(…)``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from symdiff.codegen.lines import Line
from symdiff.codegen.printed import INDENT
from symdiff.graph.expression_text import unparse
from symdiff.graph.graph import Graph
from symdiff.graph.guard import Guard
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort


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
        guards = graph.notes.guards if graph.returned is not graph.outputs else ()
        self.waiting = [guard for guard in guards if not guard.is_never_met]
        self.read = {
            guard: set().union(*map(self._variables, guard.reads)).difference(graph.inputs) for guard in self.waiting
        }
        self.there: set[Node] = set()

    def _variables(self, condition: Node) -> set[Node]:
        """What the expression of a condition reads; not what is computed for it in a branch."""
        local = self.printer.local
        if condition in local:
            return {condition}
        written = toposort([condition], stop=lambda x: x in local)
        return {x for node in written for x in node.inputs if x in local}

    def ready(self, computed: Iterable[Node]) -> Iterator[Line]:
        """The guards that can be written behind the statement of these nodes, in order."""
        if not self.waiting:
            return
        self.there.update(computed)
        while self.waiting and self.read[self.waiting[0]] <= self.there:
            guard = self.waiting.pop(0)
            yield Line(f"if {unparse(self.printer.trees[guard.condition])}:")
            yield Line(f"{INDENT}raise {unparse(self._error(guard))}")

    def _error(self, guard: Guard) -> ast.Call:
        error = ast.parse(guard.error, mode="eval").body
        assert isinstance(error, ast.Call)
        quoted = {f"value{k}": self.printer.trees[x] for k, x in enumerate(guard.quoted)}
        return self.printer.call(unparse(error.func), *(_quoting(a, quoted) for a in error.args))


def _quoting(argument: ast.expr, quoted: Mapping[str, ast.expr]) -> ast.expr:
    """An argument of an error, with the expressions of the values that it quotes."""
    if isinstance(argument, ast.Name):
        return quoted[argument.id]
    for piece in argument.values if isinstance(argument, ast.JoinedStr) else ():
        if isinstance(piece, ast.FormattedValue) and isinstance(piece.value, ast.Name):
            piece.value = quoted[piece.value.id]
    return argument
