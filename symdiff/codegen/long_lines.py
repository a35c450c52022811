"""Lines that are too long: which part of them had better have a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Protocol

from symdiff.graph.dims import nominal_size
from symdiff.graph.expression_text import unparse
from symdiff.graph.node import CONSTANT, LENGTH, Node
from symdiff.graph.walk import toposort

LONGEST_LINE = 78  # characters of code
MANY = 3  # operands; more are a list, which may take several lines
NEAR = 0.2  # from the middle of a line that is too long, in its lengths: as good a part to name as any


class Written(Protocol):
    """How nodes are written in a function, and which have a name."""

    @property
    def definitions(self) -> Mapping[Node, ast.expr]:
        """What computes a node."""

    @property
    def trees(self) -> Mapping[Node, ast.expr]:
        """How a node is written where it is used."""

    @property
    def local(self) -> Mapping[Node, str]:
        """The variables of nodes that have one."""


def what_is_added(written: Written, part: Node, line: str) -> Iterator[Node]:
    """What is added in place, where the line is too long."""
    if len(line) > LONGEST_LINE:
        x = part.inputs[0]
        while x.op.view:
            x = x.inputs[0]
        if x.inputs and x not in written.local and not x.op.is_statement:
            yield x


def half_of(written: Written, root: Node) -> set[Node]:
    """About half of the expression of `root`, if that is too long; of a list, each long item."""
    if root not in written.definitions or not root.inputs:
        return set()
    whole = len(unparse(written.definitions[root]))
    if whole <= LONGEST_LINE:
        return set()
    inside = toposort(root.inputs, stop=lambda n: n in written.local or not n.inputs or n.op.is_statement)
    inside = [n for n in inside if n.op not in (CONSTANT, LENGTH) and not n.aval.parts]
    if len(root.inputs) > MANY:
        items = [n for n in root.inputs if n in inside and n not in written.local]
        return {n for n in items if n.inputs and len(unparse(written.trees[n])) > LONGEST_LINE // MANY}
    parts = [n for n in inside if not n.op.view] or inside
    off = {n: abs(len(unparse(written.trees[n])) / whole - 1 / 2) for n in parts}
    # what has a name lives until the function returns: of parts that serve equally well, the smallest array
    best = min(parts, key=lambda n: (off[n] > NEAR, nominal_size(n.shape) * (off[n] <= NEAR), off[n]), default=None)
    return set() if best is None else {best}
