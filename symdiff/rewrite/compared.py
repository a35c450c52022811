"""Where the smallest is does not depend on what is added to all: ``s == min(s)``, where s is ``a[:, None] + B``.

Of squared distances to some centres, the squares of the points are the same for all centres. Where nothing but the
place of the nearest is needed, as in the derivative of the smallest, they are left out: a pass over all distances less.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers
from symdiff.ops import elementwise as ew, reductions as red
from symdiff.rewrite.engine import Pass
from symdiff.rewrite.replacing import replaced

COMPARED = Pass("same-for-all", "REAL", "what is added to all is not compared; there is one rounding less")
EXTREMES = (red.amax, red.amin)
Uses = Mapping[Node, Sequence[Node]]


def compared_alone(graph: Graph, is_finite: Callable[[Node], bool]) -> Graph:
    """`graph`, in which what is only compared with its largest or smallest lacks what is the same along the axis."""
    if graph.notes.exact:
        return graph
    uses, kept = consumers(graph.order), {*graph.outputs, *graph.forward}
    found: dict[Node, Node] = {}
    for node in graph.order:
        if node.op in EXTREMES and _is_only_compared(node, uses, kept):
            x = node.inputs[0]
            rest = _without(x, node.kwargs["axis"], is_finite, lambda y: y not in kept and len(uses[y]) == 1)
            if rest is not None and rest.aval is x.aval:
                found[x] = rest
    if not found:
        return graph
    names = {node: name for node, name in graph.names.items() if node not in found}  # which it is no longer
    return replaced(graph.with_(names=names), COMPARED, lambda _, was: found.get(was))


def _is_only_compared(extreme: Node, uses: Uses, kept: Collection[Node]) -> bool:
    """Whether nothing needs an extreme and what it is taken of, but where they are equal."""
    x = extreme.inputs[0]
    if not extreme.kwargs["keepdims"] or x in kept or extreme in kept:
        return False
    return all(user.op is ew.equal and set(user.inputs) == {x, extreme} for user in uses[extreme]) and all(
        user is extreme or user in uses[extreme] for user in uses[x]
    )


def _without(
    x: Node, axis: tuple[int, ...], is_finite: Callable[[Node], bool], alone: Callable[[Node], bool]
) -> Node | None:
    """A sum without the terms that are the same along axes of it; None if it has no such terms, or no others."""
    if x.op not in (ew.add, ew.subtract):
        return None
    a, b = x.inputs
    first = [k + a.ndim - x.ndim for k in axis]
    second = [k + b.ndim - x.ndim for k in axis]
    if all(k < 0 or a.shape[k] == 1 for k in first) and is_finite(a):
        return b if x.op is ew.add else -b
    if all(k < 0 or b.shape[k] == 1 for k in second) and is_finite(b):
        return a
    for k, part in enumerate(x.inputs):
        left = _without(part, axis, is_finite, alone) if part.shape == x.shape and alone(part) else None
        if left is not None:
            return x.op(left, b) if k == 0 else x.op(a, left)
    return None
