"""The passes, in order. This is the only file that knows the order.

`recognise_forms` runs on what the user wrote, before differentiation; ``PASSES`` on the union of forward and gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from symdiff.codegen.dialect import Dialect, Math, NumPy, is_float_scalar
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers, toposort
from symdiff.rewrite.contract.contract import contract_products
from symdiff.rewrite.engine import Engine, Journal
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.regroup.regroup import regroup
from symdiff.rewrite.rule import Rule
from symdiff.rewrite.rules import (
    algebra,
    assumed,
    broadcasts,
    constants,
    context,
    domains,
    lowering,
    polish,
    positions,
    stable,
    stable_sums,
    views,
)

FORMS = (*stable.RULES, *stable_sums.RULES)
SIMPLIFY = (*constants.RULES, *algebra.RULES, *broadcasts.RULES, *views.RULES, *positions.RULES)


@dataclass
class Compiled:
    """A graph that a dialect can print, and the journal of how it came about."""

    graph: Graph
    journal: Journal = field(default_factory=Journal)


def recognise_forms(graph: Graph) -> Graph:
    """Folds constants and names stable forms: what is differentiated is what comes out of this."""
    return _run(graph, (*constants.RULES, *FORMS, *domains.RULES, *SIMPLIFY))


def _run(graph: Graph, rules: Iterable[Rule]) -> Graph:
    """`graph` rewritten; what its assumptions allow is added to the rules, and the steps to its journal."""
    facts = Facts(graph.notes.assume)
    journal = Journal(list(graph.notes.journal))
    engine = Engine((*rules, *assumed.rules(facts)), exact=graph.notes.exact)
    done = engine.run(graph, journal)
    return done.with_(
        journal=tuple(journal.steps), relied_on=tuple(dict.fromkeys((*graph.notes.relied_on, *facts.used)))
    )


def _recognise(graph: Graph, dialect: Dialect) -> Graph:
    """Nothing to do for a derivative: what it differentiates was recognised before."""
    return graph if graph.notes.origins else recognise_forms(graph)


def _simplify(graph: Graph, dialect: Dialect) -> Graph:
    return _run(graph, (*FORMS, *SIMPLIFY))


def _lower(graph: Graph, dialect: Dialect) -> Graph:
    graph = _run(graph, context.contextual(toposort(graph.outputs)))
    return _run(graph, (*lowering.lowering(dialect.prints), *SIMPLIFY))


def _contract(graph: Graph, dialect: Dialect) -> Graph:
    if graph.notes.exact or not any(n.shape for n in toposort(graph.outputs) if not n.aval.parts):
        return graph
    return _run(_journalled(contract_products, graph), SIMPLIFY)


def _regroup(graph: Graph, dialect: Dialect) -> Graph:
    return graph if graph.notes.exact else _journalled(regroup, graph)


def _journalled(rewrite: Callable[[Graph, Journal], Graph], graph: Graph) -> Graph:
    """`graph` rewritten by a pass that is no set of rules; the steps go into its journal."""
    journal = Journal(list(graph.notes.journal))
    return rewrite(graph, journal).with_(journal=tuple(journal.steps))


def _polish(graph: Graph, dialect: Dialect) -> Graph:
    uses, outputs = consumers(toposort(graph.outputs)), set(graph.outputs)
    shared = {node for node, users in uses.items() if len(users) > 1 or node in outputs}
    return _run(graph, polish.polish(shared))


def _leave_unsaid(graph: Graph, dialect: Dialect) -> Graph:
    """Last, for the rules of all other passes hold for what is written down, not for what NumPy does by itself."""
    return _journalled(Engine(lowering.IMPLICIT, exact=graph.notes.exact).run, graph)


Pass = Callable[[Graph, Dialect], Graph]
PASSES: tuple[tuple[str, Pass], ...] = (
    ("recognise", _recognise),
    ("simplify", _simplify),
    ("contract", _contract),
    ("lower", _lower),
    ("regroup", _regroup),
    ("polish", _polish),
    ("implicit", _leave_unsaid),
)


def compile_graph(graph: Graph, dialect: Dialect, *, until: str | None = None, exact: bool = False) -> Compiled:
    """Runs the passes in order, up to and including the one called `until`.

    >>> from symdiff.frontends.text.parser import parse
    >>> from symdiff.graph.aval import Aval
    >>> compile_graph(parse("x * 1").build({"x": Aval("float64")}), NumPy(), until="simplify").graph.outputs
    (<x: f64[]>,)
    """
    graph = graph.with_(exact=True) if exact else graph
    for name, run in PASSES:
        graph = run(graph, dialect)
        if name == until:
            break
    return Compiled(graph, Journal(list(graph.notes.journal)))


def choose_dialect(graph: Graph) -> Dialect:
    """`math` for graphs of floats that it can print, NumPy for all others."""
    nodes: list[Node] = toposort(graph.outputs)
    printable = is_float_graph(graph) and all(map(Math().prints, nodes))
    return Math() if printable else NumPy()


def is_float_graph(graph: Graph) -> bool:
    """Whether all that goes in, comes out and lies between is float64 scalars and conditions."""
    nodes = {*graph.inputs, *toposort(graph.outputs)}
    return bool(graph.inputs) and all(map(is_float_scalar, nodes)) and all(n.aval.kind == "f" for n in graph.inputs)
