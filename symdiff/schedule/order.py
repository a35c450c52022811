"""In which order the lines of a plan stand."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

from symdiff.graph.aval import Aval
from symdiff.graph.dims import nominal_size
from symdiff.graph.graph import Graph
from symdiff.graph.node import ITEM, Node, shares_memory
from symdiff.schedule.statement import Statement

MANY = 16  # lines of a derivative, of which parts of sums come as soon as they can: arrays of their own wait for them


def in_order(
    graph: Graph,
    statements: list[Statement],
    order: Sequence[Node],
    stage: Mapping[Node, int],
    sizes: Mapping[Node, int],
) -> list[Statement]:
    """Forward lines as they are; backward lines by the forward line that they come from, the last one first.

    Among lines that may as well change places, those come first that need more than they leave behind: an array that
    has a name lives until the function returns.

    Args:
        graph: what is computed.
        statements: the lines.
        order: the nodes, inputs before users.
        stage: where each forward node stands.
        sizes: as `sizes_above_arguments` gives them.
    """
    forward = [s for s in statements if not s.backward]
    backward = [s for s in statements if s.backward]
    needs = dependencies(backward, order)
    waiting = {s.node: len(needs[s.node]) for s in backward}
    feeds: dict[Node, list[Node]] = {}
    for node, before in needs.items():
        for x in before:
            feeds.setdefault(x, []).append(node)

    left, origins = _left_behind(backward, order, sizes), graph.notes.origins

    came: dict[Node, int] = {}  # of which stage a line is; of a part of a long sum, when all that it reads is there
    many = len(backward) > MANY

    def key(node: Node, k: int) -> tuple[int, int, int]:
        origin = origins.get(node)
        known = stage.get(origin.of, -1) if origin else -1
        came[node] = known if origin else min([came[x] for x in needs[node]], default=len(stage))
        is_part = many and needs[node] and node.op.infix in ("+", "-") and node.ndim > 0
        return -(came[node] if is_part else known), left.get(node, 0), k

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


def dependencies(statements: Sequence[Statement], order: Iterable[Node]) -> dict[Node, set[Node]]:
    """For each statement, the other statements that it reads; `order` holds at least the nodes that they need."""
    named = {x: s.node for s in statements for x in (s.node, *s.nodes)}  # to the one that stands for the statement
    reads: dict[Node, set[Node]] = {}  # of nodes without a name: the statements that their expressions need
    table: dict[Node, set[Node]] = {}
    for node in order:
        mine: set[Node] = set()
        for x in node.inputs:
            if x in named:
                mine.add(named[x])
            elif x in reads:
                mine |= reads[x]
        if named.get(node) is node:
            table[node] = mine
        elif mine:
            reads[node] = mine
    return table


def sizes_above_arguments(graph: Graph, order: Iterable[Node]) -> dict[Node, int]:
    """The elements of those arrays that are larger than every argument, and no part of another one."""
    largest = max((nominal_size(x.shape) for x in graph.inputs), default=0)
    known: dict[Aval, int] = {}
    found: dict[Node, int] = {}
    for node in order:
        aval = node.aval
        if aval not in known:
            known[aval] = sum(nominal_size(part.shape) for part in aval.parts or (aval,))
        if known[aval] > largest and node.op is not ITEM and not shares_memory(node):
            found[node] = known[aval]
    return found


def _left_behind(statements: list[Statement], order: Iterable[Node], sizes: Mapping[Node, int]) -> dict[Node, int]:
    """The elements that a statement's array has, minus those of the largest one that it needs for a moment.

    Nodes that are not there have and need none.
    """
    if not sizes:
        return {}
    named = {node for s in statements for node in (s.node, *s.nodes)}
    inside: dict[Node, int] = {}  # of the arrays in the expression of a node that have no name
    table: dict[Node, int] = {}
    for node in order:
        own = sizes.get(node, 0)
        needed = max((inside[x] for x in node.inputs), default=0)
        inside[node] = 0 if node in named else max(own, needed)
        table[node] = own - needed
    return table
