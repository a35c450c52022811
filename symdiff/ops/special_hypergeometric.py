"""Hypergeometric functions and orthogonal polynomials.

Derivatives with respect to the argument: DLMF 13.3.15 and 13.3.22 (Kummer, Tricomi), 15.5.1 (Gauss), 16.3.1, and 18.9.15
to 18.9.25 (polynomials). With respect to parameters there is none yet: no closed form is known, and asking for one is
an error.
"""

from __future__ import annotations

from typing import Any

from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops.elementwise import absolute, square, where
from symdiff.ops.families import REALS, elementwise, undefined

_PARAMETER = undefined("with respect to a parameter of a hypergeometric function no closed form is known; hold it constant")
_INDEX = undefined("with respect to the index of a polynomial there is no derivative yet; hold it constant")
MOST_EXPONENT = 700.0  # of which the exponential is a float
SHAPES = (0.6, 2.4)
INSIDE = (-0.9, 0.9)

hyp0f1: Op = elementwise("hyp0f1", "scipy.special:hyp0f1", _PARAMETER, lambda y, b, x: hyp0f1(b + 1, x) / b, dtype="narrow",
        doc="Confluent hypergeometric limit function 0F1.", hint="hyp", sympy="hyper((), (a,), b)", latex=r"{}_{0}F_{1}(#1; #2)", domain=(SHAPES, REALS))
hyp1f1: Op = elementwise("hyp1f1", "scipy.special:hyp1f1", _PARAMETER, _PARAMETER, lambda y, a, b, x: a / b * hyp1f1(a + 1, b + 1, x), dtype="narrow",
        doc="Kummer's confluent hypergeometric function 1F1.", hint="hyp", sympy="hyper((a,), (b,), c)", latex=r"{}_{1}F_{1}(#1; #2; #3)", domain=(SHAPES, SHAPES, REALS))
hyp2f1: Op = elementwise("hyp2f1", "scipy.special:hyp2f1", _PARAMETER, _PARAMETER, _PARAMETER,
        lambda y, a, b, c, x: a * b / c * hyp2f1(a + 1, b + 1, c + 1, x), dtype="wide",
        doc="Gauss' hypergeometric function 2F1.", hint="hyp", sympy="hyper((a, b), (c,), d)", latex=r"{}_{2}F_{1}(#1, #2; #3; #4)",
        domain=(SHAPES, SHAPES, SHAPES, (-0.9, 0.6)))
hyperu: Op = elementwise("hyperu", "scipy.special:hyperu", _PARAMETER, _PARAMETER, lambda y, a, b, x: -a * hyperu(a + 1, b + 1, x), dtype="narrow",
        singular=True, doc="Tricomi's confluent hypergeometric function U.", hint="U", latex="U(#1, #2, #3)", domain=(SHAPES, SHAPES, (0.5, 3.0)))
exprel: Op = elementwise("exprel", "scipy.special:exprel", lambda y, x: exprel_slope(x), dtype="special",
        doc="(exp(x) - 1) / x, 1 at 0.", hint="exprel", sympy="(exp(a) - 1) / a", latex=r"\frac{e^{#1} - 1}{#1}")



def exprel_slope(x: Node) -> Node:
    """The derivative of exprel, 1F1(2; 3; x) / 2, whose series does not end for arguments beyond all exponentials.

    There it is ``(exp(x) - y) / x`` with ``y = exprel(x)``, of negative x ``1 / x**2``.
    """
    near = absolute(x) < MOST_EXPONENT
    inside = hyp1f1(2.0, 3.0, where(near, x, 0.0)) / 2
    return where(near, inside, where(x < 0, 1 / square(x), exprel(x) * (1 - 1 / x) + 1 / x))


# ---------------------------------------------------------------------------------------------------------- polynomials
# Their degree n is a known integer, so that SciPy evaluates them by recurrence; a polynomial of degree -1 is 0.


def _degree(name: str, *others: str) -> Any:
    """How a polynomial is called: its degree first."""
    letters = "abc"[: len(others) + 1]
    return lambda node: f"{name}({node.kwargs['n']}, {', '.join(letters)})"


def _of_degree(rule: Any) -> Any:
    return lambda *inputs, n: rule(*inputs, n) if n > 0 else None


eval_legendre: Op = elementwise("eval_legendre", "scipy.special:eval_legendre", _of_degree(lambda y, x, n: eval_gegenbauer(1.5, x, n=n - 1)), dtype="double",
        params={"n": 3}, spell=_degree("eval_legendre"), doc="Legendre polynomial of degree n.", hint="P", sympy="legendre(n, a)", domain=(INSIDE,))
eval_chebyt: Op = elementwise("eval_chebyt", "scipy.special:eval_chebyt", _of_degree(lambda y, x, n: n * eval_chebyu(x, n=n - 1)), dtype="double",
        params={"n": 3}, spell=_degree("eval_chebyt"), doc="Chebyshev polynomial of the first kind, of degree n.", hint="T", sympy="chebyshevt(n, a)", domain=(INSIDE,))
eval_chebyu: Op = elementwise("eval_chebyu", "scipy.special:eval_chebyu", _of_degree(lambda y, x, n: 2 * eval_gegenbauer(2.0, x, n=n - 1)), dtype="double",
        params={"n": 3}, spell=_degree("eval_chebyu"), doc="Chebyshev polynomial of the second kind, of degree n.", hint="U", sympy="chebyshevu(n, a)", domain=(INSIDE,))
eval_hermite: Op = elementwise("eval_hermite", "scipy.special:eval_hermite", _of_degree(lambda y, x, n: 2 * n * eval_hermite(x, n=n - 1)), dtype="double",
        params={"n": 3}, spell=_degree("eval_hermite"), doc="Physicists' Hermite polynomial of degree n.", hint="H", sympy="hermite(n, a)")
eval_hermitenorm: Op = elementwise("eval_hermitenorm", "scipy.special:eval_hermitenorm", _of_degree(lambda y, x, n: n * eval_hermitenorm(x, n=n - 1)), dtype="double",
        params={"n": 3}, spell=_degree("eval_hermitenorm"), doc="Probabilists' Hermite polynomial of degree n.", hint="He", sympy="hermite_prob(n, a)")
eval_laguerre: Op = elementwise("eval_laguerre", "scipy.special:eval_laguerre", _of_degree(lambda y, x, n: -eval_genlaguerre(1.0, x, n=n - 1)), dtype="double",
        params={"n": 3}, spell=_degree("eval_laguerre"), doc="Laguerre polynomial of degree n.", hint="L", sympy="laguerre(n, a)")
eval_genlaguerre: Op = elementwise("eval_genlaguerre", "scipy.special:eval_genlaguerre", _INDEX,
        _of_degree(lambda y, a, x, n: -eval_genlaguerre(a + 1, x, n=n - 1)), dtype="double", params={"n": 3}, spell=_degree("eval_genlaguerre", "a"),
        doc="Generalised Laguerre polynomial of degree n and index a.", hint="L", sympy="assoc_laguerre(n, a, b)", domain=(SHAPES, REALS))
eval_gegenbauer: Op = elementwise("eval_gegenbauer", "scipy.special:eval_gegenbauer", _INDEX,
        _of_degree(lambda y, a, x, n: 2 * a * eval_gegenbauer(a + 1, x, n=n - 1)), dtype="double", params={"n": 3}, spell=_degree("eval_gegenbauer", "a"),
        doc="Gegenbauer polynomial of degree n and index a.", hint="C", sympy="gegenbauer(n, a, b)", domain=(SHAPES, INSIDE))
eval_jacobi: Op = elementwise("eval_jacobi", "scipy.special:eval_jacobi", _INDEX, _INDEX,
        _of_degree(lambda y, a, b, x, n: 0.5 * (n + a + b + 1) * eval_jacobi(a + 1, b + 1, x, n=n - 1)), dtype="double", params={"n": 3},
        spell=_degree("eval_jacobi", "a", "b"), doc="Jacobi polynomial of degree n and indices a and b.", hint="P", sympy="jacobi(n, a, b, c)",
        domain=(SHAPES, SHAPES, INSIDE))

