"""What is remembered while a function is traced.

That is the contents of its symbols, weakly: see `survivors`. And what it did that may depend on more than the types of
its arguments: on how they lie in memory, if it writes through views that would be copies otherwise, or reads elements
in the order in which they lie; on what numbers they are, if it asks for their class. And how often something was
changed that was there before the call that runs now, from which it is known whether a call may be left out.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from symdiff.frontends.tracing.nesting import is_tracing
from symdiff.graph.node import Node


class _Remembered(threading.local):
    def __init__(self) -> None:
        self.contents = WeakSet[Any]()
        self.numbered = WeakSet[Any]()
        self.log: list[tuple[Any, Any]] = []
        self.moment = 0
        self.has_asked = self.has_written = self.has_read = False
        self.kinds = set[Node]()
        self.by_python = set[Node]()
        self.births = itertools.count(1)
        self.first = 0  # the number of the first array that the innermost call might have made
        self.changes = 0


_remembered = _Remembered()


def begin() -> WeakSet[Any]:
    """Where what is made in this thread is remembered from now on."""
    _remembered.contents, _remembered.numbered = WeakSet(), WeakSet()
    _remembered.has_asked = _remembered.has_written = _remembered.has_read = False
    _remembered.kinds, _remembered.by_python = set(), set()
    return _remembered.contents


def asked() -> None:
    """Notes that it was asked of an array how it lies, to know whether something is a view of it."""
    _remembered.has_asked = True


def written() -> None:
    """Notes that an array was written into."""
    _remembered.has_written = True


def born() -> int:
    """The number of an array that is made now: those that were made before have lower ones."""
    return next(_remembered.births)


@contextmanager
def inside() -> Iterator[int]:
    """A call whose changes count if they outlive it; gives the number of the first array that it might make."""
    outer = _remembered.first
    _remembered.first = born()
    try:
        yield _remembered.first
    finally:
        _remembered.first = outer


def touched(birth: int) -> None:
    """Notes that an array of this number was changed; 0 for what was there before the trace."""
    _remembered.changes += birth < _remembered.first


def changes() -> int:
    """How often something was changed that was there before the call which did it."""
    return _remembered.changes


def read_in_order() -> None:
    """Notes that elements were read in the order in which they lie."""
    _remembered.has_read = True


def depends_on_memory() -> bool:
    """Whether the function might compute something else if its arguments lay otherwise."""
    return _remembered.has_read or (_remembered.has_asked and _remembered.has_written)


def asked_kind(value: Node) -> None:
    """Notes that it was asked of a number what it is: an integer, a float."""
    _remembered.kinds.add(value)


def kinds_asked() -> set[Node]:
    """The numbers of which that was asked."""
    return _remembered.kinds


def made_by_python(value: Node) -> None:
    """Notes that a function of `math` has given a number, which is none of NumPy's."""
    _remembered.by_python.add(value)


def is_by_python(value: Node) -> bool:
    """Whether one has."""
    return value in _remembered.by_python


def remembered() -> WeakSet[Any]:
    """The contents that are remembered in this thread."""
    return _remembered.contents


def remember(content: Any, *, is_numbers: bool) -> None:
    """Remembers the content of a symbol, if a function is being traced; NumPy may write into numbers unseen."""
    if is_tracing():
        _remembered.contents.add(content)
        if is_numbers:
            _remembered.numbered.add(content)


def numbered() -> WeakSet[Any]:
    """Those of the contents that were numbers when they were made."""
    return _remembered.numbered


def moment() -> int:
    """The number of the last moment at which somebody wanted to know later what has changed since."""
    return _remembered.moment


def new_moment() -> None:
    """Somebody wants to know later what has changed since now."""
    _remembered.moment += 1


def log() -> list[tuple[Any, Any]]:
    """What was changed, and what it held before, once for each moment."""
    return _remembered.log


def forget_log() -> None:
    """The trace is over."""
    _remembered.log = []
