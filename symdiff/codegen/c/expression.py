"""Expressions of numbers in C, from syntax trees of Python."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

from symdiff.codegen.c.prelude import FAILING, PRELUDE
from symdiff.schedule.nests import Read

# how tightly an expression binds
CHOICE, OR, AND, BIT_OR, BIT_XOR, BIT_AND, EQUAL, ORDER, SHIFT, SUM, TERM, UNARY, ATOM = range(13)
BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM), ast.Sub: ("-", SUM), ast.Mult: ("*", TERM), ast.Div: ("/", TERM), ast.FloorDiv: ("/", TERM),
    ast.Mod: ("%", TERM), ast.BitOr: ("|", BIT_OR), ast.BitXor: ("^", BIT_XOR), ast.BitAnd: ("&", BIT_AND),
    ast.LShift: ("<<", SHIFT), ast.RShift: (">>", SHIFT),
}  # fmt: skip
COMPARE: dict[type[ast.cmpop], tuple[str, int]] = {
    ast.Eq: ("==", EQUAL), ast.NotEq: ("!=", EQUAL), ast.Lt: ("<", ORDER), ast.LtE: ("<=", ORDER),
    ast.Gt: (">", ORDER), ast.GtE: (">=", ORDER),
}  # fmt: skip
TYPES = {
    "float64": "double", "float32": "float", "bool": "bool", "int8": "int8_t", "int16": "int16_t", "int32": "int32_t",
    "int64": "int64_t", "uint8": "uint8_t", "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t",
}  # fmt: skip
CASTS = {**TYPES, "float": "double", "int": "int64_t"}
NAMES = {"inf": "INFINITY", "nan": "NAN"}
FUNCTIONS = {"abs": "fabs", "round": "rint", "gamma": "tgamma"}
Text = tuple[str, int]
MOST_FACTORS = 4  # of a power that is written as a product


class Expressions:
    """Writes expressions.

    Args:
        name: what a name is called in C.
        element: how an element of an array is written.
        length: how a length is written, as text over names.
        used: what is called with the functions of ours that occur.
    """

    def __init__(
        self,
        name: Callable[[str], str],
        element: Callable[[Read], str],
        length: Callable[[str], str],
        used: Callable[[str], None],
    ) -> None:
        self.name, self.element, self.length, self.used = name, element, length, used

    def text(self, tree: ast.expr) -> str:
        """The text of `tree`."""
        return self._text(tree)[0]

    def within(self, tree: ast.expr, least: int) -> str:
        """The text where what binds less tightly than `least` needs brackets."""
        text, binds = self._text(tree)
        return text if binds >= least else f"({text})"

    def _text(self, tree: ast.expr) -> Text:
        match tree:
            case Read():
                return self.element(tree), ATOM
            case ast.Constant(value=bool() | int() | float() as value):
                return number(value, getattr(tree, "kind", None) == "float32")
            case ast.Name(id=name):
                return NAMES.get(name) or self.name(name), ATOM
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(left, right)
            case ast.BinOp(left=left, op=op, right=right):
                sign, binds = BINARY[type(op)]
                least = max(binds, TERM) if binds in (BIT_OR, BIT_XOR, BIT_AND) else binds  # as compilers advise
                return f"{self.within(left, least)} {sign} {self.within(right, binds + 1)}", binds
            case ast.UnaryOp(op=op, operand=operand):
                sign = {ast.USub: "-", ast.UAdd: "+", ast.Not: "!", ast.Invert: "~"}[type(op)]
                text = self.within(operand, UNARY)
                return (f"{sign}({text})" if text.startswith(sign) else sign + text), UNARY
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._comparison([left, *others], ops)
            case ast.BoolOp(op=op, values=values):
                sign, binds = ("&&", AND) if isinstance(op, ast.And) else ("||", OR)
                return f" {sign} ".join(self.within(x, EQUAL) for x in values), binds
            case ast.IfExp(test=test, body=body, orelse=other):
                return f"{self.within(test, OR)} ? {self.within(body, OR)} : {self.within(other, CHOICE)}", CHOICE
            case ast.Call(func=ast.Name(id="_length"), args=[ast.Constant(value=str(text))]):
                return self.length(text), ATOM if text.isidentifier() else CHOICE
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments)
        raise AssertionError(ast.dump(tree))

    def _call(self, name: str, arguments: list[ast.expr]) -> Text:
        if name in CASTS:
            return f"({CASTS[name]}){self.within(arguments[0], ATOM)}", UNARY
        if name in PRELUDE:
            self.used(name)
        texts = [*map(self.text, arguments), *["&failed"] * (name in FAILING)]
        return f"{FUNCTIONS.get(name, name)}({', '.join(texts)})", ATOM

    def _comparison(self, values: list[ast.expr], ops: list[ast.cmpop]) -> Text:
        texts = []
        for left, op, right in zip(values, ops, values[1:], strict=False):
            sign, binds = COMPARE[type(op)]
            texts.append(f"{self.within(left, SHIFT)} {sign} {self.within(right, SHIFT)}")
        return (texts[0], binds) if len(texts) == 1 else (" && ".join(texts), AND)

    def _power(self, base: ast.expr, exponent: ast.expr) -> Text:
        match exponent:
            case ast.Constant(value=int() | float() as n) if n in range(2, MOST_FACTORS + 1):
                is_short = isinstance(base, (Read, ast.Name))
                if is_short or (n == 2 and self._text(base)[1] == ATOM and "(" not in self.text(base)):
                    return " * ".join([self.within(base, UNARY)] * int(n)), TERM
        return f"pow({self.text(base)}, {self.text(exponent)})", ATOM


def number(value: float | bool, is_single: bool = False) -> Text:
    """A number as C writes it.

    >>> number(2.0), number(-1), number(0.1, True)
    (('2.0', 12), ('-1', 11), ('0.1f', 12))
    """
    if isinstance(value, bool):
        return ("true" if value else "false"), ATOM
    if isinstance(value, float) and not math.isfinite(value):
        return ("NAN", ATOM) if math.isnan(value) else ("INFINITY", ATOM) if value > 0 else ("-INFINITY", UNARY)
    text = repr(value) + ("f" if is_single and isinstance(value, float) else "")
    return text, UNARY if text.startswith("-") else ATOM
