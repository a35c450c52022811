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
from symdiff.render.document import Block, Formula, Inline, Paragraph, Row, Section, Table, folded, more
from symdiff.render.infix import is_leaf
from symdiff.render.opened import loop_title
from symdiff.render.symbols import Symbols
from symdiff.render.text import as_graph
from symdiff.render.typeset import adjoint, latex_name
from symdiff.report.backwards import Backwards, lowered


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
    stack = [(node, "", symbols) for node in reversed(graph.order) if node.op.block]
    while stack:
        node, within, around = stack.pop()
        inside, title = symbols_of_step(Loop.of(node)), loop_title(node)
        blocks = _forwards(node, around, inside, limit, is_inner=bool(within))
        sections.append(Section(f"{title}{within}, step by step", tuple(blocks)))
        inner = reversed(toposort(Loop.of(node).body.outputs))
        stack += [(each, f" in {lowered(title)}{within}", inside) for each in inner if each.op.block]
    return sections


def loops_backwards(back: Backwards) -> list[Section]:
    """The way back through a step of each loop that has one, and of the loops in it."""
    sections: list[Section] = []
    stack = [(node, "", back) for node in reversed(_differentiated(back.found))]
    while stack:
        node, within, around = stack.pop()
        step, title = _StepBackwards(node, around), loop_title(node)
        sections.append(Section(f"{title}{within}, step by step backwards", tuple(step.blocks())))
        inner = reversed(_differentiated(step.back.found))
        stack += [(each, f" in {lowered(title)}{within}", step.back) for each in inner]
    return sections


def symbols_of_step(loop: Loop) -> Symbols:
    """What is called what in a step: nothing is called as the values around the loop are that have no name."""
    return Symbols(as_graph(loop.body), unnamed="u")


def _forwards(node: Node, around: Symbols, inside: Symbols, limit: int, is_inner: bool) -> Iterator[Block]:
    """How the loop begins, what it goes through, and a step."""
    loop = Loop.of(node)
    said: list[str | Formula] = [f"{_how_often(loop)}. "]
    if loop.states:
        said += ["In the first step ", *_listed(inside, loop.states, " is ", around, loop.carry)]
        said += [" of the step around it. " if is_inner else ". "]
    if loop.elements:
        said += ["In each step ", *_listed(inside, loop.elements, " is an element of ", around, loop.sliced)]
        said += [" of the step around it"] if is_inner else []
        said += ["; the last elements come first. " if loop.reverse else ", in order. "]
    if loop.constants:
        said += [*inside.some(loop.constants), " are" if len(loop.constants) > 1 else " is", " the same in all steps"]
        others = [(k, x) for k, x in zip(loop.constants, loop.fixed, strict=True) if inside(k) != around(x)]
        if others:
            said += [": ", *_listed(inside, [k for k, _ in others], " is ", around, [x for _, x in others])]
        said += [". "]
    yield Paragraph([*said, "A step:"])
    table = program_table(as_graph(loop.body), inside, {}, limit)
    yield Table((*table.rows, *_outcome(node, loop, inside)))


def _listed(
    inside: Symbols, values: Sequence[Node], verb: str, around: Symbols, others: Sequence[Node]
) -> list[str | Formula]:
    """``q is v1, v is v2``."""
    found: list[str | Formula] = []
    for x, other in zip(values, others, strict=True):
        found += [", " if found else "", inside(x), verb, around(other)]
    return found


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


def _differentiated(found: Derivation) -> list[Node]:
    """The loops that something flows back through."""
    return list(dict.fromkeys(t.consumer for terms in found.terms.values() for t in terms if t.consumer.op.block))


class _StepBackwards:
    """The way back through a step.

    Attributes:
        back: the derivation of a step, from what arrives for its results.
    """

    def __init__(self, node: Node, around: Backwards) -> None:
        self.node, self.around = node, around
        loop = self.loop = Loop.of(node)
        self.symbols = symbols_of_step(loop)
        self.carried = {h: self._named(h, "_next", r"_{\mathrm{next}}") for h in loop.states if h.aval.inexact}
        seeds: dict[Node, Node] = {}
        given: dict[Node, tuple[Inline, Inline]] = {}
        for y, d, why in self._arriving():
            symbol = variable(d.text, y.aval)
            if y in seeds:
                first, reason = given[y]
                seeds[y], given[y] = seeds[y] + symbol, ([*first, " + ", d], [*reason, " and ", *why])
            else:
                seeds[y], given[y] = symbol, ([d], [self.symbols(y), " is ", *why])
        found = pull_back(seeds, [x for x in loop.body.inputs if x.aval.inexact])
        self.back = Backwards(found, self.symbols, given, {}, around.limit)

    def _named(self, h: Node, text: str, latex: str) -> Formula:
        """What arrives for the carried value `h`, beside what the step sends back for it."""
        name = self.symbols(h)
        return Formula(f"d_{name.text}{text}", f"{{{adjoint(name.latex)}}}{latex}")

    def _arriving(self) -> Iterator[tuple[Node, Formula, Inline]]:
        """The values of a step for which something arrives, what it is, and why."""
        loop, parts = self.loop, parts_of(self.node)
        for h, y in zip(loop.states, loop.following, strict=True):
            if h in self.carried:
                yield y, self.carried[h], [self.symbols(h), " in the next step"]
        for k, y in enumerate(loop.left, len(loop.carry)):
            if self.node.parts[k] in self.around.found.grad_table and y.aval.inexact:
                kept, d = Formula(parts[k].name, latex_name(parts[k].name)), self._arrived(k)
                yield y, Formula(f"{d.text}[t]", f"{d.latex}[t]"), ["kept in ", kept]

    def _arrived(self, k: int) -> Formula:
        """What has arrived for part k of the loop, in the program around it."""
        d = self.around.cotangents.get(self.node.parts[k])
        return Formula("0", "0") if d is None else self.around.symbols(d)

    def _at_the_end(self, k: int) -> list[str | Formula]:
        is_read = self.node.parts[k] in self.around.cotangents
        return ["what the lines behind the loop have sent back, ", self._arrived(k)] if is_read else [self._arrived(k)]

    def blocks(self) -> Iterator[Block]:
        """What is said of it."""
        said: list[str | Formula] = ["From the last step to the first. "]
        for k, h in enumerate(self.loop.states):
            if h in self.carried:
                said += [self.carried[h], " is what the step after has sent back for ", self.symbols(h)]
                said += ["; in the last step it is ", *self._at_the_end(k), ". "]
        if any(t.consumer.op.masks for terms in self.back.found.terms.values() for t in terms):
            said += ["What is not selected sends nothing back. "]
        yield Paragraph([*said, "A step sends back:"])
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
