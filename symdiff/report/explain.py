"""The derivation, step by step: the program, how backpropagation differentiates it, what is rewritten, and what runs.

The order is that of Algorithms 6.5 and 6.6 of Goodfellow, Bengio and Courville, "Deep Learning" (2016). No formula is
written down here: a rule is shown by applying it to symbols, a rewrite by what it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from symdiff.autodiff.reverse import Derivation
from symdiff.codegen.source import Definition, definition_text
from symdiff.graph.assumptions import ASSUMPTIONS
from symdiff.graph.dims import COUNTED
from symdiff.graph.graph import Graph
from symdiff.graph.loop import step_counts
from symdiff.graph.node import Node
from symdiff.graph.tree import leaves
from symdiff.graph.walk import between
from symdiff.program.gradient import Gradient, value_of
from symdiff.program.jacobian import Hessian
from symdiff.program.recipe import Declared, Recipe, Renamed, peeled
from symdiff.program.stages import Stages
from symdiff.render.document import (
    Block,
    Code,
    Document,
    Formula,
    Inline,
    Paragraph,
    Row,
    Section,
    Snippet,
    Table,
    folded,
    more,
    reworded,
)
from symdiff.render.equations import derivative, graph_latex, second_derivative, value_name
from symdiff.render.infix import infix, is_leaf
from symdiff.render.symbols import Symbols
from symdiff.render.typeset import latex_name
from symdiff.report import LIMIT
from symdiff.report.backwards import Backwards, is_stretched, lowered
from symdiff.report.debug import record, summary
from symdiff.report.modes import mode_section
from symdiff.report.step_by_step import loops_backwards, loops_forwards, operations, program_table
from symdiff.rewrite.engine import Journal, Step

HALF_LINE = 46  # columns of a formula before it is cut short
CLAIMS = {
    "BITS": "the same bits on every input",
    "REAL": "equal in exact arithmetic",
    "ASSUME": "equal where what is declared of the inputs holds",
}


def explain(stages: Stages, at: Sequence[Any] | None = None, limit: int = LIMIT) -> Document:
    """The explanation of a program.

    Args:
        stages: of a gradient; of any other function, what there is to explain is the program, the rewrites, the source.
        at: the arguments at which values are shown, one for each input.
        limit: how many steps of one kind are shown before they are folded.
    """
    own = peeled(stages.recipe)
    is_gradient = isinstance(own, Gradient)
    found = _Explanation(own, stages, at, limit).document() if is_gradient else _explained(stages, at, limit)  # type: ignore[arg-type]
    return reworded(found, _counted(stages))


def _counted(stages: Stages) -> Callable[[str], str]:
    """How many steps a loop takes has a name of its own in the graph, which is called ``steps``, as in the source."""
    names: dict[str, str] = {}
    for graph in (stages.written, stages.derived, stages.simplified):
        names |= {k: v for k, v in step_counts(graph.whole).items() if k not in names}
    return lambda text: re.sub(rf"{COUNTED}\d+", lambda found: names.get(found[0], "steps"), text)


def _explained(stages: Stages, at: Sequence[Any] | None, limit: int) -> Document:
    """The explanation of what is no gradient."""
    graph = stages.built.graph(stages.recipe)
    symbols = Symbols(graph)
    values = _values(graph, graph.outputs, at)
    rewrites = _rewrites(stages.journal, symbols, limit)
    program = Section("The program", (program_table(graph, symbols, values, limit),))
    sections = [*mode_section(stages), program, *_loops(graph)]
    sections += loops_forwards(graph, symbols, limit)
    sections += [Section("The rewrites", tuple(rewrites))] if rewrites else []
    return Document(stages.recipe.title, (*sections, _source(stages, limit)))


def explain_rewrites(stages: Stages, limit: int = LIMIT) -> Document:
    """The journal: what was rewritten before differentiation and after, why that is sound, and where it is safer."""
    first = len(stages.built.graph(stages.recipe).notes.journal)
    steps = stages.journal.steps
    written = Symbols(Graph(stages.lowered.inputs, ()))
    parts = [("Before differentiating", steps[:first]), ("After" if first else "The rewrites", steps[first:])]
    sections = [Section(title, tuple(_rewrites(Journal(part), written, limit))) for title, part in parts]
    sections = [section for section in sections if section.blocks]
    relied = [f"{name} is declared to {ASSUMPTIONS[word].says}" for name, word in stages.lowered.notes.relied_on]
    if relied:
        sections.append(Section("Assumptions", (Paragraph([f"This relies on: {'; '.join(relied)}."]),)))
    nothing = Section("The rewrites", (Paragraph(["Nothing was rewritten."]),))
    return Document(stages.recipe.title, tuple(sections) or (nothing,))


def equations(recipe: Recipe, graph: Graph) -> str:
    """The function as equations in LaTeX; a gradient's lines say of what, and with respect to what."""
    found: list[Gradient] = []
    while isinstance(recipe, (Renamed, Declared, Gradient)):
        found += [recipe] if isinstance(recipe, Gradient) else []
        recipe = recipe.base
    if not found:
        return graph_latex(graph, _second(recipe, graph) if isinstance(recipe, Hessian) else ())
    value = latex_name(value_name(graph)) if len(found) == 1 else "f"
    for inner in reversed(found[1:]):
        value = derivative(value, graph.inputs[next(leaves(inner.wrt))])
    targets = [derivative(value, graph.inputs[k]) for k in leaves(found[0].wrt)]
    return graph_latex(graph, [value, *targets] if found[0].with_value else targets)


def _second(recipe: Hessian, graph: Graph) -> list[str]:
    """What second derivatives are called: one for each pair of targets; none if they are something else here."""
    value, targets = latex_name(value_name(graph)), [graph.inputs[k] for k in leaves(recipe.wrt)]
    names = [second_derivative(value, x, y) for x in targets for y in targets]
    return names if len(names) == len(graph.returned) else []


class _Explanation:
    """A gradient's; the parts share the names of things."""

    def __init__(self, recipe: Gradient, stages: Stages, at: Sequence[Any] | None, limit: int) -> None:
        self.recipe, self.stages, self.limit = recipe, stages, limit
        self.written, self.graph = stages.written, stages.recognised
        self.journal = Journal(list(self.graph.notes.journal))
        self.z = value_of(self.graph)
        self.targets = [self.graph.inputs[k] for k in leaves(recipe.wrt)]
        self.found: Derivation = recipe.derivation(stages.built)
        self.symbols = Symbols(self.graph).with_value(self.z)
        wanted = [*self.found.grad_table.values(), *(t.node for terms in self.found.terms.values() for t in terms)]
        self.values = _values(self.graph, [*self.graph.outputs, *wanted, *self.found.grads], at)
        seed: dict[Node, tuple[Inline, Inline]] = {self.z: (["1"], [self.symbols(self.z), " is the value itself"])}
        self.back = Backwards(self.found, self.symbols, seed, self.values, limit)
        self.cotangents = self.back.cotangents

    def document(self) -> Document:
        derivative = Section("The derivative, from the last line to the first", tuple(self._derivative()))
        loops = loops_backwards(self.back)
        source = _source(self.stages, self.limit)
        return Document(self.recipe.title, (*self._before(), derivative, *loops, *self._after(), source))

    # ------------------------------------------------------------------------------------------------ the program

    def _before(self) -> list[Section]:
        """The program as written, and what becomes of it before it is differentiated."""
        symbols = Symbols(self.written).with_value(self.written.outputs[0])
        rewrites = _rewrites(self.journal, symbols, self.limit)
        program = program_table(self.graph, self.symbols, self.values, self.limit)
        steps = loops_forwards(self.graph, self.symbols, self.limit)
        if not rewrites:
            return [Section("The program", (self._about(), program)), *_loops(self.written), *steps]
        first = Section("The program", (self._about(), program_table(self.written, symbols, {}, self.limit)))
        after = Paragraph(["What is differentiated is the program that results:"])
        return [first, *_loops(self.written), Section("Before differentiating", (*rewrites, after, program)), *steps]

    def _about(self) -> Paragraph:
        count = len(operations(self.written.outputs))
        what = "one operation" if count == 1 else f"{count} operations, one a line"
        return Paragraph([f"The function is {what}; the last line is the value."])

    def _after(self) -> list[Section]:
        """What becomes of the union of forward and derivative graph."""
        symbols = Symbols(self.graph).with_value(self.z)
        for V, grad in self.found.grad_table.items():
            if not is_leaf(grad):
                name = self.symbols(self.cotangents[V])
                symbols.add(grad, name.text, name.latex)
        later = Journal(self.stages.journal.steps[len(self.journal.steps) :])
        rewrites = _rewrites(later, symbols, self.limit)
        return [Section("The rewrites", tuple(rewrites))] if rewrites else []

    # --------------------------------------------------------------------------------------------- the derivative

    def _derivative(self) -> Iterable[Block]:
        z, d_z, names = self.symbols(self.z), self.cotangents[self.z], self.symbols
        path = [V for V in between(self.targets, self.z) if V in self.found.grad_table]
        path = [V for V in path if V not in self.targets and V is not self.z]
        start: list[str | Formula] = ["Wanted is the derivative of ", z, " with respect to ", *names.some(self.targets)]
        if not self.found.terms and self.z not in self.targets:
            yield Paragraph([*start, ". ", z, " does not depend on it: the derivative is zero."])
            return
        if path:
            start += [", and on the way that of ", *names.some(path)]
        others = [x for x in self.graph.inputs if x not in self.targets]
        if others:
            start += [". ", *names.some(others), " are held fixed" if len(others) > 1 else " is held fixed"]
        yield Paragraph([*start, "."])
        v, d_v, c, d_c = (Formula(text, latex) for text, latex in _GENERIC)
        yield Paragraph(
            [
                "Write ", d_v, " for the derivative of ", z, " with respect to ", v, "; so ", names(d_z), " = 1. ",
                "Every line ", c, " that reads ", v, " sends back one term: ", d_c, " times its own derivative with ",
                "respect to ", v, ". The sum of these terms is ", d_v, ". Taken from the last line to the first, ",
                d_c, " is known whenever it is needed. (Algorithms 6.5 and 6.6 of the book Deep Learning.)",
            ]
        )  # fmt: skip
        consumers = [term for terms in self.found.terms.values() for term in terms]
        if any(is_stretched(term) for term in consumers):
            yield Paragraph(["Where a line stretches what it reads along an axis, its term is summed along that axis."])
        if any(term.consumer.op.masks for term in consumers):
            yield Paragraph(["What is not selected sends nothing back, not even 0 times infinity."])
        rules = self.back.rules()
        if rules.rows:
            yield Paragraph(["The operations and what they send back, ", Formula("g", "g"), " being what arrives:"])
            yield rules
            yield Paragraph(["Line by line:"])
        yield self.back.steps()


_GENERIC = (("v", "v"), ("d_v", r"\bar{v}"), ("c", "c"), ("d_c", r"\bar{c}"))


# ------------------------------------------------------------------------------------------- program, rewrites, source


def _values(graph: Graph, nodes: Iterable[Node], at: Sequence[Any] | None) -> dict[Node, str]:
    """The value of each node in a few words, if there are arguments."""
    if at is None:
        return {}
    outputs = tuple(dict.fromkeys(nodes))
    run = record(Graph(graph.inputs, outputs, "run", tree=tuple(range(len(outputs)))), at)
    constants = {node: node.literal.value for node in outputs if node.literal is not None}
    return {node: summary(value) for node, value in {**constants, **run.values}.items()}


def _loops(graph: Graph) -> list[Section]:
    """What became of the loops of a Python function."""
    if not graph.notes.loops:
        return []
    rows = [Row(([Snippet(place)], [f"written out: {why}" if why else "kept"])) for place, why in graph.notes.loops]
    return [Section("The loops", (Table(tuple(rows)),))]


def _rewrites(journal: Journal, symbols: Symbols, limit: int) -> list[Block]:
    """What was rewritten, by which rule, and why that is allowed; nothing that reads the same before and after."""
    steps = [step for step in dict.fromkeys(journal.steps) if not _reads_alike(step)]
    if not steps:
        return []
    rows: list[Row] = []
    explained: set[str] = set()
    for kept in folded(steps, lambda step: step.rule.name, limit):
        rows += [more(kept)] if isinstance(kept, int) else _rewrite(kept, symbols, explained)
    count = "One rewrite" if len(steps) == 1 else f"{len(steps)} rewrites"
    claims = dict.fromkeys(step.rule.claim for step in steps)
    what = "; ".join(f"{claim} means {CLAIMS[claim]}" for claim in claims if claim in CLAIMS)
    return [Paragraph([f"{count}, each with its claim ({what}):"]), Table(tuple(rows))]


def _reads_alike(step: Step) -> bool:
    """Another operation of the same meaning, such as x**2 and square(x); not what is said of the graph as a whole."""
    return step.before is not step.after and infix(step.before, {}, depth=2) == infix(step.after, {}, depth=2)


def _rewrite(step: Step, symbols: Symbols, explained: set[str]) -> list[Row]:
    before = _short(step.before, symbols)
    after = symbols(step.after) if step.after in symbols.text else _short(step.after, symbols)
    if step.before in symbols.text:
        symbols.add(step.after, symbols.text[step.before], symbols.latex[step.before])
    rule = step.rule
    rows = [Row(([rule.name], [rule.claim], [Snippet(before.text)], ["→ ", Snippet(after.text)]))]
    if rule.why and rule.name not in explained:
        rows.append(Row(([""], [""], _prose(lowered(rule.why)))))
    if rule.safe and rule.name not in explained:
        rows.append(Row(([""], [""], [f"safe {rule.safe}"])))
    explained.add(rule.name)
    return rows


def _prose(text: str) -> list[str | Formula | Snippet]:
    """A sentence of a docstring; what stands between double backquotes there is code."""
    return [Snippet(part) if k % 2 else part for k, part in enumerate(text.split("``")) if part]


def _short(node: Node, symbols: Symbols) -> Formula:
    """The formula of `node`, as much of it as fits half a line."""
    found = symbols.formula(node, 1)
    for depth in (2, 3, 4):
        deeper = symbols.formula(node, depth)
        if len(deeper.text) > HALF_LINE:
            break
        found = deeper
    return found


def _source(stages: Stages, limit: int) -> Section:
    what = "In order, with a name for what is used more than once, this is what runs"
    if stages.definition.fallback is not None:
        what += " (on NumPy's floats, where math would raise)"
    lines = definition_text(Definition(stages.definition.printed)).splitlines()
    if len(lines) > 2 * limit:
        lines[limit:-limit] = [f"    # … {len(lines) - 2 * limit} more lines"]
    return Section("The source", (Paragraph([f"{what}:"]), Code("\n".join(lines))))
