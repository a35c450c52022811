"""Stable forms, recognised before differentiation: what overflows as written has a name that does not."""

from __future__ import annotations

from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew, reductions as red
from symdiff.rewrite.rule import REAL, Rule, Wildcard, call

x, y, v = Wildcard("x"), Wildcard("y"), Wildcard("v")
exp, log, log1p = call(ew.exp), call(ew.log), call(ew.log1p)
logaddexp, sigmoid = call(ew.logaddexp), call(ew.sigmoid)

OVERFLOW = "exp overflows beyond 709 (float64), this form does not"


@REAL.on("logsumexp", ew.log, why=OVERFLOW)
def _logsumexp(node: Node) -> Node | None:
    total = node.inputs[0]
    if total.op is not red.sum_ or total.inputs[0].op is not ew.exp:
        return None
    return red.logsumexp(total.inputs[0].inputs[0], **total.kwargs)


@REAL.on("softmax", ew.divide, why=OVERFLOW)
def _softmax(node: Node) -> Node | None:
    e, total = node.inputs
    if e.op is not ew.exp or total.op is not red.sum_ or total.inputs[0] is not e:
        return None
    axis = total.kwargs["axis"]
    if not total.kwargs["keepdims"] and len(axis) != e.ndim:
        return None
    return red.softmax(e.inputs[0], axis=axis)


@REAL.on("log-softmax", ew.log, why="the logarithm of a small probability keeps its digits")
def _log_softmax(node: Node) -> Node | None:
    p = node.inputs[0]
    return red.log_softmax(p.inputs[0], **p.kwargs) if p.op is red.softmax else None


@REAL.on("complex-magnitude", ew.square, ew.power, why="|z|**2 is smooth at 0, where |z| is not")
def _magnitude(node: Node) -> Node | None:
    size = node.inputs[0]
    if size.op is not ew.absolute or size.inputs[0].aval.kind != "c":
        return None
    exponent = node.inputs[1].literal if node.op is ew.power else None
    return ew.abs2(size.inputs[0]) if node.op is ew.square or (exponent is not None and exponent.scalar == 2) else None


RULES: tuple[Rule, ...] = (
    REAL("softplus", log(1 + exp(x)), logaddexp(0, x), OVERFLOW),
    REAL("softplus-log1p", log1p(exp(x)), logaddexp(0, x), OVERFLOW),
    REAL("logaddexp", log(exp(x) + exp(y)), logaddexp(x, y), OVERFLOW),
    REAL("sigmoid", 1 / (1 + exp(-x)), sigmoid(x), OVERFLOW),
    REAL("sigmoid-minus", 1 / (1 + exp(x)), sigmoid(-x), OVERFLOW),
    REAL("sigmoid-ratio", exp(x) / (1 + exp(x)), sigmoid(x), OVERFLOW),
    REAL("sigmoid-scaled", v / (1 + exp(-x)), v * sigmoid(x), OVERFLOW),
    REAL("sigmoid-minus-scaled", v / (1 + exp(x)), v * sigmoid(-x), OVERFLOW),
    REAL("log-one-minus-sigmoid", log(1 - sigmoid(x)), -logaddexp(0, x), "1 - sigmoid(x) is 0 beyond 37"),
    REAL("log-sigmoid", log(sigmoid(x)), -logaddexp(0, -x), "the sigmoid underflows below -745"),
    _magnitude,
    _logsumexp,
    _softmax,
    _log_softmax,
)
