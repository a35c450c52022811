"""Norms: the roots of sums of squares are recognised, and what their derivatives bring in is spelled out again.

A sum of squares that is smooth has derivative 0 wherever it is 0, so that of its root is 0/0 there: by convention 0, as
for the norm, in whatever way the norm is written.
"""

from __future__ import annotations

import numpy as np

from symdiff.graph.node import LENGTH, Node
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.contraction import einsum, split_subscripts
from symdiff.ops.decompositions import definite_inverse
from symdiff.ops.spectra import frechet, held, spectral
from symdiff.rewrite.rule import BITS, REAL, Rule, is_scalar_constant, number

LARGEST = 200  # operations below a root that are looked through
SQUARES = (ew.square, ew.abs2, red.var)
LINEAR = (
    red.sum_, red.mean, red.broadcast_to, shapes.reshape, shapes.permute, shapes.expand_dims, shapes.squeeze,
    shapes.getitem, shapes.diagonal,
)  # fmt: skip
ARITHMETIC = (ew.add, ew.multiply, ew.divide, ew.power, einsum)


@BITS.on("root-of-squares", ew.sqrt, why="the same root: its derivative is 0 where it is 0")
def _root_of_squares(node: Node) -> Node | None:
    """``sqrt(x**2 + y**2 + z**2)``, ``sqrt(mean(x**2))``, ``sqrt(x**2)``."""
    total = node.inputs[0]
    return ew.root_of_squares(total) if total.aval.kind == "f" and _is_sum_of_squares(total) else None


def _is_sum_of_squares(total: Node) -> bool:
    """Whether a node is nowhere negative, and smooth where it is 0."""
    known: dict[Node, bool] = {}
    region = toposort([total], stop=lambda n: n.op not in (*SQUARES, *LINEAR, *ARITHMETIC))
    for n in region[: LARGEST + 1]:
        known[n] = _adds_squares(n, known)
    return known.get(total, False)


def _adds_squares(n: Node, known: dict[Node, bool]) -> bool:
    if n.op in SQUARES:
        return n.aval.kind == "f"
    if n.op in LINEAR:
        return known.get(n.inputs[0], False)
    if n.op is ew.power:
        exponent = n.inputs[1]
        return is_scalar_constant(exponent) and number(exponent) in (2, 4, 6, 8)
    if n.op is einsum:
        a, b, _ = split_subscripts(n.kwargs["subscripts"])
        return n.inputs[0] is n.inputs[1] and a == b
    x, y = n.inputs
    if n.op is ew.add:
        return known.get(x, False) and known.get(y, False)
    if n.op is ew.divide:
        return known.get(x, False) and _is_positive(y)
    return (known.get(x, False) and _is_positive(y)) or (known.get(y, False) and _is_positive(x))


def _is_positive(x: Node) -> bool:
    """A number or an array that is known, or the length of an axis."""
    return x.op is LENGTH or (x.literal is not None and x.aval.kind in "iuf" and bool(np.all(x.literal.value > 0)))


@REAL.on("squared-root", ew.square, why="the root is not needed, and its derivative neither")
def _squared_root(node: Node) -> Node | None:
    """``sqrt(x**2 + y**2 + z**2) ** 2``."""
    root = node.inputs[0]
    return root.inputs[0] if root.op is ew.root_of_squares else None


@BITS.on(
    "quotient-by-norm",
    ew.norm_quotient,
    ew.sign_product,
    ew.root_of_squares,
    spectral,
    frechet,
    held,
    definite_inverse,
    why="what it says",
)
def _spelled_out(node: Node) -> Node | None:
    """The definition of a row that serves differentiation alone."""
    assert node.op.lower is not None
    return node.op.lower(*node.inputs)


FORMS: tuple[Rule, ...] = (_root_of_squares, _squared_root)
SPELLED: tuple[Rule, ...] = (_spelled_out,)
