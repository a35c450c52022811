"""Names that mean something else for a while. Several traces, in several threads, may hold the same one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_MISSING = object()
_lock = threading.Lock()


@dataclass
class Patch:
    """A name in a namespace (a module's dictionary, or an object), what it meant, and how many hold it."""

    namespace: Any
    name: str
    original: Any
    replacement: Any
    holders: int = 0


_held: dict[tuple[int, str], Patch] = {}


class Patches:
    """What one trace holds."""

    def __init__(self) -> None:
        self._mine: dict[tuple[int, str], Patch] = {}

    def hold(self, places: Iterable[tuple[Any, str, Any]]) -> None:
        """Puts each replacement into its place: (namespace, name, replacement)."""
        with _lock:
            for namespace, name, replacement in places:
                key = id(namespace), name
                if key in self._mine:
                    continue
                patch = _held.get(key)
                if patch is None:
                    patch = _held[key] = Patch(namespace, name, _get(namespace, name), replacement)
                    _set(namespace, name, replacement)
                patch.holders += 1
                self._mine[key] = patch

    def release(self) -> None:
        """Restores what nobody else holds."""
        with _lock:
            for key, patch in self._mine.items():
                patch.holders -= 1
                if not patch.holders:
                    del _held[key]
                    if _get(patch.namespace, patch.name) is patch.replacement:  # else somebody put another thing there
                        _set(patch.namespace, patch.name, patch.original)
            self._mine.clear()


@contextmanager
def patching() -> Iterator[Patches]:
    """Patches that go at the end."""
    patches = Patches()
    try:
        yield patches
    finally:
        patches.release()


def _get(namespace: Any, name: str) -> Any:
    return namespace.get(name, _MISSING) if isinstance(namespace, dict) else getattr(namespace, name)


def _set(namespace: Any, name: str, value: Any) -> None:
    if not isinstance(namespace, dict):
        setattr(namespace, name, value)
    elif value is _MISSING:
        del namespace[name]
    else:
        namespace[name] = value
