"""What arrays hold, so that a side of a branch, or a step of a loop, can be tried, and what it wrote be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.frontends.tracing.remembered import remembered
from symdiff.frontends.tracing.storage import Storage, node_of
from symdiff.graph.node import Node


@dataclass
class Held:
    """What an array held at a moment."""

    node: Node | None
    writes: dict[Any, Node]
    numbers: np.ndarray | None
    copy: np.ndarray | None

    @classmethod
    def by(cls, storage: Storage) -> Held:
        """What `storage` holds now."""
        numbers = storage.numbers
        return cls(storage._node, dict(storage._writes), numbers, None if numbers is None else numbers.copy())

    def is_held_by(self, storage: Storage) -> bool:
        """Whether nothing was written since."""
        if self.copy is not None:
            numbers = storage.numbers
            return numbers is not None and np.array_equal(
                numbers.view(np.uint8) if numbers.ndim else numbers,
                self.copy.view(np.uint8) if numbers.ndim else self.copy,
            )
        return storage._node is self.node and storage._writes == self.writes

    def put_back(self, storage: Storage) -> None:
        """Makes `storage` hold it again."""
        storage.touch()
        storage._node, storage._writes, storage.numbers = self.node, dict(self.writes), self.numbers
        if self.numbers is not None and self.copy is not None:
            self.numbers[...] = self.copy

    def as_node(self) -> Node | None:
        """What it was, as a node, where that needs no building."""
        return node_of(self.copy) if self.copy is not None else self.node


class Contents:
    """What all arrays of a trace held at a moment."""

    def __init__(self) -> None:
        storages = [s for s in list(remembered()) if isinstance(s, Storage) and not s.has_ended]
        storages.sort(key=lambda s: s.born)  # a set's order is another one in each run, and would be that of the source
        self.held = {storage: Held.by(storage) for storage in storages}

    def written(self) -> list[Storage]:
        """The arrays that have been written since."""
        return [storage for storage, held in self.held.items() if not held.is_held_by(storage)]

    def put_back(self) -> None:
        """Takes back what was written since."""
        for storage in self.written():
            self.held[storage].put_back(storage)
