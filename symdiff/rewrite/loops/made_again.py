"""What a step leaves behind that is had by one operation from what it leaves behind as well.

Behind the loop that is done for all steps at once: of ``p = y * d`` no step need keep p, where it keeps y and d. What a
step begins with is there, too, where it leaves behind what it ends with; and so is a part that is put into an array.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from symdiff.control.begun import begun, states_left
from symdiff.graph.dims import nominal_size
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, shares_memory
from symdiff.graph.walk import toposort
from symdiff.ops.assignment import assign
from symdiff.ops.elementwise import square
from symdiff.ops.shapes import getitem
from symdiff.rewrite.loops.cut import Cut, cut, for_all_steps

CHEAP = frozenset({"+", "-", "*", "/", "neg"})


def made_again(loop: Loop, used: set[int]) -> Mapping[int, Node] | None:
    """What a step leaves behind is not, if one operation makes it of what else it does."""
    if loop.recomputes:
        return None
    c, left = len(loop.carry), list(dict.fromkeys(loop.left))
    gone = dict(_of_others(loop, left, ()))
    rest = [y for y in left if y not in gone]
    ends = {h: loop.left[i] for h, i in states_left(loop).items() if loop.left[i] in rest}
    gone |= _of_others(loop, [y for y in rest if y not in ends.values()], (*ends, *ends.values()))
    gone |= _parts_put([y for y in rest if y not in gone], ends.values())
    if not gone:
        return None
    kept = [y for y in left if y not in gone]
    parts = loop.with_left(kept).node.parts
    stacks = dict(zip(kept, parts[c:], strict=True))
    stacks |= {
        h: begun(loop, start, stacks[ends[h]]) for h, start in zip(loop.states, loop.carry, strict=True) if h in ends
    }
    for y in toposort(loop.body.outputs):  # inputs before users
        if y in gone:
            stack = for_all_steps(loop, gone[y], [stacks[x] for x in gone[y].read])
            if stack is None:
                return None
            stacks[y] = stack
    behind = {k: stacks[y] for k, y in enumerate(loop.left, c)}
    return {k: node for k, node in (dict(enumerate(parts[:c])) | behind).items() if k in used}


def _of_others(loop: Loop, left: Collection[Node], beside: Collection[Node]) -> Iterator[tuple[Node, Cut]]:
    """Those of `left` that one operation makes of the others, and of what is there `beside`."""
    there = {*left, *beside}
    for y in (node for node in toposort(loop.body.outputs) if node in left):
        found = cut(loop, y, there - {y})
        if found is not None and found.read and there >= set(found.read) and _is_one_operation(found):
            yield y, found


def _parts_put(left: Collection[Node], arrays: Collection[Node]) -> Iterator[tuple[Node, Cut]]:
    """Those of `left` that are put into one of the `arrays`, last of all."""
    for z in arrays:
        if z.op is not assign or len(z.kwargs["indices"]) != 1 or z.inputs[1] not in left:
            continue
        part = getitem(z, index=z.kwargs["indices"][0])
        if part.aval is z.inputs[1].aval:
            yield z.inputs[1], Cut(part, (z,))


def _is_one_operation(found: Cut) -> bool:
    """Whether a value takes one operation on numbers, and no more room than what it is made of."""
    y = found.value
    made = [node for node in toposort([y], stop=lambda x: x in found.read) if node.inputs and node not in found.read]
    if any(node.aval.parts for node in made):
        return False
    work = [node for node in made if not (node.op.view or (node.ndim and shares_memory(node)))]
    cheap = all(node.op.infix in CHEAP or node.op is square for node in work)
    return cheap and len(work) <= 1 and nominal_size(y.shape) <= 2 * max(nominal_size(x.shape) for x in y.inputs)
