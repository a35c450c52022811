"""Arrays that are overwritten: what is made of a copy needs none, if nobody reads the original any more.

``y = np.array(x); y[i] = v`` is ``x[i] = v`` where `x` is an array of ours that nothing reads from there on, under its
own name or as a view. In a step of a loop that holds for what is carried, too: the loop then begins with a copy.
What a step leaves behind of the old values is written before they go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from symdiff.graph.branches import NOWHERE_ELSE
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, shares_memory, slot
from symdiff.schedule.arranging import in_sequence
from symdiff.schedule.plan import Plan
from symdiff.schedule.reads import arrays_held, base_of, leaves, operands, read_late
from symdiff.schedule.statement import Statement


@dataclass(frozen=True)
class Buffers:
    """What is overwritten by the statements of a plan.

    Attributes:
        taken: of what is made in place, the value whose array it takes over.
        first: of what is made in place, those outputs of a step that are written before.
        given: operands of loops, as (loop, place), whose arrays the loop may overwrite.
        before: what had better have a name, so that it is read before something is written into its array.
    """

    taken: Mapping[Node, Node] = field(default_factory=dict)
    first: Mapping[Node, list[Node]] = field(default_factory=dict)
    given: frozenset[tuple[Node, int]] = frozenset()
    before: frozenset[Node] = frozenset()

    @property
    def overwritten(self) -> set[Node]:
        """The values whose arrays are overwritten, by statements or by loops."""
        lent = [Loop.of(node).carry[k] for node, k in self.given]
        return {self.origin(node) for node in (*self.taken, *lent)}

    def origin(self, node: Node) -> Node:
        """The first one of those that are in the array of `node` one after the other."""
        while node in self.taken:
            node = self.taken[node]
        return node


def find_buffers(plan: Plan, loop: Loop | None = None) -> Buffers:
    """What the statements of `plan`, those of a step of `loop` if there is one, can overwrite.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.graph import Graph
    >>> from symdiff.graph.node import variable
    >>> from symdiff.ops.assignment import assign
    >>> from symdiff.schedule.plan import schedule
    >>> x, v = variable("x", Aval("float64", (3,))), variable("v", Aval("float64"))
    >>> once = assign(x, v, indices=((1,),))
    >>> twice = assign(once, v * v, indices=((2,),))
    >>> find_buffers(schedule(Graph((x, v), (twice,)))).taken == {twice: once}  # x itself is the caller's
    True
    """
    if not any(s.in_place or s.node.op.block for s in plan.statements):
        return Buffers()
    return _Search(plan, loop).found


class _Search:
    """The statements one after the other, and when each array is read last."""

    def __init__(self, plan: Plan, loop: Loop | None) -> None:
        self.plan, self.loop = plan, loop
        going = () if loop is None else plan.graph.outputs[len(loop.following) + len(loop.left) :]  # asked in turn
        lines = self.lines = in_sequence(chain(*plan.parts(going)) if going else plan.items)
        self.place = {node: k for k, s in enumerate(lines) for node in s.nodes}
        self.statement = {s.node: s for s in plan.statements}
        self.held = arrays_held(plan.graph.order)
        self.last: dict[Node, int] = {}  # of each array, the last statement that reads it
        for k, s in enumerate(lines):
            self.last.update(dict.fromkeys(self._arrays(*operands(s)), k))
        never = len(lines)
        left = loop.left if loop is not None else ()
        outputs = plan.graph.outputs if loop is None else (*loop.following, *going)
        asked = [x for guard in plan.graph.notes.guards for x in guard.reads]
        self.lent = _lent(loop) if loop is not None else {}
        read_later = self._arrays(*[y for y in outputs if y not in self.lent], *asked)
        read_later |= self._arrays(*self.lent) - set(self.lent.values())
        self.last.update(dict.fromkeys(read_later, never))
        self.left = {y: self._arrays(y) for y in left}
        self.own = self._own_states()
        self.moved: set[Node] = set()
        self.before: set[Node] = set()
        once = Counter(lines)
        taken: dict[Node, Node] = {}
        first: dict[Node, list[Node]] = {}
        given: set[tuple[Node, int]] = set()
        for k, s in enumerate(lines):
            if s.node.op.block:
                for i in self._given(k, s.node):
                    given.add((s.node, i))
                    part, state = s.results[i], Loop.of(s.node).carry[i]
                    if part is not None and state in self.own:  # the same array, of the same name
                        taken[part] = state
            elif s.in_place and (base := base_of(s)) is not None and self._is_done_with(base, k, s) and once[s] == 1:
                before = [y for y, arrays in self.left.items() if base in arrays and y not in self.moved]
                if all(self._is_there(y, k) for y in before) and not (before and self._is_in_branch(s)):
                    taken[s.node] = base
                    first[s.node] = before
                    self.moved.update(before)
        self.found = Buffers(taken, first, frozenset(given), frozenset(self.before))

    def _is_in_branch(self, s: Statement) -> bool:
        return self.plan.branches.places.get(s.node, NOWHERE_ELSE) != NOWHERE_ELSE

    def _arrays(self, *nodes: Node) -> set[Node]:
        """The arrays that the expressions of `nodes` read."""
        return {array for leaf in leaves(nodes, self.place) for array in self.held[leaf]}

    def _own_states(self) -> set[Node]:
        """What is carried in arrays that nothing else holds in the next step."""
        if self.loop is None or (self.loop.asks and any(y.ndim for y in self.loop.left)):  # a list holds the arrays
            return set()
        ends = self.loop.following
        arrays = [self._arrays(y) if self._may_be_held(y) else {y} for y in ends]
        return {
            h
            for k, h in enumerate(self.loop.states)
            if h.ndim and (self._is_new(ends[k]) or ends[k] in self.lent) and ends.count(ends[k]) == 1
            if not any(ends[k] in other for j, other in enumerate(arrays) if j != k)
        }

    def _may_be_held(self, node: Node) -> bool:
        return node in self.place or not node.inputs or shares_memory(node) or node.op is ITEM

    def _is_new(self, node: Node) -> bool:
        """Whether the line of a node makes an array that nothing else holds."""
        statement = self.statement.get(node)
        if statement is not None and statement.in_place:
            return True
        return self.plan.branches.is_new(node) and node.ndim > 0

    def _is_ours(self, node: Node) -> bool:
        return node in self.own or (node in self.statement and self._is_new(node))

    def _is_done_with(self, base: Node, k: int, s: Statement) -> bool:
        """Whether nothing reads the array of `base` when statement `k` writes into it, or later."""
        if not self._is_ours(base) or self.last.get(base, -1) > k or base.dtype != s.node.dtype:
            return False
        if base in self.statement and self.statement[base].backward is not s.backward:  # what the user knows by name
            return False
        late = [self._behind_signs(x, base) for x in read_late(s) if base in self._arrays(x)]
        if all(map(_makes_an_array, late)):
            self.before.update(late)
        return not late

    def _behind_signs(self, x: Node, base: Node) -> Node:
        """What reads `base` in the numerator of a row of signs, products and quotients, or the row itself."""
        while x.op.infix in ("neg", "*", "/") and x not in self.place:
            reading = [y for y in x.inputs if base in self._arrays(y)]
            if len(reading) != 1 or not _makes_an_array(reading[0]) or reading[0].shape != x.shape:
                break
            [x] = reading
        return x

    def _is_there(self, y: Node, k: int) -> bool:
        """Whether all that an output reads is computed before statement `k`."""
        read = leaves([y], self.place)
        return not (self.loop is None or self.loop.asks) and all(self.place.get(x, -1) < k for x in read)

    def _given(self, k: int, node: Node) -> Iterator[int]:
        """The places of those operands of a loop whose arrays nothing reads later."""
        left = {array for arrays in self.left.values() for array in arrays}
        for i, x in enumerate(Loop.of(node).carry):
            others = self._arrays(*[y for j, y in enumerate(node.inputs) if j != i])
            ours = x in self.own or (x in self.statement and self._is_new(x))
            if (
                ours
                and x not in others | left
                and (self.last.get(x, -1) <= k or self._is_handed_on(x, k, node.parts[i]))
            ):
                yield i

    def _is_handed_on(self, x: Node, k: int, part: Node) -> bool:
        """Whether what reads the array of `x` behind statement `k` reads `part`, which lies there if it is given."""
        if self.loop is not None:
            return False
        held = arrays_held(self.plan.graph.order, {part})
        asked = [y for guard in self.plan.graph.notes.guards for y in guard.reads]
        later = [*(y for s in self.lines[k + 1 :] for y in operands(s)), *self.plan.graph.outputs, *asked]
        return all(x not in held.get(leaf, ()) for leaf in leaves(later, self.place))


def _makes_an_array(x: Node) -> bool:
    """Whether a value is computed where it has a name: a view stays a part of what it is a view of."""
    return bool(x.inputs) and not shares_memory(x) and x.op is not ITEM


def _lent(loop: Loop) -> dict[Node, Node]:
    """The states that a step hands to a loop that writes into them, by what this gives back: the same array."""
    found: dict[Node, Node] = {}
    for h, end in zip(loop.states, loop.following, strict=True):
        if end.op is ITEM and end.inputs[0].op.block == "for" and loop.following.count(end) == 1:
            inner, k = Loop.of(end.inputs[0]), slot(end)
            if k < len(inner.carry) and inner.carry[k] is h and _is_written(inner.following[k]):
                found[end] = h
    return found


def _is_written(end: Node) -> bool:
    """Whether a value is likely made in the array of another one."""
    stack = [end]
    while stack:
        x = stack.pop()
        if x.op.edits is not None or x.op.accumulate is not None or (x.op is ITEM and x.inputs[0].op.block):
            return True
        stack += x.inputs if x.op.infix in ("+", "-") else ()
    return False
