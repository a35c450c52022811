"""The pass: every loop of a graph, until no rule changes one any more."""

from __future__ import annotations

from collections.abc import Iterator

from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, slot
from symdiff.graph.walk import toposort
from symdiff.rewrite.bodies import moved
from symdiff.rewrite.engine import Journal, Pass, Step
from symdiff.rewrite.loops.merge import merged
from symdiff.rewrite.loops.rules import BITS_RULES, REAL_RULES, LoopRule

MOST = 200  # changes of one graph

PASSES = {
    rule: Pass(f"loop-{rule.__name__.replace('_', '-')}", "BITS" if rule in BITS_RULES else "REAL", rule.__doc__ or "")
    for rule in (*BITS_RULES, *REAL_RULES)
}
MERGE = Pass("loop-merge", "BITS", "two loops that do the same, of which one leaves more behind, are one loop")


def tidy_loops(graph: Graph, journal: Journal | None = None) -> Graph:
    """`graph` with its loops rewritten."""
    journal = journal if journal is not None else Journal()
    for _ in range(MOST):
        found = next(_changes(graph), None)
        if found is None:
            break
        which, changes = found
        journal.steps += [Step(which, old, new) for old, new in changes.items() if old is not new]
        graph = moved(graph, changes)
    return graph


def _changes(graph: Graph) -> Iterator[tuple[Pass, dict[Node, Node]]]:
    """The rewrites that are possible; the first is made."""
    order = toposort([*graph.forward, *graph.outputs])
    loops = [node for node in order if node.op.block == "for"]
    needed: dict[Node, set[int]] = {node: set() for node in loops}
    for node in order:
        if node.op is ITEM and node.inputs[0] in needed:
            needed[node.inputs[0]].add(slot(node))
    for rule in BITS_RULES:
        yield from _by(rule, loops, needed)
    for k, a in enumerate(loops):
        for b in loops[k + 1 :]:
            parts = merged(a, b) or merged(b, a)
            if parts:
                yield MERGE, {old: new for old, new in parts.items() if old in order}
    if not graph.notes.exact:
        for rule in REAL_RULES:
            yield from _by(rule, loops, needed)


def _by(rule: LoopRule, loops: list[Node], needed: dict[Node, set[int]]) -> Iterator[tuple[Pass, dict[Node, Node]]]:
    for node in loops:
        parts = rule(Loop.of(node), needed[node])
        if parts:
            yield PASSES[rule], {node.parts[k]: new for k, new in parts.items()}
