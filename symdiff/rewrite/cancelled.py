"""Terms of a derivative that cancel by the laws of exponents, and all that they are multiplied by.

The derivatives of a price by Black and Scholes hold ``S * exp(-d1**2 / 2) - K * exp(-r * T) * exp(-d2**2 / 2)``, which
is zero whatever the arguments are: what a computer finds is the rounding. A cotangent that is known to be zero does not
flow on, so that no quotient of it is left either. The user's own values are left as they are written.
"""

from __future__ import annotations

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, constant
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, reductions as red
from symdiff.rewrite.engine import Pass
from symdiff.rewrite.replacing import replaced

CANCELLED = Pass(
    "exponents-cancel", "REAL", "two terms are equal by the laws of exponents; what is left is their rounding"
)
FACTORS = (ew.multiply, ew.divide, ew.negative, ew.square)
MOST_FACTORS = 40


def without_cancelled(graph: Graph) -> Graph:
    """`graph` without the parts of its derivative that are multiples of what cancels."""
    if graph.notes.exact or not _may_cancel(graph):
        return graph
    from symdiff.rewrite.residues import are_equal  # noqa: PLC0415 (few derivatives hold two exponentials in a sum)

    zeros: set[Node] = set()

    def find(node: Node, was: Node) -> Node | None:
        if was in graph.values or node.aval.parts:
            return None
        if _is_candidate(was):
            sign = are_equal(*was.inputs)
            cancels = sign == (1 if was.op is ew.subtract else -1)
        else:
            cancels = _is_multiple(node, zeros)
        if cancels:
            zeros.add(zero := _zero(node))
            return zero
        return _without(node, zeros)

    return replaced(graph, CANCELLED, find)


def _may_cancel(graph: Graph) -> bool:
    return any(n.op is ew.exp for n in graph.order) and any(
        _is_candidate(n) for n in graph.order if n not in graph.values
    )


def _is_candidate(node: Node) -> bool:
    """Whether a node is a sum of two products with different exponentials."""
    if node.op not in (ew.add, ew.subtract) or node.aval.kind != "f":
        return False
    first, second = map(_exponentials, node.inputs)
    return bool(first) and bool(second) and first != second


def _exponentials(node: Node) -> frozenset[Node]:
    """The exponentials among the factors of a node."""
    inner = toposort([node], stop=lambda n: n.op not in FACTORS)
    factors = {node, *(x for n in inner[:MOST_FACTORS] for x in n.inputs)}
    return frozenset(n for n in factors if n.op is ew.exp)


def _is_multiple(node: Node, zeros: set[Node]) -> bool:
    """Whether a node is linear in a zero."""
    if not node.inputs:
        return False
    if node.op in (ew.multiply, ew.absorbing_product):
        return not zeros.isdisjoint(node.inputs)
    if node.op in (ew.divide, ew.negative):
        return node.inputs[0] in zeros
    return node.op.family == "linear" and zeros.issuperset(node.inputs)


def _without(node: Node, zeros: set[Node]) -> Node | None:
    """A sum without the terms that are zero."""
    if node.op not in (ew.add, ew.subtract) or zeros.isdisjoint(node.inputs):
        return None
    a, b = node.inputs
    left = a if b in zeros else b if node.op is ew.add else -b
    return red.spread(left, node.shape)


def _zero(node: Node) -> Node:
    number = 0.0 if node.aval.weak else node.dtype.type(0)
    return red.spread(constant(number), node.shape)
