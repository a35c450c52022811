"""A loop taken apart: what the inputs, parameters and parts of its node are, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from symdiff.errors import SymdiffError
from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, with_insides
from symdiff.graph.dims import Dim, Length
from symdiff.graph.hints import hint
from symdiff.graph.node import ITEM, Node, slot
from symdiff.graph.op import Op, Part
from symdiff.graph.walk import toposort

ONCE = "once"  # the kind of block that runs once


@dataclass(frozen=True)
class Loop:
    """A loop of `length` steps.

    A step takes the carried values, an element of each sliced array (along its first axis), and values that are the
    same in all steps; it gives the carried values of the next step, and values that are left behind, which are stacked
    along a new first axis. A loop that asks gives last whether there is such a step at all: the loop ends where that is
    false, and what such a step would give beside is not computed. How many steps it took is then its length, which has
    a name of its own; sliced arrays may be longer.

    Attributes:
        body: a step.
        carry, sliced, fixed: the operands.
        length: how many steps.
        reverse: whether the last elements come first. What is left behind lies in the order of what is sliced.
        op: the operation that loops.
        asks: whether the last output of a step says if it is taken.
        recomputes: whether the way back has the carried values of each step only, and computes all else again.

    A block that runs once, of which nothing is kept, is such a loop, too: of one step that carries nothing, and whose
    results are no stacks.
    """

    op: Op
    body: Body
    carry: tuple[Node, ...]
    sliced: tuple[Node, ...]
    fixed: tuple[Node, ...]
    length: Dim
    reverse: bool = False
    asks: bool = False
    recomputes: bool = False

    @classmethod
    def of(cls, node: Node) -> Loop:
        """The loop that `node` is."""
        p = node.kwargs
        if node.op.block == ONCE:
            return cls(node.op, p["body"], (), (), node.inputs, 1, recomputes=True)
        c, s = p["carry"], p["carry"] + p["sliced"]
        return cls(
            node.op,
            p["body"],
            node.inputs[:c],
            node.inputs[c:s],
            node.inputs[s:],
            p["length"],
            p["reverse"],
            p["asks"],
            p.get("recomputes", False),
        )

    @property
    def node(self) -> Node:
        """The node, which has a part for each carried value and for each that is left behind.

        Raises:
            SymdiffError: if a step reads what it is not given.
        """
        if not self.body.is_closed:
            raise SymdiffError("a step of a loop reads what it is not given")
        if self.is_block:
            return Node(self.op, self.fixed, (("body", self.body),))
        params = {
            "asks": self.asks,
            "body": self.body,
            "carry": len(self.carry),
            "length": self.length,
            "reverse": self.reverse,
            "sliced": len(self.sliced),
        }
        if self.recomputes:
            params["recomputes"] = True
        return Node(self.op, (*self.carry, *self.sliced, *self.fixed), tuple(sorted(params.items())))

    @property
    def is_block(self) -> bool:
        """Whether it is a block that runs once."""
        return self.op.block == ONCE

    @property
    def states(self) -> tuple[Node, ...]:
        """The carried values at the beginning of a step."""
        return self.body.inputs[: len(self.carry)]

    @property
    def elements(self) -> tuple[Node, ...]:
        """The elements of the sliced arrays in a step."""
        return self.body.inputs[len(self.carry) : len(self.carry) + len(self.sliced)]

    @property
    def constants(self) -> tuple[Node, ...]:
        """What is the same in all steps."""
        return self.body.inputs[len(self.carry) + len(self.sliced) :]

    @property
    def following(self) -> tuple[Node, ...]:
        """The carried values at the end of a step."""
        return self.body.outputs[: len(self.carry)]

    @property
    def left(self) -> tuple[Node, ...]:
        """What a step leaves behind."""
        return self.body.outputs[len(self.carry) : len(self.body.outputs) - self.asks]

    @property
    def going(self) -> tuple[Node, ...]:
        """Whether the step is taken, of a loop that asks."""
        return self.body.outputs[len(self.body.outputs) - self.asks :]

    def leaving(self, more: Sequence[Node]) -> Loop:
        """The same loop, whose steps leave further values behind."""
        return self.with_left((*self.left, *more))

    def with_left(self, values: Sequence[Node]) -> Loop:
        """The same loop, whose steps leave these values behind, and no others."""
        return replace(self, body=replace(self.body, outputs=(*self.following, *values, *self.going)))

    def stacks_of(self, values: Sequence[Node]) -> tuple[Node, ...]:
        """The stacks of `values`, left behind by a loop that carries nothing but what these come from."""
        needed: set[Node] = set()
        while True:
            ends = [y for h, y in zip(self.states, self.following, strict=True) if h in needed]
            more = set(toposort([*ends, *values, *self.going])).intersection(self.states)
            if more <= needed:
                break
            needed |= more
        if len(needed) == len(self.states):
            return self.leaving(values).node.parts[len(self.carry) + len(self.left) :]
        places = [k for k, h in enumerate(self.states) if h in needed]
        body = replace(
            self.body,
            inputs=(*(self.states[k] for k in places), *self.elements, *self.constants),
            outputs=(*(self.following[k] for k in places), *values, *self.going),
        )
        return replace(self, body=body, carry=tuple(self.carry[k] for k in places)).node.parts[len(places) :]


MOST_STARTS = 4  # of the values that a loop begins with, in a formula


def called_with(node: Node) -> str:
    """A loop as readers see it in a formula: what its carried values begin as, and what it goes through.

    A template over the operands, such as ``loop(E=x0)``; of a loop that begins with the last element, ``loop_back``.
    """
    loop = Loop.of(node)
    if loop.is_block:
        return f"again({', '.join(f'x{k}' for k in range(len(loop.fixed)))})"
    given = [f"{h.name}=x{k}" for k, h in enumerate((*loop.states, *loop.elements))]
    more = [f"more={len(given) - MOST_STARTS}"] if len(given) > MOST_STARTS + 1 else []
    shown = given[:MOST_STARTS] + more if more else given
    return f"loop{'_back' if loop.reverse else ''}({', '.join(shown)})"


def parts_of(node: Node) -> tuple[Part, ...]:
    """What the parts of a loop are called, after the values of a step: ``E`` the last one, ``E_steps`` those of all."""
    loop, taken, text = Loop.of(node), set[str](), called_with(node)
    found = []
    for k, y in enumerate((*loop.states, *loop.left)):
        name = hint(y, loop.body.names) + ("" if k < len(loop.carry) or loop.is_block else "_steps")
        free, n = name, 2
        while free in taken:
            free, n = f"{name}_{n}", n + 1
        taken.add(free)
        found.append(Part(free, alone=f"{text}.{free}"))
    return tuple(found)


def step_counts(nodes: Iterable[Node], taken: Iterable[str] = ()) -> dict[str, str]:
    """What one calls the lengths that loops count: ``steps``, ``steps_2``, in order, beside those in `taken`."""
    found: dict[str, str] = {}
    used = set(taken)
    loops = (Loop.of(node) for node in with_insides(toposort(nodes)) if node.op.block)
    for length in dict.fromkeys(loop.length for loop in loops if loop.asks and isinstance(loop.length, Length)):
        name, k = "steps", 2
        while name in used:
            name, k = f"steps_{k}", k + 1
        used.add(name)
        found |= dict.fromkeys(length.names(), name)
    return found


def stacked(aval: Aval, length: Dim) -> Aval:
    """What a value that each step leaves behind is in the end."""
    return Aval(aval.dtype, (length, *aval.shape))


def counted_from(loop: Loop | None, state: Node) -> int | None:
    """What a state begins with that each step of `loop` adds one to; None for other nodes."""
    if loop is None or state not in loop.states:
        return None
    k = loop.states.index(state)
    start, end = loop.carry[k].literal, loop.following[k]
    one = end.inputs[1].literal if end.op.infix == "+" and end.inputs[0] is state else None
    if start is None or start.scalar is None or state.aval.kind != "i" or one is None or one.scalar != 1:
        return None
    return int(start.value)


def counters(loop: Loop) -> list[Node]:
    """The states of `loop` that count its steps."""
    return [h for h in loop.states if counted_from(loop, h) is not None]


def counts_steps(array: Node) -> bool:
    """Whether an array is the numbers 0, 1, 2, … of the steps of a loop, which leaves them behind."""
    if array.op is not ITEM or array.inputs[0].op.block != "for":
        return False
    loop = Loop.of(array.inputs[0])
    k = slot(array) - len(loop.carry)
    return k >= 0 and not loop.reverse and counted_from(loop, loop.left[k]) == 0


def counting(array: Node) -> tuple[int, int] | None:
    """``(first, step)`` of an array of integers in equal steps, 5, 7, 9, …; None for others.

    >>> from symdiff.graph.node import constant
    >>> import numpy as np
    >>> counting(constant(np.arange(5, 11, 2)))
    (5, 2)
    """
    if array.op.counts or counts_steps(array):
        return 0, 1
    if array.op.infix == "+" and (array.inputs[0].op.counts or counts_steps(array.inputs[0])):
        more = array.inputs[1].literal
        return (int(more.value), 1) if more is not None and more.scalar is not None and array.aval.kind == "i" else None
    if array.literal is None or array.literal.value.ndim != 1 or array.aval.kind != "i" or array.literal.value.size < 2:
        return None
    value = array.literal.value
    first, by = int(value[0]), int(value[1]) - int(value[0])
    alike = by and bool((value[1:] - value[:-1] == by).all())
    return (first, by) if alike else None
