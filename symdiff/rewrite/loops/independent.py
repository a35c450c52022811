"""Loops each of whose steps writes elsewhere into an array, and reads of it nothing that another step writes.

What a step reads is then as it was before the loop. The array need not be carried: it is put together behind the loop
of what the steps leave behind, and these may be computed all at once. ``U[i, j] -= f * U[k, j]`` for all j, where
i ≠ k, is one such loop. That two places are never one follows from what is known of the counters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symdiff.control.integers import Integers, Sum, Unknown
from symdiff.graph.body import Body, with_bodies
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop, counters
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers, toposort
from symdiff.ops.gathering import gather
from symdiff.ops.index import Hole, Run, axes_before, indexed_shape
from symdiff.ops.putting import FIRST, put, read_index
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import expand_dims, permute
from symdiff.rewrite.bodies import in_body, moved
from symdiff.rewrite.engine import Journal, Pass, Step

INDEPENDENT = Pass("loop-independent-steps", "BITS", "what a step reads of an array, no other step writes")


@dataclass(frozen=True)
class Places:
    """State `k`, into which each step writes by `write`, at a position of its own along `axis`."""

    k: int
    write: Node
    axis: int


def independent(graph: Graph, journal: Journal | None = None) -> Graph:
    """`graph`, in whose loops no array is carried into which each step writes elsewhere."""
    journal = journal if journal is not None else Journal()
    changes = _changes([*graph.forward, *graph.outputs], Integers(), journal)
    return moved(graph, changes) if changes else graph


def _changes(roots: Sequence[Node], known: Integers, journal: Journal) -> dict[Node, Node]:
    """What nodes become: loops within loops first."""
    found: dict[Node, Node] = {}
    for node in toposort(roots):
        if not node.op.block:
            continue
        loop = Loop.of(node)
        inside = Integers(known, loop)
        new = with_bodies(node, lambda body, inside=inside: _in_step(body, inside, journal))  # type: ignore[misc]
        places = None if loop.is_block or new is not node else _places(loop, inside)
        if places is not None:
            parts = _behind(loop, places)
            found |= {old: part for old, part in zip(node.parts, parts, strict=True) if old is not part}
            journal.steps.append(Step(INDEPENDENT, node.parts[places.k], parts[places.k]))
        elif new is not node:
            found |= dict(zip(node.parts, new.parts, strict=True))
    return found


def _in_step(body: Body, known: Integers, journal: Journal) -> Body:
    changes = _changes([*body.outputs, *body.names], known, journal)
    return in_body(body, changes) if changes else body


def _places(loop: Loop, known: Integers) -> Places | None:
    """An array into which each step writes elsewhere, and of which it reads nothing that another one writes."""
    uses = consumers(toposort(loop.body.outputs))
    for k, (state, end) in enumerate(zip(loop.states, loop.following, strict=True)):
        if end.op is not put or end.inputs[0] is not state or state in loop.body.outputs:
            continue
        if any(isinstance(item, Run) for item in end.kwargs["index"]):  # parts of other lengths make no stack
            continue
        if uses.get(end) or loop.body.outputs.count(end) != 1 or end.inputs[1:].count(state):
            continue
        reads = [user for user in uses[state] if user is not end]
        if any(user.op is not gather or user.inputs[1:].count(state) for user in reads):
            continue
        axis = _own_axis(loop, end, known)
        if axis is not None and all(_is_apart(loop, end, user, axis, known) for user in reads):
            return Places(k, end, axis)
    return None


def _own_axis(loop: Loop, write: Node, known: Integers) -> int | None:
    """The axis along which no two steps write at one position."""
    index = write.kwargs["index"]
    if axes_before(read_index(index)) is None:
        return None
    for axis, item in enumerate(index):
        if isinstance(item, Hole) and not (place := write.inputs[item.operand]).shape:
            own = [u for u in known.of(place).terms if u.depth == known.depth]
            least = known.of(place).least
            if len(own) == 1 and _differs_in_each_step(loop, own[0], known) and least is not None and least >= 0:
                return axis
    return None


def _differs_in_each_step(loop: Loop, unknown: Unknown, known: Integers) -> bool:
    """Whether an integer has no value in two steps: a counter, or which element of what is sliced a step takes."""
    return unknown is known.index or any(known.unknowns.get(h) is unknown for h in counters(loop))


def _is_apart(loop: Loop, write: Node, read: Node, axis: int, known: Integers) -> bool:
    """Whether what is read is what this very step writes, or nothing that any step does."""
    there = read_index(write.kwargs["index"])
    for k, (w, r) in enumerate(zip(there, read.kwargs["index"], strict=True)):
        a, b = _position(write, w, FIRST - 1, known), _position(read, r, 0, known)
        if a is None or b is None:
            continue
        if k == axis and a == b:
            return True
        other = _in_another_step(b, known)
        apart = [(a - other).least, (other - a).least]
        from_front = [a.least, b.least]
        if any(n is not None and n > 0 for n in apart) and all(n is not None and n >= 0 for n in from_front):
            return True
    return False


def _position(node: Node, item: object, before: int, known: Integers) -> Sum | None:
    """The one position that an item of an index picks; None if it picks several."""
    if isinstance(item, int):
        return Sum(number=item)
    if isinstance(item, Hole) and not (place := node.inputs[item.operand + before]).shape:
        return known.of(place)
    return None


def _in_another_step(value: Sum, known: Integers) -> Sum:
    """What an integer is in any step, in terms of unknowns of its own."""
    terms = {Unknown(u.depth, u.low, u.high) if u.depth == known.depth else u: n for u, n in value.terms.items()}
    return Sum(terms, value.number)


def _behind(loop: Loop, places: Places) -> tuple[Node, ...]:
    """The parts of `loop` if it does not carry the array, which is put together behind it."""
    k, write, before = places.k, places.write, loop.carry[places.k]
    state, c = loop.states[k], len(loop.carry)
    index, given = write.kwargs["index"], dict(zip(loop.constants, loop.fixed, strict=True))
    shape = indexed_shape(write.shape, read_index(index), tuple(p.shape for p in write.inputs[FIRST:]))
    part = spread(write.inputs[1], shape)
    joint = max(p.ndim for p in write.inputs[FIRST:])
    moving = [p for p in write.inputs[FIRST:] if p not in given and p.literal is None]
    states = [h for h in loop.states if h is not state]
    following = [y for i, y in enumerate(loop.following) if i != k]
    body = Body(
        (*states, *loop.elements, *loop.constants, state),
        (*following, *loop.left, part, *moving, *loop.going),
        loop.body.names,
    )
    carry = tuple(x for i, x in enumerate(loop.carry) if i != k)
    parts = list(replace(loop, body=body, carry=carry, fixed=(*loop.fixed, before)).node.parts)
    first = c - 1 + len(loop.left)
    stacks = dict(zip(moving, parts[first + 1 :], strict=True))
    holes = [_among(stacks[p], joint) if p in stacks else given.get(p, p) for p in write.inputs[FIRST:]]
    lead = axes_before(read_index(index)) or 0
    stack = parts[first]
    stack = permute(stack, axes=(*range(1, lead + 1), 0, *range(lead + 1, stack.ndim))) if lead else stack
    whole = put(before, stack, *holes, index=index)
    del parts[first:]
    return (*parts[:k], whole, *parts[k:])


def _among(stack: Node, joint: int) -> Node:
    """A stack of positions, for each step one or an array, in front of the axes of those of a step."""
    missing = joint - (stack.ndim - 1)
    return expand_dims(stack, axis=tuple(range(1, 1 + missing))) if missing else stack
