"""Where requests are handed in: a worker answers them one by one, and another one, warm, stands ready to replace it.

A request is given up when a newer one of the same page comes, it has been worked on for longer than `GRACE`, and the
other worker is ready: while one types, what was typed before is of no interest, but to wait for a process that starts
takes longer than most answers. A request is given up, too, after `LONGEST`. To give up is to end the process.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import OrderedDict
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any

from symdiff.errors import ArgumentError
from symdiff.play.worker import serve

GRACE = 0.25  # seconds that an old request may still take: a worker that is ended costs more
LONGEST = 10.0  # seconds of one request
START = 60.0  # seconds until a worker must be ready
PAGES = 64  # whose numbers are known
LOOK = 0.01  # seconds between two looks at whether a newer request has come
OLD = {"superseded": True}
GUARD = 'in a script, make the Desk below: if __name__ == "__main__":'  # for the process runs the script, too


class _Worker:
    """A process, and the way to it."""

    def __init__(self, folder: Path | None) -> None:
        context = get_context("spawn")
        self.mine, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, folder), daemon=True)
        try:
            self.process.start()
        except RuntimeError:  # of multiprocessing: this is a process that reads the script by which it was started
            raise ArgumentError("a Desk starts a process, and that one runs this script as well", help=GUARD) from None
        theirs.close()
        self.is_ready = False

    def has_started(self, seconds: float = 0.0) -> bool:
        """Whether it has sent its greeting, or sends it within some time."""
        if not self.is_ready and self.mine.poll(seconds):
            self.mine.recv()
            self.is_ready = True
        return self.is_ready

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.mine.close()


class Desk:
    """Answers requests in another process; a context manager, which ends the processes.

    Args:
        trust: run Python functions.
        longest: seconds of one request.

    Raises:
        ArgumentError: in the process that is started, if it runs the script again that makes the Desk.

    >>> with Desk() as desk:  # doctest: +SKIP
    ...     desk.ask({"text": "x**2", "views": ["source"]}, page="1", number=1)
    """

    def __init__(self, trust: bool = False, longest: float = LONGEST) -> None:
        self.longest = longest
        self._folder = tempfile.TemporaryDirectory(prefix="symdiff-play-") if trust else None
        self._turn = threading.Lock()
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._worker = self._new()
        self._spare: _Worker | None = None

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes."""
        for worker in (self._worker, self._spare):
            if worker is not None:
                worker.end()
        if self._folder is not None:
            self._folder.cleanup()

    def ask(self, request: Any, page: str, number: int) -> dict[str, Any]:
        """The answer to `request`.

        Args:
            request: as JSON has it.
            page: who asks.
            number: grows with each text that is typed on a page; a request with a smaller one is out of date.

        Returns:
            what `answers.answer` returns; ``{"superseded": True}`` if the request is out of date; an error if it takes
            too long.
        """
        self._newest[page] = max(number, self._newest.get(page, number))
        self._newest.move_to_end(page)
        while len(self._newest) > PAGES:
            self._newest.popitem(last=False)
        with self._turn:
            if self._is_old(page, number):
                return OLD
            try:
                if not self._worker.has_started(START):
                    raise EOFError
                return self._answer(request, page, number)
            except (EOFError, OSError):
                what = "has ended" if self._worker.is_ready else "has not started"
                how = "a smaller problem may do; or try again" if self._worker.is_ready else GUARD
                self._replace()
                return _failed(f"the process that computes {what}", how)
            finally:
                if self._spare is None:
                    self._spare = self._new()

    def _answer(self, request: Any, page: str, number: int) -> dict[str, Any]:
        started = time.monotonic()
        self._worker.mine.send(request)
        while not self._worker.mine.poll(LOOK):
            passed = time.monotonic() - started
            if passed > GRACE and self._is_old(page, number) and self._can_replace():
                self._replace()
                return OLD
            if passed > self.longest:
                self._replace()
                return _failed(
                    f"this takes longer than {self.longest:g} seconds", "try smaller lengths, or fewer steps"
                )
        found: dict[str, Any] = self._worker.mine.recv()
        return found

    def _is_old(self, page: str, number: int) -> bool:
        return self._newest.get(page, number) > number

    def _can_replace(self) -> bool:
        try:
            return self._spare is not None and self._spare.has_started()
        except (EOFError, OSError):  # it has ended by itself
            self._spare = None
            return False

    def _replace(self) -> None:
        """Ends the worker; the spare one takes its place."""
        self._worker.end()
        self._worker, self._spare = self._spare or self._new(), None

    def _new(self) -> _Worker:
        return _Worker(Path(self._folder.name) if self._folder is not None else None)


def _failed(message: str, help: str) -> dict[str, Any]:
    return {"inputs": [], "views": {}, "error": {"type": "LimitError", "message": message, "help": help}}
