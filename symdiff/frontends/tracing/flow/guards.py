"""``if not x > 0: raise ValueError(…)``: an error behind a condition that is not known is raised when the program runs.

What a side of a branch, or a step of a loop, guards itself against is noted by itself first: the branch adds its
condition, and the loop asks whether the guard was met in any step.
"""

from __future__ import annotations

import ast
import builtins
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.tracing.flow.texts import joined, quotes_values, without_values, written
from symdiff.graph.guard import Guard
from symdiff.graph.node import Node, constant
from symdiff.graph.walk import substitute
from symdiff.ops.elementwise import logical_and, logical_not, logical_or, where
from symdiff.ops.gathering import gather
from symdiff.ops.index import Hole
from symdiff.ops.reductions import any_, argmax, spread

ERRORS: dict[type[BaseException], str] = {np.linalg.LinAlgError: "np.linalg.LinAlgError"}


class Handler(Protocol):
    """What runs inside of ``try``, see `symdiff.frontends.tracing.flow.handling`."""

    arithmetic: bool
    is_followed: bool

    def catches(self, error: BaseException) -> bool:
        """Whether one of the handlers is for such an error."""

    def kind(self, guard: Guard) -> object:
        """What tells the errors apart that it catches: those of one kind are one to it."""


class _Guards(threading.local):
    def __init__(self) -> None:
        self.scopes: list[list[Guard]] = []
        self.handlers: list[Handler] = []
        self.errors: dict[str, BaseException] = {}  # what handlers are for, by how the guards name it
        self.sometimes: dict[tuple[int, str], tuple[Any, Any, Node]] = {}  # objects, what an attribute holds, and when


_guards = _Guards()


@contextmanager
def noting() -> Iterator[list[Guard]]:
    """The guards that are noted from here on; in the end, those that are one to who handles them are one."""
    noted: list[Guard] = []
    _guards.scopes.append(noted)
    try:
        yield noted
    finally:
        noted[:] = _merged(_guards.scopes.pop())


def _merged(guards: Iterable[Guard]) -> list[Guard]:
    """The guards, those that follow each other and are alike as one: not each of many divisions is asked for."""
    found: list[Guard] = []
    for guard in guards:
        alike = bool(found) and _are_alike(found[-1], guard)
        found.append(replace(guard, condition=logical_or(found.pop().condition, guard.condition)) if alike else guard)
    return found


def _are_alike(a: Guard, b: Guard) -> bool:
    """Whether it makes no difference which of two errors is raised: they are handled, and alike to the handler."""
    handler = handler_of(error_of(a))
    if handler is None or a.quoted or b.quoted:
        return False
    return handler is handler_of(error_of(b)) and handler.kind(a) == handler.kind(b)


@contextmanager
def guarding() -> Iterator[list[Guard]]:
    """The guards of a function that is traced: handlers around it are those of another one."""
    outer = _guards.handlers, _guards.errors, _guards.sometimes
    _guards.handlers, _guards.errors, _guards.sometimes = [], {}, {}
    try:
        with noting() as noted:
            yield noted
    finally:
        _guards.handlers, _guards.errors, _guards.sometimes = outer


def current() -> list[Guard]:
    """The guards of the trace, the side or the step that is run now, so far."""
    return _guards.scopes[-1]


def depth() -> int:
    """In how many traces, sides and steps, each in another, the function is that is run now."""
    return len(_guards.scopes)


def handlers() -> list[Handler]:
    """The blocks that are run now whose errors are handled, from the outermost inwards."""
    return _guards.handlers


def note(guard: Guard) -> None:
    """Adds a guard to those of the trace, the side or the step that is run now."""
    if _guards.scopes and guard not in _guards.scopes[-1]:
        _guards.scopes[-1].append(guard)


def note_for(guards: Iterable[Guard], given: Mapping[Node, Node]) -> None:
    """Notes guards of what was traced on stand-ins, for what these are `given` for."""
    for guard in guards:
        reads = substitute(guard.reads, given)
        note(guard.moved(dict(zip(guard.reads, reads, strict=True))))


def note_sides(condition: Node, yes: Sequence[Guard], no: Sequence[Guard]) -> None:
    """Notes the guards of the two sides of a branch."""
    if len(yes) == len(no) == 1 and _are_alike(yes[0], no[0]):
        note(replace(yes[0], condition=where(condition, yes[0].condition, no[0].condition)))
        return
    for holds, guards in ((condition, yes), (logical_not(condition), no)):
        for guard in guards:
            note(replace(guard, condition=logical_and(holds, guard.condition)))


def note_behind(guards: Iterable[Guard], left: Iterable[Node]) -> None:
    """Notes the guards of the steps of a loop behind it.

    Args:
        guards: of a step.
        left: what the guards read, of all steps, one behind the other.
    """
    parts = iter(left)
    for guard in guards:
        met, *quoted = (next(parts) for _ in guard.reads)
        is_met = any_(met, axis=(0,), keepdims=False)
        note(replace(guard, condition=is_met, quoted=_of_first(met, is_met, quoted) if quoted else ()))


def _of_first(met: Node, is_met: Node, quoted: Iterable[Node]) -> tuple[Node, ...]:
    """Of values of all steps, those of the first step for which `met` holds. There may be no step at all."""
    first = argmax(met, axis=(0,), keepdims=False)
    found = [gather(values, first, index=(Hole(1),)) for values in quoted]
    if isinstance(met.shape[0], int):
        return tuple(found)
    return tuple(where(is_met, x, spread(constant(x.dtype.type(0)), x.shape)) for x in found)


def note_there(value: Any, name: str, held: Any, condition: Node) -> None:
    """Notes that an object has an attribute under a condition only, and what that holds then."""
    _guards.sometimes[id(value), name] = value, held, condition


def when_there(value: Any, name: str, held: Any) -> Node | None:
    """When an object has the attribute that holds this; None if it always has it."""
    known = _guards.sometimes.get((id(value), name))
    return known[2] if known is not None and known[1] is held else None


def handles_arithmetic() -> bool:
    """Whether the function that runs handles what Python's numbers raise."""
    return any(handler.arithmetic for handler in _guards.handlers)


def raising(error: Any) -> Any:
    """An error that the user's function raises itself, marked as such."""
    made = error() if isinstance(error, type) and issubclass(error, BaseException) else error
    if isinstance(made, Exception):
        made.__symdiff_raised__ = True  # type: ignore[attr-defined]
    return made


def is_raised(error: BaseException) -> bool:
    """Whether an error comes from a ``raise`` in the user's function, from numbers of Python's that are known, from a
    list or dict that lacks an element, or from a variable that is None, or nothing at all, where a number is wanted."""
    if getattr(error, "__symdiff_raised__", False):  # whatever it quotes
        return True
    of_numbers = isinstance(error, (ZeroDivisionError, OverflowError))
    of_math = len(error.args) == 1 and type(error.args[0]) is str and error.args[0] == "math domain error"
    return of_numbers or of_math or _is_of_none(error) or _is_of_lookup(error)


def _is_of_lookup(error: BaseException) -> bool:
    """Whether Python says that there is no such element, of a list, tuple or dict in the user's function."""
    if type(error) not in (IndexError, KeyError):
        return False
    places = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    last = places[-1].f_globals.get("__name__", "") if places else ""
    return not last.startswith("symdiff.") or places[-1].f_code.co_name == "item_of"


def _is_of_none(error: BaseException) -> bool:
    """Whether Python says that None has no such operation, of a value in the user's function."""
    if not isinstance(error, (TypeError, AttributeError)) or "NoneType" not in str(error):
        return False
    places = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)]
    return isinstance(error, ArgumentError) or not places or not places[-1].startswith("symdiff.")


def let_go(error: BaseException) -> None:
    """Forgets the frames that an error has come through: they hold it in turn, and would outlive the trace with all
    their arrays."""
    error.__traceback__ = error.__context__ = None


def handler_of(error: BaseException) -> Handler | None:
    """The block that handles an error which is raised now."""
    return next((handler for handler in reversed(_guards.handlers) if handler.catches(error)), None)


def raised(condition: Node, error: BaseException) -> Guard:
    """The guard that raises `error` where `condition` holds.

    Raises:
        UnsupportedError: if the function handles the error in a way that cannot be followed, or the error cannot be
            written down.
    """
    handler = handler_of(error)
    if handler is not None and not handler.is_followed:
        raise refused(error)
    if handler is None:
        guard = Guard(condition, *_written(error))
    else:
        guard = Guard(condition, f"{type(error).__module__}.{type(error).__qualname__}{error.args!r}")
    _guards.errors.setdefault(guard.error, error)
    return guard


def error_of(guard: Guard) -> BaseException:
    """What a guard raises: also one of a function that was traced by itself."""
    if (found := _guards.errors.get(guard.error)) is not None:
        return found
    call = ast.parse(guard.error, mode="eval").body
    assert isinstance(call, ast.Call)
    name, kinds = ast.unparse(call.func), {written: kind for kind, written in ERRORS.items()}
    made: BaseException = kinds.get(name, getattr(builtins, name, Exception))(*map(without_values, call.args))
    return made


def check_floats(settings: Iterable[Any], catches: Callable[[BaseException], bool]) -> None:
    """Raises UnsupportedError where NumPy is told to raise an error for nan and inf, and the function handles it."""
    error = FloatingPointError()
    if "raise" in settings and catches(error):
        raise refused(error)


def is_handled(error: BaseException) -> bool:
    """Whether a block that runs now handles such an error."""
    return handler_of(error) is not None


def refused(error: BaseException) -> UnsupportedError:
    """The error for a handler that cannot be followed."""
    return UnsupportedError(
        f"whether {type(error).__name__} is raised depends on a value that is not known yet, and it is handled "
        "by the function itself",
        help="choose by the condition itself, with if and else, instead of raise and except",
    )


def _written(error: BaseException) -> tuple[str, tuple[Node, ...]]:
    kind, name = type(error), _known_name(type(error))
    arguments, quoted = written(error.args if kind.__name__ in (name, name.rpartition(".")[2]) else _told(error))
    text = f"{name}({', '.join(arguments)})"
    if not _is_plain(text):
        raise UnsupportedError(
            f"{kind.__name__} cannot be raised by generated code: texts and numbers are all that can be written down",
            help="raise it with a text",
        )
    return text, quoted


def _known_name(kind: type[BaseException]) -> str:
    """The nearest class of Python's or NumPy's that an error is of, by which generated code names it."""
    known = [base for base in kind.__mro__ if base in ERRORS or getattr(builtins, base.__name__, None) is base]
    nearest = RuntimeError if known[0] in (Exception, BaseException) and known[0] is not kind else known[0]
    return ERRORS.get(nearest, nearest.__name__)


def _told(error: BaseException) -> tuple[Any, ...]:
    """The text of an error whose class generated code has not, with the name of that in front of it."""
    name = type(error).__name__
    said = next((x for x in error.args if isinstance(x, str) or quotes_values(x)), None)
    return (name,) if said is None else (joined(f"{name}: ", (said, -1, "")),)


def _is_plain(text: str) -> bool:
    try:
        call = ast.parse(text, mode="eval").body
        return isinstance(call, ast.Call) and all(isinstance(without_values(a), object) for a in call.args)
    except (SyntaxError, ValueError):
        return False
