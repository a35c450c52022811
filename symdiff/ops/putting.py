"""``y[i] = v`` with integers that are computed: an array with one part replaced."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError, UnsupportedError
from symdiff.graph.aval import Aval, broadcast
from symdiff.graph.dims import Shape, show_shape
from symdiff.graph.node import Node, Tangents, constant
from symdiff.graph.op import Op
from symdiff.ops.batching import aligned, is_stacked, stacked
from symdiff.ops.families import linear
from symdiff.ops.gathering import gather
from symdiff.ops.index import Hole, Index, Slice, indexed_shape
from symdiff.ops.index_text import index_template
from symdiff.ops.reductions import spread

FIRST = 2  # the operand that is the first integer: the array and the part come before


def _infer(x: Aval, part: Aval, *positions: Aval, index: Index) -> Aval:
    for p in positions:
        if p.kind not in "iu" or p.shape:
            raise DTypeError(f"the place of one part is an integer, not {p!r}")
    place = indexed_shape(x.shape, read_index(index), tuple(p.shape for p in positions))
    if broadcast(part.shape, place) != place:
        raise ShapeError(f"cannot put {part!r} where the shape is [{show_shape(place)}]")
    return Aval(x.dtype, x.shape)


def read_index(index: Index) -> Index:
    """The index by which `gather` reads what `put` has put at `index`."""
    return tuple(Hole(item.operand - FIRST + 1) if isinstance(item, Hole) else item for item in index)


def put_index(index: Index) -> Index:
    """The index by which `put` puts where `gather` reads at `index`."""
    return tuple(Hole(item.operand + FIRST - 1) if isinstance(item, Hole) else item for item in index)


def _transpose(i: int, g: Node, x: Node, part: Node, *positions: Node, index: Index) -> Node | None:
    if i == 0:
        return put(g, constant(g.dtype.type(0)), *positions, index=index)
    return gather(g, *positions, index=read_index(index)) if i == 1 else None


def _jvp(tangents: Tangents, node: Node) -> Node:
    """The same of the tangents of the array and of the part, at the same place."""
    zero = constant(node.dtype.type(0))
    x, part = (spread(zero, y.shape) if t is None else t for t, y in zip(tangents, node.inputs[:FIRST], strict=False))
    return put(x, part, *node.inputs[FIRST:], **node.kwargs)


def _batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    if any(is_stacked(node, inputs, i) for i in range(FIRST, len(inputs))):
        raise UnsupportedError("a stack of places cannot be put into", help="np.where(k == i, v, y) puts v at i")
    x, part = stacked(node, inputs, lead)[:FIRST]
    index = node.kwargs["index"]
    ndim = len(indexed_shape(node.shape, read_index(index), tuple(() for _ in inputs[FIRST:])))
    return put(x, aligned(part, len(lead), ndim), *inputs[FIRST:], index=(Slice(),) * len(lead) + index)


def _samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=4), rng.normal(), np.array(2)), {"index": (Hole(2),)}
    yield (rng.normal(size=(3, 4)), rng.normal(size=4), np.array(-1)), {"index": (Hole(2), Slice())}
    yield (rng.normal(size=(3, 4)), rng.normal(size=2), np.array(1)), {"index": (Slice(1, 3), Hole(2))}


put: Op = linear("put", None, transpose=_transpose, variadic=True, jvp=_jvp, integers=True, doc="The first input with the second in the place of a part, whose position is computed.",
        infer=_infer, batch=_batch, edits=lambda node: (f"target[{index_template(node.kwargs['index'])}] = x1",), hint="out", samples=_samples)  # fmt: skip
