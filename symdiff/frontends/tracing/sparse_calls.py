"""scipy.sparse's functions on symbolic values: matrices of symbolic entries at known places, and systems of equations.

A system is solved as a dense one: the program needs NumPy alone, whose `solve` has its derivative by the implicit
function theorem, with respect to the right side and the entries.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.sparse import Entries, Sparse, is_sparse

LARGEST = 2_000  # rows of a system that is solved as a dense one


def _kind(name: str) -> type:
    kind: type = getattr(importlib.import_module("scipy.sparse"), name)
    return kind


def _array(x: Any) -> Any:
    return x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)


def _places(x: Any) -> Any:
    if is_symbolic(x):
        raise UnsupportedError("a sparse matrix whose entries are at symbolic places", help="the places must be known")
    return np.asarray(x, np.intp)


def _compressed(name: str) -> Callable[..., Any]:
    """``csr_array((data, indices, indptr))``, and that of coordinates; of an array, its elements."""

    def make(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> Any:
        kind = _kind(name)
        if type(arg1) is Sparse:
            return arg1.of_kind(kind)
        if not isinstance(arg1, tuple):
            whole = _array(arg1)
            rows, columns = (x.ravel() for x in np.indices(np.shape(whole)))
            return Sparse(None, Entries(rows, columns, np.reshape(whole, (-1,)), np.shape(whole), kind))
        if len(arg1) == 3:
            data, inner, starts = _array(arg1[0]), _places(arg1[1]), _places(arg1[2])
            outer = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
            rows, columns = (inner, outer) if name.startswith("csc") else (outer, inner)
        else:
            data, (rows, columns) = _array(arg1[0]), map(_places, arg1[1])
        if shape is None:
            shape = int(rows.max()) + 1, int(columns.max()) + 1
        return Sparse(None, Entries(rows, columns, data, tuple(shape), kind))

    return make


def _diagonals(name: str) -> Callable[..., Any]:
    """``diags(diagonals, offsets)``."""

    def make(
        diagonals: Any, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None, **more: Any
    ) -> Any:
        single = not np.ndim(offsets)
        first = diagonals[0] if isinstance(diagonals, (list, tuple)) and len(diagonals) else diagonals
        columns = [_array(first if np.ndim(first) else diagonals)] if single else list(map(_array, diagonals))
        shifts = [int(k) for k in np.atleast_1d(offsets)]
        longest = max(len(c) + abs(k) for c, k in zip(columns, shifts, strict=True))
        n, m = (longest, longest) if shape is None else shape
        rows, places, values = [], [], []
        for c, k in zip(columns, shifts, strict=True):
            length = min(n + min(k, 0), m - max(k, 0))
            rows.append(np.arange(length) - min(k, 0))
            places.append(np.arange(length) + max(k, 0))
            values.append(c * np.ones(length) if len(c) == 1 else c[:length])
        entries = Entries(np.concatenate(rows), np.concatenate(places), np.concatenate(values), (n, m), _kind(name))
        return Sparse(None, entries)

    return make


def dense(matrix: Any) -> Any:
    """The array of a matrix of a system; UnsupportedError where it would be too large."""
    if not (type(matrix) is Sparse or is_sparse(matrix)):
        if not (isinstance(matrix, np.ndarray) or hasattr(matrix, "__symdiff_node__")):
            raise UnsupportedError("a system with an operator in place of a matrix", help="give the matrix")
        return matrix
    if matrix.shape[0] > LARGEST:
        raise UnsupportedError(
            f"a system of {matrix.shape[0]} equations with a sparse matrix, which would be solved as a dense one",
            help="sd.external(lambda b: spsolve(A, b), shape=…, vjp=lambda g, y, b: spsolve(A.T, g), jvp=…)",
        )
    return matrix.toarray()


def spsolve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:
    """The solution of A @ x = b."""
    if type(b) is Sparse or is_sparse(b):
        raise UnsupportedError("spsolve with a sparse right side", help="make an array of it: b.toarray()")
    b = _array(b)
    return np.linalg.solve(dense(A), np.reshape(b, (b.shape[0],)) if b.ndim == 2 and b.shape[1] == 1 else b)


def _iterated(A: Any, b: Any, x0: Any = None, **options: Any) -> tuple[Any, int]:
    """What cg and its like converge to, whatever their tolerances, and 0 for success."""
    b = _array(b)
    return np.linalg.solve(dense(A), b), 0


def factorized(A: Any) -> Callable[..., Any]:
    """What solves systems with one matrix."""
    return lambda b: spsolve(A, b)


class Factors:
    """What splu and spilu give: to solve with."""

    def __init__(self, matrix: Any) -> None:
        self._matrix = dense(matrix)

    def solve(self, rhs: Any, trans: str = "N") -> Any:
        """The solution of a system with the matrix, or its transpose."""
        whole = self._matrix if trans == "N" else np.transpose(self._matrix)
        return np.linalg.solve(np.conj(whole) if trans == "H" else whole, _array(rhs))

    def __getattr__(self, name: str) -> Any:
        raise UnsupportedError(f"{name} of factors that are differentiated", help="they have solve")


def splu(A: Any, **options: Any) -> Factors:
    """The factors of a matrix."""
    return Factors(A)


MATRICES = ("csr_array", "csr_matrix", "csc_array", "csc_matrix", "coo_array", "coo_matrix")
ITERATED = ("cg", "cgs", "bicg", "bicgstab", "gmres", "lgmres", "minres", "qmr", "gcrotmk", "tfqmr")
CALLS: dict[str, Callable[..., Any]] = {
    **{name: _compressed(name) for name in MATRICES}, **dict.fromkeys(ITERATED, _iterated),
    "diags": _diagonals("dia_matrix"), "diags_array": _diagonals("dia_array"),
    "spsolve": spsolve, "factorized": factorized, "splu": splu,
}  # fmt: skip
KEPT = ("factorized", "splu")  # what they give may meet symbolic values later
