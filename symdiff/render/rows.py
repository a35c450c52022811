"""Which row everything stands in, such that all arrows together are as short as they can be.

A linear program, solved by the network simplex method (Gansner, Koutsofios, North and Vo, "A technique for drawing
directed graphs", 1993): there is always a tree of ties without slack that holds everything together. Where cutting a
tie and moving what hangs on it would shorten the arrows, it moves, until another tie has no slack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WORK = 1_000_000  # ties that are looked at; enough for some 1,000 boxes, and after that the rows are good enough


class Tie(NamedTuple):
    """`lower` stands at least `least` rows below `upper`; each row between them costs `weight`."""

    upper: int
    lower: int
    least: int
    weight: int


def shortest(count: int, ties: Sequence[Tie]) -> list[int]:
    """A row for each of `count` items, counted from 0 in each part that hangs together; the ties have no cycle."""
    rows = _highest(count, ties)
    at: list[list[int]] = [[] for _ in range(count)]  # the ties of each item
    for k, tie in enumerate(ties):
        at[tie.upper].append(k)
        at[tie.lower].append(k)
    seen: set[int] = set()
    for item in range(count):
        if item not in seen:
            part = _Part(item, ties, at, rows)
            part.shorten()
            seen |= part.items
            top = min(rows[k] for k in part.items)
            for k in part.items:
                rows[k] -= top
    return rows


def _highest(count: int, ties: Sequence[Tie]) -> list[int]:
    """Every item as high as the ties allow."""
    rows, waiting = [0] * count, [0] * count
    below: list[list[Tie]] = [[] for _ in range(count)]
    for tie in ties:
        below[tie.upper].append(tie)
        waiting[tie.lower] += 1
    ready = [k for k in range(count) if not waiting[k]]
    for upper in ready:
        for tie in below[upper]:
            rows[tie.lower] = max(rows[tie.lower], rows[upper] + tie.least)
            waiting[tie.lower] -= 1
            if not waiting[tie.lower]:
                ready.append(tie.lower)
    return rows


class _Part:
    """What hangs together: its items, its ties, and the tree among them."""

    def __init__(self, root: int, ties: Sequence[Tie], at: Sequence[Sequence[int]], rows: list[int]) -> None:
        self.root, self.ties, self.rows = root, ties, rows
        self.items = {root}
        for item in (order := [root]):
            for k in at[item]:
                other = ties[k].upper + ties[k].lower - item
                if other not in self.items:
                    self.items.add(other)
                    order.append(other)
        self.own = sorted({k for item in self.items for k in at[item]})
        self.at = at
        self.gain = dict.fromkeys(self.items, 0)  # by how much the arrows grow if an item moves down a row
        for tie in (ties[k] for k in self.own):
            self.gain[tie.lower] += tie.weight
            self.gain[tie.upper] -= tie.weight
        self.tree = self._first_tree()

    def shorten(self) -> None:
        """Moves what hangs on a tie that holds back, until none does."""
        for _ in range(WORK // (len(self.own) + 1)):
            cut = self._cut()
            if cut is None:
                return
            k, hanging = cut
            self.tree.remove(k)
            is_lower = self.ties[k].lower in hanging
            self._move(hanging, 1 if is_lower else -1)

    def _slack(self, k: int) -> int:
        tie = self.ties[k]
        return self.rows[tie.lower] - self.rows[tie.upper] - tie.least

    def _first_tree(self) -> set[int]:
        """Ties without slack that reach everything; where there are none, what is reached moves."""
        reached, tree, fresh = {self.root}, set[int](), [self.root]
        while True:
            for item in fresh:
                for k in self.at[item]:
                    other = self.ties[k].upper + self.ties[k].lower - item
                    if other not in reached and not self._slack(k):
                        reached.add(other)
                        tree.add(k)
                        fresh.append(other)
            if len(reached) == len(self.items):
                return tree
            border = [k for k in self.own if (self.ties[k].upper in reached) != (self.ties[k].lower in reached)]
            nearest = min(border, key=self._slack)
            is_upper = self.ties[nearest].upper in reached
            shift = self._slack(nearest) * (1 if is_upper else -1)
            for item in reached:
                self.rows[item] += shift
            fresh = [self.ties[nearest].upper if is_upper else self.ties[nearest].lower]

    def _cut(self) -> tuple[int, set[int]] | None:
        """The tie of the tree that holds back most, and what hangs on it."""
        above: dict[int, tuple[int, int]] = {self.root: (-1, -1)}  # tie and item on the way to the root
        for item in (order := [self.root]):
            for k in self.at[item]:
                other = self.ties[k].upper + self.ties[k].lower - item
                if k in self.tree and other not in above:
                    above[other] = k, item
                    order.append(other)
        gain, worst, found = dict(self.gain), 0, -1
        for item in reversed(order[1:]):
            k, other = above[item]
            held = gain[item] if self.ties[k].lower == item else -gain[item]
            if held < worst:
                worst, found = held, item
            gain[other] += gain[item]
        if found < 0:
            return None
        hanging = {found}
        for item in order:
            if above[item][1] in hanging:
                hanging.add(item)
        return above[found][0], hanging

    def _move(self, hanging: set[int], step: int) -> None:
        """Moves `hanging` down (1) or up (-1) to the first tie that allows no more; it joins the tree."""
        border = [
            k
            for k in self.own
            if (self.ties[k].upper if step > 0 else self.ties[k].lower) in hanging
            and (self.ties[k].lower if step > 0 else self.ties[k].upper) not in hanging
        ]
        k = min(border, key=self._slack)
        shift = self._slack(k) * step
        for item in hanging:
            self.rows[item] += shift
        self.tree.add(k)
