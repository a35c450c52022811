"""What stands behind a symbolic array: numbers while all of it is known, a node from the first symbolic write on.

Nodes never change, arrays do. A `Storage` is the place that changes: ``y[i] = v`` puts a new node there, and every view
of the array reads the new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.attempts import written_outside
from symdiff.frontends.tracing.memory import Memory, memory_of, usual
from symdiff.frontends.tracing.remembered import born, log, moment, remember, touched, written
from symdiff.graph.aval import Aval
from symdiff.graph.node import Node, constant
from symdiff.ops import shapes
from symdiff.ops.api.assignment import write_all
from symdiff.ops.assignment import relation
from symdiff.ops.index import Index, Slice
from symdiff.ops.reductions import spread


class Unknown:
    """Stands for a place in memory that is not known."""


UNKNOWN = Unknown()


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


class Storage:
    """An array's content, and the writes that have not reached its node yet.

    What it holds is noted before it changes, once for each moment that somebody may come back to: a trace with many
    branches holds many arrays, few of which are ever written.

    Attributes:
        numbers: the content, while all of it is known.
        lies: where its elements lie, if not in C order; `UNKNOWN` if that is not known.
        version: how often the content has changed.
        born: its number, higher than those of all arrays that were made before it.
        seen: the moment for which what it held was noted last.
    """

    __slots__ = ("__weakref__", "_node", "_writes", "born", "lies", "numbers", "seen", "version")
    is_captured = False  # the memory is that of an array from outside of the function

    def __init__(self, node: Node | None, numbers: np.ndarray | None = None) -> None:
        self._node = node
        self._writes: dict[Index, Node] = {}
        self.numbers = numbers
        self.lies: Memory | Unknown | None = None if numbers is None else memory_of(numbers)
        self.version = 0
        self.seen = moment()
        self.born = 0 if self.is_captured else born()
        remember(self, is_numbers=numbers is not None)

    @property
    def aval(self) -> Aval:
        if self.numbers is not None:
            return Aval(self.numbers.dtype, self.numbers.shape)
        return self._content.aval

    @property
    def memory(self) -> Memory | None:
        """Where the elements lie; None if that is not known."""
        if self.lies is None:
            return usual(self.aval)
        return None if isinstance(self.lies, Unknown) else self.lies

    @property
    def standing(self) -> Node | None:
        """The content as a node, if there is one without building it."""
        return None if self.numbers is not None or self._writes else self._node

    @property
    def _content(self) -> Node:
        if self._node is None:
            raise UnsupportedError(
                "a value that was kept while another function was traced has no meaning here",
                help="return it from that function; or compute it in this one, from its own arguments",
            )
        return self._node

    @property
    def has_ended(self) -> bool:
        """Whether this is kept from a trace that is over."""
        return self._node is None and self.numbers is None

    def touch(self) -> None:
        """Told when the content changes, or has changed."""
        self.version += 1
        touched(self.born)
        if self.seen < moment() and self.numbers is None:
            self.seen = moment()
            log().append((self, Held.by(self)))

    def end(self) -> None:
        """After the trace: what depends on its inputs, and was kept all the same, is refused from now on."""
        self.version += 1
        self._node, self._writes = None, {}

    def node(self) -> Node:
        """The content as a node."""
        if self.numbers is not None:
            return node_of(self.numbers)
        if self._writes:
            self._node = write_all(self._content, list(self._writes.items()))
            self._writes = {}
        return self._content

    def read(self, index: Index) -> Node:
        """The part at `index`; elements that were just written are found without building the whole."""
        if self.numbers is None and self._writes:
            found = self._writes.get(index)
            if found is not None:
                return found
            shape = self._content.shape
            if all(relation(index, other, shape) == "apart" for other in self._writes):
                return _part(self._content, index)
        return _part(self.node(), index)

    def write(self, index: Index, part: Node) -> None:
        """Puts `part`, which has the shape and dtype that is meant, at `index`."""
        if self.numbers is not None:
            self._node, self.numbers = node_of(self.numbers), None
        self.touch()
        written()
        if self._writes.pop(index, None) is None:  # else what waits lies apart from it
            shape = self._content.shape
            relations = {other: relation(index, other, shape) for other in self._writes}
            if "overlap" in relations.values():
                self.node()
            elif "same" in relations.values():
                self._writes = {other: v for other, v in self._writes.items() if relations[other] == "apart"}
        self._writes[index] = part

    def replace(self, whole: Node) -> None:
        """Puts `whole` in place of everything."""
        self.touch()
        written()
        self._node, self._writes, self.numbers = whole, {}, None


class Captured(Storage):
    """The content of an array of NumPy's own, which was there before, or which somebody else has made.

    Numbers are written into its memory, as NumPy does. A symbolic value is not: what it would leave there is no number.
    """

    __slots__ = ()
    is_captured = True

    def write(self, index: Index, part: Node) -> None:
        raise written_outside()

    def replace(self, whole: Node) -> None:
        raise written_outside()


def _part(x: Node, index: Index) -> Node:
    return x if all(item == Slice() for item in index) else shapes.getitem(x, index=index)


def node_of(numbers: np.ndarray) -> Node:
    """An array as a constant; one value everywhere as that value, spread."""
    flat = numbers.ravel()
    if flat.size > 1 and _are_same(flat[:2]) and _are_same(flat):
        return spread(constant(flat[0], weak=False), numbers.shape)
    return constant(numbers, weak=False)


def _are_same(flat: np.ndarray) -> bool:
    """Whether all elements have the same bits."""
    words = flat.view(f"u{min(flat.itemsize, 8)}").reshape(len(flat), -1)
    return bool(np.all(words == words[0]))
