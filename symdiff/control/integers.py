"""What is known of the integers in a step of a loop: sums of counters, and the bounds between which these lie.

``for j in range(i + 1, n)`` says that i < j < n. An integer is a sum of unknowns with whole factors; each unknown lies
between sums of unknowns of the loops around it. What a sum is at least is found by putting the bound of the innermost
unknown in its place, one after the other, as in Fourier's and Motzkin's elimination where each unknown has one bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from symdiff.graph.dims import Dim, Length, is_counted, length, linear
from symdiff.graph.loop import Loop, counted_from, counts_steps
from symdiff.graph.node import ITEM, LENGTH, Node, slot
from symdiff.graph.walk import toposort
from symdiff.ops.elementwise import add, less, logical_and, multiply, negative, subtract
from symdiff.ops.gathering import positions
from symdiff.ops.shapes import expand_dims, flip, getitem, reshape

Range = tuple["Sum", "Sum"]  # the least and the largest that elements of an array may be


@dataclass(eq=False)
class Unknown:
    """An integer, or a length; `depth` counts the loops around it, and its bounds are sums of what lies farther out."""

    depth: int
    low: Sum | None = None
    high: Sum | None = None


@dataclass(frozen=True)
class Sum:
    """``3 * i - j + 1``."""

    terms: Mapping[Unknown, int] = field(default_factory=dict)
    number: int = 0

    def __add__(self, other: Sum) -> Sum:
        terms = dict(self.terms)
        for unknown, factor in other.terms.items():
            terms[unknown] = terms.get(unknown, 0) + factor
        return Sum({u: k for u, k in terms.items() if k}, self.number + other.number)

    def times(self, factor: int) -> Sum:
        """The sum, `factor` times."""
        return Sum({u: factor * k for u, k in self.terms.items() if factor}, factor * self.number)

    def __sub__(self, other: Sum) -> Sum:
        return self + other.times(-1)

    def bound(self, outside: int, *, above: bool = False) -> Sum | None:
        """What it is at least, or at most, in terms of unknowns farther out than `outside`; None if unknown."""
        found = self
        while inner := [u for u in found.terms if u.depth >= outside]:
            unknown = max(inner, key=lambda u: u.depth)
            factor = found.terms[unknown]
            limit = unknown.high if (factor > 0) is above else unknown.low
            if limit is None:
                return None
            found = found - Sum({unknown: factor}) + limit.times(factor)
        return found

    @property
    def least(self) -> int | None:
        """The number that it is at least; None if that is not known."""
        found = self.bound(0)
        if found is None or any(factor < 0 for factor in found.terms.values()):
            return None  # lengths are left, which are no less than zero, and have no bound above
        return found.number


class Integers:
    """The integers of a graph, or of a step of `loop`, whose operands are integers of the graph `around`."""

    def __init__(self, around: Integers | None = None, loop: Loop | None = None) -> None:
        self.around, self.loop = around, loop
        self.depth: int = 0 if around is None else around.depth + 1
        self.lengths: dict[str, Unknown] = {} if around is None else around.lengths
        self.unknowns: dict[Node, Unknown] = {}
        self.sums: dict[Node, Sum] = {}
        self.index: Unknown | None = None
        self.given = dict(zip(loop.constants, loop.fixed, strict=True)) if loop is not None else {}
        self.sliced = dict(zip(loop.elements, loop.sliced, strict=True)) if loop is not None else {}

    def of(self, node: Node) -> Sum:
        """The number that `node` is."""
        for x in toposort([node], stop=self.sums.__contains__):
            self.sums[x] = self._sum(x)
        return self.sums[node]

    def _sum(self, x: Node) -> Sum:
        if x.literal is not None and x.literal.scalar is not None and x.aval.kind in "iu":
            return Sum(number=int(x.literal.value))
        if x.op is LENGTH:
            return self.of_length(x.kwargs["dim"])
        if x.op in (add, subtract, multiply, negative) and not x.shape and x.dtype == np.int64:
            parts = [self.sums[y] for y in x.inputs]
            if x.op is negative:
                return parts[0].times(-1)
            if x.op is multiply:
                known = next((k for k, part in enumerate(parts) if not part.terms), None)
                return self._unknown(x) if known is None else parts[1 - known].times(parts[known].number)
            return parts[0] + parts[1] if x.op is add else parts[0] - parts[1]
        if x in self.given and self.around is not None:
            return self.around.of(self.given[x])
        if x in self.sliced:
            return self._element(x)
        return self._unknown(x)

    def of_length(self, dim: Dim) -> Sum:
        """The number that a length is."""
        if not isinstance(dim, Length):
            return Sum(number=dim)
        total = Sum()
        for names, factor in dim.terms:
            unknown = self.lengths.setdefault("*".join(names), Unknown(-1, Sum()))  # which is no less than zero
            total += Sum({unknown: factor}) if names else Sum(number=factor)
        return total

    def as_many_as(self, dim: Dim, counted: Node) -> Sum | None:
        """The number that a length is which is said by how many numbers `counted` has: 0, 1, 2, … below a bound."""
        if not isinstance(dim, Length) or not is_counted(dim):
            return self.of_length(dim)
        line, loop = linear(dim), Loop.of(counted.inputs[0]) if counts_steps(counted) else None
        if line is None or loop is None or not loop.asks or len(loop.going) != 1 or length(line[0]) != loop.length:
            return None
        goes, given = loop.going[0], dict(zip(loop.constants, loop.fixed, strict=True))
        if goes.op is not less or counted_from(loop, goes.inputs[0]) != 0 or goes.inputs[1] not in given:
            return None
        bound = self.of(given[goes.inputs[1]])
        least = bound.least
        return None if least is None or least < 0 else bound.times(line[1]) + Sum(number=line[2])

    def _unknown(self, x: Node) -> Sum:
        if x not in self.unknowns:
            low, high = self._limits(x)
            self.unknowns[x] = Unknown(self.depth, low, high)
        return Sum({self.unknowns[x]: 1})

    def _limits(self, x: Node) -> tuple[Sum | None, Sum | None]:
        """Those of a state that counts the steps of a loop that asks whether it is below a bound."""
        count = counted_from(self.loop, x)
        if self.loop is None or count is None:
            return None, None
        goes = self.loop.going
        tests = goes[0].inputs if goes and goes[0].op is logical_and else goes
        bounds = [self.of(t.inputs[1]) - Sum(number=1) for t in tests if t.op is less and t.inputs[0] is x]
        outside = [b for b in bounds if all(u.depth < self.depth for u in b.terms)]
        return Sum(number=count), next(iter(outside), None)

    def _element(self, x: Node) -> Sum:
        """An element of an array; of an array plus a number, that of the array plus the number."""
        assert self.around is not None
        array, more = self.sliced[x], Sum()
        while array.op in (add, subtract):
            a, b = array.inputs
            if not b.shape:
                number = self.around.of(b)
                array, more = a, more + (number if array.op is add else number.times(-1))
            elif array.op is add and not a.shape:
                array, more = b, more + self.around.of(a)
            else:
                break
        counting = in_equal_steps(array)
        if counting is not None:
            return self._place(array).times(counting[1]) + Sum(number=counting[0]) + more
        if array not in self.unknowns:
            self.unknowns[array] = Unknown(self.depth, *(self.around.range_of(array) or (None, None)))
        return Sum({self.unknowns[array]: 1}) + more

    def _place(self, array: Node) -> Sum:
        """Which element of what is sliced a step takes, counted from the front; it is the same for all arrays."""
        assert self.around is not None
        if self.index is None:
            limits = self.around.range_of(array) if counts_steps(array) else None
            last = limits[1] if limits is not None else self.of_length(array.shape[0]) - Sum(number=1)
            self.index = Unknown(self.depth, Sum(), last)
        return Sum({self.index: 1})

    def range_of(self, array: Node) -> Range | None:
        """Between what the elements of an array lie."""
        while array.op in (getitem, flip, reshape, expand_dims):
            array = array.inputs[0]
        if array.literal is not None and array.literal.value.size and array.aval.kind in "iu":
            return Sum(number=int(array.literal.value.min())), Sum(number=int(array.literal.value.max()))
        if array.op is positions:
            return Sum(), self.of_length(array.shape[0]) - Sum(number=1)
        if array.op in (add, subtract):
            a, b = array.inputs
            if array.op is add and not a.shape:
                a, b = b, a
            inner = self.range_of(a) if not b.shape else None
            number = self.of(b).times(1 if array.op is add else -1) if inner is not None else Sum()
            return None if inner is None else (inner[0] + number, inner[1] + number)
        if array.op is ITEM and array.inputs[0].op.block == "for":
            return self._left_behind(array)
        return None

    def _left_behind(self, item: Node) -> Range | None:
        loop, k = Loop.of(item.inputs[0]), slot(item) - Loop.of(item.inputs[0]).node.kwargs["carry"]
        if k < 0 or loop.left[k].shape or loop.left[k].aval.kind not in "iu":
            return None
        value = Integers(self, loop).of(loop.left[k])
        low, high = value.bound(self.depth + 1), value.bound(self.depth + 1, above=True)
        return None if low is None or high is None else (low, high)


def in_equal_steps(array: Node) -> tuple[int, int] | None:
    """``(first, step)`` of an array of integers in equal steps; None for others."""
    if array.op is positions or counts_steps(array):
        return 0, 1
    literal = array.literal
    if literal is None or literal.value.ndim != 1 or literal.value.size < 2 or array.aval.kind not in "iu":
        return None
    steps = set(np.diff(literal.value.astype(object)).tolist())  # unsigned ones would wrap around
    return (int(literal.value[0]), int(steps.pop())) if len(steps) == 1 else None
