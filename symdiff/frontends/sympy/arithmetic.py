"""Sums, products and powers, turned back from SymPy's normal forms into what one writes.

SymPy keeps x - y as x + (-1)*y, x/y as x*y**(-1) and sqrt(x) as x**(1/2). A value is a node, or a Python number as long
as nothing but numbers have met.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any, NamedTuple

from sympy import Float, Rational, S

from symdiff.frontends.numbers import fold_numbers
from symdiff.graph.node import Node, as_node
from symdiff.graph.op import OPS
from symdiff.ops import elementwise as ew

Value = Any  # Node | int | float | complex | bool


def binary(sign: str, a: Value, b: Value) -> Value:
    """``a sign b``, computed at once where both are numbers."""
    folded = fold_numbers(sign, a, b)
    return OPS.infix[sign](as_node(a), as_node(b)) if folded is None else folded


# ----------------------------------------------------------------------------------------------------------------- sums


def total(values: Iterable[Value]) -> Value:
    """The sum, left to right; if the first term has a minus, the first one without goes before it: ``y - x``."""
    terms = list(values)
    k = next((k for k, value in enumerate(terms) if _behind_minus(value) is None), 0)
    result = terms.pop(k)
    for value in terms:
        minus = _behind_minus(value)
        result = binary("+", result, value) if minus is None else binary("-", result, minus)
    return result


def _behind_minus(value: Value) -> Value | None:
    """What a minus stands in front of, None if there is none."""
    if isinstance(value, Node):
        return value.inputs[0] if value.op is ew.negative else None
    return -value if isinstance(value, (int, float)) and value < 0 else None


# ------------------------------------------------------------------------------------------------------------- products


class Fraction(NamedTuple):
    """A product of powers as one writes it: a sign, factors above the line, and factors below."""

    minus: bool
    above: list[Value]
    below: list[Value]

    def value(self) -> Value:
        """The quotient."""
        top = reduce(lambda a, b: binary("*", a, b), self.above) if self.above else 1
        result = binary("/", top, reduce(lambda a, b: binary("*", a, b), self.below)) if self.below else top
        return -result if self.minus else result


def fraction(parts: Sequence[Any], values: Sequence[Value]) -> Fraction:
    """The factors `parts`, whose values are `values`, sorted into numerator and denominator."""
    minus, above, below = False, [], []
    for part, value in zip(parts, values, strict=True):
        if isinstance(part, Rational):
            minus ^= part.p < 0
            above += [abs(part.p)] * (abs(part.p) != 1)
            below += [part.q] * (part.q != 1)
        elif isinstance(part, Float) and part < 0:
            minus = not minus
            above.append(-value)
        elif part.is_Pow and _is_reciprocal(value):
            below.append(value.inputs[1])
        else:
            above.append(value)
    return Fraction(minus, above, below)


def _is_reciprocal(value: Value) -> bool:
    if not isinstance(value, Node) or value.op is not ew.divide:
        return False
    literal = value.inputs[0].literal
    return literal is not None and literal.scalar == 1


# --------------------------------------------------------------------------------------------------------------- powers


def power(expr: Any, base: Value, exponent: Value) -> Value:
    """A power; a negative exponent is a quotient, 1/2 a root."""
    if expr.base is S.Exp1:
        return ew.exp(exponent)
    if not isinstance(exponent, Node) and isinstance(base, (int, float)) and base < 0 and exponent % 1:
        return complex(expr.evalf(17))  # the principal root, as SymPy has it
    if isinstance(expr.exp, Rational) and expr.exp < 0:
        return binary("/", 1, _positive_power(base, -expr.exp))
    return _positive_power(base, expr.exp) if isinstance(expr.exp, Rational) else binary("**", base, exponent)


def _positive_power(base: Value, exponent: Any) -> Value:
    if exponent == 1:
        return base
    return ew.sqrt(base) if exponent == S.Half else binary("**", base, known_number(exponent))


def known_number(expr: Any) -> int | float:
    """A rational or floating-point number of SymPy as one of Python: the nearest float, inf beyond its range."""
    if not isinstance(expr, Rational):
        return float(expr)
    try:
        return int(expr.p) if expr.q == 1 else int(expr.p) / int(expr.q)
    except OverflowError:
        return float("inf") if expr.p > 0 else float("-inf")
