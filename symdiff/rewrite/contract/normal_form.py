"""The normal form of everything multilinear: a product of operands over labelled axes.

``@``, ``*``, sums, transposes, traces, diagonals, broadcasts and identities are one thing: each operand has a label per
axis, the labels that the result does not have are summed over, and a delta says that two labels are the same one, so
that it is no operand at all (Laue, Mitterreiter and Giesen, "Computing Higher Order Derivatives of Matrix and Tensor
Expressions", 2018, and "A Simple and Efficient Tensor Calculus", 2020). An axis of length 1 has no label. Slices of
what holds a delta, and their transposes, are deltas, too, whose indices differ by a number (see `indices`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from math import isfinite

import numpy as np

from symdiff.graph.dims import Dim
from symdiff.graph.node import CONSTANT, Node
from symdiff.graph.op import Op
from symdiff.ops import contraction, elementwise as ew, embedding, reductions as red, shapes
from symdiff.ops.contraction import split_subscripts
from symdiff.ops.index import Index, Slice, indexed_shape, starts
from symdiff.rewrite import decimals
from symdiff.rewrite.contract.indices import Same, Window, windows, written

Labels = tuple[int, ...]
NONE = -1  # the label of an axis of length 1
MOST_TERMS = 16  # that one product is multiplied out into
ADDITIONS = (ew.add, ew.subtract)


@dataclass
class Monomial:
    """factor * product of operands / product of `over`, summed over the labels that are not in `out`.

    Attributes:
        out: a label per axis of the result. A label that stands there twice is a delta.
        operands: nodes with a label per axis; a label that an operand has twice picks its diagonal.
        factor: the constants, gathered.
        over: numbers by which the result is divided.
        summed: every label that is summed over, also those that no operand has.
        lengths: of the labels.
        place: where the term stands in the result, zeros around it. Axes that are indexed have no label in `out`.
        plain: nothing is summed, and no two labels are the same: an elementwise product, which is left as it stands.
    """

    out: Labels
    operands: list[tuple[Node, Labels]] = field(default_factory=list)
    factor: decimals.Exact = 1.0
    over: list[Node] = field(default_factory=list)
    summed: list[int] = field(default_factory=list)
    lengths: dict[int, Dim] = field(default_factory=dict)
    place: Index | None = None
    plain: bool = True

    @property
    def sparse(self) -> bool:
        """Whether it is zero in most places: on a diagonal, or in a window."""
        return self.place is not None or has_repeats(self.out)

    @property
    def axes(self) -> Labels:
        """The labels of the result, each once."""
        return tuple(label for label in dict.fromkeys(self.out) if label != NONE)


def has_repeats(labels: Labels) -> bool:
    """Whether a label stands twice."""
    real = [label for label in labels if label != NONE]
    return len(set(real)) < len(real)


def order_of_operands(term: Monomial) -> Labels:
    """The axes of an outer product of more than two axes in an order that no operand must be transposed for.

    Empty if there is none, or if the product has that order; of several orders, the one nearest to that of the product.
    """
    waiting = [[label for label in labels if label != NONE] for _, labels in term.operands]
    if len(term.out) < 3 or term.sparse or set(term.out) != {label for labels in waiting for label in labels}:
        return ()
    order: list[int] = []
    while len(order) < len(term.out):
        free = [x for x in term.out if x not in order and all(x not in labels[1:] for labels in waiting)]
        if not free:
            return ()
        order.append(free[0])
        waiting = [labels[1:] if labels[:1] == free[:1] else labels for labels in waiting]
    return () if tuple(order) == term.out else tuple(order)


# ------------------------------------------------------------------------------------------------------ multiplying out


@dataclass
class _Partial:
    """A term in the making: `pending` is still to be taken apart."""

    term: Monomial
    pending: list[tuple[Node, Labels]]
    same: list[Same] = field(default_factory=list)
    fixed: dict[int, Dim] = field(default_factory=dict)  # labels whose index is known

    def fork(self) -> _Partial:
        term = self.term
        copied = replace(term, operands=[*term.operands], over=[*term.over], summed=[*term.summed])
        return _Partial(copied, [*self.pending], [*self.same], {**self.fixed})

    def equal(self, a: int, b: int, shift: Dim = 0) -> None:
        """A delta: the index of `a` is that of `b`, plus a number; `b` has only one if it is no label."""
        if a == NONE:
            return
        if b != NONE:
            self.same.append((a, b, shift))
        elif a in self.fixed:
            other = self.label(self.term.lengths[a])
            self.same.append((a, other, 0))
            self.fixed[other] = shift
        else:
            self.fixed[a] = shift

    def label(self, length: Dim) -> int:
        """A new label, summed over; none for an axis of length 1."""
        if length == 1:
            return NONE
        label = len(self.term.lengths)  # the table is shared by all terms
        self.term.lengths[label] = length
        self.term.summed.append(label)
        return label


def multiply_out(root: Node, is_open: Callable[[Node], bool], has_delta: Callable[[Node], bool]) -> list[Monomial]:
    """The terms whose sum is `root`. Where `is_open` is false, nodes are operands; so are sums that hold no delta.

    Raises:
        Undecided: if it cannot be told where the terms stand, because lengths are names.
    """
    lengths: dict[int, Dim] = dict(enumerate(root.shape))
    out = tuple(NONE if n == 1 else k for k, n in enumerate(root.shape))
    work = [_Partial(Monomial(out, lengths=lengths), [(root, out)])]
    terms: list[Monomial] = []
    rests: set[Node] = set()  # of sums, which may hold sums that are not to be multiplied out
    while work:
        partial = work.pop()
        while partial.pending:
            node, labels = partial.pending.pop()
            is_sum = node.op in ADDITIONS and node not in rests
            if is_sum and has_delta(node) and len(work) + len(terms) < MOST_TERMS:
                parts = list(_summands(node, has_delta))
                rests.update(part for part, _ in parts if part.op in ADDITIONS)
                for part, sign in reversed(parts[1:]):
                    other = partial.fork()
                    other.term.factor *= sign
                    other.pending.append((part, aligned(part, labels)))
                    work.append(other)
                part, sign = parts[0]
                partial.term.factor *= sign
                partial.pending.append((part, aligned(part, labels)))
                continue
            is_inside = node is root or node.op is CONSTANT or is_open(node)
            take_apart = _RULES.get(node.op) if is_inside else None
            if node.op in WINDOWS and not has_delta(node):
                take_apart = None
            children = take_apart(node, labels, partial) if take_apart else None
            if children is None:
                partial.term.operands.append((node, labels))
            else:
                partial.pending.extend(reversed(children))
        term = _with_one_name_each(partial, root)
        if term is not None:
            terms.append(term)
    return terms


def _summands(root: Node, has_delta: Callable[[Node], bool]) -> Iterator[tuple[Node, int]]:
    """The parts of a sum that hold a delta, with their signs, and all the rest as one."""
    rest: Node | None = None
    stack = [(root, 1)]
    while stack:
        node, sign = stack.pop()
        if not has_delta(node):
            rest = (node if sign > 0 else -node) if rest is None else rest + node if sign > 0 else rest - node
        elif node.op in ADDITIONS:
            stack.append((node.inputs[1], sign if node.op is ew.add else -sign))
            stack.append((node.inputs[0], sign))
        else:
            yield node, sign
    if rest is not None:
        yield (rest.inputs[0], -1) if rest.op is ew.negative else (rest, 1)


def _with_one_name_each(partial: _Partial, root: Node) -> Monomial | None:
    """The term with one label for all that are the same; None if it is zero everywhere."""
    term = partial.term
    found = windows(partial.same, partial.fixed, term.lengths)
    if found is None:
        return None
    term.plain = not (term.summed or found or root.op is shapes.permute)
    if any(at.label is None or term.lengths[label] != at.length for label, at in found.items()):
        term.lengths = {**term.lengths, **{at.label: at.length for at in found.values() if at.label is not None}}
        term.place = _place(root, term.out, found)
    operands = [_seen_through(x, labels, found) for x, labels in term.operands]
    elements = [x.literal.value for x, _ in operands if _is_number(x) and x.literal]
    term.operands = [operand for operand in operands if not _is_number(operand[0])]
    term.factor = reduce(decimals.exact_product, map(float, elements), term.factor)
    _brought_back(term)
    term.out = _renamed([label for label in term.out if label not in found or found[label].label is not None], found)
    kept = set(term.out)
    term.summed = [label for label in dict.fromkeys(_renamed(term.summed, found)) if label not in kept]
    return term


def _is_number(x: Node) -> bool:
    """Whether an operand is an element of a constant."""
    return x.literal is not None and not x.shape and x.aval.kind == "f" and bool(np.isfinite(x.literal.value))


def _renamed(labels: Iterable[int], found: Mapping[int, Window]) -> Labels:
    """The labels of the classes; those that are fixed are gone."""
    names = [found[label].label if label in found else label for label in labels]
    return tuple(label for label in names if label is not None)


def _place(root: Node, out: Labels, found: Mapping[int, Window]) -> Index | None:
    """The index of the part of the result that is not zero; None if that is everything."""
    place = [written(found[label], n) if label in found else Slice() for label, n in zip(out, root.shape, strict=True)]
    return tuple(place) if any(item != Slice() for item in place) else None


def _seen_through(x: Node, labels: Labels, found: Mapping[int, Window]) -> tuple[Node, Labels]:
    """The window of an operand that takes part."""
    index = [written(found[label], n) if label in found else Slice() for label, n in zip(labels, x.shape, strict=True)]
    if any(item != Slice() for item in index):
        x = shapes.getitem(x, index=tuple(index))
    return x, _renamed(labels, found)


def _brought_back(term: Monomial) -> None:
    """Divides a constant that is out of the range of floats by the constants that the result is divided by."""
    left: list[Node] = []
    for x in term.over:
        number = x.literal.number if x.literal else None
        if isinstance(term.factor, Fraction) and number and decimals.is_in_range(number):
            term.factor = decimals.exact_product(term.factor, 1 / decimals.as_fraction(float(number)))
        else:
            left.append(x)
    term.over = left


# ----------------------------------------------------------------------------------------------- one rule per operation

Children = list[tuple[Node, Labels]]
TakeApart = Callable[[Node, Labels, _Partial], Children | None]


def aligned(x: Node, labels: Labels) -> Labels:
    """The labels of an operand that is broadcast against an array with `labels`."""
    tail = labels[len(labels) - x.ndim :]
    return tuple(NONE if n == 1 else label for n, label in zip(x.shape, tail, strict=True))


def _einsum(node: Node, labels: Labels, partial: _Partial) -> Children:
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    names = dict(zip(out, labels, strict=True))
    children: Children = []
    for x, letters in zip(node.inputs, (a, b), strict=True):
        for letter, n in zip(letters, x.shape, strict=True):
            if letter not in names:
                names[letter] = partial.label(n)
        children.append((x, tuple(names[letter] for letter in letters)))
    return children


def _product(node: Node, labels: Labels, partial: _Partial) -> Children:
    return [(x, aligned(x, labels)) for x in node.inputs]


def _square(node: Node, labels: Labels, partial: _Partial) -> Children:
    return [(node.inputs[0], labels)] * 2


def _negative(node: Node, labels: Labels, partial: _Partial) -> Children:
    partial.term.factor = -partial.term.factor
    return [(node.inputs[0], labels)]


def _quotient(node: Node, labels: Labels, partial: _Partial) -> Children | None:
    x, number = node.inputs
    if number.shape or (number.literal is not None and number.literal.scalar == 0):  # 0 / 0, of a sum without terms
        return None
    partial.term.over.append(number)
    return [(x, aligned(x, labels))]


def _sum(node: Node, labels: Labels, partial: _Partial) -> Children:
    x, axis, rest = node.inputs[0], node.kwargs["axis"], iter(labels)
    if node.kwargs["keepdims"]:
        rest = iter([label for k, label in enumerate(labels) if k not in axis])
    return [(x, tuple(partial.label(n) if k in axis else next(rest) for k, n in enumerate(x.shape)))]


def _transpose(node: Node, labels: Labels, partial: _Partial) -> Children:
    axes = node.kwargs["axes"]
    return [(node.inputs[0], tuple(labels[axes.index(k)] for k in range(len(axes))))]


def _reshape(node: Node, labels: Labels, partial: _Partial) -> Children | None:
    """Where only axes of length 1 come and go."""
    x = node.inputs[0]
    if [n for n in x.shape if n != 1] != [n for n in node.shape if n != 1]:
        return None
    rest = iter([label for label, n in zip(labels, node.shape, strict=True) if n != 1])
    return [(x, tuple(NONE if n == 1 else next(rest) for n in x.shape))]


def _broadcast(node: Node, labels: Labels, partial: _Partial) -> Children:
    return [(node.inputs[0], aligned(node.inputs[0], labels))]


def _trace(node: Node, labels: Labels, partial: _Partial) -> Children:
    label = partial.label(node.inputs[0].shape[0])
    return [(node.inputs[0], (label, label))]


def _diagonal(node: Node, labels: Labels, partial: _Partial) -> Children:
    partial.equal(labels[-1], labels[-1])
    return [(node.inputs[0], (*labels, labels[-1]))]


def _eye(node: Node, labels: Labels, partial: _Partial) -> Children:
    partial.equal(labels[0], labels[1])
    return []


def _diag(node: Node, labels: Labels, partial: _Partial) -> Children:
    """The elements' index is that of the row, or that of the column where the diagonal lies below."""
    k, (row, column) = node.kwargs["k"], labels
    if k == 0:
        partial.equal(row, column)
        return [(node.inputs[0], labels[:1])]
    label = partial.label(node.inputs[0].shape[0])
    partial.equal(row, label, max(-k, 0))
    partial.equal(column, label, max(k, 0))
    return [(node.inputs[0], (label,))]


def _embed(node: Node, labels: Labels, partial: _Partial) -> Children:
    letters, out = node.kwargs["subscripts"].split("->")
    names: dict[str, int] = {}
    for letter, label in zip(out, labels, strict=True):
        partial.equal(names.setdefault(letter, label), label)
    return [(node.inputs[0], tuple(names[letter] for letter in letters))]


def _getitem(node: Node, labels: Labels, partial: _Partial) -> Children | None:
    """Of the axes that are sliced, the index is that of the result, plus where the slice begins."""
    x, index = node.inputs[0], node.kwargs["index"]
    begins = starts(x.shape, index)
    if begins is None:
        return None
    theirs, mine = iter(labels), list[int]()
    for n, item, start in zip(x.shape, index, begins, strict=True):
        label = next(theirs) if isinstance(item, Slice) else NONE
        if item != Slice():
            whole = partial.label(n)
            partial.equal(whole, label, start)
            label = whole
        mine.append(label)
    return [(x, tuple(mine))]


def _scatter(node: Node, labels: Labels, partial: _Partial) -> Children | None:
    """The transpose of a slice: zeros where the index is none of the slice's."""
    x, index = node.inputs[0], node.kwargs["index"]
    begins = starts(node.shape, index)
    if begins is None:
        return None
    rest, mine = iter(indexed_shape(node.shape, index)), list[int]()
    for item, label, start in zip(index, labels, begins, strict=True):
        part = NONE
        if isinstance(item, Slice):
            n = next(rest)
            part = label if item == Slice() else partial.label(n)
            mine.append(part)
        if item != Slice():
            partial.equal(label, part, start)
    return [(x, tuple(mine) if x.shape else ())]


def _constant(node: Node, labels: Labels, partial: _Partial) -> Children | None:
    """A number, the same number everywhere, or an identity matrix."""
    assert node.literal is not None
    value, number = node.literal.value, node.literal.number
    if number and isfinite(number):
        partial.term.factor = decimals.exact_product(partial.term.factor, number)
        return []
    if value.dtype.kind not in "iuf" or value.size == 0 or not np.all(np.isfinite(value)):
        return None
    if value.flat[0] and np.all(value == value.flat[0]):
        partial.term.factor = decimals.exact_product(partial.term.factor, float(value.flat[0]))
        return []
    if value.ndim == 2 and value.shape[0] == value.shape[1] and np.array_equal(value, np.eye(len(value))):
        return _eye(node, labels, partial)
    return None


_RULES: dict[Op, TakeApart] = {
    contraction.einsum: _einsum, contraction.trace: _trace, embedding.embed: _embed, ew.multiply: _product,
    ew.square: _square, ew.negative: _negative, ew.divide: _quotient, red.sum_: _sum, red.broadcast_to: _broadcast,
    shapes.permute: _transpose, shapes.expand_dims: _reshape, shapes.squeeze: _reshape, shapes.reshape: _reshape,
    shapes.diagonal: _diagonal, shapes.diag: _diag, shapes.eye: _eye, shapes.getitem: _getitem,
    shapes.scatter: _scatter, CONSTANT: _constant,
}  # fmt: skip
WINDOWS = (shapes.getitem, shapes.scatter)  # taken apart for the sake of deltas alone
MULTILINEAR = frozenset(_RULES).difference(WINDOWS)
