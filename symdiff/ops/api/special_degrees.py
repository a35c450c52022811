"""Functions of scipy.special whose degree or order is a whole number, and those that return several values."""

from __future__ import annotations

from collections.abc import Callable
from math import comb, factorial, pi, prod, sqrt
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.graph.node import Node, as_node
from symdiff.graph.op import Op
from symdiff.ops import (
    elementwise as ew,
    special_bessel as bessel,
    special_errors as errors,
    special_gamma,
    special_hypergeometric as hyper,
)
from symdiff.ops.api.convert import static_int
from symdiff.ops.shapes import astype
from symdiff.ops.table import numpy_function

# --------------------------------------------------------------------------------------------- degrees that are known


def _degrees(name: str, n: Any) -> np.ndarray:
    """Degrees as an array of whole numbers."""
    literal = as_node(n).literal
    if literal is None:
        raise UnsupportedError(f"{name} of a degree that is not known beforehand", help="give the degree as a number")
    degrees = np.asarray(literal.value)
    if degrees.dtype.kind not in "biuf" or not np.all(degrees == np.floor(degrees)) or np.any(degrees < 0):
        raise UnsupportedError(f"{name} of degree {degrees}", help="degrees are whole numbers, not below 0")
    return degrees.astype(np.int64)


def of_degree(name: str, n: Any, at: Callable[[int], Node]) -> Node:
    """``at(n)``; for an array of degrees, each element at its own."""
    degrees = _degrees(name, n)
    if not degrees.ndim:
        return at(int(degrees))
    distinct = [int(k) for k in np.unique(degrees)] or [0]
    result = ew.where(np.full(degrees.shape, True), at(distinct[0]), np.nan)
    for k in distinct[1:]:
        result = ew.where(degrees == k, at(k), result)
    return result


def _of_degree(row: Op, at: Callable[..., Node]) -> None:
    """Registers the row as a function whose first argument is the degree."""

    def call(n: Any, *inputs: Any) -> Node:
        if len(inputs) != row.arity:
            raise UnsupportedError(f"{row.name} takes {1 + (row.arity or 0)} arguments, the degree first")
        return of_degree(row.name, n, lambda k: at(*inputs, n=k))

    call.__doc__ = row.doc
    numpy_function(row.name, row.fn)(call)


for _row in (
    hyper.eval_legendre, hyper.eval_chebyt, hyper.eval_chebyu, hyper.eval_hermite, hyper.eval_hermitenorm, hyper.eval_laguerre,
    hyper.eval_genlaguerre, hyper.eval_gegenbauer, hyper.eval_jacobi,
):  # fmt: skip
    _of_degree(_row, _row)
_of_degree(errors.expn, lambda x, n: errors.integral_of_exponential(n, as_node(x)))


def _spherical(row: Op) -> None:
    def call(n: Any, z: Any, derivative: bool = False) -> Node:
        at = (lambda k: bessel.spherical_slope(row, as_node(z), k)) if derivative else lambda k: row(z, n=k)
        return of_degree(row.name, n, at)

    call.__doc__ = row.doc
    numpy_function(row.name, row.fn)(call)


for _row in (bessel.spherical_jn, bessel.spherical_yn, bessel.spherical_in, bessel.spherical_kn):
    _spherical(_row)


@numpy_function("zeta", "scipy.special.zeta")
def zeta(x: Any, q: Any = 1.0) -> Node:
    """Riemann's zeta function, or Hurwitz' with q; the exponent is held constant."""
    return special_gamma.zeta(x, 1.0 if q is None else q)


@numpy_function("lambertw", "scipy.special.lambertw")
def lambertw(z: Any, k: Any = 0, tol: Any = 1e-8) -> Node:
    """Branch k of Lambert's W, the solution y of y * exp(y) = z; a complex number, as SciPy's."""
    z = as_node(z)
    return special_gamma.lambertw(z if z.aval.kind == "c" else astype(z, dtype="complex128"), k=static_int(k, "the branch"))


@numpy_function("wofz", "scipy.special.wofz")
def wofz(z: Any) -> Node:
    """Faddeeva function exp(-z**2) * erfc(-i z); a complex number."""
    z = as_node(z)
    return errors.wofz(z if z.aval.kind == "c" else astype(z, dtype="complex128"))


def _whole_order(name: str, row: Op) -> None:
    """SciPy's functions for orders that are whole numbers."""

    def call(n: Any, x: Any) -> Node:
        return row(n, x)

    call.__doc__ = row.doc
    numpy_function(name, f"scipy.special.{name}")(call)


for _name, _row in {"kn": bessel.kv, "yn": bessel.yv}.items():
    _whole_order(_name, _row)


@numpy_function("sph_harm_y", "scipy.special.sph_harm_y")
def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any, *, diff_n: Any = 0) -> Any:
    """Spherical harmonic of degree n and order m, both known, at polar angle theta and azimuth phi; complex (DLMF 14.30.1)."""
    if diff_n != 0:
        raise UnsupportedError("sph_harm_y with diff_n", help="the derivatives are what symdiff finds")
    n, m = static_int(n, "the degree"), static_int(m, "the order")
    k, theta = abs(m), as_node(theta)
    if k > n:
        return 0j * (theta + as_node(phi))
    odd = prod(range(1, 2 * k, 2))  # (2 k - 1)!!, of the associated function in terms of Gegenbauer's polynomials
    norm = (-1) ** (k if m >= 0 else 0) * odd * sqrt((2 * n + 1) / (4 * pi) * factorial(n - k) / factorial(n + k))
    polar = hyper.eval_gegenbauer(k + 0.5, ew.cos(theta), n=n - k)
    return norm * (ew.sin(theta) ** k * polar if k else polar) * ew.exp(1j * m * as_node(phi))


# ------------------------------------------------------------------------------------------------------ several values


@numpy_function("sici", "scipy.special.sici")
def sici(x: Any) -> tuple[Node, Node]:
    """Sine and cosine integrals."""
    return errors.sine_integral(x), errors.cosine_integral(x)


@numpy_function("shichi", "scipy.special.shichi")
def shichi(x: Any) -> tuple[Node, Node]:
    """Hyperbolic sine and cosine integrals."""
    return errors.sinh_integral(x), errors.cosh_integral(x)


@numpy_function("fresnel", "scipy.special.fresnel")
def fresnel(x: Any) -> tuple[Node, Node]:
    """Fresnel's sine and cosine integrals."""
    return errors.fresnel_sine(x), errors.fresnel_cosine(x)


@numpy_function("airy", "scipy.special.airy")
def airy(x: Any) -> tuple[Node, Node, Node, Node]:
    """Airy functions Ai, Ai', Bi and Bi'."""
    return bessel.airy_ai(x), bessel.airy_aip(x), bessel.airy_bi(x), bessel.airy_bip(x)


# --------------------------------------------------------------------------------------------- Hankel's functions


def _hankel(name: str, sign: int, scaled: bool) -> None:
    def call(v: Any, z: Any) -> Node:
        z = as_node(z)
        if z.aval.dtype.kind == "c":
            raise UnsupportedError(f"scipy.special.{name} of a complex value", help="it is followed at real ones")
        found = ew.add(bessel.jv(v, z), ew.multiply(sign * 1j, bessel.yv(v, z)))
        return ew.multiply(found, ew.exp(ew.multiply(-sign * 1j, z))) if scaled else found

    call.__doc__ = f"{name}(v, z), J and Y as real and imaginary part (DLMF 10.4.3)."
    numpy_function(name, f"scipy.special.{name}")(call)


for _name, _sign in (("hankel1", 1), ("hankel2", -1)):
    _hankel(_name, _sign, scaled=False)
    _hankel(f"{_name}e", _sign, scaled=True)


def _nth_derivative(name: str, at: Callable[[Any, Node], Node], signs: tuple[int, int]) -> None:
    """The n-th derivative, as sums of orders beside v: half of what is below it and signs[1] times what is above."""

    def call(v: Any, z: Any, n: Any = 1) -> Node:
        v, z, n = as_node(v), as_node(z), static_int(n, "the number of the derivative")
        first, turn = signs
        terms = [comb(n, k) * turn**k * at(v - n + 2 * k, z) for k in range(n + 1)]
        return ew.multiply((first / 2) ** n, sum(terms[1:], terms[0]))

    call.__doc__ = f"{name}(v, z, n), the n-th derivative by z (DLMF 10.6.7, 10.29.5)."
    numpy_function(name, f"scipy.special.{name}")(call)


_nth_derivative("jvp", bessel.jv, (1, -1))
_nth_derivative("yvp", bessel.yv, (1, -1))
_nth_derivative("ivp", bessel.iv, (1, 1))
_nth_derivative("kvp", bessel.kv, (-1, 1))


@numpy_function("radian", "scipy.special.radian")
def radian(d: Any, m: Any, s: Any) -> Node:
    """Degrees, minutes and seconds in radians."""
    return ew.multiply(pi / 180, as_node(d) + as_node(m) / 60 + as_node(s) / 3600)


@numpy_function("nbdtr", "scipy.special.nbdtr")
def nbdtr(k: Any, n: Any, p: Any) -> Node:
    """At most k failures before n successes."""
    return special_gamma.betainc(n, ew.floor(as_node(k)) + 1, p)


@numpy_function("nbdtrc", "scipy.special.nbdtrc")
def nbdtrc(k: Any, n: Any, p: Any) -> Node:
    """More than k failures before n successes."""
    return special_gamma.betaincc(n, ew.floor(as_node(k)) + 1, p)


@numpy_function("nbdtri", "scipy.special.nbdtri")
def nbdtri(k: Any, n: Any, y: Any) -> Node:
    """Inverse of nbdtr(k, n, p) in p."""
    return special_gamma.betaincinv(n, ew.floor(as_node(k)) + 1, y)


@numpy_function("pdtri", "scipy.special.pdtri")
def pdtri(k: Any, y: Any) -> Node:
    """The mean of Poisson's distribution with this probability of at most k."""
    return special_gamma.gammainccinv(ew.add(k, 1.0), y)
