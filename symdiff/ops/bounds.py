"""How what is known of values passes an elementwise row: interval arithmetic, in which the column `facts` is written.

Each is a function of a node and of `of`, by which what is known of its inputs is looked up. IEEE arithmetic rounds
monotonically, so that bounds that are computed as the values are hold of these. R. E. Moore, Interval Analysis, 1966.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import inf

import numpy as np

from symdiff.graph.fact import NOTHING, SYMMETRIC, TRIANGULAR, UNKNOWN, Fact, Words, hull
from symdiff.graph.node import Node

Of = Callable[[Node], Fact]
Passing = Callable[[Node, Of], Fact]

SLACK = 2.0**-7  # by which the bounds of functions that round as they like are widened, so that any float type has them
EXACT = (0.0, 1.0, -1.0, inf, -inf)  # bounds that no rounding passes


def entire(low: float = -inf, high: float = inf, *, nonzero: bool = False, words: Words = NOTHING) -> Passing:
    """Finite wherever the inputs are, between these bounds, and such a matrix."""
    known = Fact(low, high, nonzero, words=words)

    def passing(node: Node, of: Of) -> Fact:
        return known._replace(finite=all(of(x).finite for x in node.inputs))

    return passing


def inside(low: float = -inf, high: float = inf, *, nonzero: bool = False, where: Callable[..., bool] | None = None) -> Passing:
    """Between these bounds, and finite where what is known of the inputs satisfies `where`."""
    known = Fact(low, high, nonzero)

    def passing(node: Node, of: Of) -> Fact:
        found = [of(x) for x in node.inputs]
        return known._replace(finite=where is not None and all(x.finite for x in found) and where(*found))

    return passing


def counts(node: Node, of: Of) -> Fact:
    """Of a count, or a position."""
    return Fact(0.0, finite=True, integer=True)


def rising(
    fn: Callable[[float], float], low: float = -inf, high: float = inf, *, zero: bool = False, nonzero: bool = False,
    integer: bool = False, where: Callable[[Fact], bool] = lambda x: True,
) -> Passing:  # fmt: skip
    """A function that rises: its values at the ends, `low` and `high` where it has none there.

    It is zero at zero alone (`zero`), or nowhere (`nonzero`), and finite where `where` holds.
    """

    def passing(node: Node, of: Of) -> Fact:
        x = of(node.inputs[0])
        known = Fact(_below(_at(fn, x.low, low)), _above(_at(fn, x.high, high)))
        return known._replace(nonzero=nonzero or (zero and x.nonzero), finite=x.finite and where(x), integer=integer)

    return passing


def _at(fn: Callable[[float], float], x: float, otherwise: float) -> float:
    try:
        return float(fn(x))
    except (ValueError, OverflowError):
        return otherwise


def _below(bound: float) -> float:
    return bound if bound in EXACT else bound - abs(bound) * SLACK


def _above(bound: float) -> float:
    return bound if bound in EXACT else bound + abs(bound) * SLACK


# ------------------------------------------------------------------------------------------------------------ arithmetic


_OF_SIGN = {"orthogonal", "semidefinite", "definite", "positive_diagonal", "sums_to_one"}


def opposite(x: Fact) -> Fact:
    """What is known of -x.

    >>> opposite(Fact(low=1.0)).high
    -1.0
    """
    return x._replace(low=-x.high, high=-x.low, words=x.words - _OF_SIGN)


def total(a: Fact, b: Fact) -> Fact:
    """What is known of a + b.

    >>> total(Fact(low=1.0), Fact(low=0.0)).never_zero
    True
    """
    low, high = a.low + b.low, a.high + b.high
    above = a.low >= 0 and b.low >= 0 and (a.nonzero or b.nonzero)
    below = a.high <= 0 and b.high <= 0 and (a.nonzero or b.nonzero)
    return Fact(low, high, above or below, a.finite and b.finite, a.integer and b.integer)


def plus(node: Node, of: Of) -> Fact:
    """Of ``a + b``."""
    a, b = node.inputs
    p, q = of(a), of(b)
    found = total(p, q)
    return found._replace(words=_sum_words(p.words, q.words)) if p.words and a.shape == b.shape else found


def minus(node: Node, of: Of) -> Fact:
    """Of ``a - b``."""
    a, b = (of(x) for x in node.inputs)
    return total(a, opposite(b))


def negated(node: Node, of: Of) -> Fact:
    """Of ``-x``."""
    return opposite(of(node.inputs[0]))


def quotient(node: Node, of: Of) -> Fact:
    """Of ``a / b``; of a leg over the hypotenuse, which is no shorter, between -1 and 1; so of a part of a whole."""
    a, b = node.inputs
    found = over(of(a), of(b))
    if of(a).words and a.shape == node.shape and of(b).nonzero:  # zero over zero would be nan
        found = found._replace(words=of(a).words & set(TRIANGULAR))
    if b.op.name == "add" and a in b.inputs and all(of(x).nonnegative for x in b.inputs):
        return found._replace(low=max(found.low, 0.0), high=min(found.high, 1.0))
    return found._replace(low=max(found.low, -_ONE), high=min(found.high, _ONE)) if _is_leg(a, b) else found


_ONE = 1 + SLACK


def _is_leg(a: Node, b: Node) -> bool:
    """Whether b is ``hypot(a, c)`` or ``sqrt(a**2 + c)`` with c a square, or a number that is not negative.

    So it is where it is the larger one of ``abs(a)`` and something.
    """
    if b.op.name == "hypot":
        return a in b.inputs
    if b.op.name == "maximum":
        return any(x.op.name == "absolute" and x.inputs[0] is a for x in b.inputs)
    if b.op.name not in ("sqrt", "root_of_squares") or b.inputs[0].op.name != "add":
        return False
    legs = [x for x in b.inputs[0].inputs if x.op.name == "square" and x.inputs[0] is a]
    others = [x for x in b.inputs[0].inputs if x not in legs]
    known = [x.op.name == "square" or (x.literal is not None and bool(np.all(x.literal.value >= 0))) for x in others]
    return bool(legs) and all(known)


def _sum_words(a: Words, b: Words) -> Words:
    found = a & b & {*TRIANGULAR, "semidefinite"}
    return found | {"definite"} if found >= {"semidefinite"} and "definite" in a | b else found


def times(a: Fact, b: Fact) -> Fact:
    """What is known of a * b, the factors independent.

    >>> times(Fact(-1.0, 1.0), Fact(0.0, 3.0))[:2]
    (-3.0, 3.0)
    """
    corners = [0.0 if p == 0 or q == 0 else p * q for p in (a.low, a.high) for q in (b.low, b.high)]
    return Fact(min(corners), max(corners), a.nonzero and b.nonzero, a.finite and b.finite, a.integer and b.integer)


def squared(x: Fact) -> Fact:
    """What is known of x * x."""
    ends = [x.low * x.low, x.high * x.high]
    low = min(ends) if x.never_zero else 0.0
    return Fact(low, max(ends), x.nonzero, x.finite, x.integer)


def over(a: Fact, b: Fact) -> Fact:
    """What is known of a / b; of divisors that may be zero, or change their sign, nothing, unless a is zero."""
    finite = a.finite and b.finite and b.nonzero
    nonzero = a.nonzero and b.finite
    if a.low == a.high == 0:  # zero over zero is nan, of which bounds say nothing
        return Fact(0.0, 0.0, nonzero, finite)
    if b.high <= 0 and b.nonzero:
        a, b = opposite(a), opposite(b)
    if not b.positive:
        return Fact(nonzero=nonzero, finite=finite)
    corners = [_ratio(p, q) for p in (a.low, a.high) for q in (b.low, b.high)]
    return Fact(min(corners), max(corners), nonzero, finite)


def _ratio(p: float, q: float) -> float:
    if p == 0:
        return 0.0
    if q == 0:
        return math.copysign(inf, p)
    return math.copysign(inf if math.isinf(p) else 0.0, p) if math.isinf(q) else p / q


def product(node: Node, of: Of) -> Fact:
    """Of ``a * b``, a square included."""
    a, b = node.inputs
    if a is b:
        return squared(of(a))
    p, q = of(a), of(b)
    found = times(p, q)
    if _is_outer(a, b) or _is_outer(b, a):
        return found._replace(words=SYMMETRIC)
    if not (p.words or q.words):
        return found
    words = set[str]()
    for x, known, other, factor in ((a, p, b, q), (b, q, a, p)):
        if x.shape == node.shape:
            words |= known.words & set(TRIANGULAR)
            words |= known.words & {"semidefinite"} if factor.nonnegative and not other.shape else set()
    return found._replace(words=frozenset(words))


def _is_outer(a: Node, b: Node) -> bool:
    """Whether it is a vector as a column, and the vector."""
    return a.op.name == "expand_dims" and a.inputs[0] is b and b.ndim == 1 and a.kwargs["axis"] == (1,)


def square(node: Node, of: Of) -> Fact:
    """Of ``x**2``."""
    return squared(of(node.inputs[0]))


def size(node: Node, of: Of) -> Fact:
    """Of ``|x|``."""
    x = of(node.inputs[0])
    low = max(x.low, -x.high, 0.0)
    return Fact(low, max(abs(x.low), abs(x.high)), x.nonzero, x.finite, x.integer)


def powers(node: Node, of: Of) -> Fact:
    """Of ``x**p``, where x is positive or p a whole number that is known."""
    x, p = (of(y) for y in node.inputs)
    if p.low != p.high:
        return Fact(0.0, nonzero=x.positive, finite=x.positive and x.finite and p.finite) if x.positive else UNKNOWN
    n = p.low
    whole = n.is_integer()
    finite = x.finite and p.finite and ((whole and n >= 0) or (n >= 0 and x.nonnegative) or (whole and x.nonzero) or x.positive)
    low, high = (0.0 if x.positive or (x.nonnegative and n >= 0) or (whole and n % 2 == 0) else -inf), inf
    if x.nonnegative and n >= 0:
        low, high = _below(_at(lambda y: y**n, x.low, 0.0)), _above(_at(lambda y: y**n, x.high, inf))
    return Fact(low, high, x.nonzero and x.finite, finite, x.integer and whole and n >= 0)


def larger(node: Node, of: Of) -> Fact:
    """Of ``maximum(a, b)``."""
    a, b = (of(x) for x in node.inputs)
    return _joined(a, b, max(a.low, b.low), max(a.high, b.high), a.positive or b.positive)


def smaller(node: Node, of: Of) -> Fact:
    """Of ``minimum(a, b)``."""
    a, b = (of(x) for x in node.inputs)
    return _joined(a, b, min(a.low, b.low), min(a.high, b.high), opposite(a).positive or opposite(b).positive)


def first_larger(node: Node, of: Of) -> Fact:
    """Of ``b if b > a else a``, which is a where b is nan."""
    a, b = (of(x) for x in node.inputs)
    return _joined(a, b, a.low, max(a.high, b.high), a.positive)


def first_smaller(node: Node, of: Of) -> Fact:
    """Of ``b if b < a else a``, which is a where b is nan."""
    a, b = (of(x) for x in node.inputs)
    return _joined(a, b, min(a.low, b.low), a.high, opposite(a).positive)


def _joined(a: Fact, b: Fact, low: float, high: float, nonzero: bool) -> Fact:
    return Fact(low, high, nonzero or (a.nonzero and b.nonzero), a.finite and b.finite, a.integer and b.integer)


def clipped(node: Node, of: Of) -> Fact:
    """Of ``minimum(maximum(x, low), high)``."""
    x, lo, hi = (of(y) for y in node.inputs)
    low, high = min(max(x.low, lo.low), hi.low), min(max(x.high, lo.high), hi.high)
    return _joined(_joined(x, lo, 0, 0, False), hi, low, high, False)


def either(node: Node, of: Of) -> Fact:
    """Of elements that are of any of the inputs."""
    return hull(*[of(x) for x in node.inputs])._replace(words=NOTHING)


def selected(node: Node, of: Of) -> Fact:
    """Of ``where(c, a, b)``; a side that is compared with a number is known by that: ``where(x == 0, 1, x)`` is no zero."""
    condition, a, b = node.inputs
    sides = _narrowed(of(a), a, condition, True), _narrowed(of(b), b, condition, False)
    return hull(*sides)._replace(words=NOTHING)


SWAPPED = {"less": "greater", "less_equal": "greater_equal", "greater": "less", "greater_equal": "less_equal"}
DENIED = {"less": "greater_equal", "less_equal": "greater", "greater": "less_equal", "greater_equal": "less", "equal": "not_equal", "not_equal": "equal"}


def _narrowed(known: Fact, x: Node, condition: Node, holds: bool) -> Fact:
    """What is known of x where it is compared with 0, and the answer is known."""
    relation = condition.op.name
    if relation not in DENIED:
        return known
    p, q = condition.inputs
    if q is x:
        p, q, relation = q, p, SWAPPED.get(relation, relation)
    if p is not x or q.literal is None or q.literal.scalar != 0:
        return known
    relation = relation if holds else DENIED[relation]
    if relation in ("not_equal", "less", "greater"):
        known = known._replace(nonzero=True)
    if relation in ("greater", "greater_equal"):
        return known._replace(low=max(known.low, 0.0))
    return known._replace(high=min(known.high, 0.0)) if relation in ("less", "less_equal") else known


def root_of_sum(node: Node, of: Of) -> Fact:
    """Of ``hypot(a, b)``."""
    a, b = (size_of(of(x)) for x in node.inputs)
    return Fact(max(_below(a.low), _below(b.low)), inf, a.nonzero or b.nonzero, a.finite and b.finite)


def size_of(x: Fact) -> Fact:
    """What is known of |x|."""
    return x._replace(low=max(x.low, -x.high, 0.0), high=max(abs(x.low), abs(x.high)), words=NOTHING)


def remainder(node: Node, of: Of) -> Fact:
    """Of ``a % b``."""
    a, b = (of(x) for x in node.inputs)
    return Fact(0.0 if b.positive else -inf, b.high if b.positive else inf, finite=a.finite and b.finite and b.nonzero)


def sign(x: Fact) -> Fact:
    """What is known of the sign of x.

    >>> sign(Fact(low=0.0))[:2]
    (0.0, 1.0)
    """
    low, high = (math.copysign(min(abs(end), 1.0), end) for end in (x.low, x.high))
    return Fact(float(math.floor(low)), float(math.ceil(high)), x.nonzero, x.finite, True)


def sign_of(node: Node, of: Of) -> Fact:
    """Of ``sign(x)``."""
    return sign(of(node.inputs[0]))


def times_sign(node: Node, of: Of) -> Fact:
    """Of ``g * sign(x)``."""
    g, x = (of(y) for y in node.inputs)
    return times(g, sign(x))


def times_or_zero(node: Node, of: Of) -> Fact:
    """Of ``a * b``, zero where b is."""
    a, b = (of(y) for y in node.inputs)
    return times(a, b)


def over_norm(node: Node, of: Of) -> Fact:
    """Of g / r for a norm r, g where that is zero."""
    g, r = (of(x) for x in node.inputs)
    low, high = (0.0 if g.nonnegative else -inf, 0.0 if g.high <= 0 else inf) if r.nonnegative else (-inf, inf)
    return Fact(low, high, g.nonzero, g.finite and r.finite)


def log_of_sum(node: Node, of: Of) -> Fact:
    """Of ``log(exp(a) + exp(b))``, which is no less than a or b."""
    a, b = (of(x) for x in node.inputs)
    return Fact(max(a.low, b.low), finite=a.finite and b.finite)


def step(node: Node, of: Of) -> Fact:
    """Of 0, 1, and the second input at 0."""
    x, at_zero = (of(y) for y in node.inputs)
    return hull(Fact(0.0, 1.0, False, x.finite, True), at_zero)


def either_sign(node: Node, of: Of) -> Fact:
    """Of x or -x."""
    x = of(node.inputs[0])
    return hull(x, opposite(x))._replace(finite=all(of(y).finite for y in node.inputs))


def positive_part(node: Node, of: Of) -> Fact:
    """Of the larger of x and 0."""
    x = of(node.inputs[0])
    return Fact(max(x.low, 0.0), max(x.high, 0.0), x.positive, x.finite, x.integer)


def part(node: Node, of: Of) -> Fact:
    """Of the real or imaginary part of a number."""
    x = of(node.inputs[0])
    return x._replace(words=NOTHING) if node.inputs[0].aval.kind != "c" and node.op.name == "real" else Fact(finite=x.finite)


def literal(value: np.ndarray) -> Fact:
    """What is known of numbers that are known."""
    if value.dtype.kind not in "biuf":
        return Fact(finite=bool(np.all(np.isfinite(value))), nonzero=bool(np.all(value)))
    if value.ndim == 0:
        x = float(value)
        return Fact(x, x, x != 0, math.isfinite(x), x.is_integer()) if x == x else UNKNOWN
    if not value.size:
        return Fact(finite=True)
    low, high = float(np.min(value)), float(np.max(value))
    if low != low:
        return UNKNOWN
    finite = math.isfinite(low) and math.isfinite(high)
    return Fact(low, high, bool(np.all(value)), finite, value.dtype.kind != "f" or (finite and bool(np.all(value == np.rint(value)))))
