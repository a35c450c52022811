"""Objects that a step makes unseen, in ``__add__`` or in a function of a library: each attempt makes others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdiff.frontends.tracing.flow.places import Journal, Place
from symdiff.frontends.tracing.flow.values import is_plain_object


class Anew:
    """The objects that variables were bound to at the end of the attempt before, which are kept alive for it.

    What was there before the step is the same object in each attempt.
    """

    def __init__(self) -> None:
        self.last: dict[int, Any] = {}

    def meets(self, after: Sequence[Any], given: Sequence[Any], journal: Journal) -> bool:
        """Notes in the journal what a step has made; says whether only another attempt can tell."""
        is_unknown = False
        for k, (value, held) in enumerate(zip(after, given, strict=False)):
            if value is held or type(value) is not type(held) or not is_plain_object(value):
                continue
            if k in self.last:
                _note(value, self.last[k], journal)
            elif id(value) not in journal.made:
                is_unknown = True
            self.last[k] = value
        return is_unknown


def _note(value: Any, other: Any, journal: Journal) -> None:
    """Notes an object that is another one than in the attempt before, and the objects in it that are."""
    waiting = [(value, other)]
    while waiting:
        a, b = waiting.pop()
        if a is b or type(a) is not type(b) or not is_plain_object(a) or id(a) in journal.made:
            continue
        journal.made[id(a)] = a
        inside, before = Place(a).contents(), Place(b).contents()
        waiting += [(x, before[name]) for name, x in inside.items() if name in before]
