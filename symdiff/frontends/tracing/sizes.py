"""Symbolic lengths as a traced function meets them: numbers in arithmetic, and errors that teach where they are not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.libraries import is_library_module
from symdiff.graph.dims import Dim, Length, is_counted
from symdiff.graph.node import Node, as_node
from symdiff.graph.op import OPS


class Size(Length):
    """A length such as ``n`` that takes part in arithmetic: ``x.sum() / x.shape[0]``."""

    __slots__ = ()

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What ``isinstance`` asks for: a counter is an integer for those who look at it."""
        if is_counted(self) and not is_library_module(sys._getframe(1).f_globals):
            self._must_be_declared("is of no type")
        return type(self)

    def __eq__(self, other: object) -> bool:
        """As lengths: two that have different names differ. How many steps a loop takes may be any number."""
        same = Length.__eq__(self, other)
        if not same and isinstance(other, (Length, int, float)):
            self._must_be_declared("equals no number")
        return same

    def __hash__(self) -> int:
        self._must_be_declared("is no key")
        return Length.__hash__(self)

    def __format__(self, spec: str) -> str:
        self._must_be_declared("is no text")
        return format(repr(self), spec)

    def __str__(self) -> str:
        return f"{self}"

    def _must_be_declared(self, why: str) -> None:
        """How many steps a loop takes is no name for any number, and must not be taken for one."""
        if is_counted(self):
            raise UnsupportedError(f"how many steps a loop takes is not known now, so it {why}")

    def __index__(self) -> int:
        raise UnsupportedError(
            f"the length {self!r} is not known now, so it cannot count a loop",
            help="use functions of whole arrays; or leave the shape undeclared, to compile for each length",
        )

    __int__ = __index__

    def __bool__(self) -> bool:
        raise UnsupportedError(
            f"the length {self!r} is not known now, so `if` and `while` cannot follow it",
            help="leave the shape undeclared, to compile for each length",
        )

    def __lt__(self, other: Any) -> bool:
        return bool(self)

    __le__ = __gt__ = __ge__ = __lt__

    def __add__(self, other: Any) -> Any:
        return self._combined("+", Length.__add__, other)

    def __sub__(self, other: Any) -> Any:
        return self._combined("-", Length.__sub__, other)

    def __mul__(self, other: Any) -> Any:
        return self._combined("*", Length.__mul__, other)

    def __rsub__(self, other: Any) -> Any:
        return as_size(Length.__rsub__(self, other)) if isinstance(other, int) else _number("-", other, self)

    __radd__ = __add__
    __rmul__ = __mul__

    def _combined(self, sign: str, exact: Callable[[Length, Any], Dim], other: Any) -> Any:
        if isinstance(other, (int, Length)):
            return as_size(exact(self, other))
        return NotImplemented if hasattr(other, "__symdiff_node__") else _number(sign, self, other)

    def __truediv__(self, other: Any) -> Any:
        return NotImplemented if hasattr(other, "__symdiff_node__") else _number("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _number("/", other, self)

    def __floordiv__(self, other: Any) -> Any:
        raise UnsupportedError(
            f"with the length {self!r}, whole division and remainders are no polynomial in the lengths",
            help="leave the shape undeclared, to compile for each length",
        )

    __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __floordiv__

    def __pow__(self, other: Any) -> Any:
        return _number("**", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _number("**", other, self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self

    def __round__(self, ndigits: int = 0) -> Any:
        return self

    def __neg__(self) -> Any:
        return as_size(-1 * Length(self.terms))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*[_symbol(as_node(x)) if type(x) is Size else x for x in inputs], **kwargs)


def _number(sign: str, a: Any, b: Any) -> Any:
    return _symbol(OPS.infix[sign](as_node(a), as_node(b)))


def _symbol(node: Node) -> Any:
    """What a length becomes where it meets a function or a fraction."""
    from symdiff.frontends.tracing.symbol import Symbol  # noqa: PLC0415 (symbols have lengths)

    return Symbol(node)


def as_size(dim: Dim) -> Any:
    """A length as a traced function sees it; known ones are ints."""
    return Size(dim.terms) if isinstance(dim, Length) else dim


def shape_of(shape: Iterable[Dim]) -> tuple[Any, ...]:
    """A shape as a traced function sees it."""
    return tuple(map(as_size, shape))
