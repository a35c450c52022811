"""Folding: which stretches of a long program become one box.

A group is a stretch of the program (the forward nodes in the order of the listing), so groups never depend on each
other in a circle. Stretches end where the user's program names a value, else where a pattern of operations repeats.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.render.cells import Groups
from symdiff.render.labels import is_input, is_text

MOST = 60  # groups
LONGEST_PERIOD = 64


def find_groups(graph: Graph) -> Groups:
    """The groups of the forward part; an input that one group alone reads belongs to it."""
    nodes = [n for n in toposort(graph.forward or graph.outputs) if not is_text(n) and not is_input(n)]
    ends, repeating = _ends_by_name(graph, nodes), False
    if len(ends) < 3:
        ends, repeating = _ends_by_pattern(nodes)
    step = -(-len(ends) // MOST)
    ends = [*ends[step - 1 : -1 : step], len(nodes)]
    of: dict[Node, int] = {}
    titles: list[str] = []
    start = 0
    for k, end in enumerate(ends):
        of.update(dict.fromkeys(nodes[start:end], k))
        titles.append(_title(graph, nodes[start:end], k, len(ends), repeating))
        start = end
    readers: dict[Node, set[int]] = {}
    for node in nodes:
        for x in node.inputs:
            if is_input(x):
                readers.setdefault(x, set()).add(of[node])
    of.update({x: min(found) for x, found in readers.items() if len(found) == 1})
    return Groups(of, tuple(titles))


def _title(graph: Graph, nodes: Sequence[Node], k: int, count: int, repeating: bool) -> str:
    names = [graph.names[n] for n in nodes if n in graph.names]
    if names:
        return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
    return f"{'repeat' if repeating else 'part'} {k + 1}/{count}"


def _ends_by_name(graph: Graph, nodes: Sequence[Node]) -> list[int]:
    """Behind each value that the user named."""
    ends = [k + 1 for k, node in enumerate(nodes) if node in graph.names]
    return ends if ends and ends[-1] == len(nodes) else [*ends, len(nodes)]


def _ends_by_pattern(nodes: Sequence[Node]) -> tuple[list[int], bool]:
    """Behind each repetition of the pattern of operations that covers most; without one, in equal pieces."""
    numbers: dict[object, int] = {}
    ops = np.array([numbers.setdefault(node.op, len(numbers)) for node in nodes])
    best, start, period = 0, 0, 0
    for p in range(2, min(LONGEST_PERIOD, len(ops) // 3) + 1):
        same = np.flatnonzero(np.concatenate([[True], ops[p:] != ops[:-p], [True]]))
        runs = np.diff(same) - 1
        k = int(np.argmax(runs))
        if runs[k] > best + p:
            best, start, period = int(runs[k]), int(same[k]), p
    if best < len(nodes) // 2:
        return [*range(0, len(nodes), max(1, -(-len(nodes) // MOST))), len(nodes)][1:], False
    repeats = range(start + period, start + best + period + 1, period)
    return sorted({*([start] if start else []), *repeats, len(nodes)}), True
