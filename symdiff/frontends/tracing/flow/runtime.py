"""What a rewritten function asks: one object, under one name."""

from __future__ import annotations

import dis
import functools
import math
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from symdiff.frontends.tracing.attempts import are_calls_followed, left_alone
from symdiff.frontends.tracing.flow import branches
from symdiff.frontends.tracing.flow.again import once
from symdiff.frontends.tracing.flow.arithmetic import Dividend, divisor, of_math
from symdiff.frontends.tracing.flow.calls import CALLS, KINDS, NAMES, among, is_same
from symdiff.frontends.tracing.flow.chains import Chain
from symdiff.frontends.tracing.flow.comprehensions import listed
from symdiff.frontends.tracing.flow.guards import handles_arithmetic, raising
from symdiff.frontends.tracing.flow.handling import Handling
from symdiff.frontends.tracing.flow.lists import as_array, item_of
from symdiff.frontends.tracing.flow.loops import ForLoop, WhileLoop
from symdiff.frontends.tracing.flow.ordering import is_lists_sort, sort
from symdiff.frontends.tracing.flow.places import Global
from symdiff.frontends.tracing.flow.rewrite import rewritten
from symdiff.frontends.tracing.flow.source import code_of, function_of, plain_function, tree_of
from symdiff.frontends.tracing.flow.standard import is_standard, standard
from symdiff.frontends.tracing.flow.steps import GoingOver
from symdiff.frontends.tracing.flow.texts import joined, of_text, percent
from symdiff.frontends.tracing.flow.twice import (
    check_is_same_twice,
    check_may_change,
    is_trying,
    note_changing,
    note_made,
)
from symdiff.frontends.tracing.flow.undecided import Undecided
from symdiff.frontends.tracing.flow.values import UNBOUND, is_open
from symdiff.frontends.tracing.following import FLOW
from symdiff.frontends.tracing.hook import unseen, unwatched
from symdiff.frontends.tracing.libraries import is_library_module
from symdiff.graph.dims import Length

CALL = "__call__"
HANDS_ON = (map, filter, functools.reduce, partial, np.piecewise, np.apply_along_axis)  # take functions that they call


class Flow:
    """What the changed syntax calls."""

    if_ = branches.IfStatement
    chain = Chain
    for_ = ForLoop
    while_ = WhileLoop
    handling = Handling
    raising = staticmethod(raising)
    joined = staticmethod(joined)
    percent = staticmethod(percent)
    of_text = staticmethod(of_text)
    item = staticmethod(item_of)
    listed = staticmethod(listed)
    among = staticmethod(among)
    is_same = staticmethod(is_same)
    dividend = Dividend
    divisor = staticmethod(divisor)
    chosen = staticmethod(branches.chosen)
    both = staticmethod(branches.both)
    either = staticmethod(branches.either)
    negated = staticmethod(branches.negated)

    @staticmethod
    def value(variables: dict[str, Any], name: str) -> Any:
        """The value of a variable, if it has one."""
        return variables.get(name, UNBOUND)

    @staticmethod
    def going_over(function: Callable[..., Any], *arguments: Any, **strict: Any) -> Any:
        """``zip(…)``, ``enumerate(…)``, ``reversed(…)``, ``range(…)`` of Python's, where a loop goes over it."""
        is_asked = function is range and any(is_open(x) or isinstance(x, Length) for x in arguments)
        is_begun_later = is_asked or function in (zip, enumerate, reversed)
        if is_begun_later:
            return GoingOver(function, arguments, **strict)
        return Flow.called(function)(*arguments, **strict)

    @staticmethod
    def is_of_python(function: Any) -> bool:
        """Whether a name that may be another function's means Python's own."""
        return any(function is known for known in (sum, any, all))

    @staticmethod
    def changed(value: Any, is_own: bool, is_made: bool) -> Any:
        """`value`, if it may be changed now."""
        return check_may_change(value, sys._getframe(1), is_own=is_own, is_made=is_made)

    @staticmethod
    def rebinding(reader: FunctionType, names: tuple[str, ...]) -> None:
        """A function begins that binds these variables of others anew, which `reader` reads."""
        cells = dict(zip(reader.__code__.co_freevars, reader.__closure__ or (), strict=True))
        for name in names:
            note_changing(cells.get(name) or Global(reader.__globals__, name), name)

    @staticmethod
    @unwatched
    def called(function: Any) -> Any:
        """What is called instead of `function`."""
        check_is_same_twice(function)
        if handles_arithmetic() and is_of_math(function):
            return partial(of_math, function)
        if isinstance(function, Undecided):
            return partial(function.call, Flow.called)
        if type(function) in KINDS and function in CALLS:
            return CALLS[function]
        if (instead := standard(function)) is not None:
            return instead
        if is_lists_sort(function):
            return partial(sort, function.__self__)
        if (original := getattr(function, "__wrapped__", None)) is max or original is min:
            return partial(_extreme, function, CALLS[original])
        if any(known is function or known is original for known in HANDS_ON):
            return partial(_handing_on, function)
        if isinstance(function, type):
            return partial(_constructed, function)
        changed = followed(function)
        return once(function, changed) if changed is not function or _is_followed(function) else function


FLOW_OBJECT = Flow()


def is_of_math(function: Any) -> bool:
    """Whether a function is one of `math`, or stands for one."""
    name = getattr(function, "__name__", "")
    return getattr(function, "__module__", None) == "math" and hasattr(math, name)


def _extreme(function: Callable[..., Any], with_options: Callable[..., Any], *values: Any, **options: Any) -> Any:
    if len(values) == 1 and not options and (whole := as_array(values[0])) is not None:
        over = np.nanmax if with_options is CALLS[max] else np.nanmin
        # a nan loses against numbers, but where it comes first
        return branches.chosen(np.isnan(whole[0]), lambda: whole[0], lambda: over(whole))
    if len(values) == 1 and not is_open(values[0]):
        values = (list(values[0]),)  # an iterator is gone through once
    items = values[0] if len(values) == 1 else values
    are_tuples = not is_open(items) and any(type(x) in (list, tuple) for x in items)
    return (with_options if options or are_tuples else function)(*values, **options)


def _handing_on(function: Callable[..., Any], *values: Any, **options: Any) -> Any:
    """What is called by Python or NumPy is followed."""
    return function(*map(_followed_within, values), **{k: _followed_within(v) for k, v in options.items()})


def _followed_within(value: Any) -> Any:
    """The functions in an argument, alone or in a list, as they are called."""
    if type(value) in (list, tuple):
        parts = type(value)(map(_followed_within, value))
        # what holds no function stays what it is: `map` sees what is written into a list after it has begun
        return value if all(a is b for a, b in zip(parts, value, strict=True)) else parts
    return Flow.called(value) if plain_function(value) is not None else value


def _constructed(kind: type, *values: Any, **options: Any) -> Any:
    """An object of a class, whose ``__init__`` is followed."""
    init, new = plain_function(getattr(kind, "__init__")), getattr(kind, "__new__")  # noqa: B009
    is_plain = type(kind) is type and new is object.__new__
    if init is None or not is_plain or not _may_be_followed(init):
        return note_made(kind(*values, **options))
    made = note_made(object.__new__(kind))
    followed(MethodType(init, made))(*values, **options)
    return made


def _may_be_followed(function: FunctionType) -> bool:
    return not is_library_module(function.__globals__)


def _is_followed(function: Any) -> bool:
    """Whether a function stands in one that is followed, and is so with it."""
    plain = plain_function(function)
    return plain is not None and FLOW in plain.__code__.co_freevars


def followed(function: Any) -> Any:
    """A user's function whose control flow asks; anything else as it is."""
    if isinstance(function, partial):
        return partial(followed(function.func), *function.args, **function.keywords)
    if isinstance(function, np.vectorize):
        seen = type(function).__new__(type(function))
        vars(seen).update(vars(function), pyfunc=followed(function.pyfunc))
        return seen
    plain = plain_function(function)
    if plain is None:
        method = plain_function(getattr(type(function), CALL, function))
        return followed(MethodType(method, function)) if method and _may_be_followed(method) else function
    if not _may_be_followed(plain):
        around = _around_followed(plain)
        return MethodType(around, function.__self__) if isinstance(function, MethodType) else around
    if _is_followed(plain):
        return function
    if not (is_trying() or handles_arithmetic() or are_calls_followed() or _may_fork(function)):
        left_alone()
        return function
    changed = _changed(plain)
    if changed is None:
        return function
    return MethodType(changed, function.__self__) if isinstance(function, MethodType) else changed


def _around_followed(wrapper: FunctionType) -> FunctionType:
    """What a library has wrapped around a user's function, ``@np.errstate(…)``, around that one as it is followed."""
    inner, cells = getattr(wrapper, "__wrapped__", None), wrapper.__closure__ or ()
    names = zip(wrapper.__code__.co_freevars, cells, strict=True)
    holding = [name for name, cell in names if inner is not None and _is_filled(cell) and cell.cell_contents is inner]
    if not holding or str(wrapper.__globals__.get("__name__")).startswith("symdiff."):
        return wrapper
    seen = followed(inner)
    return wrapper if seen is inner else function_of(wrapper.__code__, wrapper, **dict.fromkeys(holding, seen))


def _changed(function: FunctionType) -> FunctionType | None:
    code = _changed_code(function.__code__, function.__code__.co_filename, handles_arithmetic())
    return None if code is None else function_of(code, function, **{FLOW: FLOW_OBJECT})


@functools.lru_cache(maxsize=1024)
def _changed_code(code: CodeType, filename: str, divisions: bool) -> CodeType | None:
    """The code that asks; `filename` since codes of two files are equal where their lines are."""
    with unseen():
        tree = tree_of(code)
        if tree is None:
            return None
        for handlers in (True, False):
            with suppress(SyntaxError):  # Python nests 20 blocks at most, and each of the user's becomes several
                return code_of(rewritten(tree, handlers=handlers, divisions=divisions), code, (FLOW,))
        return None


def _may_fork(function: Any) -> bool:
    """Whether there may be control flow in a function, or in what it calls: a page of formulas stays as it is."""
    waiting, known = [function], set[int]()
    while waiting:
        value = waiting.pop()
        plain = plain_function(value)
        if plain is None or id(plain) in known or is_library_module(plain.__globals__):
            continue
        known.add(id(plain))
        if _has_forks(plain.__code__) or not NAMES.isdisjoint(plain.__code__.co_names):
            return True
        found = [plain.__globals__.get(name) for name in plain.__code__.co_names]
        found += [cell.cell_contents for cell in plain.__closure__ or () if _is_filled(cell)]
        if any(map(is_standard, found)):
            return True
        waiting += found
        kinds = [value if isinstance(value, type) else type(value) for value in found]
        names = plain.__code__.co_names
        waiting += [
            vars(kind)[name] for kind in kinds for name in (*names, "__call__", "__init__") if name in vars(kind)
        ]
        members = vars(type(value.__self__)) if isinstance(value, MethodType) else {}
        waiting += [members[name] for name in plain.__code__.co_names if name in members]
    return False


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


@functools.lru_cache(maxsize=4096)
def _has_forks(code: CodeType) -> bool:
    """Whether code, or a function inside of it, jumps, or raises an error, which is marked as its own."""
    steps = tuple(dis.get_instructions(code))
    jumps = any(step.opcode in dis.hasjrel or step.opcode in dis.hasjabs for step in steps)
    return (
        jumps
        or any(step.opname == "RAISE_VARARGS" for step in steps)
        or any(_has_forks(inner) for inner in code.co_consts if isinstance(inner, CodeType))
    )
