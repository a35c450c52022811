"""Diagonals and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ShapeError, UnsupportedError
from symdiff.graph.node import Node
from symdiff.ops import reductions as red, shapes
from symdiff.ops.api.convert import asarray, static_int
from symdiff.ops.api.selection import getitem
from symdiff.ops.api.shapes import permuted
from symdiff.ops.axes import normalize_axis
from symdiff.ops.table import numpy_function


@numpy_function("diag", np.diag, view="always")
def diag(v: Any, k: int = 0) -> Node:
    """A matrix with the vector on a diagonal, or the diagonal of a matrix."""
    x, k = asarray(v), static_int(k, "the diagonal")
    return shapes.diag(x, k=k) if x.ndim == 1 else diagonal(x, k)


@numpy_function("diagonal", np.diagonal, view="always", method=True)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    """Elements on a diagonal of two axes."""
    x = asarray(a)
    if x.ndim < 2:
        raise ShapeError(f"diagonal of {x.aval!r}: needs two axes")
    p, q = normalize_axis(axis1, x.ndim), normalize_axis(axis2, x.ndim)
    x = permuted(x, (*(k for k in range(x.ndim) if k not in (p, q)), p, q))
    n, m = x.shape[-2:]
    if offset == 0 and n == m:
        return shapes.diagonal(x)
    if not isinstance(n, int) or not isinstance(m, int):
        raise UnsupportedError(f"diagonal {offset} of {x.aval!r} needs known lengths")
    rows = np.arange(max(0, min(n + min(offset, 0), m - max(offset, 0)))) + max(-offset, 0)
    return getitem(x, (..., rows, rows + offset))


@numpy_function("tril", np.tril)
def tril(m: Any, k: int = 0) -> Node:
    """Lower triangle, zeros above diagonal k."""
    return shapes.tril(_matrix(m, "tril"), k=static_int(k, "the diagonal"))


@numpy_function("triu", np.triu)
def triu(m: Any, k: int = 0) -> Node:
    """Upper triangle, zeros below diagonal k."""
    return shapes.triu(_matrix(m, "triu"), k=static_int(k, "the diagonal"))


def _matrix(a: Any, name: str) -> Node:
    x = asarray(a)
    if not x.ndim:
        raise ShapeError(f"{name} of {x.aval!r}: needs a matrix")
    return x if x.ndim > 1 else red.spread(x, (x.shape[0], x.shape[0]))
