"""Elliptic integrals, by their parameter m = k**2, and Carlson's symmetric ones.

Derivatives: DLMF 19.4 and 19.5.1 (complete ones, as hypergeometric functions, which are exact at m = 0 to any order),
19.18.1 and 19.18.8 (Carlson's). Incomplete ones with respect to m: 19.25.9 to 19.25.11, differentiated.
"""

from __future__ import annotations

from math import pi
from typing import Any

from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops.elementwise import cos, rint, sin, sqrt, square
from symdiff.ops.families import elementwise
from symdiff.ops.special_hypergeometric import hyp2f1

M = ((-0.9, 0.9),)
ANGLES = (0.2, 1.2)
APART = ((0.2, 0.6), (0.9, 1.3), (1.6, 2.5))

ellipk: Op = elementwise("ellipk", "scipy.special:ellipk", lambda y, m: _first_slope(m), dtype="special", singular=True,
        doc="Complete elliptic integral of the first kind.", hint="K", sympy="elliptic_k", latex="K(#1)", domain=M)
ellipkm1: Op = elementwise("ellipkm1", "scipy.special:ellipkm1", lambda y, p: -_first_slope(1 - p), dtype="special", singular=True,
        doc="Complete elliptic integral of the first kind of 1 - p, accurate near p = 0.", hint="K", sympy="elliptic_k(1 - a)", latex="K(1 - #1)", domain=((0.1, 1.9),))
ellipe: Op = elementwise("ellipe", "scipy.special:ellipe", lambda y, m: _second_slope(m), dtype="special", singular=True,
        doc="Complete elliptic integral of the second kind.", hint="E", sympy="elliptic_e(a)", latex="E(#1)", domain=M)
ellipkinc: Op = elementwise("ellipkinc", "scipy.special:ellipkinc", lambda y, phi, m: 1 / sqrt(1 - m * square(sin(phi))), lambda y, phi, m: _incomplete_first(phi, m),
        dtype="wide", singular=True, doc="Incomplete elliptic integral of the first kind, F(phi, m).", hint="F", sympy="elliptic_f", latex=r"F(#1 \mid #2)", domain=(ANGLES, (0.1, 0.8)))
ellipeinc: Op = elementwise("ellipeinc", "scipy.special:ellipeinc", lambda y, phi, m: sqrt(1 - m * square(sin(phi))), lambda y, phi, m: _incomplete_second(phi, m),
        dtype="wide", singular=True, doc="Incomplete elliptic integral of the second kind, E(phi, m).", hint="E", sympy="elliptic_e(a, b)", latex=r"E(#1 \mid #2)", domain=(ANGLES, (0.1, 0.8)))

# ----------------------------------------------------------------------------------------------------- symmetric integrals
# Second derivatives are divided differences of the R_D: nan where two arguments are equal.

elliprf: Op = elementwise("elliprf", "scipy.special:elliprf", lambda y, a, b, c: -elliprd(b, c, a) / 6, lambda y, a, b, c: -elliprd(c, a, b) / 6,
        lambda y, a, b, c: -elliprd(a, b, c) / 6, dtype="narrow", singular=True, doc="Carlson's symmetric elliptic integral of the first kind, R_F.", hint="RF",
        latex="R_{F}(#1, #2, #3)", domain=APART)
elliprd: Op = elementwise("elliprd", "scipy.special:elliprd", lambda y, a, b, c: _along(y, a, b, c), lambda y, a, b, c: _along(y, b, a, c),
        lambda y, a, b, c: -(1.5 * y + a * _along(y, a, b, c) + b * _along(y, b, a, c)) / c, dtype="narrow", singular=True,
        doc="Carlson's elliptic integral of the second kind, R_D, symmetric in its first two arguments.", hint="RD", latex="R_{D}(#1, #2, #3)", domain=APART)
elliprc: Op = elementwise("elliprc", "scipy.special:elliprc", lambda y, a, b: _degenerate(y, a, b), lambda y, a, b: -(0.5 * y + a * _degenerate(y, a, b)) / b, dtype="narrow", singular=True,
        doc="Carlson's degenerate elliptic integral R_C(a, b) = R_F(a, b, b); its derivatives are nan where a is b.", hint="RC", latex="R_{C}(#1, #2)", domain=((0.2, 0.8), (1.0, 2.0)))


# -------------------------------------------------------------------------------------------------- longer derivatives


def _first_slope(m: Any) -> Any:
    return pi / 8 * hyp2f1(0.5, 0.5, 2.0, m) / (1 - m)


def _second_slope(m: Any) -> Any:
    return -pi / 8 * hyp2f1(0.5, 1.5, 2.0, m)


def _halves(phi: Node) -> tuple[Node, Node, Node]:
    """The number of half turns, and sine and squared cosine of what is left of the angle."""
    turns = rint(phi / pi)
    rest = phi - pi * turns
    return turns, sin(rest), square(cos(rest))


def _incomplete_first(phi: Node, m: Node) -> Any:
    """Half of the integral of sin**2 / (1 - m sin**2)**1.5."""
    turns, s, c2 = _halves(phi)
    return s**3 / 6 * elliprd(c2, 1.0, 1 - m * square(s)) + 2 * turns * _first_slope(m)


def _incomplete_second(phi: Node, m: Node) -> Any:
    """Minus half of the integral of sin**2 / (1 - m sin**2)**0.5."""
    turns, s, c2 = _halves(phi)
    return 2 * turns * _second_slope(m) - s**3 / 6 * elliprd(c2, 1 - m * square(s), 1.0)


def _along(y: Node, a: Any, b: Any, c: Any) -> Any:
    """Derivative of R_D(a, b, c) with respect to a, from the equation of Euler, Poisson and Darboux."""
    return (y - elliprd(b, c, a)) / (2 * (c - a))


def _degenerate(y: Node, a: Any, b: Any) -> Any:
    """Derivative of R_C(a, b) with respect to a."""
    return (y - 1 / sqrt(a)) / (2 * (b - a))
