"""Walks over graphs. All of them are iterative and deterministic: a chain of a million nodes is an ordinary input."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from symdiff.graph.node import ITEM, Node


def toposort(roots: Iterable[Node], stop: Callable[[Node], bool] | None = None) -> list[Node]:
    """Every node that `roots` need, inputs before users, in the order in which a reader would write them down.

    `stop(node)` true leaves the node out, and with it what only it needs.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list[Any] = list(roots)
    stack.reverse()
    pop, done, see, are_seen = stack.pop, order.append, seen.add, seen.issuperset
    while stack:
        node = pop()
        if node is None:  # all inputs of the node below are done
            done(pop())
        elif node not in seen and (stop is None or not stop(node)):
            see(node)
            inputs = node.inputs
            if are_seen(inputs):  # and so done, for no node needs itself
                done(node)
            else:
                stack += (node, None, *inputs[::-1])
    return order


def one_of_each(nodes: Iterable[Node]) -> Iterable[Node]:
    """One node of each operation and type: what depends on these alone need not be asked of all.

    Of the values of operations that give several, one of each such operation.
    """
    return {(n.op, n.aval, n.inputs[0].op if n.op is ITEM else None): n for n in nodes}.values()


def consumers(nodes: Iterable[Node]) -> dict[Node, list[Node]]:
    """For each node, the nodes among `nodes` that take it as an input, each once, in the order given."""
    table: dict[Node, list[Node]] = {}
    for node in nodes:
        table.setdefault(node, [])
        for x in dict.fromkeys(node.inputs):
            table.setdefault(x, []).append(node)
    return table


def between(targets: Iterable[Node], *roots: Node) -> list[Node]:
    """The nodes of G′: ancestors of `roots` that are descendants of `targets`, both included, in topological order."""
    return downstream(targets, toposort(roots))


def downstream(targets: Iterable[Node], order: Iterable[Node]) -> list[Node]:
    """The nodes of `order`, in which inputs come before users, that are `targets` or their descendants."""
    reached = set(targets)
    are_left_out = reached.isdisjoint
    found: list[Node] = []
    for node in order:
        if node in reached or not are_left_out(node.inputs):
            reached.add(node)
            found.append(node)
    return found


def substitute(roots: Iterable[Node], values: Mapping[Node, Node]) -> list[Node]:
    """`roots` with the nodes in `values` replaced by what stands there."""
    roots, new = list(roots), dict(values)
    for node in toposort(roots, stop=lambda n: n in values):
        inputs = tuple(new[x] for x in node.inputs)
        new[node] = node if inputs == node.inputs else Node(node.op, inputs, node.params)
    return [new[root] for root in roots]


@contextmanager
def without_collector() -> Iterator[None]:
    """Pauses Python's cycle collector while very many nodes are made.

    Nodes never form cycles, so there is nothing to find; but the collector would look through all of them again and
    again, and turn a walk that takes linear time into one that does not. Never while a user's function runs, which may
    leave cycles behind.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
