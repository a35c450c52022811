"""Small arrays of numbers: what is done to all elements is done to each.

A turn in space is a matrix of three by three for those who write ``R @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])``.
Half of its elements are known, and NumPy takes ten times as long for an array as for a number. Its derivative is long,
too, as one of matrices, and short as one of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from itertools import product
from operator import add
from typing import Any

import numpy as np

from symdiff.graph.dims import nominal_size
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, constant
from symdiff.graph.walk import consumers
from symdiff.ops.contraction import einsum, split_subscripts
from symdiff.ops.elementwise import multiply
from symdiff.ops.links import at
from symdiff.ops.reductions import broadcast_to, sum_
from symdiff.ops.shapes import concatenate, expand_dims, eye, getitem, permute, reshape, squeeze, stack
from symdiff.rewrite.engine import Journal, Pass, Step, carry_over

ONE_BY_ONE = Pass("one-by-one", "REAL", "the same sums and products, number by number, without those that are known")
MOST = 16  # elements of an array: a matrix of four by four
MOST_FOR_ONE = 5  # operations on numbers in the place of one on arrays, where the result has a Jacobian
FEW_FOR_ONE = 2  # where it is a number, which has a Hessian: of many numbers that is long

Elements = np.ndarray[Any, Any]  # an array of nodes, each a number


MOVES: Mapping[Any, Callable[..., Any]] = {  # what only says where elements are
    getitem: lambda x, index: x[at(index)],
    stack: lambda *xs, axis: np.stack(xs, axis=axis),
    concatenate: lambda *xs, axis: np.concatenate(xs, axis=axis),
    expand_dims: np.expand_dims,
    squeeze: np.squeeze,
    reshape: np.reshape,
    permute: np.transpose,
    broadcast_to: np.broadcast_to,
}


def one_by_one(graph: Graph, journal: Journal, simplified: Callable[[Graph], Graph]) -> Graph:
    """`graph` on numbers alone, where all arrays in it are small and made of numbers, and that is about as short.

    Args:
        graph: what is rewritten; numbers may be read of its inputs, which may be arrays.
        journal: takes the steps.
        simplified: leaves out what is known.
    """
    of: dict[Node, Elements] = {}
    for node in graph.order:
        found = _elements(node, of)
        if found is not None:
            of[node] = found
        elif node.inputs:
            return graph
    new = {n: _whole(of[n]) if n in of and n.inputs else n for n in graph.order}
    changed = simplified(carry_over(graph, new, []))
    most = MOST_FOR_ONE if any(y.shape for y in graph.outputs) else FEW_FOR_ONE
    arrays = sum(bool(n.shape and n.inputs) for n in graph.order)
    if any(map(_has_zero, changed.order)) or _computed(changed) - _computed(graph) > most * arrays:
        return graph
    pairs = zip(graph.outputs, changed.outputs, strict=True)
    journal.steps += [Step(ONE_BY_ONE, x, y) for x, y in pairs if x is not y]
    return changed


def computes_small(graph: Graph) -> bool:
    """Whether there are products or sums of small arrays that are made of numbers, and no others."""
    order = graph.order
    if graph.notes.exact or graph.notes.guards or not all(_is_small(n) for n in order if n.inputs):
        return False
    if not any(n.op in (einsum, sum_) for n in order):
        return False
    uses = consumers(order)
    given = [n for n in order if n.shape and not n.inputs and n.literal is None and n.op is not eye]
    return all(_is_part(user) or (_is_small(n) and user.op.family == "elementwise") for n in given for user in uses[n])


def _is_part(node: Node) -> bool:
    return node.op is getitem and not node.shape


def _is_small(node: Node) -> bool:
    if node.aval.parts or node.op.block or (node.shape and node.aval.kind != "f"):
        return False
    return node.ndim <= 2 and nominal_size(node.shape) <= MOST and all(isinstance(n, int) and n for n in node.shape)


def _computed(graph: Graph) -> int:
    """How many numbers are computed."""
    return sum(not n.shape and bool(n.inputs) and n.op is not getitem for n in graph.order)


def _has_zero(node: Node) -> bool:
    """Whether a zero is multiplied with what may be infinite, so that it has to stay."""
    return node.op is multiply and any(x.literal is not None and x.literal.scalar == 0 for x in node.inputs)


def _elements(node: Node, of: Mapping[Node, Elements]) -> Elements | None:
    """The elements of a node; None of large arrays that are given, and where it is not made of numbers one by one."""
    if not node.shape and (not node.inputs or node.inputs[0] not in of):
        return array_of([node], ())
    if not node.inputs and node.literal is None and node.op is not eye:
        return _of_given(node) if _is_small(node) else None
    if node.op is eye:
        return array_of([constant(v) for v in np.eye(nominal_size(node.shape[:1]), dtype=node.dtype).flat], node.shape)
    if node.op is einsum:
        return _contracted(node, *(of[x] for x in node.inputs))
    if node.op is sum_:
        moved = np.sum(of[node.inputs[0]], axis=node.kwargs["axis"], keepdims=node.kwargs["keepdims"])
        return np.asarray(moved, dtype=object)
    found = known_or_moved(node, of)
    if found is None or not node.shape:
        return found
    typed = [y for x in found.flat if (y := _typed(x, node)) is not None]
    return array_of(typed, node.shape) if len(typed) == found.size else None


def _of_given(array: Node) -> Elements:
    """The numbers of a small array that is given."""
    lengths = [nominal_size((n,)) for n in array.shape]
    return array_of([getitem(array, index=at) for at in np.ndindex(*lengths)], array.shape)


def _typed(x: Node, array: Node) -> Node | None:
    """An element as one of `array`; None if it would be converted first."""
    if x.literal is not None:
        return constant(array.dtype.type(x.literal.value))
    return x if x.aval.sort == (array.aval.kind, False) and x.dtype == array.dtype and not x.aval.weak else None


def _contracted(node: Node, a: Elements, b: Elements) -> Elements:
    """Sums of products over the labels that the output lacks."""
    first, second, out = split_subscripts(node.kwargs["subscripts"])
    lengths = {**dict(zip(first, a.shape, strict=True)), **dict(zip(second, b.shape, strict=True))}
    inner = [label for label in lengths if label not in out]

    def element(place: Mapping[str, int]) -> Node:
        terms: list[Node] = []
        for rest in product(*(range(lengths[label]) for label in inner)):
            at = {**place, **dict(zip(inner, rest, strict=True))}
            terms.append(a[tuple(at[c] for c in first)] * b[tuple(at[c] for c in second)])
        return reduce(add, terms)

    shape = tuple(lengths[label] for label in out)
    return array_of([element(dict(zip(out, at, strict=True))) for at in np.ndindex(shape)], shape)


def _whole(elements: Elements) -> Node:
    """An array put together of its elements."""
    rows: list[Node] = [_whole(row) for row in elements] if elements.ndim > 1 else list(elements.flat)
    return stack(*rows, axis=0) if elements.ndim else rows[0]


def array_of(nodes: list[Node], shape: tuple[Any, ...]) -> Elements:
    """Numbers as elements."""
    found = np.empty(len(nodes), dtype=object)
    for k, node in enumerate(nodes):  # all at once, NumPy would ask each of them whether it is an array
        found[k] = node
    return found.reshape(shape)


def known_or_moved(node: Node, of: Mapping[Node, Elements]) -> Elements | None:
    """The elements of what is known, of what moves others, and of what is done to each; None of anything else."""
    if node.literal is not None:
        numbers = [constant(v) for v in node.literal.value.reshape(-1)] if node.shape else [node]
        return array_of(numbers, node.shape)
    inputs = [of[x] for x in node.inputs]
    if node.op in MOVES:
        return np.asarray(MOVES[node.op](*inputs, **node.kwargs), dtype=object)
    if node.op.family != "elementwise" or not node.inputs:
        return None
    operands = inputs if len({x.shape for x in inputs}) == 1 else np.broadcast_arrays(*inputs)
    each = [Node(node.op, xs, node.params) for xs in zip(*(x.flat for x in operands), strict=True)]
    return array_of(each, node.shape)
