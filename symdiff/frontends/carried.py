"""What loops carry, and Python's numbers in their steps, which take the dtype of what they meet, held by a name or not.

A loop carries values of a dtype. So a step is traced with weak stand-ins, and where one of these has met float32, it is
converted to it: bit for bit what NumPy does (NEP 50).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.errors import DTypeError
from symdiff.graph.aval import Aval
from symdiff.graph.body import Body
from symdiff.graph.node import INPUT, Node, constant, variable
from symdiff.graph.walk import toposort
from symdiff.ops.api.convert import asarray
from symdiff.ops.inference import common_dtype
from symdiff.ops.reductions import spread
from symdiff.ops.safe_places import closed_body
from symdiff.ops.shapes import PYTHONS, astype

WIDE = frozenset({"float64", "int64", "complex128", "bool"})  # what Python's numbers change nothing of


def has_narrow(roots: Iterable[Node]) -> bool:
    """Whether some value has a dtype that matters to Python's numbers."""
    return any(node.dtype.name not in WIDE for node in toposort(roots) if not node.aval.parts)


def strong(
    inputs: Sequence[Node], outputs: Sequence[Node], names: Mapping[Node, str]
) -> tuple[list[Node], list[Node], dict[Node, str]]:
    """A step whose inputs are no longer weak, and that computes the same, with the names of its nodes."""
    new = {x: variable(x.name or "", Aval(x.dtype, x.shape), x.kwargs.get("scope", 0)) for x in inputs if x.aval.weak}
    new = as_they_were(outputs, new)
    called = {new.get(n, n): name for n, name in names.items()}
    return [new.get(x, x) for x in inputs], [new[y] for y in outputs], called


def pythons(node: Node) -> Node:
    """A number that is one of Python's where the program runs, as a branch of Python's gives it: it takes the dtype of
    what it meets, until the program is traced."""
    return astype(node, dtype=PYTHONS[node.aval.kind]) if not node.shape and node.aval.kind in PYTHONS else node


def as_they_were(roots: Sequence[Node], new: Mapping[Node, Node] | None = None) -> dict[Node, Node]:
    """For each node that `roots` need one that computes the same where nothing but constants is weak.

    `new` says what stands for those that were weak.
    """
    found = dict(new or {})
    for node in toposort(roots):
        if node not in found:
            found[node] = node if node.op is INPUT or not node.inputs else _as_it_was(node, found)
    return found


def closed(inputs: Sequence[Node], outputs: Sequence[Node]) -> tuple[Body, list[Node]]:
    """`closed_body` of what was traced, in which Python's numbers have met others."""
    new = as_they_were(outputs)
    return closed_body(inputs, [new[y] for y in outputs])


def _as_it_was(node: Node, new: Mapping[Node, Node]) -> Node:
    """The node on other inputs, those that were weak converted to the dtype that it had."""
    inputs = tuple(new[x] for x in node.inputs)
    if node.op is astype and inputs[0].dtype == node.dtype and not inputs[0].aval.weak:
        return inputs[0]
    if node.op is astype and node.aval.weak:
        return astype(inputs[0], dtype=node.dtype.name)
    if inputs == node.inputs:
        return node
    made, dtype = Node(node.op, inputs, node.params), node.aval.dtype if not node.aval.parts else None
    if made.aval.kind == "b" and node.op.family == "elementwise":  # compared as what they have in common
        dtype, now = (common_dtype(x.aval for x in each) for each in (node.inputs, inputs))
        if dtype == now:
            return made
    elif dtype is None or made.dtype == dtype:
        return made
    fitting = tuple(
        astype(y, dtype=dtype.name) if x.aval.weak and x.literal is None else y
        for x, y in zip(node.inputs, inputs, strict=True)
    )
    made = Node(node.op, fitting, node.params)
    return made if made.dtype == node.dtype else astype(made, dtype=node.dtype.name)


def carried_as(x: Node, t: Aval) -> Node:
    """A value as a loop carries it that carries `t`."""
    if x.literal is not None and not x.shape:
        x = constant(t.dtype.type(x.literal.value.item()))
    if x.dtype != t.dtype or x.aval.weak:
        x = astype(x, dtype=t.dtype.name)
    return spread(x, t.shape)


def as_before(x: Node, t: Aval) -> Node:
    """What a loop that carries `t` gives in the end: a number of Python's if it was one before and behind each step."""
    return pythons(x) if t.weak else x


def plain_type(t: Aval) -> Aval:
    """A type that is carried: no number of Python's."""
    return Aval(t.dtype, t.shape)


def meet(start: Aval, end: Aval) -> Aval:
    """The type of a carried value that begins as `start` and is `end` after a step: Python's numbers give way."""
    if (
        start.weak
        and not end.weak
        and np.can_cast(start.dtype.kind + "1" if start.dtype.kind == "i" else "f2", end.dtype)
    ):
        return Aval(end.dtype, start.shape)
    if end.weak:
        kind = (
            np.result_type(start.dtype, np.float16 if end.kind == "f" else start.dtype)
            if end.kind != start.kind
            else start.dtype
        )
        return Aval(
            kind if start.weak or end.kind == start.kind else np.result_type(start.dtype, end.dtype),
            start.shape,
            start.weak,
        )
    return Aval(np.result_type(start.dtype, end.dtype), start.shape)


def fitted(value: Any, aval: Aval) -> Node:
    """`value` as it is stored in an array of `aval`'s dtype.

    Raises:
        DTypeError: if the array cannot hold it: floats in an array of integers, complex numbers in a real one.
    """
    node = asarray(value)
    order = "biufc"
    if order.index(node.aval.kind.replace("u", "i")) > order.index(aval.kind.replace("u", "i")):
        raise DTypeError(
            f"a value of type {node.aval!r} does not fit into an array of dtype {aval.dtype}",
            help="make the array with the right dtype: np.zeros(n) rather than np.zeros(n, int)",
            code="SD256",
        )
    return node if node.dtype == aval.dtype else astype(node, dtype=aval.dtype.name)
