"""Products and sums as values: what a chain of ``* / - **`` multiplies, what a chain of ``+ -`` adds up.

A `Product` is a number times tokens; a token is a leaf above or below the fraction line. The same leaf on both sides is
not cancelled: ``x / x`` is nan at 0, and stays so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from symdiff.errors import DTypeError
from symdiff.graph.aval import broadcast
from symdiff.graph.dims import Shape
from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew
from symdiff.ops.reductions import spread
from symdiff.rewrite import decimals

LARGEST_SIDE = 1e100  # of the numbers above and below the line of a product


class Token(NamedTuple):
    """A leaf, above (True) or below the fraction line."""

    leaf: Leaf
    above: bool = True


@dataclass(eq=False)
class Sum:
    """Terms that are added up. Written as `node`, or as ``-node`` if `flipped`; `inner` ones come from factoring."""

    terms: list[Product]
    shape: Shape
    inner: bool = False
    node: Node | None = None
    flipped: bool = False


@dataclass(eq=False)
class Shared:
    """A product that several terms have in common; as a `Sum`, it may be flipped."""

    term: Product
    shape: Shape
    node: Node | None = None
    flipped: bool = False


@dataclass(eq=False)
class Reduced:
    """A reduction such as ``np.sum(…, axis=0)`` of a product; `of` is the node that it comes from."""

    of: Node
    term: Product
    shape: Shape
    node: Node | None = None
    flipped: bool = False


Leaf = Node | Sum | Shared | Reduced


@dataclass(eq=False)
class Product:
    """``above / below`` times the product of `tokens`; `above` and `below` are numbers."""

    above: float = 1.0
    below: float = 1.0
    tokens: list[Token] = field(default_factory=list)

    @property
    def number(self) -> float:
        return self.above if self.below == 1 else decimals.quotient(self.above, self.below)

    @property
    def is_scaled(self) -> bool:
        return abs(self.number) != 1

    def scale(self, value: float, above: bool) -> None:
        """Multiplies, or divides if not `above`, by a number; what grows on both sides is cancelled."""
        if above:
            self.above = decimals.product(self.above, value)
        else:
            self.below = decimals.product(self.below, value)
        if max(abs(self.above), abs(self.below)) > LARGEST_SIDE:
            self.above, self.below = decimals.quotient(self.above, self.below), 1.0

    def negated(self) -> Product:
        return Product(-self.above, self.below, self.tokens)

    def without(self, token: Token) -> Product:
        """The term with `token` taken out once."""
        left = list(self.tokens)
        left.remove(token)
        return Product(self.above, self.below, left)

    def replace(self, pair: tuple[Token, Token], new: Token) -> None:
        """Puts `new` in the place of the first of `pair`."""
        at = self.tokens.index(pair[0])
        self.tokens[at] = new
        self.tokens.remove(pair[1])


def joined(shapes: list[Shape]) -> Shape:
    """The shape of arrays of these shapes together."""
    whole: Shape = ()
    for shape in shapes:
        both = broadcast(whole, shape)
        assert both is not None
        whole = both
    return whole


@lru_cache(maxsize=1024)
def extent(shape: Shape) -> tuple[int, int]:
    """How large an array is, so that shapes can be ordered: first by lengths that are not numbers."""
    numbers = 1
    for n in shape:
        numbers *= n if isinstance(n, int) else 1
    return sum(not isinstance(n, int) for n in shape), numbers


NUMBER = (0, 1)


def gain(term: Product, token: Token) -> int:
    """How many operations on its largest arrays the term saves without `token`.

    Smaller factors are multiplied with each other first, so that only the last of them costs a pass over the large.
    """
    sizes = [extent(t.leaf.shape) for t in term.tokens]
    largest, mine = max(sizes), extent(token.leaf.shape)
    smaller = sum(s < largest for s in sizes) + (term.is_scaled and largest > NUMBER)
    if mine == largest:
        return int(sizes.count(largest) > 1 or smaller > 0 or term.is_scaled)
    return int(smaller == 1)


def pair_gain(term: Product, pair: tuple[Token, Token]) -> int:
    """How many operations the term saves if `pair` is there already."""
    first, second = sorted(extent(t.leaf.shape) for t in pair)
    if first == second:
        return 1
    smaller = sum(extent(t.leaf.shape) < second for t in term.tokens)
    return int(smaller == 1 and not term.is_scaled)


# ------------------------------------------------------------------------------------------------------- writing down


def write_product(term: Product, written: dict[Node, Node]) -> tuple[bool, Node]:
    """``(negative, node)``: the product, small factors first, without its sign."""
    factors: dict[Shape, tuple[list[Node], list[Node]]] = {}  # above and below the line
    negative = term.number < 0
    for leaf, is_above in term.tokens:
        node = written.get(leaf, leaf) if isinstance(leaf, Node) else _leaf(leaf, written)
        negative ^= not isinstance(leaf, Node) and leaf.flipped
        if leaf.shape not in factors:
            factors[leaf.shape] = [], []
        factors[leaf.shape][not is_above].append(node)
    p, q = abs(term.above), term.below
    if p != 1 and q != 1:
        p, q = p / q, 1.0
    above: Node | None = as_node(p) if p != 1 else None
    below: Node | None = as_node(q) if q != 1 else None
    for shape in factors if len(factors) < 2 else sorted(factors, key=extent):
        for factor in _powers(factors[shape][0]):
            above = factor if above is None else above * factor
        for factor in _powers(factors[shape][1]):
            below = factor if below is None else below * factor
        if above is not None and below is not None:
            above, below = above / below, None
    if above is None:
        return negative, as_node(1.0) if below is None else 1.0 / below
    return negative, above if below is None else above / below


def _leaf(leaf: Sum | Shared | Reduced, written: dict[Node, Node]) -> Node:
    """What stands for the leaf: its node, or its negative if the leaf is flipped."""
    if leaf.node is None:
        if isinstance(leaf, Sum):
            write_sum(leaf, written)
        else:
            leaf.flipped, leaf.node = write_product(leaf.term, written)
        if isinstance(leaf, Reduced):
            assert leaf.node is not None
            leaf.node = leaf.of.op(spread(leaf.node, leaf.of.inputs[0].shape), **leaf.of.kwargs)
    assert leaf.node is not None
    return leaf.node


def _powers(factors: list[Node]) -> list[Node]:
    if len(factors) < 2:
        return factors
    counts: dict[Node, int] = {}
    for x in factors:
        counts[x] = counts.get(x, 0) + 1
    return [_power(x, n) for x, n in counts.items()]


def _power(x: Node, n: int) -> Node:
    if n == 1 or x.aval.kind == "b":  # a condition as a factor is 0 or 1, and so are its powers
        return x
    return ew.square(x) if n == 2 else x ** float(n)


def write_sum(total: Sum, written: dict[Node, Node]) -> None:
    """Writes the terms in order, but a positive one first."""
    parts = [write_product(t, written) for t in total.terms]
    if not all(part.aval.inexact for _, part in parts):
        raise DTypeError("conditions as factors are numbers, but as terms they add up to conditions")
    first = next((k for k, (negative, _) in enumerate(parts) if not negative), 0)
    total.flipped, node = parts[first]
    for k, (negative, part) in enumerate(parts):
        if k == first:
            continue
        node = node + part if negative == total.flipped else node - part
    total.node = node


def negated(total: Sum, written: dict[Node, Node]) -> Node:
    """What a sum of negative terms is worth: ``-a - b``."""
    first, *rest = [write_product(t, written)[1] for t in total.terms]
    node = -first
    for part in rest:
        node = node - part
    return node
