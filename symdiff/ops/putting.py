"""``y[i] = v`` with integers that are computed: an array with one part replaced.

Whoever puts a part at arrays of positions knows that none of them comes twice.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError, UnsupportedError
from symdiff.graph.aval import Aval, broadcast
from symdiff.graph.dims import Shape, show_shape
from symdiff.graph.element import Elements
from symdiff.graph.node import Node, Tangents, as_node, constant
from symdiff.graph.op import Op
from symdiff.ops import array_bounds, elements
from symdiff.ops.assignment import assign
from symdiff.ops.batching import aligned, is_stacked, stacked
from symdiff.ops.elementwise import equal, logical_and, mod, not_equal, where
from symdiff.ops.families import linear
from symdiff.ops.gathering import gather, positions, scatter_add
from symdiff.ops.index import Hole, Index, Slice, indexed_shape, leading_axes, renumbered
from symdiff.ops.index_text import index_template
from symdiff.ops.links import Moves, at, put_at
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import expand_dims, getitem

FIRST = 2  # the operand that is the first integer: the array and the part come before


def _infer(x: Aval, part: Aval, *positions: Aval, index: Index) -> Aval:
    for p in positions:
        if p.kind not in "iu":
            raise DTypeError(f"the place of a part is given by integers, not {p!r}")
    place = indexed_shape(x.shape, read_index(index), tuple(p.shape for p in positions))
    if broadcast(part.shape, place) != place:
        raise ShapeError(f"cannot put {part!r} where the shape is [{show_shape(place)}]")
    return Aval(x.dtype, x.shape)


def read_index(index: Index) -> Index:
    """The index by which `gather` reads what `put` has put at `index`."""
    return renumbered(index, 1 - FIRST)


def put_index(index: Index) -> Index:
    """The index by which `put` puts where `gather` reads at `index`."""
    return renumbered(index, FIRST - 1)


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
        return _at_places(node, inputs, lead)
    x, part = stacked(node, inputs, lead)[:FIRST]
    index, places = node.kwargs["index"], tuple(p.shape for p in inputs[FIRST:])
    if leading_axes(read_index(index), places):
        raise UnsupportedError("a stack of arrays with parts at positions of which some are apart in the index")
    ndim = len(indexed_shape(node.shape, read_index(index), places))
    return put(x, aligned(part, len(lead), ndim), *inputs[FIRST:], index=(Slice(),) * len(lead) + index)


def _at_places(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """A stack of places: in each item an element is the part's where its position is that of the place."""
    x, part = stacked(node, inputs, lead)[:FIRST]
    b, index, places = len(lead), node.kwargs["index"], tuple(() for _ in inputs[FIRST:])
    if any(p.shape for p in node.inputs[FIRST:]):
        return _among_zeros(node, (x, part, *inputs[FIRST:]), lead)
    if not all(isinstance(item, (int, Slice, Hole)) for item in index):
        raise UnsupportedError("a stack of places beside an index array", help="write np.where(k == i, v, y)")
    part = aligned(part, b, len(indexed_shape(node.shape, read_index(index), places)))
    part = expand_dims(part, axis=tuple(b + k for k, item in enumerate(index) if not isinstance(item, Slice)))
    box = (Slice(),) * b + tuple(_box(item) for item in index)
    inner = getitem(x, index=box)
    at = [_is_at(inputs[item.operand], k, node) for k, item in enumerate(index) if isinstance(item, Hole)]
    mask = reduce(logical_and, at)
    new = where(mask, part, inner)
    return new if all(item == Slice() for item in box) else assign(x, new, indices=(box,))


def _among_zeros(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """A stack of arrays of places: the parts among zeros, and the array where nothing is put."""
    x, part, *places = inputs
    index, n = read_index(node.kwargs["index"]), len(lead)
    place = indexed_shape(node.shape, index, tuple(p.shape for p in node.inputs[FIRST:]))
    part = spread(aligned(part, n, len(place)), (*lead, *place))

    one = scatter_add(spread(node.inputs[1], place), *node.inputs[FIRST:], shape=node.shape, index=index)

    def among(values: Node) -> Node:
        stack = scatter_add.batch(one, (values, *places), lead) if scatter_add.batch is not None else None
        assert isinstance(stack, Node)
        return stack

    ones = spread(constant(node.dtype.type(1)), (*lead, *place))
    return where(not_equal(among(ones), 0), among(part), x)


def _is_at(place: Node, k: int, node: Node) -> Node:
    """Where along axis `k` of the array the `place` is, one for each item of the stack."""
    n, behind = node.shape[k], node.ndim - k - 1
    here = expand_dims(positions(n=n), axis=tuple(range(1, 1 + behind))) if behind else positions(n=n)
    return equal(here, expand_dims(mod(place, as_node(n)), axis=tuple(range(place.ndim, place.ndim + node.ndim))))


def _box(item: int | Slice | Hole) -> Slice:
    """What `item` picks, with its axis: all of it for a place that is computed."""
    if isinstance(item, int):
        return Slice(item, item + 1 or None)
    return Slice() if isinstance(item, Hole) else item


def _elements(node: Node) -> Elements:
    return elements.put(node, read_index(node.kwargs["index"]), FIRST)


def _samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=4), rng.normal(), np.array(2)), {"index": (Hole(2),)}
    yield (rng.normal(size=(3, 4)), rng.normal(size=4), np.array(-1)), {"index": (Hole(2), Slice())}
    yield (rng.normal(size=(3, 4)), rng.normal(size=2), np.array(1)), {"index": (Slice(1, 3), Hole(2))}
    yield (rng.normal(size=(3, 4)), rng.normal(size=2), np.array([2, 0])), {"index": (Hole(2), 1)}


def _put(x: np.ndarray, part: np.ndarray, *positions: np.ndarray, index: Index) -> np.ndarray:
    return put_at(x, part, at(read_index(index), positions))


put: Op = linear("put", None, transpose=_transpose, variadic=True, jvp=_jvp, integers=True, facts=array_bounds.replaced, doc="The first input with the second in the place of a part, whose position is computed.",
        links=Moves(_put, positions=FIRST), infer=_infer, batch=_batch, edits=lambda node: (f"target[{index_template(node.kwargs['index'])}] = x1",),
        symbol=lambda node: f"x0, [{index_template(node.kwargs['index'])}] = x1", hint="out", element=_elements, samples=_samples)  # fmt: skip
