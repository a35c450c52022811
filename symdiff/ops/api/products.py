"""Products of matrices and vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.graph.node import Node
from symdiff.ops import contraction, elementwise as ew, reductions as red, shapes
from symdiff.ops.api.convert import asarray, astype, refuse_out, static_int
from symdiff.ops.api.diagonals import diagonal
from symdiff.ops.api.shapes import ravel
from symdiff.ops.axes import normalize_axis
from symdiff.ops.table import numpy_function


@numpy_function("matmul", np.matmul)
def matmul(a: Any, b: Any) -> Node:
    """Matrix product a @ b."""
    return contraction.matmul(asarray(a), asarray(b))


@numpy_function("dot", np.dot)
def dot(a: Any, b: Any, out: None = None) -> Node:
    """NumPy's dot: the product of scalars, else the sum over the last axis of a and the last but one of b."""
    refuse_out(out)
    x, y = asarray(a), asarray(b)
    if not x.ndim or not y.ndim:
        return x * y
    if x.ndim <= 2 and y.ndim <= 2:
        return contraction.matmul(x, y)
    return contraction.tensordot(x, y, (x.ndim - 1,), (max(y.ndim - 2, 0),))


@numpy_function("inner", np.inner)
def inner(a: Any, b: Any) -> Node:
    """Sum over the last axes of both."""
    x, y = asarray(a), asarray(b)
    return x * y if not x.ndim or not y.ndim else contraction.tensordot(x, y, (x.ndim - 1,), (y.ndim - 1,))


@numpy_function("outer", np.outer)
def outer(a: Any, b: Any, out: None = None) -> Node:
    """Outer product of two vectors."""
    refuse_out(out)
    return contraction.contract(ravel(a), "a", ravel(b), "b", "ab")


@numpy_function("vdot", np.vdot)
def vdot(a: Any, b: Any) -> Node:
    """Sum of conj(a) * b over all elements."""
    x, y = asarray(a), asarray(b)
    x = ew.conjugate(x) if x.aval.kind == "c" else x
    if x.shape != y.shape:
        x, y = ravel(x), ravel(y)
    return contraction.tensordot(x, y, tuple(range(x.ndim)), tuple(range(y.ndim))) if x.ndim else x * y


@numpy_function("tensordot", np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Node:
    """Sum over pairs of axes."""
    x, y = asarray(a), asarray(b)
    if isinstance(axes, (tuple, list)):
        p, q = (tuple(side) if isinstance(side, (tuple, list)) else (side,) for side in axes)
    else:
        n = static_int(axes, "the number of axes")
        p, q = tuple(range(x.ndim - n, x.ndim)), tuple(range(n))
    return contraction.tensordot(x, y, tuple(normalize_axis(k, x.ndim) for k in p), tuple(normalize_axis(k, y.ndim) for k in q))


@numpy_function("trace", np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: None = None) -> Node:
    """Sum of a diagonal of two axes."""
    refuse_out(out)
    x = asarray(a) if dtype is None else astype(a, dtype)
    if x.ndim == 2 and offset == 0 and x.shape[0] == x.shape[1]:
        return contraction.trace(x)
    line = diagonal(x, offset, axis1, axis2)
    return red.sum_(line, axis=(line.ndim - 1,), keepdims=False)


@numpy_function("kron", np.kron)
def kron(a: Any, b: Any) -> Node:
    """Kronecker product."""
    x, y = asarray(a), asarray(b)
    if x.ndim < y.ndim:
        x = shapes.expand_dims(x, axis=tuple(range(y.ndim - x.ndim)))
    if y.ndim < x.ndim:
        y = shapes.expand_dims(y, axis=tuple(range(x.ndim - y.ndim)))
    return contraction.kron(x, y) if x.ndim else x * y


@numpy_function("cross", np.cross)
def cross(a: Any, b: Any) -> Node:
    """Cross product of vectors of length 3 along the last axis."""
    return contraction.cross(asarray(a), asarray(b))


@numpy_function("vecdot", getattr(np, "vecdot", None))
def vecdot(x1: Any, x2: Any, axis: int = -1) -> Node:
    """Sum of conj(a) * b along an axis."""
    x, y = asarray(x1), asarray(x2)
    product = (ew.conjugate(x) if x.aval.kind == "c" else x) * y
    return red.sum_(product, axis=(normalize_axis(axis, product.ndim),), keepdims=False)


@numpy_function("matvec", getattr(np, "matvec", None))
def matvec(x1: Any, x2: Any) -> Node:
    """Products of matrices with vectors along the last axis."""
    y = asarray(x2)
    product = contraction.matmul(asarray(x1), shapes.expand_dims(y, axis=(y.ndim,)))
    return shapes.squeeze(product, axis=(product.ndim - 1,))


@numpy_function("vecmat", getattr(np, "vecmat", None))
def vecmat(x1: Any, x2: Any) -> Node:
    """Products of vectors along the last axis with matrices."""
    x, y = asarray(x1), asarray(x2)
    x = ew.conjugate(x) if x.aval.kind == "c" else x
    product = contraction.matmul(shapes.expand_dims(x, axis=(x.ndim - 1,)), y)
    return shapes.squeeze(product, axis=(product.ndim - 2,))
