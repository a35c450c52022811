"""Which target a graph is printed for. Importing this module makes the targets that come with symdiff known."""

from __future__ import annotations

from symdiff.codegen.target import Target, find_target
from symdiff.codegen.targets.math import MATH
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import UnsupportedError
from symdiff.graph.graph import Graph

BY_ITSELF: tuple[Target, ...] = (MATH, NUMPY)  # chosen where none is asked for, the first that takes the graph


def choose_target(graph: Graph, wanted: str | None = None) -> Target:
    """The target called `wanted`, or what stands in for it on graphs such as this one.

    Raises:
        ArgumentError: if there is no such target.
        UnsupportedError: if it does not take such graphs, and nothing stands in for it.
    """
    for asked in BY_ITSELF if wanted is None else (find_target(wanted),):
        target: Target | None = asked
        while target is not None and not target.takes(graph):
            target = target.fallback
        if target is not None:
            return target
    shown = ", ".join(f"{x.name}: {x.aval!r}" for x in graph.inputs)
    why = ", which loops" if any(node.op.block for node in graph.order) else ""
    raise UnsupportedError(
        f"the target {wanted!r} does not take {graph.name}({shown}){why}",
        help="the target 'numpy' takes everything",
        code="SD612",
    )
