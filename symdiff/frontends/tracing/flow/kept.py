"""A step of a loop that stands for all steps.

Which values a step carries is found by trying: the variables that it assigns, and the arrays that it writes into. A
step is traced with stand-ins for them, again if their types turn out to be others.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import chain, count
from types import FrameType
from typing import Any

import numpy as np

from symdiff.control.scan import scan
from symdiff.errors import SymdiffError
from symdiff.frontends.carried import as_before, carried_as, has_narrow, meet, plain_type, strong
from symdiff.frontends.steps import Steps
from symdiff.frontends.tracing.attempts import running
from symdiff.frontends.tracing.flow.aliases import Aliases, are_lists_apart
from symdiff.frontends.tracing.flow.anew import Anew
from symdiff.frontends.tracing.flow.branches import chosen
from symdiff.frontends.tracing.flow.called import as_targets, names_in
from symdiff.frontends.tracing.flow.carrying import Same, counts_up, forwards, in_order_of, is_overtaken, is_same, items
from symdiff.frontends.tracing.flow.contents import Contents
from symdiff.frontends.tracing.flow.growing import Growing, Grows, appends_its_own, as_it_is
from symdiff.frontends.tracing.flow.guards import note_behind
from symdiff.frontends.tracing.flow.places import Place, is_outside
from symdiff.frontends.tracing.flow.policy import BeginsOtherwise, parts_of
from symdiff.frontends.tracing.flow.ragged import Ragged
from symdiff.frontends.tracing.flow.sampling import Samples
from symdiff.frontends.tracing.flow.twice import Scope, conditions_since, fill, note_copies, note_made
from symdiff.frontends.tracing.flow.undecided import Modes, Undecided
from symdiff.frontends.tracing.flow.values import (
    UNBOUND,
    Apart,
    apart,
    has_other_names,
    is_array,
    is_plain_object,
    refill,
    symbols_in,
    together,
)
from symdiff.frontends.tracing.remembered import born
from symdiff.frontends.tracing.storage import Storage
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.aval import Aval
from symdiff.graph.body import canonical
from symdiff.graph.dims import counted
from symdiff.graph.guard import Guard
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, as_node, constant, new_scope, variable
from symdiff.graph.tree import Fixed, Tree, children
from symdiff.ops.elementwise import add, less
from symdiff.ops.reductions import spread
from symdiff.ops.safe_places import closed_body

Values = tuple[Any, ...]
PLAIN, FIRST_STEP, LENGTHS = range(3)  # what is tried: alike steps, the first step, steps whose counter is a length


class Kept:
    """A loop that is kept: the attempts to trace a step of it."""

    def __init__(
        self, steps: Steps, names: Sequence[str], into: Sequence[str], frame: FrameType, over: Sequence[Any] = ()
    ) -> None:
        self.steps, self.names, self.into, self.frame, self.over = steps, list(names), into, frame, over
        self.count = len(names)  # of variables; behind them are the slots
        self.slots: list[tuple[Place, Hashable]] = []  # what a step changes where others see it, found as arrays are
        self.modes: dict[int, Modes] = {}
        self.grows: dict[int, Grows | Samples] = {}
        self.left: dict[int, tuple[Node, ...]] = {}  # of a step, for the lists that grow
        self.scope: Scope
        self.stand_ins: list[tuple[Symbol, Node]] = []
        self.contents = Contents()
        self.before: Values = ()
        self.after: Values = ()
        self.starts: list[Apart] = []
        self.first_starts: list[Apart] = []
        self.types: list[list[Aval]] = []
        self.arrays: dict[Storage, Aval] = {}  # what a step writes into, found by a first attempt
        self.is_done = False
        self.counted = counted()
        self.loop: Loop | None = None
        self.parts: tuple[Node, ...] = ()
        self.goes: Node | None = None  # of the step, whether it is taken
        self.guards: list[Guard] = []  # what it raises
        self.ragged = Ragged(steps)
        self.anew, self.mode = Anew(), PLAIN

    def tries_lengths(self) -> bool:
        """Whether a step is to be tried in which arrays become shorter or longer, after one in which none does."""
        carries_more = self.slots or self.modes or self.grows
        again = self.mode == PLAIN and self.ragged.is_possible and not carries_more
        if again:
            self.contents.put_back()
            self.mode, self.arrays, self.contents = FIRST_STEP, {}, Contents()
            self._start(self.first_starts)
        return again

    def begin(self) -> Any:
        """The loop variable of a step that stands for all; or of the first one, which shows what changes its length."""
        number, self.is_done = new_scope(), False
        arrays = zip(self.steps.arrays, self.steps.weak, strict=True)
        xs = [variable(f"x{k}", Aval(a.dtype, a.shape[1:], weak), number) for k, (a, weak) in enumerate(arrays, 1)]
        self.elements, self.number = xs, number
        self.taken = [] if self.steps.count is None else [variable("taken", Aval(np.int64, (), True), number)]
        self.goes = None if self.steps.count is None else less(self.taken[0], self.steps.count)
        elements = [Symbol(x) for x in (*self.taken, *xs)]
        self.stand_ins = list(zip(elements, (*self.taken, *xs), strict=True))
        if self.mode == FIRST_STEP:
            return self.steps.element([self.ragged.first])
        return self.steps.element(elements if self.mode == PLAIN else [self.ragged.name(xs[0])])

    def enter(self, values: Values) -> Values:
        """Stand-ins for the variables, and for the contents of arrays that the step writes into."""
        if not self.starts:
            self.before = values
            self.first_starts = [
                Apart((), Fixed(Same(value))) if name in self.into and is_array(value) else apart(value)
                for name, value in zip(self.names, self.before, strict=True)
            ]
            self._start(self.first_starts)
        self.states = [
            [variable(name if len(types) == 1 else f"{name}{k}", t, self.number) for k, t in enumerate(types, 1)]
            for name, types in zip(self.names, self.types, strict=True)
        ]
        called = {v._storage: name for name, v in zip(self.names, self.before, strict=True) if type(v) is Symbol}
        self.cells = {
            s: variable(f"{called.get(s, 'array')}__{k}", t, self.number)
            for k, (s, t) in enumerate(self.arrays.items(), 1)
        }
        for storage, node in self.cells.items():
            storage.replace(node)
        given: list[Any] = []
        for k, (start, states) in enumerate(zip(self.starts, self.states, strict=True)):
            nodes = [self.ragged.seen((k, j), h) for j, h in enumerate(states)]
            symbols = list(map(Symbol, nodes))
            self.stand_ins += zip(symbols, nodes, strict=True)
            given.append(self._whole(k, start.tree, symbols))
        self.given = tuple(given)
        note_made(self.given)
        note_copies(self.given, self.before)
        self.contents_given = tuple(map(items, given))
        self.first_made = born()
        fill(self.slots, self.given[self.count :])
        return self.given[: self.count]

    def _start(self, starts: Sequence[Apart]) -> None:
        self.starts = list(starts)
        self.types = [[Aval(n.dtype, n.shape, n.aval.weak) for n in s.nodes] for s in starts]

    def _learn(self) -> str:
        """Looks at which arrays the first step makes shorter or longer."""
        ends = [apart(value) for value in self.after]
        for k, (start, end) in enumerate(zip(self.starts, ends, strict=True)):
            if self.before[k] is not UNBOUND and start.tree == end.tree:
                for j, (a, b) in enumerate(zip(start.nodes, end.nodes, strict=True)):
                    if not self.ragged.learn((k, j), a.aval, b.aval):
                        return BeginsOtherwise(f"{self.names[k]!r} changes its shape")
        self.mode = LENGTHS
        for (k, j), _ in self.ragged.changes.items():
            t = self.types[k][j]
            self.types[k][j] = Aval(t.dtype, (self.ragged.most((k, j)), *t.shape[1:]))
        return ""

    def end(self) -> str:
        """Looks at what the step did, and says why it cannot stand for all steps; "" if it can."""
        written = {s: s.node() for s in self.contents.written()}
        self.contents.put_back()
        if why := self._meets_others():
            return why
        if self.anew.meets(self.after, self.given, self.scope.journal) or len(self.names) > len(self.given):
            return ""
        if self.mode == FIRST_STEP:
            return self._learn()
        if self.mode == LENGTHS:
            self.after = tuple(map(self.ragged.counted, self.after))
        if (sampled := self._samples()) is not None:
            return sampled
        if not self._is_told_apart():
            return "what a step changes may be known by two names"
        if self._changes_what_it_goes_over(written):
            return "a step changes what the loop goes over"
        new = [s for s in written if s not in self.arrays]
        if new:
            self.arrays |= {s: plain_type(s.aval) for s in new}
            return ""
        try:
            return self._compared(written)
        except SymdiffError as error:
            return error.message

    def _meets_others(self) -> str:
        """Looks at what the step has changed where others see it, and says why some of it cannot be carried."""
        outermost = None if (run := running()) is None else run.function
        journal, known = self.scope.journal, {(id(place.value), key) for place, key in self.slots}
        for (k, place), contents in zip(journal.places.items(), journal.after.values(), strict=True):
            before = journal.before[k]
            if before.keys() != contents.keys():
                return "a step changes how much a list, a dict or an object of others holds"
            for key, value in before.items():
                if contents[key] is value or (k, key) in known or self._is_variable(place, value):
                    continue
                if type(value) is int and is_outside(place.value, outermost):
                    return "a step counts in an object that is there before and after"
                self._add(place, key, value)
        after = (journal.after[id(place.value)][key] for place, key in self.slots if id(place.value) in journal.after)
        self.after = (*self.after[: self.count], *after)
        return ""

    def _is_variable(self, place: Place, value: Any) -> bool:
        """Whether a variable that another function changes is one that the loop carries by its name."""
        return any(name == place.name and x is value for name, x in zip(self.names, self.given, strict=False))

    def _add(self, place: Place, key: Hashable, value: Any) -> None:
        """From now on the loop carries what `place` holds under `key`."""
        start, name = apart(value), place.shown(key)
        self.slots.append((place, key))
        self.names.append(next(n for n in chain([name], (f"{name}_{k}" for k in count(2))) if n not in self.names))
        self.before = (*self.before, value)
        self.starts.append(start)
        self.types.append([Aval(n.dtype, n.shape, n.aval.weak) for n in start.nodes])

    def _is_told_apart(self) -> bool:
        """Whether no array is met under two names, so that what is written under one would be read under the other.

        A stand-in that is written into may be an array that others see; so may a variable that is bound to an array
        which the steps write into.
        """
        written = [s for s, node in self.stand_ins if s.node is not node]
        is_known = self.goes is None and isinstance(self.steps.length, int)
        if written and not (is_known and are_lists_apart(written, self.given, self.after)):
            return False
        lists, met = [self.after[k] for k in self.grows if isinstance(self.after[k], Growing)], set[Any]()
        if not all(map(self._is_one_list, range(len(self.names)))):
            return False
        if not all(appends_its_own(each.appended, self.first_made, met) for each in lists):
            return False
        pairs = [(s.tree, v) for s, v in zip(self.starts, self.after, strict=True)]
        if any(is_same(tree) and value is not tree.value.value for tree, value in pairs):  # type: ignore[union-attr]
            return False
        bound = [x for tree, value in pairs if not is_same(tree) for x in symbols_in(value)]
        return not any(x._storage in self.cells for x in bound)

    def _changes_what_it_goes_over(self, written: dict[Storage, Node]) -> bool:
        changed = {*self.scope.journal.places}
        changed |= {id(x) for name, x in zip(self.names, self.before, strict=True) if name in self.into}
        counts = [e for e, a in zip(self.elements, self.steps.arrays, strict=True) if counts_up(a)]
        return is_overtaken(self.over, changed, written, self.cells, counts)

    def _is_one_list(self, k: int) -> bool:
        """Whether variable k, if it is a list or dict, is met under its name only, and either written into or bound."""
        name, held, given = self.names[k], self.before[k], self.given[k]
        if not isinstance(held, (list, dict)) or k >= self.count:
            return True
        if has_other_names(held, name, self.frame):
            return False
        if name in self.into:
            return self.after[k] is given
        return list(map(id, items(given))) == list(map(id, self.contents_given[k]))

    def _opens(self, value: Any) -> bool:
        """Whether an object is a value like others: a step has made it, and nothing around the step knows it."""
        return id(value) in self.scope.journal.made and is_plain_object(value)

    def _apart(self, k: int, value: Any) -> Apart:
        """What variable k holds at the end of a step."""
        if k in self.grows:
            end, self.left[k] = self.grows[k].end(value, self.steps.length, self.elements)
            return end
        modes = self.modes.get(k)
        return apart(value, self._opens) if modes is None else Apart(modes.nodes(value), Fixed(modes))

    def _meets_modes(self) -> bool:
        """Whether variables take one of a few names, or more than those met so far: from now on their numbers are
        carried."""
        found = False
        for k, (held, given, after) in enumerate(zip(self.before, self.given, self.after, strict=True)):
            if not isinstance(self.starts[k].tree, Fixed) or after is given or held is UNBOUND:
                continue
            modes = Modes.of(held, *((self.modes[k],) if k in self.modes else ()), after)
            if modes is None or modes.count < 2 or modes == self.modes.get(k):
                continue
            self.modes[k] = modes
            self.starts[k] = Apart(modes.nodes(held), Fixed(modes))
            self.types[k] = [Aval(n.dtype, n.shape, n.aval.weak) for n in self.starts[k].nodes]
            found = True
        return found

    def _grow(self) -> bool:
        """Whether a step appends to lists: from now on it leaves what it appends."""
        found = False
        for k in range(self.count if self.goes is None else 0):  # else how much they hold behind the loop is not known
            held, given, after = self.before[k], self.contents_given[k], self.after[k]
            if k in self.grows or type(held) is not list or after is not self.given[k]:
                continue
            if (grows := Grows.of(held, given, after, self.steps.length)) is not None:
                self.grows[k], self.starts[k] = grows
                self.types[k] = [Aval(n.dtype, n.shape, n.aval.weak) for n in self.starts[k].nodes]
                found = True
        return found

    def _samples(self) -> str | None:
        """Why a list cannot be kept to which a step may append; "" if it leaves from now on what it may append, None if
        there is no such list."""
        found = None
        for k in range(self.count):
            is_list = type(self.before[k]) is list and self.names[k] in self.into and k not in self.grows
            if not is_list or not isinstance(self.after[k], Undecided):
                continue
            if self.goes is not None or not isinstance(self.steps.length, int):
                return f"how much {self.names[k]!r} holds behind the loop is not known"
            self.grows[k] = grows = Samples(self.names[k], self.steps)
            self.starts[k], self.types[k], found = Apart((), Fixed(grows)), [], ""
        return found

    def _opens_more(self) -> bool:
        """Whether variables that hold an object before are bound to one that a step makes: from now on, its attributes
        are what is carried."""
        found = False
        for k, (held, given, after) in enumerate(zip(self.before, self.given, self.after, strict=True)):
            is_bound_anew = after is not given and self._opens(after) and type(after) is type(held)
            if is_bound_anew and isinstance(self.starts[k].tree, Fixed) and is_plain_object(held):
                self.starts[k] = start = apart(held, is_plain_object)
                self.types[k] = [Aval(n.dtype, n.shape, n.aval.weak) for n in start.nodes]
                found = True
        return found

    def _compared(self, written: dict[Storage, Node]) -> str:
        if self._opens_more() or self._meets_modes() or self._grow():
            return ""
        ends = [
            start if is_same(start.tree) else self._apart(k, value)
            for k, (start, value) in enumerate(zip(self.starts, self.after, strict=True))
        ]
        changed = given_up = False
        for k, (start, end) in enumerate(zip(self.starts, ends, strict=True)):
            if start.tree != end.tree and self.before[k] is UNBOUND:
                if not end.nodes and not isinstance(end.tree, Fixed):
                    return f"{self.names[k]!r} holds no numbers"
                types = [self.ragged.makes((k, j), n.aval) for j, n in enumerate(end.nodes)]
                self.starts[k] = Apart(tuple(spread(constant(t.dtype.type(0)), t.shape) for t in types), end.tree)
                self.types[k], changed = types, True
                continue
            if start.tree != end.tree and len(children(start.tree)) != len(children(end.tree)):
                return f"a step changes how much {self.names[k]!r} holds"
            if start.tree != end.tree:
                return BeginsOtherwise(f"{self.names[k]!r} is something else behind a step than before it")
            types = [meet(t, n.aval) for t, n in zip(self.types[k], end.nodes, strict=True)]
            if [self.ragged.ended((k, j), t).shape for j, t in enumerate(types)] != [n.shape for n in end.nodes]:
                return BeginsOtherwise(f"{self.names[k]!r} changes its shape")
            changed |= [plain_type(t) for t in types] != [plain_type(t) for t in self.types[k]]
            given_up |= types != self.types[k]
            self.types[k] = types
        if changed or (given_up and has_narrow([*(n for end in ends for n in end.nodes), *written.values()])):
            return ""  # a step is traced again, with other types
        return self._finish(ends, written)

    def _finish(self, ends: Sequence[Apart], written: dict[Storage, Node]) -> str:
        states = [h for each in self.states for h in each] + list(self.cells.values()) + self.taken
        ended = [
            self.ragged.following((k, j), n, h)
            for k, (e, each) in enumerate(zip(ends, self.states, strict=True))
            for j, (n, h) in enumerate(zip(e.nodes, each, strict=True))
        ]
        ended += [carried_as(written.get(s, cell), cell.aval) for s, cell in self.cells.items()]
        starts = [
            self.ragged.start((k, j), n, h.aval)
            for k, (s, each) in enumerate(zip(self.starts, self.states, strict=True))
            for j, (n, h) in enumerate(zip(s.nodes, each, strict=True))
        ]
        starts += [carried_as(s.node(), cell.aval) for s, cell in self.cells.items()]
        starts, ended = (
            [*starts, *(constant(np.int64(0)) for _ in self.taken)],
            [*ended, *(add(h, 1) for h in self.taken)],
        )
        ended += [x for guard in self.guards for x in guard.reads]
        ended += [x for k in self.grows for x in self.left[k]]
        outputs = ended if self.goes is None else [*ended, self.goes]
        named = names_in(self.frame, self.names, zip(ends, self.states, strict=True), outputs)
        outputs = self.ragged.anchored(outputs) if self.mode == LENGTHS else outputs
        pairs = [(each[0], e.nodes[0]) for e, each in zip(ends, self.states, strict=True) if len(each) == 1]
        inputs, outputs, names = strong(*as_targets((*states, *self.elements), outputs, named, pairs))
        body, fixed = closed_body(inputs, outputs, names)
        if all(not x.inputs and x.literal is not None for x in (*fixed, *starts, *self.steps.arrays)):
            return "it computes with numbers that are known"  # Python is faster
        length, asks = (self.steps.length, False) if self.goes is None else (self.counted, True)
        arrays, reverse = (self.steps.arrays, False) if asks else forwards(self.steps.arrays)  # asked in order
        self.loop = Loop(scan, canonical(body), tuple(starts), arrays, tuple(fixed), length, reverse, asks)
        self.is_done = True
        return ""

    def settle(self) -> None:
        """What the loop does to arrays, and what it guards against, is done."""
        assert self.loop is not None
        parts = self.parts = parts_of(self.loop)
        first = sum(map(len, self.states))
        for storage, part in zip(self.cells, parts[first:], strict=False):
            storage.replace(part)
        note_behind(self.guards, parts[len(self.loop.carry) :])

    def _appended(self, loop: Loop) -> dict[int, Any]:
        """What the lists that grow hold more behind the loop."""
        first = len(loop.carry) + sum(len(guard.reads) for guard in self.guards)
        parts = map(in_order_of(loop), self.parts[first:])
        left = {k: [next(parts) for _ in self.left[k]] for k in self.grows}
        return {k: grows.appended(left[k], self.steps.length) for k, grows in self.grows.items()}

    def results(self) -> Values:
        """The variables behind the loop."""
        assert self.loop is not None
        appended = self._appended(self.loop)
        parts = iter(self.parts)
        others = {name: x for name, x in self.frame.f_locals.items() if name not in self.names}
        aliases = Aliases(self.before, self.given, self.after, others, self.loop.asks)
        found, variables = list[Any](), dict[Any, Symbol]()
        for k, (name, held, start) in enumerate(zip(self.names, self.before, self.starts, strict=True)):
            own = [self.ragged.end((k, j), next(parts)) for j in range(len(self.states[k]))]
            own = own if k in self.modes else list(map(as_before, own, self.types[k]))
            value = aliases.result(k, own[0]) if start.tree == 0 else self._whole(k, start.tree, list(map(Symbol, own)))
            if type(self.after[k]) is Symbol and type(value) is Symbol and value.shape:
                variables[self.after[k]._storage] = value
            if k not in appended and k < self.count and name in self.into and isinstance(held, (list, dict)):
                value = refill(held, value)
            found.append(value)
        for k, whole in appended.items():
            found[k] = whole
            if type(whole) is list:
                found[k] = [*self.before[k], *as_it_is(whole, self.grows[k].last(self.after[k]), variables)]
                found[k] = refill(self.before[k], found[k]) if self.names[k] in self.into else found[k]
        fill(self.slots, found[self.count :])
        return tuple(found[: self.count])

    def _whole(self, k: int, tree: Tree, values: Sequence[Any]) -> Any:
        if k in self.grows:
            return self.grows[k].list_of(values, lambda: conditions_since(self.scope))
        if k in self.modes:
            return self.modes[k].whole(self.names[k], [as_node(x) for x in values], chosen)
        whole = together(tree, values)
        return whole.value if type(whole) is Same else whole

    def take_back(self) -> None:
        """Nothing has happened."""
        self.contents.put_back()
