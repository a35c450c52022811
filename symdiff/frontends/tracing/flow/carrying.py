"""What a loop carries, and over what it goes: arrays that stay what they are, what lists hold, counters in order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.frontends.tracing.storage import Storage
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, constant
from symdiff.graph.tree import Fixed, Tree
from symdiff.graph.walk import toposort
from symdiff.ops.index import Hole, Slice
from symdiff.ops.putting import FIRST, put
from symdiff.ops.shapes import getitem

BACK = Slice(None, None, -1)


def forwards(arrays: tuple[Node, ...]) -> tuple[tuple[Node, ...], bool]:
    """What a loop slices, and whether it begins with the last elements: ``range(n - 1, -1, -1)``, ``reversed(x)``."""
    back = [x for x in map(_turned, arrays) if x is not None]
    return (tuple(back), True) if arrays and len(back) == len(arrays) else (arrays, False)


def _turned(array: Node) -> Node | None:
    """What an array is the other way round, if it is written so; None for others."""
    if array.op is getitem and array.kwargs["index"][0] == BACK and set(array.kwargs["index"][1:]) <= {Slice()}:
        return array.inputs[0]
    if array.literal is None or array.aval.kind not in "iu" or array.ndim != 1 or array.literal.value.size < 2:
        return None
    n = array.literal.value.size
    return constant(np.arange(n)) if np.array_equal(array.literal.value, np.arange(n - 1, -1, -1)) else None


def in_order_of(loop: Loop) -> Callable[[Node], Node]:
    """What turns an array that the steps of a loop have left into the order of the steps."""
    return (lambda part: getitem(part, index=(BACK,))) if loop.reverse else lambda part: part


def counts_up(array: Node) -> bool:
    """Whether an array is 0, 1, 2, …"""
    literal = array.literal
    return literal is not None and np.array_equal(literal.value, np.arange(literal.value.size))


def is_overtaken(
    over: Sequence[Any],
    changed: Collection[int],
    written: Mapping[Storage, Node],
    cells: Mapping[Storage, Node],
    counts: Sequence[Node],
) -> bool:
    """Whether a later step may read what a step has changed of the arrays and lists that the loop goes over.

    Args:
        over: these.
        changed: the ids of lists that the step has changed.
        written: what arrays hold that it has written.
        cells: what these held before it.
        counts: what has the number of the step.
    """
    arrays = {x._storage for x in over if type(x) is Symbol}
    if any(s in arrays and not _is_written_at(node, cells.get(s), counts) for s, node in written.items()):
        return True
    return any(id(x) in changed for x in over if type(x) is list)


def _is_written_at(node: Node, cell: Node | None, counts: Sequence[Node]) -> bool:
    """Whether an array, `cell` before a step, is written at its number only; not known if `cell` is None."""
    while node is not cell and node.op is put and node.inputs[FIRST:] in [(e,) for e in counts]:
        if node.kwargs["index"][0] != Hole(FIRST):
            return False
        node = node.inputs[0]
    return node is cell or cell is None


def asks_for_what_is_known(loop: Loop) -> bool:
    """Whether how many steps there are depends on numbers alone, and not on a symbolic value."""
    asked = set(toposort(loop.going))
    while more := {y for h, y in zip(loop.states, loop.following, strict=True) if h in asked} - asked:
        asked.update(toposort(more))
    given = zip(loop.body.inputs, (*loop.carry, *loop.sliced, *loop.fixed), strict=True)
    return all(x.literal is not None for v, x in given if v in asked)


class Same:
    """An array that steps write into, which stays what it is."""

    def __init__(self, value: Any) -> None:
        self.value = value


def is_same(tree: Tree) -> bool:
    """Whether a value is such an array."""
    return isinstance(tree, Fixed) and type(tree.value) is Same


def items(value: Any) -> list[Any]:
    """What a list or dict holds, in order; nothing else holds anything."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    return list(value) if type(value) is list else []
