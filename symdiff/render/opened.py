"""Loops opened: a step as a graph of its own, with its derivative beside it as beside any other program."""

from __future__ import annotations

from collections.abc import Collection

from symdiff.autodiff.reverse import pull_back
from symdiff.graph.dims import is_counted
from symdiff.graph.graph import Graph, Notes, Origin
from symdiff.graph.hints import hint
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, variable
from symdiff.graph.walk import toposort
from symdiff.render.text import as_graph

NAMED = 3  # carried values in what a loop is called


def loop_title(node: Node) -> str:
    """What a loop is called: ``The loop of h, s``."""
    names = [h.name or "" for h in Loop.of(node).states]
    if not names:
        return "The loop"
    shown = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    return f"The loop of {shown}"


def how_often(node: Node) -> str:
    """How many steps a loop takes, in a few words."""
    loop = Loop.of(node)
    if loop.asks:
        return "as long as it goes on"
    if is_counted(loop.length):
        return "as many steps as the loop before"
    steps = "1 step" if loop.length == 1 else f"{loop.length} steps"
    return f"{steps}, the last one first" if loop.reverse else steps


def steps_in(graph: Graph) -> list[tuple[Node, Graph]]:
    """The loops of a graph, and those in their steps, each with a step of it as a graph.

    A loop that is differentiated has the derivative of a step beside the step.
    """
    found = [(node, _opened(node, graph)) for node in graph.order if node.op.block]
    for _, step in found:  # which grows on the way
        inner = toposort(step.forward)
        found += [(node, _opened(node, step)) for node in inner if node.op.block]
    return found


def _opened(node: Node, around: Graph) -> Graph:
    loop = Loop.of(node)
    step = as_graph(loop.body)
    is_differentiated = around.notes.wrt and around.forward and node in set(toposort(around.forward))
    return _mirrored(node, loop, step, set(around.notes.cotangents.values())) if is_differentiated else step


def _mirrored(node: Node, loop: Loop, step: Graph, differentiated: Collection[Node]) -> Graph:
    """A step with its derivative: what arrives from the step after is called ``d_h_next``.

    Something arrives for what is carried, and for those of the values left behind whose stack is differentiated.
    """
    arriving = [(y, f"d_{h.name}_next") for h, y in zip(loop.states, loop.following, strict=True)]
    left = zip(loop.left, node.parts[len(loop.carry) :], strict=True)
    arriving += [(y, f"d_{hint(y, loop.body.names)}_t") for y, stack in left if stack in differentiated]
    seeds: dict[Node, Node] = {}
    origins: dict[Node, Origin] = {}
    for y, name in arriving:
        if y.aval.inexact:
            symbol = variable(name, y.aval)
            seeds[y] = seeds[y] + symbol if y in seeds else symbol
            origins |= {symbol: Origin(y, "loop"), seeds[y]: Origin(y, "loop")}
    arrived = [x for x in origins if not x.inputs]
    targets = [x for x in step.inputs if x.aval.inexact]
    found = pull_back(seeds, targets)
    known = [(x, grad) for x, grad in zip(targets, found.grads, strict=True) if x in found.grad_table]
    outputs = (*step.outputs, *(grad for _, grad in known))
    notes = Notes(origins={**origins, **found.origins}, cotangents=found.cotangents, wrt=tuple(x for x, _ in known))
    return Graph(
        (*step.inputs, *arrived), outputs, step.name, step.names, step.outputs, tuple(range(len(outputs))), notes
    )
