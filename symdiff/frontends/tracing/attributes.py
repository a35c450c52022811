"""What symbolic arrays have behind a dot: attributes that can be set too, and methods that no function stands for."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, MissingAttributeError
from symdiff.frontends.tracing.holder import Holder, overlapping
from symdiff.frontends.tracing.listed import Listed
from symdiff.frontends.tracing.memory import reshaped
from symdiff.frontends.tracing.methods import Methods, number_of_python
from symdiff.frontends.tracing.numpy_calls import IN_PLACE, PLAIN
from symdiff.frontends.tracing.paths import path_between
from symdiff.frontends.tracing.sharing import Question, settle, shared
from symdiff.frontends.tracing.sizes import shape_of
from symdiff.graph.node import variable
from symdiff.ops import vocabulary as api


class Attributes(Listed, Methods):
    """A holder with the attributes of NumPy's arrays."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[Any, ...]:
        return shape_of(self.aval.shape)

    @shape.setter
    def shape(self, shape: Any) -> None:
        before: Any = self.twin()
        seen: Any = np.reshape(before, shape)
        is_new = seen._storage is not self._storage or seen._doubt is not self._doubt
        if is_new and before.size != 0:
            raise MissingAttributeError(
                "incompatible shape for in-place modification: the elements do not lie in order in memory",
                help="write y = y.reshape(shape), which copies where it must",
            )
        if seen is not before:
            self.become(seen)

    @property
    def ndim(self) -> int:
        return len(self.aval.shape)

    @property
    def size(self) -> Any:
        return PLAIN[np.size](self)

    @property
    def dtype(self) -> np.dtype:
        return self.aval.dtype

    @property
    def real(self) -> Any:
        return self._attribute("real")

    @real.setter
    def real(self, value: Any) -> None:
        self.real[...] = value

    @property
    def imag(self) -> Any:
        return self._attribute("imag")

    @imag.setter
    def imag(self, value: Any) -> None:
        self.imag[...] = value

    @property
    def flat(self) -> Any:
        """The elements in order. What is written into them is written into the array; what is read is copied."""
        whole = variable("whole", self.aval)
        path = path_between(whole, api.reshape(whole, (-1,)))
        assert path is not None
        numbers = None if self.numbers is None else reshaped(self.numbers, (-1,))
        view = type(self).part_of(self if self.is_array else self.copy(), path, numbers=numbers)
        view._is_flat = True
        return view

    @flat.setter
    def flat(self, values: Any) -> None:
        IN_PLACE[np.put](self, np.arange(self.size), values)

    def _attribute(self, name: str) -> Any:
        of = api.ATTRIBUTES[name].of
        found = shared(Question(name, attrgetter(name), of, certain=True), (self,), {})
        return type(self)(of(self.node)) if found is NotImplemented else found

    def copy(self, order: str = "C") -> Any:
        """An array of its own."""
        numbers = self.numbers
        if numbers is not None:
            return type(self)(None, numbers.copy(order))  # type: ignore[arg-type]
        copied = type(self)(self.node)
        copied.was_made(self.is_array)
        settle(np.copy, (self, order), {}, copied, order != "C")
        return copied

    def item(self, *index: Any) -> Any:
        """The one element, or the element at `index`: a symbolic number, where Python's ``item`` gives a float."""
        if index:
            is_flat = len(index) == 1 and isinstance(index[0], int)
            return number_of_python(self.flat[index[0]] if is_flat else self[index])  # type: ignore[index]
        if self.size != 1:
            raise ArgumentError(f"item() of an array of {self.size} elements", help="give the index: x.item(0)")
        return number_of_python(self[(0,) * self.ndim] if self.ndim else self)  # type: ignore[index]

    def tolist(self) -> Any:
        """Nested lists of symbolic numbers."""
        if self.numbers is not None:
            return self.numbers.tolist()
        if not self.ndim:
            return number_of_python(self)
        return [part.tolist() if isinstance(part, Holder) else part for part in self]  # type: ignore[attr-defined]

    def fill(self, value: Any) -> None:
        """Writes one value everywhere."""
        self[...] = value  # type: ignore[index]

    def sort(self, axis: int = -1, kind: Any = None) -> None:
        """Sorts in place; NumPy sorts one row after the other, which matters where they overlap."""
        if self.repeats:
            raise overlapping()
        self[...] = np.sort(self, axis=axis)  # type: ignore[index,call-overload]

    def partition(self, kth: Any, axis: int = -1) -> None:
        """Sorts in place, which puts element `kth` where it belongs, and smaller ones before it."""
        if self.repeats:
            raise overlapping()
        self[...] = np.partition(self, kth, axis=axis)  # type: ignore[index,call-overload]

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """Writes at positions of the flattened array."""
        IN_PLACE[np.put](self, indices, values, mode)
