"""What a step begins with is what the one before it ended with: of the two stacks only the second is made.

And what a step only keeps of its slices for the next one is a slice of that one, and needs no loop.
"""

from __future__ import annotations

from dataclasses import replace

from symdiff.control.begun import begun, behind, knows_its_steps
from symdiff.graph.body import Body, Fresh
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.walk import substitute
from symdiff.ops.index import Slice
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import getitem


def begins_as_it_ended(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """A stack of what the steps begin with, beside one of what they end with, is that one and the first value."""
    if not knows_its_steps(loop):
        return None
    c = len(loop.carry)
    at = {y: i for i, y in enumerate(loop.left, c)}
    pairs = dict(zip(loop.states, loop.following, strict=True))
    both = {at[h]: (k, at[y]) for k, (h, y) in enumerate(pairs.items()) if h in at and y in at and h is not y}
    both = {i: (k, end) for i, (k, end) in both.items() if i in used and end not in both}  # in a chain, the last first
    if not both:
        return None
    kept = [i for i in range(c, c + len(loop.left)) if i not in both]
    outputs = (*loop.following, *(loop.body.outputs[i] for i in kept), *loop.going)
    parts = replace(loop, body=replace(loop.body, outputs=outputs)).node.parts
    new = dict(zip((*range(c), *kept), parts, strict=True))
    first = {i: begun(loop, loop.carry[k], new[end]) for i, (k, end) in both.items()}
    return {k: node for k, node in (new | first).items() if k in used}


def a_step_behind(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """What a step keeps of its slices for the next one is a slice of that one, and so is what it always ends with."""
    if loop.recomputes or not knows_its_steps(loop):
        return None
    assert isinstance(loop.length, int)
    arrays = dict(zip(loop.elements, loop.sliced, strict=True))
    known = {y for y in loop.following if y.literal is not None and not y.shape}  # whether a step was taken, say
    arrays |= {y: spread(y, (loop.length,)) for y in known}
    late = {k: arrays[y] for k, y in enumerate(loop.following) if y in arrays and y.aval is loop.states[k].aval}
    if not late:
        return None
    fresh = Fresh(x.name or "" for x in loop.body.inputs)
    own = {k: fresh.input(loop.states[k].name or "before", loop.states[k].aval) for k in late}
    stacks = [behind(loop, loop.carry[k], x) for k, x in late.items()]
    states = [k for k in range(len(loop.carry)) if k not in late]
    before = dict(zip((loop.states[k] for k in late), own.values(), strict=True))
    outputs = substitute([y for k, y in enumerate(loop.body.outputs) if k not in late], before)
    inputs = (*(loop.states[k] for k in states), *loop.elements, *own.values(), *loop.constants)
    less = replace(
        loop,
        body=Body(inputs, tuple(outputs), loop.body.names),
        carry=tuple(loop.carry[k] for k in states),
        sliced=(*loop.sliced, *stacks),
    )
    parts = less.node.parts
    kept = [k for k in range(len(loop.carry) + len(loop.left)) if k not in late]
    at = 0 if loop.reverse else loop.length - 1
    ends = {k: getitem(x, index=(at, *[Slice()] * (x.ndim - 1))) for k, x in late.items()}
    return {k: node for k, node in (ends | dict(zip(kept, parts, strict=True))).items() if k in used}
