"""``y = a if c else b`` of two lists or dicts that others know: `y` has the contents of the right one, and is neither.

Whoever changes it would have to change the one that it is. So as long as both are what they were, it may be read.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from symdiff.errors import UnsupportedError


def _count_alone() -> int:
    value = object()
    return sys.getrefcount(value)


_ALONE = _count_alone()  # what is counted of what one variable holds: the argument, too, before Python 3.14
_OWN = 2  # the same of what one tuple holds, and gives


class _Chosen(NamedTuple):
    value: Any
    held: tuple[Hashable, ...]
    sides: tuple[Any, Any]


class _Chosens(threading.local):
    def __init__(self) -> None:
        self.found: list[_Chosen] = []


_chosens = _Chosens()


@contextmanager
def watching() -> Iterator[None]:
    """A function is traced. At its end, what was chosen must be as it was.

    Raises:
        UnsupportedError: if a function that is not followed has changed it.
    """
    outer, _chosens.found = _chosens.found, []
    try:
        yield
        for chosen in _chosens.found:
            if _held(chosen.value) != chosen.held:
                raise _refused(chosen.value)
    finally:
        _chosens.found = outer


def note(value: Any, sides: list[Any], made: Collection[int]) -> None:
    """Notes that a list or dict has the contents of one of two, if somebody else may know these.

    Args:
        value: a list or dict.
        sides: the two, which are given up.
        made: what a side has made itself, by `id`.
    """
    no, yes = sides.pop(), sides.pop()
    is_known = [
        sys.getrefcount(yes) > _ALONE and id(yes) not in made,
        sys.getrefcount(no) > _ALONE and id(no) not in made,
    ]
    if yes is not no and any(is_known):
        _chosens.found.append(_Chosen(value, _held(value), (yes, no)))


def check_may_change(value: Any) -> None:
    """Raises UnsupportedError for what was chosen, and for what it was chosen from while it may still be read."""
    for chosen in _chosens.found if type(value) in (list, dict) else ():
        if chosen.value is value:
            raise _refused(value)
        if any(side is value for side in chosen.sides) and sys.getrefcount(chosen.value) > _OWN:
            raise _refused(value)


def _held(value: Any) -> tuple[Hashable, ...]:
    return tuple(map(id, value)) if isinstance(value, list) else tuple((key, id(x)) for key, x in value.items())


def _refused(value: Any) -> UnsupportedError:
    kind = type(value).__name__
    return UnsupportedError(
        f"which {kind} is changed depends on a value that is not known yet",
        help=f"choose between copies, {kind}(a) if c else {kind}(b); or change it on each side of an `if`",
    )
