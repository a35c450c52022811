"""Factorisations of matrices and stacks of them: Cholesky, eigenvalues, singular values, QR.

A factorisation is one row with several parts, and has one derivative, in which the cotangents of the parts meet.

Derivatives: Murray, "Differentiation of the Cholesky decomposition", 2016; Giles, 2008 (eigenvalues, singular values);
Seeger, Hetzel, Dai, Meissner and Lawrence, "Auto-differentiating linear algebra", 2017 (eigh, QR, SVD); Walter and
Lehmann, "Algorithmic differentiation of linear algebra functions with application in optimum experimental design",
2010 (QR); Boeddeker, Hanebrink, Drude, Heymann and Haeb-Umbach, "On the computation of complex-valued gradients with
application to statistically optimum beamforming", 2017 (eig). All are written for the inner product Re<G, dY>.

Where eigenvalues or singular values repeat, those values keep their derivative (the sum of a repeated eigenvalue is
smooth), and their vectors have none: it comes out as nan. It may not be taken as 0 even if nothing but 0/0 stands
there: functions of the vectors need a limit, which is not 0. Spectral functions V diag(f(w)) V' have one, and a rule of
their own (`symdiff.ops.spectra`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.fact import Fact
from symdiff.graph.node import Node, Tangents, constant
from symdiff.graph.op import Op, Part, Undefined
from symdiff.ops import array_bounds, bounds, runtime
from symdiff.ops.batching import stacks
from symdiff.ops.contraction import matmul
from symdiff.ops.costs import cubic
from symdiff.ops.elementwise import real
from symdiff.ops.families import primitive, undefined
from symdiff.ops.in_c import matrix_call
from symdiff.ops.index import Slice
from symdiff.ops.linalg import (
    adjoint,
    check_matrix,
    conj,
    hermitian_part,
    in_inner_product,
    inv,
    matrix_dtype,
    real_dtype,
    rectangular,
    rows,
    smaller,
    solve,
    square,
    transposed,
)
from symdiff.ops.links import per_matrix
from symdiff.ops.reductions import spread, sum_
from symdiff.ops.shapes import concatenate, diagonal, expand_dims, eye, getitem, tril, triu

# ----------------------------------------------------------------------------------------------------------- shape rules


def _eigen_infer(name: str, values: Any, vectors: Any) -> Any:
    """Values and vectors of square matrices."""
    w, v = square(name, lambda s: s[:-1], values), square(name, lambda s: s, vectors)
    return lambda x: (w(x), v(x))


def _svd_infer(full: bool) -> Any:
    def infer(x: Aval) -> tuple[Aval, Aval, Aval]:
        check_matrix("svd", x)
        (m, n), k, dtype = x.shape[-2:], smaller(x), matrix_dtype(x)
        if k is None:
            raise ShapeError(
                f"svd of {x!r}: which of {m} and {n} is smaller must be known",
                help="declare the lengths as numbers, or decompose x.T @ x with eigh",
            )
        (left, right), stack = (m, n) if full else (k, k), x.shape[:-2]
        return Aval(dtype, (*stack, m, left)), Aval(real_dtype(x), (*stack, k)), Aval(dtype, (*stack, right, n))

    return infer


def _qr_infer(x: Aval) -> tuple[Aval, Aval]:
    check_matrix("qr", x)
    (m, n), k, dtype = x.shape[-2:], smaller(x), matrix_dtype(x)
    if k is None:
        raise ShapeError(f"qr of {x!r}: which of {m} and {n} is smaller must be known")
    return Aval(dtype, (*x.shape[:-2], m, k)), Aval(dtype, (*x.shape[:-2], k, n))


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


def _by_factor(x: Node) -> Node:
    """inv(L)^H inv(L), which reads the triangle that the factor L reads."""
    root = inv(cholesky(x))
    return matmul(adjoint(root), root)


@in_inner_product
def _definite_inverse(g: Node, y: Node, x: Node) -> Node:
    """-Y G Y, made Hermitian: the inverse is read as Y = L^-H L^-1, of a matrix of which one triangle is read."""
    turned = matmul(matmul(y, g), y)
    return -0.5 * (turned + adjoint(turned))


# ----------------------------------------------------------------------------------------------------------- eigenvalues


def _on_diagonal(v: Node, dtype: np.dtype) -> Node:
    """Diagonal matrices with `v` on the diagonal, one for each vector of a stack."""
    return rows(v) * eye(n=v.shape[-1], dtype=dtype.name)


@in_inner_product
def _eigh(gs: Tangents, y: Node, x: Node) -> Node:
    """V (diag(gw) + F * V^H gV) V^H with F[i, j] = 1 / (w[j] - w[i]) off the diagonal, and 0 on it.

    Hermitian, since the argument is read as Hermitian.
    """
    (gw, gv), (w, v) = gs, y
    if gv is None:
        assert gw is not None
        return matmul(v * rows(gw), adjoint(v))
    inner = hermitian_part(matmul(adjoint(v), gv) * reciprocal_gaps(w))
    if gw is not None:
        inner = _on_diagonal(gw, w.dtype) + inner
    return matmul(matmul(v, inner), adjoint(v))


def _reciprocal_gaps(g: Node, y: Node, w: Node) -> Node:
    """dF = -F * F * (dw[j] - dw[i])."""
    h = g * (y * y)
    return sum_(h, axis=(h.ndim - 1,), keepdims=False) - sum_(h, axis=(h.ndim - 2,), keepdims=False)


@in_inner_product
def _eig(gs: Tangents, y: Node, x: Node) -> Node:
    """V^-H (diag(gw) + (V^H gV - V^H V diag(Re V^H gV)) * conj(F)) V^H (Boeddeker et al., 4.77).

    The eigenvectors have length 1.
    """
    (gw, gv), (w, v) = gs, y
    t = adjoint(v)
    if gv is None:
        assert gw is not None
        return solve(t, expand_dims(gw, axis=(gw.ndim,)) * t)
    vg = matmul(t, gv)
    inner = (vg - matmul(t, v) * rows(real(diagonal(vg)))) * conj(reciprocal_gaps(w))
    if gw is not None:
        inner = _on_diagonal(gw, w.dtype) + inner
    return solve(t, matmul(inner, t))


# ------------------------------------------------------------------------------------------------------- singular values


@in_inner_product
def _svd(gs: Tangents, y: Node, x: Node) -> Node:
    """[U (diag(gs) + (F * skew(U^H gU)) S + S (F * skew(V^H gV))) + (I - U U^H) gU / S] V^H + U [(I - V V^H) gV / S]^H.

    F[i, j] = 1 / (s[j]^2 - s[i]^2), and 0 on the diagonal. At a zero singular value, one of the subgradients of s.
    """
    (gu, gs_, gvt), (u, s, vt) = gs, y
    if gu is None and gvt is None:
        assert gs_ is not None
        return matmul(u * rows(gs_), vt)
    m, n, k = *x.shape[-2:], s.shape[-1]
    v, gv = adjoint(vt), None if gvt is None else adjoint(gvt)
    left = matmul(u, _turned(u, gu, s, v, gv, gs_))
    if gu is not None and m != k:
        left = left + _outside(u, gu) / rows(s)
    total = matmul(left, vt)
    if gv is not None and n != k:
        total = total + matmul(u, adjoint(_outside(v, gv) / rows(s)))
    return total


def _svd_full(gs: Tangents, y: Node, x: Node) -> Node | Undefined | None:
    gu, g, gvt = gs
    if gu is not None or gvt is not None:
        return undefined("full_matrices=True adds columns at will")
    return _svd((None, g, None), svd(x), x)


def _turned(u: Node, gu: Node | None, s: Node, v: Node, gv: Node | None, gs: Node | None) -> Node:
    """diag(gs) + (F * skew(U^H gU)) S + S (F * skew(V^H gV)): what happens inside of the spaces that U and V span."""
    gaps = reciprocal_gaps(s * s)
    terms = [] if gs is None else [_on_diagonal(gs, s.dtype)]
    skews = []
    if gu is not None:
        skews.append(_skew(u, gu))
        terms.append(skews[-1] * gaps * rows(s))
    if gv is not None:
        skews.append(-_skew(v, gv))
        terms.append(expand_dims(s, axis=(s.ndim,)) * (_skew(v, gv) * gaps))
    if u.aval.kind == "c":  # the phase that U and V share is free: each of them bears half of what turns it
        terms.append(_sum(skews) * eye(n=s.shape[-1], dtype=s.dtype.name) / (4 * rows(s)))
    return _sum(terms)


def _skew(u: Node, g: Node) -> Node:
    ug = matmul(adjoint(u), g)
    return ug - adjoint(ug)


def _outside(u: Node, g: Node) -> Node:
    """What g has outside of the space that the columns of U span."""
    return g - matmul(u, matmul(adjoint(u), g))


def _sum(terms: Sequence[Node]) -> Node:
    return sum(terms[1:], start=terms[0])


# -------------------------------------------------------------------------------------------------------------------- QR


@in_inner_product
def _qr(gs: Tangents, y: Node, x: Node) -> Node:
    """[gQ + Q mirrored(gR R^H - Q^H gQ)] R^-H, where `mirrored` is the upper triangle and its mirror image.

    Of a wide matrix [X Y] the factor R is [U W] with W = Q^H Y: the rule holds for X, U and gQ + Y gW^H.
    """
    (gq, gr), (q, r) = gs, y
    m, n = x.shape[-2:]
    if not (isinstance(m, int) and isinstance(n, int) and m < n):
        return _qr_of_tall(gq, gr, q, r)
    u, behind = _split(r)[0], _split(x)[1]
    if gr is None:
        return _beside(_qr_of_tall(gq, None, q, u), spread(constant(x.dtype.type(0)), behind.shape))
    gu, gw = _split(gr)
    given = [] if gq is None else [gq]
    return _beside(_qr_of_tall(_sum([*given, matmul(behind, adjoint(gw))]), gu, q, u), matmul(q, gw))


def _qr_of_tall(gq: Node | None, gr: Node | None, q: Node, r: Node) -> Node:
    terms = [] if gr is None else [matmul(gr, adjoint(r))]
    if gq is not None:
        terms.append(-matmul(adjoint(q), gq))
    turned = matmul(q, _mirrored(triu, _sum(terms)))
    return adjoint(solve(r, adjoint(turned if gq is None else gq + turned)))


def _split(x: Node) -> tuple[Node, Node]:
    """The leading square block of a wide matrix, and the columns behind it."""
    m = x.shape[-2]
    every = [Slice()] * (x.ndim - 1)
    return getitem(x, index=(*every, Slice(None, m))), getitem(x, index=(*every, Slice(m, None)))


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


def _oblong(rng: np.random.Generator) -> Any:
    for shape in [(3, 2), (2, 3), (2, 3, 2)]:
        yield (rng.normal(size=shape),), {}


def _distinct(rng: np.random.Generator) -> Any:
    for shape in [(3,), (2, 3), (1,)]:
        yield (np.sort(rng.normal(size=shape), axis=-1) + 2 * np.arange(shape[-1]),), {}


# ------------------------------------------------------------------------------------------------------------------ rows

_FINITE, _BASIS = bounds.entire(), bounds.entire(words=frozenset({"orthogonal"}))

cholesky: Op = primitive("cholesky", np.linalg.cholesky, infer=square("cholesky", lambda s: s), vjp=(_cholesky,), symmetric=True, batch=stacks, singular=True, spell={"c": matrix_call("cholesky", "a, y")}, hint="chol", samples=_positive_definite, latex=r"\operatorname{chol}(#1)", facts=lambda node, of: Fact(finite=of(node.inputs[0]).finite, words=frozenset({"lower", "positive_diagonal"})), doc="Lower Cholesky factor of a symmetric positive definite matrix.")
definite_inverse: Op = primitive("definite_inverse", None, lower=lambda x: _by_factor(x), infer=square("inv", lambda s: s), vjp=(_definite_inverse,), symmetric=True, batch=stacks, singular=True, links=per_matrix, facts=array_bounds.inverse, hint="inv", samples=_positive_definite, latex="#1^{-1}", doc="Inverse of a matrix that is read as its Cholesky factor is: symmetric, and so is its derivative.")
eigh: Op = primitive("eigh", np.linalg.eigh, infer=_eigen_infer("eigh", real_dtype, matrix_dtype), vjp=(_eigh,), symmetric=True, parts=(Part("w", alone="np.linalg.eigvalsh(a)"), Part("V", singular=True)), batch=stacks, samples=_symmetric, facts=lambda node, of: (_FINITE(node, of), _BASIS(node, of)), doc="Eigenvalues of a symmetric matrix, in ascending order, and eigenvectors, as columns.")
reciprocal_gaps: Op = primitive("reciprocal_gaps", runtime.reciprocal_gaps, infer=_gaps_infer, vjp=(_reciprocal_gaps,), batch=stacks, singular=True, hint="F", samples=_distinct, doc="1 / (w[j] - w[i]), and 0 on the diagonal; nan where two are equal.")
svd: Op = primitive("svd", np.linalg.svd, infer=_svd_infer(full=False), vjp=(_svd,), spell="np.linalg.svd(a, full_matrices=False)", parts=(Part("U", singular=True), Part("s", alone="np.linalg.svd(a, compute_uv=False)"), Part("Vt", singular=True)), batch=stacks, samples=rectangular, facts=lambda node, of: (_BASIS(node, of), bounds.entire(0)(node, of), _FINITE(node, of)), doc="Left singular vectors as columns, singular values in descending order, right singular vectors as rows.")
svd_full: Op = primitive("svd_full", np.linalg.svd, infer=_svd_infer(full=True), vjp=(_svd_full,), parts=(Part("U", singular=True), Part("s", alone="np.linalg.svd(a, compute_uv=False)"), Part("Vt", singular=True)), batch=stacks, samples=_oblong, doc="The same, with vectors that complete a basis, of which there is a choice.")
qr: Op = primitive("qr", np.linalg.qr, infer=_qr_infer, vjp=(_qr,), parts=(Part("Q", singular=True), Part("R", alone='np.linalg.qr(a, mode="r")', singular=True)), batch=stacks, samples=rectangular, facts=lambda node, of: (_BASIS(node, of), bounds.entire(words=frozenset({"upper"}))(node, of)), doc="Orthonormal factor Q and upper triangular factor R of a = Q @ R.")
eig: Op = primitive("eig", runtime.complex_eig, infer=_eigen_infer("eig", _complex_dtype, _complex_dtype), vjp=(_eig,), parts=(Part("w", alone="np.linalg.eigvals(a) + 0j"), Part("V", alone="np.linalg.eig(a)[1] + 0j", singular=True)), batch=stacks, flops=cubic, samples=_real_spectra, doc="Eigenvalues and eigenvectors of a square matrix, as complex numbers; vectors have length 1.")
