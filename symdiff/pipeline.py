"""The passes, in order. This is the only file that knows the order.

`recognise_forms` runs on what the user wrote, before differentiation; ``PASSES`` on the union of forward and gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from symdiff.codegen.dialect import Dialect, Math, NumPy, is_float_scalar
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.rewrite import algebra, contraction, fold, lower, masks, recognise
from symdiff.rewrite.contract import contract_products
from symdiff.rewrite.engine import Engine, Journal

SIMPLIFY = (*fold.RULES, *algebra.RULES, *contraction.RULES)


@dataclass
class Compiled:
    """A graph that a dialect can print, and the journal of how it came about."""

    graph: Graph
    journal: Journal = field(default_factory=Journal)


def recognise_forms(graph: Graph, journal: Journal | None = None, *, exact: bool = False) -> Graph:
    """Folds constants and names stable forms: what is differentiated is what comes out of this."""
    return Engine((*fold.RULES, *recognise.RULES, *masks.RULES, *SIMPLIFY), exact=exact).run(graph, journal)


def _recognise(graph: Graph, journal: Journal, dialect: Dialect, exact: bool) -> Graph:
    """Nothing to do for a derivative: what it differentiates was recognised before."""
    return graph if graph.origins else recognise_forms(graph, journal, exact=exact)


def _simplify(graph: Graph, journal: Journal, dialect: Dialect, exact: bool) -> Graph:
    return Engine((*recognise.RULES, *SIMPLIFY), exact=exact).run(graph, journal)


def _contract(graph: Graph, journal: Journal, dialect: Dialect, exact: bool) -> Graph:
    if exact or not any(node.shape for node in toposort(graph.outputs)):
        return graph
    return Engine(SIMPLIFY).run(contract_products(graph, journal), journal)


def _lower(graph: Graph, journal: Journal, dialect: Dialect, exact: bool) -> Graph:
    return Engine((*lower.lowering(dialect.prints), *SIMPLIFY), exact=exact).run(graph, journal)


def _polish(graph: Graph, journal: Journal, dialect: Dialect, exact: bool) -> Graph:
    return Engine(algebra.POLISH, exact=exact).run(graph, journal)


Pass = Callable[[Graph, Journal, Dialect, bool], Graph]
PASSES: tuple[tuple[str, Pass], ...] = (
    ("recognise", _recognise),
    ("simplify", _simplify),
    ("contract", _contract),
    ("lower", _lower),
    ("polish", _polish),
)


def compile_graph(graph: Graph, dialect: Dialect, *, until: str | None = None, exact: bool = False) -> Compiled:
    """Runs the passes in order, up to and including the one called `until`.

    >>> from symdiff.frontends.text import parse
    >>> from symdiff.graph.aval import Aval
    >>> compile_graph(parse("x * 1").build({"x": Aval("float64")}), NumPy(), until="simplify").graph.outputs
    (<x: f64[]>,)
    """
    journal = Journal()
    for name, run in PASSES:
        graph = run(graph, journal, dialect, exact)
        if name == until:
            break
    return Compiled(graph, journal)


def choose_dialect(graph: Graph) -> Dialect:
    """`math` for graphs of floats that it can print, NumPy for all others."""
    nodes: list[Node] = toposort(graph.outputs)
    printable = is_float_graph(graph) and all(map(Math().prints, nodes))
    return Math() if printable else NumPy()


def is_float_graph(graph: Graph) -> bool:
    """Whether all that goes in, comes out and lies between is float64 scalars and conditions."""
    nodes = {*graph.inputs, *toposort(graph.outputs)}
    return bool(graph.inputs) and all(map(is_float_scalar, nodes)) and all(n.aval.kind == "f" for n in graph.inputs)
