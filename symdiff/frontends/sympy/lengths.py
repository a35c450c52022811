"""Sizes of matrices as lengths of axes: numbers stay numbers, ``n`` becomes the length called n."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from symdiff.errors import ShapeError
from symdiff.frontends.sympy.names import python_name
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, Shape, length, solve


def dim_of(size: Any, known: Mapping[Any, Dim]) -> Dim:
    """A size as a length, its symbols replaced by what is known of them.

    Raises:
        ShapeError: unless it is an integer polynomial of symbols.
    """
    if size.is_Integer:
        return int(size)
    if size.is_Symbol:
        return known[size] if size in known else length(python_name(size))
    if size.is_Pow and size.exp.is_Integer and size.exp > 0:
        return reduce(lambda a, b: a * b, [dim_of(size.base, known)] * int(size.exp))
    if size.is_Add:
        return reduce(lambda a, b: a + b, [dim_of(arg, known) for arg in size.args])
    if size.is_Mul:
        return reduce(lambda a, b: a * b, [dim_of(arg, known) for arg in size.args])
    raise ShapeError(f"the size {size} is not a length", help="sizes are integers, symbols, and polynomials of them")


def shape_of(symbol: Any, known: Mapping[Any, Dim]) -> Shape:
    """The shape of a symbol for a matrix or an indexed array."""
    return tuple(dim_of(size, known) for size in symbol.shape)


def solve_lengths(symbols: Iterable[Any], declared: Mapping[str, Shape], avals: Mapping[str, Aval]) -> dict[Any, Dim]:
    """What the symbols of sizes are, where inputs have other lengths than SymPy was told."""
    found: dict[str, Dim] = {}
    for name, shape in declared.items():
        for dim, actual in zip(shape, avals[name].shape, strict=False):
            if isinstance(dim, Length) and dim == length(only := next(iter(dim.names()))):
                found.setdefault(only, actual)
            elif isinstance(actual, int) and (solved := solve(dim, actual)) is not None and solved[1] is not None:
                found.setdefault(solved[0], solved[1])
    return {s: found.get(name := python_name(s), length(name)) for s in symbols}
