"""What Python's own functions are on values that are not known yet: ``float(x)``, ``max(a, b)``, ``any(…)``."""

from __future__ import annotations

import bisect
import builtins
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.carried import pythons
from symdiff.frontends.tracing.flow.branches import both, chosen, condition_of, either
from symdiff.frontends.tracing.flow.comprehensions import added, best_of
from symdiff.frontends.tracing.flow.guards import when_there
from symdiff.frontends.tracing.flow.lists import as_array, has_named_length
from symdiff.frontends.tracing.flow.ordering import bisecting, in_order, is_asked, is_before
from symdiff.frontends.tracing.flow.texts import QuotingText, joined, quotes_values, unknown_text
from symdiff.frontends.tracing.flow.undecided import Undecided
from symdiff.frontends.tracing.flow.values import is_open
from symdiff.frontends.tracing.remembered import made_by_python
from symdiff.frontends.tracing.selection import Selection
from symdiff.frontends.tracing.symbol import Symbol


def _float(value: Any = 0.0) -> Any:
    value = value.number() if isinstance(value, Undecided) else value
    if isinstance(value, QuotingText):
        raise unknown_text()
    if not is_open(value):
        return float(value)
    found = Symbol(pythons(value.reshape(()).astype(float).node))
    made_by_python(found.node)
    return found


def _complex(real: Any = 0, imag: Any = 0) -> Any:
    if not (is_open(real) or is_open(imag)):
        return complex(real, imag)
    found = _scalar(real).astype(complex) + 1j * _scalar(imag)
    made_by_python(found.node)
    return found


def _scalar(value: Any) -> Any:
    return value.reshape(()) if is_open(value) else np.asarray(value)


def _type(*values: Any) -> Any:
    """Arrays are NumPy's. A number may be one of Python's: which it is, nobody says before the call."""
    if len(values) != 1 or not is_open(values[0]):
        return type(*values)
    if not values[0].shape:
        raise UnsupportedError(
            "type() of a number that is not known yet: one of Python's and one of NumPy's are the same here",
            help="ask with isinstance: isinstance(x, float) holds of both",
        )
    return np.ndarray


def _quoting(conversion: str) -> Callable[..., Any]:
    """``str(x)``: a text that says in an error what x is then."""
    function: Callable[..., str] = {"s": str, "r": repr}[conversion]  # type: ignore[assignment]

    def quoted(*values: Any, **options: Any) -> Any:
        is_one = len(values) == 1 and not options and quotes_values(values[0])
        return joined((values[0], ord(conversion), "")) if is_one else function(*values, **options)

    return quoted


def _format(value: Any, spec: str = "") -> str:
    return joined((value, -1, spec)) if is_open(value) else format(value, spec)


def _int(*values: Any) -> Any:
    if len(values) == 1 and isinstance(values[0], QuotingText):
        raise unknown_text()
    if len(values) != 1 or not is_open(values[0]):
        return int(*values)
    return Symbol(pythons(values[0].reshape(()).astype(int).node))


def _bool(value: Any = False) -> Any:
    return Symbol(condition_of(value)) if is_open(value) else bool(value)


def _len(value: Any) -> Any:
    """The length of an array, which may be a name, and of what a condition selects: how many there are."""
    if isinstance(value, QuotingText):
        raise unknown_text()
    if isinstance(value, Selection):
        return Symbol(pythons(value.shape[0].node))
    return value.shape[0] if type(value) is Symbol and value.aval.shape else len(value)


def _largest(function: Callable[..., Any], is_better: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def found(*values: Any, **options: Any) -> Any:
        key = options.pop("key", None)
        if len(values) == 1 and has_named_length(values[0]):
            return best_of(values[0], is_better, key)
        items = list(values[0]) if len(values) == 1 else list(values)
        pairs = [(x, x if key is None else key(x)) for x in items]
        if not is_asked([k for _, k in pairs]):
            given = {} if key is None else {"key": key}
            return function(*((items,) if len(values) == 1 else values), **options, **given)
        return reduce(lambda best, x: chosen(is_before(x[1], best[1], is_better), lambda: x, lambda: best), pairs)[0]

    return found


def _folded(function: Callable[..., Any], fold: Callable[[Any, Callable[[], Any]], Any], start: bool) -> Any:
    def found(values: Iterable[Any]) -> Any:
        if is_open(values) and values.ndim == 1:  # type: ignore[attr-defined]
            return getattr(values, function.__name__)()
        values = list(values)
        if (array := as_array(values)) is not None:
            return getattr(array, function.__name__)()
        items = [_bool(x) for x in values]
        if not any(map(is_open, items)):
            return function(items)
        return reduce(lambda done, x: fold(done, lambda: x), items, start)

    return found


def _sum(values: Iterable[Any], /, start: Any = 0) -> Any:
    items = values if is_open(values) else list(values)
    return added(items, start) if is_open(items) or as_array(items) is not None else sum(items, start)


def among(value: Any, items: Any) -> Any:
    """``value in items``."""
    if isinstance(value, Undecided):
        return CALLS[any](value == x for x in items)
    if is_open(items) or (isinstance(items, np.ndarray) and is_open(value)):
        return CALLS[any](np.ravel(np.equal(items, value)))
    if type(items) not in _COLLECTIONS or not any(map(is_open, (value, *items))):
        return value in items
    return CALLS[any](value == x for x in items)


_COLLECTIONS = (list, tuple, set, frozenset, dict, range)


def is_same(a: Any, b: Any) -> Any:
    """``a is b``."""
    if isinstance(a, Undecided):
        return a.is_same(b)
    return b.is_same(a) if isinstance(b, Undecided) else a is b


def _getattr(value: Any, name: str, *default: Any) -> Any:
    """An attribute, or the default where a branch has not set it."""
    when = _when_there(value, name)
    if when is None or not default:
        return getattr(value, name, *default)
    return chosen(when, lambda: getattr(value, name), lambda: default[0])


def _hasattr(value: Any, name: str) -> Any:
    when = _when_there(value, name)
    return hasattr(value, name) if when is None else when


def _when_there(value: Any, name: str) -> Symbol | None:
    when = when_there(value, name, getattr(value, name, None))
    return None if when is None else Symbol(when)


CALLS: dict[Any, Callable[..., Any]] = {
    float: _float,
    int: _int,
    complex: _complex,
    type: _type,
    str: _quoting("s"),
    repr: _quoting("r"),
    format: _format,
    bool: _bool,
    len: _len,
    sorted: in_order,
    bisect.bisect_left: bisecting(bisect.bisect_left, "left"),
    bisect.bisect_right: bisecting(bisect.bisect_right, "right"),
    sum: _sum,
    max: _largest(max, lambda x, best: x > best),
    min: _largest(min, lambda x, best: x < best),
    any: _folded(any, either, start=False),
    all: _folded(all, both, start=True),
    getattr: _getattr,
    hasattr: _hasattr,
}
NAMES = frozenset(("bisect", *(function.__name__ for function in CALLS)))
KINDS = (type, type(builtins.max))
