"""Comments: types and shapes, and which forward line a backward line comes from."""

from __future__ import annotations

import ast
from typing import Protocol

from symdiff.codegen import literal
from symdiff.codegen.long_lines import Written
from symdiff.codegen.spelling import Spelling
from symdiff.graph.expression_text import unparse
from symdiff.graph.graph import Origin
from symdiff.graph.node import Node
from symdiff.graph.op import OPS
from symdiff.graph.template import fill, parse_template, placeholders

LONGEST_ORIGIN = 32  # characters of a forward line that a comment quotes


class Described(Written, Protocol):
    """How nodes are written in a function, and what is known of them."""

    @property
    def spelling(self) -> Spelling:
        """How rows are spelled."""

    def type_of(self, node: Node) -> str:
        """The type of what a line computes."""


def comment(written: Described, node: Node, origin: Origin | None) -> str:
    """What stands behind a line that computes `node`, which comes from the forward line in `origin`."""
    parts = [kind] if (kind := written.type_of(node)) else []
    if origin is not None and not origin.rule.startswith("sum") and (of := _of(written, origin)):
        parts.append(f"from {of}")
    return "  ".join(parts)


def _of(written: Described, origin: Origin) -> str:
    """What a backward line comes from: the forward line, or a function's name if it was spelled out since."""
    op = OPS.get(origin.rule)
    if origin.of.op.block or (op is not None and op.block):
        return ""  # the loop stands there
    if op is not None and op is not origin.of.op and op.infix is None and op.family != "linear":
        return op.name
    return _quote(written, origin.of)


def _quote(written: Described, node: Node) -> str:
    """A forward line, shortened to what a comment can hold; "" for what the user does not know by name."""
    known = node.op.name if node.op.infix is None and node.op.family != "linear" else ""
    if not node.inputs or node.op.is_statement or not written.spelling.prints(node) or len(node.inputs) > len("abc"):
        return known
    quoted = written.definitions.get(node)
    if quoted is None:
        shown = [_short(written, x) for x in node.inputs]
        if any(x is None for x in shown):
            return known
        operands = {key: x for k, x in enumerate(shown) if x is not None for key in placeholders(k)}
        quoted = fill(parse_template(written.spelling.template(node)), operands, ast.Name)
    operands_there = [written.trees.get(x) for x in node.inputs]
    if any(isinstance(tree, ast.Constant) and tree.value is None for tree in operands_there):
        return known  # what only statements make has no expression
    text = unparse(quoted)
    return text if len(text) <= LONGEST_ORIGIN else written.local.get(node, known)


def _short(written: Described, x: Node) -> ast.expr | None:
    """An operand as the reader knows it; None if it does not occur in the source."""
    if x in written.trees:
        return written.trees[x]
    if x.literal is not None and not x.shape:
        return literal.number_source(literal.short(x.literal.value.item()), lambda path: path)
    return ast.Name(x.name) if x.name else None
