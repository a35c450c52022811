"""Constants as source, bit for bit. ``repr(np.float64(0.1))`` is not source, and ``nan`` and ``inf`` are no names."""

from __future__ import annotations

import ast
from collections.abc import Callable
from math import copysign, isfinite

import numpy as np

from symdiff.graph.node import Literal

Name = Callable[[str], str]  # module.attribute -> the text under which the module's text reaches it
LONG = 12  # characters of a number that are still read
SMALLEST, LARGEST_NUMERATOR = 1e-5, 100  # of what is written as a fraction
Typed = Callable[[ast.expr, ast.expr], ast.expr]


def number_source(value: bool | int | float | complex, reach: Name) -> ast.expr:
    """A Python number. `reach("np.inf")` says how infinity is spelled here."""
    if isinstance(value, (bool, int)):
        return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))
    if isinstance(value, complex):
        return _complex(value, reach)
    if np.isnan(value):
        return ast.Name(reach("np.nan"))
    if np.isinf(value):
        positive = ast.Name(reach("np.inf"))
        return positive if value > 0 else ast.UnaryOp(ast.USub(), positive)
    if np.signbit(value):
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _complex(value: complex, reach: Name) -> ast.expr:
    """``1j``, or ``0.5 - 2j``; where a sum would lose the sign of a zero, or a part is not finite, ``complex(…)``."""
    is_sum = isfinite(value.real) and isfinite(value.imag) and value.imag and copysign(1, value.real) > 0
    if not is_sum:
        real, imaginary = number_source(value.real, reach), number_source(value.imag, reach)
        return ast.Call(ast.Name("complex"), [real, imaginary], [])
    turned = ast.Constant(complex(0.0, abs(value.imag)))
    if value.imag > 0 and value.real == 0:
        return turned
    return ast.BinOp(ast.Constant(value.real), ast.Add() if value.imag > 0 else ast.Sub(), turned)


def readable(value: float, reach: Name) -> ast.expr:
    """``1 / 6`` for 0.16666666666666666, which Python computes once, to the same bits; else the number."""
    if not isinstance(value, float) or len(repr(value)) <= LONG or not SMALLEST < abs(value) < LARGEST_NUMERATOR:
        return number_source(value, reach)
    for above in range(1, LARGEST_NUMERATOR):
        below = round(above / abs(value))
        if below > 2 and above / below == abs(value):
            return ast.BinOp(number_source(above if value > 0 else -above, reach), ast.Div(), ast.Constant(below))
    return number_source(value, reach)


def short(value: float) -> float | int:
    """``2`` for 2.0, where an int means the same: as an operand of a sign, beside a float."""
    is_int = float(value).is_integer() and abs(value) < 1e6 and (value != 0 or not np.signbit(value))
    return int(value) if is_int else value


def array(
    literal: Literal, reach: Name, typed: Typed = lambda number, dtype: ast.Call(dtype, [number], [])
) -> ast.expr:
    """``np.array([...])``, or a typed scalar such as ``np.float32(0.5)``, which is what `typed` makes of both."""
    value = literal.value
    dtype = ast.Name(reach(f"np.{'bool_' if value.dtype.kind == 'b' else value.dtype.name}"))
    if value.ndim == 0:
        item = value.item()
        is_real = isinstance(item, complex) and not item.imag and copysign(1, item.imag) > 0
        return typed(number_source(item.real if is_real else item, reach), dtype)
    if value.size == 0 and value.ndim > 1:  # nested lists do not say how long what they do not hold would be
        lengths = ast.Tuple([ast.Constant(n) for n in value.shape], ast.Load())
        usual = value.dtype == np.float64
        return ast.Call(ast.Name(reach("np.zeros")), [lengths], [] if usual else [ast.keyword("dtype", dtype)])
    given = value.dtype in (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_)) and value.size > 0
    keywords = [] if given else [ast.keyword("dtype", dtype)]
    return ast.Call(ast.Name(reach("np.array")), [_nested(value.tolist(), reach)], keywords)


def _nested(value: object, reach: Name) -> ast.expr:
    if isinstance(value, list):
        return ast.List([_nested(item, reach) for item in value], ast.Load())
    assert isinstance(value, (bool, int, float, complex))
    return number_source(value, reach)


def quoted(key: object) -> str:
    """A key of a dict as source: text in double quotes."""
    if not isinstance(key, str):
        return repr(key)
    inner = repr("'" + key)[2:-1]  # with an apostrophe in it, repr takes double quotes unless there are both
    return f'"{inner}"' if '"' not in key else repr(key)
