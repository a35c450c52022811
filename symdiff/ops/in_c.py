"""Rows that are functions of whole matrices, or of lines of numbers, in C, as calls: see `symdiff.schedule.nests.Call`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symdiff.graph.dims import Dim, size
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


def line_call(name: str, more: str = "y", integers: str = "") -> Callable[[Node], str | None]:
    """The spelling of a row of numbers along an axis: how many lines there are, of n numbers that lie some step apart.

    Args:
        name: of the function.
        more: the arguments behind the array, over the operand ``b``, the result ``y``, and ``room(n)``.
        integers: of the function of int64, if there is one.
    """

    def spell(node: Node) -> str | None:
        a, axis = node.inputs[0], node.kwargs["axis"]
        axes = axis if isinstance(axis, tuple) else (axis,)
        kind = np.int64 if integers and a.aval.kind == "i" else np.float64
        if any(x.dtype != kind for x in node.inputs) or a.ndim not in (1, 2) or len(axes) not in (1, a.ndim):
            return None
        other: Dim = a.shape[1 - axes[0]] if len(axes) < a.ndim else 1
        n = size(a.shape) if len(axes) == a.ndim else a.shape[axes[0]]
        step = other if len(axes) < a.ndim and axes[0] == 0 else 1
        texts = [length_template(k) for k in (other, n, step)]
        own = integers if kind is np.int64 else name
        return f"{own}({', '.join([*texts, 'a', more.replace('room(n)', f'room({texts[1]})')])})"

    return spell
