"""What Python and NumPy do with arrays, said in terms of NumPy's functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.frontends.carried import pythons
from symdiff.frontends.tracing.conversions import Conversions
from symdiff.frontends.tracing.holder import Holder
from symdiff.frontends.tracing.remembered import made_by_python


def number_of_python(value: Any) -> Any:
    """A number that is Python's from here on: it takes the dtype of what it meets, and fails where those do."""
    if not isinstance(value, Holder) or value.numbers is not None:
        return value
    node = pythons(value.node)
    made_by_python(node)
    return value if node is value.node else type(value)(node)


class Methods(Conversions):
    """A holder with the methods that need nothing of how it holds."""

    __slots__ = ()

    @property
    def _array(self) -> Any:
        return self

    def __round__(self, digits: int | None = None) -> Any:
        return number_of_python(np.round(self._array)) if digits is None else np.round(self._array, digits)

    def __floor__(self) -> Any:
        return number_of_python(np.floor(self._array))

    def __ceil__(self) -> Any:
        return number_of_python(np.ceil(self._array))

    def __trunc__(self) -> Any:
        return number_of_python(np.trunc(self._array))

    def __divmod__(self, other: Any) -> Any:
        return self._array // other, self._array % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self._array, other % self._array

    def nonzero(self) -> Any:
        """The positions of the elements that are not zero, one array for each axis."""
        return np.nonzero(self._array)

    def compress(self, condition: Any, axis: Any = None) -> Any:
        """The elements along an axis that a condition selects."""
        return np.compress(condition, self._array) if axis is None else np.compress(condition, self._array, axis)

    def is_integer(self) -> Any:
        """Whether a number is an integer."""
        return self._array == np.floor(self._array)
