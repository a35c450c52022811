"""``y[i] = v`` in a text: the name means a new array from then on, for names are values here."""

from __future__ import annotations

from typing import Any

from symdiff.errors import ShapeError, UnsupportedError
from symdiff.frontends.carried import fitted
from symdiff.graph.dims import show_shape
from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew, vocabulary as api
from symdiff.ops.index import Hole, Slice, indexed_shape, normalize_index
from symdiff.ops.putting import put, put_index
from symdiff.ops.reductions import spread


def written(array: Any, index: Any, value: Any) -> Node:
    """`array` with `value` at `index`: whole numbers, known or computed, slices, or a condition for all elements.

    Raises:
        ShapeError, DTypeError: if the value does not fit.
        UnsupportedError: for positions in arrays.
    """
    base = as_node(array)
    new = fitted(value, base.aval)
    if isinstance(index, Node) and index.aval.kind == "b":
        if index.shape != base.shape:
            raise ShapeError(
                f"a condition of [{show_shape(index.shape)}] does not fit an array of [{show_shape(base.shape)}]"
            )
        return ew.where(index, spread(new, base.shape), base)
    holes: list[Node] = []
    frozen, added = normalize_index(api.plain_index(index, holes), base.shape)
    if added or any(h.shape for h in holes) or not all(isinstance(i, (int, Slice, Hole)) for i in frozen):
        raise UnsupportedError(
            "only whole numbers, slices and conditions can be written at", help="where(condition, a, b), or a loop"
        )
    part = spread(new, indexed_shape(base.shape, frozen, tuple(h.shape for h in holes)))
    if holes:
        return put(base, part, *holes, index=put_index(frozen))
    return api.write_all(base, [(frozen, part)])
