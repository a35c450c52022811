"""Templates of LaTeX: how a row is set, over operands ``#1``, ``#2``, …, with brackets only where they are needed.

What a template binds like follows from what stands outside of its groups: ``\\frac{#1}{#2}`` needs no brackets around
its operands, ``#1^{\\top}`` needs them around all but atoms, ``#1 - #2`` around a sum on the right.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

RELATION, SUM, NEGATION, DOT, BIG, PRODUCT, POWER, ATOM = range(8)  # from loose to tight; BIG is that of \sum
_OPEN = ("{", "(", "[", r"\lVert", r"\lvert", r"\lfloor", r"\lceil", r"\langle", r"\begin")
_CLOSE = ("}", ")", "]", r"\rVert", r"\rvert", r"\rfloor", r"\rceil", r"\rangle", r"\end")
_TOKEN = re.compile(r"#\d+|\\[a-zA-Z]+|\\.|.", re.S)
_RELATIONS = {"<", ">", "=", r"\le", r"\ge", r"\ne", r"\land", r"\lor", r"\oplus", r"\bmod"}
_TALL = re.compile(r"\\(frac|sum|prod|begin|max|min)(?![a-zA-Z])")


class Piece(NamedTuple):
    """A formula, and how tightly it binds."""

    text: str
    level: int = ATOM


class _Slot(NamedTuple):
    operand: int
    least: int  # level from which on no brackets are needed
    also: tuple[int, ...]  # looser levels that need none either
    last: bool  # whether nothing follows, so that the operand's own level shows through


class _Template(NamedTuple):
    parts: tuple[str | _Slot, ...]
    level: int


def arrange(template: str, operands: list[Piece]) -> Piece:
    """`template` with its operands filled in.

    >>> arrange("#1 #2", [Piece("X^{\\\\top}", POWER), Piece("a - b", SUM)])
    Piece(text='X^{\\\\top} (a - b)', level=5)
    """
    parsed = _parse(template)
    if template.strip() == "#1":
        return operands[0]
    level, text = parsed.level, ""
    for part in parsed.parts:
        if isinstance(part, str):
            text += part
            continue
        piece = operands[part.operand]
        free = piece.level >= part.least or piece.level in part.also
        shown = piece.text if free else bracketed(piece)
        if piece.level == NEGATION and text.endswith(" + "):  # a + (-b) is a - b
            text, shown = text[:-2] + "- ", piece.text[1:]
        if text.endswith(r"\, ") and shown[0].isdigit():
            text = text[:-3] + r"\cdot "
        text += shown
        if free and part.least and (part.last or piece.level in part.also):
            level = min(level, piece.level)
    return Piece(text, level)


def bracketed(piece: Piece) -> str:
    """The formula in brackets, as high as it is; a condition in Iverson's, as the 0 or 1 that it is."""
    left, right = "[]" if piece.level == RELATION else "()"
    return rf"\left{left}{piece.text}\right{right}" if _TALL.search(piece.text) else left + piece.text + right


@lru_cache(maxsize=1024)
def _parse(template: str) -> _Template:
    tokens = _TOKEN.findall(template)
    depths = _depths(tokens)
    level = _level([token for token, depth in zip(tokens, depths, strict=True) if depth == 0 and token.strip()] or [""])
    parts: list[str | _Slot] = []
    for k, (token, depth) in enumerate(zip(tokens, depths, strict=True)):
        if token[0] != "#" or not token[1:].isdigit():
            parts.append(token)
            continue
        before = "".join(tokens[:k]).rstrip()
        after = "".join(tokens[k + 1 :]).strip()
        least = _least(level, depth, before, after)
        first = depth == 0 and not before and not after.startswith("^")
        also = {DOT: (NEGATION, DOT), PRODUCT: (NEGATION,)}.get(level, ()) if first else ()
        parts.append(_Slot(int(token[1:]) - 1, least, also, depth == 0 and not after))
    return _Template(tuple(parts), level)


def _depths(tokens: list[str]) -> list[int]:
    depth, found = 0, []
    for token in tokens:
        if token in _CLOSE:
            depth -= 1
        found.append(depth + (token in _CLOSE or token in _OPEN))
        depth += token in _OPEN
    return found


def _level(outside: list[str]) -> int:
    slots = [k for k, token in enumerate(outside) if token[:1] == "#"]
    if _RELATIONS & set(outside):
        return RELATION
    if outside[0] == "-" and len(slots) == 1:
        return NEGATION
    if "+" in outside or "-" in outside:
        return SUM
    if r"\odot" in outside:
        return DOT
    if {r"\sum", r"\prod"} & set(outside) or (len(slots) == 1 and slots[0] > 0 and outside[-1][0] == "#"):
        return BIG
    if len(slots) > 1 or r"\," in outside:
        return PRODUCT
    return POWER if "^" in outside or outside[0] == r"\frac" else ATOM


def _least(level: int, depth: int, before: str, after: str) -> int:
    if after.startswith(("^", "_", "[")):
        return ATOM
    if depth:
        return DOT if before.endswith(("+", "-")) else PRODUCT if before.endswith("/") or after[:1] == "/" else RELATION
    if level == SUM:
        return SUM if not before else DOT
    if level in (NEGATION, BIG):
        return DOT
    if level == PRODUCT:
        return PRODUCT if after else BIG
    if level == DOT:
        return PRODUCT if after else BIG
    return SUM if level == RELATION else POWER


# ------------------------------------------------------------------------------------------------------------- names

_GREEK = frozenset(
    (
        "alpha", "beta", "gamma", "delta", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi",
        "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi",
        "Sigma", "Upsilon", "Phi", "Psi", "Omega",
    )
)  # fmt: skip
_LETTERS = {"lam": r"\lambda", "eps": r"\varepsilon", "epsilon": r"\varepsilon"}


def latex_name(name: str) -> str:
    """A name as it is set: x_1 and x1 with an index, Greek letters, words upright.

    >>> print(*map(latex_name, ("x", "W1", "x_0", "alpha", "lambda_", "price", "h_prev", "cross_entropy")))
    x W_{1} x_{0} \\alpha \\lambda \\mathrm{price} h_{\\mathrm{prev}} \\mathrm{cross\\_entropy}
    """
    parts = [part for part in name.split("_") if part] or [name]
    head, digits = re.fullmatch(r"(.*?)(\d*)", parts[0]).groups()  # type: ignore[union-attr]
    if not head:
        head, digits = digits, ""
    below = ([digits] if digits else []) + parts[1:]
    if _is_word(head) and any(map(_is_word, below)):
        return rf"\mathrm{{{escape(name)}}}"
    index = ",".join(map(_word, below))
    return _word(head) + (f"_{{{index}}}" if index else "")


def adjoint(name: str) -> str:
    """A name with a bar: the derivative of the value with respect to it.

    >>> print(adjoint("x"), adjoint("W_{1}"), adjoint("\\\\mathrm{loss}"))
    \\bar{x} \\bar{W}_{1} \\overline{\\mathrm{loss}}
    """
    head, _, index = name.partition("_{")
    if len(head) == 1 or head[1:].isalpha():
        return rf"\bar{{{head}}}" + (f"_{{{index}" if index else "")
    return rf"\overline{{{name}}}"


def _is_word(word: str) -> bool:
    return len(word) > 1 and not word.isdigit() and word not in _GREEK and word not in _LETTERS


def _word(word: str) -> str:
    if word in _GREEK or word in _LETTERS:
        return _LETTERS.get(word, f"\\{word}")
    return word if (len(word) == 1 and word != "_") or word.isdigit() else rf"\mathrm{{{escape(word)}}}"


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", **{c: f"\\{c}" for c in "{}_$%&#"},
}  # fmt: skip


def escape(text: str) -> str:
    """`text` as LaTeX sets it word for word, outside of formulas."""
    return "".join(_SPECIAL.get(c, c) for c in text)
