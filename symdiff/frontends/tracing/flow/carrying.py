"""What a loop carries, and over what it goes: arrays that stay what they are, what lists hold, counters in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.graph.node import Node, constant
from symdiff.graph.tree import Fixed, Tree


def forwards(arrays: tuple[Node, ...]) -> tuple[tuple[Node, ...], bool]:
    """What a loop slices, and whether it begins with the last elements: ``range(n - 1, -1, -1)`` is one reversed."""
    literal = arrays[0].literal if len(arrays) == 1 else None
    if literal is None or literal.aval.kind not in "iu" or literal.value.ndim != 1 or literal.value.size < 2:
        return arrays, False
    n = literal.value.size
    back = np.array_equal(literal.value, np.arange(n - 1, -1, -1))
    return ((constant(np.arange(n)),), True) if back else (arrays, False)


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
