"""What a step knows because it is taken: after ``if done: break``, `done` is False."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, constant
from symdiff.graph.walk import substitute, toposort
from symdiff.ops.elementwise import invert, logical_and, logical_not


def known_as_asked(loop: Loop, used: set[int]) -> Mapping[int, Node] | None:
    """A condition that is carried is known in a step that is only taken if it holds, or if it does not."""
    known = _known(loop) if loop.asks else {}
    ends = (*loop.following, *loop.left)
    if not known or known.keys().isdisjoint(toposort(ends)):
        return None
    body = replace(loop.body, outputs=(*substitute(ends, known), *loop.going))
    parts = replace(loop, body=body).node.parts
    return {k: parts[k] for k in used}


def _known(loop: Loop) -> dict[Node, Node]:
    """Carried conditions, and what they are in a step that is taken."""
    found: dict[Node, Node] = {}
    asked = list(loop.going)
    for x in asked:
        if x.op is logical_and:
            asked += x.inputs
        holds = x.op not in (logical_not, invert)
        state = x if holds else x.inputs[0]
        if state in loop.states and state.aval.kind == "b":
            found[state] = constant(state.dtype.type(holds))
    return found
