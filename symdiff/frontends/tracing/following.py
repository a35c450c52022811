"""Whether what runs in this thread is followed: a function is traced, and no module is being made meanwhile."""

from __future__ import annotations

import threading

from symdiff.frontends.tracing.nesting import tracing_depth

FLOW = "__symdiff_flow__"  # the name under which a function whose control flow is followed finds what decides


class _Imports(threading.local):
    def __init__(self) -> None:
        self.depths: list[int] = []  # of the traces during which the modules that are being made were asked for


_imports = _Imports()


def is_following() -> bool:
    """Whether what runs now in this thread is traced.

    A module that a traced function imports for the first time is not: it outlives the trace, and others have it too.
    """
    depth = tracing_depth()
    return depth > 0 and depth not in _imports.depths


def import_begins() -> None:
    """Told when a module is being made."""
    _imports.depths.append(tracing_depth())


def import_ends() -> None:
    """Told when it is there, or has failed."""
    _imports.depths.pop()
