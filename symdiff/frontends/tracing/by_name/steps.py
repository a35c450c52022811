"""A step of a loop by name that is traced once for all, and the loop that it makes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from symdiff.control.holding import Memory
from symdiff.control.memory import parts_with
from symdiff.control.scan import scan as scan_row
from symdiff.errors import UnsupportedError
from symdiff.frontends.carried import carried_as, closed
from symdiff.frontends.layout import filled, signature_of
from symdiff.frontends.names import is_name
from symdiff.frontends.tracing.by_name.carries import settled
from symdiff.frontends.tracing.flow.contents import Contents
from symdiff.frontends.tracing.flow.guards import guarding, note_behind
from symdiff.frontends.tracing.flow.policy import parts_of
from symdiff.frontends.tracing.flow.twice import OnceOnlyError, note_made, within
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.trace import flatten
from symdiff.graph.aval import Aval
from symdiff.graph.body import canonical
from symdiff.graph.dims import Dim
from symdiff.graph.guard import Guard
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, new_scope, variable
from symdiff.graph.tree import Branch, Tree, children


@dataclass
class Step:
    """What a step was found to do.

    Attributes:
        states, elements: its inputs.
        ends, left: what it carries on, and what it leaves behind.
        tree: the containers of what it leaves behind.
        going: whether the step is taken, of a loop that asks.
        guards: what it raises.
    """

    states: list[Node]
    elements: list[Node]
    ends: list[Node]
    left: list[Node]
    tree: Tree
    going: tuple[Node, ...] = ()
    guards: list[Guard] = field(default_factory=list)

    def loop(
        self,
        starts: Sequence[Node],
        arrays: Sequence[Node],
        length: Dim,
        reverse: bool = False,
        memory: Memory | None = None,
    ) -> list[Symbol]:
        """The loop of such steps: what is carried in the end, and what was left behind."""
        ends = [carried_as(y, h.aval) for y, h in zip(self.ends, self.states, strict=True)]
        guarded = [x for guard in self.guards for x in guard.reads]
        outputs = (*ends, *self.left, *guarded, *self.going)
        body, fixed = closed((*self.states, *self.elements), outputs)
        given = tuple(carried_as(x, h.aval) for x, h in zip(starts, self.states, strict=True))
        asks = bool(self.going)
        made = Loop(scan_row, canonical(body), given, tuple(arrays), tuple(fixed), length, reverse, asks)
        parts = parts_of(made) if memory is None else parts_with(made, memory)
        n = len(parts) - len(guarded)
        note_behind(self.guards, parts[n:])
        return [Symbol(part) for part in parts[:n]]


class Tracer:
    """Traces the steps of a loop, until what it carries has the types with which a step begins.

    Args:
        who: what the loop is called, for errors.
        run: takes what is carried and an element, and gives what is carried on, what is left behind, and whether the
            step is taken, for a loop that asks (else an empty tuple).
        names: what the carried values and the elements are called.
    """

    def __init__(
        self, who: str, run: Callable[[Any, Any], tuple[Any, Any, tuple[Node, ...]]], names: tuple[str, str]
    ) -> None:
        self.who, self.run, self.names = who, run, names

    def step(self, starts: Sequence[Node], tree: Tree, elements: Sequence[Aval], below: Tree) -> Step:
        """The step.

        Raises:
            ShapeError, DTypeError, ArgumentError: if a step changes what it carries.
            UnsupportedError: if it does what does not stand for all steps.
        """
        types = [x.aval for x in starts]
        while True:
            step, end_tree = self._once(types, tree, elements, below)
            wider = settled(types, tree, [y.aval for y in step.ends], end_tree, self.who)
            if wider == types and not any(t.weak for t in types):
                return step
            types = [Aval(t.dtype, t.shape) for t in wider] if wider == types else wider

    def _once(self, types: Sequence[Aval], tree: Tree, elements: Sequence[Aval], below: Tree) -> tuple[Step, Tree]:
        contents = Contents()
        states, items = _variables(self.names[0], tree, types), _variables(self.names[1], below, elements)
        try:
            with guarding() as guards, within("step", sys._getframe()) as scope:
                given = filled(tree, [Symbol(h) for h in states]), filled(below, [Symbol(x) for x in items])
                note_made(given)
                carry, y, going = self.run(*given)
                (ends, end_tree), (left, left_tree) = flatten(carry), flatten(y)
        except OnceOnlyError:
            raise _does_otherwise(self.who) from None
        finally:
            written = contents.written()
            contents.put_back()
        if scope.journal.has_changes:
            raise _does_otherwise(self.who)
        if written:
            raise UnsupportedError(
                f"a step of {self.who} writes into an array that is not its own",
                help="carry the array, or leave behind what is to be written into it",
            )
        return Step(states, items, list(ends), list(left), left_tree, going, guards), end_tree


def _does_otherwise(who: str) -> UnsupportedError:
    return UnsupportedError(
        f"a step of {who} draws random numbers, asks an iterator, or changes a list, a dict or an object of others: "
        "it stands for all steps, and is run once",
        help="draw before the loop, and pass the numbers as xs; return what is to be changed",
    )


def _variables(name: str, tree: Tree, types: Sequence[Aval]) -> list[Node]:
    """Inputs of a step, called as the fields and keys of containers are, where these are names."""
    scope, several = new_scope(), len(types) > 1
    called = dict(_fields(tree))
    names = [called.get(k) or (f"{name}{k + 1}" if several else name) for k in range(len(types))]
    return [
        variable(n if names.count(n) == 1 else f"{name}{k}", t, scope)
        for k, (n, t) in enumerate(zip(names, types, strict=True), 1)
    ]


def _fields(tree: Tree) -> Iterator[tuple[int, str]]:
    """The numbers and arrays that are fields or keys of a container, and their names."""
    keys = (tree.keys or getattr(tree.kind, "_fields", ())) if isinstance(tree, Branch) else ()
    for part, key in zip_longest(children(tree), keys):
        if isinstance(part, int) and isinstance(key, str) and is_name(key):
            yield part, key
        yield from _fields(part)


def names_of(step: Callable[..., Any], otherwise: Sequence[str]) -> list[str]:
    """What a function calls its first arguments; `otherwise` where that is no name to be written."""
    try:
        found = list(signature_of(step).parameters)
    except (TypeError, ValueError):
        found = []
    pairs = zip([*found, *[""] * len(otherwise)], otherwise, strict=False)
    return [own if is_name(own) and not own.startswith("_") else other for own, other in pairs]
