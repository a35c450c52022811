"""Numbers that meet: what people write as short decimals is computed as such, ``0.1 * 150`` being 15.

A float stands for the shortest decimal that reads as it. Where both are short, the result is the float nearest to that
of the decimals, at most a rounding away from the product of the floats; where one is not, it is that product.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import inf
from sys import float_info

Exact = float | Fraction  # a fraction where the number is out of the range of floats
TINY = 1e-300
SHORT = 12  # digits: of two such the product is exact in Decimal's usual 28


def product(p: float, q: float) -> float:
    """p * q.

    >>> 0.1 * 3, product(0.1, 3.0)
    (0.30000000000000004, 0.3)
    """
    found = None if p == 1 or q == 1 else _decimals(p, q)
    return float(found[0] * found[1]) if found else p * q


def exact_product(p: Exact, q: Exact) -> Exact:
    """p * q, of which a part may be out of the range of floats.

    >>> exact_product(exact_product(1e-200, 1e-200), 1e300)
    1e-100
    """
    if isinstance(p, float) and isinstance(q, float):
        value = product(p, q)
        if is_in_range(value) or not (is_in_range(p) and is_in_range(q)):
            return value
    exact = as_fraction(p) * as_fraction(q)
    nearest = nearest_float(exact)
    return nearest if is_in_range(nearest) else exact


def as_fraction(x: Exact) -> Fraction:
    """The decimal that x stands for, exactly."""
    return Fraction(repr(x)) if isinstance(x, float) else x


def is_in_range(x: float) -> bool:
    """Whether x is a normal float, of which all digits count."""
    return float_info.min <= abs(x) <= float_info.max


def nearest_float(x: Exact) -> float:
    """x as a float; infinite where it is too large."""
    try:
        return float(x)
    except OverflowError:
        return inf if x > 0 else -inf


def quotient(p: float, q: float) -> float:
    """p / q.

    >>> 0.3 / 0.1, quotient(0.3, 0.1)
    (2.9999999999999996, 3.0)
    """
    found = None if q == 1 else _decimals(p, q)
    return float(found[0] / found[1]) if found and q else p / q


def total(p: float, q: float) -> float:
    """p + q.

    >>> 0.1 + 0.2, total(0.1, 0.2)
    (0.30000000000000004, 0.3)
    """
    found = _decimals(p, q)
    return float(found[0] + found[1]) if found else p + q


def _decimals(p: float, q: float) -> tuple[Decimal, Decimal] | None:
    """Both as decimals, if they are short; integers need none, nor what has no fraction to round."""
    if (p.is_integer() and q.is_integer()) or not (TINY < abs(p) < inf and TINY < abs(q) < inf):
        return None  # of a number that is hardly there, floats hold few digits
    a, b = Decimal(repr(p)), Decimal(repr(q))
    return (a, b) if len(a.as_tuple().digits) <= SHORT and len(b.as_tuple().digits) <= SHORT else None
