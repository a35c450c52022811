"""Matrix expressions. A matrix of SymPy has two axes; the array that holds it may lack those of length 1.

So a column may come as a vector (``w="d"``), and products are then the ones of vectors. A transpose is a matter of
which axis is which; the array stays as it is. That undoes what SymPy does to ``(X*w - y).T``: it transposes the terms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import ShapeError, UnsupportedError
from symdiff.frontends.sympy import sums
from symdiff.frontends.sympy.arithmetic import Fraction, Value, binary, fraction, total
from symdiff.frontends.sympy.lengths import dim_of
from symdiff.frontends.sympy.parts import is_over_data
from symdiff.graph.dims import Dim, Length, show_shape
from symdiff.graph.node import Node, as_node, constant
from symdiff.ops import contraction, elementwise as ew, factors, linalg, reductions as red, shapes, vocabulary as api
from symdiff.ops.contraction import contract
from symdiff.ops.table import FUNCTIONS

ROW, COLUMN = 0, 1


class Matrix(NamedTuple):
    """An array that holds a matrix: axis k of `node` is axis ``axes[k]`` of the matrix; missing ones have length 1."""

    node: Node
    axes: tuple[int, ...]

    @property
    def shape(self) -> tuple[Dim, Dim]:
        rows, columns = (self.node.shape[self.axes.index(k)] if k in self.axes else 1 for k in (ROW, COLUMN))
        return rows, columns

    @property
    def transposed(self) -> Matrix:
        return Matrix(self.node, tuple(1 - k for k in self.axes))

    @property
    def is_reversed(self) -> bool:
        """Whether the array holds the transpose of the matrix."""
        return self.axes in ((COLUMN, ROW), (COLUMN,))

    def array(self, axes: tuple[int, ...] = (ROW, COLUMN)) -> Node:
        """The array with exactly these axes of the matrix, in this order; others have length 1 and are left out."""
        node, mine = self.node, list(self.axes)
        if node.op is red.broadcast_to and not node.inputs[0].shape:  # one number everywhere has any shape
            return red.spread(node.inputs[0], tuple(self.shape[axis] for axis in axes))
        gone = tuple(k for k, axis in enumerate(mine) if axis not in axes)
        if gone:
            node, mine = shapes.squeeze(node, axis=gone), [axis for axis in mine if axis in axes]
        if mine != [axis for axis in axes if axis in mine]:
            node = shapes.permute(node, axes=(1, 0))
        new = tuple(k for k, axis in enumerate(axes) if axis not in mine)
        return shapes.expand_dims(node, axis=new) if new else node


def full(node: Node) -> Matrix:
    """An array of two axes as a matrix."""
    return Matrix(node, (ROW, COLUMN))


def is_number(m: Matrix) -> bool:
    """Whether the matrix has one element."""
    return m.shape == (1, 1)


# ------------------------------------------------------------------------------------------------------------- algebra


def elementwise(call: Callable[..., Node], *matrices: Matrix) -> Matrix:
    """A function of the elements at the same place."""
    first = matrices[0]
    if any(m.shape != first.shape for m in matrices):
        shown = ", ".join(f"({show_shape(m.shape)})" for m in matrices)
        raise ShapeError(f"matrices of different sizes: {shown}")
    if all(m.is_reversed for m in matrices):
        return elementwise(call, *(m.transposed for m in matrices)).transposed
    axes = first.axes if all(m.axes == first.axes for m in matrices) else (ROW, COLUMN)
    return Matrix(call(*(m.array(axes) for m in matrices)), axes)


def matmul(a: Matrix, b: Matrix) -> Matrix:
    """The matrix product."""
    if a.shape[1] != b.shape[0]:
        raise ShapeError(f"({show_shape(a.shape)}) * ({show_shape(b.shape)}): inner lengths differ")
    if a.is_reversed and b.is_reversed:
        return matmul(b.transposed, a.transposed).transposed
    number = a.shape[0] == b.shape[1] == 1
    inner = COLUMN in a.axes and ROW in b.axes
    outer = not number or (ROW in a.axes and COLUMN in b.axes)
    a_axes = tuple(k for k in a.axes if (inner if k == COLUMN else outer))
    b_axes = tuple(k for k in b.axes if (inner if k == ROW else outer))
    a_labels = "".join("ij"[k] for k in a_axes)
    b_labels = "".join(("ji" if number else "jk")[k] for k in b_axes)  # of a number, the two outer axes are one
    out = "" if number else "".join(label for label in "ik" if label in a_labels + b_labels)
    node = contract(a.array(a_axes), a_labels, b.array(b_axes), b_labels, out)
    return Matrix(node, tuple("ik".index(label) for label in out))


def product(matrices: Sequence[Matrix]) -> Matrix:
    """The product of several, whose brackets SymPy has removed: from the right if a column stands there."""
    if matrices[-1].shape[1] == 1:
        return reduce(lambda b, a: matmul(a, b), reversed(matrices))
    return reduce(matmul, matrices)


def matmul_chain(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Matrix:
    """MatMul: scalars, then matrices."""
    scalars = [(p, v) for p, v in zip(parts, values, strict=True) if not isinstance(v, Matrix)]
    chain = product([v for v in values if isinstance(v, Matrix)])
    minus, above, below = fraction([p for p, _ in scalars], [v for _, v in scalars])
    scaled = Fraction(minus, [*above, chain.node], below).value()
    return Matrix(scaled, chain.axes)


# ------------------------------------------------------------------------------------------------------------ handlers


def _power(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Matrix:
    """MatPow and Inverse: the power of a transpose is the transpose of the power."""
    exponent = expr.exp
    if not exponent.is_Integer:
        raise UnsupportedError(f"a matrix to the power {exponent}", help="the power must be a known integer")
    base = values[0]
    m = Matrix(base.node, base.axes) if len(base.axes) == 2 else full(base.array())
    if m.shape[0] != m.shape[1]:
        raise ShapeError(f"a power of a ({show_shape(m.shape)}) matrix: it must be square")
    return Matrix(FUNCTIONS["matrix_power"].call(m.node, int(exponent)), m.axes)


def _hadamard_power(base: Value, exponent: Value) -> Matrix:
    pair = [v for v in (base, exponent) if isinstance(v, Matrix)]
    if len(pair) == 2:
        return elementwise(ew.power, base, exponent)
    if isinstance(base, Matrix):
        return elementwise(lambda x: x**exponent, base)
    return elementwise(lambda p: ew.power(base, p), exponent)


def _explicit(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Matrix:
    """A matrix whose elements are listed."""
    rows, columns = (int(n) for n in expr.shape)
    if rows == columns == 1:
        return Matrix(as_node(values[0]), ())
    if not any(isinstance(v, Node) for v in values):
        numbers = np.array(values, complex).reshape(rows, columns)
        return full(constant(numbers.real.astype(scope.dtype) if not numbers.imag.any() else numbers))
    if columns == 1:
        return full(shapes.expand_dims(api.asarray(list(values)), axis=(1,)))
    return full(api.asarray([list(values[k * columns : (k + 1) * columns]) for k in range(rows)]))


def _array(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Node:
    """An array whose elements are listed."""
    flat = api.asarray([as_node(value) for value in values])
    return shapes.reshape(flat, shape=tuple(int(n) for n in expr.shape))


def _block(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Matrix:
    rows, columns = expr.blockshape
    nodes = [value.array() for value in values]
    bands = [_joined(nodes[k * columns : (k + 1) * columns], axis=1) for k in range(rows)]
    return full(_joined(bands, axis=0))


def _joined(nodes: Sequence[Node], axis: int) -> Node:
    return shapes.concatenate(*nodes, axis=axis) if len(nodes) > 1 else nodes[0]


def _element(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Node:
    m: Matrix = values[0]
    return _at(m.node, [(expr.i, expr.j)[axis] for axis in m.axes], scope)


def _indexed(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Node:
    node: Node = values[0]
    if node.ndim != len(expr.indices):
        raise ShapeError(
            f"{expr.base} has {node.ndim} axes, and {len(expr.indices)} indices are given",
            help=f'declare its shape: {expr.base}="{" ".join("nmk"[: len(expr.indices)])}"',
        )
    return _at(node, list(expr.indices), scope)


def _at(node: Node, indices: Sequence[Any], scope: Any) -> Node:
    if any(index.free_symbols & set(scope.indices) for index in indices):
        return sums.along(node, indices, scope)
    found = []
    for index, n in zip(indices, node.shape, strict=True):
        k = dim_of(index, scope.lengths) if index.free_symbols <= set(scope.lengths) else None
        if isinstance(k, Length):
            k -= n  # n - 1 is the last one
        if not isinstance(k, int):
            raise UnsupportedError(
                f"an element at the position {index}, which is not a known integer",
                help="declare the sizes as numbers, or write the sum as a matrix product",
            )
        found.append(k)
    return api.getitem(node, tuple(found)) if found else node


def _slice(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Matrix:
    cuts = []
    for (start, stop, step), whole in zip((expr.rowslice, expr.colslice), values[0].shape, strict=True):
        a, b = (dim_of(bound, scope.lengths) for bound in (start, stop))
        cuts.append(slice(None if a == 0 else a, None if b == whole else b, int(step)))
    return full(api.getitem(values[0].array(), tuple(cuts)))


def _filled(value: float) -> Any:
    def handle(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Matrix:
        return full(FUNCTIONS["full"].call(tuple(dim_of(n, scope.lengths) for n in expr.shape), value, scope.dtype))

    return handle


def _identity(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Matrix:
    return full(shapes.eye(n=dim_of(expr.shape[0], scope.lengths), dtype=scope.dtype.name))


def _applied(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Matrix:
    """``A.applyfunc(f)``."""
    return elementwise(lambda node: as_node(scope.apply(expr.function, node)), values[0])


def _column(m: Matrix) -> Matrix:
    """A row or column as a column."""
    if 1 not in m.shape:
        raise ShapeError(f"a ({show_shape(m.shape)}) matrix is neither a row nor a column")
    return m if m.shape[1] == 1 else m.transposed


def _diagonal_of(m: Matrix) -> Matrix:
    return full(shapes.expand_dims(shapes.diagonal(m.array()), axis=(1,)))


def _square(call: Callable[[Node], Node]) -> Callable[[Matrix], Node]:
    """What is the same for a matrix and its transpose, and for a number is that number: trace, determinant."""
    return lambda m: m.array(()) if is_number(m) else call(m.node if len(m.axes) == 2 else m.array())


def _values(call: Callable[..., Any]) -> Any:
    return lambda expr, parts, values, scope: call(*values)


def _over(data: Any, terms: Callable[[Sequence[Value]], Value]) -> Any:
    """A Sum or Product: over data if its ends are symbols, else of the terms, which are written out."""
    return lambda expr, parts, values, scope: data(expr, parts, values, scope) if is_over_data(expr) else terms(values)


HANDLERS: dict[str, Any] = {
    "Sum": _over(sums.reduced(red.sum_), lambda values: total(values) if values else 0),
    "Product": _over(
        sums.reduced(factors.prod), lambda values: reduce(lambda a, b: binary("*", a, b), values) if values else 1
    ),
    "MatAdd": _values(lambda *ms: elementwise(lambda *nodes: total(nodes), *ms)),
    "MatMul": matmul_chain,
    "MatPow": _power,
    "Transpose": _values(lambda m: m.transposed),
    "Adjoint": _values(lambda m: elementwise(ew.conjugate, m).transposed),
    "Trace": _values(_square(contraction.trace)),
    "Determinant": _values(_square(linalg.det)),
    "HadamardProduct": _values(lambda *ms: elementwise(lambda *nodes: reduce(ew.multiply, nodes), *ms)),
    "HadamardPower": _values(_hadamard_power),
    "KroneckerProduct": _values(lambda *ms: full(reduce(contraction.kron, [m.array() for m in ms]))),
    "BlockMatrix": _block,
    "MatrixElement": _element,
    "MatrixSlice": _slice,
    "Indexed": _indexed,
    "ZeroMatrix": _filled(0.0),
    "OneMatrix": _filled(1.0),
    "Identity": _identity,
    "DotProduct": _values(lambda a, b: matmul(_column(a).transposed, _column(b)).node),
    "DiagMatrix": _values(lambda m: full(shapes.diag(_column(m).array((ROW,)), k=0))),
    "DiagonalMatrix": _values(lambda m: elementwise(lambda x: x * shapes.eye(n=x.shape[0], dtype=x.dtype.name), m)),
    "DiagonalOf": _values(_diagonal_of),
    "ElementwiseApplyFunction": _applied,
    "MatrixBase": _explicit,
    "NDimArray": _array,
}
