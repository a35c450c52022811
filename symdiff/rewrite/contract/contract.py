"""The contraction pass: everything multilinear through one normal form, and back.

The normal form is in `monomials`, the order of multiplication in `order`, the way back in `products`. A product that
nothing else needs is part of the product that uses it; all others are operands. Sums are operands, too, unless they
hold a delta: a delta that is multiplied renames an axis and vanishes, so a product is multiplied out over it. Nonlinear
functions are the leaves between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod

from symdiff.graph.aval import Aval
from symdiff.graph.dims import nominal_size
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, constant
from symdiff.graph.walk import toposort
from symdiff.ops import contraction, elementwise as ew, embedding, reductions as red, shapes
from symdiff.rewrite.contract.indices import Undecided
from symdiff.rewrite.contract.lowered import Products, plus
from symdiff.rewrite.contract.normal_form import (
    ADDITIONS,
    MOST_TERMS,
    MULTILINEAR,
    NONE,
    WINDOWS,
    Labels,
    Monomial,
    has_repeats,
    multiply_out,
    order_of_operands,
)
from symdiff.rewrite.contract.order import nominal_cost
from symdiff.rewrite.contract.uses import count_uses, inner_products, only_in_products
from symdiff.rewrite.costs import GAIN
from symdiff.rewrite.engine import Engine, Journal, Pass, Step, carry_over
from symdiff.rewrite.precision import is_even, narrows
from symdiff.rewrite.rule import BITS, Rule

CONTRACT = Pass("contract", "REAL", "several operands, multiplied in the cheapest order")
VIEWS = (shapes.permute, shapes.expand_dims, shapes.squeeze, shapes.reshape, red.broadcast_to)
PRODUCTS = (ew.multiply, contraction.einsum)
LINEAR = MULTILINEAR.union(WINDOWS, ADDITIONS)
DELTAS = (shapes.eye, shapes.diag, embedding.embed)


def contract_products(graph: Graph, journal: Journal | None = None) -> Graph:
    """`graph` with every product of arrays rewritten."""
    journal = journal if journal is not None else Journal()
    first = len(journal.steps)
    settled = _Contractions(graph, journal).run()
    if len(journal.steps) > first and _total(toposort([settled[y] for y in graph.outputs])) > _total(graph.order):
        # what was split up was needed as a whole
        del journal.steps[first:]
    else:
        graph = carry_over(graph, settled, journal.steps[first:])
    if len(journal.steps) > first or any(n.op in VIEWS or (n.op is ew.multiply and n.ndim > 2) for n in graph.order):
        graph = Engine(_layout(graph)).run(graph, journal)
    return graph


def terms_of(graph: Graph) -> list[list[Monomial]]:
    """The terms whose sum each output is, multiplied out over deltas, and over products that are larger than what they
    are made of."""
    found = _Contractions(graph, Journal())
    settled = found.run()
    roots = [settled[y] for y in graph.outputs]
    thin = _thin(found, roots)
    return [[_gathered(term, y, found.products) for term in found.terms(y, thin.__contains__)] for y in roots]


def _thin(found: _Contractions, roots: Sequence[Node]) -> set[Node]:
    """Outer products that are larger than what they are made of, and sums that hold some."""
    thin: set[Node] = set()
    for node in toposort(roots):
        inner = any(x in thin for x in node.inputs)
        is_outer = node.op in PRODUCTS and node.ndim > 1 and found.is_cheap(node)
        if is_outer or (inner and (node.op in (*ADDITIONS, *VIEWS, ew.negative, ew.multiply))):
            thin.add(node)
    return thin


def _gathered(term: Monomial, node: Node, products: Products) -> Monomial:
    """The term with one operand in the place of several, where that is no larger, or the term is sparse."""
    for group in ([*range(len(term.operands))], *_linked(term)):
        chosen = [term.operands[k] for k in group]
        met = list(dict.fromkeys(x for _, labels in chosen for x in labels if x != NONE))
        others = {x for k, (_, labels) in enumerate(term.operands) if k not in group for x in labels}
        out = tuple(x for x in met if x not in term.summed or x in others)
        small = nominal_size(term.lengths[x] for x in out) <= sum(nominal_size(x.shape) for x, _ in chosen)
        if (len(met) == len(out) and len(chosen) < 2) or not (small or has_repeats(term.out)):
            continue
        summed = [x for x in met if x not in out]
        inner = Monomial(out, chosen, summed=summed, lengths=term.lengths, plain=False)
        made = products.lower(inner, Aval(node.dtype, tuple(term.lengths[x] for x in out)))
        rest = [operand for k, operand in enumerate(term.operands) if k not in group]
        again = replace(term, operands=[(made, out), *rest], summed=[x for x in term.summed if x not in summed])
        return again if len(group) == len(term.operands) else _gathered(again, node, products)
    return term


def _linked(term: Monomial) -> list[list[int]]:
    """The operands that a label which is summed over links, by number."""
    return [[k for k, (_, labels) in enumerate(term.operands) if x in labels] for x in term.summed]


def _total(order: Iterable[Node]) -> int:
    return sum(map(nominal_cost, order))


def _layout(graph: Graph) -> tuple[Rule, ...]:
    """Rules that depend on who uses a node: a reduction keeps the axes its only user wants; results are in C order."""
    uses = count_uses(graph.order, graph.outputs)
    results = set(graph.outputs)

    def in_order(node: Node) -> Node | None:
        return _in_c_order(node) if node in results and node.ndim > 2 else None

    def other(node: Node, keepdims: bool) -> Node | None:
        x, axis = node.inputs[0], node.kwargs["axis"]
        if x.kwargs.get("keepdims") is not (not keepdims) or x.kwargs["axis"] != axis or uses.get(x) != 1:
            return None
        return x.op(*x.inputs, **{**x.kwargs, "keepdims": keepdims})

    return (
        BITS.on("keep-axes", shapes.expand_dims, why="the reduction can keep its axes")(lambda node: other(node, True)),
        BITS.on("c-order", ew.multiply, why="a small operand is copied rather than the result")(in_order),
        BITS.on("lose-axes", shapes.squeeze, why="the reduction need not keep its axes")(
            lambda node: other(node, False)
        ),
    )


def _in_c_order(product: Node) -> Node | None:
    """NumPy lays out a result as its operands are: transposed ones, if they are small, are copied beforehand."""
    copied: list[Node] = []
    others: list[Node] = []
    for x in product.inputs:
        view = x.inputs[0] if x.op is shapes.expand_dims else x
        if view.op is shapes.permute and nominal_size(view.shape) < nominal_size(product.shape):
            copy = shapes.contiguous(view)
            copied.append(shapes.expand_dims(copy, **x.kwargs) if x.op is shapes.expand_dims else copy)
        else:
            others.append(x)
    return product.op(*copied, *others) if copied else None


class _Contractions:
    def __init__(self, graph: Graph, journal: Journal) -> None:
        self.order = graph.whole
        self.needed = graph.order
        self.journal = journal
        self.settled: dict[Node, Node] = {}
        self.even = is_even(self.order)
        self.uses = count_uses(self.needed, graph.outputs)
        self.inner = inner_products(self.needed, self.uses)
        self.open: set[Node] = set()  # new nodes that belong to the product that uses them
        self.shared: set[Node] = set()  # new nodes that more than one node uses
        self.results = set(graph.outputs)
        self.present: set[Node] = set()  # new nodes that are computed in any case
        self.numbers: set[Node] = set()  # nodes without axes that are made of such, or of what is no product
        self.deltas: dict[Node, int] = {}  # into how many terms a node would be multiplied out, 0 if it holds no delta
        self.weights: dict[Node, int] = {}
        self.split: set[Node] = set()  # sums that hold a delta and are computed in any case, and were multiplied out
        self.kept: set[Node] = set()  # of these, what is an operand like any other for now
        self.products = Products()
        self.products.present = self.present
        self.solvable = only_in_products(self.needed, graph.outputs)

    def run(self) -> Mapping[Node, Node]:
        needed = set(self.needed)
        for node in self.order:
            inputs = tuple(map(self.settled.__getitem__, node.inputs))
            new = node if inputs == node.inputs else Node(node.op, inputs, node.params)
            if self._is_of_numbers(new):
                self.numbers.add(new)
            if node in self.solvable:
                self.products.only_solved.add(new)
            if node in self.inner:
                self.open.add(new)
            elif node in needed:
                new = self._rewritten(node, new)
                self._keep(node, new)
            if self.uses.get(node, 0) > 1 and not _is_delta(new):
                self.shared.add(new)
            self.settled[node] = new
        return self.settled

    def _rewritten(self, old: Node, node: Node) -> Node:
        if node.aval.parts or not node.aval.inexact or node.aval.weak or not node.inputs or node in self.numbers:
            return node
        new = self._on_diagonal(node)
        if new is None:
            new = self._cheapest(node, any_order=old not in self.results)
        if new is node or new.aval is not node.aval or self._cost(new) > self._cost(node):
            return node
        if not self.even and narrows(node, new):
            return node
        self.journal.steps.append(Step(CONTRACT, old, new))
        return new

    def _is_of_numbers(self, node: Node) -> bool:
        """Whether a node has no axes, and nothing that a product of it would be multiplied out over has any."""
        if node.aval.parts or node.shape:
            return False
        if node.op in WINDOWS:
            return not self.has_delta(node)
        return node.op not in LINEAR or self.numbers.issuperset(node.inputs)

    def _keep(self, old: Node, new: Node) -> None:
        """Remembers what is computed in any case: results, and what is not written out where it is used."""
        if old in self.results or not (self.is_cheap(new) or (new not in self.numbers and self.has_delta(new))):
            known = self.present.issuperset(new.inputs)
            made = [new] if known else toposort([new], stop=self.present.__contains__)
            self.present.update(x for x in made if x not in self.products.only_solved)

    def _cost(self, node: Node) -> tuple[int, int]:
        """The operations that a node takes beyond what is computed in any case, and how many nodes."""
        new = toposort([node], stop=lambda x: x in self.present)
        return sum(map(nominal_cost, new)), len(new)

    def _on_diagonal(self, node: Node) -> Node | None:
        """An operation that leaves zeros as they are, done on the elements of a diagonal alone."""
        deltas = _keeps_zeros(node)
        if not deltas or any(x.shape != node.shape or not self.has_delta(x) for x in (node.inputs[k] for k in deltas)):
            return None
        if not any(x.shape for k, x in enumerate(node.inputs) if k not in deltas):
            return None
        terms = {k: self.terms(node.inputs[k]) for k in deltas}
        if len(deltas) > 1:
            places = {(t.out, t.place) if t.sparse else None for k in deltas for t in terms[k]}
            return self.products.on_diagonal(node, terms) if len(places) == 1 and None not in places else None
        [k] = deltas
        return self._apart(node, k, terms[k])

    def _apart(self, node: Node, k: int, terms: list[Monomial]) -> Node | None:
        """An operation on a sum, some of whose terms are sparse: on these, and on the rest."""
        groups = _by_place(terms)
        if not any(group[0].sparse for group in groups):
            return None
        total: Node | None = None
        for group in groups:
            if group[0].sparse:
                part = self.products.on_diagonal(node, {k: group})
            else:
                rest = self._sum([[term] for term in group], node.inputs[k])
                part = node.op(*[rest if j == k else x for j, x in enumerate(node.inputs)], **node.kwargs)
            total = part if total is None else plus(total, part)
        return total

    def _cheapest(self, node: Node, *, any_order: bool) -> Node:
        """The product multiplied out over sums that hold a delta; over those that are there, only where that pays:
        it takes more lines."""
        self.split.clear()
        new = self._contracted(node, any_order=any_order)
        if not self.split:
            return new
        self.kept = set(self.split)
        other = self._contracted(node, any_order=any_order)
        self.kept.clear()
        mine, theirs = self._cost(new), self._cost(other)
        shorter = theirs[1] < mine[1] and theirs[0] <= GAIN * mine[0]
        return other if other.aval is new.aval and (shorter or theirs < mine) else new

    def _contracted(self, node: Node, *, any_order: bool) -> Node:
        if node.op not in MULTILINEAR and not (node.op in LINEAR and self.has_delta(node)):
            return node
        if (node.op in ADDITIONS and not node.shape) or self.is_scaled_view(node) or self._are_apart(node):
            return node
        terms = self.terms(node)
        if len(terms) == 1 and terms[0].plain:
            return node
        if any_order and len(terms) == 1 and (order := order_of_operands(terms[0])):
            return self._made_in(order, terms[0], node)
        groups = _by_place(terms)
        if node.ndim > 2:  # the rest is the buffer that the sparse ones are added to
            groups.sort(key=lambda group: group[0].sparse)
        return self._sum(groups, node)

    def _are_apart(self, root: Node) -> bool:
        """Whether a node is a sum of elements among zeros at different places, and of one array: it stays so."""
        places, arrays, stack = set[object](), 0, [root]
        while stack:
            node = stack.pop()
            if not self.has_delta(node):
                arrays += 1
            elif node.op in ADDITIONS:
                stack += node.inputs
            elif not _is_element(node) or node.kwargs["index"] in places:
                return False
            else:
                places.add(node.kwargs["index"])
        return arrays < 2 and root.op in ADDITIONS

    def _made_in(self, order: Labels, term: Monomial, node: Node) -> Node:
        """The product with its axes in another order, and a view of it: what uses it need not transpose it."""
        axes = tuple(order.index(label) for label in term.out)
        shape = tuple(term.lengths[label] for label in order)
        return shapes.permute(self.products.lower(replace(term, out=order), Aval(node.dtype, shape)), axes=axes)

    def terms(self, node: Node, is_sum: Callable[[Node], bool] = lambda node: False) -> list[Monomial]:
        """The terms whose sum a node is, multiplied out over deltas, and where else `is_sum` says so."""
        try:
            return multiply_out(node, self.is_open, lambda x: self._is_split(x) or is_sum(x))
        except Undecided:
            return multiply_out(node, lambda x: False, lambda x: False)

    def _sum(self, groups: list[list[Monomial]], node: Node) -> Node:
        """Of the terms of `node`, those that stand in the same place together."""
        parts: list[tuple[int, Node]] = []
        for group in groups:
            if group[0].sparse:
                parts.append(self._sparse(group, node, first=not parts))
                continue
            for term in group:
                sign = -1 if parts and term.factor < 0 else 1
                parts.append((sign, self.products.lower(replace(term, factor=sign * term.factor), node.aval)))
        if not parts:
            return red.spread(constant(node.dtype.type(0)), node.shape)
        return _added(parts)

    def _sparse(self, group: list[Monomial], node: Node, first: bool) -> tuple[int, Node]:
        """The sum of terms that stand in the same place, and its sign: of more than a matrix, it is the buffer's."""
        minus = not first and all(t.factor < 0 for t in group) and (node.ndim > 2 or group[0].factor == -1)
        sign = -1 if minus else 1
        return sign, self.products.together([replace(t, factor=sign * t.factor) for t in group], node.aval)

    # --------------------------------------------------------------------------------------------- what is taken apart

    def is_scaled_view(self, node: Node) -> bool:
        """Whether a node is nothing but a view, or a multiple, of what is computed anyway."""
        repeated = False
        while node.op in (*VIEWS, ew.multiply, ew.negative):
            inner = [x for x in node.inputs if x.literal is None or x.shape]
            if len(inner) != 1:
                return False
            repeated |= node.op is red.broadcast_to
            [node] = inner
            if node in self.shared and not self.has_delta(node):
                return True
        return repeated and node.op in ADDITIONS

    def is_open(self, node: Node) -> bool:
        """Whether a node is part of the product that uses it: nothing else uses it, or it is cheap to say again."""
        return node in self.open or self.is_cheap(node) or self._is_split(node)

    def _is_split(self, node: Node) -> bool:
        """Whether what is multiplied by a node is multiplied out over it."""
        if node in self.kept or not self.has_delta(node):
            return False
        if node.op in ADDITIONS and node in self.present:
            self.split.add(node)
        return True

    def is_cheap(self, node: Node) -> bool:
        """Whether a node costs nothing (a view), or is larger than all that it is made of (an outer product)."""
        if node.op in VIEWS or node.op is ew.negative:
            return True
        is_of_numbers = node.op is ew.multiply and not node.shape  # which are no smaller
        return node.op in PRODUCTS and not is_of_numbers and nominal_size(node.shape) > self.weight(node)

    def weight(self, root: Node) -> int:
        """The elements of what a node is made of: of its operands, and of theirs where they are larger themselves."""
        stack = [root]
        while stack:
            node = stack[-1]
            if node in self.weights:
                stack.pop()
                continue
            if node.op not in PRODUCTS and node.op not in VIEWS:
                self.weights[node] = nominal_size(node.shape)
                continue
            missing = [x for x in node.inputs if x not in self.weights]
            stack.extend(missing)
            if not missing:
                self.weights[node] = sum(min(self.weights[x], nominal_size(x.shape)) for x in node.inputs)
        return self.weights[root]

    def has_delta(self, node: Node) -> bool:
        """Whether a delta may be found inside of a node."""
        stack = [node]
        while stack:
            top = stack[-1]
            if top in self.deltas:
                stack.pop()
                continue
            if _is_delta(top) or top.op not in LINEAR:
                self.deltas[top] = int(_is_delta(top))
                continue
            missing = [x for x in top.inputs if x not in self.deltas]
            if missing:
                stack.extend(missing)
            else:
                self.deltas[top] = self._terms_of(top)
        return self.deltas[node] > 0

    def _terms_of(self, node: Node) -> int:
        """What is multiplied out into too many terms stays as it is, and is an operand like any other."""
        counts = [self.deltas[x] for x in node.inputs]
        if not any(counts):
            return 0
        total = sum(n or 1 for n in counts) if node.op in ADDITIONS else prod(n or 1 for n in counts)
        return total if total <= MOST_TERMS else 0


def _is_delta(node: Node) -> bool:
    """Whether a node is an identity, a diagonal, or zero but for a single index of an axis."""
    if node.op is shapes.scatter:
        return any(isinstance(item, int) for item in node.kwargs["index"])
    return node.op in DELTAS and any(n != 1 for n in node.shape)


def _is_element(node: Node) -> bool:
    """Whether a node is one element among zeros."""
    return node.op is shapes.scatter and all(isinstance(item, int) for item in node.kwargs["index"])


def _keeps_zeros(node: Node) -> tuple[int, ...]:
    """The operands whose zeros are zeros of the result: the numerator, the sides of a mask that are not 0 anyway."""
    if node.op is ew.divide:
        return (0,)
    if node.op is not ew.where:
        return ()
    return tuple(k for k in (1, 2) if (x := node.inputs[k].literal) is None or x.scalar != 0)


def _added(parts: Iterable[tuple[int, Node]]) -> Node:
    """The sum of nodes with signs; those on the same diagonal are added first."""
    merged: dict[object, tuple[int, Node]] = {}
    for sign, node in parts:
        key = node.params if node.op is shapes.diag and sign > 0 else len(merged)
        before = merged.get(key)
        if before is None:
            merged[key] = sign, node
        else:
            merged[key] = 1, shapes.diag(plus(before[1].inputs[0], node.inputs[0]), **node.kwargs)
    (_, total), *rest = merged.values()
    for sign, node in rest:
        total = plus(total, node, sign)
    return total


def _by_place(terms: Iterable[Monomial]) -> list[list[Monomial]]:
    """The terms that stand in the same place together; all that are not sparse are one group."""
    groups: dict[object, list[Monomial]] = {}
    for term in terms:
        groups.setdefault((term.out, term.place) if term.sparse else None, []).append(term)
    return list(groups.values())
