"""Where the elements of an array come from: however an array was cut out of others, equal cuts have equal origins.

``np.delete(A, 0, 0)[:, [0, 2]]`` and ``np.concatenate([A[1:, :1], A[1:, 2:]], axis=1)`` are different nodes and the
same elements of A. Rows that move elements without computing are run on the places of the elements instead.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from symdiff.frontends.tracing.paths import plain
from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.graph.walk import toposort
from symdiff.ops import shapes
from symdiff.ops.assignment import assign
from symdiff.ops.index import Index
from symdiff.ops.reductions import broadcast_to

MOST = 1 << 12  # elements; a larger array is taken to come from nowhere else


def _assigned(base: np.ndarray, *parts: np.ndarray, indices: tuple[Index, ...]) -> np.ndarray:
    whole = base.copy()
    for part, index in zip(parts, indices, strict=True):
        whole[plain(index)] = part
    return whole


_MOVES: dict[Op, Callable[..., Any]] = {
    shapes.getitem: lambda x, index: x[plain(index)],
    shapes.reshape: np.reshape,
    shapes.permute: np.transpose,
    shapes.expand_dims: np.expand_dims,
    shapes.squeeze: np.squeeze,
    shapes.flip: np.flip,
    shapes.roll: np.roll,
    shapes.concatenate: lambda *xs, axis: np.concatenate(xs, axis),
    shapes.stack: lambda *xs, axis: np.stack(xs, axis),
    shapes.matrix: lambda *xs, shape: np.reshape(np.stack(xs), shape),
    broadcast_to: np.broadcast_to,
    assign: _assigned,
}


class Origins:
    """The origins of arrays, each found once.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> from symdiff.ops.index import Literal, Slice
    >>> x = variable("x", Aval(float, (4,)))
    >>> cut, picked = shapes.getitem(x, index=(Slice(1, 3),)), shapes.getitem(x, index=(Literal([1, 2]),))
    >>> origins = Origins()
    >>> cut is picked, origins.of(cut) == origins.of(picked)
    (False, True)
    """

    def __init__(self) -> None:
        self._places: dict[Node, np.ndarray] = {}
        self._count = 0

    def of(self, x: Node) -> Any:
        """What equals that of another array if both have the same elements, in one shape and dtype."""
        if not _is_small(x):
            return x
        for node in toposort([x], stop=lambda node: node in self._places or not _moves(node)):
            self._places[node] = _MOVES[node.op](*map(self._places_of, node.inputs), **node.kwargs)
        return x.aval, self._places_of(x).tobytes()

    def _places_of(self, x: Node) -> np.ndarray:
        """The numbers of the elements; those of an array that is not cut out of others are new."""
        found = self._places.get(x)
        if found is None:
            shape = _lengths(x)
            found = self._places[x] = np.arange(self._count, self._count + prod(shape)).reshape(shape)
            self._count += prod(shape)
        return found


def _is_small(x: Node) -> bool:
    known = _lengths(x)
    return len(known) == x.ndim and prod(known) <= MOST


def _lengths(x: Node) -> tuple[int, ...]:
    """The lengths that are known."""
    return tuple(n for n in x.shape if isinstance(n, int))


def _moves(node: Node) -> bool:
    return node.op in _MOVES and all(map(_is_small, node.inputs))
