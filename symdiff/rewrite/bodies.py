"""Passes go into bodies: what rewrites a graph rewrites the steps of its loops, by this one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from symdiff.graph.body import Body, bodies, with_bodies
from symdiff.graph.graph import Graph, Notes
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.rewrite.engine import carry_over


def through_bodies(run: Callable[[Graph], Graph], graph: Graph) -> Graph:
    """`graph` with every body rewritten by `run`, bodies within bodies first; what `run` notes is noted of the graph.

    Bodies nest as deeply as the user's loops do.
    """
    if not graph.has_blocks:
        return graph
    order = graph.order
    steps, written = list(graph.notes.journal), set(toposort(graph.forward))

    def rewritten(body: Body, forward: tuple[Node, ...]) -> Body:
        notes = Notes(exact=graph.notes.exact, target=graph.notes.target)
        inner = Graph(body.inputs, body.outputs, "step", body.names, forward, tuple(range(len(body.outputs))), notes)
        done = run(through_bodies(run, inner))
        steps.extend(done.notes.journal)
        return replace(body, outputs=done.outputs, names=done.names)

    def with_steps(node: Node) -> Node:
        return with_bodies(node, lambda body: rewritten(body, body.outputs if node in written else ()))

    return moved(graph, {node: with_steps(node) for node in order if any(True for _ in bodies(node))}, steps)


def moved(graph: Graph, changes: dict[Node, Node], journal: list[object] | None = None) -> Graph:
    """`graph` with nodes replaced by others of the same types, and with all that is noted of them."""
    done = carry_over(graph, _settled([*graph.forward, *graph.outputs], changes), ())
    return done if journal is None else done.with_(journal=tuple(journal))


def in_body(body: Body, changes: dict[Node, Node]) -> Body:
    """`body` with nodes replaced by others of the same types."""
    settled = _settled([*body.outputs, *body.names], changes)
    names = {settled[node]: name for node, name in body.names.items()}
    return Body(body.inputs, tuple(settled[y] for y in body.outputs), names)


def _settled(roots: Sequence[Node], changes: Mapping[Node, Node]) -> dict[Node, Node]:
    """What nodes become."""
    settled: dict[Node, Node] = {}
    for node in toposort(roots):
        new = changes.get(node, node)
        settled[node] = _on(new, settled) if new is not node else _with_inputs(node, settled)
    return settled


def _with_inputs(node: Node, settled: dict[Node, Node]) -> Node:
    inputs = tuple(settled[x] for x in node.inputs)
    return node if inputs == node.inputs else Node(node.op, inputs, node.params)


def _on(new: Node, settled: dict[Node, Node]) -> Node:
    """`new`, whose inputs may be nodes that have changed themselves."""
    for node in toposort([new], stop=settled.__contains__):
        settled[node] = _with_inputs(node, settled)
    return settled[new]
