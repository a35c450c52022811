"""Products of matrices and vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node
from symdiff.ops import contraction, elementwise as ew, reductions as red, shapes
from symdiff.ops.api.convert import asarray, astype, refuse_out, static_int
from symdiff.ops.api.diagonals import diagonal
from symdiff.ops.api.shapes import matrix_transpose, permuted, ravel
from symdiff.ops.axes import normalize_axis
from symdiff.ops.table import numpy_function


@numpy_function("matmul", np.matmul)
def matmul(a: Any, b: Any) -> Node:
    """Matrix product a @ b."""
    return contraction.matmul(asarray(a), asarray(b))


@numpy_function("dot", np.dot, method=True)
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


@numpy_function("vecdot", np.vecdot)
def vecdot(x1: Any, x2: Any, axis: int = -1) -> Node:
    """Sum of conj(x1) * x2 along an axis."""
    x, y = (_axis_last(a, axis, "vecdot") for a in (x1, x2))
    _check_inner("vecdot", x, y, x.shape[-1], y.shape[-1])
    return contraction.stacked("vecdot", _conj(x), "x", y, "x", "")


@numpy_function("matvec", getattr(np, "matvec", None))
def matvec(x1: Any, x2: Any) -> Node:
    """Matrix times vector, in stacks."""
    a, v = asarray(x1), asarray(x2)
    if a.ndim < 2 or not v.ndim:
        raise ShapeError(f"matvec({a.aval!r}, {v.aval!r}): needs a matrix and a vector")
    _check_inner("matvec", a, v, a.shape[-1], v.shape[-1])
    return contraction.stacked("matvec", a, "yx", v, "x", "y")


@numpy_function("vecmat", getattr(np, "vecmat", None))
def vecmat(x1: Any, x2: Any) -> Node:
    """conj(vector) times matrix, in stacks."""
    v, a = asarray(x1), asarray(x2)
    if a.ndim < 2 or not v.ndim:
        raise ShapeError(f"vecmat({v.aval!r}, {a.aval!r}): needs a vector and a matrix")
    _check_inner("vecmat", v, a, v.shape[-1], a.shape[-2])
    return contraction.stacked("vecmat", _conj(v), "x", a, "xy", "y")


def _conj(x: Node) -> Node:
    return ew.conjugate(x) if x.aval.kind == "c" else x


def _axis_last(a: Any, axis: int, name: str) -> Node:
    x = asarray(a)
    if not x.ndim:
        raise ShapeError(f"{name} of {x.aval!r}: needs a vector")
    k = normalize_axis(axis, x.ndim)
    return permuted(x, (*(i for i in range(x.ndim) if i != k), k))


def _check_inner(name: str, x: Node, y: Node, n: Dim, m: Dim) -> None:
    if n != m:
        raise ShapeError(f"{name}({x.aval!r}, {y.aval!r}): inner lengths {n} and {m} differ")


@numpy_function("trace", np.trace, method=True)
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


@numpy_function("cross", np.cross, reorders=True)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Node:
    """Cross product of vectors of length 3 along an axis."""
    if axis is not None:
        axisa = axisb = axisc = axis
    product = contraction.cross(_axis_last(a, axisa, "cross"), _axis_last(b, axisb, "cross"))
    k, order = normalize_axis(axisc, product.ndim), list(range(product.ndim - 1))
    order.insert(k, product.ndim - 1)
    return permuted(product, tuple(order))


def _of_linalg(name: str, call: Any) -> None:
    """numpy.linalg has functions of its own for what numpy has too."""
    numpy_function(f"linalg.{name}", getattr(np.linalg, name))(call)


for _call in (matmul, outer, tensordot, vecdot):
    _of_linalg(_call.__name__, _call)


@numpy_function("linalg.cross", np.linalg.cross)
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Node:
    """Cross product of vectors of length 3 along an axis."""
    return cross(x1, x2, axis=axis)


@numpy_function("linalg.matrix_transpose", np.linalg.matrix_transpose, view="always")
def linalg_matrix_transpose(x: Any, /) -> Node:
    """The last two axes exchanged."""
    return matrix_transpose(x)
