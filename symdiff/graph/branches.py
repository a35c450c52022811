"""Branches: which side of which selections a node is needed for, and for nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from symdiff.graph.node import Node

Place = tuple[tuple[Node, bool], ...]  # the conditions that hold, or fail, wherever a node is needed; outer ones first
DEEPEST = 12  # branches within branches that are told apart


def places(order: Sequence[Node], outputs: Collection[Node], selections: Collection[Node]) -> dict[Node, Place]:
    """For each node of `order` the innermost branch of the `selections` that all of its uses lie in."""
    found: dict[Node, Place] = dict.fromkeys(outputs, ())
    for node in reversed(order):
        here = found[node]
        branching = node in selections and len(here) < DEEPEST
        for k, x in enumerate(node.inputs):
            there = (*here, (node.inputs[0], k == 1)) if branching and k else here
            found[x] = _common(found[x], there) if x in found else there
    return found


def _common(a: Place, b: Place) -> Place:
    k = 0
    while k < min(len(a), len(b)) and a[k] == b[k]:
        k += 1
    return a[:k]
