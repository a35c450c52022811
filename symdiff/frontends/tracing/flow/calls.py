"""What Python's own functions are on values that are not known yet: ``float(x)``, ``max(a, b)``, ``any(…)``."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from symdiff.frontends.tracing.flow.branches import both, chosen, condition_of, either
from symdiff.frontends.tracing.flow.values import is_open
from symdiff.frontends.tracing.symbol import Symbol


def _float(value: Any = 0.0) -> Any:
    return value.reshape(()).astype(float) if is_open(value) else float(value)


def _int(*values: Any) -> Any:
    return values[0].reshape(()).astype(int) if len(values) == 1 and is_open(values[0]) else int(*values)


def _bool(value: Any = False) -> Any:
    return Symbol(condition_of(value)) if is_open(value) else bool(value)


def _len(value: Any) -> Any:
    """The length of an array, which may be a name."""
    return value.shape[0] if type(value) is Symbol and value.aval.shape else len(value)


def _largest(function: Callable[..., Any], is_better: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def found(*values: Any, **options: Any) -> Any:
        items = list(values[0]) if len(values) == 1 else list(values)
        if options or not any(map(is_open, items)):
            return function(*((items,) if len(values) == 1 else values), **options)
        return reduce(lambda best, x: chosen(is_better(x, best), lambda: x, lambda: best), items)

    return found


def _folded(function: Callable[..., Any], fold: Callable[[Any, Callable[[], Any]], Any], start: bool) -> Any:
    def found(values: Iterable[Any]) -> Any:
        if is_open(values) and values.ndim == 1:  # type: ignore[attr-defined]
            return getattr(values, function.__name__)()
        items = [_bool(x) for x in values]
        if not any(map(is_open, items)):
            return function(items)
        return reduce(lambda done, x: fold(done, lambda: x), items, start)

    return found


CALLS: dict[Any, Callable[..., Any]] = {
    float: _float,
    int: _int,
    bool: _bool,
    len: _len,
    max: _largest(max, lambda x, best: x > best),
    min: _largest(min, lambda x, best: x < best),
    any: _folded(any, either, start=False),
    all: _folded(all, both, start=True),
}
NAMES = frozenset(function.__name__ for function in CALLS)
KINDS = (type, type(builtins.max))
