"""The statements of a plan with those that a branch alone needs inside of it."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from symdiff.graph.branches import Decision, Place, is_in
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.schedule.branches import Branches, Choice, Item, Key
from symdiff.schedule.counting import counted_by
from symdiff.schedule.order import dependencies
from symdiff.schedule.statement import Statement


class Unit(NamedTuple):
    """A statement in one of its places."""

    statement: Statement
    place: Place


def arranged(statements: Sequence[Statement], branches: Branches, named: Collection[Node]) -> tuple[Item, ...]:
    """The statements, among all that give something a name, with ``if`` statements around those of branches."""
    if not branches.keys:
        return tuple(statements)
    waiting: dict[Place, list[Item]] = {}  # for the ``if`` whose branch they stand in
    for group in _grouped(statements, branches):
        first, place = group[0]
        here = waiting.setdefault(place, [])
        if first.node not in branches.keys:
            here.append(first)
            continue
        condition, *sides = first.node.inputs
        then, otherwise = (tuple(waiting.pop((*place, (condition, side)), ())) for side in (True, False))
        if len(group) == 1 and not then and not otherwise and all(x in named or not x.inputs for x in sides):
            here.append(first)  # nothing to compute: an expression says it
        else:
            here.append(Choice(condition, tuple(unit.statement for unit in group), then, otherwise))
    return tuple(waiting.get((), ()))


def in_sequence(items: Iterable[Item]) -> list[Statement]:
    """The statements line by line; one that stands in several branches is there as often."""
    found: list[Statement] = []
    stack = list(reversed(list(items)))
    while stack:
        item = stack.pop()
        if isinstance(item, Choice):
            stack += reversed((*item.then, *item.otherwise, *item.results))
        else:
            found.append(item)
    return found


def _grouped(statements: Sequence[Statement], branches: Branches) -> list[list[Unit]]:
    """The statements in an order in which those of one ``if`` come together, as far as they do not need each other.

    What is no selection comes as soon as it can, and an ``if`` before others that wait for more of its selections.
    """
    units = [Unit(s, place) for s in statements for place in branches.places[s.node]]
    keys = [(u.place, u.statement.node.inputs[0]) if u.statement.node in branches.keys else None for u in units]
    total = Counter(keys)
    feeds, missing = _feeds(units, branches)
    plain: list[int] = []
    deciding: dict[Key, list[int]] = {}

    def offer(k: int) -> None:
        key = keys[k]
        if key is not None:
            deciding.setdefault(key, []).append(k)
        else:
            heapq.heappush(plain, k)

    for k, n in enumerate(missing):
        if not n:
            offer(k)
    groups: list[list[Unit]] = []
    while plain or deciding:
        if plain:
            together = [heapq.heappop(plain)]
        else:
            key = min(deciding, key=lambda key: (len(deciding[key]) < total[key], min(deciding[key])))
            together = sorted(deciding.pop(key))
        groups.append([units[k] for k in together])
        for k in together:
            for user in feeds[k]:
                missing[user] -= 1
                if not missing[user]:
                    offer(user)
    return groups


def _feeds(units: Sequence[Unit], branches: Branches) -> tuple[list[list[int]], list[int]]:
    """For each unit those that read it, or are as long as it counts, where one of the two places lies in the other, or
    has a value behind it; and how many each one needs."""
    of: dict[Node, list[int]] = {}
    for k, unit in enumerate(units):
        of.setdefault(unit.statement.node, []).append(k)
    statements = list(dict.fromkeys(unit.statement for unit in units))
    needs, counted = dependencies(statements, toposort(x for s in statements for x in s.nodes)), counted_by(statements)
    feeds: list[list[int]] = [[] for _ in units]
    missing = [0] * len(units)
    decided = [_decided(unit, branches) for unit in units]
    for k, (statement, place) in enumerate(units):
        for node in {*needs[statement.node], *(s.node for s in counted.get(statement, ()))}:
            for other in of[node]:
                there = units[other].place
                if is_in(place, there) or is_in(there, place) or decided[k].issuperset(there):
                    feeds[other].append(k)
                    missing[k] += 1
    return feeds, missing


def _decided(unit: Unit, branches: Branches) -> set[Decision]:
    """What is decided wherever a unit reads something; of a selection, on whichever side."""
    node = unit.statement.node
    both = [(node.inputs[0], True), (node.inputs[0], False)] if node in branches.keys else []
    return {*unit.place, *both}
