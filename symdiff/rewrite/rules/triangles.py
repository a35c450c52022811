"""Triangular matrices: what is left of a triangle of one, by what is known of it, and inverses by way of a factor."""

from __future__ import annotations

from symdiff.graph.node import Node, constant
from symdiff.graph.op import Op
from symdiff.ops import linalg, reductions as red, shapes
from symdiff.ops.array_bounds import is_square
from symdiff.ops.contraction import einsum, split_subscripts
from symdiff.ops.decompositions import cholesky, definite_inverse
from symdiff.ops.elementwise import multiply
from symdiff.ops.symmetry import SIDES as TRIANGLES
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rule import REAL, Rule

WHY = "zeros stay zeros"
FACTORS = "a matrix is the product of its factors"
SIDES: dict[Op, tuple[int, str, str]] = {shapes.triu: (1, "upper", "lower"), shapes.tril: (-1, "lower", "upper")}
EXACT = (*SIDES, shapes.diag, shapes.eye, cholesky)  # whose zeros are zeros whatever the inputs are


def rules(facts: Facts) -> tuple[Rule, ...]:
    """The rules that use `facts`."""

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
        if x.op is not einsum or not facts.knows(x, lambda fact: not TRIANGLES.isdisjoint(fact.words)):
            return None
        return multiply(*[shapes.diagonal(factor) for factor in x.inputs])

    return (triangle, diagonal)


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


@REAL.on("inverse-by-factors", einsum, among=(linalg.inv,), why=FACTORS)
def _inverse_by_factors(node: Node) -> Node | None:
    """The same as ``inv(L.T) @ inv(L.T).T``."""
    x, other = node.inputs
    if x is not other or x.op is not linalg.inv or node.ndim != 2:
        return None
    first, second, _ = split_subscripts(node.kwargs["subscripts"])
    factor = x.inputs[0]
    if first[1] == second[1] and factor.op is shapes.permute:
        factor = factor.inputs[0]
    elif first[0] != second[0]:
        return None
    return definite_inverse(factor.inputs[0]) if factor.op is cholesky else None


RULES: tuple[Rule, ...] = (_solve_of_identity, _inverse_by_factor, _inverse_by_factors)


def _has(facts: Facts, x: Node, word: str) -> bool:
    return facts.knows(x, lambda fact: word in fact.words)
