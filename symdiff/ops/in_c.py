"""Rows that are functions of whole matrices in C, as calls: see `symdiff.schedule.nests.Call`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symdiff.graph.dims import Dim
from symdiff.graph.node import Node
from symdiff.ops.axes import length_template


def matrix_call(name: str, arguments: str) -> Callable[[Node], str | None]:
    """The spelling of a row of real matrices of n rows, and of what stands beside them, of m columns.

    Args:
        name: of the function, whose first argument is n.
        arguments: the others, over the operands ``a`` and ``b``, the result ``y`` or its parts ``y0``, ``y1``, and
            ``room(k)``, where k numbers have room.
    """

    def spell(node: Node) -> str | None:
        a, b = node.inputs[0], node.inputs[-1]
        if any(x.dtype != np.float64 for x in node.inputs) or len({x.shape[:-2] for x in (a, b) if x.ndim > 2}) > 1:
            return None
        square = a.shape[-2:]
        columns: Dim = b.shape[-1] if b.ndim >= 2 else 1
        n, m = length_template(square[0]), length_template(columns)
        flags = {key: "1" if value else "0" for key, value in node.params if isinstance(value, bool)}
        full = [{"n": n, "m": m, **flags}.get(word, word) for word in arguments.split(", ")]
        room = square[0] * square[0]
        text = ", ".join([n, *full]).replace("room(n * n)", f"room({length_template(room)})")
        return f"{name}({text.replace('room(2 * n * n)', f'room({length_template(2 * room)})')})"

    return spell
