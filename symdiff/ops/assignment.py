"""Assignment: an array with parts replaced. This is what ``y[i] = v`` means where values do not change."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.graph.aval import Aval, broadcast
from symdiff.graph.dims import Shape, show_shape
from symdiff.graph.node import Literal, Node, constant
from symdiff.graph.op import Op
from symdiff.ops import bounds, elements
from symdiff.ops.batching import aligned, stacked
from symdiff.ops.families import linear
from symdiff.ops.index import Index, Slice, indexed_shape, places
from symdiff.ops.index_text import index_template
from symdiff.ops.links import Moves, at, put_at
from symdiff.ops.shapes import getitem, jointly


def _infer(base: Aval, *values: Aval, indices: tuple[Index, ...]) -> Aval:
    for value, index in zip(values, indices, strict=True):
        part = indexed_shape(base.shape, index)
        if broadcast(value.shape, part) != part:
            raise ShapeError(f"cannot put {value!r} where the shape is [{show_shape(part)}]")
    return Aval(base.dtype, base.shape)


def _transpose(i: int, g: Node, *inputs: Node, indices: tuple[Index, ...]) -> Node:
    if i > 0:
        return getitem(g, index=indices[i - 1])
    zero = constant(g.dtype.type(0))
    return assign(g, *[zero] * len(indices), indices=indices)


def _edits(node: Node) -> tuple[str, ...]:
    return tuple(f"target[{index_template(index)}] = x{k}" for k, index in enumerate(node.kwargs["indices"], 1))


def _symbol(node: Node) -> str:
    parts = (f"[{index_template(index)}] = x{k}" for k, index in enumerate(node.kwargs["indices"], 1))
    return ", ".join(["x0", *parts])


def _samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=4), rng.normal(size=2), rng.normal()), {"indices": ((Slice(1, 3),), (0,))}
    yield (rng.normal(size=(3, 2)), rng.normal(size=2)), {"indices": ((2, Slice()),)}
    yield (rng.normal(size=(2, 3)), rng.normal()), {"indices": ((Slice(), Slice(None, None, 2)),)}


def _batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """Parts of every item of the stack; a value with fewer axes than its part is aligned with the part."""
    b, indices = len(lead), node.kwargs["indices"]
    base, *values = stacked(node, inputs, lead)
    parts = [len(indexed_shape(node.shape, index)) for index in indices]
    placed = [aligned(value, b, ndim) for value, ndim in zip(values, parts, strict=True)]
    return assign(base, *placed, indices=tuple(((Slice(),) * b + index) for index in indices))


def _assigned(x: np.ndarray, *values: np.ndarray, indices: tuple[Index, ...]) -> np.ndarray:
    for value, index in zip(values, indices, strict=True):
        x = put_at(x, value, at(index))
    return x


assign: Op = linear("assign", None, transpose=_transpose, variadic=True, jvp=jointly, drops=True, fills=True,
        facts=bounds.either, doc="The first input with parts replaced by the others; the parts do not overlap.", links=Moves(_assigned), infer=_infer, batch=_batch, edits=_edits, symbol=_symbol, hint="out",
        element=elements.assigned, samples=_samples)


# ----------------------------------------------------------------------------------------------- how two indices lie


def relation(a: Index, b: Index, shape: Shape) -> str:
    """``"same"``, ``"apart"`` or ``"overlap"`` (which is also said where symbolic lengths do not tell)."""
    if a == b:
        return "same"
    if any(type(p) is type(q) is int and p != q and (p < 0) == (q < 0) for p, q in zip(a, b, strict=True)):
        return "apart"
    kinds = {_axis_relation(p, q, n) for p, q, n in zip(a, b, shape, strict=True)}
    if "apart" in kinds:
        return "apart"
    return "same" if kinds <= {"same"} else "overlap"


def _axis_relation(p: Any, q: Any, n: Any) -> str:
    if p == q:
        return "same"
    if isinstance(p, Literal) or isinstance(q, Literal):
        return "overlap"
    if not isinstance(n, int):
        both = isinstance(p, int) and isinstance(q, int) and (p >= 0) == (q >= 0)
        return "apart" if both else "overlap"
    first, second = places(p, n), places(q, n)
    if first == second:
        return "same" if isinstance(p, int) == isinstance(q, int) else "overlap"
    if first is None or second is None:
        return "overlap"
    return "overlap" if set(first) & set(second) else "apart"
