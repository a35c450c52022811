"""How many floating-point operations a node takes: its row's column `flops`, or what the family implies.

Elementwise rows take one for each element of the result, reductions one for each element that goes in, and other linear
rows none, for they move elements. Primitive rows take one for each element of the first input.
"""

from __future__ import annotations

from functools import lru_cache

from symdiff.graph.dims import Dim, Shape, nominal, size
from symdiff.graph.node import Node


def flops(node: Node) -> Dim:
    """The operations that one evaluation of `node` takes, its inputs given: a polynomial in the lengths.

    Raises:
        LimitError: if a coefficient or a degree grows too large.
    """
    op = node.op
    if op.flops is not None:
        return op.flops(node)
    if not node.inputs or op.view:
        return 0
    if op.family == "elementwise":
        return size(node.shape)
    if op.accumulate is not None or op.family == "primitive" or "keepdims" in node.kwargs:
        return size(node.inputs[0].shape)
    return 0


def nominal_flops(node: Node) -> int:
    """The same where every name stands for the nominal length."""
    op = node.op
    plain = op.flops is None and op.family == "elementwise" and not op.view
    return _nominal(node.shape) if plain else nominal(flops(node))


@lru_cache(maxsize=4096)
def _nominal(shape: Shape) -> int:
    return nominal(size(shape))


def result_elements(node: Node) -> Dim:
    """A column `flops`: one for each element of the result."""
    return size(node.shape)


def cubic(node: Node) -> Dim:
    """A column `flops` for decompositions: 2 m n k for a matrix of m and n, k of which is the length that comes first.

    What sizes imply, not more: LAPACK's counts differ by small factors, 2/3 for LU and about 10 for singular values.
    """
    shape = node.inputs[0].shape
    if "keepdims" in node.kwargs or len(shape) < 2:  # a norm; a vector's rank
        return size(shape)
    return 2 * size(shape) * shape[-2 if shape[-2] == shape[-1] else -1]
