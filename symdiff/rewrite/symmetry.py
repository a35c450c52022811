"""Which matrices are symmetric: declared so, or made so from symmetric parts."""

from __future__ import annotations

from collections.abc import Callable

from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, linalg, reductions as red, shapes
from symdiff.ops.contraction import einsum, split_subscripts

LONGEST = 12  # steps in which a chain of products is taken apart


class Symmetry:
    """Which matrices are symmetric, if the inputs are of which `declared` says so."""

    def __init__(self, declared: Callable[[Node], bool]) -> None:
        self._declared = declared
        self._known: dict[Node, bool] = {}

    def holds(self, x: Node) -> bool:
        """Whether the matrix `x` is symmetric."""
        if x.aval.parts or x.ndim != 2:
            return False
        for node in toposort([x], stop=lambda n: n in self._known or n.aval.parts != () or n.ndim != 2):
            self._known[node] = self._is_symmetric(node)
        return self._known.get(x, False)

    def _is_symmetric(self, x: Node) -> bool:
        if x.ndim != 2 or x.shape[0] != x.shape[1]:
            return False
        if self._declared(x) or x.op in (shapes.eye, shapes.diag):
            return x.op is not shapes.diag or x.kwargs["k"] == 0
        if x.op.family == "elementwise":
            return all(i.ndim == 0 or self._known.get(i, False) for i in x.inputs)
        if _is_table_of_distances(x):
            return True
        if x.op in (linalg.inv, linalg.pinv):
            return self._known[x.inputs[0]]
        if x.op is red.broadcast_to:
            return not x.inputs[0].shape
        chain = _factors(x)
        return len(chain) > 1 and self._reads_the_same_backwards(chain)

    def _reads_the_same_backwards(self, chain: list[tuple[Node, bool]]) -> bool:
        for (p, p_turned), (q, q_turned) in zip(chain, reversed(chain), strict=True):
            if p is not q or not (p_turned != q_turned or self._known[p]):
                return False
        return True


def _is_table_of_distances(x: Node) -> bool:
    """``sum((X[:, None, :] - X)**2, axis=2)``: the same from i to j as from j to i, to the last bit."""
    if x.op is not red.sum_ or x.kwargs["axis"] != (2,) or x.kwargs["keepdims"]:
        return False
    even = x.inputs[0]
    if even.op not in (ew.square, ew.absolute) or even.inputs[0].op is not ew.subtract:
        return False
    pair = [(p.inputs[0], p.kwargs["axis"]) if p.op is shapes.expand_dims else (p, (0,)) for p in even.inputs[0].inputs]
    (a, first), (b, second) = pair
    return a is b and a.ndim == 2 and {first, second} == {(0,), (1,)}


def _factors(x: Node) -> list[tuple[Node, bool]]:
    """``(matrix, transposed)`` for the factors of a chain of matrix products."""
    chain = [(x, False)]
    for _ in range(LONGEST):
        at = next((k for k, (m, _) in enumerate(chain) if m.op is einsum or m.op is shapes.permute), None)
        if at is None:
            return chain
        matrix, turned = chain[at]
        if matrix.op is shapes.permute:
            chain[at] = (matrix.inputs[0], not turned)
            continue
        a, b, out = split_subscripts(matrix.kwargs["subscripts"])
        inner = [c for c in a if c in b and c not in out]
        if len(a) != 2 or len(b) != 2 or len(out) != 2 or len(inner) != 1:
            return []
        left, right = (matrix.inputs[0], a[0] == inner[0]), (matrix.inputs[1], b[1] == inner[0])
        if out[0] in b:
            left, right = (right[0], not right[1]), (left[0], not left[1])
        pair = [left, right]
        chain[at : at + 1] = [(m, not t) for m, t in reversed(pair)] if turned else pair
    return []
