"""Formulas for browsers: the LaTeX that `latex`, `equations` and `symbols` write, as MathML, which needs no network.

Only what they write is known: groups, scripts, fractions, roots, accents, fences, aligned equations and cases. A
formula is read once, from left to right, with a stack of what is open, so that no depth of nesting is too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

_PIECE = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.S)
_WORDS = ("text", "mathrm", "operatorname", "texttt")
_ARGUMENTS: dict[str, tuple[int, Callable[..., str]]] = {
    "frac": (2, lambda a, b: f"<mfrac>{a}{b}</mfrac>"),
    "binom": (2, lambda a, b: f'<mrow><mo>(</mo><mfrac linethickness="0">{a}{b}</mfrac><mo>)</mo></mrow>'),
    "sqrt": (1, lambda a: f"<msqrt>{a}</msqrt>"),
    "bar": (1, lambda a: f'<mover accent="true">{a}<mo stretchy="false">¯</mo></mover>'),
    "overline": (1, lambda a: f'<mover accent="true">{a}<mo stretchy="true">¯</mo></mover>'),
    "hat": (1, lambda a: f'<mover accent="true">{a}<mo stretchy="false">^</mo></mover>'),
    "tilde": (1, lambda a: f'<mover accent="true">{a}<mo stretchy="false">~</mo></mover>'),
    "mathbf": (1, lambda a: f'<mrow style="font-weight:bold">{a}</mrow>'),
    "dot": (1, lambda a: f'<mover accent="true">{a}<mo stretchy="false">˙</mo></mover>'),
}  # fmt: skip
_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ", "infty": "∞", "partial": "∂", "nabla": "∇",
    "varnothing": "∅", "top": "⊤",
}  # fmt: skip
_UPRIGHT = {"infty", "partial", "nabla", "varnothing", "top", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma"}
_UPRIGHT |= {"Upsilon", "Phi", "Psi", "Omega"}
_SIGNS = {
    "odot": "⊙", "otimes": "⊗", "times": "×", "cdot": "⋅", "ast": "∗", "circ": "∘", "le": "≤", "ge": "≥", "ne": "≠",
    "land": "∧", "lor": "∨", "lnot": "¬", "oplus": "⊕", "bmod": "mod", "mid": "∣", "in": "∈", "to": "→", "ldots": "…",
    "cdots": "⋯", "sum": "∑", "prod": "∏", "approx": "≈", "pm": "±", "star": "⋆",
}  # fmt: skip
_NAMES = {"sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "arg", "det", "max", "min", "ln"}
_NAMES |= {"arcsin", "arccos", "arctan"}
_FENCES = {"lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈"}
_FENCES |= {"rceil": "⌉", "langle": "⟨", "rangle": "⟩"}
_OPENING = {"lVert", "lvert", "lfloor", "lceil", "langle"}
_SPACES = {"\\,": "0.17em", "\\:": "0.22em", "\\;": "0.28em", "\\ ": "0.33em", "\\quad": "1em", "\\qquad": "2em"}
_ESCAPED = {"\\textbackslash": "\\", "\\textasciitilde": "~", "\\textasciicircum": "^"}


@dataclass
class _Scripted:
    """Something with an index, an exponent, or both."""

    base: str
    below: str | None = None
    above: str | None = None

    def __str__(self) -> str:
        if self.below is None:
            return self.base if self.above is None else f"<msup>{self.base}{self.above}</msup>"
        if self.above is None:
            return f"<msub>{self.base}{self.below}</msub>"
        return f"<msubsup>{self.base}{self.below}{self.above}</msubsup>"


@dataclass
class _Waiting:
    """A command some of whose arguments are still to come."""

    count: int
    make: Callable[..., str | _Scripted]
    arguments: list[str] = field(default_factory=list)


@dataclass
class _Open:
    """What is open: a group, a fence, an environment; `kind` says which, and what closes it."""

    kind: str
    fence: str = ""
    items: list[str | _Scripted | _Waiting] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=lambda: [[]])

    def add(self, item: str | _Scripted) -> None:
        """Puts an atom behind the others, or hands it to the command that waits for it."""
        while self.items and isinstance(waiting := self.items[-1], _Waiting):
            waiting.arguments.append(str(item))
            if len(waiting.arguments) < waiting.count:
                return
            self.items.pop()
            item = waiting.make(*waiting.arguments)
        self.items.append(item)

    def script(self, sign: str) -> None:
        """The next atom is an exponent or an index of the last one."""
        last = self.items.pop() if self.items and not isinstance(self.items[-1], _Waiting) else "<mrow></mrow>"
        base = last if isinstance(last, _Scripted) else _Scripted(str(last))

        def scripted(atom: str) -> _Scripted:
            if sign == "^" and base.above is None:
                return _Scripted(base.base, base.below, atom)
            if sign == "_" and base.below is None:
                return _Scripted(base.base, atom, base.above)
            return _Scripted(str(base), **{"above" if sign == "^" else "below": atom})

        self.items.append(_Waiting(1, scripted))

    def take(self) -> str:
        """What is in it, as one element; nothing stays behind."""
        parts = [str(item) for item in self.items if not isinstance(item, _Waiting)]
        self.items = []
        return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"

    def end_cell(self, row: bool) -> None:
        """Ends a cell of an environment, and its row with it."""
        self.rows[-1].append(self.take())
        if row:
            self.rows.append([])


def to_mathml(latex: str, *, block: bool = False) -> str:
    """A formula of ours as a ``<math>`` element.

    Args:
        latex: as `symdiff.render.latex.formula` writes it.
        block: set on a line of its own.

    Returns:
        MathML Core, in which all that was written is escaped. Commands that are not known stay as they are written.

    >>> print(to_mathml(r"\\frac{x^{2}}{2}"))
    <math><mfrac><msup><mi>x</mi><mn>2</mn></msup><mn>2</mn></mfrac></math>
    """
    inside = _Reader(latex).read()
    return f'<math display="block">{inside}</math>' if block else f"<math>{inside}</math>"


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, latex: str) -> None:
        self.pieces = _PIECE.findall(latex)
        self.at = 0
        self.open = [_Open("")]

    def read(self) -> str:
        while (piece := self._next()) is not None:
            self._take_up(piece)
        while len(self.open) > 1:  # what was never closed
            self._close()
        return self.open[0].take()

    def _next(self) -> str | None:
        self.at += 1
        return self.pieces[self.at - 1] if self.at <= len(self.pieces) else None

    def _take_up(self, piece: str) -> None:
        top = self.open[-1]
        if piece.isspace():
            return
        if piece in "^_":
            top.script(piece)
        elif piece in ("{", "("):
            self.open.append(_Open(piece, piece))
        elif piece in ("}", ")"):
            self._close_bracket(piece)
        elif piece == "&":
            top.end_cell(row=False)
        elif piece in ("\\\\", "\\cr"):
            top.end_cell(row=True)
        elif piece[0] == "\\":
            self._command(piece)
        else:
            top.add(_plain(piece))

    def _command(self, piece: str) -> None:
        name, top = piece[1:], self.open[-1]
        if name in _WORDS:
            top.add(_word(name, self._raw()))
        elif name in ("left", "begin"):
            self.open.append(_Open(name, self._raw() if name == "begin" else self._fence()))
        elif name == "right":
            self._close(self._fence())
        elif name == "end":
            self._raw()
            self._close()
        elif name == "sqrt" and self.at < len(self.pieces) and self.pieces[self.at] == "[":
            index = to_mathml(self._until("]")).removeprefix("<math>").removesuffix("</math>")
            top.items.append(_Waiting(1, lambda a: f"<mroot>{a}{index}</mroot>"))
        elif name in _ARGUMENTS:
            top.items.append(_Waiting(*_ARGUMENTS[name]))
        elif name in _OPENING:
            self.open.append(_Open("fence", _FENCES[name]))
        elif name in _FENCES:
            self._close(_FENCES[name])
        elif piece in _SPACES:
            top.add(f'<mspace width="{_SPACES[piece]}"></mspace>')
        elif name not in ("displaystyle", "limits", "!"):
            top.add(_symbol(piece))

    def _close_bracket(self, piece: str) -> None:
        """Closes the innermost bracket of this sort; without one, it is a sign like others."""
        kind = {"}": "{", ")": "("}[piece]
        if self.open[-1].kind != kind:
            self.open[-1].add(_operator(piece, fence=True))
        else:
            self._close(piece)

    def _close(self, fence: str = "") -> None:
        """Closes what was opened last."""
        if len(self.open) == 1:
            return
        closed = self.open.pop()
        if closed.kind == "begin":
            made = _table(closed)
        elif closed.kind == "{":
            made = closed.take()
        else:
            tall = closed.kind in ("left", "fence")
            left, right = (
                _operator(sign, fence=True, tall=tall) if sign not in ("", ".") else ""
                for sign in (closed.fence, fence)
            )
            made = f"<mrow>{left}{closed.take()}{right}</mrow>"
        self.open[-1].add(made)

    def _fence(self) -> str:
        """The sign behind ``\\left`` or ``\\right``."""
        piece = self._next() or "."
        return _FENCES.get(piece[1:], piece[1:]) if piece[0] == "\\" else piece

    def _raw(self) -> str:
        """A group whose text is taken as it stands."""
        if self.at < len(self.pieces) and self.pieces[self.at] == "{":
            self.at += 1
            return self._until("}")
        return ""

    def _until(self, end: str) -> str:
        """What stands before the bracket that ends this one."""
        depth, start = 0, self.at + (end == "]")
        self.at = start
        while (piece := self._next()) is not None and not (piece == end and depth == 0):
            depth += (piece == "{") - (piece == "}")
        return "".join(self.pieces[start : self.at - 1])


def _plain(piece: str) -> str:
    if piece[0].isdigit():
        return f"<mn>{piece}</mn>"
    if piece.isalpha():
        return f"<mi>{escape(piece)}</mi>"
    return _operator({"-": "−", "*": "∗", "'": "′"}.get(piece, piece), fence=piece in "[]|")


def _operator(sign: str, fence: bool = False, tall: bool = False) -> str:
    if not fence:
        return f"<mo>{escape(sign)}</mo>"
    return f'<mo fence="true" stretchy="{"true" if tall else "false"}">{escape(sign)}</mo>'


def _word(kind: str, raw: str) -> str:
    """A word that is set upright; what was escaped in it stands for itself."""
    text = re.sub(r"\\text[a-z]+", lambda found: _ESCAPED.get(found[0], found[0]), raw)
    text = re.sub(r"\\(.)", r"\1", text.replace("{}", "")) if text == raw else text.replace("{}", "")
    if kind in ("text", "texttt"):
        return f"<mtext>{escape(text).replace(' ', chr(0xA0))}</mtext>"
    upright = ' mathvariant="normal"' if len(text) == 1 else ""
    return f"<mi{upright}>{escape(text)}</mi>"


def _symbol(piece: str) -> str:
    name = piece[1:]
    if name in _LETTERS:
        upright = ' mathvariant="normal"' if name in _UPRIGHT else ""
        return f"<mi{upright}>{_LETTERS[name]}</mi>"
    if name in _SIGNS:
        return f"<mo>{_SIGNS[name]}</mo>"
    if name in _NAMES:
        return f"<mi>{name}</mi>"
    if piece in _ESCAPED:
        return f"<mtext>{escape(_ESCAPED[piece])}</mtext>"
    return f"<mi>{escape(name if len(name) == 1 else piece)}</mi>"


def _table(closed: _Open) -> str:
    """Aligned equations, cases, or a matrix."""
    closed.end_cell(row=False)
    rows = [row for row in closed.rows if any(cell != "<mrow></mrow>" for cell in row)]
    body = "".join(f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in row)}</mtr>" for row in rows)
    if closed.fence == "cases":
        return f'<mrow><mo fence="true" stretchy="true">{{</mo><mtable class="cases">{body}</mtable></mrow>'
    table = f'<mtable displaystyle="true" class="{escape(closed.fence)}">{body}</mtable>'
    if closed.fence == "pmatrix":
        return f'<mrow><mo fence="true" stretchy="true">(</mo>{table}<mo fence="true" stretchy="true">)</mo></mrow>'
    return table
