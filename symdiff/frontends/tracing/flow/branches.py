"""``if``: both sides of a condition that is not known are traced; each variable takes the value of the right one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence, Sized
from contextlib import contextmanager
from typing import Any

from symdiff.errors import UnsupportedError
from symdiff.frontends.carried import pythons
from symdiff.frontends.tracing.attempts import answered, running
from symdiff.frontends.tracing.conversions import no_truth
from symdiff.frontends.tracing.flow import one_of_two
from symdiff.frontends.tracing.flow.aliases import EITHER
from symdiff.frontends.tracing.flow.contents import Contents
from symdiff.frontends.tracing.flow.guards import (
    handler_of,
    is_raised,
    let_go,
    note,
    note_sides,
    note_there,
    noting,
    raised,
    refused,
    when_there,
)
from symdiff.frontends.tracing.flow.places import Contents as Held, Journal, Place
from symdiff.frontends.tracing.flow.twice import note_changing, note_copies, note_made, within
from symdiff.frontends.tracing.flow.undecided import OfSeveralShapes, Undecided, shapes_among
from symdiff.frontends.tracing.flow.values import (
    UNBOUND,
    apart,
    has_other_names,
    is_open,
    refill,
    together,
)
from symdiff.frontends.tracing.holder import Holder
from symdiff.frontends.tracing.storage import Storage
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.node import Node, as_node, constant
from symdiff.ops.api.selection import where
from symdiff.ops.elementwise import logical_and, logical_not, logical_or, not_equal

Values = tuple[Any, ...]


def condition_of(test: Any) -> Node:
    """The truth of a symbolic number, as a node."""
    node = as_node(test)
    if node.shape and any(n != 1 for n in node.shape):
        raise no_truth(node)
    if node.shape:
        node = as_node(Symbol(node).reshape(()))
    return node if node.aval.kind == "b" else not_equal(node, 0)


class IfStatement:
    """One ``if``: iterating over it gives the sides that must be run.

    ``enter`` and ``leave`` see the variables that the sides assign, before and after a side; ``results`` says what
    these are behind the statement.
    """

    def __init__(self, names: Sequence[str], test: Any) -> None:
        self.names = names
        self.frame = sys._getframe(1)
        self.condition = condition_of(test) if is_open(test) else None
        self.side = True if self.condition is not None else bool(test)
        self.before: Values = ()
        self.held: Values = ()
        self.given: dict[bool, Values] = {}
        self.after: dict[bool, Values] = {}
        self.errors: dict[bool, BaseException] = {}
        self.lost: set[bool] = set()  # the sides whose error nobody handles
        self.written: dict[bool, dict[Storage, Node]] = {}
        self.journals: dict[bool, Journal] = {}

    def __iter__(self) -> Generator[bool]:
        if self.condition is None:
            yield self.side
            return
        self.contents, guards = Contents(), []
        for side in (True, False):
            self.side = side
            with noting() as noted, within("side", self.frame, holds := self._holds(side)) as scope, _tried_if(holds):
                yield side
            self.journals[side] = scope.journal
            guards.append(noted)
            written = () if side in self.lost else self.contents.written()
            self.written[side] = {s: s.node() for s in written}
            self.contents.put_back()
        note_sides(self.condition, *guards)
        self._guard()
        self._write()
        self._change()

    def _holds(self, side: bool) -> Node:
        assert self.condition is not None
        return self.condition if side else logical_not(self.condition)

    def _guard(self) -> None:
        """A side that raises an error is none that a program comes back from."""
        if len(self.errors) == 2:
            if any(map(handler_of, self.errors.values())) and len({*map(type, self.errors.values())}) == 2:
                raise refused(self.errors[True])
            raise self.errors[True]
        for side, error in self.errors.items():
            note(raised(self._holds(side), error))
            let_go(error)
            self.after.setdefault(side, (UNBOUND,) * len(self.names))

    def gives_up(self, error: BaseException) -> bool:
        """Whether what a side raised is to be raised where that side is taken."""
        if self.condition is None or not is_raised(error):
            return False
        answered(error)
        self.errors[self.side] = error
        if handler_of(error) is None:
            self.lost.add(self.side)
        else:  # the handler sees the variables as they are now
            self.leave(*(self.frame.f_locals.get(name, UNBOUND) for name in self.names))
        return True

    def enter(self, *values: Any) -> Values:
        """The variables at the beginning of a side."""
        if self.condition is None:
            return values
        if any(map(self._is_met_twice, self.names, values)):
            raise UnsupportedError(
                "whether a list or dict with two names is changed depends on a value that is not known yet",
                help="use one name for it in the branch",
            )
        if self.side:
            self.held, self.before = values, tuple(map(copied, values))
        self.given[self.side] = note_made(tuple(map(copied, self.before)))
        note_copies(self.given[self.side], self.held)
        return self.given[self.side]

    def begin(self, values: Values) -> None:
        """A statement without another side, whose variables are there already: the first side changes them."""
        self.held = self.given[True] = values
        self.before = self.given[False] = tuple(map(copied, values))

    def _is_met_twice(self, name: str, value: Any) -> bool:
        if isinstance(value, Undecided):
            others = [v for other, v in self.frame.f_locals.items() if other != name]
            return value.is_changeable and any(v is value for v in others)
        return has_other_names(value, name, self.frame)

    def leave(self, *values: Any) -> None:
        """The variables at its end."""
        self.after[self.side] = values

    def results(self, *values: Any) -> Values:
        """The variables behind the statement: as they are where the condition is known."""
        found = self._found(values)
        del self.frame  # a frame that holds us, and is held by us, would outlive the trace with all its arrays
        return found

    def _found(self, values: Values) -> Values:
        if self.condition is None:
            return values
        pairs = zip(self.names, self.after[True], self.after[False], strict=True)
        found = [self._may_be_either(selected(self.condition, a, b, name), name, a, b) for name, a, b in pairs]
        return tuple(self._put_into(k, value) for k, value in enumerate(found))

    def _may_be_either(self, value: Any, name: str, *sides: Any) -> Any:
        """An array that is one of two which have other names, too, until one of them is written into."""
        if type(value) is not Symbol or not value.shape:
            return value
        others = [v for other, v in self.frame.f_locals.items() if other != name and type(v) is Symbol and v.shape]
        known = {v._storage for v in others}
        shared = [x for x in sides if type(x) is Symbol and x.shape == value.shape and x._storage in known]
        if not shared or any(x is value for x in sides):
            return value
        first, *more = shared
        return Symbol.part_of(first, (), node=value.node, doubt=EITHER, perhaps=more)

    def _put_into(self, k: int, value: Any) -> Any:
        """A list or dict that the sides have changed stays the one that others know."""
        held = self.held[k] if self.held else None
        if not isinstance(held, (list, dict)) or type(value) is not type(held) or value is held:
            return value
        sides = [(self.after[side][k], self.given[side][k]) for side in (True, False) if side not in self.lost]
        if any(after is not given for after, given in sides):  # another one was bound to the variable
            return value
        return refill(held, value)

    def _write(self) -> None:
        """What either side has written into arrays: each holds what the right side wrote."""
        assert self.condition is not None
        for storage in {**self.written[True], **self.written[False]}:
            held = storage.node()
            yes, no = (self.written[side].get(storage, held) for side in (True, False))
            storage.replace(where(self.condition, yes, no))

    def _change(self) -> None:
        """What either side has changed where others see it: each object holds what the right side left in it."""
        yes, no = (self.journals[side] for side in (True, False))
        for key, place in {**yes.places, **no.places}.items():
            before = yes.before.get(key, no.before.get(key, {}))
            sides = [journal.after.get(key, before) for journal in (yes, no)]
            if self.lost:
                sides = [sides[True in self.lost]] * 2
            note_changing(place.value, place.name)
            place.put(self._either(place, *sides))

    def _either(self, place: Place, yes: Held, no: Held) -> Held:
        """The contents of an object that has one of two."""
        assert self.condition is not None
        if isinstance(place.value, Sized) and yes.keys() != no.keys():
            raise UnsupportedError(
                f"how much a {type(place.value).__name__} holds depends on a value that is not known yet",
                help=_alike(place, yes, no),
            )
        keys = dict.fromkeys((*yes, *no))
        unset = {key: place.inherited(key, UNBOUND) for key in keys}
        pairs = [(key, yes.get(key, unset[key]), no.get(key, unset[key])) for key in keys]
        found = {key: selected(self.condition, a, b, place.shown(key)) for key, a, b in pairs}
        for key, a, b in pairs:
            if not isinstance(place.value, Sized) and isinstance(key, str):
                self._note_there(place.value, key, found[key], a, b)
        return found

    def _note_there(self, value: Any, name: str, held: Any, *sides: Any) -> None:
        """Notes when an attribute is there, of which a side knows nothing."""
        when = [constant(False) if x is UNBOUND else when_there(value, name, x) for x in sides]
        if any(x is not None for x in when):
            assert self.condition is not None
            note_there(value, name, held, where(self.condition, *(constant(True) if x is None else x for x in when)))


def _alike(place: Place, yes: Held, no: Held) -> str:
    """How both sides may leave as much in a container."""
    missing = [key for key in (*yes, *no) if (key in yes) is not (key in no)]
    if isinstance(place.value, dict) and missing:
        return f"give it all keys before the branch: d[{missing[0]!r}] = 0.0"
    return "let both sides leave as many in it, or count in a variable"


@contextmanager
def _tried_if(condition: Node) -> Iterator[None]:
    """Whether a call of a side fails that the function tries is asked if the side is taken."""
    run = running()
    first = len(run.tried) if run is not None else 0
    yield
    for k in range(first, len(run.tried) if run is not None else 0):
        assert run is not None
        call = run.tried[k]
        run.tried[k] = None if call is None else as_node(where(condition, call, 0))


def copied(value: Any) -> Any:
    """A list or dict that a side may change, as one of its own."""
    if isinstance(value, Undecided):
        return value.copied(copied) if value.is_changeable else value
    return type(value)(value) if type(value) in (list, dict) else value


def selected(condition: Node, yes: Any, no: Any, name: str) -> Any:
    """One value, where there are two: that of the side which the condition takes."""
    if yes is no:
        return yes
    if yes is UNBOUND or no is UNBOUND:  # whoever reads it is on the side that has it
        return yes if no is UNBOUND else no
    if isinstance(yes, Undecided) or isinstance(no, Undecided):
        return _undecided(condition, yes, no, name)
    (a, tree), (b, other) = apart(yes), apart(no)
    if tree != other:
        return _undecided(condition, yes, no, name)
    if any(x.shape != y.shape and x.shape and y.shape for x, y in zip(a, b, strict=True)):
        return _undecided(condition, yes, no, name)  # nobody may read it behind the branch
    return together(tree, [_one(condition, x, y) for x, y in zip(a, b, strict=True)])


def _undecided(condition: Node, yes: Any, no: Any, name: str) -> Undecided:
    """What is one of two things that are no numbers."""
    sides = [
        value.under(holds) if isinstance(value, Undecided) else [(holds, value)]
        for value, holds in ((yes, condition), (no, logical_not(condition)))
    ]
    alternatives = [*sides[0], *sides[1]]
    kind = OfSeveralShapes if len(shapes_among(x for _, x in alternatives)) > 1 else Undecided
    found = kind(name, alternatives, chosen)
    found._is_shared = any(isinstance(value, Undecided) and value._is_shared for value in (yes, no))
    return found


def _one(condition: Node, a: Node, b: Node) -> Any:
    if a is b and a.literal is not None:
        return a.literal.value[()] if not a.aval.weak else a.literal.value.item()
    if a is b:
        return Symbol(a)
    chosen = where(condition, a, b)
    return Symbol(pythons(chosen) if _are_pythons(a, b) else chosen)


def _are_pythons(a: Node, b: Node) -> bool:
    """Whether one of two numbers is one of Python's, whichever it is: a truth value, too, takes the dtype of others."""
    kinds = [x.aval.weak or (x.aval.kind == "b" and not x.shape) for x in (a, b)]
    return all(kinds) and (a.aval.weak or b.aval.weak)


def chosen(test: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """``yes() if test else no()``."""
    if not is_open(test):
        return yes() if test else no()
    statement = IfStatement(("the value",), test)
    statement.frame = sys._getframe(1)
    for side in statement:
        try:
            statement.leave(yes() if side else no())
        except Exception as error:
            if not statement.gives_up(error):
                raise
    result = statement.results()[0]
    if type(result) in (list, dict):
        made = {key for journal in statement.journals.values() for key in journal.made}
        statement.journals.clear()
        one_of_two.note(result, [statement.after.pop(side)[0] for side in (True, False)], made)
    if isinstance(result, Undecided):  # of what has names already, perhaps
        result._is_shared = True
    return result


def both(a: Any, b: Callable[[], Any]) -> Any:
    """``a and b()``."""
    if not is_open(a):
        return a and b()
    other = _where_asked(condition_of(a), True, b)
    if isinstance(other, Undecided):
        return other
    return Symbol(logical_and(condition_of(a), _truth(other)))


def _where_asked(condition: Node, side: bool, b: Callable[[], Any]) -> Any:
    """``b()``, which is asked for on one side of a condition: what it raises is raised there only."""
    with noting() as noted, _tried_if(condition if side else logical_not(condition)):
        other = b()
    note_sides(condition, *((noted, ()) if side else ((), noted)))
    return other


def either(a: Any, b: Callable[[], Any]) -> Any:
    """``a or b()``."""
    if not is_open(a):
        return a or b()
    other = _where_asked(condition_of(a), False, b)
    return Symbol(logical_or(condition_of(a), _truth(other)))


def _truth(value: Any) -> Node:
    return condition_of(value) if isinstance(value, Holder) and is_open(value) else constant(bool(value))


def negated(a: Any) -> Any:
    """``not a``."""
    return Symbol(logical_not(condition_of(a))) if is_open(a) else not a
