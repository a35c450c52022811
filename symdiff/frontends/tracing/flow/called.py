"""What the elements of a step are called: as the variables that the loop binds to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import FrameType

from symdiff.frontends.tracing.flow.values import Apart
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.node import Node, new_scope, variable
from symdiff.graph.walk import substitute, toposort


def as_targets(
    inputs: Sequence[Node], outputs: Sequence[Node], names: Mapping[Node, str], pairs: Iterable[tuple[Node, Node]]
) -> tuple[list[Node], list[Node], dict[Node, str]]:
    """A step whose elements, and counters, have the names of the loop's variables, ``t`` of ``for t in range(n)``.

    `pairs` are what a variable holds at the beginning of a step, and at its end. Of one that the loop binds these are
    nothing that is read, and an input of the step.
    """
    read, own, scope = set(toposort(outputs)), set(inputs), new_scope()
    new: dict[Node, Node] = {}
    for before, end in pairs:
        if end in own and end not in new and end is not before and before not in read:
            new[end] = variable(before.name or "x", end.aval, scope)
            new[before] = variable(f"{before.name}_before", before.aval, scope)
    moved = substitute([*outputs, *names], new)
    called = dict(zip(moved[len(outputs) :], names.values(), strict=True))
    return [new.get(x, x) for x in inputs], moved[: len(outputs)], called


def names_in(
    frame: FrameType, names: Sequence[str], pairs: Iterable[tuple[Apart, Sequence[Node]]], outputs: Sequence[Node]
) -> dict[Node, str]:
    """The user's names: of what the function knows around the loop, and of what a step assigns anew.

    `pairs` are what the variables of `names` are at the end of a step, and stood for at its beginning.
    """
    known = ((n, x) for n, x in frame.f_locals.items() if n not in names and not n.startswith("__"))
    around = {value.node: name for name, value in known if type(value) is Symbol}
    read = set(toposort(outputs))
    new = [(end, name) for name, (end, each) in zip(names, pairs, strict=True) if not read & {*each}]
    inside = {end.nodes[0]: name.partition("__")[0] for end, name in new if len(end.nodes) == 1}
    return around | {node: name for node, name in inside.items() if node.inputs and name}
