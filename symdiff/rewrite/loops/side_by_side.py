"""One function of several parts of an array that lie side by side is taken of all of them at once.

The gates of a recurrent net are four parts of one vector: three sigmoids of 32 elements take three times as long as one
of 96, for what a call costs beside its work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from symdiff.graph.dims import nominal_size
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.graph.walk import substitute, toposort
from symdiff.ops.index import Slice
from symdiff.ops.shapes import getitem

SMALL = 2**12  # elements of parts that are taken together; of larger ones a call costs nothing beside its work

Span = tuple[int, int]


def side_by_side(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """A function of elements, of parts of one array that lie side by side, is taken of all of them at once."""
    groups: dict[tuple[Op, tuple[tuple[str, object], ...], Node, int], dict[Node, Span]] = {}
    for node in toposort(loop.body.outputs):
        if node.op.family != "elementwise" or len(node.inputs) != 1 or nominal_size(node.shape) > SMALL:
            continue
        if (found := _part(node.inputs[0])) is not None:
            axis, span = found
            groups.setdefault((node.op, node.params, node.inputs[0].inputs[0], axis), {})[node] = span
    new: dict[Node, Node] = {}
    for (op, params, x, axis), parts in groups.items():
        for run in _runs(parts):
            first, last = run[0][1][0], run[-1][1][1]
            whole = Node(op, (_cut(x, axis, (first, last)),), params)
            new |= {node: _cut(whole, axis, (start - first, stop - first)) for node, (start, stop) in run}
    if not new:
        return None
    body = replace(loop.body, outputs=tuple(substitute(loop.body.outputs, new)))
    parts_now = replace(loop, body=body).node.parts
    return {k: parts_now[k] for k in used}


def _part(x: Node) -> tuple[int, Span] | None:
    """Along which axis, from where and up to where `x` is a part of an array, if it is one as a whole along others."""
    if x.op is not getitem:
        return None
    index, shape = x.kwargs["index"], x.inputs[0].shape
    cut = [k for k, item in enumerate(index) if item != Slice()]
    if len(cut) != 1 or not isinstance(item := index[cut[0]], Slice) or item.step not in (None, 1):
        return None
    n = shape[cut[0]]
    if not isinstance(n, int) or not all(isinstance(bound, int | None) for bound in (item.start, item.stop)):
        return None
    start, stop, _ = slice(item.start, item.stop).indices(n)
    return (cut[0], (start, stop)) if start < stop else None


def _runs(parts: dict[Node, Span]) -> Iterable[list[tuple[Node, Span]]]:
    """Two parts or more of which each begins where the one before it ends; none where parts overlap."""
    order = sorted(parts.items(), key=lambda part: part[1])
    if any(a[1] > b[0] for (_, a), (_, b) in pairwise(order)):
        return []
    runs: list[list[tuple[Node, Span]]] = []
    for part in order:
        if runs and runs[-1][-1][1][1] == part[1][0]:
            runs[-1].append(part)
        else:
            runs.append([part])
    return [run for run in runs if len(run) > 1]


def _cut(x: Node, axis: int, span: Span) -> Node:
    """The part of `x` along an axis."""
    if span == (0, x.shape[axis]):
        return x
    index = tuple(Slice(*span) if k == axis else Slice() for k in range(x.ndim))
    return getitem(x, index=index)
