"""What is assigned to an index: in the dtype and shape of the array, and the last of several values for one element."""

from __future__ import annotations

from math import prod

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.paths import plain, with_one
from symdiff.graph.dims import Shape
from symdiff.graph.node import Node, constant
from symdiff.ops.api.selection import getitem
from symdiff.ops.api.shapes import reshape
from symdiff.ops.elementwise import not_equal, where
from symdiff.ops.gathering import picks_once, scatter_add
from symdiff.ops.index import Hole, Index, Slice, indexed_shape, is_basic, is_injective
from symdiff.ops.reductions import broadcast_to, is_zero, spread
from symdiff.ops.shapes import astype


def without_leading(part: Node, ndim: int) -> Node:
    """`part` without the axes of length 1 that NumPy ignores in front of what is assigned."""
    extra = part.ndim - ndim
    return reshape(part, part.shape[extra:]) if extra > 0 and set(part.shape[:extra]) == {1} else part


def winners(shape: Shape, index: Index) -> np.ndarray | None:
    """For each element of an array of `shape` which value, counted in C order, an assignment at `index` leaves there.

    It is -1 where there is none. Of several for one element the last wins; None if there are never several.

    Raises:
        UnsupportedError: if that depends on a length that is not known.
    """
    if is_basic(index) or is_injective(shape, index):
        return None
    known = tuple(n for n in shape if isinstance(n, int))
    if len(known) < len(shape):
        raise UnsupportedError(
            "an index that names an element twice, or may: it counts from both ends of an axis of unknown length",
            help="np.add.at(y, index, v) adds up; or assign to one after the other",
        )
    whole = np.full(known, -1, np.intp)
    part = whole[plain(index)].shape
    whole[plain(index)] = np.arange(prod(part), dtype=np.intp).reshape(part)
    return whole


def with_many(x: Node, computed: tuple[Node, ...], index: Index, part: Node) -> Node:
    """`x` with `part` at positions that are computed.

    Raises:
        UnsupportedError: if one might be there twice, and what is put there is not the same number for all.
    """
    number = part.inputs[0] if part.op is broadcast_to else part
    known = number.inputs[0] if number.op is astype else number
    once, same = picks_once(x.shape, computed, index), known.literal is not None and not known.shape
    if not once and not same and (few := _few(computed, index)):
        for k in range(few):  # one after the other: of several for one element the last wins
            axis = index.index(Hole(1))
            x = with_one(x, (getitem(computed[0], k),), index, getitem(part, (*[slice(None)] * axis, k)))
        return x
    if not once and not same:
        raise UnsupportedError(
            "the positions of an assignment are computed from the inputs, so that two may be the same",
            help="assign to one position after the other, or add up: np.add.at(y, index, v)",
            code="SD606",
        )
    if once and is_zero(x):
        return scatter_add(part, *computed, shape=x.shape, index=index)
    ones = spread(constant(1.0), indexed_shape(x.shape, index, tuple(hole.shape for hole in computed)))
    there = not_equal(scatter_add(ones, *computed, shape=x.shape, index=index), 0)
    written = number if same else scatter_add(part, *computed, shape=x.shape, index=index)
    return where(there, written, x)


MOST_ONE_AFTER_THE_OTHER = 8  # computed positions of an assignment that are written so


def _few(computed: tuple[Node, ...], index: Index) -> int:
    """How many positions along one axis an index names, if these are few; else 0."""
    [first, *others] = computed
    if others or first.ndim != 1 or sum(not isinstance(item, Slice) for item in index) != 1:
        return 0
    n = first.shape[0]
    return n if isinstance(n, int) and n <= MOST_ONE_AFTER_THE_OTHER else 0
