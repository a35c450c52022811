"""Sums of products that nothing else needs, by `np.einsum`: it makes no array of the products."""

from __future__ import annotations

from collections.abc import Callable

from symdiff.graph.dims import nominal_size
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers
from symdiff.ops import elementwise as ew
from symdiff.ops.contraction import einsum
from symdiff.ops.reductions import sum_
from symdiff.ops.shapes import expand_dims
from symdiff.rewrite.engine import Pass
from symdiff.rewrite.replacing import replaced

SUM_OF_PRODUCTS = Pass("sum-of-products", "REAL", "the same products and sums, without an array of them")
FEW_TERMS = 64  # of sums: up to four times as fast, its rounding 2 units of the sizes at most
MANY_SUMS = 512  # of them at least, for which that pays
MANY_PRODUCTS = 4096  # at least, of which an array does not pay
LETTERS = "ijklmnopqrstuvw"


def sum_products(graph: Graph, prints: Callable[[Node], bool]) -> Graph:
    """`graph` with sums of products that nothing else needs computed by `einsum`, as far as a target `prints` it."""
    if graph.notes.exact or not any(map(_sums_products, graph.order)):
        return graph
    uses, outputs = consumers(graph.order), set(graph.outputs)

    def find(node: Node, was: Node) -> Node | None:
        if not _sums_products(was) or was.inputs[0] in outputs or len(uses.get(was.inputs[0], ())) > 1:
            return None
        new = _short_sums(node)
        new = _repeated_products(node) if new is None else new
        return new if new is not None and prints(new) else None

    return replaced(graph, SUM_OF_PRODUCTS, find)


def _sums_products(node: Node) -> bool:
    return node.op is sum_ and node.inputs[0].op in (ew.square, ew.multiply)


def _short_sums(node: Node) -> Node | None:
    """Many sums of short products, as of squared distances: `np.sum` takes as long for 3 terms as for 30."""
    x, last = node.inputs[0], node.inputs[0].ndim - 1
    if x.op not in (ew.square, ew.multiply) or node.kwargs["axis"] != (last,):
        return None
    n = x.shape[last]
    if x.ndim > len(LETTERS):
        return None
    if not isinstance(n, int) or not 2 <= n <= FEW_TERMS or x.dtype.kind != "f" or nominal_size(node.shape) < MANY_SUMS:
        return None
    pair = [_labelled(y, x) for y in (x.inputs if x.op is ew.multiply else x.inputs * 2)]
    labels = [letters for _, letters in pair]
    if not all(letters.endswith(LETTERS[last]) for letters in labels):
        return None
    (a, _), (b, _) = pair
    made = einsum(a, b, subscripts=f"{','.join(labels)}->{LETTERS[:last]}")
    return expand_dims(made, axis=(last,)) if node.kwargs["keepdims"] else made


def _repeated_products(node: Node) -> Node | None:
    """``np.einsum('ij,ikj->kj', d, E)`` rather than ``np.sum(d[:, None, :] * E, axis=0)``: half the time."""
    x = node.inputs[0]
    if x.op is not ew.multiply or node.kwargs["axis"] != (0,) or node.kwargs["keepdims"] or x.ndim > len(LETTERS):
        return None
    if x.dtype.kind != "f" or x.dtype.itemsize < 4 or nominal_size(x.shape) < MANY_PRODUCTS:
        return None
    pair = [_labelled(y, x) for y in x.inputs]
    letters = LETTERS[: x.ndim]
    whole = [own for _, own in pair if own == letters]
    if len(whole) != 1 or not all(own.startswith(letters[0]) and len(own) > 1 for _, own in pair):
        return None
    (a, first), (b, second) = pair
    return einsum(a, b, subscripts=f"{first},{second}->{letters[1:]}")


def _labelled(y: Node, x: Node) -> tuple[Node, str]:
    """An operand of the elementwise `x` and the letters of its axes; none where it is repeated along one as it is."""
    own = LETTERS[x.ndim - y.ndim : x.ndim]
    if y.op is expand_dims:
        new = y.kwargs["axis"]
        y, own = y.inputs[0], "".join(letter for k, letter in enumerate(own) if k not in new)
    lengths = (x.shape[LETTERS.index(letter)] for letter in own)
    return y, own if y.dtype == x.dtype and all(n == m for n, m in zip(y.shape, lengths, strict=True)) else ""
