"""Sums of exponentials, term by term: their logarithms, and their quotients.

``log(2*exp(x) + exp(y) + 3)``, ``log(exp(x) - 1)``, ``exp(a) / (exp(a) + exp(b) + exp(c))``: as written they overflow,
although what comes out is an ordinary number. A sum is read as terms ``weight * exp(exponent)``; a number is a term of
exponent 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import isfinite, log as ln
from operator import add
from typing import NamedTuple

from symdiff.graph.node import Node, as_node
from symdiff.graph.op import Op
from symdiff.ops import elementwise as ew, reductions as red
from symdiff.rewrite.rule import REAL, Rule, is_scalar_constant, number
from symdiff.rewrite.rules.stable import OVERFLOW, QUOTIENT, added_up, summands, weighted

CHAINS = frozenset((ew.multiply, ew.divide, ew.negative))
BASES: dict[object, float] = {ew.log: 1.0, ew.log1p: 1.0, ew.log2: ln(2), ew.log10: ln(10)}


class Term(NamedTuple):
    """weight * exp(exponent); without an exponent, a number."""

    weight: float
    exponent: Node | None


def _terms(total: Node) -> list[Term] | None:
    """The terms of a sum in which something is an exponential, numbers added up to one at the end; None if others
    occur in it."""
    found: list[Term] = []
    constant = 0.0
    for minus, summand in summands(total):
        weight, n = weighted(summand)
        weight = -weight if minus else weight
        if is_scalar_constant(n):
            constant += weight * number(n)
            continue
        exponent = _exponent(n)
        if exponent is None:
            return None
        found.append(Term(weight, exponent))
        constant -= weight if n.op is ew.expm1 else 0.0
    if not found or not all(isfinite(term.weight) and term.weight for term in found) or not isfinite(constant):
        return None
    return [*found, Term(constant, None)] if constant else found


def _exponent(n: Node) -> Node | None:
    """The logarithm of a power of a number, or of a sum of exponentials over axes."""
    if n.aval.kind != "f":
        return None
    if n.op in (ew.exp, ew.expm1):
        return n.inputs[0]
    if n.op is ew.exp2:
        return ln(2) * n.inputs[0]
    if n.op is ew.power and is_scalar_constant(n.inputs[0]) and 0 < number(n.inputs[0]) < float("inf"):
        return ln(number(n.inputs[0])) * n.inputs[1]
    if n.op is red.sum_ and n.inputs[0].op is ew.exp:
        return red.logsumexp(n.inputs[0].inputs[0], **n.kwargs)
    return None


def _logarithm(term: Term) -> Node | float:
    """Of a positive term."""
    if term.exponent is None:
        return ln(term.weight)
    return term.exponent if term.weight == 1 else term.exponent + ln(term.weight)


def _log_of_sum(terms: list[Term]) -> Node:
    """Of positive terms."""
    return as_node(reduce(ew.logaddexp, map(_logarithm, terms)))


@REAL.on(
    "log-of-exponentials", ew.log, ew.log1p, ew.log2, ew.log10, why="the largest exponent is taken out", safe=OVERFLOW
)
def _log_of_exponentials(node: Node) -> Node | None:
    """``log(exp(x) + exp(y) + 2)``, and of a difference of two: ``x + log(1 - exp(y - x))``."""
    terms = _terms(node.inputs[0]) if node.aval.kind == "f" and not _has_a_name(node) else None
    if terms is None:
        return None
    if node.op is ew.log1p:
        terms = _with_one(terms)
    found = _log(terms)
    return found if found is None or BASES[node.op] == 1 else found / BASES[node.op]


def _has_a_name(node: Node) -> bool:
    """Whether it is softplus or logaddexp as everyone writes them: then rules of these names say so."""
    operands = summands(node.inputs[0])
    plain = all(x.op is ew.exp or (is_scalar_constant(x) and number(x) == 1) for _, x in operands)
    return plain and not any(minus for minus, _ in operands) and len(operands) == {ew.log: 2, ew.log1p: 1}.get(node.op)


def _with_one(terms: list[Term]) -> list[Term]:
    exponentials = [term for term in terms if term.exponent is not None]
    constant = 1 + sum(term.weight for term in terms if term.exponent is None)
    return [*exponentials, Term(constant, None)] if constant else exponentials


def _log(terms: list[Term]) -> Node | None:
    if len(terms) < 2:
        return None
    negative = [term for term in terms if term.weight < 0]
    if not negative:
        return _log_of_sum(terms)
    positive = [term for term in terms if term.weight > 0]
    if len(negative) > 1 or len(positive) != 1 or positive[0].exponent is None:
        return None
    larger, smaller = _logarithm(positive[0]), _logarithm(Term(-negative[0].weight, negative[0].exponent))
    gap = -larger if smaller == 0 else smaller - larger
    return larger + ew.log(-ew.expm1(gap))


@REAL.on(
    "ratio-of-exponentials",
    ew.divide,
    among=(ew.add, ew.subtract),
    why="the share of one term is a logistic function",
    safe=QUOTIENT,
)
def _ratio(node: Node) -> Node | None:
    """``exp(a) / (exp(a) + exp(b) + exp(c))`` is ``sigmoid(a - log(exp(b) + exp(c)))``; sums of such, too."""
    terms = _positive_terms(node.inputs[1]) if node.aval.kind == "f" else None
    if terms is None:
        return None
    shares = [(minus, _share(summand, terms)) for minus, summand in summands(node.inputs[0])]
    if not shares or any(share is None for _, share in shares):
        return node.inputs[0] * _share_of_number(terms) if terms[-1].exponent is None else None
    return reduce(add, [-share if minus else share for minus, share in shares if share is not None])


@REAL.on(
    "ratio-of-squared-exponentials",
    ew.divide,
    among=(ew.square,),
    why="the share of one term is a logistic function",
    safe=QUOTIENT,
)
def _ratio_squared(node: Node) -> Node | None:
    """``v / (1 + exp(x))**2`` is ``v * sigmoid(-x)**2``."""
    above, below = node.inputs
    terms = _positive_terms(below.inputs[0]) if below.op is ew.square and node.aval.kind == "f" else None
    return None if terms is None or terms[-1].exponent is not None else above * ew.square(_share_of_number(terms))


@REAL.on("logistic-density", ew.multiply, among=(ew.exp,), why="e**a / (1 + e**a) is the sigmoid of a", safe=QUOTIENT)
def _logistic_density(node: Node) -> Node | None:
    """``exp(-x) * sigmoid(x)**2`` is ``sigmoid(-x) * sigmoid(x)``."""
    for e, squared in (node.inputs, node.inputs[::-1]):
        if e.op is not ew.exp or squared.op is not ew.square or squared.inputs[0].op is not ew.sigmoid:
            continue
        exponent, x = e.inputs[0], squared.inputs[0].inputs[0]
        if any(a.op is ew.negative and a.inputs[0] is b for a, b in ((exponent, x), (x, exponent))):
            return ew.sigmoid(exponent) * squared.inputs[0]
    return None


def _positive_terms(total: Node) -> list[Term] | None:
    """Of a sum of several, none of which is negative."""
    terms = _terms(total) if total.op in (ew.add, ew.subtract) else None
    return None if terms is None or len(terms) < 2 or any(term.weight < 0 for term in terms) else terms


def _share_of_number(terms: list[Term]) -> Node:
    """1 / the sum of the terms, the last of which is a number."""
    *others, number = terms
    share = ew.sigmoid(_logarithm(number) - _log_of_sum(others))
    return share if number.weight == 1 else (1 / number.weight) * share


def _share(n: Node, terms: list[Term]) -> Node | None:
    """n / the sum of the terms, if n is a multiple of one of the exponentials."""
    for factor, exponential in _factors(n):
        weight, e = weighted(exponential)
        exponent = _exponent(e) if e.op is not ew.expm1 else None
        for k, term in enumerate(terms):
            if exponent is not None and term.exponent is exponent:
                others = _log_of_sum([*terms[:k], *terms[k + 1 :]])
                share = ew.sigmoid(_logarithm(term) - others)
                scale = weight / term.weight
                share = share if scale == 1 else scale * share
                return share if factor is None else factor * share
    return None


def _factors(n: Node) -> list[tuple[Node | None, Node]]:
    """``(factor, rest)`` for the ways in which n is a product."""
    if n.op is not ew.multiply:
        return [(None, n)]
    a, b = n.inputs
    return [(None, n), (a, b), (b, a)]


@REAL.on("logaddexp-shifted", ew.add, ew.subtract, why="a shift that is added again does nothing")
def _logaddexp_shifted(node: Node) -> Node | None:
    """``m - c * logaddexp((m - x) / c, (m - y) / c)`` is ``-c * logaddexp(-x / c, -y / c)``, whatever m is."""
    terms = summands(node) if node.aval.kind == "f" else ()
    for minus, term in terms:
        if not _may_be_product_of(ew.logaddexp, term):
            continue
        weight, product = weighted(term)
        for factor, lse in _factors(product):
            if lse.op is not ew.logaddexp:
                continue
            for negative, m in terms:
                new = _without_shift(lse, m, (-1.0 if minus == negative else 1.0) / weight, factor)
                if new is not None and new.shape == lse.shape:
                    again = new if factor is None else factor * new
                    rest = _without(_without(terms, (minus, term)), (negative, m))
                    return added_up([(minus, again if weight == 1 else weight * again), *rest])
    return None


def _may_be_product_of(op: Op, term: Node) -> bool:
    """Whether `term` may be a node of `op` multiplied with something; no, as a look at its operands tells of most."""
    if term.op not in CHAINS:
        return term.op is op
    a, b = term.inputs[0].op, term.inputs[-1].op
    return a is op or b is op or a in CHAINS or b in CHAINS


def _without(terms: Sequence[tuple[bool, Node]], one: tuple[bool, Node]) -> list[tuple[bool, Node]]:
    k = terms.index(one)
    return [*terms[:k], *terms[k + 1 :]]


def _without_shift(x: Node, m: Node, shift: float, factor: Node | None) -> Node | None:
    """`x` without ``shift * m / factor`` in each of the exponents; None if one has it not."""
    if x.op is ew.logaddexp:
        sides = [_without_shift(side, m, shift, factor) for side in x.inputs]
        return None if None in sides else ew.logaddexp(*sides)
    weight, exponent = weighted(x)
    if factor is not None:
        if exponent.op is not ew.divide or exponent.inputs[1] is not factor:
            return None
        inner, exponent = weighted(exponent.inputs[0])
        weight *= inner
    terms = [(minus != (weight < 0), term) for minus, term in summands(exponent)]
    if abs(weight) != abs(shift) or (shift < 0, m) not in terms:
        return None
    rest = _without(terms, (shift < 0, m))
    if not rest:
        return as_node(x.dtype.type(0))
    value = added_up(rest) if factor is None else added_up(rest) / factor
    return value if abs(weight) == 1 else abs(weight) * value


RULES: tuple[Rule, ...] = (_log_of_exponentials, _ratio, _ratio_squared, _logistic_density, _logaddexp_shifted)
