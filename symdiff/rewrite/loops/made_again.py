"""What a step leaves behind that is had by one operation from what it leaves behind as well.

Behind the loop that is done for all steps at once: of ``p = y * d`` no step need keep p, where it keeps y and d.
"""

from __future__ import annotations

from collections.abc import Mapping

from symdiff.graph.dims import nominal_size
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, shares_memory
from symdiff.graph.walk import toposort
from symdiff.ops.elementwise import square
from symdiff.rewrite.loops.cut import Cut, cut, for_all_steps

CHEAP = frozenset({"+", "-", "*", "/", "neg"})


def made_again(loop: Loop, used: set[int]) -> Mapping[int, Node] | None:
    """What a step leaves behind is not, if one operation makes it of what else it does."""
    if loop.recomputes:
        return None
    c, left = len(loop.carry), dict.fromkeys(loop.left)
    gone: dict[Node, Cut] = {}
    for y in (node for node in toposort(loop.body.outputs) if node in left):
        found = cut(loop, y, left.keys() - {y})
        if found is not None and left.keys() >= set(found.read) and _is_one_operation(found):
            gone[y] = found
    if not gone:
        return None
    less = loop.with_left([y for y in left if y not in gone])
    parts = less.node.parts
    stacks = dict(zip((y for y in left if y not in gone), parts[c:], strict=True))
    for y, found in gone.items():  # inputs before users
        stack = for_all_steps(loop, found, [stacks[x] for x in found.read])
        if stack is None:
            return None
        stacks[y] = stack
    behind = {k: stacks[y] for k, y in enumerate(loop.left, c)}
    return {k: node for k, node in (dict(enumerate(parts[:c])) | behind).items() if k in used}


def _is_one_operation(found: Cut) -> bool:
    """Whether a value takes one operation on numbers, and no more room than what it is made of."""
    y = found.value
    made = [node for node in toposort([y], stop=lambda x: x in found.read) if node.inputs and node not in found.read]
    if any(node.aval.parts for node in made):
        return False
    work = [node for node in made if not (node.op.view or (node.ndim and shares_memory(node)))]
    cheap = all(node.op.infix in CHEAP or node.op is square for node in work)
    return cheap and len(work) <= 1 and nominal_size(y.shape) <= 2 * max(nominal_size(x.shape) for x in y.inputs)
