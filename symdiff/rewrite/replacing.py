"""Rewrites that look at each node of a graph once, inputs first, and are no set of rules."""

from __future__ import annotations

from collections.abc import Callable

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.rewrite.engine import Journal, Pass, Step, carry_over


def replaced(graph: Graph, which: Pass, find: Callable[[Node, Node], Node | None]) -> Graph:
    """`graph` with each node replaced by what `find` finds for it, inputs first, where that has the type of the node.

    Args:
        graph: what is rewritten.
        which: under whose name the replacements are journalled.
        find: is given the node on its new inputs, and the node as it was; None leaves it.
    """
    journal, new = Journal(list(graph.notes.journal)), dict[Node, Node]()
    first = len(journal.steps)
    for n in graph.whole:
        inputs = tuple(new[x] for x in n.inputs)
        same = n if inputs == n.inputs else Node(n.op, inputs, n.params)
        found = find(same, n)
        new[n] = same if found is None or found.aval is not n.aval else found
        if new[n] is not same:
            journal.steps.append(Step(which, n, new[n]))
    return carry_over(graph, new, journal.steps[first:]).with_(journal=tuple(journal.steps))
