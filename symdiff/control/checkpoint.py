"""`checkpoint`: a computation of which nothing is kept for the way back but what it is given.

Its value and its cotangents are two blocks, each of which computes whatever it needs from the operands, and gives it up
at its end. That the second one computes again what the first one has computed is what is asked for: memory for time
(Chen, Xu, Zhang and Guestrin, "Training Deep Nets with Sublinear Memory Cost", 2016). The blocks of a derivative are
blocks themselves, so that this holds to any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symdiff.autodiff.batch import batch
from symdiff.autodiff.forward import push_forward
from symdiff.autodiff.reverse import pull_back
from symdiff.errors import DTypeError
from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, Fresh
from symdiff.graph.dims import Dim, Shape
from symdiff.graph.hints import hint
from symdiff.graph.loop import Loop, called_with, parts_of
from symdiff.graph.node import Node, Tangents, variable
from symdiff.graph.op import Op
from symdiff.graph.walk import between, toposort
from symdiff.ops.costs import flops
from symdiff.ops.families import primitive
from symdiff.ops.reductions import spread


def block_of(body: Body, operands: Sequence[Node]) -> tuple[Node, ...]:
    """What a body computes of `operands`, in a block of its own."""
    return Node(checkpoint, tuple(operands), (("body", body),)).parts


def _infer(*types: Aval, body: Body) -> tuple[Aval, ...]:
    for v, t in zip(body.inputs, types, strict=True):
        if (v.dtype, v.shape) != (t.dtype, t.shape):
            raise DTypeError(f"a block takes {v.name} as {v.aval!r}, and is given {t!r}")
    return tuple(Aval(y.dtype, y.shape) for y in body.outputs)


@lru_cache(maxsize=8)  # the rule is asked for the cotangent of one input after the other
def _pulled(node: Node, g: Tangents) -> Tangents:
    """The cotangents of all inputs, given those of the parts."""
    body: Body = node.kwargs["body"]
    fresh = Fresh(x.name or "" for x in body.inputs)
    seeds: dict[Node, Node] = {}
    given: dict[Node, Node] = {}
    for y, d in zip(body.outputs, g, strict=True):
        if d is not None and y.aval.inexact:
            seed = fresh.input(f"d_{hint(y, body.names)}", y.aval)
            given[seed] = d
            seeds[y] = seeds[y] + seed if y in seeds else seed
    targets = [x for x in body.inputs if x.aval.inexact]
    found = pull_back(seeds, targets)
    grads = {x: d for x, d in zip(targets, found.grads, strict=True) if x in found.grad_table}
    back = Body((*body.inputs, *given), tuple(grads.values()), body.names)
    parts = dict(zip(grads, block_of(back, (*node.inputs, *given.values())), strict=True)) if grads else {}
    return tuple(parts.get(x) for x in body.inputs)


def _vjp(i: int, g: Any, node: Node, *inputs: Node, **params: Any) -> Node | None:
    return _pulled(node, g)[i]


def _jvp(tangents: Tangents, node: Node) -> Tangents:
    """The block of the tangents. It computes the values again, too, though in forward mode nothing is kept."""
    body: Body = node.kwargs["body"]
    fresh = Fresh(x.name or "" for x in body.inputs)
    moving = {x: t for x, t in zip(body.inputs, tangents, strict=True) if t is not None}
    dots = {x: fresh.input(f"{x.name}_dot", x.aval) for x in moving}
    pushed = push_forward(body.outputs, list(moving), list(dots.values())).tangents
    ahead = Body((*body.inputs, *dots.values()), tuple(t for t in pushed if t is not None), body.names)
    parts = iter(block_of(ahead, (*node.inputs, *moving.values())) if ahead.outputs else ())
    return tuple(None if t is None else next(parts) for t in pushed)


def _batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> tuple[Node, ...]:
    """A block of stacks."""
    body: Body = node.kwargs["body"]
    pairs = zip(body.inputs, node.inputs, inputs, strict=True)
    stacks = {
        x: variable(x.name or "", Aval(x.dtype, (*lead, *x.shape)), x.kwargs["scope"])
        for x, old, new in pairs
        if new.ndim > old.ndim
    }
    reached = set(between(set(stacks), *body.outputs))
    outputs = batch(body.outputs, stacks, lead)
    ends = [y if old in reached else old for y, old in zip(outputs, body.outputs, strict=True)]
    parts = block_of(Body(tuple(stacks.get(x, x) for x in body.inputs), tuple(ends), body.names), inputs)
    return tuple(
        part if y in reached else spread(part, (*lead, *part.shape))
        for part, y in zip(parts, body.outputs, strict=True)
    )


def _flops(node: Node) -> Dim:
    none: Dim = 0
    return sum((flops(x) for x in toposort(node.kwargs["body"].outputs)), start=none)


def _samples(rng: np.random.Generator) -> Any:
    x, a = variable("x", Aval("float64", (3,)), -1), variable("a", Aval("float64"), -1)
    yield (rng.normal(size=3), rng.normal()), {"body": Body((x, a), (a * x * x, a * a))}


def _latex(node: Node) -> str:
    inputs = ", ".join(f"#{k + 1}" for k in range(len(Loop.of(node).fixed)))
    return rf"\operatorname{{again}}({inputs})"


checkpoint: Op = primitive("checkpoint", None, infer=_infer, vjp=_vjp, jvp=_jvp, batch=_batch, block="once",
        parts=parts_of, flops=_flops, samples=_samples, spell={"text": called_with}, latex=_latex,
        doc="A computation of which nothing is kept for the way back but what it is given.")  # fmt: skip
