"""Parts of parts: rows and columns left out one after the other are one index, and an element is that of the source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.graph.node import Literal, Node
from symdiff.graph.op import Op
from symdiff.ops import reductions as red, shapes
from symdiff.ops.index import Index, Item, Slice, axes_before, is_basic
from symdiff.rewrite.rule import BITS, Rule

Place = tuple[int, ...]


@BITS.on("part-of-part", shapes.getitem, among=(shapes.getitem,))
def _part_of_part(node: Node) -> Node | None:
    """``A[1:][:, [0, 2]]`` is ``A[1:, [0, 2]]``: what copies its elements may as well copy them from the source."""
    x, outer = node.inputs[0], node.kwargs["index"]
    if x.op is not shapes.getitem or is_basic(outer):
        return None
    source, inner = x.inputs[0], x.kwargs["index"]
    if not _is_by_axes(outer) or not _is_by_axes(inner):
        return None
    items = [behind(*each) for each in zip(inner, outer, source.shape, strict=True)]
    if None in items or sum(isinstance(item, Literal) for item in items) > 1:
        return None
    return shapes.getitem(source, index=tuple(items))


@BITS.on("positions-in-steps", shapes.getitem, why="a slice copies nothing")
def _positions_in_steps(node: Node) -> Node | None:
    """``x[[2, 3, 4]]`` is ``x[2:5]``."""
    x, index = node.inputs[0], node.kwargs["index"]
    if is_basic(index) or not _is_by_axes(index):
        return None
    items = tuple(behind(Slice(), item, n) or item for item, n in zip(index, x.shape, strict=True))
    if not is_basic(items):
        return None
    return x if all(item == Slice() for item in items) else shapes.getitem(x, index=items)


def _is_by_axes(index: Index) -> bool:
    """Whether each axis is cut by itself, and stays where it is."""
    arrays = [item.value for item in index if isinstance(item, Literal)]
    return (
        len(arrays) <= 1
        and all(isinstance(item, (Slice, Literal)) for item in index)
        and all(a.ndim == 1 for a in arrays)
    )


def behind(inner: Item, outer: Item, n: Any) -> Item | None:
    """The item that picks along an axis of length `n` what `outer` picks of what `inner` picks, if that is known."""
    if outer == Slice():
        return inner
    if not isinstance(n, int):
        return None
    try:
        picked = _picked(_picked(range(n), inner), outer)
    except TypeError:  # bounds that are names
        return None
    if isinstance(picked, range):
        return _as_slice(picked, n)
    steps = {*np.diff(picked).tolist()}
    if not picked.size or len(steps) > 1 or min(steps, default=1) < 1:
        return Literal(picked)
    return _as_slice(range(int(picked[0]), int(picked[-1]) + 1, *steps), n)


def _picked(places: range | np.ndarray, item: Any) -> range | np.ndarray:
    """Some of the places; those of a range are not written down: it may be as long as any axis."""
    if isinstance(item, Slice):
        start, stop, step = item
        return places[start:stop:step]  # type: ignore[index]
    values = item.value
    if isinstance(places, range):
        picked: np.ndarray = places.start + places.step * np.where(values < 0, values + len(places), values)
        return picked
    found: np.ndarray = places[values]
    return found


def _as_slice(places: range, n: int) -> Slice | None:
    """The slice that picks places of an axis of length `n`; None for none of them, and for those in falling order."""
    if not places or places.step < 1:
        return None
    first, last, step = places[0], places[-1], places.step if len(places) > 1 else 1
    return Slice(first or None, None if last + step >= n else last + 1, None if step == 1 else step)


# ------------------------------------------------------------------------------------------------------------ elements


_MADE_OF_PARTS = (shapes.getitem, shapes.concatenate, shapes.expand_dims, red.broadcast_to)


@BITS.on("element-of-parts", shapes.getitem, among=_MADE_OF_PARTS)
def _element_of_parts(node: Node) -> Node | None:
    """``x[[3, 1]][0]`` is ``x[3]``, ``np.concatenate([x, y])[0]`` and ``x[:, None][0, 0]`` are ``x[0]``."""
    x, place = node.inputs[0], node.kwargs["index"]
    if not all(isinstance(k, int) for k in place):
        return None
    found: tuple[Node, Place] | None = (x, place)
    while found is not None:
        source, place = found
        of = _ELEMENTS.get(source.op)
        found = (
            of(source, place) if of is not None and all(isinstance(n, int) for n in source.inputs[0].shape) else None
        )
    if source is x:
        return None
    return shapes.getitem(source, index=place) if source.shape else source


def _of_getitem(x: Node, place: Place) -> tuple[Node, Place]:
    index, source = x.kwargs["index"], x.inputs[0]
    joint = np.broadcast_shapes(*[item.value.shape for item in index if isinstance(item, Literal)])
    before = 0 if is_basic(index) else axes_before(index) or 0
    sliced = iter((*place[:before], *place[before + len(joint) :]))
    among = tuple(place[before : before + len(joint)])

    def position(item: Item, n: int) -> int:
        if isinstance(item, Slice):
            return range(*slice(*item).indices(n))[next(sliced)]
        return int(np.broadcast_to(item.value, joint)[among]) if isinstance(item, Literal) else item  # type: ignore[return-value]

    return source, tuple(position(item, n) % n for item, n in zip(index, source.shape, strict=True))  # type: ignore[arg-type, operator]


def _of_concatenate(x: Node, place: Place) -> tuple[Node, Place] | None:
    axis = x.kwargs["axis"]
    k = place[axis] % x.shape[axis]
    for part in x.inputs:
        n = part.shape[axis]
        if not isinstance(n, int):
            return None
        if k < n:
            return (part, (*place[:axis], k, *place[axis + 1 :])) if part.dtype == x.dtype else None
        k -= n
    return None


def _of_broadcast(x: Node, place: Place) -> tuple[Node, Place]:
    source = x.inputs[0]
    own = place[x.ndim - source.ndim :]
    return source, tuple(0 if n == 1 else k for k, n in zip(own, source.shape, strict=True))


def _of_expanded(x: Node, place: Place) -> tuple[Node, Place]:
    return x.inputs[0], tuple(k for axis, k in enumerate(place) if axis not in x.kwargs["axis"])


_ELEMENTS: dict[Op, Callable[[Node, Place], tuple[Node, Place] | None]] = {
    red.broadcast_to: _of_broadcast,
    shapes.expand_dims: _of_expanded,
    shapes.getitem: _of_getitem,
    shapes.concatenate: _of_concatenate,
}

RULES: tuple[Rule, ...] = (_part_of_part, _positions_in_steps, _element_of_parts)
