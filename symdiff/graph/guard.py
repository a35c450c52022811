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
        error: the error, as it is written: ``ValueError('negative')``, ``ValueError(f'negative: {value0}')``.
        quoted: the values that the error quotes: ``value0``, ``value1``, …
    """

    condition: Node
    error: str
    quoted: tuple[Node, ...] = ()

    @property
    def is_never_met(self) -> bool:
        """Whether the condition is known to be false."""
        literal = self.condition.literal
        return literal is not None and not literal.value.any()

    @property
    def reads(self) -> tuple[Node, ...]:
        """What must be computed for it."""
        return (self.condition, *self.quoted)

    def moved(self, settled: Mapping[Node, Node]) -> Guard:
        """The guard on other nodes."""
        condition, *quoted = (settled.get(x, x) for x in self.reads)
        return replace(self, condition=condition, quoted=tuple(quoted))
