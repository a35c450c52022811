"""Where the zeros of a flow are absences: what masks knew when the flow was made, read off the graph that it is in.

A gradient that is differentiated again holds products that are guarded by a flow. Where an element is absent from the
flow by its structure, its derivative is absent, too: behind the end of a slice, or beside the largest element. Where it
is zero by chance, it is not. Which elements may be there is told by conditions and places, which have no derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Set
from functools import reduce

import numpy as np

from symdiff.graph.fact import UNKNOWN, Fact
from symdiff.graph.node import Node, constant
from symdiff.graph.walk import toposort
from symdiff.ops.array_bounds import ZERO
from symdiff.ops.elementwise import isfinite, logical_and, logical_not, logical_or, not_equal, where
from symdiff.ops.meeting import RESULT
from symdiff.ops.reductions import is_zero, spread
from symdiff.ops.shapes import astype

SHARE = Fact(0.0, 1.0, finite=True)


class Arrivals:
    """Where elements of values may be other than zero, whatever the inputs are: found once for each value."""

    def __init__(self) -> None:
        self._known: dict[Node, Node | None] = {}  # conditions, or numbers that are positive where one would hold

    def at(self, value: Node) -> Node | None:
        """A mask that is false only where `value` is zero whatever the inputs are; None for everywhere."""
        for node in toposort([value], stop=self._known.__contains__):
            single = not any(x.aval.parts for x in (node, *node.inputs))
            self._known[node] = self._found(node) if single and (node.shape or is_zero(node)) else None
        found = self._known[value]
        return None if found is None else _condition(found)

    def of_numbers(self, C: Node, D: Node, mask: Node | None, unknown: Set[Node], hazards: Set[Node]) -> Node:
        """C, a product along axes, with 0 for what may not be finite and meets nothing but absences of its cotangent D.

        A zero of D may be one by chance: then what it meets is left out of derivatives only if it is not finite.

        Args:
            mask: where D is let through, if a mask tells it.
            unknown: operands that are expected not to be finite.
            hazards: those that may be so; they count where nothing is summed over, as in products of elements.
        """
        if C.op.meets is None or hazards.isdisjoint(C.inputs):
            return C
        operands = list(C.inputs)
        for i, x in enumerate(C.inputs):
            if x in unknown:
                operands[i] = _of_numbers(x, i, C, D, mask, summed=True)
            elif x in hazards:
                operands[i] = _of_numbers(x, i, C, D, self.at(D), summed=False)
        return Node(C.op, tuple(operands), C.params)

    def _found(self, node: Node) -> Node | None:
        if node.aval.kind == "b":
            return node
        if node.literal is not None:
            return None if np.all(node.literal.value) else constant(node.literal.value != 0)
        if node.op.selects:
            return self._of_selection(*node.inputs)
        if node.op.meets is not None:
            return self._of_products(node.op.meets, node)
        return self._of_factors(node) if node.op.family == "elementwise" else self._of_moved(node)

    def _of_selection(self, condition: Node, value: Node, other: Node) -> Node | None:
        if condition.shape and (is_zero(value) or is_zero(other)):
            chosen, inner = (condition, value) if is_zero(other) else (logical_not(condition), other)
            found = self._known[inner]
            return chosen if found is None else logical_and(chosen, _condition(found))
        return _any([self._known[x] for x in (value, other)])

    def _of_factors(self, node: Node) -> Node | None:
        """Of a product where all factors may be; of a sum where one of its terms may be."""
        known = {x: found for x in node.inputs if (found := self._known[x]) is not None}
        factors = [found for x, found in known.items() if _vanishes(node, [x])]
        if len(factors) > 1:
            return reduce(logical_and, map(_condition, factors))
        return factors[0] if factors else _any(known.values()) if _vanishes(node, known) else None

    def _of_products(self, meets: Callable[..., Node | None], node: Node) -> Node | None:
        """Of sums of products where all factors may be, as far as each of them tells by itself."""
        known = ((k, found) for k, x in enumerate(node.inputs) if (found := self._known[x]) is not None)
        met = [meets(spread(_condition(found), node.inputs[k].shape), k, RESULT, node) for k, found in known]
        told = [mask for mask in met if mask is not None]
        return reduce(logical_and, told) if told else None

    def _of_moved(self, node: Node) -> Node | None:
        """Ones, moved or added up as the elements are."""
        moving = [x for x in node.inputs if x.aval.inexact]
        if node.op.family != "linear":
            return None
        if not node.op.fills and all(self._known[x] is None for x in moving):
            return None
        ones = {x: _share(x, self._known[x]) for x in moving}
        moved = Node(node.op, tuple(ones.get(x, x) for x in node.inputs), node.params)
        passing = node.op.facts
        adds = passing is not None and passing(moved, lambda x: SHARE if x.aval.inexact else UNKNOWN).nonnegative
        return moved if adds else None


def _of_numbers(x: Node, i: int, C: Node, D: Node, mask: Node | None, *, summed: bool) -> Node:
    meets = C.op.meets
    assert meets is not None
    met = meets(spread(not_equal(D, 0) if mask is None else mask, C.shape), RESULT, i, C)
    if met is None or not (summed or met.shape == x.shape):
        return x
    return where(logical_or(isfinite(x), met) if mask is None else met, x, 0)


def _condition(found: Node) -> Node:
    return found if found.aval.kind == "b" else not_equal(found, 0)


def _share(x: Node, found: Node | None) -> Node:
    """Positive numbers where `x` may be other than zero, elsewhere zeros."""
    if found is None:
        found = constant(x.dtype.type(1))
    return spread(found if found.aval.kind != "b" else astype(found, dtype=x.dtype.name), x.shape)


def _vanishes(node: Node, zeros: Collection[Node]) -> bool:
    """Whether an elementwise operation is zero where some operands are, as its row says."""
    passing = node.op.facts
    fact = passing(node, lambda x: ZERO if x in zeros else UNKNOWN) if passing is not None else UNKNOWN
    return bool(fact.low == fact.high == 0)


def _any(found: Collection[Node | None]) -> Node | None:
    conditions = [_condition(x) for x in found if x is not None]
    return reduce(logical_or, conditions) if conditions and len(conditions) == len(found) else None
