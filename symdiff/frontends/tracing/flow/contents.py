"""What arrays hold, so that a side of a branch, or a step of a loop, can be tried, and what it wrote be taken back."""

from __future__ import annotations

from symdiff.frontends.tracing.remembered import born, log, new_moment, numbered
from symdiff.frontends.tracing.storage import Held, Storage


class Contents:
    """What all arrays of a trace held at a moment.

    Numbers are copied, for NumPy writes into them unseen; what else is written from here on is in the log.
    """

    def __init__(self) -> None:
        self._numbers: dict[Storage, Held] = {
            s: Held.by(s) for s in list(numbered()) if isinstance(s, Storage) and s.numbers is not None
        }
        new_moment()
        self._first, self._born = len(log()), born()

    def _held(self) -> dict[Storage, Held]:
        """What may have been written since, in the order in which it was made, and what it held."""
        found = dict(self._numbers)
        for storage, held in log()[self._first :]:
            if storage.born < self._born:
                found.setdefault(storage, held)
        return dict(sorted(found.items(), key=lambda pair: pair[0].born))

    def written(self) -> list[Storage]:
        """The arrays that have been written since."""
        return [storage for storage, held in self._held().items() if not held.is_held_by(storage)]

    def put_back(self) -> None:
        """Takes back what was written since."""
        for storage, held in self._held().items():
            if not held.is_held_by(storage):
                held.put_back(storage)
