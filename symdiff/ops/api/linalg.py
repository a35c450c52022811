"""Linear algebra."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.graph.node import Node
from symdiff.ops import contraction, linalg
from symdiff.ops.api.convert import asarray, static_int
from symdiff.ops.table import numpy_function


@numpy_function("linalg.inv", np.linalg.inv, "inv")
def inv(a: Any) -> Node:
    """Inverse of a matrix."""
    return linalg.inv(asarray(a))


@numpy_function("linalg.solve", np.linalg.solve, "solve")
def solve(a: Any, b: Any) -> Node:
    """Solution of a @ x = b."""
    return linalg.solve(asarray(a), asarray(b))


@numpy_function("linalg.det", np.linalg.det, "det")
def det(a: Any) -> Node:
    """Determinant."""
    return linalg.det(asarray(a))


@numpy_function("logdet")
def logdet(a: Any) -> Node:
    """Logarithm of |det(a)|."""
    return linalg.logdet(asarray(a))


@numpy_function("linalg.slogdet", np.linalg.slogdet, "slogdet")
def slogdet(a: Any) -> tuple[Node, Node]:
    """Sign of the determinant, and logarithm of its absolute value."""
    x = asarray(a)
    return linalg.signdet(x), linalg.logdet(x)


@numpy_function("linalg.cholesky", np.linalg.cholesky, "cholesky")
def cholesky(a: Any) -> Node:
    """Lower Cholesky factor; the argument is read as symmetric."""
    return linalg.cholesky(asarray(a))


@numpy_function("linalg.eigvalsh", np.linalg.eigvalsh, "eigvalsh")
def eigvalsh(a: Any) -> Node:
    """Eigenvalues of a symmetric matrix, in ascending order; the argument is read as symmetric."""
    return linalg.eigvalsh(asarray(a))


@numpy_function("linalg.eigh", np.linalg.eigh, "eigh")
def eigh(a: Any) -> tuple[Node, Node]:
    """Eigenvalues and eigenvectors of a symmetric matrix."""
    x = asarray(a)
    return linalg.eigvalsh(x), linalg.eigvecs(x)


@numpy_function("linalg.svdvals", getattr(np.linalg, "svdvals", None), "svdvals")
def svdvals(a: Any) -> Node:
    """Singular values, in descending order."""
    return linalg.svdvals(asarray(a))


@numpy_function("linalg.pinv", np.linalg.pinv, "pinv")
def pinv(a: Any) -> Node:
    """Moore-Penrose pseudo-inverse."""
    return linalg.pinv(asarray(a))


@numpy_function("linalg.matrix_power", np.linalg.matrix_power, "matrix_power")
def matrix_power(a: Any, n: int) -> Node:
    """Integer power of a matrix, by repeated squaring."""
    x, n = asarray(a), static_int(n, "the power")
    linalg.check_square("matrix_power", x.aval)
    if n < 0:
        x, n = linalg.inv(x), -n
    result: Node | None = None
    while n:
        if n & 1:
            result = x if result is None else contraction.matmul(result, x)
        n >>= 1
        x = contraction.matmul(x, x) if n else x
    return result if result is not None else linalg.identity_power(x)
