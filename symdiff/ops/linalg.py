"""Linear algebra on square matrices and stacks of them: inverse, systems, determinants, least squares.

Derivatives: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 2008
(inverse, determinant, solve); Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares
problems whose variables separate", 1973 (pinv, lstsq); Najfeld and Havel, "Derivatives of the matrix exponential", 1995.

A cotangent of a complex value is dz/dx - i dz/dy. Rules of holomorphic operations (inv, solve, det) carry no conjugate;
the others are written for the inner product Re<G, dY> with G the conjugate of the cotangent, as the literature has
them, and conjugated back (`in_inner_product`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval, broadcast
from symdiff.graph.dims import Dim, Shape, size
from symdiff.graph.node import Cotangent, Node, Tangents, constant
from symdiff.graph.op import Op, Part, Undefined
from symdiff.ops import array_bounds, bounds, runtime
from symdiff.ops.batching import aligned, broadcasting, is_stacked, stacks
from symdiff.ops.contraction import matmul
from symdiff.ops.costs import cubic
from symdiff.ops.elementwise import conjugate, imag
from symdiff.ops.families import primitive
from symdiff.ops.in_c import matrix_call
from symdiff.ops.index import Slice
from symdiff.ops.inference import float_dtype
from symdiff.ops.links import per_matrix
from symdiff.ops.reductions import spread, sum_
from symdiff.ops.shapes import concatenate, expand_dims, eye, getitem, permute, reshape, squeeze, tril, triu

# ------------------------------------------------------------------------------------------------- shared by all rows


def transposed(x: Node) -> Node:
    """The matrices in `x` transposed."""
    return permute(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def conj(x: Node) -> Node:
    """The complex conjugate; `x` itself if it is real."""
    return conjugate(x) if x.aval.kind == "c" else x


def adjoint(x: Node) -> Node:
    """The matrices in `x` transposed and conjugated."""
    return conj(transposed(x))


def hermitian_part(x: Node) -> Node:
    """(x + x^H) / 2: the derivative by a matrix that is read as symmetric."""
    return 0.5 * (x + adjoint(x))


def rows(v: Node) -> Node:
    """One number per column, shaped to scale the columns of a matrix."""
    return expand_dims(v, axis=(v.ndim - 1,))


def in_inner_product(rule: Callable[..., Node | Undefined | None]) -> Callable[..., Node | Undefined | None]:
    """A rule that the literature writes for Re<G, dY>, as a rule on cotangents dz/dx - i dz/dy."""

    def on_cotangent(g: Cotangent, y: Node, *inputs: Node, **params: Any) -> Node | Undefined | None:
        given = conj(g) if isinstance(g, Node) else tuple(None if part is None else conj(part) for part in g)
        term = rule(given, y, *inputs, **params)
        return conj(term) if isinstance(term, Node) else term

    return on_cotangent


def matrix_dtype(*avals: Aval) -> np.dtype:
    """What numpy.linalg returns; raises DTypeError for float16."""
    dtype = float_dtype(avals)
    if dtype == np.float16:
        raise DTypeError("numpy.linalg has no float16", help="compute in float32: x.astype(float32)")
    return dtype


def real_dtype(*avals: Aval) -> np.dtype:
    """The dtype of the real numbers that belong to a matrix: eigenvalues, singular values, log-determinants."""
    dtype = matrix_dtype(*avals)
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def check_matrix(name: str, x: Aval) -> None:
    """Raises ShapeError unless `x` is a matrix or a stack of them."""
    if x.ndim < 2:
        raise ShapeError(f"{name}({x!r}): needs a matrix")


def check_square(name: str, x: Aval) -> None:
    """Raises ShapeError unless `x` is a square matrix or a stack of them."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{name}({x!r}): the last two lengths must be equal", code="SD206")


def square(name: str, result: Any, dtype: Any = matrix_dtype) -> Any:
    """The shape rule of a row on square matrices."""

    def infer(x: Aval) -> Aval:
        check_square(name, x)
        return Aval(dtype(x), result(x.shape))

    return infer


# ----------------------------------------------------------------------------------------------------------- shape rules


def _solve_infer(a: Aval, b: Aval) -> Aval:
    check_square("solve", a)
    rows = b.shape[0] if b.ndim == 1 else b.shape[-2] if b.ndim else None
    if rows != a.shape[-1]:
        raise ShapeError(f"solve({a!r}, {b!r}): {a.shape[-1]} equations, but the right-hand side has {rows}")
    if b.ndim == 1:
        return Aval(matrix_dtype(a, b), a.shape[:-1])
    stack = broadcast(a.shape[:-2], b.shape[:-2])
    if stack is None:
        raise ShapeError(f"solve({a!r}, {b!r}): the stacks differ")
    return Aval(matrix_dtype(a, b), (*stack, *b.shape[-2:]))


def _triangular_infer(a: Aval, b: Aval, lower: bool, unit: bool) -> Aval:
    if a.ndim != 2:
        raise ShapeError(f"solve_triangular({a!r}, {b!r}): needs one matrix")
    return _solve_infer(a, b)


def _cofactor_slope_infer(x: Aval, h: Aval) -> Aval:
    check_square("cofactor_slope", x)
    stack = broadcast(x.shape, h.shape)
    if stack is None or x.shape[-2:] != h.shape[-2:]:
        raise ShapeError(f"cofactor_slope({x!r}, {h!r}): the direction has another shape")
    return Aval(matrix_dtype(x, h), stack)


def _slogdet_infer(x: Aval) -> tuple[Aval, Aval]:
    check_square("slogdet", x)
    return Aval(matrix_dtype(x), x.shape[:-2]), Aval(real_dtype(x), x.shape[:-2])


def _pinv_infer(x: Aval) -> Aval:
    check_matrix("pinv", x)
    return Aval(matrix_dtype(x), (*x.shape[:-2], x.shape[-1], x.shape[-2]))


def _lstsq_infer(a: Aval, b: Aval) -> Aval:
    if a.ndim != 2 or b.ndim not in (1, 2) or b.shape[0] != a.shape[0]:
        raise ShapeError(f"lstsq({a!r}, {b!r}): needs a matrix, and a right-hand side with as many rows")
    return Aval(matrix_dtype(a, b), (a.shape[1], *b.shape[1:]))


def smaller(x: Aval) -> Dim | None:
    """The smaller of the lengths of a matrix, None if that is not known."""
    m, n = x.shape[-2:]
    if m == n:
        return m
    return min(m, n) if isinstance(m, int) and isinstance(n, int) else None


# ----------------------------------------------------------------------------------------------------------- derivatives


def _matrix(g: Node) -> Node:
    """One number per matrix, shaped to scale the matrices."""
    return expand_dims(g, axis=(g.ndim, g.ndim + 1)) if g.ndim else g


def _inv(g: Node, y: Node, x: Node) -> Node:
    t = transposed(y)
    return -matmul(matmul(t, g), t)


def _column(b: Node) -> Node:
    return expand_dims(b, axis=(b.ndim,))


def _solve_rhs(g: Node, y: Node, a: Node, b: Node) -> Node:
    if b.ndim == 1 and a.ndim > 2:
        return squeeze(solve(transposed(a), _column(g)), axis=(g.ndim,))
    return solve(transposed(a), g)


def _solve_matrix(g: Node, y: Node, a: Node, b: Node) -> Node:
    return -_outer(_solve_rhs(g, y, a, b), y, vectors=b.ndim == 1)


def _outer(s: Node, y: Node, vectors: bool) -> Node:
    """s y': of vectors or of matrices."""
    return _column(s) * rows(y) if vectors else matmul(s, transposed(y))


def _triangular_rhs(g: Node, y: Node, a: Node, b: Node, lower: bool, unit: bool) -> Node:
    return solve_triangular(transposed(a), g, lower=not lower, unit=unit)


def _triangular_matrix(g: Node, y: Node, a: Node, b: Node, lower: bool, unit: bool) -> Node:
    full = -_outer(_triangular_rhs(g, y, a, b, lower, unit), y, vectors=b.ndim == 1)
    return tril(full, k=-int(unit)) if lower else triu(full, k=int(unit))


def _solve_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """One matrix and a stack of right-hand sides: they are columns of one. Otherwise a stack of systems."""
    a, b = inputs
    if a.ndim == 2:
        return _columns(node, inputs, lead)
    vector, b_lead = node.inputs[1].ndim == 1, is_stacked(node, inputs, 1)
    b = _column(b) if vector else b
    ndim = max(node.inputs[0].ndim, node.inputs[1].ndim)
    a = aligned(a, len(lead), ndim) if is_stacked(node, inputs, 0) else a
    x = solve(a, aligned(b, len(lead), ndim) if b_lead else b)
    return squeeze(x, axis=(x.ndim - 1,)) if vector else x


def _columns(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """The row on one matrix and a stack of right-hand sides, which become the columns of one."""
    a, b = inputs
    k = len(lead) if node.inputs[1].ndim == 1 else b.ndim - 2  # the axis along which the equations are counted
    order = (k, *(i for i in range(b.ndim) if i != k))
    columns = permute(b, axes=order)
    x = Node(node.op, (a, reshape(columns, shape=(b.shape[k], size(columns.shape[1:])))), node.params)
    return permute(reshape(x, shape=(x.shape[0], *columns.shape[1:])), axes=tuple(map(order.index, range(b.ndim))))


def _triangular_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """SciPy takes one matrix; a stack of triangles is solved as matrices are."""
    a, b = inputs
    if a.ndim == 2:
        return _columns(node, inputs, lead)
    lower, unit = node.kwargs["lower"], node.kwargs["unit"]
    triangle = tril(a, k=-int(unit)) if lower else triu(a, k=int(unit))
    return _solve_batch(node, (triangle + identity_power(a) if unit else triangle, b), lead)


def _lstsq_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """NumPy takes one matrix; of a stack the pseudo-inverses give the solutions."""
    a, b = inputs
    if a.ndim == 2:
        return _columns(node, inputs, lead)
    if node.inputs[1].ndim == 2:
        return matmul(pinv(a), b)
    x = matmul(pinv(a), _column(b))
    return squeeze(x, axis=(x.ndim - 1,))


def _cofactor(g: Node, y: Node, x: Node) -> Node:
    """Second derivatives are symmetric, so what a direction does to the cofactors is what a cotangent does."""
    return cofactor_slope(x, g)


def _cofactor_slope(g: Node, y: Node, x: Node, h: Node) -> Node:
    """The derivative of det(x) (tr(ah) tr(ag) - tr(ahag)) with a = inv(x): for matrices that are regular."""
    w = transposed(inv(x))
    wh, wg = matmul(w, transposed(h)), matmul(w, transposed(g))
    whw, wgw = matmul(wh, w), matmul(wg, w)
    th, tg, both = _inner(w, h), _inner(w, g), _inner(whw, g)
    return _matrix(det(x)) * ((th * tg - both) * w - tg * whw - th * wgw + matmul(wh, wgw) + matmul(wg, whw))


def _inner(a: Node, b: Node) -> Node:
    product = a * b
    return sum_(product, axis=(product.ndim - 2, product.ndim - 1), keepdims=True)


def _slogdet(gs: Tangents, y: Node, x: Node) -> Node | None:
    """A real sign is constant; the phase of a complex determinant turns with the imaginary part of tr(inv(x) dx)."""
    (gsign, glog), (sign, _) = gs, y
    terms = [] if glog is None else [_matrix(glog) * transposed(inv(x))]
    if gsign is not None and x.aval.kind == "c":
        terms.append(_matrix(imag(gsign * sign)) * (1j * transposed(inv(x))))
    return sum(terms[1:], start=terms[0]) if terms else None


@in_inner_product
def _pinv(g: Node, y: Node, x: Node) -> Node:
    """The rank of the matrix is taken to be locally constant."""
    p, ph, gh = y, adjoint(y), adjoint(g)
    left = matmul(matmul(gh, p), ph)
    right = matmul(matmul(ph, p), gh)
    inner = left - matmul(x, matmul(p, left)) + right - matmul(matmul(right, p), x)
    return inner - matmul(matmul(ph, g), ph)


@in_inner_product
def _lstsq_rhs(g: Node, y: Node, a: Node, b: Node) -> Node:
    return lstsq(adjoint(a), g)


@in_inner_product
def _lstsq_matrix(g: Node, y: Node, a: Node, b: Node) -> Node:
    """-w x' + r v' + u (g - a'w)', where w = pinv(a)'g, v = pinv(a) w, u = pinv(a)'x and r = b - a x.

    The rank is taken to be full, since elsewhere there is no derivative: one of the last two terms vanishes.
    """
    m, n = a.shape
    w = lstsq(adjoint(a), g)
    total = -_product(w, y)
    tall, wide = (m > n, m < n) if isinstance(m, int) and isinstance(n, int) else (m != n, m != n)
    if tall:
        total = total + _product(b - matmul(a, y), lstsq(a, w))
    if wide:
        total = total + _product(lstsq(adjoint(a), y), g - matmul(adjoint(a), w))
    return total


def _product(p: Node, q: Node) -> Node:
    """p q^H: of two vectors or of two matrices."""
    return _column(p) * conj(rows(q)) if p.ndim == 1 else matmul(p, adjoint(q))


def _expm(x: Node, t: Node) -> Node:
    """The upper right block of the exponential of [[x, t], [0, x]]: Najfeld and Havel, 1995, equation 93."""
    n, last = x.shape[-1], x.ndim - 1
    zero = spread(constant(x.dtype.type(0)), x.shape)
    block = concatenate(concatenate(x, t, axis=last), concatenate(zero, x, axis=last), axis=last - 1)
    return getitem(expm(block), index=(*[Slice()] * (x.ndim - 2), Slice(None, n), Slice(n, None)))


def identity_power(x: Node) -> Node:
    """The zeroth power: an identity for each matrix."""
    return spread(eye(n=x.shape[-1], dtype=x.dtype.name), x.shape)


# --------------------------------------------------------------------------------------------------------------- samples


def general(rng: np.random.Generator) -> Any:
    """Well-conditioned square matrices."""
    for shape in [(3, 3), (2, 2, 2), (1, 1)]:
        yield (rng.normal(size=shape) + 2.5 * np.eye(shape[-1]),), {}


def _directions(rng: np.random.Generator) -> Any:
    for shape, h in [((3, 3), (3, 3)), ((2, 2, 2), (2, 2, 2)), ((3, 3), (2, 3, 3)), ((1, 1), (1, 1))]:
        yield (rng.normal(size=shape) + 2.5 * np.eye(shape[-1]), rng.normal(size=h)), {}


def rectangular(rng: np.random.Generator) -> Any:
    """Tall and wide matrices, square ones, and stacks."""
    for shape in [(3, 2), (2, 3), (2, 2), (2, 3, 2), (1, 1)]:
        yield (rng.normal(size=shape),), {}


def _systems(rng: np.random.Generator) -> Any:
    for a, b in [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 2, 2), (2, 2, 3)), ((2, 3, 3), (3,)), ((2, 1, 2, 2), (3, 2, 1))]:
        yield (rng.normal(size=a) + 2.5 * np.eye(a[-1]), rng.normal(size=b)), {}


def _triangular_systems(rng: np.random.Generator) -> Any:
    for lower, unit, b in [(True, False, (3,)), (False, False, (3, 2)), (True, True, (3,)), (False, True, (3, 2))]:
        yield (rng.normal(size=(3, 3)) + 2.5 * np.eye(3), rng.normal(size=b)), {"lower": lower, "unit": unit}


def _regressions(rng: np.random.Generator) -> Any:
    for a, b in [((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 3), (2,)), ((2, 4), (2, 2)), ((3, 3), (3,))]:
        yield (rng.normal(size=a), rng.normal(size=b)), {}


# ------------------------------------------------------------------------------------------------------------------ rows


def _triangular_spell(node: Node) -> str:
    params = node.kwargs
    return f"solve_triangular(a, b{', lower=True' if params['lower'] else ''}{', unit_diagonal=True' if params['unit'] else ''})"


inv: Op = primitive("inv", np.linalg.inv, vjp=(_inv,), singular=True, facts=array_bounds.inverse, doc="Inverse of a matrix.",
        links=per_matrix, infer=square("inv", lambda s: s), batch=stacks, spell={"c": matrix_call("invert", "a, y, room(2 * n * n)")}, hint="inv", sympy="Inverse(a)", latex="#1^{-1}", samples=general)
solve: Op = primitive("solve", np.linalg.solve, vjp=(_solve_matrix, _solve_rhs), singular=True, doc="Solution of a @ x = b.",
        links=per_matrix, infer=_solve_infer, batch=_solve_batch, spell={"c": matrix_call("solve", "m, a, b, y, room(n * n)")}, hint="sol", sympy="Inverse(a) * b", latex="#1^{-1} #2", samples=_systems)
solve_triangular: Op = primitive("solve_triangular", "scipy.linalg:solve_triangular", vjp=(_triangular_matrix, _triangular_rhs), singular=True,
        doc="Solution of a @ x = b for a triangular matrix.", infer=_triangular_infer, batch=_triangular_batch, spell={"numpy": _triangular_spell, "c": matrix_call("solve_triangular", "m, lower, unit, a, b, y")}, hint="sol",
        samples=_triangular_systems)
lstsq: Op = primitive("lstsq", np.linalg.lstsq, vjp=(_lstsq_matrix, _lstsq_rhs), singular=True,
        doc="Least-squares solution of a @ x = b, the smallest one if there are several.", infer=_lstsq_infer, batch=_lstsq_batch,
        spell="np.linalg.lstsq(a, b)[0]", hint="sol", samples=_regressions)
det: Op = primitive("det", np.linalg.det, vjp=(lambda g, y, x: _matrix(g) * cofactor(x),), facts=bounds.entire(), doc="Determinant; its derivative exists for singular matrices too.",
        links=per_matrix, infer=square("det", lambda s: s[:-2]), batch=stacks, spell={"c": matrix_call("determinant", "a, y, room(n * n)")}, hint="det", sympy="Determinant(a)", latex=r"\det(#1)", samples=general)
cofactor: Op = primitive("cofactor", runtime.cofactor, vjp=(_cofactor,), singular=True, spell={"c": matrix_call("cofactors", "a, y, room(2 * n * n)")}, doc="Matrix of cofactors: the derivative of the determinant.",
        links=per_matrix, infer=square("cofactor", lambda s: s), batch=stacks, flops=cubic, hint="cof", latex=r"\operatorname{cof}(#1)", samples=general)
cofactor_slope: Op = primitive("cofactor_slope", runtime.cofactor_slope, vjp=(_cofactor_slope, lambda g, y, x, h: cofactor_slope(x, g)), singular=True,
        doc="How the cofactors of a matrix change in a direction: the second derivative of the determinant.", infer=_cofactor_slope_infer,
        batch=broadcasting, flops=cubic, hint="slope", latex=r"\operatorname{D}\operatorname{cof}(#1) #2", samples=_directions)
slogdet: Op = primitive("slogdet", np.linalg.slogdet, vjp=(_slogdet,), doc="Sign of det(x), or its phase, and logarithm of |det(x)|, without overflow.",
        parts=(Part("sign", latex=r"\operatorname{sign} \det(#1)"),
               Part("logdet", singular=True, latex=r"\log \lvert \det(#1) \rvert", sympy="log(Abs(Determinant(a)))")),
        spell={"c": matrix_call("log_determinant", "a, y0, y1, room(n * n)")}, infer=_slogdet_infer, batch=stacks, samples=general)
pinv: Op = primitive("pinv", np.linalg.pinv, vjp=(_pinv,), facts=array_bounds.pseudo_inverse, doc="Moore-Penrose pseudo-inverse.",
        links=per_matrix, infer=_pinv_infer, batch=stacks, hint="pinv", latex="#1^{+}", samples=rectangular)
expm: Op = primitive("expm", "scipy.linalg:expm", vjp=(lambda g, y, x: _expm(transposed(x), g),), jvp=lambda tangents, y: _expm(y.inputs[0], *tangents),
        facts=bounds.entire(), doc="Matrix exponential.", links=per_matrix, infer=square("expm", lambda s: s), batch=stacks, hint="expm", latex=r"e^{#1}", samples=general)
matrix_rank: Op = primitive("matrix_rank", np.linalg.matrix_rank, vjp=(None,), facts=bounds.counts, doc="Number of singular values that are not zero.",
        infer=lambda x: Aval(np.int64, x.shape[:-2]), batch=stacks, hint="rank", samples=general)
