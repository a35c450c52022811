"""Loop nests: what a graph is as loops over numbers, for targets that print them.

A nest runs over the indices of one shape. What it computes at an index is a list of numbers, each an expression over
elements of arrays: of those that are there before, and, at the same index, of those that it has just computed, which
are then numbers that need no array. It may add up what it meets at all of its indices. Other sums, parts that are put
into arrays, functions of whole arrays, and loops of the user's are statements between nests.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from symdiff.graph.dims import Dim, Shape, nominal_size
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node


class Read(ast.expr):
    """An element of the array that `node` is; with `flat`, the one index is its place in C order."""

    _fields = ("indices",)

    def __init__(self, node: Node, indices: Sequence[ast.expr], flat: bool = False) -> None:
        self.node, self.indices, self.flat = node, list(indices), flat


@dataclass
class Store:
    """A number that goes into an array: ``array[indices] = value``, or ``+=``.

    `array` is an output's place in the graph, or a node whose array it is.
    """

    array: Node | int
    indices: tuple[ast.expr, ...]
    value: ast.expr
    added: bool = False


@dataclass
class Value:
    """A number that a nest computes at each index, under the name of `node`."""

    node: Node
    value: ast.expr


@dataclass
class Total:
    """What numbers come together to along the last `over` axes: ``y = y + value``, then ``finish``."""

    node: Node
    value: ast.expr
    by: str
    over: Shape = ()
    finish: ast.expr | None = None

    @property
    def lengths(self) -> dict[str, Dim]:
        """How far its indices go, by name: those of the result, then those of the sum."""
        return {f"i{k}": n for k, n in enumerate(self.node.shape)} | {f"k{k}": n for k, n in enumerate(self.over)}


@dataclass
class Nest:
    """Loops over the indices ``i0, i1, …`` of `shape`, and what is done at each.

    Attributes:
        steps: numbers, also sums along axes of their own, and where numbers go.
        totals: what comes together of all indices.
        puts: whether numbers go where other indices than its own say, so that others must not be computed in it.
    """

    shape: Shape
    steps: list[Value | Total | Store] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    puts: bool = False


@dataclass
class Rows:
    """Sums for all indices of an array, added up a row at a time: so memory is read as it lies."""

    total: Total


@dataclass
class Running:
    """Numbers that come together along an axis: ``y = value``, which reads ``y``, the number before."""

    node: Node
    value: ast.expr
    axis: int
    start: ast.expr


@dataclass
class Call:
    """A function of whole arrays: `tree` is the call, over operands and results by name.

    Attributes:
        node: what it computes; one that has several values has them in `results`.
        tree: the call.
        arrays: what the names in it stand for.
        lead: the axes of a stack, for each item of which the function is called.
    """

    node: Node
    tree: ast.Call
    arrays: dict[str, Node]
    lead: Shape = ()


@dataclass
class Base:
    """The array of `node` as it is before parts are put into it: zeros, or a copy."""

    node: Node
    value: ast.expr


@dataclass
class Steps:
    """A loop of the user's: `states` begin as `first`, and become `then` after each step.

    Attributes:
        loop: it.
        index: the variable that counts.
        first: what comes before it: the states' arrays are set.
        asked: what is computed to know whether there is such a step, and whether there is, in turn; nothing for a loop
            of known length.
        inside: what a step computes.
        then: the states set anew.
    """

    loop: Loop
    index: str
    first: list[Nest]
    asked: list[tuple[list[Item], ast.expr]]
    inside: list[Item]
    then: list[Nest]


@dataclass
class Check:
    """Where the program ends with the error of guard number `place`, if `condition` holds."""

    condition: ast.expr
    place: int


Item = Nest | Rows | Running | Call | Base | Steps | Check


@dataclass
class Program:
    """Nests in order.

    Attributes:
        items: them.
        arrays: the nodes that need an array, or a variable that outlives a nest.
        tables: the known arrays.
        aliases: nodes that have the array of another one.
    """

    items: list[Item]
    arrays: list[Node]
    tables: list[Node]
    aliases: dict[Node, Node]


# ------------------------------------------------------------------------------------------------------------- walking


def reads(tree: ast.expr) -> Iterator[Read]:
    """The elements that an expression reads."""
    return (x for x in ast.walk(tree) if isinstance(x, Read))


def is_here(read: Read, shape: Shape) -> bool:
    """Whether an element is read at the index at which the nest around is."""
    if read.flat or len(read.indices) != len(shape):
        return False
    return all(map(_is_same, read.indices, counters(shape)))


def _is_same(index: ast.expr, counter: ast.expr) -> bool:
    match index, counter:
        case ast.Name(id=name), ast.Name(id=other):
            return name == other
        case ast.Constant(value=value), ast.Constant(value=other):
            return bool(value == other)
    return False


def all_nests(items: Iterable[Item]) -> Iterator[Nest]:
    """All nests in items, also those of steps."""
    stack = list(items)
    while stack:
        item = stack.pop()
        if isinstance(item, Nest):
            yield item
        elif isinstance(item, Steps):
            stack += [*item.first, *(x for items, _ in item.asked for x in items), *item.inside, *item.then]


def expressions(items: Iterable[Item]) -> Iterator[ast.expr]:
    """All expressions in items, also those of steps."""
    stack = list(items)
    while stack:
        item = stack.pop()
        match item:
            case Nest(steps=steps, totals=totals):
                for step in steps:
                    yield step.value
                    if isinstance(step, Store):
                        yield from step.indices
                yield from (total.value for total in totals)
            case Rows(total=total):
                yield total.value
            case Check(condition=condition):
                yield condition
            case Base(value=value) | Running(value=value):
                yield value
            case Call(arrays=arrays):
                yield from (Read(x, counters(x.shape, "whole")) for x in arrays.values())
            case Steps():
                stack += [*item.first, *(x for items, _ in item.asked for x in items), *item.inside, *item.then]
                yield from (going for _, going in item.asked)


def goes_along_rows(total: Total) -> bool:
    """Whether the last index of a result runs along rows of what is read, in whose columns the sum is."""
    last, along = f"i{total.node.ndim - 1}", {f"k{k}" for k in range(len(total.over))}
    found = [
        [{x.id for x in ast.walk(index) if isinstance(x, ast.Name)} for index in r.indices] for r in reads(total.value)
    ]
    in_rows = any(names[-1] == {last} and any(n & along for n in names[:-1]) for names in found if names)
    return total.by == "+" and in_rows


def outermost_first(total: Total) -> list[str]:
    """The indices of a sum that goes along rows: what takes the longest ways in memory goes round the least often.

    Where several indices are summed over, the terms of an element may be added up in another order.
    """
    last = f"i{total.node.ndim - 1}"
    ways = dict.fromkeys(total.lengths, 0)
    result = Read(total.node, counters(total.node.shape))
    for read in (read for read in (result, *reads(total.value)) if not read.flat):
        for axis, index in enumerate(read.indices):
            for name in {x.id for x in ast.walk(index) if isinstance(x, ast.Name)} & ways.keys():
                ways[name] += nominal_size(read.node.shape[axis + 1 :])
    return [*sorted(ways.keys() - {last}, key=lambda name: (-ways[name], name)), last]


def counters(shape: Shape, letter: str = "i") -> list[ast.expr]:
    """``i0, i1, …``, and 0 where an axis has one element."""
    return [ast.Constant(0) if n == 1 else ast.Name(f"{letter}{k}") for k, n in enumerate(shape)]
