"""Arrays that a loop fills in order: ``h[t] = f(h[t - 1])`` carries a number, and leaves an array behind.

The position that is written advances by one with each step. What was written a few steps ago is carried; what is
written later is still as it was before the loop. So no step touches the whole array.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from symdiff.graph.body import Body, Fresh
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers, substitute, toposort
from symdiff.ops.assignment import assign
from symdiff.ops.elementwise import add, subtract, where
from symdiff.ops.gathering import gather
from symdiff.ops.index import Hole, Index, Slice
from symdiff.ops.putting import FIRST, put, read_index
from symdiff.ops.shapes import flip, getitem, permute

FARTHEST = 8  # steps back; what is read farther back keeps the array in the loop


@dataclass(frozen=True)
class Filling:
    """State `k`, which is filled: `put` writes at element `counter` plus `offset`, and `reads` read, steps earlier."""

    k: int
    write: Node
    counter: Node
    start: int
    direction: int
    reads: dict[Node, int]


def filling(loop: Loop) -> Filling | None:
    """An array that the loop fills in order."""
    uses = consumers(toposort(loop.body.outputs))
    for k, (state, end) in enumerate(zip(loop.states, loop.following, strict=True)):
        if end.op is put and end.inputs[0] is state and uses.get(end) == [] and loop.body.outputs.count(end) == 1:
            found = _counted(loop, end.inputs[FIRST]) if len(end.inputs) == FIRST + 1 else None
            users = [u for u in uses[state] if u is not end]
            if found is None or not (_is_whole(end.kwargs["index"], end) or (_is_part(end) and not users)):
                continue
            counter, start, direction = found
            reads = _reads(loop, k, end, users)
            if reads is not None and state not in loop.body.outputs:
                return Filling(k, end, counter, start, direction, reads)
    return None


def written_or_not(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """What a branch writes at the place that the loop counts is written in every step: what it was, or another."""
    new: dict[Node, Node] = {}
    for node in toposort(loop.body.outputs):
        if node.op is not where or node.inputs[0].shape:
            continue
        condition, *sides = node.inputs
        writes = [x for x in sides if x.op is put and x.inputs[0] in sides and x.inputs[0] is not x]
        if len(writes) == 1 and _is_inside(loop, writes[0]):
            [write] = writes
            x, part, *places = write.inputs
            was = gather(x, *places, index=read_index(write.kwargs["index"]))
            if was.shape == part.shape:
                pair = (part, was) if write is sides[0] else (was, part)
                new[node] = put(x, where(condition, *pair), *places, **write.kwargs)
    if not new:
        return None
    parts = replace(loop, body=replace(loop.body, outputs=tuple(substitute(loop.body.outputs, new)))).node.parts
    return {k: parts[k] for k in used}


def _is_inside(loop: Loop, write: Node) -> bool:
    """Whether the place is one of the array in every step, whether it is written there or not."""
    found = _counted(loop, write.inputs[FIRST]) if len(write.inputs) == FIRST + 1 else None
    n = write.shape[0]
    if found is None or not isinstance(n, int) or not isinstance(loop.length, int):
        return False
    _, start, direction = found
    return _is_whole(write.kwargs["index"], write) and max(start, start + (loop.length - 1) * direction) < n


def _is_whole(index: Index, write: Node) -> bool:
    """Whether one row of the first axis is written, as a whole."""
    row = write.inputs[0].shape[1:]
    return index[0] == Hole(FIRST) and all(i == Slice() for i in index[1:]) and write.inputs[1].shape == row


def _is_part(write: Node) -> bool:
    """Whether a part is written whose place along one axis is computed."""
    index, x = write.kwargs["index"], write.inputs[0]
    plain = all(isinstance(i, (int, Slice)) or i == Hole(FIRST) for i in index)
    return plain and write.inputs[1].shape == gather(x, write.inputs[FIRST], index=read_index(index)).shape


def _counted(loop: Loop, position: Node) -> tuple[Node, int, int] | None:
    """The element that a position counts with, the first position, and the direction."""
    base, offset = shifted(position)
    if base not in loop.elements:
        return None
    literal = loop.sliced[loop.elements.index(base)].literal
    if literal is None or literal.value.ndim != 1 or literal.value.size < 1:
        return None
    steps = set(np.diff(literal.value).tolist())
    if steps not in ({1}, {-1}):
        return None
    numbers = literal.value if not loop.reverse else literal.value[::-1]
    direction = int(numbers[1] - numbers[0])
    return (base, int(numbers[0]) + offset, direction) if min(numbers) + offset >= 0 else None


def shifted(position: Node) -> tuple[Node, int]:
    """A position as another one plus a number."""
    offset = 0
    while position.op in (add, subtract):
        a, b = position.inputs
        if b.literal is not None and not b.shape and b.aval.kind in "iu":
            offset += int(b.literal.value) * (1 if position.op is add else -1)
            position = a
        elif position.op is add and a.literal is not None and not a.shape and a.aval.kind in "iu":
            offset += int(a.literal.value)
            position = b
        else:
            break
    return position, offset


def _reads(loop: Loop, k: int, write: Node, users: list[Node]) -> dict[Node, int] | None:
    """How many steps before each read what it reads was written, 0 for what is not written yet; None if that varies."""
    base, offset = shifted(write.inputs[FIRST])
    found = _counted(loop, write.inputs[FIRST])
    assert found is not None
    _, start, direction = found
    reads, farthest = dict[Node, int](), (int(loop.length) - 1) * direction if isinstance(loop.length, int) else 0
    for user in users:
        if user.op is not gather or user.inputs[0] is not loop.states[k] or len(user.inputs) != 2:
            return None
        if user.kwargs["index"] != read_index(write.kwargs["index"]):
            return None
        other, there = shifted(user.inputs[1])
        if other is not base:
            return None
        back = (offset - there) * direction
        from_the_end = back <= 0 and start - offset + there + farthest < 0  # v[-1] may have been written at first
        if back > FARTHEST or from_the_end:
            return None
        reads[user] = max(back, 0)
    return reads


def filled(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """An array that is filled in order is carried as its last few rows, and put together after the loop."""
    found = None if loop.asks else filling(loop)
    if found is None:
        return None
    k, before = found.k, loop.carry[found.k]
    fresh = Fresh(x.name or "" for x in loop.body.inputs if x is not loop.states[k])
    depth = max(found.reads.values(), default=0)
    value = found.write.inputs[1]
    row = Slice()
    name = loop.states[k].name or "row"
    last = [fresh.input(name if depth == 1 else f"{name}_{j}", value.aval) for j in range(1, depth + 1)]
    whole = fresh.input(f"{name}_before", before.aval)
    new = {
        u: gather(whole, u.inputs[1], **u.kwargs) if back == 0 else last[back - 1] for u, back in found.reads.items()
    }
    outputs = list(loop.body.outputs)
    del outputs[k]
    moved = substitute([*outputs, value], new)
    *outputs, value = moved
    c = len(loop.carry) - 1
    states = [h for h in loop.states if h is not loop.states[k]]
    body = Body(
        (*states, *last, *loop.elements, *loop.constants, whole),
        (*outputs[:c], *[value, *last][:depth], *outputs[c:], value),
        loop.body.names,
    )
    rest = (row,) * (before.ndim - 1)
    starts = []
    for j in range(1, depth + 1):
        place = found.start - j * found.direction
        n = before.shape[0]
        if isinstance(n, int) and not -n <= place < n:
            return None
        starts.append(getitem(before, index=(place, *rest)))
    carry = (*(x for i, x in enumerate(loop.carry) if i != k), *starts)
    parts = replace(loop, body=body, carry=carry, fixed=(*loop.fixed, before)).node.parts
    found_parts: dict[int, Node] = {}
    for i in range(len(loop.body.outputs)):
        if i < len(loop.carry):
            if i != k:
                found_parts[i] = parts[i - (i > k)]
        else:
            found_parts[i] = parts[c + depth + i - len(loop.carry)]
    stack = parts[-1]
    steps = int(loop.length) if isinstance(loop.length, int) else 0
    if not steps:
        return None
    first = min(found.start, found.start + (steps - 1) * found.direction)
    # what is left behind lies in the order of what is sliced
    ascending = (found.direction == 1) is not loop.reverse
    stack = stack if ascending else flip(stack, axis=(0,))
    index = found.write.kwargs["index"]
    axis = [i for i in index if not isinstance(i, int)].index(Hole(FIRST))
    stack = permute(stack, axes=(*range(1, axis + 1), 0, *range(axis + 1, stack.ndim))) if axis else stack
    places = tuple(Slice(first, first + steps) if i == Hole(FIRST) else i for i in index)
    found_parts[k] = assign(before, stack, indices=(places,))
    return {i: node for i, node in found_parts.items() if i in used}


def _are_at_one_place(a: Node, b: Node) -> bool:
    return a.inputs[FIRST:] == b.inputs[FIRST:] and a.params == b.params


def what_was_put(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """What is read where something was just put is that; what is put where something was just put is there alone."""
    new: dict[Node, Node] = {}
    for node in toposort(loop.body.outputs):
        if node.op is gather and node.inputs[0].op is put:
            x = node.inputs[0]
            same = x.inputs[FIRST:] == node.inputs[1:] and node.kwargs["index"] == read_index(x.kwargs["index"])
            if same and x.inputs[1].shape == node.shape:
                new[node] = x.inputs[1]
        elif node.op is put and node.inputs[0].op is put and _are_at_one_place(node, node.inputs[0]):
            new[node] = put(node.inputs[0].inputs[0], *node.inputs[1:], **node.kwargs)
    if not new:
        return None
    body = replace(loop.body, outputs=tuple(substitute(loop.body.outputs, new)))
    parts = replace(loop, body=body).node.parts
    return {k: parts[k] for k in used}
