"""Selection, rounding, indexing."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.graph.node import Literal, Node, as_node
from symdiff.ops import elementwise as ew, shapes
from symdiff.ops.api.convert import asarray, static_int
from symdiff.ops.api.shapes import ravel
from symdiff.ops.axes import normalize_axis
from symdiff.ops.index import Slice, normalize_index
from symdiff.ops.table import numpy_function


@numpy_function("where", np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Node:
    """x where the condition holds, else y; the other side contributes nothing, not even nan."""
    if x is None or y is None:
        raise UnsupportedError("where(condition) alone gives positions", help="write where(condition, x, y)")
    c = as_node(condition)
    return ew.where(c if c.aval.kind == "b" else ew.not_equal(c, 0), x, y)


@numpy_function("clip", np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None) -> Node:
    """minimum(maximum(a, a_min), a_max); either bound may be None."""
    if a_min is None or a_max is None:
        lower = as_node(a) if a_min is None else ew.maximum(a, a_min)
        return lower if a_max is None else ew.minimum(lower, a_max)
    return ew.clip(a, a_min, a_max)


@numpy_function("round", np.round, "around")
def round_(a: Any, decimals: int = 0) -> Node:
    """To the given number of decimals, halves to even."""
    if decimals == 0:
        return ew.rint(a)
    scale = 10.0**decimals
    return ew.rint(a * as_node(scale)) / scale


@numpy_function("reciprocal", np.reciprocal)
def reciprocal(x: Any) -> Node:
    """1 / x."""
    return ew.divide(1, x)


@numpy_function("polygamma", "scipy.special.polygamma")
def polygamma(n: int, x: Any) -> Node:
    """n-th derivative of digamma."""
    return ew.polygamma(x, n=static_int(n, "the order"))


def getitem(a: Any, index: Any) -> Node:
    """``a[index]``."""
    x = asarray(a)
    frozen, new = normalize_index(plain_index(index), x.ndim)
    if any(item != Slice() for item in frozen):
        x = shapes.getitem(x, index=frozen)
    return shapes.expand_dims(x, axis=new) if new else x


def plain_index(index: Any) -> Any:
    """An index whose constant nodes are replaced by their values."""
    if isinstance(index, tuple):
        return tuple(map(plain_index, index))
    if isinstance(index, Node):
        if index.literal is None:
            raise UnsupportedError(
                "an index that is computed from the inputs is not static",
                help="select with where(condition, a, b), or index with integers known beforehand",
            )
        return Literal(index.literal.value)
    return index


@numpy_function("take", np.take)
def take(a: Any, indices: Any, axis: Any = None) -> Node:
    """Elements at static integer positions along an axis."""
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), 0
    if isinstance(indices, (tuple, list)):
        indices = np.array(indices)
    return getitem(x, (*[slice(None)] * normalize_axis(axis, x.ndim), indices))
