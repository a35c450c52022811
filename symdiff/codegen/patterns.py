"""Known arrays that a short expression says: what a loop asks of its counter, vectors of zeros but for one number."""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np

FEW = 16  # numbers that are as well read one by one
Reach = Callable[[str], str]


def patterned(value: np.ndarray, reach: Reach) -> ast.expr | None:
    """An expression whose value is this vector, bit for bit; None if it follows no simple rule.

    >>> ast.unparse(patterned(np.arange(40) % 5 == 2, str))
    'np.arange(40) % 5 == 2'
    >>> ast.unparse(patterned(np.repeat([0.1, 0.01], [30, 10]), str))
    'np.where(np.arange(40) < 30, 0.1, 0.01)'
    >>> ast.unparse(patterned(2.5 * np.eye(40)[7], str))
    '2.5 * np.eye(1, 40, k=7)[0]'
    """
    if value.ndim != 1 or value.size <= FEW:
        return None
    found: str | None = None
    if value.dtype == np.bool_:
        found = _condition(value, reach)
    elif value.dtype == np.int64:
        found = _steps(value, reach)
    elif value.dtype == np.float64:
        found = _unit(value, reach) or _two_numbers(value, reach)
    return None if found is None else ast.parse(found, mode="eval").body


def _counter(value: np.ndarray, reach: Reach) -> str:
    return f"{reach('np.arange')}({value.size})"


def _condition(value: np.ndarray, reach: Reach) -> str | None:
    """Truth before or from a place on, or at every n-th one."""
    changes, places = np.flatnonzero(value[1:] != value[:-1]), np.flatnonzero(value)
    if len(changes) == 1:
        return f"{_counter(value, reach)} {'<' if value[0] else '>='} {changes[0] + 1}"
    for sign, where in (("==", places), ("!=", np.flatnonzero(~value))):
        if (
            len(where) > 2
            and (by := where[1] - where[0]) > 1
            and np.array_equal(where, np.arange(where[0] % by, len(value), by))
        ):
            return f"{_counter(value, reach)} % {by} {sign} {where[0]}"
    return None


def _steps(value: np.ndarray, reach: Reach) -> str | None:
    """Whole numbers that begin anew, or of which each stands several times."""
    n, counter = np.arange(value.size), _counter(value, reach)
    highest, changes = int(value.max()) + 1, np.flatnonzero(value[1:] != value[:-1])
    if 1 < highest < value.size and np.array_equal(value, n % highest):
        return f"{counter} % {highest}"
    each = int(changes[0]) + 1 if len(changes) > 1 else 1
    return f"{counter} // {each}" if each > 1 and np.array_equal(value, n // each) else None


def _unit(value: np.ndarray, reach: Reach) -> str | None:
    """Zeros, but for one number above zero."""
    places = np.flatnonzero(value)
    if len(places) != 1 or not value[places[0]] > 0 or np.signbit(value).any():
        return None
    vector, number = f"{reach('np.eye')}(1, {value.size}, k={places[0]})[0]", value[places[0]].item()
    return vector if number == 1 else f"{number!r} * {vector}" if np.isfinite(number) else None


def _two_numbers(value: np.ndarray, reach: Reach) -> str | None:
    """One number where a condition on the place holds, and another one elsewhere."""
    first, others = value[0], value[value != value[0]]
    if not others.size or not np.isfinite(value).all() or (others != others[0]).any():
        return None
    a, b = first.item(), others[0].item()
    if not _is_one(value[value == first]) or not _is_one(others):
        return None
    condition = _condition(value == first, reach)
    return None if condition is None else f"{reach('np.where')}({condition}, {a!r}, {b!r})"


def _is_one(numbers: np.ndarray) -> bool:
    """Whether equal numbers are the same, zeros in their sign, too."""
    return len(set(np.signbit(numbers).tolist())) == 1
