"""Lowering: rows that NumPy has no function for become rows that it has."""

from __future__ import annotations

from collections.abc import Callable

from symdiff.graph.node import Node
from symdiff.rewrite.rule import BITS, Rule


def lowering(keep: Callable[[Node], bool]) -> tuple[Rule, ...]:
    """The rule that expands every row with a `lower` column, unless `keep` says that the target can print it."""

    def apply(node: Node) -> Node | None:
        return None if node.op.lower is None or keep(node) else node.op.lower(*node.inputs, **node.kwargs)

    return (BITS.on("lower", why="the definition, in functions that NumPy has")(apply),)
