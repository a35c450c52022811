"""What is added to a state in the first step alone is added before the loop.

So the cotangent of the last row of a table begins the way back: no array of zeros with that row in it is added up.
"""

from __future__ import annotations

from dataclasses import replace

from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers, substitute, toposort
from symdiff.ops.elementwise import add
from symdiff.ops.index import Slice
from symdiff.ops.shapes import scatter


def comes_first(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """Zeros but for the element of the first step, which the steps add to a state, are added before the loop."""
    if loop.asks or not isinstance(loop.length, int) or loop.length < 1:
        return None
    uses, outputs = consumers(toposort(loop.body.outputs)), set(loop.body.outputs)
    first = loop.length - 1 if loop.reverse else 0
    for x, array in zip(loop.elements, loop.sliced, strict=True):
        if array.op is not scatter or array.kwargs["index"][0] not in (first, first - loop.length):
            continue
        total = uses.get(x, [])
        if len(total) != 1 or total[0].op is not add or x in outputs:
            continue
        state = next((h for h in total[0].inputs if h is not x), x)
        if state not in loop.states or state in outputs or uses[state] != total or state.aval is not x.aval:
            continue
        k = loop.states.index(state)
        alone, index = array.inputs[0], array.kwargs["index"][1:]
        if any(item != Slice() for item in index):
            alone = scatter(alone, shape=x.shape, index=index)
        carry = tuple(start + alone if i == k else start for i, start in enumerate(loop.carry))
        body = replace(loop.body, outputs=tuple(substitute(loop.body.outputs, {total[0]: state})))
        parts = replace(loop, body=body, carry=carry).node.parts
        return {i: parts[i] for i in used}
    return None
