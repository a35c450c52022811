"""What a loop carries: containers of numbers and arrays, whose structure, shapes and dtypes each step keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, DTypeError, ShapeError
from symdiff.frontends.layout import taken_apart
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.aval import Aval
from symdiff.graph.node import as_node
from symdiff.graph.tree import Branch, Fixed, Tree

RANKS = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}


def parts_of(value: Any) -> tuple[tuple[Any, ...], Tree]:
    """The numbers and arrays in a value, as they are, and the containers that they lie in."""
    return taken_apart(value, lambda item: item, lambda item: type(item) is Symbol)


def type_of(value: Any) -> Aval:
    """The type of a number or an array, known or not; Python's own numbers are weak.

    Raises:
        ArgumentError, DTypeError: for anything else.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return Aval(value.dtype, value.shape)
    if type(value) is Symbol:
        return value.aval
    return as_node(value).aval


def settled(types: Sequence[Aval], tree: Tree, ends: Sequence[Aval], end_tree: Tree, who: str) -> list[Aval]:
    """The types of what is carried, that are `types` at the beginning of a step, and `ends` behind it.

    Python's numbers give way, as everywhere: what begins as 0 may be a float afterwards.

    Raises:
        ArgumentError: if the containers are others.
        ShapeError, DTypeError: if a shape or a dtype is.
    """
    if tree != end_tree:
        raise ArgumentError(
            f"a step of {who} takes {_shown(tree)} and returns {_shown(end_tree)} in its place",
            help="return what is carried in the same containers, tuples as tuples",
        )
    return [_settled(t, end, place, who) for t, end, place in zip(types, ends, _places(tree), strict=True)]


def _settled(start: Aval, end: Aval, place: str, who: str) -> Aval:
    if start.shape != end.shape:
        raise ShapeError(
            f"a step of {who} takes {place} as {start!r} and returns {end!r}",
            help="what a loop carries keeps its shape: begin with np.zeros of that shape",
        )
    if start.dtype == end.dtype:
        return Aval(start.dtype, start.shape, start.weak and end.weak)
    if start.weak and RANKS[start.kind] <= RANKS[end.kind]:
        return end
    if end.weak and RANKS[end.kind] <= RANKS[start.kind]:
        return start
    raise DTypeError(
        f"a step of {who} takes {place} as {start!r} and returns {end!r}",
        help=f"what a loop carries keeps its dtype: begin with {end.dtype.name}, or return {start.dtype.name}",
    )


def _places(tree: Tree, text: str = "the carry") -> Iterator[str]:
    """How the numbers and arrays of a carry are reached, in order."""
    if isinstance(tree, int):
        yield text
    elif isinstance(tree, Branch):
        keys = tree.keys or range(len(tree.children))
        for key, part in zip(keys, tree.children, strict=True):
            yield from _places(part, f"{text}[{key!r}]")
    elif not isinstance(tree, Fixed):
        for k, part in enumerate(tree):
            yield from _places(part, f"{text}[{k}]")


def _shown(tree: Tree) -> str:
    """Containers in words: ``(·, ·)``."""
    if isinstance(tree, int):
        return "·"
    if isinstance(tree, Fixed):
        return repr(tree.value)
    if isinstance(tree, Branch):
        inside = [_shown(part) for part in tree.children]
        if tree.kind is list:
            return f"[{', '.join(inside)}]"
        named = [f"{key!r}: {part}" for key, part in zip(tree.keys, inside, strict=False)] or inside
        return f"{'' if tree.kind is dict else tree.kind.__name__}{{{', '.join(named)}}}"
    return f"({', '.join(map(_shown, tree))}{',' * (len(tree) == 1)})"


def own(value: Any) -> Any:
    """A number, or an array as one of its own: what is written into it is written into no other one."""
    return value.copy() if isinstance(value, np.ndarray) or type(value) is Symbol else value
