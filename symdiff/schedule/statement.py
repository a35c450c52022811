"""A line of a plan."""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.graph.node import Node


@dataclass(frozen=True)
class Statement:
    """One line: `node` gets a name, or its parts do.

    Attributes:
        terms: for a sum in place, what it starts from (added up); empty for zeros.
        parts: for a sum in place, the scattered nodes that are added to it one by one.
        minus: those of the parts that are subtracted.
        results: for a node with parts, all of them in order (None for one that is not needed).
        backward: whether the line belongs to the derivative.
    """

    node: Node
    terms: tuple[Node, ...] = ()
    parts: tuple[Node, ...] = ()
    minus: frozenset[Node] = frozenset()
    results: tuple[Node | None, ...] = ()
    backward: bool = False

    @property
    def in_place(self) -> bool:
        return bool(self.parts) or self.node.op.edits is not None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """What gets a name."""
        if not self.results:
            return (self.node,)
        return tuple([x for x in self.results if x is not None]) or (self.node,)
