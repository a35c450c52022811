"""What a loop leaves behind for the way back: the values that the derivative of a step reads.

A value that is had by a step of arithmetic from others that are there is computed again: that takes no longer than
reading it. What remains is kept, one stack for each value. Of a loop that recomputes, that are the carried values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symdiff.graph.body import Fresh
from symdiff.graph.dims import is_counted
from symdiff.graph.hints import hint
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node
from symdiff.graph.walk import substitute, toposort

ARITHMETIC = frozenset({"+", "-", "*", "/", "neg", "<", "<=", ">", ">=", "~", "&", "|"})


@dataclass(frozen=True)
class Kept:
    """What is read of a forward loop.

    Attributes:
        values: nodes of its body that it leaves behind.
        slices: elements of arrays that both loops slice.
        stand_ins: for both, the inputs of a step of the other loop.
    """

    values: tuple[Node, ...]
    slices: tuple[Node, ...]
    stand_ins: tuple[Node, ...]

    @property
    def elements(self) -> tuple[Node, ...]:
        """The inputs of a step backwards, for what is kept, and for the slices."""
        return (*self.stand_ins, *self.slices)

    def inside(self, roots: Sequence[Node]) -> list[Node]:
        """`roots`, which read values of the forward step, in terms of what is kept."""
        return substitute(roots, dict(zip(self.values, self.stand_ins, strict=True)))

    def arrays(self, loop: Loop) -> tuple[Node, ...]:
        """The arrays of `elements`: of what is kept, as the forward loop leaves it behind."""
        parts = loop.leaving(self.values).node.parts[len(loop.carry) + len(loop.left) :]
        arrays = dict(zip(loop.elements, loop.sliced, strict=True))
        return (*parts, *(arrays[x] for x in self.slices))


def keeping(loop: Loop, roots: Sequence[Node], fresh: Fresh) -> Kept:
    """What `roots`, computed in a step backwards, need of the forward loop; `fresh` makes the inputs of such a step."""
    kept = _states_read(loop, roots) if loop.recomputes else _values_read(loop, roots)
    if loop.asks and not kept:  # by which the way back has its length
        kept.append(loop.states[0])
    read_back = {x for node in toposort(roots, stop=lambda n: n in kept) for x in (node, *node.inputs)}
    slices = tuple(x for x in loop.elements if x in read_back and x not in kept)
    names = loop.body.names
    stand_ins = [fresh.input(f"{hint(node, names)}_t", node.aval) for node in kept]
    return Kept(tuple(kept), slices, tuple(stand_ins))


def _states_read(loop: Loop, roots: Sequence[Node]) -> list[Node]:
    """What a step begins with that `roots` are computed from, but for slices, which are there."""
    read = set(toposort(roots))
    return [x for x in _given(loop) if x in read]


def _given(loop: Loop) -> tuple[Node, ...]:
    """The inputs of a step that are not there on the way back: slices may be longer than that, if the loop asks."""
    return (*loop.states, *(loop.elements if loop.asks else ()))


def _values_read(loop: Loop, roots: Sequence[Node]) -> list[Node]:
    """The values of a step that `roots` read, and that are not had more cheaply."""
    forward = set(toposort(loop.body.outputs))
    inside = toposort(roots)
    read = {x for node in inside if node not in forward for x in node.inputs if x in forward}
    read.update(x for x in roots if x in forward)
    read = _can_be_stacked(read)
    given = _given(loop)
    there = {x for x in toposort(loop.body.outputs) if not x.inputs and x not in given}
    beside = set(there)  # what does not depend on the state is computed for all steps at once, in both loops
    kept: list[Node] = []
    needed = set(toposort(read))
    for node in toposort(loop.body.outputs):  # in an order that is the same in every run
        if node in there or node not in needed:
            continue
        if all(x in beside for x in node.inputs) and node.inputs:
            beside.add(node)
            there.add(node)
        elif _is_cheap(node) and all(x in there for x in node.inputs):
            there.add(node)
        elif node in read and not _has_own_length(node):
            kept.append(node)
            there.add(node)
        elif node in read:
            there.add(node)
    return kept


def _has_own_length(node: Node) -> bool:
    """Whether a value is as long as a loop in the step took steps: those of all steps make no array."""
    return any(is_counted(n) for part in node.aval.parts or (node.aval,) for n in part.shape)


def _can_be_stacked(read: set[Node]) -> set[Node]:
    """What is read, and instead of what makes no array what that is computed from, to be computed again."""
    found, stack = set[Node](), list(read)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(node.inputs if _has_own_length(node) else ())
    return found


def _is_cheap(node: Node) -> bool:
    return node.op.view or node.op.infix in ARITHMETIC or node.op is ITEM
