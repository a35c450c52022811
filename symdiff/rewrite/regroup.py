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

from collections import deque

from symdiff.errors import SymdiffError
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.rewrite.engine import Journal, Step, carry_over
from symdiff.rewrite.powers import POWERS, Powers
from symdiff.rewrite.rule import Rule, is_scalar_constant, number
from symdiff.rewrite.terms import (
    Leaf,
    Reduced,
    Shared,
    Sum,
    Term,
    Token,
    extent,
    gain,
    joined,
    negated,
    pair_gain,
    write_product,
    write_sum,
)

MOST_ROUNDS = 4
WIDEST = 24  # factors of a product in which shared pairs are looked for
REDUCTIONS = (red.sum_, red.mean)
LARGEST_NUMBER = 1e8  # constants beyond this, or below its inverse, do not change places

RULE = Rule("regroup", "REAL", (), lambda node: None, "factors and terms in an order that saves operations")


def regroup(graph: Graph, journal: Journal) -> Graph:
    """`graph` with the chains of its derivative regrouped; what is shared at first may be used once afterwards."""
    for _ in range(MOST_ROUNDS):
        before, graph = graph, _regrouped(graph, journal)
        if graph.outputs == before.outputs:
            break
    return graph


def _regrouped(graph: Graph, journal: Journal) -> Graph:
    order = toposort(graph.outputs)
    chains = _Chains(graph, order)
    for node in order:
        chains.take_apart(node)
    share_products(chains.terms, chains.known)
    first = len(journal.steps)
    for node in toposort([*graph.forward, *graph.outputs]):
        chains.write(node, journal)
    return carry_over(graph, chains.new, journal.steps[first:])


class _Chains:
    """The chains of one graph. A node that only one chain uses vanishes into it."""

    def __init__(self, graph: Graph, order: list[Node]) -> None:
        wanted = set(graph.outputs)
        forward = toposort([root for root in graph.forward if root in wanted])
        self.fixed = {n for n in forward if n not in graph.origins}
        self.user: dict[Node, Node | None] = dict.fromkeys(graph.outputs)  # the only one, if there is but one
        for node in order:
            for x in node.inputs:
                self.user[x] = None if x in self.user else node
        self.products: dict[Node, Term] = {}
        self.sums: dict[Node, Sum] = {}
        self.terms: list[Term] = []
        self.known = {key: n for n in order if n in self.fixed and (key := _known_product(n))}
        self.powers = Powers(n for n in order if n in self.fixed)
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
        """Whether `node` is part of the chain of its only user."""
        user = self.user.get(node)
        if user is None or not (self._is_chain(node) and self._is_chain(user)) or user.dtype != node.dtype:
            return False
        return node.shape == user.shape or not (_is_sum(node) and _is_sum(user))

    def _is_reduced(self, node: Node) -> bool:
        """Whether `node` is a product whose only user sums it up."""
        user = self.user.get(node)
        return user is not None and user.op in REDUCTIONS

    def take_apart(self, node: Node) -> None:
        """Finds the terms of the chain whose root is `node`."""
        if not self._is_chain(node):
            return
        if _is_sum(node):
            if not (self._is_attached(node) and _is_sum(self.user[node])):
                self.sums[node] = total = Sum(factored(add_up(self._collect_terms(node))), node.shape)
                self.terms.extend(_terms_of(total))
        elif not (self._is_attached(node) and _is_product(self.user[node]) and not self._is_reduced(node)):
            self.products[node] = term = self._collect_factors(node)
            if not (self._is_attached(node) and (_is_sum(self.user[node]) or self._is_reduced(node))):
                self.terms.append(term)

    def _collect_terms(self, root: Node) -> list[Term]:
        terms: list[Term] = []
        stack = [(root, False)]
        while stack:
            node, negative = stack.pop()
            if node is root or (_is_sum(node) and self._is_attached(node)):
                a, b = node.inputs
                stack += [(b, negative ^ (node.op is ew.subtract)), (a, negative)]
                continue
            if _is_product(node) and self._is_attached(node):
                term = self.products[node]
            elif (value := _moderate(node)) is not None:
                term = Term(value)
            else:
                term = Term(tokens=[Token(node)])
            inner = term.tokens[0].leaf if len(term.tokens) == 1 and not term.is_scaled else None
            if isinstance(inner, Sum) and term.tokens[0].above and inner.shape == root.shape:  # -(a + b) + c
                flip = negative ^ (term.number < 0)
                terms += [t.negated() if flip else t for t in inner.terms]
            else:
                terms.append(term.negated() if negative else term)
        return terms

    def _collect_factors(self, root: Node) -> Term:
        term = Term()
        stack = [(root, True)]
        while stack:
            node, above = stack.pop()
            inside = node is root or (_is_product(node) and self._is_attached(node))
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
                term.above, term.below = (term.above * value, term.below) if above else (term.above, term.below * value)
            elif node in self.sums and self._is_attached(node):
                term.tokens += _spliced(self.sums[node], above, term)
            else:
                term.tokens.append(Token(node, above))
        if term.below < 0:
            term.above, term.below = -term.above, -term.below
        self.powers.cancel(term)
        return term

    def _reduce(self, node: Node, above: bool, term: Term) -> None:
        """The sum of a product: what is the same along the axes stands outside."""
        x = node.inputs[0]
        inner = self.products[x]
        outside: list[Token] = []
        inside: list[Token] = []
        for token in [t for factor in inner.tokens for t in self._seen_through(factor, node)]:
            leaf = _outside(token.leaf, node)
            (inside if leaf is None else outside).append(token if leaf is None else Token(leaf, token.above))
        if not any(t.above for t in inside):
            outside, inside = [], inner.tokens
        if joined([t.leaf.shape for t in inside]) != x.shape:
            outside = [t for t in outside if not t.leaf.shape]
            inside = [t for t in inner.tokens if t.leaf.shape]
        top, bottom = (inner.above, inner.below) if above else (inner.below, inner.above)
        term.above, term.below = term.above * top, term.below * bottom
        term.tokens += [Token(t.leaf, t.above == above) for t in outside]
        rest = Term(tokens=inside)
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

    def write(self, node: Node, journal: Journal) -> None:
        """Puts what becomes of `node` into `new`, once its inputs are there."""
        try:
            found = self._written(node)
        except SymdiffError:
            found = None
        if found is not None and found.aval is node.aval:
            self.new[node] = found
            if found is not node:
                journal.steps.append(Step(RULE, node, found))
        elif not self._is_attached(node) or all(x in self.new for x in node.inputs):
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


def _is_sum(node: Node | None) -> bool:
    return node is not None and node.op in (ew.add, ew.subtract) and node.aval.kind == "f" and not node.aval.weak


def _is_product(node: Node | None) -> bool:
    if node is None or node.aval.kind != "f" or node.aval.weak:
        return False
    if node.op is ew.power:
        exponent = node.inputs[1]
        return is_scalar_constant(exponent) and number(exponent) in POWERS
    return node.op in (ew.multiply, ew.divide, ew.square, ew.negative, *REDUCTIONS)


def _moderate(node: Node) -> float | None:
    """The value of a number that may change places in a product."""
    if not is_scalar_constant(node):
        return None
    limit = 1e2 if node.dtype == "float16" else LARGEST_NUMBER
    literal = node.literal
    assert literal is not None
    value = float(str(literal.value))  # 0.1 for float32's 0.1
    return value if 1 / limit <= abs(value) <= limit else None


def _spliced(total: Sum, above: bool, term: Term) -> list[Token]:
    """The tokens of a sum inside a product: its own, if all of it is one product by now."""
    if len(total.terms) != 1:
        return [Token(total, above)]
    only = total.terms[0]
    top, bottom = (only.above, only.below) if above else (only.below, only.above)
    term.above, term.below = term.above * top, term.below * bottom
    return [Token(t.leaf, t.above == above) for t in only.tokens]


def _terms_of(total: Sum) -> list[Term]:
    """The terms of a sum and of the sums inside that factoring made."""
    found, stack = [], list(total.terms)
    while stack:
        term = stack.pop()
        found.append(term)
        stack += [
            t for token in term.tokens if isinstance(token.leaf, Sum) and token.leaf.inner for t in token.leaf.terms
        ]
    return found


# ----------------------------------------------------------------------------------------------------------- sums


def add_up(terms: list[Term]) -> list[Term]:
    """Like terms as one. What would cancel is kept: ``x - x`` is nan where x is infinite."""
    groups: dict[frozenset[tuple[Token, int]], list[Term]] = {}
    for term in terms:
        counts: dict[Token, int] = {}
        for token in term.tokens:
            counts[token] = counts.get(token, 0) + 1
        groups.setdefault(frozenset(counts.items()), []).append(term)
    result: list[Term] = []
    for group in groups.values():
        total = sum(t.number for t in group)
        result += group if len(group) == 1 or total == 0 else [Term(total, 1.0, group[0].tokens)]
    return result


def factored(terms: list[Term]) -> list[Term]:
    """The terms of a sum, common factors taken out where that saves operations."""
    while 1 < len(terms) <= WIDEST:
        counts: dict[Token, list[Term]] = {}
        for term in terms:
            for token in dict.fromkeys(term.tokens):
                counts.setdefault(token, []).append(term)
        if not counts:
            return terms
        token = max(counts, key=lambda t: (_saved(counts[t], t), len(counts[t]), extent(t.leaf.shape)))
        least = 2 if len(counts[token]) < len(terms) else 1  # of all terms, for the reader's sake
        if _saved(counts[token], token) < least:
            return _scaled_together(terms)
        sharing = counts[token]
        members = {id(t) for t in sharing}
        inner = [t.without(token) for t in sharing]
        shape = joined([t.leaf.shape for term in inner for t in term.tokens])
        rest = Sum(factored(inner), shape, inner=True)
        product = Term(tokens=[token])
        product.tokens += _spliced(rest, True, product)
        at = next(k for k, t in enumerate(terms) if id(t) in members)
        terms = [*terms[:at], product, *[t for t in terms[at:] if id(t) not in members]]
    return terms


def _saved(terms: list[Term], token: Token) -> int:
    return sum(gain(term, token) for term in terms) if len(terms) > 1 else 0


def _scaled_together(terms: list[Term]) -> list[Term]:
    """``2*a - 2*b`` as ``2 * (a - b)``."""
    scale = abs(terms[0].number)
    if (
        scale == 1
        or len(terms) < 2
        or any(abs(t.number) != scale for t in terms)
        or not all(t.tokens for t in terms[:1])
    ):
        return terms
    if any(len({extent(t.leaf.shape) for t in term.tokens}) > 1 for term in terms):
        return terms  # the number goes to a small factor at no cost
    first = terms[0]
    inner = [Term(1.0 if t.number > 0 else -1.0, 1.0, t.tokens) for t in terms]
    shape = joined([t.leaf.shape for term in inner for t in term.tokens])
    return [Term(abs(first.above), first.below, [Token(Sum(inner, shape, inner=True))])]


# ------------------------------------------------------------------------------------------------- shared products


Key = frozenset[Token]  # a pair; a square has one element
Pair = tuple[Token, Token]


def share_products(terms: list[Term], known: dict[Key, Node]) -> None:
    """Pairs of factors that several terms hold, or that the forward part computes, become one factor."""
    places: dict[Key, tuple[Pair, list[Term]]] = {}
    for term in terms:
        if len(term.tokens) <= WIDEST:
            for k, a in enumerate(term.tokens):
                _note(places, term, a, term.tokens[k + 1 :])
    queue = deque(sorted(places, key=lambda key: -len(places[key][1])))
    while queue:
        key = queue.popleft()
        if key not in places:
            continue
        pair, where = places.pop(key)
        found = [(term, there) for term in dict.fromkeys(where) if (there := _find(term, pair)) is not None]
        if sum(pair_gain(term, there) for term, there in found) + (key in known) < 2:
            continue
        shape = joined([t.leaf.shape for t in pair])
        leaf = known[key] if key in known else Shared(Term(tokens=list(pair)), shape)
        for term, _ in found:
            there = _find(term, pair)  # a term that holds the pair twice was changed meanwhile
            if there is not None and pair_gain(term, there):
                new = Token(leaf, there[0].above or there[1].above)
                term.replace(there, new)
                queue.extend(_note(places, term, new, [t for t in term.tokens if t is not new]))


def _note(places: dict[Key, tuple[Pair, list[Term]]], term: Term, a: Token, others: list[Token]) -> list[Key]:
    keys = []
    for b in others:
        pair = upright(a, b)
        keys.append(frozenset(pair))
        _, where = places.setdefault(keys[-1], (pair, []))
        if not where or where[-1] is not term:
            where.append(term)
    return keys


def upright(a: Token, b: Token) -> Pair:
    """Both below the line is as good as both above."""
    return (a, b) if a.above or b.above else (Token(a.leaf), Token(b.leaf))


def _find(term: Term, pair: Pair) -> Pair | None:
    """The tokens of `term` that make the pair, in the order in which they stand."""
    ways = (
        [pair, (Token(pair[0].leaf, False), Token(pair[1].leaf, False))] if pair[0].above and pair[1].above else [pair]
    )
    for a, b in ways:
        if a in term.tokens and b in term.tokens and (a != b or term.tokens.count(a) > 1):
            return (a, b) if term.tokens.index(a) <= term.tokens.index(b) else (b, a)
    return None


def _known_product(node: Node) -> Key | None:
    """The pair that a product of the forward part is."""
    if node.op is ew.square:
        return frozenset((Token(node.inputs[0]),))
    if node.op not in (ew.multiply, ew.divide) or any(x.literal is not None for x in node.inputs):
        return None
    return frozenset((Token(node.inputs[0]), Token(node.inputs[1], node.op is ew.multiply)))
