"""scipy.linalg where it is made of other functions: matrices of one vector, factors that are solved with."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ShapeError, UnsupportedError
from symdiff.frontends.tracing.of_scipy.table import means, refuse


def _array(x: Any) -> Any:
    return x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)


@means("scipy.linalg.toeplitz")
def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix whose first column is c and whose first row is r, constant along diagonals."""
    c = np.ravel(_array(c))
    r = np.conj(c) if r is None else np.ravel(_array(r))
    n, m = c.shape[0], r.shape[0]
    return np.concatenate([c[::-1], r[1:]])[np.arange(n - 1, -1, -1)[:, None] + np.arange(m)]


@means("scipy.linalg.circulant")
def circulant(c: Any) -> Any:
    """The matrix whose columns are c, each shifted by one more."""
    c = _array(c)
    n = c.shape[-1]
    return c[..., (np.arange(n)[:, None] - np.arange(n)) % n]


@means("scipy.linalg.hankel")
def hankel(c: Any, r: Any = None) -> Any:
    """The matrix whose first column is c and whose last row is r, constant along antidiagonals."""
    c = np.ravel(_array(c))
    r = 0 * c if r is None else np.ravel(_array(r))
    return np.concatenate([c, r[1:]])[np.arange(c.shape[0])[:, None] + np.arange(r.shape[0])]


@means("scipy.linalg.companion", dtype="kept")
def companion(a: Any) -> Any:
    """The matrix whose characteristic polynomial has the coefficients a."""
    a = _array(a)
    n = a.shape[0] - 1
    return np.concatenate([(-a[1:] / a[0])[None, :], np.eye(n - 1, n) + 0 * a[1:]], axis=0)


@means("scipy.linalg.khatri_rao")
def khatri_rao(a: Any, b: Any) -> Any:
    """The Kronecker products of the columns."""
    a, b = _array(a), _array(b)
    return np.reshape(a[:, None, :] * b[None, :, :], (a.shape[0] * b.shape[0], a.shape[1]))


@means("scipy.linalg.solve_toeplitz", dtype="double")
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """The solution of a system with a Toeplitz matrix, as that of a dense one."""
    return np.linalg.solve(toeplitz(*c_or_cr) if isinstance(c_or_cr, tuple) else toeplitz(c_or_cr), _array(b))


@means("scipy.linalg.matmul_toeplitz", dtype="double")
def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    """The product of a Toeplitz matrix with x."""
    return (toeplitz(*c_or_cr) if isinstance(c_or_cr, tuple) else toeplitz(c_or_cr)) @ _array(x)


@means("scipy.linalg.solve_circulant")
def solve_circulant(
    c: Any, b: Any, singular: str = "raise", tol: Any = None, caxis: int = -1, baxis: int = 0, outaxis: int = 0
) -> Any:
    """The solution of a system with a circulant matrix."""
    refuse("scipy.linalg.solve_circulant", "a circulant matrix that is singular has no solution", tol=tol)
    if (caxis, baxis, outaxis) != (-1, 0, 0):
        raise UnsupportedError("scipy.linalg.solve_circulant with other axes", help="move the axes")
    return np.linalg.solve(circulant(c), _array(b))


@means("scipy.linalg.solve_discrete_lyapunov")
def solve_discrete_lyapunov(a: Any, q: Any, method: Any = None) -> Any:
    """The solution X of a @ X @ a^H - X + q = 0, as a system of linear equations."""
    a, q = _array(a), _array(q)
    n = a.shape[0]
    flat = np.linalg.solve(np.eye(n * n) - np.kron(a, np.conj(a)), np.reshape(q, (n * n,)))
    return np.reshape(flat, (n, n))


class LuFactors(tuple[Any, Any]):
    """What lu_factor gives: for lu_solve, which asks the matrix itself."""

    matrix: Any

    def __new__(cls, matrix: Any) -> LuFactors:
        """The factors of a matrix."""
        pair = super().__new__(cls, (_Hidden("lu"), _Hidden("piv")))
        pair.matrix = matrix
        return pair


class _Hidden:
    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> Any:
        help = "p, l, u = scipy.linalg.lu(a) has the factors; lu_solve takes the pair"
        raise UnsupportedError(f"reading {self.name} of lu_factor", help=help)


@means("scipy.linalg.lu_factor")
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> LuFactors:
    """The factors of a matrix, for lu_solve."""
    return LuFactors(_array(a))


@means("scipy.linalg.lu_solve")
def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """The solution of a system from the factors of its matrix."""
    b = _array(b)
    if isinstance(lu_and_piv, LuFactors):
        a = lu_and_piv.matrix
    else:
        lu, piv = lu_and_piv
        n = lu.shape[0]
        if not isinstance(n, int):
            raise ShapeError("lu_solve with factors whose length is a name", help="give the length as a number")
        order = np.arange(n)
        for k, other in enumerate(np.asarray(piv)):
            order[[k, other]] = order[[other, k]]
        a = (np.tril(lu, -1) + np.eye(n)) @ np.triu(lu)
        a = a[np.argsort(order)]
    return np.linalg.solve(a if trans == 0 else a.T if trans == 1 else np.conj(a.T), b)
