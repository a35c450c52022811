"""Expressions as text, for messages and titles. Symbols stand under the names of the arguments."""

from __future__ import annotations

from typing import Any

from sympy.printing.str import StrPrinter

from symdiff.errors import SymdiffError
from symdiff.frontends.sympy.names import python_name
from symdiff.frontends.sympy.order import Measure


class _Printer(StrPrinter):  # type: ignore[misc]
    """SymPy's printer, but for names."""

    def _print_Symbol(self, expr: Any) -> str:  # noqa: N802 (SymPy looks for this name)
        return python_name(expr)

    _print_Dummy = _print_MatrixSymbol = _print_IndexedBase = _print_Symbol  # noqa: N815


def show(expr: Any) -> str:
    """An expression as text, for people."""
    if not Measure().is_small(expr):
        return f"a large expression ({type(expr).__name__})"
    try:
        text = _Printer().doprint(expr)
    except (SymdiffError, ValueError):  # Python prints no integer of more than 4300 digits
        text = type(expr).__name__
    return text if text.isascii() and text.isprintable() else type(expr).__name__


def placed(error: SymdiffError, expr: Any) -> SymdiffError:
    """The error with the part of the expression that it is about."""
    text = show(expr)
    return error.at(text, 1, 0, len(text))
