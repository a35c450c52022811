"""Which index is which: a delta says i = j, a slice ``x[1:]`` says i = j + 1, an element ``x[0]`` says i = 0.

Labels whose indices differ by known numbers are one class. What is left of it is one label, which runs over the
positions that all of them have; each of the others is a window of its own axis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from symdiff.graph.dims import Dim, Length
from symdiff.ops.index import Item, Slice

Same = tuple[int, int, Dim]  # the index of the first label is that of the second, plus a number


class Undecided(Exception):  # noqa: N818 - an answer rather than an error
    """Which of two lengths that are names is larger is not known."""


class Window(NamedTuple):
    """Where a label is: from `start`, `length` positions, which `label` runs over; one position if that is None."""

    label: int | None
    start: Dim
    length: Dim


@dataclass
class _Class:
    members: list[tuple[int, Dim]]  # labels, and by how much their index is larger than the class's
    at: Dim | None = None  # the class's index, if it is one element


def windows(same: Iterable[Same], fixed: Mapping[int, Dim], lengths: Mapping[int, Dim]) -> dict[int, Window] | None:
    """Where each label is that is the same as another one, or fixed. None if no position is left.

    Raises:
        Undecided: if that cannot be told from the names of the lengths.

    >>> windows([(0, 1, 1)], {}, {0: 5, 1: 4})
    {0: Window(label=0, start=1, length=4), 1: Window(label=0, start=0, length=4)}
    """
    found = _classes(same, fixed)
    if found is None:
        return None
    placed: dict[int, Window] = {}
    for group in found:
        starts = [(-1) * shift for _, shift in group.members]
        if group.at is None:
            first = _largest(starts)
            ends = [lengths[label] + start for (label, _), start in zip(group.members, starts, strict=True)]
            past = (-1) * _largest([(-1) * end for end in ends])
            length = past - first
        else:
            first, length = group.at, 1
            if not all(_is_inside(first + shift, lengths[label], fixed.get(label)) for label, shift in group.members):
                return None
        if isinstance(length, int) and length <= 0:
            return None
        whole = all(lengths[label] == length for label, _ in group.members)
        name = min(label for label, _ in group.members) if whole or length != 1 else None
        placed.update({label: Window(name, first + shift, length) for label, shift in group.members})
    return placed


def written(at: Window, n: Dim) -> Item:
    """As it is written between brackets, for an axis of length `n`: ``1:``, ``:-1``, ``-1``."""
    if at.label is None:
        return at.start if isinstance(at.start, int) else _from_the_end(at.start, n)
    left = at.start + at.length - n
    stop = left or None if isinstance(left, int) else at.start + at.length
    return Slice(at.start or None if isinstance(at.start, int) else at.start, stop)


def _from_the_end(start: Dim, n: Dim) -> int:
    left = start - n
    if not isinstance(left, int):
        raise Undecided
    return left


def _classes(same: Iterable[Same], fixed: Mapping[int, Dim]) -> list[_Class] | None:
    """The classes, in the order of their first labels; None if two fixed numbers, or two shifts, contradict."""
    of: dict[int, tuple[_Class, Dim]] = {}
    for label in fixed:
        of[label] = _Class([(label, 0)], fixed[label]), 0
    for a, b, shift in same:
        (p, x), (q, y) = (of.setdefault(label, (_Class([(label, 0)]), 0)) for label in (a, b))
        by = x - (y + shift)  # index of q = index of p + by
        if p is q:
            if not _equal(by, 0):
                return None
            continue
        if p.at is not None and q.at is not None and not _equal(p.at + by, q.at):
            return None
        if p.at is None and q.at is not None:
            p.at = q.at - by
        for label, more in q.members:
            p.members.append((label, more + by))
            of[label] = p, more + by
    unique = {id(group): group for group, _ in of.values()}
    return sorted(unique.values(), key=lambda group: min(label for label, _ in group.members))


def _largest(dims: Sequence[Dim]) -> Dim:
    best = dims[0]
    for dim in dims[1:]:
        if _sign(dim - best) > 0:
            best = dim
    return best


def _equal(a: Dim, b: Dim) -> bool:
    return _sign(a - b) == 0


def _is_inside(index: Dim, length: Dim, fixed: Dim | None) -> bool:
    """Whether an index is one of an axis; what was written as an index is."""
    return index == fixed or (_sign(index) >= 0 and _sign(length - index) > 0)


def _sign(dim: Dim) -> int:
    if isinstance(dim, Length):
        raise Undecided
    return (dim > 0) - (dim < 0)
