"""Branches: which sides of which selections a node is needed for, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from symdiff.graph.body import with_insides
from symdiff.graph.dims import is_counted
from symdiff.graph.node import Node

Decision = tuple[Node, bool]  # a scalar condition, and whether it must hold or fail
Place = tuple[Decision, ...]  # the conditions that hold, or fail, wherever a node is needed; outer ones first
DEEPEST = 12  # branches within branches
RAISED = 6  # where a selection that would lie deeper is computed instead
MOST, MANY = 8, 64  # places of one node that are told apart: in long programs, and in others
LONGER = 2  # how many times as long a program may be for the sake of its branches

NOWHERE_ELSE: tuple[Place, ...] = ((),)


def decisions(
    order: Sequence[Node],
    outputs: Collection[Node],
    selections: Collection[Node],
    implied: Callable[[Node, bool], Iterable[Decision]] = lambda condition, says: ((condition, says),),
) -> dict[Node, frozenset[Decision]]:
    """For each node of `order` what the conditions of `selections` say wherever it is needed, in whatever order.

    `implied` gives what is known where a condition holds, or fails: that, and more if it is made of others.
    """
    found: dict[Node, frozenset[Decision]] = dict.fromkeys(outputs, frozenset())
    for node in reversed(order):
        here = found[node]
        for k, x in enumerate(node.inputs):
            there = here.union(implied(node.inputs[0], k == 1)) if k and node in selections else here
            found[x] = found[x] & there if x in found else there
    return found


def all_places(
    order: Sequence[Node],
    outputs: Collection[Node],
    selections: Collection[Node],
) -> dict[Node, tuple[Place, ...]]:
    """For each node of `order` the branches that it is to be computed in, none of which lies in another one.

    What `ventures` something, or is made of what does, is computed where it is used, and nowhere else, even if these
    are several places; all else in the innermost branch that all of its uses lie in. That may make a program with many
    branches long. Where it would be more than twice as long, selections stand in one place, as they did in the program
    that was written, and in the end what is used in more than `MOST` places.
    """
    exact = _walked(order, outputs, selections, lambda node, used: _apart(used, MANY))
    if not any(len(exact[node]) > 1 for node in order):
        return exact
    size = {node: sum(1 for _ in with_insides([node])) for node in order}
    for selections_too, most in ((True, MANY), (False, MANY), (False, MOST)):
        ventured: set[Node] = set()
        for node in order:
            read = node.inputs if selections_too or node not in selections else node.inputs[:1]
            if exact[node] != NOWHERE_ELSE and (ventures(node) or not ventured.isdisjoint(read)):
                ventured.add(node)
        found = _walked(order, outputs, selections, partial(_settled, ventured, most))
        if sum(size[node] * len(places) for node, places in found.items()) <= LONGER * sum(size.values()):
            break
    return found


def _settled(ventured: Collection[Node], most: int, node: Node, used: Collection[Place]) -> tuple[Place, ...]:
    return _apart(used, most) if node in ventured else (common(used),)


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


def _apart(used: Collection[Place], most: int) -> tuple[Place, ...]:
    """Places without those that lie in others; both sides of a condition are the place where it is asked."""
    left = dict.fromkeys(used)
    while True:
        left = {p: None for p in left if not any(p[:k] in left for k in range(len(p)))}
        whole = [p[:-1] for p in left if p and (*p[:-1], (p[-1][0], not p[-1][1])) in left]
        if not whole:
            return tuple(left) if len(left) <= most else (common(left),)
        left |= dict.fromkeys(whole)
