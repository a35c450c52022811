"""What Python's numbers raise, and when: ``try: math.log(x)``, ``except ValueError`` is a branch on ``x <= 0``.

NumPy's numbers give inf and nan where Python's raise. What nobody handles is as NumPy has it, so that errors are of
interest only inside of ``try``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.flow.guards import handler_of, handles_arithmetic, note, raised
from symdiff.frontends.tracing.flow.values import is_open
from symdiff.frontends.tracing.remembered import is_by_python
from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew

Fails = tuple[Callable[..., Any], BaseException]  # when, and what is raised then

_PYTHONS = (
    ew.add, ew.subtract, ew.multiply, ew.divide, ew.floor_divide, ew.mod, ew.power, ew.square, ew.negative, ew.positive,
    ew.absolute, ew.where,
)  # fmt: skip


_ARITHMETIC = frozenset(_PYTHONS) - {ew.where}  # one number of NumPy's makes the result one


def _domain(*outside: Callable[..., Any]) -> tuple[Fails, ...]:
    return tuple((condition, ValueError("math domain error")) for condition in outside)


def _range(function: Callable[..., Any]) -> tuple[Fails, ...]:
    def overflows(*values: Any) -> Any:
        finite = np.isfinite(values[0]) if len(values) == 1 else np.logical_and(*map(np.isfinite, values))
        return np.logical_and(finite, np.isinf(function(*values)))

    return ((overflows, OverflowError("math range error")),)


def _log(x: Any, base: Any = 2.0) -> Any:
    return np.logical_or(x <= 0, base <= 0)


def _root_of_negative(x: Any, y: Any) -> Any:
    return np.logical_and(np.logical_and(x < 0, np.isfinite(x)), np.logical_and(np.isfinite(y), y != np.floor(y)))


def _pole(x: Any, y: Any) -> Any:
    return np.logical_and(x == 0, np.logical_and(y < 0, np.isfinite(y)))


def _no_remainder(x: Any, y: Any) -> Any:
    is_known = np.logical_not(np.logical_or(np.isnan(x), np.isnan(y)))
    return np.logical_and(np.logical_or(y == 0, np.isinf(x)), is_known)


# By the function of `math`: when it raises what, the first that holds; none, if it never does.
_MATH: dict[str, tuple[Fails, ...]] = {
    "log": (*_domain(_log), (lambda x, base=2.0: base == 1, ZeroDivisionError("float division by zero"))),
    **dict.fromkeys(("log2", "log10"), _domain(lambda x: x <= 0)),
    "log1p": _domain(lambda x: x <= -1),
    "sqrt": _domain(lambda x: x < 0),
    **dict.fromkeys(("asin", "acos"), _domain(lambda x: np.abs(x) > 1)),
    "acosh": _domain(lambda x: x < 1),
    "atanh": _domain(lambda x: np.abs(x) >= 1),
    **dict.fromkeys(("sin", "cos", "tan"), _domain(np.isinf)),
    "exp": _range(np.exp),
    "exp2": _range(np.exp2),
    "expm1": _range(np.expm1),
    "sinh": _range(np.sinh),
    "cosh": _range(np.cosh),
    "isclose": (),
    "fmod": _domain(_no_remainder),
    "pow": (*_domain(_root_of_negative, _pole), *_range(np.power)),
    **dict.fromkeys(
        ("atan", "atan2", "asinh", "tanh", "cbrt", "erf", "erfc", "fabs", "copysign", "degrees", "radians", "isnan",
         "isinf", "isfinite"), (),
    ),
}  # fmt: skip


def of_math(function: Callable[..., Any], *values: Any, **options: Any) -> Any:
    """A function of `math`, and what it may raise, where the function that runs handles that."""
    if any(map(is_open, (*values, *options.values()))) and _is_handled(
        ValueError(), OverflowError(), ZeroDivisionError()
    ):
        fails = _MATH.get(function.__name__)
        if fails is None or (options and fails):
            raise _not_known(f"math.{function.__name__}")
        _note(fails, values)
    return function(*values, **options)


class Dividend:
    """What is divided, where the function that runs may handle that it is divided by zero."""

    __slots__ = ("value",)
    __array_ufunc__ = None  # an array on the other side leaves the division to us

    def __init__(self, value: Any) -> None:
        self.value = value

    def __truediv__(self, other: Any) -> Any:
        return self.value / divisor("truediv", self.value, other)

    def __floordiv__(self, other: Any) -> Any:
        return self.value // divisor("floordiv", self.value, other)

    def __mod__(self, other: Any) -> Any:
        return self.value % divisor("mod", self.value, other)


def divisor(how: str, a: Any, b: Any) -> Any:
    """`b`, by which `a` is divided, and that this fails where it is zero, if somebody handles that.

    NumPy's numbers and arrays are divided by zero without an error. Arguments that are numbers are taken for Python's.

    Args:
        how: the function of `operator`.
        a: the dividend.
        b: the divisor.
    """
    are_numbers = all(type(x) in (bool, int, float) or _is_number(x) for x in (a, b))
    if _is_handled(ZeroDivisionError()) and is_open(b) and are_numbers:
        if any(_is_of_array(as_node(x)) for x in (a, b)):
            return b
        if not all(_is_pythons(as_node(x)) for x in (a, b)):
            raise _not_known("a division")
        _note(((lambda a, b: b == 0, _by_zero(how)),), (a, b))
    return b


def _is_handled(*errors: BaseException) -> bool:
    return handles_arithmetic() and any(handler_of(error) is not None for error in errors)


def _by_zero(how: str) -> ZeroDivisionError:
    """The error of Python's floats, whose text is not that of all versions."""
    try:
        getattr(operator, how)(1.0, 0.0)
    except ZeroDivisionError as error:
        return ZeroDivisionError(*error.args)
    raise AssertionError(how)


def _note(fails: tuple[Fails, ...], values: tuple[Any, ...]) -> None:
    """Notes when an error is raised: the first of those that hold, if somebody handles it."""
    before: Any = False
    for condition, error in fails:
        holds = condition(*values)
        if is_open(holds) and handler_of(error) is not None:
            note(raised(as_node(np.logical_and(~before, holds) if is_open(before) else holds), error))
        before = np.logical_or(before, holds) if is_open(before) else holds


def _is_number(x: Any) -> bool:
    return is_open(x) and not x.shape


def _is_of_array(x: Node) -> bool:
    """Whether a number is an element of an array, or a sum of one, or was computed with such: it is NumPy's."""
    waiting, known = [x], {x}
    while waiting:
        n = waiting.pop()
        if is_by_python(n):
            continue
        if n.op not in _ARITHMETIC and any(i.shape for i in n.inputs):
            return True
        if n.op in _ARITHMETIC:
            waiting += [i for i in n.inputs if i not in known]
            known.update(n.inputs)
    return False


def _is_pythons(x: Node) -> bool:
    """Whether a number is made of numbers alone, by what gives Python's numbers, if it is given them or anyway."""
    waiting, known = [x], {x}
    while waiting:
        n = waiting.pop()
        if is_by_python(n):
            continue
        if n.shape or not (n.op in _PYTHONS or n.aval.kind == "b" or not n.inputs):
            return False
        waiting += [i for i in n.inputs if i not in known]
        known.update(n.inputs)
    return True


def _not_known(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"whether {what} raises an error that the function handles depends on a value that is not known yet",
        help="ask for the value, with if and else, instead of raise and except",
    )
