"""What outlives a trace: whatever a program keeps is ordinary NumPy afterwards, or the user is told.

A traced function may fill a cache, an attribute or a list that outlives it. What it put there is a symbol. One with
numbers is exchanged for its array, in the place where it is kept; one that depends on the inputs has no array, so a
warning names the place. A trace remembers the contents of its symbols, weakly. Usually none is alive at its end, and
nothing has to be looked for.
"""

from __future__ import annotations

import functools
import gc
import sys
import threading
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import CellType, FrameType, FunctionType, MemberDescriptorType, ModuleType, TracebackType
from typing import Any
from weakref import WeakSet

from symdiff.frontends.tracing import remembered
from symdiff.frontends.tracing.holder import Holder
from symdiff.frontends.tracing.libraries import is_library_file, is_library_module
from symdiff.frontends.tracing.nesting import is_tracing
from symdiff.frontends.tracing.storage import Storage

_LOOKING = threading.RLock()  # what one thread looks through holds values of others for that time
_LRU_CACHE = type(functools.lru_cache(lambda: None))
_OURS = (Holder, Storage, FrameType, TracebackType)  # they hold symbols, but nobody keeps those through them


@contextmanager
def settling() -> Iterator[None]:
    """Settles what outlives the traces within, when the outermost one is over."""
    if is_tracing():
        yield
        return
    made = remembered.begin()
    try:
        yield
    finally:
        remembered.forget_log()
        if made:
            with _LOOKING:
                _put_arrays(made)
    if made:
        with _LOOKING:
            _tell(made)


def _put_arrays(made: WeakSet[Storage]) -> None:
    gc.collect(1)  # functions that call themselves are cycles, and hold what they have used
    symbols = _symbols(made)
    for symbol in symbols:
        if symbol.numbers is not None:
            _exchange(symbol, symbol.numbers, symbols)


def _tell(made: WeakSet[Storage]) -> None:
    gc.collect()
    symbols, places = _symbols(made), list[str]()
    for symbol in symbols:
        for holder in gc.get_referrers(symbol):
            if holder is not symbols and not issubclass(type(holder), _OURS):
                places.append(_place(holder, symbol))
    for symbol in symbols:
        symbol._storage.end()
    for place in dict.fromkeys(places):
        message = f"the function keeps a traced value in {place}: it has no number there; return it instead"
        warnings.warn_explicit(message, UserWarning, *_line_of_user())


def _symbols(made: WeakSet[Storage]) -> list[Holder]:
    if not made:
        return []
    return [x for x in gc.get_referrers(*made) if issubclass(type(x), Holder)]


# ------------------------------------------------------------------------------------------------- putting arrays


def _exchange(old: Any, new: Any, without: list[Any]) -> None:
    """Puts `new` wherever `old` is kept, but in one list.

    A tuple cannot be written into: it is exchanged for another one in turn.
    """
    olds, news = [old], [new]
    while olds:
        old, new = olds.pop(), news.pop()
        for holder in gc.get_referrers(old):
            if holder is olds or holder is without or issubclass(type(holder), _OURS):
                continue
            if isinstance(holder, tuple):
                olds.append(holder)
                news.append(_tuple_with(holder, old, new))
            else:
                with suppress(AttributeError, TypeError):  # it cannot be written into: the user is told
                    _put(holder, old, new)


def _tuple_with(holder: tuple[Any, ...], old: Any, new: Any) -> Any:
    items = [new if item is old else item for item in holder]
    return getattr(type(holder), "_make", tuple)(items)


def _put(holder: Any, old: Any, new: Any) -> None:
    """Puts `new` for `old` in one object that holds it, if it is of a kind that can be written into."""
    if isinstance(holder, dict):
        owner = _class_of(holder)
        for key in _keys(holder, old):
            if owner is None:
                holder[key] = new
            else:
                setattr(owner, key, new)
    elif isinstance(holder, (list, deque)):
        for k in _positions(holder, old):
            holder[k] = new
    elif isinstance(holder, CellType):
        holder.cell_contents = new
    elif isinstance(holder, FunctionType) and holder.__defaults__ is old:
        holder.__defaults__ = new
    elif isinstance(holder, _LRU_CACHE):
        holder.cache_clear()  # what it holds cannot be written; it is computed again
    else:
        for name in _attributes(holder, old):
            object.__setattr__(holder, name, new)


def _keys(holder: dict[Any, Any], value: Any) -> list[Any]:
    return [key for key, item in list(holder.items()) if item is value]


def _positions(holder: Any, value: Any) -> list[int]:
    return [k for k, item in enumerate(holder) if item is value]


def _attributes(holder: Any, value: Any) -> list[str]:
    """The attributes of an object under which it keeps a value, in its dictionary or in slots."""
    slots = [
        name
        for kind in type(holder).__mro__
        for name, member in list(vars(kind).items())
        if isinstance(member, MemberDescriptorType) and getattr(holder, name, None) is value
    ]
    space = getattr(holder, "__dict__", {})
    return slots + (_keys(space, value) if isinstance(space, dict) else [])


def _class_of(namespace: dict[Any, Any]) -> type | None:
    """The class whose attributes lie in a dictionary."""
    if "__module__" not in namespace:
        return None
    return next((x for x in gc.get_referrers(namespace) if isinstance(x, type)), None)


# ------------------------------------------------------------------------------------------------- telling the user


def _place(holder: Any, value: Any) -> str:
    if isinstance(holder, dict):
        [key, *_] = _keys(holder, value) or ["?"]
        for owner in gc.get_referrers(holder):
            if isinstance(owner, (type, ModuleType)) or getattr(owner, "__dict__", None) is holder:
                return f"{_named(owner)}.{key}"
        return f"a dictionary, under {key!r}"
    names = [] if isinstance(holder, (list, tuple, deque, CellType)) else _attributes(holder, value)
    return (
        f"{_named(holder)}.{names[0]}" if names else _KINDS.get(type(holder), f"an object of {type(holder).__name__}")
    )


_KINDS: dict[type, str] = {
    list: "a list",
    tuple: "a tuple",
    CellType: "a variable of the function around it",
    _LRU_CACHE: "the cache of a function",
}


def _named(owner: Any) -> str:
    return str(getattr(owner, "__name__", type(owner).__name__))


def _line_of_user() -> tuple[str, int]:
    """The file and line that led here."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and (is_library_file(frame.f_code.co_filename) or is_library_module(frame.f_globals)):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("symdiff", 1)
