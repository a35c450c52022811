"""Traces inside of traces. Each thread counts its own.

The inputs of a trace that runs inside another one have a scope: a number that no other trace has. Nodes are interned
by name, so without it the ``t`` of an inner function would be the ``t`` of the outer one, and a derivative with respect
to the one would be taken with respect to both (perturbation confusion).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from symdiff.graph.graph import Graph
from symdiff.graph.node import INPUT, new_scope, variable
from symdiff.graph.walk import substitute


class _Running(threading.local):
    depth = 0


_running = _Running()


def tracing_depth() -> int:
    """How many traces are running in this thread, each inside the one before."""
    return _running.depth


def is_tracing() -> bool:
    """Whether a function is being traced in this thread."""
    return _running.depth > 0


@contextmanager
def one_deeper() -> Iterator[int]:
    """Counts a trace; gives the scope of its inputs, which is 0 for one that is not inside another."""
    scope = new_scope() if _running.depth else 0
    _running.depth += 1
    try:
        yield scope
    finally:
        _running.depth -= 1


def is_open(graph: Graph) -> bool:
    """Whether `graph` needs values that are not among its inputs: those of a trace around it."""
    own = set(graph.inputs)
    return any(node.op is INPUT and node not in own for node in graph.order)


def without_scope(graph: Graph) -> Graph:
    """`graph` with plain inputs, as if it had been traced on its own, if it needs nothing from a trace around it.

    So a graph is the same wherever its function was called, and one that does need values of an outer trace keeps
    inputs that nothing else can be mistaken for.
    """
    if is_open(graph):
        return graph
    plain = tuple(variable(x.name or "", x.aval) for x in graph.inputs)
    new = dict(zip(graph.inputs, plain, strict=True))
    read = (x for guard in graph.notes.guards for x in guard.reads)
    noted = [*graph.outputs, *graph.names, *graph.notes.lines, *read]
    new |= zip(noted, substitute(noted, new), strict=True)
    outputs = tuple(new[x] for x in graph.outputs)
    return graph.with_(
        inputs=plain,
        outputs=outputs,
        forward=outputs,
        names={new[x]: name for x, name in graph.names.items()},
        lines={new[x]: line for x, line in graph.notes.lines.items()},
        guards=tuple(guard.moved(new) for guard in graph.notes.guards),
    )
