"""Views and stand-ins, lent to the functions that are traced, under the names that these read.

Python binds a function to its globals for good, and a function is reached in many ways: by a name, as a method, a
property, an operator, a key of ``sorted``, through a container. So there is one moment at which all of them can be met:
when their code is entered. Three decisions follow.

* **A function that is entered is lent the names that its code reads**: those of its globals that mean NumPy, `math`,
  SciPy or one of their functions, and the same among its arguments and what those hold. A copy of the function with
  globals of its own would be met by name only, and be another function: not equal to itself, not to be pickled, not a
  method.
* **NumPy, SciPy, `math` and the other libraries of `symdiff.frontends.tracing.libraries` are never written.** What is:
  globals and cells of functions that are entered, dictionaries of objects that these read, and, where code that is
  entered imports one of those modules, the built-in ``__import__``.
* **What is lent is the original for everybody else**: other threads, modules that are imported meanwhile, and whoever
  keeps it. It goes back when the last trace that has lent it ends.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from symdiff.frontends.tracing.attempts import are_constants_followed
from symdiff.frontends.tracing.libraries import is_library_object
from symdiff.frontends.tracing.stand_ins import BUILTINS
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.views import ROOTS, as_it_is, as_seen, importer

MISSING = object()
_ARRAYS = frozenset({np.ndarray, tuple, list, dict})  # or what may hold them: lent where constants are followed
_PLAIN = frozenset({Symbol, np.float64, float, int, bool, str, type(None)})
_NEVER_LENT = _ARRAYS | _PLAIN


@dataclass
class Loan:
    """A name in a namespace, or a key of a dict, or a place in a list; what it meant, and how many hold it."""

    namespace: Any
    name: Any
    original: Any
    lent: Any
    holders: int = 0


_lock = RLock()  # again, where a finalizer traces a function
_loans: dict[tuple[int, Any], Loan] = {}


class Lender:
    """What one trace has lent."""

    def __init__(self) -> None:
        self._mine: dict[tuple[int, Any], Loan] = {}
        self._entered: dict[tuple[int, int], tuple[dict[str, Any], CodeType]] = {}
        self._met: dict[tuple[int, int], Any] = {}  # containers whose contents were lent for some code

    def to_closure(self, function: Callable[..., Any]) -> None:
        """Lends to what a function holds of the functions around it, and to what these hold."""
        waiting, known = [python_function(function)], set[int]()
        while waiting:
            for cell in getattr(waiting.pop(), "__closure__", None) or ():
                with _lock:
                    self._lend(cell, "cell_contents", as_seen)
                value = _get(cell, "cell_contents")
                self._to_contents(value, None)
                if isinstance(value, FunctionType) and id(value) not in known:
                    known.add(id(value))
                    waiting.append(value)

    def to_frame(self, frame: FrameType) -> None:
        """Lends to a function that is about to run."""
        code, namespace = frame.f_code, frame.f_globals
        if (id(code), id(namespace)) not in self._entered:
            self._entered[id(code), id(namespace)] = namespace, code
            self._to_names(namespace, code)
        self._to_arguments(frame)

    def _to_arguments(self, frame: FrameType) -> None:
        """Arguments belong to the frame alone, and nothing has to be put back; what they hold does not."""
        code, values = frame.f_code, frame.f_locals
        follows = are_constants_followed()
        for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
            value = values.get(name)
            if type(value) in _NEVER_LENT and not (follows and type(value) in _ARRAYS):
                continue
            if (seen := as_seen(value)) is not value:
                values[name] = seen
            elif type(value).__dictoffset__:
                with _lock:
                    self._to_members(value, code)
            if follows:
                self._to_contents(value, code)

    def _to_names(self, namespace: dict[str, Any], code: CodeType) -> None:
        with _lock:
            for name in code.co_names:
                if name in namespace:
                    self._lend(namespace, name, as_seen)
                    self._to_members(namespace[name], code)
                    self._to_contents(namespace[name], code)
                elif name in BUILTINS:
                    self._lend(namespace, name, lambda missing, name=name: BUILTINS[name])  # type: ignore[misc]
            if not ROOTS.isdisjoint(name.partition(".")[0] for name in code.co_names):  # perhaps it imports one of them
                self._lend(vars(builtins), "__import__", importer)

    def _to_members(self, holder: Any, code: CodeType) -> None:
        """Lends to the user's modules and objects what the code reads of them: ``helpers.np``, ``self.xp``."""
        if not type(holder).__dictoffset__ or is_library_object(holder):
            return
        with suppress(Exception):  # a proxy may have none of its own, and what it does when asked is not our business
            members = object.__getattribute__(holder, "__dict__")
            if type(members) is dict:
                self._to_dict(members, code)

    def _to_dict(self, members: dict[str, Any], code: CodeType) -> None:
        for name in code.co_names:
            if name in members:
                self._lend(members, name, as_seen)
                self._to_contents(members[name], code)

    def _to_contents(self, container: Any, code: CodeType | None) -> None:
        """Where constants are followed: lends to lists and dicts, and to the objects in them, symbolic arrays."""
        if not are_constants_followed():
            return
        waiting = [container]
        while waiting:
            holder = waiting.pop()
            if type(holder) in _PLAIN or (id(holder), id(code)) in self._met:
                continue
            self._met[id(holder), id(code)] = holder
            if isinstance(holder, (dict, list)):
                for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
                    with _lock:
                        self._lend(holder, key, as_seen)
                    waiting.append(holder[key])
            elif isinstance(holder, tuple):
                waiting.extend(holder)
            elif code is not None and holder is not container:
                with _lock:
                    self._to_members(holder, code)

    def _lend(self, namespace: Any, name: Any, seen: Callable[[Any], Any]) -> None:
        key = id(namespace), name
        if key in self._mine:
            return
        loan = _loans.get(key)
        if loan is None:
            original = _get(namespace, name)
            lent = seen(original)
            if lent is original:
                return
            loan = _loans[key] = Loan(namespace, name, original, lent)
            _set(namespace, name, lent)
        loan.holders += 1
        self._mine[key] = loan

    def take_back(self) -> None:
        """Puts originals back where no other trace holds what was lent, and where a function has put it itself."""
        with _lock:
            for key, loan in self._mine.items():
                loan.holders -= 1
                if not loan.holders:
                    del _loans[key]
                    if _get(loan.namespace, loan.name) is loan.lent:  # else somebody has put another thing there
                        _set(loan.namespace, loan.name, loan.original)
            for namespace, code in self._entered.values():
                restore(namespace, [name for name in code.co_names if (id(namespace), name) not in _loans])
        self._mine.clear()
        self._entered.clear()
        self._met.clear()


def python_function(function: Callable[..., Any]) -> Any:
    """What is behind a partial, a method, or an object that can be called."""
    while isinstance(function, functools.partial):
        function = function.func
    found = getattr(function, "__func__", function)
    return found if hasattr(found, "__code__") else type(found).__call__


def restore(namespace: dict[str, Any], names: list[str]) -> None:
    """Puts originals in place of stand-ins and views that the program itself has put under some names."""
    for name in names:
        value = namespace.get(name)
        if (original := as_it_is(value)) is not value:
            namespace[name] = original


def _get(namespace: Any, name: Any) -> Any:
    if isinstance(namespace, dict):
        return namespace.get(name, MISSING)
    if isinstance(namespace, list):
        return namespace[name] if name < len(namespace) else MISSING
    try:
        return namespace.cell_contents
    except ValueError:  # nothing in it yet
        return MISSING


def _set(namespace: Any, name: Any, value: Any) -> None:
    if not isinstance(namespace, (dict, list)):
        namespace.cell_contents = value
    elif value is MISSING:
        del namespace[name]
    else:
        namespace[name] = value
