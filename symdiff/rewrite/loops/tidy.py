"""The pass: every loop of a graph, until no rule changes one any more."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from symdiff.graph.floats import is_float_graph
from symdiff.graph.graph import Graph
from symdiff.graph.loop import ONCE, Loop
from symdiff.graph.node import ITEM, Node, slot
from symdiff.graph.walk import toposort
from symdiff.rewrite.bodies import moved
from symdiff.rewrite.engine import Journal, Pass, Step
from symdiff.rewrite.loops.merge import continued, merged
from symdiff.rewrite.loops.once import BLOCK_RULES
from symdiff.rewrite.loops.rules import BITS_RULES, REAL_RULES, STACK_RULES, LoopRule, known_numbers

MOST = 200  # changes of one graph
Idle = set[tuple[object, ...]]  # rules with loops, and pairs of loops, of which nothing is to be made

PASSES = {
    rule: Pass(f"loop-{rule.__name__.replace('_', '-')}", "REAL" if rule in REAL_RULES else "BITS", rule.__doc__ or "")
    for rule in (*BLOCK_RULES, *BITS_RULES, *REAL_RULES, *STACK_RULES)
}
CONTINUE = Pass("loop-continues-sum", "REAL", "a sum that begins with zero begins with what it is added to")
MERGE = Pass("loop-merge", "BITS", "two loops that do the same, of which one leaves more behind, are one loop")


def tidy_loops(graph: Graph, journal: Journal | None = None) -> Graph:
    """`graph` with its loops rewritten."""
    journal = journal if journal is not None else Journal()
    splits = not (graph.notes.exact or is_float_graph(graph))  # a program of numbers has no arrays for all steps
    idle: Idle = set()
    for _ in range(MOST):
        found = next(_changes(graph, idle, splits=splits), None)
        if found is None:
            break
        which, changes = found
        journal.steps += [Step(which, old, new) for old, new in changes.items() if old is not new]
        graph = moved(graph, changes)
    return graph


def tell_numbers(graph: Graph, journal: Journal) -> Graph:
    """`graph`, the numbers that its loops are given written in their steps."""
    loops = [node for node in graph.whole if node.op.block and node.op.block != ONCE]
    slots = {node: set(range(len(node.parts))) for node in loops}
    changes = {old: new for _, told in _by(known_numbers, loops, slots, set()) for old, new in told.items()}
    journal.steps += [Step(PASSES[known_numbers], old, new) for old, new in changes.items()]
    return moved(graph, changes)


def _changes(graph: Graph, idle: Idle, *, splits: bool) -> Iterator[tuple[Pass, dict[Node, Node]]]:
    """The rewrites that are possible; the first is made: what each of two loops needs may keep them from being one."""
    order = toposort([*graph.forward, *graph.outputs])
    blocks = [node for node in order if node.op.block]
    loops = [node for node in blocks if node.op.block != ONCE]
    needed: dict[Node, set[int]] = {node: set() for node in blocks}
    for node in order:
        if node.op is ITEM and node.inputs[0] in needed:
            needed[node.inputs[0]].add(slot(node))
    for rule in BLOCK_RULES:
        yield from _by(rule, [node for node in blocks if node.op.block == ONCE], needed, idle)
    there = set(order)
    for a, b in combinations(loops, 2):
        for pair in ((a, b), (b, a)):
            if pair not in idle and (parts := merged(*pair)):
                yield MERGE, {old: new for old, new in parts.items() if old in there}
            idle.add(pair)
    for rule in BITS_RULES:
        yield from _by(rule, loops, needed, idle)
    if splits:
        if parts := continued(order, [*graph.forward, *graph.outputs]):
            yield CONTINUE, parts
        for rule in (*REAL_RULES, *STACK_RULES):
            yield from _by(rule, loops, needed, idle)


def _by(
    rule: LoopRule, loops: list[Node], needed: dict[Node, set[int]], idle: Idle
) -> Iterator[tuple[Pass, dict[Node, Node]]]:
    for node in loops:
        case = (rule, node, frozenset(needed[node]))
        if case in idle:
            continue
        changes = {node.parts[k]: new for k, new in (rule(Loop.of(node), needed[node]) or {}).items()}
        if changes:
            assert all((old.dtype, old.shape) == (new.dtype, new.shape) for old, new in changes.items()), rule.__name__
            yield PASSES[rule], changes
        idle.add(case)
