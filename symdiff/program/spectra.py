"""Spectral functions, found before they are differentiated: ``(V * f(w)) @ V.T`` with ``w, V = eigh(A)``, and
``(V * f(w)) @ V.conj().T`` of Hermitian matrices.

The product gets a node of its own, whose derivative does not run through the eigenvectors, and so exists where
eigenvalues meet. What is found is what rewriting makes of every spelling: ``V @ diag(f(w)) @ V.T``, einsum, the product
of ``V * sqrt(w)`` with its transpose.
"""

from __future__ import annotations

from functools import reduce
from operator import mul

from symdiff.autodiff.forward import push_forward
from symdiff.errors import UndefinedGradientError
from symdiff.graph.graph import Graph
from symdiff.graph.node import ITEM, Node, constant, maker, slot, variable
from symdiff.graph.walk import between, substitute, toposort
from symdiff.ops import decompositions, elementwise as ew, reductions as red, shapes
from symdiff.ops.contraction import einsum, split_subscripts
from symdiff.ops.linalg import conj, transposed
from symdiff.ops.spectra import held, spectral
from symdiff.rewrite.engine import Pass
from symdiff.rewrite.replacing import replaced

SPECTRAL = Pass(
    "spectral-function", "REAL", "its derivative needs no derivative of eigenvectors", "where eigenvalues meet"
)


def with_spectra(graph: Graph) -> Graph:
    """`graph` with its spectral functions named; itself, if it has none."""
    nodes = graph.whole
    if graph.notes.exact or not any(n.op is decompositions.eigh for n in nodes):
        return graph
    return replaced(graph, SPECTRAL, lambda same, _: _spectral(same))


def _spectral(n: Node) -> Node | None:
    """A product V diag(f) V^H, if f is a function of the eigenvalues, one by one."""
    axes = _summed(n) if n.op is einsum and n.aval.kind in "fc" else None
    if axes is None:
        return None
    (v, left), (other, right) = (_unscaled(x, axis) for x, axis in zip(n.inputs, axes, strict=True))
    scales = [*left, *right]
    if v is None or other is None or not scales:
        return None
    if other is conj(v) and _is_vectors(v):
        return _named(v, reduce(mul, scales))
    if v is conj(other) and _is_vectors(other):  # V.conj() @ diag(f) @ V.T
        found = _named(other, reduce(mul, scales))
        return None if found is None else conj(found)
    return None


def _summed(product: Node) -> tuple[int, int] | None:
    """For a product of two matrices, or of stacks of them, which of their last two axes meet."""
    a, b, out = split_subscripts(product.kwargs["subscripts"])
    stack = out[:-2]
    if not len(a) == len(b) == len(out) >= 2 or a[:-2] != stack or b[:-2] != stack:
        return None
    shared = [label for label in a[-2:] if label in b[-2:] and label not in out]
    return (a.index(shared[0]) - len(a), b.index(shared[0]) - len(b)) if len(shared) == 1 else None


def _is_vectors(x: Node) -> bool:
    return x.op is ITEM and maker(x).op is decompositions.eigh and slot(x) == 1


def _unscaled(matrix: Node, axis: int) -> tuple[Node | None, list[Node]]:
    """A matrix without numbers that scale it along an axis, and these; transposed if that axis is the first."""
    scales: list[Node] = []
    while matrix.op in (ew.multiply, ew.divide, ew.negative, einsum):
        first, second = matrix.inputs[0], matrix.inputs[-1]
        if matrix.op in (ew.multiply, einsum) and _along(first, matrix, axis) is not None:
            first, second = second, first
        scale = constant(-1.0) if matrix.op is ew.negative else _along(second, matrix, axis)
        if scale is None or first.shape != matrix.shape:
            break
        scales.append(1 / scale if matrix.op is ew.divide else scale)
        matrix = first
    if axis == -1:
        return matrix, scales
    return matrix.inputs[0] if matrix.op is shapes.permute and transposed(matrix.inputs[0]) is matrix else None, scales


def _along(f: Node, matrix: Node, axis: int) -> Node | None:
    """What scales `matrix` along an axis, as one number for each place or for all of them."""
    if matrix.op is einsum:
        return f.inputs[0] if f.op is shapes.diag and f.kwargs["k"] == 0 and _summed(matrix) == (-1, -2) else None
    other = matrix.ndim - (2 if axis == -1 else 1)
    if f.op is shapes.expand_dims and f.kwargs["axis"] == (other,):
        f = f.inputs[0]
    elif f.shape and (matrix.ndim > 2 or axis != -1):
        return None
    return f if f.shape in ((), matrix.shape[:-1]) and f.ndim < matrix.ndim else None


def _named(v: Node, f: Node) -> Node | None:
    eigen = maker(v)
    w = eigen.parts[0]
    near = {w}
    for n in between([w], f)[1:]:
        if n.op.family == "elementwise" and n.shape == w.shape and all(x in near or not x.shape for x in n.inputs):
            near.add(n)
    if f not in near:
        return None
    far = {x for n in near if n is not w for x in n.inputs if x not in near}
    cut = {x: variable(f"far {k}", x.aval) for k, x in enumerate(toposort([f])) if x in far}
    (alone,) = substitute([f], cut)
    try:
        slope = _derivative(alone, w)
        curve = _derivative(slope, w)
    except UndefinedGradientError:
        return None
    held_ones = substitute([alone, slope], {w: held(w)})
    found = [red.spread(x, w.shape) for x in (*held_ones, slope, curve)]
    f_held, slope_held, slope, curve = substitute(found, {x: y for y, x in cut.items()})
    return spectral(eigen.inputs[0], f_held, slope_held, w, v, f, slope, curve)


def _derivative(f: Node, w: Node) -> Node:
    """That of a function of the eigenvalues, one by one."""
    (slope,) = push_forward([f], [w], [red.spread(constant(w.dtype.type(1)), w.shape)]).tangents
    return constant(w.dtype.type(0)) if slope is None else slope
