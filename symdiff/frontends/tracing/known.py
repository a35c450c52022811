"""NumPy as a function sees it where constants are followed: what it makes of numbers is a symbolic array too.

Beside the functions that have stand-ins always (`stand_ins`), every other function of NumPy has one here, and so have
its types that are called like functions, and what is indexed to make arrays: ``np.float64(x)``, ``np.ndarray(shape)``,
``np.ndenumerate(x)``, ``np.r_[a, b]``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic, numbers_in, unwrapped
from symdiff.frontends.tracing.stand_ins import StandIn
from symdiff.frontends.tracing.symbol import on_numbers, wrapped
from symdiff.ops import vocabulary as api

_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType, type(np.sum), np.ufunc)


class KnownStandIn(StandIn):
    """A function or type of NumPy: the original in all that is asked of it but calls."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, self.__wrapped__)  # type: ignore[arg-type]

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, self.__wrapped__)  # type: ignore[arg-type]

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self.__wrapped__,)

    def __or__(self, other: Any) -> Any:
        return self.__wrapped__ | other

    __ror__ = __or__

    @property
    def dtype(self) -> Any:
        """What makes a type of NumPy's a dtype."""
        return np.dtype(self.__wrapped__)  # type: ignore[call-overload]


def known_stand_in(value: Any) -> StandIn | Indexed | Drawing | None:
    """What stands for a part of NumPy where constants are followed; None if it may stay."""
    kind = type(value)
    if kind in _FUNCTIONS or kind.__name__ == "cython_function_or_method":
        return KnownStandIn(value, _on_numbers(value)) if _is_numpy(value) else None
    if isinstance(value, type):
        if value in _TYPES:
            return KnownStandIn(value, _TYPES[value])
        if issubclass(value, _generators()):
            return KnownStandIn(value, _on_numbers(value))
        is_number = issubclass(value, (np.number, np.bool_)) and _is_numpy(value)
        return KnownStandIn(value, _conversion(value)) if is_number else None
    if issubclass(kind, _generators()):
        return Drawing(value)
    return Indexed(value) if kind in _INDEXED else None


def _is_numpy(value: Any) -> bool:
    of = getattr(value, "__self__", value)  # np.random.rand is a method
    return isinstance(value, np.ufunc) or _root(value) == "numpy" or _root(type(of)) == "numpy"


def _root(value: Any) -> str:
    return str(getattr(value, "__module__", "")).partition(".")[0]


def _on_numbers(original: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if is_symbolic((args, kwargs)):
            return original(*args, **kwargs)
        found = on_numbers(original, args, kwargs)
        return Drawing(found) if isinstance(found, _generators()) else found

    return call


def _conversion(kind: type) -> Callable[..., Any]:
    """``np.float64(x)``: a number, or an array, of another dtype."""

    def convert(*args: Any) -> Any:
        if not is_symbolic(args):
            return on_numbers(kind, args, {})
        return wrapped(api.asarray(unwrapped(args[0]), kind))

    return convert


def _array(shape: Any, dtype: Any = float, *buffer: Any, **more: Any) -> Any:
    """``np.ndarray(shape)``, filled, so that a program does the same each time."""
    if buffer or more:
        return on_numbers(np.ndarray, (shape, dtype, *buffer), more)
    return on_numbers(np.zeros, (shape, dtype), {})


def _enumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    return ((index, arr[index]) for index in np.ndindex(*np.shape(arr)))


_TYPES: dict[type, Callable[..., Any]] = {np.ndarray: _array, np.ndenumerate: _enumerate}


# ------------------------------------------------------------------------------------------------ random numbers


class Drawing:
    """A generator of random numbers: what it draws may be written into."""

    def __init__(self, original: Any) -> None:
        self.__wrapped__ = original

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.__wrapped__)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__wrapped__, name)
        return _on_numbers(value) if callable(value) else value


def _generators() -> tuple[type, ...]:
    """NumPy's generators of random numbers, if they are loaded."""
    module = sys.modules.get("numpy.random")
    return () if module is None else (module.Generator, module.RandomState)


# --------------------------------------------------------------------------------------------- what is indexed


class Indexed:
    """``np.r_``, ``np.c_``, ``np.mgrid`` and ``np.ogrid``."""

    def __init__(self, original: Any) -> None:
        self.__wrapped__ = original

    def __getitem__(self, key: Any) -> Any:
        if not is_symbolic(key):
            return on_numbers(self.__wrapped__.__getitem__, (numbers_in(key),), {})
        return joined(self.__wrapped__, key if isinstance(key, tuple) else (key,))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)


_INDEXED = frozenset(map(type, (np.r_, np.c_, np.mgrid, np.ogrid)))


def joined(maker: Any, items: tuple[Any, ...]) -> Any:
    """The items behind one another, as ``np.r_`` and ``np.c_`` put them."""
    axis, ndim, first = maker.axis, maker.ndmin, maker.trans1d
    if isinstance(items[0], str):
        axis, ndim, first = _directive(items[0], axis, ndim, first)
        items = items[1:]
    parts = [_item(item) for item in items]
    dtype = np.result_type(*[part if isinstance(part, (int, float, complex)) else _dtype(part) for part in parts])
    return np.concatenate([_lifted(part, dtype, ndim, first) for part in parts], axis=axis)


def _dtype(part: Any) -> np.dtype:
    return api.asarray(unwrapped(part)).dtype


def _directive(text: str, axis: int, ndim: int, first: int) -> tuple[int, int, int]:
    """The text in front: the axis, how many axes each item has at least, and where its own begin."""
    try:
        given = [int(part) for part in text.split(",")]
    except ValueError:
        raise UnsupportedError(
            f"np.r_[{text!r}, …] makes a matrix", help="write np.concatenate, np.vstack or np.hstack"
        ) from None
    axis, ndim, first, *_ = (*given, *(axis, ndim, first)[len(given) :])
    return axis, ndim, first


def _item(item: Any) -> Any:
    """A slice as the range that it means; a number with a j counts points."""
    if not isinstance(item, slice):
        return item
    start, stop, step = item.start or 0, item.stop, 1 if item.step is None else item.step
    return np.linspace(start, stop, int(abs(step))) if isinstance(step, complex) else np.arange(start, stop, step)


def _lifted(item: Any, dtype: np.dtype, ndim: int, first: int) -> Any:
    """An item with at least `ndim` axes: the new ones stand so that its own begin at `first`."""
    array = wrapped(api.asarray(unwrapped(item), dtype))
    own = np.ndim(array)
    if own >= ndim:
        return array
    before = first if first >= 0 else first + 1 + ndim - own
    before = before if own else 0
    shape = (*(1,) * before, *np.shape(array), *(1,) * (ndim - own - before))
    return np.reshape(array, shape)
