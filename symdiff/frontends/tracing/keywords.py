"""Arguments as NumPy's own signatures have them, for functions of ours that have fewer, or take them otherwise."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError, did_you_mean

Call = Callable[..., Any]
_FRONT = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@functools.cache
def as_numpy_takes_them(numpy: Call, call: Call) -> Call:
    """`call` with the signature of the NumPy function `numpy`; itself where both take the same.

    An argument that `call` does not have is accepted as long as it says what NumPy would do without it.

    Raises:
        UnsupportedError: by the function, for an argument that NumPy has, and we do not.
        ArgumentError: by the function, for one that NumPy does not have.
    """
    theirs, ours = signature_of(numpy), inspect.signature(call)
    if theirs is None or _takes_the_same(theirs, ours):
        return call
    name = getattr(numpy, "__name__", str(numpy))

    def adapted(*args: Any, **kwargs: Any) -> Any:
        front, rest = _translated(name, theirs.bind(*args, **kwargs), theirs.parameters, ours.parameters)
        return call(*front, **rest)

    adapted.__signature__ = theirs  # type: ignore[attr-defined]
    return adapted


@functools.cache
def signature_of(numpy: Call) -> inspect.Signature | None:
    """The signature that NumPy tells of a function; older versions do not tell that of functions written in C."""
    if isinstance(numpy, np.ufunc):
        return None
    try:
        return inspect.signature(numpy)
    except (TypeError, ValueError):
        return None


def _takes_the_same(theirs: inspect.Signature, ours: inspect.Signature) -> bool:
    """Whether every call that fits the one signature fits the other, and means the same."""
    given, known = list(theirs.parameters.values()), list(ours.parameters.values())
    if [p.name for p in given] != [p.name for p in known]:
        return False
    return all(p.kind is q.kind or (p.kind in _FRONT and q.kind in _FRONT) for p, q in zip(given, known, strict=True))


def _translated(
    name: str, bound: inspect.BoundArguments, theirs: Mapping[str, Parameter], ours: Mapping[str, Parameter]
) -> tuple[list[Any], dict[str, Any]]:
    """What is given by position, and by name, to the function with the parameters `ours`."""
    star = next((key for key, p in ours.items() if p.kind is Parameter.VAR_POSITIONAL), None)
    before = list(ours)[: list(ours).index(star) + 1] if star else []
    front: list[Any] = []
    rest: dict[str, Any] = {}
    for key, value in bound.arguments.items():
        kind = theirs[key].kind
        if kind is Parameter.VAR_POSITIONAL:
            front += value
        elif kind is Parameter.VAR_KEYWORD:
            rest |= {word: v for word, v in value.items() if _is_meant(name, word, v, None, ours)}
        elif kind is Parameter.POSITIONAL_ONLY or key in before or _is_operand(theirs[key], ours):
            front.append(value)
        elif _is_meant(name, key, value, theirs[key].default, ours):
            rest[key] = value
    return front, rest


def _is_operand(theirs: Parameter, ours: Mapping[str, Parameter]) -> bool:
    """Whether an argument is one of the inputs of a row, which have no names."""
    first = next(iter(ours.values()))
    return first.kind is Parameter.VAR_POSITIONAL and theirs.kind in _FRONT and theirs.default is Parameter.empty


def _is_meant(name: str, key: str, value: Any, default: Any, ours: Mapping[str, Parameter]) -> bool:
    """Whether an argument is handed on; raises UnsupportedError if it ought to be, and cannot."""
    if key in ours:
        return True
    if value is np._NoValue or value is default or (type(value) is type(default) and value == default):
        return False
    raise UnsupportedError(
        f"np.{name} with {key}={value!r:.40} is not supported on symbolic values", help=f"leave {key}= out"
    )


def said(given: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords that say something: NumPy's functions pass their defaults on."""
    return {key: v for key, v in given.items() if v is not np._NoValue and not (key == "out" and v is None)}


def misfit(name: str, error: TypeError, call: Call, given: Mapping[str, Any]) -> ArgumentError:
    """The error for arguments that do not fit, with the argument that was probably meant."""
    known = [p.name for p in inspect.signature(call).parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    wrong = next((key for key in given if key not in known), None)
    help = did_you_mean(wrong, known, f"the arguments are {', '.join(known)}") if wrong else None
    return ArgumentError(f"{name}: {error}", help=help, code="SD309")


def overwritten(call: Call, keyword: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The array that a function writes its result into, if its argument `keyword` says that nothing is copied."""
    given = inspect.signature(call).bind(*args, **kwargs)
    given.apply_defaults()
    return None if given.arguments[keyword] else given.args[0]


@functools.cache
def takes_many(call: Call) -> bool:
    """Whether all arguments of a function are arrays."""
    first = next(iter(inspect.signature(call).parameters.values()))
    return first.kind is Parameter.VAR_POSITIONAL
