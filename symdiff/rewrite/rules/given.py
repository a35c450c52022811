"""Rules for one graph, of which something is known; where such rules may fire is found once for all graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, cached_property

from symdiff.rewrite.engine import Index, Look
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rule import Rule
from symdiff.rewrite.rules import assumed, known


class Given(Index):
    """Rules that are made when one of them may fire: few nodes look as if it did.

    `looks` are the same rules for where they may fire alone, which is the same for all graphs; they are never applied.
    """

    def __init__(self, looks: Index, make: Callable[[], Iterable[Rule]]) -> None:
        self._looks, self._make = looks, make

    @cached_property
    def bits(self) -> Index:
        """None of them is for those who ask for what was written."""
        return Index(())

    @cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in self._make()}

    def rules_for(self, look: Look) -> tuple[Rule, ...]:
        """The rules that may fire at a node of this look."""
        found = self._looks.rules_for(look)
        return tuple(self._by_name[rule.name] for rule in found) if found else found


def on_facts(facts: Facts, *, forms: bool = True) -> Given:
    """The rules that use facts; `forms` as in `symdiff.rewrite.rules.assumed`."""
    looks = _looks(bool(facts.assume), forms)
    return Given(looks, lambda: (*known.rules(facts), *assumed.rules(facts, forms=forms)))


@cache
def _looks(declared: bool, forms: bool) -> Index:
    facts = Facts({})
    named = assumed.every(facts, forms=forms) if declared else assumed.rules(facts, forms=forms)
    return Index((*known.rules(facts), *named))
