"""Texts that quote values, ``f"bad {x}"``: an error that is raised when the program runs says what they are then."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from string import Formatter
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.flow.values import is_open
from symdiff.graph.node import Node

_CONVERSIONS: dict[int, Callable[[Any], str]] = {ord("r"): repr, ord("s"): str, ord("a"): ascii}
NAME = "value"  # what quoted values are called where an error is written down: value0, value1, …


class Quoted(NamedTuple):
    """A value within a text, as ``{value!r:>8}`` quotes it.

    Attributes:
        node: the value.
        conversion: ``ord("r")`` for ``!r``; -1 if there is none.
        spec: how it is formatted.
        shown: what is seen of it as long as it is not known.
    """

    node: Node
    conversion: int
    spec: str
    shown: str

    def __str__(self) -> str:
        return self.shown


class QuotingText(str):
    """A text that quotes values which are not known yet: to Python, a text that shows them as they are now.

    Attributes:
        pieces: texts and quoted values.
    """

    __slots__ = ("pieces",)
    pieces: tuple[str | Quoted, ...]

    def __new__(cls, pieces: Iterable[str | Quoted]) -> QuotingText:
        """The pieces, one behind the other."""
        found = tuple(pieces)
        made = super().__new__(cls, "".join(map(str, found)))
        made.pieces = found
        return made

    def __add__(self, other: str) -> str:
        return QuotingText((*self.pieces, *pieces_of(other))) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: str) -> str:
        return QuotingText((*pieces_of(other), *self.pieces)) if isinstance(other, str) else NotImplemented


def unknown_text() -> UnsupportedError:
    """The error for a text whose length, or the number in it, is asked for before the values are known."""
    return UnsupportedError(
        "a text that quotes a value is not known before the value is",
        help="to round a number write np.round(x, digits); texts may be printed, and stand in errors",
    )


def pieces_of(text: str) -> tuple[str | Quoted, ...]:
    """What a text is made of."""
    return text.pieces if isinstance(text, QuotingText) else (text,)


def joined(*parts: str | tuple[Any, int, str]) -> str:
    """An f-string of texts, and of values with conversion and format."""
    pieces: list[str | Quoted] = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        value, conversion, spec = part
        value = _said(value, conversion)
        if is_open(value) and not isinstance(spec, QuotingText):
            pieces.append(Quoted(value.node, conversion, spec, repr(value)))
        elif isinstance(value, QuotingText) and conversion in (-1, ord("s")) and not spec:
            pieces += value.pieces
        else:
            pieces.append(_formatted(value, conversion, spec))
    quotes = any(isinstance(piece, Quoted) for piece in pieces)
    return QuotingText(pieces) if quotes else "".join(map(str, pieces))


_DIRECTIVE = re.compile(r"%(?:\((\w+)\))?([-0+ #]*)(\d*)(?:\.(\d+))?([diouxXeEfFgGcrsa%])")


def percent(text: str, values: Any) -> str:
    """``text % values``."""
    given = values if isinstance(values, tuple) else values.values() if isinstance(values, dict) else (values,)
    if not any(map(is_open, given)):
        return str(text % values)
    pieces: list[str | tuple[Any, int, str]] = []
    at, waiting = 0, iter(given)
    for found in _DIRECTIVE.finditer(text):
        pieces.append(text[at : found.start()])
        at = found.end()
        if found[5] == "%":
            pieces.append("%")
            continue
        value = values[found[1]] if found[1] else next(waiting, None)
        pieces.append(_directed(value, found) if is_open(value) else found[0].replace(f"({found[1]})", "") % (value,))
    return joined(*pieces, text[at:])


def _directed(value: Any, directive: re.Match[str]) -> tuple[Any, int, str]:
    """A value that is not known yet, and how a directive such as ``%-8.3f`` formats it, as f-strings say it."""
    _, flags, width, precision, kind = directive.groups()
    sign = "".join(flag for flag in "+ " if flag in flags)[:1]
    align = "<" if "-" in flags else ">" if kind in "rsa" and width else ""
    filled = "0" if "0" in flags and not align else ""
    digits = "" if precision is None else f".{precision}"
    if kind in "rsa":
        return value, ord(kind), f"{align}{width}{digits}"
    if kind in "diu" and value.aval.inexact:
        value, kind, digits = np.trunc(value), "f", ".0"
    return value, -1, f"{align}{sign}{filled}{width}{digits}{'d' if kind in 'iu' else kind}"


def of_text(text: str, method: str) -> Callable[..., str]:
    """A method of a text: ``format`` quotes values as f-strings do."""
    if method != "format":
        return getattr(text, method)  # type: ignore[no-any-return]

    def formatted(*values: Any, **named: Any) -> str:
        if not any(map(is_open, (*values, *named.values()))):
            return text.format(*values, **named)
        pieces: list[str | tuple[Any, int, str]] = []
        formatter, numbers = Formatter(), count()
        for literal, field, spec, conversion in formatter.parse(text):
            pieces.append(literal)
            if field is None:
                continue
            key = field if field and field[0] not in ".[" else f"{next(numbers)}{field}"
            value, _ = formatter.get_field(key, values, named)
            pieces.append((value, ord(conversion) if conversion else -1, (spec or "").format(*values, **named)))
        return joined(*pieces)

    return formatted


def quotes_values(value: Any) -> bool:
    """Whether the text of a value is not known yet: of a number, of a text that quotes one, of an error that does."""
    said = value.args if isinstance(value, BaseException) else (value,)
    return any(is_open(x) or isinstance(x, QuotingText) for x in said)


def _said(value: Any, conversion: int) -> Any:
    """What an error of one argument says, which is that; any other value as it is."""
    is_error = isinstance(value, Exception) and type(value).__str__ is Exception.__str__ and len(value.args) == 1
    return value.args[0] if is_error and quotes_values(value) and conversion in (-1, ord("s")) else value


def _formatted(value: Any, conversion: int, spec: str) -> str:
    return format(_CONVERSIONS[conversion](value) if conversion in _CONVERSIONS else value, spec)


def written(arguments: Sequence[Any]) -> tuple[list[str], tuple[Node, ...]]:
    """The arguments of an error as source, and the values that it quotes, called ``value0``, ``value1``, …"""
    texts, quoted = [], list[Node]()

    def name(node: Node) -> ast.Name:
        quoted.append(node)
        return ast.Name(f"{NAME}{len(quoted) - 1}", ast.Load())

    for argument in arguments:
        if isinstance(argument, QuotingText):
            texts.append(ast.unparse(ast.JoinedStr([_piece(p, name) for p in argument.pieces])))
        else:
            texts.append(name(argument.node).id if is_open(argument) else repr(argument))
    return texts, tuple(quoted)


def _piece(piece: str | Quoted, name: Callable[[Node], ast.Name]) -> ast.expr:
    if isinstance(piece, str):
        return ast.Constant(piece)
    spec = ast.JoinedStr([ast.Constant(piece.spec)]) if piece.spec else None
    value: ast.expr = name(piece.node)
    if piece.conversion in (ord("r"), ord("a")) and piece.node.aval.weak and piece.node.aval.kind == "f":
        value = ast.Call(ast.Name("float", ast.Load()), [value], [])  # Python's number, not NumPy's np.float64(…)
    return ast.FormattedValue(value, piece.conversion, spec)


def without_values(argument: ast.expr) -> Any:
    """An argument of an error that was written down, with dots for the values that it quotes."""
    if isinstance(argument, ast.Name):
        return "…"
    if isinstance(argument, ast.JoinedStr):
        return "".join(str(piece.value) if isinstance(piece, ast.Constant) else "…" for piece in argument.values)
    return ast.literal_eval(argument)
