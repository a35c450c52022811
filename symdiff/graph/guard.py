"""Guards: what a program checks before it computes, and the error that it raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symdiff.graph.node import Node


@dataclass(frozen=True)
class Guard:
    """``if condition: raise error``.

    Attributes:
        condition: a truth value.
        error: the error, as it is written: ``ValueError('negative')``.
    """

    condition: Node
    error: str

    def moved(self, settled: Mapping[Node, Node]) -> Guard:
        """The guard on other nodes."""
        return replace(self, condition=settled.get(self.condition, self.condition))
