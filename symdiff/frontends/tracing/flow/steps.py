"""What a loop goes over: a number of steps that may have a name, and the element of each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from operator import index
from typing import Any

import numpy as np

from symdiff.frontends.carried import plain_type
from symdiff.frontends.steps import Steps, backwards, computed_range, cut, first_of, has_name, named_range, side_by_side
from symdiff.frontends.tracing.flow.values import apart, is_open, symbols_in, together
from symdiff.frontends.tracing.sizes import as_size
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Dim, Length, plain_lengths
from symdiff.graph.node import Node, as_node, constant
from symdiff.ops.api.convert import asarray

MOST_BYTES = 2**26  # of an array that holds the elements of a range


class GoingOver:
    """``zip(a, b)``, ``enumerate(a)`` or ``reversed(a)``, not begun yet; `strict` is that of ``zip``."""

    def __init__(self, function: Callable[..., Any], arguments: Sequence[Any], strict: Any = False) -> None:
        self.function, self.arguments, self.strict = function, arguments, strict

    def __iter__(self) -> Iterator[Any]:
        return iter(self.function(*self.arguments, **({"strict": self.strict} if self.strict else {})))


def gone_over(iterable: Any) -> list[Any]:
    """The arrays and lists that a loop over `iterable` goes over."""
    if isinstance(iterable, GoingOver):
        return [x for argument in iterable.arguments for x in gone_over(argument)]
    return [iterable, *symbols_in(iterable)]


def steps_of(iterable: Any) -> Steps | None:
    """The steps of a loop over `iterable`; None if they are not alike."""
    if isinstance(iterable, range):
        return _of_range(iterable)
    if type(iterable) is Symbol:
        return _of_array(iterable, iterable.node) if iterable.aval.shape else None
    if type(iterable) is np.ndarray and iterable.ndim and iterable.dtype.kind in "biufc":
        return _of_array(iterable, constant(iterable))
    if type(iterable) in (list, tuple) and len(iterable) and all(type(x) is int for x in iterable):
        return _of_integers(np.array(iterable), lambda: iter(iterable))
    if type(iterable) in (list, tuple) and len(iterable) and all(type(x) in (int, float) for x in iterable):
        return replace(_of_array(iterable, constant(np.array(iterable))), weak=(True,))
    if type(iterable) in (list, tuple) and (steps := _of_list(iterable)) is not None:
        return steps
    if isinstance(iterable, GoingOver):
        return _of_several(iterable)
    return None


def _of_bounds(arguments: Sequence[Any], iterable: Any) -> Steps | None:
    """``range(i + 1)`` and ``range(1, n)``, where i is a value that is not known, and n the name of a length."""
    start, stop, step = (0, *arguments, 1) if len(arguments) == 1 else (*arguments, 1)[:3]
    if not isinstance(step, int) or not step or any(type(x) is Symbol and x.aval.kind not in "iu" for x in arguments):
        return None
    is_known = not any(map(is_open, arguments))
    first, last = (plain_lengths(x) if isinstance(x, Length) or not is_known else index(x) for x in (start, stop))
    if is_known and has_name(first, last, step):
        return named_range(first, last, step, as_size)
    start, stop = (Symbol(as_node(x)) if isinstance(x, Length) else x for x in (start, stop))
    return computed_range(start, stop, step, lambda: iter(iterable))


def _of_range(steps: range) -> Steps | None:
    if not len(steps) or 8 * len(steps) > MOST_BYTES:
        return None
    return _of_integers(np.arange(steps.start, steps.stop, steps.step), lambda: iter(steps))


def _of_integers(numbers: np.ndarray, plain: Callable[[], Iterator[int]]) -> Steps:
    """Python's integers. Of differences a power knows that they may be negative, and makes a float."""
    element = first_of if numbers.dtype.kind != "i" or numbers.min() >= 0 else lambda items: items[0] - 0
    return Steps(len(numbers), (constant(numbers),), element, plain, (True,))


def _of_array(iterable: Any, node: Node) -> Steps:
    return Steps(node.shape[0], (node,), first_of, lambda: iter(iterable), (False,))


def _of_list(items: Sequence[Any]) -> Steps | None:
    """A loop over values that are alike: numbers, arrays of one shape, or tuples of such."""
    parts = [apart(x) for x in items]
    if not parts or not parts[0].nodes or any(p.tree != parts[0].tree for p in parts):
        return None
    columns = list(zip(*(p.nodes for p in parts), strict=True))
    types = [{plain_type(node.aval) for node in column} for column in columns]
    if any(len(kinds) > 1 for kinds in types):
        return None
    arrays = tuple(map(_stacked, columns))
    tree, weak = parts[0].tree, tuple(all(node.aval.weak for node in column) for column in columns)
    return Steps(len(items), arrays, lambda elements: together(tree, elements), lambda: iter(items), weak)


def _stacked(column: Sequence[Node]) -> Node:
    known = [node.literal.value for node in column if node.literal is not None]
    return constant(np.stack(known)) if len(known) == len(column) else asarray(list(column))


def _of_several(going: GoingOver) -> Steps | None:
    if going.function is range:
        return _of_bounds(going.arguments, going)
    parts = [steps_of(x) for x in going.arguments[: 1 if going.function is not zip else None]]
    found = [p for p in parts if p is not None]
    if not parts or len(found) < len(parts):
        return None
    if going.function is reversed:
        return None if found[0].count is not None else replace(backwards(found[0]), plain=lambda: iter(going))
    lengths = [p.length for p in found]
    if any(p.count is not None for p in found) or (length := _shortest(lengths)) is None:
        return None
    if going.strict and any(n != length for n in lengths):
        return None
    if going.function is enumerate:
        start = going.arguments[1] if len(going.arguments) == 2 else 0
        numbered = _counting(start, length)
        if numbered is None:
            return None
        found = [numbered, *found]
    found = [p if p.length == length else cut(p, length) for p in found]
    return side_by_side(found, lambda: iter(going))


def _counting(start: Any, length: Dim) -> Steps | None:
    """The numbers that ``enumerate`` gives."""
    if type(start) is not int:
        return None
    if isinstance(length, int):
        return _of_range(range(start, start + length))
    return named_range(start, length + start, 1, as_size)


def _shortest(lengths: Sequence[Dim]) -> Dim | None:
    """The least of some lengths: of lengths with names only if that is the same whatever they are."""
    least = lengths[0]
    for n in lengths[1:]:
        more = n - least
        if not isinstance(more, int):
            return None
        least = n if more < 0 else least
    return least
