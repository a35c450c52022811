"""Integers among the arguments of a Python function: numbers to the program, or parts of it, as the function needs.

``x**k`` and ``k * x`` take any number, and one program serves them all. ``x[k]``, ``range(k)`` and ``np.ones(k)`` need
an integer: the function cannot be traced before it is known. Then its value belongs to the program, as if the argument
were declared ``static``, and another value makes another program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdiff.errors import SymdiffError
from symdiff.frontends.layout import Layout
from symdiff.frontends.symbolic import is_symbol
from symdiff.functions.arguments import is_integer
from symdiff.functions.variant import Variant
from symdiff.graph.node import as_node


def fixed(layout: Layout, leaves: Sequence[Any], needed: frozenset[str]) -> tuple[Layout, list[Any]]:
    """The layout in which integers that are needed belong to the program, and the inputs that are left."""
    named = list(zip(layout.names, leaves, strict=True))
    values = {name: value for name, value in named if name in needed and is_integer(value)}
    return (layout.fixing(values) if values else layout), [value for name, value in named if name not in values]


def needed_as_integers(variant: Variant, values: Sequence[Any], error: Exception) -> frozenset[str]:
    """The inputs that may be why a program could not be made: it needs them as integers.

    The error may say it: of some values it is known that they had to be numbers, and on which inputs they depend. If it
    does not, all integers among the arguments are meant. If what had to be known comes from a function around this one
    that is being traced, the error says so to that one.

    Args:
        variant: the programs for these arguments.
        values: the inputs of the program.
        error: why it could not be made.
    """
    given = dict(zip(variant.recipe.inputs, values, strict=True))
    integers = variant.integers(values)
    unknown = error.unknown if isinstance(error, SymdiffError) else None
    if not isinstance(unknown, frozenset):
        return integers
    outer = [value for name, value in given.items() if name in unknown and is_symbol(value)]
    if outer and isinstance(error, SymdiffError):
        error.unknown = as_node(outer[0])
        return frozenset()
    return unknown if unknown <= integers else integers
