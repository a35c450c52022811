"""The derivation, step by step: the program, how backpropagation differentiates it, what is rewritten, and what runs.

The order is that of Algorithms 6.5 and 6.6 of Goodfellow, Bengio and Courville, "Deep Learning" (2016). No formula is
written down here: a rule is shown by applying it to symbols, a rewrite by what it did.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from symdiff.autodiff.reverse import Derivation, Term, fit, gradient_of
from symdiff.codegen.source import Definition, definition_text
from symdiff.graph.assumptions import ASSUMPTIONS
from symdiff.graph.graph import Graph
from symdiff.graph.node import ITEM, Node, part_of, variable
from symdiff.graph.tree import leaves
from symdiff.graph.walk import between, toposort
from symdiff.program.gradient import Gradient, value_of
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
    plain,
)
from symdiff.render.infix import infix, is_leaf
from symdiff.render.latex import derivative, graph_latex, value_name
from symdiff.render.symbols import Symbols
from symdiff.render.typeset import adjoint, latex_name
from symdiff.report import LIMIT
from symdiff.report.debug import record, summary
from symdiff.rewrite.engine import Engine, Journal, Step
from symdiff.rewrite.rules.algebra import UNITS
from symdiff.rewrite.rules.views import RULES as VIEWS

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
    if isinstance(own, Gradient):
        return _Explanation(own, stages, at, limit).document()
    graph = stages.built.graph(stages.recipe)
    symbols = Symbols(graph)
    values = _values(graph, graph.outputs, at)
    rewrites = _rewrites(stages.journal, symbols, limit)
    sections = [Section("The program", (_program(graph, symbols, values, limit),)), *_loops(graph)]
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
        return graph_latex(graph)
    value = latex_name(value_name(graph)) if len(found) == 1 else "f"
    for inner in reversed(found[1:]):
        value = derivative(value, graph.inputs[next(leaves(inner.wrt))])
    targets = [derivative(value, graph.inputs[k]) for k in leaves(found[0].wrt)]
    return graph_latex(graph, [value, *targets] if found[0].with_value else targets)


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
        self.cotangents = {V: self._cotangent(V) for V in self.found.grad_table}
        wanted = [*self.found.grad_table.values(), *(t.node for terms in self.found.terms.values() for t in terms)]
        self.values = _values(self.graph, [*self.graph.outputs, *wanted, *self.found.grads], at)

    def _cotangent(self, V: Node) -> Node:
        """A symbol for the derivative of z with respect to V."""
        text = f"d_{self.symbols(V).text}"
        while text in self.symbols.taken:
            text = f"d{text}"
        symbol = variable(text, V.aval)
        return self.symbols.add(symbol, text, adjoint(self.symbols(V).latex))

    def document(self) -> Document:
        derivative = Section("The derivative, from the last line to the first", tuple(self._derivative()))
        return Document(
            self.recipe.title, (*self._before(), derivative, *self._after(), _source(self.stages, self.limit))
        )

    # ------------------------------------------------------------------------------------------------ the program

    def _before(self) -> list[Section]:
        """The program as written, and what becomes of it before it is differentiated."""
        symbols = Symbols(self.written).with_value(self.written.outputs[0])
        rewrites = _rewrites(self.journal, symbols, self.limit)
        program = _program(self.graph, self.symbols, self.values, self.limit)
        if not rewrites:
            return [Section("The program", (self._about(), program)), *_loops(self.written)]
        first = Section("The program", (self._about(), _program(self.written, symbols, {}, self.limit)))
        after = Paragraph(["What is differentiated is the program that results:"])
        return [first, *_loops(self.written), Section("Before differentiating", (*rewrites, after, program))]

    def _about(self) -> Paragraph:
        count = len(_operations(self.written.outputs))
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
        if any(_is_stretched(term) for term in consumers):
            yield Paragraph(["Where a line stretches what it reads along an axis, its term is summed along that axis."])
        if any(term.consumer.op.masks for term in consumers):
            yield Paragraph(["What is not selected sends nothing back, not even 0 times infinity."])
        rules = self._rules()
        if rules.rows:
            yield Paragraph(["The operations and what they send back, ", Formula("g", "g"), " being what arrives:"])
            yield rules
            yield Paragraph(["Line by line:"])
        yield self._steps()

    def _rules(self) -> Table:
        """Each rule once, applied to symbols; rules of one operation stand together."""
        terms: dict[Hashable, Term] = {}
        for V in self.found.grad_table:
            for term in self.found.terms.get(V, ()):
                terms.setdefault((*_sort_of(term.consumer), term.position), term)
        ops = list(dict.fromkeys(term.consumer.op for term in terms.values()))
        sorts = list(dict.fromkeys(_sort_of(term.consumer) for term in terms.values()))
        ordered = sorted(
            terms.values(),
            key=lambda term: (ops.index(term.consumer.op), sorts.index(_sort_of(term.consumer)), term.position),
        )
        rows: dict[tuple[str, str], Row] = {}
        explained: set[str] = set()
        for kept in folded(ordered, lambda term: term.consumer.op, self.limit):
            row = more(kept) if isinstance(kept, int) else self._rule(kept, explained)
            rows.setdefault(("".join(map(plain, row.cells[:2])), ""), row)
        return Table(tuple(rows.values()))

    def _rule(self, term: Term, explained: set[str]) -> Row:
        """``y = tanh(x):  x receives (1 - y²) · g``, by applying the row's rule to fresh symbols."""
        C = term.consumer
        count = sum(x.literal is None for x in C.inputs)
        letters = iter("x" if count == 1 else "abcdef" if count <= 6 else [f"x{k}" for k in range(count)])
        fresh = tuple(x if x.literal is not None else variable(next(letters), x.aval) for x in C.inputs)
        node = Node(C.op, fresh, C.params)
        values = dict(zip(node.parts or (node,), C.parts or (C,), strict=True))
        names = {y: part_of(y).name if y.op is ITEM else "y" for y in values}
        gs = {y: variable(f"g_{names[y]}" if y.op is ITEM else "g", y.aval) for y in values}
        symbols = Symbols(Graph((*(x for x in fresh if x.literal is None), *gs.values()), tuple(values)))
        for y, name in names.items():
            symbols.text[y], symbols.latex[y] = name, latex_name(name)
        flowing = {y: g for y, g in gs.items() if values[y] in self.found.grad_table}
        sent = C.op.bprop(term.position, gradient_of(node, flowing), node)
        assert isinstance(sent, Node)
        what = symbols.formula(_tidied(sent))
        doc = "" if C.op.name in explained else _lower(C.op.doc)
        explained.add(C.op.name)
        return Row(([symbols.equation(node)], [symbols(fresh[term.position]), " receives ", what], [doc]))

    def _steps(self) -> Table:
        order = [V for V in self.found.grad_table if V is self.z or V in self.found.terms]
        rows: list[Row] = []
        for kept in folded(order, self._sort, self.limit):
            rows += [more(kept)] if isinstance(kept, int) else self._step(kept)
        return Table(tuple(rows))

    def _sort(self, V: Node) -> Hashable:
        return tuple((term.consumer.op, term.position) for term in self.found.terms.get(V, ()))

    def _step(self, V: Node) -> list[Row]:
        """One line per term: ``d_x  = y · d_y   from  y = exp(x)``."""
        d_V = self.symbols(self.cotangents[V])
        if V is self.z:
            return [Row(([d_V], ["= 1"], [""], [self.symbols(V), " is the value itself"]), "backward")]
        terms = self.found.terms[V]
        rows = []
        kept = folded(terms, lambda term: (term.consumer.op, term.position), max(self.limit // 4, 4))
        for k, term in enumerate(kept):
            if isinstance(term, int):
                rows.append(Row(([""], [f"… and {term} more terms like these"])))
                continue
            sent = self.symbols(self._sent(term))
            sign = "=" if k == 0 else "+"
            if k and sent.text[0] == sent.latex[0] == "-" and not _is_sum(sent.text):
                sign, sent = "-", Formula(sent.text[1:], sent.latex[1:])
            line: Inline = ["from ", self.symbols.equation(term.consumer, depth=1)]
            number = self.values.get(term.node, "")
            rows.append(Row(([d_V if k == 0 else ""], [f"{sign} ", sent], [number], line), "backward"))
        total = self.values.get(self.found.grad_table[V], "")
        if len(terms) > 1 and total:
            rows.append(Row(([""], [""], [total], ["the sum"]), "backward"))
        return rows

    def _sent(self, term: Term) -> Node:
        """The term as the rule gives it for a symbol, in the shape of the input."""
        C = term.consumer
        node = C.op.bprop(term.position, gradient_of(C, self.cotangents), C)
        return _tidied(fit(node, C.inputs[term.position], C)) if isinstance(node, Node) else term.node


_GENERIC = (("v", "v"), ("d_v", r"\bar{v}"), ("c", "c"), ("d_c", r"\bar{c}"))


def _is_stretched(term: Term) -> bool:
    C = term.consumer
    return C.op.family == "elementwise" and C.inputs[term.position].shape != C.shape


def _sort_of(C: Node) -> tuple[Hashable, ...]:
    """What tells rules of one operation apart: parameters, and which operands are known numbers."""
    return C.op, C.params, tuple(x.literal or x.ndim for x in C.inputs)


def _tidied(term: Node) -> Node:
    """Without what only the machine needs: broadcasts of broadcasts, factors of one."""
    [result] = Engine((*UNITS, *VIEWS), exact=True).run(Graph((), (term,))).outputs
    return result


def _is_sum(text: str) -> bool:
    return " + " in text or " - " in text


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


def _operations(outputs: Sequence[Node]) -> list[Node]:
    """What has a line; of a node with parts, these have."""
    return [node for node in toposort(outputs) if not is_leaf(node) and not node.aval.parts]


def _program(graph: Graph, symbols: Symbols, values: Mapping[Node, str], limit: int) -> Table:
    """Inputs and operations, one a line, with types and values."""
    order = [*graph.inputs, *_operations(graph.outputs)]
    rows = []
    for kept in folded(order, lambda node: node.op, limit):
        if isinstance(kept, int):
            rows.append(more(kept))
            continue
        cells = ([symbols.equation(kept)], [repr(kept.aval).rstrip("~")], [values.get(kept, "")])
        rows.append(Row(cells, "forward"))
    return Table(tuple(rows))


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
        rows.append(Row(([""], [""], [_lower(rule.why)])))
    if rule.safe and rule.name not in explained:
        rows.append(Row(([""], [""], [f"safe {rule.safe}"])))
    explained.add(rule.name)
    return rows


def _short(node: Node, symbols: Symbols) -> Formula:
    """The formula of `node`, as much of it as fits half a line."""
    found = symbols.formula(node, 1)
    for depth in (2, 3, 4):
        deeper = symbols.formula(node, depth)
        if len(deeper.text) > HALF_LINE:
            break
        found = deeper
    return found


def _lower(sentence: str) -> str:
    """A sentence as a clause: no capital in front, no full stop."""
    text = sentence.rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _source(stages: Stages, limit: int) -> Section:
    what = "In order, with a name for what is used more than once, this is what runs"
    if stages.definition.fallback is not None:
        what += " (on NumPy's floats, where math would raise)"
    lines = definition_text(Definition(stages.definition.printed)).splitlines()
    if len(lines) > 2 * limit:
        lines[limit:-limit] = [f"    # … {len(lines) - 2 * limit} more lines"]
    return Section("The source", (Paragraph([f"{what}:"]), Code("\n".join(lines))))
