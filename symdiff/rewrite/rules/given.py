"""Rules for one graph, of which something is known; where such rules may fire is found once for all graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, cached_property

from symdiff.graph.op import Op
from symdiff.rewrite.engine import Asked, Index, Look
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rule import Rule
from symdiff.rewrite.rules import assumed, known


class Given(Index):
    """Rules that are made when one of them may fire: few nodes look as if it did.

    `looks` are the same rules for where they may fire alone, which is the same for all graphs; they are never applied.
    What they say is the same for all graphs, too, unless they are of one.
    """

    def __init__(self, looks: Index, make: Callable[[], Iterable[Rule]], *, of_one_graph: bool = True) -> None:
        self._looks, self._make, self.lasting = looks, make, None if of_one_graph else looks

    @cached_property
    def bits(self) -> Index:
        """None of them is for those who ask for what was written."""
        return Index(())

    @cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in self._make()}

    def rules_of(self, op: Op) -> tuple[Rule, ...]:
        """The rules that may say something of nodes of this operation."""
        return self._looks.rules_of(op)

    def asked(self, look: Look) -> Asked:
        """The rules that may fire at a node of this look, each with what it says of such nodes."""
        found = self._looks.asked(look)
        if not found:
            return found
        pairs = [(rule, rule.at(*look)) for rule in (self._by_name[named.name] for named, _ in found)]
        return tuple((rule, says) for rule, says in pairs if says is not None)


def on_facts(facts: Facts, *, forms: bool = True) -> Given:
    """The rules that use facts; `forms` as in `symdiff.rewrite.rules.assumed`."""
    declared = bool(facts.assume)
    looks = _looks(declared, forms and declared)
    return Given(looks, lambda: (*known.rules(facts), *assumed.rules(facts, forms=forms)), of_one_graph=declared)


@cache
def _looks(declared: bool, forms: bool) -> Index:
    facts = Facts({})
    named = assumed.every(facts, forms=forms) if declared else assumed.rules(facts, forms=forms)
    return Index((*known.rules(facts), *named))
