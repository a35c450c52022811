"""What a loop leaves behind for the way back: the values that the derivative of a step reads.

A value that is had by a step of arithmetic from others that are there is computed again: that takes no longer than
reading it. What remains is kept, one stack for each value. Of a loop that recomputes, that are the carried values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symdiff.control.begun import begun, states_left
from symdiff.control.settled import Settled, settled
from symdiff.graph.body import Fresh, has_own_length
from symdiff.graph.dims import nominal_size
from symdiff.graph.hints import hint
from symdiff.graph.loop import Loop, counters
from symdiff.graph.node import ITEM, Node
from symdiff.graph.walk import substitute, toposort
from symdiff.ops.at_hand import is_at_hand
from symdiff.ops.elementwise import square
from symdiff.ops.reductions import sum_
from symdiff.ops.safe_places import where_asked_for

ARITHMETIC = frozenset({"+", "-", "*", "/", "neg", "<", "<=", ">", ">=", "==", "!=", "~", "&", "|"})


GROWTH = 4  # how much larger than what it is made of a value is that is made again by a step of arithmetic
LARGE = 8  # the same for a function of the elements, which takes longer


@dataclass(frozen=True)
class Kept:
    """What is read of a forward loop.

    Attributes:
        values: nodes of its body that it leaves behind.
        slices: elements of arrays that both loops slice.
        stand_ins: for both, the inputs of a step of the other loop.
        settled: what is read of tables as they are in the end.
    """

    values: tuple[Node, ...]
    slices: tuple[Node, ...]
    stand_ins: tuple[Node, ...]
    settled: Settled

    @property
    def elements(self) -> tuple[Node, ...]:
        """The inputs of a step backwards, for what is kept, and for the slices."""
        return (*self.stand_ins, *self.slices)

    def inside(self, roots: Sequence[Node]) -> list[Node]:
        """`roots`, which read values of the forward step, in terms of what is kept."""
        roots = substitute(roots, dict(self.settled.instead))
        return substitute(roots, dict(zip(self.values, self.stand_ins, strict=True)))

    def arrays(self, loop: Loop) -> tuple[Node, ...]:
        """The arrays of `elements`: of what is kept, as the forward loop leaves it behind."""
        ended = states_left(loop)
        values = [x for x in self.values if x not in ended]
        safe = where_asked_for(values, loop.body.outputs)
        stacks = dict(zip(values, loop.stacks_of([safe.get(x, x) for x in values]), strict=True))
        c, starts = len(loop.carry), dict(zip(loop.states, loop.carry, strict=True))
        stacks |= {h: begun(loop, starts[h], loop.node.parts[c + ended[h]]) for h in self.values if h in ended}
        parts = [stacks[x] for x in self.values]
        arrays = dict(zip(loop.elements, loop.sliced, strict=True))
        return (*parts, *(arrays[x] for x in self.slices))


def keeping(loop: Loop, roots: Sequence[Node], fresh: Fresh) -> Kept:
    """What `roots`, computed in a step backwards, need of the forward loop; `fresh` makes the inputs of such a step."""
    final = settled(loop, roots, fresh)
    roots = substitute(roots, dict(final.instead))
    kept = _states_read(loop, roots) if loop.recomputes else _values_read(loop, roots)
    if loop.asks and not kept:  # by which the way back has its length
        kept.append(loop.states[0])
    read_back = {x for node in toposort(roots, stop=lambda n: n in kept) for x in (node, *node.inputs)}
    slices = tuple(x for x in loop.elements if x in read_back and x not in kept)
    names = loop.body.names
    stand_ins = [fresh.input(f"{hint(node, names)}_t", node.aval) for node in kept]
    return Kept(tuple(kept), slices, tuple(stand_ins), final)


def _states_read(loop: Loop, roots: Sequence[Node]) -> list[Node]:
    """What a step begins with that `roots` are computed from, but for slices, which are there."""
    read = set(toposort(roots))
    return [x for x in _given(loop) if x in read]


def _given(loop: Loop) -> tuple[Node, ...]:
    """The inputs of a step that are not there on the way back: slices may be longer than that, if the loop asks."""
    return (*loop.states, *(loop.elements if loop.asks else ()))


def _values_read(loop: Loop, roots: Sequence[Node]) -> list[Node]:
    """The values of a step that `roots` read, and that are not had more cheaply."""
    inside = toposort(roots)
    forward = set(toposort(loop.body.outputs))
    order = toposort([*loop.body.outputs, *(node for node in inside if is_at_hand(node, forward))])
    forward.update(order)
    read = {x for node in inside if node not in forward for x in node.inputs if x in forward}
    read.update(x for x in roots if x in forward)
    read = _can_be_stacked(loop, _from_what_is_small(read))  # in this order: what is small may make no array
    given = _given(loop)
    free = states_left(loop)
    there = {x for x in toposort(loop.body.outputs) if not x.inputs and (x not in given or x in free)}
    beside = there - set(free)  # what does not depend on the state is computed for all steps at once, in both loops
    kept: list[Node] = []
    counting = counters(loop)
    needed = set(toposort(read))
    for node in order:  # the same in every run
        if node in there or node not in needed:
            continue
        if node in counting:  # a number for each step, of which much else is made
            kept.append(node)
            there.add(node)
            continue
        if all(x in beside for x in node.inputs) and node.inputs:
            beside.add(node)
            there.add(node)
        elif (_is_cheap(node) or _is_large(node, kept) or (free and _is_number(node))) and all(
            x in there for x in node.inputs
        ):
            there.add(node)
        elif node in read and not has_own_length(loop.body, node):
            kept.append(node)
            there.add(node)
        elif node in read:
            there.add(node)
    behind = toposort(read, stop=set(kept).__contains__)
    return [*(h for h in free if h in behind), *kept]


def _can_be_stacked(loop: Loop, read: set[Node]) -> set[Node]:
    """What is read, and instead of what makes no array what that is computed from, to be computed again."""
    found, stack = set[Node](), list(read)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(node.inputs if has_own_length(loop.body, node) else ())
    return found


def _from_what_is_small(read: set[Node]) -> set[Node]:
    """What is read, and, instead of what arithmetic makes large, such as all differences, what that is made of."""
    found, stack = set[Node](), list(read)
    while stack:
        node = stack.pop()
        if node in found:
            continue
        small = list(dict.fromkeys(_seen(x) for x in node.inputs)) if _is_cheap(node) else []
        if any(x.aval.parts for x in (node, *small)):
            small = []
        if small and GROWTH * sum(nominal_size(x.shape) for x in small) <= nominal_size(node.shape):
            stack += [x for x in small if x.inputs or x.literal is None]
        else:
            found.add(node)
    return found


def _seen(x: Node) -> Node:
    """What a value is a view of."""
    while x.op.view and len(x.inputs) == 1:
        x = x.inputs[0]
    return x


def _is_cheap(node: Node) -> bool:
    if node.op is sum_:  # of a few terms each
        return nominal_size(node.inputs[0].shape) <= GROWTH * nominal_size(node.shape)
    selects = node.op.selects and not node.shape
    return node.op.view or selects or node.op.infix in ARITHMETIC or node.op in (ITEM, square)


def _is_number(node: Node) -> bool:
    """Whether it is a function of numbers: of all steps at once it takes less than a statement in each of them."""
    return node.op.family == "elementwise" and not node.shape


def _is_large(node: Node, kept: Sequence[Node]) -> bool:
    """Whether an elementwise value is so much larger than what is kept that it is made of that it is made again."""
    if node.op.family != "elementwise" or not node.shape:
        return False
    made = toposort([node], stop=kept.__contains__)
    of = {x for n in made for x in n.inputs if x in kept}
    return nominal_size(node.shape) >= LARGE * max(1, sum(nominal_size(x.shape) for x in of))
