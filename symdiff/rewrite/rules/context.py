"""Rules that look at what else is in the graph: two forms of one thing take the one that is there already."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew, linalg, reductions as red, shapes
from symdiff.ops.contraction import matmul
from symdiff.rewrite.rule import BITS, REAL, Rule, is_scalar_constant, number
from symdiff.rewrite.rules.broadcasts import leads


def _is_below_zero(power: Node) -> bool:
    """Whether it has a fraction below 0 as its exponent; whole powers are taken apart elsewhere."""
    exponent = power.inputs[1]
    return is_scalar_constant(exponent) and number(exponent) < 0 and number(exponent) % 1 != 0


def contextual(nodes: Sequence[Node]) -> tuple[Rule, ...]:
    """The rules for a graph of these nodes."""
    present = set(nodes)
    powers = {(n.inputs[0], number(n.inputs[1])): n for n in nodes if n.op is ew.power and _is_below_zero(n)}
    summed = {(n.inputs[0], n.kwargs["axis"]) for n in present if n.op is red.logsumexp}

    @REAL.on("softmax-beside-logsumexp", red.softmax, why="both take the same exponentials")
    def softmax(node: Node) -> Node | None:
        x, axis = node.inputs[0], node.kwargs["axis"]
        return red.softmax_beside_logsumexp(x, axis) if (x, axis) in summed else None

    @REAL.on("variance-of-centred", red.var, why="the centred values are there already")
    def variance(node: Node) -> Node | None:
        x, axis, ddof = node.inputs[0], node.kwargs["axis"], node.kwargs["ddof"]
        for keepdims in (True, False):
            centred = ew.subtract(x, red.mean(x, axis=axis, keepdims=keepdims)) if keepdims or leads(axis) else None
            if ddof == 0 and centred in present:
                return red.mean(ew.square(centred), axis=axis, keepdims=node.kwargs["keepdims"])
        return None

    @REAL.on("solve-beside-inverse", linalg.solve, why="the inverse is there already, and serves as well")
    def solve(node: Node) -> Node | None:
        """A factorisation saved. That ``inv(A) @ b`` is as accurate: Druinsky and Toledo, 2012, arXiv 1201.6035."""
        A, b = node.inputs
        turned = A.inputs[0] if A.op is shapes.permute and A.ndim == 2 else linalg.transposed(A)
        if linalg.inv(A) in present:
            return matmul(linalg.inv(A), b)
        return matmul(linalg.transposed(linalg.inv(turned)), b) if linalg.inv(turned) in present else None

    @REAL.on("power-beside-power", ew.power, why="the power above is there already")
    def power(node: Node) -> Node | None:
        """``x ** (a - 1)`` is ``x ** a / x``: at 0 and at infinity too, where a is negative, but for the sign at -0."""
        x, exponent = node.inputs
        above = powers.get((x, number(exponent) + 1)) if is_scalar_constant(exponent) else None
        return ew.divide(above, x) if above is not None and above.dtype == x.dtype == node.dtype else None

    place = {node: k for k, node in enumerate(nodes)}

    def is_there_first(other: Node, node: Node) -> bool:
        return place.get(other, len(place)) < place.get(node, -1)

    @BITS.on("sigmoid-beside-opposite", ew.sigmoid, why="both take the same exponentials", among=(ew.subtract,))
    def sigmoid(node: Node) -> Node | None:
        """``sigmoid(b - a)`` where there is ``sigmoid(a - b)``: of ``-(a - b)``."""
        a, b = node.inputs[0].inputs
        opposite = ew.subtract(b, a)
        return ew.sigmoid(-opposite) if is_there_first(ew.sigmoid(opposite), node) else None

    @BITS.on(
        "share-beside-share",
        ew.where,
        why="what the smaller one does not get is the larger one's",
        among=(ew.heaviside,),
    )
    def share(node: Node) -> Node | None:
        """What a has of a tie is what b does not have: 1, 0.5 or 0, or nan for both."""
        tie, half, step = node.inputs
        if tie.op is not ew.equal or step.op is not ew.heaviside or step.inputs[0].op is not ew.subtract:
            return None
        if not all(is_scalar_constant(x) and number(x) == 0.5 for x in (half, step.inputs[1])):
            return None
        a, b = step.inputs[0].inputs
        others = (ew.where(ew.equal(*pair), half, ew.heaviside(b - a, step.inputs[1])) for pair in ((a, b), (b, a)))
        other = next((x for x in others if is_there_first(x, node)), None)
        return None if other is None or {a, b} != set(tie.inputs) or other.aval is not node.aval else 1 - other

    @BITS.on("other-share", ew.where, why="1, 0.5 or 0 is taken from 1", among=(ew.where,))
    def rest(node: Node) -> Node | None:
        """``where(tie, 0.5, where(m, 0, 1))`` where there is ``where(tie, 0.5, where(m, 1, 0))``."""
        tie, half, inner = node.inputs
        if inner.op is not ew.where or not node.shape or not is_scalar_constant(half) or number(half) != 0.5:
            return None
        m, *sides = inner.inputs
        if not all(map(is_scalar_constant, sides)) or sorted(map(number, sides)) != [0, 1]:
            return None
        other = ew.where(tie, half, ew.where(m, *sides[::-1]))
        return 1 - other if is_there_first(other, node) and other.aval is node.aval else None

    @BITS.on("part-of-what-is-there", among=(shapes.getitem,), arrays=True, why="a slice of it copies nothing")
    def part(node: Node) -> Node | None:
        """``r[1:] ** 2`` where there is ``r**2`` is a slice of that."""
        arrays = [x for x in node.inputs if x.shape]
        if node.op.family != "elementwise" or len(arrays) != 1 or arrays[0].op is not shapes.getitem:
            return None
        x, index = arrays[0].inputs[0], arrays[0].kwargs["index"]
        whole = node.op(*[x if y is arrays[0] else y for y in node.inputs], **node.kwargs)
        return shapes.getitem(whole, index=index) if whole in present and whole.aval.sort == node.aval.sort else None

    return softmax, variance, solve, power, sigmoid, share, rest, part
