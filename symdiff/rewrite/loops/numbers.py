"""Short vectors that a step takes apart into numbers, and puts together again, are carried as these numbers.

A pair is an array of two for those who write ``x, y = z`` and ``np.array([dx, dy])``; to compute with it takes ten
times as long as with two numbers. What is done to all elements is done to each, which gives the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, Fresh
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.ops.index import Slice
from symdiff.ops.shapes import getitem, reshape, stack
from symdiff.rewrite.one_by_one import Elements, array_of, known_or_moved

FEW = 4  # numbers that are carried instead of a vector


def vector_of_numbers(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """A short vector that each step takes apart, or puts together, is carried as its elements."""
    if not any(map(_is_short, loop.states)) or loop.recomputes or not all(map(_is_few, loop.body.inputs)):
        return None
    order = toposort(loop.body.outputs)
    if not any(_is_taken_apart(node) for node in order):
        return None
    fresh = Fresh(x.name or "" for x in loop.body.inputs)
    of = {x: _inputs(x, fresh) for x in loop.body.inputs}
    names = dict(loop.body.names)
    for node in order:
        elements = _elements(node, of)
        if elements is None:
            return None
        of[node] = elements
        if node in loop.body.names and node.shape:
            own = {x: f"{loop.body.names[node]}_{k}" for k, x in enumerate(elements.flat) if x.inputs}
            names = own | names
    return _carried_apart(loop, used, of, names)


def _carried_apart(
    loop: Loop, used: set[int], of: Mapping[Node, Elements], names: Mapping[Node, str]
) -> dict[int, Node]:
    """The parts of the loop over the elements, put together."""

    def apart(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        return tuple(x for node in nodes for x in of[node].flat)

    def cells(nodes: tuple[Node, ...], inputs: tuple[Node, ...], lead: int) -> tuple[Node, ...]:
        return tuple(
            getitem(node, index=(*[Slice()] * lead, *at)) if at else node
            for node, x in zip(nodes, inputs, strict=True)
            for at in np.ndindex(of[x].shape)
        )

    body = Body(apart(loop.body.inputs), apart(loop.body.outputs), names)
    parts = iter(
        replace(
            loop,
            body=body,
            carry=cells(loop.carry, loop.states, 0),
            sliced=cells(loop.sliced, loop.elements, 1),
            fixed=cells(loop.fixed, loop.constants, 0),
        ).node.parts
    )
    found: dict[int, Node] = {}
    outputs = loop.body.outputs[: len(loop.body.outputs) - loop.asks]
    for k, y in enumerate(outputs):
        own = [next(parts) for _ in range(of[y].size)]
        if k in used:
            found[k] = reshape(stack(*own, axis=own[0].ndim), shape=(*own[0].shape, *y.shape)) if y.shape else own[0]
    return found


def _is_few(x: Node) -> bool:
    """Whether it is a number or a short vector."""
    return not x.shape or _is_short(x)


def _is_short(x: Node) -> bool:
    return x.ndim == 1 and isinstance(x.shape[0], int) and 1 <= x.shape[0] <= FEW


def _is_taken_apart(node: Node) -> bool:
    """Whether numbers are taken out of a vector, or make one."""
    if node.op is getitem:
        return not node.shape
    return node.op is stack and not node.inputs[0].shape


def _inputs(x: Node, fresh: Fresh) -> Elements:
    if not x.shape:
        return array_of([x], ())
    [n] = x.shape
    assert isinstance(n, int)
    return array_of([fresh.input(f"{x.name}_{k}", Aval(x.dtype, ())) for k in range(n)], x.shape)


def _elements(node: Node, of: Mapping[Node, Elements]) -> Elements | None:
    """The elements of a node; None if it is not made of numbers one by one."""
    if node in of:
        return of[node]
    if node.aval.parts or not all(isinstance(n, int) and 1 <= n <= FEW for n in node.shape) or node.ndim > 2:
        return None
    return known_or_moved(node, of)
