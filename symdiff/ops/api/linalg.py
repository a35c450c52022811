"""numpy.linalg, and what of scipy.linalg has a row."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.graph.dims import Dim, Length, evaluate, size
from symdiff.graph.node import Node
from symdiff.ops import contraction, decompositions as dec, elementwise as ew, linalg, reductions as red, shapes
from symdiff.ops.api import products
from symdiff.ops.api.convert import asarray, static_int
from symdiff.ops.api.selection import getitem
from symdiff.ops.axes import normalize_axis
from symdiff.ops.table import numpy_function


def _named(name: str, fields: str) -> Any:
    """A named tuple that, unlike Python's, can be made from one sequence too, as a plain tuple is."""
    base: Any = namedtuple(name, fields)  # type: ignore[misc]

    def new(cls: Any, *parts: Any) -> Any:
        return tuple.__new__(cls, parts[0] if len(parts) == 1 else parts)

    return type(name, (base,), {"__new__": new, "__slots__": (), "__module__": __name__})


SlogdetResult = _named("SlogdetResult", "sign logabsdet")
EighResult = _named("EighResult", "eigenvalues eigenvectors")
EigResult = _named("EigResult", "eigenvalues eigenvectors")
SVDResult = _named("SVDResult", "U S Vh")
QRResult = _named("QRResult", "Q R")

# ------------------------------------------------------------------------------------------------ systems, determinants


@numpy_function("linalg.inv", np.linalg.inv, "inv", may_fail=True)
def inv(a: Any) -> Node:
    """Inverse of a matrix."""
    return linalg.inv(asarray(a))


@numpy_function("linalg.solve", np.linalg.solve, "solve", may_fail=True)
def solve(a: Any, b: Any) -> Node:
    """Solution of a @ x = b."""
    return linalg.solve(asarray(a), asarray(b))


@numpy_function("linalg.tensorsolve", np.linalg.tensorsolve, "tensorsolve", may_fail=True)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Node:
    """Solution of tensordot(a, x, x.ndim) = b."""
    x, y = asarray(a), asarray(b)
    if axes is not None:
        moved = [normalize_axis(k, x.ndim) for k in axes]
        x = shapes.permute(x, axes=(*(k for k in range(x.ndim) if k not in moved), *moved))
    unknowns, n = x.shape[y.ndim :], size(y.shape)
    solution = linalg.solve(_reshaped(x, (n, size(unknowns))), _reshaped(y, (n,)))
    return _reshaped(solution, unknowns)


@numpy_function("linalg.tensorinv", np.linalg.tensorinv, "tensorinv", may_fail=True)
def tensorinv(a: Any, ind: int = 2) -> Node:
    """Inverse of tensordot(a, x, ind)."""
    x, k = asarray(a), static_int(ind, "ind")
    if not 0 < k <= x.ndim:
        raise ArgumentError(f"tensorinv of {x.aval!r}: ind is {k}, it must lie between 1 and {x.ndim}")
    rows, columns = x.shape[:k], x.shape[k:]
    return _reshaped(linalg.inv(_reshaped(x, (size(rows), size(columns)))), (*columns, *rows))


def _reshaped(x: Node, shape: tuple[Dim, ...]) -> Node:
    return x if x.shape == shape else shapes.reshape(x, shape=shape)


@numpy_function("linalg.det", np.linalg.det, "det")
def det(a: Any) -> Node:
    """Determinant."""
    return linalg.det(asarray(a))


@numpy_function("logdet")
def logdet(a: Any) -> Node:
    """Logarithm of |det(a)|."""
    return linalg.slogdet(asarray(a)).parts[1]


@numpy_function("linalg.slogdet", np.linalg.slogdet, "slogdet")
def slogdet(a: Any) -> Any:
    """Sign of the determinant, and logarithm of its absolute value."""
    return SlogdetResult(linalg.slogdet(asarray(a)))


@numpy_function("linalg.pinv", np.linalg.pinv, "pinv", may_fail=True)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Node:
    """Moore-Penrose pseudo-inverse."""
    x, cut = asarray(a), rcond if rcond is not None else rtol
    if cut is None:
        return linalg.pinv(x)
    if asarray(cut).ndim:
        raise UnsupportedError("pinv with one rcond per matrix", help="give one number")
    u, s, vt = svd(x, full_matrices=False)
    kept = ew.greater(s, asarray(cut) * red.amax(s, axis=(s.ndim - 1,), keepdims=True))
    scale = ew.where(kept, 1 / ew.where(kept, s, 1), 0)
    return contraction.matmul(linalg.adjoint(vt) * linalg.rows(scale), linalg.adjoint(u))


@numpy_function("linalg.lstsq", np.linalg.lstsq, "lstsq", may_fail=True)
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Node, Node, Node, Node]:
    """Least-squares solution of a @ x = b, the residuals' sums of squares, the rank, and the singular values."""
    if rcond is not None:
        raise UnsupportedError("lstsq with rcond", help="leave it out, or write pinv(a, rcond) @ b")
    x, y = asarray(a), asarray(b)
    solution = linalg.lstsq(x, y)
    m, n = x.shape
    if isinstance(m, int) and isinstance(n, int) and m <= n:
        residuals = asarray(np.zeros(0, linalg.real_dtype(solution.aval)))
    else:  # a full rank is taken for granted
        error = ew.absolute(y - contraction.matmul(x, solution))
        residuals = red.sum_(ew.square(error), axis=(0,), keepdims=y.ndim == 1)
    return solution, residuals, linalg.matrix_rank(x), svdvals_of_known(x)


def svdvals_of_known(x: Node) -> Any:
    """The singular values; None where it is not known how many there are."""
    return svdvals(x) if linalg.smaller(x.aval) is not None else None


@numpy_function("linalg.matrix_rank", np.linalg.matrix_rank, "matrix_rank", derivative=False, may_fail=True)
def matrix_rank(A: Any) -> Node:
    """Number of singular values that are not zero."""
    return linalg.matrix_rank(asarray(A))


# -------------------------------------------------------------------------------------------------------- decompositions


@numpy_function("linalg.cholesky", np.linalg.cholesky, "cholesky", may_fail=True)
def cholesky(a: Any, *, upper: bool = False) -> Node:
    """Lower (or upper) Cholesky factor; the argument is read as symmetric."""
    lower = dec.cholesky(asarray(a))
    return linalg.adjoint(lower) if upper else lower


def _triangle(a: Any, UPLO: str) -> Node:
    """The matrix whose lower triangle NumPy reads."""
    if UPLO not in ("L", "U", "l", "u"):
        raise ArgumentError(f"UPLO is {UPLO!r}, it must be 'L' or 'U'")
    x = asarray(a)
    return linalg.adjoint(x) if UPLO in "Uu" else x


@numpy_function("linalg.eigvalsh", np.linalg.eigvalsh, "eigvalsh", may_fail=True)
def eigvalsh(a: Any, UPLO: str = "L") -> Node:
    """Eigenvalues of a symmetric matrix, in ascending order; the argument is read as symmetric."""
    return dec.eigh(_triangle(a, UPLO)).parts[0]


@numpy_function("linalg.eigh", np.linalg.eigh, "eigh", may_fail=True)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of a symmetric matrix."""
    return EighResult(dec.eigh(_triangle(a, UPLO)))


@numpy_function("linalg.eigvals", np.linalg.eigvals, "eigvals", may_fail=True)
def eigvals(a: Any) -> Node:
    """Eigenvalues of a square matrix; complex, even where all of them are real."""
    return dec.eig(asarray(a)).parts[0]


@numpy_function("linalg.eig", np.linalg.eig, "eig", may_fail=True)
def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors of a square matrix; complex, even where all of them are real."""
    return EigResult(dec.eig(asarray(a)))


@numpy_function("linalg.svdvals", np.linalg.svdvals, "svdvals", may_fail=True)
def svdvals(x: Any) -> Node:
    """Singular values, in descending order."""
    return dec.svd(asarray(x)).parts[1]


@numpy_function("linalg.svd", np.linalg.svd, "svd", may_fail=True)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Singular value decomposition U, S, Vh; with full_matrices only square matrices have a derivative."""
    x = asarray(a)
    if not compute_uv:
        return svdvals(x)
    if hermitian:
        raise UnsupportedError("svd with hermitian=True", help="leave it out, or take the eigenvectors: eigh(a)")
    left, s, right = dec.svd(x)
    if full_matrices and left.shape[-1] != left.shape[-2]:
        left = dec.svd_full(x).parts[0]
    if full_matrices and right.shape[-1] != right.shape[-2]:
        right = dec.svd_full(x).parts[2]
    return SVDResult(left, s, right)


@numpy_function("linalg.qr", np.linalg.qr, "qr")
def qr(a: Any, mode: str = "reduced") -> Any:
    """QR decomposition; mode is 'reduced' or 'r', or 'complete' for a matrix that is not tall."""
    x = asarray(a)
    q, r = dec.qr(x)
    if mode == "r":
        return r
    if mode == "complete" and q.shape[-1] == q.shape[-2]:
        mode = "reduced"
    if mode != "reduced":
        raise UnsupportedError(f"qr with mode={mode!r}", help="'reduced' and 'r' have derivatives")
    return QRResult(q, r)


# -------------------------------------------------------------------------------------------------------------- products


@numpy_function("linalg.matrix_power", np.linalg.matrix_power, "matrix_power", view="perhaps", may_fail=True)
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


@numpy_function("linalg.multi_dot", np.linalg.multi_dot, "multi_dot")
def multi_dot(arrays: Any) -> Node:
    """Product of matrices, in the order that takes the fewest multiplications."""
    factors = [asarray(x) for x in arrays]
    if len(factors) < 2:
        raise ArgumentError(f"multi_dot of {len(factors)} arrays, it takes at least two")
    inner = all(x.ndim == 2 for x in factors[1:-1])
    if not (inner and factors[0].ndim in (1, 2) and factors[-1].ndim in (1, 2)):
        raise ShapeError("multi_dot takes matrices; the first and the last may be vectors")
    lengths = [_typical(x.shape[0]) if x.ndim == 2 else 1 for x in factors[:1]]
    lengths += [_typical(x.shape[0]) for x in factors[1:]]
    lengths.append(_typical(factors[-1].shape[1]) if factors[-1].ndim == 2 else 1)
    cut = _cheapest_cuts(lengths)
    done: dict[tuple[int, int], Node] = {(k, k): x for k, x in enumerate(factors)}
    for i, j in reversed(_runs(cut, len(factors))):
        done[i, j] = contraction.matmul(done[i, cut[i, j]], done[cut[i, j] + 1, j])
    return done[0, len(factors) - 1]


def _runs(cut: dict[tuple[int, int], int], total: int) -> list[tuple[int, int]]:
    """The runs of the chain that are multiplied, the whole first."""
    runs, k = [(0, total - 1)], 0
    while k < len(runs):
        i, j = runs[k]
        runs += [run for run in ((i, cut[i, j]), (cut[i, j] + 1, j)) if run[0] < run[1]]
        k += 1
    return runs


def _typical(n: Dim) -> int:
    """A number for a length that is not known: the order of products needs a cost."""
    return evaluate(n, dict.fromkeys(n.names(), 1000)) if isinstance(n, Length) else n


def _cheapest_cuts(lengths: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to split each run of a matrix chain (Cormen, Leiserson, Rivest and Stein, section 15.2)."""
    total = len(lengths) - 1
    cost: dict[tuple[int, int], int] = {(i, i): 0 for i in range(total)}
    cut: dict[tuple[int, int], int] = {}
    for span in range(1, total):
        for i in range(total - span):
            j = i + span
            options = [
                (cost[i, k] + cost[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1], k) for k in range(i, j)
            ]
            cost[i, j], cut[i, j] = min(options)
    return cut


@numpy_function("linalg.trace", np.linalg.trace)
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Node:
    """Sum of a diagonal of the last two axes."""
    return products.trace(x, offset, -2, -1, dtype)


@numpy_function("linalg.diagonal", np.linalg.diagonal, view="always")
def diagonal(x: Any, /, *, offset: int = 0) -> Node:
    """Elements on a diagonal of the last two axes."""
    a, k = asarray(x), static_int(offset, "the offset")
    linalg.check_matrix("diagonal", a.aval)
    n, m = a.shape[-2:]
    if k == 0 and n == m:
        return shapes.diagonal(a)
    if not isinstance(n, int) or not isinstance(m, int):
        raise UnsupportedError(f"diagonal {k} of {a.aval!r} needs known lengths")
    rows = np.arange(max(0, min(n + min(k, 0), m - max(k, 0)))) + max(-k, 0)
    return getitem(a, (..., rows, rows + k))


# --------------------------------------------------------------------------------------------------------- scipy.linalg


@numpy_function("solve_triangular", "scipy.linalg:solve_triangular", "linalg.solve_triangular", may_fail=True)
def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Node:
    """Solution of a @ x = b for a triangular matrix; the other triangle is not read."""
    x = asarray(a)
    if trans in (1, "T", 2, "C"):
        x, lower = (linalg.adjoint if trans in (2, "C") else linalg.transposed)(x), not lower
    elif trans not in (0, "N"):
        raise ArgumentError(f"trans is {trans!r}, it must be 0, 1 or 2")
    return linalg.solve_triangular(x, asarray(b), lower=bool(lower), unit=bool(unit_diagonal))


@numpy_function("expm", "scipy.linalg:expm", "linalg.expm")
def expm(A: Any) -> Node:
    """Matrix exponential."""
    return linalg.expm(asarray(A))
