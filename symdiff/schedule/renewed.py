"""Variables of a loop that take their next value at once: ``h = np.tanh(W @ h)``, not ``y = …``, and ``h = y`` last.

That is so where nothing in the step reads the old value any more once the new one is there. What a step leaves behind
of what it began with is written first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from symdiff.graph.branches import NOWHERE_ELSE, Place, is_in
from symdiff.graph.loop import Loop, counted_from
from symdiff.graph.node import ITEM, Node, slot
from symdiff.schedule.arranging import in_sequence
from symdiff.schedule.buffers import Buffers
from symdiff.schedule.plan import Plan
from symdiff.schedule.reads import base_of, leaves, operands
from symdiff.schedule.statement import Statement

Begun = Mapping[tuple[Node, int], Node]  # what loops begin with, by loop and place


def renewed(plan: Plan, loop: Loop, buffers: Buffers, begins: Begun) -> dict[Node, Node]:
    """Of values that a step ends with, computed by `plan`, those states whose variables they may have as their own.

    >>> from symdiff.control.scan import scan
    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.body import BODY, Body
    >>> from symdiff.graph.graph import Graph
    >>> from symdiff.graph.node import variable
    >>> from symdiff.schedule.plan import schedule
    >>> h, x = (variable(name, Aval("float64"), BODY) for name in "hx")
    >>> y = x * h + x
    >>> loop = Loop(scan, Body((h,), (y, y)), (x,), (), (x,), 9)
    >>> renewed(schedule(Graph((h, x), (y, y)), is_body=True), loop, Buffers(), {}) == {y: h}
    True
    """
    asked, rest = step_lines(plan, loop)
    lines = [*asked, *rest]
    named = {node for s in lines for node in s.nodes}
    ends = dict(zip(loop.following, loop.states, strict=True))
    candidates = {y: h for y, h in ends.items() if y in named and _may_take(y, h, loop, plan)}
    if not candidates:
        return {}
    variable = partial(_variable, buffers=buffers, begins=begins)
    last = {variable(x): k for k, s in enumerate(lines) for x in leaves(operands(s), named)}
    left_last = [y for y in loop.left if y not in at_once(plan, loop)]
    last |= {variable(x): len(lines) for x in leaves([*loop.following, *left_last], named)}
    first, found = _set_first(lines, plan, buffers), {}
    for y, h in candidates.items():
        k, there = first[y], variable(y) is not h
        if k >= len(asked) and there and last.get(h, -1) <= k:
            others = _read_late(lines[k], y) if last.get(h, -1) == k else ()
            if h not in map(variable, leaves(others, named)):
                found[y] = h
    sides = _Sides(plan, lines, lambda *nodes: set(map(variable, leaves(nodes, named))))
    for y, h in list(found.items()):
        own = sides.own_values(y, h) if y in plan.branches.keys else ()
        found.update((x, h) for x in own if x in first and x not in found and variable(x) is x)
    return found


@dataclass(frozen=True)
class _Sides:
    """What is computed on one side of a selection only, and may have the variable of what is selected at once.

    Attributes:
        plan, lines: the statements of a step.
        read: the first ones in the variables that nodes read.
    """

    plan: Plan
    lines: Sequence[Statement]
    read: Callable[..., set[Node]]

    def own_values(self, y: Node, h: Node) -> Iterator[Node]:
        """What the sides of the selection `y` have that may be set in the variable of `h`."""
        branches, (key, *others) = self.plan.branches, self.plan.branches.keys[y]
        if others or h in self.read(y.inputs[0]):
            return
        for side in (1, 2):
            here, there = ((*key[0], (y.inputs[0], side == k)) for k in (1, 2))
            x = y.inputs[side]
            if branches.places.get(x) == (here,) and x not in branches.merged and self._is_free(x, y, h, side, there):
                yield x

    def _is_free(self, x: Node, y: Node, h: Node, side: int, there: Place) -> bool:
        """Whether nothing reads `h` any more, on this side and behind both, once `x` is computed."""
        place = self.plan.branches.places
        at = max((k for k, s in enumerate(self.lines) if x in s.nodes), default=-1)
        if at < 0 or h in self.read(*_read_late(self.lines[at], x)):
            return False
        for s in self.lines[at + 1 :]:
            if s.node is y or all(is_in(p, there) for p in place.get(s.node, NOWHERE_ELSE)):
                continue
            together = self.plan.branches.keys.get(s.node) == self.plan.branches.keys[y]
            if h in self.read(*([s.node.inputs[side]] if together else operands(s))):
                return False
        return True


def _variable(node: Node, buffers: Buffers, begins: Begun) -> Node:
    """The first one of those that have the variable of `node` one after the other, in one array or not."""
    while True:
        node = buffers.origin(node)
        start = begins.get((node.inputs[0], slot(node))) if node.op is ITEM else None
        if start is None:
            return node
        node = start


def begun(plan: Plan, loop: Loop | None) -> Begun:
    """What loops among the statements of `plan`, those of a step of `loop` if there is one, begin with that nothing
    else reads from there on, by loop and place: its variable may be the loop's."""
    loops = [s for s in plan.statements if s.node.op.block == "for"]
    if not loops:
        return {}
    lines = list(chain(*step_lines(plan, loop))) if loop is not None else in_sequence(plan.items)
    named, place = {node for s in lines for node in s.nodes}, {s: k for k, s in enumerate(lines)}
    last: dict[Node, int] = {}
    for k, s in enumerate(lines):
        last.update(dict.fromkeys(leaves(operands(s), named), k))
    asked = [x for guard in plan.graph.notes.guards for x in guard.reads]
    last |= dict.fromkeys(leaves([*plan.graph.outputs, *asked], named), len(lines))
    found = {}
    for s in loops:
        for k, x in enumerate(Loop.of(s.node).carry):
            others = leaves((*s.node.inputs[:k], *s.node.inputs[k + 1 :]), named)
            if x in named and last[x] == place[s] and x not in others:
                found[s.node, k] = x
    return found


def step_lines(plan: Plan, loop: Loop) -> tuple[list[Statement], list[Statement]]:
    """The statements of a step one by one: what is needed to ask whether it is taken, and the others."""
    going = plan.graph.outputs[len(loop.following) + len(loop.left) :]
    first, rest = plan.parts(going) if going else ((), plan.items)
    return in_sequence(first), in_sequence(rest)


def at_once(plan: Plan, loop: Loop) -> set[Node]:
    """What a step leaves behind and has at its beginning: inputs, and what is written as an expression of them."""
    return {y for y in loop.left if all(not x.inputs for x in leaves([y], plan.named))}


def _may_take(y: Node, h: Node, loop: Loop, plan: Plan) -> bool:
    """Whether `y` has no other name that a reader knows, and goes to one state alone, which is no counter."""
    known = plan.graph.names.get(y, h.name)
    counts = loop.asks and counted_from(loop, h) is not None
    return known == h.name and loop.following.count(y) == 1 and not counts


def _set_first(lines: Sequence[Statement], plan: Plan, buffers: Buffers) -> dict[Node, int]:
    """Where the variable of each value is set first, be it by what lies in the array or is decided before."""
    found: dict[Node, int] = {}
    for k, s in enumerate(lines):
        for node in s.nodes:
            found.setdefault(node, k)
    for inner in plan.branches.merged:  # assigned by the selections around it
        outer = inner
        while outer in plan.branches.merged and inner in found:
            outer = plan.branches.merged[outer]
            found[outer] = min(found.get(outer, found[inner]), found[inner])
    return {node: found.get(buffers.origin(node), -1) for node in found}


def _read_late(s: Statement, y: Node) -> Sequence[Node]:
    """What a statement reads once it has set the variable of `y`."""
    if s.node.op.block:
        if y.op is not ITEM or y.inputs[0] is not s.node:  # a selection, whose variable a part has from the beginning
            return s.node.inputs
        place = slot(y)
        begins = place < len(Loop.of(s.node).carry)
        return [x for k, x in enumerate(s.node.inputs) if k != place or not begins]
    if not s.in_place:
        return ()
    others = list(operands(s))
    if (base := base_of(s)) is not None:
        others.remove(base)
    return others
