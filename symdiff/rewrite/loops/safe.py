"""The pass: places that a branch alone asks for are safe, whatever its condition says.

Of a place that is known to exist, from what is known of the counters of loops, there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.control.integers import Integers
from symdiff.graph.body import Body, with_bodies
from symdiff.graph.branches import Decision
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.ops.index import Hole
from symdiff.ops.safe_places import at_safe_places, conditions, in_turn, places_of, told
from symdiff.rewrite.bodies import in_body, moved
from symdiff.rewrite.engine import Journal, Pass, Step

SAFE = Pass("safe-place", "BITS", "what a branch does not ask for stands at place 0, which is there")


def safe_places(graph: Graph, journal: Journal | None = None) -> Graph:
    """`graph`, in which what is read or written under a condition has a place that exists where it fails, too."""
    journal = journal if journal is not None else Journal()
    changes = _changes(graph.order, graph.outputs, Integers(), journal)
    return moved(graph, changes) if changes else graph


def is_inside(node: Node, known: Integers) -> bool:
    """Whether the places of a `gather` or `put` are known to exist, counted from the front."""
    items = [(n, item) for n, item in zip(node.inputs[0].shape, node.kwargs["index"], strict=False)]
    lengths = [n for n, item in items if isinstance(item, Hole)]
    for n, place in zip(lengths, places_of(node), strict=True):
        between = known.range_of(place) if place.shape else (known.of(place), known.of(place))
        if between is None or between[0].least is None or between[0].least < 0:
            return False
        beyond = (known.of_length(n) - between[1]).least
        if beyond is None or beyond < 1:
            return False
    return True


def _changes(
    order: Sequence[Node], outputs: Sequence[Node], known: Integers, journal: Journal, goes: Node | None = None
) -> dict[Node, Node]:
    """What nodes become, those in steps of loops too; what only the question reads has no derivative."""
    if not any(node.op.block or places_of(node) for node in order):
        return {}
    table = conditions(order, outputs, goes)
    always = frozenset[Decision]() if goes is None else frozenset(in_turn(goes))
    derived = set(toposort([y for y in outputs if y is not goes]))
    place = {node: k for k, node in enumerate(order)}
    found: dict[Node, Node] = {}
    for node in order:
        if node.op.block:
            new = _with_safe_steps(node, known, journal)
            found |= {} if new is node else dict(zip(node.parts, new.parts, strict=True))
        elif places_of(node) and node in derived:
            asked = told(table[node] - always)
            if asked and not is_inside(node, known):
                found[node] = at_safe_places(node, node.inputs, sorted(asked, key=lambda each: place[each[0]]))
                journal.steps.append(Step(SAFE, node, found[node]))
    return found


def _with_safe_steps(node: Node, known: Integers, journal: Journal) -> Node:
    loop = Loop.of(node)
    inside = known if loop.is_block else Integers(known, loop)

    def in_step(body: Body) -> Body:
        changes = _changes(toposort(body.outputs), body.outputs, inside, journal, next(iter(loop.going), None))
        return in_body(body, changes) if changes else body

    return with_bodies(node, in_step)
