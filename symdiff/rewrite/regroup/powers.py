"""Powers of one base: ``x**2 / x**3`` is ``1 / x``, by the powers that are there already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from symdiff.graph.node import Node
from symdiff.ops import elementwise as ew
from symdiff.rewrite.regroup.chains import Product, Token
from symdiff.rewrite.rule import is_scalar_constant, number

POWERS = (*range(-8, 0), *range(1, 9))  # that are taken apart


class Powers:
    """The powers in a graph: squares, whole powers, reciprocals.

    Args:
        order: all nodes.
        fixed: those that are computed whatever becomes of the chains.
    """

    def __init__(self, order: Iterable[Node], fixed: Collection[Node]) -> None:
        self._fixed = fixed
        self._of: dict[Node, tuple[Node, int]] = {}
        self._known: dict[Node, dict[int, Node]] = {}
        for node in order:
            found = _power(node)
            if found is not None and node.dtype == found[0].dtype:
                base, exponent = self.of(found[0])
                self._note(node, base, exponent * found[1])
            elif node.op is ew.multiply and node.aval.kind == "f":
                (base, m), (other, n) = map(self.of, node.inputs)
                if base is other and base.aval is node.aval:
                    self._note(node, base, m + n)

    def _note(self, node: Node, base: Node, exponent: int) -> None:
        self._of[node] = base, exponent
        if node in self._fixed:
            self._known.setdefault(base, {}).setdefault(exponent, node)

    def of(self, node: Node) -> tuple[Node, int]:
        """``(base, exponent)``."""
        return self._of.get(node, (node, 1))

    def cancel(self, term: Product) -> None:
        """Powers of one base on both sides of the line become one, where some of it stays below.

        Where none did, a quotient that is nan at 0 would not be nan any more.
        """
        bases = [self._of[leaf][0] if leaf in self._of else leaf for leaf, _ in term.tokens]
        if len(set(bases)) == len(bases):
            return
        places: dict[Node, dict[Token, int]] = {}
        for token in term.tokens:
            if isinstance(token.leaf, Node):
                base, exponent = self.of(token.leaf)
                places.setdefault(base, {})[token] = exponent if token.above else -exponent
        for base, exponents in places.items():
            tokens = [t for t in term.tokens if t in exponents]
            total = sum(exponents[t] for t in tokens)
            if total >= 0 or max(exponents.values()) < 0:
                continue
            here = {self.of(leaf)[1]: leaf for leaf, _ in tokens if isinstance(leaf, Node)}
            new = _written({**self._known.get(base, {}), **here, 1: base}, -total)
            if len(new) < len(tokens):
                at = term.tokens.index(tokens[0])
                rest = [t for t in term.tokens[at:] if t not in exponents]
                term.tokens = [*term.tokens[:at], *new, *rest]


def _written(known: Mapping[int, Node], exponent: int) -> list[Token]:
    """``1 / base**exponent``, the largest known powers first."""
    tokens: list[Token] = []
    for size in sorted({abs(e) for e in known}, reverse=True):
        token = Token(known[-size]) if -size in known else Token(known[size], above=False)
        tokens += [token] * (exponent // size)
        exponent %= size
    return tokens


def _power(node: Node) -> tuple[Node, int] | None:
    if node.aval.kind != "f" or node.op not in (ew.square, ew.power, ew.divide):
        return None
    if node.op is ew.square:
        return node.inputs[0], 2
    a, b = node.inputs
    if node.op is ew.power:
        return (a, round(number(b))) if is_scalar_constant(b) and number(b) in POWERS else None
    return (b, -1) if is_scalar_constant(a) and number(a) == 1 else None
