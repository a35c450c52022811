"""Selections between numbers as ``if`` statements: which of them are, and what each branch computes.

A number's place is the branch that alone needs it: the innermost one that all of its uses lie in. Selections in one
place that ask the same condition share an ``if``, so that a value and its derivative are decided together.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from symdiff.graph.branches import DEEPEST, Place, places
from symdiff.graph.node import ITEM, Node, shares_memory
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
        merged: of two, one of which only the other one selects: both are one variable.
        sides: what is selected and used nowhere else.
        anew: arrays of a constant that are selected and used nowhere else: each side makes its own.
        within: for every node, the side of whatever selections that alone needs it.
        asked: which of those selections are statements, by where they stand in `within`.
    """

    places: Mapping[Node, Place] = field(default_factory=dict)
    keys: Mapping[Node, Key] = field(default_factory=dict)
    merged: Mapping[Node, Node] = field(default_factory=dict)
    sides: frozenset[Node] = frozenset()
    anew: frozenset[Node] = frozenset()
    within: Mapping[Node, Place] = field(default_factory=dict)
    asked: frozenset[Key] = frozenset()

    def exposed(self, named: Iterable[Node]) -> set[Key]:
        """The selections that must be statements, for what only a side of them needs has a statement of its own.

        It would be computed whatever the condition says, and only the side that is taken may be.
        """
        inside = dict.fromkeys(self.within.get(node, ()) for node in named)
        keys = {(place[:k], place[k][0]) for place in inside for k in range(len(place))}
        return keys - self.asked

    def is_new(self, node: Node) -> bool:
        """Whether what is selected is an array that nothing else holds, whichever side is taken."""
        stack = [node]
        while stack:
            x = stack.pop()
            if x in self.keys and self.sides.union(self.anew).issuperset(x.inputs[1:]):
                stack.extend(x.inputs[1:])
            elif x not in self.anew and (x.op is ITEM or not x.inputs or shares_memory(x)):
                return False
        return True

    @cached_property
    def asked_again(self) -> Counter[Node]:
        """How often each condition is read that an ``if`` has asked before."""
        return Counter(key[1] for key in self.keys.values()) - Counter(key[1] for key in set(self.keys.values()))


NO_BRANCHES = Branches()


def find_branches(
    order: Sequence[Node],
    outputs: Collection[Node],
    uses: Mapping[Node, int],
    needed: Collection[Key] = (),
) -> Branches:
    """The selections by scalar conditions that are worth a statement, or `needed` as such.

    All others are expressions, ``a if c else b``.
    """
    selections = {node for node in order if node.op.selects and not node.inputs[0].shape}
    if not selections:
        return NO_BRANCHES
    within = table = places(order, outputs, selections)
    chosen = {n for n in selections if len(table[n]) < DEEPEST}
    work = Counter((place[:k], place[k][0]) for n, place in table.items() if n.inputs for k in range(len(place)))
    results = Counter((table[n], n.inputs[0]) for n in chosen)
    worth = {key for key in results if work[key] > 1 and work[key] + ENOUGH // 2 * (results[key] - 1) >= ENOUGH}
    worth |= results.keys() & set(needed)
    chosen = {n for n in chosen if (table[n], n.inputs[0]) in worth}
    table = places(order, outputs, chosen)
    uses_as_sides = Counter(x for n in chosen for x in n.inputs[1:])
    only = {x: n for n in order if n in chosen for x in n.inputs[1:] if uses[x] == 1 and x not in outputs}
    return Branches(
        table,
        {n: (table[n], n.inputs[0]) for n in order if n in chosen},
        only,
        frozenset(only),
        frozenset(x for x, n in uses_as_sides.items() if n == uses[x] and _is_filled(x)),
        within,
        frozenset(worth),
    )


def _is_filled(x: Node) -> bool:
    """Whether an array is one constant everywhere."""
    return bool(x.shape) and len(x.inputs) == 1 and x.op.family == "linear" and x.inputs[0].literal is not None


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
    return tuple(waiting.get((), ()))


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
