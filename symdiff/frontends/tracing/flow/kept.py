"""A step of a loop that stands for all steps.

Which values a step carries is found by trying: the variables that it assigns, and the arrays that it writes into. A
step is traced with stand-ins for them, again if their types turn out to be others.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import FrameType
from typing import Any

import numpy as np

from symdiff.control.scan import scan
from symdiff.errors import SymdiffError
from symdiff.frontends.carried import carried_as, has_narrow, meet, plain_type, strong
from symdiff.frontends.steps import Steps
from symdiff.frontends.tracing.flow.aliases import Aliases
from symdiff.frontends.tracing.flow.contents import Contents
from symdiff.frontends.tracing.flow.guards import note_behind
from symdiff.frontends.tracing.flow.ragged import Ragged
from symdiff.frontends.tracing.flow.values import (
    UNBOUND,
    Apart,
    apart,
    has_other_names,
    is_array,
    refill,
    symbols_in,
    together,
)
from symdiff.frontends.tracing.storage import Storage
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.aval import Aval
from symdiff.graph.body import canonical, close
from symdiff.graph.dims import counted
from symdiff.graph.guard import Guard
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, constant, new_scope, variable
from symdiff.graph.tree import Fixed, Tree
from symdiff.graph.walk import toposort
from symdiff.ops.elementwise import add, less
from symdiff.ops.reductions import spread

Values = tuple[Any, ...]
PLAIN, FIRST_STEP, LENGTHS = range(3)  # what is tried: alike steps, the first step, steps whose counter is a length


class Kept:
    """A loop that is kept: the attempts to trace a step of it."""

    def __init__(self, steps: Steps, names: Sequence[str], into: Sequence[str], frame: FrameType) -> None:
        self.steps, self.names, self.into, self.frame = steps, names, into, frame
        self.stand_ins: list[tuple[Symbol, Node]] = []
        self.contents = Contents()
        self.before: Values = ()
        self.after: Values = ()
        self.starts: list[Apart] = []
        self.types: list[list[Aval]] = []
        self.arrays: dict[Storage, Aval] = {}  # what a step writes into, found by a first attempt
        self.is_done = False
        self.counted = counted()
        self.loop: Loop | None = None
        self.goes: Node | None = None  # of the step, whether it is taken
        self.guards: list[Guard] = []  # what it raises
        self.ragged = Ragged(steps)
        self.mode = PLAIN

    def tries_lengths(self) -> bool:
        """Whether a step is to be tried in which arrays become shorter or longer, after one in which none does."""
        again = self.mode == PLAIN and self.ragged.is_possible
        if again:
            self.contents.put_back()
            self.mode, self.starts, self.arrays, self.contents = FIRST_STEP, [], {}, Contents()
        return again

    def begin(self) -> Any:
        """The loop variable of a step that stands for all; or of the first one, which shows what changes its length."""
        self.scope = new_scope()
        arrays = zip(self.steps.arrays, self.steps.weak, strict=True)
        xs = [variable(f"x{k}", Aval(a.dtype, a.shape[1:], weak), self.scope) for k, (a, weak) in enumerate(arrays, 1)]
        self.elements = xs
        self.taken = [] if self.steps.count is None else [variable("taken", Aval(np.int64, (), True), self.scope)]
        self.goes = None if self.steps.count is None else less(self.taken[0], self.steps.count)
        elements = [Symbol(x) for x in (*self.taken, *xs)]
        self.stand_ins = list(zip(elements, (*self.taken, *xs), strict=True))
        if self.mode == FIRST_STEP:
            return self.steps.element([self.ragged.first])
        return self.steps.element(elements if self.mode == PLAIN else [self.ragged.name(xs[0])])

    def enter(self, values: Values) -> Values:
        """Stand-ins for the variables, and for the contents of arrays that the step writes into."""
        if not self.starts:
            self.before = values if self.mode == PLAIN else self.before  # variables may hold what was tried
            self.starts = [
                Apart((), Fixed(_Array(value))) if name in self.into and is_array(value) else apart(value)
                for name, value in zip(self.names, self.before, strict=True)
            ]
            self.types = [[Aval(n.dtype, n.shape, n.aval.weak) for n in s.nodes] for s in self.starts]
        self.states = [
            [variable(name if len(types) == 1 else f"{name}{k}", t, self.scope) for k, t in enumerate(types, 1)]
            for name, types in zip(self.names, self.types, strict=True)
        ]
        called = {v._storage: name for name, v in zip(self.names, self.before, strict=True) if type(v) is Symbol}
        self.cells = {
            s: variable(f"{called.get(s, 'array')}__{k}", t, self.scope)
            for k, (s, t) in enumerate(self.arrays.items(), 1)
        }
        for storage, node in self.cells.items():
            storage.replace(node)
        given = []
        for k, (start, states) in enumerate(zip(self.starts, self.states, strict=True)):
            nodes = [self._seen(k, j, h) for j, h in enumerate(states)]
            symbols = list(map(Symbol, nodes))
            self.stand_ins += zip(symbols, nodes, strict=True)
            given.append(_whole(start.tree, symbols))
        self.given = tuple(given)
        self.contents_given = tuple(map(_items, given))
        return self.given

    def _seen(self, k: int, j: int, state: Node) -> Node:
        """What a step sees of a state: the elements that it has."""
        if self.mode != LENGTHS or (k, j) not in self.ragged.changes:
            return state
        return self.ragged.part(state, self.ragged.lengths((k, j), self._at_first(k, j))[0])

    def _at_first(self, k: int, j: int) -> int:
        n = self.starts[k].nodes[j].shape[0]
        assert isinstance(n, int)
        return n

    def _learn(self) -> str:
        """Looks at which arrays the first step makes shorter or longer."""
        ends = [apart(value) for value in self.after]
        for k, (start, end) in enumerate(zip(self.starts, ends, strict=True)):
            if self.before[k] is not UNBOUND and start.tree == end.tree:
                for j, (a, b) in enumerate(zip(start.nodes, end.nodes, strict=True)):
                    if not self.ragged.learn((k, j), a.aval, b.aval):
                        return f"{self.names[k]!r} changes its shape"
        self.mode = LENGTHS
        for (k, j), _ in self.ragged.changes.items():
            t = self.types[k][j]
            self.types[k][j] = Aval(t.dtype, (self.ragged.most((k, j), self._at_first(k, j)), *t.shape[1:]))
        return "" if self.ragged.changes else "its steps do not do the same"

    def end(self) -> str:
        """Looks at what the step did, and says why it cannot stand for all steps; "" if it can."""
        written = {s: s.node() for s in self.contents.written()}
        self.contents.put_back()
        if self.mode == FIRST_STEP:
            return self._learn()
        if self.mode == LENGTHS:
            self.after = tuple(map(self.ragged.counted, self.after))
        if not self._is_told_apart():
            return "what a step changes may be known by two names"
        new = [s for s in written if s not in self.arrays]
        if new:
            self.arrays |= {s: plain_type(s.aval) for s in new}
            return ""
        try:
            return self._compared(written)
        except SymdiffError as error:
            return error.message

    def _is_told_apart(self) -> bool:
        """Whether no array is met under two names, so that what is written under one would be read under the other.

        A stand-in that is written into may be an array that others see; so may a variable that is bound to an array
        which the steps write into.
        """
        if any(s.node is not node for s, node in self.stand_ins):
            return False
        if not all(map(self._is_one_list, range(len(self.names)))):
            return False
        pairs = [(s.tree, v) for s, v in zip(self.starts, self.after, strict=True)]
        if any(_is_array(tree) and value is not tree.value.value for tree, value in pairs):  # type: ignore[union-attr]
            return False
        bound = [x for tree, value in pairs if not _is_array(tree) for x in symbols_in(value)]
        return not any(x._storage in self.cells for x in bound)

    def _is_one_list(self, k: int) -> bool:
        """Whether variable k, if it is a list or dict, is met under its name only, and either written into or bound."""
        name, held, given = self.names[k], self.before[k], self.given[k]
        if not isinstance(held, (list, dict)):
            return True
        if has_other_names(held, name, self.frame):
            return False
        if name in self.into:
            return self.after[k] is given
        return list(map(id, _items(given))) == list(map(id, self.contents_given[k]))

    def _compared(self, written: dict[Storage, Node]) -> str:
        ends = [
            start if _is_array(start.tree) else apart(value)
            for start, value in zip(self.starts, self.after, strict=True)
        ]
        changed = given_up = False
        for k, (start, end) in enumerate(zip(self.starts, ends, strict=True)):
            if start.tree != end.tree and self.before[k] is UNBOUND:
                if not end.nodes and not isinstance(end.tree, Fixed):
                    return f"{self.names[k]!r} holds no numbers"
                types = [self.ragged.makes((k, j), plain_type(n.aval)) for j, n in enumerate(end.nodes)]
                self.starts[k] = Apart(tuple(spread(constant(t.dtype.type(0)), t.shape) for t in types), end.tree)
                self.types[k], changed = types, True
                continue
            if start.tree != end.tree:
                return f"{self.names[k]!r} is something else behind a step than before it"
            types = [meet(t, n.aval) for t, n in zip(self.types[k], end.nodes, strict=True)]
            if any(
                n.shape != self._ended(k, j, t).shape for j, (t, n) in enumerate(zip(types, end.nodes, strict=True))
            ):
                return f"{self.names[k]!r} changes its shape"
            changed |= [plain_type(t) for t in types] != [plain_type(t) for t in self.types[k]]
            given_up |= types != self.types[k]
            self.types[k] = types
        if changed or (given_up and has_narrow([*(n for end in ends for n in end.nodes), *written.values()])):
            return ""  # a step is traced again, with other types
        return self._finish(ends, written)

    def _ended(self, k: int, j: int, t: Aval) -> Aval:
        """The type that a state of type `t` must have at the end of a step."""
        if self.mode != LENGTHS or (k, j) not in self.ragged:
            return t
        return Aval(t.dtype, (self.ragged.lengths((k, j), self._at_first(k, j))[1], *t.shape[1:]))

    def _carried(self, k: int, j: int, n: Node, h: Node, *, start: bool) -> Node:
        """A value as it is carried, at the start or at the end of a step."""
        if self.mode != LENGTHS or (k, j) not in self.ragged:
            return carried_as(n, h.aval)
        if start:
            return self.ragged.start((k, j), carried_as(n, Aval(h.dtype, n.shape)))
        return self.ragged.put(h, carried_as(n, Aval(h.dtype, n.shape)))

    def _finish(self, ends: Sequence[Apart], written: dict[Storage, Node]) -> str:
        states = [h for each in self.states for h in each] + list(self.cells.values()) + self.taken
        ended = [
            self._carried(k, j, n, h, start=False)
            for k, (e, each) in enumerate(zip(ends, self.states, strict=True))
            for j, (n, h) in enumerate(zip(e.nodes, each, strict=True))
        ]
        ended += [carried_as(written.get(s, cell), cell.aval) for s, cell in self.cells.items()]
        starts = [
            self._carried(k, j, n, h, start=True)
            for k, (s, each) in enumerate(zip(self.starts, self.states, strict=True))
            for j, (n, h) in enumerate(zip(s.nodes, each, strict=True))
        ]
        starts += [carried_as(s.node(), cell.aval) for s, cell in self.cells.items()]
        starts += [constant(np.int64(0)) for _ in self.taken]
        ended += [add(h, 1) for h in self.taken]
        ended += [x for guard in self.guards for x in guard.reads]
        asks = self.goes is not None
        outputs = [*ended, *([] if self.goes is None else [self.goes])]
        named = self._names(outputs, ends)
        if self.mode == LENGTHS:
            outputs = self.ragged.anchored(outputs)
        inputs, outputs, names = strong((*states, *self.elements), outputs, named)
        body, fixed = close(inputs, outputs, names)
        if all(not x.inputs and x.literal is not None for x in (*fixed, *starts, *self.steps.arrays)):
            return "it computes with numbers that are known"  # Python is faster
        length = self.counted if asks else self.steps.length
        arrays, reverse = _forwards(self.steps.arrays)
        self.loop = Loop(scan, canonical(body), tuple(starts), arrays, tuple(fixed), length, reverse, asks)
        self.is_done = True
        return ""

    def _names(self, outputs: Sequence[Node], ends: Sequence[Apart]) -> dict[Node, str]:
        """The user's names: of what the function knows around the loop, and of what a step assigns anew."""
        known = ((name, value) for name, value in self.frame.f_locals.items() if name not in self.names)
        around = {value.node: name for name, value in known if type(value) is Symbol}
        read = set(toposort(outputs))
        new = [(end, name) for end, name, each in zip(ends, self.names, self.states, strict=True) if not read & {*each}]
        inside = {end.nodes[0]: name.partition("__")[0] for end, name in new if len(end.nodes) == 1}
        return around | {node: name for node, name in inside.items() if node.inputs}

    def asks_for_what_is_known(self) -> bool:
        """Whether how many steps there are depends on numbers alone, and not on a symbolic value."""
        assert self.loop is not None
        loop, asked = self.loop, set(toposort(self.loop.going))
        while more := {y for h, y in zip(loop.states, loop.following, strict=True) if h in asked} - asked:
            asked.update(toposort(more))
        given = zip(loop.body.inputs, (*loop.carry, *loop.sliced, *loop.fixed), strict=True)
        return all(x.literal is not None for v, x in given if v in asked)

    def settle(self) -> None:
        """What the loop does to arrays, and what it guards against, is done."""
        assert self.loop is not None
        parts = self.loop.node.parts
        first = sum(map(len, self.states))
        for storage, part in zip(self.cells, parts[first:], strict=False):
            storage.replace(part)
        note_behind(self.guards, parts[len(self.loop.carry) :])

    def results(self) -> Values:
        """The variables behind the loop."""
        assert self.loop is not None
        parts = iter(self.loop.node.parts)
        others = {name: x for name, x in self.frame.f_locals.items() if name not in self.names}
        aliases = Aliases(self.before, self.given, self.after, others, self.loop.asks)
        found = []
        for k, (name, held, start) in enumerate(zip(self.names, self.before, self.starts, strict=True)):
            own = [self._in_the_end(k, j, next(parts)) for j in range(len(self.states[k]))]
            value = aliases.result(k, own[0]) if start.tree == 0 else _whole(start.tree, [Symbol(x) for x in own])
            found.append(refill(held, value) if name in self.into and isinstance(held, (list, dict)) else value)
        return tuple(found)

    def _in_the_end(self, k: int, j: int, part: Node) -> Node:
        if self.mode != LENGTHS or (k, j) not in self.ragged:
            return part
        return self.ragged.end((k, j), self._at_first(k, j), part)

    def take_back(self) -> None:
        """Nothing has happened."""
        self.contents.put_back()


def _forwards(arrays: tuple[Node, ...]) -> tuple[tuple[Node, ...], bool]:
    """What a loop slices, and whether it begins with the last elements: ``range(n - 1, -1, -1)`` is one reversed."""
    literal = arrays[0].literal if len(arrays) == 1 else None
    if literal is None or literal.aval.kind not in "iu" or literal.value.ndim != 1 or literal.value.size < 2:
        return arrays, False
    n = literal.value.size
    back = np.array_equal(literal.value, np.arange(n - 1, -1, -1))
    return ((constant(np.arange(n)),), True) if back else (arrays, False)


class _Array:
    """An array that steps write into, which stays what it is."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _is_array(tree: Tree) -> bool:
    return isinstance(tree, Fixed) and type(tree.value) is _Array


def _items(value: Any) -> list[Any]:
    """What a list or dict holds, in order; nothing else holds anything."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    return list(value) if isinstance(value, list) else []


def _whole(tree: Tree, values: Sequence[Any]) -> Any:
    whole = together(tree, values)
    return whole.value if type(whole) is _Array else whole
