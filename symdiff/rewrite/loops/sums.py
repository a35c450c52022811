"""Sums that a loop adds up: what a step adds, and whether all of it can be added after the loop."""

from __future__ import annotations

from collections.abc import Callable

from symdiff.graph.dims import nominal_size
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, constant
from symdiff.graph.walk import consumers, toposort
from symdiff.ops.elementwise import add, multiply, subtract, where
from symdiff.ops.reductions import sum_dtype
from symdiff.rewrite.loops.cut import GROWTH, Cut, cut


def summand(loop: Loop, k: int) -> tuple[Node, Callable[[Node, Node], Node]] | None:
    """What a state adds up, if it does nothing else: ``s + e``, ``e + s``, ``s - e``, in each branch one of them."""
    state, end = loop.states[k], loop.following[k]
    if end.op is where:
        e = _added(state, end)
        others = [y for i, y in enumerate(loop.body.outputs) if i != k]
        if e is None or not _adds_up(e, state) or state in toposort([e, *others]):
            return None
        return e, add
    if end.op not in (add, subtract) or end.inputs.count(state) != 1:
        return None
    if end.op is subtract and end.inputs[0] is not state:
        return None
    uses = consumers(toposort(loop.body.outputs))
    if uses.get(state) != [end] or uses.get(end) or loop.body.outputs.count(end) != 1 or state in loop.body.outputs:
        return None
    e = end.inputs[1] if end.inputs[0] is state else end.inputs[0]
    return (e, end.op) if _adds_up(e, state) else None


def _adds_up(e: Node, state: Node) -> bool:
    """Whether the sum of a stack of `e` is what the steps make of it: narrow integers are added up in wider ones."""
    return e.shape == state.shape and e.dtype == state.dtype == sum_dtype(e.aval)


def _added(state: Node, end: Node) -> Node | None:
    """What is added to `state`, whichever branches are taken; None if a branch does anything else."""
    found = {state: constant(state.dtype.type(0))}
    for node in toposort([end]):
        if node.op is where and not node.inputs[0].shape and all(x in found for x in node.inputs[1:]):
            found[node] = where(node.inputs[0], *(found[x] for x in node.inputs[1:]))
        elif node.op in (add, subtract) and node.inputs[0] in found:
            found[node] = node.op(found[node.inputs[0]], node.inputs[1])
        elif node.op is add and node.inputs[1] in found:
            found[node] = found[node.inputs[1]] + node.inputs[0]
    return found.get(end)


def grown(loop: Loop, e: Node, kernel: set[Node]) -> Cut | None:
    """A product in the recurrence that is larger than what it is made of: all of them are added by one product."""
    if e.op is not multiply or e in loop.left or e not in kernel:
        return None
    found = cut(loop, e, kernel - {e})
    size = sum(nominal_size(x.shape) for x in found.read) if found is not None else 0
    return found if GROWTH * size <= nominal_size(e.shape) else None


def of_what_is_left(loop: Loop, e: Node, kernel: set[Node]) -> Cut | None:
    """A product of numbers in the recurrence, one of which the steps leave behind: all of them are one product."""
    if e.op is not multiply or e.shape or e not in kernel:
        return None
    found = cut(loop, e, kernel - {e})
    return found if found is not None and found.read and set(found.read) <= set(loop.left) else None
