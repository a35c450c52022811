"""How what is known of values passes a row that moves elements, adds them up, or knows matrices: for the column `facts`.

Sums and products of many elements round as often, so that of them the sign is passed on, and no number.
"""

from __future__ import annotations

import math
from math import inf

from symdiff.graph.fact import NOTHING, SYMMETRIC, TRIANGULAR, Fact, Words, hull
from symdiff.graph.node import Node
from symdiff.ops.bounds import Of, Passing

IDENTITY: Words = SYMMETRIC | {"orthogonal", "lower", "upper", "semidefinite", "definite"}
ZERO = Fact(0.0, 0.0, False, True, True)


def same(node: Node, of: Of) -> Fact:
    """Of elements of the first input, in whatever places."""
    x = of(node.inputs[0])
    return x._replace(words=NOTHING) if x.words else x


def with_zeros(node: Node, of: Of) -> Fact:
    """Of elements of the inputs among zeros."""
    found = [of(x) for x in node.inputs if x.aval.inexact or len(node.inputs) == 1]
    return hull(*found, ZERO)._replace(words=NOTHING)


def signs(node: Node, of: Of) -> Fact:
    """Of sums or means of elements of the first input: the sign, and that they are finite."""
    x = of(node.inputs[0])
    return Fact(0.0 if x.nonnegative else -inf, 0.0 if x.high <= 0 else inf, _one_sign(x), x.finite)


def _one_sign(x: Fact) -> bool:
    return x.nonzero and (x.low >= 0 or x.high <= 0)


def multilinear(node: Node, of: Of) -> Fact:
    """Of sums of products of elements of all inputs."""
    found = [of(x) for x in node.inputs]
    nonnegative = all(x.nonnegative for x in found)
    return Fact(0.0 if nonnegative else -inf, inf, nonnegative and all(x.nonzero for x in found), all(x.finite for x in found))


def linear(node: Node, of: Of) -> Fact:
    """Of what is linear in each of its inputs: finite where they are. What linear rows have that say nothing else."""
    return Fact(finite=all(of(x).finite for x in node.inputs))


def factors(node: Node, of: Of) -> Fact:
    """Of products of elements of the first input: as of sums, but zero only where an element is."""
    x = of(node.inputs[0])
    return Fact(0.0 if x.nonnegative else -inf, inf, x.nonzero, x.finite, x.integer)


def summed(node: Node, of: Of) -> Fact:
    """Of sums of elements: where there is one, no less than the least of them, if that is not negative."""
    x = of(node.inputs[0])
    found = signs(node, of)._replace(integer=x.integer)
    lengths = [node.inputs[0].shape[k] for k in node.kwargs["axis"]]
    if found.low == 0 and all(isinstance(n, int) and n > 0 for n in lengths):
        found = found._replace(low=x.low)
    return found


def sums_among_zeros(node: Node, of: Of) -> Fact:
    """Of sums of elements of the first input among zeros."""
    return hull(signs(node, of), ZERO)


def deviation(node: Node, of: Of) -> Fact:
    """Of a variance, or its root."""
    return Fact(0.0, finite=of(node.inputs[0]).finite and node.kwargs["ddof"] == 0)


def length(node: Node, of: Of) -> Fact:
    """Of a norm."""
    x = of(node.inputs[0])
    return Fact(0.0, nonzero=x.nonzero, finite=x.finite)


def log_of_sums(node: Node, of: Of) -> Fact:
    """Of ``log(sum(exp(x)))``, which is no less than any x."""
    x = of(node.inputs[0])
    return Fact(x.low, finite=x.finite)


def shares(node: Node, of: Of) -> Fact:
    """Of positive numbers that add up to 1 along axes."""
    words: Words = frozenset({"sums_to_one"}) if node.kwargs["axis"] == (node.ndim - 1,) else NOTHING
    return Fact(0.0, 1.0, True, of(node.inputs[0]).finite, words=words)


def replaced(node: Node, of: Of) -> Fact:
    """Of the first input with a part replaced by the second."""
    return hull(*[of(x) for x in node.inputs[:2]])._replace(words=NOTHING)


def converted(node: Node, of: Of) -> Fact:
    """Of the same numbers in another dtype: floats that become integers are cut off."""
    x = of(node.inputs[0])
    if node.aval.kind not in "iu" or x.integer:
        return x
    low, high = (math.trunc(end) if abs(end) < inf else end for end in (x.low, x.high))
    return Fact(low, high, integer=True)


# -------------------------------------------------------------------------------------------------------------- matrices


def turned(node: Node, of: Of) -> Fact:
    """Of axes in another order: a matrix, if it is transposed."""
    x, axes = of(node.inputs[0]), node.kwargs["axes"]
    n = len(axes)
    if not x.words or axes != (*range(n - 2), n - 1, n - 2):
        return x._replace(words=NOTHING)
    kept = {TRIANGULAR.get(w, w) for w in x.words if w != "sums_to_one" and (w != "orthogonal" or is_square(node))}
    return x._replace(words=frozenset(kept))


def is_square(node: Node) -> bool:
    """Whether the last two lengths are one."""
    return node.ndim >= 2 and node.shape[-1] == node.shape[-2]


def inverse(node: Node, of: Of) -> Fact:
    """Of the inverse of a matrix, which is what the matrix is; nothing of its elements."""
    return Fact(words=of(node.inputs[0]).words & {"symmetric", "lower", "upper", "semidefinite", "definite"})


def pseudo_inverse(node: Node, of: Of) -> Fact:
    """Of the inverse of a matrix that may have none."""
    return Fact(words=of(node.inputs[0]).words & {"symmetric", "semidefinite"})


def triangle(word: str) -> Passing:
    """Of a triangle of a matrix, zeros on the other side."""

    def passing(node: Node, of: Of) -> Fact:
        k = node.kwargs["k"] if word == "upper" else -node.kwargs["k"]
        found = {word, f"strictly_{word}"} if k > 0 else {word} if k == 0 else set()
        return with_zeros(node, of)._replace(words=(of(node.inputs[0]).words & set(TRIANGULAR)) | found)

    return passing


def diagonal_matrix(node: Node, of: Of) -> Fact:
    """Of numbers on a diagonal."""
    x = of(node.inputs[0])
    definite = {"definite", "semidefinite"} if x.positive else {"semidefinite"} if x.nonnegative else set()
    words = SYMMETRIC | {"lower", "upper"} | definite if not node.kwargs.get("k") else NOTHING
    return with_zeros(node, of)._replace(words=words)


def main_diagonal(node: Node, of: Of) -> Fact:
    """Of the diagonal of a matrix."""
    x = of(node.inputs[0])
    found = x._replace(words=NOTHING)
    return found._replace(low=max(x.low, 0.0), nonzero=True) if "positive_diagonal" in x.words else found


def spread(node: Node, of: Of) -> Fact:
    """Of elements repeated; a number everywhere is a symmetric matrix."""
    x = of(node.inputs[0])
    alike = not node.inputs[0].shape and is_square(node)
    return x._replace(words=SYMMETRIC if alike else NOTHING)
