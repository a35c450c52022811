"""Norms of vectors and matrices, and the condition number."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ValueDomainError
from symdiff.graph.node import Node
from symdiff.ops import decompositions as dec, elementwise as ew, linalg, reductions as red, shapes
from symdiff.ops.api.convert import asarray, astype
from symdiff.ops.api.shapes import permuted
from symdiff.ops.axes import Axes, normalize_axes, normalize_axis
from symdiff.ops.table import numpy_function

INF = float("inf")


@numpy_function("norm", np.linalg.norm, "linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Node:
    """Norm of a vector (2, 1, inf, -inf, 0, p) or a matrix ('fro', 'nuc', 1, -1, 2, -2, inf, -inf); derivative 0 at 0."""
    x, ord = _inexact(x), _known(ord)
    if ord is None:
        return red.norm2(x, axis=normalize_axes(axis, x.ndim), keepdims=bool(keepdims))
    axes = _in_order(axis, x.ndim)
    if len(axes) == 1:
        return _vector(x, ord, axes, bool(keepdims))
    if len(axes) == 2:
        return _matrix(x, ord, axes, bool(keepdims))
    raise ValueDomainError(f"no norm of order {ord!r} over {len(axes)} axes", help="give axis= one axis or two", code="SD402")


@numpy_function("linalg.vector_norm", np.linalg.vector_norm, "vector_norm")
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Node:
    """Norm of vectors along axes, of all elements by default."""
    x, ord = _inexact(x), _known(ord)
    axes = normalize_axes(axis, x.ndim)
    return _vector(x, ord, axes, bool(keepdims))


@numpy_function("linalg.matrix_norm", np.linalg.matrix_norm, "matrix_norm")
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Node:
    """Norm of the matrices in the last two axes."""
    x = asarray(x)
    linalg.check_matrix("matrix_norm", x.aval)
    return _matrix(x, _known(ord), (x.ndim - 2, x.ndim - 1), bool(keepdims))


@numpy_function("linalg.cond", np.linalg.cond, "cond", may_fail=True)
def cond(x: Any, p: Any = None) -> Node:
    """Condition number: norm(x, p) * norm(inv(x), p); for p=2, the ratio of the outermost singular values."""
    x, p = asarray(x), _known(p)
    linalg.check_matrix("cond", x.aval)
    axes = (x.ndim - 2, x.ndim - 1)
    if p in (None, 2, -2):
        s = dec.svd(x).parts[1]
        largest, smallest = (op(s, axis=(s.ndim - 1,), keepdims=False) for op in (red.amax, red.amin))
        ratio: Node = smallest / largest if p == -2 else largest / smallest
        return ratio
    product: Node = _matrix(x, p, axes, False) * _matrix(linalg.inv(x), p, axes, False)
    return product


def _known(ord: Any) -> Any:
    return ord.literal.scalar if isinstance(ord, Node) and ord.literal is not None else ord


def _in_order(axis: Any, ndim: int) -> Axes:
    """The axes as given: (row, column) is not (column, row)."""
    if axis is None:
        return tuple(range(ndim))
    normalize_axes(axis, ndim)
    return tuple(normalize_axis(k, ndim) for k in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def _vector(x: Node, ord: Any, axes: Axes, keepdims: bool) -> Node:
    if ord == 2:
        return red.norm2(x, axis=axes, keepdims=keepdims) if len(axes) == 1 else _flat_norm(x, axes, keepdims)
    if isinstance(ord, bool) or not isinstance(ord, (int, float)):
        raise ValueDomainError(f"no vector norm of order {ord!r}", help="orders are 2, 1, inf, -inf, 0, or a number p", code="SD402")
    size = ew.absolute(x)
    if ord in (INF, -INF):
        return (red.amax if ord > 0 else red.amin)(size, axis=axes, keepdims=keepdims)
    if ord == 1:
        return red.sum_(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return red.sum_(shapes.astype(ew.not_equal(x, 0), dtype=linalg.real_dtype(x.aval).name), axis=axes, keepdims=keepdims)
    return red.sum_(size ** float(ord), axis=axes, keepdims=keepdims) ** (1 / ord)


def _flat_norm(x: Node, axes: Axes, keepdims: bool) -> Node:
    """The root of the sum of squares over any number of axes; np.linalg.norm knows all axes, or two at most."""
    if len(axes) == x.ndim or len(axes) == 2:
        return red.norm2(x, axis=axes, keepdims=keepdims)
    order = (*(k for k in range(x.ndim) if k not in axes), *axes)
    kept = tuple(x.shape[k] for k in order[: x.ndim - len(axes)])
    flat = shapes.reshape(permuted(x, order), shape=shapes.resolve_reshape(x, (*kept, -1)))
    result = red.norm2(flat, axis=(flat.ndim - 1,), keepdims=False)
    return red.keep(result, axes, False) if keepdims else result


def _matrix(x: Node, ord: Any, axes: Axes, keepdims: bool) -> Node:
    """`axes` are those of the rows and of the columns."""
    if ord == "fro":
        return red.norm2(x, axis=tuple(sorted(axes)), keepdims=keepdims)
    if ord in (1, -1, INF, -INF):
        inner, outer = axes if abs(ord) == 1 else axes[::-1]
        sums = red.sum_(ew.absolute(x), axis=(inner,), keepdims=True)
        result = (red.amax if ord > 0 else red.amin)(sums, axis=(outer,), keepdims=True)
        return result if keepdims else shapes.squeeze(result, axis=tuple(sorted(axes)))
    if ord not in ("nuc", 2, -2):
        raise ValueDomainError(f"no matrix norm of order {ord!r}", help="orders are 'fro', 'nuc', 1, -1, 2, -2, inf, -inf", code="SD402")
    s = dec.svd(permuted(x, (*(k for k in range(x.ndim) if k not in axes), *axes))).parts[1]
    reduce = red.sum_ if ord == "nuc" else red.amax if ord == 2 else red.amin
    result = reduce(s, axis=(s.ndim - 1,), keepdims=False)
    return red.keep(result, tuple(sorted(axes)), False) if keepdims else result


def _inexact(x: Any) -> Node:
    """Norms of integers are those of floats."""
    x = asarray(x)
    return x if x.aval.inexact else astype(x, np.float64)
