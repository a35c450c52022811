"""Functions of positions, which each step of a loop takes of some of them, are taken of all of them, once.

``u ** (2.0 * np.arange(i + 1) - i)`` is in step i every second element of ``u ** np.arange(1 - n, n)``. Parts whose
length differs from step to step make no array for all steps, so that nothing else takes them out of the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from symdiff.control.integers import Integers, Sum, in_equal_steps
from symdiff.graph.body import Body, Fresh, has_own_length
from symdiff.graph.loop import Loop
from symdiff.graph.node import CONSTANT, Node, constant
from symdiff.graph.walk import consumers, substitute, toposort
from symdiff.ops.elementwise import add, multiply, negative, subtract
from symdiff.ops.gathering import gather
from symdiff.ops.index import Run
from symdiff.ops.safe_places import ventured
from symdiff.ops.shapes import astype
from symdiff.rewrite.loops.spans import ends_at_bound

EXACT = (np.dtype(np.int64), np.dtype(np.float64))  # in which whole numbers up to LARGEST are what they are
LARGEST = 2**31
FEWER = 4  # times as many values are taken in the steps as there are positions


@dataclass(frozen=True)
class Positions:
    """The whole numbers ``first``, ``first + by``, … of a step, as many as `counted` has and `more`."""

    first: Sum
    by: int
    counted: Node
    more: int


@dataclass(frozen=True)
class Places:
    """Where the positions of a step are among all of them.

    Attributes:
        numbers: all of them.
        counter: an element of a step, of which the places are made.
        first, last: ``(slope, offset)`` of the first and the last place, as ``slope * counter + offset``.
        by: from one place to the next.
        counted: an array as long as the positions, or shorter by a number that is the same in all steps.
    """

    numbers: np.ndarray
    counter: Node
    first: tuple[int, int]
    last: tuple[int, int]
    by: int
    counted: Node


def of_positions(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """A function of positions is taken of all that there are, before the loop; a step reads a slice of that."""
    order = toposort(loop.body.outputs)
    if loop.asks or not any(has_own_length(loop.body, node) for node in order):
        return None
    known, alone = Integers(Integers(), loop), set(ventured(loop.body.outputs))
    for node in reversed(order):  # a sum before its terms
        places = None if node in alone else _places(node, loop, known)
        tops = list(_functions_of(node, order, loop)) if places is not None else []
        if places is not None and tops:
            return _read(loop, used, node, places, tops)
    return None


def _functions_of(node: Node, order: Sequence[Node], loop: Loop) -> list[Node]:
    """What is made of positions and of numbers that are the same in all steps, and read by something else."""
    made = {node: None}
    for x in order:
        others = [y for y in x.inputs if y not in made]
        fixed = all((y in loop.constants or y.op is CONSTANT) and not y.shape for y in others)
        if x.op.family == "elementwise" and len(others) < len(x.inputs) and fixed:
            made[x] = None
    del made[node]
    uses = consumers(order)
    return [x for x in made if x in loop.body.outputs or any(user not in made for user in uses[x])]


def _read(loop: Loop, used: set[int], node: Node, places: Places, tops: Sequence[Node]) -> dict[int, Node]:
    """The parts of the loop, whose steps read slices of what `tops` are of all positions."""
    i, (slope, offset) = places.counter, places.last
    operands = [_of_counter(places.first, i), places.counted]
    if places.by > 1:
        operands.append(_of_counter((slope, offset + 1), i))
    index = (Run(1, 2, node.shape[0], False, places.by, 3 if places.by > 1 else None),)
    given = dict(zip(loop.constants, loop.fixed, strict=True))
    tables = substitute(tops, {**given, node: constant(places.numbers.astype(node.dtype))})
    names, fresh = loop.body.names, Fresh(x.name or "" for x in loop.body.inputs)
    whole = [fresh.input(f"{names.get(top, 'values')}_all", x.aval) for top, x in zip(tops, tables, strict=True)]
    new = {top: gather(x, *operands, index=index) for top, x in zip(tops, whole, strict=True)}
    names = {**names, **{new[top]: name for top, name in names.items() if top in new}}
    body = Body((*loop.body.inputs, *whole), tuple(substitute(loop.body.outputs, new)), names)
    parts = replace(loop, body=body, fixed=(*loop.fixed, *tables)).node.parts
    return {k: parts[k] for k in used}


def _of_counter(line: tuple[int, int], i: Node) -> Node:
    """``slope * i + offset``, as one writes it."""
    slope, offset = line
    if slope == 0:
        return constant(offset)
    if slope == -1:
        return constant(offset) - i
    term = i if slope == 1 else constant(slope) * i
    return term if not offset else term + offset if offset > 0 else term - -offset


def _places(node: Node, loop: Loop, known: Integers) -> Places | None:
    """Where the positions that `node` is are among all of them, if that is known, and none is there in vain."""
    if node.aval.parts or node.ndim != 1 or node.dtype not in EXACT or not has_own_length(loop.body, node):
        return None
    found = _positions(node, known)
    limits = None if found is None else known.range_of(found.counted)
    if found is None or limits is None or not found.by or not ends_at_bound(found.counted):
        return None
    last = limits[1] + Sum(number=found.more)
    ends = (found.first, found.first + last.times(found.by))
    i = next((x for x in loop.elements if _counts(x, ends, known)), None)
    lines = [line for end in ends if i is not None and (line := _line(end, i, known)) is not None]
    return _among_all(i, known, found, lines) if i is not None and len(lines) == len(ends) else None


def _among_all(i: Node, known: Integers, found: Positions, lines: Sequence[tuple[int, int]]) -> Places | None:
    """The places, where `lines` say what the first and the last position of a step are."""
    counter = known.sliced[i].literal
    assert counter is not None
    firsts, lasts = ([slope * n + offset for n in counter.value.tolist()] for slope, offset in lines)
    sign, by = (1 if found.by > 0 else -1), abs(found.by)
    counts = [(z - a) // found.by + 1 for a, z in zip(firsts, lasts, strict=True)]
    least, most = min(sign * a for a in firsts), max(sign * z for z in lasts)
    if max(abs(least), abs(most)) > LARGEST or min(counts) < 1 or FEWER * (most - least + 1) > sum(counts):
        return None
    read = np.zeros(most - least + 1, dtype=bool)
    for a, z in zip(firsts, lasts, strict=True):
        read[sign * a - least : sign * z - least + 1 : by] = True
    first, last = ((sign * slope, sign * offset - least) for slope, offset in lines)
    return Places(sign * np.arange(least, most + 1), i, first, last, by, found.counted) if read.all() else None


def _counts(x: Node, ends: Sequence[Sum], known: Integers) -> bool:
    return known.sliced[x].literal is not None and any(set(known.of(x).terms) & set(end.terms) for end in ends)


def _line(value: Sum, i: Node, known: Integers) -> tuple[int, int] | None:
    """``(slope, offset)`` of an integer, as ``slope * i + offset``."""
    of = known.of(i)
    [(unknown, by)] = of.terms.items()
    slope, rest = divmod(value.terms.get(unknown, 0), by)
    left = value - of.times(slope)
    return None if rest or left.terms else (slope, left.number)


def _positions(node: Node, known: Integers) -> Positions | None:
    """`node` as whole numbers in equal steps."""
    if node.op is gather and len(node.kwargs["index"]) == 1:
        return _part_of_known(node, known)
    if node.dtype not in EXACT or not node.inputs or node.op not in (astype, negative, add, subtract, multiply):
        return None
    if node.op in (astype, negative):
        found = _positions(node.inputs[0], known)
        return found if found is None or node.op is astype else _times(found, -1)
    x, y = node.inputs
    numbers, other = (_positions(x, known), _whole(y, known)) if x.ndim else (_positions(y, known), _whole(x, known))
    if numbers is None or other is None:
        return None
    if node.op is multiply:
        return None if other.terms else _times(numbers, other.number)
    if node.op is subtract:
        numbers, other = (numbers, other.times(-1)) if x.ndim else (_times(numbers, -1), other)
    return replace(numbers, first=numbers.first + other)


def _times(x: Positions, factor: int) -> Positions:
    return replace(x, first=x.first.times(factor), by=x.by * factor)


def _part_of_known(node: Node, known: Integers) -> Positions | None:
    """The first elements of an array that counts: ``np.arange(n)[:i + 1]``."""
    x, [item] = node.inputs[0], node.kwargs["index"]
    if not isinstance(item, Run) or item.first is not None or item.step != 1:
        return None
    counting, counted = in_equal_steps(x), node.inputs[item.counted]
    more = known.of_length(item.length) - known.of_length(counted.shape[0])
    if counting is None or more.terms:
        return None
    return Positions(Sum(number=counting[0]), counting[1], counted, more.number)


def _whole(x: Node, known: Integers) -> Sum | None:
    """A whole number; None if it is not known to be one."""
    if x.shape:
        return None
    if x.op is astype:
        return _whole(x.inputs[0], known)
    if x.aval.kind == "i":
        return known.of(x)
    literal = x.literal
    whole = literal is not None and x.aval.kind == "f" and float(literal.value).is_integer()
    return Sum(number=int(literal.value)) if whole and literal is not None else None
