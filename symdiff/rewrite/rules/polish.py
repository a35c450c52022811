"""The last pass: the same values, in the order in which one writes them."""

from __future__ import annotations

from collections.abc import Callable, Set as AbstractSet

import numpy as np

from symdiff.graph.dims import nominal_size
from symdiff.graph.node import CONSTANT, Node, constant
from symdiff.ops import elementwise as ew, gathering, reductions as red, shapes
from symdiff.ops.contraction import einsum, split_subscripts
from symdiff.ops.index import Index, Slice
from symdiff.rewrite import decimals
from symdiff.rewrite.rule import BITS, REAL, Rule, Wildcard, is_scalar_constant, number
from symdiff.rewrite.rules.algebra import as_number, is_moderate, replaced
from symdiff.rewrite.rules.constants import rows_of_known_numbers
from symdiff.rewrite.rules.parts import behind
from symdiff.rewrite.rules.replaced import part_of_replaced
from symdiff.rewrite.rules.selected import guard_times_guarded
from symdiff.rewrite.rules.views import diagonal_of_elementwise

MOST_ELEMENTS = 256
MOST_TERMS = 256  # of a sum that is looked through for elements, as each of its partial sums is
MOST_IN_MATRIX = 36  # six variables: more is read better element by element
MOST_FACTORS = 16  # of a row that is looked through
DIFFERENCE = "a difference is the sum with the negative"

dense = Wildcard("dense", lambda node: node.op.accumulate is None)  # else it is added to the other, in place
x, y, z, c = Wildcard("x"), Wildcard("y"), Wildcard("z"), Wildcard("c", is_moderate, CONSTANT)
d, f = Wildcard("d", is_moderate, CONSTANT), Wildcard("f", is_moderate, CONSTANT)
m = Wildcard("m", lambda node: is_scalar_constant(node) and number(node) < 0, CONSTANT)


@REAL.on("elements-stacked", ew.add, ew.subtract, arrays=True, why="differs in the sign of a zero only")
def _elements_stacked(node: Node) -> Node | None:
    """A sum of arrays that are zero but for one element, which cover them all, or at least a half of a short one."""
    if node.ndim != 1 or not isinstance(node.shape[0], int) or not 0 < node.shape[0] <= MOST_ELEMENTS:
        return None
    elements, others = _terms(node)
    n = node.shape[0]
    if others and len(others) > 1:  # each would be another sum
        return None
    is_all = len(elements) == n and all(x.literal is None for x in elements.values())
    is_short = node.dtype == np.float64 and n <= MOST_IN_MATRIX and 2 * len(elements) >= n
    if not elements or not (is_all or is_short) or (others and _is_stacked(node)):
        return None
    whole = shapes.stack(*([elements[k,] for k in range(n)] if is_all else _filled(elements, n)), axis=0)
    return whole if not others else whole - others[0][0] if others[0][1] else whole + others[0][0]


def _is_stacked(total: Node) -> bool:
    """Whether the elements of a sum are together."""
    return any(x.op is shapes.stack for x in total.inputs)


def _filled(elements: dict[tuple[int, ...], Node], n: int) -> tuple[Node, ...]:
    """The numbers of a vector of floats, zeros where it has no others."""
    zero = constant(np.float64(0))
    return tuple(_as_float(elements.get((k,), zero)) for k in range(n))


@REAL.on("matrix-of-elements", ew.add, ew.subtract, arrays=True, why="differs in the sign of a zero only")
def _matrix_of_elements(node: Node) -> Node | None:
    """The same of matrices, of which at least a half is given: what a Hessian in few variables is."""
    known = node.ndim == 2 and all(isinstance(n, int) for n in node.shape)
    if not known or node.dtype != np.float64 or not 1 < nominal_size(node.shape) <= MOST_IN_MATRIX:
        return None
    elements, (n, m) = _elements(node), map(int, node.shape)  # type: ignore[arg-type]
    if 2 * len(elements) < n * m:
        return None
    zero = constant(np.float64(0))
    written = [elements.get((i, j), zero) for i in range(n) for j in range(m)]
    return shapes.matrix(*written, shape=(n, m))


def _elements(node: Node) -> dict[tuple[int, ...], Node]:
    """By their places, the elements of a sum of arrays that are zero but for some; none, if it is no such sum."""
    elements, others = _terms(node)
    return {} if others else elements


def _terms(node: Node) -> tuple[dict[tuple[int, ...], Node], list[tuple[Node, bool]]]:
    """The elements of arrays that are zero but for some, by their places, and the other terms of a sum, with signs."""
    elements: dict[tuple[int, ...], Node] = {}
    others: list[tuple[Node, bool]] = []
    stack = [(node, False)]
    while stack:
        term, minus = stack.pop()
        if len(stack) > MOST_TERMS:
            return {}, []
        if term.op in (ew.add, ew.subtract):
            stack += [(term.inputs[1], minus ^ (term.op is ew.subtract)), (term.inputs[0], minus)]
            continue
        if term.op is ew.negative:
            stack.append((term.inputs[0], not minus))
            continue
        found = _placed_elements(term)
        if not found:
            others.append((term, minus))
        for place, x in found.items():
            before = elements.get(place)
            if before is None:
                elements[place] = -x if minus else x
            else:
                elements[place] = before - x if minus else before + x
    return elements, others


def _placed_elements(term: Node) -> dict[tuple[int, ...], Node]:
    """The one element of an array that is not zero, if its place is known; those of one that is written out."""
    if term.op is shapes.scatter:
        index: tuple[object, ...] = term.kwargs["index"]
        if len(index) != term.ndim or any(not isinstance(k, int) for k in (*index, *term.shape)):
            return {}
        return {tuple(k % n for k, n in zip(index, term.shape, strict=True)): term.inputs[0]}  # type: ignore[operator]
    written = [(k, x) for k, x in enumerate(term.inputs) if x.literal is None or x.literal.value.any()]
    if term.op is shapes.stack and term.ndim == 1:
        return {(k,): x for k, x in written}
    if term.op is not shapes.matrix:
        return {}
    n = int(term.shape[1])  # type: ignore[arg-type]
    return {divmod(k, n): x for k, x in written}


@BITS.on("matrix-of-rows", shapes.stack)
def _matrix_of_rows(node: Node) -> Node | None:
    """Rows of numbers are written inside of the matrix, those that are known as well."""
    return _with_rows(node, _row)


@REAL.on("matrix-of-sparse-rows", shapes.stack, arrays=True, why="differs in the sign of a zero only")
def _matrix_of_sparse_rows(node: Node) -> Node | None:
    """The same of rows that are zero but for some elements: what a Jacobian of a few equations has."""
    return _with_rows(node, _sparse_row)


def _with_rows(node: Node, row_of: Callable[[Node], tuple[Node, ...] | None]) -> Node | None:
    """A stack as one matrix, if its rows are seen to be numbers, and none that is computed is there twice."""
    if node.ndim != 2 or node.kwargs["axis"] != 0 or node.dtype != np.float64:
        return None
    if all(x.literal is not None for x in node.inputs):
        return None
    rows = [row for row in map(row_of, node.inputs) if row is not None]
    computed = [row for row in rows if any(x.literal is None for x in row)]
    if len(rows) < len(node.inputs) or len(set(computed)) < len(computed):
        return None
    elements = [x for row in rows for x in row]
    alike = all(x.dtype == node.dtype and (x.literal is not None or not x.aval.weak) for x in elements)
    shape = (len(rows), len(elements) // len(rows))
    return shapes.matrix(*elements, shape=shape) if alike and len(elements) <= MOST_IN_MATRIX else None


def _row(x: Node) -> tuple[Node, ...] | None:
    """The numbers that a vector is made of; None if it is made of others."""
    if x.op is shapes.stack:
        return tuple(map(_as_float, x.inputs))
    known = x.literal is not None and x.ndim == 1 and x.literal.value.size <= MOST_IN_MATRIX
    return tuple(constant(value) for value in x.literal.value) if known and x.literal is not None else None


def _sparse_row(x: Node) -> tuple[Node, ...] | None:
    """The same, zeros around the elements of a sum included."""
    row = _row(x)
    if row is not None or x.ndim != 1 or not isinstance(x.shape[0], int) or x.shape[0] > MOST_IN_MATRIX:
        return row
    elements = _elements(x) if x.dtype == np.float64 else {}
    return _filled(elements, x.shape[0]) if elements or red.is_zero(x) else None


def _as_float(x: Node) -> Node:
    """A number of Python's as the float that it is among floats."""
    literal = x.literal
    return constant(np.float64(literal.value)) if literal is not None and x.aval.weak else x


@REAL.on("slices-joined", ew.add, arrays=True, why="differs in the sign of a zero only")
def _slices_joined(node: Node) -> Node | None:
    """A sum of arrays that are zero but for one slice along an axis, slices that lie side by side."""
    pieces: dict[int, tuple[int, Node]] = {}
    stack, axes = [node], set[int]()
    while stack:
        term = stack.pop()
        if term.op is ew.add and len(pieces) + len(stack) < MOST_ELEMENTS:
            stack += term.inputs
            continue
        found = _piece(term)
        if found is None or found[1] in pieces:
            return None
        axis, start, stop = found
        axes.add(axis)
        pieces[start] = stop, term.inputs[0]
    end = 0
    for start in sorted(pieces):
        if start != end:
            return None
        end = pieces[start][0]
    axis = axes.pop()
    if axes or end != node.shape[axis]:
        return None
    return shapes.concatenate(*[pieces[k][1] for k in sorted(pieces)], axis=axis)


@BITS.on("number-everywhere", shapes.scatter, gathering.scatter_add, gathering.add_along)
def _number_everywhere(node: Node) -> Node | None:
    """The same number put at all positions need not be an array."""
    g = node.inputs[0]
    same = g.op is red.broadcast_to and not g.inputs[0].shape
    return node.op(g.inputs[0], *node.inputs[1:], **node.kwargs) if same else None


def _piece(term: Node) -> tuple[int, int, int] | None:
    """``(axis, start, stop)`` of the one slice of `term` that is not zero."""
    if term.op is not shapes.scatter or term.inputs[0].ndim != term.ndim:
        return None
    found = []
    for axis, item in enumerate(term.kwargs["index"]):
        length = term.shape[axis]
        if not isinstance(item, Slice) or item.step not in (None, 1):
            return None
        if item == Slice(None, None, item.step):
            continue
        if not isinstance(length, int) or not all(isinstance(k, int | None) for k in (item.start, item.stop)):
            return None
        found.append((axis, *slice(item.start, item.stop).indices(length)[:2]))
    return found[0] if len(found) == 1 else None


@REAL.on("plus-minus-product", ew.add, among=(einsum,), why="differs in the sign of a zero only")
def _plus_minus_product(node: Node) -> Node | None:
    """``x + (-2 * A) @ B`` is ``x - (2 * A) @ B``."""
    for x, product in (node.inputs, node.inputs[::-1]):
        if product.op is not einsum:
            continue
        for k, factor in enumerate(product.inputs):
            if factor.op is ew.multiply and m.accept(factor.inputs[0]):
                number_, rest = factor.inputs
                positive = as_number(-number(number_), number_) * rest
                return x - einsum(*replaced(product.inputs, k, positive), **product.kwargs)
    return None


@BITS.on("plus-minus-row", ew.add, ew.subtract, among=(ew.multiply, ew.divide), why=DIFFERENCE)
def _plus_minus_row(node: Node) -> Node | None:
    """``x + -2 * y / z`` is ``x - 2 * y / z``, ``x - -2 * y / z`` the opposite, and ``-y * z + x`` is ``x - y * z``."""
    opposite = ew.subtract if node.op is ew.add else ew.add
    if node.aval.kind == "c":  # whose zeros would change their signs
        return None
    pairs = (node.inputs, node.inputs[::-1]) if node.op is ew.add else (node.inputs,)
    for x, row in pairs:
        bare = bool(node.shape) and x.op.accumulate is None  # a pass is saved; a row that is added to in place stays
        positive = _without_sign(row, bare)
        if positive is not None:
            return opposite(x, positive)
    return None


def _without_sign(row: Node, bare: bool) -> Node | None:
    """A row of factors and divisors with a negative number in front, or a `bare` sign, without it."""
    chain = [row]
    while chain[-1].op in (ew.multiply, ew.divide) and len(chain) < MOST_FACTORS:
        chain.append(chain[-1].inputs[0])
    front = chain.pop()
    if not chain or not row.aval.inexact or not (m.accept(front) or (bare and front.op is ew.negative)):
        return None
    front = as_number(-number(front), front) if front.literal is not None else front.inputs[0]
    for node in reversed(chain):
        front = node.op(front, node.inputs[1])
    return front


@REAL.on("product-with-itself", einsum, why="a product of an array with itself takes half of the operations")
def _product_with_itself(node: Node) -> Node | None:
    """``2 * (X.T @ X)`` rather than ``X.T @ (2 * X)``; an outer product is scaled before."""
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    if {*a, *b} == {*out}:
        return None
    for k, x in enumerate(node.inputs):
        if x.op is ew.multiply and is_scalar_constant(x.inputs[0]) and x.inputs[1] is node.inputs[1 - k]:
            return x.inputs[0] * einsum(*replaced(node.inputs, k, x.inputs[1]), **node.kwargs)
    return None


@REAL.on(
    "product-with-padded", einsum, among=(shapes.scatter, shapes.concatenate), why="nothing is multiplied with zeros"
)
def _product_with_padded(node: Node) -> Node | None:
    """``A[1:].T @ d`` rather than ``A.T @ y`` with ``y = np.zeros(n); y[1:] = d``."""
    *labels, out = split_subscripts(node.kwargs["subscripts"])
    for k, padded in enumerate(node.inputs):
        inner, index = _padded(padded)
        mine, theirs, other = labels[k], labels[1 - k], node.inputs[1 - k]
        cut = {c: item for c, item in zip(mine, index, strict=True) if item != Slice()}
        summed = all(c in theirs and c not in out and mine.count(c) == 1 for c in cut)
        if cut and summed and all(isinstance(item, Slice) and item.step in (None, 1) for item in cut.values()):
            part = shapes.getitem(other, index=tuple(cut.get(c, Slice()) for c in theirs))
            return einsum(*replaced(replaced(node.inputs, k, inner), 1 - k, part), **node.kwargs)
    return None


def _padded(x: Node) -> tuple[Node, Index]:
    """What stands among zeros, and where: `x` itself, everywhere, if there are none."""
    everywhere = (Slice(),) * x.ndim
    if x.op is shapes.scatter and x.inputs[0].ndim == x.ndim:
        return x.inputs[0], x.kwargs["index"]
    others = [y for y in x.inputs if not red.is_zero(y.inputs[0] if y.op is shapes.expand_dims else y)]
    if x.op is not shapes.concatenate or len(others) != 1:
        return x, everywhere
    axis, k = x.kwargs["axis"], x.inputs.index(others[0])
    before, after = (sum(y.shape[axis] for y in zeros) for zeros in (x.inputs[:k], x.inputs[k + 1 :]))
    if not isinstance(before, int) or not isinstance(after, int):
        return x, everywhere
    item = Slice(before or None, -after or None)
    return others[0], tuple(item if j == axis else Slice() for j in range(x.ndim))


def _added_inside(shared: AbstractSet[Node]) -> Rule:
    """The rule for a graph in which these nodes are used more than once."""

    @REAL.on("added-inside", ew.add, ew.subtract, among=(einsum,), why="one matrix product instead of two")
    def apply(node: Node) -> Node | None:
        """``np.outer(a + b, x)`` rather than ``np.outer(a, x) + np.outer(b, x)``."""
        a, b = node.inputs
        if a.op is not einsum or b.op is not einsum or a.params != b.params or a in shared or b in shared:
            return None
        same = [k for k in (0, 1) if a.inputs[k] is b.inputs[k]]
        if not same or a is b:
            return None
        other = 1 - same[0]
        first, second = a.inputs[other], b.inputs[other]
        if first.shape != second.shape or nominal_size(first.shape) > nominal_size(node.shape):
            return None
        return einsum(*replaced(a.inputs, other, node.op(first, second)), **a.kwargs)

    return apply


def _scaled_once(shared: AbstractSet[Node]) -> Rule:
    """The rule for a graph in which these nodes are used more than once."""

    @REAL.on("outer-scaled-once", ew.multiply, ew.negative, among=(einsum,), why="numbers meet in the smaller array")
    def apply(node: Node) -> Node | None:
        """``np.outer(u, 6 * v)`` rather than ``2 * np.outer(u, 3 * v)``."""
        outer = node.inputs[-1]
        is_scaled = node.op is ew.negative or c.accept(node.inputs[0])
        if not is_scaled or outer in shared or outer.op is not einsum or outer.kwargs["subscripts"] != "a,b->ab":
            return None
        for k, factor in enumerate(outer.inputs):
            if factor.op is ew.multiply and factor not in shared and c.accept(factor.inputs[0]):
                inner, rest = factor.inputs
                scale = decimals.product(number(node.inputs[0]) if node.op is ew.multiply else -1.0, number(inner))
                return einsum(*replaced(outer.inputs, k, as_number(scale, inner) * rest), **outer.kwargs)
        return None

    return apply


def beside_shared(shared: AbstractSet[Node]) -> tuple[Rule, ...]:
    """The rules for a graph in which these nodes are used more than once: what is `shared` keeps its form."""
    p = Wildcard("p", lambda node: node not in shared and node.op in (ew.multiply, ew.divide, ew.subtract))

    def minus(p: Node) -> Node | None:
        a, b = p.inputs
        if p.op is ew.subtract:
            return b - a
        a = as_number(-number(a), a) if is_scalar_constant(a) else -a
        return p.op(a, b)

    @BITS.on("slice-of-slice", shapes.getitem, among=(shapes.getitem,), why="both are slices of the same array")
    def slice_of_slice(node: Node) -> Node | None:
        """``x[:5]`` rather than ``x[1:][:4]``, where nothing else reads the first of the two."""
        x, outer = node.inputs[0], node.kwargs["index"]
        if (
            x in shared
            or x.op is not shapes.getitem
            or not all(isinstance(i, Slice) for i in (*x.kwargs["index"], *outer))
        ):
            return None
        source = x.inputs[0]
        items = [behind(*each) for each in zip(x.kwargs["index"], outer, source.shape, strict=True)]
        return (
            None if None in items else shapes.getitem(source, index=tuple(item for item in items if item is not None))
        )

    product = Wildcard("p", lambda node: node not in shared and _is_product_of_unknowns(node))
    e = Wildcard("e", lambda node: node not in shared, ew.expm1)
    return (
        REAL("exp-of-expm1", e + 1, lambda e: ew.exp(e.inputs[0]), "one rounding less, also where expm1(x) is near -1"),
        REAL("sign-inside", -p, minus, "differs in the sign of a zero only"),
        REAL("product-in-a-row", c * product, lambda c, p: (c * p.inputs[0]) * p.inputs[1], "no brackets"),
        _added_inside(shared),
        _scaled_once(shared),
        slice_of_slice,
        part_of_replaced(shared),
        diagonal_of_elementwise(shared),
    )


def _is_product_of_unknowns(node: Node) -> bool:
    return node.op is ew.multiply and all(x.literal is None for x in node.inputs)


def _without_numbers(c: Node, d: Node, f: Node, x: Node) -> Node | None:
    """``c - d * (f + x)`` where c is d * f."""
    cancels = number(c) == decimals.product(number(d), number(f)) and x.literal is None
    return as_number(-number(d), d) * x if cancels else None


ANYWHERE: tuple[Rule, ...] = (
    guard_times_guarded,
    rows_of_known_numbers,
    _elements_stacked,
    _matrix_of_elements,
    _matrix_of_rows,
    _matrix_of_sparse_rows,
    _slices_joined,
    _number_everywhere,
    _product_with_itself,
    _product_with_padded,
    _plus_minus_product,
    REAL("number-minus-shifted", c - d * (f + x), _without_numbers, "the numbers cancel, and no digits with them"),
    BITS("minus-sum", (-x) + dense, dense - x, DIFFERENCE),
    BITS("plus-negative", x + m, lambda x, m: x - as_number(-number(m), m), DIFFERENCE),
    _plus_minus_row,
)
RULES = (*beside_shared(frozenset()), *ANYWHERE)
