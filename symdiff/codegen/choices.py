"""``if`` statements: a value and its derivatives, decided together."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from symdiff.codegen.lines import Line
from symdiff.codegen.printed import INDENT, Printed
from symdiff.graph.expression_text import unparse
from symdiff.graph.node import Node
from symdiff.schedule.branches import Choice, Item
from symdiff.schedule.statement import Statement


class Around(Protocol):
    """What is asked of the printer of the function."""

    trees: dict[Node, ast.expr]
    definitions: dict[Node, ast.expr]
    local: dict[Node, str]
    printed: Printed

    def comment(self, node: Node, backward: bool) -> str:
        """What stands behind a line that computes `node`."""

    def side(self, x: Node, selection: Node) -> ast.expr:
        """How what a selection takes is written."""


def choice_lines(
    printer: Around, choice: Choice, assign: Callable[[Statement], Iterator[Line]], word: str = "if"
) -> Iterator[Line]:
    """The lines of a choice, those of the statements in it written by `assign`."""
    yield Line(f"{word} {unparse(printer.trees[choice.condition])}:")
    yield from _branch(printer, choice, choice.then, 1, assign)
    rest = choice.otherwise
    if len(rest) == 1 and isinstance(rest[0], Choice) and not _decided(printer, choice, 2):
        yield from choice_lines(printer, rest[0], assign, "elif")
    else:
        yield Line("else:")
        yield from _branch(printer, choice, rest, 2, assign)


def _branch(
    printer: Around, choice: Choice, items: Sequence[Item], side: int, assign: Callable[[Statement], Iterator[Line]]
) -> Iterator[Line]:
    lines: list[Line] = []
    for item in items:
        lines += choice_lines(printer, item, assign) if isinstance(item, Choice) else assign(item)
    lines += _decided(printer, choice, side)
    nothing = [Line("pass")]  # an earlier choice of the same condition has assigned it
    return (replace(line, code=INDENT + line.code) for line in lines or nothing)


def _decided(printer: Around, choice: Choice, side: int) -> list[Line]:
    """What a branch assigns to the values that are decided; not those that a choice within has assigned."""
    found = []
    for s in choice.results:
        name, value = printer.local[s.node], s.node.inputs[side]
        printer.printed.code[s.node] = f"{name} = {unparse(printer.definitions[s.node])}"
        if printer.local.get(value) != name:
            comment = printer.comment(value, s.backward)
            found.append(Line(f"{name} = {unparse(printer.side(value, s.node))}", comment))
    return found
