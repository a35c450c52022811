"""What is as long as a loop takes steps comes after the loop that counts them, though it may read nothing of it."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.graph.dims import Dim, is_counted
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.schedule.statement import Statement


def after_counting(statements: Sequence[Statement]) -> list[Statement]:
    """The statements, loops that count moved up to where their number is first needed, with what they read."""
    loops = {Loop.of(s.node).length: s for s in statements if s.node.op.block and Loop.of(s.node).asks}
    if not loops:
        return list(statements)
    inside = {s: set(_read(s, statements)) for s in statements}
    of = {node: s for s in statements for node in (s.node, *s.nodes)}
    done: dict[Statement, None] = {}

    def place(statement: Statement) -> None:
        waiting = [statement]
        while waiting:
            s = waiting[-1]
            before = [of[x] for x in toposort(list(inside[s])) if x in of and of[x] not in done and of[x] is not s]
            before += [
                loops[n] for n in _lengths(inside[s]) if n in loops and loops[n] not in done and loops[n] is not s
            ]
            if before:
                waiting += [x for x in reversed(before) if x not in waiting]
                if waiting[-1] is s:  # nothing new to wait for
                    before = []
            if not before:
                done[s] = None
                waiting.pop()

    for s in statements:
        if s not in done:
            place(s)
    return list(done)


def _read(s: Statement, statements: Sequence[Statement]) -> list[Node]:
    """The nodes that are written in a statement, and those that it reads."""
    named = {node for other in statements if other is not s for node in other.nodes}
    roots = [x for node in {s.node, *s.nodes} for x in (node, *node.inputs)]
    return toposort(roots, stop=lambda n: n in named)


def _lengths(nodes: set[Node]) -> set[Dim]:
    found = {n for node in nodes for part in node.aval.parts or (node.aval,) for n in part.shape}
    found |= {Loop.of(node).length for node in nodes if node.op.block}
    return {n for n in found if is_counted(n)}
