"""Functions of matrices, Sylvester's equation, and the LU decomposition, by SciPy.

Derivatives: of a function f of a matrix, the upper right block of f([[x, t], [0, x]]) is its derivative in the direction
t (Mathias, "A chain rule for matrix functions and applications", 1996); of a X + X b = q, another equation of that kind;
of p l u (Seeger, Hetzel, Dai, Meissner and Lawrence, "Auto-differentiating linear algebra", 2017, adapted from Cholesky).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Shape
from symdiff.graph.node import Cotangent, Node, constant
from symdiff.graph.op import Op, Part
from symdiff.ops import runtime
from symdiff.ops.batching import stacked, stacks
from symdiff.ops.contraction import matmul
from symdiff.ops.families import primitive
from symdiff.ops.index import Slice
from symdiff.ops.linalg import (
    adjoint,
    check_square,
    in_inner_product,
    matrix_dtype,
    solve,
    solve_triangular,
    square,
    transposed,
)
from symdiff.ops.links import per_matrix
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import concatenate, expand_dims, eye, getitem, reshape, tril, triu

# ------------------------------------------------------------------------------------------------- functions of a matrix


def along(function: Op, x: Node, t: Node) -> Node:
    """The derivative of a function of a matrix at `x` in the direction `t`: a block of its value."""
    n, last = x.shape[-1], x.ndim - 1
    zero = spread(constant(x.dtype.type(0)), x.shape)
    block = concatenate(concatenate(x, t, axis=last), concatenate(zero, x, axis=last), axis=last - 1)
    return getitem(function(block), index=(*[Slice()] * (x.ndim - 2), Slice(None, n), Slice(n, None)))


def _definite(rng: np.random.Generator) -> Any:
    """Matrices with eigenvalues that are apart, and positive."""
    for n in (3, 1):
        a = 0.3 * rng.normal(size=(n, n))
        yield (np.diag(1.0 + np.arange(n)) + a @ a.T,), {}


def _function(name: str, fn: Any, doc: str, latex: str) -> Op:
    def vjp(g: Node, y: Node, x: Node) -> Node:
        return along(y.op, transposed(x), g)

    return primitive(name, fn, vjp=(vjp,), jvp=lambda tangents, y: along(y.op, y.inputs[0], *tangents), doc=doc, links=per_matrix,
        infer=square(name, lambda s: s), batch=stacks, hint=name, latex=latex, samples=_definite)  # fmt: skip


sqrtm: Op = _function("sqrtm", runtime.real_sqrtm, "Principal square root of a matrix; nan where it is not real.", "#1^{1/2}")
logm: Op = _function("logm", runtime.real_logm, "Principal logarithm of a matrix; nan where it is not real.", r"\log #1")
sinm: Op = _function("sinm", "scipy.linalg:sinm", "Sine of a matrix.", r"\sin #1")
cosm: Op = _function("cosm", "scipy.linalg:cosm", "Cosine of a matrix.", r"\cos #1")
sinhm: Op = _function("sinhm", "scipy.linalg:sinhm", "Hyperbolic sine of a matrix.", r"\sinh #1")
coshm: Op = _function("coshm", "scipy.linalg:coshm", "Hyperbolic cosine of a matrix.", r"\cosh #1")

# ------------------------------------------------------------------------------------------------------ Sylvester's equation


def _sylvester_infer(a: Aval, b: Aval, q: Aval) -> Aval:
    check_square("solve_sylvester", a)
    check_square("solve_sylvester", b)
    if (a.ndim, b.ndim, q.ndim) != (2, 2, 2) or q.shape != (a.shape[0], b.shape[0]):
        raise ShapeError(f"solve_sylvester({a!r}, {b!r}, {q!r}): q needs the shape ({a.shape[0]}, {b.shape[0]})")
    return Aval(matrix_dtype(a, b, q), q.shape)


def _sylvester_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """SciPy solves one equation at a time; of a stack each is a system of linear equations."""
    a, b, q = stacked(node, inputs, lead)
    n, m = node.shape
    k = len(lead)
    left = reshape(expand_dims(a, axis=(k + 1, k + 3)) * expand_dims(eye(n=m, dtype=a.dtype.name), axis=(1,)), shape=(*lead, n * m, n * m))
    right = expand_dims(eye(n=n, dtype=b.dtype.name), axis=(1, 3)) * expand_dims(transposed(b), axis=(k, k + 2))
    found = solve(left + reshape(right, shape=(*lead, n * m, n * m)), reshape(q, shape=(*lead, n * m, 1)))
    return reshape(found, shape=(*lead, n, m))


def _sylvester_samples(rng: np.random.Generator) -> Any:
    for n, m in [(3, 2), (1, 1)]:
        yield (rng.normal(size=(n, n)) + 3 * np.eye(n), rng.normal(size=(m, m)) + 3 * np.eye(m), rng.normal(size=(n, m))), {}


def _adjoint_solution(g: Node, a: Node, b: Node) -> Node:
    return sylvester(transposed(a), transposed(b), g)


sylvester: Op = primitive("sylvester", "scipy.linalg:solve_sylvester",
        vjp=(lambda g, y, a, b, q: -matmul(_adjoint_solution(g, a, b), transposed(y)), lambda g, y, a, b, q: -matmul(transposed(y), _adjoint_solution(g, a, b)),
        lambda g, y, a, b, q: _adjoint_solution(g, a, b)), doc="The solution X of a @ X + X @ b = q.", infer=_sylvester_infer, batch=_sylvester_batch,
        hint="X", samples=_sylvester_samples)

# --------------------------------------------------------------------------------------------------------------------- LU


def _lu_infer(a: Aval) -> tuple[Aval, ...]:
    check_square("lu", a)
    return (Aval(matrix_dtype(a), a.shape),) * 3


def _lu(g: Cotangent, y: Node, a: Node) -> Node | None:
    """p is constant; the strict lower part of l and the upper part of u are what varies."""
    p, lower, upper = y
    _, of_l, of_u = g
    terms = [] if of_l is None else [tril(matmul(adjoint(lower), of_l), k=-1)]
    terms += [] if of_u is None else [triu(matmul(of_u, adjoint(upper)), k=0)]
    if not terms:
        return None
    inside = terms[0] if len(terms) == 1 else terms[0] + terms[1]
    if a.ndim > 2:
        return matmul(p, adjoint(solve(upper, adjoint(solve(adjoint(lower), inside)))))
    left = solve_triangular(adjoint(lower), inside, lower=False, unit=True)
    return matmul(p, adjoint(solve_triangular(upper, adjoint(left), lower=False, unit=False)))


def _lu_samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(3, 3)) + 3 * np.eye(3)[[1, 2, 0]],), {}
    yield (rng.normal(size=(1, 1)) + 2,), {}


lu: Op = primitive("lu", "scipy.linalg:lu", vjp=(in_inner_product(_lu),), doc="p, l and u of a square matrix a = p @ l @ u, with exchanges of rows p.", infer=_lu_infer,
        parts=(Part("p"), Part("l"), Part("u")), batch=stacks, samples=_lu_samples)
