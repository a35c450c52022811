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

from symdiff.frontends.tracing.attempts import Attempt, running
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


_START = "symdiff.frontends.tracing.trace"


def _may_handle(frame: FrameType) -> bool:
    """Whether an error in what the frame calls would go to a part of its code: a handler, or the end of ``with``."""
    code = frame.f_code
    return bool(code.co_exceptiontable) and any(start <= frame.f_lasti < end for start, end in _guarded(code))


@lru_cache(maxsize=256)
def _guarded(code: CodeType) -> tuple[tuple[int, int], ...]:
    entries: Any = dis.Bytecode(code).exception_entries  # type: ignore[attr-defined]
    return tuple((entry.start, entry.end) for entry in entries)
