"""Lists of numbers that a loop changes, as arrays: ``v[i] = x``, ``v = [f(x) for x in v]``.

A step sees an array that does what a list does, so that it may be read and written at a place that is computed, and
become shorter or longer. Behind the loop there are lists again. A list is one again in the step, too, wherever that
cannot be had: the loop is then tried without.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import numpy as np

from symdiff.errors import DTypeError, UnsupportedError
from symdiff.frontends.carried import WIDE
from symdiff.frontends.tracing.flow.aliases import rounds
from symdiff.frontends.tracing.flow.lists import are_alike
from symdiff.frontends.tracing.flow.policy import fewest
from symdiff.frontends.tracing.flow.values import UNBOUND, has_other_names, refill
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Dim
from symdiff.graph.node import as_node, constant
from symdiff.ops.api.convert import asarray
from symdiff.ops.shapes import astype

FEWEST = 2  # elements, where all loops are kept


class Away:
    """Stands in a list for its elements while an array stands for the list: who meets one knows the list by another
    name, and would miss what is written into the array."""

    def _refuse(self, *_: Any) -> NoReturn:
        raise UnsupportedError("a list that a step changes is read under another name")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = _refuse
    __rpow__ = __neg__ = __abs__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __bool__ = _refuse
    __iter__ = __len__ = __getitem__ = __call__ = __float__ = __int__ = __index__ = __symdiff_node__ = _refuse
    __hash__ = None  # type: ignore[assignment]


AWAY = Away()


class Rows:
    """The variables of a loop that are lists of numbers.

    Args:
        names: of the variables.
        into: those of them that are written into only.
        frame: of the function.
        over: what the loop goes over: a list that it reads on the way is none of these.
        wide: whether integers are seen as floats, since floats are written among them.
    """

    def __init__(
        self,
        names: Sequence[str],
        into: Sequence[str],
        frame: FrameType,
        over: Sequence[Any] = (),
        wide: bool = False,
    ) -> None:
        self.names, self.into, self.frame, self.over, self.wide = names, into, frame, over, wide
        self.held: dict[int, list[Any]] = {}
        self.items: dict[int, list[Any]] = {}  # what these hold
        self.made: set[int] = set()  # that each step makes anew
        self.before: tuple[Any, ...] = ()
        self.given: Sequence[Any] = ()
        self.rounds: dict[int, list[int]] = {}  # of variables that change places
        self.is_narrow = False  # floats were written into a list of integers

    @property
    def has_lists(self) -> bool:
        """Whether there are any."""
        return bool(self.held or self.made)

    def seen(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The variables before the loop as its steps see them."""
        if not self.before and self.names:
            self.held = {k: v for k, v in enumerate(values) if self._is_row(v) and not self._has_other_names(k, v)}
            self.items = {k: [*held] for k, held in self.held.items()}
            self.before = tuple(self._row(v) if k in self.held else v for k, v in enumerate(values))
        return self.before or tuple(values)

    def marked(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """What stands for the variables in a step."""
        self.given = values
        for k, held in self.held.items():
            values[k].is_list = values[k].is_own = True
            held[:] = [AWAY] * len(held)
        return tuple(values)

    @contextmanager
    def away(self) -> Iterator[None]:
        """While a step is tried, lists hold nothing that can be read: arrays stand for them."""
        try:
            yield
        finally:
            for k, items in self.items.items():
                self.held[k][:] = items

    def is_changed(self, changed: Collection[int]) -> bool:
        """Whether a list is among those, by id, that a step has changed under another name."""
        return any(id(held) in changed for held in self.held.values())

    def left(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The variables at the end of a step, those among them as arrays that began as such."""
        self.rounds = rounds(self.given, values)
        anew = {k for k, v in enumerate(self.before) if v is UNBOUND and self._is_row(values[k])}
        self.made |= anew
        are_rows = ((k in self.held and self._is_row(v, 1)) or k in self.made for k, v in enumerate(values))
        return tuple(self._row(v) if row and type(v) is list else v for v, row in zip(values, are_rows, strict=True))

    def note(self, error: BaseException) -> None:
        """Told why a step cannot stand for all."""
        self.is_narrow |= isinstance(error, DTypeError) and not self.wide

    def lists(self, values: Sequence[Any], steps: Dim) -> tuple[Any, ...]:
        """The variables behind so many steps."""
        return tuple(self._list(k, v, steps) if k in self.held or k in self.made else v for k, v in enumerate(values))

    def first(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The variables as they were before the loop."""
        return tuple(self.held.get(k, v) for k, v in enumerate(values))

    def _has_other_names(self, k: int, value: Any) -> bool:
        return has_other_names(value, self.names[k], self.frame) or any(value is x for x in self.over)

    def _is_row(self, value: Any, least: int | None = None) -> bool:
        least = max(fewest() or 0, FEWEST) if least is None else least
        if type(value) is not list or len(value) < least or not are_alike(value):
            return False
        nodes = [as_node(x) for x in value]
        return not nodes[0].shape and all(x.dtype.name in WIDE for x in nodes) and _are_of_one_kind(value)

    def _row(self, items: list[Any]) -> Any:
        node = asarray(items)
        if self.wide and node.aval.kind == "i":
            literal = node.literal
            node = astype(node, dtype="float64") if literal is None else constant(literal.value.astype(np.float64))
        return Symbol.own(node)

    def _list(self, k: int, value: Any, steps: Dim) -> Any:
        if type(value) is not Symbol:
            return value
        items = [value[j] for j in range(len(value))]
        way = self.rounds.get(k, [k])
        if k not in self.held or (len(way) == 1 and self.names[k] not in self.into):
            return items
        return refill(self.held[way[steps % len(way) if isinstance(steps, int) else 0]], items)


def _are_of_one_kind(items: Sequence[Any]) -> bool:
    """Whether truth values are not among numbers."""
    return len({as_node(x).aval.kind == "b" for x in items}) == 1
