"""Two loops that do the same are one loop; a sum that a loop begins with zero may begin with what it is added to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from symdiff.graph.body import Body, Fresh
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, slot
from symdiff.graph.walk import consumers, substitute, toposort
from symdiff.ops.elementwise import add
from symdiff.ops.reductions import is_zero


def merged(a: Node, b: Node) -> dict[Node, Node] | None:
    """What the parts of the loops `a` and `b` become if `b` carries all that `a` does; None if it does not."""
    one, other = Loop.of(a), Loop.of(b)
    if any(getattr(one, what) != getattr(other, what) for what in ("length", "reverse", "asks", "recomputes")):
        return None
    there = _same(one, other)
    if there is None or a in toposort(b.inputs) or b in toposort(a.inputs):
        return None
    fresh = Fresh(x.name or "" for x in other.body.inputs)
    elements = {x: fresh.input(x.name or "x", x.aval) for x in one.elements if x not in there}
    constants = {x: fresh.input(x.name or "c", x.aval) for x in one.constants if x not in there}
    of = {**there, **elements, **constants}
    outputs = substitute(one.body.outputs, of)
    states = [of[h] for h in one.states]
    ends = dict(zip(other.states, other.following, strict=True))
    if any(ends[h] is not y for h, y in zip(states, outputs, strict=False)):
        return None
    c, left = len(one.carry), list(other.left)
    left_by_one = outputs[c : c + len(one.left)]
    left += [y for y in dict.fromkeys(left_by_one) if y not in left]
    arrays, fixed = dict(zip(one.elements, one.sliced, strict=True)), dict(zip(one.constants, one.fixed, strict=True))
    body = Body(
        (*other.states, *other.elements, *elements.values(), *other.constants, *constants.values()),
        (*other.following, *left, *other.going),
        {**_moved(one.body.names, of), **other.body.names},
    )
    both = replace(
        other,
        body=body,
        sliced=(*other.sliced, *(arrays[x] for x in elements)),
        fixed=(*other.fixed, *(fixed[x] for x in constants)),
    )
    parts = both.node.parts
    d = len(other.carry)
    found = {b.parts[k]: parts[k] for k in range(len(b.parts))}
    found |= {a.parts[k]: parts[other.states.index(h)] for k, h in enumerate(states)}
    found |= {a.parts[c + i]: parts[d + left.index(y)] for i, y in enumerate(left_by_one)}
    return found


def continued(order: Sequence[Node], roots: Sequence[Node], zeros: Collection[Node] = ()) -> dict[Node, Node] | None:
    """``a + d``, where a loop adds up an array d, begun with zeros: it begins with a. What nodes become; None if none.

    Args:
        order: the nodes of a graph.
        roots: those that are read beside it.
        zeros: those that are zero everywhere, beside those that are seen to be.
    """
    if not any(node.op.block for node in order):
        return None
    users = consumers(order)
    for node in order:
        for a, part in (node.inputs, node.inputs[::-1]) if node.op is add and node.shape else ():
            if part.op is not ITEM or part.inputs[0].op.block != "for" or users[part] != [node] or part in roots:
                continue
            block, k = part.inputs[0], slot(part)
            loop = Loop.of(block)
            if k >= len(loop.carry) or not _only_adds(loop, k) or a.aval is not part.aval or block in toposort([a]):
                continue
            if loop.carry[k] in zeros or is_zero(loop.carry[k]):
                parts = replace(loop, carry=tuple(a if i == k else x for i, x in enumerate(loop.carry))).node.parts
                return {node: parts[k]} | {
                    old: parts[i] for i, old in enumerate(block.parts) if i != k and old in users
                }
    return None


def _only_adds(loop: Loop, k: int) -> bool:
    """Whether a step does nothing with state k but add to it."""
    state, end = loop.states[k], loop.following[k]
    others = [y for i, y in enumerate(loop.body.outputs) if i != k]
    while end.op is add and end is not state:
        a, b = end.inputs
        end, other = (a, b) if state in toposort([a]) else (b, a)
        others.append(other)
    return end is state and state not in toposort(others)


def _same(one: Loop, other: Loop) -> dict[Node, Node] | None:
    """For the inputs of a step of `one`, those of `other` that are the same; None if a state has none."""
    arrays = dict(zip(other.sliced, other.elements, strict=True))
    fixed = dict(zip(other.fixed, other.constants, strict=True))
    of = {x: arrays[a] for x, a in zip(one.elements, one.sliced, strict=True) if a in arrays}
    of |= {x: fixed[a] for x, a in zip(one.constants, one.fixed, strict=True) if a in fixed}
    free = list(zip(other.states, other.carry, strict=True))
    for h, start in zip(one.states, one.carry, strict=True):
        fits = [g for g, begin in free if begin is start and g.aval is h.aval]
        if not fits:
            return None
        of[h] = next((g for g in fits if g.name == h.name), fits[0])
        free = [(g, begin) for g, begin in free if g is not of[h]]
    return of


def _moved(names: Mapping[Node, str], of: Mapping[Node, Node]) -> dict[Node, str]:
    """The names of nodes of a body, on the inputs of the other one."""
    nodes = list(names)
    return {new: names[old] for old, new in zip(nodes, substitute(nodes, of), strict=True)}
