"""Calls that may fail inside of ``try``: what the function does where NumPy raises LinAlgError.

``try: L = np.linalg.cholesky(K)`` is followed as if all went well. When the program is called, it is first seen whether
these calls do (`symdiff.functions.tried`). If one fails, the function is run again to be traced, and this time the call
fails: so its handler is followed, whatever it does.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any

import numpy as np

from symdiff.frontends.tracing.attempts import OUR_ERROR, Attempt, running
from symdiff.frontends.tracing.holder import Holder
from symdiff.frontends.tracing.libraries import is_library_file
from symdiff.graph.node import Node


def begun() -> Attempt | None:
    """Told when a call begins that may fail: the run to which its outcome matters, None if it matters to none.

    Raises:
        LinAlgError: if this is one of those that fail.
    """
    run = running()
    if run is None or not any(map(_may_handle, _frames())):
        return None
    k = len(run.tried)
    if k < len(run.outcomes) and run.outcomes[k]:
        run.tried.append(None)
        raise np.linalg.LinAlgError(run.outcomes[k])
    return run


def went_well(run: Attempt, result: Any) -> None:
    """Told of what the call gave."""
    run.tried.append(next(_nodes(result), None))


def _nodes(result: Any) -> Iterator[Node]:
    for value in result if isinstance(result, tuple) else (result,):
        if isinstance(value, Holder):
            yield value.node


def _frames() -> Iterator[FrameType]:
    """What runs of the function that is traced."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") != _START:
        if not is_library_file(frame.f_code.co_filename):
            yield frame
        frame = frame.f_back


_HEAD = 8  # instructions of a handler up to the one that gives the error a name
_START = "symdiff.frontends.tracing.trace"


def _may_handle(frame: FrameType) -> bool:
    """Whether an error in what the frame calls would go to a part of its code: a handler, or the end of ``with``."""
    code = frame.f_code
    if not code.co_exceptiontable:
        return False
    entries, ours = _guarded(code)
    at = frame.f_lasti
    while (target := next((handler for start, end, handler in entries if start <= at < end), None)) is not None:
        if target not in ours:
            return True
        at = target  # what our handler does not take goes to the next one
    return False


@lru_cache(maxsize=256)
def _guarded(code: CodeType) -> tuple[tuple[tuple[int, int, int], ...], frozenset[int]]:
    """Which parts of a code have which handler, and which handlers are ours, around the side of a branch or a step."""
    bytecode = dis.Bytecode(code)
    entries: Any = bytecode.exception_entries  # type: ignore[attr-defined]
    instructions = list(bytecode)
    at = {instruction.offset: k for k, instruction in enumerate(instructions)}

    def is_ours(handler: int) -> bool:
        first = instructions[at[handler] : at[handler] + _HEAD]
        if first[0].opname != "PUSH_EXC_INFO":  # it cleans up after a handler, and raises the error again
            return True
        return any(i.opname.startswith("STORE") and str(i.argval).startswith(OUR_ERROR) for i in first)

    return tuple((e.start, e.end, e.target) for e in entries), frozenset(filter(is_ours, {e.target for e in entries}))
