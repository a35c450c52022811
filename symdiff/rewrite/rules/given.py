"""The rules that use facts, for one graph of which they are known; where they may fire is found once for all graphs."""

from __future__ import annotations

from functools import cache, cached_property

from symdiff.rewrite.engine import Index, Look
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rule import Rule
from symdiff.rewrite.rules import assumed, known


class Given(Index):
    """The rules on `facts`. They are made when one of them may fire: few nodes look as if it did."""

    def __init__(self, facts: Facts, *, forms: bool = True) -> None:
        self._facts, self._forms = facts, forms
        self._looks = _looks(bool(facts.assume), forms)

    @cached_property
    def bits(self) -> Index:
        """None of them keeps every bit."""
        return Index(())

    @cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in _rules(self._facts, self._forms)}

    def rules_for(self, look: Look) -> tuple[Rule, ...]:
        """The rules that may fire at a node of this look."""
        found = self._looks.rules_for(look)
        return tuple(self._by_name[rule.name] for rule in found) if found else found


def _rules(facts: Facts, forms: bool) -> tuple[Rule, ...]:
    return (*known.rules(facts), *assumed.rules(facts, forms=forms))


@cache
def _looks(declared: bool, forms: bool) -> Index:
    """The rules for where they may fire alone, which no fact changes: without facts they are never applied."""
    facts = Facts({})
    named = assumed.every(facts, forms=forms) if declared else assumed.rules(facts, forms=forms)
    return Index((*known.rules(facts), *named))
