"""The contents of the symbols that are made while a function is traced, remembered weakly: see `survivors`."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakSet

from symdiff.frontends.tracing.nesting import is_tracing


class _Remembered(threading.local):
    def __init__(self) -> None:
        self.contents = WeakSet[Any]()


_remembered = _Remembered()


def begin() -> WeakSet[Any]:
    """Where what is made in this thread is remembered from now on."""
    _remembered.contents = WeakSet()
    return _remembered.contents


def remember(content: Any) -> None:
    """Remembers the content of a symbol, if a function is being traced."""
    if is_tracing():
        _remembered.contents.add(content)
