"""check(graph): the invariants of a graph, all of them, again. Passes call it in tests."""

from __future__ import annotations

from symdiff.errors import SymdiffError
from symdiff.graph.graph import Graph
from symdiff.graph.node import INPUT, Node, infer
from symdiff.graph.tree import leaves


def check(graph: Graph) -> Graph:
    """Returns `graph`, or raises SymdiffError naming the first invariant that does not hold.

    Acyclic by construction (nodes are immutable); checked are: every shape rule gives the aval that the node holds,
    inputs are declared and have different names, the output tree points at outputs, user names are unique.
    """
    declared = set(graph.inputs)
    names = [node.name for node in graph.inputs]
    if len(set(names)) != len(names):
        raise SymdiffError(f"two inputs share a name: {names}")
    done: set[Node] = set()
    for node in graph.order:
        if not all(x in done for x in node.inputs):
            raise SymdiffError(f"{node} comes before one of its inputs")
        done.add(node)
        if node.op is INPUT and node not in declared:
            raise SymdiffError(f"{node} is not among the graph's inputs")
        again = infer(node.op, node.inputs, node.params)
        if again is not node.aval:
            raise SymdiffError(f"{node} holds {node.aval}, its rule says {again}")
    if sorted(set(leaves(graph.tree))) != list(range(len(graph.outputs))):
        raise SymdiffError(f"tree {graph.tree} does not match {len(graph.outputs)} outputs")
    if len(set(graph.names.values())) != len(graph.names):
        raise SymdiffError("two nodes share a user name")
    return graph
