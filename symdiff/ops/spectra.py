"""Spectral functions V diag(f(w)) V' of a symmetric or Hermitian matrix, with w, V = eigh(A), and their derivatives.

Eigenvectors have no derivative where eigenvalues meet, but a spectral function has one there, too: L(G) = V (D * V'GV) V'
with the divided differences D[i, j] = (f(w[j]) - f(w[i])) / (w[j] - w[i]), f' where they meet (Daleckii and Krein, 1965;
Higham, "Functions of Matrices", 2008, theorem 3.11). The derivative of L holds second differences, f'' / 2 where three
meet (Noferini, "A formula for the Frechet derivative of a generalized matrix function", 2017; Higham and Relton, 2014).

A row is given f and f' of the eigenvalues twice. What flows into the first, where the eigenvalues are held, is the
derivative by what else f depends on; the others say what there is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.node import Node
from symdiff.graph.notation import written
from symdiff.graph.op import OPS, Op
from symdiff.ops import runtime
from symdiff.ops.batching import stacks
from symdiff.ops.building import build
from symdiff.ops.contraction import matmul
from symdiff.ops.elementwise import equal, real, where
from symdiff.ops.families import primitive, undefined
from symdiff.ops.linalg import adjoint, conj, hermitian_part, in_inner_product, rows
from symdiff.ops.reductions import sum_
from symdiff.ops.shapes import diagonal, expand_dims


@in_inner_product
def _spectral_by(g: Node, node: Node, i: int) -> Node:
    """With respect to the matrix, and to f."""
    a, *known = node.inputs
    v = known[3]
    return frechet(a, hermitian_part(g), *known) if i == 0 else _on_diagonal(v, g)


def _spectral(i: int, g: Node, node: Node) -> Node | None:
    return _spectral_by(g, node, i) if i < 2 else None  # type: ignore[return-value]  # w and V go with the matrix


def _on_diagonal(v: Node, g: Node) -> Node:
    return real(diagonal(_turned(v, g)))


def _turned(v: Node, g: Node) -> Node:
    """V^H G V."""
    return matmul(matmul(adjoint(v), g), v)


def _back(v: Node, inner: Node) -> Node:
    return matmul(matmul(v, inner), adjoint(v))


@in_inner_product
def _frechet_by(g: Node, node: Node, i: int) -> Node:
    """With respect to the matrix, the direction, f and f'."""
    a, d, _, _, w, v, f, slope, curve = node.inputs
    if i == 1:
        return frechet(a, g, *node.inputs[2:])
    c, t = _turned(v, g), _turned(v, d)
    if i > 1:
        rule = _by_function if i == 2 else _by_slope
        return rule(real(c * conj(t)), divided_differences(w, f, slope), w, f, slope)
    t, c = hermitian_part(t), hermitian_part(c)
    pairs = _paired(c, t) + _paired(t, c)
    inner = sum_(second_differences(w, f, slope, curve) * pairs, axis=(pairs.ndim - 2,), keepdims=False)
    return _back(v, hermitian_part(inner))


def _frechet(i: int, g: Node, node: Node) -> Node | None:
    return _frechet_by(g, node, i) if i < 4 else None  # type: ignore[return-value]


def _paired(x: Node, y: Node) -> Node:
    """x[i, k] * y[k, j], in the order i, k, j."""
    return expand_dims(x, axis=(x.ndim,)) * expand_dims(y, axis=(y.ndim - 2,))


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


def _of_triples(w: Aval, f: Aval, slope: Aval, curve: Aval) -> Aval:
    return Aval(f.dtype, (*w.shape, w.shape[-1], w.shape[-1]))


_THIRD = undefined("third derivatives of functions of matrices are not known")


def _values(rng: np.random.Generator) -> Any:
    for shape in [(3,), (2, 3), (1,)]:
        w = np.sort(rng.normal(size=shape), axis=-1) + 2 * np.arange(shape[-1])
        yield (w, np.exp(w / 4), np.exp(w / 4) / 4), {}


held: Op = OPS.register(Op("held", "structural", infer=lambda x: x, bprop=lambda i, g, node: None, arity=1, build=lambda op, inputs, params: Node(op, inputs),
        batch=stacks, lower=lambda x: x, doc="The value, a constant for derivatives."))
spectral: Op = OPS.register(Op("spectral", "structural", infer=lambda a, f_held, slope_held, w, v, f, slope, curve: v, bprop=_spectral, arity=8,
        build=lambda op, inputs, params: Node(op, inputs), batch=stacks,
        lower=lambda a, f_held, slope_held, w, v, f, slope, curve: matmul(v * rows(f), adjoint(v)), doc="V diag(f) V^H of a Hermitian matrix."))
frechet: Op = OPS.register(Op("frechet", "structural", infer=lambda a, d, f_held, slope_held, w, v, f, slope, curve: d, bprop=_frechet, arity=9,
        build=lambda op, inputs, params: Node(op, inputs), batch=stacks,
        lower=lambda a, d, f_held, slope_held, w, v, f, slope, curve: _back(v, divided_differences(w, f, slope) * _turned(v, d)),
        doc="The derivative of a spectral function in a direction."))
divided_differences: Op = primitive("divided_differences", runtime.divided_differences, infer=_of_pairs, vjp=(_by_values, _by_function, _by_slope), batch=stacks,
        hint="D", samples=_values, doc="(f[j] - f[i]) / (w[j] - w[i]); the derivative of f where rounding hides the difference.")
separations: Op = primitive("separations", runtime.separations, infer=_of_pairs, vjp=(_separations, None, None), batch=stacks, hint="R", samples=_values,
        doc="1 / (w[j] - w[i]), and 0 where divided differences take the derivative of f.")
second_differences: Op = OPS.register(Op("second_differences", "structural", infer=_of_triples, bprop=lambda i, g, node: _THIRD, arity=4,
        fn=runtime.second_differences, build=build, batch=stacks, notation=written(hint="T"),
        doc="Divided differences of three values each; half of the second derivative of f where rounding hides them."))
