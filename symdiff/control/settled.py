"""Tables of which the way back reads what no later step writes: the table as it is in the end says it all.

A loop that carries ``L`` and writes ``L[i, j]`` need not keep the table of each step, if the derivative of a step reads
elements only that keep their values from there on. Which these are follows from what is known of the counters: step
(i, j) of a factorisation writes at (i, j), reads at (j, k) with k < j ≤ i, and all later steps write behind that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symdiff.control.integers import Integers, Sum, Unknown
from symdiff.graph.body import Fresh
from symdiff.graph.branches import Decision, decisions
from symdiff.graph.loop import Loop, counters
from symdiff.graph.node import ITEM, Node, slot
from symdiff.graph.walk import consumers, substitute, toposort
from symdiff.ops.elementwise import equal, logical_not, not_equal, where
from symdiff.ops.gathering import gather
from symdiff.ops.index import Hole, Index, Run, Slice
from symdiff.ops.putting import FIRST, put, read_index

Between = tuple[Sum, Sum]
Box = tuple[Between | None, ...]  # of each axis between what positions lie; None for any
MOST_STATES = 64  # of a loop that is looked through


@dataclass(frozen=True)
class Access:
    """Where a table is read or written, and what differs there from zero."""

    box: Box
    apart: tuple[Sum, ...] = ()  # differences that are known not to be zero


@dataclass(frozen=True)
class Settled:
    """What is read of tables as they are in the end.

    Attributes:
        instead: for nodes of a step what stands for them on the way back, in terms of the inputs in `tables`.
        tables: for such inputs, the tables.
    """

    instead: Mapping[Node, Node] = field(default_factory=dict)
    tables: Mapping[Node, Node] = field(default_factory=dict)


def settled(loop: Loop, roots: Sequence[Node], fresh: Fresh) -> Settled:
    """What `roots`, computed in a step backwards, may read of the tables that `loop` has in the end."""
    if loop.recomputes or len(loop.carry) > MOST_STATES:
        return Settled()
    instead: dict[Node, Node] = {}
    tables: dict[Node, Node] = {}
    known = Integers(Integers(), loop)
    before = _read_before(loop, roots, known)
    roots = substitute(roots, before)
    inside = set(toposort(roots))
    for k, (state, end) in enumerate(zip(loop.states, loop.following, strict=True)):
        if not state.ndim or not inside.intersection(_versions(state, end)):
            continue
        writes = _writes(end, state, known)
        if not writes:
            continue
        table = fresh.input(f"{state.name or 'table'}_end", state.aval)
        found = {x: table for x, first in ((state, 0), (end, 1)) if _is_settled(x, first, writes, roots, loop, known)}
        if state in found:
            found |= _written(state, end, table, roots, writes, loop, known)
        if found:
            instead |= found
            tables[table] = loop.node.parts[k]
    there = dict(zip(before, substitute(before.values(), instead), strict=True))
    return Settled(instead | {node: new for node, new in there.items() if new is not before[node]}, tables)


def _read_before(loop: Loop, roots: Sequence[Node], known: Integers) -> dict[Node, Node]:
    """What is read of a table while a step puts parts there, elsewhere: of the table as the step began with it."""
    versions = {x for h, end in zip(loop.states, loop.following, strict=True) for x in _puts(h, end)[1:]}
    found: dict[Node, Node] = {}
    for node in toposort(roots) if versions else ():
        x = node.inputs[0] if node.op is gather else None
        read = Access(box(node.inputs[1:], node.kwargs["index"], known)) if x in versions else None
        while read is not None and x in versions and are_apart(read, _own(x, known)):
            x = x.inputs[0]
        if read is not None and x in loop.states:
            found[node] = gather(x, *node.inputs[1:], **node.kwargs)
    return found


def _own(write: Node, known: Integers) -> Access:
    """Where a part is put."""
    return Access(box(write.inputs[FIRST:], read_index(write.kwargs["index"]), known))


def _versions(state: Node, end: Node) -> set[Node]:
    """What a step makes of a table, and what it puts there."""
    puts = _puts(state, end)
    return {state, end, *(x.inputs[1] for x in puts)}


def _puts(state: Node, end: Node) -> list[Node]:
    """The parts that a step puts into a table, the last one first; none if it does something else with it."""
    found = list[Node]()
    while end.op is put:
        found.append(end)
        end = end.inputs[0]
    return found if end is state else []


def _is_settled(
    x: Node, first: int, writes: Sequence[Access], roots: Sequence[Node], loop: Loop, known: Integers
) -> bool:
    """Whether nothing that is read of `x` is written `first` steps later or after that."""
    reads = _reads(x, roots, known)
    if not reads:
        return False
    later = [_later(access, first, loop, known) for access in writes]
    return all(are_apart(read, write) for read in reads for write in later)


def _written(
    state: Node, end: Node, table: Node, roots: Sequence[Node], writes: Sequence[Access], loop: Loop, known: Integers
) -> dict[Node, Node]:
    """What a step puts into the table is read there, if it stays: all of it, or one side of a branch."""
    found: dict[Node, Node] = {}
    behind = [_later(write, 1, loop, known) for write in writes]
    for x in _puts(state, end):
        index, part = read_index(x.kwargs["index"]), x.inputs[1]
        own = _own(x, known)
        stays = all(are_apart(own, write) for write in behind)
        behind.append(own)
        there = gather(table, *x.inputs[FIRST:], index=index)
        if not stays or any(isinstance(item, Slice) for item in index) or there.aval is not part.aval:
            continue
        found |= {part: there} if part.inputs else {}
        if part.op is where and not part.shape:
            condition, *sides = part.inputs
            table_of = _conditions(roots)
            taken = [
                side
                for side, says in zip(sides, (True, False), strict=True)
                if (condition, says) in table_of.get(side, ())
            ]
            found |= {side: there for side in taken if side.inputs}
    return found


def _conditions(roots: Sequence[Node]) -> Mapping[Node, frozenset[Decision]]:
    """Under which conditions alone nodes are needed."""
    order = toposort(roots)
    selections = {node for node in order if node.op.selects and not node.inputs[0].shape}
    return decisions(order, roots, selections) if selections else {}


# ---------------------------------------------------------------------------------------------------- reads and writes


def _reads(x: Node, roots: Sequence[Node], known: Integers) -> list[Access] | None:
    """Where `x` is read; None if that is not known, or elsewhere than at positions."""
    order = toposort(roots)
    users = consumers(order).get(x, [])
    if x in roots:
        return None
    under = _conditions(roots)
    found: list[Access] = []
    for user in dict.fromkeys(users):
        if user.op is gather and user.inputs[0] is x and x not in user.inputs[1:]:
            there = box(user.inputs[1:], user.kwargs["index"], known)
            found.append(Access(there, _differences(under.get(user, frozenset()), known)))
        elif user.op.block:
            inner = _reads_inside(x, user, known)
            if inner is None:
                return None
            found += inner
        else:
            return None
    return found


def _reads_inside(x: Node, block: Node, known: Integers) -> list[Access] | None:
    """Where the steps of a loop read `x`, which is the same in all of them."""
    loop = Loop.of(block)
    if x in (*loop.carry, *loop.sliced):
        return None
    within = Integers(known, loop)
    found: list[Access] = []
    for k in [k for k, y in zip(loop.constants, loop.fixed, strict=True) if y is x]:
        reads = _reads(k, loop.body.outputs, within)
        if reads is None:
            return None
        found += [_seen_from(known, read) for read in reads]
    return found


def _writes(end: Node, state: Node, known: Integers) -> list[Access] | None:
    """Where `end` differs from `state`; None if that is not known."""
    found: list[Access] = []
    stack = [end]
    while stack:
        x = stack.pop()
        if x is state:
            continue
        if x.op is put:
            found.append(_own(x, known))
            stack.append(x.inputs[0])
        elif x.op is where and not x.inputs[0].shape:
            stack += x.inputs[1:]
        elif x.op is ITEM and x.inputs[0].op.block == "for" and slot(x) < len(Loop.of(x.inputs[0]).carry):
            loop, k = Loop.of(x.inputs[0]), slot(x)
            inner = _writes(loop.following[k], loop.states[k], Integers(known, loop))
            if inner is None:
                return None
            found += [_seen_from(known, write) for write in inner]
            stack.append(loop.carry[k])
        else:
            return None
    return found


def box(places: Sequence[Node], index: Index, known: Integers) -> Box:
    """Between what the positions of an index lie; `places` are its operands from the first one on."""
    found: list[Between | None] = []
    for item in index:
        if isinstance(item, int) and item >= 0:
            found.append((Sum(number=item), Sum(number=item)))
        elif isinstance(item, Hole):
            place = places[item.operand - 1]
            found.append(known.range_of(place) if place.shape else (known.of(place), known.of(place)))
        elif isinstance(item, Run):
            found.append(_span(places, item, known))
        else:
            found.append(None)
    return tuple(found)


def _span(places: Sequence[Node], run: Run, known: Integers) -> Between | None:
    """Between what the positions of a slice lie, the last one before the first if there are none."""
    first = Sum() if run.first is None else known.of(places[run.first - 1])
    n = known.as_many_as(run.length, places[run.counted - 1])
    return None if n is None else (first, first + (n - Sum(number=1)).times(run.step))


def _seen_from(known: Integers, access: Access) -> Access:
    """What is read or written in any step of a loop, for the graph around it."""

    def widened(between: Between | None) -> Between | None:
        if between is None:
            return None
        low, high = between[0].bound(known.depth + 1), between[1].bound(known.depth + 1, above=True)
        return None if low is None or high is None else (low, high)

    return Access(tuple(map(widened, access.box)))


# ------------------------------------------------------------------------------------------------------------- compared


def _differences(under: frozenset[Decision], known: Integers) -> tuple[Sum, ...]:
    """Differences that are not zero where these conditions hold, or fail."""
    found: list[Sum] = []
    for asked, says in under:
        condition, holds = asked, says
        while condition.op is logical_not:
            condition, holds = condition.inputs[0], not holds
        if condition.op is (not_equal if holds else equal) and condition.inputs[0].aval.kind in "iu":
            found.append(known.of(condition.inputs[0]) - known.of(condition.inputs[1]))
    return tuple(found)


def _later(access: Access, first: int, loop: Loop, known: Integers) -> Access:
    """What is accessed `first` steps later, or any number of steps after that."""
    more = Sum({Unknown(known.depth, Sum()): 1}, first)
    moving = {known.unknowns[h]: more for h in counters(loop) if h in known.unknowns}
    if known.index is not None:
        moving[known.index] = more.times(-1 if loop.reverse else 1)
    others: dict[Unknown, Sum] = {}

    def moved(value: Sum) -> Sum:
        for unknown, factor in value.terms.items():
            if unknown in moving:
                value += moving[unknown].times(factor)
            elif unknown.depth >= known.depth:
                other = others.setdefault(unknown, Sum({Unknown(unknown.depth, unknown.low, unknown.high): 1}))
                value += other.times(factor) - Sum({unknown: factor})
        return value

    return Access(tuple(None if b is None else (moved(b[0]), moved(b[1])) for b in access.box))


def are_apart(read: Access, write: Access) -> bool:
    """Whether two boxes have no element in common; positions from the end might be the same as some from the front."""
    for a, b in zip(read.box, write.box, strict=True):
        if a is None or b is None:
            continue
        for (low, high), (other_low, _) in ((a, b), (b, a)):
            if _is_positive(other_low - high, read.apart) and _is_positive(low + Sum(number=1), ()):
                return True
    return False


def _is_positive(value: Sum, apart: Sequence[Sum]) -> bool:
    """Whether a difference is at least one, given that some differences are not zero."""
    least = value.least
    if least is not None and least > 0:
        return True
    for difference in (d for each in apart for d in (each, each.times(-1))):
        low, rest = difference.least, (value - difference).least
        if low == 0 and rest is not None and rest >= 0:
            return True
    return False
