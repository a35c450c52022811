"""Python's operators on symbolic values: between two of Python's numbers they give one of Python's.

NumPy's functions of the same name give one of NumPy's: beside float32, ``c + 1.0`` stays float32, and
``np.add(c, 1.0)`` makes float64 of it.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from types import FunctionType
from typing import Any

import numpy as np

from symdiff.frontends.tracing.holder import Holder
from symdiff.frontends.tracing.libraries import is_library_object
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.ops.elementwise import negative, subtract

OPERATOR = "operator"  # how `__array_ufunc__` is told of it, where NumPy says "__call__"
_ARITHMETIC = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "floordiv": np.floor_divide,
    "mod": np.remainder,
}  # fmt: skip
_NUMBERS = (int, float, complex)


def by_python(ufunc: np.ufunc, *operands: Any) -> Any:
    """What an operator of Python's gives of numbers, one of which is symbolic."""
    first = next((x for x in operands if isinstance(x, Holder)), None)
    if first is None:  # lengths say themselves what is made of them
        return ufunc(*operands)
    return first.__array_ufunc__(ufunc, OPERATOR, *operands)  # type: ignore[attr-defined]


def is_pythons(x: Any) -> bool:
    """Whether it is one of Python's numbers, known or not."""
    return x.aval.weak if isinstance(x, Holder) else type(x) in _NUMBERS


class Operators(np.lib.mixins.NDArrayOperatorsMixin):
    """The operators of a holder."""

    __slots__ = ()

    def __pos__(self) -> Any:
        return self.copy() if self.ndim else self  # type: ignore[attr-defined]

    def __neg__(self) -> Any:
        return by_python(np.negative, self) if is_pythons(self) else super().__neg__()

    def __abs__(self) -> Any:
        return by_python(np.absolute, self) if is_pythons(self) else super().__abs__()

    def __pow__(self, power: Any) -> Any:
        x: Any = self
        if x.ndim and x.dtype == np.bool_ and type(power) is int and power == 2:
            return np.square(x)
        is_float = _is_whole(x) and _may_be_negative(power)  # a float of Python's ints, and refused by NumPy's
        return _power(x * 1.0 if is_float else x, power)

    def __rpow__(self, base: Any) -> Any:
        return _power(base * 1.0 if type(base) is int and _may_be_negative(self) else base, self)


def _power(base: Any, power: Any) -> Any:
    of_pythons = is_pythons(base) and is_pythons(power)
    return by_python(np.power, base, power) if of_pythons else np.power(base, power)


def _operator(name: str, ufunc: np.ufunc, *, reflected: bool) -> Callable[[Any, Any], Any]:
    numpys = getattr(np.lib.mixins.NDArrayOperatorsMixin, name)

    def operate(self: Any, other: Any) -> Any:
        if not reflected and _answers_itself(other, f"__r{name[2:]}") and not self.shape:
            return NotImplemented
        if not (self.aval.weak and is_pythons(other)):
            return numpys(self, other)
        return by_python(ufunc, other, self) if reflected else by_python(ufunc, self, other)

    return operate


def _answers_itself(other: Any, name: str) -> bool:
    """Whether a value is of a user's class with such an operator, and no array: ``h * k`` is what ``k`` says."""
    kind = type(other)
    if not isinstance(getattr(kind, name, None), FunctionType) or isinstance(other, Number):
        return False
    return not hasattr(kind, "__array__") and not hasattr(kind, "__array_ufunc__") and not is_library_object(other)


for _name, _ufunc in _ARITHMETIC.items():
    for _kind in ("", "r", "i"):
        _method = f"__{_kind}{_name}__"
        setattr(Operators, _method, _operator(_method, _ufunc, reflected=_kind == "r"))


def _is_whole(x: Any) -> bool:
    """Whether a value is one of Python's integers, known or not."""
    return type(x) is int or (isinstance(x, Holder) and x.aval.weak and x.aval.kind in "iu")


def _may_be_negative(power: Any) -> bool:
    """Whether an exponent is an integer of Python's that is below zero, or something is taken away in it: ``-2``,
    ``1 - k`` of a loop's number ``k``."""
    if type(power) is int:
        return power < 0
    return _is_whole(power) and any(_takes_away(n) for n in toposort([power.node]))


def _takes_away(n: Node) -> bool:
    return n.op in (negative, subtract) or (n.literal is not None and bool(np.any(n.literal.value < 0)))
