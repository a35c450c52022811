"""Spellings that NumPy computes faster, for equal values; what calls cost (`symdiff.rewrite.costs`) decides."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from symdiff.graph.dims import nominal, nominal_size
from symdiff.graph.fact import Fact
from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew
from symdiff.ops.contraction import einsum, einsum_template, split_subscripts
from symdiff.ops.index import Slice
from symdiff.ops.reductions import mean, sum_
from symdiff.ops.shapes import expand_dims, getitem, permute
from symdiff.ops.special_errors import ndtr
from symdiff.rewrite.costs import GAIN, is_cheaper, microseconds
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rule import BITS, REAL, Rule, is_scalar_constant, number
from symdiff.rewrite.rules.algebra import as_number
from symdiff.rewrite.rules.stable import weighted

MODERATE = {4: (1e-15, 1e15), 8: (1e-140, 1e140)}  # by bytes: sizes whose squares are ordinary numbers
ROOT = ("square", "add", "sqrt")
FAR = {4: 1e5, 8: 1e9}  # by bytes: times as long as the other leg, a leg is the hypotenuse
FAR_ROOT = ("absolute", "maximum", *ROOT, "maximum")
SUMS = (sum_, mean)
ROUNDING = 1e-15  # of the root of 2, multiplied with itself
SCALES = (1e-3, 1e3)  # of a square in an exponent: where it leaves the range of floats, exp is 0 or 1 in any case
HIGHEST = 16  # power that is written as products: each of them rounds


def rules(facts: Facts, picked: AbstractSet[Node] = frozenset()) -> tuple[Rule, ...]:
    """The rules for a graph of which `facts` are known; for the last pass, the other rules would undo them.

    Of the nodes that are `picked` nothing but parts is needed.
    """

    @REAL.on("weighted-gram", einsum, why="of a product of a matrix with itself BLAS computes one half")
    def gram(node: Node) -> Node | None:
        """``X.T @ (d[:, None] * X)`` with d >= 0 is ``A.T @ A`` with ``A = np.sqrt(d)[:, None] * X``."""
        for x, scaled in (node.inputs, node.inputs[::-1]):
            weights = _weights(node, x, scaled)
            if weights is None or not facts.knows(weights, lambda fact: fact.nonnegative):
                continue
            half = _root(weights) * x
            return einsum(half, half, **node.kwargs)
        return None

    @BITS.on("part-of-outer", getitem, among=(einsum,), why="the same products, without those that nothing needs")
    def part(node: Node) -> Node | None:
        """``np.outer(x, y)[:, 2]`` is ``x * y[2]``."""
        outer, index = node.inputs[0], node.kwargs["index"]
        if outer not in picked or outer.kwargs["subscripts"] != "a,b->ab":
            return None
        x, y = outer.inputs
        row, column = (*index, Slice())[:2]
        if row == Slice() and isinstance(column, int):
            return x * getitem(y, index=(column,))
        return getitem(x, index=(row,)) * y if isinstance(row, int) and column == Slice() else None

    @REAL.on("small-outer", einsum, why="of a few numbers np.outer takes most of its time before it begins")
    def small(node: Node) -> Node | None:
        """``x[:, None] * y`` rather than ``np.outer(x, y)``, if the lengths are known and small."""
        x, y = node.inputs
        known = node not in picked and all(isinstance(n, int) for n in node.shape)
        if node.kwargs["subscripts"] != "a,b->ab" or not known:
            return None
        return expand_dims(x, axis=(1,)) * y if is_cheaper(nominal_size(node.shape), "outer", "spread") else None

    others = (_stacked_product, _whole_power(), _distribution, _square_in_exponent)
    return (_root_of_squares(facts), gram, part, *others, small)


def in_nests(facts: Facts) -> tuple[Rule, ...]:
    """The rules for targets that print loops over elements: arithmetic costs less there than any call, of one number
    too."""
    return (_root_of_squares(facts, in_loops=True), _whole_power(in_loops=True))


def _root_of_squares(facts: Facts, *, in_loops: bool = False) -> Rule:
    @REAL.on("root-instead-of-hypot", ew.hypot, why="no square leaves the range of floats")
    def root(node: Node) -> Node | None:
        """``sqrt(1 + x**2)`` where x is known to be between moderate bounds."""
        sizes = MODERATE.get(node.dtype.itemsize) if node.shape or in_loops else None
        if sizes is None:
            return None
        size = nominal_size(node.shape)
        if (in_loops or is_cheaper(size, "hypot", *ROOT)) and _are_moderate(facts, node.inputs, *sizes):
            a, b = map(_squared, node.inputs)
            return ew.sqrt(a + b)
        return _beside_number(node, sizes) if not in_loops and is_cheaper(size, "hypot", *FAR_ROOT) else None

    return root


def _whole_power(*, in_loops: bool = False) -> Rule:
    @REAL.on("power-as-products", ew.power, why="a few products, each of which rounds, instead of a logarithm")
    def power(node: Node) -> Node | None:
        """``x**6`` is ``(x**3)**2``; powers of one base share what they are made of."""
        x, p = node.inputs
        if not (node.shape or in_loops) or node.aval.kind != "f" or x.dtype != node.dtype:
            return None
        n = number(p) if is_scalar_constant(p) and node.dtype.itemsize >= 4 else 0.0
        if not n.is_integer() or not 3 <= n <= HIGHEST:
            return None
        steps = bin(int(n))[3:]
        calls = ["square"] * len(steps) + ["multiply"] * steps.count("1")
        pays = in_loops or is_cheaper(nominal_size(node.shape), "power", *calls)
        return _power(x, int(n)) if pays else None

    return power


def _beside_number(node: Node, sizes: tuple[float, float]) -> Node | None:
    """``hypot(c, x)`` of a number c: where x is much larger it is |x|, and where it is not, its square is ordinary.

    So ``maximum(sqrt(c**2 + minimum(abs(x), far)**2), abs(x))``, whose calls take less than `np.hypot`.
    """
    for c, x in (node.inputs, node.inputs[::-1]):
        value = abs(number(c)) if is_scalar_constant(c) else 0.0
        far = FAR[node.dtype.itemsize] * value
        if sizes[0] <= value and far <= sizes[1] and x.dtype == node.dtype:
            size = ew.absolute(x)
            return ew.maximum(ew.sqrt(_squared(c) + ew.square(ew.minimum(size, far))), size)
    return None


def _weights(node: Node, x: Node, scaled: Node) -> Node | None:
    """The factors of the rows that are summed over, of a product of the matrix x and x scaled by them, if large."""
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    if len(a) != 2 or len(b) != 2 or len(out) != 2 or node.aval.kind != "f" or scaled.op is not ew.multiply:
        return None
    shared = [k for k in (0, 1) if a[k] == b[k] and a[k] not in out]
    if len(shared) != 1 or x not in scaled.inputs or x.shape != scaled.shape:
        return None
    weights = scaled.inputs[1 - scaled.inputs.index(x)]
    along = weights.ndim == 1 if shared == [1] else weights.op is expand_dims and weights.kwargs["axis"] == (1,)
    terms, elements = nominal_size((*node.shape, x.shape[shared[0]])), nominal_size(weights.shape)
    old, new = microseconds(terms, "gemm"), microseconds(terms, "gram") + microseconds(elements, "sqrt")
    return weights if along and weights.dtype == x.dtype and GAIN * new < old else None


def _root(weights: Node) -> Node:
    """Numbers whose squares the weights are: of squares those that were squared, of either sign."""
    if weights.op is expand_dims:
        return expand_dims(_root(weights.inputs[0]), axis=weights.kwargs["axis"])
    return weights.inputs[0] if weights.op is ew.square else ew.sqrt(weights)


def _squared(x: Node) -> Node:
    return as_number(number(x) ** 2, x) if is_scalar_constant(x) else ew.square(x)


def _are_moderate(facts: Facts, sides: tuple[Node, ...], low: float, high: float) -> bool:
    """Whether no square overflows, and one at least does not underflow."""

    def is_moderate(fact: Fact) -> bool:
        return -high <= fact.low and fact.high <= high

    def is_not_tiny(fact: Fact) -> bool:
        return fact.low >= low or fact.high <= -low

    large_enough = any(is_not_tiny(facts.of(x)) for x in sides)
    return large_enough and all(facts.knows(x, is_moderate) for x in sides)


def _power(x: Node, n: int) -> Node:
    """By squaring: Knuth, The Art of Computer Programming 2, 4.6.3, the left-to-right binary method."""
    power = x
    for bit in bin(n)[3:]:
        power = ew.square(power)
        power = power * x if bit == "1" else power
    return power


@REAL.on("ndtr", ew.multiply, ew.divide, among=(ew.erfc, *SUMS), why="one pass over the array instead of four")
def _distribution(node: Node) -> Node | None:
    """``0.5 * erfc(-x / sqrt(2))``: the normal distribution function. For numbers `math` has erfc alone."""
    weight, total = weighted(node)
    tail = total.inputs[0] if total.op in SUMS else total
    if weight != 0.5 or tail.op is not ew.erfc or not tail.shape or total.aval is not node.aval:
        return None
    scale, x = weighted(tail.inputs[0])
    if x.aval is not tail.aval or abs(scale * scale - 0.5) > ROUNDING:
        return None
    p = ndtr(x if scale < 0 else -x)
    return p if tail is total else total.op(p, **total.kwargs)


@REAL.on(
    "square-in-exponent",
    ew.exp,
    among=(ew.negative, ew.multiply, ew.divide),
    why="one pass less; beyond the range of floats exp is 0",
)
def _square_in_exponent(node: Node) -> Node | None:
    """``exp(-(x / 2)**2)`` is ``exp(-0.25 * x**2)``, for scales of moderate size; the square of the root of 2 is 2."""
    minus, y = weighted(node.inputs[0])
    if not node.shape or node.aval.kind != "f" or y.op is not ew.square:
        return None
    scale, x = weighted(y.inputs[0])
    weight, factor = -minus, -minus * scale * scale
    factor = 0.5 if abs(factor - 0.5) <= ROUNDING else factor
    if factor == weight or not SCALES[0] <= factor <= SCALES[1] or x.aval is not node.aval:
        return None
    return ew.exp(as_number(-factor, x) * ew.square(x))


@REAL.on("stacked-product", einsum, why="a stack of matrix products goes through BLAS, einsum's loop does not")
def _stacked_product(node: Node) -> Node | None:
    """``np.einsum('abc,bcd->abd', x, y)``: the axis that both keep goes first, and back where it was afterwards."""
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    stack = "".join(c for c in out if c in a and c in b)
    shared = [c for c in a if c in b and c not in out]
    left, right = ("".join(c for c in labels if c in out and c not in stack) for labels in (a, b))
    if not stack or len(shared) != 1 or len(left) != 1 or len(right) != 1 or node.aval.kind not in "fc":
        return None
    if not einsum_template(node).startswith("np.einsum") or node.inputs[0].dtype != node.inputs[1].dtype:
        return None
    lengths = dict(zip(a + b, (*node.inputs[0].shape, *node.inputs[1].shape), strict=True))
    terms = 1
    for n in lengths.values():
        terms *= nominal(n)
    if microseconds(terms, "matmul", "transpose", "transpose", "transpose") >= microseconds(terms, "einsum"):
        return None
    [k] = shared
    first, second = stack + left + k, stack + k + right
    x, y = _turned(node.inputs[0], a, first), _turned(node.inputs[1], b, second)
    return _turned(einsum(x, y, subscripts=f"{first},{second}->{stack}{left}{right}"), stack + left + right, out)


def _turned(x: Node, labels: str, wanted: str) -> Node:
    """`x` with its axes in another order."""
    return x if labels == wanted else permute(x, axes=tuple(labels.index(c) for c in wanted))
