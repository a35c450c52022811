"""Elements at positions: what is known of positions that only count, and sums over what was scattered."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.graph.dims import Shape
from symdiff.graph.loop import counting
from symdiff.graph.node import Literal, Node
from symdiff.ops import elementwise as ew, gathering, reductions as red, shapes
from symdiff.ops.assignment import assign
from symdiff.ops.contraction import einsum, split_subscripts
from symdiff.ops.index import Hole, Index, Item, Run, Slice, as_slices_would, axes_before, is_counted, joint_axes
from symdiff.ops.putting import FIRST, put
from symdiff.ops.signal import correlate
from symdiff.ops.windows import windows, windows_behind
from symdiff.rewrite.rule import BITS, REAL, Rule


@BITS.on("offsets-of-integers", ew.add, ew.subtract, why="integers are added exactly", among=(ew.add, ew.subtract))
def _offsets_of_integers(node: Node) -> Node | None:
    """``i + 1 - 1`` is i, ``i + 2 - 1`` is ``i + 1``."""
    x, more = node.inputs
    if node.aval.kind != "i" or x.op not in (ew.add, ew.subtract) or x.inputs[0].aval is not node.aval:
        return None
    first, second = (_whole(each) for each in (x.inputs[1], more))
    if first is None or second is None:
        return None
    total = (-first if x.op is ew.subtract else first) + (-second if node.op is ew.subtract else second)
    return x.inputs[0] if not total else x.inputs[0] + total if total > 0 else x.inputs[0] - -total


def _whole(x: Node) -> int | None:
    """An integer that is known, if `x` is one."""
    literal = x.literal
    return int(literal.value) if literal is not None and literal.scalar is not None and x.aval.kind == "i" else None


@BITS.on(
    "picked-from-number", shapes.getitem, gathering.gather, gathering.take_along, gathering.reorder, shapes.flip,
    shapes.roll, shapes.permute, shapes.reshape, shapes.squeeze, shapes.diagonal,
)  # fmt: skip
def _picked_from_number(node: Node) -> Node | None:
    """Of an array that is one number everywhere, any elements in any order are that number."""
    x = node.inputs[0]
    if x.op is not red.broadcast_to or x.inputs[0].shape:
        return None
    return red.spread(x.inputs[0], node.shape)


@BITS.on("converted-number", shapes.astype)
def _converted_number(node: Node) -> Node | None:
    """One number is converted once."""
    x = node.inputs[0]
    if x.op is not red.broadcast_to or x.inputs[0].shape:
        return None
    return red.spread(shapes.astype(x.inputs[0], **node.kwargs), node.shape)


@BITS.on("counted-positions", gathering.gather)
def _counted_positions(node: Node) -> Node | None:
    """Constant positions 0, 1, 2, … have a name."""
    inputs = [node.inputs[0], *map(_named, node.inputs[1:])]
    return None if inputs == list(node.inputs) else node.op(*inputs, **node.kwargs)


@REAL.on("scatter-to-counted", gathering.scatter_add, why="differs in the sign of a zero only")
def _scatter_to_counted(node: Node) -> Node | None:
    """What is put at positions that only count is assigned, as none comes twice."""
    return _counted_positions.apply(node)


@BITS.on("known-positions", gathering.gather)
def _known_positions(node: Node) -> Node | None:
    """One position after the other, all of them known, is a slice."""
    x, *places = node.inputs
    index, n = node.kwargs["index"], x.shape[0] if x.ndim else 0
    literal = places[0].literal if len(places) == 1 else None
    if literal is None or literal.value.ndim != 1 or literal.value.size < 2 or not isinstance(n, int):
        return None
    first, last, steps = int(literal.value[0]), int(literal.value[-1]), set(np.diff(literal.value).tolist())
    if (
        index != (Hole(1), *(Slice(),) * (x.ndim - 1))
        or len(steps) != 1
        or min(first, last) < 0
        or max(first, last) >= n
    ):
        return None
    [step] = steps
    if step == 1:
        return x if (first, last) == (0, n - 1) else shapes.getitem(x, index=(Slice(first, last + 1), *index[1:]))
    if step == -1 and (first, last) == (n - 1, 0):
        return shapes.flip(x, axis=(0,))
    return None


@BITS.on("named-positions", gathering.gather)
def _named_positions(node: Node) -> Node | None:
    """``x[np.arange(n)]`` is x, or a slice of it, forwards or backwards."""
    x, *places = node.inputs
    index = node.kwargs["index"]
    if len(places) != 1 or places[0].ndim != 1 or index[0] != Hole(1) or any(item != Slice() for item in index[1:]):
        return None
    [place] = places
    if place.op is shapes.flip:
        return shapes.flip(node.op(x, place.inputs[0], **node.kwargs), axis=(0,))
    first = 0
    if place.op is ew.add and (number := place.inputs[1].literal) is not None and number.scalar is not None:
        first, place = int(number.scalar.real), place.inputs[0]
    rest = x.shape[0] - place.shape[0] - first if place.op is gathering.positions else -1
    if not isinstance(rest, int) or rest < 0 or first < 0:
        return None
    return shapes.getitem(x, index=(Slice(first or None, -rest or None), *index[1:])) if first or rest else x


@BITS.on("counted-at-place", gathering.gather, why="the number at place k of 0, 1, 2, … is k")
def _counted_at_place(node: Node) -> Node | None:
    """``np.arange(5, 5 + len(x))[np.argmax(x)]`` is ``np.argmax(x) + 5``."""
    x, *places = node.inputs
    if x.ndim != 1 or len(places) != 1 or places[0].op is not red.argmax or places[0].aval is not node.aval:
        return None
    counted, k = counting(x), places[0]
    if counted is None or counted[1] != 1 or k.inputs[0].shape != x.shape:
        return None
    return k + counted[0] if counted[0] else k


@BITS.on("counted-block", gathering.gather, shapes.getitem, why="positions that count one after the other are a slice")
def _counted_block(node: Node) -> Node | None:
    """``x[np.arange(3)[:, None], np.arange(1, 4)]`` is ``x[:3, 1:4]``."""
    x, index = node.inputs[0], node.kwargs["index"]
    block = _block(node, index, x.shape)
    if block is None:
        return None
    places, items = block
    if places:
        return gathering.gather(x, *places, index=items)
    return x if all(item == Slice() for item in items) else shapes.getitem(x, index=items)


@REAL.on("scatter-to-block", gathering.scatter_add, shapes.scatter, why="differs in the sign of a zero only")
def _scatter_to_block(node: Node) -> Node | None:
    """What is put at positions that count one after the other is put into a slice."""
    g, shape = node.inputs[0], node.kwargs["shape"]
    block = _block(node, node.kwargs["index"], shape)
    if block is None or not g.shape:
        return None
    places, items = block
    if places:
        return gathering.scatter_add(g, *places, index=items, shape=shape)
    return g if all(item == Slice() for item in items) else shapes.scatter(g, shape=shape, index=items)


def _block(node: Node, index: Index, shape: Shape) -> tuple[list[Node], Index] | None:
    """The operands and items of an index with slices for all of its arrays, which count; None if there are others."""
    arrays = {k: values for k, item in enumerate(index) if (values := _positions_of(node, item)) is not None}
    others = [
        i for k, i in enumerate(index) if k not in arrays and isinstance(i, Hole) and node.inputs[i.operand].shape
    ]
    if (
        others
        or any(isinstance(item, Run) for item in index)
        or not as_slices_would(index, {k: values.shape for k, values in arrays.items()})
    ):
        return None
    if any(not values.size for values in arrays.values()):
        return None
    places, items = list[Node](), list[Item]()
    for k, (item, n) in enumerate(zip(index, shape, strict=True)):
        if k in arrays:
            first, last = int(arrays[k].flat[0]), int(arrays[k].flat[-1])
            if not isinstance(n, int) or first < 0 or last >= n or set(np.diff(arrays[k].ravel()).tolist()) != {1}:
                return None
            items.append(Slice() if (first, last) == (0, n - 1) else Slice(first, last + 1))
        elif isinstance(item, Hole):
            places.append(node.inputs[item.operand])
            items.append(Hole(len(places)))
        else:
            items.append(item)
    return places, tuple(items)


def _positions_of(node: Node, item: Any) -> np.ndarray | None:
    """The array of positions that an item picks, if it is known, also by its name."""
    place = node.inputs[item.operand] if isinstance(item, Hole) else None
    x = place
    while x is not None and x.op in (shapes.expand_dims, shapes.reshape):
        x = x.inputs[0]
    if x is not None and place is not None and x.op is gathering.positions and isinstance(x.shape[0], int):
        return np.arange(x.shape[0]).reshape([int(str(n)) for n in place.shape])
    values = _known(node, item)
    return values if values is not None and values.ndim else None


def _named(x: Node) -> Node:
    literal = x.literal
    if literal is None or not is_counted(literal.value):
        return x
    counted = gathering.positions(n=literal.value.size)
    return counted if x.ndim == 1 else shapes.reshape(counted, shape=x.shape)


@REAL.on("sum-of-scattered", red.sum_, why="zeros need not be added")
def _sum_of_scattered(node: Node) -> Node | None:
    """The sum over the axes along which elements were put at positions is the sum of the elements."""
    x, axis = node.inputs[0], node.kwargs["axis"]
    if not x.inputs or not x.inputs[0].shape:
        return None
    if x.op is gathering.add_along and x.kwargs["axis"] in axis:
        return red.sum_(x.inputs[0], **node.kwargs)
    if x.op not in (shapes.scatter, gathering.scatter_add):
        return None
    index: Index = x.kwargs["index"]
    joint = joint_axes(index, tuple(p.shape for p in x.inputs[1:]))
    kept = [k for k in range(x.ndim) if k not in axis]
    picked = [k for k in kept if index[k] != Slice()]
    if not joint or (picked and (len(picked) > 1 or joint > 1 or not _is_everything(x, picked[0]))):
        fewer = _without_axes(x, axis)
        return shapes.expand_dims(fewer, axis=axis) if fewer is not None and node.kwargs["keepdims"] else fewer
    labels = _axes_of_elements(index, joint)
    if picked:  # its positions are those of the elements
        labels = [picked[0] if label == "joint" else label for label in labels]
    gone = tuple(k for k, label in enumerate(labels) if label not in kept)
    total = red.sum_(x.inputs[0], axis=gone, keepdims=False) if gone else x.inputs[0]
    left = [label for label in labels if label in kept]
    total = shapes.permute(total, axes=tuple(left.index(k) for k in kept)) if left != kept else total
    return shapes.expand_dims(total, axis=axis) if node.kwargs["keepdims"] else total


def _without_axes(x: Node, axis: tuple[int, ...]) -> Node | None:
    """Elements put at positions, summed over some of the axes that they were put along: put at the other positions."""
    index: Index = x.kwargs["index"]
    holes = [k for k, item in enumerate(index) if isinstance(item, Hole)]
    left = [k for k in holes if k not in axis]
    if x.op is not gathering.scatter_add or holes != list(range(len(holes))) or not left or not set(axis) <= set(holes):
        return None
    places = [x.inputs[index[k].operand] for k in left]  # type: ignore[union-attr]
    if any(item != Slice() for item in index[len(holes) :]):
        return None
    shapes_of, joint = {p.shape for p in x.inputs[1:]}, max((p.shape for p in places), key=len)
    if not shapes_of <= {(), joint}:  # a number is at every place of an array
        return None
    new = (*(Hole(1 + k) for k in range(len(left))), *index[len(holes) :])
    shape = tuple(n for k, n in enumerate(x.shape) if k not in axis)
    return gathering.scatter_add(x.inputs[0], *places, index=new, shape=shape)


def _is_everything(x: Node, axis: int) -> bool:
    """Whether the positions along an axis are 0, 1, 2, … to its end."""
    item, n = x.kwargs["index"][axis], x.shape[axis]
    if isinstance(item, Hole):
        positions = x.inputs[item.operand]
        return positions.op is gathering.positions and positions.shape == (n,)
    return hasattr(item, "value") and is_counted(item.value) and item.value.size == n


def _axes_of_elements(index: Index, joint: int) -> list[int | str]:
    """What the axes of the elements are: axes of the array that they are put into, or those of the integer arrays."""
    before = axes_before(index) or 0
    sliced: list[int | str] = [k for k, item in enumerate(index) if isinstance(item, Slice)]
    return [*sliced[:before], *["joint"] * joint, *sliced[before:]]


@BITS.on("written-either-way", ew.where, why="one array is written, whatever the condition says")
def _written_either_way(node: Node) -> Node | None:
    """``y[i] = a if c else b`` rather than a choice between two arrays; the places may depend on c, too."""
    condition, yes, no = node.inputs
    if condition.shape or yes.op is not no.op or yes.op not in (put, assign) or yes.params != no.params:
        return None
    pairs = list(zip(yes.inputs, no.inputs, strict=True))
    places = pairs[FIRST:] if yes.op is put else []
    if yes.inputs[0] is not no.inputs[0] or any(a.aval is not b.aval for a, b in places):
        return None
    return yes.op(*[ew.where(condition, a, b) if a is not b else a for a, b in pairs], **yes.kwargs)


@BITS.on("either-of-equals", ew.where, why="where two integers are equal, one of them is the other")
def _either_of_equals(node: Node) -> Node | None:
    """``i if i == j else j`` is j."""
    condition, yes, no = node.inputs
    same = condition.op in (ew.equal, ew.not_equal) and set(condition.inputs) == {yes, no}
    if not same or yes.aval is not no.aval or yes.aval.kind not in "iu":
        return None
    return no if condition.op is ew.equal else yes


@BITS.on(
    "counted-windows", shapes.getitem, gathering.gather,
    why="rows of positions, each one further than the last, are windows",
)  # fmt: skip
def _counted_windows(node: Node) -> Node | None:
    """``x[np.arange(4)[:, None] + np.arange(3)]`` is what sliding_window_view shows."""
    x, index = node.inputs[0], node.kwargs["index"]
    axes = [k for k, item in enumerate(index) if item != Slice()]
    places = _known(node, index[axes[0]]) if len(axes) == 1 else None
    if places is None or places.ndim != 2 or min(places.shape) < 2:
        return None
    [k], (count, length), first = axes, places.shape, int(places[0, 0])
    n, stop = x.shape[k], first + count + length - 1
    if first < 0 or not isinstance(n, int) or stop > n:
        return None
    if np.any(places != np.arange(first, first + count)[:, None] + np.arange(length)):
        return None
    part = shapes.getitem(x, index=tuple(Slice(first, stop) if j == k else Slice() for j in range(x.ndim)))
    return windows_behind(x if stop - first == n else part, length, k)


def _known(node: Node, item: Any) -> np.ndarray | None:
    """The positions that an item of an index picks, if they are an array of integers that is known."""
    literal = node.inputs[item.operand].literal if isinstance(item, Hole) else item
    known = isinstance(literal, Literal) and literal.value.dtype.kind in "iu"
    return literal.value if known else None  # type: ignore[union-attr]


@REAL.on("correlation", einsum, why="the same products, added up in another order")
def _correlation(node: Node) -> Node | None:
    """The windows of a vector times a vector are a correlation."""
    for x, v in (node.inputs, node.inputs[::-1]):
        if x.op is not windows or x.ndim != 2 or v.shape != x.shape[1:] or v.aval.kind != "f" or x.aval.kind != "f":
            continue
        a, b, out = split_subscripts(node.kwargs["subscripts"])
        labels, kernel = (a, b) if x is node.inputs[0] else (b, a)
        if labels == out + kernel and out != kernel:
            return correlate(x.inputs[0], v, mode="valid")
    return None


RULES: tuple[Rule, ...] = (
    _offsets_of_integers,
    _written_either_way,
    _either_of_equals,
    _picked_from_number,
    _converted_number,
    _known_positions,
    _named_positions,
    _counted_positions,
    _counted_at_place,
    _scatter_to_counted,
    _sum_of_scattered,
    _counted_windows,
    _counted_block,
    _scatter_to_block,
    _correlation,
)
