"""Arguments into nodes and static values."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.graph.dims import Dim, Length, parse_dim
from symdiff.graph.node import Node, as_node, constant
from symdiff.ops import shapes
from symdiff.ops.index import Slice
from symdiff.ops.table import numpy_function


@numpy_function("asarray", np.asarray, "array", creates="as is", view="perhaps")
def asarray(a: Any, dtype: Any = None) -> Node:
    """The argument as an array; lists may hold symbolic values."""
    node = _stacked(a) if isinstance(a, (list, tuple)) else as_node(a)
    if node.aval.weak:
        node = strong(node)
    return node if dtype is None else astype(node, dtype)


def _stacked(items: Sequence[Any]) -> Node:
    if not any(_symbolic(item) for item in items):
        return as_node(list(items))
    parts = [_stacked(item) if isinstance(item, (list, tuple)) else as_node(item) for item in items]
    pieces: list[Node | list[Node]] = []
    k = 0
    while k < len(parts):
        whole = _whole(parts, k)
        if whole is not None:
            pieces.append(whole)
        elif pieces and isinstance(pieces[-1], list):
            pieces[-1].append(parts[k])
        else:
            pieces.append([parts[k]])
        k += 1 if whole is None else int(whole.shape[0])  # type: ignore[arg-type]
    arrays = [x if isinstance(x, Node) else shapes.stack(*x, axis=0) for x in pieces]
    return arrays[0] if len(arrays) == 1 else shapes.concatenate(*arrays, axis=0)


def _whole(parts: Sequence[Node], start: int) -> Node | None:
    """The array whose rows are the values from `start` on, each in its place and none left out."""
    first = parts[start]
    if first.op is not shapes.getitem or not first.inputs[0].shape:
        return None
    x = first.inputs[0]
    n, rest = x.shape[0], (Slice(),) * (x.ndim - 1)
    if not isinstance(n, int) or not 1 < n <= len(parts) - start:
        return None
    rows = ((k, parts[start + k]) for k in range(n))
    are_rows = all(
        y.op is shapes.getitem and y.inputs[0] is x and y.kwargs["index"] == (k, *rest) for k, y in rows
    )
    return x if are_rows else None


def _symbolic(item: Any) -> bool:
    stack = [item]
    while stack:
        top = stack.pop()
        if isinstance(top, (list, tuple)):
            stack.extend(top)
        elif isinstance(top, (Node, Length)) or hasattr(top, "__symdiff_node__"):
            return True
    return False


def strong(node: Node) -> Node:
    """A Python number as an array of its dtype."""
    literal = node.literal
    return constant(literal.value, weak=False) if literal is not None else shapes.astype(node, dtype=node.dtype.name)


@numpy_function("astype", getattr(np, "astype", None), view="perhaps", method=True)
def astype(x: Any, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True) -> Node:
    """The same values in another dtype; how they lie in memory is not this program's business."""
    try:
        wanted = np.dtype(dtype)
    except (TypeError, UnicodeEncodeError):
        raise ArgumentError(f"{dtype!r} is not a dtype") from None
    x = as_node(x)
    return x if x.dtype == wanted and not x.aval.weak else shapes.astype(x, dtype=wanted.name)


def dims(shape: Any) -> tuple[Dim, ...]:
    """A shape argument: lengths, known or symbolic."""
    items = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(item if isinstance(item, Length) else parse_dim(item) if isinstance(item, str) else static_int(item, "a length") for item in items)


def refuse_out(out: Any) -> None:
    """Raises UnsupportedError for an ``out=`` that is not None."""
    if out is not None:
        raise UnsupportedError("out= would change an array in place", help="use the result that the function returns", code="SD609")


def shorten(text: object) -> str:
    """The beginning of a long text, for messages."""
    shown = str(text)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def static_int(value: Any, what: str) -> int:
    """An integer that must be known beforehand; `what` names it in the error."""
    if isinstance(value, Node) and value.literal is not None and value.ndim == 0 and value.aval.kind in "iu":
        value = value.literal.scalar
    try:
        return as_index(value)
    except TypeError:
        help = "a length is a number, or the name of a declared one; of a Python function, make it static=…"
        known = what != "a length" or not isinstance(value, Node)
        message = f"{what} must be an integer, not {value!r}"
        raise ArgumentError(message, help=None if known else help, unknown=value, also_numpys=known) from None
