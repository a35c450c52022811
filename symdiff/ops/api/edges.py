"""Padding: what stands around the edges is a constant, an element, a mirror image, or a mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError, ValueDomainError
from symdiff.graph.node import Node, as_node
from symdiff.ops import reductions as red, shapes, sorting
from symdiff.ops.api.calculus import at, cut
from symdiff.ops.api.convert import asarray, static_int
from symdiff.ops.api.creation import check_size
from symdiff.ops.api.selection import getitem
from symdiff.ops.table import numpy_function

BY_INDEX = ("edge", "wrap", "reflect", "symmetric")
BY_STATISTIC: dict[str, Callable[..., Node]] = {"mean": red.mean, "maximum": red.amax, "minimum": red.amin, "median": sorting.median}


@numpy_function("pad", np.pad)
def pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Node:
    """More elements around the edges: constants, or made from those inside."""
    x = asarray(array)
    frozen = _widths(x, pad_width)
    if not x.ndim:
        return x
    if mode == "constant":
        return _constant(x, frozen, **kwargs)
    for k, (before, after) in enumerate(frozen):
        if before or after:
            x = _along(x, k, before, after, mode, kwargs)
    return x


def _widths(x: Node, pad_width: Any) -> tuple[tuple[int, int], ...]:
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(k, pad_width.get(k - x.ndim, (0, 0))) for k in range(x.ndim)]
        pad_width = [(w, w) if isinstance(w, int) else w for w in pad_width]
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    frozen = tuple((static_int(p, "a pad width"), static_int(q, "a pad width")) for p, q in widths)
    if any(width < 0 for pair in frozen for width in pair):
        raise ValueDomainError("pad widths cannot be negative")
    return frozen


def _constant(x: Node, widths: tuple[tuple[int, int], ...], constant_values: Any = 0) -> Node:
    if isinstance(constant_values, (int, float)) and constant_values == 0:
        return shapes.pad(x, widths=widths)
    values = _pairs(constant_values, x.ndim)
    for k, (pair, ends) in enumerate(zip(widths, values, strict=True)):
        x = _joined(x, k, *(_block(end, x, k, width) for end, width in zip(ends, pair, strict=True)))
    return x


def _pairs(values: Any, ndim: int) -> list[tuple[Any, Any]]:
    """One value, a pair, or a pair per axis."""
    if not isinstance(values, (tuple, list)):
        return [(values, values)] * ndim
    if all(isinstance(v, (tuple, list)) for v in values):
        rows = [tuple(v) * (2 if len(v) == 1 else 1) for v in values]
        return rows * ndim if len(rows) == 1 else rows
    return [tuple(values) * (2 if len(values) == 1 else 1)] * ndim


def _block(value: Any, x: Node, k: int, width: int) -> Node | None:
    if not width:
        return None
    node = as_node(value)
    node = node if node.dtype == x.dtype and not node.aval.weak else shapes.astype(node, dtype=x.dtype.name)
    return red.spread(node, tuple(width if j == k else n for j, n in enumerate(x.shape)))


def _joined(x: Node, k: int, before: Node | None, after: Node | None) -> Node:
    parts = [part for part in (before, x, after) if part is not None]
    return shapes.concatenate(*parts, axis=k) if len(parts) > 1 else x


def _along(x: Node, k: int, before: int, after: int, mode: str, kwargs: dict[str, Any]) -> Node:
    if mode in BY_INDEX:
        return _by_index(x, k, before, after, mode, **kwargs)
    if mode == "linear_ramp":
        return _ramp(x, k, before, after, **kwargs)
    if mode in BY_STATISTIC:
        return _statistic(x, k, before, after, BY_STATISTIC[mode], **kwargs)
    modes = ", ".join(("constant", *BY_INDEX, "linear_ramp", *BY_STATISTIC))
    raise UnsupportedError(f"pad with mode {mode!r}", help=f"modes are {modes}")


def _by_index(x: Node, k: int, before: int, after: int, mode: Any, reflect_type: str = "even") -> Node:
    n = x.shape[k]
    if reflect_type != "even" and mode in ("reflect", "symmetric"):
        return _turned(x, k, before, after, mode)
    if mode == "edge":
        first, last = (at(x, k, i) for i in (0, -1))
        return _joined(x, k, *(red.repeat(end, repeats=w, axis=k) if w else None for end, w in ((first, before), (last, after))))
    if not isinstance(n, int):
        return _mirrored(x, k, before, after, mode)
    check_size(n + before + after)
    index = np.pad(np.arange(n), (before, after), mode=mode)
    return getitem(x, (*[slice(None)] * k, index))


def _turned(x: Node, k: int, before: int, after: int, mode: str) -> Node:
    """With ``reflect_type="odd"``: what is mirrored is turned about the edge, too."""
    n, skip = x.shape[k], 1 if mode == "reflect" else 0
    if isinstance(n, int) and max(before, after) > n - skip:
        raise UnsupportedError("pad with reflect_type='odd' by more elements than there are", help="pad several times")
    mirrored, end = _mirrored(x, k, before, after, mode), None if after == 0 else -after
    first = 2 * at(x, k, 0) - cut(mirrored, k, 0, before) if before else None
    last = 2 * at(x, k, -1) - cut(mirrored, k, end, None) if after else None
    return _joined(x, k, first, last)


def _mirrored(x: Node, k: int, before: int, after: int, mode: str) -> Node:
    """As index arithmetic would, for an axis that is longer than the pads."""
    if mode == "wrap":
        ends = cut(x, k, -before, None) if before else None, cut(x, k, None, after) if after else None
        return _joined(x, k, *ends)
    skip = 1 if mode == "reflect" else 0
    first = shapes.flip(cut(x, k, skip, before + skip), axis=(k,)) if before else None
    last = shapes.flip(cut(x, k, -after - skip, -skip or None), axis=(k,)) if after else None
    return _joined(x, k, first, last)


def _ramp(x: Node, k: int, before: int, after: int, end_values: Any = 0) -> Node:
    ends = _pairs(end_values, x.ndim)[k]
    return _joined(x, k, _line(x, k, 0, before, ends[0]), _line(x, k, -1, after, ends[1]))


def _line(x: Node, k: int, edge: int, width: int, end: Any) -> Node | None:
    if not width:
        return None
    check_size(width)
    steps = np.arange(width) / width if edge == 0 else 1 - (np.arange(width) + 1) / width
    t = as_node(steps.reshape([width if j == k else 1 for j in range(x.ndim)]).astype(x.dtype if x.aval.inexact else float))
    line: Node = as_node(end) + (at(x, k, edge) - end) * t
    return line


def _statistic(x: Node, k: int, before: int, after: int, op: Callable[..., Node], stat_length: Any = None) -> Node:
    if stat_length is not None and not isinstance(stat_length, int):
        raise ArgumentError(f"stat_length must be one integer, not {stat_length!r}")
    first, last = (x, x) if stat_length is None else (cut(x, k, None, stat_length), cut(x, k, -stat_length, None))
    sides = ((op(part, axis=(k,), keepdims=True), w) for part, w in ((first, before), (last, after)))
    return _joined(x, k, *(red.repeat(value, repeats=w, axis=k) if w else None for value, w in sides))
