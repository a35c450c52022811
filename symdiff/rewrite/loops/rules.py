"""Rules for a loop by itself. Each takes a loop and which of its parts are needed, and says what these become.

**BITS**: what nobody needs, what never changes, and what does not depend on the step. **REAL**, where products and sums
are taken in another order: what depends on the slices alone is computed for all steps at once, and so is what a step
makes only to leave it behind, or to add it up.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

from symdiff.graph.body import Body, Fresh
from symdiff.graph.dims import is_counted, nominal_size
from symdiff.graph.hints import hint
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, constant, slot
from symdiff.graph.walk import consumers, substitute, toposort
from symdiff.ops.at_hand import is_at_hand
from symdiff.ops.elementwise import add, subtract
from symdiff.ops.index import Slice
from symdiff.ops.reductions import is_zero, sum_
from symdiff.ops.safe_places import closed_body
from symdiff.ops.shapes import expand_dims, getitem
from symdiff.rewrite.loops.asked import known_as_asked
from symdiff.rewrite.loops.comes_first import comes_first
from symdiff.rewrite.loops.cut import GROWTH, SMALL, Cut, cut, for_all_steps, recurrence
from symdiff.rewrite.loops.filled import filled, what_was_put, written_or_not
from symdiff.rewrite.loops.free_terms import free_terms
from symdiff.rewrite.loops.made_again import made_again
from symdiff.rewrite.loops.merge import continued
from symdiff.rewrite.loops.numbers import vector_of_numbers
from symdiff.rewrite.loops.positions import of_positions
from symdiff.rewrite.loops.rows import one_row
from symdiff.rewrite.loops.shifted import a_step_behind, begins_as_it_ended
from symdiff.rewrite.loops.side_by_side import side_by_side
from symdiff.rewrite.loops.sums import grown, of_what_is_left, summand

Parts = Mapping[int, Node]  # what the parts of a loop become
LoopRule = Callable[[Loop, set[int]], Parts | None]


def _with(loop: Loop, states: list[int], elements: list[Node], left: list[Node], constants: list[Node]) -> Loop:
    """The loop with some of its states and inputs, leaving `left` behind."""
    arrays = dict(zip(loop.elements, loop.sliced, strict=True))
    fixed = dict(zip(loop.constants, loop.fixed, strict=True))
    body = Body(
        (*(loop.states[k] for k in states), *elements, *constants),
        (*(loop.following[k] for k in states), *left, *loop.going),
        loop.body.names,
    )
    return replace(
        loop,
        body=body,
        carry=tuple(loop.carry[k] for k in states),
        sliced=tuple(arrays[x] for x in elements),
        fixed=tuple(fixed[x] for x in constants),
    )


def unused(loop: Loop, used: set[int]) -> Parts | None:
    """States and stacks that nobody needs, inputs that no step reads, and stacks that are there twice."""
    c = len(loop.carry)
    live = {k for k in range(c) if k in used}
    while True:
        needed = [k for k in range(len(loop.body.outputs)) if k in live or (k >= c and k in used)]
        read = [*needed, *range(len(loop.body.outputs) - loop.asks, len(loop.body.outputs))]
        outputs = list(loop.body.outputs)
        for k, y in zip(read, without_unused([outputs[k] for k in read]), strict=True):
            outputs[k] = y
        inside = set(toposort([outputs[k] for k in read]))
        more = {k for k, h in enumerate(loop.states) if h in inside} - live
        if not more:
            break
        live |= more
    whole, loop = loop, replace(loop, body=replace(loop.body, outputs=tuple(outputs)))
    left = list(dict.fromkeys(y for k, y in enumerate(loop.left, c) if k in used))
    states = sorted(live)
    elements = [x for x in loop.elements if x in inside]
    if not elements and is_counted(loop.length):
        elements = list(loop.elements[:1])  # by which it has its length
    constants = [x for x in loop.constants if x in inside]
    less = _with(loop, states, elements, left, constants)
    if less.body == whole.body:
        return None
    parts = less.node.parts
    found = {k: parts[states.index(k)] for k in states if k in used}
    return found | {k: parts[len(states) + left.index(y)] for k, y in enumerate(loop.left, c) if k in used}


def without_unused(roots: Sequence[Node]) -> list[Node]:
    """`roots`, the loops in them without what nobody needs: a state that an inner loop alone carries on is none."""
    roots = list(roots)
    while True:
        order = toposort(roots)
        changes: dict[Node, Node] = {}
        for node in order:
            if node.op.block:
                slots = {slot(x) for x in order if x.op is ITEM and x.inputs[0] is node} | {
                    k for k, part in enumerate(node.parts) if part in roots
                }
                changes |= {node.parts[k]: new for k, new in (unused(Loop.of(node), slots) or {}).items()}
        if not changes:
            return roots
        roots = substitute(roots, changes)


def few_steps(loop: Loop, used: set[int]) -> Parts | None:
    """A loop of one step is its body."""
    if loop.length != 1:
        return None
    first = [getitem(x, index=(0, *[Slice()] * (x.ndim - 1))) for x in loop.sliced]
    values = loop.body.of([*loop.carry, *first, *loop.fixed])
    c = len(loop.carry)
    return {k: value if k < c else expand_dims(value, axis=(0,)) for k, value in enumerate(values) if k in used}


def never_changes(loop: Loop, used: set[int]) -> Parts | None:
    """A state that a step returns as it was, or that is what it began with, is the same in all steps."""
    fixed = dict(zip(loop.constants, loop.fixed, strict=True))

    def is_same(k: int) -> bool:
        end, start = loop.following[k], loop.carry[k]
        return end is loop.states[k] or fixed.get(end) is start or (end.literal is not None and end is start)

    still = [k for k in range(len(loop.carry)) if is_same(k)]
    if not still:
        return None
    moving = [k for k in range(len(loop.carry)) if k not in still]
    c = len(loop.carry)
    body = Body(
        (*(loop.states[k] for k in moving), *loop.elements, *loop.constants, *(loop.states[k] for k in still)),
        (*(loop.following[k] for k in moving), *loop.left, *loop.going),
        loop.body.names,
    )
    less = replace(
        loop,
        body=body,
        carry=tuple(loop.carry[k] for k in moving),
        fixed=(*loop.fixed, *(loop.carry[k] for k in still)),
    )
    parts = less.node.parts
    found = {k: loop.carry[k] for k in still} | {k: parts[i] for i, k in enumerate(moving)}
    found |= {k: parts[len(moving) + k - c] for k in range(c, c + len(loop.left))}
    return {k: node for k, node in found.items() if k in used}


def last_of_all(loop: Loop, used: set[int]) -> Parts | None:
    """A state that no step reads is what the last step makes of it: if that needs slices only, no loop."""
    if not isinstance(loop.length, int) or loop.length < 1 or loop.asks:
        return None
    inside = set(toposort(loop.body.outputs))
    at = 0 if loop.reverse else loop.length - 1
    last = [getitem(a, index=(at, *[Slice()] * (a.ndim - 1))) for a in loop.sliced]
    for k, (state, end) in enumerate(zip(loop.states, loop.following, strict=True)):
        if state in inside or not set(toposort([end])).isdisjoint(loop.states):
            continue
        inputs = (*loop.elements, *loop.constants)
        value = substitute([end], dict(zip(inputs, (*last, *loop.fixed), strict=True)))[0]
        states = [i for i in range(len(loop.carry)) if i != k]
        parts = _with(loop, states, list(loop.elements), list(loop.left), list(loop.constants)).node.parts
        found = {i: parts[n] for n, i in enumerate(states)} | {k: value}
        found |= {i: parts[i - 1] for i in range(len(loop.carry), len(loop.carry) + len(loop.left))}
        return {i: node for i, node in found.items() if i in used}
    return None


def known_numbers(loop: Loop, used: set[int]) -> Parts | None:
    """A number that a step is given from outside is written in the step, where it meets others."""
    given = zip(loop.constants, loop.fixed, strict=True)
    known = {k: constant(k.dtype.type(x.literal.scalar)) for k, x in given if x.literal is not None and not x.shape}
    if not known or not set(known) & set(toposort(loop.body.outputs)):
        return None
    body = replace(loop.body, outputs=tuple(substitute(loop.body.outputs, known)))
    parts = replace(loop, body=body).node.parts
    return {k: parts[k] for k in used}


def same_twice(loop: Loop, used: set[int]) -> Parts | None:
    """States that begin and go on alike are one."""
    firsts = _alike(loop)
    kept = sorted(set(firsts))
    if len(kept) == len(firsts):
        return None
    of = {h: loop.states[k] for h, k in zip(loop.states, firsts, strict=True)}
    alike = replace(loop, body=replace(loop.body, outputs=tuple(substitute(loop.body.outputs, of))))
    parts = _with(alike, kept, list(loop.elements), list(alike.left), list(loop.constants)).node.parts
    stacks = range(len(firsts), len(firsts) + len(loop.left))
    found = {k: parts[kept.index(first)] for k, first in enumerate(firsts)}
    found |= {k: parts[k - len(firsts) + len(kept)] for k in stacks}
    return {k: node for k, node in found.items() if k in used}


def _alike(loop: Loop) -> list[int]:
    """For each state the first that is the same in all steps: those that begin alike, less those that then differ.

    Moore's refinement of a partition: as long as the states of one class end in several, they become several classes.
    """
    firsts = _numbered([(start, h.aval) for start, h in zip(loop.carry, loop.states, strict=True)])
    while True:
        of = {h: loop.states[k] for h, k in zip(loop.states, firsts, strict=True) if h is not loop.states[k]}
        finer = _numbered(list(zip(firsts, substitute(loop.following, of), strict=True))) if of else firsts
        if finer == firsts:
            return firsts
        firsts = finer


def _numbered(values: Sequence[Hashable]) -> list[int]:
    """For each value the place of the first that is equal."""
    places: dict[Hashable, int] = {}
    return [places.setdefault(value, k) for k, value in enumerate(values)]


def ends_alike(loop: Loop, used: set[int]) -> Parts | None:
    """Of two states that every step ends with alike, one that no step reads is what the other one is in the end."""
    if not isinstance(loop.length, int) or loop.length < 1 or loop.asks:
        return None
    inside = set(toposort(loop.body.outputs))
    for j, (h, end) in enumerate(zip(loop.states, loop.following, strict=True)):
        i = loop.following.index(end)
        i = i if i != j else next((k for k in range(j + 1, len(loop.states)) if loop.following[k] is end), j)
        if h in inside or i == j:
            continue
        states = [k for k in range(len(loop.carry)) if k != j]
        parts = _with(loop, states, list(loop.elements), list(loop.left), list(loop.constants)).node.parts
        found = {k: parts[n] for n, k in enumerate(states)} | {j: parts[states.index(i)]}
        found |= {k: parts[k - 1] for k in range(len(loop.carry), len(loop.carry) + len(loop.left))}
        return {k: node for k, node in found.items() if k in used}
    return None


def invariant(loop: Loop, used: set[int]) -> Parts | None:
    """What depends neither on the state nor on a slice is computed once, before the loop, unless it may fail there."""
    c = len(loop.carry)
    body, handed = closed_body((*loop.states, *loop.elements), loop.body.outputs, loop.body.names)
    fixed = substitute(handed, dict(zip(loop.constants, loop.fixed, strict=True)))
    if all(x in loop.constants for x in handed):
        return None
    parts = replace(loop, body=body, fixed=tuple(fixed)).node.parts
    assert len(parts) == c + len(loop.left)
    return {k: parts[k] for k in used}


def not_carried(loop: Loop, used: set[int]) -> Parts | None:
    """What depends on slices, and not on the state, is computed for all steps at once, and sliced."""
    if loop.recomputes:  # a stack of it would be as large as what is not to be kept
        return None
    order = toposort(loop.body.outputs)
    carried, sliced = set(loop.states), set(loop.elements)
    for node in order:
        if any(x in carried for x in node.inputs):
            carried.add(node)
        elif any(x in sliced for x in node.inputs):
            sliced.add(node)
    uses = consumers(order)
    outputs = set(loop.body.outputs)
    beside = _free(order, loop) if loop.asks else sliced
    tops = [
        node
        for node in order
        if node in beside
        and node.inputs
        and not node.aval.parts
        and not _counts(node)
        and (node in outputs or any(u not in beside for u in uses[node]))
    ]
    fresh = Fresh(x.name or "" for x in loop.body.inputs)
    new: dict[Node, Node] = {}
    arrays: list[Node] = []
    for top in tops:
        found = cut(loop, top, set())
        stack = None if found is None or found.read else _for_all_elements(loop, found)
        if stack is not None and stack.ndim == top.ndim + 1:
            new[top] = fresh.input(loop.body.names.get(top) or f"{_called(top, loop)}_t", top.aval)
            arrays.append(stack)
    if not new:
        return None
    outputs_now = tuple(substitute(loop.body.outputs, new))
    body = Body((*loop.states, *loop.elements, *new.values(), *loop.constants), outputs_now, loop.body.names)
    parts = replace(loop, body=body, sliced=(*loop.sliced, *arrays)).node.parts
    return {k: parts[k] for k in used}


def _called(top: Node, loop: Loop) -> str:
    """What an element of all these values is called: one that is picked from an array as the array is."""
    picked = top.op.drops and top.inputs[0].name is not None
    return hint(top.inputs[0] if picked else top, loop.body.names)


def _counts(node: Node) -> bool:
    """Whether a node is made of integers, as ``i + 1`` or ``i == j``, in less time than it is read."""
    return not node.shape and node.op.infix is not None and all(x.aval.kind in "iu" for x in node.inputs)


def _free(order: Sequence[Node], loop: Loop) -> set[Node]:
    """Parts of slices: they cost nothing, so that a loop that asks, and may not read all, may have them all."""
    free = set(loop.elements)
    for node in order:
        is_part = (node.op.view or node.op.drops) and any(x in free for x in node.inputs)
        if is_part and all(x in free or x in loop.constants or not x.inputs for x in node.inputs):
            free.add(node)
    return free


def _for_all_elements(loop: Loop, found: Cut) -> Node | None:
    """The stack of what `found` is of slices."""
    if not loop.asks:
        return for_all_steps(loop, found, ())
    read = [x for x in loop.elements if x in toposort([found.value])]
    if len(read) != 1:
        return None
    whole = replace(loop, length=loop.sliced[loop.elements.index(read[0])].shape[0], asks=False)
    return for_all_steps(whole, found, ())


def after_the_loop(loop: Loop, used: set[int]) -> Parts | None:
    """What a step makes only to leave it behind, or to add it up, is computed of what the recurrence leaves behind."""
    if loop.recomputes:
        return None
    c = len(loop.carry)
    sums = {k: found for k in range(c) if (found := summand(loop, k)) is not None}
    kernel = recurrence(loop, [k for k in range(c) if k not in sums])
    kernel |= {node for node in toposort(loop.going) if node not in loop.body.inputs}
    values = {k: sums[k][0] for k in sums} | {k: y for k, y in enumerate(loop.left, c) if k in used}
    values = {k: y for k, y in values.items() if not is_at_hand(y, kernel)}
    cuts = {k: cut_off for k, y in values.items() if (cut_off := cut(loop, y, kernel)) is not None}
    cuts |= {k: product for k in sums if k not in cuts and (product := grown(loop, sums[k][0], kernel)) is not None}
    cuts |= {k: made for k in sums if k not in cuts and (made := of_what_is_left(loop, sums[k][0], kernel)) is not None}
    kept = [y for k, y in enumerate(loop.left, c) if k not in cuts]
    for k, each in list(cuts.items()):
        more = sum(nominal_size(x.shape) for x in each.read if x not in kept)
        size = nominal_size(each.value.shape)
        if more > (size if k >= c else max(SMALL, GROWTH * size)):
            del cuts[k]
    kept += [x for each in cuts.values() for x in each.read]
    cuts |= {k: Cut(e, (e,)) for k, (e, _) in sums.items() if k not in cuts and e in kept}
    cuts |= {k: Cut(y, ()) for k, y in values.items() if k not in cuts and _is_there(loop, y)}
    if not cuts:
        return None
    left = list(
        dict.fromkeys(
            [y for k, y in enumerate(loop.left, c) if k not in cuts] + [x for f in cuts.values() for x in f.read]
        )
    )
    states = [k for k in range(c) if k not in cuts]
    less = _with(loop, states, list(loop.elements), left, list(loop.constants))
    parts = less.node.parts
    stack_of = {y: parts[len(states) + i] for i, y in enumerate(left)}
    found_parts: dict[int, Node] = {k: parts[i] for i, k in enumerate(states)}
    for k, y in enumerate(loop.left, c):
        if k not in cuts and k in used:
            found_parts[k] = stack_of[y]
    for k, each in cuts.items():
        stack = for_all_steps(loop, each, [stack_of[x] for x in each.read])
        if stack is None:
            return None
        if k >= c:
            found_parts[k] = stack
        else:
            total = sum_(stack, axis=(0,), keepdims=False)
            found_parts[k] = sums[k][1](loop.carry[k], total)
    return {k: node for k, node in found_parts.items() if k in used}


def _is_there(loop: Loop, y: Node) -> bool:
    """Whether the stack of a value is there without the loop: what is the same in all steps is, if their number is."""
    return not loop.asks and (y in loop.elements or y in loop.constants or y.literal is not None)


def adds_nothing(loop: Loop, used: set[int]) -> Parts | None:
    """An array of zeros, made outside, that a step adds to something, or with which a loop in it begins a sum."""
    zeros = {k for k, x in zip(loop.constants, loop.fixed, strict=True) if x.shape and is_zero(x)}
    if not zeros:
        return None
    order = toposort(loop.body.outputs)
    new: dict[Node, Node] = {}
    for node in order:
        if node.op in (add, subtract) and node.inputs[1] in zeros:
            new[node] = node.inputs[0]
        elif node.op is add and node.inputs[0] in zeros:
            new[node] = node.inputs[1]
    new = {old: x for old, x in new.items() if x.aval is old.aval} or continued(order, loop.body.outputs, zeros) or {}
    if not new:
        return None
    body = replace(loop.body, outputs=tuple(substitute(loop.body.outputs, new)))
    parts = replace(loop, body=body).node.parts
    return {k: parts[k] for k in used}


BITS_RULES: tuple[LoopRule, ...] = (
    few_steps,
    unused,
    known_numbers,
    known_as_asked,
    never_changes,
    last_of_all,
    same_twice,
    ends_alike,
    what_was_put,
    written_or_not,
    one_row,
    filled,
    vector_of_numbers,
    side_by_side,
    of_positions,
    invariant,
)
REAL_RULES: tuple[LoopRule, ...] = (adds_nothing, comes_first, free_terms, not_carried, after_the_loop, made_again)
STACK_RULES: tuple[LoopRule, ...] = (a_step_behind, begins_as_it_ended)  # BITS, where there are arrays for all steps
