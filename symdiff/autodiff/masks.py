"""Masks: an element that `where` did not select contributes nothing to a derivative, not even 0 * inf.

A masked cotangent is the node ``where(mask, value, 0)``. Through elementwise operations the mask stays outermost: the
rule is applied to `value`, and the product is masked afterwards, at no cost. Through other (linear) operations the
zeros travel as numbers; where such a cotangent then meets an operation whose derivative may be infinite or nan, the
product is guarded by the cotangent itself: ``where(g != 0, rule(g), 0)``. Only there does a mask cost an operation.

Promised, for value, gradient and second derivatives: an element of an input that reaches z only through operands that
no mask selects contributes nothing, whatever it is, if elementwise operations alone lie between it and the mask. If
linear operations lie there, too (a flip, a gather, a matrix product), it contributes nothing where it is finite: zeros
travel as numbers there, and only operations that can turn finite numbers into others are guarded.

Not covered: an infinite or nan *operand* of a matrix product whose cotangent is masked, ``where(m, A @ x, 0)`` with a
nan in an unselected row of A. The product adds rows up before a mask could tell them apart.
"""

from __future__ import annotations

from symdiff.graph.node import Cotangent, Node
from symdiff.graph.op import Op, Undefined
from symdiff.ops.elementwise import logical_and, logical_not, logical_or, not_equal, where
from symdiff.ops.families import is_singular


def split_mask(g: Node) -> tuple[Node | None, Node]:
    """``(mask, value)`` of a masked cotangent, ``(None, g)`` of any other."""
    mask: Node | None = None
    while g.op is where:
        condition, value, other = g.inputs
        if _is_zero(value):
            condition, value = logical_not(condition), other
        elif not _is_zero(other):
            break
        mask, g = both(mask, condition), value
    return mask, g


def add_masked(a: Node, b: Node) -> Node:
    """a + b; what one mask lets through is added behind it."""
    (mask, p), (other, q) = split_mask(a), split_mask(b)
    return a + b if mask is None or mask is not other else where(mask, p + q, 0)


def both(mask: Node | None, condition: Node) -> Node:
    """Where both hold; None holds everywhere."""
    return condition if mask is None or mask is condition else logical_and(mask, condition)


def selection(op: Op, i: int, C: Node) -> Node | None:
    """Where input `i` of C is selected, and has a derivative at all; None for everywhere."""
    chosen = op.selected[i] if op.selected else None
    return None if chosen is None else chosen(*C.inputs)


def _is_zero(node: Node) -> bool:
    literal = node.literal
    return literal is not None and literal.scalar == 0


def _flowing(D: Cotangent) -> list[Node]:
    """The cotangents that flow back: one, or those of the parts that have one."""
    return [D] if isinstance(D, Node) else [g for g in D if g is not None]


def _values(C: Node, D: Cotangent) -> list[Node]:
    """What D is the cotangent of: C, or those of its parts that something flows into."""
    return [C] if isinstance(D, Node) else [y for y, g in zip(C.parts, D, strict=True) if g is not None]


def _is_not_zero(cotangents: list[Node]) -> Node:
    """Where any of them is not zero."""
    first, *others = [not_equal(g, 0) for g in cotangents]
    for other in others:
        first = logical_or(first, other)
    return first


def _may_put_zeros(op: Op, i: int, C: Node) -> bool:
    """Whether the cotangent of input `i` of C may hold zeros because C selects, or leaves out."""
    return op.masks or op.drops or selection(op, i, C) is not None


class Masks:
    """What is known of cotangents and operations in one run of reverse mode.

    A cotangent is masked if it holds zeros that a mask put there, and unbounded if an operation whose derivative may be
    infinite lies between it and z. An operation is a hazard if its derivative may be, or one that it rests on.
    """

    def __init__(self, forward: list[Node]) -> None:
        self._masked: set[Node] = set()
        self._unbounded: set[Node] = set()
        self._hazards: set[Node] = set()
        for node in forward:
            if is_singular(node) or any(x in self._hazards for x in node.inputs):
                self._hazards.add(node)

    def bprop(self, op: Op, i: int, C: Node, D: Cotangent) -> Node | Undefined | None:
        """The rule of `op`, applied so that what D masks out stays out."""
        flowing = _flowing(D)
        mask: Node | None = None
        value = D
        if op.family == "elementwise" and isinstance(D, Node):
            mask, value = split_mask(D)
        term = op.bprop(i, value, C)
        if not isinstance(term, Node):
            return term
        chosen = None if self._unbounded.isdisjoint(flowing) else selection(op, i, C)
        if chosen is not None:  # 0 times an infinite cotangent, where another input was selected
            mask = both(mask, chosen)
        if mask is not None:
            return where(mask, term, 0)
        masked = any(g in self._masked or split_mask(g)[0] is not None for g in flowing)
        guarded = masked and not self._hazards.isdisjoint(_values(C, D))
        numbers = all(not g.shape for g in flowing)
        if guarded and (op.family == "elementwise" or (op.family == "primitive" and numbers)):
            return where(_is_not_zero(flowing), term, 0)
        return term

    def follow(self, i: int, C: Node, D: Cotangent, term: Node) -> None:
        """Remembers what `term`, a cotangent that passed C, inherits from D."""
        flowing = _flowing(D)
        if _may_put_zeros(C.op, i, C) or not self._masked.isdisjoint(flowing):
            self._masked.add(term)
        if any(map(is_singular, _values(C, D))) or not self._unbounded.isdisjoint(flowing):
            self._unbounded.add(term)

    def join(self, total: Node, *terms: Node) -> None:
        """A sum is unbounded if a term is, and holds zeros of masks where all terms do."""
        if all(term in self._masked for term in terms):
            self._masked.add(total)
        if any(term in self._unbounded for term in terms):
            self._unbounded.add(total)
