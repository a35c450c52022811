"""Stacks that a loop leaves behind only to be put into a part of an array: each step may write there itself.

``h[1:] = h_steps`` behind the loop is ``h[t] = …`` in its steps, where nothing reads h in between.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass

from symdiff.graph.branches import NOWHERE_ELSE
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, slot
from symdiff.graph.walk import consumers
from symdiff.schedule.arranging import in_sequence
from symdiff.schedule.buffers import Buffers
from symdiff.schedule.plan import Plan
from symdiff.schedule.reads import arrays_held, leaves, operands


@dataclass(frozen=True)
class Into:
    """Where the steps of a loop write: into `node`, the first one at `start` along its first axis."""

    node: Node
    start: int


def written_into(plan: Plan, buffers: Buffers) -> dict[Node, Into]:
    """Of stacks that loops among the statements of `plan` leave behind, the arrays that they are put into."""
    edits = [s for s in plan.statements if s.node.op.edits is not None and s.node in buffers.taken]
    if not any(s.node.op.block for s in plan.statements) or not edits:
        return {}
    lines = in_sequence(plan.items)
    once, place = Counter(lines), {s: k for k, s in enumerate(lines)}
    of = {node: s for s in lines for node in (s.node, *s.nodes)}
    held, users, found = arrays_held(plan.graph.order), consumers(plan.graph.order), {}
    for s in edits:
        start, stack = _place(s.node), s.node.inputs[1]
        loop = of.get(stack)
        if start is None or loop is None or not _is_left(stack, s.node):
            continue
        if users[stack] != [s.node] or stack in plan.graph.outputs:
            continue
        base = of.get(buffers.taken[s.node])
        each = [x for x in (base, loop, s) if x is not None]
        apart = any(once[x] != 1 or plan.branches.places.get(x.node, NOWHERE_ELSE) != NOWHERE_ELSE for x in each)
        if base is None or apart or place[base] > place[loop] or loop.backward is not s.backward:
            continue
        between = [x for read in lines[place[loop] + 1 : place[s]] for x in operands(read)]
        own = Loop.of(loop.node)
        between += [*(x for x in own.carry if x.shape), *own.sliced, *own.fixed]
        arrays = {buffers.origin(a) for x in leaves(between, plan.named) for a in held.get(x, ())}
        if buffers.origin(s.node) not in arrays:
            found[stack] = Into(s.node, start)
    return found


def _is_left(stack: Node, into: Node) -> bool:
    """Whether a value is what the steps of a loop of known length leave behind, whole rows of what it is put into."""
    if stack.op is not ITEM or stack.inputs[0].op.block != "for":
        return False
    loop = Loop.of(stack.inputs[0])
    known = not loop.asks and slot(stack) >= len(loop.carry)
    return known and stack.dtype == into.dtype and stack.shape[1:] == into.shape[1:]


def _place(node: Node) -> int | None:
    """Where along the first axis an edit begins that replaces rows one after the other; None for any other."""
    assert node.op.edits is not None
    edits = node.op.edits(node)
    if len(edits) != 1 or len(node.inputs) != 2:
        return None
    tree = ast.parse(edits[0]).body[0]
    target = tree.targets[0] if isinstance(tree, ast.Assign) else None
    if not isinstance(target, ast.Subscript):
        return None
    first, *rest = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
    if not isinstance(first, ast.Slice) or first.step is not None or any(map(_is_cut, rest)):
        return None
    lower = 0 if first.lower is None else first.lower.value if isinstance(first.lower, ast.Constant) else None
    return lower if isinstance(lower, int) else None


def _is_cut(item: ast.expr) -> bool:
    """Whether an item of an index does not pick all."""
    return not isinstance(item, ast.Slice) or any(x is not None for x in (item.lower, item.upper, item.step))
