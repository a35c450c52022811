"""Special functions of SymPy that no row stands for under the same name and with the same arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symdiff.errors import UnsupportedError
from symdiff.frontends.sympy.arithmetic import Value
from symdiff.frontends.sympy.scalars import Handler, evaluated
from symdiff.graph.node import Node, as_node
from symdiff.ops import (
    elementwise as ew,
    special_bessel as bessel,
    special_elliptic as elliptic,
    special_errors as errors,
    special_gamma as gamma,
    special_hypergeometric as hyper,
)
from symdiff.ops.table import FUNCTIONS


def _of(call: Callable[..., Value]) -> Handler:
    """What `call` makes of the values; without symbols, the number that SymPy finds."""

    def handle(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Value:
        return call(*values) if any(isinstance(value, Node) for value in values) else evaluated(expr)

    return handle


def _order(name: str) -> Handler:
    """A function of SciPy's whose first argument is a whole number."""

    def handle(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Value:
        if not any(isinstance(value, Node) for value in values):
            return evaluated(expr)
        if not parts[0].is_Integer or parts[0] < 0:
            raise UnsupportedError(
                f"{type(expr).__name__} of order {parts[0]}",
                help="its order is a whole number that is known, not below 0",
            )
        return FUNCTIONS[name].call(int(parts[0]), *values[1:])

    return handle


def _bessel(general: Callable[..., Node], known: Mapping[int, Callable[[Any], Node]]) -> Callable[..., Value]:
    """Of order 0 and 1, which have functions of their own, and of other orders."""
    return lambda v, x: known[v](x) if isinstance(v, int) and v in known else general(v, x)


def _lambert(x: Value, k: Value = 0) -> Value:
    if k != 0:
        raise UnsupportedError(
            f"LambertW on the branch {k}", help="only the principal branch is real for positive numbers"
        )
    return ew.real(gamma.lambertw(x, k=0))


def _polylog(s: Value, x: Value) -> Value:
    if s != 2:
        raise UnsupportedError(f"polylog of order {s}", help="the dilogarithm polylog(2, x) is known")
    return errors.spence(1 - as_node(x))


def _regularized(a: Value, b: Value, low: Value, high: Value) -> Value:
    """The incomplete beta integral from `low` to `high` over the whole one."""
    if not isinstance(high, Node) and high == 1:
        return gamma.betaincc(a, b, low)
    above = gamma.betainc(a, b, high)
    return above if not isinstance(low, Node) and low == 0 else above - gamma.betainc(a, b, low)


def _expint(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Value:
    handler = _of(lambda n, x: errors.exp1(x)) if parts[0] == 1 else _order("expn")
    return handler(expr, parts, values, scope)


def _hyper(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Value:
    """0F1, 1F1 and 2F1, from their parameters and the argument."""
    call = {(0, 1): hyper.hyp0f1, (1, 1): hyper.hyp1f1, (2, 1): hyper.hyp2f1}.get((len(expr.ap), len(expr.bq)))
    if call is None:
        raise UnsupportedError(f"{expr} is none of 0F1, 1F1 and 2F1", help="other hypergeometric functions have no row")
    return _of(call)(expr, parts, values, scope)


HANDLERS: dict[str, Handler] = {
    "besselj": _of(_bessel(bessel.jv, {0: bessel.j0, 1: bessel.j1})),
    "bessely": _of(_bessel(bessel.yv, {0: bessel.y0, 1: bessel.y1})),
    "besseli": _of(_bessel(bessel.iv, {0: bessel.i0, 1: bessel.i1})),
    "besselk": _of(_bessel(bessel.kv, {0: bessel.k0, 1: bessel.k1})),
    "jn": _order("spherical_jn"), "yn": _order("spherical_yn"),
    "Ei": _of(errors.expi), "expint": _expint, "polylog": _of(_polylog), "LambertW": _of(_lambert),
    "erfinv": _of(errors.erfinv), "erfcinv": _of(errors.erfcinv), "erf2": _of(lambda a, b: ew.erf(b) - ew.erf(a)),
    "lowergamma": _of(lambda a, x: gamma.gammainc(a, x) * ew.gamma(a)),
    "uppergamma": _of(lambda a, x: gamma.gammaincc(a, x) * ew.gamma(a)),
    "betainc_regularized": _of(_regularized),
    "betainc": _of(lambda a, b, *ends: _regularized(a, b, *ends) * gamma.beta(a, b)),
    "RisingFactorial": _of(gamma.poch), "zeta": _of(lambda s, q=1.0: gamma.zeta(s, q)),
    "elliptic_e": _of(lambda *values: elliptic.ellipe(*values) if len(values) == 1 else elliptic.ellipeinc(*values)),
    "legendre": _order("eval_legendre"), "chebyshevt": _order("eval_chebyt"), "chebyshevu": _order("eval_chebyu"),
    "hermite": _order("eval_hermite"), "hermite_prob": _order("eval_hermitenorm"), "laguerre": _order("eval_laguerre"),
    "assoc_laguerre": _order("eval_genlaguerre"),
    "gegenbauer": _order("eval_gegenbauer"), "jacobi": _order("eval_jacobi"),
    "hyper": _hyper,
}  # fmt: skip
