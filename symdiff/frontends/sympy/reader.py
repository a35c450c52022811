"""SymPy expressions into graphs.

An expression of SymPy is a graph, too: shared parts are one object. It is walked iteratively, each object once, over
`args`; nothing is printed and parsed again, and SymPy is never asked for a derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.printing.str import StrPrinter

from symdiff.errors import ArgumentError, LimitError, ShapeError, SymdiffError, UnsupportedError
from symdiff.frontends.spec import ASSUMPTIONS, Spec
from symdiff.frontends.sympy import matrices, scalars
from symdiff.frontends.sympy.arithmetic import Value
from symdiff.frontends.sympy.lengths import shape_of, solve_lengths
from symdiff.frontends.sympy.matrices import Matrix
from symdiff.frontends.sympy.names import distinct, python_name
from symdiff.frontends.sympy.order import Measure, ordered
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, as_node, variable

MOST_TERMS = 10_000  # of a Sum or Product that is written out
INPUTS = ("Symbol", "MatrixSymbol", "IndexedBase")
Part = tuple[Any, tuple[Any, ...]]  # an expression and its operands


@dataclass(frozen=True)
class Program:
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
        if all(_kind(symbol) == "Symbol" for symbol in self.inputs.values()):
            return {}
        found = {name: _spec(symbol) for name, symbol in self.inputs.items()}
        return {name: spec for name, spec in found.items() if spec is not None}

    def build(self, avals: Mapping[str, Aval], name: str, single: bool) -> Graph:
        """The graph for inputs of the given types; one result alone, or a tuple.

        Raises:
            SymdiffError: with the part of the expression that cannot be.
        """
        declared = {key: spec.shape for key, spec in self.specs.items()}
        lengths = solve_lengths(self.sizes, declared, avals)
        inputs = {key: variable(key, aval) for key, aval in avals.items()}
        known = {symbol: as_node(dim) for symbol, dim in lengths.items()}
        known |= {symbol: _held(symbol, inputs[key]) for key, symbol in self.inputs.items()}
        values = Scope(known, lengths).evaluate(self.parts)
        outputs = tuple(_result(values[id(root)]) for root in self.roots)
        return Graph(
            tuple(inputs.values()),
            outputs,
            name=name,
            forward=outputs,
            tree=0 if single else tuple(range(len(outputs))),
        )


@lru_cache(maxsize=256)
def read(*roots: Any) -> Program:
    """Walks over expressions, and finds their inputs: the free symbols, sorted by name, ``x2`` before ``x10``.

    Raises:
        ArgumentError: if two symbols would get one name.
        UnsupportedError: if a part means nothing here.
    """
    parts = tuple(walk(roots))
    table = _handlers()
    for expr, _ in parts:
        if _handler(table, expr) is None and _lookup(dict.fromkeys(INPUTS, True), expr) is None:
            _check_number(expr)
    symbols = list(dict.fromkeys(_symbols(parts)))
    sizes = frozenset(s for symbol in symbols for s in _size_symbols(symbol))
    return Program(roots, parts, distinct([s for s in symbols if s not in sizes]), sizes)


def walk(roots: Iterable[Any]) -> Iterator[Part]:
    """Every distinct part once, operands before users."""
    measure = Measure()
    done: set[int] = set()
    operands: dict[int, tuple[Any, ...]] = {}
    stack = list(reversed(list(roots)))
    while stack:
        top = stack[-1]
        if id(top) in done:
            stack.pop()
            continue
        if id(top) not in operands:
            try:
                operands[id(top)] = _operands(top, measure)
            except SymdiffError as error:
                raise _placed(error, top) from None
            stack.extend(reversed([part for part in operands[id(top)] if id(part) not in done]))
            continue
        done.add(id(top))
        stack.pop()
        yield top, operands[id(top)]


# --------------------------------------------------------------------------------------------------- parts and symbols


def _lookup(table: Mapping[str, Any], expr: Any) -> Any:
    """The entry of the class of `expr`, or of the nearest base class that has one."""
    return next((table[kind.__name__] for kind in type(expr).__mro__ if kind.__name__ in table), None)


def _kind(symbol: Any) -> str:
    return next(kind.__name__ for kind in type(symbol).__mro__ if kind.__name__ in INPUTS)


def _operands(expr: Any, measure: Measure) -> tuple[Any, ...]:
    if isinstance(expr, AppliedUndef):
        return tuple(expr.args)
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return ordered(expr, measure)
    find: Callable[[Any], Iterable[Any]] | None = _lookup(_OPERANDS, expr)
    return tuple(expr.args if find is None else find(expr))


def _nothing(expr: Any) -> tuple[Any, ...]:
    return ()


def _first(expr: Any) -> tuple[Any, ...]:
    return (expr.args[0],)


def _written_out(expr: Any) -> list[Any]:
    """The terms of a Sum, or factors of a Product, over the last of its indices."""
    *rest, (index, low, high) = expr.limits
    if not (low.is_Integer and high.is_Integer):
        what = type(expr).__name__
        raise UnsupportedError(
            f"a {what} from {low} to {high}, whose bounds are not known integers",
            help="evaluate it first: expr.doit(), or write a matrix expression: x.T*x for the sum of squares",
        )
    if high - low >= MOST_TERMS:
        raise LimitError(f"a {type(expr).__name__} of {high - low + 1} terms; the limit is {MOST_TERMS}")
    if high < low - 1:
        raise UnsupportedError(f"a {type(expr).__name__} from {low} to {high}, backwards")
    inner = expr.func(expr.function, *rest) if rest else expr.function
    return [inner.xreplace({index: k}) for k in map(sympy.Integer, range(int(low), int(high) + 1))]


_OPERANDS: dict[str, Callable[[Any], Iterable[Any]]] = {
    **dict.fromkeys(INPUTS, _nothing),
    **dict.fromkeys(
        (
            "ComplexRootOf",
            "AlgebraicNumber",
            "ZeroMatrix",
            "OneMatrix",
            "Identity",
            "Derivative",
            "Integral",
            "Limit",
            "Subs",
        ),
        _nothing,
    ),
    **dict.fromkeys(("MatPow", "MatrixElement", "MatrixSlice", "Indexed"), _first),
    "Piecewise": lambda expr: [part for pair in expr.args for part in pair.args],
    "Sum": _written_out,
    "Product": _written_out,
    "ElementwiseApplyFunction": lambda expr: (expr.expr,),
    "BlockMatrix": lambda expr: expr.blocks.flat(),
    "MatrixBase": lambda expr: expr.flat(),
}


def _symbols(parts: Iterable[Part]) -> Iterator[Any]:
    for expr, _ in parts:
        if isinstance(expr, ElementwiseApplyFunction):
            variables = expr.function.variables
            yield from (s for s in _symbols(walk([expr.function.expr])) if s not in variables)
        elif any(kind.__name__ in INPUTS for kind in type(expr).__mro__):
            yield expr


def _size_symbols(symbol: Any) -> set[Any]:
    shape = getattr(symbol, "shape", None)
    return set().union(*(size.free_symbols for size in shape)) if shape else set()


def _spec(symbol: Any) -> Spec | None:
    """What is declared of an input by being what it is."""
    if _kind(symbol) == "Symbol":
        return Spec((), None, tuple(word for word in ASSUMPTIONS if getattr(symbol, f"is_{word}", None)))
    return Spec(shape_of(symbol, {})) if symbol.shape is not None else None


def _held(symbol: Any, node: Node) -> Value:
    """An input as a value; the array of a matrix may lack axes of length 1."""
    if _kind(symbol) != "MatrixSymbol":
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


def _result(value: Value) -> Node:
    """A result as an array; a matrix of one element is a number."""
    if not isinstance(value, Matrix):
        return as_node(value)
    if matrices.is_number(value):
        return value.array(())
    return value.array() if len(value.axes) == 2 else value.node


# ----------------------------------------------------------------------------------------------------------- evaluation


class Scope:
    """What symbols stand for while expressions are evaluated."""

    def __init__(self, known: Mapping[Any, Value], lengths: Mapping[Any, Any]) -> None:
        self.known = known
        self.lengths = lengths
        self.handlers = _handlers()

    def evaluate(self, parts: Iterable[Part]) -> dict[int, Value]:
        """The value of every part, by identity."""
        values: dict[int, Value] = {}
        for expr, operands in parts:
            try:
                values[id(expr)] = self._value(expr, operands, [values[id(part)] for part in operands])
            except SymdiffError as error:
                raise _placed(error, expr) from None
            except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
                raise _placed(ArgumentError(f"{type(expr).__name__}: {error}"), expr) from None
        return values

    def apply(self, function: Any, *arguments: Value) -> Value:
        """The value of a Lambda."""
        inner = Scope({**self.known, **dict(zip(function.variables, arguments, strict=True))}, self.lengths)
        return inner.evaluate(list(walk([function.expr])))[id(function.expr)]

    def _value(self, expr: Any, operands: Sequence[Any], values: Sequence[Value]) -> Value:
        if not operands and expr in self.known:
            return self.known[expr]
        handler = _handler(self.handlers, expr)
        return scalars.evaluated(expr) if handler is None else handler(expr, operands, values, self)


def _handlers() -> dict[str, scalars.Handler]:
    """What the classes of SymPy mean; rows may have been added since last time."""
    return {**scalars.row_handlers(), **scalars.HANDLERS, **matrices.HANDLERS}


def _handler(table: Mapping[str, scalars.Handler], expr: Any) -> scalars.Handler | None:
    found: scalars.Handler | None
    found = table.get(type(expr).__name__) if isinstance(expr, AppliedUndef) else _lookup(table, expr)
    return found


def _check_number(expr: Any) -> None:
    """What is not known here must be a number that SymPy can compute: LambertW(1), but not LambertW(x)."""
    is_number = isinstance(expr, sympy.Expr) and not isinstance(expr, AppliedUndef) and expr.is_number
    if not is_number or _lookup(scalars.REFUSED, expr) is not None:
        raise _placed(_unknown(expr), expr)


def _unknown(expr: Any) -> SymdiffError:
    name = type(expr).__name__
    refused = _lookup(scalars.REFUSED, expr)
    if refused is not None:
        return UnsupportedError(refused[0], help=refused[1])
    if isinstance(expr, AppliedUndef):
        return UnsupportedError(
            f"{name} is an undefined function",
            help=f"replace it by a formula: expr.subs(…), or define the operation: sd.elementwise({name!r}, …)",
        )
    return UnsupportedError(
        f"{name} is no function that can be compiled",
        help=f"define the operation: sd.elementwise({name!r}, …)",
    )


class _Printer(StrPrinter):  # type: ignore[misc]
    """Prints for messages and titles; symbols under the names of the arguments."""

    def _print_Symbol(self, expr: Any) -> str:  # noqa: N802 (SymPy looks for this name)
        return python_name(expr)

    _print_Dummy = _print_MatrixSymbol = _print_IndexedBase = _print_Symbol  # noqa: N815


def show(expr: Any) -> str:
    """An expression as text, for people."""
    if not Measure().is_small(expr):
        return f"a large expression ({type(expr).__name__})"
    try:
        text = _Printer().doprint(expr)
    except Exception:
        text = type(expr).__name__
    return text if text.isascii() and text.isprintable() else type(expr).__name__


def _placed(error: SymdiffError, expr: Any) -> SymdiffError:
    text = show(expr)
    return error.at(text, 1, 0, len(text))
