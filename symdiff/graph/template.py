"""Templates: how a row is written, as text over placeholders, turned into Python syntax trees.

Templates are ours (they stand in the rows); the user's text never becomes one. Operands replace the placeholders as
trees, so brackets are Python's own business (`ast.unparse`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

OPERANDS = "abc"


@lru_cache(maxsize=4096)
def parse_template(text: str) -> ast.expr:
    """The syntax tree of a template."""
    return ast.parse(text, mode="eval").body


def placeholders(position: int) -> tuple[str, ...]:
    """What operand `position` is called in templates: a letter, and x0, x1, … where there may be any number."""
    return (f"x{position}", OPERANDS[position]) if position < len(OPERANDS) else (f"x{position}",)


def fill(tree: ast.AST, operands: Mapping[str, ast.expr], length: Callable[[str], ast.expr]) -> ast.expr:
    """`tree` with the names in `operands` replaced, and lengths written by `length`; operands are shared."""
    if isinstance(tree, ast.Name):
        return operands.get(tree.id, tree)
    if isinstance(tree, ast.Constant):
        return tree
    if isinstance(tree, ast.BinOp):  # most of what is written in the lines of a scalar program
        x, y = tree.left, tree.right
        left = operands.get(x.id, x) if isinstance(x, ast.Name) else fill(x, operands, length)
        right = operands.get(y.id, y) if isinstance(y, ast.Name) else fill(y, operands, length)
        return ast.BinOp(left, tree.op, right)
    if isinstance(tree, ast.Call) and not tree.keywords:
        match tree:
            case ast.Call(func=ast.Name(id="_length"), args=[ast.Constant(value=str(text))]):
                return length(text)
        return ast.Call(fill(tree.func, operands, length), [fill(x, operands, length) for x in tree.args], [])
    if isinstance(tree, ast.Attribute):
        return ast.Attribute(fill(tree.value, operands, length), tree.attr)
    fields: dict[str, Any] = {}
    for name, value in ast.iter_fields(tree):
        if isinstance(value, list):
            fields[name] = [fill(item, operands, length) if isinstance(item, ast.AST) else item for item in value]
        else:
            fields[name] = fill(value, operands, length) if isinstance(value, (ast.expr, ast.keyword)) else value
    return type(tree)(**fields)  # type: ignore[return-value]


@lru_cache(maxsize=4096)
def free_names(text: str) -> tuple[str, ...]:
    """The names in a template, each as often as it occurs."""
    return tuple(node.id for node in ast.walk(parse_template(text)) if isinstance(node, ast.Name))
