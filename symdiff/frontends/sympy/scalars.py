"""What SymPy's scalar classes mean. One that a row stands for is named in that row (column `sympy`), not here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from sympy import pi

from symdiff.errors import UnsupportedError
from symdiff.frontends.sympy.arithmetic import Value, binary, fraction, known_number, power, total
from symdiff.graph.node import Node, as_node
from symdiff.graph.op import OPS, Op
from symdiff.ops import elementwise as ew, special_gamma as gamma

Handler = Callable[[Any, Sequence[Any], Sequence[Value], Any], Value]  # (expr, operands, their values, scope)


def plain(call: Callable[..., Value]) -> Handler:
    """A handler that needs only the values of the arguments."""
    return lambda expr, parts, values, scope: call(*values)


def row_handlers() -> dict[str, Handler]:
    """Handlers of the classes that a row stands for: those that its column `sympy` names, and no more than names.

    A function of the user that is called like a row is that row.
    """
    rows = [op for op in OPS.values() if op.family == "elementwise"]
    found = {op.name: _row(op) for op in rows}
    for op in reversed(rows):
        name = op.notation.sympy
        if isinstance(name, str) and name.replace(".", "_").isidentifier():
            found[name.rpartition(".")[2]] = _row(op)
    return found


def _row(op: Op) -> Handler:
    def handle(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Value:
        if not callable(op.fn) and not any(isinstance(value, Node) for value in values):
            return evaluated(expr)  # SymPy knows the number; NumPy has no function for it
        if op.arity == 2 and len(values) > 2:
            return reduce(op, values)
        return op(*values)

    return handle


def evaluated(expr: Any) -> Value:
    """The number that an expression without symbols is."""
    value = expr.evalf(17)
    if value.is_Float or value.is_Rational:
        return float(value)
    if value.is_number and value.is_finite:
        return complex(value)
    raise UnsupportedError(f"{expr} is not a number that can be computed")


def _piecewise(*values: Value) -> Value:
    """where(c1, e1, where(c2, e2, …)), nan where no condition holds."""
    result: Value = math.nan
    for value, condition in reversed(list(zip(values[::2], values[1::2], strict=True))):
        if condition is not False:
            result = value if condition is True else ew.where(condition, value, result)
    return result


def _extremum(op: Op) -> Handler:
    """Numbers come last: maximum(x, 0)."""
    return plain(lambda *values: reduce(op, sorted(values, key=lambda v: not isinstance(v, Node))))


def _sinc(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Value:
    """SymPy's sinc(x) is sin(x)/x, NumPy's is sin(pi*x)/(pi*x)."""
    if parts[0].is_Mul and pi in parts[0].args:
        node = as_node(values[0])
        if node.op is ew.multiply and node.inputs[0].literal is not None and node.inputs[0].literal.scalar == math.pi:
            return ew.sinc(node.inputs[1])
    return ew.sinc(binary("/", values[0], math.pi))


def _polygamma(expr: Any, parts: Sequence[Any], values: Sequence[Value], scope: Any) -> Value:
    if not isinstance(values[1], Node):
        return evaluated(expr)
    if not parts[0].is_Integer or parts[0] < 0:
        raise UnsupportedError(f"polygamma of order {parts[0]}: the order must be a known integer, not below 0")
    order = int(parts[0])
    return ew.polygamma(values[1], n=order) if order else ew.digamma(values[1])


def _log(x: Value) -> Value:
    """The logarithm of a beta function has a row of its own, which does not underflow."""
    return gamma.betaln(*x.inputs) if isinstance(x, Node) and x.op is gamma.beta else ew.log(x)


def _binomial(n: Value, k: Value) -> Value:
    """1 / ((n + 1) * B(n - k + 1, k + 1)) (DLMF 5.12.1)."""
    return 1 / ((as_node(n) + 1) * ew.exp(gamma.betaln(n - as_node(k) + 1, as_node(k) + 1)))


def _reciprocal(of: Callable[..., Node]) -> Handler:
    return plain(lambda x: 1 / of(x))


def _of_reciprocal(of: Callable[..., Node]) -> Handler:
    return plain(lambda x: of(binary("/", 1, x)))


_number: Handler = lambda expr, parts, values, scope: known_number(expr)  # noqa: E731

HANDLERS: dict[str, Handler] = {
    # numbers
    "Rational": _number, "Float": _number, "Infinity": _number, "NegativeInfinity": _number, "NaN": _number,
    "NumberSymbol": _number, "ImaginaryUnit": plain(lambda: 1j),
    "BooleanTrue": plain(lambda: True), "BooleanFalse": plain(lambda: False),
    # arithmetic
    "Add": plain(lambda *values: total(values)),
    "Mul": lambda expr, parts, values, scope: fraction(parts, values).value(),
    "Pow": lambda expr, parts, values, scope: power(expr, *values),
    # relations
    "StrictLessThan": plain(ew.less), "LessThan": plain(ew.less_equal), "StrictGreaterThan": plain(ew.greater),
    "GreaterThan": plain(ew.greater_equal), "Equality": plain(ew.equal), "Unequality": plain(ew.not_equal),
    # selection
    "Piecewise": plain(_piecewise), "ITE": plain(ew.where), "Max": _extremum(ew.maximum), "Min": _extremum(ew.minimum),
    # in terms of rows
    "sec": _reciprocal(ew.cos), "csc": _reciprocal(ew.sin), "cot": _reciprocal(ew.tan),
    "sech": _reciprocal(ew.cosh), "csch": _reciprocal(ew.sinh), "coth": _reciprocal(ew.tanh),
    "asec": _of_reciprocal(ew.arccos), "acsc": _of_reciprocal(ew.arcsin), "acot": _of_reciprocal(ew.arctan),
    "asech": _of_reciprocal(ew.arccosh), "acsch": _of_reciprocal(ew.arcsinh), "acoth": _of_reciprocal(ew.arctanh),
    "frac": plain(lambda x: x - ew.floor(x)), "log": plain(_log), "sinc": _sinc, "polygamma": _polygamma,
    "factorial": plain(lambda x: ew.gamma(x + 1)), "binomial": plain(_binomial),
    "fma": plain(lambda a, b, c: a * b + c),
    "Nand": plain(lambda *values: ew.logical_not(reduce(ew.logical_and, values))),
    "Nor": plain(lambda *values: ew.logical_not(reduce(ew.logical_or, values))),
    "Implies": plain(lambda a, b: ew.logical_or(ew.logical_not(a), b)),
    "Equivalent": plain(lambda a, b: ew.logical_not(ew.logical_xor(a, b))),
}  # fmt: skip

_DOIT = "evaluate it first: expr.doit()"
REFUSED: dict[str, tuple[str, str]] = {  # what is wrong, and what to do
    "Derivative": ("an unevaluated derivative cannot be compiled", f"{_DOIT}, or differentiate here: sd.grad(…)"),
    "Integral": ("an unevaluated integral cannot be compiled", _DOIT),
    "Limit": ("an unevaluated limit cannot be compiled", _DOIT),
    "Subs": ("an unevaluated substitution cannot be compiled", _DOIT),
    "DiracDelta": ("DiracDelta is a distribution, no function", "integrate it away, or write a narrow function"),
    "ComplexInfinity": ("the expression holds zoo, SymPy's complex infinity", "some part of it divides by zero"),
}
