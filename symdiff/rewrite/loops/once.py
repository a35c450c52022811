"""Rules for a block that runs once, as those for loops: what nobody needs, and what is no work of the block."""

from __future__ import annotations

from dataclasses import replace

from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, shares_memory
from symdiff.graph.walk import substitute
from symdiff.rewrite.loops.rules import LoopRule, Parts, known_numbers, unused


def _seen(y: Node) -> Node:
    """What a value is a view of."""
    while y.inputs and shares_memory(y) and y.op is not ITEM and len(y.inputs) == 1:
        y = y.inputs[0]
    return y


def views_behind(loop: Loop, used: set[int]) -> Parts | None:
    """What a block passes on as it is, or as a view, is taken from what it was given, or from the block."""
    of = {y: _seen(y) for y in loop.left}
    if all(x is y and y.inputs for y, x in of.items()):
        return None
    left = list(dict.fromkeys(x for x in of.values() if x.inputs))
    given = dict(zip(loop.constants, loop.fixed, strict=True))
    if left:
        less = replace(loop, body=replace(loop.body, outputs=tuple(left)))
        given |= dict(zip(left, less.node.parts, strict=True))
    values = substitute(list(loop.left), given)
    return {k: value for k, value in enumerate(values) if k in used}


BLOCK_RULES: tuple[LoopRule, ...] = (unused, known_numbers, views_behind)
