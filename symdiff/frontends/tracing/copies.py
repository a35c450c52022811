"""A library's function that is itself to be traced: a copy of it that finds views and stand-ins under its names.

Libraries are never written, so its globals cannot be lent anything. What it calls by name of the same library is copied
with it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from symdiff.frontends.tracing.libraries import is_library_module
from symdiff.frontends.tracing.views import as_seen


def traceable(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` as it is called in order to trace it."""
    seen: Callable[..., Any] = as_seen(function)
    if seen is not function or not isinstance(function, FunctionType) or not is_library_module(function.__globals__):
        return seen
    if _root(function.__globals__["__name__"]) == _root(__name__):  # one of ours, around a user's: it knows symbols
        return function
    return _copy(function)


def _copy(function: FunctionType) -> FunctionType:
    library = _library(function)
    spaces: dict[int, dict[str, Any]] = {}
    copies: dict[FunctionType, FunctionType] = {}

    def copy(f: FunctionType) -> FunctionType:
        if f not in copies:
            space = spaces.setdefault(id(f.__globals__), dict(f.__globals__))
            copies[f] = FunctionType(f.__code__, space, f.__name__, f.__defaults__, f.__closure__)
            copies[f].__kwdefaults__ = f.__kwdefaults__
            vars(copies[f]).update(vars(f))  # what it wraps, whose signature is meant
            waiting.append(f)
        return copies[f]

    waiting: list[FunctionType] = []
    copy(function)
    while waiting:
        f = waiting.pop()
        space = spaces[id(f.__globals__)]
        for name in _names(f.__code__):
            if name in space:
                value = as_seen(f.__globals__[name])
                space[name] = copy(value) if isinstance(value, FunctionType) and _library(value) == library else value
    return copies[function]


def _names(code: CodeType) -> set[str]:
    """The names that code mentions, and the code of functions and comprehensions inside of it."""
    codes = [code]
    for outer in codes:
        codes += [inner for inner in outer.co_consts if isinstance(inner, CodeType)]
    return {name for each in codes for name in each.co_names}


def _library(function: FunctionType) -> str:
    return _root(function.__module__)


def _root(module: str) -> str:
    return module.partition(".")[0]
