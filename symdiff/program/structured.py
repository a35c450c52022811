"""The recipe for a Hessian that is returned by its parts: the terms of the normal form, with their deltas left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_letters

from symdiff.autodiff.structures import STACK, Term, kind_of
from symdiff.graph.dims import Dim
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, as_node, constant
from symdiff.graph.tree import Branch, Fixed, Tree, relabel
from symdiff.ops.index import Item, Slice
from symdiff.ops.shapes import reshape
from symdiff.program.jacobian import Hessian
from symdiff.program.pipeline import simplified
from symdiff.program.recipe import Built, Derived
from symdiff.rewrite.contract.contract import terms_of
from symdiff.rewrite.contract.normal_form import NONE, Monomial

LETTERS = ascii_letters.replace(STACK, "")


@dataclass(frozen=True)
class StructuredHessian(Derived):
    """A Hessian whose blocks are `Structured`."""

    base: Hessian

    is_last = True

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def title(self) -> str:
        return f"Parts of the s{self.base.title[1:]}"

    def derive(self, built: Built) -> Graph:
        whole = simplified(built.graph(self.base))
        targets = self.base.among(whole)
        outputs: list[Node] = []
        blocks = zip(whole.returned, terms_of(whole), strict=False)
        trees = [_tree(y, terms, targets[k // len(targets)].ndim, outputs) for k, (y, terms) in enumerate(blocks)]
        return whole.with_(outputs=tuple(outputs), tree=relabel(whole.tree, trees.__getitem__), forward=(), origins={})


def _tree(block: Node, monomials: Sequence[Monomial], rows: int, outputs: list[Node]) -> Tree:
    """A block as a container of arrays, which are added to the `outputs`."""
    terms = [_Letters(m, block, rows) for m in monomials]
    terms.sort(key=lambda t: not t.term.shared)  # the base of a low rank stands first
    kind = kind_of([t.term for t in terms], block.shape[:rows], block.shape[rows:])
    lengths = tuple(_length(n, outputs) for n in block.shape)
    made: list[Tree] = []
    for t in terms:
        first = len(outputs)
        outputs += t.operands
        places = tuple(range(first, len(outputs)))
        letters = tuple(Fixed(each) for each in t.term.letters)
        parts: list[Tree] = [Fixed(t.term.row), Fixed(t.term.column), letters, places]
        if t.ends:
            parts.append(tuple(tuple(_length(n, outputs) for n in each) for each in t.ends))
        made.append(Branch(Term, Term._fields[: len(parts)], tuple(parts)))
    return Branch(kind, ("rows", "columns", "terms"), (lengths[:rows], lengths[rows:], tuple(made)))


def _length(n: Dim | None, outputs: list[Node]) -> Tree:
    if n is None or isinstance(n, int):
        return Fixed(n)
    outputs.append(as_node(n))
    return len(outputs) - 1


class _Letters:
    """A monomial as a term: letters for labels, one factor for its numbers.

    Attributes:
        term: without its arrays.
        operands: those.
        ends: its place, with lengths that may be names.
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

        given = iter(monomial.out)
        place = monomial.place or (Slice(),) * len(monomial.out)
        out = "".join(letter(next(given) if isinstance(item, Slice) else NONE) for item in place)
        self.ends = tuple(map(_ends, place)) if monomial.place else ()
        self.operands, letters = [], list[str]()
        for x, labels in monomial.operands:
            kept = [k for k, label in enumerate(labels) if label != NONE]
            flat = x if len(kept) == x.ndim else reshape(x, shape=tuple(x.shape[k] for k in kept))
            self.operands.append(flat)
            letters.append("".join(letter(labels[k]) for k in kept))
        self._scale(monomial, block)
        letters += [""] * (len(self.operands) - len(letters))
        stands = ((None, None),) * len(self.ends)  # that it stands somewhere is what matters for what it is
        self.term = Term(out[:rows], out[rows:], tuple(letters), (), stands)

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


def _ends(item: Item) -> tuple[Dim | None, Dim | None]:
    """Where an item of a place begins and ends; those have no gaps."""
    if isinstance(item, int):
        return item, item + 1 or None
    assert isinstance(item, Slice)
    return item.start, item.stop
