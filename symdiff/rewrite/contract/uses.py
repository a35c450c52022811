"""Who uses what in a graph of products: what belongs to the product that uses it, and what stands by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symdiff.graph.node import Node
from symdiff.ops import contraction, elementwise as ew, linalg, shapes
from symdiff.rewrite.contract.normal_form import MULTILINEAR
from symdiff.rewrite.precision import mixes

MOST_OPERANDS = 16  # of one product; the rest of a longer one is an operand


def count_uses(order: Sequence[Node], roots: Iterable[Node]) -> dict[Node, int]:
    """How often each node is used; a result, never only once."""
    found: dict[Node, int] = dict.fromkeys(order, 0)
    for node in order:
        for x in node.inputs:
            found[x] += 1
    for root in roots:
        found[root] += 2
    return found


def inner_products(order: Sequence[Node], uses: Mapping[Node, int]) -> set[Node]:
    """The products that are used once, by a product, and do not make it too long."""
    by = {x: node for node in order for x in node.inputs}
    inner: set[Node] = set()
    count: dict[Node, int] = {}
    for node in order:
        if node.op not in MULTILINEAR:
            count[node] = 1
            continue
        count[node] = sum(count[x] if x in inner else 1 for x in node.inputs) or 1
        fits = uses[node] == 1 and by[node].op in MULTILINEAR and by[node].dtype == node.dtype
        fits = fits and not (node.op is ew.divide and node.inputs[1].shape) and not mixes(node)
        if fits and count[node] < MOST_OPERANDS:
            inner.add(node)
    return inner


def only_in_products(order: Sequence[Node], roots: Iterable[Node]) -> set[Node]:
    """The inverses that matrix products alone use, at most two: three would cost more than the inverse."""
    inverses = {node: 0 for node in order if node.op is linalg.inv}
    if not inverses:
        return set()
    stands_for = {node: node for node in inverses}
    for node in order:
        if node.op is shapes.permute and node.inputs[0] in stands_for:
            stands_for[node] = stands_for[node.inputs[0]]
            continue
        for x in node.inputs:
            if x in stands_for:
                inverses[stands_for[x]] += 1 if node.op is contraction.einsum else 3
    for root in roots:
        if root in stands_for:
            inverses[stands_for[root]] += 3
    return {node for node, count in inverses.items() if count <= 2}
