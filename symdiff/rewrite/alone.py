"""Parts of what is made of smaller arrays, where nothing needs the whole: each is made alone.

``(np.outer(a, b) + np.outer(c, d))[:, 2]`` is ``a * b[2] + c * d[2]``. So columns of a stack of products meet numbers,
which are multiplied with each other before they meet an array, and of known numbers the zeros vanish.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from symdiff.graph.dims import nominal_size
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers
from symdiff.ops import elementwise as ew
from symdiff.ops.contraction import einsum
from symdiff.ops.index import Item, Slice, is_basic
from symdiff.ops.shapes import expand_dims, getitem
from symdiff.rewrite.engine import Pass
from symdiff.rewrite.replacing import replaced

ALONE = Pass("parts-alone", "REAL", "the same sums and products, without those that nothing needs")
EACH = frozenset((ew.add, ew.subtract, ew.multiply, ew.negative))
OUTER = "a,b->ab"
MOST_ROUNDS = 3  # for parts of parts


def parts_alone(graph: Graph) -> Graph:
    """`graph`, in which what nothing needs but parts of is made part by part, if it is made of smaller arrays."""
    for _ in range(0 if graph.notes.exact else MOST_ROUNDS):
        if not any(n.op is getitem and n.inputs[0].op in (einsum, *EACH) for n in graph.order):
            return graph
        thin = _thin(graph)
        if not thin:
            return graph
        graph = replaced(graph, ALONE, partial(_find, thin))
    return graph


def _find(thin: set[Node], node: Node, was: Node) -> Node | None:
    """What a part becomes; `was` is the part as it was, and `node` the same of what the others have become."""
    if was.op is not getitem or was.inputs[0] not in thin:
        return None
    return _part(node.inputs[0], node.kwargs["index"], thin, was.inputs[0])


def _thin(graph: Graph) -> set[Node]:
    """The sums and products of smaller arrays of which nothing is needed but a few parts."""
    uses, outputs = consumers(graph.order), set(graph.outputs)
    thin: set[Node] = set()
    for node in graph.order:
        if (node.op is einsum and node.kwargs["subscripts"] == OUTER) or (node.op in EACH and node.shape):
            size = nominal_size(node.shape)
            if node.op is einsum or all(x in thin or nominal_size(x.shape) < size for x in node.inputs):
                thin.add(node)
    for node in reversed(graph.order):
        if node in thin and (node in outputs or not _is_picked(node, uses, thin)):
            thin.remove(node)
    return thin


def _is_picked(node: Node, uses: Mapping[Node, Sequence[Node]], thin: set[Node]) -> bool:
    """Whether nothing needs a node but parts, which are no more than the whole, or what is of this kind itself."""
    parts = [user for user in uses[node] if user.op is getitem and user.inputs[0] is node]
    if not all(user in thin for user in uses[node] if user not in parts):
        return False
    cut = all(is_basic(user.kwargs["index"]) and user.ndim < node.ndim for user in parts)
    return cut and sum(nominal_size(user.shape) for user in parts) <= nominal_size(node.shape)


def _part(x: Node, items: Sequence[Item], thin: set[Node], was: Node) -> Node:
    """The part of `x`, which has become of `was`, by the parts of what it is made of."""
    if was not in thin or x.op is not was.op:
        return _taken(x, items)
    if x.op is einsum:
        a, b = x.inputs
        first, second = _taken(a, items[:1]), _taken(b, items[1:])
        rows = isinstance(items[0], Slice) and isinstance(items[1], Slice)
        return einsum(first, second, **x.kwargs) if rows else first * second
    parts = [
        _part(y, _own(items, y, x), thin, old) if y.ndim else y for y, old in zip(x.inputs, was.inputs, strict=True)
    ]
    return x.op(*parts, **x.kwargs)


def _own(items: Sequence[Item], y: Node, x: Node) -> list[Item]:
    """What is taken of an operand `y`, which is repeated along axes of length one, and along those that it lacks."""
    own = list(items[x.ndim - y.ndim :])
    for k, (n, m) in enumerate(zip(y.shape, x.shape[x.ndim - y.ndim :], strict=True)):
        if n == 1 and m != 1:
            own[k] = 0 if isinstance(own[k], int) else Slice()
    return own


def _taken(x: Node, items: Sequence[Item]) -> Node:
    """``x[items]``, through new axes."""
    if all(item == Slice() for item in items):
        return x
    if x.op is not expand_dims:
        return getitem(x, index=tuple(items))
    new = x.kwargs["axis"]
    kept = [k for k, item in enumerate(items) if isinstance(item, Slice)]
    inner = _taken(x.inputs[0], [item for k, item in enumerate(items) if k not in new])
    axes = tuple(place for place, k in enumerate(kept) if k in new)
    return expand_dims(inner, axis=axes) if axes else inner
