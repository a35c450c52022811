"""What of a step is part of the recurrence, and what only reads it, and may be computed for all steps at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symdiff.autodiff.batch import batch
from symdiff.control.integers import Integers
from symdiff.errors import SymdiffError
from symdiff.graph.body import has_own_length
from symdiff.graph.dims import Dim, is_counted, nominal_size
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, variable
from symdiff.graph.walk import substitute, toposort
from symdiff.ops.reductions import is_zero, spread
from symdiff.ops.safe_places import asked_in_vain, places_of, ventured
from symdiff.rewrite.loops.safe import is_inside

STAND_IN = -2  # the scope of inputs that stand for elements while their stacks are put there
SMALL = 2**10  # elements of a value that gains little by being computed for all steps at once
LARGE = 2**15  # elements of a value that gains nothing: it does not fit the cache
GROWTH = 4  # how much larger than what it is made of a value may be that is computed for all steps at once


@dataclass(frozen=True)
class Cut:
    """A value of a step, cut off from the recurrence.

    Attributes:
        value: a node of the body.
        read: the nodes of the recurrence that it reads, which the loop must leave behind.
    """

    value: Node
    read: tuple[Node, ...]


def recurrence(loop: Loop, states: Iterable[int]) -> set[Node]:
    """What is computed in a step for the next ones, of these states."""
    return {node for node in toposort([loop.following[k] for k in states]) if node not in loop.body.inputs}


def cut(loop: Loop, value: Node, kernel: set[Node]) -> Cut | None:
    """`value` over what it reads of the `kernel`; None if it is part of that, or would take too much memory outside."""
    order = toposort([value], stop=lambda node: node in kernel)
    if value in kernel or not value.inputs or _is_ventured(loop, order):
        return None
    read = [x for node in order for x in node.inputs if x in kernel]
    read += [x for x in order if x in loop.states]
    beside = [x for x in order if x in loop.elements]
    if loop.asks and beside and read:  # slices may be longer than what the steps leave behind
        return None
    if (not read and not beside) or any(x.aval.parts for x in read):
        return None
    if any(has_own_length(loop.body, node) for node in (*order, *read)):  # as long as a loop in this step takes steps
        return None
    if asked_in_vain(read, loop.body.outputs):
        return None
    there = sum(nominal_size(x.shape) for x in (*dict.fromkeys(read), *beside)) + nominal_size(value.shape)
    made = [node for node in order if node.inputs and not node.op.view and not node.aval.parts]
    if any(nominal_size(node.shape) > GROWTH * there for node in made):
        return None
    stacks = sum(nominal_size(x.shape) for x in (*dict.fromkeys(read), *beside))
    sizes = [nominal_size(node.shape) for node in made if not node.op.product]
    if any(n > max(SMALL, GROWTH * stacks) or n >= LARGE for n in sizes):
        return None
    if any(LARGE <= nominal_size(node.shape) <= stacks for node in made):  # no product that is larger than its factors
        return None
    return Cut(value, tuple(dict.fromkeys(read)))


def _is_ventured(loop: Loop, nodes: Sequence[Node]) -> bool:
    """Whether some of them are computed on one side of a branch only, and may fail on the other."""
    alone = set(ventured(loop.body.outputs)).intersection(nodes)
    known = Integers(Integers(), loop)
    return any(not (places_of(node) and is_inside(node, known)) for node in alone)


def for_all_steps(loop: Loop, found: Cut, arrays: Sequence[Node]) -> Node | None:
    """The stack of the values that `found` has in each step, given the stacks of what it reads; None if it has none."""
    # an operand may be a node of a body around the loop, with inputs of the same names: all is replaced at once
    stand_ins = [variable(f"x{k}", v.aval, STAND_IN) for k, v in enumerate((*found.read, *loop.elements))]
    given = dict(zip(loop.constants, loop.fixed, strict=True)) | dict(
        zip(loop.elements, stand_ins[len(found.read) :], strict=True)
    )
    [value] = substitute([found.value], given | dict(zip(found.read, stand_ins, strict=False)))
    if is_counted(loop.length) and not is_zero(value) and {*stand_ins}.isdisjoint(toposort([value])):
        return None  # nothing would be left that says how long it is, and it counts, unless it is zero
    stacks = dict(zip(stand_ins, (*arrays, *loop.sliced), strict=True))
    lead: tuple[Dim, ...] = (loop.length,)
    try:
        [stack] = batch([value], stacks, lead) if stacks else [spread(value, (*lead, *value.shape))]
    except SymdiffError:  # a row without a rule for stacks
        return None
    return stack
