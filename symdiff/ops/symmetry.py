"""Which products of matrices are symmetric, or positive semidefinite, by how they are put together: ``A.T @ A``."""

from __future__ import annotations

from symdiff.graph.fact import NOTHING, SYMMETRIC, TRIANGULAR, Fact, Words
from symdiff.graph.node import Node
from symdiff.ops import array_bounds
from symdiff.ops.bounds import Of
from symdiff.ops.elementwise import absolute, multiply, square, subtract
from symdiff.ops.shapes import expand_dims, permute

SIDES = {"lower", "upper"}
LONGEST = 12  # steps in which a chain of products is taken apart
Chain = list[tuple[Node, bool]]  # matrices, each with whether it is transposed; a vector is a diagonal


def contracted(node: Node, of: Of) -> Fact:
    """Of sums of products: of an array with itself, sums of squares; of matrices, what the product is."""
    found = array_bounds.multilinear(node, of)
    (a, b), (first, second) = node.inputs, node.kwargs["subscripts"].split("->")[0].split(",")
    if a is b and first == second:
        found = found._replace(low=0.0, nonzero=of(a).nonzero)
    return found._replace(words=_words(node, of) | _triangular(node, of)) if node.ndim == 2 and node.shape[0] == node.shape[1] else found


def _words(node: Node, of: Of) -> Words:
    if node.inputs[0] is node.inputs[1] and node.inputs[0].ndim == 1:
        return SYMMETRIC | {"semidefinite"}
    chain = _factors(node)
    if len(chain) < 2:
        return NOTHING
    for (p, p_turned), (q, q_turned) in zip(chain, reversed(chain), strict=True):
        if p is not q or not (p_turned != q_turned or _is_symmetric(p, of)):
            return NOTHING
    middle = chain[len(chain) // 2][0] if len(chain) % 2 else None
    definite = middle is None or (of(middle).nonnegative if middle.ndim == 1 else "semidefinite" in of(middle).words)
    return SYMMETRIC | {"semidefinite"} if definite else SYMMETRIC


def _triangular(node: Node, of: Of) -> Words:
    """Of a product of two triangular matrices, which is triangular."""
    sides = [{TRIANGULAR[w] if turned else w for w in of(x).words & SIDES} for x, turned in _pair(node)]
    return frozenset(set.intersection(*sides)) if sides else NOTHING


def _is_symmetric(x: Node, of: Of) -> bool:
    return x.ndim == 1 or "symmetric" in of(x).words


def _factors(x: Node) -> Chain:
    """The factors of a chain of matrix products; ``V * w`` is V times a diagonal."""
    einsum, chain = x.op, [(x, False)]
    for _ in range(LONGEST):
        at = next((k for k, (m, _) in enumerate(chain) if m.ndim == 2 and (m.op in (einsum, permute) or _scaled(m))), None)
        if at is None:
            return chain
        matrix, turned = chain[at]
        if matrix.op is permute:
            chain[at] = (matrix.inputs[0], not turned)
            continue
        pair = _scaled(matrix) or _pair(matrix)
        if not pair:
            return []
        chain[at : at + 1] = [(m, not t) for m, t in reversed(pair)] if turned else pair
    return []


def _pair(matrix: Node) -> Chain:
    """The two factors of a product of matrices."""
    labels, out = matrix.kwargs["subscripts"].split("->")
    a, b = labels.split(",")
    inner = [c for c in a if c in b and c not in out]
    if len(a) != 2 or len(b) != 2 or len(out) != 2 or len(inner) != 1:
        return []
    left, right = (matrix.inputs[0], a[0] == inner[0]), (matrix.inputs[1], b[1] == inner[0])
    return [(right[0], not right[1]), (left[0], not left[1])] if out[0] in b else [left, right]


def _scaled(x: Node) -> Chain:
    """A matrix whose columns or rows are scaled: the matrix and a diagonal, in their order."""
    if x.op is not multiply or x.ndim != 2:
        return []
    for matrix, scale in (x.inputs, x.inputs[::-1]):
        if matrix.shape == x.shape and scale.ndim == 1:
            return [(matrix, False), (scale, False)]
        if matrix.shape == x.shape and scale.op is expand_dims and scale.kwargs["axis"] == (1,):
            return [(scale.inputs[0], False), (matrix, False)]
    return []


def distances(node: Node, of: Of) -> Fact:
    """Of sums; ``sum((X[:, None, :] - X)**2, axis=2)`` is the same from i to j as from j to i, to the last bit."""
    found = array_bounds.summed(node, of)
    return found._replace(words=SYMMETRIC) if _is_table_of_distances(node) else found


def lengths(node: Node, of: Of) -> Fact:
    """Of norms, as of sums: ``norm(X[:, None, :] - X, axis=2)``."""
    found = array_bounds.length(node, of)
    is_table = node.kwargs["axis"] == (2,) and not node.kwargs["keepdims"] and are_differences(node.inputs[0])
    return found._replace(words=SYMMETRIC) if is_table else found


def _is_table_of_distances(x: Node) -> bool:
    if x.kwargs["axis"] != (2,) or x.kwargs["keepdims"]:
        return False
    even = x.inputs[0]
    return even.op in (square, absolute) and are_differences(even.inputs[0])


def are_differences(x: Node) -> bool:
    """Whether it is ``X[:, None] - X``, of vectors or of numbers: from i to j the opposite of what it is from j to i."""
    if x.op is not subtract:
        return False
    pair = [(p.inputs[0], p.kwargs["axis"]) if p.op is expand_dims else (p, (0,)) for p in x.inputs]
    (a, first), (b, second) = pair
    return a is b and a.ndim == x.ndim - 1 and {first, second} == {(0,), (1,)}
