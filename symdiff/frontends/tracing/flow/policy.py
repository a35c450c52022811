"""Which loops of a function are kept and what they hold for the way back, and what is told of those that are not."""

from __future__ import annotations

from types import FrameType

from symdiff.control.memory import has_segments, parts_with
from symdiff.errors import SymdiffError
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.tracing.attempts import running
from symdiff.frontends.tracing.flow.twice import OnceOnlyError
from symdiff.graph.dims import Dim
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node

FEWEST = 9  # steps; shorter loops are run step by step
MOST_KNOWN = 64  # steps of a loop that asks for what is known: so many are run step by step


class BeginsOtherwise(str):
    """Why a loop is not kept whose first step may be one of its own, and the others alike."""


def fewest() -> int | None:
    """How many steps a loop has at least that is kept; None if every loop is run step by step that can be."""
    wanted = _wanted()
    if isinstance(wanted, int):
        return wanted
    return {"auto": FEWEST, "keep": 0, "unroll": None}[wanted]


def most_known() -> int | None:
    """How many steps of a loop that asks for what is known are run step by step; None for all."""
    wanted = _wanted()
    if isinstance(wanted, int):
        return wanted
    return {"auto": MOST_KNOWN, "keep": 0, "unroll": None}[wanted]


def _wanted() -> Loops:
    run = running()
    return "auto" if run is None else run.loops


def parts_of(loop: Loop) -> tuple[Node, ...]:
    """What the parts of a loop are that holds as much for the way back as is wished of all.

    A number of steps that is not known cannot be divided into segments: such a loop computes again.
    """
    run = running()
    wanted = "keep" if run is None else run.memory
    return parts_with(loop, "recompute" if wanted == "sqrt" and not has_segments(loop) else wanted)


def too_short(length: Dim) -> str:
    """Why a loop of so many steps is not kept, though it could be."""
    least = fewest()
    return 'loops="unroll"' if least is None else f"it has {length} steps, and loops of {least} or more are kept"


def tell(frame: FrameType, line: int, what: str) -> None:
    """Notes what became of a loop: "" if it was kept, else why it was not. The last word on a line counts."""
    run = running()
    if run is not None:
        run.met[frame.f_code.co_filename, line] = what


def reason(error: BaseException) -> str:
    """Why an error keeps a step from standing for all."""
    if isinstance(error, SymdiffError):
        return error.message
    if isinstance(error, OnceOnlyError):
        return "a step draws random numbers, asks an iterator, or changes a list, a dict or an object of others"
    return f"{type(error).__name__}: {error}"
