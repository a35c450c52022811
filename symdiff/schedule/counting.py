"""What is as long as a loop takes steps comes after the loop that counts them, though it may read nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symdiff.graph.dims import Dim, Length, is_counted, length
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.schedule.statement import Statement


def after_counting(statements: Sequence[Statement]) -> list[Statement]:
    """The statements, loops that count moved up to where their number is first needed, with what they read."""
    counted = counted_by(statements)
    if not counted:
        return list(statements)
    of = _by_node(statements)
    before: dict[Statement, list[Statement]] = {}
    for s in statements:
        wanted = [*(of[x] for x in _read(s, of) if x in of), *counted.get(s, ())]
        before[s] = [x for x in wanted if x is not s]
    done: dict[Statement, None] = {}
    waiting = list(reversed(statements))
    while waiting:
        missing = [x for x in before[waiting[-1]] if x not in done]
        if missing:
            waiting += reversed(missing)
        else:
            done[waiting.pop()] = None
    return list(done)


def counted_by(statements: Sequence[Statement]) -> dict[Statement, list[Statement]]:
    """The loops whose numbers of steps a statement needs, of the statements that need any; {} if no loop counts."""
    loops = {Loop.of(s.node).length: s for s in statements if s.node.op.block and Loop.of(s.node).asks}
    if not loops:
        return {}
    of = _by_node(statements)
    found = {s: [loops[n] for n in _lengths(_read(s, of)) if n in loops] for s in statements}
    return {s: [x for x in needed if x is not s] for s, needed in found.items() if needed}


def _by_node(statements: Sequence[Statement]) -> dict[Node, Statement]:
    return {node: s for s in statements for node in (s.node, *s.nodes)}


def _read(s: Statement, of: Mapping[Node, Statement]) -> list[Node]:
    """The nodes that are written in a statement, and those that it reads."""
    written = toposort((s.node, *s.nodes), stop=lambda node: node in of and of[node] is not s)
    return list(dict.fromkeys(x for node in written for x in (node, *node.inputs)))


def _lengths(nodes: Sequence[Node]) -> list[Dim]:
    """The lengths among them that a loop counts."""
    found = [n for node in nodes for part in node.aval.parts or (node.aval,) for n in part.shape]
    found += [Loop.of(node).length for node in nodes if node.op.block]
    return [length(name) for name in dict.fromkeys(name for n in found if isinstance(n, Length) for name in _names(n))]


def _names(n: Length) -> list[str]:
    """The names in a length that loops count."""
    return sorted(name for name in n.names() if is_counted(length(name)))
