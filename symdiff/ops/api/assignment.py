"""Writing into arrays, as nodes: ``y[i] = v`` gives a new array, and what is written in full needs no old one."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from symdiff.graph.node import Node
from symdiff.ops.api.convert import asarray
from symdiff.ops.assignment import assign
from symdiff.ops.index import Index, Slice

Write = tuple[Index, Node]


def write_all(base: Node, writes: Sequence[Write]) -> Node:
    """`base` with all of `writes`, which lie apart from each other."""
    full = (Slice(),) * base.ndim
    if len(writes) == 1 and writes[0][0] == full and writes[0][1].shape == base.shape:
        return writes[0][1]
    whole = _stacked(base, writes)
    if whole is not None:
        return whole
    return assign(base, *[value for _, value in writes], indices=tuple(index for index, _ in writes))


def _stacked(base: Node, writes: Sequence[Write]) -> Node | None:
    """The stack of all parts, if they are elements (or rows, or matrices) that fill the array."""
    axes = sum(isinstance(item, int) for item in writes[0][0])
    lengths = [n for n in base.shape[:axes] if isinstance(n, int)]
    if axes == 0 or len(lengths) != axes or len(writes) != prod(lengths):
        return None
    parts: dict[tuple[int, ...], Any] = {}
    for index, value in writes:
        leading = tuple(item % n for item, n in zip(index, lengths, strict=False) if isinstance(item, int))
        if len(leading) != axes or any(item != Slice() for item in index[axes:]) or value.shape != base.shape[axes:]:
            return None
        parts[leading] = value
    nested = [parts[key] for key in sorted(parts)]
    for n in reversed(lengths[1:]):
        nested = [nested[k : k + n] for k in range(0, len(nested), n)]
    return asarray(nested)
