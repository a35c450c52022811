"""The steps of a loop: how many there are, and the element of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import Any

from symdiff.graph.dims import Dim, ends_of, linear
from symdiff.graph.node import Node, as_node, constant
from symdiff.ops.api.selection import getitem
from symdiff.ops.gathering import positions
from symdiff.ops.shapes import flip


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


def first_of(items: Sequence[Any]) -> Any:
    """The loop variable of a loop over one array."""
    return items[0]


def computed_range(start: Any, stop: Any, step: int, plain: Callable[[], Iterator[Any]]) -> Steps:
    """``range(i + 1)``, where i is a value that is not known."""
    from_zero = type(start) is int and start == 0
    span = stop if from_zero else stop - start
    far = span if step == 1 else (span + (step - 1)) // step if step > 0 else (-span - step - 1) // -step

    def element(items: Sequence[Any]) -> Any:
        offset = items[0] if step == 1 else step * items[0]
        return offset if from_zero else offset + start

    return Steps(0, (), element, plain, count=as_node(far))


def has_name(start: Dim, stop: Dim, step: int) -> bool:
    """Whether a range has as many steps as a length says: ``n - 5``, for n of 5 or more, but neither ``5 - n`` nor
    ``n - m``, of which it is not known for what lengths there is a step, nor ``n // 2``. Of what a loop
    counts it may be known."""
    n = stop - start if step == 1 else start - stop
    if step not in (1, -1) or isinstance(n, int):
        return step in (1, -1)
    if (ends := ends_of(n)) is not None:
        return min(ends) >= 0
    line = linear(n)
    return line[1] > 0 if line is not None else all(factor > 0 for _, factor in n.terms)


def named_range(start: Dim, stop: Dim, step: int, seen: Callable[[Dim], Any], weak: bool = True) -> Steps:
    """``range(1, n)``, where n is the name of a length, and how many steps there are `has_name`.

    Of a few steps, as of ``range(n - 3, n)``, each is for itself, and a number as it is `seen`.
    """
    span = stop - start if step == 1 else start - stop
    n = max(span, 0) if isinstance(span, int) else span
    first: Dim = start if step == 1 else stop + 1
    counted = positions(n=n) if step == 1 else flip(positions(n=n), axis=(0,))
    array = counted if first == 0 else counted + as_node(first)
    numbers = range(n) if isinstance(n, int) else range(0)
    return Steps(n, (array,), first_of, lambda: (seen(start + step * k) for k in numbers), (weak,))


def cut(steps: Steps, n: Dim) -> Steps:
    """The first n steps."""
    return replace(steps, length=n, arrays=tuple(getitem(a, slice(0, n)) for a in steps.arrays))


def behind_first(steps: Steps) -> Steps:
    """All steps but the first one."""
    known = [a.literal for a in steps.arrays]
    parts = zip(steps.arrays, known, strict=True)
    arrays = tuple(getitem(a, slice(1, None)) if k is None else constant(k.value[1:]) for a, k in parts)
    return replace(steps, length=steps.length - 1, arrays=arrays, plain=lambda: islice(steps.plain(), 1, None))


def backwards(steps: Steps) -> Steps:
    """The same steps, the last one first; how many there are is known before."""
    arrays = tuple(getitem(a, slice(None, None, -1)) for a in steps.arrays)
    return replace(steps, arrays=arrays, plain=lambda: reversed(list(steps.plain())))


def side_by_side(parts: Sequence[Steps], plain: Callable[[], Iterator[Any]]) -> Steps:
    """``zip`` of what has one length."""
    ends = [*accumulate((len(p.arrays) for p in parts), initial=0)]

    def element(items: Sequence[Any]) -> Any:
        return tuple(p.element(items[a:b]) for p, a, b in zip(parts, ends, ends[1:], strict=False))

    arrays, weak = tuple(a for p in parts for a in p.arrays), tuple(w for p in parts for w in p.weak)
    return Steps(parts[0].length, arrays, element, plain, weak)
