"""What a loop goes over: a number of steps that may have a name, and the element of each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symdiff.frontends.steps import Steps, computed_range, first_of, side_by_side
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.node import Node, constant

MOST_BYTES = 2**26  # of an array that holds the elements of a range


class GoingOver:
    """``zip(a, b)``, ``enumerate(a)`` or ``reversed(a)``, not begun yet."""

    def __init__(self, function: Callable[..., Any], arguments: Sequence[Any]) -> None:
        self.function, self.arguments = function, arguments

    def __iter__(self) -> Iterator[Any]:
        return iter(self.function(*self.arguments))


def steps_of(iterable: Any) -> Steps | None:
    """The steps of a loop over `iterable`; None if they are not alike."""
    if isinstance(iterable, range):
        return _of_range(iterable)
    if type(iterable) is Symbol:
        return _of_array(iterable, iterable.node) if iterable.aval.shape else None
    if type(iterable) is np.ndarray and iterable.ndim and iterable.dtype.kind in "biufc":
        return _of_array(iterable, constant(iterable))
    if type(iterable) in (list, tuple) and len(iterable) and all(type(x) in (int, float) for x in iterable):
        return replace(_of_array(iterable, constant(np.array(iterable))), weak=(True,))
    if isinstance(iterable, GoingOver):
        return _of_several(iterable)
    return None


def _of_computed_range(arguments: Sequence[Any], iterable: Any) -> Steps | None:
    """``range(i + 1)``, where i is a value that is not known."""
    start, stop, step = (0, *arguments, 1) if len(arguments) == 1 else (*arguments, 1)[:3]
    if not isinstance(step, int) or not step or any(type(x) is Symbol and x.aval.kind not in "iu" for x in arguments):
        return None
    return computed_range(start, stop, step, lambda: iter(iterable))


def _of_range(steps: range) -> Steps | None:
    if not len(steps) or 8 * len(steps) > MOST_BYTES:
        return None
    numbers = constant(np.arange(steps.start, steps.stop, steps.step))
    return Steps(len(steps), (numbers,), first_of, lambda: iter(steps), (True,))


def _of_array(iterable: Any, node: Node) -> Steps:
    return Steps(node.shape[0], (node,), first_of, lambda: iter(iterable), (False,))


def _of_several(going: GoingOver) -> Steps | None:
    if going.function is range:
        return _of_computed_range(going.arguments, going)
    if going.function is enumerate and len(going.arguments) == 1:
        parts = [steps_of(going.arguments[0])]
    elif going.function is zip and going.arguments:
        parts = [steps_of(x) for x in going.arguments]
    elif going.function is reversed and len(going.arguments) == 1 and isinstance(going.arguments[0], range):
        return _of_range(going.arguments[0][::-1])
    else:
        return None
    if any(p is None for p in parts):
        return None
    found = [p for p in parts if p is not None]
    lengths = {p.length for p in found}
    if len(lengths) > 1:
        return None
    length = found[0].length
    if going.function is enumerate:
        if not isinstance(length, int):
            return None
        numbered = _of_range(range(length))
        if numbered is None:
            return None
        found = [numbered, *found]
    return side_by_side(found, lambda: iter(going))
