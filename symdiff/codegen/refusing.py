"""What a target has not, told by name."""

from __future__ import annotations

from symdiff.codegen.target import Target
from symdiff.errors import UnsupportedError
from symdiff.graph.body import with_insides
from symdiff.graph.graph import Graph

ELSEWHERE = "the target 'numpy' takes everything"


def check_printable(graph: Graph, target: Target, *, raises: bool = False) -> None:
    """Raises UnsupportedError, naming the first row that `target` has no spelling for, and the user's line.

    Args:
        graph: lowered for the target.
        target: what is to print it.
        raises: whether the target has errors of the user's to raise.
    """
    if not raises and any(not guard.is_never_met for guard in graph.notes.guards):
        raise UnsupportedError(f"the target {target.name!r} has no errors to raise", help=ELSEWHERE)
    for node in with_insides(graph.order):
        if not target.prints(node):
            line = graph.line_of(node)
            what = ", ".join(repr(x.aval) for x in node.inputs) or repr(node.aval)
            raise UnsupportedError(
                f"the target {target.name!r} has no {node.op.name} of {what}" + (f", line {line}" if line else ""),
                help=ELSEWHERE,
            )
