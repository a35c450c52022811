"""The recipe for a Hessian that is returned by its parts: the terms of the normal form, with their deltas left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from string import ascii_letters

from symdiff.autodiff.structures import STACK, Term, kind_of
from symdiff.graph.dims import Dim
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, as_node, constant
from symdiff.graph.tree import Branch, Fixed, Tree, relabel
from symdiff.ops.shapes import reshape
from symdiff.program.gradient import Derivative
from symdiff.program.jacobian import Hessian
from symdiff.program.pipeline import simplified
from symdiff.program.recipe import Built
from symdiff.rewrite.contract.contract import terms_of
from symdiff.rewrite.contract.normal_form import NONE, Monomial

LETTERS = ascii_letters.replace(STACK, "")


@dataclass(frozen=True)
class StructuredHessian(Derivative):
    """The second derivatives of a recipe's value, as `Structured`; attributes as of `Hessian`."""

    single: bool

    @property
    def name(self) -> str:
        return "hessian"

    @property
    def title(self) -> str:
        return f"Parts of the second derivatives of {self.base.title} with respect to {', '.join(self.targets)}"

    def derive(self, built: Built) -> Graph:
        dense = built.graph(Hessian(self.base, self.wrt, self.single))
        whole = simplified(dense)
        targets = self.among(whole)
        outputs: list[Node] = []
        trees: list[Tree] = []
        blocks = whole.returned
        for k, (block, terms) in enumerate(zip(blocks, terms_of(whole), strict=False)):
            rows = targets[k // len(targets)].ndim
            trees.append(_tree(block, terms, rows, outputs))
        numbers = count()
        rows_of = [self.arranged(numbers, single=self.single) for _ in targets]
        tree = relabel(self.arranged(count(), single=self.single), rows_of.__getitem__)
        return whole.with_(
            name=self.name, outputs=tuple(outputs), tree=relabel(tree, trees.__getitem__), forward=(), origins={}
        )


def _tree(block: Node, monomials: Sequence[Monomial], rows: int, outputs: list[Node]) -> Tree:
    """A block as a container of arrays, which are added to the `outputs`."""
    if any(m.place is not None for m in monomials):  # bands have a form of their own: sparse=True
        labels = tuple(range(block.ndim))
        monomials = [Monomial(labels, [(block, labels)])]
    terms = [_Letters(m, block, rows) for m in monomials]
    terms.sort(key=lambda t: not t.term.shared)  # the base of a low rank stands first
    kind = kind_of([t.term for t in terms])
    lengths = tuple(_length(n, outputs) for n in block.shape)
    made: list[Tree] = []
    for t in terms:
        first = len(outputs)
        outputs += t.operands
        places = tuple(range(first, len(outputs)))
        parts = Fixed(t.term.row), Fixed(t.term.column), tuple(Fixed(each) for each in t.term.letters), places
        made.append(Branch(Term, Term._fields, parts))
    return Branch(kind, ("rows", "columns", "terms"), (lengths[:rows], lengths[rows:], tuple(made)))


def _length(n: Dim, outputs: list[Node]) -> Tree:
    if isinstance(n, int):
        return Fixed(n)
    outputs.append(as_node(n))
    return len(outputs) - 1


class _Letters:
    """A monomial as a term: letters for labels, one factor for its numbers.

    Attributes:
        term: without its arrays.
        operands: those.
    """

    def __init__(self, monomial: Monomial, block: Node, rows: int) -> None:
        names: dict[int, str] = {}
        fresh = iter(LETTERS)

        def letter(label: int) -> str:
            if label == NONE:  # an axis of length 1, by itself
                return next(fresh)
            if label not in names:
                names[label] = next(fresh)
            return names[label]

        out = "".join(map(letter, monomial.out))
        self.operands, letters = [], list[str]()
        for x, labels in monomial.operands:
            kept = [k for k, label in enumerate(labels) if label != NONE]
            flat = x if len(kept) == x.ndim else reshape(x, shape=tuple(x.shape[k] for k in kept))
            self.operands.append(flat)
            letters.append("".join(letter(labels[k]) for k in kept))
        self._scale(monomial, block)
        letters += [""] * (len(self.operands) - len(letters))
        self.term = Term(out[:rows], out[rows:], tuple(letters), ())

    def _scale(self, monomial: Monomial, block: Node) -> None:
        """Multiplies the smallest operand with the numbers; they are one by themselves, if there is none."""
        met = {label for _, labels in monomial.operands for label in labels}
        scale: list[Node] = [as_node(monomial.lengths[x]) for x in monomial.summed if x not in met]
        if not self.operands:
            self.operands.append(constant(block.dtype.type(1)))
        k = min(range(len(self.operands)), key=lambda j: self.operands[j].ndim)
        made = self.operands[k]
        if monomial.factor != 1:
            made = monomial.factor * made
        for n in scale:
            made = made * n
        for number in monomial.over:
            made = made / number
        self.operands[k] = made
