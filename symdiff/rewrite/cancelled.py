"""Terms of a derivative that cancel by the laws of exponents, and all that they are multiplied by.

The derivatives of a price by Black and Scholes hold ``S * exp(-d1**2 / 2) - K * exp(-r * T) * exp(-d2**2 / 2)``, which
is zero whatever the arguments are: what a computer finds is the rounding. A cotangent that is known to be zero does not
flow on, so that no quotient of it is left either. The user's own values are left as they are written.
"""

from __future__ import annotations

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, constant
from symdiff.ops import elementwise as ew, reductions as red
from symdiff.rewrite.engine import Pass
from symdiff.rewrite.replacing import replaced

CANCELLED = Pass(
    "exponents-cancel", "REAL", "two terms are equal by the laws of exponents; what is left is their rounding"
)
FACTORS = (ew.multiply, ew.divide, ew.negative, ew.square)
MOST_FACTORS = 40
MOST_CANDIDATES = 32  # sums in one derivative: in longer programs they are not looked at


def without_cancelled(graph: Graph) -> Graph:
    """`graph` without the parts of its derivative that are multiples of what cancels."""
    if graph.notes.exact:
        return graph
    written = graph.values
    candidates = {n for n in graph.order if n not in written and _is_candidate(n)}
    if not 0 < len(candidates) <= MOST_CANDIDATES:
        return graph
    from symdiff.rewrite.residues import are_equal  # noqa: PLC0415 (few derivatives hold two exponentials in a sum)

    zeros: set[Node] = set()

    def find(node: Node, was: Node) -> Node | None:
        if was in written or node.aval.parts:
            return None
        if was in candidates:
            sign = are_equal(*was.inputs)
            cancels = sign == (1 if was.op is ew.subtract else -1)
        else:
            cancels = _is_multiple(node, zeros)
        if cancels:
            zeros.add(zero := _zero(node))
            return zero
        return _without(node, zeros)

    return replaced(graph, CANCELLED, find)


def _is_candidate(node: Node) -> bool:
    """Whether a node is a sum of two products with different exponentials."""
    if node.op not in (ew.add, ew.subtract) or node.aval.kind != "f":
        return False
    first, second = map(_exponentials, node.inputs)
    return bool(first) and bool(second) and first != second


def _exponentials(node: Node) -> set[Node]:
    """The exponentials among the first factors of a node."""
    found, waiting, looked_at = set[Node](), [node], 0
    while waiting and looked_at < MOST_FACTORS:
        x, looked_at = waiting.pop(), looked_at + 1
        if x.op is ew.exp:
            found.add(x)
        elif x.op in FACTORS:
            waiting.extend(x.inputs)
    return found


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
