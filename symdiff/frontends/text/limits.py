"""What an expression string may be. Checked before Python's parser sees it, which some short texts bring down."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symdiff.errors import LimitError, ParseError


@dataclass(frozen=True)
class Limits:
    """The caller's bounds on untrusted text; the text itself cannot change them.

    Attributes:
        characters: of the text.
        nesting: of brackets, signs and the like.
        digits: of a number.
        nodes: of the graph.

    >>> import symdiff as sd
    >>> sd.function("x + y + z", limits=sd.Limits(characters=5))
    Traceback (most recent call last):
    symdiff.errors.LimitError: the expression has 9 characters, the limit is 5
    SD801: `symdiff explain SD801` says more
    """

    characters: int = 100_000
    nesting: int = 200
    digits: int = 4_300
    nodes: int = 20_000


DEFAULT = Limits()

_TOKEN = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|#[^\n]*|\d[\w.]*|[A-Za-z_]\w*|\*\*|\S|\n")
_KEYWORDS = {"not", "else", "if", "and", "or", "in", "is", "lambda", "return"}


def check_length(text: str, limits: Limits = DEFAULT) -> None:
    """Raises LimitError for text that is too long to be looked at."""
    if len(text) > limits.characters:
        raise LimitError(f"the expression has {len(text)} characters, the limit is {limits.characters}", code="SD801")


def check_text(text: str, limits: Limits = DEFAULT) -> None:
    """Raises LimitError or ParseError for text that must not reach the parser."""
    check_length(text, limits)
    _check_characters(text)
    if re.search(rf"[\d_]{{{limits.digits + 1},}}", text):
        raise LimitError(f"a number has more than {limits.digits} digits")
    if _nesting(text) > limits.nesting:
        raise LimitError(f"the expression nests deeper than {limits.nesting} levels", code="SD802")


def _nesting(text: str) -> int:
    """The deepest that brackets, signs, powers and conditionals pile up; an upper bound of the parser's recursion."""
    deepest = brackets = signs = chain = 0
    after_operand = False
    for piece in _TOKEN.findall(text):
        if piece in "([{":
            brackets += 1
        elif piece in ")]}":
            brackets -= 1
        elif piece in ("else", "not", "lambda", "**"):
            chain += 1
        elif piece == "\n":
            chain = 0
        elif piece in "+-~" and not after_operand:
            signs += 1
        elif piece in "+-*/%@,":
            chain = 0 if piece == "," or brackets == 0 else chain
        deepest = max(deepest, brackets + signs + chain)
        after_operand = piece not in _KEYWORDS and (piece[0].isalnum() or piece[0] in "_'\")]}")
        if after_operand:
            signs = 0
    return deepest


def _in_letters(char: str) -> str:
    """How a letter of another alphabet is spelled out, as in ``write sigma, not σ``."""
    import unicodedata  # noqa: PLC0415 (of errors)

    found = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?(\w+)", unicodedata.name(char, ""))
    if not found:
        return "write sigma, not σ"
    name = found[2].replace("LAMDA", "LAM")  # lambda is a word of Python's
    return f"write {name.title() if found[1] == 'CAPITAL' else name.lower()}, not {char}"


def _check_characters(text: str) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        for column, char in enumerate(line):
            if char == "\0" or not char.isascii():
                known = {"−": "-", "²": "**2", "³": "**3", "·": "*", "×": "*", "÷": "/", "≤": "<=", "≥": ">="}
                help = f"write {known[char]}" if char in known else f"names are ASCII: {_in_letters(char)}"
                error = ParseError(f"unexpected character {char!r}", help=help, code="SD103")
                raise error.at(text, number, column)
