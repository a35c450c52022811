"""Bessel functions, and Airy functions.

Derivatives: DLMF 10.6.1 (J, Y), 10.29.1 (I, K), 10.51.2 (spherical), 9.2.1 (Airy). Those with a factor exp(-|x|) or
exp(x) have the derivative of that product. With respect to the order there are two, by an integral or by differences of
high order (see `symdiff.ops.special_runtime`, which states their errors); asking for a third one is an error but of K.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops import bounds, special_runtime as runtime
from symdiff.ops.elementwise import sign
from symdiff.ops.families import POSITIVES, elementwise, undefined
from symdiff.ops.shapes import astype

_TWICE = undefined("with respect to the order of this Bessel function there are two derivatives, and no third one")
_SERIES = undefined("a series, which is not differentiated once more")
ORDERS = (1.1, 2.9)
BEYOND_0 = (0.5, 3.0)
MOST = 2  # derivatives with respect to the order


def _of_order(letter: str) -> Any:
    """How formulas write it: the order below."""
    return rf"{letter}_{{#1}}(#2)"


jv: Op = elementwise("jv", "scipy.special:jv", lambda y, v, x: by_order(v, x, "jv"), lambda y, v, x: (jv(v - 1, x) - jv(v + 1, x)) / 2, dtype="narrow",
        doc="Bessel function of the first kind, of real order v.", hint="J", sympy="besselj(a, b)", latex=_of_order("J"), domain=(ORDERS, BEYOND_0))
yv: Op = elementwise("yv", "scipy.special:yv", lambda y, v, x: by_order(v, x, "yv"), lambda y, v, x: (yv(v - 1, x) - yv(v + 1, x)) / 2, dtype="narrow", singular=True,
        doc="Bessel function of the second kind, of real order v.", hint="Y", sympy="bessely(a, b)", latex=_of_order("Y"), domain=(ORDERS, BEYOND_0))
iv: Op = elementwise("iv", "scipy.special:iv", lambda y, v, x: by_order(v, x, "iv"), lambda y, v, x: (iv(v - 1, x) + iv(v + 1, x)) / 2, dtype="narrow",
        doc="Modified Bessel function of the first kind, of real order v.", hint="I", sympy="besseli(a, b)", latex=_of_order("I"), domain=(ORDERS, BEYOND_0))
kv: Op = elementwise("kv", "scipy.special:kv", lambda y, v, x: by_order(v, x, "kv"), lambda y, v, x: -(kv(v - 1, x) + kv(v + 1, x)) / 2, dtype="narrow", singular=True,
        doc="Modified Bessel function of the second kind, of real order v.", hint="K", sympy="besselk(a, b)", latex=_of_order("K"), domain=(ORDERS, BEYOND_0))
ive: Op = elementwise("ive", "scipy.special:ive", lambda y, v, x: by_order(v, x, "ive"), lambda y, v, x: scaled_bessel(v, x, n=1, sign=-1), dtype="narrow",
        doc="iv(v, x) * exp(-|x|), without overflow.", hint="I", sympy="besseli(a, b) * exp(-Abs(b))", domain=(ORDERS, BEYOND_0))
kve: Op = elementwise("kve", "scipy.special:kve", lambda y, v, x: by_order(v, x, "kve"), lambda y, v, x: scaled_bessel(v, x, n=1, sign=1), dtype="narrow", singular=True,
        doc="kv(v, x) * exp(x), without underflow.", hint="K", sympy="besselk(a, b) * exp(b)", domain=(ORDERS, BEYOND_0))

i0: Op = elementwise("i0", np.i0, lambda y, x: i1(x), dtype="float", facts=bounds.entire(0.99, inf), doc="Modified Bessel function of the first kind, order 0.", hint="i0")
i1: Op = elementwise("i1", "scipy.special:i1", lambda y, x: (i0(x) + iv(2.0, x)) / 2, dtype="special", facts=bounds.entire(),
        doc="Modified Bessel function of the first kind, order 1.", hint="i1")
j0: Op = elementwise("j0", "scipy.special:j0", lambda y, x: -j1(x), dtype="special", doc="Bessel function of the first kind, order 0.", hint="j0",
        sympy="besselj(0, a)", latex="J_{0}(#1)")
j1: Op = elementwise("j1", "scipy.special:j1", lambda y, x: (j0(x) - jv(2.0, x)) / 2, dtype="special", doc="Bessel function of the first kind, order 1.",
        hint="j1", sympy="besselj(1, a)", latex="J_{1}(#1)")
y0: Op = elementwise("y0", "scipy.special:y0", lambda y, x: -y1(x), dtype="special", singular=True, doc="Bessel function of the second kind, order 0.",
        hint="y0", sympy="bessely(0, a)", latex="Y_{0}(#1)", domain=(POSITIVES,))
y1: Op = elementwise("y1", "scipy.special:y1", lambda y, x: (y0(x) - yv(2.0, x)) / 2, dtype="special", singular=True,
        doc="Bessel function of the second kind, order 1.", hint="y1", sympy="bessely(1, a)", latex="Y_{1}(#1)", domain=(POSITIVES,))
k0: Op = elementwise("k0", "scipy.special:k0", lambda y, x: -k1(x), dtype="special", singular=True, doc="Modified Bessel function of the second kind, order 0.",
        hint="k0", sympy="besselk(0, a)", latex="K_{0}(#1)", domain=(POSITIVES,))
k1: Op = elementwise("k1", "scipy.special:k1", lambda y, x: -(k0(x) + kv(2.0, x)) / 2, dtype="special", singular=True,
        doc="Modified Bessel function of the second kind, order 1.", hint="k1", sympy="besselk(1, a)", latex="K_{1}(#1)", domain=(POSITIVES,))
i0e: Op = elementwise("i0e", "scipy.special:i0e", lambda y, x: scaled_bessel(0.0, x, n=1, sign=-1), dtype="special", doc="i0(x) * exp(-|x|), without overflow.",
        hint="i0e", sympy="besseli(0, a) * exp(-Abs(a))", domain=(POSITIVES,))
i1e: Op = elementwise("i1e", "scipy.special:i1e", lambda y, x: scaled_bessel(1.0, x, n=1, sign=-1), dtype="special",
        doc="i1(x) * exp(-|x|), without overflow.", hint="i1e", sympy="besseli(1, a) * exp(-Abs(a))", domain=(POSITIVES,))
k0e: Op = elementwise("k0e", "scipy.special:k0e", lambda y, x: scaled_bessel(0.0, x, n=1, sign=1), dtype="special", singular=True, doc="k0(x) * exp(x), without underflow.",
        hint="k0e", sympy="besselk(0, a) * exp(a)", domain=(POSITIVES,))
k1e: Op = elementwise("k1e", "scipy.special:k1e", lambda y, x: scaled_bessel(1.0, x, n=1, sign=1), dtype="special", singular=True,
        doc="k1(x) * exp(x), without underflow.", hint="k1e", sympy="besselk(1, a) * exp(a)", domain=(POSITIVES,))

scaled_bessel: Op = elementwise("scaled_bessel", None, lambda y, v, x, n, sign: _scaled(v, x, n, sign, _by_order), lambda y, v, x, n, sign: scaled_bessel(v, x, n=n + 1, sign=sign), dtype="narrow", params={"n": 1, "sign": 1},
        singular=True, lower=lambda v, x, n, sign: _lowered(v, x, n, sign), doc="n-th derivative of kve(v, x), with sign -1 of ive(v, x).",
        hint="slope", latex=lambda node: rf"{'K' if node.kwargs['sign'] > 0 else 'I'}^{{({node.kwargs['n']})}}_{{#1}}(#2)", domain=(ORDERS, BEYOND_0))
scaled_bessel_far: Op = elementwise("scaled_bessel_far", runtime.scaled_bessel_far, _SERIES, _SERIES, _SERIES, dtype="special", params={"n": 1, "sign": 1},
        spell={"numpy": lambda node: f"scaled_bessel_far(a, b, c, {node.kwargs['n']}, {node.kwargs['sign']})", "c": "(c)", "jax": "(c)"}, helpers=(runtime.scaled_bessel_far,),
        doc="scaled_bessel from the recurrence, which loses digits where x is large.", hint="slope", domain=(ORDERS, BEYOND_0, BEYOND_0))
def _by_order_row(name: str, *kinds: str) -> Op:
    function = getattr(runtime, name)
    return elementwise(name, function, lambda y, v, x, name, n: by_order(v, x, name, n + 1) if n < MOST or kinds[0] == "kv" else _TWICE, lambda y, v, x, name, n: _slope_by_order(v, x, name, n),
        dtype=lambda v, x: _of_real(v, x), singular=True, params={"name": kinds[0], "n": 1}, spell=lambda node: f"{name}(a, b, {node.kwargs['name']!r}, {node.kwargs['n']})",
        helpers=(function,), doc=f"n-th derivative of {' or '.join(kinds)} with respect to the order.", hint="slope", latex=_by_order_latex, domain=(ORDERS, BEYOND_0))  # fmt: skip


def _of_real(v: Aval, x: Aval) -> np.dtype:
    if "c" in (v.kind, x.kind):
        raise TypeError
    found: np.dtype = kv.infer(v, x).dtype
    return found


def _by_order_latex(node: Node) -> str:
    return rf"\partial_{{#1}}^{{{node.kwargs['n']}}} {node.kwargs['name'][0].upper()}_{{#1}}(#2)"


bessel_order, bessel_k_order = _by_order_row("bessel_order", "jv", "yv", "iv", "ive"), _by_order_row("bessel_k_order", "kv", "kve")


def by_order(v: Node | float, x: Node, name: str, n: int = 1) -> Node:
    """The n-th derivative of the function of that name with respect to its order."""
    return (bessel_k_order if name[0] == "k" else bessel_order)(v, x, name=name, n=n)


def _slope_by_order(v: Node, x: Node, name: str, n: int) -> Node:
    below, above = (by_order(v + k, x, name, n) for k in (-1, 1))
    half: Node = (below + above if name[0] in "ik" else below - above) / 2
    half = -half if name[0] == "k" else half
    if not name.endswith("e"):
        return half
    here: Node = by_order(v, x, name, n)
    found: Node = here + half if name == "kve" else half - sign(x) * here
    return found


def _lowered(v: Node, x: Node, n: int, turn: int) -> Node:
    found = scaled_bessel_far(v, x, _scaled(v, x, n, turn), n=n, sign=turn)
    meant = kve.infer(v.aval, x.aval).dtype
    return found if found.dtype == meant else astype(found, dtype=meant.name)


def _by_order(v: Node | float, x: Node, k: int, turn: int) -> Node:
    return by_order(v + k, x, "kve" if turn > 0 else "ive")


def _scaled(v: Node, x: Node, n: int, turn: int, value: Callable[..., Node] | None = None) -> Node:
    """The n-th derivative by the recurrence; those of order 0 and 1 by their own functions."""
    value = value or _scaled_value
    known = None if v.literal is None or v.shape else float(v.literal.value)
    at = [value(v if known is None else known, x, k, turn) for k in range(-n, n + 1)]
    for _ in range(n):
        sides = zip(at, at[1:], at[2:], strict=False)
        at = [y - (a + b) / 2 if turn > 0 else (a + b) / 2 - sign(x) * y for a, y, b in sides]
    return at[0]


def _scaled_value(v: Node | float, x: Node, k: int, turn: int) -> Node:
    if isinstance(v, Node):
        return (kve if turn > 0 else ive)(v + k, x)
    order = abs(v + k) if turn > 0 or (v + k) % 1 == 0 else v + k  # I of orders that are not whole is not even in them
    if order in (0.0, 1.0):
        return ((k0e, k1e) if turn > 0 else (i0e, i1e))[int(order)](x)
    return (kve if turn > 0 else ive)(order, x)


# ------------------------------------------------------------------------------------------------------------- spherical


def _called(name: str) -> Any:
    return lambda node: f"{name}({node.kwargs['n']}, a)"


def spherical_slope(row: Op, x: Node, n: int) -> Node:
    """The derivative of a spherical Bessel function, (s n f_(n-1) + t (n + 1) f_(n+1)) / (2 n + 1)."""
    s, t = _SIGNS[row.name]
    behind = t * (n + 1) / (2 * n + 1) * row(x, n=n + 1)
    return behind if n == 0 else s * n / (2 * n + 1) * row(x, n=n - 1) + behind


def _double(x: Aval) -> np.dtype:
    """SciPy computes these in double precision, and on conditions not at all."""
    if x.kind in "bc" or x.dtype == np.float16:
        raise TypeError
    return np.dtype(np.float64)


_SIGNS = {"spherical_jn": (1, -1), "spherical_yn": (1, -1), "spherical_in": (1, 1), "spherical_kn": (-1, -1)}

spherical_jn: Op = elementwise("spherical_jn", "scipy.special:spherical_jn", lambda y, x, n: spherical_slope(y.op, x, n), dtype=lambda x: _double(x), params={"n": 2},
        spell=_called("spherical_jn"), doc="Spherical Bessel function of the first kind, of order n.", hint="j", sympy="jn(n, a)", domain=(BEYOND_0,))
spherical_yn: Op = elementwise("spherical_yn", "scipy.special:spherical_yn", lambda y, x, n: spherical_slope(y.op, x, n), dtype=lambda x: _double(x), params={"n": 2}, singular=True,
        spell=_called("spherical_yn"), doc="Spherical Bessel function of the second kind, of order n.", hint="y", sympy="yn(n, a)", domain=(BEYOND_0,))
spherical_in: Op = elementwise("spherical_in", "scipy.special:spherical_in", lambda y, x, n: spherical_slope(y.op, x, n), dtype=lambda x: _double(x), params={"n": 2},
        spell=_called("spherical_in"), doc="Modified spherical Bessel function of the first kind, of order n.", hint="i", domain=(BEYOND_0,))
spherical_kn: Op = elementwise("spherical_kn", "scipy.special:spherical_kn", lambda y, x, n: spherical_slope(y.op, x, n), dtype="special", params={"n": 2}, singular=True,
        spell=_called("spherical_kn"), doc="Modified spherical Bessel function of the second kind, of order n.", hint="k", domain=(BEYOND_0,))

# ------------------------------------------------------------------------------------------------------------------ Airy

airy_ai: Op = elementwise("airy_ai", "scipy.special:airy", lambda y, x: airy_aip(x), dtype="narrow", spell="airy(a)[0]", doc="Airy function Ai.", hint="Ai",
        sympy="airyai", latex=r"\operatorname{Ai}(#1)")
airy_aip: Op = elementwise("airy_aip", "scipy.special:airy", lambda y, x: x * airy_ai(x), dtype="narrow", spell="airy(a)[1]",
        doc="Derivative of the Airy function Ai.", hint="Aip", sympy="airyaiprime", latex=r"\operatorname{Ai}'(#1)")
airy_bi: Op = elementwise("airy_bi", "scipy.special:airy", lambda y, x: airy_bip(x), dtype="narrow", spell="airy(a)[2]", doc="Airy function Bi.", hint="Bi",
        sympy="airybi", latex=r"\operatorname{Bi}(#1)")
airy_bip: Op = elementwise("airy_bip", "scipy.special:airy", lambda y, x: x * airy_bi(x), dtype="narrow", spell="airy(a)[3]",
        doc="Derivative of the Airy function Bi.", hint="Bip", sympy="airybiprime", latex=r"\operatorname{Bi}'(#1)")
