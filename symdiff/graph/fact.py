"""What may be known of the values of a node: an interval, what they never are, and what a matrix of them is.

A fact says only what is so for every value that the inputs may take, and `UNKNOWN` says nothing. It is *about
floats*: bounds are reached by rounding at most, never passed, so that ``1 + x**2`` is at least 1 and not zero.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

Words = frozenset[str]
NOTHING: Words = frozenset()
SYMMETRIC: Words = frozenset({"symmetric"})
TRIANGULAR = {  # and what they are when transposed
    "lower": "upper", "upper": "lower", "strictly_lower": "strictly_upper", "strictly_upper": "strictly_lower",
}  # fmt: skip


class Fact(NamedTuple):
    """What is known of all elements of an array, and of the array as a matrix.

    The bounds hold of every element that is not nan, whatever the inputs are. Nan passes any bound, so that bounds
    alone answer a comparison with no, which is right for nan too, and never with yes.

    Attributes:
        low, high: no element is below, or above.
        nonzero: no element is zero in exact arithmetic; in floats one may be that has underflowed, as exp(-1000).
        finite: neither infinite nor nan where the inputs are finite, unless an intermediate result leaves the range of
            floats: nan inputs are excluded, and a zero times it is zero.
        integer: all elements are integers.
        words: of the last two axes "symmetric", "orthogonal" (orthonormal columns), "lower", "upper" (triangular),
            "strictly_lower", "strictly_upper" (zero on the diagonal, too), "positive_diagonal", "semidefinite",
            "definite"; of the last one "sums_to_one". A zero of a triangular matrix may be nan unless it is finite.

    >>> Fact(low=1.0).never_zero, Fact(low=0.0, nonzero=True).positive, Fact(low=0.0, nonzero=True).never_zero
    (True, True, False)
    """

    low: float = -inf
    high: float = inf
    nonzero: bool = False
    finite: bool = False
    integer: bool = False
    words: Words = NOTHING

    @property
    def never_zero(self) -> bool:
        """Whether no element is zero, in floats either."""
        return self.low > 0 or self.high < 0

    @property
    def nonnegative(self) -> bool:
        """Whether no element is negative."""
        return self.low >= 0

    @property
    def positive(self) -> bool:
        """Whether every element is positive in exact arithmetic."""
        return self.low >= 0 and self.nonzero

    @property
    def bounded(self) -> bool:
        """Whether no element is infinite, whatever the inputs are."""
        return self.low > -inf and self.high < inf


UNKNOWN = Fact()


def hull(*facts: Fact) -> Fact:
    """What is known of elements that are of any of these.

    >>> hull(Fact(1.0, 2.0, finite=True), Fact(0.0, 0.0, finite=True, integer=True))
    Fact(low=0.0, high=2.0, nonzero=False, finite=True, integer=False, words=frozenset())
    """
    if not facts:
        return UNKNOWN
    lows, highs, nonzero, finite, integer, words = zip(*facts, strict=True)
    common = words[0].intersection(*words[1:])
    return Fact(min(lows), max(highs), all(nonzero), all(finite), all(integer), common)
