"""Which way a Jacobian or a Hessian was taken, forwards or backwards, and why."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.autodiff.compose import cheaper_mode
from symdiff.graph.dims import show_shape, size
from symdiff.graph.node import Node
from symdiff.program.jacobian import Hessian, Jacobian
from symdiff.program.recipe import peeled
from symdiff.program.stages import Stages
from symdiff.render.document import Paragraph, Section


def mode_section(stages: Stages) -> list[Section]:
    """The choice between the modes, for a Jacobian or a Hessian; nothing for anything else."""
    own = peeled(stages.recipe)
    if isinstance(own, Hessian):
        text = (
            "Forward mode over reverse mode: the gradient, at a small multiple of the cost of the value, is pushed "
            f"forward along each element of {', '.join(own.targets)}, all of them at once."
        )
    elif isinstance(own, Jacobian):
        graph = stages.recognised
        text = _of_jacobian(graph.outputs, own.among(graph))
    else:
        return []
    after = "The seeds are an identity, which rewriting takes out again; products are then taken in the cheapest order."
    return [Section("Forwards or backwards", (Paragraph([f"{text} {after}"]),))]


def _of_jacobian(values: Sequence[Node], targets: Sequence[Node]) -> str:
    names = ", ".join(x.name or "" for x in targets)
    if cheaper_mode(values, targets) == "reverse":
        return (
            f"Reverse mode: {_elements(values)} of the value, fewer than {_elements(targets)} of {names}. "
            "A seed for each element of the value is pulled back."
        )
    why = "complex values take no other"
    if not any(y.aval.kind == "c" for y in values):
        why = f"{_elements(targets)} of {names}, not more than {_elements(values)} of the value (names count as equal)"
    return f"Forward mode: {why}. A seed for each element of {names} is pushed forward."


def _elements(nodes: Sequence[Node]) -> str:
    counts = [size(x.shape) for x in nodes]
    known = [n for n in counts if isinstance(n, int)]
    if len(known) == len(counts):
        return f"{sum(known)} element{'s' * (sum(known) != 1)}"
    return " + ".join(f"[{show_shape(x.shape)}]" for x in nodes) + " elements"
