"""``sorted(items, key=…)`` and ``items.sort(…)`` where values say the order: places are sorted, and items taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import pairwise, takewhile
from typing import Any, Literal

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.flow.branches import both, either
from symdiff.frontends.tracing.flow.lists import are_alike, item_of
from symdiff.frontends.tracing.flow.values import is_open
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.ops.api.convert import asarray


def in_order(values: Iterable[Any], /, **options: Any) -> list[Any]:
    """``sorted(values, key=…, reverse=…)``; equal ones stay in the order in which they came, also in reverse."""
    sorted((), **options)  # which refuses others in its own words
    key, reverse, items = options.get("key"), options.get("reverse", False), list(values)
    keys = items if key is None else [key(x) for x in items]
    columns = _columns(keys)
    if not is_asked(keys):
        known = sorted(range(len(items)), key=keys.__getitem__, reverse=bool(reverse))
        return [items[k] for k in known]
    if key is None and columns[0] is keys:
        whole = np.sort(np.stack(items))
        return list(whole[::-1] if reverse else whole)
    places = _places(columns, reverse)
    return [_taken(items, places[k]) for k in range(len(items))]


def sort(items: list[Any], **options: Any) -> None:
    """``items.sort(key=…, reverse=…)``"""
    items[:] = in_order(items, **options)


def is_lists_sort(function: Any) -> bool:
    """Whether a function is ``sort`` of a list of Python's."""
    return getattr(function, "__name__", "") == "sort" and type(getattr(function, "__self__", None)) is list


def bisecting(function: Callable[..., int], side: Literal["left", "right"]) -> Callable[..., Any]:
    """``bisect_left`` and ``bisect_right`` of `bisect`: the place of a value in a list that is in order."""

    def place(values: Sequence[Any], x: Any, lo: int = 0, hi: int | None = None, **options: Any) -> Any:
        if options.get("key") is not None or not any(
            map(is_open, (values, x, *(values if type(values) is list else ())))
        ):
            return function(values, x, lo, hi, **options)
        return lo + np.searchsorted(Symbol(asarray(values))[lo:hi], x, side=side)

    return place


def is_asked(keys: Sequence[Any]) -> bool:
    """Whether values that are not known yet say their order: of tuples, what comes first may say it all."""
    columns = _columns(keys)
    known = list(takewhile(lambda column: not any(map(is_open, column)), columns))
    if len(known) == len(columns):
        return False
    ranked = sorted(zip(*known, strict=True))
    return not ranked or any(a == b for a, b in pairwise(ranked))


def is_before(a: Any, b: Any, less: Callable[[Any, Any], Any]) -> Any:
    """``a < b``, or the other way, by `less`: of tuples the first parts that differ decide."""
    if type(a) is not type(b) or type(a) not in (list, tuple) or not a or not b:
        return less(a, b)
    return either(
        is_before(a[0], b[0], less),
        lambda: both(_is_equal(a[0], b[0]), lambda: is_before(a[1:], b[1:], less)),
    )


def _is_equal(a: Any, b: Any) -> Any:
    if type(a) is not type(b) or type(a) not in (list, tuple):
        return a == b
    return len(a) == len(b) and reduce(
        lambda done, pair: both(done, lambda: _is_equal(*pair)), zip(a, b, strict=True), True
    )


def _columns(keys: Sequence[Any]) -> list[Sequence[Any]]:
    """What is compared first, second, …: tuples are by their parts."""
    if not keys or type(keys[0]) not in (list, tuple):
        return [keys]
    if any(type(k) is not type(keys[0]) or len(k) != len(keys[0]) for k in keys):
        return [keys]
    return [column for part in zip(*keys, strict=True) for column in _columns(part)]


def _places(columns: Sequence[Sequence[Any]], reverse: bool) -> Any:
    """Where the first item stands, the second, …: sorted by the last column first, and stably by the first one last."""
    columns = [column if any(map(is_open, column)) else _ranks(column) for column in columns]
    if not all(map(are_alike, columns)):
        raise UnsupportedError(
            "sorting by values that are not known yet, beside others that are no numbers",
            help="let the key be a number, or a tuple of as many numbers for each",
        )
    places: Any = None
    for column in reversed(columns):
        values = Symbol(asarray(list(column)[::-1] if reverse else list(column)))
        places = (
            np.argsort(values, kind="stable") if places is None else places[np.argsort(values[places], kind="stable")]
        )
    return len(columns[0]) - 1 - places[::-1] if reverse else places


def _ranks(column: Sequence[Any]) -> list[int]:
    """Numbers in the order of what is known, texts for instance."""
    values = sorted(column)
    return [values.index(x) for x in column]


def _taken(items: Sequence[Any], place: Any) -> Any:
    """``items[place]``; of tuples each part is."""
    if are_alike(items):
        return item_of(items, place)
    first = items[0]
    if type(first) not in (list, tuple) or any(type(x) is not type(first) or len(x) != len(first) for x in items):
        raise UnsupportedError(
            "the order of these depends on values, and they are no numbers, arrays or tuples of one shape",
            help="sort numbers that stand for them: np.argsort(keys)",
        )
    return tuple(_taken(part, place) for part in zip(*items, strict=True))
