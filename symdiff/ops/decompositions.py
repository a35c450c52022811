"""Factorisations of matrices and stacks of them: Cholesky, eigenvalues, singular values, QR.

Each factor is a row of its own; rows that come out of one call say so (`Op.part`), and are printed as one call.

Derivatives: Murray, "Differentiation of the Cholesky decomposition", 2016; Giles, 2008 (eigenvalues, singular values);
Seeger, Hetzel, Dai, Meissner and Lawrence, "Auto-differentiating linear algebra", 2017 (eigh, QR, SVD); Walter and
Lehmann, "Algorithmic differentiation of linear algebra functions with application in optimum experimental design",
2010 (QR); Boeddeker, Hanebrink, Drude, Heymann and Haeb-Umbach, "On the computation of complex-valued gradients with
application to statistically optimum beamforming", 2017 (eig). All are written for the inner product Re<G, dY>.

Where eigenvalues or singular values repeat, those values keep their derivative (the sum of a repeated eigenvalue is
smooth), and their vectors have none: it comes out as nan. It may not be taken as 0 even if nothing but 0/0 stands
there: at the identity the derivative of V diag(exp(w)) V' needs the limit, which is not 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.node import Node, constant
from symdiff.graph.op import Op, Part
from symdiff.ops import runtime
from symdiff.ops.batching import stacks
from symdiff.ops.contraction import matmul
from symdiff.ops.elementwise import real
from symdiff.ops.families import primitive, undefined
from symdiff.ops.index import Slice
from symdiff.ops.linalg import (
    adjoint,
    check_matrix,
    conj,
    general,
    hermitian_part,
    in_inner_product,
    matrix_dtype,
    real_dtype,
    rectangular,
    rows,
    smaller,
    solve,
    square,
    transposed,
)
from symdiff.ops.reductions import spread, sum_
from symdiff.ops.shapes import concatenate, diagonal, expand_dims, eye, getitem, tril, triu

# ----------------------------------------------------------------------------------------------------------- shape rules


def _svd_infer(shape: Any, dtype: Any = matrix_dtype) -> Any:
    def infer(x: Aval) -> Aval:
        check_matrix("svd", x)
        m, n = x.shape[-2:]
        k = smaller(x)
        if k is None:
            raise ShapeError(
                f"svd of {x!r}: which of {m} and {n} is smaller must be known",
                help="declare the lengths as numbers, or decompose x.T @ x with eigh",
            )
        return Aval(dtype(x), (*x.shape[:-2], *shape(m, n, k)))

    return infer


def _qr_infer(shape: Any) -> Any:
    def infer(x: Aval) -> Aval:
        check_matrix("qr", x)
        m, n = x.shape[-2:]
        k = smaller(x)
        if k is None:
            raise ShapeError(f"qr of {x!r}: which of {m} and {n} is smaller must be known")
        return Aval(matrix_dtype(x), (*x.shape[:-2], *shape(m, n, k)))

    return infer


def _complex_dtype(x: Aval) -> np.dtype:
    return np.result_type(matrix_dtype(x), np.complex64)


def _gaps_infer(w: Aval) -> Aval:
    return Aval(w.dtype, (*w.shape, w.shape[-1]))


# -------------------------------------------------------------------------------------------------------------- Cholesky


def _mirrored(triangle: Op, x: Node) -> Node:
    """A triangle of `x` and its mirror image: a Hermitian matrix."""
    if x.aval.kind != "c":
        return triangle(x, k=0) + transposed(triangle(x, k=-1 if triangle is tril else 1))
    half = triangle(x, k=0) / (1 + eye(n=x.shape[-1], dtype=real_dtype(x.aval).name))
    return half + adjoint(half)


@in_inner_product
def _cholesky(g: Node, y: Node, x: Node) -> Node:
    """L^-H phi L^-1 with phi half of the lower triangle of L^H G and its mirror image (Murray, equation 9)."""
    t = adjoint(y)
    phi = 0.5 * _mirrored(tril, matmul(t, g))
    return solve(t, adjoint(solve(t, phi)))


# ----------------------------------------------------------------------------------------------------------- eigenvalues


@in_inner_product
def _eigvalsh(g: Node, y: Node, x: Node) -> Node:
    """V diag(g) V^H: Hermitian, since the argument is read as Hermitian."""
    v = eigvecs(x)
    return matmul(v * rows(g), adjoint(v))


@in_inner_product
def _eigvecs(g: Node, y: Node, x: Node) -> Node:
    """V (F * V^H G) V^H with F[i, j] = 1 / (w[j] - w[i]) off the diagonal, and 0 on it."""
    inner = hermitian_part(matmul(adjoint(y), g) * reciprocal_gaps(eigvalsh(x)))
    return matmul(matmul(y, inner), adjoint(y))


def _reciprocal_gaps(g: Node, y: Node, w: Node) -> Node:
    """dF = -F * F * (dw[j] - dw[i])."""
    h = g * (y * y)
    return sum_(h, axis=(h.ndim - 1,), keepdims=False) - sum_(h, axis=(h.ndim - 2,), keepdims=False)


@in_inner_product
def _eigvals(g: Node, y: Node, x: Node) -> Node:
    """V^-H diag(g) V^H."""
    v = eigvectors(x)
    return solve(adjoint(v), expand_dims(g, axis=(g.ndim,)) * adjoint(v))


@in_inner_product
def _eigvectors(g: Node, y: Node, x: Node) -> Node:
    """V^-H ((V^H G - V^H V diag(Re V^H G)) * conj(F)) V^H: the eigenvectors have length 1 (Boeddeker et al., 4.77)."""
    t = adjoint(y)
    vg = matmul(t, g)
    inner = vg - matmul(t, y) * rows(real(diagonal(vg)))
    return solve(t, matmul(inner * conj(reciprocal_gaps(eigvals(x))), t))


# ------------------------------------------------------------------------------------------------------- singular values


@in_inner_product
def _svdvals(g: Node, y: Node, x: Node) -> Node:
    """U diag(g) V^H; at a zero singular value, one of the subgradients."""
    return matmul(svd_left(x) * rows(g), svd_right(x))


@in_inner_product
def _svd_left(g: Node, y: Node, x: Node) -> Node:
    """[U (F * skew(U^H G)) S + (I - U U^H) G / S] V^H with F[i, j] = 1 / (s[j]^2 - s[i]^2)."""
    u, s, vt = y, svdvals(x), svd_right(x)
    ug = matmul(adjoint(u), g)
    skew = ug - adjoint(ug)
    inner = skew * reciprocal_gaps(s * s) * rows(s)
    if x.aval.kind == "c":
        inner = inner + _phase(skew, s)
    total = matmul(u, inner)
    if x.shape[-2] != u.shape[-1]:
        total = total + (g - matmul(u, ug)) / rows(s)
    return matmul(total, vt)


@in_inner_product
def _svd_right(g: Node, y: Node, x: Node) -> Node:
    """U [S (F * skew(V^H G)) V^H + (G^H (I - V V^H)) / S], where g is the cotangent of V^H."""
    u, s, vt = svd_left(x), svdvals(x), y
    gv = matmul(vt, adjoint(g))
    skew = gv - adjoint(gv)
    inner = expand_dims(s, axis=(s.ndim,)) * (skew * reciprocal_gaps(s * s))
    if x.aval.kind == "c":
        inner = inner - _phase(skew, s)
    total = matmul(inner, vt)
    if x.shape[-1] != vt.shape[-2]:
        total = total + (g - matmul(adjoint(gv), vt)) / expand_dims(s, axis=(s.ndim,))
    return matmul(u, total)


def _phase(skew: Node, s: Node) -> Node:
    """The phase that U and V share is free: each of them bears half of what turns it."""
    return skew * eye(n=s.shape[-1], dtype=s.dtype.name) / (4 * rows(s))


# -------------------------------------------------------------------------------------------------------------------- QR


def _leading(x: Node) -> tuple[Node, Node]:
    """The leading square block of a wide matrix, and the columns behind it."""
    m = x.shape[-2]
    every = [Slice()] * (x.ndim - 1)
    return getitem(x, index=(*every, Slice(None, m))), getitem(x, index=(*every, Slice(m, None)))


def _over(g: Node, r: Node) -> Node:
    """G R^-H."""
    return adjoint(solve(r, adjoint(g)))


def _is_wide(x: Node) -> bool:
    m, n = x.shape[-2:]
    return isinstance(m, int) and isinstance(n, int) and m < n


@in_inner_product
def _qr_q(g: Node, y: Node, x: Node) -> Node:
    """[G - Q mirrored(Q^H G)] R^-H; of a wide matrix only the leading block matters."""
    if not _is_wide(x):
        return _orthogonal_part(g, y, qr_r(x))
    leading, behind = _orthogonal_part(g, y, _leading(qr_r(x))[0]), _leading(x)[1]
    return _beside(leading, spread(constant(x.dtype.type(0)), behind.shape))


def _orthogonal_part(g: Node, q: Node, r: Node) -> Node:
    return _over(g - matmul(q, _mirrored(triu, matmul(adjoint(q), g))), r)


@in_inner_product
def _qr_r(g: Node, y: Node, x: Node) -> Node:
    """Q mirrored(G R^H) R^-H; of a wide matrix [X Y], R = [U Q^H Y]."""
    q = qr_q(x)
    if not _is_wide(x):
        return _over(matmul(q, _mirrored(triu, matmul(g, adjoint(y)))), y)
    (gu, gv), (u, _), (_, behind) = _leading(g), _leading(y), _leading(x)
    gq = matmul(behind, adjoint(gv))
    square_part = _over(matmul(q, _mirrored(triu, matmul(gu, adjoint(u)))), u)
    return _beside(square_part + _orthogonal_part(gq, q, u), matmul(q, gv))


def _beside(left: Node, right: Node) -> Node:
    return concatenate(left, right, axis=left.ndim - 1)


# --------------------------------------------------------------------------------------------------------------- samples


def _symmetric(rng: np.random.Generator) -> Any:
    for shape in [(3, 3), (2, 2, 2), (1, 1)]:
        half = rng.normal(size=shape)
        yield (half + np.swapaxes(half, -1, -2) + np.diag(np.arange(shape[-1]) * 3.0),), {}


def _positive_definite(rng: np.random.Generator) -> Any:
    for shape in [(3, 3), (2, 2, 2), (1, 1)]:
        half = rng.normal(size=shape)
        yield (half @ np.swapaxes(half, -1, -2) + np.eye(shape[-1]),), {}


def _real_spectra(rng: np.random.Generator) -> Any:
    """Matrices whose eigenvalues are real, so that the phase of their eigenvectors is not free."""
    for shape in [(3, 3), (2, 2, 2), (1, 1)]:
        yield (np.diag(3.0 * np.arange(shape[-1])) + 0.5 * rng.normal(size=shape),), {}


def _distinct(rng: np.random.Generator) -> Any:
    for shape in [(3,), (2, 3), (1,)]:
        yield (np.sort(rng.normal(size=shape), axis=-1) + 2 * np.arange(shape[-1]),), {}


# ------------------------------------------------------------------------------------------------------------------ rows

_VECTORS = undefined("full_matrices=True adds columns at will")
_EIGH, _EIG, _SVD, _QR = "np.linalg.eigh(a)", "np.linalg.eig(a)", "np.linalg.svd(a, full_matrices=False)", "np.linalg.qr(a)"


cholesky: Op = primitive("cholesky", np.linalg.cholesky, infer=square("cholesky", lambda s: s), vjp=(_cholesky,), symmetric=True, batch=stacks, singular=True, hint="chol", samples=_positive_definite, latex=r"\operatorname{chol}(#1)", doc="Lower Cholesky factor of a symmetric positive definite matrix.")
eigvalsh: Op = primitive("eigvalsh", np.linalg.eigvalsh, infer=square("eigvalsh", lambda s: s[:-1], real_dtype), vjp=(_eigvalsh,), symmetric=True, part=Part(_EIGH, 0, 2), batch=stacks, hint="w", samples=_symmetric, doc="Eigenvalues of a symmetric matrix, in ascending order.")
eigvecs: Op = primitive("eigvecs", None, infer=square("eigh", lambda s: s), vjp=(_eigvecs,), symmetric=True, spell=f"{_EIGH}[1]", part=Part(_EIGH, 1, 2), batch=stacks, singular=True, hint="V", samples=_symmetric, doc="Eigenvectors of a symmetric matrix, as columns.")
reciprocal_gaps: Op = primitive("reciprocal_gaps", runtime.reciprocal_gaps, infer=_gaps_infer, vjp=(_reciprocal_gaps,), batch=stacks, singular=True, hint="F", samples=_distinct, doc="1 / (w[j] - w[i]), and 0 on the diagonal; nan where two are equal.")
svdvals: Op = primitive("svdvals", None, infer=_svd_infer(lambda m, n, k: (k,), real_dtype), vjp=(_svdvals,), spell="np.linalg.svd(a, compute_uv=False)", part=Part(_SVD, 1, 3), batch=stacks, hint="s", samples=rectangular, doc="Singular values, in descending order.")
svd_left: Op = primitive("svd_left", None, infer=_svd_infer(lambda m, n, k: (m, k)), vjp=(_svd_left,), spell=f"{_SVD}[0]", part=Part(_SVD, 0, 3), batch=stacks, singular=True, hint="U", samples=rectangular, doc="Left singular vectors, as columns.")
svd_right: Op = primitive("svd_right", None, infer=_svd_infer(lambda m, n, k: (k, n)), vjp=(_svd_right,), spell=f"{_SVD}[2]", part=Part(_SVD, 2, 3), batch=stacks, singular=True, hint="Vt", samples=rectangular, doc="Right singular vectors, as rows.")
svd_left_full: Op = primitive("svd_left_full", None, infer=_svd_infer(lambda m, n, k: (m, m)), vjp=(_VECTORS,), spell="np.linalg.svd(a)[0]", batch=stacks, hint="U", samples=rectangular, doc="Left singular vectors and a basis of what they do not span.")
svd_right_full: Op = primitive("svd_right_full", None, infer=_svd_infer(lambda m, n, k: (n, n)), vjp=(_VECTORS,), spell="np.linalg.svd(a)[2]", batch=stacks, hint="Vt", samples=rectangular, doc="Right singular vectors and a basis of what they do not span.")
qr_q: Op = primitive("qr_q", None, infer=_qr_infer(lambda m, n, k: (m, k)), vjp=(_qr_q,), spell=f"{_QR}[0]", part=Part(_QR, 0, 2), batch=stacks, singular=True, hint="Q", samples=rectangular, doc="Orthonormal factor Q of a = Q @ R.")
qr_r: Op = primitive("qr_r", None, infer=_qr_infer(lambda m, n, k: (k, n)), vjp=(_qr_r,), spell=f"{_QR}[1]", part=Part(_QR, 1, 2), batch=stacks, singular=True, hint="R", samples=rectangular, doc="Upper triangular factor R of a = Q @ R.")
eigvals: Op = primitive("eigvals", None, infer=square("eigvals", lambda s: s[:-1], _complex_dtype), vjp=(_eigvals,), spell="np.linalg.eigvals(a) + 0j", batch=stacks, hint="w", samples=general, doc="Eigenvalues of a square matrix, as complex numbers.")
eigvectors: Op = primitive("eigvectors", None, infer=square("eig", lambda s: s, _complex_dtype), vjp=(_eigvectors,), spell=f"{_EIG}[1] + 0j", batch=stacks, singular=True, hint="V", samples=_real_spectra, doc="Eigenvectors of a square matrix, as complex columns of length 1.")
