"""What a step begins with is what the one before it ended with: of the two stacks only the second is made."""

from __future__ import annotations

from dataclasses import replace

from symdiff.control.begun import begun, knows_its_steps
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node


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
