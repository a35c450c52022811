"""While a function is traced: arrays that it makes can take symbolic values, and math and max understand them.

``np.zeros(n)`` asks nobody what it should return, so nothing in NumPy's protocols lets ``y = np.zeros(n); y[0] = x``
work. During a trace the functions that make arrays are therefore replaced, in NumPy's namespace and in the globals of
the traced function, by ones that return symbolic arrays. The replacements do nothing of the kind when they are called
from another thread or from a library, and they go when the trace ends.
"""

from __future__ import annotations

import builtins
import functools
import math
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from symdiff.frontends.holder import is_symbolic, unwrapped
from symdiff.frontends.symbol import Symbol, call_function, on_numbers, wrapped
from symdiff.frontends.vectorize import call_vectorized
from symdiff.graph.op import OPS
from symdiff.ops import api
from symdiff.ops.table import FUNCTIONS

LIBRARIES = ("numpy", "scipy", "symdiff", "sympy", "pandas", "sklearn", "matplotlib")

_CREATE = (
    np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.arange, np.linspace, np.array, np.asarray,
    np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.zeros_like, np.ones_like, np.empty_like, np.full_like,
    np.copy, np.tri, np.logspace, np.geomspace, np.fromiter,
)  # fmt: skip
_JOIN = (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.copy)
_AS_IS = (np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray)
_SAME_AS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.empty: np.zeros,
    np.empty_like: np.zeros_like,
}  # what is there before anything is written

_active = threading.local()
_lock = threading.Lock()
_patched: list[list[Any]] = []  # [namespace, name, original, replacement, how many traces hold it]


def _replaces(original: Callable[..., Any], symbolic: Callable[..., Any]) -> Callable[..., Any]:
    """`original`, but `symbolic` where a traced function calls it."""

    @functools.wraps(original, updated=())
    def replacement(*args: Any, **kwargs: Any) -> Any:
        if getattr(_active, "depth", 0):
            caller = sys._getframe(1).f_globals.get("__name__") or ""
            if caller.partition(".")[0] not in LIBRARIES:
                return symbolic(*args, **kwargs)
        return original(*args, **kwargs)

    return replacement


def _creating(original: Callable[..., Any]) -> Callable[..., Any]:
    plain: Callable[..., Any] = _SAME_AS.get(original, original)

    def create(*args: Any, **kwargs: Any) -> Any:
        if original in _AS_IS and args and not kwargs and type(args[0]) in (np.ndarray, Symbol):
            return args[0]
        if not is_symbolic((args, kwargs)):
            return on_numbers(plain, args, kwargs)
        if plain in _JOIN:
            return _as_array(original, *args, **kwargs)
        return call_function(plain, args, kwargs)

    return create


def _as_array(
    original: Any, a: Any, dtype: Any = None, *args: Any, copy: Any = True, ndmin: int = 0, **kwargs: Any
) -> Any:
    if type(a) is Symbol and dtype in (None, a.dtype) and (original in _AS_IS or copy is not True):
        return a
    array = wrapped(api.asarray(unwrapped(a), None if dtype is None else dtype))
    while array.ndim < ndmin:
        array = array[None]
    return array


def _math(name: str) -> Callable[..., Any]:
    """`math`'s function as the row that prints as it."""
    original = getattr(math, name)

    def call(*args: Any) -> Any:
        if not is_symbolic(args):
            return original(*args)
        return wrapped(_BY_MATH[name](*map(unwrapped, args)))

    return call


_BY_MATH: dict[str, Callable[..., Any]] = {
    op.math: op for op in OPS.values() if isinstance(op.math, str) and op.math.isidentifier() and hasattr(math, op.math)
} | {
    "log": lambda x, base=None: OPS["log"](x) if base is None else OPS["log"](x) / OPS["log"](base),
    "pow": OPS["power"], "fabs": OPS["absolute"], "fsum": FUNCTIONS["sum"].call, "prod": FUNCTIONS["prod"].call,
    "hypot": lambda *xs: FUNCTIONS["norm"].call(api.asarray(list(xs))) if len(xs) != 2 else OPS["hypot"](*xs),
    "dist": lambda p, q: FUNCTIONS["norm"].call(api.asarray(p) - api.asarray(q)), "lgamma": OPS["gammaln"],
}  # fmt: skip


def _extreme(original: Callable[..., Any], ufunc: np.ufunc) -> Callable[..., Any]:
    """Python's ``max`` and ``min``, which would ask for the truth of a comparison."""

    def choose(*args: Any, **kwargs: Any) -> Any:
        items = args if len(args) != 1 else list(args[0])
        if kwargs or not is_symbolic(list(items)):
            return original(*args, **kwargs)
        return functools.reduce(ufunc, items)

    return choose


def _replacements() -> dict[Any, Callable[..., Any]]:
    table: dict[Any, Callable[..., Any]] = {fn: _replaces(fn, _creating(fn)) for fn in _CREATE}
    table |= {getattr(math, name): _replaces(getattr(math, name), _math(name)) for name in _BY_MATH}
    table[max] = _replaces(max, _extreme(max, np.maximum))
    table[min] = _replaces(min, _extreme(min, np.minimum))
    return table


_TABLE = _replacements()
_VECTORIZED = np.vectorize.__call__


def _vectorized(self: Any, *args: Any, **kwargs: Any) -> Any:
    return call_vectorized(self, args, kwargs) if is_symbolic((args, kwargs)) else _VECTORIZED(self, *args, **kwargs)


@contextmanager
def capturing(function: Callable[..., Any]) -> Iterator[None]:
    """Within it, `function` and what it calls can be traced."""
    held: list[list[Any]] = []
    _active.depth = getattr(_active, "depth", 0) + 1
    try:
        with _lock:
            for namespace, name, replacement in _places(function):
                held.append(_hold(namespace, name, replacement))
        yield
    finally:
        _active.depth -= 1
        with _lock:
            for entry in reversed(held):
                _release(entry)


def _places(function: Callable[..., Any]) -> Iterator[tuple[Any, str, Any]]:
    """Where a replacement is put: (namespace, name, replacement)."""
    yield np.vectorize, "__call__", _vectorized
    for module in (np, math):
        for name, value in list(vars(module).items()):
            replacement = _replacement(value)
            if replacement is not None:
                yield vars(module), name, replacement
    own = globals_of(function)
    if own is None or str(own.get("__name__")).partition(".")[0] in LIBRARIES:
        return
    for name, value in list(own.items()):
        replacement = _replacement(value)
        if replacement is not None:
            yield own, name, replacement
    for name in ("max", "min"):
        if name not in own:
            yield own, name, _TABLE[getattr(builtins, name)]


def _replacement(value: Any) -> Any:
    try:
        found = _TABLE.get(value)
    except TypeError:  # not hashable
        return None
    return found if found is not value else None


_MISSING = object()


def _hold(namespace: Any, name: str, replacement: Any) -> list[Any]:
    for entry in _patched:
        if entry[0] is namespace and entry[1] == name:
            entry[4] += 1
            return entry
    entry = [namespace, name, _get(namespace, name), replacement, 1]
    _set(namespace, name, replacement)
    _patched.append(entry)
    return entry


def _release(entry: list[Any]) -> None:
    entry[4] -= 1
    namespace, name, original, replacement, holders = entry
    if holders:
        return
    _patched.remove(entry)
    if _get(namespace, name) is replacement:  # the traced function may have put something else there
        _set(namespace, name, original)


def _get(namespace: Any, name: str) -> Any:
    return namespace.get(name, _MISSING) if isinstance(namespace, dict) else getattr(namespace, name)


def _set(namespace: Any, name: str, value: Any) -> None:
    if not isinstance(namespace, dict):
        setattr(namespace, name, value)
    elif value is _MISSING:
        del namespace[name]
    else:
        namespace[name] = value


def globals_of(function: Callable[..., Any]) -> dict[str, Any] | None:
    """The globals that a function, method, partial or callable object sees."""
    while isinstance(function, functools.partial):
        function = function.func
    found = getattr(function, "__func__", function)
    found = found if hasattr(found, "__globals__") else type(found).__call__
    return getattr(found, "__globals__", None)
