"""A term of the normal form, back in the plainest NumPy that says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice, permutations, product

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, nominal, nominal_size
from symdiff.graph.node import Node, as_node, constant
from symdiff.ops import contraction, elementwise as ew, linalg, reductions as red, shapes
from symdiff.rewrite import decimals
from symdiff.rewrite.contract.normal_form import NONE, Labels, Monomial, order_of_operands
from symdiff.rewrite.contract.order import cheapest_order
from symdiff.rewrite.contract.placing import placed_in, taken_from

Operand = tuple[Node, Labels]
Key = tuple[tuple[tuple[int, Labels], ...], Labels]
MOST_ORDERS = 6  # of equal operands, in which a product is looked up


class Products:
    """Lowers terms, and remembers the products that it has made: equal ones, and their transposes, are made once.

    Attributes:
        only_solved: inverses that nothing needs but products: ``inv(A) @ b`` is ``solve(A, b)``.
        present: what is computed in any case.
    """

    def __init__(self) -> None:
        self.only_solved: set[Node] = set()
        self.present: set[Node] = set()
        self._made: dict[Key, tuple[Node, Labels]] = {}
        self._rank: dict[Node, int] = {}

    def lower(self, term: Monomial, aval: Aval) -> Node:
        """The node that computes `term`, of type `aval`."""
        return self.together([term], aval) if term.sparse else self._lower(term, aval)

    def together(self, terms: Sequence[Monomial], aval: Aval) -> Node:
        """The sum of sparse terms that stand in the same place: added up before they are put there."""
        first = replace(terms[0], out=_axes(terms), place=None)
        total, axes = self._elements(terms, aval.dtype, order_of_operands(first) or first.out)
        return placed_in(total, axes, terms[0], aval.shape)

    def _elements(self, terms: Sequence[Monomial], dtype: np.dtype, axes: Labels) -> Operand:
        """The elements of sparse terms in the same place."""
        shape = tuple(terms[0].lengths[label] for label in axes)
        total: Node | None = None
        for term in terms:
            sign = -1 if total is not None and term.factor < 0 else 1
            flat = replace(term, out=axes, place=None, factor=sign * term.factor)
            part = self._lower(flat, Aval(dtype, shape))
            total = part if total is None else plus(total, part, sign)
        assert total is not None
        return total, axes

    def _lower(self, term: Monomial, aval: Aval) -> Node:
        numbers, operands = _prepared(term)
        operands = _as_numbers(operands, aval.dtype)
        names = {label for _, labels in operands for label in labels}
        factor, lengths = _front(term, names)
        kept = tuple(label for label in dict.fromkeys(term.out) if label in names)
        scale = _scale(factor, [*lengths, *numbers], term.over, aval.dtype)
        value = constant(aval.dtype.type(1))
        if operands:
            smallest = _smallest(operands, kept, term.lengths) if scale != NO_SCALE else None
            if smallest is not None:  # one pass over a vector rather than over an outer product
                x, labels = operands[smallest]
                operands[smallest], scale = (_scaled(x, scale), labels), NO_SCALE
            value, kept, scale = self._multiply(operands, kept, term.lengths, scale)
        if _grows(kept, term.out):
            return _placed(_scaled(value, scale), kept, term.out, aval.shape)
        return _scaled(_placed(value, kept, term.out, aval.shape), scale)

    def on_diagonal(self, node: Node, sparse: Mapping[int, Sequence[Monomial]]) -> Node:
        """An elementwise `node`, zero wherever the operands that are `sparse` are, which stand in one place."""
        [[term, *_], *_] = sparse.values()
        shape = tuple(term.lengths[label] for label in term.axes)
        small: list[Node] = []
        for k, x in enumerate(node.inputs):
            if k in sparse:
                part, axes = self._elements(sparse[k], x.dtype, _axes(sparse[k]))
                new = tuple(j for j, label in enumerate(term.axes) if label not in axes) if axes else ()
                small.append(shapes.expand_dims(part, axis=new) if new else part)
            elif x.shape:
                other = Monomial(term.axes, [taken_from(x, term)], lengths=term.lengths)
                small.append(self._lower(other, Aval(x.dtype, shape)))
            else:
                small.append(x)
        return placed_in(node.op(*small, **node.kwargs), term.axes, term, node.shape)

    # ------------------------------------------------------------------------------------------------ pair by pair

    def _multiply(
        self, operands: list[Operand], out: Labels, lengths: dict[int, Dim], scale: Scale
    ) -> tuple[Node, Labels, Scale]:
        """The product of all operands, with the axes `out`, and by what it is still to be multiplied."""
        found = self.find(operands, out, final=True) if len(operands) > 1 else None
        if found is not None:
            return *_transposed(*found, out), scale
        given, operands = operands, self._merged(_summed_alone(operands, out), out)
        sizes = {label: nominal(n) for label, n in lengths.items()}
        memory = _Memory(self, operands[:], out)
        for i, j in cheapest_order([frozenset(x) for _, x in operands], out, sizes, memory):
            pair = [operands[i], operands.pop(j)]
            if len(operands) == 1 and scale != NO_SCALE:
                smaller = _smallest(pair, out, lengths, among_equals=True)
                if smaller is not None:
                    x, labels = pair[smaller]
                    pair[smaller], scale, given = (_scaled(x, scale), labels), NO_SCALE, []
            around = frozenset(out).union(*[labels for k, (_, labels) in enumerate(operands) if k != i])
            final = len(operands) == 1
            kept = out if final else _laid_out(_kept(pair, around, out), [*pair, *operands])
            operands[i] = self._pair(pair, kept, final)
        [(x, labels)] = operands
        x, _ = _transposed(x, labels, out)
        if len(given) > 1:
            self._remember(given, out, x)
        return x, out, scale

    def _merged(self, operands: list[Operand], out: Labels) -> list[Operand]:
        """Operands with the same labels multiplied, and summed over those that nothing else needs.

        Of a single group the last one is left, to be multiplied by the order that is asked for.
        """
        groups: dict[frozenset[int], list[Operand]] = {}
        first = {x: k for k, (x, _) in reversed(list(enumerate(operands)))}
        for x, labels in sorted(operands, key=lambda operand: first[operand[0]]):  # equal ones beside each other
            groups.setdefault(frozenset(labels), []).append((x, labels))
        merged: list[Operand] = []
        for mine, group in groups.items():
            last = group.pop() if len(group) > 1 else None
            node, labels = group[0]
            for x, theirs in group[1:]:
                node = _contracted((node, labels), (x, theirs), labels)
            merged.append((node, labels))
            if last is not None and len(groups) == 1:
                merged.append(last)
            elif last is not None:
                needed = set(out).union(*[theirs for theirs in groups if theirs != mine])
                kept = tuple(label for label in labels if label in needed)
                merged[-1] = self._pair([merged[-1], last], kept)
        return merged

    def _pair(self, pair: list[Operand], out: Labels, final: bool = False) -> Operand:
        found = self.find(pair, out, final)
        if found is not None:
            return _transposed(*found, out)
        left, right = pair
        made = (self._solved(left, right, out), self._solved(right, left, out))
        node = next((x for x in made if x is not None), None)
        if node is None:
            node = _contracted(left, right, out)
        self._remember(pair, out, node)
        return node, out

    def _solved(self, inverse: Operand, other: Operand, out: Labels) -> Node | None:
        """``inv(A) @ b`` without the inverse."""
        (x, a), (b, labels) = inverse, other
        shared = [label for label in a if label in labels]
        if x not in self.only_solved or len(a) != 2 or len(shared) != 1 or b.ndim > 2 or shared[0] in out:
            return None
        [k] = shared
        matrix = x.inputs[0] if a[1] == k else linalg.transposed(x.inputs[0])
        rows = (k, *(label for label in labels if label != k))
        b, _ = _transposed(b, labels, rows)
        [left] = [label for label in a if label != k]
        return _transposed(linalg.solve(matrix, b), (left, *rows[1:]), out)[0]

    # ------------------------------------------------------------------------------------------------------- memory

    def find(self, operands: list[Operand], out: Labels, final: bool = False) -> Operand | None:
        """The product of `operands` if it was made before, and the labels of its axes; best in the order `out`."""
        found: Operand | None = None
        for key, numbers in self._spellings(operands, out):
            if key in self._made:
                node, axes = self._made[key]
                names = {number: label for label, number in numbers.items()}
                found = node, tuple(names[k] for k in axes)
                if found[1] == out:
                    return found
        is_outer = final and all(label in out for _, labels in operands for label in labels)
        return None if is_outer else found  # a result would be copied, which saves nothing

    def keys(self, operands: list[Operand], out: Labels) -> set[Key]:
        """What is the same for products that are the same but for their labels."""
        return {key for key, _ in self._spellings(operands, out)}

    def _remember(self, operands: list[Operand], out: Labels, node: Node) -> None:
        key, numbers = next(self._spellings(operands, out))
        self._made.setdefault(key, (node, tuple(numbers[label] for label in out)))

    def _spellings(self, operands: list[Operand], out: Labels) -> Iterator[tuple[Key, dict[int, int]]]:
        """What is the same for products that are the same; equal operands can change places."""
        rank = self._rank
        ranked = sorted(((rank.setdefault(x, len(rank)), labels) for x, labels in operands), key=lambda pair: pair[0])
        groups = [list(group) for _, group in groupby(ranked, key=lambda pair: pair[0])]
        for order in islice(product(*[islice(permutations(g), MOST_ORDERS) for g in groups]), MOST_ORDERS):
            row = [pair for group in order for pair in group]
            numbers: dict[int, int] = {}
            for _, labels in row:
                for label in labels:
                    numbers.setdefault(label, len(numbers))
            kept = tuple(sorted(numbers[label] for label in out))
            yield (tuple((k, tuple(numbers[x] for x in labels)) for k, labels in row), kept), numbers


class _Memory:
    """What has been made of products of some of the operands."""

    def __init__(self, products: Products, operands: list[Operand], out: Labels) -> None:
        self._products, self._operands, self._out = products, operands, out
        self._keys: dict[int, set[Key]] = {}

    def known(self, some: int) -> bool:
        found = self._products.find(*self._part(some))
        return found is not None and found[0] in self._products.present

    def twins(self, some: int, others: int) -> bool:
        return not self._keys_of(some).isdisjoint(self._keys_of(others))

    def _keys_of(self, some: int) -> set[Key]:
        if some not in self._keys:
            self._keys[some] = self._products.keys(*self._part(some))
        return self._keys[some]

    def _part(self, some: int) -> tuple[list[Operand], Labels]:
        mine = [operand for k, operand in enumerate(self._operands) if some >> k & 1]
        rest = [labels for k, (_, labels) in enumerate(self._operands) if not some >> k & 1]
        return mine, _kept(mine, frozenset(self._out).union(*rest), self._out)


def _kept(pair: Sequence[Operand], around: frozenset[int], out: Labels) -> Labels:
    """The labels of a product that are still needed: those that are shared with the first operand, then the others."""
    (_, a), *others = pair
    both = [label for label in a if any(label in b for _, b in others)]
    rest = [label for _, labels in pair for label in labels if label not in both]
    if all(label in around for label in both):  # an outer product may have any order
        rest.sort(key=lambda label: out.index(label) if label in out else len(out))
    return tuple(label for label in dict.fromkeys((*both, *rest)) if label in around)


def _laid_out(labels: Labels, operands: Sequence[Operand]) -> Labels:
    """The labels in the order in which an operand has them all, so that none is transposed to meet it."""
    for _, theirs in operands:
        if set(labels) <= set(theirs):
            return tuple(label for label in theirs if label in labels)
    return labels


def _axes(terms: Sequence[Monomial]) -> Labels:
    """The axes along which the elements of sparse terms in the same place differ."""
    names = {label for term in terms for _, labels in term.operands for label in labels}
    return tuple(label for label in terms[0].axes if label in names)


def _summed_alone(operands: list[Operand], out: Labels) -> list[Operand]:
    """The operands, summed over the labels that no other operand has."""
    found: list[Operand] = []
    for i, (x, labels) in enumerate(operands):
        needed = set(out).union(*[theirs for k, (_, theirs) in enumerate(operands) if k != i])
        alone = tuple(k for k, label in enumerate(labels) if label not in needed)
        found.append((_summed(x, alone) if alone else x, tuple(label for label in labels if label in needed)))
    return found


def _contracted(left: Operand, right: Operand, out: Labels) -> Node:
    (x, a), (y, b) = left, right
    if x.aval.kind in "bi" and y.aval.kind in "bi":
        x = shapes.astype(x, dtype="float64")
    letters = {label: contraction.LABELS[k] for k, label in enumerate(dict.fromkeys((*a, *b)))}
    a_text, b_text, text = ("".join(letters[label] for label in labels) for labels in (a, b, out))
    return contraction.contract(x, a_text, y, b_text, text)


# ------------------------------------------------------------------------------------------------ before and after


def _prepared(term: Monomial) -> tuple[list[Node], list[Operand]]:
    """The numbers of a term, and its arrays without axes of length 1 and without repeated labels."""
    numbers: list[Node] = []
    operands: list[Operand] = []
    for operand in term.operands:
        x, labels = _without_repeats(*_without_ones(*operand))
        if labels:
            operands.append((x, labels))
        else:
            numbers.append(x)
    return numbers, operands


def _without_ones(x: Node, labels: Labels) -> Operand:
    ones = tuple(k for k, label in enumerate(labels) if label == NONE)
    kept = tuple(label for label in labels if label != NONE)
    return shapes.squeeze(x, axis=ones) if ones else x, kept


def _without_repeats(x: Node, labels: Labels) -> Operand:
    while len(set(labels)) < len(labels):
        label = next(label for label in labels if labels.count(label) > 1)
        p = labels.index(label)
        q = labels.index(label, p + 1)
        order = (*(k for k in range(x.ndim) if k not in (p, q)), p, q)
        x, labels = _transposed(x, tuple(range(x.ndim)), order)[0], tuple(labels[k] for k in order[:-1])
        x = shapes.diagonal(x)
    return x, labels


def _front(term: Monomial, names: set[int]) -> tuple[float, list[Node]]:
    """The constant factor; sums over labels that no operand has are products with their lengths."""
    factor, lengths = decimals.nearest_float(term.factor), []
    for label in term.summed:
        n = term.lengths[label]
        if label not in names and isinstance(n, int):
            factor = decimals.product(factor, float(n))
        elif label not in names:
            lengths.append(as_node(n))
    return factor, lengths


def plus(total: Node, part: Node, sign: int = 1) -> Node:
    """``total + part`` or ``total - part``, the sign of a constant in front of `part` taken into account."""
    c = part.inputs[0].literal if part.op is ew.multiply else None
    if part.op is ew.negative:
        part, sign = part.inputs[0], -sign
    elif c is not None and c.value.ndim == 0 and c.value.dtype.kind in "if" and c.value < 0:
        part, sign = (as_node(-c.value.item()) if c.weak else constant(-c.value)) * part.inputs[1], -sign
    return total + part if sign > 0 else total - part


Scale = tuple[float, Node | None, list[Node]]  # a sign or a constant, a number, what is divided by


NO_SCALE: Scale = (1.0, None, [])


def _scale(factor: float, numbers: list[Node], over: list[Node], dtype: np.dtype) -> Scale:
    """What is in front of a product. Single numbers meet before they meet an array."""
    if dtype.kind == "f" and dtype.itemsize < 8:
        factor = float(str(dtype.type(factor)))  # the shortest number that rounds to it
    front: Node | None = None
    for x in numbers:
        front = x if front is None else front * x
    if (front is not None or abs(factor) != 1) and over:
        if front is None:
            front = as_node(int(factor) if factor.is_integer() else factor)
        elif factor != 1:
            front = factor * front
        factor = 1.0
        for x in over:
            front = front / x
        over = []
    return factor, front, over


def _smallest(operands: list[Operand], out: Labels, lengths: dict[int, Dim], among_equals: bool = False) -> int | None:
    """The operand with the fewest elements, if the result has more; equal ones are to stay equal."""
    uses = Counter(x for x, _ in operands)
    sizes = {
        k: nominal_size([lengths[label] for label in labels])
        for k, (x, labels) in enumerate(operands)
        if among_equals or uses[x] == 1
    }
    k = min(sizes, key=lambda k: sizes[k], default=None)
    return k if k is not None and sizes[k] < nominal_size([lengths[label] for label in out]) else None


def _as_numbers(operands: list[Operand], dtype: np.dtype) -> list[Operand]:
    """Conditions as numbers, but for one that is multiplied by a number: among themselves they stay conditions."""
    conditions = sum(not x.aval.inexact for x, _ in operands)
    if not conditions or (conditions == 1 and len(operands) > 1):
        return operands
    return [
        (x if x.aval.inexact or x.dtype == dtype else shapes.astype(x, dtype=dtype.name), labels)
        for x, labels in operands
    ]


def _scaled(value: Node, scale: Scale) -> Node:
    factor, front, over = scale
    if front is not None:
        value = front if value.literal is not None and value.literal.scalar == 1 else front * value
    if factor == -1 and over and not value.shape and value.aval.inexact:  # -a / n is one thing to a reader
        value, factor = -value, 1.0
    for x in over:
        value = value / x
    return value if factor == 1 else -value if factor == -1 and value.aval.inexact else factor * value


def _grows(labels: Labels, out: Labels) -> bool:
    """Whether the result is larger than the product: repeated along an axis, or put on a diagonal."""
    real = [label for label in out if label != NONE]
    return len(real) > len(labels)


def _summed(x: Node, axis: tuple[int, ...]) -> Node:
    if x.op is shapes.diagonal and x.inputs[0].ndim == 2:
        return contraction.trace(x.inputs[0])
    return red.sum_(x, axis=axis, keepdims=False)


def _transposed(x: Node, labels: Labels, out: Labels) -> Operand:
    """`x` with its axes in the order `out`."""
    if labels == out:
        return x, out
    return shapes.permute(x, axes=tuple(labels.index(label) for label in out)), out


def _placed(x: Node, labels: Labels, out: Labels, shape: tuple[Dim, ...]) -> Node:
    """`x` with all axes of the result: those of length 1, and those along which it is the same."""
    real = tuple(label for label in out if label != NONE)
    ones = tuple(k for k, label in enumerate(out) if label == NONE)
    if ones and labels == real and x.op is red.sum_ and not x.kwargs["keepdims"] and x.kwargs["axis"] == ones:
        return red.sum_(x.inputs[0], axis=ones, keepdims=True)
    new = tuple(k for k, label in enumerate(out) if label not in labels)
    return red.spread(shapes.expand_dims(x, axis=new) if new and labels else x, shape)
