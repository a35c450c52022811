"""Lists to which each step of a loop appends values: what they hold behind it is what the steps have left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from symdiff.errors import UnsupportedError
from symdiff.frontends.carried import plain_type
from symdiff.frontends.tracing.flow.aliases import STEPS
from symdiff.frontends.tracing.flow.values import Apart, apart, symbols_in, together
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node
from symdiff.graph.tree import Fixed, Tree
from symdiff.ops.api.selection import getitem

Under = Callable[[], "Sequence[Node] | None"]
MOST_READ = 4  # of the last elements, which a step may read


class Growing(list[Any]):
    """A list in a step: its last elements, and what the step appends.

    Args:
        last: the elements that are there before the step, as far as it may read them.
        under: the conditions under which the step runs now; None if it is another step that runs.
        may_ask: whether the step may append under conditions.
    """

    def __init__(self, last: Sequence[Any], under: Under, *, may_ask: bool = False) -> None:
        super().__init__(last)
        self._first, self._under, self._may_ask = len(last), under, may_ask
        self.conditions: list[Sequence[Node]] = []  # of each element that the step has appended

    def append(self, value: Any) -> None:
        """Appends a value, once in each step, or where conditions hold."""
        conditions = self._under()
        if conditions is None or (conditions and not self._may_ask):
            self._refuse()
        super().append(value)
        self.conditions.append(conditions)

    def __getitem__(self, index: Any) -> Any:
        if type(index) is int and -len(self.now) <= index < 0:
            return self.now[index]
        return self._refuse()

    @property
    def now(self) -> list[Any]:
        """The elements that are known."""
        return list(list.__iter__(self))

    @property
    def appended(self) -> list[Any]:
        """What the step has appended."""
        return self.now[self._first :]

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise UnsupportedError(
            "a step reads more of a list that grows than its last elements, or appends under a condition",
            help="keep what is read in variables, or fill an array",
        )

    __iter__ = __len__ = __setitem__ = __delitem__ = __contains__ = __eq__ = __ne__ = __add__ = _refuse
    __iadd__ = __mul__ = __rmul__ = __imul__ = __reversed__ = _refuse
    extend = insert = pop = remove = clear = sort = reverse = copy = count = index = _refuse
    __hash__ = None


@dataclass(frozen=True)
class Grows:
    """That a variable is a list to which each step appends.

    Attributes:
        item: what an element is made of.
        per_item: how many numbers and arrays that are.
        per_step: how many elements a step appends.
        read: how many of the last elements are carried.
    """

    item: Tree
    per_item: int
    per_step: int
    read: int

    @classmethod
    def of(cls, held: Any, before: Sequence[Any], after: Any, steps: Dim) -> tuple[Grows, Apart] | None:
        """What becomes of a list that holds `held`, and `before` and `after` a step; with what is carried first."""
        if type(after) is not list or len(after) <= len(before) or any(a is not b for a, b in zip(before, after)):  # noqa: B905
            return None
        if held and not isinstance(steps, int):
            return None
        first, *others = new = [apart(x) for x in after[len(before) :]]
        if not first.nodes or any(_types(x) != _types(first) for x in others):
            return None
        last = [apart(x) for x in held[-MOST_READ:]]
        last = last if all(_types(x) == _types(first) for x in last) else []
        found = cls(first.tree, len(first.nodes), len(new), len(last))
        return found, found.carried(last)

    def carried(self, items: Sequence[Apart]) -> Apart:
        """The numbers and arrays of elements, one after the other."""
        return Apart(tuple(node for x in items for node in x.nodes), Fixed(self))

    def list_of(self, symbols: Sequence[Any], under: Under) -> Growing:
        """The list in a step."""
        return Growing(list(self._items(symbols)), under)

    def end(self, value: Any, steps: Dim, _: Sequence[Node]) -> tuple[Apart, tuple[Node, ...]]:
        """What is carried at the end of a step, and what it leaves.

        Raises:
            UnsupportedError: if another list is bound to the variable, or the step has not appended as many values.
        """
        items = [apart(x) for x in value.now] if isinstance(value, Growing) else []
        if len(items) != self.read + self.per_step or any(x.tree != self.item for x in items):
            raise UnsupportedError("a step changes how much a list holds", help="append to it once in each step")
        left = tuple(node for x in items[self.read :] for node in x.nodes)
        if not isinstance(steps, int) and (len(left) != 1 or left[0].shape or items[-1].tree != 0):
            raise UnsupportedError("a list of a length that is not known holds more than numbers, one of each step")
        return self.carried(items[len(items) - self.read :]), left

    def appended(self, parts: Sequence[Node], steps: Dim) -> Any:
        """The elements behind the loop, of what its steps have left; as an array if how many there are is not known."""
        if not isinstance(steps, int):
            return Symbol.own(parts[0])
        return [item for k in range(steps) for item in self._items([Symbol(getitem(part, k)) for part in parts])]

    def last(self, value: Growing) -> list[Any]:
        """What the last step has appended, of what a step appends."""
        return value.appended

    def _items(self, symbols: Sequence[Any]) -> Iterator[Any]:
        for k in range(0, len(symbols), self.per_item):
            yield together(self.item, symbols[k : k + self.per_item])


def appends_its_own(appended: Sequence[Any], since: int, met: set[Any]) -> bool:
    """Whether the arrays that a step appends are made in it, and are in one place of one list only.

    Args:
        appended: the values.
        since: the number of the first array that is made in the step.
        met: the contents of those that lists hold already, to which these are added.
    """
    for x in symbols_in(appended):
        if x.shape and (x._source is not None or x._storage.born < since or x._storage in met):
            return False
        met.add(x._storage)
    return True


def as_it_is(elements: list[Any], appended: Sequence[Any], variables: Mapping[Any, Symbol]) -> list[Any]:
    """The elements of a list behind the loop, of which the last ones may be variables as well.

    Args:
        elements: what all steps have appended.
        appended: what the last step has.
        variables: behind the loop, by the content that they have at the end of a step.
    """
    for k, x in enumerate(appended, len(elements) - len(appended)):
        known = variables.get(x._storage) if type(x) is Symbol else None
        if known is not None:
            elements[k] = Symbol.part_of(known, (), node=elements[k].node, doubt=STEPS)
    return elements


def _types(x: Apart) -> tuple[Any, ...]:
    return (x.tree, *(plain_type(node.aval) for node in x.nodes))
