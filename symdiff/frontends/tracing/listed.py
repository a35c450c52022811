"""Lists of numbers that are seen as arrays: arguments, and lists that the steps of a loop change.

They do what lists do: a slice is a copy. Where NumPy's arrays and lists differ, ``+`` and ``*``, an argument is
refused, for who gave a list may have meant an array; a list of the program's own is joined.
"""

from __future__ import annotations

from typing import Any

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.holder import Holder
from symdiff.graph.node import Node, as_node
from symdiff.ops.api.convert import asarray
from symdiff.ops.shapes import concatenate


class Listed(Holder):
    """A holder whose ``+`` and ``*`` are NumPy's, and refused where they are those of lists."""

    __slots__ = ()

    @classmethod
    def own(cls, node: Node) -> Any:
        """A list of the program's own."""
        made = cls(node)
        made.is_list = made.is_own = True
        return made

    def is_copied(self, index: Any) -> bool:
        """Whether a part is a copy, and no view."""
        return self._is_flat or (self.is_list and isinstance(index, slice))

    def copied(self, index: Any) -> Any:
        """A part that is a copy."""
        whole: Any = self.copy()  # type: ignore[attr-defined]
        if self._is_flat:
            return whole[index]
        part = whole[index].copy()
        part.is_list, part.is_own = self.is_list, self.is_own
        return part

    def check_takes(self, index: Any, value: Any) -> None:
        """Raises an error if `value` cannot be written at `index`; a list takes other things than an array does."""
        self.check_writeable()
        if not self.is_own:
            return
        if isinstance(index, slice):
            if not hasattr(value, "__len__") or len(value) != len(self[index]):  # type: ignore[index]
                raise UnsupportedError("a list may change its length here", help="write its elements one by one")
        elif len(self.aval.shape) > 1 and not isinstance(index, tuple):
            raise UnsupportedError("a list within a list is replaced", help="write its elements one by one")
        parts = list(value) if isinstance(value, (list, tuple)) else [value]
        if any(not as_node(x).aval.weak and as_node(x).dtype.name not in PYTHONS for x in parts):
            raise UnsupportedError("a list holds numbers of several types")

    def __add__(self, other: Any) -> Any:
        if self._is_joined(other):
            return self.own(concatenate(self.node, asarray(other), axis=0))
        return super().__add__(self._beside(other, "+"))  # type: ignore[misc]

    def __radd__(self, other: Any) -> Any:
        if self._is_joined(other):
            return self.own(concatenate(asarray(other), self.node, axis=0))
        return super().__radd__(self._beside(other, "+"))  # type: ignore[misc]

    def __iadd__(self, other: Any) -> Any:
        return super().__iadd__(self._beside(other, "+"))  # type: ignore[misc]

    def __mul__(self, other: Any) -> Any:
        return super().__mul__(self._beside(other, "*"))  # type: ignore[misc]

    def __rmul__(self, other: Any) -> Any:
        return super().__rmul__(self._beside(other, "*"))  # type: ignore[misc]

    def __imul__(self, other: Any) -> Any:
        return super().__imul__(self._beside(other, "*"))  # type: ignore[misc]

    def _is_joined(self, other: Any) -> bool:
        return self.is_own and (type(other) is list or getattr(other, "is_own", False))

    def _beside(self, other: Any, sign: str) -> Any:
        """`other`, unless Python would join or repeat lists here."""
        if self.is_list:
            other_is_list = type(other) is list or getattr(other, "is_list", False)
            if sign == "+" and other_is_list:
                raise _ambiguous("+ joins lists and adds arrays", "[*a, *b]")
            if sign == "*" and type(other) is int:
                if self.is_own:
                    raise UnsupportedError("a list is repeated whose elements are not known", help="write [*a, *a]")
                raise _ambiguous("* repeats lists and multiplies arrays", "a * float(k)")
        return other


PYTHONS = frozenset({"float64", "int64", "bool"})  # what the elements of a list may be beside each other


def _ambiguous(what: str, instead: str) -> UnsupportedError:
    return UnsupportedError(
        f"{what}, and an argument was given as a list, which is an array here",
        help=f"give an array, np.array([…]), or make one of it first: a = np.asarray(a); of lists write {instead}",
    )
