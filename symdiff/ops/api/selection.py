"""Selection, rounding, indexing."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import DTypeError, UnsupportedError, ValueDomainError
from symdiff.graph.dims import Dim, Length
from symdiff.graph.node import INPUT, Literal, Node, as_node, constant
from symdiff.ops import elementwise as ew, gathering, shapes
from symdiff.ops.api.convert import asarray, refuse_out, static_int
from symdiff.ops.api.shapes import ravel
from symdiff.ops.axes import normalize_axis
from symdiff.ops.index import Hole, Index, Item, Slice, indexed_shape, normalize_index
from symdiff.ops.table import numpy_function

MOST_IN_LINE = 32  # positions that stand in an index


@numpy_function("where", np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Node:
    """x where the condition holds, else y; the other side contributes nothing, not even nan."""
    if x is None or y is None:
        raise UnsupportedError(
            "how many positions where(condition) gives is not known beforehand",
            help="write where(condition, x, y)", code="SD602",
        )
    c = as_node(condition)
    x, y = (asarray(v) if isinstance(v, (list, tuple)) else v for v in (x, y))
    return ew.where(c if c.aval.kind == "b" else ew.not_equal(c, 0), x, y)


@numpy_function("clip", np.clip, method=True)
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: None = None, *, min: Any = None, max: Any = None) -> Node:
    """minimum(maximum(a, a_min), a_max); either bound may be None."""
    refuse_out(out)
    a_min, a_max = (a_min if min is None else min), (a_max if max is None else max)
    if a_min is None and a_max is None:
        return asarray(a)
    if a_min is None or a_max is None:
        lower = as_node(a) if a_min is None else ew.maximum(a, a_min)
        return lower if a_max is None else ew.minimum(lower, a_max)
    return ew.clip(a, a_min, a_max)


@numpy_function("round", np.round, "around", method=True)
def round_(a: Any, decimals: int = 0, out: None = None) -> Node:
    """To the given number of decimals, halves to even."""
    refuse_out(out)
    if decimals == 0:
        return ew.rint(a)
    x, scale = as_node(a), 10.0**decimals
    if x.aval.kind not in "iu":
        return ew.rint(x * as_node(scale)) / scale
    return x if decimals > 0 else shapes.astype(ew.rint(x * scale) / scale, dtype=x.dtype.name)


@numpy_function("reciprocal", np.reciprocal)
def reciprocal(x: Any) -> Node:
    """1 / x; of integers without what is left over."""
    x = as_node(x)
    return ew.where(ew.equal(ew.absolute(x), 1), x, x * 0) if x.aval.kind in "iu" and not x.aval.weak else ew.divide(1, x)


@numpy_function("polygamma", "scipy.special.polygamma")
def polygamma(n: int, x: Any) -> Node:
    """n-th derivative of digamma."""
    return ew.polygamma(x, n=static_int(n, "the order"))


def getitem(a: Any, index: Any) -> Node:
    """``a[index]``; integer arrays in the index may be computed."""
    x = asarray(a)
    holes: list[Node] = []
    frozen, new = normalize_index(plain_index(index, holes), x.shape)
    if any(isinstance(item, Literal) and item.value.size > MOST_IN_LINE for item in frozen):
        frozen = _large_apart(x, frozen, holes)
    if holes:
        x = gathering.gather(x, *holes, index=frozen)
    elif any(item != Slice() for item in frozen):
        x = shapes.getitem(x, index=frozen)
    return shapes.expand_dims(x, axis=new) if new else x


def _large_apart(x: Node, index: Index, holes: list[Node]) -> Index:
    """An index whose large arrays are operands, so that the source names them and does not list their items in a line."""
    indexed_shape(x.shape, index, tuple(hole.shape for hole in holes))  # raises where they are out of bounds

    def apart(item: Item) -> Item:
        if not isinstance(item, Literal) or item.value.size <= MOST_IN_LINE:
            return item
        holes.append(constant(item.value))
        return Hole(len(holes))

    return tuple(map(apart, index))


def plain_index(index: Any, holes: list[Node] | None = None) -> Any:
    """An index whose constant nodes are replaced by their values, and computed ones by holes, which are collected.

    Raises:
        UnsupportedError: for a condition, and for computed positions where there is no list of holes.
    """
    if isinstance(index, tuple):
        return tuple(plain_index(item, holes) for item in index)
    if isinstance(index, Length) or (isinstance(index, list) and any(isinstance(x, (Node, Length)) for x in index)):
        index = asarray(index)
    if not isinstance(index, Node):
        return index
    if index.literal is not None:
        return Literal(index.literal.value)
    if index.aval.kind == "b":
        raise UnsupportedError(
            "how many elements a condition selects is not known beforehand, so it is no index",
            help="select with where(condition, a, b); a sum over a part is sum(where(condition, a, 0))", code="SD602",
        )
    if holes is None:
        raise UnsupportedError(
            "the position of an assignment is computed from the inputs",
            help="write y = np.where(np.arange(len(y)) == k, v, y)",
        )
    if index.aval.inexact:
        raise DTypeError(
            f"an index must be integers, not {index.aval!r}",
            unknown=index,
            help="convert it: i.astype(int64)"
            if index.op is not INPUT
            else f'give integers: np.array([0, 2]), or declare them: {index.name}=sd.spec("n", dtype="int64")'
            if index.shape
            else f'give np.int64({index.name}), or make it a part of the program: static="{index.name}"', code="SD255",
        )
    holes.append(index)
    return Hole(len(holes))


@numpy_function("take", np.take, method=True)
def take(a: Any, indices: Any, axis: Any = None, out: None = None, mode: str = "raise") -> Node:
    """Elements at integer positions along an axis."""
    refuse_out(out)
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), 0
    k = normalize_axis(axis, x.ndim)
    if isinstance(indices, (tuple, list)):
        indices = asarray(indices)
    if mode != "raise":
        indices = within(as_node(indices), x.shape[k], mode)
    return getitem(x, (*[slice(None)] * k, indices))


def within(indices: Node, n: Dim, mode: str) -> Node:
    """Positions outside of an axis of length `n`, clipped or wrapped as NumPy's `mode` says."""
    if mode not in ("wrap", "clip"):
        raise ValueDomainError(f"the mode is {mode!r}", help='modes are "raise", "wrap" and "clip"')
    if indices.literal is not None and isinstance(n, int):
        value = indices.literal.value
        return constant(np.asarray(value % n if mode == "wrap" else np.clip(value, 0, n - 1)))
    last = as_node(n - 1)
    return ew.mod(indices, as_node(n)) if mode == "wrap" else ew.minimum(ew.maximum(indices, 0), last)


@numpy_function("compress", np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: None = None) -> Node:
    """Elements along an axis that a condition selects, which must be known beforehand."""
    refuse_out(out)
    mask = as_node(condition)
    if mask.literal is None:
        raise UnsupportedError(
            "how many elements a condition selects is not known beforehand", help="write where(condition, a, 0) and sum that", code="SD602"
        )
    return take(a, np.flatnonzero(mask.literal.value), axis)


@numpy_function("extract", np.extract)
def extract(condition: Any, arr: Any) -> Node:
    """Elements in order that a condition selects, which must be known beforehand."""
    return compress(ravel(condition), ravel(arr))
