"""What is not the same twice: random numbers, the next item of an iterator.

A step that stands for all steps is traced several times, and once for all; a branch that is not known runs both sides.
So where such a thing is asked for in one of them, nobody may have asked before: the loop is run step by step.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.flow.values import is_array
from symdiff.frontends.tracing.remembered import touched

MODULES = ("numpy.random", "random")  # by name: importing them takes longer than all of symdiff's tracing


class OnceOnlyError(Exception):
    """A step asked for what is not the same twice."""


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.stack: list[tuple[str, FrameType]] = []  # "step" or "side", and whose it is


_scopes = _Scopes()


@contextmanager
def within(kind: str, frame: FrameType) -> Iterator[bool]:
    """A step that is tried, or a side that may not be taken, begins; gives whether it is inside of no other step."""
    is_outermost = all(other != "step" for other, _ in _scopes.stack)
    _scopes.stack.append((kind, frame))
    try:
        yield is_outermost
    finally:
        _scopes.stack.pop()


def is_trying() -> bool:
    """Whether a step is tried, or a side that may not be taken is run."""
    return bool(_scopes.stack)


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
    if any(kind == "step" for kind, _ in _scopes.stack):
        raise OnceOnlyError


def check_may_change(value: Any, frame: FrameType, *, is_own: bool) -> Any:
    """`value`, which is about to be changed by the function of `frame`; arrays may be, for what they hold is known.

    Args:
        value: an object, a list, a dict.
        frame: of the function that changes it.
        is_own: whether the branches and loops of that function itself carry it.

    Raises:
        OnceOnlyError: in a step that is only tried.
        UnsupportedError: in a side of a branch that may not be taken.
    """
    if is_array(value):
        if not hasattr(value, "__symdiff_node__"):  # NumPy's own says nothing when it is written into
            touched(0)
        return value
    touched(0)
    others = [kind for kind, whose in _scopes.stack if not (is_own and whose is frame)]
    if "step" in others:
        raise OnceOnlyError
    if others:
        raise UnsupportedError(
            f"whether a {type(value).__name__} is changed depends on a value that is not known yet",
            help="let the branch choose a value, and set it behind the branch",
        )
    return value


def check_may_rebind(names: Sequence[str]) -> None:
    """Raises if a variable of another function, which nobody carries, would be bound anew where that is only tried.

    Raises:
        OnceOnlyError: in a step that is only tried.
        UnsupportedError: in a side of a branch that may not be taken.
    """
    touched(0)
    kinds = [kind for kind, _ in _scopes.stack]
    if "step" in kinds:
        raise OnceOnlyError
    if kinds:
        raise UnsupportedError(
            f"whether {' and '.join(names)} of another function is changed depends on a value that is not known yet",
            help="return the new value, and assign it where the function is called",
        )
