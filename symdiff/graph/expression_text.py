"""The text of expression trees, as `ast.unparse` writes it, in a tenth of the time.

A printer writes the same operands within many lines, and asks how long lines would be. So the text of a tree is kept
with it: trees of the printer are never changed once they are made.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from math import isfinite
from typing import Any

# how tightly an expression binds, from `x if c else y` to a name
TEST, OR, AND, NOT, COMPARISON, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, TERM, FACTOR, POWER, AWAIT, ATOM = range(15)
BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM), ast.Sub: ("-", SUM), ast.Mult: ("*", TERM), ast.Div: ("/", TERM), ast.FloorDiv: ("//", TERM),
    ast.Mod: ("%", TERM), ast.MatMult: ("@", TERM), ast.Pow: ("**", POWER), ast.LShift: ("<<", SHIFT),
    ast.RShift: (">>", SHIFT), ast.BitOr: ("|", BIT_OR), ast.BitXor: ("^", BIT_XOR), ast.BitAnd: ("&", BIT_AND),
}  # fmt: skip
UNARY: dict[type[ast.unaryop], tuple[str, int]] = {
    ast.USub: ("-", FACTOR), ast.UAdd: ("+", FACTOR), ast.Invert: ("~", FACTOR), ast.Not: ("not ", NOT),
}  # fmt: skip
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
Text = tuple[str, int]  # and how tightly it binds


def unparse(tree: ast.expr) -> str:
    """The source of `tree`.

    >>> unparse(ast.parse("a * (b + c)**2 - x[1:, None]", mode="eval").body)
    'a * (b + c) ** 2 - x[1:, None]'
    """
    return _text(tree)[0]


def _text(tree: Any) -> Text:
    found: Text | None = getattr(tree, "text", None)
    if found is None:
        write = WRITERS.get(tree.__class__)
        tree.text = found = (ast.unparse(tree), ATOM) if write is None else write(tree)
    return found


def _within(tree: Any, least: int) -> str:
    """The text where what binds less tightly than `least` needs brackets."""
    text, binds = _text(tree)
    return text if binds >= least else f"({text})"


def _listed(trees: list[Any]) -> str:
    return ", ".join(map(unparse, trees))


def _binary(tree: ast.BinOp) -> Text:
    sign, binds = BINARY[tree.op.__class__]
    left, right = (binds + 1, binds) if binds == POWER else (binds, binds + 1)
    return f"{_within(tree.left, left)} {sign} {_within(tree.right, right)}", binds


def _unary(tree: ast.UnaryOp) -> Text:
    sign, binds = UNARY[tree.op.__class__]
    return sign + _within(tree.operand, binds), binds


def _comparison(tree: ast.Compare) -> Text:
    text = _within(tree.left, COMPARISON + 1)
    for op, right in zip(tree.ops, tree.comparators, strict=True):
        text += f" {COMPARE[op.__class__]} {_within(right, COMPARISON + 1)}"
    return text, COMPARISON


def _choice(tree: ast.IfExp) -> Text:
    body, test = _within(tree.body, TEST + 1), _within(tree.test, TEST + 1)
    return f"{body} if {test} else {_text(tree.orelse)[0]}", TEST


def _boolean(tree: ast.BoolOp) -> Text:
    return ast.unparse(tree), OR if isinstance(tree.op, ast.Or) else AND


def _call(tree: ast.Call) -> Text:
    keywords = [f"{k.arg}={_text(k.value)[0]}" if k.arg else f"**{_text(k.value)[0]}" for k in tree.keywords]
    return f"{_within(tree.func, ATOM)}({', '.join([*map(unparse, tree.args), *keywords])})", ATOM


def _attribute(tree: ast.Attribute) -> Text:
    if isinstance(tree.value, ast.Constant):
        return ast.unparse(tree), ATOM
    return f"{_within(tree.value, ATOM)}.{tree.attr}", ATOM


def _subscript(tree: ast.Subscript) -> Text:
    index = tree.slice
    plain = isinstance(index, ast.Tuple) and index.elts and not any(isinstance(x, ast.Starred) for x in index.elts)
    inside = _text(index)[0][1:-1] if plain else _text(index)[0]
    return f"{_within(tree.value, ATOM)}[{inside}]", ATOM


def _slice(tree: ast.Slice) -> Text:
    lower, upper = ("" if x is None else _text(x)[0] for x in (tree.lower, tree.upper))
    return f"{lower}:{upper}" + ("" if tree.step is None else f":{_text(tree.step)[0]}"), ATOM


def _tuple(tree: ast.Tuple) -> Text:
    return f"({_listed(tree.elts)}{',' * (len(tree.elts) == 1)})", ATOM


def _constant(tree: ast.Constant) -> Text:
    kind = tree.value.__class__
    is_plain = kind in (int, bool) or (isinstance(tree.value, float) and isfinite(tree.value))
    return (repr(tree.value) if is_plain else ast.unparse(tree)), ATOM


WRITERS: dict[type, Callable[[Any], Text]] = {
    ast.Name: lambda tree: (tree.id, ATOM),
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.IfExp: _choice,
    ast.BoolOp: _boolean,
    ast.Lambda: lambda tree: (ast.unparse(tree), TEST),
    ast.Call: _call,
    ast.Starred: lambda tree: (f"*{_within(tree.value, BIT_OR)}", ATOM),
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Tuple: _tuple,
    ast.List: lambda tree: (f"[{_listed(tree.elts)}]", ATOM),
    ast.Constant: _constant,
}
