"""Where a compilation stands: a line on the terminal if it takes long, and times for those who ask.

The stages say when they begin and end, each in a ``with stage(…)``. Nobody needs to know who listens: a line that
appears after two seconds if the standard error is a terminal (``SYMDIFF_PROGRESS=0`` turns it off), and `timed`, which
tells how long each stage took.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

STAGES = (
    "compile", "trace", "recognise", "differentiate", "guards", "simplify", "loops", "cancel", "contract", "room",
    "lower", "decide", "slices", "regroup", "polish", "spell", "own", "print", "load",
)  # fmt: skip
PATIENCE = 2.0  # seconds before the line appears
WIDTH = 24  # of the bar
CLEARED = "\r\x1b[K"  # the line that the cursor is in, to its end


class _Running(threading.local):
    """What one thread compiles now."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.times: dict[str, float] | None = None
        self.since = 0.0
        self.line: _Line | None = None

    def charge(self) -> None:
        """Adds the time since it was last asked for to the innermost stage."""
        if self.times is None:
            return
        now = time.process_time()
        if self.stages:
            self.times[self.stages[-1]] = self.times.get(self.stages[-1], 0.0) + now - self.since
        self.since = now


_running = _Running()


class stage:  # noqa: N801 (it is read as a function)
    """A stage of a compilation: one of `STAGES`. Stages within stages count by themselves."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        running = _running
        running.charge()
        if not running.stages and (terminal := _terminal()) is not None:
            running.line = _Line(terminal)
        running.stages.append(self.name)
        if running.line is not None:
            running.line.tell(self.name)

    def __exit__(self, *error: object) -> None:
        running = _running
        running.charge()
        running.stages.pop()
        if not running.stages and running.line is not None:
            running.line.clear()
            running.line = None


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """How many seconds of CPU time each stage takes in this thread, without those within it.

    >>> with timed() as times, stage("print"):
    ...     _ = [k for k in range(1000)]
    >>> list(times)
    ['print']
    """
    outer, _running.times = _running.times, {}
    _running.since = time.process_time()
    try:
        yield _running.times
    finally:
        _running.charge()
        _running.times = outer


def _terminal() -> TextIO | None:
    """Where a line is wanted, if anywhere."""
    is_watched = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("SYMDIFF_PROGRESS", "1") != "0"
    return sys.stderr if is_watched else None


class _Line:
    """The line of one compilation. A timer shows it, for a single stage may be the one that takes long."""

    def __init__(self, terminal: TextIO) -> None:
        self.terminal = terminal
        self.lock = threading.Lock()
        self.name, self.furthest = "", 0
        self.is_shown = self.is_over = False
        self.timer = threading.Timer(PATIENCE, self._show)
        self.timer.daemon = True
        self.timer.start()

    def tell(self, name: str) -> None:
        """A stage begins."""
        with self.lock:
            self.name = name
            self.furthest = max(self.furthest, STAGES.index(name) if name in STAGES else 0)
            if self.is_shown:
                self._write(self._text())

    def clear(self) -> None:
        """The compilation has ended, or was interrupted."""
        self.timer.cancel()
        with self.lock:
            self.is_over = True
            if self.is_shown:
                self._write(CLEARED)

    def _show(self) -> None:
        with self.lock:
            if not self.is_over:
                self.is_shown = True
                self._write(self._text())

    def _text(self) -> str:
        done = WIDTH * self.furthest // len(STAGES)
        return f"{CLEARED}symdiff {'█' * done}{'░' * (WIDTH - done)} {self.name}"

    def _write(self, text: str) -> None:
        self.terminal.write(text)
        self.terminal.flush()
