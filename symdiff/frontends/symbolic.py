"""Whether there are symbolic arrays, for those who only ask: a text is compiled without what follows functions."""

from __future__ import annotations

from typing import Any, TypeVar

SYMBOLS: set[type] = set()  # the class of symbolic arrays, once it is there; before, there are none
C = TypeVar("C", bound=type)


def as_symbolic(kind: C) -> C:
    """Says that `kind` is the class of symbolic arrays."""
    SYMBOLS.add(kind)
    return kind


def is_symbol(value: Any) -> bool:
    """Whether it is a symbolic array.

    >>> is_symbol(1.0)
    False
    """
    return type(value) in SYMBOLS
