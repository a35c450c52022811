"""What a function that calls itself has computed is not computed again: equal calls cost what one does.

A determinant by minors calls itself n! times, but for 2**n different minors; B-splines and orthogonal polynomials by
their recursions call themselves exponentially often, for a few different degrees. While such a function runs, what it
returned for its arguments is kept, and given to the next call with equal ones: arrays are equal if they have the same
elements, however they were cut out (`symdiff.frontends.tracing.origins`). Each call is run of a function that changes
what others know, draws random numbers, or raises errors where values are not known.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.attempts import running
from symdiff.frontends.tracing.flow.guards import current, depth, is_raised, raising
from symdiff.frontends.tracing.flow.source import plain_function
from symdiff.frontends.tracing.origins import Origins
from symdiff.frontends.tracing.remembered import changes, inside
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Length

ROOM = 0.2  # of Python's stack, which what a call does needs: at its end finalisers fail, too, and hide the reason
MOST = 1000  # calls of itself that a function makes under conditions which are not known

Again = Callable[[tuple[Any, ...]], Any]  # gives the result once more, for such arguments
_WRITING = frozenset(
    {"fill", "sort", "put", "partition", "copyto", "place", "putmask", "fill_diagonal", "put_along_axis", "at", "print"}
)
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...))
_READ = (*_PLAIN, tuple, list, dict, np.ndarray, np.generic, Symbol, Length, type, ModuleType)


class _UncertainError(Exception):
    """An argument of which it is not known whether it is equal to another one."""


class Recursion:
    """A function that runs, and what its calls of itself have returned."""

    def __init__(self, function: FunctionType) -> None:
        self._is_plain = _is_plain(function)
        self._results: dict[Any, tuple[Again, Any, tuple[Any, ...]]] = {}
        self._origins = Origins()
        self._name = function.__name__
        self._depth = depth()
        self._under_conditions = 0
        self._open: set[Any] = set()  # the arguments of calls that have not returned

    def call(self, changed: Callable[..., Any], owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """``changed(*args, **kwargs)``, or what it was before; `owner` is the object whose method it is."""
        given = (*args, *kwargs.values())
        key = self._key(owner, given, tuple(kwargs)) if self._is_plain else None
        if key in self._results:
            return self._results[key][0](given)
        with self._opened(key), inside() as first:
            result = changed(*args, **kwargs)
        if key is not None and self._key(owner, given, tuple(kwargs)) == key:
            again = _again(result, given, first)
            if again is not None:
                self._results[key] = again, owner, given  # what is told apart by identity stays alive
        return result

    @contextmanager
    def _opened(self, key: Any) -> Iterator[None]:
        """Follows one call more: the guards and the tried calls before it make it no other one."""
        self._under_conditions += depth() > self._depth
        if self._under_conditions > MOST or _is_deep():
            raise endless(self._name)
        asked = None if key is None else (key[0], *key[3:])
        if asked is not None and asked in self._open:
            raise raising(RecursionError(f"{self._name} calls itself with the arguments that it was called with"))
        self._open.add(asked)
        try:
            yield
        finally:
            self._open.discard(asked)

    def _key(self, owner: Any, given: tuple[Any, ...], names: tuple[str, ...]) -> Any:
        """What is equal for equal calls, as long as nothing is changed that either of them might read."""
        run = running()
        tried = len(run.tried) if run is not None else 0
        try:
            return changes(), len(current()), tried, id(owner), names, tuple(map(self._part, given))
        except _UncertainError:
            return None

    def _part(self, value: Any) -> Any:
        """What is equal for equal arguments, and can be hashed."""
        kind = type(value)
        if kind is Symbol and not value._is_flat:
            elements = self._origins.of(value.node) if value.numbers is None else self._part(value.numbers)
            return elements if value.is_plain else (elements, value.memory and tuple(value.memory.steps))
        if kind is np.ndarray and value.dtype.kind in "biufc":
            return value.dtype, value.shape, value.tobytes()
        if isinstance(value, Length):
            return value
        if kind in _PLAIN or isinstance(value, np.generic):
            return kind, repr(value)  # which tells 0.0 from -0.0, and a nan is itself
        if kind in (tuple, list):
            return kind, *map(self._part, value)
        if kind is dict:
            return kind, *((self._part(key), self._part(item)) for key, item in value.items())
        if kind is slice:
            return kind, *map(self._part, (value.start, value.stop, value.step))
        if callable(value) or isinstance(value, ModuleType):
            return kind, id(value)
        raise _UncertainError


class _Running(threading.local):
    def __init__(self) -> None:
        self.functions: dict[FunctionType, Recursion] = {}


_running = _Running()


@contextmanager
def entered(function: Callable[..., Any]) -> Iterator[None]:
    """A function runs that may call itself; its results are kept until the outermost of its calls is over."""
    plain = plain_function(function)
    if plain is None or plain in _running.functions:
        yield
        return
    _running.functions[plain] = Recursion(plain)
    try:
        with inside():
            yield
    except RecursionError as error:
        if is_raised(error):
            raise
        raise endless(plain.__name__) from None
    finally:
        del _running.functions[plain]


def _is_deep() -> bool:
    """Whether little is left of Python's stack."""
    frame, frames = sys._getframe(), 0
    while frame.f_back is not None:
        frame, frames = frame.f_back, frames + 1
    return frames > (1 - ROOM) * sys.getrecursionlimit()


def endless(name: str) -> UnsupportedError:
    """The error for a function whose calls of itself are too many, or too deep in each other, to be followed."""
    return UnsupportedError(
        f"{name} calls itself more often than is followed: its end is not known, or too many are open at once",
        help="write it as a loop; or give it the number of its calls, an int that counts down to 0",
    )


def once(function: Callable[..., Any], changed: Callable[..., Any]) -> Callable[..., Any]:
    """What is called in place of the user's `function`, which `changed` follows."""
    return partial(_call, function, changed)


def _call(function: Callable[..., Any], changed: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    plain = plain_function(function)
    known = _running.functions.get(plain) if plain is not None else None
    if known is None:
        with entered(function):
            return changed(*args, **kwargs)
    return known.call(changed, getattr(function, "__self__", None), args, kwargs)


def _is_plain(function: FunctionType) -> bool:
    """Whether nothing in its code speaks against it: it writes into arrays by no function, and reads no iterator."""
    code = function.__code__
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE) or not _WRITING.isdisjoint(code.co_names):
        return False
    names = [function.__globals__[name] for name in code.co_names if name in function.__globals__]
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    return all(isinstance(value, _READ) or callable(value) for value in (*names, *cells))


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _again(result: Any, given: tuple[Any, ...], first: int) -> Again | None:
    """How a result is given again; None for one that shares memory with what was there before the call."""
    for k, value in enumerate(given):
        if value is result:
            return itemgetter(k)
    if type(result) in _PLAIN or isinstance(result, np.generic):
        return lambda given: result
    if type(result) is tuple:
        parts = [_again(part, given, first) for part in result]
        return None if None in parts else lambda given: tuple(part(given) for part in parts)  # type: ignore[misc]
    if type(result) is not Symbol or result._source is not None or result._storage.born < first:
        return None
    numbers = result.numbers
    node = result.node if numbers is None else None
    return partial(_made, node, None if numbers is None else numbers.copy(), result._storage.lies)


def _made(node: Any, numbers: np.ndarray | None, lies: Any, given: tuple[Any, ...]) -> Symbol:
    symbol = Symbol(node, None if numbers is None else numbers.copy())
    symbol._storage.lies = lies
    return symbol
