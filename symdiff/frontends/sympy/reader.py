"""SymPy expressions into graphs.

An expression of SymPy is a graph, too: shared parts are one object. It is walked iteratively, each object once, over
`args`; nothing is printed and parsed again, and SymPy is never asked for a derivative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from sympy.core.function import AppliedUndef

from symdiff.errors import ArgumentError, ShapeError, SymdiffError, UnsupportedError
from symdiff.frontends.spec import Spec
from symdiff.frontends.sympy import matrices, scalars, special
from symdiff.frontends.sympy.arithmetic import Value
from symdiff.frontends.sympy.lengths import shape_of, solve_lengths
from symdiff.frontends.sympy.matrices import Matrix
from symdiff.frontends.sympy.names import distinct, python_name
from symdiff.frontends.sympy.parts import (
    SCALARS,
    Part,
    is_input,
    is_over_data,
    kind_of,
    lookup,
    sizes_of,
    symbols_in,
    walk,
)
from symdiff.frontends.sympy.show import placed, show
from symdiff.frontends.sympy.sums import Index
from symdiff.graph.assumptions import ASSUMPTIONS
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, as_node, variable
from symdiff.graph.tree import Tree


@dataclass(frozen=True)
class Reading:
    """An expression that has been walked over once.

    Attributes:
        roots: the expressions.
        parts: every distinct part, operands before users.
        inputs: the symbols by the names of the arguments.
        sizes: the symbols that are lengths of matrices, and no inputs.
    """

    roots: tuple[Any, ...]
    parts: tuple[Part, ...] = field(repr=False)
    inputs: Mapping[str, Any]
    sizes: frozenset[Any]

    @property
    def specs(self) -> dict[str, Spec]:
        """What the expression says of its inputs: nothing if it is scalar, for then it may be computed on arrays."""
        if self.is_scalar:
            return {}
        found = {name: _spec(symbol) for name, symbol in self.inputs.items()}
        return {name: spec for name, spec in found.items() if spec is not None}

    @property
    def is_scalar(self) -> bool:
        """Whether all inputs are numbers, in the place of which arrays may come."""
        return all(kind_of(symbol) in SCALARS for symbol in self.inputs.values())

    @property
    def hidden(self) -> dict[str, str]:
        """The symbols in the arguments of unknown functions, with such a function for each."""
        unknown = [s for s in self.inputs.values() if kind_of(s) not in ("Symbol", "MatrixSymbol", "IndexedBase")]
        return {python_name(s): show(f) for f in unknown for s in f.free_symbols}

    def build(self, avals: Mapping[str, Aval], name: str, tree: Tree) -> Graph:
        """The graph for inputs of the given types, whose results lie in the containers of `tree`.

        Raises:
            SymdiffError: with the part of the expression that cannot be.
        """
        declared = {key: spec.shape for key, spec in self.specs.items()}
        lengths = solve_lengths(self.sizes, declared, avals)
        inputs = {key: variable(key, aval) for key, aval in avals.items()}
        known = {symbol: as_node(dim) for symbol, dim in lengths.items()}
        _check_lengths(lengths, avals)
        known |= {symbol: _held(symbol, inputs[key]) for key, symbol in self.inputs.items()}
        values = Scope(known, lengths, _precision(avals.values())).evaluate(self.parts)
        outputs = tuple(_result(values[id(root)]) for root in self.roots)
        return Graph(
            tuple(inputs.values()),
            outputs,
            name=name,
            forward=outputs,
            tree=tree,
        )


@lru_cache(maxsize=256)
def read(*roots: Any) -> Reading:
    """Walks over expressions, and finds their inputs: the free symbols, sorted by name, ``x2`` before ``x10``.

    Raises:
        ArgumentError: if two symbols would get one name.
        UnsupportedError: if a part means nothing here.
    """
    parts = tuple(walk(roots))
    table = _handlers()
    for expr, _ in parts:
        if _handler(table, expr) is None and not is_input(expr):
            _check_number(expr)
    symbols = list(dict.fromkeys(symbols_in(parts)))
    sums = [expr for expr, _ in parts if is_over_data(expr)]
    sizes = frozenset(s for part in (*symbols, *sums) for s in sizes_of(part))
    return Reading(roots, parts, distinct([s for s in symbols if s not in sizes]), sizes)


def _check_lengths(lengths: Mapping[Any, Dim], avals: Mapping[str, Aval]) -> None:
    """Raises ShapeError for a length that no input has, so that nobody could tell it."""
    there = {n for aval in avals.values() for dim in aval.shape if isinstance(dim, Length) for n in dim.names()}
    for symbol, dim in lengths.items():
        if isinstance(dim, Length) and not dim.names() <= there:
            data = next((name for name, aval in avals.items() if len(aval.shape) == 1), "D")
            raise ShapeError(
                f"nothing says how much {symbol} is: it is a length, and of no input",
                help=f'declare the shape of the data: {data}="{symbol}"',
            )


def _spec(symbol: Any) -> Spec | None:
    """What is declared of an input by being what it is."""
    if kind_of(symbol) in SCALARS:
        return Spec((), None, tuple(word for word in ASSUMPTIONS if getattr(symbol, f"is_{word}", None)))
    return Spec(shape_of(symbol, {})) if symbol.shape is not None else None


def _held(symbol: Any, node: Node) -> Value:
    """An input as a value; the array of a matrix may lack axes of length 1."""
    if kind_of(symbol) != "MatrixSymbol":
        return node
    rows, columns = symbol.shape
    axes = {
        2: (0, 1),
        1: (0,) if columns == 1 else (1,) if rows == 1 else None,
        0: () if rows == columns == 1 else None,
    }
    found = axes.get(node.ndim)
    if found is None:
        raise ShapeError(f"{symbol.name!r} is a ({rows}, {columns}) matrix, and {node.aval!r} is none")
    return Matrix(node, found)


def _precision(avals: Iterable[Aval]) -> np.dtype:
    """The dtype of the inputs, without complex: constant matrices do not turn float32 into float64."""
    dtypes = [aval.dtype if aval.kind == "f" else aval.dtype.type(0).real.dtype for aval in avals if aval.inexact]
    return np.result_type(*dtypes) if dtypes else np.dtype(np.float64)


def _result(value: Value) -> Node:
    """A result as an array; a matrix of one element is a number."""
    if not isinstance(value, Matrix):
        return as_node(value)
    if matrices.is_number(value):
        return value.array(())
    return value.array() if len(value.axes) == 2 else value.node


# ----------------------------------------------------------------------------------------------------------- evaluation


class Scope:
    """What symbols stand for while expressions are evaluated, and the dtype of matrices that are constants."""

    def __init__(
        self,
        known: Mapping[Any, Value],
        lengths: Mapping[Any, Any],
        dtype: np.dtype,
        indices: Mapping[Any, Index] | None = None,
    ) -> None:
        self.known = known
        self.lengths = lengths
        self.dtype = dtype
        self.indices = indices or {}  # of sums that are open
        self.handlers = _handlers()

    def evaluate(self, parts: Iterable[Part]) -> dict[int, Value]:
        """The value of every part, by identity."""
        values: dict[int, Value] = {}
        for expr, operands in parts:
            try:
                values[id(expr)] = self._value(expr, operands, [values[id(part)] for part in operands])
            except SymdiffError as error:
                raise placed(error, expr) from None
            except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
                raise placed(ArgumentError(f"{type(expr).__name__}: {error}"), expr) from None
        return values

    def apply(self, function: Any, *arguments: Value) -> Value:
        """The value of a Lambda."""
        return self.inside(dict(zip(function.variables, arguments, strict=True))).value_of(function.expr)

    def inside(self, known: Mapping[Any, Value], indices: Mapping[Any, Index] | None = None) -> Scope:
        """The same with more symbols known: those that a Lambda or a sum binds."""
        return Scope({**self.known, **known}, self.lengths, self.dtype, {**self.indices, **(indices or {})})

    def value_of(self, expr: Any) -> Value:
        """The value of an expression with all its parts."""
        return self.evaluate(list(walk([expr])))[id(expr)]

    def _value(self, expr: Any, operands: Sequence[Any], values: Sequence[Value]) -> Value:
        if not operands and expr in self.known:
            return self.known[expr]
        handler = _handler(self.handlers, expr)
        return scalars.evaluated(expr) if handler is None else handler(expr, operands, values, self)


def _handlers() -> dict[str, scalars.Handler]:
    """What the classes of SymPy mean; rows may have been added since last time."""
    return {**scalars.row_handlers(), **scalars.HANDLERS, **special.HANDLERS, **matrices.HANDLERS}


def _handler(table: Mapping[str, scalars.Handler], expr: Any) -> scalars.Handler | None:
    found: scalars.Handler | None
    found = table.get(type(expr).__name__) if isinstance(expr, AppliedUndef) else lookup(table, expr)
    return found


def _check_number(expr: Any) -> None:
    """What is not known here must be a number that SymPy can compute: LambertW(1), but not LambertW(x)."""
    is_number = isinstance(expr, sympy.Expr) and not isinstance(expr, AppliedUndef) and expr.is_number
    if not is_number or lookup(scalars.REFUSED, expr) is not None:
        raise placed(_unknown(expr), expr)


def _unknown(expr: Any) -> SymdiffError:
    name = type(expr).__name__
    refused = lookup(scalars.REFUSED, expr)
    if refused is not None:
        return UnsupportedError(refused[0], help=refused[1], code="SD607")
    if isinstance(expr, AppliedUndef):
        return UnsupportedError(
            f"{name} is an undefined function",
            help=f"replace it by a formula: expr.subs(…), or define the operation: sd.elementwise({name!r}, …)",
        )
    return UnsupportedError(
        f"{name} is no function that can be compiled",
        help=f"define the operation: sd.elementwise({name!r}, …)",
        code="SD607",
    )
