"""What is known of the values of nodes: what is declared of inputs, and what follows for all others.

``sd.spec("n", assume="positive")`` says so of every element; ``sums_to_one`` of the last axis; ``symmetric`` and
``orthogonal`` of the last two. What follows (a product of positive numbers is positive, an exponential always is) is
worked out on demand, over the operations below.
"""

from __future__ import annotations

from collections.abc import Mapping

from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.contraction import einsum
from symdiff.rewrite.rule import is_scalar_constant, number

ANY, NONNEGATIVE, POSITIVE = 0, 1, 2
ALWAYS: dict[Op, int] = {
    ew.exp: POSITIVE, ew.exp2: POSITIVE, ew.cosh: POSITIVE, ew.sigmoid: POSITIVE, red.softmax: POSITIVE,
    ew.square: NONNEGATIVE, ew.absolute: NONNEGATIVE, ew.relu: NONNEGATIVE, ew.hypot: NONNEGATIVE,
    red.norm2: NONNEGATIVE, red.var: NONNEGATIVE, red.std: NONNEGATIVE, shapes.eye: NONNEGATIVE,
}  # fmt: skip
LEAST = (ew.add, ew.multiply, ew.divide, ew.minimum, ew.where, einsum, shapes.concatenate, shapes.stack)
SAME = (
    ew.sqrt, ew.cbrt, ew.square, red.sum_, red.mean, red.amax, red.amin, red.prod, red.cumsum, red.broadcast_to,
    shapes.reshape, shapes.permute, shapes.expand_dims, shapes.squeeze, shapes.getitem, shapes.flip, shapes.roll,
    shapes.diagonal,
)  # fmt: skip
WEAKER = (shapes.diag, shapes.pad, shapes.scatter, shapes.tril, shapes.triu)  # they bring zeros in
SIGNS = ("positive", "nonnegative")


class Facts:
    """What is known of nodes; `used` lists what rules have relied on, as ``(input, property)``."""

    def __init__(self, assume: Mapping[Node, tuple[str, ...]]) -> None:
        self.assume = assume
        self.used: dict[tuple[str, str], None] = {}
        self._signs: dict[Node, int] = {}
        self._without = Facts({}) if assume else self  # what holds whatever is declared

    def has(self, node: Node, word: str) -> bool:
        """Whether the property is declared of the input `node`."""
        return word in self.assume.get(node, ())

    def sign(self, node: Node) -> int:
        """POSITIVE, NONNEGATIVE, or ANY."""
        for n in toposort([node], stop=lambda n: n in self._signs):
            self._signs[n] = self._sign(n)
        return self._signs[node]

    def _sign(self, node: Node) -> int:
        if node in self.assume:
            words = self.assume[node]
            return POSITIVE if "positive" in words else NONNEGATIVE if "nonnegative" in words else ANY
        if is_scalar_constant(node):
            return POSITIVE if number(node) > 0 else NONNEGATIVE if number(node) == 0 else ANY
        signs = [self._signs[x] for x in (node.inputs[1:] if node.op is ew.where else node.inputs)]
        found = ALWAYS.get(node.op, ANY)
        if node.op is ew.add and min(signs) > ANY:
            return max(signs)
        if node.op in (ew.maximum, ew.hypot):
            return max(found, *signs)
        if node.op in LEAST or node.op in SAME:
            found = max(found, min(signs))
        if node.op in WEAKER:
            found = min(NONNEGATIVE, signs[0])
        return found

    def nonnegative(self, node: Node) -> bool:
        """Whether a node is nowhere negative, for a rule that then relies on it."""
        known = self.sign(node) >= NONNEGATIVE
        if known:
            self.rely_on(node, *SIGNS)
        return known

    def positive(self, *nodes: Node) -> bool:
        """Whether nodes are positive everywhere, for a rule that then relies on it."""
        known = all(self.sign(node) == POSITIVE for node in nodes)
        for node in nodes if known else ():
            self.rely_on(node, *SIGNS)
        return known

    def rely_on(self, node: Node, *words: str) -> None:
        """Writes down that a rule has used what is declared of the inputs below `node`, if it had to."""
        if words == SIGNS and self._without.sign(node) >= self.sign(node) > ANY:
            return
        for n in toposort([node]):
            for word in self.assume.get(n, ()):
                if word in words:
                    self.used[n.name or "", word] = None
