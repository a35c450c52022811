"""The process that answers: requests come in and answers go out over a pipe, within bounds of memory.

It is a process of its own because an expression within all limits can still ask for a large array, or for a long loop:
`desk` ends it when its time is over, or when nobody waits for its answer any more.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

MEMORY = 4 * 2**30  # bytes of address space; libraries alone take about one of these four
EXAMPLE: Mapping[str, Any] = {"text": "tanh(x) * y", "views": ["source", "formulas"]}


def serve(connection: Connection, folder: Path | None) -> None:
    """Answers until the other end is closed.

    Args:
        connection: of which requests come and answers go, objects as JSON has them.
        folder: as for `answers.answer`.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when NumPy is imported; small arrays need no threads
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this process
    sys.stdout = sys.stderr  # what functions print is not for the terminal's reader
    _bound_memory()
    from symdiff.play.answers import answer  # noqa: PLC0415 (imports NumPy, within the bounds)

    answer(EXAMPLE)
    gc.collect()
    gc.freeze()
    with suppress(EOFError, OSError):  # the other end is closed
        connection.send({"ready": True})
        while True:
            connection.send(answer(connection.recv(), folder))


def _bound_memory() -> None:
    """Bounds the address space, where the system can (Linux does, macOS does not, Windows has no such call)."""
    try:
        import resource  # noqa: PLC0415 (POSIX alone)
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    bound = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
