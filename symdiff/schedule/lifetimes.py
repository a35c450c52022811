"""When the arrays of a plan are read last, and whose name may be used again from then on.

A variable keeps its array until the function returns, or until the variable gets another value. Large arrays that
nobody reads any more make room for the next value of their kind: ``num = num / den``; and where an operator combines
them with something, they are changed in place: ``d_num /= den``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.dims import Length, size
from symdiff.graph.node import Node, shares_memory
from symdiff.schedule.plan import Plan
from symdiff.schedule.reads import arrays_held, leaves, operands
from symdiff.schedule.statement import Statement

LARGE = 2**15  # bytes of an array that is worth the trouble, if its lengths are numbers
LONG = 16  # statements that make such arrays
Kind = tuple[Aval, bool, int | None]  # its type, whether it is part of the derivative, and the loop that it is in
UPDATES = frozenset("+-*/")  # the operators that have a form in place


def is_large(node: Node) -> bool:
    """Whether an array is worth freeing: one with a length that is not known may be of any size."""
    if node.aval.parts or not node.shape:
        return False
    return any(isinstance(n, Length) for n in node.shape) or node.dtype.itemsize * size(node.shape) >= LARGE  # type: ignore[operator]


class Lifetimes:
    """The statements of a plan one after the other, and when each array is read last.

    Attributes:
        place: where each node that has a name is computed.
        held: for each node, those whose arrays its value may be a part of.
        last: for each array, the statement that reads it last; `never` for what is read when all is done.
    """

    def __init__(self, plan: Plan, lines: Sequence[Statement], read_later: Iterable[Node] = ()) -> None:
        self.plan, self.lines, self.never = plan, lines, len(lines)
        self.place = {node: k for k, s in enumerate(lines) for node in s.nodes}
        self.held = arrays_held(plan.graph.order)
        self.last: dict[Node, int] = {}
        for k, s in enumerate(lines):
            self.last.update(dict.fromkeys(self.arrays(*operands(s)), k))
        self.keep(*read_later)

    def keep(self, *nodes: Node) -> None:
        """Says that `nodes` are read when all is done."""
        self.last.update(dict.fromkeys(self.arrays(*nodes), self.never))

    def leaves(self, *nodes: Node) -> Iterator[Node]:
        """What has a name among what the expressions of `nodes` read."""
        return leaves(nodes, self.place)

    def arrays(self, *nodes: Node) -> set[Node]:
        """The arrays that the expressions of `nodes` read."""
        return {array for leaf in self.leaves(*nodes) for array in self.held[leaf]}


class Reuse:
    """Which variables may get another value, in the plan of a whole function without ``if`` statements.

    Args:
        plan: the statements.
        busy: the values whose arrays are overwritten part by part.
        lines: the statements in the order in which they are written, if that is another one.
        inside: for what is computed in a loop, which one: a variable stays in its loop.
    """

    def __init__(
        self,
        plan: Plan,
        busy: Collection[Node] = (),
        lines: Sequence[Statement] | None = None,
        inside: Mapping[Node, int] | None = None,
    ) -> None:
        self.plan, self.inside = plan, inside or {}
        lines = lines if lines is not None else plan.statements
        plain = [] if plan.branches.keys else [s for s in lines if not (s.results or s.in_place)]
        self.able = {s.node: s for s in plain if s.node not in busy and not s.node.op.block and is_large(s.node)}
        if len(self.able) > 1:
            asked = [x for guard in plan.graph.notes.guards for x in guard.reads]
            self.is_long = len(self.able) > LONG
            self.times = Lifetimes(plan, lines, (*plan.graph.outputs, *asked))

    def taken(self, node: Node, holders: Iterable[Node]) -> Node | None:
        """The first of `holders` whose variable may be that of `node`: nothing reads it later, and it is of one kind.

        What `node` itself reads comes first: it may be changed in place. Only in long functions does a variable
        get a value that is not made of the one before.
        """
        if self.kind(node) is None:
            return None
        read = set(self.times.leaves(*node.inputs))
        near = [x for x in holders if x in read and self._is_free(x, node)]
        if near or not self.is_long:
            return min(near, key=lambda x: x not in node.inputs, default=None)
        return next((x for x in holders if self._is_free(x, node)), None)

    def kind(self, node: Node) -> Kind | None:
        """What two values have in common that may be in one variable; None for one that has its own."""
        if len(self.able) < 2 or node not in self.able:
            return None
        # what is forward the user knows by name, and a variable stays in its loop
        return node.aval, self.able[node].backward, self.inside.get(node)

    def _is_free(self, holder: Node, node: Node) -> bool:
        here = self.times.place[node]
        if self.last(holder) > here or self.kind(holder) != self.kind(node):
            return False
        return self.times.place[holder] < here

    def last(self, node: Node) -> int:
        """The statement that reads an array last."""
        return self.times.last.get(node, -1)

    def updated(self, node: Node, base: Node) -> bool:
        """Whether `node`, which has the name of `base`, may be written into its array."""
        return node.op.infix in UPDATES and base in node.inputs and base in self.able and _is_new(base)


def _is_new(base: Node) -> bool:
    """Whether NumPy makes an array for a value; a function of the user's may hand back what it was given."""
    fn = base.op.fn
    return not shares_memory(base) and (base.op.infix is not None or isinstance(fn, np.ufunc))
