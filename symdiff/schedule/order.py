"""In which order the lines of a plan stand."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from symdiff.graph.dims import nominal_size
from symdiff.graph.graph import Graph
from symdiff.graph.node import ITEM, Node, shares_memory
from symdiff.graph.walk import toposort
from symdiff.schedule.statement import Statement


def in_order(graph: Graph, statements: list[Statement]) -> list[Statement]:
    """Forward lines as they are; backward lines by the forward line that they come from, the last one first.

    Among lines that may as well change places, those come first that need more than they leave behind: an array that
    has a name lives until the function returns.
    """
    forward = [s for s in statements if not s.backward]
    backward = [s for s in statements if s.backward]
    stage = {node: k for k, node in enumerate(toposort(graph.forward))}
    needs = dependencies(backward)
    waiting = {s.node: len(needs[s.node]) for s in backward}
    feeds: dict[Node, list[Node]] = {}
    for node, before in needs.items():
        for x in before:
            feeds.setdefault(x, []).append(node)

    left = _left_behind(graph, backward)

    def key(node: Node, k: int) -> tuple[int, int, int]:
        origin = graph.notes.origins.get(node)
        return -(stage.get(origin.of, -1) if origin else -1), left[node], k

    position = {s.node: k for k, s in enumerate(backward)}
    by_node = {s.node: s for s in backward}
    heap = [key(node, position[node]) for node, n in waiting.items() if n == 0]
    heapq.heapify(heap)
    nodes = [s.node for s in backward]
    ordered: list[Statement] = []
    while heap:
        node = nodes[heapq.heappop(heap)[-1]]
        ordered.append(by_node[node])
        for user in feeds.get(node, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                heapq.heappush(heap, key(user, position[user]))
    return [*forward, *ordered]


def dependencies(statements: Sequence[Statement]) -> dict[Node, set[Node]]:
    """For each statement, the other statements that it reads."""
    named = {x: s.node for s in statements for x in (s.node, *s.nodes)}  # to the one that stands for the statement
    reads: dict[Node, set[Node]] = {}  # of any node: the statements that its expression needs
    table: dict[Node, set[Node]] = {}
    for node in toposort(named):
        mine: set[Node] = set()
        for x in node.inputs:
            if x in named:
                mine.add(named[x])
            else:
                mine |= reads.get(x, set())
        reads[node] = mine
        if named.get(node) is node:
            table[node] = mine
    return table


def _left_behind(graph: Graph, statements: list[Statement]) -> dict[Node, int]:
    """The elements that a statement's array has, minus those of the largest one that it needs for a moment.

    Only arrays count that are larger than every argument.
    """
    largest = max((nominal_size(x.shape) for x in graph.inputs), default=0)
    named = {node for s in statements for node in (s.node, *s.nodes)}
    inside: dict[Node, int] = {}  # of the arrays in the expression of a node that have no name
    table: dict[Node, int] = {}
    for node in toposort(named):
        arrays = node.parts or (node,) if node.op is not ITEM else ()
        own = 0 if shares_memory(node) else sum(nominal_size(x.shape) for x in arrays)
        own = own if own > largest else 0
        needed = max((inside[x] for x in node.inputs), default=0)
        inside[node] = 0 if node in named else max(own, needed)
        table[node] = own - needed
    return table
