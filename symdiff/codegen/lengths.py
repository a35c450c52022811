"""Where the lengths that generated code uses come from: the shapes of arguments."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence

from symdiff.codegen.lines import Line
from symdiff.errors import UnsupportedError
from symdiff.graph.dims import is_counted, length, linear
from symdiff.graph.node import Node


def definitions(inputs: Sequence[Node], lengths: Mapping[str, str]) -> list[Line]:
    """``n, d = X.shape``: what gives the `lengths` that are used, by name, the names that they have in the source."""
    lines: list[Line] = []
    todo = dict(lengths)
    for x in inputs:
        mine = {k: str(dim) for k, dim in enumerate(x.shape) if str(dim) in todo and dim not in x.shape[:k]}
        if not mine:
            continue
        if len(mine) == x.ndim > 1:
            lines.append(Line(f"{', '.join(todo[name] for name in mine.values())} = {x.name}.shape"))
        else:
            lines.extend(Line(f"{todo[name]} = {x.name}.shape[{k}]") for k, name in mine.items())
        for name in mine.values():
            todo.pop(name, None)
    lines.extend(_solve_for(inputs, name, here) for name, here in todo.items())
    return lines


def given_and_counted(inputs: Sequence[Node], lengths: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The lengths that come with the arguments, and the names of those that loops count.

    Where an argument is what an earlier loop has left, it says how many steps that loop took.
    """
    known = {n for x in inputs for n in x.shape}
    counted = [name for name in lengths if is_counted(length(name)) and length(name) not in known]
    return {name: here for name, here in lengths.items() if name not in counted}, [lengths[name] for name in counted]


def _solve_for(inputs: Sequence[Node], name: str, here: str) -> Line:
    """A length that occurs only inside a linear expression, such as n in n + 1."""
    for x in inputs:
        for k, dim in enumerate(x.shape):
            line = linear(dim)
            if line is None or line[0] != name:
                continue
            _, slope, offset = line
            value = f"{x.name}.shape[{k}]" + (f" - {offset}" if offset > 0 else f" + {-offset}" if offset else "")
            if slope != 1:
                value = f"({value}) // {slope}"
            return Line(f"{here} = {value}")
    raise UnsupportedError(
        f"the length {name} is needed, and no argument has it as its own",
        help=f'declare an input of shape "{name}"',
    )


def is_count(tree: ast.expr, counts: Collection[str]) -> bool:
    """Whether an expression is certainly an integer that is not negative: a sum of such numbers and of `counts`.

    >>> is_count(ast.parse("i + 1", mode="eval").body, {"i"}), is_count(ast.parse("9 - i", mode="eval").body, {"i"})
    (True, False)
    """
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
        return is_count(tree.left, counts) and is_count(tree.right, counts)
    if isinstance(tree, ast.Constant):
        return type(tree.value) is int and tree.value >= 0
    return isinstance(tree, ast.Name) and tree.id in counts
