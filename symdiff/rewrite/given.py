"""Rules that are made for one graph, of which something is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from symdiff.rewrite.engine import Index
from symdiff.rewrite.rule import Rule


class Given(Index):
    """Rules that are made when one of them may fire: few nodes look as if it did.

    `looks` are the same rules for where they may fire alone, which is the same for all graphs; they are never applied.
    What they say is the same for all graphs, too, unless they are of one.
    """

    def __init__(self, looks: Index, make: Callable[[], Iterable[Rule]], *, of_one_graph: bool = True) -> None:
        self.looks, self._make, self.lasting = looks, make, None if of_one_graph else looks

    @cached_property
    def bits(self) -> Index:
        """Those that change no bit."""
        return Given(self.looks.bits, self._make, of_one_graph=self.lasting is None)

    @cached_property
    def made(self) -> dict[str, Rule]:  # type: ignore[override]
        """The rules, by name."""
        return {rule.name: rule for rule in self._make()}
