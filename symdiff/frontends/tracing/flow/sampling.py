"""Lists to which some steps of a loop append, of which it is known before which they are: ``if t % 20 == 0: …``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.autodiff.batch import batch
from symdiff.errors import UnsupportedError
from symdiff.frontends.carried import plain_type
from symdiff.frontends.steps import Steps
from symdiff.frontends.tracing.flow.growing import Growing, Under
from symdiff.frontends.tracing.flow.values import Apart, apart, together
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, constant
from symdiff.graph.tree import Fixed, Tree
from symdiff.graph.walk import toposort
from symdiff.ops.api.selection import getitem, where
from symdiff.ops.elementwise import logical_and

MOST_STEPS = 2**20  # whose conditions are computed


class Samples:
    """That a variable is a list to which a step appends under conditions on the elements that the loop goes over.

    Every step leaves what it would append, zeros where it does not; behind the loop the list has those that are.
    """

    def __init__(self, name: str, steps: Steps) -> None:
        self.name, self.steps = name, steps
        self.item: Tree = ()
        self.per_item = 0
        self.taken: list[np.ndarray] = []  # of each ``append``, the steps that do it

    def list_of(self, symbols: Sequence[Any], under: Under) -> Growing:
        """The list in a step, of which it reads nothing."""
        return Growing(symbols, under, may_ask=True)

    def end(self, value: Any, _: Dim, elements: Sequence[Node]) -> tuple[Apart, tuple[Node, ...]]:
        """What is carried at the end of a step, which is nothing, and what it leaves.

        Raises:
            UnsupportedError: if it is not known which steps append, or what they append is not alike.
        """
        if not isinstance(value, Growing) or not value.appended:
            raise UnsupportedError("a step changes how much a list holds", help="append to it in each step")
        items = [apart(x) for x in value.appended]
        kinds = [(x.tree, *(plain_type(node.aval) for node in x.nodes)) for x in items]
        if not items[0].nodes or kinds.count(kinds[0]) < len(kinds):
            raise UnsupportedError(f"what a step appends to {self.name!r} under a condition is not of one kind")
        self.item, self.per_item = items[0].tree, len(items[0].nodes)
        self.taken = [self._steps_under(conditions, elements) for conditions in value.conditions]
        left = [_under(asked, x) for asked, item in zip(value.conditions, items, strict=True) for x in item.nodes]
        return Apart((), Fixed(self)), tuple(left)

    def appended(self, parts: Sequence[Node], steps: Dim) -> list[Any]:
        """The elements behind the loop, of what its steps have left."""
        assert isinstance(steps, int)
        own = zip(*[iter(parts)] * self.per_item, strict=True)
        found = [pair for j, each in enumerate(own) for pair in self._picked(j, each)]
        return [item for _, item in sorted(found, key=lambda pair: pair[0])]

    def last(self, value: Growing) -> list[Any]:
        """What the last step has appended, of what a step appends."""
        return [item for item, taken in zip(value.appended, self.taken, strict=True) if taken[-1]]

    def _picked(self, j: int, parts: Sequence[Node]) -> Iterator[tuple[tuple[int, int], Any]]:
        """What ``append`` number j has appended, with its step."""
        which = np.flatnonzero(self.taken[j])
        rows = [getitem(part, _as_slice(which, len(self.taken[j]))) for part in parts if len(which)]
        for k, t in enumerate(which.tolist()):
            yield (t, j), together(self.item, [Symbol(getitem(row, k)) for row in rows])

    def _steps_under(self, conditions: Sequence[Node], elements: Sequence[Node]) -> np.ndarray:
        """The steps in which conditions hold; `elements` is what they go over."""
        assert isinstance(self.steps.length, int)
        taken = np.ones(self.steps.length, dtype=np.bool_)
        given = zip(elements, self.steps.arrays, strict=True)
        known = {x: array.literal.value for x, array in given if array.literal is not None}
        for condition in conditions:
            found = _values(condition, known) if len(taken) <= MOST_STEPS else None
            if found is None:
                raise UnsupportedError(
                    f"how much {self.name!r} holds depends on a condition on values that are computed",
                    help="append in each step, and choose what: out.append(x if condition else 0.0)",
                )
            taken = np.logical_and(taken, found)
        return taken


def _under(conditions: Sequence[Node], node: Node) -> Node:
    """A number or array where conditions hold, else zeros."""
    if not conditions:
        return node
    first, *others = conditions
    for other in others:
        first = logical_and(first, other)
    return where(first, node, constant(node.dtype.type(0)))


def _as_slice(which: np.ndarray, n: int) -> Any:
    """The same elements of n as a slice, if they are in equal steps."""
    if len(steps := set(np.diff(which).tolist()) or {n}) > 1:
        return which
    step = steps.pop()
    return slice(int(which[0]), min(int(which[-1]) + step, n), step)


def _values(condition: Node, known: Mapping[Node, np.ndarray]) -> np.ndarray | None:
    """What a condition is in all steps, if it depends on no more than the elements that are known."""
    if any(x.literal is None and not x.inputs and x not in known for x in toposort([condition])):
        return None
    lead = len(next(iter(known.values()))) if known else 1
    stacked = batch([condition], {x: constant(value, weak=x.aval.weak) for x, value in known.items()}, (lead,))
    values: dict[Node, Any] = {}
    with np.errstate(all="ignore"):
        for node in toposort(stacked):
            function = node.op.fn
            if node.literal is not None:
                values[node] = node.literal.value
            elif callable(function):
                values[node] = function(*[values[x] for x in node.inputs], **node.kwargs)
            else:
                return None
    return np.asarray(values[stacked[0]], bool)
