"""The normal form of everything multilinear: a product of operands over labelled axes.

``@``, ``*``, sums, transposes, traces, diagonals, broadcasts and identities are one thing: each operand has a label per
axis, the labels that the result does not have are summed over, and a delta says that two labels are the same one, so
that it is no operand at all (Laue, Mitterreiter and Giesen, "Computing Higher Order Derivatives of Matrix and Tensor
Expressions", 2018, and "A Simple and Efficient Tensor Calculus", 2020). An axis of length 1 has no label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from symdiff.graph.dims import Dim
from symdiff.graph.node import CONSTANT, Node
from symdiff.graph.op import Op
from symdiff.ops import contraction, elementwise as ew, reductions as red, shapes
from symdiff.ops.contraction import split_subscripts

Labels = tuple[int, ...]
NONE = -1  # the label of an axis of length 1
MOST_TERMS = 8  # that one product is multiplied out into
ADDITIONS = (ew.add, ew.subtract)


@dataclass
class Term:
    """factor * product of operands / product of `over`, summed over the labels that are not in `out`.

    Attributes:
        out: a label per axis of the result. A label that stands there twice is a delta.
        operands: nodes with a label per axis; a label that an operand has twice picks its diagonal.
        factor: the constants, gathered.
        over: numbers by which the result is divided.
        summed: every label that is summed over, also those that no operand has.
        lengths: of the labels.
        plain: nothing is summed, and no two labels are the same: an elementwise product, which is left as it stands.
    """

    out: Labels
    operands: list[tuple[Node, Labels]] = field(default_factory=list)
    factor: float = 1.0
    over: list[Node] = field(default_factory=list)
    summed: list[int] = field(default_factory=list)
    lengths: dict[int, Dim] = field(default_factory=dict)
    plain: bool = True


def has_repeats(labels: Labels) -> bool:
    """Whether a label stands twice."""
    real = [label for label in labels if label != NONE]
    return len(set(real)) < len(real)


# ------------------------------------------------------------------------------------------------------ multiplying out


@dataclass
class _Partial:
    """A term in the making: `pending` is still to be taken apart, `same` are pairs of equal labels."""

    term: Term
    pending: list[tuple[Node, Labels]]
    same: list[tuple[int, int]] = field(default_factory=list)

    def fork(self) -> _Partial:
        term = self.term
        copied = replace(term, operands=[*term.operands], over=[*term.over], summed=[*term.summed])
        return _Partial(copied, [*self.pending], [*self.same])

    def label(self, length: Dim) -> int:
        """A new label, summed over; none for an axis of length 1."""
        if length == 1:
            return NONE
        label = len(self.term.lengths)  # the table is shared by all terms
        self.term.lengths[label] = length
        self.term.summed.append(label)
        return label


def multiply_out(root: Node, is_open: Callable[[Node], bool], has_delta: Callable[[Node], bool]) -> list[Term]:
    """The terms whose sum is `root`. Where `is_open` is false, nodes are operands; so are sums that hold no delta."""
    lengths: dict[int, Dim] = dict(enumerate(root.shape))
    out = tuple(NONE if n == 1 else k for k, n in enumerate(root.shape))
    work = [_Partial(Term(out, lengths=lengths), [(root, out)])]
    terms: list[Term] = []
    while work:
        partial = work.pop()
        while partial.pending:
            node, labels = partial.pending.pop()
            if node.op in ADDITIONS and has_delta(node) and len(work) + len(terms) < MOST_TERMS:
                parts = list(_summands(node, has_delta))
                for part, sign in reversed(parts[1:]):
                    other = partial.fork()
                    other.term.factor *= sign
                    other.pending.append((part, aligned(part, labels)))
                    work.append(other)
                part, sign = parts[0]
                partial.term.factor *= sign
                partial.pending.append((part, aligned(part, labels)))
                continue
            take_apart = _RULES.get(node.op) if node is root or node.op is CONSTANT or is_open(node) else None
            children = take_apart(node, labels, partial) if take_apart else None
            if children is None:
                partial.term.operands.append((node, labels))
            else:
                partial.pending.extend(reversed(children))
        terms.append(_with_one_name_each(partial, moved=root.op is shapes.permute))
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


def _with_one_name_each(partial: _Partial, moved: bool) -> Term:
    """The term with one label for all that are the same; the result's labels stay."""
    term, names = partial.term, {NONE: NONE}

    def find(label: int) -> int:
        while label in names and names[label] != label:
            label = names[label]
        return label

    for a, b in partial.same:
        if NONE not in (a, b):
            p, q = sorted((find(a), find(b)))
            names[q] = p
    term.plain = not (term.summed or partial.same or moved)
    term.out = tuple(map(find, term.out))
    term.operands = [(x, tuple(map(find, labels))) for x, labels in term.operands]
    kept = set(term.out)
    term.summed = [label for label in dict.fromkeys(map(find, term.summed)) if label not in kept]
    return term


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
    if number.shape:
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
    partial.same.append((labels[-1], labels[-1]))
    return [(node.inputs[0], (*labels, labels[-1]))]


def _eye(node: Node, labels: Labels, partial: _Partial) -> Children:
    partial.same.append((labels[0], labels[1]))
    return []


def _diag(node: Node, labels: Labels, partial: _Partial) -> Children | None:
    if node.kwargs["k"]:
        return None
    partial.same.append((labels[0], labels[1]))
    return [(node.inputs[0], labels[:1])]


def _embed(node: Node, labels: Labels, partial: _Partial) -> Children:
    letters, out = node.kwargs["subscripts"].split("->")
    names: dict[str, int] = {}
    for letter, label in zip(out, labels, strict=True):
        partial.same.append((names.setdefault(letter, label), label))
    return [(node.inputs[0], tuple(names[letter] for letter in letters))]


def _constant(node: Node, labels: Labels, partial: _Partial) -> Children | None:
    """A number, the same number everywhere, or an identity matrix."""
    assert node.literal is not None
    value = node.literal.value
    if value.dtype.kind not in "iuf" or value.size == 0 or not np.all(np.isfinite(value)):
        return None
    if value.flat[0] and np.all(value == value.flat[0]):
        partial.term.factor *= float(value.flat[0])
        return []
    if value.ndim == 2 and value.shape[0] == value.shape[1] and np.array_equal(value, np.eye(len(value))):
        return _eye(node, labels, partial)
    return None


_RULES: dict[Op, TakeApart] = {
    contraction.einsum: _einsum, contraction.trace: _trace, contraction.embed: _embed, ew.multiply: _product,
    ew.square: _square, ew.negative: _negative, ew.divide: _quotient, red.sum_: _sum, red.broadcast_to: _broadcast,
    shapes.permute: _transpose, shapes.expand_dims: _reshape, shapes.squeeze: _reshape, shapes.reshape: _reshape,
    shapes.diagonal: _diagonal, shapes.diag: _diag, shapes.eye: _eye, CONSTANT: _constant,
}  # fmt: skip
MULTILINEAR = frozenset(_RULES)
