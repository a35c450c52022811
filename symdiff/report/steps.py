"""The values of the steps of loops: those that a loop leaves behind if it leaves behind all that a step computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symdiff.graph.dims import is_counted
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, maker
from symdiff.graph.walk import toposort
from symdiff.ops.shapes import expand_dims
from symdiff.render.infix import is_leaf

Path = tuple[Node, ...]  # a loop, behind those that it is in, the outermost first
Stacks = Mapping[Path, Mapping[Node, Any]]  # for each loop, of each value of a step, those of all steps


@dataclass(frozen=True)
class Opened:
    """A graph whose loops leave everything behind.

    Attributes:
        roots: what was asked for.
        stacks: for each loop and each value of a step, the node that gives those of all steps. Loops in loops have
            stacks of stacks. Values that are as long as another loop takes steps are left out.
    """

    roots: list[Node]
    stacks: dict[Path, dict[Node, Node]]


def opened(roots: Iterable[Node]) -> Opened:
    """`roots`, computed by loops that leave everything behind; loops nest as deeply as the user's do."""
    roots = list(roots)
    new: dict[Node, Node] = {}
    stacks: dict[Path, dict[Node, Node]] = {}
    for node in toposort(roots):
        inputs = tuple(new[x] for x in node.inputs)
        new[node] = node if inputs == node.inputs else Node(node.op, inputs, node.params)
        if node.op.block:
            wide, inner = _leaving_all(Loop.of(new[node]))
            new[node] = wide
            stacks |= {(node, *path): found for path, found in inner.items()}
    return Opened([new[root] for root in roots], stacks)


def _leaving_all(loop: Loop) -> tuple[Node, dict[Path, dict[Node, Node]]]:
    """The loop that leaves all values of a step behind, and those of the loops in it; with the stacks of these."""
    outputs = loop.body.outputs
    shown = [*loop.states, *loop.elements, *(n for n in toposort(outputs) if not is_leaf(n))]
    shown = [n for n in shown if not n.aval.parts]
    found = opened([*outputs, *shown])
    moved = found.roots[: len(outputs)]
    inside = {(): dict(zip(shown, found.roots[len(outputs) :], strict=True)), **found.stacks}
    places = [
        (path, n, y) for path, each in inside.items() for n, y in each.items() if not any(map(is_counted, y.shape))
    ]
    wide = (
        replace(loop, body=replace(loop.body, outputs=tuple(moved)))
        .leaving([expand_dims(y, axis=(0,)) if loop.is_block else y for _, _, y in places])
        .node
    )
    stacks: dict[Path, dict[Node, Node]] = {path: {} for path in inside}
    for (path, n, _), part in zip(places, wide.parts[len(loop.carry) + len(loop.left) :], strict=True):
        stacks[path][n] = part
    return wide, stacks


# ------------------------------------------------------------------------------------------------ the first bad value


@dataclass(frozen=True)
class Found:
    """A value, and where it is: the loops around it, the outermost first, each with the number of the step, from 0."""

    node: Node
    path: Path = ()
    steps: tuple[int, ...] = ()
    value_of: Callable[[Node], Any] = lambda node: 0


def is_finite(value: Any) -> bool:
    """Whether no element is nan or infinite."""
    array = np.asarray(value)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def first_bad(order: Sequence[Node], values: Mapping[Node, Any], stacks: Stacks) -> Found | None:
    """The first value of a run that is not finite though its operands are; of a loop, in the first step that has one.

    Args:
        order: the nodes, operands before users; loops among them.
        values: those of the graph.
        stacks: those of the steps.
    """
    return _search(order, lambda node: values.get(node, 0), (), (), stacks)


def _search(
    order: Iterable[Node], value_of: Callable[[Node], Any], path: Path, steps: tuple[int, ...], stacks: Stacks
) -> Found | None:
    for node in order:
        if node.op.block:
            found = _in_steps(node, value_of, (*path, node), steps, stacks)
            if found is not None:
                return found
        elif _is_made_bad(node, value_of):
            return Found(node, path, steps, value_of)
    return None


def _is_made_bad(node: Node, value_of: Callable[[Node], Any]) -> bool:
    if node.aval.parts or is_finite(value_of(node)):
        return False
    return all(is_finite(_value(x, value_of)) for x in maker(node).inputs)


def _value(node: Node, value_of: Callable[[Node], Any]) -> Any:
    return node.literal.value if node.literal is not None else value_of(node)


def _in_steps(
    node: Node, around: Callable[[Node], Any], path: Path, steps: tuple[int, ...], stacks: Stacks
) -> Found | None:
    loop = Loop.of(node)
    fixed = dict(zip(loop.constants, loop.fixed, strict=True))
    for t in _bad_steps(loop, path, steps, stacks):
        here = {n: stack[(*steps, t)] for n, stack in stacks[path].items()}

        def value_of(n: Node, here: Mapping[Node, Any] = here) -> Any:
            return _value(fixed[n], around) if n in fixed else here.get(n, 0)

        inside = [n for n in toposort(loop.body.outputs) if n.inputs]
        if (found := _search(inside, value_of, path, (*steps, t), stacks)) is not None:
            return found
    return None


def _bad_steps(loop: Loop, path: Path, steps: tuple[int, ...], stacks: Stacks) -> Iterator[int]:
    """The steps in which something is not finite, in the order in which they are taken."""
    n = len(path)
    within = [stack[steps] for p, each in stacks.items() if p[:n] == path for stack in each.values()]
    floats = [stack for stack in within if stack.dtype.kind in "fc"]
    if not floats or not len(floats[0]):
        return
    bad = np.zeros(len(floats[0]), dtype=bool)
    for stack in floats:
        bad |= ~np.isfinite(stack).reshape(len(bad), -1).all(axis=1)
    numbers = np.flatnonzero(bad).tolist()
    yield from reversed(numbers) if loop.reverse else numbers
