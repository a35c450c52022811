"""Whether there are symbolic arrays, or tables of them: who only asks needs nothing of what follows functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

SYMBOLS: set[type] = set()  # the class of symbolic arrays, once it is there; before, there are none
LABELLED: set[type] = set()  # that of what stands for a table in a function that is followed
C = TypeVar("C", bound=type)


def as_symbolic(kind: C) -> C:
    """Says that `kind` is the class of symbolic arrays."""
    SYMBOLS.add(kind)
    return kind


def as_labelled(kind: C) -> C:
    """Says that `kind` is the class of what stands for a table, with `as_known` and `handed_on`."""
    LABELLED.add(kind)
    return kind


def as_known(values: Sequence[Any]) -> Sequence[Any]:
    """The tables that a followed function sees otherwise, where all of them is known; other values as they are."""
    return _each(values, "__symdiff_known__")


def handed_on(values: Sequence[Any]) -> Sequence[Any]:
    """What a function is given that is called inside of another one: tables themselves, or their symbolic values."""
    return _each(values, "__symdiff_handed_on__")


def _each(values: Sequence[Any], what: str) -> Sequence[Any]:
    if LABELLED.isdisjoint(map(type, values)):
        return values
    return [getattr(value, what) if type(value) in LABELLED else value for value in values]


def is_symbol(value: Any) -> bool:
    """Whether it is a symbolic array.

    >>> is_symbol(1.0)
    False
    """
    return type(value) in SYMBOLS
