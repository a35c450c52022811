"""What Python and NumPy do with arrays, said in terms of NumPy's functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.frontends.tracing.conversions import Conversions


class Methods(Conversions):
    """A holder with the methods that need nothing of how it holds."""

    __slots__ = ()

    @property
    def _array(self) -> Any:
        return self

    def __round__(self, digits: int | None = None) -> Any:
        return np.round(self._array, digits or 0)

    def __floor__(self) -> Any:
        return np.floor(self._array)

    def __ceil__(self) -> Any:
        return np.ceil(self._array)

    def __trunc__(self) -> Any:
        return np.trunc(self._array)

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
