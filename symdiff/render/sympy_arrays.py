"""Arrays as matrix expressions: vectors are columns, matrices are matrices, more axes there are not in SymPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import sympy

from symdiff.errors import UnsupportedError
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, maker


def size(dim: Dim) -> Any:
    """A length as a size."""
    if isinstance(dim, int):
        return sympy.Integer(dim)
    terms = [factor * reduce(lambda a, b: a * b, map(_length, names), sympy.Integer(1)) for names, factor in dim.terms]
    return reduce(lambda a, b: a + b, terms)


def _length(name: str) -> Any:
    return sympy.Symbol(name, integer=True, nonnegative=True)


def sizes(node: Node) -> tuple[Any, Any]:
    """The sizes of the matrix that an array is."""
    if node.ndim > 2:
        raise UnsupportedError(f"{node.name or node.op.name} is {node.aval!r}, and a matrix of SymPy has two axes")
    rows, columns = (*map(size, node.shape), *[sympy.Integer(1)] * (2 - node.ndim))
    return rows, columns


def symbol(node: Node) -> Any:
    """An input."""
    return sympy.MatrixSymbol(node.name, *sizes(node)) if node.shape else sympy.Symbol(node.name)


def explicit(array: np.ndarray, number: Callable[[Any], Any]) -> Any:
    """A constant array."""
    if array.ndim > 2:
        raise UnsupportedError(f"a constant with {array.ndim} axes: a matrix of SymPy has two")
    table = array.reshape(array.shape[0], -1)
    return sympy.ImmutableMatrix(*table.shape, [number(item) for item in table.ravel().tolist()])


# ----------------------------------------------------------------------------------------------------------- operations


def value(
    node: Node, operands: Sequence[Any], names: Mapping[str, Any], resolve: Callable[[Mapping[str, Any]], Any]
) -> Any:
    """An operation that takes or gives arrays. `resolve` puts what it is given into the template of the row.

    In templates of elementwise rows ``*`` and the like are meant element by element; in all others they are products of
    matrices, and ``rows, columns, height, width`` are the sizes of the first operand and of the result.
    """
    inputs = maker(node).inputs
    if node.op.family == "elementwise":
        cells = {
            k: Cells(_fitted(v, x, node)) if x.shape else v for k, v, x in zip("abc", operands, inputs, strict=False)
        }
        result = resolve({**names, **cells})
        return result.matrix if isinstance(result, Cells) else result
    known = dict(zip(("height", "width"), sizes(node), strict=True))
    if inputs:
        known |= zip(("rows", "columns"), sizes(inputs[0]), strict=True)
    return resolve({**names, **known})


def _fitted(matrix: Any, x: Node, node: Node) -> Any:
    """An operand in the shape of the result: NumPy's broadcasting as products with matrices of ones."""
    if x.ndim < node.ndim:
        matrix = matrix.T  # a vector beside a matrix is a row
    (height, width), (rows, columns) = sizes(node), matrix.shape
    if rows == 1 != height:
        matrix = sympy.OneMatrix(height, 1) * matrix
    return matrix * sympy.OneMatrix(1, width) if columns == 1 != width else matrix


class Cells:
    """A matrix on which operators and functions act element by element."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix

    def _filled(self, value: Any) -> Any:
        return value.matrix if isinstance(value, Cells) else value * sympy.OneMatrix(*self.matrix.shape)

    def __neg__(self) -> Cells:
        return Cells(-self.matrix)

    def __add__(self, other: Any) -> Cells:
        return Cells(self.matrix + self._filled(other))

    def __radd__(self, other: Any) -> Cells:
        return Cells(self._filled(other) + self.matrix)

    def __sub__(self, other: Any) -> Cells:
        return Cells(self.matrix - self._filled(other))

    def __rsub__(self, other: Any) -> Cells:
        return Cells(self._filled(other) - self.matrix)

    def __mul__(self, other: Any) -> Cells:
        if isinstance(other, Cells):
            return Cells(sympy.HadamardProduct(self.matrix, other.matrix))
        return Cells(other * self.matrix)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Cells:
        return self.__mul__(other**-1)

    def __rtruediv__(self, other: Any) -> Cells:
        return self.__pow__(-1).__mul__(other)

    def __pow__(self, other: Any) -> Cells:
        return Cells(sympy.HadamardPower(self.matrix, other.matrix if isinstance(other, Cells) else other))

    def __rpow__(self, other: Any) -> Cells:
        return Cells(sympy.HadamardPower(other, self.matrix))


def call(function: Any, arguments: Sequence[Any]) -> Any:
    """A function of SymPy, applied to every element if there are arrays among the arguments."""
    cells = [a for a in arguments if isinstance(a, Cells)]
    in_pairs = any(isinstance(part, Cells) for a in arguments if isinstance(a, tuple) for part in a)  # of Piecewise
    if not cells and not in_pairs:
        return function(*arguments)
    if in_pairs or len(cells) > 1:
        raise UnsupportedError(f"SymPy cannot apply {function.__name__} to the elements of several matrices")
    d = sympy.Dummy("d")
    body = function(*[d if isinstance(a, Cells) else a for a in arguments])
    return Cells(cells[0].matrix.applyfunc(sympy.Lambda(d, body)))
