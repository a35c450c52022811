"""Branches: which sides of which selections a node is needed for, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from symdiff.graph.dims import is_counted
from symdiff.graph.node import Node

Place = tuple[tuple[Node, bool], ...]  # the conditions that hold, or fail, wherever a node is needed; outer ones first
DEEPEST = 12  # branches within branches
RAISED = 6  # where a selection that would lie deeper is computed instead
MOST = 8  # places of one node that are told apart

NOWHERE_ELSE: tuple[Place, ...] = ((),)


def places(order: Sequence[Node], outputs: Collection[Node], selections: Collection[Node]) -> dict[Node, Place]:
    """For each node of `order` the innermost branch of the `selections` that all of its uses lie in."""
    found = _walked(order, outputs, selections, lambda node, used: (common(used),))
    return {node: place for node, (place,) in found.items()}


def all_places(
    order: Sequence[Node],
    outputs: Collection[Node],
    selections: Collection[Node],
) -> dict[Node, tuple[Place, ...]]:
    """For each node of `order` the branches that it is to be computed in, none of which lies in another one.

    What `ventures` something, or is made of what does, is computed where it is used, and nowhere else, even if these
    are several places; all else in the innermost branch that all of its uses lie in.
    """
    exact = _walked(order, outputs, selections, lambda node, used: _apart(used))
    ventured: set[Node] = set()
    for node in order:
        if exact[node] != NOWHERE_ELSE and (ventures(node) or any(x in ventured for x in node.inputs)):
            ventured.add(node)
    if not any(len(exact[node]) > 1 for node in order):
        return exact
    return _walked(order, outputs, selections, lambda node, used: _apart(used) if node in ventured else (common(used),))


def ventures(node: Node) -> bool:
    """Whether computing a node may warn, raise or take long, or must wait for a loop that counts how long it is."""
    op = node.op
    if op.family == "primitive" or op.block or op.notation.raises or any(map(is_counted, node.shape)):
        return True
    converts = node.aval.kind in "iu" and any(x.aval.kind not in "iub" for x in node.inputs)
    return converts or (op.drops and len(node.inputs) > 1)


def _walked(
    order: Sequence[Node],
    outputs: Collection[Node],
    selections: Collection[Node],
    settle: Callable[[Node, Collection[Place]], tuple[Place, ...]],
) -> dict[Node, tuple[Place, ...]]:
    """What `settle` makes of the places where each node is used, users first."""
    used: dict[Node, dict[Place, None]] = {node: {(): None} for node in outputs}
    found: dict[Node, tuple[Place, ...]] = {}
    for node in reversed(order):
        found[node] = settle(node, used.pop(node))
        if node in selections and any(len(place) >= DEEPEST for place in found[node]):
            found[node] = settle(
                node, {place[:RAISED] if len(place) >= DEEPEST else place: None for place in found[node]}
            )
        for place in found[node]:
            for k, x in enumerate(node.inputs):
                there = (*place, (node.inputs[0], k == 1)) if k and node in selections else place
                used.setdefault(x, {})[there] = None
    return found


def common(used: Iterable[Place]) -> Place:
    """The innermost branch that places lie in."""
    first, *others = used
    for other in others:
        k = 0
        while k < min(len(first), len(other)) and first[k] == other[k]:
            k += 1
        first = first[:k]
    return first


def is_in(place: Place, branch: Place) -> bool:
    """Whether a place lies in a branch, or is it."""
    return place[: len(branch)] == branch


def _apart(used: Collection[Place]) -> tuple[Place, ...]:
    """Places without those that lie in others; both sides of a condition are the place where it is asked."""
    if () in used:
        return NOWHERE_ELSE
    left = list(dict.fromkeys(used))
    while () not in left:
        left = [p for p in left if not any(q is not p and is_in(p, q) for q in left)]
        whole = next((p for p in left if (*p[:-1], (p[-1][0], not p[-1][1])) in left), None)
        if whole is None:
            break
        left = [*(p for p in left if not is_in(p, whole[:-1])), whole[:-1]]
    return tuple(left) if len(left) <= MOST else (common(left),)
