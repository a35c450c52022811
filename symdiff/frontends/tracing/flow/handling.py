"""``try: … except ValueError: …`` around a ``raise`` of the user's own that depends on a value: a branch.

What the block guards itself against, and a handler would catch, is no guard of the program. The block goes on as if
nothing were raised; each statement behind one that may have failed runs under the condition that none has; and behind
the block the handlers run under the conditions of the failures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import SymdiffError
from symdiff.frontends.tracing.flow.guards import (
    check_floats,
    current,
    error_of,
    handler_of,
    handlers,
    let_go,
    note,
    noting,
    refused,
)
from symdiff.frontends.tracing.remembered import remembered
from symdiff.frontends.tracing.storage import Storage
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.guard import Guard
from symdiff.graph.node import Node
from symdiff.ops.elementwise import logical_and, logical_not, logical_or


class Failure(NamedTuple):
    """An error that the block may raise.

    Attributes:
        condition: when it does.
        error: what it raises.
    """

    condition: Any
    error: BaseException


class Handling:
    """A block whose errors the user's function handles.

    Attributes:
        arithmetic: whether it handles what Python's numbers raise.
        is_followed: whether its handlers can be run under a condition.
    """

    def __init__(
        self, arithmetic: bool, is_followed: bool, names_errors: bool, kinds: Callable[[], tuple[Any, ...]]
    ) -> None:
        self.arithmetic, self.is_followed, self._names_errors, self._kinds = (
            arithmetic,
            is_followed,
            names_errors,
            kinds,
        )
        self._versions: dict[Storage, int] = {}
        self._before = 0
        self._noted: list[Guard] = []

    def __enter__(self) -> Handling:
        check_floats(np.geterr().values(), self.catches)
        self._scope = noting()
        self._noted = self._scope.__enter__()
        handlers().append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._scope.__exit__(kind, error, at)
        handlers().remove(self)
        caught = self._caught(self._noted)
        for k, guard in enumerate(self._noted):
            if guard not in caught:
                note(replace(guard, condition=_without(self._caught(self._noted[:k]), guard.condition)))
        if caught and isinstance(error, Exception) and not isinstance(error, SymdiffError):
            raise refused(error_of(caught[0])) from error  # handlers would run under a condition, and without it

    def catches(self, error: BaseException) -> bool:
        """Whether one of the handlers is for such an error."""
        return isinstance(error, self._kinds())

    def kind(self, guard: Guard) -> object:
        """What tells its errors apart: which handler they are for, or what they say, if a handler looks at that."""
        error = error_of(guard)
        kinds = (k for k, kind in enumerate(self._kinds()) if isinstance(error, kind))
        return guard.error if self._names_errors else next(kinds, None)

    # ---------------------------------------------------------------------------------------------- while it runs

    def begins(self) -> None:
        """Told before something is computed that may fail."""
        self._before = len(_handled(current()))
        found = [s for s in remembered() if isinstance(s, Storage)]
        self._versions = {storage: storage.version for storage in found}

    def goes_on(self) -> Any:
        """Whether nothing has failed so far, in this side of a branch.

        Raises:
            UnsupportedError: if what may have failed has written into arrays: how far it came is not known.
        """
        failed, versions, self._versions = _handled(current()), self._versions, {}
        if len(failed) > self._before and any(s.version != v for s, v in versions.items()):
            raise refused(error_of(failed[-1]))
        return Symbol(logical_not(_any(failed))) if failed else True

    def must_not_fail(self) -> None:
        """Raises UnsupportedError if something has failed since `begins`, in a loop for instance: the variables are as
        they were in the step in which it did."""
        failed = _handled(current())
        if len(failed) > self._before:
            raise refused(error_of(failed[-1]))

    # --------------------------------------------------------------------------------------------------- behind it

    def failures(self) -> Iterator[Failure]:
        """What may have been raised: errors for one handler are one if it does not look at them."""
        found: dict[object, tuple[BaseException, list[Node]]] = {}
        before: list[tuple[object, Guard]] = []
        for guard in self._noted:
            error = error_of(guard)
            key = self.kind(guard)
            if self.catches(error):
                others = [earlier for other, earlier in before if other != key]
                found.setdefault(key, (error, []))[1].append(_without(others, guard.condition))
            if self.catches(error) or handler_of(error) is not None:
                before.append((key, guard))
        for error, conditions in found.values():
            yield Failure(Symbol(reduce(logical_or, conditions)), error)
            let_go(error)

    def went_well(self) -> Any:
        """Whether nothing was raised, for these handlers or for those further out."""
        failed = [*self._caught(self._noted), *_handled(self._noted)]
        return Symbol(logical_not(_any(failed))) if failed else True

    def _caught(self, guards: list[Guard]) -> list[Guard]:
        return [guard for guard in guards if self.catches(error_of(guard))]


def _handled(guards: list[Guard]) -> list[Guard]:
    """The guards whose errors are handled by one of the blocks that are run now."""
    return [guard for guard in guards if handler_of(error_of(guard)) is not None]


def _any(guards: list[Guard]) -> Node:
    return reduce(logical_or, [guard.condition for guard in guards])


def _without(guards: list[Guard], condition: Node) -> Node:
    """`condition`, where nothing was raised before."""
    return logical_and(logical_not(_any(guards)), condition) if guards else condition
