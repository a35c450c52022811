"""Folding: operations on constants are done once, at compile time."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from symdiff.graph.dims import nominal_size
from symdiff.graph.node import CONSTANT, Literal, Node, constant
from symdiff.graph.walk import toposort
from symdiff.ops.elementwise import divide, multiply, negative, square
from symdiff.ops.reductions import broadcast_to
from symdiff.ops.shapes import astype, eye, getitem, scatter, stack
from symdiff.rewrite.decimals import as_fraction, is_in_range, nearest_float
from symdiff.rewrite.rule import BITS, REAL, Rule

PRODUCTS = (multiply, divide, square)
LARGEST = 4096  # elements: what is folded is printed, or stored in the file
MOST_IN_ROWS = 256
MANY = 16  # numbers that one does not want to read where two and a step say the same


def _fold(node: Node) -> Node | None:
    """An elementwise operation on constants is a constant."""
    op = node.op
    if op.family != "elementwise" or not (callable(op.fn) or op.lower) or not node.inputs:
        return None
    literals = [x.literal for x in node.inputs]
    if any(literal is None or literal.value.size > LARGEST for literal in literals):
        return None
    if node.aval.inexact and any(_counts(literal.value) for literal in literals if literal is not None):
        return None
    if op in (multiply, divide, negative) and node.shape and not all(x.shape for x in node.inputs[1:]):
        return None  # a number in front of an array may meet another one there
    try:
        with np.errstate(all="ignore"):
            value = _evaluated(op.lower(*node.inputs, **node.kwargs) if op.lower and not callable(op.fn) else node)
    except (TypeError, ValueError, ArithmeticError):
        return None  # left to fail, or not, where the code runs
    value = np.asarray(value, node.dtype)
    if op in PRODUCTS and _leaves_range(value, literals):
        return None  # it may come back, see `product_in_range`
    return constant(value, weak=node.aval.weak)


def _leaves_range(value: np.ndarray, literals: Iterable[Literal | None]) -> bool:
    """Whether a product of double precision overflows, or all but vanishes, though none of its factors has."""
    if value.dtype != np.float64 or value.shape or is_in_range(float(value)):
        return False
    return all(x is not None and x.number is not None and is_in_range(x.number) for x in literals)


@REAL.on("product-in-range", multiply, divide, among=PRODUCTS)
def product_in_range(node: Node) -> Node | None:
    """A product of numbers is in the range of floats, though a part of it is not: (1e-200 · 1e-200) · 1e300."""
    if node.dtype != np.float64 or node.shape:
        return None
    values: dict[Node, Fraction] = {}
    for n in toposort([node], stop=lambda n: n.op not in PRODUCTS):
        a, b = (values[x] if x in values else _exactly(x) for x in (*n.inputs, *n.inputs)[:2])
        if a is None or b is None:
            return None
        values[n] = a / b if n.op is divide else a * b
    value = nearest_float(values[node])
    return constant(value, weak=node.aval.weak) if is_in_range(value) else None


def _exactly(x: Node) -> Fraction | None:
    number = None if x.literal is None or x.dtype.kind not in "fiu" else x.literal.number
    return as_fraction(float(number)) if number is not None and is_in_range(number) else None


def _counts(value: np.ndarray) -> bool:
    """Whether an array is many whole numbers in equal steps: ``0.9 ** np.arange(1, 101)`` says more than numbers."""
    if value.ndim != 1 or value.size <= MANY or value.dtype.kind not in "if":
        return False
    first, step = value[0], value[1] - value[0]
    return bool(
        step == np.trunc(step)
        and first == np.trunc(first)
        and np.array_equal(value[1:] - value[:-1], np.full(len(value) - 1, step))
    )


def _evaluated(root: Node) -> object:
    """The value of an expression of constants."""
    values: dict[Node, object] = {}
    for node in toposort([root]):
        if node.literal is not None:
            values[node] = _operand(node, root.aval.inexact)
        elif callable(node.op.fn):
            values[node] = node.op.fn(*[values[x] for x in node.inputs], **node.kwargs)
        else:
            raise TypeError(f"{node.op.name} has no function")
    return values[root]


def _operand(x: Node, to_float: bool) -> object:
    literal = x.literal
    assert literal is not None
    if not literal.weak:
        return literal.value
    # Python's integers raise on negative powers where floats do not; the row's dtype rule has the last word.
    return np.float64(literal.value) if x.aval.kind == "i" and to_float else literal.value[()]


@BITS.on("fold-astype", astype)
def fold_astype(node: Node) -> Node | None:
    """A conversion of a constant is a constant."""
    literal = node.inputs[0].literal
    if literal is None or literal.value.size > LARGEST:
        return None
    return constant(literal.value.astype(node.dtype), weak=False)


@BITS.on("element-of-constant", getitem, among=(CONSTANT,))
def element_of_constant(node: Node) -> Node | None:
    """A number of an array of known numbers is known."""
    literal, index = node.inputs[0].literal, node.kwargs["index"]
    if literal is None or node.shape or not all(isinstance(k, int) for k in index):
        return None
    return constant(literal.value[index], weak=node.aval.weak)


@BITS.on("identity-matrix", CONSTANT)
def identity_matrix(node: Node) -> Node | None:
    """A constant that is an identity matrix, or a multiple of one, has a name."""
    literal = node.literal
    assert literal is not None
    value = literal.value
    if value.ndim != 2 or value.shape[0] != value.shape[1] or len(value) < 2 or not node.aval.inexact:
        return None
    c = value[0, 0]
    if c == 0 or np.any(np.diagonal(value) != c) or np.count_nonzero(value) != len(value):
        return None
    identity = eye(n=len(value), dtype=value.dtype.name)
    if np.any(np.signbit(value.real)) or np.any(np.signbit(value.imag)) or not np.isfinite(c):
        return None
    return identity if c == 1 else multiply(constant(c), identity)


@BITS.on("rows-of-known-numbers", stack, arrays=True, why="it is made once, for all calls")
def rows_of_known_numbers(node: Node) -> Node | None:
    """An array of rows of known numbers, zeros among them, is one constant: what derivatives of matrices made of
    elements have. It is found late, for products with what is zero but for an element are taken apart before."""
    if node.ndim < 2 or not nominal_size(node.shape) <= MOST_IN_ROWS:
        return None
    rows = [_row(x) for x in node.inputs]
    if any(row is None for row in rows):
        return None
    array = np.stack([row for row in rows if row is not None], **node.kwargs)
    return constant(array.astype(node.dtype), weak=False) if array.any() else None


def _row(x: Node) -> np.ndarray | None:
    """An array of known numbers; None if it is another one."""
    if x.literal is not None:
        return x.literal.value
    of = x.inputs[0].literal if x.op in (broadcast_to, scatter) else None
    shape = tuple(n for n in x.shape if isinstance(n, int))
    if of is None or shape != x.shape:
        return None
    if x.op is broadcast_to:
        return np.broadcast_to(of.value, shape)
    index = x.kwargs["index"]
    if not all(isinstance(k, int) for k in index):
        return None
    array = np.zeros(shape, x.dtype)
    array[index] = of.value
    return array


RULES: tuple[Rule, ...] = (
    BITS.on("fold", among=(CONSTANT,))(_fold),
    product_in_range,
    fold_astype,
    element_of_constant,
    identity_matrix,
)
