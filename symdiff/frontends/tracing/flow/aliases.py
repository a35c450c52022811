"""Arrays that variables share behind a loop.

A variable that a step binds to an array which is there already is that array afterwards: what is written into it is
seen under its other names. Which array it is may depend on how many steps there were. Then it can be read; as soon as
one of both is written into, that is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from symdiff.frontends.tracing.holder import Reason
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.node import Node

EITHER = Reason(
    "which of two arrays this is depends on a value that is not known yet, and one of them is written into",
    "copy the array before it is written into: x = x.copy()",
)
STEPS = Reason(
    "whether this array is another one as well depends on the steps of a loop, and one of both is written into",
    "copy the array before it is written into: x = x.copy()",
)


class Aliases:
    """Which variables are one array behind a loop.

    Args:
        before: the variables that a step assigns, before the loop.
        given: what stands for them in the step.
        after: what they are at its end.
        others: all other variables of the function.
        asks: whether there may be no step at all.
    """

    def __init__(
        self, before: Sequence[Any], given: Sequence[Any], after: Sequence[Any], others: Mapping[str, Any], asks: bool
    ) -> None:
        self.before, self.given, self.after, self.asks = before, given, after, asks
        self.stand_ins = {x._storage: k for k, x in enumerate(given) if type(x) is Symbol}
        self.outside = {x._storage: x for x in others.values() if _is_array(x)}
        self.names = Counter(x._storage for x in (*before, *others.values()) if _is_array(x))
        self.made: dict[Any, Symbol] = {}  # by the array of the step, and by where its content stands

    def result(self, k: int, part: Node) -> Any:
        """Variable k behind the loop, whose value is `part`."""
        end = self.after[k]
        if end is self.given[k]:
            return self.before[k]
        if not _is_array(end):
            return self._doubtful(k, part)
        if id(end) in self.made:
            return self.made[id(end)]
        first = self.made.get(end._storage)
        value = self._doubtful(k, part) if first is None else Symbol.part_of(first, (), node=part, doubt=STEPS)
        self.made[id(end)] = self.made[end._storage] = value
        return value

    def _doubtful(self, k: int, part: Node) -> Symbol:
        known = (x for x in self._perhaps(k) if _is_array(x) and x.aval == part.aval)
        other = next((x for x in known if self.names[x._storage] > 1 or x._storage in self.outside), None)
        return Symbol(part) if other is None else Symbol.part_of(other, (), node=part, doubt=STEPS)

    def _perhaps(self, k: int) -> Iterator[Any]:
        """The arrays that variable k may be, of those that were there before the loop."""
        if self.asks:
            yield self.before[k]
        end, met = self.after[k], set[int]()
        while _is_array(end) and (j := self.stand_ins.get(end._storage)) is not None and j not in met:
            met.add(j)
            end = self.after[j]
            if self.asks or (_is_array(end) and (end._storage in self.stand_ins or end._storage in self.outside)):
                yield self.before[j]
        if _is_array(end) and end._storage in self.outside:
            yield self.outside[end._storage]


def are_lists_apart(written: Sequence[Symbol], given: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether what stands for variables in a step, and was written into, are lists that change places:
    ``before, now = now, before``, each of which is known by one name at the end.
    """
    names = Counter(x._storage for x in after if _is_array(x))
    ways = rounds(given, after)
    turned = {given[k]._storage for k, way in ways.items() if len(way) > 1}
    return max(names.values(), default=0) <= 1 and all(x.is_own and x._storage in turned for x in written)


def rounds(given: Sequence[Any], after: Sequence[Any]) -> dict[int, list[int]]:
    """For each variable that is bound to what another one was, and so on around, the variables on that way."""
    places = {x._storage: k for k, x in enumerate(given) if _is_array(x)}
    found: dict[int, list[int]] = {}
    for k in range(len(given)):
        way = [k]
        while (j := places.get(getattr(after[way[-1]], "_storage", None))) is not None and j not in way:
            way.append(j)
        if j == k:
            found[k] = way
    return found


def _is_array(x: Any) -> bool:
    return type(x) is Symbol and bool(x.shape)
