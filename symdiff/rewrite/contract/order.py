"""In which order a product of several operands is multiplied: pair by pair, at the lowest cost.

Exact by dynamic programming over subsets for up to `MOST_EXACT` operands, greedy beyond (Pfeifer, Haegeman and
Verstraete, "Faster identification of optimal contraction sequences for tensor networks", 2014). Lengths that are names
count as `NOMINAL`; among orders of equal cost, the first operands are multiplied first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Protocol

from symdiff.errors import LimitError
from symdiff.graph.dims import nominal_size
from symdiff.graph.node import Node
from symdiff.graph.op import UNWRITTEN
from symdiff.ops.costs import nominal_flops

WRITE = 8  # operations, of those in a matrix product, that take as long as writing an element
MOST_EXACT = 6
Pair = tuple[int, int]
Labels = frozenset[int]


def nominal_cost(node: Node) -> int:
    """Operations of a node, and the elements that it writes, where every name stands for the nominal length.

    What is scattered and added is added in place.
    """
    if node.op.family in UNWRITTEN or node.op.view:
        return 0
    written = sum([nominal_size(x.shape) for x in node.aval.parts or (node,)])
    if node.op.infix in ("+", "-") and any(x.op.accumulate is not None for x in node.inputs):
        return -WRITE * written
    try:
        return nominal_flops(node) + WRITE * written
    except LimitError:
        return (1 + WRITE) * written


class Memory(Protocol):
    """What is known of products of some of the operands, a bit for each."""

    def known(self, some: int) -> bool:
        """Whether the product is there anyway, and costs nothing."""

    def twins(self, some: int, others: int) -> bool:
        """Whether two products are the same but for their labels, so that one of them is made."""


def cheapest_order(
    operands: Sequence[Labels], axes: Sequence[int], sizes: Mapping[int, int], memory: Memory
) -> list[Pair]:
    """The pairs to multiply, in order. A product takes the place of the first of its pair in the list of operands."""
    out = frozenset(axes)
    if len(operands) <= 2:
        return [(0, 1)] if len(operands) == 2 else []
    if len(operands) > MOST_EXACT:
        return _greedy(list(operands), out, sizes)
    return _exact(operands, axes, sizes, memory)


def pair_cost(a: Labels, b: Labels, kept: Labels, sizes: Mapping[int, int]) -> int:
    """A product per element, a sum where something is summed, and what is written."""
    both = a | b
    return (1 if both <= kept else 2) * _size(both, sizes) + WRITE * _size(both & kept, sizes)


def _exact(operands: Sequence[Labels], axes: Sequence[int], sizes: Mapping[int, int], memory: Memory) -> list[Pair]:
    out, first = frozenset(axes), frozenset(axes[:1])
    n = len(operands)
    full = (1 << n) - 1
    around = [out] * (full + 1)  # the labels that stand outside of a subset
    inside: list[Labels] = [frozenset()] * (full + 1)
    for subset in range(full + 1):
        rest = [operands[k] for k in range(n) if not subset >> k & 1]
        mine = [operands[k] for k in range(n) if subset >> k & 1]
        around[subset] = out.union(*rest)
        inside[subset] = frozenset().union(*mine) & around[subset]
    best: dict[int, _Best] = {1 << k: (0, 0, None) for k in range(n)}
    for count in range(2, n + 1):
        for chosen in combinations(range(n), count):
            subset = sum(1 << k for k in chosen)
            for left in _halves(chosen):
                right = subset ^ left
                cost = best[left][0] + best[right][0]
                if right.bit_count() > 1 and _is_made(best, left, right, memory):
                    cost -= best[right][0]
                late = best[left][1] + best[right][1]  # X.T @ (d[:, None] * X) rather than (d[:, None] * X).T @ X
                late += bool(first & inside[subset]) and inside[left] | inside[right] <= around[subset]
                late += subset == full and not _are_apart(axes, inside[left], inside[right])
                if count > 2 or not memory.known(subset):
                    cost += pair_cost(inside[left], inside[right], around[subset], sizes)
                if subset not in best or (cost, late) < best[subset][:2]:
                    best[subset] = cost, late, (left, right)
    return _as_pairs(best, n)


def _are_apart(axes: Sequence[int], left: Labels, right: Labels) -> bool:
    """Whether the axes of one factor come before those of the other, so that the result need not be transposed."""
    sides = [label in right for label in axes if (label in left) != (label in right)]
    return sides in (sorted(sides), sorted(sides, reverse=True))


def _is_made(best: Mapping[int, _Best], left: int, right: int, memory: Memory) -> bool:
    """Whether making `left` makes a product that is the same as `right` but for its labels."""
    stack = [left]
    while stack:
        subset = stack.pop()
        if subset.bit_count() == right.bit_count() and memory.twins(subset, right):
            return True
        stack.extend(part for part in best[subset][2] or () if part.bit_count() >= right.bit_count())
    return False


def _halves(chosen: Sequence[int]) -> Iterator[int]:
    """The proper subsets that hold the first of `chosen`, the largest first: (a @ b) @ c before a @ (b @ c)."""
    first, *others = chosen
    for count in reversed(range(len(others))):
        for rest in combinations(others, count):
            yield 1 << first | sum(1 << k for k in rest)


_Best = tuple[int, int, tuple[int, int] | None]  # operations, what one would rather not write, split


def _as_pairs(best: Mapping[int, _Best], n: int) -> list[Pair]:
    """The splits of the best tree, innermost first, as positions in a list that shrinks and grows."""
    splits: list[tuple[int, int]] = []
    stack = [(1 << n) - 1]
    while stack:
        split = best[stack.pop()][2]
        if split is not None:
            splits.append(split)
            stack.extend(split)
    current = [1 << k for k in range(n)]
    pairs: list[Pair] = []
    for left, right in reversed(splits):
        i, j = sorted((current.index(left), current.index(right)))
        pairs.append((i, j))
        current[i] = left | right
        del current[j]
    return pairs


def _greedy(current: list[Labels], out: Labels, sizes: Mapping[int, int]) -> list[Pair]:
    """Always the pair whose product is smallest beside what goes into it; of equal ones the cheapest, the first."""
    pairs: list[Pair] = []
    while len(current) > 1:
        i, j = min(combinations(range(len(current)), 2), key=lambda p: _rank(current, p, out, sizes))
        pairs.append((i, j))
        kept = out.union(*[x for k, x in enumerate(current) if k not in (i, j)])
        product = (current[i] | current[j]) & kept
        current[i] = product
        del current[j]
    return pairs


def _rank(current: list[Labels], pair: Pair, out: Labels, sizes: Mapping[int, int]) -> tuple[int, int]:
    a, b = current[pair[0]], current[pair[1]]
    kept = out.union(*[x for k, x in enumerate(current) if k not in pair])
    return _size((a | b) & kept, sizes) - _size(a, sizes) - _size(b, sizes), pair_cost(a, b, kept, sizes)


def _size(labels: Labels, sizes: Mapping[int, int]) -> int:
    total = 1
    for label in labels:
        total *= sizes[label]
    return total
