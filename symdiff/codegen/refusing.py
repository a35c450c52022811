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
    guards = [guard for guard in graph.notes.guards if not guard.is_never_met]
    if guards and not raises:
        line = graph.line_of(guards[0].condition)
        raise UnsupportedError(
            f"the target {target.name!r} has no errors to raise, such as {guards[0].error}"
            + (f", line {line}" if line else ""),
            help=f"check before you call it; {ELSEWHERE}",
        )
    if raises:  # what an error quotes is not told
        graph = graph.with_(outputs=(*graph.returned, *(guard.condition for guard in guards)))
    for node in with_insides(graph.order):
        if not target.prints(node):
            line = graph.line_of(node)
            what = ", ".join(repr(x.aval) for x in node.inputs) or repr(node.aval)
            raise UnsupportedError(
                f"the target {target.name!r} has no {node.op.name} of {what}" + (f", line {line}" if line else ""),
                help=ELSEWHERE,
            )
