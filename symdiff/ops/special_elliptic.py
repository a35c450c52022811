"""Elliptic integrals, by their parameter m = k**2, and Carlson's symmetric ones.

Derivatives: DLMF 19.4 and 19.5.1 (complete ones, near m = 0 as hypergeometric functions, which are exact there to any
order), 19.18.1 (Carlson's). Incomplete ones with respect to m: 19.25.9 to 19.25.11, differentiated.
"""

from __future__ import annotations

from math import pi
from typing import Any

from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops import special_runtime as runtime
from symdiff.ops.elementwise import cos, rint, sin, sqrt, square, where
from symdiff.ops.families import elementwise
from symdiff.ops.special_hypergeometric import hyp2f1

M = ((-0.9, 0.9),)
ANGLES = (0.2, 1.2)
APART = ((0.2, 0.6), (0.9, 1.3), (1.6, 2.5))

ellipk: Op = elementwise("ellipk", "scipy.special:ellipk", lambda y, m: _first_slope(m), dtype="special", singular=True,
        doc="Complete elliptic integral of the first kind.", hint="K", sympy="elliptic_k", latex="K(#1)", domain=M)
ellipkm1: Op = elementwise("ellipkm1", "scipy.special:ellipkm1", lambda y, p: _first_slope_of_rest(y, p), dtype="special", singular=True,
        doc="Complete elliptic integral of the first kind of 1 - p, accurate near p = 0.", hint="K", sympy="elliptic_k(1 - a)", latex="K(1 - #1)", domain=((0.1, 1.9),))
ellipe: Op = elementwise("ellipe", "scipy.special:ellipe", lambda y, m: _second_slope(m), dtype="special", singular=True,
        doc="Complete elliptic integral of the second kind.", hint="E", sympy="elliptic_e(a)", latex="E(#1)", domain=M)
ellipem1: Op = elementwise("ellipem1", None, lambda y, p: (ellipkm1(p) - y) / (2 * (1 - p)), dtype="special", lower=lambda p: ellipe(1 - p), singular=True,
        doc="Complete elliptic integral of the second kind of 1 - p, whose derivative keeps the digits of a small p.", hint="E", sympy="elliptic_e(1 - a)", latex="E(1 - #1)", domain=((0.1, 0.9),))
ellipkinc: Op = elementwise("ellipkinc", "scipy.special:ellipkinc", lambda y, phi, m: 1 / sqrt(1 - m * square(sin(phi))), lambda y, phi, m: _incomplete_first(phi, m),
        dtype="wide", singular=True, doc="Incomplete elliptic integral of the first kind, F(phi, m).", hint="F", sympy="elliptic_f", latex=r"F(#1 \mid #2)", domain=(ANGLES, (0.1, 0.8)))
ellipeinc: Op = elementwise("ellipeinc", "scipy.special:ellipeinc", lambda y, phi, m: sqrt(1 - m * square(sin(phi))), lambda y, phi, m: _incomplete_second(phi, m),
        dtype="wide", singular=True, doc="Incomplete elliptic integral of the second kind, E(phi, m).", hint="E", sympy="elliptic_e(a, b)", latex=r"E(#1 \mid #2)", domain=(ANGLES, (0.1, 0.8)))

# ----------------------------------------------------------------------------------------------------- symmetric integrals
# All are Dirichlet averages of a power, whose derivatives are others of them (DLMF 19.16.9 and 19.18.1): where two
# arguments are equal, too. Those that SciPy has no function for are integrated (see `symdiff.ops.special_runtime`).

elliprf: Op = elementwise("elliprf", "scipy.special:elliprf", lambda y, a, b, c: -elliprd(b, c, a) / 6, lambda y, a, b, c: -elliprd(c, a, b) / 6,
        lambda y, a, b, c: -elliprd(a, b, c) / 6, dtype="narrow", singular=True, doc="Carlson's symmetric elliptic integral of the first kind, R_F.", hint="RF",
        latex="R_{F}(#1, #2, #3)", domain=APART)
elliprd: Op = elementwise("elliprd", "scipy.special:elliprd", *(lambda y, *z, i=i: _along(i, 1.5, (0.5, 0.5, 1.5), *z) for i in range(3)), dtype="narrow", singular=True,
        doc="Carlson's elliptic integral of the second kind, R_D, symmetric in its first two arguments.", hint="RD", latex="R_{D}(#1, #2, #3)", domain=APART)
elliprg: Op = elementwise("elliprg", "scipy.special:elliprg", *(lambda y, *z, i=i: _along(i, -0.5, (0.5, 0.5, 0.5), *z) for i in range(3)), dtype="narrow", singular=True,
        doc="Carlson's symmetric elliptic integral of the second kind, R_G.", hint="RG", latex="R_{G}(#1, #2, #3)", domain=APART)
elliprj: Op = elementwise("elliprj", "scipy.special:elliprj", *(lambda y, *z, i=i: _along(i, 1.5, (0.5, 0.5, 0.5, 1.0), *z) for i in range(4)), dtype="narrow", singular=True,
        doc="Carlson's symmetric elliptic integral of the third kind, R_J; its derivatives are nan for p < 0.", hint="RJ", latex="R_{J}(#1, #2, #3, #4)", domain=(*APART, (0.7, 1.5)))
elliprc: Op = elementwise("elliprc", "scipy.special:elliprc", *(lambda y, *z, i=i: _along(i, 0.5, (0.5, 1.0), *z) for i in range(2)), dtype="narrow", singular=True,
        doc="Carlson's degenerate elliptic integral R_C(a, b) = R_F(a, b, b); its derivatives are nan for b < 0.", hint="RC", latex="R_{C}(#1, #2)", domain=((0.2, 0.8), (1.0, 2.0)))
dirichlet_average: Op = elementwise("dirichlet_average", runtime.dirichlet_average,
        *(lambda y, *z, a, b, i=i: _along(i, a, b, *z) if b[i] else None for i in range(4)), dtype="special", singular=True, params={"a": 1.5, "b": (0.5, 0.5, 1.5, 1.0)},
        spell=lambda node: f"dirichlet_average(x0, x1, x2, x3, {node.kwargs['a']}, {node.kwargs['b']})", helpers=(runtime.dirichlet_average,),
        doc="The average of the power -a of four numbers, weighted by Dirichlet's distribution with parameters b: Carlson's R_-a(b; z).", hint="R",
        latex=lambda node: f"R_{{{-node.kwargs['a']}}}(#1, #2, #3, #4)", domain=(*APART, (0.7, 1.5)))


# -------------------------------------------------------------------------------------------------- longer derivatives


def _first_slope(m: Any) -> Any:
    return pi / 8 * hyp2f1(0.5, 0.5, 2.0, m) / (1 - m)


def _first_slope_of_rest(y: Node, p: Node) -> Any:
    """With respect to p, where m = 1 - p keeps no digits of a small p."""
    near = p < 0.5
    m = 1 - where(near, p, 0.5)
    return where(near, (y - ellipem1(where(near, p, 0.5)) / where(near, p, 0.5)) / (2 * m), -_first_slope(1 - where(near, 0.5, p)))


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


def _along(i: int, a: float, b: tuple[float, ...], *z: Any) -> Node:
    """Derivative of the average of the power -a of `z`, weighted by `b`, with respect to its i-th number."""
    weights = tuple(w + 1.0 if k == i else w for k, w in enumerate(b))
    four = zip((*z, 1.0, 1.0), (*weights, 0.0, 0.0), strict=False)
    z, weights = zip(*[pair for pair, _ in zip(four, range(4), strict=False)], strict=True)
    return -a * b[i] / sum(b) * dirichlet_average(*z, a=a + 1.0, b=weights)
