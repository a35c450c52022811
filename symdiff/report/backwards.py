"""The way back, line by line: what every line sends back to what it reads, and what that adds up to.

No formula is written down here: a rule is shown by applying it to symbols.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from symdiff.autodiff.reverse import Derivation, Term, fit, gradient_of
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, part_of, variable
from symdiff.graph.walk import toposort
from symdiff.render.document import Formula, Inline, Row, Table, folded, more, plain
from symdiff.render.symbols import Symbols
from symdiff.render.typeset import adjoint, latex_name
from symdiff.rewrite.engine import Engine
from symdiff.rewrite.rules.algebra import UNITS
from symdiff.rewrite.rules.views import RULES as VIEWS


class Backwards:
    """The tables of a derivation.

    Attributes:
        found: what was derived.
        symbols: what the nodes are called.
        given: for each value whose derivative is known at the beginning, that derivative, and why it is that.
        values: the numbers that are filled in, by node.
        limit: how many lines are shown before they are folded.
        cotangents: for each value a symbol for its derivative.
    """

    def __init__(
        self,
        found: Derivation,
        symbols: Symbols,
        given: Mapping[Node, tuple[Inline, Inline]],
        values: Mapping[Node, str],
        limit: int,
    ) -> None:
        self.found, self.symbols, self.given, self.values, self.limit = found, symbols, given, values, limit
        self.cotangents = {V: self._cotangent(V) for V in found.grad_table}

    def _cotangent(self, V: Node) -> Node:
        """A symbol for the derivative of z with respect to V."""
        text = f"d_{self.symbols(V).text}"
        while text in self.symbols.taken:
            text = f"d{text}"
        symbol = variable(text, V.aval)
        return self.symbols.add(symbol, text, adjoint(self.symbols(V).latex))

    def rules(self) -> Table:
        """Each rule once, applied to symbols; rules of one operation stand together. What loops do is told apart."""
        terms: dict[Hashable, Term] = {}
        for V in self.found.grad_table:
            for term in self.found.terms.get(V, ()):
                if term.consumer.op.block:
                    continue
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
        doc = "" if C.op.name in explained else lowered(C.op.doc)
        explained.add(C.op.name)
        return Row(([symbols.equation(node)], [symbols(fresh[term.position]), " receives ", what], [doc]))

    def steps(self) -> Table:
        """A line for each term of each derivative, in the order in which they are known."""
        rows: list[Row] = []
        order = self._order()
        for kept in folded(order, self._sort, self.limit):
            rows += [more(kept)] if isinstance(kept, int) else self._step(kept)
        return Table(tuple(rows))

    def _order(self) -> list[Node]:
        """What has a line, behind all that adds to it. For what is given, more may be sent back further down."""
        order = reversed(toposort(self.given))
        return [V for V in order if V in self.found.grad_table and (V in self.given or V in self.found.terms)]

    def _sort(self, V: Node) -> Hashable:
        return tuple((term.consumer.op, term.position) for term in self.found.terms.get(V, ()))

    def _step(self, V: Node) -> list[Row]:
        """One line per term: ``d_x  = y · d_y   from  y = exp(x)``."""
        d_V = self.symbols(self.cotangents[V])
        terms = self.found.terms.get(V, [])
        rows = []
        if V in self.given:
            first, why = self.given[V]
            rows.append(Row(([d_V], ["= ", *first], [""], why), "backward"))
        kept = folded(terms, lambda term: (term.consumer.op, term.position), max(self.limit // 4, 4))
        for k, term in enumerate(kept, len(rows)):
            if isinstance(term, int):
                rows.append(Row(([""], [f"… and {term} more terms like these"])))
                continue
            sent = self._sent(term)
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

    def _sent(self, term: Term) -> Formula:
        """The term as the rule gives it for a symbol, in the shape of the input. What loops send back has a section."""
        C = term.consumer
        if C.op.block:
            return _sent_by_loop(C, term.position)
        node = C.op.bprop(term.position, gradient_of(C, self.cotangents), C)
        return self.symbols(_tidied(fit(node, C.inputs[term.position], C)) if isinstance(node, Node) else term.node)


def _sort_of(C: Node) -> tuple[Hashable, ...]:
    """What tells rules of one operation apart: parameters, and which operands are known numbers."""
    return C.op, C.params, tuple(x.literal or x.ndim for x in C.inputs)


def _tidied(term: Node) -> Node:
    """Without what only the machine needs: broadcasts of broadcasts, factors of one."""
    [result] = Engine((*UNITS, *VIEWS), exact=True).run(Graph((), (term,))).outputs
    return result


def _is_sum(text: str) -> bool:
    return " + " in text or " - " in text


def lowered(sentence: str) -> str:
    """A sentence as a clause: no capital in front, no full stop."""
    text = sentence.rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _sent_by_loop(C: Node, position: int) -> Formula:
    """What a loop sends back to an operand, in terms of what its steps send back; how they do has a section."""
    loop = Loop.of(C)
    x = loop.body.inputs[position]
    before, after = "", " of each step"
    if x in loop.states:
        after = " of the first step"
    elif x in loop.constants:
        before, after = "the sum of ", " over all steps"
    name = x.name or ""
    latex = rf"\text{{{before}}}{adjoint(latex_name(name))}\text{{{after}}}"
    return Formula(f"{before}d_{name}{after}", latex.removeprefix(r"\text{}"))


def is_stretched(term: Term) -> bool:
    """Whether a line stretches what it reads along an axis."""
    C = term.consumer
    return C.op.family == "elementwise" and C.inputs[term.position].shape != C.shape
