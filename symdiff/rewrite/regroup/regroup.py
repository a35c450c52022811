"""Regrouping: sums and products of the derivative in the order in which they cost least and read best.

A derivative comes out of reverse mode as strings of products, one factor per rule. Here every chain of ``* / - **`` is
taken apart into factors, and every chain of ``+ -`` into terms (see `terms`). Equal terms are added up, common factors
are taken out where that saves an operation, products that several terms share are computed once, and what is left is
written with small factors first, so that arrays are passed over as few times as possible.

What the user wrote stays as it is. The method is reassociation (Briggs and Cooper, "Effective partial redundancy
elimination", 1994); shared products are found greedily (Breuer, "Generation of optimal code for expressions via
factorization", 1969).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from symdiff.errors import SymdiffError
from symdiff.graph.graph import LARGE, Graph
from symdiff.graph.node import INPUT, Literal, Node
from symdiff.graph.op import UNWRITTEN
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.rewrite.engine import Journal, Pass, Step, carry_over
from symdiff.rewrite.precision import mixes
from symdiff.rewrite.regroup.chains import (
    Leaf,
    Product,
    Reduced,
    Sum,
    Token,
    extent,
    joined,
    negated,
    write_product,
    write_sum,
)
from symdiff.rewrite.regroup.factor import (
    add_up,
    distributed,
    factored,
    known_product,
    share_products,
    spliced,
    terms_of,
)
from symdiff.rewrite.regroup.powers import POWERS, Powers
from symdiff.rewrite.rule import is_scalar_constant, number

MOST_ROUNDS = 4
MANY = 8  # terms of a sum that takes several lines
LONGEST = 16  # factors of a product that goes on through the values in between: of many, large ones may overflow
REDUCTIONS = (red.sum_, red.mean)
SUMS = frozenset((ew.add, ew.subtract))
PRODUCTS = frozenset((ew.multiply, ew.divide, ew.square, ew.power, ew.negative, *REDUCTIONS))
LARGEST_NUMBER = 1e8  # constants beyond this, or below its inverse, do not change places

Price = list[tuple[tuple[int, int], int]]
REGROUP = Pass("regroup", "REAL", "factors and terms in an order that saves operations")
ONCE = Pass(
    "regroup-once",
    "BITS",
    "the graph is large: nothing is regrouped twice, long lines stay whole, and floats of both kinds have one body",
)


def regroup(graph: Graph, journal: Journal) -> Graph:
    """`graph` with the chains of its derivative regrouped.

    Chains end at the derivatives of the values in between, which so keep their lines, unless going on saves operations,
    and leads to no product of very many factors.
    Those of a large graph are regrouped once, and end there.
    """
    if len(graph.order) > LARGE:
        once = _regrouped(graph, True)
        journal.steps += [*once.steps, Step(ONCE, once.graph.outputs[-1], once.graph.outputs[-1])]
        return once.graph
    staged = _until_no_cheaper(graph, True)
    plain = _until_no_cheaper(graph, False) if staged.held else staged
    best = plain if plain.price < staged.price and plain.longest <= LONGEST else staged
    journal.steps += best.steps
    return best.graph


class Regrouped(NamedTuple):
    """A graph that was regrouped.

    Attributes:
        price: what its operations cost.
        held: whether a chain ended where it might have gone on.
        longest: the factors of its longest product.
    """

    graph: Graph
    price: Price
    steps: list[Step]
    held: bool
    longest: int


def _until_no_cheaper(graph: Graph, staged: bool) -> Regrouped:
    """What is shared at first may be used once afterwards."""
    best = _regrouped(graph, staged)
    for _ in range(MOST_ROUNDS - 1):
        if best.graph.outputs == graph.outputs:
            break
        graph, found = best.graph, _regrouped(best.graph, staged)
        if found.price >= best.price:
            return best._replace(held=best.held or found.held)
        longest = max(best.longest, found.longest)
        best = Regrouped(found.graph, found.price, best.steps + found.steps, best.held or found.held, longest)
    return best


def _price(graph: Graph) -> Price:
    """How many operations there are, on the largest arrays first. Signs are free: they go where they cost nothing."""
    alike = Counter(
        (node.aval, *[x.aval for x in node.inputs])
        for node in graph.order
        if node.inputs and not node.op.view and node.op.family not in UNWRITTEN and node.op is not ew.negative
    )
    counts = Counter[tuple[int, int]]()
    for (aval, *operands), n in alike.items():
        counts[max(extent(x.shape) for x in (*(aval.parts or (aval,)), *operands))] += n
    return sorted(counts.items(), reverse=True)


def _regrouped(graph: Graph, staged: bool) -> Regrouped:
    steps: list[Step] = []
    order = graph.order
    chains = _Chains(graph, order, staged)
    for node in order:
        chains.take_apart(node)
    share_products(chains.terms, chains.known)
    for node in graph.whole:
        chains.write(node, steps)
    found = carry_over(graph, chains.new, steps)
    longest = max([len(term.tokens) for term in chains.products.values()], default=0)
    return Regrouped(found, _price(found), steps, chains.held, longest)


class _Chains:
    """The chains of one graph. A node that only one chain uses vanishes into it."""

    def __init__(self, graph: Graph, order: Sequence[Node], staged: bool) -> None:
        wanted = set(graph.outputs)
        forward = toposort([root for root in graph.forward if root in wanted])
        self.place: dict[Leaf, int] = {node: k for k, node in enumerate(order)}
        self.fixed = {n for n in forward if n not in graph.notes.origins}
        self.stages = frozenset(graph.notes.cotangents) if staged else frozenset()
        self.user: dict[Node, Node | None] = dict.fromkeys(graph.outputs)  # the only one, if there is but one
        for node in order:
            for x in node.inputs:
                self.user[x] = None if x in self.user else node
        self.chained = {node for node in order if self._is_chain(node)}
        # of a step: what is added to a state is added up first, which rounds less, and may be done in place
        self.carrying = set() if graph.forward else {y for y in graph.outputs if _adds_to_input(y)}
        whole = [node for node in order if self._is_attached(node)]
        self.attached = {node for node in whole if node not in self.stages}
        self.held = len(self.attached) < len(whole)
        self.products: dict[Node, Product] = {}
        self.sums: dict[Node, Sum] = {}
        self.terms: list[Product] = []
        self.known = {key: n for n in order if n in self.fixed and (key := known_product(n))}
        self.powers = Powers(order, self.fixed)
        self.new: dict[Node, Node] = {}

    def _is_chain(self, node: Node) -> bool:
        if node in self.fixed or not (_is_sum(node) or _is_product(node)):
            return False
        return node.op not in REDUCTIONS or self._is_chain_of_its_own(node.inputs[0], node)

    def _is_chain_of_its_own(self, x: Node, user: Node) -> bool:
        """Whether x is a product that `user` alone sums up."""
        plain = _is_product(x) and x.op not in REDUCTIONS
        return plain and self.user.get(x) is user and x not in self.fixed and x.dtype == user.dtype

    def _is_attached(self, node: Node) -> bool:
        """Whether `node` is part of the chain of its only user, if it does not end there for the reader's sake."""
        user = self.user.get(node)
        if user is None or not self.chained.issuperset((node, user)) or user.dtype != node.dtype:
            return False
        if user in self.carrying and node.op in SUMS:
            return False
        return node.shape == user.shape or not SUMS.issuperset((node.op, user.op))

    def take_apart(self, node: Node) -> None:
        """Finds the terms of the chain whose root is `node`."""
        if node not in self.chained:
            return
        user = self.user.get(node) if node in self.attached else None  # of the chain that it is part of
        if node.op in SUMS:
            if user is None or user.op not in SUMS:
                terms = factored(add_up(self._collect_terms(node)))
                self.sums[node] = total = Sum(self._as_they_come(terms), node.shape)
                self.terms.extend(terms_of(total))
        elif user is None or user.op in SUMS or user.op in REDUCTIONS:
            self.products[node] = term = self._collect_factors(node)
            if user is None:
                self.terms.append(term)

    def _as_they_come(self, terms: list[Product]) -> list[Product]:
        """The terms of a long sum in the order in which they can be computed, so that none waits for the others."""
        if len(terms) <= MANY:
            return terms
        return sorted(terms, key=lambda term: max([self.place.get(t.leaf, 0) for t in term.tokens], default=0))

    def _collect_terms(self, root: Node) -> list[Product]:
        terms: list[Product] = []
        stack = [(root, False)]
        while stack:
            node, negative = stack.pop()
            if node is root or (node in self.attached and node.op in SUMS):
                a, b = node.inputs
                stack += [(b, negative ^ (node.op is ew.subtract)), (a, negative)]
                continue
            if node in self.attached:
                term = self.products[node]
            elif (value := _moderate(node)) is not None:
                term = Product(value)
            else:
                term = Product(tokens=[Token(node)])
            for each in distributed(term, root.shape):  # -(a + b) + c
                terms.append(each.negated() if negative else each)
        return terms

    def _collect_factors(self, root: Node) -> Product:
        term = Product()
        stack = [(root, True)]
        while stack:
            node, above = stack.pop()
            inside = node is root or (node in self.attached and node.op not in SUMS)
            if inside and node.op is ew.negative:
                term.above = -term.above
                stack.append((node.inputs[0], above))
            elif inside and node.op in REDUCTIONS:
                self._reduce(node, above, term)
            elif inside and node.op in (ew.square, ew.power):
                n = 2 if node.op is ew.square else round(number(node.inputs[1]))
                stack += [(node.inputs[0], above ^ (n < 0))] * abs(n)
            elif inside:
                stack += [(node.inputs[1], above ^ (node.op is ew.divide)), (node.inputs[0], above)]
            elif (value := _moderate(node)) is not None:
                term.scale(value, above)
            elif node in self.sums and node in self.attached:
                term.tokens += spliced(self.sums[node], above, term)
            else:
                term.tokens.append(Token(node, above))
        if term.below < 0:
            term.above, term.below = -term.above, -term.below
        self.powers.cancel(term)
        return term

    def _reduce(self, node: Node, above: bool, term: Product) -> None:
        """The sum of a product: what is the same along the axes stands outside."""
        x = node.inputs[0]
        inner = self.products[x]
        outside: list[Token] = []
        inside: list[Token] = []
        seen = [t for factor in inner.tokens for t in self._seen_through(factor, node)]
        for token in seen:
            leaf = _outside(token.leaf, node)
            (inside if leaf is None else outside).append(token if leaf is None else Token(leaf, token.above))
        if not any(t.above for t in inside):
            outside, inside = [], inner.tokens
        elif joined([t.leaf.shape for t in inside]) != x.shape:
            outside = [t for t in outside if not t.leaf.shape]
            inside = [t for t in seen if t.leaf.shape]
        top, bottom = (inner.above, inner.below) if above else (inner.below, inner.above)
        term.scale(top, True)
        term.scale(bottom, False)
        term.tokens += [Token(t.leaf, t.above == above) for t in outside]
        rest = Product(tokens=inside)
        self.terms.append(rest)
        term.tokens.append(Token(Reduced(node, rest, node.shape), above))

    def _seen_through(self, token: Token, reduction: Node) -> list[Token]:
        """The factors of a shared product ``s * x`` of which x alone changes along the axes."""
        term = self.products.get(token.leaf) if isinstance(token.leaf, Node) else None
        if term is None or term.number != 1 or not all(t.above for t in term.tokens):
            return [token]
        changing = [t for t in term.tokens if _outside(t.leaf, reduction) is None]
        if len(changing) != 1 or len(term.tokens) == 1 or changing[0].leaf.shape != token.leaf.shape:
            return [token]
        return [Token(t.leaf, t.above == token.above) for t in term.tokens]

    # ----------------------------------------------------------------------------------------------------- writing

    def write(self, node: Node, steps: list[Step]) -> None:
        """Puts what becomes of `node` into `new`, once its inputs are there."""
        try:
            found = self._written(node)
        except SymdiffError:
            found = None
        if found is not None and found.aval is node.aval:
            self.new[node] = found
            if found is not node:
                steps.append(Step(REGROUP, node, found))
        elif node not in self.attached or all(x in self.new for x in node.inputs):
            inputs = tuple(self.new[x] for x in node.inputs)
            self.new[node] = node if inputs == node.inputs else Node(node.op, inputs, node.params)

    def _written(self, node: Node) -> Node | None:
        if node in self.sums:
            total = self.sums[node]
            write_sum(total, self.new)
            assert total.node is not None
            return negated(total, self.new) if total.flipped else total.node
        if node in self.products:
            negative, product = write_product(self.products[node], self.new)
            return -product if negative else product
        return None


def _outside(leaf: Leaf, reduction: Node) -> Leaf | None:
    """A factor as it stands outside of a reduction along whose axes it is the same; None if it is not."""
    if not leaf.shape:
        return leaf
    axes, ndim = reduction.kwargs["axis"], reduction.inputs[0].ndim
    missing = ndim - len(leaf.shape)
    if any(k >= missing and leaf.shape[k - missing] != 1 for k in axes):
        return None
    if reduction.kwargs["keepdims"] or all(k < missing for k in axes):
        return leaf
    if isinstance(leaf, Node) and leaf.op is shapes.expand_dims and leaf.ndim == ndim and leaf.kwargs["axis"] == axes:
        return leaf.inputs[0]
    return None


def _adds_to_input(node: Node) -> bool:
    return node.op is ew.add and any(x.op is INPUT for x in node.inputs)


def _is_sum(node: Node) -> bool:
    return node.op in SUMS and node.aval.kind == "f" and not node.aval.weak and not mixes(node)


def _is_product(node: Node) -> bool:
    if node.op not in PRODUCTS or node.aval.kind != "f" or node.aval.weak or mixes(node):
        return False
    if node.op is ew.power:
        exponent = node.inputs[1]
        return is_scalar_constant(exponent) and number(exponent) in POWERS
    # what is scaled out of the usual range, and back, stays as it is
    return not any(is_scalar_constant(x) and number(x) and _moderate(x) is None for x in node.inputs if not x.inputs)


def _moderate(node: Node) -> float | None:
    """The value of a number that may change places in a product."""
    if not is_scalar_constant(node):
        return None
    literal = node.literal
    assert literal is not None
    return _moderate_value(literal)


@lru_cache(maxsize=4096)
def _moderate_value(literal: Literal) -> float | None:
    """The same for what the node holds. A graph has few different numbers, and asks in each round."""
    limit = 1e2 if literal.value.dtype == "float16" else LARGEST_NUMBER
    value = float(str(literal.value))  # 0.1 for float32's 0.1
    return value if 1 / limit <= abs(value) <= limit else None
