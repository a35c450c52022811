"""Branches: which sides of which selections a node is needed for, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from symdiff.graph.body import with_insides
from symdiff.graph.dims import is_counted
from symdiff.graph.node import Node

Decision = tuple[Node, bool]  # a scalar condition, and whether it must hold or fail
Place = tuple[Decision, ...]  # the conditions that hold, or fail, wherever a node is needed; outer ones first
DEEPEST = 12  # branches within branches
RAISED = 6  # where a selection that would lie deeper is computed instead
MOST, MANY = 8, 64  # places of one node that are told apart: in long programs, and in others
DECIDING = 3  # operations that a selection counts as beside itself: a block of two sides has four lines
MOST_COMPARED = 128  # places of one node that are compared with each other
LONGER = 3  # times as long as once: what stands in several places, at most
FEW = 400  # operations that stand there again are no matter

Uses = dict[Place, int]  # where a node is used, and the selections around it that need it there, as bits

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
    branches long. Where what stands in several places would be more than `LONGER` times as long as once, and that is
    not little, selections stand in one place, as they did in the program that was written; and in the end what is
    used in more than `MOST` places does.
    """
    exact = _Walk(order, outputs, selections).places()
    if not any(len(exact[node]) > 1 for node in order):
        return exact
    size = {node: sum(1 for _ in with_insides([node])) + DECIDING * (node in selections) for node in order}
    reach = _reach(order, selections)
    for selections_too, most in ((True, MANY), (False, MANY), (False, MOST)):
        ventured: set[Node] = set()
        for node in order:
            read = node.inputs if selections_too or node not in selections else node.inputs[:1]
            if exact[node] != NOWHERE_ELSE and (ventures(node) or not ventured.isdisjoint(read)):
                ventured.add(node)
        found = _Walk(order, outputs, selections, most, ventured, reach).places()
        several = [(size[node], len(found[node]) - 1) for node in order if len(found[node]) > 1]
        once, more = sum(n for n, _ in several), sum(n * again for n, again in several)
        if more <= max((LONGER - 1) * once, FEW):
            break
    return found


def ventures(node: Node) -> bool:
    """Whether computing a node may warn, raise or take long, or must wait for a loop that counts how long it is."""
    op = node.op
    if op.family == "primitive" or op.block or op.notation.raises or any(map(is_counted, node.shape)):
        return True
    converts = node.aval.kind in "iu" and any(x.aval.kind not in "iub" for x in node.inputs)
    return converts or (op.drops and len(node.inputs) > 1)


def _reach(order: Sequence[Node], selections: Collection[Node]) -> dict[Node, int]:
    """For each node the selections that it is made of, itself among them, as bits in their order."""
    reach: dict[Node, int] = {}
    bits = _bits(order, selections)
    for node in order:
        reach[node] = bits.get(node, 0)
        for x in node.inputs:
            reach[node] |= reach[x]
    return reach


def _bits(order: Sequence[Node], selections: Collection[Node]) -> dict[Node, int]:
    return {node: 1 << k for k, node in enumerate(n for n in order if n in selections)}


@dataclass
class _Walk:
    """Finds the places of nodes, users first.

    Attributes:
        order, outputs, selections: the program.
        most: places of one node that are told apart.
        ventured: the nodes for which they are; None for all.
        reach: the selections that each node is made of, where what one of them has computed may be read behind it.
        found: the places of nodes, as far as these are walked.
    """

    order: Sequence[Node]
    outputs: Collection[Node]
    selections: Collection[Node]
    most: int = MANY
    ventured: Collection[Node] | None = None
    reach: Mapping[Node, int] | None = None
    found: dict[Node, tuple[Place, ...]] = field(default_factory=dict)

    def places(self) -> dict[Node, tuple[Place, ...]]:
        used: dict[Node, Uses] = {node: {(): 0} for node in self.outputs}
        bits = _bits(self.order, self.selections)
        self.deciding = list(bits)
        for node in reversed(self.order):
            here = self._settled(node, used.pop(node))
            if node in bits and any(len(place) >= DEEPEST for place in here):
                raised: Uses = {}
                for place, through in here.items():
                    _add(raised, place[:RAISED] if len(place) >= DEEPEST else place, through)
                here = self._settled(node, raised)
            self.found[node] = tuple(here)
            for place, through in here.items():
                for k, x in enumerate(node.inputs):
                    is_side = k and node in bits
                    there = (*place, (node.inputs[0], k == 1)) if is_side else place
                    _add(used.setdefault(x, {}), there, through | bits[node] if is_side else through)
        return self.found

    def _settled(self, node: Node, used: Uses) -> Uses:
        if self.ventured is not None and node not in self.ventured:
            return _in_one(used)
        left = _apart(used)
        if self.reach is not None and 1 < len(left) <= MOST_COMPARED:
            left = {q: u for q, u in left.items() if not any(self._is_done_before(q, p, left[p]) for p in left)}
        return left if len(left) <= self.most else _in_one(left)

    def _is_done_before(self, place: Place, other: Place, through: int) -> bool:
        """Whether what is computed in the `other` place, for the selections `through` which it is used there, has a
        value wherever `place` is met.

        The conditions of the other place all hold there, and the selection that asks the first of them which is not
        asked around both is part of what is asked instead: so its ``if`` has come to its end.
        """
        k = len(common((place, other)))
        if k == len(other) or k == len(place) or not set(other).issubset(place):
            return False
        assert self.reach is not None
        before = self.reach[place[k][0]] & through
        while before:
            low = before & -before
            selection = self.deciding[low.bit_length() - 1]
            if selection.inputs[0] is other[k][0] and self.found[selection] == (other[:k],):
                return True
            before ^= low
        return False


def _add(used: Uses, place: Place, through: int) -> None:
    used[place] = used.get(place, 0) | through


def _in_one(used: Uses) -> Uses:
    return {common(used): reduce(or_, used.values())}


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


def _apart(used: Uses) -> Uses:
    """Places without those that lie in others; both sides of a condition are the place where it is asked."""
    left = dict(used)
    while True:
        for p in [*left]:
            around = next((p[:k] for k in range(len(p)) if p[:k] in left), None)
            if around is not None:
                _add(left, around, left.pop(p))
        whole = [p for p in left if p and (*p[:-1], (p[-1][0], not p[-1][1])) in left]
        if not whole:
            return left
        for p in whole:
            _add(left, p[:-1], left[p])
