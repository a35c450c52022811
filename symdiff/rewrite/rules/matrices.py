"""Matrices by what is known of them: triangles of triangular ones, sums over pairs, inverses by way of a factor."""

from __future__ import annotations

from collections.abc import Callable

from symdiff.graph.node import Node, constant
from symdiff.graph.op import Op
from symdiff.ops import elementwise as ew, linalg, reductions as red, shapes
from symdiff.ops.array_bounds import is_square
from symdiff.ops.contraction import einsum, split_subscripts
from symdiff.ops.decompositions import cholesky, definite_inverse
from symdiff.ops.symmetry import SIDES as TRIANGLES, are_differences
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rule import REAL, Rule, is_scalar_constant

WHY = "zeros stay zeros"
ODD = (ew.negative, ew.sign, ew.sin, ew.tanh, ew.sinh, ew.arctan, ew.cbrt)
EVEN = (ew.square, ew.absolute, ew.cos, ew.cosh)
MOST_FACTORS = 8  # of an array that is looked through
FACTORS = "a matrix is the product of its factors"
SIDES: dict[Op, tuple[int, str, str]] = {shapes.triu: (1, "upper", "lower"), shapes.tril: (-1, "lower", "upper")}
EXACT = (*SIDES, shapes.diag, shapes.eye, cholesky)  # whose zeros are zeros whatever the inputs are


def rules(facts: Facts) -> tuple[Rule, ...]:
    """The rules that use `facts`."""
    return (*_of_triangles(facts), _of_pairs(facts), _of_factors(facts))


def _of_triangles(facts: Facts) -> tuple[Rule, ...]:
    @REAL.on("triangle-of-triangular", *SIDES, why=WHY)
    def triangle(node: Node) -> Node | None:
        """The upper triangle of an upper triangular matrix is the matrix, that of a lower one its diagonal."""
        x = node.inputs[0]
        sign, same, other = SIDES[node.op]
        k = sign * node.kwargs["k"]
        if (k <= 0 and _has(facts, x, same)) or (k == 1 and _has(facts, x, f"strictly_{same}")):
            return x if x.op in EXACT or facts.knows(x, lambda fact: fact.finite) else None
        if k >= 0 and _has(facts, x, f"strictly_{other}"):
            return red.spread(constant(x.dtype.type(0)), x.shape)
        if k < 0 or not _has(facts, x, other):
            return None
        if k > 0:
            return red.spread(constant(x.dtype.type(0)), x.shape)
        return shapes.diag(shapes.diagonal(x), k=0) if x.ndim == 2 and is_square(x) else None

    @REAL.on("diagonal-of-triangular-product", shapes.diagonal, among=(einsum,), why="the other terms are zero")
    def diagonal(node: Node) -> Node | None:
        """The diagonal of a product of triangular matrices is the product of their diagonals."""
        x = node.inputs[0]
        known = x.op is einsum and facts.knows(x, lambda fact: not TRIANGLES.isdisjoint(fact.words))
        if not known or not all(map(is_square, x.inputs)):
            return None
        return ew.multiply(*[shapes.diagonal(factor) for factor in x.inputs])

    @REAL.on("ratio-of-diagonals", ew.divide, why="a factor that exists has no zero on its diagonal")
    def of_diagonals(node: Node) -> Node | None:
        """``d / d`` of the diagonal of a Cholesky factor is 1."""
        return ratio(node, lambda x: x.op is shapes.diagonal and _has(facts, x.inputs[0], "positive_diagonal"))

    return (triangle, diagonal, of_diagonals)


def ratio(node: Node, is_positive: Callable[[Node], bool]) -> Node | None:
    """What is left of a quotient by what is a factor above as well, if it is positive."""
    above, x = node.inputs
    if above is x and is_positive(x):
        return red.spread(constant(node.dtype.type(1)), node.shape)
    if above.op is not ew.multiply or x not in above.inputs:
        return None
    rest = above.inputs[1] if above.inputs[0] is x else above.inputs[0]
    return rest if rest.aval is node.aval and is_positive(x) else None


def _of_pairs(facts: Facts) -> Rule:
    @REAL.on(
        "sums-of-antisymmetric",
        ew.subtract,
        among=(red.sum_, ew.multiply),
        why="the sum of columns is minus that of rows",
    )
    def difference(node: Node) -> Node | None:
        """``sum(w * r, axis=1) - sum(w * r, axis=0)`` is twice the first, for r from i to j and weights for pairs."""
        (c, a), (d, b) = map(_scaled, node.inputs)
        if a.op is not red.sum_ or b.op is not red.sum_ or a.inputs[0] is not b.inputs[0] or c is not d:
            return None
        axes = {a.kwargs["axis"], b.kwargs["axis"]}
        is_pair = axes == {(0,), (1,)} and not a.kwargs["keepdims"] and not b.kwargs["keepdims"]
        return 2 * node.inputs[0] if is_pair and _is_antisymmetric(facts, a.inputs[0]) else None

    return difference


def _is_antisymmetric(facts: Facts, x: Node) -> bool:
    """Whether an array is differences of all pairs, times weights that are the same both ways."""
    for _ in range(MOST_FACTORS):
        if are_differences(x):
            return True
        if x.op in ODD:
            x = x.inputs[0]
            continue
        if x.op not in (ew.multiply, ew.divide):
            return False
        sides = (0,) if x.op is ew.divide else (0, 1)
        whole = [k for k in sides if x.inputs[k].shape == x.shape and x.inputs[k].op is not red.broadcast_to]
        k = next((k for k in whole if _is_even(facts, x.inputs[1 - k], x.ndim)), None)
        if k is None:
            return False
        x = x.inputs[k]
    return False


def _scaled(x: Node) -> tuple[Node | None, Node]:
    """The number that an array is a multiple of, and the rest."""
    is_multiple = x.op is ew.multiply and is_scalar_constant(x.inputs[0])
    return (x.inputs[0], x.inputs[1]) if is_multiple else (None, x)


def _is_even(facts: Facts, weights: Node, ndim: int) -> bool:
    """Whether weights are the same for i, j and j, i, in an array of `ndim` axes."""
    stack = [(weights, ndim)]
    for _ in range(4 * MOST_FACTORS):
        if not stack:
            return True
        w, ndim = stack.pop()
        if w.ndim <= ndim - 2 or (w.op in EVEN and w.ndim == ndim and are_differences(w.inputs[0])):
            continue
        if ndim == 3 and w.op is shapes.expand_dims and w.kwargs["axis"] == (2,):
            w, ndim = w.inputs[0], 2
        if ndim == 2 and facts.knows(w, lambda fact: "symmetric" in fact.words, "symmetric"):
            continue
        if w.op.family != "elementwise":
            return False
        stack += [(x, ndim) for x in w.inputs]
    return False


def _of_factors(facts: Facts) -> Rule:
    @REAL.on("inverse-by-root", einsum, among=(linalg.inv, shapes.permute), why=FACTORS)
    def inverse(node: Node) -> Node | None:
        """Of S = L @ L.T the inverse, which is ``inv(L).T @ inv(L)``: L reads a half of S, so that S is symmetric."""
        first, second, _ = split_subscripts(node.kwargs["subscripts"])
        x, other = node.inputs
        is_gram = x is other and x.op is linalg.inv and node.ndim == 2 and first[0] == second[0]
        factor = x.inputs[0] if is_gram else None
        if factor is None or factor.op is not cholesky or not _has(facts, factor.inputs[0], "symmetric"):
            return None
        return linalg.inv(factor.inputs[0])

    return inverse


@REAL.on("solve-of-identity", linalg.solve, among=(shapes.eye,), why="the definition of an inverse")
def _solve_of_identity(node: Node) -> Node | None:
    A, b = node.inputs
    return linalg.inv(A) if b.op is shapes.eye and b.aval is node.aval else None


@REAL.on("inverse-by-factor", linalg.solve, among=(shapes.permute,), why=FACTORS)
def _inverse_by_factor(node: Node) -> Node | None:
    """Of S = L @ L.T the inverse, which is ``solve(L.T, inv(L))``."""
    turned, b = node.inputs
    if turned.op is not shapes.permute or turned.inputs[0].op is not cholesky or node.aval.kind == "c":
        return None
    factor = turned.inputs[0]
    is_inverse = b is linalg.inv(factor) or b is linalg.transposed(linalg.inv(turned))
    return definite_inverse(factor.inputs[0]) if is_inverse else None


RULES: tuple[Rule, ...] = (_solve_of_identity, _inverse_by_factor)


def _has(facts: Facts, x: Node, word: str) -> bool:
    return facts.knows(x, lambda fact: word in fact.words)
