"""Linear algebra on square matrices and stacks of them.

Derivatives: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 2008
(inverse, determinant, solve); Murray, "Differentiation of the Cholesky decomposition", 2016; Golub and Pereyra, 1973 (pinv).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Shape, size
from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops import runtime
from symdiff.ops.batching import aligned, stacked, stacks
from symdiff.ops.contraction import matmul
from symdiff.ops.families import float_dtype, primitive, undefined
from symdiff.ops.reductions import spread, sum_
from symdiff.ops.shapes import expand_dims, eye, permute, reshape, squeeze, tril


def transposed(x: Node) -> Node:
    """The matrices in `x` transposed."""
    return permute(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _dtype(*avals: Aval) -> np.dtype:
    dtype = float_dtype(avals)
    if dtype == np.float16:
        raise DTypeError("numpy.linalg has no float16", help="compute in float32: x.astype(float32)")
    return dtype


def check_square(name: str, x: Aval) -> None:
    """Raises ShapeError unless `x` is a square matrix or a stack of them."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{name}({x!r}): the last two lengths must be equal")


def _square(name: str, result: Any) -> Any:
    def infer(x: Aval) -> Aval:
        check_square(name, x)
        return Aval(_dtype(x), result(x.shape))

    return infer


def _solve_infer(a: Aval, b: Aval) -> Aval:
    check_square("solve", a)
    rows = b.shape[0] if b.ndim == 1 else b.shape[-2] if b.ndim else None
    if rows != a.shape[-1]:
        raise ShapeError(f"solve({a!r}, {b!r}): {a.shape[-1]} equations, but the right-hand side has {rows}")
    if a.ndim > 2 and (b.ndim == 1 or b.shape[:-2] != a.shape[:-2]):
        raise ShapeError(f"solve({a!r}, {b!r}): the stacks differ")
    return Aval(_dtype(a, b), b.shape)


def _pinv_infer(x: Aval) -> Aval:
    if x.ndim < 2:
        raise ShapeError(f"pinv({x!r}): needs a matrix")
    return Aval(_dtype(x), (*x.shape[:-2], x.shape[-1], x.shape[-2]))


# ----------------------------------------------------------------------------------------------------------- derivatives


def _matrix(g: Node) -> Node:
    """One number per matrix, shaped to scale the matrices."""
    return expand_dims(g, axis=(g.ndim, g.ndim + 1)) if g.ndim else g


def _inv(g: Node, y: Node, x: Node) -> Node:
    t = transposed(y)
    return -matmul(matmul(t, g), t)


def _solve_matrix(g: Node, y: Node, a: Node, b: Node) -> Node:
    s = solve(transposed(a), g)
    if b.ndim == 1:
        s, y = expand_dims(s, axis=(1,)), expand_dims(y, axis=(0,))
        return -(s * y)
    return -matmul(s, transposed(y))


def _solve_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """One matrix and a stack of right-hand sides: they are columns of one. Otherwise a stack of systems."""
    a, b = inputs
    if a.ndim == 2:
        return _solve_columns(a, b, len(lead))
    vector = node.inputs[1].ndim == 1
    a, b = stacked(node, inputs, lead)
    if not vector:
        a = spread(aligned(a, len(lead), b.ndim - len(lead)), (*b.shape[:-2], *a.shape[-2:]))
    return squeeze(solve(a, expand_dims(b, axis=(b.ndim,))), axis=(b.ndim,)) if vector else solve(a, b)


def _solve_columns(a: Node, b: Node, stack: int) -> Node:
    rows = stack if b.ndim == stack + 1 else b.ndim - 2  # the axis along which the equations are counted
    order = (rows, *(k for k in range(b.ndim) if k != rows))
    columns = permute(b, axes=order)
    x = solve(a, reshape(columns, shape=(a.shape[0], size(columns.shape[1:]))))
    return permute(reshape(x, shape=columns.shape), axes=tuple(order.index(k) for k in range(b.ndim)))


def _cofactor(g: Node, y: Node, x: Node) -> Node:
    w = transposed(inv(x))
    inner = _matrix(sum_(g * w, axis=(x.ndim - 2, x.ndim - 1), keepdims=False))
    return _matrix(det(x)) * (inner * w - matmul(matmul(w, transposed(g)), w))


def _cholesky(g: Node, y: Node, x: Node) -> Node:
    """Symmetric: the factorisation reads its argument as symmetric."""
    m = matmul(transposed(y), g)
    phi = tril(m, k=0) - 0.5 * eye(n=x.shape[-1], dtype=x.dtype.name) * m
    s = solve(transposed(y), transposed(solve(transposed(y), phi)))
    return 0.5 * (s + transposed(s))


def _pinv(g: Node, y: Node, x: Node) -> Node:
    """The rank of the matrix is taken to be locally constant."""
    p, pt, gt = y, transposed(y), transposed(g)
    left = matmul(matmul(gt, p), pt)
    right = matmul(matmul(pt, p), gt)
    inner = left - matmul(x, matmul(p, left)) + right - matmul(matmul(right, p), x)
    return inner - matmul(matmul(pt, g), pt)


def identity_power(x: Node) -> Node:
    """The zeroth power: an identity for each matrix."""
    return spread(eye(n=x.shape[-1], dtype=x.dtype.name), x.shape)


def _eigvalsh(g: Node, y: Node, x: Node) -> Node:
    """V diag(g) V': symmetric, since the argument is read as symmetric. Not unique where eigenvalues repeat."""
    v = eigvecs(x)
    return matmul(v * expand_dims(g, axis=(g.ndim - 1,)), transposed(v))


def _eigvecs(g: Node, y: Node, x: Node) -> Node:
    """V (F * (V'g)) V', F[i, j] = 1 / (w[j] - w[i]) off the diagonal; undefined (inf) where eigenvalues repeat."""
    w, one = eigvalsh(x), eye(n=x.shape[-1], dtype=x.dtype.name)
    gaps = expand_dims(w, axis=(w.ndim - 1,)) - expand_dims(w, axis=(w.ndim,))
    inner = matmul(transposed(y), g) * (1 - one) / (gaps + one)
    s = matmul(matmul(y, inner), transposed(y))
    return 0.5 * (s + transposed(s))


def _svdvals(g: Node, y: Node, x: Node) -> Node:
    """U diag(g) V'; at a zero singular value, one of the subgradients."""
    return matmul(svd_left(x) * expand_dims(g, axis=(g.ndim - 1,)), svd_right(x))


def _smaller(x: Aval) -> Dim:
    m, n = x.shape[-2:]
    if m == n or not (isinstance(m, int) and isinstance(n, int)):
        if m != n:
            raise ShapeError(f"svd of {x!r}: which of {m} and {n} is smaller must be known")
        return m
    return min(m, n)


def _svd_infer(shape: Any) -> Any:
    def infer(x: Aval) -> Aval:
        if x.ndim < 2:
            raise ShapeError(f"svd({x!r}): needs a matrix")
        return Aval(_dtype(x), (*x.shape[:-2], *shape(x.shape[-2], x.shape[-1], _smaller(x))))

    return infer


def _symmetric(rng: np.random.Generator) -> Any:
    for shape in [(3, 3), (2, 2, 2)]:
        half = rng.normal(size=shape)
        yield (half + np.swapaxes(half, -1, -2) + np.diag(np.arange(shape[-1]) * 3.0),), {}


def _general(rng: np.random.Generator) -> Any:
    for shape in [(3, 3), (2, 2, 2), (1, 1)]:
        yield (rng.normal(size=shape) + 2.5 * np.eye(shape[-1]),), {}


def _positive_definite(rng: np.random.Generator) -> Any:
    for shape in [(3, 3), (2, 2, 2)]:
        half = rng.normal(size=shape)
        yield (half @ np.swapaxes(half, -1, -2) + np.eye(shape[-1]),), {}


def _systems(rng: np.random.Generator) -> Any:
    for a, b in [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 2, 2), (2, 2, 3))]:
        yield (rng.normal(size=a) + 2.5 * np.eye(a[-1]), rng.normal(size=b)), {}


def _rectangular(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(3, 2)),), {}
    yield (rng.normal(size=(2, 3)),), {}


inv: Op = primitive("inv", np.linalg.inv, infer=_square("inv", lambda s: s), vjp=(_inv,), batch=stacks, singular=True, hint="inv", sympy="Inverse(a)", samples=_general, latex="#1^{-1}", doc="Inverse of a matrix.")
solve: Op = primitive("solve", np.linalg.solve, infer=_solve_infer, vjp=(_solve_matrix, lambda g, y, a, b: solve(transposed(a), g)), batch=_solve_batch, singular=True, hint="sol", sympy="Inverse(a) * b", samples=_systems, latex="#1^{-1} #2", doc="Solution of a @ x = b.")
det: Op = primitive("det", np.linalg.det, infer=_square("det", lambda s: s[:-2]), vjp=(lambda g, y, x: _matrix(g) * cofactor(x),), batch=stacks, hint="det", sympy="Determinant(a)", samples=_general, latex=r"\det(#1)", doc="Determinant; its derivative exists for singular matrices too.")
cofactor: Op = primitive("cofactor", runtime.cofactor, infer=_square("cofactor", lambda s: s), vjp=(_cofactor,), batch=stacks, singular=True, hint="cof", samples=_general, latex=r"\operatorname{cof}(#1)", doc="Matrix of cofactors: the derivative of the determinant.")
logdet: Op = primitive("logdet", None, infer=_square("logdet", lambda s: s[:-2]), vjp=(lambda g, y, x: _matrix(g) * transposed(inv(x)),), spell="np.linalg.slogdet(a)[1]", batch=stacks, singular=True, hint="logdet", sympy="log(Abs(Determinant(a)))", samples=_general, latex=r"\log \lvert \det(#1) \rvert", doc="Logarithm of |det(x)|, without overflow.")
signdet: Op = primitive("signdet", None, infer=_square("slogdet", lambda s: s[:-2]), vjp=(None,), spell="np.linalg.slogdet(a)[0]", batch=stacks, hint="sign", samples=_general, latex=r"\operatorname{sign} \det(#1)", doc="Sign of det(x).")
cholesky: Op = primitive("cholesky", np.linalg.cholesky, infer=_square("cholesky", lambda s: s), vjp=(_cholesky,), symmetric=True, batch=stacks, singular=True, hint="chol", samples=_positive_definite, latex=r"\operatorname{chol}(#1)", doc="Lower Cholesky factor of a symmetric positive definite matrix.")
pinv: Op = primitive("pinv", np.linalg.pinv, infer=_pinv_infer, vjp=(_pinv,), batch=stacks, hint="pinv", samples=_rectangular, latex="#1^{+}", doc="Moore-Penrose pseudo-inverse.")
eigvalsh: Op = primitive("eigvalsh", np.linalg.eigvalsh, infer=_square("eigvalsh", lambda s: s[:-1]), vjp=(_eigvalsh,), symmetric=True, batch=stacks, hint="w", samples=_symmetric, doc="Eigenvalues of a symmetric matrix, in ascending order.")
eigvecs: Op = primitive("eigvecs", None, infer=_square("eigh", lambda s: s), vjp=(_eigvecs,), symmetric=True, spell="np.linalg.eigh(a)[1]", batch=stacks, singular=True, hint="V", samples=_symmetric, doc="Eigenvectors of a symmetric matrix, as columns.")
svdvals: Op = primitive("svdvals", None, infer=_svd_infer(lambda m, n, k: (k,)), vjp=(_svdvals,), spell="np.linalg.svd(a, compute_uv=False)", batch=stacks, hint="s", samples=_rectangular, doc="Singular values, in descending order.")
svd_left: Op = primitive("svd_left", None, infer=_svd_infer(lambda m, n, k: (m, k)), vjp=(undefined("singular vectors are differentiated to first order only"),), spell="np.linalg.svd(a, full_matrices=False)[0]", batch=stacks, hint="U", samples=_rectangular, doc="Left singular vectors, as columns.")
svd_right: Op = primitive("svd_right", None, infer=_svd_infer(lambda m, n, k: (k, n)), vjp=(undefined("singular vectors are differentiated to first order only"),), spell="np.linalg.svd(a, full_matrices=False)[2]", batch=stacks, hint="Vt", samples=_rectangular, doc="Right singular vectors, as rows.")
