"""scipy.linalg: matrices given by their bands, and factors and equations that are made of other functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import array, means, refuse
from symdiff.frontends.tracing.scipy_calls import entry_of
from symdiff.frontends.tracing.symbol import call_entry


def _along_diagonal(row: Any, k: int, n: int, from_above: bool) -> Any:
    """A row of bands as the k-th diagonal of a matrix; its first elements, or its last ones, lie outside."""
    size = n - abs(k)
    inner = row[:size] if from_above else row[n - size :]
    return np.diag(inner, k)


def _general(l_and_u: Any, ab: Any) -> Any:
    low, up = l_and_u
    ab = array(ab)
    n = ab.shape[-1]
    if ab.shape[0] != low + up + 1:
        raise ArgumentError(f"{low} bands below and {up} above the diagonal are {low + up + 1} rows, not {ab.shape[0]}")
    rows = range(max(0, up - n + 1), min(low + up + 1, up + n))
    return sum(_along_diagonal(ab[k], up - k, n, k > up) for k in rows)


def _hermitian(ab: Any, lower: bool) -> Any:
    """The symmetric matrix of which the bands below, or above, the diagonal are given."""
    ab = array(ab)
    m, n = ab.shape
    half = sum(_along_diagonal(ab[k], -k if lower else m - 1 - k, n, lower) for k in range(m))
    return half + np.conj(half).T - np.diag(np.diagonal(half))


@means("scipy.linalg.solve_banded")
def solve_banded(l_and_u: Any, ab: Any, b: Any) -> Any:
    """The solution of a system given by its bands, as that of a dense one."""
    return np.linalg.solve(_general(l_and_u, ab), array(b))


@means("scipy.linalg.solveh_banded")
def solveh_banded(ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False, lower: bool = False) -> Any:
    """The solution of a symmetric system given by its bands, as that of a dense one."""
    return np.linalg.solve(_hermitian(ab, lower), array(b))


@means("scipy.linalg.cholesky_banded")
def cholesky_banded(ab: Any, overwrite_ab: bool = False, lower: bool = False) -> Any:
    """The bands of Cholesky's factor."""
    bands = array(ab)
    factor = np.linalg.cholesky(_hermitian(bands, lower))
    m, n = bands.shape
    whole = factor if lower else np.conj(factor).T
    rows = []
    for k in range(m):
        offset = -k if lower else m - 1 - k
        missing = abs(offset)
        inner = np.diagonal(whole, offset)  # what lies outside of the matrix stays as it is
        rows.append(np.concatenate([inner, bands[k, n - missing :]] if lower else [bands[k, :missing], inner]))
    return np.stack(rows)


@means("scipy.linalg.cho_solve_banded")
def cho_solve_banded(cb_and_lower: Any, b: Any) -> Any:
    """The solution of a system from the bands of Cholesky's factor."""
    bands, lower = cb_and_lower
    m, n = bands.shape
    half = sum(_along_diagonal(bands[k], -k if lower else m - 1 - k, n, lower) for k in range(m))
    factor = half if lower else np.conj(half).T
    return np.linalg.solve(np.conj(factor).T, np.linalg.solve(factor, array(b)))


def _tridiagonal(d: Any, e: Any, select: str) -> Any:
    if select != "a":
        raise UnsupportedError(f"eigenvalues with select={select!r}", help="index the result")
    d, e = array(d), array(e)
    return np.diag(d) + np.diag(e, 1) + np.diag(e, -1)


@means("scipy.linalg.eigh_tridiagonal")
def eigh_tridiagonal(
    d: Any, e: Any, eigvals_only: bool = False, select: str = "a", select_range: Any = None, **how: Any
) -> Any:
    """Eigenvalues and eigenvectors of a symmetric tridiagonal matrix."""
    matrix = _tridiagonal(d, e, select)
    return np.linalg.eigvalsh(matrix) if eigvals_only else tuple(np.linalg.eigh(matrix))


@means("scipy.linalg.eigvalsh_tridiagonal")
def eigvalsh_tridiagonal(d: Any, e: Any, select: str = "a", select_range: Any = None, **how: Any) -> Any:
    """Eigenvalues of a symmetric tridiagonal matrix."""
    return np.linalg.eigvalsh(_tridiagonal(d, e, select))


@means("scipy.linalg.eig_banded")
def eig_banded(a_band: Any, lower: bool = False, eigvals_only: bool = False, overwrite_a_band: bool = False, select: str = "a",
               **options: Any) -> Any:  # fmt: skip
    """Eigenvalues and eigenvectors of a symmetric matrix given by its bands."""
    if select != "a":
        raise UnsupportedError(f"eigenvalues with select={select!r}", help="index the result")
    matrix = _hermitian(a_band, lower)
    return np.linalg.eigvalsh(matrix) if eigvals_only else tuple(np.linalg.eigh(matrix))


@means("scipy.linalg.eigvals_banded")
def eigvals_banded(
    a_band: Any, lower: bool = False, overwrite_a_band: bool = False, select: str = "a", **options: Any
) -> Any:
    """Eigenvalues of a symmetric matrix given by its bands."""
    return eig_banded(a_band, lower, True, select=select)


# ------------------------------------------------------------------------------------------ matrices of one vector


@means("scipy.linalg.fiedler")
def fiedler(a: Any) -> Any:
    """The distances of all numbers from each other."""
    a = array(a)
    return np.abs(a[..., :, None] - a[..., None, :])


@means("scipy.linalg.leslie", dtype="kept")
def leslie(f: Any, s: Any) -> Any:
    """Births in the first row, survivals below the diagonal."""
    f, s = array(f), array(s)
    return np.concatenate([f[None, :], np.concatenate([np.diag(s), np.zeros((s.shape[0], 1))], axis=1)], axis=0)


@means("scipy.linalg.convolution_matrix", dtype="kept")
def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """The matrix that convolves vectors of n elements with a."""
    a = array(a)
    if mode not in ("full", "same", "valid"):
        raise ArgumentError(f"convolution_matrix with mode={mode!r}", help="one of 'full', 'same' and 'valid'")
    m = a.shape[0]
    zeros = np.zeros(n)
    at = np.arange(m + n - 1)[:, None] - np.arange(n) + n
    whole = np.concatenate([zeros, a, zeros])[at]
    lost = {"full": 0, "same": min(m, n) - 1, "valid": 2 * min(m, n) - 2}[mode]
    return whole[lost // 2 : m + n - 1 - (lost - lost // 2)]


# -------------------------------------------------------------------------------------------------------- factors


@means("scipy.linalg.polar")
def polar(a: Any, side: str = "right") -> tuple[Any, Any]:
    """The nearest unitary matrix, and the positive one by which a differs from it (Higham, 1986)."""
    a = array(a)
    if side not in ("right", "left"):
        raise ArgumentError(f"polar with side={side!r}", help="'right' or 'left'")
    turn, _ = orthogonal_procrustes_of(a)
    other = np.conj(turn).T
    p = other @ a if side == "right" else a @ other
    return turn, (p + np.conj(p).T) / 2


def orthogonal_procrustes_of(a: Any) -> tuple[Any, Any]:
    """The unitary factor, and the singular values."""
    w, s, v = np.linalg.svd(a, full_matrices=False)
    return w @ v, s


@means("scipy.linalg.orthogonal_procrustes")
def orthogonal_procrustes(A: Any, B: Any) -> tuple[Any, Any]:
    """The orthogonal matrix R for which A @ R is nearest to B, and the sum of the singular values."""
    turn, s = orthogonal_procrustes_of(np.conj(np.conj(array(B)).T @ array(A)).T)
    return turn, np.sum(s)


@means("scipy.linalg.pinvh")
def pinvh(a: Any, atol: Any = None, rtol: Any = None, lower: bool = True, return_rank: bool = False) -> Any:
    """The pseudo-inverse of a symmetric matrix."""
    refuse("scipy.linalg.pinvh", "np.linalg.pinv(a, rtol=…)", atol=atol, return_rank=return_rank)
    options = {} if rtol is None else {"rtol": rtol}
    return np.linalg.pinv(array(a), hermitian=True, **options)


@means("scipy.linalg.tanm")
def tanm(A: Any) -> Any:
    """The tangent of a matrix."""
    return np.linalg.solve(own_followed("cosm")(A), own_followed("sinm")(A))


@means("scipy.linalg.tanhm")
def tanhm(A: Any) -> Any:
    """The hyperbolic tangent of a matrix."""
    return np.linalg.solve(own_followed("coshm")(A), own_followed("sinhm")(A))


def own_followed(name: str) -> Any:
    """SciPy's function as it is followed."""
    entry = entry_of(f"scipy.linalg.{name}")
    assert entry is not None
    found = entry.name
    return lambda *args: call_entry(found, args, {})


@means("scipy.linalg.signm")
def signm(A: Any) -> Any:
    """The sign of a matrix: A times the inverse of the root of its square."""
    a = array(A)
    return np.linalg.solve(own_followed("sqrtm")(a @ a), a)


@means("scipy.linalg.rq")
def rq(a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full") -> Any:
    """Triangular times orthogonal: the QR factors of the rows from below."""
    a = array(a)
    if mode != "economic" and a.shape[0] != a.shape[1]:
        raise UnsupportedError(f"scipy.linalg.rq with mode={mode!r} of a matrix that is not square", help="'economic'")
    q, r = np.linalg.qr(np.conj(a[::-1]).T)
    return np.conj(r).T[::-1, ::-1], np.conj(q).T[::-1]


@means("scipy.linalg.fractional_matrix_power")
def fractional_matrix_power(A: Any, t: Any) -> Any:
    """The exponential of t times the logarithm; a whole power is that."""
    if not is_symbolic(t) and t == int(t):
        return np.linalg.matrix_power(array(A), int(t))
    return own_followed("expm")(t * own_followed("logm")(array(A)))
