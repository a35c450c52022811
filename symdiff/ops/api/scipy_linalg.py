"""scipy.linalg where it differs from numpy.linalg: its signatures and defaults, in terms of the same rows.

Functions that read one triangle of a symmetric matrix read the one that SciPy reads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, constant
from symdiff.graph.op import Op
from symdiff.ops import decompositions as dec, linalg, matrix_equations as equations, reductions as red, shapes
from symdiff.ops.api import linalg as numpy_linalg
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.shapes import atleast_2d
from symdiff.ops.contraction import matmul
from symdiff.ops.table import numpy_function

_GENERAL = (None, "gen", "general", "sym", "symmetric", "her", "hermitian", "pos", "positive definite")
_TRIANGULAR = {"upper triangular": False, "lower triangular": True}


def _refuse(function: str, help: str, **given: Any) -> None:
    """Raises UnsupportedError if one of the arguments was given."""
    for name, value in given.items():
        if value is not None and value is not False:
            raise UnsupportedError(f"scipy.linalg.{function} with {name}", help=help)


@numpy_function("scipy.linalg.solve", "scipy.linalg.solve", may_fail=True)
def solve(a: Any, b: Any, lower: bool = False, *, assume_a: Any = None, transposed: bool = False) -> Node:
    """Solution of a @ x = b; a is taken as it is, whatever assume_a says of its symmetry."""
    x = linalg.transposed(asarray(a)) if transposed else asarray(a)
    if assume_a in _TRIANGULAR:
        below = _TRIANGULAR[assume_a] != bool(transposed)
        return linalg.solve_triangular(x, asarray(b), lower=below, unit=False)
    if assume_a not in _GENERAL:
        raise UnsupportedError(f"scipy.linalg.solve with assume_a={assume_a!r}", help="leave it out")
    return linalg.solve(x, asarray(b))


@numpy_function("scipy.linalg.pinv", "scipy.linalg.pinv", may_fail=True)
def pinv(a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False) -> Node:
    """Moore-Penrose pseudo-inverse; the rank is taken to be locally constant."""
    _refuse("pinv", "give rtol, or take matrix_rank", atol=atol, return_rank=return_rank)
    return numpy_linalg.pinv(a, rtol=rtol)


@numpy_function("scipy.linalg.lstsq", "scipy.linalg.lstsq", may_fail=True)
def lstsq(a: Any, b: Any, cond: Any = None) -> tuple[Node, Node, Node, Node]:
    """Least-squares solution, the residuals' sum of squares, the rank, and the singular values."""
    _refuse("lstsq", "leave it out, or write pinv(a, rtol=…) @ b", cond=cond)
    x, residuals, rank, s = numpy_linalg.lstsq(a, b)
    if residuals.shape == (1,) and asarray(b).ndim == 1:
        residuals = shapes.squeeze(residuals, axis=(0,))
    return x, residuals, rank, s


@numpy_function("scipy.linalg.cholesky", "scipy.linalg.cholesky", may_fail=True)
def cholesky(a: Any, lower: bool = False) -> Node:
    """Upper (or lower) Cholesky factor of the symmetric matrix whose upper (or lower) triangle is given."""
    x = asarray(a)
    return dec.cholesky(x) if lower else linalg.adjoint(dec.cholesky(linalg.adjoint(x)))


@numpy_function("scipy.linalg.cho_factor", "scipy.linalg.cho_factor", may_fail=True)
def cho_factor(a: Any, lower: bool = False) -> tuple[Node, bool]:
    """Cholesky factor and which triangle it is, for cho_solve; the other triangle holds zeros."""
    return cholesky(a, lower), bool(lower)


@numpy_function("scipy.linalg.cho_solve", "scipy.linalg.cho_solve")
def cho_solve(c_and_lower: Any, b: Any) -> Node:
    """Solution of a @ x = b from cho_factor(a); the other triangle of the factor is not read."""
    if not isinstance(c_and_lower, (tuple, list)) or len(c_and_lower) != 2:
        raise ArgumentError("cho_solve takes the pair that cho_factor returns, (c, lower)")
    c, lower = asarray(c_and_lower[0]), bool(c_and_lower[1])
    first, last = (c, linalg.adjoint(c)) if lower else (linalg.adjoint(c), c)
    half = linalg.solve_triangular(first, asarray(b), lower=True, unit=False)
    return linalg.solve_triangular(last, half, lower=False, unit=False)


@numpy_function("scipy.linalg.eigh", "scipy.linalg.eigh", may_fail=True)
def eigh(a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, **options: Any) -> Any:
    """Eigenvalues and eigenvectors of the symmetric matrix whose lower (or upper) triangle is given."""
    if b is not None:
        w, v = _generalised("eigh", a, b, lower, options)
    else:
        w, v = dec.eigh(_symmetric("eigh", a, lower, options))
    return w if eigvals_only else (w, v)


@numpy_function("scipy.linalg.eigvalsh", "scipy.linalg.eigvalsh", may_fail=True)
def eigvalsh(a: Any, b: Any = None, *, lower: bool = True, **options: Any) -> Node:
    """Eigenvalues of the symmetric matrix whose lower (or upper) triangle is given."""
    if b is not None:
        return _generalised("eigvalsh", a, b, lower, options)[0]
    return dec.eigh(_symmetric("eigvalsh", a, lower, options)).parts[0]


def _symmetric(function: str, a: Any, lower: bool, options: dict[str, Any]) -> Node:
    _refuse(function, "select eigenvalues by indexing; reduce other problems than a v = w b v to that one", **options)
    x = asarray(a)
    return x if lower else linalg.adjoint(x)


def _generalised(function: str, a: Any, b: Any, lower: bool, options: dict[str, Any]) -> tuple[Node, Node]:
    """w and v with a v = w b v, by the Cholesky factor of b, as LAPACK reduces it (Golub and Van Loan, 8.7.2)."""
    options.pop("type", None) if options.get("type") == 1 else None
    factor = dec.cholesky(_symmetric(function, b, lower, {}))
    half = linalg.solve_triangular(factor, _whole(_symmetric(function, a, lower, options)), lower=True, unit=False)
    inner = linalg.solve_triangular(factor, linalg.adjoint(half), lower=True, unit=False)
    w, v = dec.eigh(linalg.hermitian_part(inner))
    return w, linalg.solve_triangular(linalg.adjoint(factor), v, lower=False, unit=False)


def _whole(x: Node) -> Node:
    """The symmetric matrix whose lower triangle is given."""
    return shapes.tril(x, k=0) + linalg.adjoint(shapes.tril(x, k=-1))


@numpy_function("scipy.linalg.eig", "scipy.linalg.eig", may_fail=True)
def eig(a: Any, b: Any = None, left: bool = False, right: bool = True) -> Any:
    """Eigenvalues and eigenvectors of a square matrix; complex, even where all of them are real."""
    _refuse("eig", "the left eigenvectors are those of a.T", b=b, left=left)
    w, v = dec.eig(asarray(a))
    return (w, v) if right else w


@numpy_function("scipy.linalg.eigvals", "scipy.linalg.eigvals", may_fail=True)
def eigvals(a: Any, b: Any = None) -> Node:
    """Eigenvalues of a square matrix; complex, even where all of them are real."""
    _refuse("eigvals", "write eigvals(solve(b, a))", b=b)
    return dec.eig(asarray(a)).parts[0]


@numpy_function("scipy.linalg.lu", "scipy.linalg.lu")
def lu(a: Any, permute_l: bool = False, p_indices: bool = False) -> tuple[Node, ...]:
    """p, l and u of a square matrix a = p @ l @ u."""
    _refuse("lu", "take the matrix p", p_indices=p_indices)
    p, lower, upper = equations.lu(asarray(a))
    return (matmul(p, lower), upper) if permute_l else (p, lower, upper)


@numpy_function("scipy.linalg.sqrtm", "scipy.linalg.sqrtm")
def sqrtm(A: Any, disp: Any = True, blocksize: int = 64) -> Node:
    """Principal square root of a matrix; nan where it is not real."""
    return equations.sqrtm(asarray(A))


@numpy_function("scipy.linalg.logm", "scipy.linalg.logm")
def logm(A: Any, disp: Any = True) -> Node:
    """Principal logarithm of a matrix; nan where it is not real."""
    return equations.logm(asarray(A))


def _of_matrix(row: Op) -> None:
    def call(A: Any) -> Node:
        return row(asarray(A))

    call.__doc__ = row.doc
    numpy_function(f"scipy.linalg.{row.name}", f"scipy.linalg.{row.name}")(call)


for _row in (equations.sinm, equations.cosm, equations.sinhm, equations.coshm):
    _of_matrix(_row)


@numpy_function("scipy.linalg.solve_sylvester", "scipy.linalg.solve_sylvester")
def solve_sylvester(a: Any, b: Any, q: Any) -> Node:
    """The solution X of a @ X + X @ b = q."""
    return equations.sylvester(asarray(a), asarray(b), asarray(q))


@numpy_function("scipy.linalg.solve_continuous_lyapunov", "scipy.linalg.solve_continuous_lyapunov")
def solve_continuous_lyapunov(a: Any, q: Any) -> Node:
    """The solution X of a @ X + X @ a^H = q."""
    x = asarray(a)
    return equations.sylvester(x, linalg.adjoint(x), asarray(q))


@numpy_function("scipy.linalg.expm_frechet", "scipy.linalg.expm_frechet")
def expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True) -> Any:
    """The exponential of A, and its derivative in the direction E."""
    x, direction = (shapes.astype(v, dtype="float64") if v.dtype == np.float32 else v for v in (asarray(A), asarray(E)))
    slope = equations.along(linalg.expm, x, direction)
    return (linalg.expm(x), slope) if compute_expm else slope


@numpy_function("scipy.linalg.qr", "scipy.linalg.qr")
def qr(a: Any, *, mode: str = "full", pivoting: bool = False) -> Any:
    """QR decomposition; mode is 'economic', or 'full' or 'r' for a matrix that is not tall."""
    _refuse("qr", "without pivoting there is a derivative", pivoting=pivoting)
    x = asarray(a)
    q, r = dec.qr(x)
    if mode != "economic" and (mode not in ("full", "r") or q.shape[-1] != q.shape[-2]):
        raise UnsupportedError(f"scipy.linalg.qr with mode={mode!r} of {x.aval!r}", help="write mode='economic'")
    return (r,) if mode == "r" else (q, r)


@numpy_function("block_diag", "scipy.linalg.block_diag")
def block_diag(*arrs: Any) -> Node:
    """Matrices along the diagonal of a larger one, zeros elsewhere."""
    blocks = [atleast_2d(x) for x in arrs]
    if not blocks or any(x.ndim != 2 for x in blocks):
        raise ShapeError("block_diag takes matrices")
    before: Dim = 0
    total: Dim = sum((x.shape[1] for x in blocks), before)
    rows = []
    for x in blocks:
        behind = total - before - x.shape[1]
        rows.append(_beside(x, before, behind))
        before = before + x.shape[1]
    return rows[0] if len(rows) == 1 else shapes.concatenate(*rows, axis=0)


def _beside(x: Node, left: Dim, right: Dim) -> Node:
    """`x` with columns of zeros on both sides."""
    zero = constant(x.dtype.type(0))
    parts = [red.spread(zero, (x.shape[0], n)) for n in (left, right)]
    parts = [part for part in (parts[0], x, parts[1]) if part.shape[1] != 0]
    return parts[0] if len(parts) == 1 else shapes.concatenate(*parts, axis=1)
