"""``if`` statements: a value and its derivatives, decided together."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

from symdiff.codegen.lines import Line
from symdiff.codegen.printed import INDENT, Printed
from symdiff.graph.expression_text import unparse
from symdiff.graph.node import Node
from symdiff.schedule.branches import Choice
from symdiff.schedule.statement import Statement

SEVERAL = 3  # sides that set one constant, which is worth a line before all of them


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


Set = Mapping[str, str]  # variables, and the constants that they have before a choice
Assign = Callable[[Statement], Iterator[Line]]


def choice_lines(
    printer: Around, choice: Choice, assign: Assign, word: str = "if", before: Set = MappingProxyType({})
) -> Iterator[Line]:
    """The lines of a choice, those of the statements in it written by `assign`.

    What most sides set to one constant is set to it before, and only where it is something else after that.
    """
    if word == "if" and (more := dict(_defaults(printer, choice, before))):
        yield from more.values()
        before = {**before, **{name: line.code.partition(" = ")[2] for name, line in more.items()}}
    yield Line(f"{word} {unparse(printer.trees[choice.condition])}:")
    yield from _indented(_branch(printer, choice, 1, assign, before) or [Line("pass")])
    rest = choice.otherwise
    if len(rest) == 1 and isinstance(rest[0], Choice) and not _decided(printer, choice, 2, before):
        yield from choice_lines(printer, rest[0], assign, "elif", before)
    elif lines := _branch(printer, choice, 2, assign, before):
        yield Line("else:")
        yield from _indented(lines)


def _branch(printer: Around, choice: Choice, side: int, assign: Assign, before: Set) -> list[Line]:
    """What a side does; nothing if all that it would set has been set before, or by an earlier choice of the same."""
    lines: list[Line] = []
    for item in choice.then if side == 1 else choice.otherwise:
        lines += choice_lines(printer, item, assign, before=before) if isinstance(item, Choice) else assign(item)
    return lines + _decided(printer, choice, side, before)


def _indented(lines: Iterable[Line]) -> Iterator[Line]:
    return (replace(line, code=INDENT + line.code) for line in lines)


def _decided(printer: Around, choice: Choice, side: int, before: Set) -> list[Line]:
    """What a branch assigns to the values that are decided; not those that a choice within has assigned."""
    found = []
    for s in choice.results:
        name, value = printer.local[s.node], s.node.inputs[side]
        printer.printed.code[s.node] = f"{name} = {unparse(printer.definitions[s.node])}"
        text = unparse(printer.side(value, s.node))
        is_left = before.get(name) == text and _may_leave(choice, side)
        if printer.local.get(value) != name and not is_left:
            found.append(Line(f"{name} = {text}", printer.comment(value, s.backward)))
    return found


def _defaults(printer: Around, choice: Choice, before: Set) -> Iterator[tuple[str, Line]]:
    """Variables that several sides set to one constant, with the line that does so before all.

    Nothing else may have that variable, for whoever reads it in a side would read the constant.
    """
    called: Counter[str] = Counter()
    for s in choice.results:
        name = printer.local[s.node]
        group, left = _sides(printer, choice, s.node)
        texts = Counter(unparse(printer.side(x, selection)) for selection, x in left if x.literal is not None)
        text, count = next(iter(texts.most_common(1)), ("", 0))
        if count < SEVERAL or name in before:
            continue
        called = called or Counter(printer.local.values())
        if called[name] == len(group):
            x = next(x for selection, x in left if unparse(printer.side(x, selection)) == text)
            yield name, Line(f"{name} = {text}", printer.comment(x, s.backward))


def _may_leave(choice: Choice, side: int) -> bool:
    """Whether a side may leave constants as they are: there is something else that it does, or it is the last."""
    others = (s.node.inputs[side] for s in choice.results)
    return side == 2 or bool(choice.then) or any(x.literal is None for x in others)


def _sides(printer: Around, choice: Choice, decided: Node) -> tuple[set[Node], list[tuple[Node, Node]]]:
    """The values that have the variable of one that is decided, and what is selected for it, and might be left away.

    Those values are decided by choices within the sides; none, if one was there before its side has begun, for a side
    that is left away would keep it.
    """
    name, group, left, stack = printer.local[decided], {decided}, list[tuple[Node, Node]](), [(choice, decided)]
    while stack:
        here, selection = stack.pop()
        for side, items in ((1, here.then), (2, here.otherwise)):
            x = selection.inputs[side]
            if printer.local.get(x) != name:
                left += [(selection, x)] if _may_leave(here, side) else []
                continue
            within = [item for item in items if isinstance(item, Choice) and x in item.nodes]
            if not within:
                return set(), []
            group.add(x)
            stack.append((within[0], x))
    return group, left
