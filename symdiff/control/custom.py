"""`custom`: a computation whose derivative is not that of its steps, but one that is given.

The rules are bodies: ``vjp`` of the operands, the value and a cotangent, ``jvp`` of the operands, the value and a
tangent for each. Either is the transpose of the other, so that one is enough (Radul et al., "You Only Linearize Once",
2023). They are ordinary graphs, and so are differentiated themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symdiff.autodiff.batch import batch
from symdiff.autodiff.reverse import transposed
from symdiff.errors import DTypeError
from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, Fresh
from symdiff.graph.node import Node, Tangents, constant, variable
from symdiff.graph.op import Op, Undefined
from symdiff.graph.walk import substitute
from symdiff.ops.batching import stacks
from symdiff.ops.families import primitive
from symdiff.ops.reductions import spread

AROUND = Undefined("the derivative that is given is that of the arguments, and this is a variable around the function")


def stopped(x: Node) -> Node:
    """The value itself, taken for a constant: what has no rule has the derivative zero."""
    own = Fresh().input("x", x.aval)
    return customised(1, {"body": Body((own,), (own,))}, [x])


def customised(count: int, bodies: dict[str, Body | None], operands: Sequence[Node]) -> Node:
    """The value of ``bodies["body"]``, differentiated by ``bodies["vjp"]`` or ``bodies["jvp"]``.

    Args:
        count: how many arguments there are, which are the first operands.
        bodies: each with the arguments first, then (of rules) the value and the cotangent, or a tangent for each
            argument, and last what it reads around, in the order of the other operands.
        operands: the arguments, and what the bodies read around.
    """
    params = tuple(sorted({"count": count, **{k: v for k, v in bodies.items() if v is not None}}.items()))
    return Node(custom, tuple(operands), params)


def _infer(*types: Aval, body: Body, count: int, **rules: Body) -> Aval:
    for v, t in zip(body.inputs, types, strict=False):
        if v.dtype != t.dtype:
            raise DTypeError(f"a function with a rule of its own takes {v.name} as {v.aval!r}, and is given {t!r}")
    [y] = body.outputs
    lead = types[0].shape[: len(types[0].shape) - body.inputs[0].ndim]
    return Aval(y.dtype, (*lead, *y.shape))


def _inside(node: Node, which: str, more: Sequence[Node]) -> dict[Node, Node]:
    """What each input of a body is; `more` stands behind the arguments."""
    count, body = node.kwargs["count"], node.kwargs[which]
    first = count
    for name, extra in (("body", 0), ("jvp", count + 1), ("vjp", 2)):
        if name == which:
            break
        if name in node.kwargs:
            first += len(node.kwargs[name].inputs) - count - extra
    around = len(body.inputs) - count - len(more)
    given = (*node.inputs[:count], *more, *node.inputs[first : first + around])
    return dict(zip(body.inputs, given, strict=True))


def _at(node: Node, nodes: Sequence[Node], given: dict[Node, Node]) -> Sequence[Node]:
    """Nodes of a body in terms of the operands; stacks, if these are."""
    lead = node.inputs[0].shape[: node.inputs[0].ndim - node.kwargs["body"].inputs[0].ndim]
    return batch(nodes, given, lead) if lead else substitute(nodes, given)


@lru_cache(maxsize=8)  # the rule is asked for the cotangent of one input after the other
def _pulled(node: Node, g: Node) -> Sequence[Node] | Undefined:
    """The cotangents of the arguments."""
    count = node.kwargs["count"]
    if (rule := node.kwargs.get("vjp")) is not None:
        return _at(node, rule.outputs, _inside(node, "vjp", (node, g)))
    rule = node.kwargs["jvp"]
    y, dots = rule.outputs[0], rule.inputs[count + 1 : 2 * count + 1]
    seed = variable("g", y.aval, -2)
    found = transposed({y: seed}, dots)
    if isinstance(found, Undefined):
        return found
    given = _inside(node, "jvp", (node, *node.inputs[:count]))  # anything may stand for the tangents: they are not read
    return _at(node, found, {**given, seed: g})


def _has_rule(node: Node) -> bool:
    return not node.kwargs.keys().isdisjoint(("vjp", "jvp"))


def _vjp(i: int, g: Any, node: Node, *inputs: Node, **params: Any) -> Node | Undefined | None:
    if not _has_rule(node):
        return None
    if i >= params["count"]:
        return AROUND
    found = _pulled(node, g)
    return found if isinstance(found, Undefined) else found[i]


def _jvp(tangents: Tangents, node: Node) -> Node | Undefined | None:
    count = node.kwargs["count"]
    if not _has_rule(node):
        return None
    if any(t is not None for t in tangents[count:]):
        return AROUND
    full = [
        t if t is not None else spread(constant(x.dtype.type(0)), x.shape)
        for t, x in zip(tangents[:count], node.inputs, strict=False)
    ]
    if (rule := node.kwargs.get("jvp")) is not None:
        [found] = _at(node, rule.outputs, _inside(node, "jvp", (node, *full)))
        return found
    rule = node.kwargs["vjp"]
    seeds: dict[Node, Node] = {}
    given = _inside(node, "vjp", (node, node))  # anything may stand for the cotangent: it is not read
    for k, (y, t) in enumerate(zip(rule.outputs, full, strict=True)):
        seed = variable(f"tangent {k}", y.aval, -2)
        given[seed] = t
        seeds[y] = seeds[y] + seed if y in seeds else seed
    back = transposed(seeds, [rule.inputs[count + 1]])
    if isinstance(back, Undefined):
        return back
    [found] = _at(node, back, given)
    return found


def _lower(*inputs: Node, **params: Any) -> Node:
    node = Node(custom, inputs, tuple(sorted(params.items())))
    [y] = _at(node, node.kwargs["body"].outputs, _inside(node, "body", ()))
    return y


def _samples(rng: np.random.Generator) -> Any:
    x, y, g = (variable(name, Aval("float64", (3,)), -1) for name in "xyg")
    body, rule = Body((x,), (x * x * x,)), Body((x, y, g), (3 * x * x * g,))
    yield (rng.normal(size=3),), {"body": body, "count": 1, "vjp": rule}
    yield (rng.normal(size=3),), {"body": body, "count": 1, "jvp": Body((x, y, g), (3 * x * x * g,))}


custom: Op = primitive(
    "custom", None, infer=_infer, vjp=_vjp, jvp=_jvp, batch=stacks, samples=_samples, lower=_lower,
    given=_has_rule, doc="A computation whose derivative is given.",
)  # fmt: skip
