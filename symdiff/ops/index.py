"""Indices: integers, slices and integer arrays, one item per axis (missing ones are full slices).

What is known beforehand stands in the index itself; for an array of integers that is computed there is a `Hole`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import ArgumentError, OutOfBoundsError, ShapeError
from symdiff.graph.aval import broadcast
from symdiff.graph.dims import Dim, Length, Shape
from symdiff.graph.node import Literal

LONG = 1 << 20  # what a length that is a name is taken for, where only a long array has no gaps


class Slice(NamedTuple):
    """A slice that can be hashed; bounds may be symbolic lengths."""

    start: Dim | None = None
    stop: Dim | None = None
    step: int | None = None


@dataclass(frozen=True)
class Hole:
    """The place of an integer array that is computed: operand number `operand` of the row."""

    operand: int

    def __str__(self) -> str:
        return f"x{self.operand}"


@dataclass(frozen=True)
class Run:
    """A slice whose beginning is computed: ``first:first + length``, ``first:`` if it reaches to the end, or
    ``first:stop:step``.

    Whoever makes one knows that it lies within its axis.

    Attributes:
        first: the operand that is the first position; None for the first of all.
        counted: the operand that is the array 0, 1, 2, … of as many numbers: that is computed first if loops count.
        length: how many there are.
        to_end: whether the last of them is the last one of the axis.
        step: from each to the next.
        stop: the operand that is one more than the last position, where the step is not one.
    """

    first: int | None
    counted: int
    length: Dim
    to_end: bool = False
    step: int = 1
    stop: int | None = None

    def by(self, n: int) -> Run:
        """The same of a row whose operands come `n` places later."""
        first, stop = (None if k is None else k + n for k in (self.first, self.stop))
        return replace(self, first=first, counted=self.counted + n, stop=stop)


Item = int | Slice | Literal | Hole | Run
Index = tuple[Item, ...]


def is_slice(item: Item) -> bool:
    """Whether an item keeps its axis, whatever the others are."""
    return isinstance(item, (Slice, Run))


def renumbered(index: Index, by: int) -> Index:
    """The index of a row whose operands come `by` places later."""

    def moved(item: Item) -> Item:
        if isinstance(item, Hole):
            return Hole(item.operand + by)
        if isinstance(item, Run):
            return item.by(by)
        return item

    return tuple(map(moved, index))


def normalize_index(index: Any, shape: Shape) -> tuple[Index, tuple[int, ...]]:
    """The items of ``x[index]`` per axis of `x`, and the positions of the new axes in the result.

    A boolean array stands for the positions at which it holds, one array of integers for each of its axes.

    Raises:
        ArgumentError: for anything that is not a static index.
        ShapeError: for more items than axes, and for boolean arrays of another shape.
    """
    if type(index) is tuple and len(index) == len(shape) and all(type(item) is int for item in index):
        return index, ()  # an element, as most of what a loop reads
    items, ndim = [_as_item(item) for item in (index if isinstance(index, tuple) else (index,))], len(shape)
    used = sum(map(_axes_used, items))
    if used > ndim:
        raise ShapeError(f"{used} {'index' if used == 1 else 'indices'} for an array with {ndim or 'no'} {'axis' if ndim == 1 else 'axes'}", code="SD207")
    if sum(item is Ellipsis for item in items) > 1:
        raise ArgumentError("an index holds '...' twice")
    if not any(item is Ellipsis for item in items):
        items.append(Ellipsis)
    at = next(k for k, item in enumerate(items) if item is Ellipsis)
    items[at : at + 1] = [slice(None)] * (ndim - used)
    frozen: list[Item] = []
    for item in items:
        frozen += _selected(item, shape[len(frozen) :]) if _is_mask(item) else [] if item is None else [_freeze(item)]
    if not is_basic(tuple(frozen)) and any(item is None for item in items):
        raise ArgumentError("integer arrays and None in one index", help="index first, then insert the axis: x[i][:, None]")
    new, position = [], 0
    for item in items:
        if item is None:
            new.append(position)
        position += item is None or isinstance(item, slice)
    return tuple(frozen), tuple(new)


def _as_item(item: Any) -> Any:
    """Lists and constants as arrays; what is an index by itself stays."""
    if isinstance(item, Literal):
        return item.value
    is_array_like = isinstance(item, list) or (hasattr(item, "__array__") and not isinstance(item, (np.ndarray, np.generic)))
    return np.asarray(item) if is_array_like else item


def _is_mask(item: Any) -> bool:
    return isinstance(item, np.ndarray) and item.dtype == np.bool_ and item.ndim > 0


def _axes_used(item: Any) -> int:
    return item.ndim if _is_mask(item) else int(item is not None and item is not Ellipsis)


def _selected(mask: np.ndarray, shape: Shape) -> list[Item]:
    """The positions at which a boolean array holds, per axis."""
    lengths = shape[: mask.ndim]
    if any(isinstance(n, int) and n != m for n, m in zip(lengths, mask.shape, strict=True)):
        raise ShapeError(f"a boolean index of shape {mask.shape} does not fit axes of lengths {lengths}")
    return [Literal(k) for k in np.nonzero(mask)]


def _freeze(item: Any) -> Item:
    if isinstance(item, Hole):
        return item
    if isinstance(item, slice):
        return Slice(_bound(item.start), _bound(item.stop), _step(item.step))
    if isinstance(item, (bool, np.bool_)):
        raise ArgumentError("a boolean is not an index", help="use where(condition, a, b)")
    if isinstance(item, (int, np.integer)):
        return int(item)
    array = np.asarray(item)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise ArgumentError(
            f"an index must be integers or slices, not {array.dtype}", help="select with where(condition, a, b)"
        )
    return int(array) if array.ndim == 0 else Literal(array.astype(np.int64))


def _bound(value: Any) -> Dim | None:
    if value is None or isinstance(value, Length):
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise ArgumentError(f"a slice needs integers, not {value!r}")


def _step(value: Any) -> int | None:
    step = _bound(value)
    if isinstance(step, Length) or step == 0:
        raise ArgumentError(f"the step of a slice is a known integer other than 0, not {value!r}")
    return None if step == 1 else step


def is_basic(index: Index) -> bool:
    """Whether `index` has no integer arrays, so that no element is picked twice."""
    return not any(isinstance(item, (Literal, Hole, Run)) for item in index)


def indexed_shape(shape: Shape, index: Index, holes: tuple[Shape, ...] = ()) -> Shape:
    """The shape of ``x[index]``, by NumPy's rules for basic and advanced indices; `holes` are the operands' shapes."""
    sliced = [_length(n, item) for n, item in zip(shape, index, strict=True)]
    picked = [k for k, item in enumerate(index) if not is_slice(item)]
    for k in picked:
        _check_bounds(shape[k], index[k], k)
    lengths = [n for n in sliced if n is not None]
    if is_basic(index):
        return tuple(lengths)
    joint: Shape = ()
    for k in picked:
        joined = broadcast(joint, _item_shape(index[k], holes))
        if joined is None:
            raise ShapeError("the integer arrays of an index do not broadcast together")
        joint = joined
    together = bool(picked) and picked == list(range(picked[0], picked[-1] + 1))
    before = sum(n is not None for n in sliced[: picked[0]]) if together else 0
    return (*lengths[:before], *joint, *lengths[before:])


def starts(shape: Shape, index: Index) -> tuple[Dim, ...] | None:
    """Where the items of a basic index without steps begin on their axes; None for any other index."""
    found: list[Dim] = []
    for n, item in zip(shape, index, strict=True):
        if isinstance(item, (Literal, Hole, Run)) or (isinstance(item, Slice) and item.step is not None):
            return None
        start, stop = (item.start, item.stop) if isinstance(item, Slice) else (item, item)
        if isinstance(item, Slice) and isinstance(n, int) and not isinstance(start, Length) and not isinstance(stop, Length):
            start = slice(start, stop).indices(n)[0]
        found.append(_from_front(n, start, 0))
    return tuple(found)


def _item_shape(item: Item, holes: tuple[Shape, ...]) -> Shape:
    if isinstance(item, Hole):
        return holes[item.operand - 1]
    return item.value.shape if isinstance(item, Literal) else ()


def joint_axes(index: Index, holes: tuple[Shape, ...] = ()) -> int:
    """How many axes the integer arrays of an index have together."""
    return max((len(_item_shape(item, holes)) for item in index if not is_slice(item)), default=0)


def axes_before(index: Index) -> int | None:
    """How many axes stand before those of the integer arrays; None if these are apart, which puts them in front."""
    picked = [k for k, item in enumerate(index) if not is_slice(item)]
    if not picked:
        return 0
    return picked[0] if picked == list(range(picked[0], picked[-1] + 1)) else None


def leading_axes(index: Index, holes: tuple[Shape, ...] = ()) -> int:
    """How many axes of the result come first because integer arrays are apart in the index (NumPy's rule), else 0."""
    if is_basic(index) or axes_before(index) is not None:
        return 0
    return joint_axes(index, holes)


def as_slices_would(index: Index, arrays: Mapping[int, Shape]) -> bool:
    """Whether the axes of integer arrays come where those of slices do, and each array varies along one of its own.

    Args:
        index: the items, all others of which are numbers or slices.
        arrays: the shapes of those that are arrays, by their place in the index.
    """
    ndim = max(map(len, arrays.values()), default=0)
    long = [[k - len(shape) + ndim for k, n in enumerate(shape) if n != 1] for _, shape in sorted(arrays.items())]
    if not arrays or long != [[k] for k in range(ndim)]:
        return False
    first = axes_before(index) or 0  # also where they are apart: then they come in front of all slices
    return not any(is_slice(item) for item in index[first : max(arrays)])


def _check_bounds(n: Dim, item: Item, axis: int) -> None:
    if isinstance(item, Hole):  # NumPy checks where the code runs
        return
    if isinstance(n, int) and isinstance(item, int) and -n <= item < n:
        return
    values = item.value if isinstance(item, Literal) else np.array(item)
    if isinstance(n, int) and values.size and not (-n <= values.min() and values.max() < n):
        worst = values.max() if values.max() >= n else values.min()
        raise OutOfBoundsError(f"index {worst} is out of bounds for axis {axis} of length {n}")


def _length(n: Dim, item: Item) -> Dim | None:
    """How much of an axis of length `n` an item keeps; None if it picks something of it."""
    if isinstance(item, Run):
        return item.length
    return _slice_length(n, item) if isinstance(item, Slice) else None


def _slice_length(n: Dim, item: Slice) -> Dim:
    start, stop, step = item
    if isinstance(n, int) and not isinstance(start, Length) and not isinstance(stop, Length):
        return len(range(*slice(start, stop, step).indices(n)))
    if step == -1 and start is None and stop is None:
        return n
    if step is not None:
        raise ShapeError(f"a slice with step {step} needs an axis of known length, not {n}")
    length = _from_front(n, stop, n) - _from_front(n, start, 0)
    return 0 if isinstance(length, int) and length < 0 else length


def _from_front(n: Dim, bound: Dim | None, default: Dim) -> Dim:
    """Where `bound` lies, counted from the front; a declared length is taken to be long enough for it."""
    if bound is None:
        return default
    return n + bound if isinstance(bound, int) and bound < 0 else bound


def is_counted(values: np.ndarray) -> bool:
    """Whether an array of integers is 0, 1, 2, … along one axis, and has no other elements.

    >>> is_counted(np.array([[0], [1], [2]])), is_counted(np.array([[0, 1], [2, 3]]))
    (True, False)
    """
    return values.size in values.shape and np.array_equal(values.ravel(), np.arange(values.size))


def is_injective(shape: Shape, index: Index, holes: tuple[Shape, ...] = (), different: Iterable[int] = ()) -> bool:
    """Whether it is certain that an index picks no element twice: for each axis of its integer arrays, one of them has
    different values along it, and is the same along the others; or those that are known say it together.

    Args:
        shape: of what is indexed.
        index: the items.
        holes: the shapes of the arrays that are computed.
        different: those of them, by operand, of which it is known that no two elements are the same.
    """
    joint = indexed_shape(shape, index, holes)[(axes_before(index) or 0) :][: joint_axes(index, holes)]
    open_axes = {k - len(joint) for k, n in enumerate(joint) if n != 1}
    for item in index:
        alone = [k - len(s) for s in [_item_shape(item, holes)] for k, n in enumerate(s) if n != 1]
        differ = are_different(item.value) if isinstance(item, Literal) else isinstance(item, Hole) and item.operand in different
        if len(alone) == 1 and differ:
            open_axes.discard(alone[0])
    return not open_axes or _differ_together(shape, index, joint)


def _differ_together(shape: Shape, index: Index, joint: Shape) -> bool:
    """Whether the positions that are known, taken together, are different, as pairs above a diagonal are."""
    known = []
    for item, n in zip(index, shape, strict=True):
        if not isinstance(item, Literal) or not item.value.size:
            continue
        values = item.value % n if isinstance(n, int) and n else item.value
        if values.min() >= 0 or values.max() < 0:  # else one from the end might be one from the front
            known.append(values - values.min())
    if not known or np.broadcast_shapes(*(values.shape for values in known)) != joint:
        return False
    key, *others = np.broadcast_arrays(*known)
    for values in others:
        key = key * (values.max() + 1) + values
    return len(np.unique(key)) == key.size


def are_different(values: np.ndarray) -> bool:
    """Whether an array holds no position twice; one that counts from the end might be the same as another."""
    return bool(values.min(initial=0) >= 0) and len(np.unique(values)) == values.size


def cover(indices: Sequence[Sequence[Slice]], shape: Shape) -> bool:
    """Whether slices along one axis lie side by side from end to end; a length that is a name is taken to be long.

    >>> cover([(Slice(1, None),), (Slice(None, -1),)], (5,)), cover([(Slice(1, None),)], (5,))
    (True, False)
    """
    axes = {k for index in indices for k, item in enumerate(index) if item != Slice()}
    if len(axes) != 1:
        return False
    [axis] = axes
    length, items = shape[axis], [index[axis] for index in indices]
    n = length if isinstance(length, int) else LONG
    reached = 0
    for start, stop, step in sorted(slice(*item).indices(n) for item in items if _is_known(item)):
        if start > reached or step != 1:
            return False
        reached = max(reached, stop)
    return reached >= n


def lies_in(part: Index, whole: Index, shape: Shape) -> bool:
    """Whether all that one index picks is picked by another one; said of whole axes and of known places alone.

    >>> lies_in((0,), (Slice(None, -3),), (5,)), lies_in((Slice(1, None),), (Slice(None, -3),), (5,))
    (True, False)
    """
    if not (is_basic(part) and is_basic(whole)):
        return False
    for p, q, n in zip(part, whole, shape, strict=True):
        if q == Slice() or p == q:
            continue
        inner, outer = places(p, n), places(q, n)
        if inner is None or outer is None or not are_among(inner, outer):
            return False
    return True


def are_among(inner: range, outer: range) -> bool:
    """Whether all of `inner` are in `outer`; of long ranges as quickly as of short ones."""
    if len(inner) < 2:
        return all(k in outer for k in inner)
    return inner[0] in outer and inner[-1] in outer and inner.step % outer.step == 0


def places(item: Item, n: Dim) -> range | None:
    """The places along an axis that an item picks, if they are known.

    >>> places(-1, 5), places(Slice(1, None, 2), 5)
    (range(4, 5), range(1, 5, 2))
    """
    if not isinstance(n, int):
        return None
    if isinstance(item, int):
        return range(item % n, item % n + 1)
    return range(*slice(*item).indices(n)) if isinstance(item, Slice) and _is_known(item) else None


def outside(index: Sequence[Slice], shape: Shape) -> list[tuple[Slice, ...]] | None:
    """What a slice along one axis leaves on either side of it; None if there are several axes, or it has gaps.

    >>> [tuple(place[0]) for place in outside((Slice(1, 4), Slice()), (5, 2))]
    [(None, 1, None), (4, None, None)]
    """
    cut = [k for k, item in enumerate(index) if item != Slice()]
    n = shape[cut[0]] if len(cut) == 1 else None
    inner = places(index[cut[0]], n) if isinstance(n, int) else None
    if not inner or inner.step != 1:
        return None
    sides = [Slice(None, inner[0])] * (inner[0] > 0) + [Slice(inner[-1] + 1, None)] * (inner[-1] + 1 != n)
    return [tuple(side if k == cut[0] else item for k, item in enumerate(index)) for side in sides]


def _is_known(item: Slice) -> bool:
    return all(bound is None or isinstance(bound, int) for bound in item)
