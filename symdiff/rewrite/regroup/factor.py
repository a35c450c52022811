"""Like terms, common factors, and products that several terms share."""

from __future__ import annotations

from collections import deque
from functools import reduce

from symdiff.graph.dims import Shape
from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew
from symdiff.rewrite import decimals
from symdiff.rewrite.regroup.chains import Product, Shared, Sum, Token, extent, gain, joined, pair_gain
from symdiff.rewrite.regroup.complements import without_complements

WIDEST = 24  # factors of a product, or terms of a sum, that are looked through


# ----------------------------------------------------------------------------------------------------------- sums


def add_up(terms: list[Product]) -> list[Product]:
    """Like terms as one. What would cancel is kept, unless it is numbers: ``x - x`` is nan where x is infinite."""
    if _share_nothing(terms) and sum(not term.tokens for term in terms) < 2:
        return terms
    groups: dict[frozenset[tuple[Token, int]], list[Product]] = {}
    for term in terms:
        counts: dict[Token, int] = {}
        for token in term.tokens:
            counts[token] = counts.get(token, 0) + 1
        groups.setdefault(frozenset(counts.items()), []).append(term)
    result: list[Product] = []
    for group in groups.values():
        total = reduce(decimals.total, [t.number for t in group])
        if total == 0 and not group[0].tokens and len(groups) > 1:
            continue
        result += group if len(group) == 1 or total == 0 else [Product(total, 1.0, group[0].tokens)]
    return result


def _share_nothing(terms: list[Product]) -> bool:
    """Whether no token comes twice."""
    if len(terms) < 2:
        return True
    tokens = [token for term in terms for token in term.tokens]
    return len(set(tokens)) == len(tokens)


def factored(terms: list[Product]) -> list[Product]:
    """The terms of a sum, common factors taken out where that saves operations."""
    terms = without_complements(terms)
    while 1 < len(terms) <= WIDEST:
        if _share_nothing(terms):
            return _scaled_together(terms)
        counts: dict[Token, list[Product]] = {}
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
        product = Product(tokens=[token])
        product.tokens += spliced(rest, True, product)
        at = next(k for k, t in enumerate(terms) if id(t) in members)
        terms = [*terms[:at], product, *[t for t in terms[at:] if id(t) not in members]]
    return terms


def spliced(total: Sum, above: bool, term: Product) -> list[Token]:
    """The tokens of a sum inside a product: its own, if all of it is one product by now."""
    if len(total.terms) != 1:
        return [Token(total, above)]
    only = total.terms[0]
    top, bottom = (only.above, only.below) if above else (only.below, only.above)
    term.scale(top, True)
    term.scale(bottom, False)
    return [Token(t.leaf, t.above == above) for t in only.tokens]


def distributed(term: Product, shape: Shape) -> list[Product]:
    """The terms of ``-(a + b)``, and of ``c * (p * a + q * b)``, where numbers meet before they meet an array."""
    numbers = [t for t in term.tokens if not t.leaf.shape]
    sums = [t for t in term.tokens if t.leaf.shape]
    inner = sums[0].leaf if len(sums) == 1 else None if shape or len(numbers) != 1 else numbers.pop().leaf
    if not isinstance(inner, Sum) or inner.shape != shape or not all(t.above for t in term.tokens):
        return [term]
    if (numbers or term.is_scaled) and not all(map(_holds_number, inner.terms)):
        return [term]
    found = [Product(t.above, t.below, [*numbers, *t.tokens]) for t in inner.terms]
    for t in found:
        t.scale(term.above, True)
        t.scale(term.below, False)
    return found


def _holds_number(term: Product) -> bool:
    """Whether a factor of an array is a number: another one costs no pass."""
    return any(not t.leaf.shape for t in term.tokens) and any(t.leaf.shape for t in term.tokens)


def _saved(terms: list[Product], token: Token) -> int:
    return sum(gain(term, token) for term in terms) if len(terms) > 1 else 0


def _scaled_together(terms: list[Product]) -> list[Product]:
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
    inner = [Product(1.0 if t.number > 0 else -1.0, 1.0, t.tokens) for t in terms]
    shape = joined([t.leaf.shape for term in inner for t in term.tokens])
    return [Product(abs(first.above), first.below, [Token(Sum(inner, shape, inner=True))])]


# ------------------------------------------------------------------------------------------------- shared products


Key = frozenset[Token]  # a pair; a square has one element
Pair = tuple[Token, Token]


def share_products(terms: list[Product], known: dict[Key, Node]) -> None:
    """Pairs of factors that several terms hold, or that the forward part computes, become one factor."""
    places: dict[Key, tuple[Pair, list[Product]]] = {}
    for term in terms:
        if len(term.tokens) <= WIDEST:
            for k, a in enumerate(term.tokens):
                _note(places, term, a, term.tokens[k + 1 :])
    queue = deque(sorted(places, key=lambda key: (-len(places[key][1]) - (key in known), key not in known)))
    while queue:
        key = queue.popleft()
        if key not in places:
            continue
        pair, where = places.pop(key)
        if len(where) < 2 and key not in known:
            continue
        found = [(term, there) for term in dict.fromkeys(where) if (there := _find(term, pair)) is not None]
        if sum(pair_gain(term, there) for term, there in found) + (key in known) < 2:
            continue
        shape = joined([t.leaf.shape for t in pair])
        leaf = known[key] if key in known else Shared(Product(tokens=list(pair)), shape)
        for term, _ in found:
            there = _find(term, pair)  # a term that holds the pair twice was changed meanwhile
            if there is not None and pair_gain(term, there):
                new = Token(leaf, there[0].above or there[1].above)
                term.replace(there, new)
                queue.extend(_note(places, term, new, [t for t in term.tokens if t is not new]))


def _note(places: dict[Key, tuple[Pair, list[Product]]], term: Product, a: Token, others: list[Token]) -> list[Key]:
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


def _find(term: Product, pair: Pair) -> Pair | None:
    """The tokens of `term` that make the pair, in the order in which they stand."""
    ways = (
        [pair, (Token(pair[0].leaf, False), Token(pair[1].leaf, False))] if pair[0].above and pair[1].above else [pair]
    )
    for a, b in ways:
        if a in term.tokens and b in term.tokens and (a != b or term.tokens.count(a) > 1):
            return (a, b) if term.tokens.index(a) <= term.tokens.index(b) else (b, a)
    return None


def known_product(node: Node) -> Key | None:
    """The pair that a product of the forward part is."""
    if node.op is ew.square:
        return frozenset((Token(node.inputs[0]),))
    if node.op not in (ew.multiply, ew.divide) or any(x.literal is not None for x in node.inputs):
        return None
    return frozenset((Token(node.inputs[0]), Token(node.inputs[1], node.op is ew.multiply)))


def terms_of(total: Sum) -> list[Product]:
    """The terms of a sum and of the sums inside that factoring made."""
    found, stack = [], list(total.terms)
    while stack:
        term = stack.pop()
        found.append(term)
        stack += [
            t for token in term.tokens if isinstance(token.leaf, Sum) and token.leaf.inner for t in token.leaf.terms
        ]
    return found
