"""Where boxes stand in their lane: order within rows, then x-coordinates.

The order is found by sweeps of barycentres (Sugiyama, Tagawa and Toda, "Methods for visual understanding of
hierarchical system structures", 1981). The coordinates minimise the squared length of the wires, row by row, under the
distances that boxes must keep: weighted isotonic regression by pooling adjacent violators, which takes linear time. A
pull to the middle keeps the lane narrow.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

GAP = 22.0  # between boxes
CORRIDOR = 12.0  # beside a wire that passes through a row
SWEEPS = 8
PULLS = 24
PULL = 0.2  # strong enough that a long chain does not drift, a little at each step, to one side
STRAIGHT = 6.0  # how much more a wire resists a bend in the middle than at its ends


@dataclass
class Lane:
    """One side of the picture. Items are boxes, and places where a wire passes through a row.

    Attributes:
        rows: the items of each row, from left to right.
        width: of each item; 0 where a wire passes.
        row: of each item.
        above, below: the items in the neighbouring rows to which an item is wired.
        x: the centre of each item.
    """

    rows: list[list[int]]
    width: list[float] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    above: list[list[int]] = field(default_factory=list)
    below: list[list[int]] = field(default_factory=list)
    x: list[float] = field(default_factory=list)
    _position: dict[int, int] = field(default_factory=dict)

    def add(self, row: int, width: float) -> int:
        """A new item at the right end of its row."""
        item = len(self.row)
        self.rows[row].append(item)
        self.row.append(row)
        self.width.append(width)
        self.above.append([])
        self.below.append([])
        self.x.append(0.0)
        return item

    def join(self, a: int, b: int) -> None:
        """Wires two items of neighbouring rows."""
        if self.row[a] > self.row[b]:
            a, b = b, a
        self.below[a].append(b)
        self.above[b].append(a)

    def settle(self) -> None:
        """Finds order and coordinates."""
        self._order()
        self._position = {item: k for items in self.rows for k, item in enumerate(items)}
        for items in self.rows:
            self._place(items, [(0.0, 1.0)] * len(items))
        for k in range(PULLS):
            for items in self.rows if k % 2 else reversed(self.rows):
                self._place(items, [self._wish(item) for item in items])
        self._straighten()

    def extent(self) -> tuple[float, float]:
        """The left and the right end."""
        left = min((x - w / 2 for x, w in zip(self.x, self.width, strict=True)), default=0.0)
        return left, max((x + w / 2 for x, w in zip(self.x, self.width, strict=True)), default=0.0)

    # ---------------------------------------------------------------------------------------------------------- order

    def _order(self) -> None:
        best, fewest = [list(items) for items in self.rows], self._crossings()
        for k in range(SWEEPS):
            if not fewest:
                break
            down = k % 2 == 1
            near = self.above if down else self.below
            for items in self.rows if down else reversed(self.rows):
                self._sort(items, near)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(items) for items in self.rows], crossings
        self.rows = best

    def _sort(self, items: list[int], near: Sequence[Sequence[int]]) -> None:
        """By the mean position of the neighbours; an item without neighbours keeps its place."""
        position: dict[int, int] = {}
        for item in items:
            if near[item] and not position:
                position = {other: k for k, other in enumerate(self.rows[self.row[near[item][0]]])}
        key: dict[int, float] = {}
        last = -1.0
        for item in items:
            wired = [position[other] for other in near[item]]
            last = key[item] = sum(wired) / len(wired) if wired else last
        items.sort(key=key.__getitem__)

    def _crossings(self) -> int:
        """Pairs of wires that cross between neighbouring rows: inversions, counted by insertion."""
        total = 0
        for upper, lower in zip(self.rows, self.rows[1:], strict=False):
            position = {item: k for k, item in enumerate(lower)}
            seen: list[int] = []
            for item in upper:
                ends = sorted(position[other] for other in self.below[item])
                total += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
                for end in ends:
                    insort(seen, end)
        return total

    # ---------------------------------------------------------------------------------------------------- coordinates

    def _wish(self, item: int) -> tuple[float, float]:
        """Where an item would like to stand, amid what it is wired to, and how much."""
        passes = self.width[item] == 0
        total, weight = 0.0, PULL
        for other in (*self.above[item], *self.below[item]):
            w = STRAIGHT if passes and self.width[other] == 0 else 1.0
            total += w * self.x[other]
            weight += w
        return total / weight, weight

    def _place(self, items: list[int], wishes: list[tuple[float, float]]) -> None:
        """The positions nearest to the wishes, by weight, in this order and at the distances that must be kept."""
        offset, start = [], 0.0
        for k, item in enumerate(items):
            if k:
                start += self._distance(items[k - 1], item)
            offset.append(start)
        blocks: list[tuple[float, float, int]] = []  # mean of what its items wish, the weight of that, their number
        for (wish, own), shift in zip(wishes, offset, strict=True):
            mean, weight, count = wish - shift, own, 1
            while blocks and blocks[-1][0] >= mean:
                before, other, many = blocks.pop()
                mean, weight, count = (mean * weight + before * other) / (weight + other), weight + other, count + many
            blocks.append((mean, weight, count))
        k = 0
        for mean, _, count in blocks:
            for _ in range(count):
                self.x[items[k]] = mean + offset[k]
                k += 1

    def _distance(self, left: int, right: int) -> float:
        gap = GAP if self.width[left] and self.width[right] else CORRIDOR
        return (self.width[left] + self.width[right]) / 2 + gap

    def _straighten(self) -> None:
        """Makes threads vertical, as far as their neighbours leave room; the longest ones first."""
        for thread in sorted(self._threads(), key=len, reverse=True):
            stretch: list[int] = []
            low, high = float("-inf"), float("inf")
            for item in [*thread, -1]:
                left, right = self._room(item) if item >= 0 else (float("inf"), float("-inf"))
                if stretch and max(low, left) > min(high, right):
                    x = self._common(stretch, low, high)
                    for each in stretch:
                        self.x[each] = x
                    stretch, low, high = [], float("-inf"), float("inf")
                stretch.append(item)
                low, high = max(low, left), min(high, right)

    def _threads(self) -> list[list[int]]:
        """Runs of items, each the only one below the one before and wired to it alone from above."""
        firm = {a: b[0] for a, b in enumerate(self.below) if len(b) == 1 and len(self.above[b[0]]) == 1}
        inner = set(firm.values())
        threads = []
        for item in range(len(self.row)):
            if item in inner or (item not in firm and self.width[item]):
                continue
            thread = [item]
            while thread[-1] in firm:
                thread.append(firm[thread[-1]])
            threads.append(thread)
        return threads

    def _room(self, item: int) -> tuple[float, float]:
        """How far an item can move between its neighbours in the row."""
        items = self.rows[self.row[item]]
        k = self._position[item]
        low = self.x[items[k - 1]] + self._distance(items[k - 1], item) if k else float("-inf")
        high = self.x[items[k + 1]] - self._distance(item, items[k + 1]) if k + 1 < len(items) else float("inf")
        return low, high

    def _common(self, stretch: list[int], low: float, high: float) -> float:
        """A position for all of them: under one of the two ends if possible, else in the mean."""
        for end in (*self.above[stretch[0]], *self.below[stretch[-1]]):
            if low <= self.x[end] <= high:
                return self.x[end]
        mean = sum(self.x[item] for item in stretch) / len(stretch)
        return min(max(mean, low), high)
