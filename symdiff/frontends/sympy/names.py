"""Names of symbols as names of arguments. A SymPy symbol may be called anything; generated code must not be."""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import Any

from sympy import Derivative, MatrixBase, NDimArray, Tuple, flatten
from sympy.core.function import AppliedUndef

from symdiff.errors import ArgumentError, ParseError
from symdiff.frontends.names import check_name

_MARKS = {"'": "_prime", "′": "_prime", "*": "_star", "+": "_plus", "\\": "", "{": "", "}": "", "$": ""}


def python_name(symbol: Any) -> str:
    r"""The name under which a symbol (also of a matrix, or an indexed one) becomes an argument.

    Identifiers stay as they are. Others are spelled out: ``\lambda_1`` is ``lambda_1``, ``σ`` is ``sigma``, ``x y`` is
    ``x_y``, and Python's keywords get an underscore: ``lambda_``.

    Raises:
        ArgumentError: for a name of which nothing readable can be made.
    """
    if not getattr(symbol, "is_commutative", True) and symbol.is_Symbol:
        raise ArgumentError(f"the symbol {symbol} does not commute, so it is no number", help="write a MatrixSymbol")
    name = _written(symbol)
    spelled = name if name.isascii() and name.isidentifier() else _spelled(name)
    spelled += "_" * keyword.iskeyword(spelled)
    try:
        check_name(spelled)
    except ParseError:
        raise ArgumentError(
            f"the symbol {name[:40]!r} has a name that cannot be written in Python",
            help="replace it first: expr.subs(symbol, Symbol('x'))",
        ) from None
    return spelled


def target_name(symbol: Any) -> str:
    """The name of a symbol that is a target.

    Raises:
        ArgumentError: for an expression, which is no input.
    """
    if not (getattr(symbol, "is_symbol", False) or isinstance(symbol, (AppliedUndef, Derivative))):
        raise ArgumentError(
            f"{str(symbol)[:40]} is no symbol to differentiate with respect to",
            help="put a symbol in its place: expr.subs(…)",
        )
    return python_name(symbol)


def elements(symbols: Any) -> Any:
    """The elements of a matrix, array or tuple of symbols, row by row, as a tuple; a symbol as it is."""
    if isinstance(symbols, (MatrixBase, NDimArray)):
        return tuple(symbols.flat() if isinstance(symbols, MatrixBase) else flatten(symbols.tolist()))
    if isinstance(symbols, Tuple):
        return tuple(symbols)
    return tuple(symbols.ravel()) if hasattr(symbols, "ravel") else symbols


def _written(symbol: Any) -> str:
    """What a symbol is called; ``q(t)`` is q, its derivatives by t are q_dot and q_ddot, others q_x, q_xy."""
    if isinstance(symbol, Derivative):
        by = [variable for variable, count in symbol.variable_count for _ in range(int(count))]
        if len(symbol.expr.args) > 1:
            return f"{_written(symbol.expr)}_{''.join(map(str, by))}"
        return f"{_written(symbol.expr)}_{'d' * (len(by) - 1)}dot"
    if isinstance(symbol, AppliedUndef):
        at = "" if all(arg.is_Symbol for arg in symbol.args) else "_".join(map(str, ("", *symbol.args)))
        return f"{type(symbol).__name__}{at}"
    return str(getattr(symbol, "name", symbol))


def _spelled(name: str) -> str:
    text = "".join(map(_spell, unicodedata.normalize("NFKC", name)))
    return re.sub(r"_+", "_", text).strip("_")


def _spell(char: str) -> str:
    if char in _MARKS:
        return _MARKS[char]
    if char.isascii():
        return char if char.isalnum() else "_"
    words = unicodedata.name(char, "").split()
    if words[:1] != ["GREEK"] or "LETTER" not in words:
        return char  # refused later, with the whole name
    letter = words[words.index("LETTER") + 1].lower().replace("lamda", "lambda")
    return letter.capitalize() if "CAPITAL" in words else letter


def in_natural_order(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``x2`` before ``x10``."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def distinct(symbols: list[Any]) -> dict[str, Any]:
    """The symbols by name, in natural order of the names.

    Raises:
        ArgumentError: if two different symbols get one name.
    """
    found: dict[str, Any] = {}
    for symbol in symbols:
        name = python_name(symbol)
        other = found.setdefault(name, symbol)
        if other != symbol:
            raise ArgumentError(_clash(name, other, symbol), help="give one of them another name", code="SD311")
    return {name: found[name] for name in sorted(found, key=in_natural_order)}


def _shown(symbol: Any) -> str:
    return str(symbol) if isinstance(symbol, (AppliedUndef, Derivative)) else str(getattr(symbol, "name", symbol))


def _clash(name: str, a: Any, b: Any) -> str:
    first, second = map(_shown, (a, b))
    if first != second:
        return f"the symbols {first!r} and {second!r} would both be called {name!r}"
    kinds = sorted({type(symbol).__name__ for symbol in (a, b)})
    if kinds == ["Dummy"]:
        return f"two different symbols are called {name!r}: every Dummy is one of its own"
    why = "a " + " and a ".join(kinds) if len(kinds) > 1 else "their assumptions differ"
    return f"two different symbols are called {name!r}: {why}"
