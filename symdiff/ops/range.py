"""Which values leave the range of finite numbers: exp(1000), but not exp(-x**2), and data with elements that are nan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symdiff.graph.fact import UNKNOWN, Fact
from symdiff.graph.node import CONSTANT, INPUT, Node
from symdiff.graph.walk import toposort
from symdiff.ops.bounds import literal


def _is_large(fact: Fact, dtype: np.dtype) -> bool:
    """Whether a number may be so large that it is near to where floats of its precision end."""
    largest: float = float(np.finfo(dtype).max) ** (1 / 3)
    return fact.high > largest or fact.low < -largest


class Overflows:
    """What is known of the values of nodes, as far as it tells which of them may overflow."""

    def __init__(self) -> None:
        self._known: dict[Node, Fact] = {}
        self._before: dict[Node, bool] = {}

    def at(self, node: Node) -> bool:
        """Whether the value of `node` may be infinite, where its inputs are finite numbers that one meets."""
        if not node.op.overflows or not node.aval.inexact:
            return False
        return _is_large(self._of(node), node.dtype)

    def before(self, node: Node) -> bool:
        """Whether the value of `node`, or one that it is made of, may be infinite where the inputs are finite."""
        for n in toposort([node], stop=self._before.__contains__):
            self._before[n] = self.at(n) or any(self._before[x] for x in n.inputs)
        return self._before[node]

    def _of(self, node: Node) -> Fact:
        for n in toposort([node], stop=self._known.__contains__):
            self._known[n] = _passed(n, self._known)
        return self._known[node]


def _passed(node: Node, known: dict[Node, Fact]) -> Fact:
    if node.op is CONSTANT:
        number = node.literal
        return UNKNOWN if number is None or number.value.size > 1 else literal(number.value)
    if node.aval.parts or node.op.facts is None or any(x.aval.parts for x in node.inputs):
        return UNKNOWN
    found: Fact = node.op.facts(node, known.__getitem__)
    return found


def not_finite(order: Sequence[Node]) -> set[Node]:
    """What is not finite to begin with: constants that are not, and the inputs of which a program asks whether they are.

    Args:
        order: the nodes of the program.
    """
    constants = (x for x in order if x.op is CONSTANT and x.aval.inexact)
    return asked(order).union(
        x for x in constants if x.literal is not None and not np.all(np.isfinite(x.literal.value))
    )


def asked(order: Sequence[Node]) -> set[Node]:
    """The inputs of which a program asks whether they are finite, or what is made of them."""
    known = toposort([x for node in order if node.op.expects for x in node.inputs])
    return {x for x in known if x.op is INPUT and x.aval.inexact}


def not_finite_behind(order: Sequence[Node], missing: set[Node]) -> set[Node]:
    """What is made of `missing`, but for what is chosen by asking for it, or gone through a row that leaves it out."""
    found: set[Node] = set()
    asking: set[Node] = set()
    for node in order:
        if node.op.expects or not asking.isdisjoint(node.inputs):
            asking.add(node)  # of what it says, or leaves, what is selected is finite
        elif node in missing or not found.isdisjoint(node.inputs):
            found.add(node)
    return found
