"""What is known of the values of nodes: what is declared of inputs, and what follows for all others.

``sd.spec("n", assume="positive")`` says so of every element; ``sums_to_one`` of the last axis; ``symmetric`` and
``orthogonal`` of the last two. How a fact passes an operation stands in the column `facts` of its row; here it is
worked out, on demand and once per node. What `symdiff.graph.fact` says of nan and infinities holds of all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from math import inf

from symdiff.graph.dims import Length
from symdiff.graph.fact import NOTHING, SYMMETRIC, UNKNOWN, Fact
from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node, slot
from symdiff.graph.walk import toposort
from symdiff.ops.bounds import literal

SIGNS = ("positive", "nonnegative")
LARGEST = 10_000  # elements of a constant that are looked at
CONDITION = Fact(0.0, 1.0, finite=True, integer=True)
A_LENGTH = Fact(0.0, nonzero=True, finite=True, integer=True)  # an axis has elements, else there is nothing to compute
A_DIFFERENCE = Fact(finite=True, integer=True)  # n - 2, of a loop that need not take a step


class Facts:
    """What is known of nodes; `used` lists what rules have relied on, as ``(input, property)``.

    Args:
        assume: what is declared of inputs.
        asked: inputs that may hold nan and infinities, since the program asks where they do.
    """

    def __init__(self, assume: Mapping[Node, tuple[str, ...]], asked: Collection[Node] = ()) -> None:
        self.assume = assume
        self.asked = asked
        self.used: dict[tuple[str, str], None] = {}
        self._known: dict[Node, Fact] = {}
        self._parts: dict[Node, tuple[Fact, ...]] = {}
        self._without = Facts({}, asked) if assume else self  # what holds whatever is declared

    def of(self, node: Node) -> Fact:
        """What is known of the values of a node that has one value."""
        known = self._known.get(node)
        if known is None:
            for n in toposort([node], stop=self._is_known):
                self._work_out(n)
            known = self._known[node]
        return known

    def _is_known(self, node: Node) -> bool:
        return node in self._known or node in self._parts

    def _work_out(self, node: Node) -> None:
        if node.aval.parts:
            self._parts[node] = self._of_parts(node)
        else:
            self._known[node] = _rounded(node, self._found(node))

    def _of_parts(self, node: Node) -> tuple[Fact, ...]:
        passing = node.op.facts
        if passing is None or not self._are_known(node):
            return (UNKNOWN,) * len(node.aval.parts)
        found: tuple[Fact, ...] = passing(node, self._known.__getitem__)
        return found

    def _are_known(self, node: Node) -> bool:
        return not any(x.aval.parts for x in node.inputs)

    def _found(self, node: Node) -> Fact:
        op = node.op
        if op is INPUT:
            return self._declared(node)
        if op is CONSTANT:
            number = node.literal
            assert number is not None
            return literal(number.value) if number.value.size <= LARGEST else UNKNOWN
        if op is LENGTH:
            dim = node.kwargs["dim"]
            is_sum = not isinstance(dim, Length) or all(factor > 0 for _, factor in dim.terms)
            return A_LENGTH if is_sum else A_DIFFERENCE
        if op is ITEM:
            return self._parts[node.inputs[0]][slot(node)]
        passing = op.facts if self._are_known(node) else None
        found: Fact = UNKNOWN if passing is None else passing(node, self._known.__getitem__)
        if op.family == "elementwise" and node.ndim == 2 and self._is_symmetric(node):
            found = found._replace(words=found.words | SYMMETRIC)
        return found

    def _declared(self, node: Node) -> Fact:
        """Inputs of the program are finite, as in exact arithmetic they are; those of bodies are what loops carry."""
        words = self.assume.get(node, ())
        sign = Fact(0.0, nonzero="positive" in words) if words and not set(SIGNS).isdisjoint(words) else UNKNOWN
        matrix = frozenset(words) - set(SIGNS) if words else NOTHING
        is_finite = not node.kwargs.get("scope", 0) and node not in self.asked
        return sign._replace(finite=is_finite, words=matrix)

    def _is_symmetric(self, node: Node) -> bool:
        """Whether an elementwise operation is given numbers and symmetric matrices alone."""
        matrices = [x for x in node.inputs if x.shape]
        return bool(matrices) and all(x.shape == node.shape and "symmetric" in self._known[x].words for x in matrices)

    def knows(self, node: Node, test: Callable[[Fact], bool], *words: str) -> bool:
        """Whether what is known of a node passes a test, for a rule that then relies on it.

        If it needed what is declared of the inputs below (`words`: the signs, if none are given), that is written down.
        """
        if node.aval.parts or not test(self.of(node)):
            return False
        if not test(self._without.of(node)):
            self._write_down(node, words or SIGNS)
        return True

    def has(self, node: Node, word: str) -> bool:
        """Whether a matrix, or its rows, are of that kind, for a rule that then relies on it."""
        return self.knows(node, lambda fact: word in fact.words, word)

    def nonnegative(self, node: Node) -> bool:
        """Whether a node is nowhere negative, for a rule that then relies on it."""
        return self.knows(node, lambda fact: fact.nonnegative)

    def positive(self, *nodes: Node) -> bool:
        """Whether nodes are positive everywhere, for a rule that then relies on it."""
        return all(self.of(x).positive for x in nodes) and all(self.knows(x, lambda fact: fact.positive) for x in nodes)

    def is_declared_nonnegative(self, node: Node) -> bool:
        """Whether a node is nowhere negative because of what is declared, for a rule that then relies on it."""
        return not self._without.of(node).nonnegative and self.nonnegative(node)

    def rely_on_all(self, *nodes: Node) -> None:
        """Writes down what is declared of inputs below nodes, of whose values more is known by that."""
        for node in nodes:
            if self._without.of(node) != self.of(node):
                self._write_down(node, SIGNS)

    def _write_down(self, node: Node, words: tuple[str, ...]) -> None:
        for n in toposort([node]):
            for word in self.assume.get(n, ()):
                if word in words:
                    self.used[n.name or "", word] = None


def _rounded(node: Node, fact: Fact) -> Fact:
    """A fact as it holds of the dtype of a node: bounds are rounded to it, and what they say of zero is said."""
    aval = node.aval
    if aval.kind == "b":
        return CONDITION if fact.words is NOTHING else CONDITION._replace(words=fact.words)
    if aval.kind == "c":
        return Fact(nonzero=fact.nonzero, finite=fact.finite, words=fact.words & SYMMETRIC)
    low, high = fact.low, fact.high
    if aval.kind == "f" and aval.dtype.itemsize != 8 and not aval.weak:
        low, high = (float(x) if abs(x) == inf else _in(node, x) for x in (low, high))
    low = low if low == low else -inf
    high = high if high == high else inf
    integer = fact.integer or aval.kind in "iu"
    finite = fact.finite or aval.kind in "iu"
    return Fact(low, high, fact.nonzero or low > 0 or high < 0, finite, integer, fact.words)


def _in(node: Node, bound: float) -> float:
    limits = abs(bound) < 6e4 if node.dtype.itemsize == 2 else abs(bound) < 3e38
    return float(node.dtype.type(bound)) if limits else (inf if bound > 0 else -inf)
