"""Graphs as SymPy expressions, as far as SymPy can say them.

What a row is called in SymPy stands in its column `sympy`: a name, or a template such as ``Min(Max(a, b), c)``. Names
are looked up in SymPy's modules when they are needed; a row without one becomes an undefined function of its name,
which the front end reads back. Imports SymPy, so it is imported when it is asked for.
"""

from __future__ import annotations

import ast
import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy

from symdiff.errors import UnsupportedError
from symdiff.graph.graph import Graph
from symdiff.graph.node import INPUT, ITEM, LENGTH, Literal, Node, maker, part_of
from symdiff.graph.tree import Tree, children
from symdiff.render import sympy_arrays as arrays

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b, ast.Pow: lambda a, b: a**b,
}  # fmt: skip
_COMPARE: dict[type, Any] = {ast.Lt: sympy.Lt, ast.LtE: sympy.Le, ast.Gt: sympy.Gt, ast.GtE: sympy.Ge}
EXACT = {math.pi: sympy.pi, math.e: sympy.E}  # the float is the nearest one to the number, so both ways lose nothing


def to_sympy(graph: Graph, *, evaluate: bool = True, symbols: Mapping[str, Any] | None = None) -> Any:
    """The outputs of `graph` as SymPy expressions: one, or tuples as the graph returns them.

    Args:
        graph: of scalars, vectors (which become columns) and matrices.
        evaluate: let SymPy bring the expression into its normal form; False keeps every operation as it stands.
        symbols: what the inputs are; by default ``Symbol(name)`` and ``MatrixSymbol(name, n, m)``.

    Raises:
        UnsupportedError: naming the operation that SymPy has no expression for.

    >>> from symdiff.frontends.text.parser import parse
    >>> from symdiff.graph.aval import Aval
    >>> to_sympy(parse("x**2 + sin(x)").build({"x": Aval("float64")}))
    x**2 + sin(x)
    """
    if any(node.op.block for node in graph.order):
        raise UnsupportedError(
            "SymPy has no expression for a loop",
            help='loops="unroll" writes out loops of a known number of steps; derivatives need no SymPy',
        )
    values: dict[Node, Any] = {}
    with sympy.evaluate(evaluate):
        for node in graph.order:
            given = (symbols or {}).get(node.name or "")
            values[node] = _leaf(node) if given is None and not node.inputs else given
            if values[node] is None and not node.aval.parts:
                values[node] = _value(node, [values[x] for x in maker(node).inputs])
    return _arranged(graph.tree, [values[node] for node in graph.outputs])


def _arranged(tree: Tree, outputs: Sequence[Any]) -> Any:
    return outputs[tree] if isinstance(tree, int) else tuple(_arranged(part, outputs) for part in children(tree))


# --------------------------------------------------------------------------------------------------------------- leaves


def _leaf(node: Node) -> Any:
    if node.op is INPUT:
        return arrays.symbol(node)
    if node.op is LENGTH:
        return arrays.size(node.kwargs["dim"])
    return None if node.literal is None else _constant(node.literal)


def _constant(literal: Literal) -> Any:
    if literal.value.ndim:
        return arrays.explicit(literal.value, sympy_number)
    return sympy_number(literal.value.item())


def sympy_number(value: Any) -> Any:
    """A number of Python as one of SymPy, the same bit for bit; whole floats become integers, as one writes them."""
    if isinstance(value, bool):
        return sympy.true if value else sympy.false
    if isinstance(value, complex):
        return sympy_number(value.real) + sympy_number(value.imag) * sympy.I
    if isinstance(value, float) and not math.isfinite(value):
        return sympy.nan if math.isnan(value) else sympy.oo if value > 0 else -sympy.oo
    if value in EXACT:
        return EXACT[value]
    if abs(value) < 2**53 and value == int(value):
        return sympy.Integer(int(value))
    return sympy.Float(value)


# ---------------------------------------------------------------------------------------------------------- operations


def _value(node: Node, operands: Sequence[Any]) -> Any:
    op, inputs = maker(node).op, maker(node).inputs
    template = (part_of(node).sympy or None) if node.op is ITEM else op.notation.sympy
    if callable(template):
        template = template(node)
    if template is None:
        if op.family == "elementwise" and not node.params and not node.shape:
            return sympy.Function(op.name)(*operands)
        of = f" of {', '.join(repr(x.aval).rstrip('~') for x in inputs)}" if inputs else ""
        raise UnsupportedError(
            f"SymPy has no expression for {op.name}{of}",
            help="differentiate and print it here: it needs no SymPy",
        )
    names = {**dict(zip("abcd", operands, strict=False)), **{k: v for k, v in node.params if isinstance(v, int)}}
    if any(x.shape for x in (node, *inputs)):
        return arrays.value(node, operands, names, lambda known: resolve(template, known))
    return resolve(template, names)


def resolve(template: str, names: Mapping[str, Any]) -> Any:
    """What a template says of the operands in `names`.

    >>> resolve("Max(a, 0)", {"a": sympy.Symbol("x")})
    Max(0, x)
    """
    tree = _parsed(template)
    if isinstance(tree, (ast.Name, ast.Attribute)) and template not in names:
        return arrays.call(_named(tree), [names[k] for k in "abcd" if k in names])
    return _resolve(tree, names)


@lru_cache(maxsize=256)
def _parsed(template: str) -> ast.expr:
    return ast.parse(template, mode="eval").body


def _resolve(tree: ast.expr, names: Mapping[str, Any]) -> Any:
    match tree:
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Name() | ast.Attribute():
            return _named(tree)
        case ast.Constant(value=value):
            return sympy.true if value is True else sympy.Integer(value)
        case ast.Tuple(elts=parts):
            return tuple(_resolve(part, names) for part in parts)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_as_number(_resolve(operand, names))
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_as_number(_resolve(left, names)), _as_number(_resolve(right, names)))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _COMPARE[type(op)](_resolve(left, names), _resolve(right, names))
        case ast.Call(func=function, args=args):
            return arrays.call(_resolve(function, names), [_resolve(arg, names) for arg in args])
    raise ValueError(f"a template cannot hold {ast.unparse(tree)}")


def _as_number(value: Any) -> Any:
    """A condition as the number that it is in arithmetic."""
    is_condition = isinstance(value, sympy.logic.boolalg.Boolean) and not isinstance(value, sympy.Expr)
    return sympy.Piecewise((1, value), (0, True)) if is_condition else value


def _named(tree: ast.expr) -> Any:
    """``sin`` of SymPy, or ``codegen.cfunctions.log1p`` of one of its modules."""
    module, _, name = f"sympy.{ast.unparse(tree)}".rpartition(".")
    return getattr(importlib.import_module(module), name)
