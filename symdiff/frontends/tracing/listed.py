"""Arguments that were given as lists of numbers: they are arrays to a program, but not where a list means otherwise."""

from __future__ import annotations

from typing import Any

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.holder import Holder


class Listed(Holder):
    """A holder whose ``+`` and ``*`` are NumPy's, and refused where they are those of lists."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return super().__add__(self._beside(other, "+"))  # type: ignore[misc]

    def __radd__(self, other: Any) -> Any:
        return super().__radd__(self._beside(other, "+"))  # type: ignore[misc]

    def __iadd__(self, other: Any) -> Any:
        return super().__iadd__(self._beside(other, "+"))  # type: ignore[misc]

    def __mul__(self, other: Any) -> Any:
        return super().__mul__(self._beside(other, "*"))  # type: ignore[misc]

    def __rmul__(self, other: Any) -> Any:
        return super().__rmul__(self._beside(other, "*"))  # type: ignore[misc]

    def __imul__(self, other: Any) -> Any:
        return super().__imul__(self._beside(other, "*"))  # type: ignore[misc]

    def _beside(self, other: Any, sign: str) -> Any:
        """`other`, unless Python would join or repeat lists here."""
        if self.is_list:
            other_is_list = type(other) is list or getattr(other, "is_list", False)
            if sign == "+" and other_is_list:
                raise _ambiguous("+ joins lists and adds arrays", "[*a, *b]")
            if sign == "*" and type(other) is int:
                raise _ambiguous("* repeats lists and multiplies arrays", "a * float(k)")
        return other


def _ambiguous(what: str, instead: str) -> UnsupportedError:
    return UnsupportedError(
        f"{what}, and an argument was given as a list, which is an array here",
        help=f"give an array, np.array([…]), or make one of it first: a = np.asarray(a); of lists write {instead}",
    )
