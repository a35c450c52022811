"""`implicit`: a value that was found somehow, of which an equation is known; its derivatives are those of the equation.

Where ``residual(x, a) = 0``, the implicit function theorem gives ``dx = -J⁻¹ (∂residual/∂a) da`` with ``J`` the
Jacobian with respect to x, at the solution (Krantz and Parks, "The Implicit Function Theorem", 2002; for programs:
Blondel et al., "Efficient and Modular Implicit Differentiation", 2022). How x was found has no part in it, and no
history is kept. The formulas read x as this very node, so that derivatives of derivatives are right, too, to any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symdiff.autodiff.batch import batch
from symdiff.autodiff.compose import jacobians
from symdiff.autodiff.forward import push_forward
from symdiff.autodiff.pattern import Pattern
from symdiff.autodiff.reverse import pull_back
from symdiff.autodiff.sparsity import patterns
from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, Fresh
from symdiff.graph.dims import size
from symdiff.graph.node import Node, Tangents, variable
from symdiff.graph.op import Op
from symdiff.graph.walk import substitute
from symdiff.ops.batching import stacks
from symdiff.ops.families import primitive
from symdiff.ops.linalg import solve
from symdiff.ops.links import Known, Links
from symdiff.ops.shapes import permute, reshape


def jacobian_of(body: Body) -> Node:
    """The Jacobian of what a body computes with respect to its first input, as a matrix; of a number, a number."""
    x, [y] = body.inputs[0], body.outputs
    [[block]] = jacobians([y], [x]).blocks
    return reshape(block, shape=(size(x.shape), size(x.shape))) if x.shape else block


def solved(matrix: Node, right: Node) -> Node:
    """What `matrix` takes to `right`, in the shape of that."""
    if not right.shape:
        return right / matrix
    flat = reshape(right, shape=(size(right.shape),)) if right.ndim != 1 else right
    found = solve(matrix, flat)
    return reshape(found, shape=right.shape) if right.ndim != 1 else found


@lru_cache(maxsize=8)  # the rule is asked for the cotangent of one input after the other
def _pulled(node: Node, g: Node) -> Tangents:
    """The cotangents of all inputs."""
    body = node.kwargs["body"]
    x, [y] = body.inputs[0], body.outputs
    seed = Fresh(v.name or "" for v in body.inputs).input("g", y.aval)
    matrix = jacobian_of(body)
    w = -solved(permute(matrix, axes=(1, 0)) if x.shape else matrix, seed)
    targets = [a for a in body.inputs[1:] if a.aval.inexact]
    found = pull_back({y: w}, targets) if targets else None
    grads = {
        a: d for a, d in zip(targets, found.grads if found else (), strict=True) if found and a in found.grad_table
    }
    values = iter(_at(node, list(grads.values()), {seed: g}))
    return tuple(next(values) if a in grads else None for a in body.inputs)


def _at(node: Node, nodes: Sequence[Node], more: dict[Node, Node]) -> Sequence[Node]:
    """Nodes in terms of the inputs of the body, at the solution that `node` is; a stack of them, if it is one."""
    body = node.kwargs["body"]
    given = dict(zip(body.inputs, (node, *node.inputs[1:]), strict=True)) | more
    lead = node.shape[: node.ndim - body.inputs[0].ndim]
    if not nodes:
        return ()
    return batch(nodes, given, lead) if lead else substitute(nodes, given)


def _vjp(i: int, g: Any, node: Node, *inputs: Node, **params: Any) -> Node | None:
    return _pulled(node, g)[i] if i else None


def _jvp(tangents: Tangents, node: Node) -> Node | None:
    body = node.kwargs["body"]
    fresh = Fresh(v.name or "" for v in body.inputs)
    moving = {a: t for a, t in zip(body.inputs[1:], tangents[1:], strict=True) if t is not None}
    dots = {a: fresh.input(f"{a.name}_dot", a.aval) for a in moving}
    [right] = push_forward(body.outputs, list(moving), list(dots.values())).tangents if moving else [None]
    if right is None:
        return None
    [found] = _at(node, [-solved(jacobian_of(body), right)], {dots[a]: t for a, t in moving.items()})
    return found


def _samples(rng: np.random.Generator) -> Any:
    x, a = variable("x", Aval("float64", (3,)), -1), variable("a", Aval("float64", (3,)), -1)
    yield (rng.normal(size=3), rng.normal(size=3)), {"body": Body((x, a), (x * x * x + x - a,))}


def _infer(x: Aval, *others: Aval, body: Body) -> Aval:
    return Aval(x.dtype, x.shape)


def _links(i: int, node: Node, known: Known) -> Links | None:
    """An unknown depends on what the equations read that it has to do with, in any number of steps."""
    body = node.kwargs["body"]
    if node.shape != body.inputs[0].shape:
        return None
    x, operand = body.inputs[0], body.inputs[i]
    [[unknowns, read]] = patterns(body.outputs, [x, operand])
    group = _groups(unknowns)
    results = np.argsort(group, kind="stable")
    of_group = Pattern.of((unknowns.shape[0],) * 2, group[results], results)  # by group, the unknowns in it
    reads = of_group.take(group[read.rows])
    return Links(reads.indices, np.repeat(read.indices, reads.counts))


def _groups(equations: Pattern) -> np.ndarray:
    """For each equation a number that it shares with those that it has to do with, and with their unknowns.

    The number of the first unknown is handed on until nothing changes, in every pass also to where it comes from.
    """
    n = equations.shape[0]
    group, rows, columns = np.arange(n), equations.rows, equations.indices
    while True:
        new = group.copy()
        np.minimum.at(new, rows, group[columns])
        np.minimum.at(new, columns, group[rows])
        new = new[new]
        if np.array_equal(new, group):
            return group
        group = new


implicit: Op = primitive(
    "implicit", None, infer=_infer, vjp=_vjp, jvp=_jvp, batch=stacks, samples=_samples, still=(0,), links=_links,
    lower=lambda x, *others, body: x, doc="A value of which an equation is known, by which it is differentiated.",
)  # fmt: skip
