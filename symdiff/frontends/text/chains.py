"""Long chains of operators, ``a + b + c + …``: read piece by piece.

A chain is nested to the left, one level per operator, and Python's parser gives up at some thousand levels, although
nobody would call a long sum nested. So what a long chain begins with is cut off where an operator follows, parsed
alone, and put back as the left side of that operator: the tree is the same, and none of the pieces is deep.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator

LONG = 500  # signs of operators; shorter texts go to Python's parser as they are
PIECE = 100  # operators of one level in a row before the chain is cut

_TOKEN = re.compile(
    r"""(?P<gap>[ \t\f]+|\#[^\n]*) | (?P<line>\n)
      | (?P<operand>'[^'\n]*' | "[^"\n]*" | 0[xXoObB]\w+ | \.?\d[\d_.]*(?:[eE][+-]?\d+)?\w* | [A-Za-z_]\w*)
      | (?P<sign>[=!<>]=|[-+*/%@&|^]=|\*\*=?|//=?|<<=?|>>=?|->|:=|\S)""",
    re.VERBOSE,
)
_LEVELS = {
    sign: level for level, signs in enumerate(("|", "^", "&", "<< >>", "+ -", "* / // % @")) for sign in signs.split()
}  # the signs whose chains nest to the left, by how tightly they bind
_WORDS = frozenset(["and", "or", "not", "if", "else", "in", "is", "lambda", "for", "while", "elif", "return", "yield"])
_HOLE = "__{}"  # no name that a text may hold
_Item = tuple[str, int, int]  # a piece of text, and where it stands: line and column


def parse_python(text: str) -> ast.Module:
    """The syntax tree of `text`, as `ast.parse` gives it, also where chains of operators are long.

    Raises:
        SyntaxError, RecursionError, MemoryError: as `ast.parse` does.
    """
    if len(re.findall(r"[-+*/%@&|^<>]", text)) < LONG or re.search(r"__|\\|'''|\"\"\"|[^ -~\n\t]", text):
        return ast.parse(text)
    try:
        return _Cutter().run(text)
    except SyntaxError:
        return ast.parse(text)  # which tells where, in the whole text


class _Level:
    """The chains that are open between two brackets.

    Attributes:
        starts: for each level of operators, the item where its left operand begins.
        counts: how many operators of this level have come since.
    """

    def __init__(self, start: int) -> None:
        self.begin(start)

    def begin(self, start: int) -> None:
        """A new operand of everything begins."""
        self.starts = [start] * (1 + max(_LEVELS.values()))
        self.counts = [0] * len(self.starts)

    def operator(self, level: int, position: int) -> None:
        """An operator was met, and the operands of those that bind more tightly begin behind it."""
        self.counts[level] += 1
        for tighter in range(level + 1, len(self.starts)):
            self.starts[tighter], self.counts[tighter] = position + 1, 0


class _Cutter:
    """Reads a text word by word, and cuts chains that have grown long."""

    def __init__(self) -> None:
        self.items: list[_Item] = []
        self.levels = [_Level(0)]
        self.cut: dict[str, ast.expr] = {}

    def run(self, text: str) -> ast.Module:
        """The tree of the whole."""
        after_operand = False
        for kind, sign, line, column in _tokens(text):
            if kind == "gap" or (kind == "line" and len(self.levels) > 1):
                if sign[0] != "#":
                    self.items.append((" ", line, column))
                continue
            level = _LEVELS.get(sign) if after_operand else None
            if level is not None and self.levels[-1].counts[level] >= PIECE:
                self._cut(level)
            self.items.append((sign, line, column))
            after_operand = self._meet(kind, sign, level)
        return self._parsed(self.items)

    def _meet(self, kind: str, sign: str, level: int | None) -> bool:
        """Keeps account of chains and brackets; whether an operand has just ended."""
        here = len(self.items)
        if level is not None:
            self.levels[-1].operator(level, here - 1)
        elif sign in "([{" and kind == "sign":
            self.levels.append(_Level(here))
        elif sign in ")]}" and kind == "sign":
            del self.levels[max(1, len(self.levels) - 1) :]
            return True
        elif kind == "operand" and sign not in _WORDS:
            return True
        elif sign not in ("+", "-", "~", ".", "**"):
            self.levels[-1].begin(here)
        return False

    def _cut(self, level: int) -> None:
        """Replaces the left operand of the operator that follows by a name that stands for its tree."""
        open_ = self.levels[-1]
        start = next(k for k in range(open_.starts[level], len(self.items)) if self.items[k][0] != " ")
        piece = self.items[start:]
        [statement] = self._parsed([("(", *piece[0][1:]), *piece, (")", *piece[-1][1:])]).body
        if not isinstance(statement, ast.Expr):
            raise SyntaxError
        name = _HOLE.format(len(self.cut))
        self.cut[name] = statement.value
        self.items[start:] = [(name, *piece[0][1:])]
        open_.counts[level:] = [0] * (len(open_.counts) - level)

    def _parsed(self, items: list[_Item]) -> ast.Module:
        """The tree of these tokens, with the places of the whole text, and what was cut off put back."""
        tree = ast.parse("".join(sign for sign, _, _ in items))
        place = _Places(items)
        for node in list(ast.walk(tree)):
            if isinstance(node, (ast.expr, ast.stmt, ast.keyword)):
                place.correct(node)
            if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Name) and node.left.id in self.cut:
                node.left = self.cut.pop(node.left.id)
        return tree


class _Places:
    """Where the tokens of a piece stand in the whole text."""

    def __init__(self, items: list[_Item]) -> None:
        self.items = items
        self.starts: list[list[int]] = [[]]  # columns of the tokens of each line of the piece
        self.numbers: list[list[int]] = [[]]
        column = 0
        for number, (sign, _, _) in enumerate(items):
            self.starts[-1].append(column)
            self.numbers[-1].append(number)
            column += len(sign)
            if sign == "\n":
                self.starts.append([])
                self.numbers.append([])
                column = 0

    def correct(self, node: ast.expr | ast.stmt | ast.keyword) -> None:
        """Gives `node` the place that it has in the whole text."""
        node.lineno, node.col_offset = self._place(node.lineno, node.col_offset, 0)
        if node.end_lineno is not None and node.end_col_offset is not None:
            node.end_lineno, node.end_col_offset = self._place(node.end_lineno, node.end_col_offset - 1, 1)

    def _place(self, line: int, column: int, beyond: int) -> tuple[int, int]:
        k = bisect_right(self.starts[line - 1], column) - 1
        _, number, start = self.items[self.numbers[line - 1][k]]
        return number, start + column - self.starts[line - 1][k] + beyond


def _tokens(text: str) -> Iterator[tuple[str, str, int, int]]:
    """``(kind, sign, line, column)`` of all that the text consists of."""
    line, start = 1, 0
    for match in _TOKEN.finditer(text):
        yield match.lastgroup or "", match.group(), line, match.start() - start
        if match.lastgroup == "line":
            line, start = line + 1, match.end()
