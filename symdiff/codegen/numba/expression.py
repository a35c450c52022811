"""Expressions of numbers for Numba, from syntax trees that read elements of arrays."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from symdiff.codegen.literal import number_source
from symdiff.codegen.numba.prelude import PRELUDE
from symdiff.graph.expression_text import unparse
from symdiff.graph.template import parse_template
from symdiff.schedule.nests import Read

DTYPES = {"bool_", "complex64", "complex128", "float32", "float64"}
DTYPES |= {f"{sign}int{n}" for sign in ("", "u") for n in (8, 16, 32, 64)}
ELSEWHERE = {  # functions of NumPy's, where Python's would give integers, or there are none
    "floor": "np.floor", "ceil": "np.ceil", "trunc": "np.trunc", "round": "np.rint", "cbrt": "np.cbrt",
    "exp2": "np.exp2", "fmax": "np.fmax", "fmin": "np.fmin", "signbit": "np.signbit", "fabs": "abs", "fmod": "np.fmod",
}  # fmt: skip
PLAIN = ("float64", "int64", "bool", "complex128")  # what Python's numbers are to Numba
BUILTINS = ("abs", "bool", "float", "int")


class Expressions:
    """Writes expressions.

    Args:
        name: what a name is called.
        element: how an element of an array is written.
        length: how a length is written, as text over names.
        used: what is called with the functions of ours that occur.
    """

    def __init__(
        self,
        name: Callable[[str], str],
        element: Callable[[Read], ast.expr],
        length: Callable[[str], ast.expr],
        used: Callable[[str], None],
    ) -> None:
        self.name, self.element, self.length, self.used = name, element, length, used

    def text(self, tree: ast.expr) -> str:
        """The text of `tree`."""
        return unparse(self.tree(tree))

    def tree(self, tree: ast.expr) -> ast.expr:
        """`tree` as Python that reads arrays."""
        match tree:
            case Read():
                return self.element(tree)
            case ast.Constant(value=value):
                return self._constant(value, getattr(tree, "kind", None))
            case ast.Name(id=name):
                return parse_template(f"np.{name}") if name in ("inf", "nan") else ast.Name(self.name(name))
            case ast.Call(func=ast.Name(id="_length"), args=[ast.Constant(value=str(text))]):
                return self.length(text)
            case ast.Call(func=ast.Name(id="pow"), args=[base, exponent]):
                return ast.BinOp(self.tree(base), ast.Pow(), self.tree(exponent))
            case ast.Call(func=function, args=arguments):
                return ast.Call(self.function(function), [self.tree(x) for x in arguments], [])
            case ast.Attribute():
                return tree
        made: ast.expr = type(tree)(**{name: self._field(value) for name, value in ast.iter_fields(tree)})
        return made

    def _field(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._field(x) for x in value]
        return self.tree(value) if isinstance(value, ast.expr) else value

    def function(self, function: ast.expr) -> ast.expr:
        """What is called."""
        if not isinstance(function, ast.Name):
            return function
        name = function.id
        if name in PRELUDE:
            self.used(name)
            return ast.Name(f"_{name}")
        if name in ELSEWHERE:
            return parse_template(ELSEWHERE[name])
        return ast.Attribute(ast.Name("np"), name) if name in DTYPES else ast.Name(name)

    def _constant(self, value: Any, kind: str | None) -> ast.expr:
        tree = number_source(value, str)
        if kind is None or kind in PLAIN:
            return tree
        return ast.Call(ast.Attribute(ast.Name("np"), kind), [tree], [])
