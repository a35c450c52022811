"""Which of the calls fail that a function tries: ``try: np.linalg.cholesky(K)`` with a handler for LinAlgError.

Nothing but the values of the arguments says it. So before a program runs, those calls are made, and for what fails
there is another program: the one in which the handler has run (`symdiff.frontends.tracing.trying`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.program.recipe import Built, Derived, innermost
from symdiff.program.specialise import on_numpy_floats
from symdiff.program.stages import Stages


@dataclass(frozen=True)
class Tried(Derived):
    """The first calls that a Python function tries.

    Attributes:
        base: the function.
        count: how many of them.
    """

    count: int

    @property
    def name(self) -> str:
        return self.base.name

    def derive(self, built: Built) -> Graph:
        graph = built.graph(self.base)
        calls = graph.notes.tried[: self.count]
        return graph.with_(outputs=calls, forward=calls, tree=tuple(range(self.count)), tried=())


class Tries:
    """The calls that the function of a program tries, as programs of their own."""

    def __init__(self, stages: Stages) -> None:
        self._stages, self._function = stages, innermost(stages.recipe)
        inputs = stages.recipe.inputs
        self._positions = [inputs.index(name) for name in self._function.inputs]
        self._count = len(stages.derived.notes.tried)
        self._all = self._first(self._count)

    def failures(self, values: Sequence[Any]) -> tuple[str, ...]:
        """How the calls go up to the first one that fails, whose entry is what NumPy says; empty if none does.

        Args:
            values: the arguments of the program.
        """
        given = [values[k] for k in self._positions]
        if not _error(self._all, given):
            return ()
        for k in range(self._count):
            if error := _error(self._first(k + 1), given):
                return (*[""] * k, error)
        return ()

    def _first(self, count: int) -> Callable[..., Any]:
        """What makes the first calls."""
        built, function = self._stages.built, self._function
        stages = built.once("tried", function, lambda: Stages(Tried(function, count), self._types(built), built), count)
        return on_numpy_floats(stages.run)

    def _types(self, built: Built) -> list[Aval]:
        return [built.avals[name] for name in self._function.inputs]


def _error(calls: Callable[..., Any], values: Sequence[Any]) -> str:
    """What NumPy says of the calls; "" if it says nothing."""
    try:
        with np.errstate(all="ignore"):
            calls(*values)
    except np.linalg.LinAlgError as error:
        return str(error) or "a matrix is singular"
    return ""
