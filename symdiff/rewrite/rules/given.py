"""The rules that use facts; where they may fire is found once for all graphs."""

from __future__ import annotations

from functools import cache

from symdiff.rewrite.engine import Index
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.given import Given
from symdiff.rewrite.rules import assumed, known


def on_facts(facts: Facts, *, forms: bool = True) -> tuple[Given, Given]:
    """The rules that use facts; `forms` as in `symdiff.rewrite.rules.assumed`."""
    declared = bool(facts.assume)
    return (
        Given(_always(), lambda: known.rules(facts), of_one_graph=declared),
        Given(_assumed(declared, forms and declared), lambda: assumed.rules(facts, forms=forms), of_one_graph=declared),
    )


@cache
def _always() -> Index:
    return Index(known.rules(Facts({})))


@cache
def _assumed(declared: bool, forms: bool) -> Index:
    facts = Facts({})
    return Index(assumed.every(facts, forms=forms) if declared else assumed.rules(facts, forms=forms))
