"""What functions of Python's library do on values that are not known: ``statistics.mean``, ``itertools.product``, …

They are told by the names of their modules, so that none of these is imported for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import chain, combinations, product
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.flow.ordering import in_order
from symdiff.frontends.tracing.flow.steps import GoingOver
from symdiff.frontends.tracing.flow.twice import note_made
from symdiff.frontends.tracing.flow.values import is_open
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.ops.api.convert import asarray

MOST = 2**20  # tuples of elements that a loop goes over as arrays
_MODULES = ("_heapq", "copy", "dataclasses", "heapq", "itertools", "statistics")


class Tuples(GoingOver):
    """What goes over several arrays at once, and may be asked for the next tuple, as the iterators of itertools may."""

    def __init__(self, *arrays: Any) -> None:
        super().__init__(zip, arrays, strict=True)
        self._begun: Iterator[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        return super().__iter__() if self._begun is None else self._begun

    def __next__(self) -> Any:
        if self._begun is None:
            self._begun, self.arguments = iter(self), ()  # no loop goes over whole arrays any more
        return next(self._begun)


def standard(function: Any) -> Callable[..., Any] | None:
    """What is called instead of a function of Python's library; None if that is none of those here."""
    module = getattr(function, "__module__", None)
    if module not in _MODULES:
        return None
    found = _CALLS.get((module, getattr(function, "__name__", "")))
    return None if found is None else lambda *values, **options: found(function, *values, **options)


def is_standard(value: Any) -> bool:
    """Whether a value is a function that has another one here, or a module of such."""
    if isinstance(value, ModuleType):
        return value.__name__ in _MODULES
    return callable(value) and standard(value) is not None


def _of_array(compute: Callable[[Any], Any]) -> Callable[..., Any]:
    def found(function: Callable[..., Any], data: Any, *others: Any, **options: Any) -> Any:
        items = data if is_open(data) else list(data)
        if not is_open(items) and not any(map(is_open, items)):
            return function(items, *others, **options)
        if others or options:
            raise UnsupportedError(
                f"statistics.{function.__name__} of values that are not known yet takes the data only",
                help="write it with np.mean, np.average(x, weights=w), np.var or np.std",
            )
        return compute(items if is_open(items) else Symbol(asarray(items)))

    return found


def _made(function: Callable[..., Any], value: Any, **options: Any) -> Any:
    """A copy: of what cannot be changed it may be the same, and what a class does itself is not known."""
    found = function(value, **options)
    return found if found is value or hasattr(type(value), "__copy__") else note_made(found)


def _pairwise(function: Callable[..., Any], x: Any) -> Any:
    return Tuples(x[:-1], x[1:]) if _is_column(x) and is_open(x) else function(x)


def _combinations(function: Callable[..., Any], x: Any, r: int) -> Any:
    if not (_is_column(x) and is_open(x)) or not isinstance(x.shape[0], int) or math.comb(x.shape[0], r) > MOST:
        return function(x, r)
    return _at([x] * r, list(combinations(range(x.shape[0]), r)))


def _product(function: Callable[..., Any], *arrays: Any, repeat: int = 1) -> Any:
    wanted, is_any_open = arrays * repeat, any(map(is_open, arrays))
    if not is_any_open or not all(_is_column(x) and isinstance(x.shape[0], int) for x in wanted):
        return function(*arrays, repeat=repeat)
    if math.prod(x.shape[0] for x in wanted) > MOST:
        return function(*arrays, repeat=repeat)
    return _at(wanted, list(product(*(range(x.shape[0]) for x in wanted))))


def _at(arrays: Any, places: list[tuple[int, ...]]) -> Any:
    """The elements of arrays at places, side by side."""
    if not places or not arrays:
        return iter([()] * len(places))
    return Tuples(*(x[np.array(k)] for x, k in zip(arrays, zip(*places, strict=True), strict=True)))


def _is_column(x: Any) -> bool:
    """Whether a value is an array of numbers: nobody writes into an element of it that a loop goes over."""
    return (type(x) is Symbol and len(x.shape) == 1) or (type(x) is np.ndarray and x.ndim == 1)


def _first(backwards: bool) -> Callable[..., Any]:
    def found(function: Callable[..., Any], n: int, values: Any, key: Any = None) -> Any:
        items = list(values)
        keys = items if key is None else [*map(key, items)]
        if not any(map(is_open, chain(keys, items))):
            return function(n, items, key)
        return in_order(items, key=key, reverse=backwards)[: max(n, 0)]

    return found


def _heap(function: Callable[..., Any], heap: Any, *values: Any) -> Any:
    if any(map(is_open, chain(heap, values))):
        _refuse(function)
    return function(heap, *values)


def _refuse(function: Callable[..., Any]) -> NoReturn:
    raise UnsupportedError(
        f"heapq.{function.__name__} of values that are not known yet: which element is where depends on them",
        help="write sorted(xs), min(xs) or heapq.nsmallest(n, xs)",
    )


_CALLS: dict[tuple[str | None, str], Callable[..., Any]] = {
    ("copy", "copy"): _made,
    ("dataclasses", "replace"): _made,
    ("itertools", "pairwise"): _pairwise,
    ("itertools", "combinations"): _combinations,
    ("itertools", "product"): _product,
    ("statistics", "mean"): _of_array(np.mean),
    ("statistics", "fmean"): _of_array(np.mean),
    ("statistics", "geometric_mean"): _of_array(lambda x: np.exp(np.mean(np.log(x)))),
    ("statistics", "harmonic_mean"): _of_array(lambda x: len(x) / np.sum(1 / x)),
    ("statistics", "median"): _of_array(np.median),
    ("statistics", "pvariance"): _of_array(np.var),
    ("statistics", "pstdev"): _of_array(np.std),
    ("statistics", "variance"): _of_array(lambda x: np.var(x, ddof=1)),
    ("statistics", "stdev"): _of_array(lambda x: np.std(x, ddof=1)),
    ("heapq", "nlargest"): _first(backwards=True),
    ("heapq", "nsmallest"): _first(backwards=False),
    **{("_heapq", name): _heap for name in ("heapify", "heappop", "heappush", "heapreplace", "heappushpop")},
}
