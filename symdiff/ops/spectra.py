"""Spectral functions V diag(f(w)) V' of a symmetric matrix, with w, V = eigh(A), and their derivatives.

Eigenvectors have no derivative where eigenvalues meet, but a spectral function has one there, too: V (D * V'GV) V' with
the divided differences D[i, j] = (f(w[j]) - f(w[i])) / (w[j] - w[i]), f' where they meet (Daleckii and Krein, 1965;
Higham, "Functions of Matrices", 2008, theorem 3.11).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.node import Node
from symdiff.graph.op import OPS, Op
from symdiff.ops import runtime
from symdiff.ops.batching import stacks
from symdiff.ops.contraction import matmul
from symdiff.ops.elementwise import equal, where
from symdiff.ops.families import primitive
from symdiff.ops.linalg import hermitian_part, rows, transposed
from symdiff.ops.reductions import sum_
from symdiff.ops.shapes import diagonal


def _spectral(i: int, g: Node, node: Node) -> Node | None:
    """With respect to the matrix, and to what else f depends on; w and V are determined by the matrix."""
    _, _, w, v, f, slope = node.inputs
    if i > 1:
        return None
    inner = matmul(matmul(transposed(v), g), v)
    if i == 1:
        return diagonal(inner)
    return matmul(matmul(v, divided_differences(w, f, slope) * hermitian_part(inner)), transposed(v))


def _along(h: Node) -> tuple[Node, Node]:
    """The sums of the columns, and of the rows."""
    columns, across = (sum_(h, axis=(h.ndim - k,), keepdims=False) for k in (2, 1))
    return columns, across


def _by_values(g: Node, y: Node, w: Node, f: Node, slope: Node) -> Node:
    columns, across = _along(g * y * separations(w, f, slope))
    return across - columns


def _by_function(g: Node, y: Node, w: Node, f: Node, slope: Node) -> Node:
    columns, across = _along(g * separations(w, f, slope))
    return columns - across


def _by_slope(g: Node, y: Node, w: Node, f: Node, slope: Node) -> Node:
    columns, across = _along(where(equal(separations(w, f, slope), 0), 0.5 * g, 0))
    return columns + across


def _separations(g: Node, y: Node, w: Node, f: Node, slope: Node) -> Node:
    """dR = -R * R * (dw[j] - dw[i])."""
    columns, across = _along(g * y * y)
    return across - columns


def _of_pairs(w: Aval, f: Aval, slope: Aval) -> Aval:
    return Aval(f.dtype, (*w.shape, w.shape[-1]))


def _values(rng: np.random.Generator) -> Any:
    for shape in [(3,), (2, 3), (1,)]:
        w = np.sort(rng.normal(size=shape), axis=-1) + 2 * np.arange(shape[-1])
        yield (w, np.exp(w / 4), np.exp(w / 4) / 4), {}


held: Op = OPS.register(Op("held", "structural", infer=lambda x: x, bprop=lambda i, g, node: None, arity=1, build=lambda op, inputs, params: Node(op, inputs),
        batch=stacks, lower=lambda x: x, doc="The value, a constant for derivatives."))
spectral: Op = OPS.register(Op("spectral", "structural", infer=lambda a, f_held, w, v, f, slope: v, bprop=_spectral, arity=6,
        build=lambda op, inputs, params: Node(op, inputs), batch=stacks, lower=lambda a, f_held, w, v, f, slope: matmul(v * rows(f), transposed(v)),
        doc="V diag(f) V' of a symmetric matrix."))
divided_differences: Op = primitive("divided_differences", runtime.divided_differences, infer=_of_pairs, vjp=(_by_values, _by_function, _by_slope), batch=stacks,
        hint="D", samples=_values, doc="(f[j] - f[i]) / (w[j] - w[i]); the derivative of f where rounding hides the difference.")
separations: Op = primitive("separations", runtime.separations, infer=_of_pairs, vjp=(_separations, None, None), batch=stacks, hint="R", samples=_values,
        doc="1 / (w[j] - w[i]), and 0 where divided differences take the derivative of f.")
