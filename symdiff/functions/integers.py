"""Integers among the arguments of a Python function: numbers to the program, or parts of it, as the function needs.

``x**k`` and ``k * x`` take any number, and one program serves them all. ``x[k]``, ``range(k)`` and ``np.ones(k)`` need
an integer: the function cannot be traced before it is known. Then its value belongs to the program, as if the argument
were declared ``static``, and another value makes another program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdiff.errors import SymdiffError
from symdiff.frontends.layout import Layout
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.functions.variant import Variant
from symdiff.graph.node import as_node
from symdiff.program.recipe import discrete_inputs


class Integers:
    """Which inputs are needed as integers, by the layout of the arguments."""

    def __init__(self) -> None:
        self._needed: dict[Layout, frozenset[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._needed)

    def fixed(self, layout: Layout, leaves: Sequence[Any]) -> tuple[Layout, list[Any]]:
        """The layout in which integers that are needed belong to the program, and what is left of the inputs."""
        needed = self._needed.get(layout, ())
        values = {n: v for n, v in zip(layout.names, leaves, strict=True) if n in needed and is_integer(v)}
        if not values:
            return layout, list(leaves)
        return layout.fixing(values), [v for n, v in zip(layout.names, leaves, strict=True) if n not in values]

    def learn(self, layout: Layout, variant: Variant, values: Sequence[Any], error: Exception) -> bool:
        """Whether the program could not be made because of integers that were not known, and now will be.

        Args:
            layout: that of the arguments.
            variant: the programs for these arguments.
            values: the inputs of the program.
            error: why it could not be made.
        """
        given = dict(zip(variant.recipe.inputs, values, strict=True))
        free = discrete_inputs(variant.recipe)
        candidates = {name for name, value in given.items() if name in free and is_integer(value)}
        unknown = error.unknown if isinstance(error, SymdiffError) else None
        names = unknown if isinstance(unknown, frozenset) else frozenset[str]()
        if isinstance(error, SymdiffError):
            error.unknown = _around(names, given) or unknown
        found = names if names and names <= candidates else candidates
        if not found:
            return False
        self._needed[layout] = self._needed.get(layout, frozenset()) | found
        return True

    def forget(self, layout: Layout, known: frozenset[str]) -> None:
        """Takes back what was learned, as it did not help."""
        self._needed[layout] = known

    def known(self, layout: Layout) -> frozenset[str]:
        """The inputs that are needed as integers."""
        return self._needed.get(layout, frozenset())


def is_integer(value: Any) -> bool:
    """Whether it is one integer or truth value, of Python's or of NumPy's."""
    return isinstance(value, (int, np.integer, np.bool_)) and type(value) is not Symbol


def _around(names: frozenset[str], given: dict[str, Any]) -> Any:
    """The value of a function around this one that is needed as an integer."""
    return next((as_node(given[name]) for name in names if type(given.get(name)) is Symbol), None)
