"""What is not the same twice: random numbers, the next item of an iterator.

A step that stands for all steps is traced several times, and once for all; a branch that is not known runs both sides.
So where such a thing is asked for in one of them, nobody may have asked before: the loop is run step by step.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from types import FrameType, ModuleType
from typing import Any, NamedTuple

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.flow import one_of_two
from symdiff.frontends.tracing.flow.growing import Growing
from symdiff.frontends.tracing.flow.places import Contents, Journal, Place, can_be_put_back
from symdiff.frontends.tracing.flow.values import is_array
from symdiff.frontends.tracing.remembered import touched
from symdiff.graph.node import Node

MODULES = ("numpy.random", "random")  # by name: importing them takes longer than all of symdiff's tracing


class OnceOnlyError(Exception):
    """A step asked for what is not the same twice."""


class Scope(NamedTuple):
    """A step that is tried, or a side that may not be taken.

    Attributes:
        kind: "step" or "side".
        frame: whose it is.
        journal: what it has changed.
        is_outermost: whether it is inside of no other step.
        holds: of a side, the condition under which it is taken.
    """

    kind: str
    frame: FrameType
    journal: Journal
    is_outermost: bool
    holds: Node | None = None


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.stack: list[Scope] = []


_scopes = _Scopes()


@contextmanager
def within(kind: str, frame: FrameType, holds: Node | None = None) -> Iterator[Scope]:
    """A step that is tried, or a side that may not be taken, begins. What it changes is put back at its end."""
    scope = Scope(kind, frame, Journal(), all(other.kind != "step" for other in _scopes.stack), holds)
    _scopes.stack.append(scope)
    try:
        yield scope
    finally:
        _scopes.stack.pop()
        scope.journal.close()


def conditions_since(scope: Scope) -> list[Node] | None:
    """The conditions of the sides that run now in a step; None if another step runs in it."""
    above = list(takewhile(lambda other: other is not scope, reversed(_scopes.stack)))
    found = [other.holds for other in reversed(above) if other.holds is not None]
    return found if len(found) == len(above) < len(_scopes.stack) else None


def is_trying() -> bool:
    """Whether a step is tried, or a side that may not be taken is run."""
    return bool(_scopes.stack)


def note_made(value: Any) -> Any:
    """`value`, which has just been made: steps and sides begin without it, and without the lists and dicts in it."""
    waiting = [value] if _scopes.stack else []
    while waiting:
        item = waiting.pop()
        for scope in _scopes.stack:
            scope.journal.made.setdefault(id(item), item)
        if type(item) in (list, tuple, dict):
            inside = item.values() if isinstance(item, dict) else item
            waiting.extend(x for x in inside if type(x) in (list, tuple, dict))
    return value


def note_copies(copies: Iterable[Any], originals: Iterable[Any]) -> None:
    """Told that lists and dicts stand for others, which will hold what is done to them."""
    for copy, original in zip(copies, originals, strict=False):
        if type(original) in (list, dict) and copy is not original:
            _scopes.stack[-1].journal.copies[id(copy)] = original


def note_changing(value: Any, name: str = "") -> None:
    """Told that an object is about to be changed, whatever its class."""
    touched(0)
    for scope in _scopes.stack:
        scope.journal.note(value, name)


def fill(slots: Sequence[tuple[Place, Hashable]], values: Iterable[Any]) -> None:
    """Puts values where others see them."""
    found: dict[int, tuple[Place, Contents]] = {}
    for (place, key), value in zip(slots, values, strict=True):
        note_changing(place.value, place.name)
        found.setdefault(id(place.value), (place, place.contents()))[1][key] = value
    for place, contents in found.values():
        place.put(contents)


def is_same_twice(function: Any) -> bool:
    """Whether a function that is called with the same arguments gives the same."""
    owner = getattr(function, "__self__", None)
    modules = [getattr(function, "__module__", None), *(kind.__module__ for kind in type(owner).__mro__)]
    return function is not next and not any(map(_draws, modules))


def _draws(module: Any) -> bool:
    """Whether what is defined in a module of this name draws random numbers."""
    return isinstance(module, str) and any(module == name or module.startswith(f"{name}.") for name in MODULES)


def check_is_same_twice(function: Any) -> None:
    """Raises `OnceOnlyError` in a step that is only tried, if `function` may give something else each time."""
    if is_same_twice(function):
        return
    touched(0)
    if any(scope.kind == "step" for scope in _scopes.stack):
        raise OnceOnlyError


def check_may_change(value: Any, frame: FrameType, *, is_own: bool, is_made: bool) -> Any:
    """`value`, which is about to be changed by the function of `frame`; arrays may be, for what they hold is known.

    Args:
        value: an object, a list, a dict.
        frame: of the function that changes it.
        is_own: whether the branches and loops of that function itself carry it, if it is a list or dict.
        is_made: whether that function has made it, so that what is around its call does not know it.

    Raises:
        OnceOnlyError: in a step that is only tried, if what it holds cannot be put back.
        UnsupportedError: in a side of a branch that may not be taken, if it cannot be put back.
    """
    one_of_two.check_may_change(value)
    if is_array(value):
        if not hasattr(value, "__symdiff_node__"):  # NumPy's own says nothing when it is written into
            touched(0)
        return value
    is_carried = type(value) in (list, dict, Growing)
    if isinstance(value, ModuleType) or (is_made and is_carried):
        return value
    touched(0)
    concerned = [
        scope
        for scope in _scopes.stack
        if not (is_own and is_carried and scope.frame is frame) and not (is_made and scope.frame is not frame)
    ]
    if concerned and not can_be_put_back(value):
        if any(scope.kind == "step" for scope in concerned):
            raise OnceOnlyError
        raise UnsupportedError(
            f"whether a {type(value).__name__} is changed depends on a value that is not known yet",
            help="let the branch choose a value, and set it behind the branch",
        )
    seen = value
    for scope in reversed(_scopes.stack):  # around each of them it is what it stands for there
        seen = scope.journal.copies.get(id(seen), seen)
        if scope in concerned:
            scope.journal.note(seen)
    return value
