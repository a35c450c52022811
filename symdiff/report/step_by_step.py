"""Loops explained: a step forwards, and the same step backwards.

The way back through a loop takes its steps from the last one to the first (Griewank and Walther, "Evaluating
Derivatives", 2008, section 3.3). In each of them it does with the lines of a step what it does with those of a program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symdiff.autodiff.reverse import Derivation, pull_back
from symdiff.graph.dims import is_counted
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop, parts_of
from symdiff.graph.node import Node, variable
from symdiff.graph.walk import toposort
from symdiff.render.document import Block, Formula, Paragraph, Row, Section, Table, folded, more
from symdiff.render.infix import is_leaf
from symdiff.render.symbols import Symbols
from symdiff.render.text import as_graph
from symdiff.render.typeset import adjoint, latex_name
from symdiff.report.backwards import Backwards, loop_title


def operations(outputs: Sequence[Node]) -> list[Node]:
    """What has a line; of a node with parts, these have."""
    return [node for node in toposort(outputs) if not is_leaf(node) and not node.aval.parts]


def program_table(graph: Graph, symbols: Symbols, values: Mapping[Node, str], limit: int) -> Table:
    """Inputs and operations, one a line, with types and values."""
    order = [*graph.inputs, *operations(graph.outputs)]
    rows = []
    for kept in folded(order, lambda node: node.op, limit):
        if isinstance(kept, int):
            rows.append(more(kept))
            continue
        cells = ([symbols.equation(kept)], [repr(kept.aval).rstrip("~")], [values.get(kept, "")])
        rows.append(Row(cells, "forward"))
    return Table(tuple(rows))


def loops_forwards(graph: Graph, symbols: Symbols, limit: int) -> list[Section]:
    """A step of each loop of a graph, and of the loops in it."""
    sections: list[Section] = []
    stack = [(node, symbols) for node in reversed(toposort(graph.outputs)) if node.op.block]
    while stack:
        node, around = stack.pop()
        step = as_graph(Loop.of(node).body)
        inside = Symbols(step)
        sections.append(Section(f"{loop_title(node)}, step by step", tuple(_forwards(node, around, inside, limit))))
        stack += [(inner, inside) for inner in reversed(toposort(step.outputs)) if inner.op.block]
    return sections


def loops_backwards(back: Backwards) -> list[Section]:
    """The way back through a step of each loop that has one, and of the loops in it."""
    sections: list[Section] = []
    stack = list(reversed(_differentiated(back.found)))
    while stack:
        node, arriving = stack.pop()
        step = _StepBackwards(node, arriving, back.limit)
        sections.append(Section(f"{loop_title(node)}, step by step backwards", tuple(step.blocks())))
        stack += reversed(_differentiated(step.back.found))
    return sections


def _forwards(node: Node, around: Symbols, inside: Symbols, limit: int) -> Iterator[Block]:
    loop = Loop.of(node)
    begin: list[str | Formula] = []
    for h, start in zip(loop.states, loop.carry, strict=True):
        begin += [", " if begin else "", inside(h), " is ", around(start)]
    along: list[str | Formula] = []
    for x, array in zip(loop.elements, loop.sliced, strict=True):
        along += [", " if along else "", inside(x), " is an element of ", around(array)]
    said: list[str | Formula] = [f"{_how_often(loop)}. "]
    said += ["In the first step ", *begin, ". "] if begin else []
    said += ["In each step ", *along, "; the last elements come first. " if loop.reverse else ". "] if along else []
    yield Paragraph([*said, "A step:"])
    table = program_table(as_graph(loop.body), inside, {}, limit)
    yield Table((*table.rows, *_outcome(node, loop, inside)))


def _how_often(loop: Loop) -> str:
    if loop.asks:
        return "The loop asks in each step whether to go on"
    if is_counted(loop.length):
        return "As many steps as the loop before it"
    return "One step" if loop.length == 1 else f"{loop.length} steps"


def _outcome(node: Node, loop: Loop, inside: Symbols) -> Iterator[Row]:
    for goes in loop.going:
        yield Row((["the step is taken if ", inside(goes, 2)],), "forward")
    for h, y in zip(loop.states, loop.following, strict=True):
        yield Row((["in the next step ", inside(h), " is ", inside(y)],), "forward")
    for y, part in zip(loop.left, parts_of(node)[len(loop.carry) :], strict=True):
        yield Row(([inside(y), " is kept, for all steps in ", Formula(part.name, latex_name(part.name))],), "forward")


# ----------------------------------------------------------------------------------------------------- the way back


def _differentiated(found: Derivation) -> list[tuple[Node, Sequence[bool]]]:
    """The loops that something flows back through, with the parts for which something arrives."""
    loops = dict.fromkeys(t.consumer for terms in found.terms.values() for t in terms if t.consumer.op.block)
    return [(node, [part in found.grad_table for part in node.parts]) for node in loops]


class _StepBackwards:
    """The way back through a step."""

    def __init__(self, node: Node, arriving: Sequence[bool], limit: int) -> None:
        loop = self.loop = Loop.of(node)
        self.symbols = Symbols(as_graph(loop.body))
        seeds: dict[Node, Node] = {}
        given: dict[Node, tuple[Inline, Inline]] = {}
        for y, d, why in self._arriving(node, arriving):
            symbol = variable(d.text, y.aval)
            if y in seeds:
                first, reason = given[y]
                seeds[y], given[y] = seeds[y] + symbol, ([*first, " + ", d], [*reason, " and ", *why])
            else:
                seeds[y], given[y] = symbol, ([d], [self.symbols(y), " is ", *why])
        found = pull_back(seeds, [x for x in loop.body.inputs if x.aval.inexact])
        self.back = Backwards(found, self.symbols, given, {}, limit)

    def _arriving(self, node: Node, arriving: Sequence[bool]) -> Iterator[tuple[Node, Formula, Inline]]:
        """The values of a step for which something arrives, what it is, and why."""
        loop, parts = self.loop, parts_of(node)
        for h, y in zip(loop.states, loop.following, strict=True):
            if h.aval.inexact:
                name = Formula(h.name or "", latex_name(h.name or ""))
                yield y, Formula(f"d_{name.text}", adjoint(name.latex)), [name, " in the next step"]
        for k, y in enumerate(loop.left, len(loop.carry)):
            if arriving[k] and y.aval.inexact:
                name = Formula(parts[k].name, latex_name(parts[k].name))
                yield y, Formula(f"d_{name.text}[t]", f"{adjoint(name.latex)}[t]"), ["kept in ", name]

    def blocks(self) -> Iterator[Block]:
        """What is said of it."""
        first, last = ("first", "last") if self.loop.reverse else ("last", "first")
        said = (
            f"From the {first} step to the {last}. What arrives for a value that is carried on is what the step after "
            "it has sent back, and for the last one what the program has. A step sends back:"
        )
        yield Paragraph([said])
        yield Table((*self.back.steps().rows, *self._sent_on()))

    def _sent_on(self) -> Iterator[Row]:
        loop, known = self.loop, self.back.found.grad_table
        for h in loop.states:
            if h in known:
                yield Row(([self._d(h), " goes to the step before"],), "backward")
        for x, array in zip(loop.elements, loop.sliced, strict=True):
            if x in known and array.aval.inexact:
                yield Row(([self._d(x), " goes to the element that the step has read"],), "backward")
        for k in loop.constants:
            if k in known:
                yield Row(([self._d(k), " is added up over all steps"],), "backward")

    def _d(self, x: Node) -> Formula:
        return self.symbols(self.back.cotangents[x])
