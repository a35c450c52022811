"""The parts of SymPy expressions: what each is computed from, walked over once, operands before users."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from symdiff.errors import LimitError, SymdiffError, UnsupportedError
from symdiff.frontends.sympy import scalars
from symdiff.frontends.sympy.order import Measure, ordered
from symdiff.frontends.sympy.show import placed

MOST_TERMS = 10_000  # of a Sum or Product that is written out
INPUTS = ("Symbol", "MatrixSymbol", "IndexedBase", "AppliedUndef", "Derivative")
SCALARS = ("Symbol", "AppliedUndef", "Derivative")
LEAVES = (
    *INPUTS, "ZeroMatrix", "OneMatrix", "Identity", "ComplexRootOf", "AlgebraicNumber",
    "Integral", "Limit", "Subs",
)  # fmt: skip
Part = tuple[Any, tuple[Any, ...]]  # an expression and its operands


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
                raise placed(error, top) from None
            stack.extend(reversed([part for part in operands[id(top)] if id(part) not in done]))
            continue
        done.add(id(top))
        stack.pop()
        yield top, operands[id(top)]


def lookup(table: Mapping[str, Any], expr: Any) -> Any:
    """The entry of the class of `expr`, or of the nearest base class that has one."""
    return next((table[kind.__name__] for kind in type(expr).__mro__ if kind.__name__ in table), None)


def kind_of(symbol: Any) -> str:
    """Which kind of input a symbol is."""
    return next(kind.__name__ for kind in type(symbol).__mro__ if kind.__name__ in INPUTS)


def is_unknown(expr: Any) -> bool:
    """Whether it is a function that nobody has defined, of known arguments, or a derivative of one: ``q(t)``, and
    ``Derivative(q(t), t)``. Its value is an input, whatever it depends on."""
    if isinstance(expr, sympy.Derivative):
        expr = expr.expr
    return isinstance(expr, AppliedUndef) and type(expr).__name__ not in {**scalars.row_handlers(), **scalars.HANDLERS}


def _operands(expr: Any, measure: Measure) -> tuple[Any, ...]:
    if isinstance(expr, (AppliedUndef, sympy.Derivative)):
        return () if isinstance(expr, sympy.Derivative) or is_unknown(expr) else tuple(expr.args)
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return ordered(expr, measure)
    find: Callable[[Any], Iterable[Any]] | None = lookup(_OPERANDS, expr)
    return tuple(expr.args if find is None else find(expr))


def _nothing(expr: Any) -> tuple[Any, ...]:
    return ()


def _first(expr: Any) -> tuple[Any, ...]:
    return (expr.args[0],)


def is_over_data(expr: Any) -> bool:
    """Whether it is a Sum or Product whose outer index runs to a symbol, so that no terms can be written out."""
    return isinstance(expr, (sympy.Sum, sympy.Product)) and not all(end.is_Integer for end in expr.limits[-1][1:])


def _ends(expr: Any) -> list[Any]:
    """The ends of a Sum or Product."""
    return [end for _, *ends in expr.limits for end in ends]


def _written_out(expr: Any) -> list[Any]:
    """The terms of a Sum, or factors of a Product, over the last of its indices; nothing if they are not known."""
    if is_over_data(expr):
        if any(end.is_infinite for end in _ends(expr)):
            what = f"a {type(expr).__name__} of infinitely many terms"
            raise UnsupportedError(what, help="evaluate it first: expr.doit()")
        return []
    *rest, (index, low, high) = expr.limits
    if high - low >= MOST_TERMS:
        raise LimitError(f"a {type(expr).__name__} of {high - low + 1} terms; the limit is {MOST_TERMS}")
    if high < low - 1:
        raise UnsupportedError(f"a {type(expr).__name__} from {low} to {high}, backwards")
    inner = expr.func(expr.function, *rest) if rest else expr.function
    return [inner.xreplace({index: k}) for k in map(sympy.Integer, range(int(low), int(high) + 1))]


_OPERANDS: dict[str, Callable[[Any], Iterable[Any]]] = {
    **dict.fromkeys(LEAVES, _nothing),
    **dict.fromkeys(("MatPow", "MatrixElement", "MatrixSlice", "Indexed"), _first),
    "hyper": lambda expr: [*expr.ap, *expr.bq, expr.argument],
    "Piecewise": lambda expr: [part for pair in expr.args for part in pair.args],
    "Sum": _written_out,
    "Product": _written_out,
    "ElementwiseApplyFunction": lambda expr: (expr.expr,),
    "BlockMatrix": lambda expr: expr.blocks.flat(),
    "MatrixBase": lambda expr: expr.flat(),
    "NDimArray": lambda expr: [expr[k] for k in range(len(expr))] if expr.rank() == 1 else sympy.flatten(expr.tolist()),
}


def is_input(expr: Any) -> bool:
    """Whether the value of `expr` comes from outside."""
    if isinstance(expr, (AppliedUndef, sympy.Derivative)):
        return is_unknown(expr)
    return any(kind.__name__ in INPUTS for kind in type(expr).__mro__)


def symbols_in(parts: Iterable[Part]) -> Iterator[Any]:
    """The symbols that are inputs or sizes; not those that a Lambda binds."""
    for expr, _ in parts:
        if isinstance(expr, ElementwiseApplyFunction):
            variables = expr.function.variables
            yield from (s for s in symbols_in(walk([expr.function.expr])) if s not in variables)
        elif is_over_data(expr):
            yield from (s for s in symbols_in(walk([expr.function])) if s not in expr.variables)
        elif is_input(expr):
            yield expr


def sizes_of(symbol: Any) -> set[Any]:
    """The symbols in the sizes of a matrix, and in the ends of a sum."""
    if is_over_data(symbol):
        inner = [part for part in symbol.function.atoms(sympy.Sum, sympy.Product) if is_over_data(part)]
        found = set().union(*(end.free_symbols for end in _ends(symbol)), *map(sizes_of, inner))
        return found.difference(symbol.variables)
    shape = getattr(symbol, "shape", None)
    return set().union(*(size.free_symbols for size in shape)) if shape else set()
