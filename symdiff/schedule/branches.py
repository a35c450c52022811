"""Selections between numbers as ``if`` statements: which of them are, and what each branch computes.

A number's place is the branch that alone needs it: the innermost one that all of its uses lie in. Selections in one
place that ask the same condition share an ``if``, so that a value and its derivative are decided together.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from symdiff.graph.branches import DEEPEST, Place, places
from symdiff.graph.node import Node
from symdiff.schedule.order import dependencies
from symdiff.schedule.statement import Statement

ENOUGH = 4  # operations in the branches that are worth a statement of several lines

Key = tuple[Place, Node]  # where an ``if`` stands, and what it asks


@dataclass(frozen=True)
class Choice:
    """An ``if`` statement: what each branch computes, and the values that it decides, selections all of them."""

    condition: Node
    results: tuple[Statement, ...]
    then: tuple[Item, ...]
    otherwise: tuple[Item, ...]

    @property
    def backward(self) -> bool:
        return all(s.backward for s in self.results)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """What has a name behind it."""
        return tuple(s.node for s in self.results)


Item = Statement | Choice


@dataclass(frozen=True)
class Branches:
    """The selections that are statements.

    Attributes:
        places: for every node, the branch that it is computed in.
        keys: for each of those selections, the ``if`` that it belongs to.
        merged: of two, one of which is all that the other one selects: both are one variable.
        sides: what is selected and used nowhere else.
    """

    places: Mapping[Node, Place] = field(default_factory=dict)
    keys: Mapping[Node, Key] = field(default_factory=dict)
    merged: Mapping[Node, Node] = field(default_factory=dict)
    sides: frozenset[Node] = frozenset()

    def asked_again(self) -> Counter[Node]:
        """How often each condition is read that an ``if`` has asked before."""
        return Counter(key[1] for key in self.keys.values()) - Counter(key[1] for key in set(self.keys.values()))


NO_BRANCHES = Branches()


def find_branches(order: Sequence[Node], outputs: Collection[Node], uses: Mapping[Node, int]) -> Branches:
    """The selections among numbers that are worth a statement."""
    selections = {node for node in order if node.op.selects and not node.shape}
    if not selections:
        return NO_BRANCHES
    table = places(order, outputs, selections)
    chosen = {n for n in selections if len(table[n]) < DEEPEST}
    work = Counter((place[:k], place[k][0]) for n, place in table.items() if n.inputs for k in range(len(place)))
    results = Counter((table[n], n.inputs[0]) for n in chosen)
    worth = {key for key in results if work[key] > 1 and work[key] + ENOUGH // 2 * (results[key] - 1) >= ENOUGH}
    chosen = {n for n in chosen if (table[n], n.inputs[0]) in worth}
    table = places(order, outputs, chosen)
    only = {x: n for n in order if n in chosen for x in n.inputs[1:] if uses[x] == 1 and x not in outputs}
    return Branches(
        table,
        {n: (table[n], n.inputs[0]) for n in order if n in chosen},
        {x: n for x, n in only.items() if x in chosen},
        frozenset(only),
    )


def arranged(statements: Sequence[Statement], branches: Branches) -> tuple[Item, ...]:
    """The statements with those that a branch alone needs inside of it."""
    if not branches.keys:
        return tuple(statements)
    named = {s.node for s in statements}
    waiting: dict[Place, list[Item]] = {}  # for the ``if`` whose branch they stand in
    for group in _grouped(statements, branches):
        first = group[0].node
        if first not in branches.keys:
            waiting.setdefault(branches.places[first], []).extend(group)
            continue
        place, condition = branches.keys[first]
        then, otherwise = (tuple(waiting.pop((*place, (condition, side)), ())) for side in (True, False))
        if len(group) == 1 and not then and not otherwise and all(x in named or not x.inputs for x in first.inputs[1:]):
            waiting.setdefault(place, []).extend(group)  # nothing to compute: an expression says it
        else:
            waiting.setdefault(place, []).append(Choice(condition, tuple(group), then, otherwise))
    return tuple(waiting[()])


def _grouped(statements: Sequence[Statement], branches: Branches) -> list[list[Statement]]:
    """The statements in an order in which those of one ``if`` come together, as far as they do not need each other.

    What is no selection comes as soon as it can, and an ``if`` before others that wait for more of its selections.
    """
    rank = {s.node: k for k, s in enumerate(statements)}
    total = Counter(branches.keys.values())
    needs = dependencies(statements)
    missing = {node: len(before) for node, before in needs.items()}
    feeds: dict[Node, list[Node]] = {}
    for node, before in needs.items():
        for x in before:
            feeds.setdefault(x, []).append(node)
    plain: list[int] = []
    deciding: dict[Key, list[int]] = {}

    def offer(node: Node) -> None:
        if node in branches.keys:
            deciding.setdefault(branches.keys[node], []).append(rank[node])
        else:
            heapq.heappush(plain, rank[node])

    for node, n in missing.items():
        if not n:
            offer(node)
    groups: list[list[Statement]] = []
    while plain or deciding:
        if plain:
            together = [heapq.heappop(plain)]
        else:
            key = min(deciding, key=lambda key: (len(deciding[key]) < total[key], min(deciding[key])))
            together = sorted(deciding.pop(key))
        groups.append([statements[k] for k in together])
        for k in together:
            for user in feeds.get(statements[k].node, ()):
                missing[user] -= 1
                if not missing[user]:
                    offer(user)
    return groups
