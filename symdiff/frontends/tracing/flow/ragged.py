"""Arrays that become shorter, or longer, by as many elements in each step: ``V = p * V[1:] + q * V[:-1]``.

The law: in a step whose counter is i, such an array has a·i + c elements. So a step is traced with a length for its
counter, a name that computes as lengths do, and what it gives must have as many elements as the next step begins with.
What is carried is an array of the greatest length that any step has. Its first a·i + c elements are the array; the
others are never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdiff.control.scan import scan
from symdiff.errors import UnsupportedError
from symdiff.frontends.carried import carried_as
from symdiff.frontends.steps import Steps
from symdiff.frontends.tracing.flow.carrying import BACK
from symdiff.frontends.tracing.sizes import Size, as_size
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.aval import Aval
from symdiff.graph.body import BODY, Body
from symdiff.graph.dims import Dim, Length, counted, evaluate, linear
from symdiff.graph.loop import Loop
from symdiff.graph.node import LENGTH, Node, as_node, constant, variable
from symdiff.graph.walk import toposort
from symdiff.ops.assignment import assign
from symdiff.ops.elementwise import less
from symdiff.ops.gathering import gather, positions
from symdiff.ops.index import Item, Run, Slice
from symdiff.ops.putting import FIRST, put
from symdiff.ops.reductions import broadcast_to
from symdiff.ops.shapes import getitem, scatter

LONGEST = 2**24  # elements of what is carried


class Ragged:
    """The lengths in the steps of a loop over a range, none of whose numbers is below zero."""

    def __init__(self, steps: Steps) -> None:
        self.numbers = _range_of(steps)
        self.length = counted((self.numbers.min(), self.numbers.max()) if self.numbers is not None else None)
        self.firsts: dict[tuple[int, int], int] = {}  # the elements of a state at first
        self.changes: dict[tuple[int, int], int] = {}  # by how much it grows in a step
        self.made: dict[tuple[int, int], Dim] = {}  # how long a state is that each step makes anew
        self.counter: Node | None = None

    def __contains__(self, state: tuple[int, int]) -> bool:
        return state in self.changes or state in self.made

    @property
    def is_possible(self) -> bool:
        """Whether the counter may be a length."""
        return self.numbers is not None

    @property
    def first(self) -> int:
        """The counter of the first step."""
        return int(self.numbers[0]) if self.numbers is not None else 0

    @property
    def _by(self) -> int:
        return int(self.numbers[1] - self.numbers[0]) if self.numbers is not None else 1

    def name(self, counter: Node) -> Any:
        """What stands for the counter in the step that is traced."""
        self.counter = counter
        return as_size(self.length)

    def makes(self, state: tuple[int, int], t: Aval) -> Aval:
        """The type of a state that each step makes anew, which is as long as the longest one."""
        n = t.shape[0] if t.shape else 0
        if not self._is_mine(n):
            return t
        self.made[state], self.firsts[state] = n, self._longest(n)
        return Aval(t.dtype, (self._longest(n), *t.shape[1:]))

    def _longest(self, n: Dim) -> int:
        return max(self._at(n, k) for k in self._ends)

    def _at(self, n: Dim, counter: int) -> int:
        return evaluate(n, dict.fromkeys(self.length.names(), int(counter)))

    def counted(self, value: Any) -> Any:
        """A value of the step; a length that the counter is, or that is made of it, is a number behind it."""
        return Symbol(self._number(Length(value.terms))) if type(value) is Size and self._is_mine(value) else value

    def _begins(self, state: tuple[int, int]) -> Dim:
        """How long a state that changes is at the beginning of a step."""
        slope = self.changes[state] // self._by
        return slope * self.length + (self.firsts[state] - slope * self.first)

    def most(self, state: tuple[int, int]) -> int:
        """The elements that a state has at most."""
        return max(self.firsts[state], self.last(state))

    def last(self, state: tuple[int, int]) -> int:
        """The elements that it has in the end."""
        assert self.numbers is not None
        if state in self.made:
            return self._at(self.made[state], self.numbers[-1])
        return self.firsts[state] + self.changes[state] * len(self.numbers)

    def seen(self, state: tuple[int, int], whole: Node) -> Node:
        """What a step sees of a state: the elements that it has."""
        return self.part(whole, self._begins(state)) if state in self.changes else whole

    def ended(self, state: tuple[int, int], t: Aval) -> Aval:
        """The type that a state, carried as `t`, must have at the end of a step."""
        if state not in self:
            return t
        n = self.made[state] if state in self.made else self._begins(state) + self.changes[state]
        return Aval(t.dtype, (n, *t.shape[1:]))

    def learn(self, state: tuple[int, int], before: Aval, after: Aval) -> bool:
        """Notes by how much a state grows; false if it cannot be carried so."""
        if before.shape == after.shape:
            return True
        same = before.ndim == after.ndim >= 1 and before.shape[1:] == after.shape[1:]
        n, m = before.shape[:1] or (0,), after.shape[:1] or (0,)
        if not same or not isinstance(n[0], int) or not isinstance(m[0], int) or (m[0] - n[0]) % self._by:
            return False
        self.firsts[state], self.changes[state] = n[0], m[0] - n[0]
        return self.last(state) >= 0 and self.most(state) <= LONGEST

    @property
    def counting(self) -> Node:
        """The numbers 0, 1, 2, … below the counter, whose length is that of the step."""
        assert self.counter is not None
        taken, bound = variable("taken", Aval(np.int64), BODY), variable("n", Aval(np.int64), BODY)
        body = Body((taken, bound), (taken + 1, taken, less(taken, bound)))
        start = (constant(np.int64(0)),)
        return Loop(scan, body, start, (), (self.counter,), self.length, asks=True).node.parts[1]

    def part(self, whole: Node, n: Dim) -> Node:
        """The first `n` elements of an array."""
        return gather(whole, self.counting, index=(Run(None, 1, n), *[Slice()] * (whole.ndim - 1)))

    def following(self, state: tuple[int, int], part: Node, whole: Node) -> Node:
        """What the next step begins with: the array with its first elements replaced."""
        if state not in self:
            return carried_as(part, whole.aval)
        part = carried_as(part, Aval(whole.dtype, part.shape))
        index = (Run(None, FIRST, part.shape[0]), *[Slice()] * (whole.ndim - 1))
        return put(whole, part, self.counting, index=index)

    def start(self, state: tuple[int, int], x: Node, t: Aval) -> Node:
        """What a state of type `t` begins as: the array, with room behind it."""
        if state not in self:
            return carried_as(x, t)
        x = carried_as(x, Aval(t.dtype, x.shape))
        n, most, rest = self.firsts[state], self.most(state), x.shape[1:]
        return x if most == n else scatter(x, shape=(most, *rest), index=(Slice(0, n), *[Slice()] * len(rest)))

    def end(self, state: tuple[int, int], whole: Node) -> Node:
        """What it is in the end."""
        if state not in self:
            return whole
        return getitem(whole, index=(Slice(0, self.last(state)), *[Slice()] * (whole.ndim - 1)))

    def anchored(self, outputs: Sequence[Node]) -> list[Node]:
        """`outputs`, in which whatever has a length of the step is computed from its counter.

        Raises:
            UnsupportedError: for what is made of lengths otherwise.
        """
        new: dict[Node, Node] = {}
        for node in toposort(outputs):
            inputs = tuple(new[x] for x in node.inputs)
            self._check_slices(node)
            new[node] = node if inputs == node.inputs else Node(node.op, inputs, node.params)
            if self._is_cut(node):
                new[node] = self._as_run(new[node])
            elif node.op is LENGTH and self._is_mine(node.kwargs["dim"]):
                new[node] = self._number(node.kwargs["dim"])
            elif not node.aval.parts and self._has_length(node) and not any(map(self._has_length, node.inputs)):
                new[node] = self._made(new[node])
        return [new[y] for y in outputs]

    def _is_cut(self, node: Node) -> bool:
        """Whether a part of an array is read or written that begins or ends at the counter."""
        if node.op not in (getitem, gather, put, assign) or self._is_mine_first(node):
            return False
        indices = node.kwargs["indices"] if node.op is assign else (node.kwargs["index"],)
        return any(
            self._is_mine(bound)
            for index in indices
            for item in index
            if isinstance(item, Slice)
            for bound in item[:2]
            if bound is not None
        )

    def _is_mine_first(self, node: Node) -> bool:
        return any(self._is_mine(n) for n in node.inputs[0].shape)

    def _as_run(self, node: Node) -> Node:
        """The same with the place where the part begins as a number, and its length as one of the step."""
        index = node.kwargs["indices"][0] if node.op is assign else node.kwargs["index"]
        first = FIRST if node.op in (assign, put) else 1
        if node.op is assign and len(node.inputs) != 2:
            raise UnsupportedError("several parts are written at once")
        operands = list(node.inputs)
        items: list[Item] = []
        for item, n in zip(index, node.inputs[0].shape, strict=True):
            if not isinstance(item, Slice) or not any(self._is_mine(b) for b in item[:2] if b is not None):
                items.append(item)
                continue
            start, stop = item.start or 0, n if item.stop is None else item.stop
            if item.step is not None or not isinstance(n, int):
                raise UnsupportedError("a slice with steps, or of an axis of no known length")
            if not all(0 <= self._at(start, k) <= self._at(stop, k) <= n for k in self._ends):
                raise UnsupportedError("a slice may lie outside of the array")
            at = None
            if start:
                at = len(operands)
                operands.append(self._number(start) if isinstance(start, Length) else constant(start))
            items.append(Run(at, len(operands), stop - start, item.stop is None))
            operands.append(self.counting)
        op = put if first == FIRST else gather
        return op(*operands, index=tuple(items))

    def _check_slices(self, node: Node) -> None:
        """A slice up to the counter lies within its axis in each step: NumPy would cut it off there."""
        index = node.kwargs.get("index", ())
        shape = node.inputs[0].shape if index else ()
        for item, n in zip(index, shape, strict=False) if len(index) == len(shape) else ():
            for bound in item[:2] if isinstance(item, Slice) else ():
                if isinstance(bound, Length) and not all(self._is_within(bound, n, k) for k in self._ends):
                    raise UnsupportedError(f"a slice ends at {bound}, which may lie outside of the array")

    def _is_within(self, bound: Dim, n: Dim, counter: int) -> bool:
        known = not isinstance(n, Length) or n.names() <= self.length.names()
        return known and 0 <= self._at(bound, counter) <= self._at(n, counter)

    @property
    def _ends(self) -> list[int]:
        """The least and the largest number that the counter has."""
        return [] if self.numbers is None else self.numbers[[0, -1]].tolist()

    def _is_mine(self, n: Dim) -> bool:
        return isinstance(n, Length) and bool(n.names() & self.length.names())

    def _has_length(self, node: Node) -> bool:
        return any(self._is_mine(n) for part in node.aval.parts or (node.aval,) for n in part.shape)

    def _number(self, n: Dim) -> Node:
        line = linear(n)
        assert self.counter is not None
        if line is None:
            raise UnsupportedError(f"{n} is no length that a step of a loop has")
        scaled = self.counter if line[1] == 1 else as_node(line[1]) * self.counter
        return scaled if not line[2] else scaled + as_node(line[2])

    def _made(self, node: Node) -> Node:
        """An array that is as long as the step says, as the first elements of one that is long enough for all steps."""
        if node.op is gather and node.inputs[1:] == (self.counting,):
            return node
        at = [k for k, n in enumerate(node.shape) if self._is_mine(n)]
        n = node.shape[at[0]]
        most = self._longest(n)
        if node.op is positions:
            return self.part(constant(np.arange(most)), n)
        if node.op is broadcast_to and len(at) == 1 and at[0] == 0:
            return self.part(broadcast_to(node.inputs[0], shape=(most, *node.shape[1:])), n)
        if node.op is getitem and node.kwargs["index"] == (Slice(None, n), *[Slice()] * (node.ndim - 1)):
            return self.part(node.inputs[0], n)
        raise UnsupportedError(f"{node.op.name} makes an array that is as long as the step of a loop says")


def _range_of(steps: Steps) -> np.ndarray | None:
    """The numbers that a loop goes over, if it counts by ones and not below zero."""
    if len(steps.arrays) != 1 or steps.count is not None or not isinstance(steps.length, int):
        return None
    array = steps.arrays[0]
    is_reversed = array.op is getitem and array.kwargs["index"] == (BACK,)
    literal = array.inputs[0].literal if is_reversed else array.literal
    if literal is None or literal.value.ndim != 1 or literal.aval.kind not in "iu" or literal.value.size < 2:
        return None
    numbers = literal.value[::-1] if is_reversed else literal.value
    return numbers if numbers.min() >= 0 and set(np.diff(numbers).tolist()) in ({1}, {-1}) else None
