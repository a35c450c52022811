"""Arithmetic on literals while an expression is read: small integers stay exact, all else is floating point."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import LimitError

Number = int | float | complex
EXACT = 2**63  # integers up to here are computed as integers: shapes, axes, exponents

_EXACT: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip
_BITS: dict[str, Callable[[int, int], int]] = {
    "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip
_FLOAT: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "//": np.floor_divide, "%": np.mod, "**": np.power,
}  # fmt: skip


def fold_numbers(sign: str, a: Any, b: Any) -> Number | None:
    """``a sign b`` for Python numbers, by IEEE rules (1/0 is inf); None where it is not for us to compute.

    ``9**9**9`` is a float expression, inf, and never computed as an integer.
    """
    if sign in _BITS and isinstance(a, int) and isinstance(b, int):
        return _bits(sign, a, b)
    if not _is_number(a) or not _is_number(b) or sign not in _FLOAT:
        return None
    if isinstance(a, int) and isinstance(b, int):
        exact = _exact(sign, a, b)
        if exact is not None:
            return exact
    kind = complex if isinstance(a, complex) or isinstance(b, complex) else float
    with np.errstate(all="ignore"):
        value: Number = _FLOAT[sign](_as(kind, a), _as(kind, b)).item()
    return value


def _bits(sign: str, a: int, b: int) -> int:
    if max(abs(a), abs(b)) >= EXACT or (sign in ("<<", ">>") and not 0 <= b < 63):
        raise LimitError(f"{sign} of integers this large")
    return _BITS[sign](a, b)


def _exact(sign: str, a: int, b: int) -> int | None:
    if max(abs(a), abs(b)) >= EXACT:
        return None
    if sign == "**":
        small = 0 <= b < 64 and (abs(a) <= 1 or b * abs(a).bit_length() <= 63)
        return int(a**b) if small else None
    if sign == "/" or (sign in ("//", "%") and b == 0):
        return None
    value = _EXACT[sign](a, b)
    return value if abs(value) < EXACT else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex)) and not isinstance(value, bool)


def _as(kind: type, value: Number) -> Any:
    try:
        return np.float64(value) if kind is float else np.complex128(value)  # type: ignore[arg-type]
    except OverflowError:
        return np.float64(np.inf if value > 0 else -np.inf)  # type: ignore[operator]
