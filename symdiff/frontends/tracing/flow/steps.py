"""What a loop goes over: a number of steps that may have a name, and the element of each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, as_node, constant

MOST_BYTES = 2**26  # of an array that holds the elements of a range


@dataclass(frozen=True)
class Steps:
    """The steps of a loop.

    Attributes:
        length: how many there are.
        arrays: what is sliced along its first axis.
        element: what the loop variable is, given an element of each array.
        plain: the same steps one after the other, as Python takes them.
        weak: for each array whether its elements are Python's numbers, which take the dtype of what they meet.
        count: how many steps there are, if that depends on values; `element` is then given how many were taken.
    """

    length: Dim
    arrays: tuple[Node, ...]
    element: Callable[[Sequence[Any]], Any]
    plain: Callable[[], Iterator[Any]]
    weak: tuple[bool, ...] = ()
    count: Node | None = None


ASKING = Steps(0, (), lambda items: None, lambda: iter(()))  # of a loop that goes on as long as it wants to


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
    span = stop if type(start) is int and start == 0 else stop - start
    far = span if step == 1 else (span + step - 1) // step if step > 0 else (-span - step - 1) // -step
    return Steps(0, (), lambda items: _counted(items[0], start, step), lambda: iter(iterable), count=as_node(far))


def _counted(k: Any, start: Any, step: int) -> Any:
    """Element k of a range."""
    offset = k if step == 1 else step * k
    return offset if type(start) is int and start == 0 else offset + start


def _of_range(steps: range) -> Steps | None:
    if not len(steps) or 8 * len(steps) > MOST_BYTES:
        return None
    numbers = constant(np.arange(steps.start, steps.stop, steps.step))
    return Steps(len(steps), (numbers,), lambda items: items[0], lambda: iter(steps), (True,))


def _of_array(iterable: Any, node: Node) -> Steps:
    return Steps(node.shape[0], (node,), lambda items: items[0], lambda: iter(iterable), (False,))


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
    bounds = np.cumsum([0, *(len(p.arrays) for p in found)])

    def element(items: Sequence[Any]) -> Any:
        return tuple(p.element(items[a:b]) for p, a, b in zip(found, bounds, bounds[1:], strict=False))

    arrays, weak = tuple(a for p in found for a in p.arrays), tuple(w for p in found for w in p.weak)
    return Steps(length, arrays, element, lambda: iter(going), weak)
