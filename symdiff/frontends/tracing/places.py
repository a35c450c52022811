"""``np.where(condition)`` and its like, where the condition is not known: positions, whose number is not known either.

They are the elements of the arrays of all positions that the condition selects. Where they are an index, the condition
itself says the same: ``y[np.where(c)] = v`` is ``y[c] = v``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.holder import Holder, is_symbolic
from symdiff.frontends.tracing.selection import Selection
from symdiff.ops.api.convert import asarray


class Places(Selection):
    """The positions along one axis of the elements where a condition holds."""

    __slots__ = ("axis",)

    def __init__(self, mask: Any, axis: int) -> None:
        self.axis = axis
        super().__init__(np.indices(mask.shape)[axis], mask)

    def __len__(self) -> int:
        raise UnsupportedError(
            "how many positions np.where(condition) gives is not known beforehand",
            help="write np.count_nonzero(condition)",
            code="SD602",
        )


def nonzero(condition: Any) -> tuple[Places, ...]:
    """The positions where a condition holds, for each axis."""
    mask = condition.copy() if condition.dtype.kind == "b" else condition != 0
    return tuple(Places(mask, axis) for axis in range(mask.ndim))


FINDERS: dict[Any, Callable[[Any], Any]] = {
    np.where: nonzero,
    np.nonzero: nonzero,
    np.flatnonzero: lambda a: nonzero(np.ravel(a))[0],
}


def finding(function: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
    """What is found by a condition that is not known; NotImplemented for any other call."""
    if kwargs:
        return NotImplemented
    if function in FINDERS and len(args) == 1:
        return FINDERS[function](*args)
    if function in (np.extract, np.compress) and len(args) == 2 and is_symbolic(args[0]):
        condition, given = args
        array: Any = given if isinstance(given, Holder) else type(condition)(asarray(given))
        if function is np.extract or array.shape == condition.shape:
            return np.ravel(array)[np.ravel(condition) if condition.dtype.kind == "b" else np.ravel(condition) != 0]
    return NotImplemented


def split_condition(index: Any) -> tuple[Any, tuple[Any, ...]] | None:
    """The condition that an index begins with, and what stands behind it; None if there is none, or it is known."""
    first, *rest = index if isinstance(index, tuple) and index else (index,)
    if isinstance(first, Holder) and first.numbers is None and first.aval.kind == "b" and first.aval.shape:
        return first, tuple(rest)
    if isinstance(first, Places):
        ndim = first.mask.ndim
        places = (first, *rest[: ndim - 1])
        if [getattr(p, "axis", None) for p in places] == list(range(ndim)) and len({id(p.mask) for p in places}) == 1:
            return first.mask, tuple(rest[ndim - 1 :])
    return None
