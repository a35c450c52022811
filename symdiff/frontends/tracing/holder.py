"""What every symbolic array has: content that may change, and views that share it."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any, NamedTuple, Self

import numpy as np

from symdiff.errors import UnsupportedError, ValueDomainError
from symdiff.frontends.tracing.memory import Memory, ask, elements, is_writeable, leaves
from symdiff.frontends.tracing.paths import Path, along, picked, plain, rewritten, with_winners
from symdiff.frontends.tracing.selection import Selection
from symdiff.frontends.tracing.sizes import Size
from symdiff.frontends.tracing.storage import Storage
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Length
from symdiff.graph.node import Node
from symdiff.ops import vocabulary as api
from symdiff.ops.index import Index, is_basic
from symdiff.ops.shapes import getitem


class Reason(NamedTuple):
    """Why it is not known whether an array is a view, and what can be done about it."""

    why: str
    remedy: str


class Doubt(NamedTuple):
    """Whether an array is a view is not known: it means something until it or its source is written into.

    There may be others that it is perhaps a view of: each with the version that it had.
    """

    version: int
    reason: Reason
    others: tuple[tuple[Storage, int], ...] = ()


class Holder:
    """An array that holds numbers or a node, or is a view of one that does."""

    __slots__ = (
        "_cache",
        "_doubt",
        "_is_flat",
        "_memory",
        "_numbers",
        "_path",
        "_source",
        "_storage",
        "_twin",
        "_was_made",
        "is_list",
        "is_own",
        "writeable",
    )

    def __init__(self, node: Node | None, numbers: np.ndarray | None = None) -> None:
        self._storage = Storage(node, numbers)
        self._source: Holder | None = None
        self._path: Path = ()
        self._cache: tuple[int, Node] | None = None
        self._numbers = numbers
        self._memory: Memory | None = None
        self._doubt: Doubt | None = None
        self._twin: Holder | None = None
        self._is_flat = False
        self._was_made = numbers is not None
        self.is_list = False  # what is seen as an array is a list of numbers
        self.is_own = False  # a list that the program has made, and no argument
        self.writeable: bool = numbers is None or is_writeable(numbers)

    @classmethod
    def part_of(
        cls,
        source: Holder,
        path: Path,
        *,
        numbers: np.ndarray | None = None,
        memory: Memory | None = None,
        node: Node | None = None,
        doubt: Reason | None = None,
        perhaps: Iterable[Holder] = (),
    ) -> Self:
        """A part of `source` that shares its memory.

        Args:
            source: the array.
            path: how the part is read and written.
            numbers: the part itself, where it is known.
            memory: where it lies, if that is known already.
            node: what it is now, if that is known already.
            doubt: why it may be a copy.
            perhaps: other arrays that it may be, of which the same holds.
        """
        self = cls.__new__(cls)
        self._storage, self._source, self._path = source._storage, source.twin(), path
        self._cache = None if node is None else (source._storage.version, node)
        self._numbers, self._memory, self._is_flat, self._twin = numbers, memory, False, None
        others = tuple((x._storage, x._storage.version) for x in perhaps)
        self._doubt = Doubt(source._storage.version, doubt, others) if doubt else source._doubt
        self._was_made = True
        self.is_list = source.is_list and all(op is getitem for op, _, _ in path)
        self.is_own = source.is_own and self.is_list
        self.writeable = source.writeable if memory is None else memory.writeable
        return self

    def twin(self) -> Holder:
        """The same array as an object that nobody else has: its parts stay what they are when its shape is set."""
        if self._twin is None:
            self._twin = Holder.__new__(type(self))
            self._twin.become(self)
        return self._twin

    def become(self, other: Holder) -> None:
        """Makes this object the array that the other one is."""
        for name in Holder.__slots__:
            setattr(self, name, getattr(other, name))
        self._twin = None

    @property
    def node(self) -> Node:
        """What it is now; a later assignment does not change it."""
        version = self._storage.version
        if self._cache is not None and self._cache[0] == version:
            if self._doubt is not None:
                self._check_doubt(version)
            return self._cache[1]
        chain: list[Holder] = [self]  # views of views, up to one that can be read at once
        while (source := chain[-1]._source) is not None and chain[-1]._index is None:
            if source._cache is not None and source._cache[0] == version:
                break
            chain.append(source)
        for holder in reversed(chain):
            holder._check_doubt(version)
            holder._cache = (version, holder._read())
        assert self._cache is not None
        return self._cache[1]

    @property
    def standing(self) -> Node | None:
        """The node, if there is one without building it."""
        if self._source is None:
            return self._storage.standing
        return self._cache[1] if self._cache and self._cache[0] == self._storage.version else None

    def _read(self) -> Node:
        if self._source is None:
            return self._storage.node()
        index = self._index
        return along(self._path, self._source.node) if index is None else self._storage.read(index)

    @property
    def _index(self) -> Index | None:
        """The index, of integers and slices, for a plain part of an array that owns its memory."""
        if self._source is None or self._source._source is not None or len(self._path) != 1:
            return None
        [(op, _, params)] = self._path
        index: Index | None = dict(params)["index"] if op is getitem else None
        return index if index is not None and is_basic(index) else None

    @property
    def numbers(self) -> np.ndarray | None:
        """The content where all of it is known: NumPy's own array, in the memory that is shared with views of it."""
        return None if self._storage.numbers is None else self._numbers

    @property
    def memory(self) -> Memory | None:
        """Where its elements lie, if that is known."""
        indexed: list[Holder] = []
        holder: Holder = self
        while holder._source is not None and holder._memory is None:
            indexed.append(holder)
            holder = holder._source
        memory = holder._storage.memory if holder._source is None else holder._memory
        for holder in reversed(indexed):
            memory = holder._memory = None if memory is None else _picked(holder._path, memory)
        return memory

    @property
    def is_array(self) -> bool:
        """Whether it has axes, or was made as an array. Others are numbers, which NumPy's functions give where there
        are no axes: they never change, and there are no views of them."""
        return self._was_made or bool(self.aval.shape)

    def was_made(self, is_array: bool = True) -> None:
        """Says that it was made as an array, though it may have no axes."""
        self._was_made |= is_array

    @property
    def is_plain(self) -> bool:
        """Whether it is symbolic, owns its memory, and lies in C order."""
        storage = self._storage
        return self._source is None and storage.numbers is None and storage.lies is None

    @property
    def repeats(self) -> bool:
        """Whether elements of it, or of an array that it is a view of, are the same place in memory."""
        holder: Holder = self
        while holder._source is not None:
            if holder.memory is not None and holder.memory.may_repeat:
                return True
            holder = holder._source
        return False

    @property
    def aval(self) -> Aval:
        if self._source is None:
            return self._storage.aval
        return (self._cache[1] if self._cache is not None else self.node).aval  # which no assignment changes

    def __symdiff_node__(self) -> Node:
        return self.node

    def check_writeable(self) -> None:
        """Raises ValueDomainError where NumPy lets nobody write, UnsupportedError where that is not known."""
        if not self.writeable:
            raise ValueDomainError(
                "assignment destination is read-only",
                help="np.diagonal and np.broadcast_to, among others, give views that NumPy lets nobody write into; "
                "copy it first",
            )
        if self._doubt is not None:
            self._check_doubt(-1)

    def doubtful(self, reason: Reason) -> None:
        """Says of an array that what is written into it is not known."""
        self._doubt = Doubt(self._storage.version, reason)

    @property
    def is_in_doubt(self) -> bool:
        """Whether what it holds is not known: something that it may be, or share, was written into."""
        holder: Holder | None = self
        while holder is not None and not holder._is_in_doubt(self._storage.version):
            holder = holder._source
        return holder is not None

    def _is_in_doubt(self, version: int) -> bool:
        doubt = self._doubt
        return doubt is not None and (doubt.version != version or any(s.version != v for s, v in doubt.others))

    def _check_doubt(self, version: int) -> None:
        if self._is_in_doubt(version):
            assert self._doubt is not None
            raise UnsupportedError(self._doubt.reason.why, help=self._doubt.reason.remedy)

    def _put(self, whole: Node) -> None:
        """Replaces the content, in every array that shares it."""
        holder: Holder = self
        source, index = self._source, self._index
        while source is not None and index is None:
            whole = rewritten(holder._path, source.node, whole, (source.memory, holder.memory))
            holder = source
            source, index = holder._source, holder._index
        if index is None:
            self._storage.replace(whole)
        else:
            self._storage.write(index, whole)

    def _put_overlapping(self, index: Index, part: Node) -> None:
        """Writes elements of which some are one place: NumPy says which of them it writes last.

        Raises:
            UnsupportedError: where that depends on lengths that are not known.
        """
        whole: Holder = self
        while whole._source is not None:
            whole = whole._source
        of_whole, of_self = whole.memory, self.memory
        if of_whole is None or of_self is None or not (of_whole.exact and of_self.exact):
            raise overlapping()
        whole._put(with_winners(whole.node, part, elements(of_whole, of_self, plain(index))))


def overlapping() -> UnsupportedError:
    """The error for an assignment of which it is not known what it leaves."""
    return UnsupportedError(
        "an assignment to a part of a view whose elements overlap in memory, at places that are not known",
        help="copy it first: windows, and arrays that are broadcast, show one element at several places",
    )


def _picked(path: Path, whole: Memory) -> Memory | None:
    """Where a part lies to which indices lead."""
    array = whole.stand_in()
    answer = None if array is None else ask(lambda a: picked(path, a), [array], [whole])
    return next(leaves(answer), None).memory if answer is not None else None  # type: ignore[union-attr]


def decides_itself(kind: Any, protocol: str) -> bool:
    """Whether objects of a class that is neither NumPy's nor ours say what functions do with them."""
    return getattr(kind, protocol, None) is not None and not issubclass(kind, _OURS)


_OURS = (Holder, Length, np.ndarray, np.generic)


def _is_like_array(kind: Any) -> bool:
    """Whether objects of a class are no arrays, but NumPy makes arrays of them."""
    return hasattr(kind, "__array__") and not (hasattr(kind, "__symdiff_node__") or issubclass(kind, _OURS))


def unwrapped(value: Any) -> Any:
    """Symbols as nodes; known integers, which are indices and shapes, as numbers; what is like an array as one."""
    if isinstance(value, Holder):
        numbers = value.numbers
        return numbers if numbers is not None and numbers.dtype.kind in "biu" else value.node
    if isinstance(value, tuple):  # with names, too: what reads arrays goes by the places
        return tuple(map(unwrapped, value))
    if type(value) is list:
        return list(map(unwrapped, value))
    if type(value) is slice:
        return slice(*(None if v is None else _bound(v) for v in (value.start, value.stop, value.step)))
    if type(value) is dict:
        return {key: unwrapped(item) for key, item in value.items()}
    if type(value) is Size:
        return Length(value.terms)
    if type(value) is np.ndarray and value.dtype == object:
        return api.asarray(unwrapped(value.tolist()))
    return np.asarray(value) if _is_like_array(type(value)) else value


def _bound(value: Any) -> Any:
    if type(value) is Size:
        return Length(value.terms)
    return index(value) if isinstance(value, Holder) else value  # type: ignore[arg-type]


def is_symbolic(value: Any) -> bool:
    """Whether something in `value` is not known yet."""
    stack = [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if issubclass(kind, Holder):
            if item.numbers is None:
                return True
        elif kind is list or issubclass(kind, tuple):
            stack.extend(item)
        elif kind is dict:
            stack.extend(item.values())
        elif kind is slice:
            stack += [item.start, item.stop, item.step]
        elif isinstance(item, (Node, Length, Selection)):
            return True
        elif kind is np.ndarray and item.dtype == object:
            stack.extend(item.ravel().tolist())
    return False


def numbers_in(value: Any) -> Any:
    """`value`, all of which is known, as NumPy takes it."""
    kind = type(value)
    if issubclass(kind, Holder):
        return value.numbers
    if kind in (tuple, list):
        return kind(map(numbers_in, value))
    if kind is dict:
        return {key: numbers_in(item) for key, item in value.items()}
    return value


def static_index(index: Any) -> Any:
    """An index with known symbols as numbers."""
    if isinstance(index, Holder):
        return index if index.numbers is None else index.numbers
    if isinstance(index, tuple):
        return tuple(map(static_index, index))
    return index
